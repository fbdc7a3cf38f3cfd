package selection

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// Grid makes one config for each value:
//
//	grid := selection.Grid(func(c float64) linear.LogisticRegression { return linear.LogisticRegression{C: c} }, .1, 1, 10)
func Grid[P, C any](config func(P) C, values ...P) []C {
	out := make([]C, len(values))
	for i, v := range values {
		out[i] = config(v)
	}
	return out
}

// Grid2 makes one config for each pair of values, the second varying fastest.
func Grid2[P, Q, C any](config func(P, Q) C, first []P, second []Q) []C {
	out := make([]C, 0, len(first)*len(second))
	for _, p := range first {
		for _, q := range second {
			out = append(out, config(p, q))
		}
	}
	return out
}

// Search tries configs by cross-validation and fits the best one to all rows. It is plain data and a Fitter, so it nests in
// cross-validation and in pipelines. Make it with NewSearch.
type Search[Y any, M ml.Predictor[Y], C ml.Fitter[ml.Dataset[Y], M]] struct {
	Configs  []C
	Splitter ml.Splitter
	Scorer   ml.Scorer[Y]
	Refit    Refit // which config is fitted to all rows; nil: BestMean
}

// NewSearch makes a Search over configs, which all have one type: pipelines and single estimators alike.
func NewSearch[Y any, M ml.Predictor[Y], C ml.Fitter[ml.Dataset[Y], M]](configs []C, s ml.Splitter, score ml.Scorer[Y]) Search[Y, M, C] {
	return Search[Y, M, C]{Configs: configs, Splitter: s, Scorer: score}
}

// Candidate is what a search found out about one config.
type Candidate struct {
	Folds []float64 // the score on each fold; nil if a fit failed
	Mean  float64   // NaN if a fit failed
	Fault string    // why it failed, "" if it did not
}

// SearchModel is the best config's model, fitted to all rows, and how every candidate did.
type SearchModel[Y any, M ml.Predictor[Y]] struct {
	ml.Fitted
	Best       M
	BestIndex  int // of its config in Search.Configs
	Candidates []Candidate

	row   ml.RowPredictor[Y]
	proba ml.RowProba
}

// Fit scores every config on every fold, in parallel, and fits the one that Refit picks to all of d: by default the best mean
// score, of equal ones the first. A config whose fit or score fails, or scores NaN, is recorded in its Candidate and cannot win; one that
// does not converge is a candidate like any other. If all fail, so does the search, with the first one's error. Progress
// reports carry the tasks "candidate" and "fold", and "best" for the last fit.
//
// Configs of a type with a method FitSeries(ctx, d, []C) ([]M, error), such as linear.LogisticRegression, are fitted to a fold all at once, which takes less time and gives
// scores that are those of separate fits within the tolerance of the fits; their reports carry "fold" and what the method adds. The best one is fitted to all rows by Fit.
//
// It costs len(Configs) x folds + 1 fits, and the rows of the folds under way are held once, not once for each config. Weights count
// in fits and scores, but rows of weight 0 still take places in the folds.
func (s Search[Y, M, C]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SearchModel[Y, M], error) {
	const where = "selection.Search.Fit"
	switch {
	case len(s.Configs) == 0:
		return nil, ml.BadConfig(where, "Configs", "empty", "at least one")
	case s.Scorer == nil:
		return nil, ml.BadConfig(where, "Scorer", "nil", "a Scorer, such as selection.Accuracy{}")
	}
	for i, c := range s.Configs {
		if any(c) == nil {
			return nil, ml.BadConfig(where, fmt.Sprintf("Configs[%d]", i), "nil", "an estimator's config")
		}
	}
	s.Configs = slices.Clone(s.Configs) // the model keeps its search
	n := len(s.Configs)
	p, err := newPlan(where, d, s.Splitter, n)
	if err != nil {
		return nil, err
	}
	candidates, faults, err := s.try(ctx, p)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(candidates, func(c Candidate) bool { return c.Fault == "" }) {
		return nil, fmt.Errorf("%s: none of %d configs could be fitted and scored: %w", where, n, faults[0])
	}
	best, err := picked(where, s.Refit, candidates, s.Scorer.Lower())
	if err != nil {
		return nil, err
	}
	m, err := s.Configs[best].Fit(ml.WithTask(ctx, "best", 0, 1), d)
	if err != nil {
		return nil, err
	}
	return newSearchModel(d, s, m, best, candidates)
}

func newSearchModel[Y any, M ml.Predictor[Y]](d ml.Dataset[Y], config any, m M, best int, candidates []Candidate) (*SearchModel[Y, M], error) {
	model := &SearchModel[Y, M]{
		Fitted:     ml.NewFitted(d.Table, d.Classes, config),
		Best:       m,
		BestIndex:  best,
		Candidates: candidates,
	}
	if inner := ml.MetaOf(m); inner != nil {
		model.Info = inner.Info
	}
	return model, model.Restore()
}

// Accepts is what all the configs accept.
func (s Search[Y, M, C]) Accepts() ml.Accepts {
	all := anything
	for _, c := range s.Configs {
		all = all.And(ml.AcceptsOf(c))
	}
	return all
}

