package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// LLEMethod is what locally linear embedding keeps of each neighbourhood.
type LLEMethod uint8

const (
	// StandardLLE keeps the weights that make a row of its neighbours (Roweis and Saul, Science 290, 2000). The zero value.
	StandardLLE LLEMethod = iota
	// ModifiedLLE keeps several such weights for each row, which are nearly as good (Zhang and Wang, NIPS 2006). It needs no fewer Neighbors than Components.
	ModifiedLLE
	// HessianLLE keeps what is linear on the tangent plane: second derivatives are made small (Donoho and Grimes, PNAS 100, 2003). It needs more than Components·(Components+3)/2 Neighbors.
	HessianLLE
	// LTSA keeps coordinates on the tangent planes, which are aligned (Zhang and Zha, SIAM J. Scientific Computing 26, 2004). It needs more Neighbors than Components.
	LTSA
)

// String returns the name.
func (m LLEMethod) String() string {
	names := [...]string{"standard", "modified", "Hessian", "LTSA"}
	if int(m) < len(names) {
		return names[m]
	}
	return fmt.Sprintf("LLEMethod(%d)", uint8(m))
}

// LocallyLinearEmbedding lays rows out so that each lies among its neighbours as before. It unrolls a sheet that is sampled evenly; scale the columns first.
//
// New rows are placed by the weights that make them of their neighbours among the training rows; a row that is equal to one of the training rows is placed where that one is.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Time is O(rows³), memory O(rows²). Nothing is random, but a start for the eigenvectors of more than 600 rows.
type LocallyLinearEmbedding struct {
	Components     int              // at most the columns. 0: 2
	Neighbors      int              // 0: 5, or all others if there are fewer
	Method         LLEMethod        // 0: StandardLLE
	Regularization float64          // of the weights, as a share of the trace of a neighbourhood's products. 0: 1e-3
	Distance       metrics.Distance // that says which rows are neighbours; nil: Euclidean
	Seed           uint64
}

var _ ml.Fitter[ml.Table, *LLEModel] = LocallyLinearEmbedding{}

// LLEModel are rows and their places. [LocallyLinearEmbedding] returns it.
type LLEModel struct {
	ml.Fitted
	Embedding *tensor.Tensor[float64] // of the rows of positive weight, rows x Components; each column has the length 1
	Rows      *tensor.Tensor[float64] // of positive weight
	Error     float64                 // of reconstruction: what the method makes small, summed over the components

	neighbors int
	placed    *placed
	spare     *sync.Pool
}

// Fit lays the rows out.
func (c LocallyLinearEmbedding) Fit(ctx context.Context, t ml.Table) (*LLEModel, error) {
	m, _, err := c.fit(ctx, t)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c LocallyLinearEmbedding) FitTransform(ctx context.Context, t ml.Table) (*LLEModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, t)
	return withPlaces(m, t, from, err)
}

func (c *LocallyLinearEmbedding) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Neighbors < 0:
		return ml.BadConfig(where, "Neighbors", c.Neighbors, ">= 1, or 0 for 5")
	case c.Method > LTSA:
		return ml.BadConfig(where, "Method", c.Method, "StandardLLE, ModifiedLLE, HessianLLE or LTSA")
	case !(c.Regularization >= 0 && c.Regularization <= math.MaxFloat64):
		return ml.BadConfig(where, "Regularization", c.Regularization, "> 0, or 0 for 1e-3")
	}
	c.Components, c.Regularization = cmp.Or(c.Components, 2), cmp.Or(c.Regularization, 1e-3)
	return nil
}

// least is how few neighbours the method can do with.
func (c LocallyLinearEmbedding) least() int {
	switch c.Method {
	case ModifiedLLE:
		return c.Components
	case HessianLLE:
		return c.Components*(c.Components+3)/2 + 1
	case LTSA:
		return c.Components + 1
	}
	return 1
}

