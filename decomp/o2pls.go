package decomp

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// O2PLS parts what columns and targets have in common from what varies on one side alone (Trygg and Wold, J. Chemometrics 17, 2003): pairs of directions as of [PLSSVD], after directions were taken off each side that vary together with its scores but say nothing of the other
// side, such as the drift of an instrument. The common scores of X predict the targets.
//
// Columns and targets are centred, and divided by their deviations unless NoScale. Of each direction in X the number of largest size is positive. Directions of one side for which nothing is left are left out. A row of weight k counts as k rows. Nothing is random. CSR is an
// error. It takes O(rows · columns · targets), O(rows · columns · Components) for each direction of one side, and O(columns · targets · the fewer of both).
type O2PLS struct {
	Components  int // common pairs, no more than rows, columns and targets. 0: 2, or as many as there can be
	XOrthogonal int // directions of X alone; with Components no more than the columns. 0: none
	YOrthogonal int // directions of the targets alone; with Components no more than the targets. 0: none
	NoScale     bool
}

var (
	_ ml.Fitter[ml.Dataset[[]float64], *O2PLSModel] = O2PLS{}
	_ ml.Predictor[[]float64]                       = (*O2PLSModel)(nil)
	_ ml.Into[[]float64]                            = (*O2PLSModel)(nil)
	_ ml.RowTransformer                             = (*O2PLSModel)(nil)
)

// O2PLSModel is a fitted [O2PLS]. All rows are one direction each, of columns that were centred and divided by XScale and YScale.
type O2PLSModel struct {
	ml.Fitted
	XMean, XScale []float64   // of each column: the mean, and the deviation or 1
	YMean, YScale []float64   // of each target
	XWeights      [][]float64 // of the common pairs, of length 1
	YWeights      [][]float64
	XAlone        [][]float64 // what the scores of X alone are made by, of columns from which those before were taken off
	XAloneLoading [][]float64 // how much of each column a unit of such a score explains
	YAlone        [][]float64
	YAloneLoading [][]float64
	Forward       [][]float64 // common scores of the targets by those of X: a row for each of X

	inner *PLSModel
}

func (c O2PLS) resolve(where string) error {
	if c.Components < 0 || c.XOrthogonal < 0 || c.YOrthogonal < 0 {
		return ml.BadConfig(where, "Components, XOrthogonal and YOrthogonal", fmt.Sprint(c.Components, c.XOrthogonal, c.YOrthogonal), ">= 0")
	}
	return nil
}

