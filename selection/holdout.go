package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// HeldOut is a Fitter that keeps some of its training rows as Dataset.Valid, for methods that stop early. Make it with HoldOut.
type HeldOut[Y any, M ml.Predictor[Y]] struct {
	Fitter   ml.Fitter[ml.Dataset[Y], M]
	Fraction float64 // of the rows that are held out, rounded up; between 0 and 1
	Seed     uint64  // 0 is a seed like any other
}

// HoldOut wraps the config of a method with Patience: a fraction of the training rows is drawn to watch, the rest to learn from.
// Class codes are stratified and groups kept whole, as in Split; rows of weight 0 are left out altogether. The model is the method's
// own, and so is its Config. Since rows are drawn, an integer weight is not the same as repeated rows.
//
//	model, err := selection.HoldOut(ensemble.GradientBoostingClassifier{Patience: 10}, 0.1).Fit(ctx, train)
//
// The result is plain data: a Seed of your own is set in its field, and it can be searched over and saved. Around a pipeline,
// rows are held out before any stage sees them; as a pipeline's final step, only after the stages were fitted to all rows.
func HoldOut[Y any, M ml.Predictor[Y]](f ml.Fitter[ml.Dataset[Y], M], fraction float64) HeldOut[Y, M] {
	return HeldOut[Y, M]{Fitter: f, Fraction: fraction}
}

// Fit holds rows out and fits the config to the others. Errors: ErrConfig for the fraction, ErrData if d.Valid is set already,
// ErrShape if there are not two rows (two groups), and the config's own.
func (h HeldOut[Y, M]) Fit(ctx context.Context, d ml.Dataset[Y]) (M, error) {
	const where = "selection.HeldOut.Fit"
	var none M
	switch {
	case h.Fitter == nil:
		return none, ml.BadConfig(where, "Fitter", "nil", "an estimator's config")
	case !(h.Fraction > 0 && h.Fraction < 1):
		return none, ml.BadConfig(where, "Fraction", h.Fraction, "a number between 0 and 1")
	case d.Valid != nil:
		return none, &ml.Error{Where: where, Field: "Valid", Found: "set", Want: "nil: HoldOut makes it", Kind: ml.ErrData}
	}
	if err := d.Check(where, anything); err != nil {
		return none, err
	}
	d = d.Present()
	trainRows, validRows := splitRows(d, h.Fraction, h.Seed)
	if len(validRows) == 0 {
		return none, ml.BadShape(where, "data", fmt.Sprintf("%d rows in one piece", d.Rows()), "at least two rows, and two groups if there are groups")
	}
	train, valid := d.Select(trainRows), d.Select(validRows)
	if train.K() < d.K() {
		d = d.NameClasses()
		train.Classes, valid.Classes = d.Classes, d.Classes
	}
	train.Valid = &valid
	return h.Fitter.Fit(ctx, train)
}

// Accepts is what the config accepts.
func (h HeldOut[Y, M]) Accepts() ml.Accepts { return ml.AcceptsOf(h.Fitter) }
