package decomp

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// projection maps rows to k numbers each: products with the columns of w, less shift. A row gives the same numbers whether it comes alone or with others.
type projection struct {
	p, k  int
	w     []float64 // p x k
	shift []float64 // k; nil: zeros
	scale []float64 // k; nil: ones. What is left is multiplied by it
}

// newProjection maps to components, rows of p numbers, of rows less mean (nil: as they are).
func newProjection(components [][]float64, p int, mean []float64) *projection {
	m := &projection{p: p, k: len(components), w: make([]float64, p*len(components))}
	for c, row := range components {
		for j, v := range row {
			m.w[j*m.k+c] = v
		}
	}
	if mean != nil {
		m.shift = make([]float64, m.k)
		for j, v := range mean {
			for c, w := range m.w[j*m.k : (j+1)*m.k] {
				m.shift[c] += float64(v * w)
			}
		}
	}
	return m
}

// whiten divides components by the roots of their variances.
func (p *projection) whiten(variance []float64) {
	p.scale = make([]float64, len(variance))
	for i, v := range variance {
		p.scale[i] = 1 / math.Sqrt(max(v, tiny))
	}
}

// rowsOf maps rows that lie side by side.
func (m *projection) rowsOf(dst, x []float64, n int) {
	kern.Gemm(false, false, n, m.k, m.p, 1, x, m.p, m.w, m.k, 0, dst, m.k)
	m.settle(dst[:n*m.k])
}

func (m *projection) settle(dst []float64) {
	for i := 0; i < len(dst) && (m.shift != nil || m.scale != nil); i += m.k {
		row := dst[i : i+m.k]
		if m.shift != nil {
			for c, v := range m.shift {
				row[c] -= v
			}
		}
		if m.scale != nil {
			for c, v := range m.scale {
				row[c] *= v
			}
		}
	}
}

// row maps one row.
func (m *projection) row(dst, x []float64) { m.rowsOf(dst[:m.k], x, 1) }

// into maps all rows of x, of which what is stored alone is looked at.
func (m *projection) into(dst []float64, x rows.Rows) {
	n, _ := x.Dims()
	if x.Sparse() {
		par.For(n, 1+m.k, func(lo, hi int) {
			var buf rows.Entries
			for i := lo; i < hi; i++ {
				to := dst[i*m.k : (i+1)*m.k]
				clear(to)
				cols, vals := x.NZ(i, &buf)
				kern.AddRows(to, vals, m.w, m.k, cols)
				m.settle(to)
			}
		})
		return
	}
	block := blockRows(m.p)
	par.For(n, 1+m.p*m.k/16, func(lo, hi int) {
		var buf []float64
		if !x.InBlocks() {
			buf = make([]float64, min(block, hi-lo)*m.p)
		}
		for at := lo; at < hi; at += block {
			end := min(at+block, hi)
			m.rowsOf(dst[at*m.k:end*m.k], x.Block(at, end, buf), end-at)
		}
	})
}

// A mapper is what the linear models share: they map rows by a projection of theirs.
type mapper interface {
	project() *projection
	fitted() *ml.Fitted
}

// A gapper maps rows of which some numbers are missing too, in its own way.
type gapper interface{ gaps(dst, row []float64) }

// project maps all rows of x.
func project(m mapper, dst []float64, x rows.Rows) {
	p := m.project()
	p.into(dst, x)
	g, ok := m.(gapper)
	if !ok {
		return
	}
	buf := make([]float64, p.p)
	for i := range x.Len() {
		if to := dst[i*p.k : (i+1)*p.k]; hasNaN(to) {
			if row := x.Row(i, buf); hasNaN(row) {
				g.gaps(to, row)
			}
		}
	}
}

func transform(m mapper, where string, x tensor.Matrix) (tensor.Matrix, error) {
	if err := askable(m, where, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, m.project().k)
	project(m, out.Data(), rows.Of(x))
	return out, finiteOut(where, out)
}

func askable(m mapper, where string, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, m.fitted(), x); err != nil {
		return err
	}
	return ml.CheckFinite(where, m.fitted(), x, ml.AcceptsOf(m.fitted().Config).Missing)
}

// askableRow is askable of a single row.
func askableRow(m mapper, where string, x []float64) error {
	f := m.fitted()
	if !ml.AcceptsOf(f.Config).Missing {
		return ml.CheckFiniteRow(where, f, x)
	}
	if err := ml.CheckRow(where, f, x); err != nil {
		return err
	}
	for j, v := range x {
		if math.IsInf(v, 0) {
			return ml.NotFinite(where, f.Columns, 0, j, v)
		}
	}
	return nil
}

func transformInto(m mapper, where string, dst *tensor.Tensor[float64], x tensor.Matrix) error {
	if err := askable(m, where, x); err != nil {
		return err
	}
	n, _ := x.Dims()
	if err := ml.CheckInto(where, dst, x, m.project().k); err != nil {
		return err
	}
	if dst.Contiguous() {
		project(m, dst.Data(), rows.Of(x))
		return finiteOut(where, dst)
	}
	out := tensor.New[float64](n, m.project().k)
	project(m, out.Data(), rows.Of(x))
	for i := range n {
		copy(dst.Row(i), out.Row(i))
	}
	return finiteOut(where, dst)
}

func transformRow(m mapper, where string, dst, x []float64) error {
	if len(dst) != m.project().k {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(m.project().k))
	}
	if err := askableRow(m, where, x); err != nil {
		return err
	}
	m.project().row(dst, x)
	if g, ok := m.(gapper); ok && hasNaN(x) {
		g.gaps(dst, x)
	}
	if !rows.AllFinite(dst) {
		return &ml.Error{Where: where, Field: "x", Found: "a row whose place is not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	return nil
}