// Fit finds the directions of the rows of d.
func (c O2PLS) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*O2PLSModel, error) {
	const where = "decomp.O2PLS.Fit"
	if err := cmp.Or(d.Check(where, ml.Accepts{}), c.resolve(where)); err != nil {
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
	if c.XOrthogonal > x.p-k || c.YOrthogonal > y.p-k {
		return nil, ml.BadConfig(where, "XOrthogonal and YOrthogonal", fmt.Sprint(c.XOrthogonal, c.YOrthogonal), fmt.Sprintf("at most %d and %d: columns and targets less the common pairs", x.p-k, y.p-k))
	}
	m := &O2PLSModel{Fitted: ml.NewFitted(d.Table, nil, c), XMean: x.mean, XScale: x.scale, YMean: y.mean, YScale: y.scale}
	_, u, v, ok := commonPairs(x, y, k)
	if ok {
		m.XAlone, m.XAloneLoading, ok = x.alone(u, c.XOrthogonal)
	}
	if ok {
		m.YAlone, m.YAloneLoading, ok = y.alone(v, c.YOrthogonal)
	}
	if ok {
		_, m.XWeights, m.YWeights, ok = commonPairs(x, y, k)
	}
	if ok {
		m.Forward, ok = regress(x, y, m.XWeights, m.YWeights)
	}
	if !ok {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// commonPairs are the first k singular values of the products of both sides, and their vectors.
func commonPairs(x, y *block, k int) (values []float64, us, vs [][]float64, ok bool) {
	s, ok := linalg.NewSVD(crossProducts(x, y), x.p, y.p, linalg.ThinVectors)
	if !ok {
		return nil, nil, nil, false
	}
	width := min(x.p, y.p)
	for a := range k {
		u, v := make([]float64, x.p), make([]float64, y.p)
		for j := range u {
			u[j] = s.U[j*width+a]
		}
		for j := range v {
			v[j] = s.V[j*width+a]
		}
		if fixSign(u) {
			negate(v)
		}
		us, vs = append(us, u), append(vs, v)
	}
	return s.Values[:k:k], us, vs, true
}

// alone takes off the block up to count directions at right angles to the common ones, whose scores vary together with the common scores.
func (b *block) alone(common [][]float64, count int) (weights, loadings [][]float64, ok bool) {
	k := len(common)
	for range count {
		scores := make([]float64, b.n*k)
		for a, w := range common {
			for i, v := range b.along(w) {
				scores[i*k+a] = v
			}
		}
		// What the common directions leave of the columns, times the scores: as products with the columns, less those along the common directions.
		left := make([]float64, b.p*k)
		kern.Gemm(true, false, b.p, k, b.n, 1, b.data, b.p, scores, k, 0, left, k)
		column := make([]float64, b.p)
		for a := range k {
			for j := range column {
				column[j] = left[j*k+a]
			}
			for range 2 {
				for _, w := range common {
					linalg.Axpy(-linalg.Dot(column, w), w, column)
				}
			}
			for j, v := range column {
				left[j*k+a] = v
			}
		}
		s, w, _, ok := topPair(left, b.p, k)
		if !ok {
			return nil, nil, false
		}
		if !(s > 1e-14*b.square) {
			break
		}
		fixSign(w)
		score := b.along(w)
		loading := b.slopesOf(score)
		b.lose(score, loading)
		weights, loadings = append(weights, w), append(loadings, loading)
	}
	return weights, loadings, true
}

// regress is the least-squares map of the scores of x to those of y.
func regress(x, y *block, u, v [][]float64) ([][]float64, bool) {
	k := len(u)
	tx, ty := make([][]float64, k), make([][]float64, k)
	for a := range k {
		tx[a], ty[a] = x.along(u[a]), y.along(v[a])
	}
	gram, inverse := make([]float64, k*k), make([]float64, k*k)
	for a := range k {
		for b := range k {
			gram[a*k+b] = linalg.Dot(tx[a], tx[b])
		}
	}
	d, ok := linalg.NewSVD(gram, k, k, linalg.ThinVectors)
	if !ok {
		return nil, false
	}
	d.PseudoInverse(k, k, 1e-14, inverse)
	out := make([][]float64, k)
	for a := range k {
		out[a] = make([]float64, k)
		for b := range k {
			for c := range k {
				out[a][b] += float64(inverse[a*k+c] * linalg.Dot(tx[c], ty[b]))
			}
		}
	}
	return out, true
}

// before are weights of rows from which nothing was taken off.
func before(weights, alone, loadings [][]float64) [][]float64 {
	out := make([][]float64, len(weights))
	for a, w := range weights {
		out[a] = append([]float64(nil), w...)
		for i := len(alone) - 1; i >= 0; i-- {
			linalg.Axpy(-linalg.Dot(loadings[i], out[a]), alone[i], out[a])
		}
	}
	return out
}

// Restore checks a model that was read from a file and makes it ready.
func (m *O2PLSModel) Restore() error {
	const where = "decomp.O2PLSModel"
	c, ok := m.Config.(O2PLS)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.O2PLS")
	}
	k, p, q := len(m.XWeights), m.Info.Features, len(m.YMean)
	if k == 0 || q == 0 || len(m.YWeights) != k || len(m.Forward) != k || len(m.XAlone) != len(m.XAloneLoading) || len(m.YAlone) != len(m.YAloneLoading) {
		return unsound(where, "weights, loadings and Forward", "of different numbers, or none", "a row for each direction")
	}
	if err := cmp.Or(c.resolve(where), checkRows(where, "XWeights", m.XWeights, p), checkRows(where, "YWeights", m.YWeights, q), checkRows(where, "XAlone", m.XAlone, p), checkRows(where, "XAloneLoading", m.XAloneLoading, p),
		checkRows(where, "YAlone", m.YAlone, q), checkRows(where, "YAloneLoading", m.YAloneLoading, q), checkRows(where, "Forward", m.Forward, k)); err != nil {
		return err
	}
	predicted := make([][]float64, k)
	for a, row := range m.Forward {
		predicted[a] = make([]float64, q)
		for b, v := range row {
			linalg.Axpy(v, m.YWeights[b], predicted[a])
		}
	}
	m.inner = &PLSModel{Fitted: m.Fitted, Latent: Latent{XMean: m.XMean, XScale: m.XScale, YMean: m.YMean, YScale: m.YScale, XWeights: m.XWeights, YWeights: m.YWeights, XLoadings: m.XWeights, YLoadings: predicted,
		XRotations: before(m.XWeights, m.XAlone, m.XAloneLoading), YRotations: before(m.YWeights, m.YAlone, m.YAloneLoading)}}
	return m.inner.open(where)
}

func (m *O2PLSModel) project() *projection { return m.inner.p }
func (m *O2PLSModel) fitted() *ml.Fitted   { return &m.Fitted }

// Predict returns the targets of each row of x, which must be finite. The slices share one array.
func (m *O2PLSModel) Predict(x tensor.Matrix) ([][]float64, error) {
	out, err := m.inner.Predict(x)
	if err != nil {
		return nil, relocate("decomp.O2PLSModel.Predict", err)
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one slice for each row of x. Slices with one element for each target are written to; others are replaced.
func (m *O2PLSModel) PredictInto(dst [][]float64, x tensor.Matrix) error {
	if err := m.inner.PredictInto(dst, x); err != nil {
		return relocate("decomp.O2PLSModel.PredictInto", err)
	}
	return nil
}

// Transform maps rows to their common scores, rows x components.
func (m *O2PLSModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.O2PLSModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *O2PLSModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.O2PLSModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *O2PLSModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.O2PLSModel.TransformRow", dst, x)
}

// TransformTargets maps rows of targets to their common scores, rows x components.
func (m *O2PLSModel) TransformTargets(y tensor.Matrix) (tensor.Matrix, error) {
	return mapped("decomp.O2PLSModel.TransformTargets", m.inner.targets, y)
}

// Out names the scores: pls0, pls1, ..., each made of all columns.
func (m *O2PLSModel) Out() []ml.Column {
	return embeddingColumns("pls", len(m.XWeights), m.Info.Features)
}
