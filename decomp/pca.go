package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Solver is how the components of [PCA] are found. All find the same ones, up to rounding.
type Solver uint8

const (
	// AutoSolver takes CovarianceSolver for up to 1000 columns and ten times as many rows, and for sparse rows with up to 2000 rows or columns or nearly all components; else FullSolver for a small matrix or nearly all components, else RandomizedSolver. The zero value.
	AutoSolver Solver = iota
	// FullSolver decomposes the centred matrix: the most exact.
	FullSolver
	// CovarianceSolver decomposes the covariance of the columns: one pass over the rows. Components whose deviation is below about 1e-8 of the largest have no digits right.
	CovarianceSolver
	// RandomizedSolver finds the leading components from products with a few random vectors (Halko, Martinsson and Tropp, SIAM Review 53, 2011).
	RandomizedSolver
	// LanczosSolver finds the leading components of the covariance by products with one vector at a time, without making it: for wide sparse matrices.
	LanczosSolver
)

// String returns the name.
func (s Solver) String() string {
	names := [...]string{"auto", "full", "covariance", "randomized", "Lanczos"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("Solver(%d)", uint8(s))
}

// PCA maps rows to their principal components: the directions, at right angles to each other, along which rows vary most (Pearson, Phil. Mag. 2, 1901; Hotelling, 1933).
//
// Columns are centred but not scaled: put a features.StandardScaler in front where units differ. A row of weight k counts as k rows. CSR is centred without being made dense, but by FullSolver. Each component has
// its number of largest size positive. The full solver takes O(rows · columns · min(rows, columns)), the covariance O(rows · columns² + columns³), the others O(rows · columns · Components) for each of their passes.
// Random are the vectors that RandomizedSolver and LanczosSolver start from, by Seed.
type PCA struct {
	Components int     // how many to keep. 0: all, or by Share or MLE
	Share      float64 // keep as many as explain more than this share of the variance, below 1. 0: by Components
	MLE        bool    // choose the number by Minka's evidence (NIPS 2000); wants at least as many rows as columns
	Whiten     bool    // divide each component by its deviation, so that all vary alike
	Solver     Solver
	Oversample int // of RandomizedSolver: random vectors beyond Components. 0: 10
	Iterations int // of RandomizedSolver: power iterations. 0: 7 for few components, else 4
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *PCAModel] = PCA{}

// PCAModel is a fitted PCA.
type PCAModel struct {
	ml.Fitted
	Mean          []float64   // of each column
	Components    [][]float64 // rows of length 1, the first with the largest variance; zeros where CovarianceSolver, with fewer rows than columns, finds no variance left
	Variance      []float64   // of each component, over one less than the weight of all rows
	VarianceRatio []float64   // shares of the variance of all columns
	Singular      []float64   // of the centred matrix
	Noise         float64     // the mean variance of the directions left out; 0 if there are none
	Total         float64     // of the weights of the rows learned from

	p *projection
}

func (c *PCA) resolve(where string, n, p int, total float64) error {
	most := min(n, p)
	switch {
	case c.Components < 0 || c.Components > most:
		return ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("0 to %d, the smaller number of rows and columns", most))
	case !(c.Share >= 0 && c.Share < 1):
		return ml.BadConfig(where, "Share", c.Share, "0, or a share below 1")
	case c.Share > 0 && c.Components > 0 || c.MLE && (c.Components > 0 || c.Share > 0):
		return ml.BadConfig(where, "Components, Share and MLE", "more than one of them", "one at most")
	case c.MLE && (n < p || total < float64(p)):
		return ml.BadConfig(where, "MLE", fmt.Sprintf("%d rows and %d columns", n, p), "at least as many rows as columns")
	case c.Solver > LanczosSolver:
		return ml.BadConfig(where, "Solver", c.Solver, "one of the constants")
	case (c.Share > 0 || c.MLE) && c.Solver >= RandomizedSolver:
		return ml.BadConfig(where, "Solver", c.Solver, "FullSolver or CovarianceSolver with Share or MLE, which look at all variances")
	case c.Oversample < 0 || c.Iterations < 0:
		return ml.BadConfig(where, "Oversample and Iterations", fmt.Sprint(c.Oversample, c.Iterations), ">= 0")
	}
	return nil
}

