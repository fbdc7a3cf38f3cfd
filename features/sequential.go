package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// SequentialClassifier adds, one at a time, the column that raises the cross-validated score of a classifier the most, until Keep are chosen; or with Backward begins
// with all and drops the one that is missed the least. With Floating it then takes back, after each step, columns that a better score can do without (Pudil's floating search).
//
// It asks nothing of the model but predictions, and costs columns * Keep * folds fits, which run in parallel. Of equal scores the lowest column wins. Each step is reported, its loss the score or minus it, whichever falls; ml.Stop keeps the columns of that moment. With Tol it stops at the first step that
// does not raise the score by more, if Keep is zero.
//
// Pudil, Novovicova, Kittler: Floating search methods in feature selection. Pattern Recognition Letters 15 (1994).
type SequentialClassifier struct {
	Base     ml.AnyClassifier // none is an error
	Scorer   ml.Scorer[int]   // selection.Accuracy{}, for example; nil is an error
	Keep     int              // columns; zero: half, or with Tol as many as pay
	Tol      float64          // zero: none
	Backward bool             // true: drop columns; false: add them
	Floating bool             // true: take steps back that raise the score; false: never
	K        int              // stratified folds; zero: 5
	Splitter ml.Splitter      // other folds; nil: K of them
}

// SequentialRegressor is SequentialClassifier for a regressor; its K folds are runs of rows.
type SequentialRegressor struct {
	Base     ml.AnyRegressor    // none is an error
	Scorer   ml.Scorer[float64] // selection.R2{}, for example; nil is an error
	Keep     int                // columns; zero: half, or with Tol as many as pay
	Tol      float64            // zero: none
	Backward bool               // true: drop columns; false: add them
	Floating bool               // true: take steps back that raise the score; false: never
	K        int                // folds; zero: 5
	Splitter ml.Splitter        // other folds; nil: K of them
}

// Accepts says that the estimator decides.
func (c SequentialClassifier) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Accepts says that the estimator decides.
func (c SequentialRegressor) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Fit searches the columns of d.
func (c SequentialClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SelectionModel, error) {
	const where = "features.SequentialClassifier.Fit"
	l, err := classifier(where, c.Base)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	d = d.NameClasses() // a fold that lacks a class keeps its width
	s := search[int]{learner: l, d: d, scorer: c.Scorer, backward: c.Backward, floating: c.Floating, tol: c.Tol, keep: c.Keep}
	return s.run(ctx, c, c.Accepts(), c.K, c.Splitter)
}

// Fit searches the columns of d.
func (c SequentialRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SelectionModel, error) {
	l, err := regressor("features.SequentialRegressor.Fit", c.Base)
	if err != nil {
		return nil, err
	}
	s := search[float64]{learner: l, d: d, scorer: c.Scorer, backward: c.Backward, floating: c.Floating, tol: c.Tol, keep: c.Keep}
	return s.run(ctx, c, c.Accepts(), c.K, c.Splitter)
}

// search is the state of a sequential search.
type search[Y any] struct {
	learner[Y]
	d                  ml.Dataset[Y]
	scorer             ml.Scorer[Y]
	backward, floating bool
	tol                float64
	keep               int

	train, test []ml.Dataset[Y] // rows of each fold
	chose       []bool
	best        []float64 // score of the best set of each size found, for floating steps
}

func (s *search[Y]) check(p int) error {
	switch {
	case s.scorer == nil:
		return ml.BadConfig(s.where, "Scorer", "nil", "a scorer, such as selection.Accuracy{} or selection.R2{}")
	case p < 2:
		return ml.BadShape(s.where, "X", "1 column", "at least 2, to choose among")
	case s.keep < 0 || s.keep >= p:
		return ml.BadConfig(s.where, "Keep", s.keep, fmt.Sprintf("0 for half, or 1..%d", p-1))
	case !finite(s.tol):
		return ml.BadConfig(s.where, "Tol", s.tol, "a finite number")
	case s.keep != 0 && s.tol != 0:
		return ml.BadConfig(s.where, "Tol", s.tol, "0, as Keep is set")
	}
	return nil
}

func (s *search[Y]) run(ctx context.Context, config any, accepts ml.Accepts, k int, splitter ml.Splitter) (*SelectionModel, error) {
	if err := s.d.Check(s.where, accepts); err != nil {
		return nil, err
	}
	_, p := s.d.X.Dims()
	if err := s.check(p); err != nil {
		return nil, err
	}
	parts, err := divideRows(s.where, s.d, k, splitter)
	if err != nil {
		return nil, err
	}
	for f := range parts.test {
		s.train, s.test = append(s.train, s.d.Select(parts.train[f])), append(s.test, s.d.Select(parts.test[f]))
	}
	steps := s.keep
	switch {
	case s.keep == 0 && s.tol == 0:
		steps = max(1, p/2)
	case s.keep == 0:
		steps = p - 1
	}
	if s.backward && (s.keep != 0 || s.tol == 0) {
		steps = p - steps
	}
	s.chose = make([]bool, p)
	s.best = make([]float64, p+1)
	for i := range s.best {
		s.best[i] = math.Inf(-1)
	}
	last, stopped := math.Inf(-1), false
	track := ml.Track(ctx, "column", 0)
	for size, step := 0, 1; size < steps && !stopped; step++ {
		j, score, err := s.step(ctx, false)
		if err != nil {
			return nil, err
		}
		if s.keep == 0 && s.tol != 0 && !(score-last > s.tol) {
			break
		}
		last = score
		s.chose[j] = true
		size++
		s.best[size] = max(s.best[size], score)
		for s.floating && size > 2 {
			j, score, err := s.step(ctx, true)
			if err != nil {
				return nil, err
			}
			if !(score > s.best[size-1]) {
				break
			}
			s.chose[j] = false
			size--
			s.best[size], last = score, score
		}
		if stopped, err = track.Step(step, ml.Loss{Train: -last}); err != nil {
			return nil, err
		}
	}
	m, err := newSelection(s.where, ml.NewFitted(s.d.Table, s.d.Classes, config), nil, nil, func(j int) bool { return s.chose[j] != s.backward })
	if err == nil && stopped {
		m.Info.Status = ml.Stopped
	}
	return m, err
}

// step tries every column that is not chosen yet, or with back every chosen one, and returns the best with its score.
func (s *search[Y]) step(ctx context.Context, back bool) (int, float64, error) {
	var tried []int
	for j, is := range s.chose {
		if is == back {
			tried = append(tried, j)
		}
	}
	folds := len(s.test)
	scores := make([]float64, len(tried)*folds)
	err := par.Do(ctx, len(scores), func(ctx context.Context, task int) error {
		chose := slices.Clone(s.chose)
		j, f := tried[task/folds], task%folds
		chose[j] = !chose[j]
		var columns []int
		for c, is := range chose {
			if is != s.backward {
				columns = append(columns, c)
			}
		}
		if len(columns) == 0 {
			scores[task] = math.Inf(-1)
			return nil
		}
		m, err := s.fit(ctx, only(s.train[f], columns))
		if err != nil {
			return err
		}
		v, err := s.scorer.Score(ctx, m, only(s.test[f], columns))
		if s.scorer.Lower() {
			v = -v
		}
		scores[task] = v
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	best, most := tried[0], math.Inf(-1)
	for k, j := range tried {
		mean := 0.0
		for f := range folds {
			mean += scores[k*folds+f] / float64(folds)
		}
		if mean > most {
			best, most = j, mean
		}
	}
	return best, most, nil
}
