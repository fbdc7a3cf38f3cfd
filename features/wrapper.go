package features

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
)

// A learner fits an estimator to some columns.
type learner[Y any] struct {
	where string
	fit   func(ctx context.Context, d ml.Dataset[Y]) (ml.Predictor[Y], error)
}

// classifier and regressor make learners of the estimators that configs hold.
func classifier(where string, c ml.AnyClassifier) (learner[int], error) {
	if c.Config == nil {
		return learner[int]{}, ml.BadConfig(where, "Base", "none", "a classifier, such as ml.Classify(linear.LogisticRegression{})")
	}
	return learner[int]{where, func(ctx context.Context, d ml.Dataset[int]) (ml.Predictor[int], error) {
		return c.Fit(ml.Quiet(ctx), d)
	}}, nil
}

func regressor(where string, c ml.AnyRegressor) (learner[float64], error) {
	if c.Config == nil {
		return learner[float64]{}, ml.BadConfig(where, "Base", "none", "a regressor, such as ml.Regress(linear.Ridge{Alpha: 1})")
	}
	return learner[float64]{where, func(ctx context.Context, d ml.Dataset[float64]) (ml.Predictor[float64], error) {
		return c.Fit(ml.Quiet(ctx), d)
	}}, nil
}

// only is d with some of its columns.
func only[Y any](d ml.Dataset[Y], columns []int) ml.Dataset[Y] {
	d.Valid = nil
	return d.SelectColumns(columns)
}

// importances fits to some columns and asks the model how much each matters.
func (l learner[Y]) importances(ctx context.Context, d ml.Dataset[Y], columns []int) ([]float64, ml.Predictor[Y], error) {
	m, err := l.fit(ctx, only(d, columns))
	if err != nil {
		return nil, nil, err
	}
	of, has := ml.As[ml.Importancer](m)
	if !has {
		return nil, nil, ml.BadConfig(l.where, "Base", fmt.Sprintf("one whose model, %T, does not say how much columns matter", m), "one with Importances: a linear model, or trees")
	}
	v, err := of.Importances()
	if err != nil {
		return nil, nil, err
	}
	if len(v) != len(columns) {
		return nil, nil, ml.BadShape(l.where, "Importances", lengthOf(len(v)), lengthOf(len(columns)))
	}
	return v, m, nil
}

// A division is the folds of a cross-validation.
type division struct{ train, test [][]int }

// divideRows asks the splitter, or makes k folds (0: 5): stratified for classes.
func divideRows[Y any](where string, d ml.Dataset[Y], k int, splitter ml.Splitter) (division, error) {
	n := d.Rows()
	var parts []ml.Fold
	if splitter != nil {
		var err error
		if parts, err = splitter.Split(d.Any()); err != nil {
			return division{}, err
		}
		if err := ml.CheckFolds(where, "Splitter", parts, n); err != nil {
			return division{}, err
		}
	} else {
		if k < 0 || k == 1 {
			return division{}, ml.BadConfig(where, "K", k, "0 for 5, or >= 2")
		}
		k = orDefault(k, 5)
		if k > n {
			return division{}, ml.BadShape(where, "X", fmt.Sprintf("%d rows", n), fmt.Sprintf("at least %d, one for each fold", k))
		}
		fold := folds.KFold(n, k, nil)
		if class, is := any(d.Y).([]int); is {
			fold = folds.Stratified(class, k, nil)
		}
		for _, test := range folds.Tests(fold, k) {
			parts = append(parts, ml.Fold{Test: test})
		}
	}
	var out division
	for _, f := range parts {
		out.train, out.test = append(out.train, f.TrainRows(n)), append(out.test, f.Test)
	}
	return out, nil
}