// solver chooses.
func (c *PCA) solver(s *sample) Solver {
	n, p := s.n, s.p
	few := c.Components > 0 && 5*c.Components < 4*min(n, p)
	switch {
	case c.Solver != AutoSolver:
		return c.Solver
	case p <= 1000 && n >= 10*p, s.x.Sparse() && (!few || min(n, p) <= 2000):
		return CovarianceSolver
	case max(n, p) <= 500 || !few:
		return FullSolver
	}
	return RandomizedSolver
}

// Fit finds the components of the rows of t.
func (c PCA) Fit(ctx context.Context, t ml.Table) (*PCAModel, error) {
	const where = "decomp.PCA.Fit"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	s := newSample(t)
	if err := c.resolve(where, s.n, s.p, s.total); err != nil {
		return nil, err
	}
	if s.n < 2 {
		return nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	m := &PCAModel{Fitted: ml.NewFitted(t, nil, c), Total: s.total}
	if err := m.learn(ctx, where, c, s); err != nil {
		return nil, err
	}
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// tooLarge says of a fit what a file would be told of numbers that are not finite.
func tooLarge(where string, err error) error {
	if e, ok := err.(*ml.Error); ok && e.Kind == ml.ErrFormat {
		return &ml.Error{Where: where, Field: "X", Found: "numbers whose squares are not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	return err
}

func (m *PCAModel) learn(ctx context.Context, where string, c PCA, s *sample) error {
	most := min(s.n, s.p)
	k := c.Components
	if k == 0 {
		k = most
	}
	divisor := s.total - 1
	if divisor <= 0 {
		return &ml.Error{Where: where, Field: "Weight", Found: fmt.Sprintf("a sum of %v", s.total), Want: "more than 1", Kind: ml.ErrShape}
	}
	var values, v []float64 // variances, falling, and directions in columns
	var whole float64
	var ok bool
	width := k
	solver := c.solver(s)
	together := solver == CovarianceSolver && s.n >= s.p && !s.x.Sparse()
	if !together {
		m.Mean = s.means()
	}
	switch solver {
	case FullSolver:
		values, v, ok = fullComponents(s, m.Mean)
		width = most
	case CovarianceSolver:
		if s.n < s.p {
			values, v, width, ok = dualComponents(s, m.Mean, func(values []float64) int { return c.count(values, s.total, k, most) })
		} else {
			var g []float64
			if together {
				g, m.Mean = s.covariances()
			} else {
				g = s.gram(m.Mean)
			}
			if c.MLE || c.Share > 0 { // the values say how many
				width = s.p
			}
			values, v, ok = eigenFalling(g, s.p, width)
		}
	case RandomizedSolver:
		values, v, ok = m.randomized(c, s, k)
	default:
		values, v, ok = m.lanczos(c, s, k)
	}
	if !ok {
		return tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	if err := ml.Done(ctx); err != nil {
		return err
	}
	if len(values) < most {
		whole = s.columnSquares(m.Mean)
	} else {
		for _, v := range values {
			whole += max(v, 0)
		}
		k = c.count(values, s.total, k, most)
	}
	for i := range values {
		values[i] = max(values[i], 0) / divisor
	}
	whole /= divisor
	m.Variance, m.VarianceRatio, m.Singular = values[:k:k], make([]float64, k), make([]float64, k)
	m.Components = make([][]float64, k)
	left := whole
	for i := range k {
		if whole > 0 {
			m.VarianceRatio[i] = values[i] / whole
		}
		m.Singular[i] = math.Sqrt(values[i] * divisor)
		m.Components[i] = make([]float64, s.p)
		for j := range s.p {
			m.Components[i][j] = v[j*width+i]
		}
		fixSign(m.Components[i])
		left -= values[i]
	}
	if others := min(s.total, float64(s.p)) - float64(k); k < most && others > 0 { // copies of rows leave as many directions
		m.Noise = max(left, 0) / others
	}
	return nil
}

// count is how many components to keep, of all values there are; k unless Share or MLE says.
func (c *PCA) count(values []float64, total float64, k, most int) int {
	switch {
	case c.MLE:
		variance := make([]float64, most)
		for i := range variance {
			variance[i] = max(values[i], 0) / (total - 1)
		}
		return minka(variance, total)
	case c.Share > 0:
		whole, sum := 0.0, 0.0
		for _, v := range values {
			whole += max(v, 0)
		}
		for k = 0; k < most; {
			sum += values[k]
			k++
			if sum > c.Share*whole {
				break
			}
		}
	}
	return k
}

// fixSign makes the number of largest size positive, the first of equals, and says whether it changed the signs.
func fixSign(x []float64) bool {
	at := 0
	for j, v := range x {
		if math.Abs(v) > math.Abs(x[at]) {
			at = j
		}
	}
	if !(x[at] < 0) {
		return false
	}
	negate(x)
	return true
}

func negate(x []float64) {
	for j := range x {
		x[j] = -x[j]
	}
}

// fullComponents are all squared singular values of the centred rows, and the right singular vectors.
func fullComponents(s *sample, mean []float64) (values, v []float64, ok bool) {
	d, ok := linalg.NewSVD(s.matrix(mean), s.n, s.p, linalg.ThinVectors)
	if !ok {
		return nil, nil, false
	}
	for i, v := range d.Values {
		d.Values[i] = v * v
	}
	return d.Values, d.V, true
}

// eigenFalling are the eigenvalues of p x p products of columns, falling, and the eigenvectors of the first k of them in columns. g is overwritten.
func eigenFalling(g []float64, p, k int) (values, v []float64, ok bool) {
	values, v, ok = linalg.EigenSymLargest(g, p, k)
	if !ok {
		return nil, nil, false
	}
	slices.Reverse(values)
	for j := range p {
		slices.Reverse(v[j*k : (j+1)*k])
	}
	return values, v, true
}

// dualComponents is eigenFalling for fewer rows than columns: the products of rows have the same eigenvalues, and vectors that are the rows' shares in
// those wanted, of which as many are made as count says.
func dualComponents(s *sample, mean []float64, count func(values []float64) int) (values, v []float64, width int, ok bool) {
	n := s.n
	rising, z, ok := linalg.EigenSym(s.outer(mean), n, true)
	if !ok {
		return nil, nil, 0, false
	}
	values = make([]float64, n)
	for k := range n {
		values[k] = max(rising[n-1-k], 0)
	}
	width = count(values)
	shares := make([]float64, n*width)
	for k := range width {
		for i := range n {
			shares[i*width+k] = z[i*n+n-1-k]
		}
	}
	v = make([]float64, s.p*width)
	operator{s: s, mean: mean}.MulTransBlock(v, shares, width)
	least := values[0] * 1e-13 // below, there is nothing but rounding
	norms := make([]float64, width)
	for i, x := range v {
		norms[i%width] += float64(x * x)
	}
	for i := range v {
		if k := i % width; values[k] > least && norms[k] > 0 {
			v[i] /= math.Sqrt(norms[k])
		} else {
			v[i] = 0
		}
	}
	return values, v, width, true
}

func (m *PCAModel) randomized(c PCA, s *sample, k int) (values, v []float64, ok bool) {
	d, ok := linalg.RandomizedSVD{Rank: k, Oversample: c.Oversample, Iterations: c.Iterations, Seed: c.Seed}.Solve(s.spread(m.Mean))
	if !ok {
		return nil, nil, false
	}
	for i, v := range d.Values {
		d.Values[i] = v * v
	}
	return d.Values, d.V, true
}

func (m *PCAModel) lanczos(c PCA, s *sample, k int) (values, v []float64, ok bool) {
	a := s.spread(m.Mean)
	y := make([]float64, s.n)
	values, vectors, r := linalg.Lanczos{Count: k, Tol: 1e-12, Seed: c.Seed}.Solve(s.p, func(dst, x []float64) {
		a.Mul(y, x)
		a.MulTrans(dst, y)
	})
	return values, vectors, r.Done
}

// columnSquares is the sum of squares of centred columns, by weight.
func (s *sample) columnSquares(mean []float64) float64 {
	return par.Reduce(s.n, 8*blockRows(s.p), func(_, lo, hi int) float64 {
		sum := 0.0
		var buf rows.Entries
		var row []float64
		if !s.x.Sparse() {
			row = make([]float64, s.p)
		}
		square := 0.0 // of the means
		for _, v := range mean {
			square += float64(v * v)
		}
		for i := lo; i < hi; i++ {
			part := 0.0
			if s.x.Sparse() {
				cols, vals := s.x.NZ(s.at(i), &buf)
				part = square
				for a, j := range cols {
					part += float64(vals[a] * (vals[a] - 2*mean[j]))
				}
			} else {
				for j, v := range s.x.Row(s.at(i), row) {
					part += float64((v - mean[j]) * (v - mean[j]))
				}
			}
			sum += float64(s.weight(i) * part)
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
}

// minka is the number of components of the largest evidence (Minka, NIPS 2000), of variances of all directions, falling.
func minka(variance []float64, rows float64) int {
	best, at := math.Inf(-1), 1
	for k := 1; k < len(variance); k++ {
		if l := evidence(variance, k, rows); l > best {
			best, at = l, k
		}
	}
	return at
}

// evidence is the logarithm of that of k components, Laplace's approximation, equation 30.
func evidence(variance []float64, k int, rows float64) float64 {
	p := len(variance)
	const eps = 1e-15
	if variance[k-1] < eps {
		return math.Inf(-1)
	}
	pu := -float64(k) * math.Ln2
	for i := 1; i <= k; i++ {
		half := float64(p-i+1) / 2
		g, _ := math.Lgamma(half)
		pu += g - float64(math.Log(math.Pi)*half)
	}
	pl, rest := 0.0, 0.0
	for i, v := range variance {
		if i < k {
			pl += math.Log(v)
		} else {
			rest += v
		}
	}
	pl *= -rows / 2
	noise := max(eps, rest/float64(p-k))
	pv := -math.Log(noise) * rows * float64(p-k) / 2
	m := float64(p*k) - float64(k)*float64(k+1)/2
	pp := math.Log(2*math.Pi) * (m + float64(k)) / 2
	pa := 0.0
	level := func(i int) float64 {
		if i < k {
			return variance[i]
		}
		return noise
	}
	for i := range k {
		for j := i + 1; j < p; j++ {
			pa += math.Log((variance[i]-variance[j])*(1/level(j)-1/level(i))) + math.Log(rows)
		}
	}
	return pu + pl + pv + pp - pa/2 - float64(float64(k)*math.Log(rows))/2
}

// Restore checks a model that was read from a file and makes it ready.
func (m *PCAModel) Restore() error {
	const where = "decomp.PCAModel"
	c, ok := m.Config.(PCA)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.PCA")
	}
	k := len(m.Components)
	if err := cmp.Or(checkRows(where, "Components", m.Components, m.Info.Features), checkNumbers(where, "Mean", m.Mean, m.Info.Features), checkNumbers(where, "Variance", m.Variance, k),
		checkNumbers(where, "VarianceRatio", m.VarianceRatio, k), checkNumbers(where, "Singular", m.Singular, k), checkNumbers(where, "Noise and Total", []float64{m.Noise, m.Total}, 2)); err != nil {
		return err
	}
	if k == 0 {
		return unsound(where, "Components", "none", "one or more")
	}
	m.p = newProjection(m.Components, m.Info.Features, m.Mean)
	if c.Whiten {
		m.p.whiten(m.Variance)
	}
	if !rows.AllFinite(m.p.shift) {
		return unsound(where, "Mean", "of products that are not finite", "smaller numbers")
	}
	return nil
}

// tiny is the variance that whitening takes a smaller one for, as scikit-learn does: a direction without variance stays near 0.
var tiny = math.Nextafter(1, 2) - 1

// checkRows checks rows of p numbers that were read from a file.
func checkRows(where, field string, x [][]float64, p int) error {
	for i, row := range x {
		if err := checkNumbers(where, fmt.Sprintf("%s[%d]", field, i), row, p); err != nil {
			return err
		}
	}
	return nil
}

func checkNumbers(where, field string, x []float64, n int) error {
	if len(x) != n {
		return unsound(where, field, fmt.Sprintf("%d numbers", len(x)), fmt.Sprint(n))
	}
	if !rows.AllFinite(x) {
		return unsound(where, field, "a number that is not finite", "finite numbers")
	}
	return nil
}

func (m *PCAModel) project() *projection { return m.p }
func (m *PCAModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows to their components, rows x len(Components): O(columns · components) a row.
func (m *PCAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.PCAModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *PCAModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.PCAModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *PCAModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.PCAModel.TransformRow", dst, x)
}

// Out names the components: pca0, pca1, ..., each made of all columns.
func (m *PCAModel) Out() []ml.Column {
	return embeddingColumns("pca", len(m.Components), m.Info.Features)
}

// Inverse maps components back to rows of columns: the nearest there are in the space of the components, the rows themselves if all are kept.
func (m *PCAModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.PCAModel.Inverse", x, m.Components, m.Mean, m.p.scale)
}

// back maps rows of components to rows of columns: products with them, plus the means (nil: none). scale is what components were multiplied by (nil: 1).
func back(where string, x tensor.Matrix, components [][]float64, mean, scale []float64) (tensor.Matrix, error) {
	k := len(components)
	if err := narrow(where, x, k); err != nil {
		return nil, err
	}
	from := rows.Of(x)
	n, p := from.Len(), len(components[0])
	w := make([]float64, k*p)
	for c, row := range components {
		for j, v := range row {
			w[c*p+j] = v
			if scale != nil {
				w[c*p+j] = v / scale[c]
			}
		}
	}
	out := tensor.New[float64](n, p)
	block := blockRows(p)
	par.For(n, 1+p*k/16, func(lo, hi int) {
		buf := make([]float64, min(block, hi-lo)*k)
		for at := lo; at < hi; at += block {
			end := min(at+block, hi)
			to := out.Data()[at*p : end*p]
			kern.Gemm(false, false, end-at, p, k, 1, from.Block(at, end, buf), k, w, p, 0, to, p)
			for i := 0; i < len(to) && mean != nil; i += p {
				kern.Add(to[i:i+p], to[i:i+p], mean)
			}
		}
	})
	return out, nil
}

// narrow checks rows of k finite numbers, one for each component.
func narrow(where string, x tensor.Matrix, k int) error {
	return narrowTo(where, x, k, "the components")
}

// narrowTo checks rows of k finite numbers.
func narrowTo(where string, x tensor.Matrix, k int, what string) error {
	if fault := rows.Fault(x); fault != "" {
		return ml.BadShape(where, "X", fault, "a matrix")
	}
	if _, p := x.Dims(); p != k {
		return ml.BadShape(where, "X", fmt.Sprintf("%d columns wide", p), fmt.Sprintf("%d, %s", k, what))
	}
	if i, j, v, ok := rows.CheckFinite(x, false); !ok {
		return ml.NotFinite(where, nil, i, j, v)
	}
	return nil
}
