package selection

import (
	"errors"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// metaOf is what a model knows of its fit, nil if it does not say.
func metaOf(model any) *ml.Fitted {
	if of, ok := model.(interface{ Meta() *ml.Fitted }); ok {
		return of.Meta()
	}
	return nil
}

// adopt takes over how the fits of a wrapper's models went: their iterations together, and the last status in the order of ml.Status, where those that
// are not as they should be come last.
func adopt[M any](f *ml.Fitted, models ...M) {
	for _, m := range models {
		of := metaOf(m)
		if of == nil {
			continue
		}
		info := of.Info
		f.Info.Iterations += info.Iterations
		f.Info.Status = max(f.Info.Status, info.Status)
		if f.Info.Note == "" {
			f.Info.Note = info.Note
		}
	}
}

// both is what two configs accept that see the same rows.
func both(a, b ml.Accepts) ml.Accepts {
	return ml.Accepts{Missing: a.Missing && b.Missing, Categorical: a.Categorical && b.Categorical, Unlabelled: a.Unlabelled && b.Unlabelled, Text: a.Text && b.Text}
}

func badFile(where, field, found, want string) error {
	return &ml.Error{Where: where, Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
}

// fitsColumns makes sure that models inside another that was read from a file are there, and for as many columns.
func fitsColumns[M any](where string, f *ml.Fitted, inner ...M) error {
	for _, m := range inner {
		if any(m) == nil {
			return badFile(where, "the model inside", "nil", "a model")
		}
		if of := metaOf(m); of != nil && of.Info.Features != f.Info.Features {
			return badFile(where, "the model inside", fmt.Sprintf("for %d columns", of.Info.Features), fmt.Sprintf("for %d", f.Info.Features))
		}
	}
	return nil
}

// lacks says that the model inside a model of the given kind has no such method.
func lacks(where, ability string, inner any) error {
	return &ml.Error{Where: where, Found: fmt.Sprintf("around a %T without %s", inner, ability), Kind: errors.ErrUnsupported}
}
