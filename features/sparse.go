package features

import (
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// A sparseRow turns the stored entries of one row into those of another: it calls put with rising columns. It returns the
// column of a value it cannot take, or -1.
type sparseRow func(js []int32, vs []float64, put func(j int, v float64)) (bad int)

// buildSparse runs sparseRows over the rows of x, on all cores, and returns a CSR of the given number of columns: float32 if
// x is stored as float32, otherwise float64. Of a dense x the entries are what is not zero. rowOf makes a sparseRow for each
// chunk of rows, which may keep memory of its own.
func buildSparse(x tensor.Matrix, columns int, rowOf func() sparseRow) (tensor.Matrix, place) {
	if is32(x) {
		return buildSparseTo[float32](x, columns, rowOf)
	}
	return buildSparseTo[float64](x, columns, rowOf)
}

// alike makes the same sparseRow for every chunk: one that keeps no memory of its own.
func alike(f sparseRow) func() sparseRow { return func() sparseRow { return f } }

// sparseChunk are the entries of some rows.
type sparseChunk[T tensor.Float] struct {
	ends    []int // of each row
	indices []int32
	values  []T
	bad     place
}

func buildSparseTo[T tensor.Float](x tensor.Matrix, columns int, rowOf func() sparseRow) (tensor.Matrix, place) {
	const grain = 1024
	from := rows.Of(x)
	n := from.Len()
	chunks := make([]sparseChunk[T], par.Chunks(n, grain))
	par.ForChunks(n, grain, func(c, lo, hi int) { chunks[c] = sparseRows[T](from, lo, hi, rowOf()) })
	size := 0
	for _, c := range chunks {
		if c.bad != noPlace {
			return nil, c.bad
		}
		size += len(c.values)
	}
	indptr, start := make([]int, 1, n+1), 0
	indices, values := make([]int32, 0, size), make([]T, 0, size)
	for _, c := range chunks {
		for _, end := range c.ends {
			indptr = append(indptr, start+end)
		}
		start += len(c.values)
		indices, values = append(indices, c.indices...), append(values, c.values...)
	}
	out, err := tensor.NewCSR(n, columns, indptr, indices, values)
	if err != nil {
		panic(err) // a sparseRow did not call put with rising columns
	}
	return out, noPlace
}

// sparseRows runs f over rows lo to hi-1.
func sparseRows[T tensor.Float](from rows.Rows, lo, hi int, f sparseRow) sparseChunk[T] {
	out := sparseChunk[T]{ends: make([]int, 0, hi-lo), bad: noPlace}
	put := func(j int, v float64) {
		out.indices = append(out.indices, int32(j))
		out.values = append(out.values, T(v))
	}
	var buf rows.Entries
	for i := lo; i < hi; i++ {
		js, vs := from.NZ(i, &buf)
		if bad := f(js, vs, put); bad >= 0 {
			out.bad = place{i, bad}
			return out
		}
		out.ends = append(out.ends, len(out.indices))
	}
	return out
}
