package decomp

import (
	"cmp"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Latent is what PLS and CCA learn about both sides. All rows are one component each. Weights, loadings and rotations belong to columns that were centred and divided by XScale and YScale.
type Latent struct {
	XMean, XScale []float64   // of each column: the mean, and the deviation or 1
	YMean, YScale []float64   // of each target
	XWeights      [][]float64 // of length 1: what the scores are made by, of columns from which the components before were taken off
	YWeights      [][]float64 // of length 1 too, but for regressions, where they are how much of each target a unit of score predicts
	XLoadings     [][]float64 // how much of each column a unit of score explains
	YLoadings     [][]float64 // the same of each target
	XRotations    [][]float64 // what scores are made by, of columns as they are
	YRotations    [][]float64

	p, targets *projection
}

// PLSModel is a fitted [PLSRegressionMulti], [PLSCanonical] or [CCA]: a regression of several targets, and a transformer of rows and of targets to their scores.
type PLSModel struct {
	ml.Fitted
	Latent
	Coef      *tensor.Tensor[float64] // targets x columns, in units of the target per unit of the column
	Intercept []float64               // one for each target
}

// PLSRegressionModel is a fitted [PLSRegression].
type PLSRegressionModel struct {
	ml.Fitted
	Latent
	Coef      []float64 // one for each column, in units of Y per unit of the column
	Intercept float64
}

var (
	_ ml.Predictor[float64]    = (*PLSRegressionModel)(nil)
	_ ml.RowPredictor[float64] = (*PLSRegressionModel)(nil)
	_ ml.Into[float64]         = (*PLSRegressionModel)(nil)
	_ ml.Predictor[[]float64]  = (*PLSModel)(nil)
	_ ml.Into[[]float64]       = (*PLSModel)(nil)
	_ ml.RowTransformer        = (*PLSModel)(nil)
	_ ml.Inverter              = (*PLSModel)(nil)
)

// scaledRows are rows of numbers, each over or times that of its column.
func scaledRows(x [][]float64, scale []float64, times bool) [][]float64 {
	out := make([][]float64, len(x))
	for i, row := range x {
		out[i] = make([]float64, len(row))
		for j, v := range row {
			if times {
				out[i][j] = v * scale[j]
			} else {
				out[i][j] = v / scale[j]
			}
		}
	}
	return out
}

// restore checks what was read from a file and returns the coefficients, a row for each target, with the intercepts.
func (m *Latent) restore(where string, f *ml.Fitted) (coef [][]float64, intercept []float64, err error) {
	k, p, q := len(m.XWeights), f.Info.Features, len(m.YMean)
	if k == 0 || q == 0 || len(m.YWeights) != k || len(m.XLoadings) != k || len(m.YLoadings) != k || len(m.XRotations) != k || len(m.YRotations) != k {
		return nil, nil, unsound(where, "weights, loadings and rotations", "of different numbers, or none", "a row for each component")
	}
	if err := cmp.Or(checkNumbers(where, "XMean", m.XMean, p), checkScale(where, "XScale", m.XScale, p), checkNumbers(where, "YMean", m.YMean, q), checkScale(where, "YScale", m.YScale, q),
		checkRows(where, "XWeights", m.XWeights, p), checkRows(where, "YWeights", m.YWeights, q), checkRows(where, "XLoadings", m.XLoadings, p), checkRows(where, "YLoadings", m.YLoadings, q),
		checkRows(where, "XRotations", m.XRotations, p), checkRows(where, "YRotations", m.YRotations, q)); err != nil {
		return nil, nil, err
	}
	m.p = newProjection(scaledRows(m.XRotations, m.XScale, false), p, m.XMean)
	m.targets = newProjection(scaledRows(m.YRotations, m.YScale, false), q, m.YMean)
	coef, intercept = make([][]float64, q), make([]float64, q)
	for t := range coef {
		coef[t] = make([]float64, p)
		for c, rotation := range m.XRotations {
			for j, v := range rotation {
				coef[t][j] += float64(v * m.YLoadings[c][t])
			}
		}
		sum := 0.0
		for j := range coef[t] {
			coef[t][j] *= m.YScale[t] / m.XScale[j]
			sum += float64(coef[t][j] * m.XMean[j])
		}
		intercept[t] = m.YMean[t] - sum
		if err := checkNumbers(where, "coefficients", append([]float64{intercept[t]}, coef[t]...), p+1); err != nil {
			return nil, nil, err
		}
	}
	if !rows.AllFinite(m.p.shift) {
		return nil, nil, unsound(where, "XMean", "of products that are not finite", "smaller numbers")
	}
	return coef, intercept, nil
}

// Restore makes a model ready, after a check if it was read from a file.
func (m *PLSModel) Restore() error {
	const where = "decomp.PLSModel"
	switch m.Config.(type) {
	case PLSRegressionMulti, PLSCanonical, CCA:
	default:
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.PLSRegressionMulti, PLSCanonical or CCA")
	}
	return m.open(where)
}

// open makes a model ready.
func (m *PLSModel) open(where string) error {
	coef, intercept, err := m.restore(where, &m.Fitted)
	if err != nil {
		return err
	}
	m.Intercept, m.Coef = intercept, tensor.New[float64](len(coef), m.Info.Features)
	for t, row := range coef {
		copy(m.Coef.Row(t), row)
	}
	return nil
}

// Restore makes a model ready, after a check if it was read from a file.
func (m *PLSRegressionModel) Restore() error {
	const where = "decomp.PLSRegressionModel"
	if _, ok := m.Config.(PLSRegression); !ok || len(m.YMean) != 1 {
		return unsound(where, "Config and YMean", fmt.Sprintf("%T and %d targets", m.Config, len(m.YMean)), "a decomp.PLSRegression and one target")
	}
	coef, intercept, err := m.restore(where, &m.Fitted)
	if err != nil {
		return err
	}
	m.Coef, m.Intercept = coef[0], intercept[0]
	return nil
}

// Predict returns one number for each row of x. NaN is a number that is missing.
func (m *PLSRegressionModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "decomp.PLSRegressionModel.Predict"
	if err := askable(m, where, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	m.predict(out, rows.Of(x))
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *PLSRegressionModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "decomp.PLSRegressionModel.PredictInto"
	if err := askable(m, where, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprintf("%d, one for each row", n))
	}
	m.predict(dst, rows.Of(x))
	return nil
}

func (m *PLSRegressionModel) predict(dst []float64, x rows.Rows) {
	if par.Small(x.Len(), x.Cols()) {
		m.some(dst, x, 0, x.Len())
		return
	}
	par.For(x.Len(), x.Cols(), func(lo, hi int) { m.some(dst, x, lo, hi) })
}

// some predicts rows lo to hi-1.
func (m *PLSRegressionModel) some(dst []float64, x rows.Rows, lo, hi int) {
	var buf []float64
	if !x.Direct() {
		buf = make([]float64, x.Cols())
	}
	for i := lo; i < hi; i++ {
		dst[i] = m.answer(x.Row(i, buf))
	}
}

// PredictRow predicts a single row without allocating.
func (m *PLSRegressionModel) PredictRow(x []float64) (float64, error) {
	if err := askableRow(m, "decomp.PLSRegressionModel.PredictRow", x); err != nil {
		return 0, err
	}
	return m.answer(x), nil
}

func (m *PLSRegressionModel) answer(row []float64) float64 {
	v := linalg.Dot(row, m.Coef) + m.Intercept
	if v != v && hasNaN(row) {
		return m.guess(0, row)
	}
	return v
}

// Predict returns the targets of each row of x, which must be finite, but for a PLSRegressionMulti, to which NaN is a number that is missing. The slices share one array.
func (m *PLSModel) Predict(x tensor.Matrix) ([][]float64, error) {
	const where = "decomp.PLSModel.Predict"
	if err := askable(m, where, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, q := make([][]float64, n), len(m.Intercept)
	flat := make([]float64, n*q)
	for i := range out {
		out[i] = flat[i*q : (i+1)*q : (i+1)*q]
	}
	m.predict(out, rows.Of(x))
	return out, nil
}

// PredictInto is Predict into dst, which has one slice for each row of x. Slices with one element for each target are written to; others are replaced.
func (m *PLSModel) PredictInto(dst [][]float64, x tensor.Matrix) error {
	const where = "decomp.PLSModel.PredictInto"
	if err := askable(m, where, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d slices", len(dst)), fmt.Sprintf("%d, one for each row", n))
	}
	m.predict(dst, rows.Of(x))
	return nil
}

func (m *PLSModel) predict(dst [][]float64, x rows.Rows) {
	for i := range dst {
		if len(dst[i]) != len(m.Intercept) {
			dst[i] = make([]float64, len(m.Intercept))
		}
	}
	if cost := x.Cols() * len(m.Intercept); par.Small(x.Len(), cost) {
		m.some(dst, x, 0, x.Len())
	} else {
		par.For(x.Len(), cost, func(lo, hi int) { m.some(dst, x, lo, hi) })
	}
}

// some predicts rows lo to hi-1.
func (m *PLSModel) some(dst [][]float64, x rows.Rows, lo, hi int) {
	var buf []float64
	if !x.Direct() {
		buf = make([]float64, x.Cols())
	}
	for i := lo; i < hi; i++ {
		row := x.Row(i, buf)
		for t, v := range m.Intercept {
			dst[i][t] = linalg.Dot(row, m.Coef.Row(t)) + v
			if y := dst[i][t]; y != y && hasNaN(row) {
				dst[i][t] = m.guess(t, row)
			}
		}
	}
}

func (m *Latent) project() *projection           { return m.p }
func (m *PLSModel) fitted() *ml.Fitted           { return &m.Fitted }
func (m *PLSRegressionModel) fitted() *ml.Fitted { return &m.Fitted }

// Transform maps rows to their scores, rows x components.
func (m *PLSModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.PLSModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *PLSModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.PLSModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *PLSModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.PLSModel.TransformRow", dst, x)
}

// Out names the scores: pls0, pls1, ..., each made of all columns.
func (m *PLSModel) Out() []ml.Column {
	return embeddingColumns("pls", len(m.XWeights), m.Info.Features)
}

// Inverse maps scores back to rows of columns, as far as the components explain them.
func (m *PLSModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.PLSModel.Inverse", x, scaledRows(m.XLoadings, m.XScale, true), m.XMean, nil)
}

// TransformTargets maps rows of targets to their scores, rows x components.
func (m *PLSModel) TransformTargets(y tensor.Matrix) (tensor.Matrix, error) {
	return mapped("decomp.PLSModel.TransformTargets", m.targets, y)
}

// InverseTargets maps scores of targets back to rows of targets, as far as the components explain them.
func (m *PLSModel) InverseTargets(scores tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.PLSModel.InverseTargets", scores, scaledRows(m.YLoadings, m.YScale, true), m.YMean, nil)
}

// Transform maps rows to their scores, rows x components.
func (m *PLSRegressionModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.PLSRegressionModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *PLSRegressionModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.PLSRegressionModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *PLSRegressionModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.PLSRegressionModel.TransformRow", dst, x)
}

// Out names the scores: pls0, pls1, ..., each made of all columns.
func (m *PLSRegressionModel) Out() []ml.Column {
	return embeddingColumns("pls", len(m.XWeights), m.Info.Features)
}

// Inverse maps scores back to rows of columns, as far as the components explain them.
func (m *PLSRegressionModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.PLSRegressionModel.Inverse", x, scaledRows(m.XLoadings, m.XScale, true), m.XMean, nil)
}

// mapped maps rows of targets.
func mapped(where string, p *projection, y tensor.Matrix) (tensor.Matrix, error) {
	if err := narrowTo(where, y, p.p, "the targets"); err != nil {
		return nil, err
	}
	from := rows.Of(y)
	out := tensor.New[float64](from.Len(), p.k)
	p.into(out.Data(), from)
	return out, finiteOut(where, out)
}

// checkScale checks numbers that others are divided by.
func checkScale(where, field string, x []float64, n int) error {
	for _, v := range x {
		if !(v > 0) {
			return unsound(where, field, fmt.Sprint(v), "numbers > 0")
		}
	}
	return checkNumbers(where, field, x, n)
}
