package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// CrossPredict predicts each row by the model that was fitted without it: the predictions to draw beside the truth, to find wrong labels with, or to
// learn from in a second model. Scores of them all at once are not the means over folds of [CrossValidate].
//
// The splitter must test each row once, as KFold and its kin do; ErrConfig otherwise. The folds run in parallel, with one result on any number of cores.
// Weights count in the fits.
func CrossPredict[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter) ([]Y, error) {
	out := make([]Y, len(d.Y))
	err := outOfFold(ctx, "selection.CrossPredict", f, d, s, func(m M, _ int, rows []int, x tensor.Matrix) error {
		pred, err := m.Predict(x)
		if err != nil {
			return err
		}
		if len(pred) != len(rows) {
			return wrongRows(len(pred), len(rows))
		}
		for i, r := range rows {
			out[r] = pred[i]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// CrossProba is [CrossPredict] for class probabilities: rows x K. A class that the training rows of a fold lack keeps its column.
func CrossProba[M ml.Classifier](ctx context.Context, f ml.Fitter[ml.Dataset[int], M], d ml.Dataset[int], s ml.Splitter) (*tensor.Tensor[float64], error) {
	return crossOutput(ctx, "selection.CrossProba", f, d, s, func(m M, x tensor.Matrix) (*tensor.Tensor[float64], error) { return m.PredictProba(x) })
}

// CrossOutput is [CrossPredict] for whatever else a model computes of rows, as a matrix with one row for each: decision values, log-probabilities,
// quantiles, leaves.
//
//	scores, err := selection.CrossOutput(ctx, linear.LogisticRegression{}, d, selection.StratifiedKFold{}, (*linear.LogisticModel).DecisionFunction)
func CrossOutput[Y any, M ml.Predictor[Y]](ctx context.Context, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, output func(M, tensor.Matrix) (*tensor.Tensor[float64], error)) (*tensor.Tensor[float64], error) {
	const where = "selection.CrossOutput"
	if output == nil {
		return nil, ml.BadConfig(where, "output", "nil", "a method such as (*linear.LogisticModel).DecisionFunction")
	}
	return crossOutput(ctx, where, f, d, s, output)
}

func crossOutput[Y any, M ml.Predictor[Y]](ctx context.Context, where string, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, output func(M, tensor.Matrix) (*tensor.Tensor[float64], error)) (*tensor.Tensor[float64], error) {
	type part struct {
		rows  []int
		value *tensor.Tensor[float64]
	}
	parts := make([]part, len(d.Y)) // there are no more folds than rows
	err := outOfFold(ctx, where, f, d, s, func(m M, fold int, rows []int, x tensor.Matrix) error {
		v, err := output(m, x)
		if err != nil {
			return err
		}
		if n, _ := v.Dims(); n != len(rows) {
			return wrongRows(n, len(rows))
		}
		parts[fold] = part{rows, v}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, width := parts[0].value.Dims()
	out := tensor.New[float64](len(d.Y), width)
	for fold, p := range parts {
		if p.value == nil {
			break
		}
		if _, w := p.value.Dims(); w != width {
			return nil, ml.BadShape(where, fmt.Sprintf("the output of fold %d", fold), fmt.Sprintf("%d columns wide", w), fmt.Sprintf("%d, as in fold 0", width))
		}
		for i, r := range p.rows {
			copy(out.Row(r), p.value.Row(i))
		}
	}
	return out, nil
}

func wrongRows(found, want int) error {
	return ml.BadShape("", "the output", fmt.Sprintf("%d rows long", found), fmt.Sprintf("%d, one for each test row", want))
}

// outOfFold fits every fold and hands its model on with the rows it has not seen.
func outOfFold[Y any, M ml.Predictor[Y]](ctx context.Context, where string, f ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y], s ml.Splitter, use func(m M, fold int, rows []int, x tensor.Matrix) error) error {
	if err := checkFit[Y](where, f, nil); err != nil {
		return err
	}
	p, err := newPlan(where, d, s, 1)
	if err != nil {
		return err
	}
	folds := p.divisions()
	if err := testedOnce(where, "splitter", folds, p.data.Rows()); err != nil {
		return err
	}
	return eachFold(ctx, where, p.data, folds, f.Fit, func(i int, m M, test ml.Dataset[Y]) error { return use(m, i, folds[i].Test, test.X) })
}
