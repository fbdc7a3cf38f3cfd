package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// PLSRegression predicts a target from a few directions of the columns of X, each of which varies much and together with the target: for columns that are many and much alike, such as the channels of a spectrum
// (partial least squares; Wold, Sjöström and Eriksson, Chemom. Intell. Lab. Syst. 58, 2001). The model predicts, and as a transformer maps rows to their shares in the directions.
//
// Columns and targets are centred, and divided by their deviations unless NoScale. Of each component's weights on X the number of largest size is positive. Components that the targets leave nothing for are left out, but for
// the first. A row of weight k counts as k rows. Nothing is random. CSR is an error. Each component takes O(rows · columns · targets), and O(columns · targets · the fewer of both) for the leading singular vectors of their products, to which the power
// iterations of NIPALS would lead.
//
// NaN in X is a number that is missing, from Fit and in questions. Where there are some, Fit iterates as NIPALS does, every sum going over the numbers that are there (Wold, Martens and Wold, "The multivariate calibration problem in chemistry solved by the PLS method",
// Matrix Pencils, 1983), for at most 10 000 rounds of O(rows · (columns + targets)) a component, or one if there is one target; Info.Note tells if that was too few. Such scores are not at right angles to each other. A row without a number is predicted as the mean.
type PLSRegression struct {
	Components int  // no more than rows and columns. 0: 2, or as many as there can be
	NoScale    bool // take columns and targets in their own units
}

// PLSRegressionMulti is [PLSRegression] of several targets at once.
type PLSRegressionMulti PLSRegression

// PLSCanonical finds pairs of directions, one in the columns of X and one in those of the targets, that have the largest covariance, and takes from each side what its own direction explains (Wegelin, "A survey of partial
// least squares methods, with emphasis on the two-block case", University of Washington, 2000): both sides are treated alike. NaN is an error. Otherwise it is as [PLSRegression].
type PLSCanonical struct {
	Components int // no more than rows, columns and targets. 0: 2, or as many as there can be
	NoScale    bool
}

// CCA is canonical correlation analysis: pairs of directions, one in the columns of X and one in those of the targets, along which both sides have the largest correlation, each pair uncorrelated with those before it (Hotelling,
// Biometrika 28, 1936). It takes singular values of each side, O(rows · columns²), for each component; directions whose singular value is below 2e-10 of the largest are left out. Otherwise it is as [PLSCanonical].
//
// With fewer rows than columns everything correlates with everything: reduce the columns first, or take [PLSCanonical].
type CCA struct {
	Components int // no more than rows, columns and targets. 0: 2, or as many as there can be
	NoScale    bool
}

var (
	_ ml.Fitter[ml.Dataset[float64], *PLSRegressionModel] = PLSRegression{}
	_ ml.Fitter[ml.Dataset[[]float64], *PLSModel]         = PLSRegressionMulti{}
	_ ml.Fitter[ml.Dataset[[]float64], *PLSModel]         = PLSCanonical{}
	_ ml.Fitter[ml.Dataset[[]float64], *PLSModel]         = CCA{}
)

// Fit finds the components of the rows of d.
func (c PLSRegression) Fit(ctx context.Context, d ml.Dataset[float64]) (*PLSRegressionModel, error) {
	const where = "decomp.PLSRegression.Fit"
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	y := make([][]float64, len(d.Y))
	for i := range y {
		y[i] = d.Y[i : i+1 : i+1]
	}
	m := &PLSRegressionModel{}
	note, err := m.fit(ctx, where, pairs{components: c.Components, plain: c.NoScale}, d.Table, y)
	if err != nil {
		return nil, err
	}
	m.Fitted = ml.NewFitted(d.Table, nil, c)
	m.Info.Note = note
	if err := m.Restore(); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// Fit finds the components of the rows of d.
func (c PLSRegressionMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*PLSModel, error) {
	return fitPairs(ctx, "decomp.PLSRegressionMulti.Fit", c, pairs{components: c.Components, plain: c.NoScale}, d)
}

// Fit finds the pairs of directions of the rows of d.
func (c PLSCanonical) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*PLSModel, error) {
	return fitPairs(ctx, "decomp.PLSCanonical.Fit", c, pairs{components: c.Components, plain: c.NoScale, canonical: true}, d)
}

// Fit finds the pairs of directions of the rows of d.
func (c CCA) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*PLSModel, error) {
	return fitPairs(ctx, "decomp.CCA.Fit", c, pairs{components: c.Components, plain: c.NoScale, canonical: true, correlated: true}, d)
}

