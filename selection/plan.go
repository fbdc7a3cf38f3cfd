package selection

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml"
)

// plan is a data set and its division into folds, each gathered once, when the first fit asks for it, and dropped after
// the last: a search fits many candidates to one fold without copying its rows for each, and without holding every fold
// at once.
type plan[Y any] struct {
	data  ml.Dataset[Y]
	folds []foldRows[Y]
}

type foldRows[Y any] struct {
	fold ml.Fold
	mu   sync.Mutex
	uses int // fits that have not been served yet
	have bool
	test ml.Dataset[Y]
	rest ml.Dataset[Y]
}

// anything leaves it to the estimator what it refuses in its rows.
var anything = ml.Accepts{Missing: true, Categorical: true, Unlabelled: true, Text: true}

// newPlan checks what a splitter gives, so that no fit meets an index out of range. uses is how often each fold is taken.
func newPlan[Y any](where string, d ml.Dataset[Y], s ml.Splitter, uses int) (*plan[Y], error) {
	if s == nil {
		return nil, ml.BadConfig(where, "splitter", "nil", "a Splitter, such as selection.KFold{}")
	}
	if err := d.Check(where, anything); err != nil {
		return nil, err
	}
	d = d.NameClasses()
	folds, err := divided(where, "splitter", d, s)
	if err != nil {
		return nil, err
	}
	return planOf(d, folds, uses), nil
}

// planOf is the plan of folds that have been checked.
func planOf[Y any](d ml.Dataset[Y], folds []ml.Fold, uses int) *plan[Y] {
	p := &plan[Y]{data: d, folds: make([]foldRows[Y], len(folds))}
	for i, f := range folds {
		p.folds[i].fold, p.folds[i].uses = f, uses
	}
	return p
}

// divisions are the folds as the splitter gave them.
func (p *plan[Y]) divisions() []ml.Fold {
	out := make([]ml.Fold, len(p.folds))
	for i := range p.folds {
		out[i] = p.folds[i].fold
	}
	return out
}

// take returns the training and test rows of a fold. The last of the announced uses drops them.
func (p *plan[Y]) take(i int) (train, test ml.Dataset[Y]) {
	f := &p.folds[i]
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.have {
		f.rest = p.data.Select(f.fold.TrainRows(p.data.Rows()))
		f.test = p.data.Select(f.fold.Test)
		f.test.Valid = nil
		f.have = true
	}
	train, test = f.rest, f.test
	if f.uses--; f.uses == 0 {
		f.rest, f.test, f.have = ml.Dataset[Y]{}, ml.Dataset[Y]{}, false
	}
	return train, test
}

// drop ends the uses of a fold.
func (p *plan[Y]) drop(i int) {
	f := &p.folds[i]
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rest, f.test, f.have = ml.Dataset[Y]{}, ml.Dataset[Y]{}, false
}

// outcome is what one fold of one config gave.
type outcome[M any] struct {
	model           M
	test, train     []float64 // one score for each scorer; train only if it was asked for
	fitTime, scores time.Duration
}

// fitAndScore fits f to the training rows of one fold and scores the model on its test rows, and on those it learned from if asked to.
func fitAndScore[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], p *plan[Y], fold int, scorers []ml.Scorer[Y], onTrain bool) (outcome[M], error) {
	train, test := p.take(fold)
	start := time.Now()
	m, err := f.Fit(ctx, train)
	out := outcome[M]{model: m, fitTime: time.Since(start)}
	if err != nil {
		return out, err
	}
	start = time.Now()
	if out.test, err = scoreAll(ctx, m, test, scorers); err == nil && onTrain {
		train.Valid = nil
		out.train, err = scoreAll(ctx, m, train, scorers)
	}
	out.scores = time.Since(start)
	return out, err
}

// cell is what one candidate of a search gave on one fold.
type cell struct {
	scores         []float64
	fit, scoreTime time.Duration
	err            error // the fault that kept it from scores
}

// try fits a candidate to one fold and scores it. What goes wrong is the cell's fault, unless it ends all work.
func try[Y any, M ml.Predictor[Y]](ctx context.Context, where string, f ml.Fitter[ml.Dataset[Y], M], p *plan[Y], fold int, scorers []ml.Scorer[Y]) (cell, error) {
	out, err := fitAndScore(ctx, f, p, fold, scorers, false)
	return cellOf(ctx, where, scorers, cell{scores: out.test, fit: out.fitTime, scoreTime: out.scores, err: err})
}

// cellOf makes a fault of a score that is no number, and tells faults from the end of all work.
func cellOf[Y any](ctx context.Context, where string, scorers []ml.Scorer[Y], c cell) (cell, error) {
	if c.err == nil {
		if i := slices.IndexFunc(c.scores, math.IsNaN); i >= 0 {
			c.err = noNumber(where, scorers[i].Name())
		}
	}
	if c.err != nil {
		if ends(ctx, c.err) {
			return cell{}, c.err
		}
		c.scores = nil
	}
	return c, nil
}

// firstFault is that of the first fold that has one, nil if none has.
func firstFault(cells []cell) error {
	for fold, c := range cells {
		if c.err != nil {
			return fmt.Errorf("fold %d: %w", fold, c.err)
		}
	}
	return nil
}

func scoreAll[Y any](ctx context.Context, m ml.Predictor[Y], d ml.Dataset[Y], scorers []ml.Scorer[Y]) ([]float64, error) {
	scores := make([]float64, len(scorers))
	for i, s := range scorers {
		var err error
		if scores[i], err = s.Score(ctx, m, d); err != nil {
			return nil, fmt.Errorf("score %s: %w", s.Name(), err)
		}
	}
	return scores, nil
}

// noNumber is the fault of a score by which a search cannot choose.
func noNumber(where, scorer string) error {
	return &ml.Error{Where: where, Field: scorer, Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
}

// ends reports whether an error is the end of all work rather than a fault of one fit: the context is done, or the progress function ended it.
func ends(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, ml.ErrAborted)
}

// checkFit refuses what no cross-validation can do without.
func checkFit[Y any](where string, f any, scorers []ml.Scorer[Y]) error {
	if f == nil {
		return ml.BadConfig(where, "fitter", "nil", "an estimator's config")
	}
	for i, score := range scorers {
		if score == nil {
			return ml.BadConfig(where, fmt.Sprintf("scorer %d", i), "nil", "a Scorer, such as selection.Accuracy{}")
		}
	}
	return nil
}
