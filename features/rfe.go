package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// RFEClassifier drops the columns that matter least to a classifier, Step of them at a time, until Keep are left: recursive feature elimination.
//
// How much a column matters is what the model says (ml.Importancer): scale the columns first if it is a linear model. Each round of dropping is reported; ml.Stop keeps the columns left by then. Weights and groups go to the estimator. It is a transformer: in a
// pipeline it is a step before the final model. CSR and missing values are allowed where the estimator allows them.
//
// Guyon et al.: Gene selection for cancer classification using support vector machines. Machine Learning 46 (2002).
type RFEClassifier struct {
	Base ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Keep int              // columns to keep; zero: half
	Step float64          // columns dropped before the next fit; below 1 as a share of all; zero: 1
}

// RFERegressor is RFEClassifier for a regressor.
type RFERegressor struct {
	Base ml.AnyRegressor // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Keep int             // columns to keep; zero: half
	Step float64         // columns dropped before the next fit; below 1 as a share of all; zero: 1
}

// Accepts says that the estimator decides.
func (c RFEClassifier) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Accepts says that the estimator decides.
func (c RFERegressor) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Fit finds the columns of d that matter.
func (c RFEClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SelectionModel, error) {
	const where = "features.RFEClassifier.Fit"
	l, err := classifier(where, c.Base)
	if err != nil {
		return nil, err
	}
	return eliminate(ctx, l, d, c, c.Accepts(), c.Keep, c.Step)
}

// Fit finds the columns of d that matter.
func (c RFERegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SelectionModel, error) {
	const where = "features.RFERegressor.Fit"
	l, err := regressor(where, c.Base)
	if err != nil {
		return nil, err
	}
	return eliminate(ctx, l, d, c, c.Accepts(), c.Keep, c.Step)
}

func eliminate[Y any](ctx context.Context, l learner[Y], d ml.Dataset[Y], config any, accepts ml.Accepts, keep int, step float64) (*SelectionModel, error) {
	if err := d.Check(l.where, accepts); err != nil {
		return nil, err
	}
	_, p := d.X.Dims()
	if keep < 0 || keep > p {
		return nil, ml.BadConfig(l.where, "Keep", keep, fmt.Sprintf("0 for half, or 1..%d", p))
	}
	if keep == 0 {
		keep = max(1, p/2)
	}
	drop, err := dropOf(l.where, step, p)
	if err != nil {
		return nil, err
	}
	ranking, stopped, err := l.rank(ctx, d, keep, drop, nil)
	if err != nil {
		return nil, err
	}
	m, err := newSelection(l.where, ml.NewFitted(d.Table, d.Classes, config), nil, nil, func(j int) bool { return ranking[j] == 1 })
	if err != nil {
		return nil, err
	}
	m.Ranking = ranking
	if stopped {
		m.Info.Status = ml.Stopped
	}
	return m, nil
}

func dropOf(where string, step float64, p int) (int, error) {
	switch {
	case step == 0:
		return 1, nil
	case step > 0 && step < 1:
		return max(1, int(step*float64(p))), nil
	case step >= 1 && step == math.Trunc(step) && step < math.MaxInt32:
		return int(step), nil
	}
	return 0, ml.BadConfig(where, "Step", step, "0 for 1, a share in 0..1, or a whole number")
}

