package semi

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// affinity says how alike training rows are, and new rows to them.
type affinity struct {
	kernel   metrics.Kernel
	nearest  int // > 0: as many nearest rows, instead of kernel
	distance metrics.Distance
}

func (a affinity) precomputed() bool {
	_, pre := a.kernel.(kernel.Precomputed)
	return pre && a.nearest == 0
}

// check completes the settings.
func (a affinity) check(where string) (affinity, error) {
	switch {
	case a.nearest < 0 || a.nearest == 1:
		return a, ml.BadConfig(where, "Neighbors", a.nearest, ">= 2, since a row is one of its own, or 0 for Kernel")
	case a.nearest == 0 && a.kernel == nil:
		a.kernel = metrics.RBF{Gamma: 20}
	}
	return a, nil
}

// edges are the affinities of training rows, of which each row of the matrix holds those of one.
type edges struct {
	n      int
	dense  []float64 // n x n, or
	sparse *tensor.CSR[float64]
}

// graph computes the affinities of the rows of x. With Precomputed, live are the columns of x that count.
func (a affinity) graph(ctx context.Context, where string, x tensor.Matrix, live []int) (edges, *neighbors.NearestModel, error) {
	n, _ := x.Dims()
	if a.nearest > 0 {
		m, err := neighbors.NearestNeighbors{Distance: a.distance}.Fit(ctx, ml.Table{X: x})
		if err != nil {
			return edges{}, nil, err
		}
		if n == 1 {
			return edges{n: 1, dense: []float64{1}}, m, nil
		}
		g, err := m.KNNGraph(min(a.nearest, n)-1, neighbors.Connected|neighbors.Self)
		return edges{n: n, sparse: g}, m, err
	}
	if a.precomputed() {
		if len(live) != n {
			return edges{}, nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", n, len(live)), "as many columns as rows: affinities")
		}
		e := edges{n: n}
		if rows.Of(x).Sparse() {
			e.sparse = tensor.SparseFrom[float64](x).TakeCols(live)
		} else {
			e.dense = tensor.FromMatrix[float64](rows.SelectCols(x, live)).Data()
		}
		return e, nil, e.check(where, "Precomputed")
	}
	k, err := metrics.Kernels(x, nil, a.kernel)
	if err != nil {
		return edges{}, nil, err
	}
	e := edges{n: n, dense: k.Data()}
	return e, nil, e.check(where, fmt.Sprintf("%T", a.kernel))
}

// check refuses affinities that are no weights of edges.
func (e edges) check(where, kernel string) error {
	values := e.dense
	if e.sparse != nil {
		_, _, values = e.sparse.Arrays()
	}
	for _, v := range values {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return &ml.Error{Where: where, Field: "affinities of " + kernel, Found: fmt.Sprint(v), Want: "finite numbers >= 0", Kind: ml.ErrData}
		}
	}
	return nil
}

// scale makes edge (i, j) left[i]·edge·right[j], and multiplies those from rows to themselves by self[i] as well.
func (e edges) scale(left, right, self []float64) {
	par.For(e.n, 2*e.size()/e.n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			cols, values := e.row(i)
			for at := range values {
				j := at
				if cols != nil {
					j = int(cols[at])
				}
				values[at] *= left[i] * right[j]
				if i == j {
					values[at] *= self[i]
				}
			}
		}
	})
}

// size is the number of edges.
func (e edges) size() int {
	if e.sparse != nil {
		return e.sparse.NNZ()
	}
	return len(e.dense)
}

// row is the edges of row i; no columns: all.
func (e edges) row(i int) (cols []int32, values []float64) {
	if e.sparse != nil {
		return e.sparse.RowNZ(i)
	}
	return nil, e.dense[i*e.n : (i+1)*e.n]
}

// mul sets dst to the edges times f, n x k.
func (e edges) mul(dst, f []float64, k int) {
	if e.sparse == nil {
		kern.Gemm(false, false, e.n, k, e.n, 1, e.dense, e.n, f, k, 0, dst, k)
		return
	}
	par.For(e.n, 2*k*(e.size()/e.n+1), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := dst[i*k : (i+1)*k]
			clear(to)
			cols, values := e.row(i)
			for at, j := range cols {
				v, from := values[at], f[int(j)*k:][:k]
				for c := range to {
					to[c] += float64(v * from[c])
				}
			}
		}
	})
}

// reach computes for each row of x the affinities to the training rows, in blocks: f is called for row i, for several rows at once.
func (a affinity) reach(x, train tensor.Matrix, search *neighbors.NearestModel, live []int, f func(i int, cols []int, values []float64)) error {
	n, _ := x.Dims()
	if a.nearest > 0 {
		found, err := search.Nearest(x, a.nearest)
		if err != nil {
			return err
		}
		par.For(n, 50*a.nearest, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				f(i, found[i].Index, nil)
			}
		})
		return nil
	}
	if a.precomputed() {
		from := rows.Of(x)
		par.For(n, 2*len(live), func(lo, hi int) {
			row, buf := make([]float64, len(live)), make([]float64, from.Cols())
			for i := lo; i < hi; i++ {
				all := from.Row(i, buf)
				for k, j := range live {
					row[k] = all[j]
				}
				f(i, nil, row)
			}
		})
		return nil
	}
	m, _ := train.Dims()
	block := max(2, (1<<20)/max(m, 1))
	for lo := 0; lo < n; lo += block {
		hi := min(lo+block, n)
		idx := make([]int, hi-lo)
		for i := range idx {
			idx[i] = lo + i
		}
		k, err := metrics.Kernels(rows.Select(x, idx), train, a.kernel)
		if err != nil {
			return err
		}
		par.For(hi-lo, 2*m, func(from, to int) {
			for i := from; i < to; i++ {
				f(lo+i, nil, k.Row(i))
			}
		})
	}
	return nil
}
