package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Whitening is what [FastICA] does to rows before it looks for sources.
type Whitening uint8

const (
	// UnitVariance makes rows white and gives every source the variance 1. The zero value.
	UnitVariance Whitening = iota
	// ArbitraryVariance makes rows white and leaves the sources as small as the whitening makes them: their squares sum to 1.
	ArbitraryVariance
	// NoWhitening takes rows as they are: they should be white already. Nothing is centred, and there are as many sources as columns.
	NoWhitening
)

// String returns the name.
func (w Whitening) String() string {
	names := [...]string{"unit variance", "arbitrary variance", "none"}
	if int(w) < len(names) {
		return names[w]
	}
	return fmt.Sprintf("Whitening(%d)", uint8(w))
}

// Contrast is a function whose mean over a source is far from that over a normal variable: [LogCosh], [NegativeExp], [Quartic], or one of your own, safe for several goroutines.
type Contrast interface {
	// Derivatives writes the first and the second derivative at each x. The slices have one length.
	Derivatives(first, second, x []float64)
}

// LogCosh is log cosh(Alpha·x)/Alpha: good for most sources, and hardly moved by outliers.
type LogCosh struct {
	Alpha float64 // 1 to 2. 0: 1
}

// NegativeExp is -exp(-x²/2): for sources with heavy tails, or where outliers matter even less.
type NegativeExp struct{}

// Quartic is x⁴/4, the kurtosis: for sources with light tails and without outliers.
type Quartic struct{}

// Derivatives implements Contrast.
func (c LogCosh) Derivatives(first, second, x []float64) {
	alpha := cmp.Or(c.Alpha, 1)
	kern.Scal(alpha, first, x)
	kern.Tanh(first, first)
	for i, v := range first {
		second[i] = alpha * (1 - float64(v*v))
	}
}

// Derivatives implements Contrast.
func (NegativeExp) Derivatives(first, second, x []float64) {
	for i, v := range x {
		second[i] = -v * v / 2
	}
	kern.Exp(second, second)
	for i, v := range x {
		first[i] = v * second[i]
		second[i] *= 1 - float64(v*v)
	}
}

// Derivatives implements Contrast.
func (Quartic) Derivatives(first, second, x []float64) {
	for i, v := range x {
		first[i], second[i] = v*v*v, 3*v*v
	}
}

// FastICA takes rows for mixtures of sources that know nothing of each other, and finds what unmixes them: directions along which rows are as far from normal as can be (Hyvärinen and Oja, Neural Networks 13, 2000). All but one of
// the sources must not be normal. In which order sources come depends on the start.
//
// Columns are centred and made white by principal components; directions that do not vary are left out. Of each component the number of largest size is positive. A row of weight k counts as k rows. CSR stays sparse while it is made white, but for FullSolver; the
// white rows, rows x Components, are dense. An iteration takes O(rows · Components²). Random is the start, by Seed.
type FastICA struct {
	Components int                     // sources. 0: as many as directions vary
	Deflation  bool                    // find the sources one after the other; else all at once, each as good as the others
	Contrast   Contrast                // nil: LogCosh{}
	Whitening  Whitening               // 0: UnitVariance
	Solver     Solver                  // of the principal components: FullSolver, or CovarianceSolver. 0: CovarianceSolver for CSR and for ten times as many rows as columns, else FullSolver
	MaxIter    int                     // iterations, of each source with Deflation. 0: 200
	Tol        float64                 // stop when no direction turns by more: 1 less the cosine. 0: 1e-4
	Start      *tensor.Tensor[float64] // Components x Components, to begin with in the white rows; nil: normal numbers
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *FastICAModel] = FastICA{}

// FastICAModel is a fitted FastICA. Info.Iterations are those of the source that took the most; Info.Gap is how far directions turned in the last.
type FastICAModel struct {
	ml.Fitted
	Components [][]float64 // sources x columns: what unmixes centred rows
	Mixing     [][]float64 // columns x sources: the pseudo-inverse of Components
	Mean       []float64   // of each column; nil with NoWhitening
	Whitener   [][]float64 // sources x columns: what makes centred rows white, with squares that sum to 1; nil with NoWhitening

	p *projection
}

