package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// DefaultSplitter makes k folds: stratified for class codes, of whole groups if rows have groups.
func DefaultSplitter(d ml.AnyData, k int) ml.Splitter {
	_, codes := d.Y.([]int)
	switch {
	case codes && d.Group != nil:
		return StratifiedGroupKFold{K: k}
	case codes:
		return StratifiedKFold{K: k}
	case d.Group != nil:
		return GroupKFold{K: k}
	}
	return KFold{K: k}
}

// foldsFor asks the splitter, or the default one for k folds.
func foldsFor[Y any](where string, d ml.Dataset[Y], s ml.Splitter, k int) ([]ml.Fold, error) {
	if s == nil {
		s = DefaultSplitter(d.Any(), k)
	}
	return divided(where, "Splitter", d, s)
}

// divided asks a splitter, and checks what it gives, so that no fit meets an index out of range. field is what the caller calls it.
func divided[Y any](where, field string, d ml.Dataset[Y], s ml.Splitter) ([]ml.Fold, error) {
	folds, err := s.Split(d.Any())
	if err != nil {
		return nil, err
	}
	return folds, ml.CheckFolds(where, field, folds, d.Rows())
}

// testedOnce makes sure that every row is in the test rows of one fold.
func testedOnce(where, field string, folds []ml.Fold, n int) error {
	times := make([]int, n)
	for _, f := range folds {
		for _, i := range f.Test {
			times[i]++
		}
	}
	for i, t := range times {
		if t != 1 {
			return ml.BadConfig(where, field, fmt.Sprintf("one that tests row %d %d times", i, t), "one that tests each row once, such as selection.KFold{}")
		}
	}
	return nil
}

// eachFold fits to the training rows of every fold, in parallel, and hands each model over with the test rows, of which Fold.Test are the places.
func eachFold[Y, M any](ctx context.Context, where string, d ml.Dataset[Y], folds []ml.Fold, fit func(context.Context, ml.Dataset[Y]) (M, error), use func(fold int, m M, test ml.Dataset[Y]) error) error {
	p := planOf(d, folds, 1)
	return par.Do(ctx, len(folds), func(ctx context.Context, i int) error {
		train, test := p.take(i)
		m, err := fit(ml.WithTask(ctx, "fold", i, len(folds)), train)
		if err == nil {
			err = use(i, m, test)
		}
		if err != nil {
			return fmt.Errorf("%s: fold %d: %w", where, i, err)
		}
		return nil
	})
}