// rank drops columns until keep are left, or the user wants no more, and returns their ranks. watch, if any, sees each model with its columns. Every fit is
// reported.
func (l learner[Y]) rank(ctx context.Context, d ml.Dataset[Y], keep, drop int, watch func(columns []int, m ml.Predictor[Y]) error) (ranking []int, stopped bool, err error) {
	_, p := d.X.Dims()
	ranking = make([]int, p)
	left := make([]int, p)
	for j := range left {
		left[j], ranking[j] = j, 1
	}
	track := ml.Track(ctx, "elimination", (p-keep+drop-1)/drop)
	for step := 1; ; step++ {
		if err := ml.Done(ctx); err != nil {
			return nil, false, err
		}
		if len(left) <= keep && watch == nil {
			return ranking, false, nil
		}
		v, m, err := l.importances(ctx, d, left)
		if err != nil {
			return nil, false, err
		}
		if watch != nil {
			if err := watch(left, m); err != nil {
				return nil, false, err
			}
		}
		if len(left) <= keep {
			return ranking, false, nil
		}
		order := byScore(v)
		gone := make([]bool, len(left))
		for _, k := range order[:min(drop, len(left)-keep)] {
			gone[k] = true
		}
		next := left[:0:0]
		for k, j := range left {
			if !gone[k] {
				next = append(next, j)
			}
		}
		left = next
		for j := range ranking {
			if !slices.Contains(left, j) {
				ranking[j]++
			}
		}
		if stop, err := track.Step(step, ml.Loss{}); stop || err != nil {
			return ranking, stop, err
		}
	}
}

// RFECVClassifier is RFEClassifier with the number of columns chosen by cross-validation: the elimination runs in each fold, a score on its test rows is taken at each
// number, and the number with the best mean score, the smallest of several, is kept when all rows are eliminated again.
type RFECVClassifier struct {
	Base             ml.AnyClassifier // none is an error
	Scorer           ml.Scorer[int]   // selection.Accuracy{}, for example; nil is an error
	MinKeep          int              // the least number of columns; zero: 1
	Step             float64          // columns dropped before the next fit; below 1 as a share of all; zero: 1
	K                int              // stratified folds; zero: 5
	Splitter         ml.Splitter      // other folds; nil: K of them
	OneStandardError bool             // true: the smallest number whose mean score is within one standard error of the best; false: the best
}

// RFECVRegressor is RFECVClassifier for a regressor; its K folds are runs of rows.
type RFECVRegressor struct {
	Base             ml.AnyRegressor    // none is an error
	Scorer           ml.Scorer[float64] // selection.R2{}, for example; nil is an error
	MinKeep          int                // the least number of columns; zero: 1
	Step             float64            // columns dropped before the next fit; below 1 as a share of all; zero: 1
	K                int                // folds; zero: 5
	Splitter         ml.Splitter        // other folds; nil: K of them
	OneStandardError bool               // true: the smallest number whose mean score is within one standard error of the best; false: the best
}

// SelectionCVModel is a fitted RFECVClassifier or RFECVRegressor.
type SelectionCVModel struct {
	SelectionModel
	Kept  []int     // the numbers of columns tried, falling
	Mean  []float64 // mean score of the folds at each
	Error []float64 // its standard error
}

// Accepts says that the estimator decides.
func (c RFECVClassifier) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Accepts says that the estimator decides.
func (c RFECVRegressor) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Fit finds the columns of d that matter.
func (c RFECVClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SelectionCVModel, error) {
	const where = "features.RFECVClassifier.Fit"
	l, err := classifier(where, c.Base)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	d = d.NameClasses() // a fold that lacks a class keeps its width
	return eliminateCV(ctx, l, d, c, c.Scorer, c.Splitter, cvSettings{c.Accepts(), c.MinKeep, c.K, c.Step, c.OneStandardError})
}

// Fit finds the columns of d that matter.
func (c RFECVRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SelectionCVModel, error) {
	const where = "features.RFECVRegressor.Fit"
	l, err := regressor(where, c.Base)
	if err != nil {
		return nil, err
	}
	return eliminateCV(ctx, l, d, c, c.Scorer, c.Splitter, cvSettings{c.Accepts(), c.MinKeep, c.K, c.Step, c.OneStandardError})
}

type cvSettings struct {
	accepts  ml.Accepts
	minKeep  int
	k        int
	step     float64
	oneError bool
}

