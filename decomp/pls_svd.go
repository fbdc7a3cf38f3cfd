package decomp

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// PLSSVD finds pairs of directions in the columns of X and in those of the targets as the leading singular vectors of the products of both: the largest covariances, with directions of one side at right angles to each other
// (Tucker, Psychometrika 23, 1958). Unlike [PLSCanonical] it takes nothing off between pairs, and predicts nothing.
//
// Columns and targets are centred, and divided by their deviations unless NoScale. Of each direction in X the number of largest size is positive. A row of weight k counts as k rows. Nothing is random. CSR is an error. It takes O(rows · columns ·
// targets), and O(columns · targets · the fewer of both).
type PLSSVD struct {
	Components int // no more than rows, columns and targets. 0: 2, or as many as there can be
	NoScale    bool
}

var _ ml.Fitter[ml.Dataset[[]float64], *PLSSVDModel] = PLSSVD{}

// PLSSVDModel is a fitted [PLSSVD].
type PLSSVDModel struct {
	ml.Fitted
	XMean, XScale []float64   // of each column: the mean, and the deviation or 1
	YMean, YScale []float64   // of each target
	XWeights      [][]float64 // components x columns, of length 1
	YWeights      [][]float64 // components x targets, of length 1
	Singular      []float64   // of the products of the columns with the targets

	p, targets *projection
}

// Fit finds the directions of the rows of d.
func (c PLSSVD) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*PLSSVDModel, error) {
	const where = "decomp.PLSSVD.Fit"
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	x, y, err := sides(ctx, where, c.NoScale, d.Table, d.Y)
	if err != nil {
		return nil, err
	}
	k, err := howMany(where, c.Components, min(x.n, x.p, y.p), true)
	if err != nil {
		return nil, err
	}
	values, u, v, ok := commonPairs(x, y, k)
	if !ok {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	m := &PLSSVDModel{Fitted: ml.NewFitted(d.Table, nil, c), XMean: x.mean, XScale: x.scale, YMean: y.mean, YScale: y.scale, XWeights: u, YWeights: v, Singular: values}
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// Restore checks a model that was read from a file and makes it ready.
func (m *PLSSVDModel) Restore() error {
	const where = "decomp.PLSSVDModel"
	if _, ok := m.Config.(PLSSVD); !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.PLSSVD")
	}
	k, p, q := len(m.XWeights), m.Info.Features, len(m.YMean)
	if k == 0 || q == 0 || len(m.YWeights) != k {
		return unsound(where, "XWeights and YWeights", fmt.Sprintf("%d and %d rows", k, len(m.YWeights)), "a row for each component")
	}
	if err := cmp.Or(checkNumbers(where, "XMean", m.XMean, p), checkScale(where, "XScale", m.XScale, p), checkNumbers(where, "YMean", m.YMean, q), checkScale(where, "YScale", m.YScale, q),
		checkRows(where, "XWeights", m.XWeights, p), checkRows(where, "YWeights", m.YWeights, q), checkNumbers(where, "Singular", m.Singular, k)); err != nil {
		return err
	}
	m.p = newProjection(scaledRows(m.XWeights, m.XScale, false), p, m.XMean)
	m.targets = newProjection(scaledRows(m.YWeights, m.YScale, false), q, m.YMean)
	if !rows.AllFinite(m.p.shift) || !rows.AllFinite(m.targets.shift) {
		return unsound(where, "XMean and YMean", "of products that are not finite", "smaller numbers")
	}
	return nil
}

func (m *PLSSVDModel) project() *projection { return m.p }
func (m *PLSSVDModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows to their scores, rows x components.
func (m *PLSSVDModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.PLSSVDModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *PLSSVDModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.PLSSVDModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *PLSSVDModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.PLSSVDModel.TransformRow", dst, x)
}

// TransformTargets maps rows of targets to their scores, rows x components.
func (m *PLSSVDModel) TransformTargets(y tensor.Matrix) (tensor.Matrix, error) {
	return mapped("decomp.PLSSVDModel.TransformTargets", m.targets, y)
}

// Out names the scores: pls0, pls1, ..., each made of all columns.
func (m *PLSSVDModel) Out() []ml.Column {
	return embeddingColumns("pls", len(m.XWeights), m.Info.Features)
}