func fitPairs(ctx context.Context, where string, config any, c pairs, d ml.Dataset[[]float64]) (*PLSModel, error) {
	if err := d.Check(where, ml.AcceptsOf(config)); err != nil {
		return nil, err
	}
	m := &PLSModel{}
	note, err := m.fit(ctx, where, c, d.Table, d.Y)
	if err != nil {
		return nil, err
	}
	m.Fitted = ml.NewFitted(d.Table, nil, config)
	m.Info.Note = note
	if err := m.Restore(); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// pairs is which directions are looked for.
type pairs struct {
	components int
	plain      bool // do not scale
	canonical  bool // each side loses what its own scores explain; else both lose what those of X do
	correlated bool // the largest correlation, not covariance
}

// block is one side: rows of numbers, centred, scaled and times the roots of their weights.
type block struct {
	n, p        int
	data        []float64
	mean, scale []float64
	square      float64 // the sum of all squares at first
}

func newBlock(s *sample, plain bool) *block {
	b := &block{n: s.n, p: s.p, mean: s.means(), scale: make([]float64, s.p)}
	b.data = s.matrix(b.mean)
	for j := range b.scale {
		b.scale[j] = 1
	}
	sums := make([]float64, s.p)
	for i := range b.n {
		for j, v := range b.row(i) {
			sums[j] += float64(v * v)
		}
	}
	for j, v := range sums {
		deviation := math.Sqrt(v / (s.total - 1))
		if dust := deviation <= 1e-14*math.Abs(b.mean[j]); !dust && !plain && deviation > 0 { // of a column that does not vary rounding may be left
			b.scale[j] = deviation
		} else if dust {
			for i := range b.n {
				b.data[i*b.p+j] = 0
			}
		}
	}
	for i := range b.n {
		row := b.row(i)
		for j, v := range b.scale {
			row[j] /= v
			b.square += float64(row[j] * row[j])
		}
	}
	return b
}

func (b *block) row(i int) []float64 { return b.data[i*b.p : (i+1)*b.p] }

// along is the product of each row with w.
func (b *block) along(w []float64) []float64 {
	out := make([]float64, b.n)
	linalg.MulVec(out, b.data, b.n, b.p, b.p, w)
	return out
}

// against is the sum of the rows, each times its score.
func (b *block) against(score []float64) []float64 {
	out := make([]float64, b.p)
	linalg.AddMulTrans(out, b.data, b.n, b.p, b.p, score)
	return out
}

// lose takes score times loading off the rows.
func (b *block) lose(score, loading []float64) {
	for i, s := range score {
		linalg.Axpy(-s, loading, b.row(i))
	}
}

// targetSample are the targets of a table's rows as a sample with the same weights.
func targetSample(t ml.Table, y [][]float64) *sample {
	x := tensor.New[float64](len(y), len(y[0]))
	for i, row := range y {
		copy(x.Row(i), row)
	}
	return newSample(ml.Table{X: x, Weight: t.Weight})
}

func (m *Latent) fit(ctx context.Context, where string, c pairs, t ml.Table, targets [][]float64) (note string, err error) {
	if err := cmp.Or(denseRows(where, t.X), ml.Done(ctx)); err != nil {
		return "", err
	}
	if anyNaN(t.X) {
		return m.fitGappy(ctx, where, c, t, targets)
	}
	x, y, err := sides(ctx, where, c.plain, t, targets)
	if err != nil {
		return "", err
	}
	most := min(x.n, x.p)
	if c.canonical {
		most = min(most, y.p)
	}
	k, err := howMany(where, c.components, most, c.canonical)
	if err != nil {
		return "", err
	}
	m.XMean, m.XScale, m.YMean, m.YScale = x.mean, x.scale, y.mean, y.scale
	for range k {
		if err := ml.Done(ctx); err != nil {
			return "", err
		}
		u, v, ok := c.leading(x, y)
		if !ok {
			return "", tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		if u == nil {
			if len(m.XWeights) > 0 {
				break
			}
			u, v = make([]float64, x.p), make([]float64, y.p)
		}
		m.take(c, x, y, u, v)
	}
	var ok bool
	if m.XRotations, ok = rotations(m.XWeights, m.XLoadings); ok {
		m.YRotations, ok = rotations(m.YWeights, m.YLoadings)
	}
	if !ok {
		return "", tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	return "", nil
}

// sides are both blocks of a table.
func sides(ctx context.Context, where string, plain bool, t ml.Table, targets [][]float64) (x, y *block, err error) {
	if err := cmp.Or(denseRows(where, t.X), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	s := newSample(t)
	if err := enough(where, s); err != nil {
		return nil, nil, err
	}
	x, y = newBlock(s, plain), newBlock(targetSample(t, targets), plain)
	if !linalg.AllFinite([]float64{x.square, y.square}) {
		return nil, nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	return x, y, nil
}

// enough checks that there are rows to take deviations of.
func enough(where string, s *sample) error {
	if s.n < 2 {
		return ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	if s.total <= 1 {
		return &ml.Error{Where: where, Field: "Weight", Found: fmt.Sprintf("a sum of %v", s.total), Want: "more than 1", Kind: ml.ErrShape}
	}
	return nil
}

func howMany(where string, components, most int, targets bool) (int, error) {
	if components < 0 || components > most {
		what := "rows and columns"
		if targets {
			what = "rows, columns and targets"
		}
		return 0, ml.BadConfig(where, "Components", components, fmt.Sprintf("1 to %d, the smallest number of %s; or 0 for 2", most, what))
	}
	return cmp.Or(components, min(2, most)), nil
}

// leading are the directions in both sides to take next, of length 1; nil if there is nothing left.
func (c pairs) leading(x, y *block) (u, v []float64, ok bool) {
	if c.correlated {
		return correlated(x, y)
	}
	s, u, v, ok := topPair(crossProducts(x, y), x.p, y.p)
	if !(s > 1e-14*math.Sqrt(x.square)*math.Sqrt(y.square)) {
		return nil, nil, ok
	}
	return u, v, ok
}

// crossProducts are those of the columns of x and y, x.p x y.p.
func crossProducts(x, y *block) []float64 {
	c := make([]float64, x.p*y.p)
	kern.Gemm(true, false, x.p, y.p, x.n, 1, x.data, x.p, y.data, y.p, 0, c, y.p)
	return c
}

// topPair are the leading singular value and vectors of a p x q matrix, which is overwritten.
func topPair(c []float64, p, q int) (s float64, u, v []float64, ok bool) {
	d, ok := linalg.NewSVD(c, p, q, linalg.ThinVectors)
	if !ok {
		return 0, nil, nil, false
	}
	k := min(p, q)
	u, v = make([]float64, p), make([]float64, q)
	for j := range u {
		u[j] = d.U[j*k]
	}
	for j := range v {
		v[j] = d.V[j*k]
	}
	return d.Values[0], u, v, true
}

// basis is a decomposition of a block without the directions that rounding has left: n x rank left vectors, and what turns weights of those into weights of the columns, p x rank.
func (b *block) basis() (left, back []float64, rank int, ok bool) {
	d, ok := linalg.NewSVD(append([]float64(nil), b.data...), b.n, b.p, linalg.ThinVectors)
	if !ok {
		return nil, nil, 0, false
	}
	k := min(b.n, b.p)
	for rank < k && d.Values[rank] > 1e6*tiny*d.Values[0] && d.Values[rank] > 1e-10*math.Sqrt(b.square) {
		rank++
	}
	left, back = make([]float64, b.n*rank), make([]float64, b.p*rank)
	for i := range b.n {
		copy(left[i*rank:(i+1)*rank], d.U[i*k:])
	}
	for j := range b.p {
		for r := range rank {
			back[j*rank+r] = d.V[j*k+r] / d.Values[r]
		}
	}
	return left, back, rank, true
}

// correlated are the directions of the largest correlation: the leading singular vectors of the products of both sides' orthonormal bases.
func correlated(x, y *block) (u, v []float64, ok bool) {
	lx, bx, rx, ok := x.basis()
	if !ok {
		return nil, nil, false
	}
	ly, by, ry, ok := y.basis()
	if !ok || rx == 0 || ry == 0 {
		return nil, nil, ok
	}
	c := make([]float64, rx*ry)
	kern.Gemm(true, false, rx, ry, x.n, 1, lx, rx, ly, ry, 0, c, ry)
	s, a, b, ok := topPair(c, rx, ry)
	if !ok || s <= 1e-14 {
		return nil, nil, ok
	}
	u, v = make([]float64, x.p), make([]float64, y.p)
	linalg.MulVec(u, bx, x.p, rx, rx, a)
	linalg.MulVec(v, by, y.p, ry, ry, b)
	unit(u)
	unit(v)
	return u, v, true
}

// unit makes a vector's length 1, unless it is 0.
func unit(x []float64) {
	if l := linalg.Norm(x); l > 0 {
		for i := range x {
			x[i] /= l
		}
	}
}

// take adds the component of weights u and v, and takes off both sides what it explains.
func (m *Latent) take(c pairs, x, y *block, u, v []float64) {
	if fixSign(u) {
		negate(v)
	}
	tx := x.along(u)
	square := linalg.Dot(tx, tx)
	by := func(v []float64, d float64) []float64 {
		for i := range v {
			v[i] = ratio(v[i], d)
		}
		return v
	}
	loading := by(x.against(tx), square)
	var ty, other []float64
	if c.canonical {
		ty = y.along(v)
		other = by(y.against(ty), linalg.Dot(ty, ty))
	} else {
		v = by(y.against(tx), square) // what the scores of X predict of the targets
		other, ty = append([]float64(nil), v...), tx
	}
	x.lose(tx, loading)
	y.lose(ty, other)
	m.XWeights, m.YWeights = append(m.XWeights, u), append(m.YWeights, v)
	m.XLoadings, m.YLoadings = append(m.XLoadings, loading), append(m.YLoadings, other)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// rotations map rows that nothing was taken off to the scores: weights times the inverse of the loadings' products with them.
func rotations(weights, loadings [][]float64) ([][]float64, bool) {
	k, p := len(weights), len(weights[0])
	products, inverse := make([]float64, k*k), make([]float64, k*k)
	for a := range k {
		for b := range k {
			products[a*k+b] = linalg.Dot(loadings[a], weights[b])
		}
	}
	d, ok := linalg.NewSVD(products, k, k, linalg.ThinVectors)
	if !ok {
		return nil, false
	}
	d.PseudoInverse(k, k, 1e-14, inverse)
	out := make([][]float64, k)
	for b := range k {
		out[b] = make([]float64, p)
		for a := range k {
			linalg.Axpy(inverse[a*k+b], weights[a], out[b])
		}
	}
	return out, true
}