func eliminateCV[Y any](ctx context.Context, l learner[Y], d ml.Dataset[Y], config any, scorer ml.Scorer[Y], splitter ml.Splitter, c cvSettings) (*SelectionCVModel, error) {
	if err := d.Check(l.where, c.accepts); err != nil {
		return nil, err
	}
	_, p := d.X.Dims()
	switch {
	case scorer == nil:
		return nil, ml.BadConfig(l.where, "Scorer", "nil", "a scorer, such as selection.Accuracy{} or selection.R2{}")
	case c.minKeep < 0 || c.minKeep > p:
		return nil, ml.BadConfig(l.where, "MinKeep", c.minKeep, fmt.Sprintf("0 for 1, or 1..%d", p))
	}
	drop, err := dropOf(l.where, c.step, p)
	if err != nil {
		return nil, err
	}
	parts, err := divideRows(l.where, d, c.k, splitter)
	if err != nil {
		return nil, err
	}
	keep := max(1, c.minKeep)
	scores := make([][]float64, len(parts.test))
	err = par.Do(ctx, len(parts.test), func(ctx context.Context, f int) error {
		test := d.Select(parts.test[f])
		_, _, err := l.rank(ml.Quiet(ctx), d.Select(parts.train[f]), keep, drop, func(columns []int, m ml.Predictor[Y]) error {
			s, err := scorer.Score(ctx, m, only(test, columns))
			scores[f] = append(scores[f], s)
			return err
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	m := &SelectionCVModel{}
	for n := p; ; n = max(keep, n-drop) {
		m.Kept = append(m.Kept, n)
		if n == keep {
			break
		}
	}
	m.Mean, m.Error = make([]float64, len(m.Kept)), make([]float64, len(m.Kept))
	for s := range m.Kept {
		m.Mean[s], m.Error[s] = meanError(scores, s)
	}
	best := m.choose(scorer.Lower(), c.oneError)
	ranking, stopped, err := l.rank(ctx, d, m.Kept[best], drop, nil)
	if err != nil {
		return nil, err
	}
	one, err := newSelection(l.where, ml.NewFitted(d.Table, d.Classes, config), nil, nil, func(j int) bool { return ranking[j] == 1 })
	if err != nil {
		return nil, err
	}
	m.SelectionModel = *one
	m.Ranking = ranking
	if stopped {
		m.Info.Status = ml.Stopped
	}
	return m, nil
}

// meanError is the mean of column s and its standard error.
func meanError(scores [][]float64, s int) (mean, deviation float64) {
	n := float64(len(scores))
	for _, row := range scores {
		mean += row[s] / n
	}
	for _, row := range scores {
		deviation += (row[s] - mean) * (row[s] - mean)
	}
	if n < 2 {
		return mean, 0
	}
	return mean, math.Sqrt(deviation / (n - 1) / n)
}

// choose is the index of the number of columns to keep.
func (m *SelectionCVModel) choose(lower, oneError bool) int {
	sign := 1.0
	if lower {
		sign = -1
	}
	best := len(m.Mean) - 1
	for s := best; s >= 0; s-- { // from the fewest columns on: of equal scores theirs stays
		if sign*m.Mean[s] > sign*m.Mean[best] {
			best = s
		}
	}
	if !oneError {
		return best
	}
	for s := len(m.Mean) - 1; s > best; s-- {
		if sign*m.Mean[s] >= sign*m.Mean[best]-m.Error[best] {
			return s
		}
	}
	return best
}

func init() {
	ml.RegisterConfig[RFEClassifier]("features.RFEClassifier")
	ml.RegisterConfig[RFERegressor]("features.RFERegressor")
	ml.RegisterConfig[RFECVClassifier]("features.RFECVClassifier")
	ml.RegisterConfig[RFECVRegressor]("features.RFECVRegressor")
	ml.Register[*SelectionCVModel]("features.SelectionCVModel")
	ml.RegisterConfig[SelectFromClassifier]("features.SelectFromClassifier")
	ml.RegisterConfig[SelectFromRegressor]("features.SelectFromRegressor")
	ml.RegisterConfig[SequentialClassifier]("features.SequentialClassifier")
	ml.RegisterConfig[SequentialRegressor]("features.SequentialRegressor")
}
