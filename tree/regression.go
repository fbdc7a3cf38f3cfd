package tree

import (
	"fmt"
	"iter"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// RegressionModel predicts one number: the response of its trees.
type RegressionModel struct{ Model }

// MultiRegressionModel predicts several numbers, one for each output of its trees.
type MultiRegressionModel struct{ Model }

var (
	_ ml.Predictor[float64]    = (*RegressionModel)(nil)
	_ ml.RowPredictor[float64] = (*RegressionModel)(nil)
	_ ml.Into[float64]         = (*RegressionModel)(nil)
	_ ml.Stager[float64]       = (*RegressionModel)(nil)
	_ ml.Predictor[[]float64]  = (*MultiRegressionModel)(nil)
	_ ml.Into[[]float64]       = (*MultiRegressionModel)(nil)
)

// NewRegressionModel makes a model of trees with one output. f.Info.Features may be left 0.
func NewRegressionModel(f ml.Fitted, e *Ensemble) (*RegressionModel, error) {
	m, err := newModel(f, e)
	if err != nil {
		return nil, err
	}
	r := &RegressionModel{m}
	return r, r.Restore()
}

// Restore checks a model that was read from a file.
func (m *RegressionModel) Restore() error {
	if err := m.Model.Restore(); err != nil {
		return err
	}
	if m.Ensemble.Outputs != 1 {
		return malformed("Outputs", fmt.Sprint(m.Ensemble.Outputs), "1 for a model of one number")
	}
	return nil
}

// Predict returns one number for each row of x.
func (m *RegressionModel) Predict(x tensor.Matrix) ([]float64, error) {
	return predicted(&m.Model, "tree.RegressionModel.Predict", x, m.into)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *RegressionModel) PredictInto(dst []float64, x tensor.Matrix) error {
	src, err := m.source("tree.RegressionModel.PredictInto", x, len(dst))
	if err != nil {
		return err
	}
	m.into(dst, src)
	return nil
}

func (m *RegressionModel) into(dst []float64, x rows.Rows) {
	m.Ensemble.engine.rows(dst, x)
	m.Ensemble.respondFlat(dst, 1)
}

// PredictRow predicts a single row without allocating.
func (m *RegressionModel) PredictRow(x []float64) (float64, error) {
	if err := m.checkRow("tree.RegressionModel.PredictRow", x); err != nil {
		return 0, err
	}
	g := m.Ensemble.engine
	s := g.lend() // an array of its own would go to the heap
	defer g.scratch.Put(s)
	g.row(s.scores, x)
	m.Ensemble.Respond(s.scores)
	return s.scores[0], nil
}

// Staged yields the predictions after each round of boosting.
func (m *RegressionModel) Staged(x tensor.Matrix) iter.Seq2[[]float64, error] {
	return staged(&m.Model, x, func(scores *tensor.Tensor[float64]) []float64 {
		m.Ensemble.respondFlat(scores.Data(), 1)
		return scores.Data()
	})
}

// staged turns the scores after each round into predictions.
func staged[Y any](m *Model, x tensor.Matrix, predict func(*tensor.Tensor[float64]) []Y) iter.Seq2[[]Y, error] {
	return func(yield func([]Y, error) bool) {
		for scores, err := range m.StagedRaw(x) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(predict(scores), nil) {
				return
			}
		}
	}
}

// NewMultiRegressionModel makes a model of trees with any number of outputs. f.Info.Features may be left 0.
func NewMultiRegressionModel(f ml.Fitted, e *Ensemble) (*MultiRegressionModel, error) {
	m, err := newModel(f, e)
	if err != nil {
		return nil, err
	}
	return &MultiRegressionModel{m}, nil
}

// Predict returns the numbers of each row of x, one for each output. The slices share one array.
func (m *MultiRegressionModel) Predict(x tensor.Matrix) ([][]float64, error) {
	return predicted(&m.Model, "tree.MultiRegressionModel.Predict", x, m.into)
}

// PredictInto is Predict into dst, which has one slice for each row of x. Slices with one element for each output are written to; others
// are replaced.
func (m *MultiRegressionModel) PredictInto(dst [][]float64, x tensor.Matrix) error {
	src, err := m.source("tree.MultiRegressionModel.PredictInto", x, len(dst))
	if err != nil {
		return err
	}
	m.into(dst, src)
	return nil
}

func (m *MultiRegressionModel) into(dst [][]float64, x rows.Rows) {
	e, k := m.Ensemble, m.Ensemble.Outputs
	flat := e.engine.flat(len(dst) * k)
	defer e.engine.release(flat)
	e.engine.rows(*flat, x)
	e.respondFlat(*flat, k)
	missing := 0
	for i := range dst {
		if len(dst[i]) != k {
			missing++
		}
	}
	fresh := make([]float64, missing*k)
	for i := range dst {
		if len(dst[i]) != k {
			dst[i], fresh = fresh[:k:k], fresh[k:]
		}
		copy(dst[i], (*flat)[i*k:])
	}
}