func (c *FastICA) resolve(where string) error {
	switch {
	case c.Components < 0 || c.MaxIter < 0:
		return ml.BadConfig(where, "Components and MaxIter", fmt.Sprint(c.Components, c.MaxIter), ">= 1, or 0 for the default")
	case !(c.Tol >= 0 && c.Tol <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", c.Tol, "> 0, or 0 for 1e-4")
	case c.Whitening > NoWhitening:
		return ml.BadConfig(where, "Whitening", c.Whitening, "one of the constants")
	case c.Whitening == NoWhitening && c.Components != 0:
		return ml.BadConfig(where, "Components", c.Components, "0 with NoWhitening: there are as many sources as columns")
	case c.Solver > CovarianceSolver:
		return ml.BadConfig(where, "Solver", c.Solver, "FullSolver or CovarianceSolver")
	}
	if l, ok := c.Contrast.(LogCosh); ok && l.Alpha != 0 && !(l.Alpha >= 1 && l.Alpha <= 2) {
		return ml.BadConfig(where, "Contrast.Alpha", l.Alpha, "1 to 2, or 0 for 1")
	}
	if c.Contrast == nil {
		c.Contrast = LogCosh{}
	}
	c.MaxIter, c.Tol = cmp.Or(c.MaxIter, 200), cmp.Or(c.Tol, 1e-4)
	return nil
}

// Fit finds the sources of the rows of t.
func (c FastICA) Fit(ctx context.Context, t ml.Table) (*FastICAModel, error) {
	const where = "decomp.FastICA.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	s, m := newSample(t), &FastICAModel{Fitted: ml.NewFitted(t, nil, c)}
	if s.n < 2 {
		return nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	if c.Components > min(s.n, s.p) {
		return nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("at most %d, the smaller number of rows and columns", min(s.n, s.p)))
	}
	u := &unmixing{contrast: c.Contrast, s: s, w: s.w, total: s.total}
	if c.Whitening == NoWhitening {
		plain := *s
		plain.w = nil
		u.k, u.z = s.p, plain.matrix(nil)
	} else {
		m.Mean = s.means()
		var ok bool
		if m.Whitener, ok = c.whitener(s, m.Mean); !ok {
			return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		if len(m.Whitener) == 0 {
			return nil, &ml.Error{Where: where, Field: "X", Found: "rows that are all the same", Want: "columns that vary", Kind: ml.ErrData}
		}
		u.k = len(m.Whitener)
		u.z = whiteRows(s, m.Whitener, m.Mean)
	}
	w, err := c.start(where, u.k)
	if err != nil {
		return nil, err
	}
	if c.Deflation {
		w, err = u.oneByOne(ctx, w, c.MaxIter, c.Tol, &m.Info)
	} else {
		w, err = u.together(ctx, w, c.MaxIter, c.Tol, &m.Info)
	}
	if err != nil {
		return nil, err
	}
	if !linalg.AllFinite(w) {
		return nil, &ml.Error{Where: where, Field: "Contrast", Found: "derivatives that are not finite", Want: "smaller numbers, or another Contrast", Kind: ml.ErrNotFinite}
	}
	m.unmix(c, u, w, s.p)
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// whitener are the directions that vary, each over the root of the squares along it, the most first.
func (c *FastICA) whitener(s *sample, mean []float64) ([][]float64, bool) {
	var values, v []float64
	ok, width, most := false, min(s.n, s.p), min(s.n, s.p)
	solver := c.Solver
	if solver == AutoSolver {
		solver = FullSolver
		if s.x.Sparse() || s.n >= 10*s.p {
			solver = CovarianceSolver
		}
	}
	switch {
	case solver == FullSolver:
		values, v, ok = fullComponents(s, mean)
	case s.n < s.p:
		values, v, width, ok = dualComponents(s, mean, func([]float64) int { return cmp.Or(c.Components, most) })
	default:
		width = cmp.Or(c.Components, most)
		values, v, ok = eigenFalling(s.gram(mean), s.p, width)
	}
	if !ok {
		return nil, false
	}
	least := 1e-13 * values[0] // of squares; below there is rounding
	if solver == FullSolver {
		least = float64(most) * tiny * tiny * values[0]
	}
	var out [][]float64
	for k := range cmp.Or(c.Components, most) {
		if !(values[k] > least) {
			break
		}
		row := make([]float64, s.p)
		for j := range row {
			row[j] = v[j*width+k]
		}
		for j := range row { // as scikit-learn has it: the first column decides
			if row[j] != 0 {
				if row[j] < 0 {
					negate(row)
				}
				break
			}
		}
		for j := range row {
			row[j] /= math.Sqrt(values[k])
		}
		out = append(out, row)
	}
	return out, true
}

// whiteRows are the rows in the directions of the whitener, rows x directions, with variances of 1.
func whiteRows(s *sample, whitener [][]float64, mean []float64) []float64 {
	k, root := len(whitener), math.Sqrt(s.total)
	z := make([]float64, s.n*k)
	plain := *s
	plain.w = nil
	p := newProjection(whitener, s.p, nil)
	if s.x.Sparse() {
		operator{s: &plain, mean: mean}.MulBlock(z, p.w, k)
	} else {
		block := blockRows(s.p)
		par.For(s.n, 1+s.p*k/8, func(lo, hi int) {
			buf := make([]float64, min(block, hi-lo)*s.p)
			for at := lo; at < hi; at += block {
				end := min(at+block, hi)
				plain.centred(buf, mean, at, end)
				p.rowsOf(z[at*k:end*k], buf, end-at)
			}
		})
	}
	for i := range z {
		z[i] *= root
	}
	return z
}

func (c *FastICA) start(where string, k int) ([]float64, error) {
	w := make([]float64, k*k)
	if c.Start == nil {
		rng.Normal(rng.New(c.Seed, 0), w, 0, 1)
		return w, nil
	}
	if err := narrowTo(where+": Start", c.Start, k, "the sources"); err != nil {
		return nil, err
	}
	if n, _ := c.Start.Dims(); n != k {
		return nil, ml.BadShape(where, "Start", fmt.Sprintf("%d rows", n), fmt.Sprintf("%d, the sources", k))
	}
	for i := range k {
		copy(w[i*k:(i+1)*k], c.Start.Row(i))
	}
	return w, nil
}

// unmix turns rotations of white rows into those of the columns.
func (m *FastICAModel) unmix(c FastICA, u *unmixing, w []float64, p int) {
	k := u.k
	if c.Whitening == UnitVariance { // the white rows' sources have about that variance; rounding aside, that of the sample is divided by
		mean, square := make([]float64, k), make([]float64, k)
		u.sources(w, func(i int, row []float64, weight float64) {
			for a, v := range row {
				mean[a] += float64(weight * v)
				square[a] += float64(weight * v * v)
			}
		})
		for a := range k {
			at := mean[a] / u.total
			deviation := math.Sqrt(max(square[a]/u.total-float64(at*at), 0)) / math.Sqrt(u.total)
			for b := range k {
				w[a*k+b] = ratio(w[a*k+b], deviation)
			}
		}
	}
	m.Components = make([][]float64, k)
	for a := range k {
		row := w[a*k : (a+1)*k : (a+1)*k]
		if c.Whitening == NoWhitening {
			m.Components[a] = row
		} else {
			m.Components[a] = make([]float64, p)
			for b, v := range row {
				linalg.Axpy(v, m.Whitener[b], m.Components[a])
			}
		}
		fixSign(m.Components[a])
	}
}

// Restore checks a model that was read from a file and makes it ready.
func (m *FastICAModel) Restore() error {
	const where = "decomp.FastICAModel"
	c, ok := m.Config.(FastICA)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.FastICA")
	}
	k, p := len(m.Components), m.Info.Features
	if k == 0 || c.Whitening == NoWhitening != (m.Mean == nil) || m.Mean != nil && len(m.Whitener) != k {
		return unsound(where, "Components, Mean and Whitener", "parts that do not go together", "sources, and means and as many rows to whiten by unless NoWhitening")
	}
	if err := cmp.Or(c.resolve(where), checkRows(where, "Components", m.Components, p), checkRows(where, "Whitener", m.Whitener, p)); err != nil {
		return err
	}
	if m.Mean != nil {
		if err := checkNumbers(where, "Mean", m.Mean, p); err != nil {
			return err
		}
	}
	d, ok := linalg.NewSVD(flatRows(m.Components), k, p, linalg.ThinVectors)
	if !ok {
		return unsound(where, "Components", "numbers that cannot be decomposed", "others")
	}
	inverse := make([]float64, p*k)
	d.PseudoInverse(k, p, 1e-15, inverse)
	if !rows.AllFinite(inverse) {
		return unsound(where, "Components", "a matrix without a finite inverse", "others")
	}
	m.Mixing = make([][]float64, p)
	for j := range m.Mixing {
		m.Mixing[j] = inverse[j*k : (j+1)*k : (j+1)*k]
	}
	m.p = newProjection(m.Components, p, m.Mean)
	if m.Mean != nil && !rows.AllFinite(m.p.shift) {
		return unsound(where, "Mean", "of products that are not finite", "smaller numbers")
	}
	return nil
}

func (m *FastICAModel) project() *projection { return m.p }
func (m *FastICAModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform finds the sources of each row, rows x sources.
func (m *FastICAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.FastICAModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *FastICAModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.FastICAModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *FastICAModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.FastICAModel.TransformRow", dst, x)
}

// Out names the sources: ica0, ica1, ..., each made of all columns.
func (m *FastICAModel) Out() []ml.Column {
	return embeddingColumns("ica", len(m.Components), m.Info.Features)
}

// Inverse mixes sources: rows of columns, the nearest there are if there are fewer sources than columns.
func (m *FastICAModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	k := len(m.Components)
	mixed := make([][]float64, k)
	for a := range mixed {
		mixed[a] = make([]float64, m.Info.Features)
		for j, row := range m.Mixing {
			mixed[a][j] = row[a]
		}
	}
	return back("decomp.FastICAModel.Inverse", x, mixed, m.Mean, nil)
}
