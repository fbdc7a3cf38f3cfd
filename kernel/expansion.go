package kernel

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Expansion is the rows that a kernel machine compares with: its support vectors.
type Expansion struct {
	Kernel  metrics.Kernel          // with its defaults filled in
	Vectors *tensor.Tensor[float64] // the support vectors; nil for Precomputed and for sparse rows
	Sparse  *tensor.CSR[float64]    // the support vectors of a sparse matrix
	Support []int                   // their rows in the training data

	side *side
}

func newExpansion(k metrics.Kernel, x rows.Rows, m tensor.Matrix, support []int) Expansion {
	e := Expansion{Kernel: k, Support: support}
	if _, pre := k.(Precomputed); pre {
		return e
	}
	if x.Sparse() {
		e.Sparse = tensor.SparseFrom[float64](rows.Select(m, support))
		return e
	}
	e.Vectors = tensor.New[float64](len(support), x.Cols())
	buf := make([]float64, x.Cols())
	for i, r := range support {
		copy(e.Vectors.Row(i), x.Row(r, buf))
	}
	return e
}

// ready checks what may come from a file and makes the side of the kernel matrix.
func (e *Expansion) ready(where string, f *ml.Fitted) error {
	bad := func(field string, found any, want string) error {
		return &ml.Error{Where: where, Field: field, Found: fmt.Sprint(found), Want: want, Kind: ml.ErrFormat}
	}
	if e.Kernel == nil {
		return bad("Kernel", "nil", "a kernel")
	}
	n, p := len(e.Support), f.Info.Features
	var x rows.Rows
	idx := make([]int, n)
	for i := range idx {
		idx[i] = i
	}
	switch _, pre := e.Kernel.(Precomputed); {
	case pre:
		for i, r := range e.Support {
			if r < 0 || r >= p {
				return bad(fmt.Sprintf("Support[%d]", i), r, fmt.Sprintf("0 to %d", p-1))
			}
		}
		e.side = &side{kernel: e.Kernel, p: p, n: n, at: make([]int32, n)}
		for i, r := range e.Support {
			e.side.at[i] = int32(r)
		}
		return nil
	case e.Sparse != nil:
		x = rows.Of(e.Sparse)
	case e.Vectors != nil:
		x = rows.Of(e.Vectors)
	default:
		return bad("Vectors", "nil", "support vectors")
	}
	if x.Len() != n || x.Cols() != p {
		return bad("Vectors", fmt.Sprintf("%d x %d", x.Len(), x.Cols()), fmt.Sprintf("%d x %d", n, p))
	}
	if g, ok := gammaRBF(e.Kernel); ok && !(g > 0 && g <= math.MaxFloat64) {
		return bad("Kernel.Gamma", g, "> 0 and finite")
	}
	if g, ok := e.Kernel.(metrics.PolynomialKernel); ok && g.Degree < 1 {
		return bad("Kernel.Degree", g.Degree, ">= 1")
	}
	e.side = newSide(e.Kernel, x, idx)
	return nil
}

// few rows at once keep their kernel values in a cache.
func (e *Expansion) grain() int { return max(1, min(64, (1<<18)/max(1, e.side.n))) }

// each hands the kernel values of every row of x with the support vectors to use, which must be safe for several goroutines.
func (e *Expansion) each(x tensor.Matrix, use func(i int, row, k []float64)) {
	r := rows.Of(x)
	n, p := r.Dims()
	grain := e.grain()
	if r.Sparse() {
		grain = max(1, min(grain, (1<<16)/max(1, p)))
	}
	par.ForChunks(n, grain, func(_, lo, hi int) {
		buf, back := kern.Borrow((hi - lo) * p)
		defer back()
		k, also := kern.Borrow((hi - lo) * e.side.n)
		defer also()
		room, too := kern.Borrow(e.side.room(hi - lo))
		defer too()
		block := r.Block(lo, hi, buf)
		e.side.fill(k, e.side.n, block, hi-lo, room)
		for i := lo; i < hi; i++ {
			use(i, block[(i-lo)*p:(i-lo+1)*p], k[(i-lo)*e.side.n:(i-lo+1)*e.side.n])
		}
	})
}

// asking is the memory of a question about single rows.
type asking struct{ row, k, room []float64 }

var askers = sync.Pool{New: func() any { return new(asking) }}

func grow(v []float64, n int) []float64 {
	if cap(v) < n {
		return make([]float64, n)
	}
	return v[:n]
}

// ask borrows memory for rows one by one; answer gives it back.
func (e *Expansion) ask(others int) *asking {
	a := askers.Get().(*asking)
	a.row, a.k, a.room = grow(a.row, e.side.p), grow(a.k, e.side.n+others), grow(a.room, e.side.room(1))
	return a
}

// one returns the kernel values of a single row, and room for the other numbers asked for.
func (e *Expansion) one(a *asking, x []float64) (k, others []float64) {
	k = a.k[:e.side.n]
	e.side.fill(k, e.side.n, x, 1, a.room)
	return k, a.k[e.side.n:]
}

// few tells whether so many rows are answered one by one, which allocates nothing.
func few(n int) bool { return n <= 2 }

// solver holds the options that the machines share.
type solver struct {
	Tol     float64
	MaxIter int
	CacheMB int
}

func (s *solver) resolve(where string) error {
	switch {
	case !(s.Tol >= 0) || s.Tol > math.MaxFloat64:
		return ml.BadConfig(where, "Tol", s.Tol, "> 0, or 0 for 1e-3")
	case s.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", s.MaxIter, ">= 1, or 0 for 100000")
	case s.CacheMB < 0:
		return ml.BadConfig(where, "CacheMB", s.CacheMB, ">= 1, or 0 for 200")
	}
	if s.Tol == 0 {
		s.Tol = 1e-3
	}
	if s.MaxIter == 0 {
		s.MaxIter = 100_000
	}
	if s.CacheMB == 0 {
		s.CacheMB = 200
	}
	return nil
}

func positive(where, field string, v *float64, to float64) error {
	if *v == 0 {
		*v = to
	}
	if !(*v > 0 && *v <= math.MaxFloat64) {
		return ml.BadConfig(where, field, *v, fmt.Sprintf("> 0 and finite, or 0 for %g", to))
	}
	return nil
}

func share(where string, v *float64) error {
	if *v == 0 {
		*v = 0.5
	}
	if !(*v > 0 && *v <= 1) {
		return ml.BadConfig(where, "Nu", *v, "above 0, up to 1; 0 means 0.5")
	}
	return nil
}

// present are the rows of weight above zero, and their weights.
func present(n int, weight []float64) (idx []int, w []float64) {
	for i := range n {
		v := 1.0
		if weight != nil {
			v = weight[i]
		}
		if v > 0 {
			idx, w = append(idx, i), append(w, v)
		}
	}
	return
}

// worse joins the ends of several problems.
func worse(a, b ml.Status) ml.Status {
	rank := []ml.Status{ml.Converged, ml.Stalled, ml.MaxIter, ml.Stopped}
	if slices.Index(rank, b) > slices.Index(rank, a) {
		return b
	}
	return a
}