func (c LocallyLinearEmbedding) fit(ctx context.Context, t ml.Table) (*LLEModel, []int, error) {
	const where = "decomp.LocallyLinearEmbedding.Fit"
	if err := begin(ctx, where, t, c.resolve); err != nil {
		return nil, nil, err
	}
	m := &LLEModel{Fitted: ml.NewFitted(t, nil, c)}
	x, from := kept(t)
	p := pointsOf(x)
	m.neighbors = min(cmp.Or(c.Neighbors, 5), p.N-1)
	switch {
	case p.N < 2:
		return nil, nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	case c.Components > p.D || c.Components >= p.N:
		return nil, nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("at most the columns, %d, and below the rows, %d", p.D, p.N))
	case c.Neighbors >= p.N:
		return nil, nil, ml.BadConfig(where, "Neighbors", c.Neighbors, fmt.Sprintf("at most the others, %d", p.N-1))
	case m.neighbors < c.least():
		return nil, nil, ml.BadConfig(where, "Neighbors", m.neighbors, fmt.Sprintf("at least %d for %d components by %v", c.least(), c.Components, c.Method))
	}
	m.Rows, m.Embedding = x, tensor.New[float64](p.N, c.Components)
	if err := m.open(where, c); err != nil {
		return nil, nil, err
	}
	at, _, err := others(where, p, m.placed.index, m.neighbors)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	a := &alignment{c: c, x: x, at: at, n: p.N, k: m.neighbors, local: make([][]float64, p.N)}
	if !a.run() {
		return nil, nil, &ml.Error{Where: where, Field: "X", Found: "neighbourhoods whose products are not finite", Want: "a smaller range of scales", Kind: ml.ErrNotFinite}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	values, vectors, ok := smallest(a.sum(), p.N, c.Components+1, c.Seed)
	if !ok {
		return nil, nil, &ml.Error{Where: where, Field: "X", Found: "neighbourhoods whose eigenvectors cannot be found", Want: "more Neighbors, or other rows", Kind: ml.ErrNotFinite}
	}
	for k := range c.Components {
		m.Error += values[k+1]
		for i := range p.N {
			m.Embedding.Row(i)[k] = vectors[i*(c.Components+1)+k+1]
		}
	}
	if err := cmp.Or(m.open(where, c), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

// smallest are the smallest eigenvalues of a positive semidefinite matrix, rising, and their vectors, in columns. a is overwritten.
func smallest(a []float64, n, count int, seed uint64) (values, vectors []float64, ok bool) {
	values, vectors = make([]float64, count), make([]float64, n*count)
	if n <= 600 {
		all, z, ok := linalg.EigenSym(a, n, true)
		if !ok {
			return nil, nil, false
		}
		copy(values, all)
		for i := range n {
			copy(vectors[i*count:(i+1)*count], z[i*n:])
		}
		return values, vectors, true
	}
	// The largest ones of the inverse, which are far apart; a little is added, or there would be none.
	trace := 0.0
	for i := range n {
		trace += a[i*n+i] / float64(n)
	}
	for share := 1e-12; share < 1e-3; share *= 100 {
		b := append([]float64(nil), a...)
		for i := range n {
			b[i*n+i] += float64(share * trace)
		}
		chol := linalg.NewCholesky(b, n)
		if chol == nil {
			continue
		}
		inverse, z, result := linalg.Lanczos{Count: count, Tol: 1e-10, Seed: seed}.Solve(n, func(dst, x []float64) {
			copy(dst, x)
			chol.Solve(dst)
		})
		if inverse == nil || !(result.Gap <= 1e-4) {
			return nil, nil, false
		}
		for k, v := range inverse {
			values[k] = max(1/v-float64(share*trace), 0)
		}
		return values, z, true
	}
	return nil, nil, false
}

// open makes the model ready for questions.
func (m *LLEModel) open(where string, c LocallyLinearEmbedding) error {
	var err error
	if m.placed, err = openPlaced(where, &m.Fitted, m.Rows, m.Embedding, c.Components, c.Distance); err != nil {
		return err
	}
	m.neighbors = min(cmp.Or(c.Neighbors, 5), m.placed.points.N)
	m.spare = &sync.Pool{New: func() any { return new(asking) }}
	return nil
}

// Restore checks a model that was read from a file.
func (m *LLEModel) Restore() error {
	const where = "decomp.LLEModel"
	c, ok := m.Config.(LocallyLinearEmbedding)
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.LocallyLinearEmbedding")
	}
	if !(math.Abs(m.Error) <= math.MaxFloat64) {
		return unsound(where, "Error", fmt.Sprint(m.Error), "a finite number")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	return m.open(where, c)
}

// Transform places new rows among the training rows, rows x Components. A row costs a search and O(Neighbors² · (Neighbors + columns)).
func (m *LLEModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return placeAll(m, m.placed, x)
}

// TransformInto is Transform into dst, rows x Components.
func (m *LLEModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return placeInto("decomp.LLEModel.Transform", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// TransformRow is Transform of a single row into dst, Components long, without allocating.
func (m *LLEModel) TransformRow(dst, x []float64) error {
	return placeRow("decomp.LLEModel.TransformRow", &m.Fitted, m.spare, m.placed.c, dst, x, m.place)
}

// Out names the components: lle0, lle1, ..., each made of all columns.
func (m *LLEModel) Out() []ml.Column { return embeddingColumns("lle", m.placed.c, m.Info.Features) }

func (m *LLEModel) place(a *asking, dst, x []float64) {
	c := m.Config.(LocallyLinearEmbedding)
	found := m.placed.index.Nearest(&a.Search, x, m.neighbors)
	if found[0].Value == 0 {
		copy(dst, m.placed.y[found[0].Index*m.placed.c:])
		return
	}
	k, d := len(found), len(x)
	off, room := floats(&a.d, k*d), floats(&a.p, k*k+k)
	for e, f := range found {
		for j, v := range m.placed.points.Row(f.Index) {
			off[e*d+j] = v - x[j]
		}
	}
	weight := room[k*k:]
	if !barycentre(weight, room[:k*k], off, k, d, c.Regularization) {
		dst[0] = math.Inf(1) // the caller tells
		return
	}
	clear(dst)
	for e, f := range found {
		for j := range dst {
			dst[j] += float64(weight[e] * m.placed.y[f.Index*m.placed.c+j])
		}
	}
}

// barycentre finds the weights, of sum 1, that make a row of others, of which off holds how far they are from it, k x d: those of the least square, with a share of the trace added to the products for neighbours
// that depend on each other. gram is room for k x k.
func barycentre(weight, gram, off []float64, k, d int, share float64) bool {
	products(gram, off, k, d)
	trace := 0.0
	for e := range k {
		trace += gram[e*k+e]
	}
	add := share * trace
	if trace == 0 {
		add = share
	}
	for e := range k {
		gram[e*k+e] += add
		weight[e] = 1
	}
	if !solveDefinite(gram, weight, k) {
		return false
	}
	sum := 0.0
	for _, w := range weight {
		sum += w
	}
	for e := range weight {
		weight[e] /= sum
	}
	return sum != 0 && linalg.AllFinite(weight)
}

// products are those of all rows of a k x d matrix with each other, k x k.
func products(gram, a []float64, k, d int) {
	for e := range k {
		for f := range e + 1 {
			sum := 0.0
			for j := range d {
				sum += float64(a[e*d+j] * a[f*d+j])
			}
			gram[e*k+f], gram[f*k+e] = sum, sum
		}
	}
}

// solveDefinite overwrites b with the solution of a small positive definite system, and a with its factor. It allocates nothing.
func solveDefinite(a, b []float64, n int) bool {
	for i := range n {
		for j := range i + 1 {
			sum := a[i*n+j]
			for k := range j {
				sum -= float64(a[i*n+k] * a[j*n+k])
			}
			if i > j {
				a[i*n+j] = sum / a[j*n+j]
				continue
			}
			if !(sum > 0) {
				return false
			}
			a[i*n+i] = math.Sqrt(sum)
		}
	}
	for i := range n {
		for k := range i {
			b[i] -= float64(a[i*n+k] * b[k])
		}
		b[i] /= a[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			b[i] -= float64(a[k*n+i] * b[k])
		}
		b[i] /= a[i*n+i]
	}
	return true
}

// alignment collects what each neighbourhood asks of the layout: a quadratic form of the places of a row's neighbours and of its own, in that order.
type alignment struct {
	c     LocallyLinearEmbedding
	x     *tensor.Tensor[float64]
	at    []int32 // n x k
	n, k  int
	local [][]float64 // (k+1) x (k+1) each
}

// run makes all forms.
func (a *alignment) run() bool {
	fine := make([]bool, a.n)
	_, d := a.x.Dims()
	switch a.c.Method {
	case ModifiedLLE:
		return a.modified()
	default:
		par.For(a.n, a.k*a.k*(a.k+d), func(lo, hi int) {
			for i := lo; i < hi; i++ {
				a.local[i] = make([]float64, (a.k+1)*(a.k+1))
				switch a.c.Method {
				case StandardLLE:
					fine[i] = a.standard(i)
				default:
					fine[i] = a.tangent(i)
				}
			}
		})
	}
	for _, ok := range fine {
		if !ok {
			return false
		}
	}
	return true
}

// sum adds all forms up, n x n.
func (a *alignment) sum() []float64 {
	m := make([]float64, a.n*a.n)
	at := make([]int, a.k+1)
	for i, form := range a.local {
		for e, j := range a.at[i*a.k : (i+1)*a.k] {
			at[e] = int(j)
		}
		at[a.k] = i
		for e, r := range at {
			for f, c := range at {
				m[r*a.n+c] += form[e*(a.k+1)+f]
			}
		}
	}
	return m
}

// offsets is how far the neighbours of a row are from a centre, k x d.
func (a *alignment) offsets(i int, centre []float64) []float64 {
	_, d := a.x.Dims()
	off := make([]float64, a.k*d)
	for e, j := range a.at[i*a.k : (i+1)*a.k] {
		for l, v := range a.x.Row(int(j)) {
			off[e*d+l] = v - centre[l]
		}
	}
	return off
}

// standard is the square of the row less its neighbours, weighted.
func (a *alignment) standard(i int) bool {
	_, d := a.x.Dims()
	w := make([]float64, a.k+1)
	if !barycentre(w[:a.k], make([]float64, a.k*a.k), a.offsets(i, a.x.Row(i)), a.k, d, a.c.Regularization) {
		return false
	}
	w[a.k] = -1
	for e, v := range w {
		for f, u := range w {
			a.local[i][e*(a.k+1)+f] = v * u
		}
	}
	return true
}

// tangent is, of LTSA, the square of what the plane of the neighbourhood's principal components does not explain of the neighbours' places, and, of Hessian LLE, that of the second derivatives on it.
func (a *alignment) tangent(i int) bool {
	_, d := a.x.Dims()
	centre := make([]float64, d)
	for _, j := range a.at[i*a.k : (i+1)*a.k] {
		for l, v := range a.x.Row(int(j)) {
			centre[l] += v / float64(a.k)
		}
	}
	k, c := a.k, a.c.Components
	s, ok := linalg.NewSVD(a.offsets(i, centre), k, d, linalg.ThinVectors)
	if !ok {
		return false
	}
	width := len(s.Values)
	if width < c {
		return false
	}
	form := a.local[i]
	if a.c.Method == LTSA {
		for e := range k {
			for f := range k {
				v := -1 / float64(k)
				if e == f {
					v++
				}
				for l := range c {
					v -= float64(s.U[e*width+l] * s.U[f*width+l])
				}
				form[e*(k+1)+f] = v
			}
		}
		return true
	}
	second := c * (c + 1) / 2
	columns := 1 + c + second
	y := make([]float64, k*columns)
	for e := range k {
		row := y[e*columns : (e+1)*columns]
		row[0] = 1
		copy(row[1:], s.U[e*width:e*width+c])
		at := 1 + c
		for l := range c {
			for o := l; o < c; o++ {
				row[at] = row[1+l] * row[1+o]
				at++
			}
		}
	}
	q := make([]float64, k*columns)
	linalg.NewFullQR(y, k, columns).Q(columns, q)
	if !linalg.AllFinite(q) {
		return false
	}
	for e := range k {
		for f := range k {
			for l := 1 + c; l < columns; l++ {
				form[e*(k+1)+f] += float64(q[e*columns+l] * q[f*columns+l])
			}
		}
	}
	return true
}
