package ensemble

import (
	"context"
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// A learner is an estimator inside another one, whatever its type.
type learner[Y any] struct {
	config any
	fit    func(ctx context.Context, d ml.Dataset[Y]) (ml.Predictor[Y], error)
}

// Fit makes a learner a Fitter.
func (l learner[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (ml.Predictor[Y], error) {
	return l.fit(ctx, d)
}

func decider(config any) learner[int] {
	return learner[int]{config, ml.AnyClassifier{Config: config}.FitDecider}
}

func regressor(config any) learner[float64] {
	return learner[float64]{config, ml.AnyRegressor{Config: config}.Fit}
}

func multiRegressor(config any) learner[[]float64] {
	return learner[[]float64]{config, ml.AnyMultiRegressor{Config: config}.Fit}
}

func multiLabel(config any) learner[[]int] {
	return learner[[]int]{config, ml.AnyMultiLabel{Config: config}.Fit}
}

func deciders(list []ml.AnyClassifier) []learner[int] {
	return learners(list, func(e ml.AnyClassifier) learner[int] { return decider(e.Config) })
}

func regressors(list []ml.AnyRegressor) []learner[float64] {
	return learners(list, func(e ml.AnyRegressor) learner[float64] { return regressor(e.Config) })
}

func learners[E, Y any](list []E, of func(E) learner[Y]) []learner[Y] {
	out := make([]learner[Y], len(list))
	for i, e := range list {
		out[i] = of(e)
	}
	return out
}

// checkLearners refuses a list without estimators, or with a gap.
func checkLearners[Y any](where string, list []learner[Y]) error {
	const want = "at least one, such as ml.Classify(linear.LogisticRegression{}) or ml.Regress(linear.Ridge{Alpha: 1})"
	if len(list) == 0 {
		return ml.BadConfig(where, "Bases", "empty", want)
	}
	for i, l := range list {
		if l.config == nil {
			return ml.BadConfig(where, fmt.Sprintf("Bases[%d]", i), "none", want)
		}
	}
	return nil
}

// checkLearner refuses a wrapper around nothing.
func checkLearner(where string, config any, example string) error {
	if config == nil {
		return ml.BadConfig(where, "Base", "none", "one such as "+example)
	}
	return nil
}

// acceptsAll is what all of the estimators accept; rows without a class are refused.
func acceptsAll[Y any](list ...learner[Y]) ml.Accepts {
	if len(list) == 0 {
		return ml.Accepts{}
	}
	out := ml.AcceptsOf(list[0].config)
	for _, l := range list[1:] {
		out = out.And(ml.AcceptsOf(l.config))
	}
	out.Unlabelled = false
	return out
}

// fitEach runs n fits side by side, each with a task of its own in the reports.
func fitEach[M any](ctx context.Context, where, task string, n int, fit func(ctx context.Context, i int) (M, error)) ([]M, error) {
	out := make([]M, n)
	err := par.Do(ctx, n, func(ctx context.Context, i int) error {
		m, err := fit(ml.WithTask(ctx, task, i, n), i)
		if err != nil {
			return fmt.Errorf("%s: %s %d: %w", where, task, i, err)
		}
		out[i] = m
		return nil
	})
	if err != nil {
		if done := ml.Done(ctx); done != nil {
			return nil, done
		}
		return nil, err
	}
	return out, nil
}

// fitAll fits every estimator to all of d.
func fitAll[Y any](ctx context.Context, where string, list []learner[Y], d ml.Dataset[Y]) ([]ml.Predictor[Y], error) {
	return fitEach(ctx, where, "estimator", len(list), func(ctx context.Context, i int) (ml.Predictor[Y], error) { return list[i].fit(ctx, d) })
}

// asksFor says whether the ability that a model is asked about (see ml.Capable) has a method of that name.
func asksFor(ability any, method string) bool {
	_, has := reflect.TypeOf(ability).Elem().MethodByName(method)
	return has
}

// canWeigh answers for Importances: every member must have them.
func canWeigh[Y any](ability any, members []ml.Predictor[Y]) ml.Verdict {
	if asksFor(ability, "Importances") {
		for _, m := range members {
			if _, has := ml.As[ml.Importancer](m); !has {
				return ml.Lacks
			}
		}
	}
	return ml.Undecided
}

// meanImportances is the mean of members' importances by weight.
func meanImportances[Y any](where string, features int, members []ml.Predictor[Y], weight []float64) ([]float64, error) {
	out, total := make([]float64, features), 0.0
	for i, m := range members {
		of, has := ml.As[ml.Importancer](m)
		if !has {
			return nil, ml.Unsupported(where, "Importances", m)
		}
		v, err := of.Importances()
		if err != nil {
			return nil, err
		}
		if len(v) != features {
			return nil, ml.BadShape(where, fmt.Sprintf("Importances of member %d", i), fmt.Sprintf("%d long", len(v)), fmt.Sprint(features))
		}
		total += weight[i]
		for j, g := range v {
			out[j] += float64(weight[i] * g)
		}
	}
	if total > 0 {
		for j := range out {
			out[j] /= total
		}
	}
	return out, nil
}