// try walks fold by fold, all configs of a fold together, so that few folds are held at a time.
func (s Search[Y, M, C]) try(ctx context.Context, p *plan[Y]) ([]Candidate, []error, error) {
	const where = "selection.Search.Fit"
	n, k := len(s.Configs), len(p.folds)
	scorers := []ml.Scorer[Y]{s.Scorer}
	cells := make([]cell, n*k) // config by config
	alone := func(ctx context.Context, c, fold int) (err error) {
		ctx = ml.WithTask(ml.WithTask(ctx, "candidate", c, n), "fold", fold, k)
		cells[c*k+fold], err = try(ctx, where, s.Configs[c], p, fold, scorers)
		return err
	}
	together := series[Y, M](s.Configs)
	if together == nil {
		err := par.Do(ctx, n*k, func(ctx context.Context, task int) error { return alone(ctx, task%n, task/n) })
		return sum(cells, k, err)
	}
	for i := range p.folds {
		p.folds[i].uses = n + 1 // one more for the whole series
	}
	err := par.Do(ctx, k, func(ctx context.Context, fold int) error {
		train, test := p.take(fold)
		inFold := ml.WithTask(ctx, "fold", fold, k)
		models, err := together(inFold, train)
		if err != nil {
			if ends(ctx, err) {
				return err
			}
			for c := range n { // to find out whose fault it is
				if err := alone(ctx, c, fold); err != nil {
					return err
				}
			}
			return nil
		}
		defer p.drop(fold)
		return par.Do(ctx, n, func(ctx context.Context, c int) (err error) {
			v, err := scoreAll(ctx, models[c], test, scorers)
			cells[c*k+fold], err = cellOf(ctx, where, scorers, cell{scores: v, err: err})
			return err
		})
	})
	return sum(cells, k, err)
}

// sum is what all k folds say of each config, by the first scorer.
func sum(cells []cell, k int, err error) ([]Candidate, []error, error) {
	if err != nil {
		return nil, nil, err
	}
	out := make([]Candidate, len(cells)/k)
	faults := make([]error, len(out))
	for c := range out {
		folds := cells[c*k : (c+1)*k]
		if faults[c] = firstFault(folds); faults[c] != nil {
			out[c] = Candidate{Mean: math.NaN(), Fault: faults[c].Error()}
			continue
		}
		m := Metric{Folds: make([]float64, k)}
		for fold, cell := range folds {
			m.Folds[fold] = cell.scores[0]
		}
		out[c] = Candidate{Folds: m.Folds, Mean: m.Mean()}
	}
	return out, faults, nil
}

// String renders a table of the candidates, in their order, the best one marked.
func (m *SearchModel[Y, M]) String() string {
	var b strings.Builder
	for i, c := range m.Candidates {
		mark := " "
		if i == m.BestIndex {
			mark = "*"
		}
		if c.Fault != "" {
			fmt.Fprintf(&b, "%s %d  failed: %s\n", mark, i, c.Fault)
			continue
		}
		fmt.Fprintf(&b, "%s %d  %.4f +- %.4f\n", mark, i, c.Mean, Metric{Folds: c.Folds}.Std())
	}
	return b.String()
}

// Restore checks a loaded model and finds its row methods.
func (m *SearchModel[Y, M]) Restore() error {
	if any(m.Best) == nil || reflect.ValueOf(m.Best).IsZero() {
		return ml.BadFile("selection.SearchModel", "Best", "missing", "a model")
	}
	if m.BestIndex < 0 || m.BestIndex >= len(m.Candidates) {
		return ml.BadFile("selection.SearchModel", "BestIndex", fmt.Sprint(m.BestIndex), fmt.Sprintf("one of %d candidates", len(m.Candidates)))
	}
	m.row, _ = ml.As[ml.RowPredictor[Y]](m.Best)
	m.proba, _ = ml.As[ml.RowProba](m.Best)
	return nil
}

// BestConfig returns the config that won, as it stood in Search.Configs; nil if the model was loaded without its search.
func (m *SearchModel[Y, M]) BestConfig() any {
	s, ok := m.Config.(interface{ config(i int) any })
	if !ok {
		return nil
	}
	return s.config(m.BestIndex)
}

func (s Search[Y, M, C]) config(i int) any {
	if i < 0 || i >= len(s.Configs) {
		return nil
	}
	return s.Configs[i]
}

// Unwrap returns the best model.
func (m *SearchModel[Y, M]) Unwrap() any { return m.Best }

// Predict predicts with the best model.
func (m *SearchModel[Y, M]) Predict(x tensor.Matrix) ([]Y, error) { return m.Best.Predict(x) }

// PredictInto predicts into a slice of the caller's, if the best model can.
func (m *SearchModel[Y, M]) PredictInto(dst []Y, x tensor.Matrix) error {
	if b, ok := ml.As[ml.Into[Y]](m.Best); ok {
		return b.PredictInto(dst, x)
	}
	return m.lacks("PredictInto")
}

// PredictProba gives the best model's class probabilities, if it has them.
func (m *SearchModel[Y, M]) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if b, ok := any(m.Best).(interface {
		PredictProba(tensor.Matrix) (*tensor.Tensor[float64], error)
	}); ok {
		return b.PredictProba(x)
	}
	return nil, m.lacks("PredictProba")
}

// PredictRow predicts one row without allocating, if the best model can.
func (m *SearchModel[Y, M]) PredictRow(x []float64) (Y, error) {
	if m.row == nil {
		var none Y
		return none, m.lacks("PredictRow")
	}
	return m.row.PredictRow(x)
}

// ProbaRow writes one row's class probabilities without allocating, if the best model can.
func (m *SearchModel[Y, M]) ProbaRow(dst, x []float64) error {
	if m.proba == nil {
		return m.lacks("ProbaRow")
	}
	return m.proba.ProbaRow(dst, x)
}

func (m *SearchModel[Y, M]) lacks(ability string) error {
	return ml.Unsupported("selection.SearchModel", ability, m.Best)
}
