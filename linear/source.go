package linear

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// source is a matrix to read by rows, with its size at hand.
type source struct {
	x          rows.Rows
	rows, cols int
}

func newSource(x tensor.Matrix) source {
	s := source{x: rows.Of(x)}
	s.rows, s.cols = s.x.Dims()
	return s
}

func (s source) sparse() bool { return s.x.Sparse() }

// scratch is what one goroutine needs to read rows.
type scratch struct {
	row      []float64
	entries  rows.Entries
	scores   []float64
	centered []float64
}

// scratch has no room for a row if rows are read where they lie or by their nonzeros.
func (s source) scratch() *scratch {
	b := new(scratch)
	if !s.x.Direct() && !s.x.Sparse() {
		b.row = make([]float64, s.cols)
	}
	return b
}

// rowScratch has room for any row.
func (s source) rowScratch() *scratch {
	b := new(scratch)
	if !s.x.Direct() {
		b.row = make([]float64, s.cols)
	}
	return b
}

func (s source) row(i int, buf *scratch) []float64 { return s.x.Row(i, buf.row) }

func (s source) nonzeros(i int, buf *scratch) (cols []int32, vals []float64) {
	return s.x.NZ(i, &buf.entries)
}

// direct says that rows or nonzeros are read where they lie.
func (s source) direct() bool { return s.x.Direct() || s.x.Sparse() && !s.x.Narrow() }

// bring asks the processor for row i, which will be read soon, of a direct source.
func (s source) bring(i int, buf *scratch) {
	if !s.sparse() {
		kern.Prefetch(s.row(i, buf))
		return
	}
	_, vals := s.nonzeros(i, buf)
	kern.Prefetch(vals)
}

// checkNumbers refuses X if some number is not finite, by its place.
func checkNumbers(where string, t ml.Table) error {
	return ml.CheckFinite(where, &ml.Fitted{Columns: t.Columns}, t.X, false)
}
