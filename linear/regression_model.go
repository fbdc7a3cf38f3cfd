package linear

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// RegressionModel predicts x·Coef + Intercept. OLS and Ridge return it.
type RegressionModel struct {
	ml.Fitted
	Coef      []float64 // one for each column of X, in units of Y per unit of the column
	Intercept float64   // in units of Y; 0 if the config left it out
}

// MultiRegressionModel predicts several targets, each linear in x.
type MultiRegressionModel struct {
	ml.Fitted
	Coef      *tensor.Tensor[float64] // targets x columns
	Intercept []float64               // one for each target
}

var (
	_ ml.Predictor[float64]    = (*RegressionModel)(nil)
	_ ml.RowPredictor[float64] = (*RegressionModel)(nil)
	_ ml.Into[float64]         = (*RegressionModel)(nil)
	_ ml.Predictor[[]float64]  = (*MultiRegressionModel)(nil)
	_ ml.Into[[]float64]       = (*MultiRegressionModel)(nil)
)

func newRegressionModel(s solution, columns []ml.Column, config any, info ml.Info) *RegressionModel {
	return &RegressionModel{Fitted: ml.Fitted{Columns: ownColumns(columns), Config: config, Info: info}, Coef: s.coef, Intercept: s.intercept}
}

func newMultiRegressionModel(fits []solution, columns []ml.Column, config any, info ml.Info) *MultiRegressionModel {
	m := &MultiRegressionModel{Fitted: ml.Fitted{Columns: ownColumns(columns), Config: config, Info: info},
		Coef: tensor.New[float64](len(fits), len(fits[0].coef)), Intercept: make([]float64, len(fits))}
	for t, s := range fits {
		copy(m.Coef.Row(t), s.coef)
		m.Intercept[t] = s.intercept
	}
	return m
}

// Predict returns one number for each row of x, which must be finite.
func (m *RegressionModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "linear.RegressionModel.Predict"
	out, err := newOutput[float64](where, &m.Fitted, x)
	if err != nil {
		return nil, err
	}
	return out, m.predict(where, out, x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *RegressionModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "linear.RegressionModel.PredictInto"
	if err := checkOutput(where, &m.Fitted, dst, x); err != nil {
		return err
	}
	return m.predict(where, dst, x)
}

func (m *RegressionModel) affine() affine { return affine{coef: m.Coef, one: m.Intercept} }

func (m *RegressionModel) predict(where string, dst []float64, x tensor.Matrix) error {
	return eachScore(where, m.Columns, newSource(x), m.affine(), 0, tableUser{dst, 1})
}

// fitted writes what s predicts for the rows of x, which are finite.
func (s solution) fitted(dst []float64, x source) {
	eachScore("", nil, x, affine{coef: s.coef, one: s.intercept}, 0, tableUser{dst, 1})
}

// PredictRow predicts a single row without allocating.
func (m *RegressionModel) PredictRow(x []float64) (float64, error) {
	const where = "linear.RegressionModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	var y [1]float64
	if !m.affine().row(y[:], x, 0) {
		if err := badEntry(where, m.Columns, 0, x); err != nil {
			return 0, err
		}
	}
	return y[0], nil
}

// Restore checks a model that was read from a file.
func (m *RegressionModel) Restore() error {
	return checkShape("linear.RegressionModel", &m.Fitted, len(m.Coef) == m.Info.Features)
}

// Predict returns the targets of each row of x, which must be finite. The slices share one array.
func (m *MultiRegressionModel) Predict(x tensor.Matrix) ([][]float64, error) {
	const where = "linear.MultiRegressionModel.Predict"
	out, err := newOutput[[]float64](where, &m.Fitted, x)
	if err != nil {
		return nil, err
	}
	k := len(m.Intercept)
	flat := make([]float64, len(out)*k)
	for i := range out {
		out[i] = flat[i*k : (i+1)*k : (i+1)*k]
	}
	if err := m.predict(where, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one slice for each row of x. Slices with one element for each target are written to; others
// are replaced.
func (m *MultiRegressionModel) PredictInto(dst [][]float64, x tensor.Matrix) error {
	const where = "linear.MultiRegressionModel.PredictInto"
	if err := checkOutput(where, &m.Fitted, dst, x); err != nil {
		return err
	}
	for i := range dst {
		if len(dst[i]) != len(m.Intercept) {
			dst[i] = make([]float64, len(m.Intercept))
		}
	}
	return m.predict(where, dst, x)
}

func (m *MultiRegressionModel) predict(where string, dst [][]float64, x tensor.Matrix) error {
	return eachScore(where, m.Columns, newSource(x), affine{coef: m.Coef.Data(), intercept: m.Intercept}, 0, rowsUser{dst})
}

// Restore checks a model that was read from a file.
func (m *MultiRegressionModel) Restore() error {
	return checkShape("linear.MultiRegressionModel", &m.Fitted, isMatrix(m.Coef, len(m.Intercept), m.Info.Features) && len(m.Intercept) > 0)
}

// isMatrix reports whether t is a rows x cols matrix that lies in one piece.
func isMatrix(t *tensor.Tensor[float64], rows, cols int) bool {
	if t == nil || t.Rank() != 2 || !t.Contiguous() {
		return false
	}
	r, c := t.Dims()
	return r == rows && c == cols
}

// checkShape is the error of a model file whose parts do not fit together, unless ok.
func checkShape(kind string, f *ml.Fitted, ok bool) error {
	if ok && f.Info.Features > 0 && (f.Columns == nil || len(f.Columns) == f.Info.Features) {
		return nil
	}
	return &ml.Error{Where: kind, Field: "Coef, Intercept and Columns", Found: "of sizes that do not agree",
		Want: fmt.Sprintf("one coefficient for each of %d features", f.Info.Features), Kind: ml.ErrFormat}
}

// ownColumns copies the description of columns: a model keeps nothing of its caller's.
func ownColumns(columns []ml.Column) []ml.Column {
	out := slices.Clone(columns)
	for j := range out {
		out[j].Levels = slices.Clone(out[j].Levels)
		out[j].From = slices.Clone(out[j].From)
	}
	return out
}
