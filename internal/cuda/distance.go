//go:build cuda

package cuda

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Nearest implements compute.Accelerator: queries by chunks whose squared distances to all points are on the device together.
func (b *blocks) Nearest(t compute.NearestTask) int {
	m, n, d := t.Dims()
	w := t.Wanted()
	moved := m*d + 2*m*w
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.held(t.Kept()); !ok {
		moved += n * d
	}
	if m == 0 || n == 0 || d == 0 || w > n || n > math.MaxInt32 || n > b.most() || !b.worth(float64(m)*float64(n)*float64(d), hostSingle, deviceSingle, 4*float64(moved)) {
		return 0
	}
	points, done := b.hold(t.Kept(), n*d, func(dst compute.Buf) { b.rowsTo(dst, n, d, t.Points) })
	defer done()
	chunk := min(m, max(1, b.most()/max(n, d, 2*w)))
	queries, squares, bound, count, near, index := b.e.room(chunk*d), b.e.room(chunk*n), b.e.room(chunk), b.e.room(chunk), b.e.room(chunk*w), b.e.room(chunk*w)
	defer b.e.free(queries, squares, bound, count, near, index)
	bounds, counts, values, places := make([]float32, chunk), make([]int32, chunk), make([]float32, chunk*w), make([]int32, chunk*w)
	found := make([]compute.Candidates, chunk)
	for first := 0; first < m; first += chunk {
		some := min(chunk, m-first)
		b.rowsTo(queries, some, d, func(dst []float32, lo, hi int) { t.Queries(dst, first+lo, first+hi) })
		b.e.launch("squares", tilesFor(some, n), tileThreads, 0, squares, queries, points, int64(some), int64(n), int32(d))
		b.e.launch("least", some, tileThreads, 0, bound, count, near, index, squares, int64(some), int64(n), int32(w))
		b.get(bounds[:some], bound)
		b.get(words(counts[:some]), count)
		b.get(values[:some*w], near)
		b.get(words(places[:some*w]), index)
		if !b.fine(t.Kept()) {
			return first
		}
		for i := range some {
			c := int(counts[i])
			found[i] = compute.Candidates{Bound: bounds[i], Squares: values[i*w : i*w+c], Index: places[i*w : i*w+c]}
		}
		b.mu.Unlock() // answers are the host's work, and may ask for more
		t.Take(first, found[:some])
		b.mu.Lock()
	}
	return m
}

// Assign implements compute.Accelerator.
func (b *blocks) Assign(t compute.AssignTask) bool {
	n, k, d := t.Dims()
	centres := t.Centres()
	moved := k*d + 3*n
	b.mu.Lock()
	if _, ok := b.held(t.Kept()); !ok {
		moved += n * d
	}
	if n == 0 || k == 0 || d == 0 || len(centres) == 0 || !b.worth(float64(n)*float64(k)*float64(d), hostSingle, deviceSingle, 4*float64(moved)) {
		b.mu.Unlock()
		return false
	}
	rows, done := b.hold(t.Kept(), n*d, func(dst compute.Buf) { b.rowsTo(dst, n, d, t.Rows) })
	defer done()
	to, nearest, least, second := b.e.room(k*d), b.e.room(n), b.e.room(n), b.e.room(n)
	defer b.e.free(to, nearest, least, second)
	b.e.Put(to, centres)
	b.e.launch("nearest_two", tilesFor(n, 1), tileThreads, 0, nearest, least, second, rows, to, int64(n), int32(k), int32(d))
	at, squares, others := make([]int32, n), make([]float32, n), make([]float32, n)
	b.get(words(at), nearest)
	b.get(squares, least)
	b.get(others, second)
	fine := b.fine(t.Kept())
	b.mu.Unlock()
	if fine {
		t.Take(at, squares, others)
	}
	return fine
}

// perValue is about how many products a kernel's function is worth.
const perValue = 20

// Kernel implements compute.Accelerator: in double, as the host does it.
func (b *blocks) Kernel(t compute.KernelTask, dst []float64, ldd int, left []float64, m int) bool {
	if m < 2 && !b.always { // single rows are asked for one after another, and nothing is to be allocated for them
		return false
	}
	s := t.Spec()
	b.mu.Lock()
	defer b.mu.Unlock()
	moved := m * (s.Width + s.N)
	if _, ok := b.held(t.Kept()); !ok {
		moved += s.N * s.Width
	}
	if s.Kind == compute.OtherKernel || m == 0 || s.N == 0 || s.Width == 0 || !b.worth(float64(m)*float64(s.N)*float64(s.Width+perValue), hostDouble, deviceDouble, 8*float64(moved)) {
		return false
	}
	right, done := b.hold(t.Kept(), 2*s.N*s.Width, func(dst compute.Buf) { b.e.Put(dst, words(s.Right)) })
	defer done()
	chunk := min(m, max(1, b.most()/2/max(s.N, s.Width)))
	rows, values := b.e.room(2*chunk*s.Width), b.e.room(2*chunk*s.N)
	defer b.e.free(rows, values)
	made := make([]float64, chunk*s.Width)
	var room []float64
	if ldd != s.N {
		room = make([]float64, chunk*s.N)
	}
	p := len(left) / m
	for first := 0; first < m; first += chunk {
		some := min(chunk, m-first)
		t.Left(made, left[first*p:], some)
		b.e.Put(rows.Part(0, 2*some*s.Width), words(made[:some*s.Width]))
		b.e.launch("kernel_values", tilesFor(some, s.N), tileThreads, 0, values, rows, right, int64(some), int64(s.N), int32(s.Width),
			flag(s.Gaps), kernelKinds[s.Kind], math.Float64bits(s.Gamma), math.Float64bits(s.Coef0), int32(s.Degree))
		if room == nil {
			b.get(words(dst[first*ldd:(first+some)*ldd]), values)
			continue
		}
		b.get(words(room[:some*s.N]), values)
		for i := range some {
			copy(dst[(first+i)*ldd:][:s.N], room[i*s.N:])
		}
	}
	return b.fine(t.Kept())
}

// kernelKinds are the numbers that distance.cu has for them.
var kernelKinds = [...]int32{compute.LinearKernel: 1, compute.PolynomialKernel: 2, compute.SigmoidKernel: 3, compute.ExpKernel: 4, compute.RootKernel: 5}

// Squares implements compute.Accelerator.
func (b *blocks) Squares(t compute.SquaresTask, dst []float64) bool {
	x, n, p := t.Columns()
	b.mu.Lock()
	defer b.mu.Unlock()
	if n == 0 || p == 0 || 2*n*n > b.most() || !b.worth(float64(n)*float64(n)*float64(p)/2, hostDouble, deviceDouble, 8*float64(n)*float64(n+p)) {
		return false
	}
	columns, squares := b.e.room(2*n*p), b.e.room(2*n*n)
	defer b.e.free(columns, squares)
	b.e.Put(columns, words(x[:n*p]))
	b.e.launch("own_squares", tilesFor(n, n), tileThreads, 0, squares, columns, int64(n), int32(p))
	b.get(words(dst[:n*n]), squares)
	return b.fine(nil)
}
