package decomp

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// operator is the matrix of centred and weighted rows for methods that only multiply with it: nothing is made dense.
type operator struct {
	s       *sample
	mean    []float64 // nil: not centred
	columns *columns  // nil: products with the transpose go through the rows, which pays for one or two of them
}

// columns are what is stored of the weighted rows, column by column, for products with the transpose.
type columns struct {
	ptr []int
	at  []int32 // rows of the sample, rising within a column
	val []float64
}

// byColumn copies what is stored, times the roots of weights.
func (s *sample) byColumn() *columns {
	c := &columns{ptr: make([]int, s.p+1)}
	var buf rows.Entries
	for i := range s.n {
		cols, _ := s.x.NZ(s.at(i), &buf)
		for _, j := range cols {
			c.ptr[j+1]++
		}
	}
	for j := range s.p {
		c.ptr[j+1] += c.ptr[j]
	}
	c.at, c.val = make([]int32, c.ptr[s.p]), make([]float64, c.ptr[s.p])
	next := append([]int(nil), c.ptr...)
	for i := range s.n {
		cols, vals := s.x.NZ(s.at(i), &buf)
		w := math.Sqrt(s.weight(i))
		for a, j := range cols {
			k := next[j]
			c.at[k], c.val[k] = int32(i), w*vals[a]
			next[j]++
		}
	}
	return c
}

// Dims are those of the sample.
func (o operator) Dims() (n, p int) { return o.s.n, o.s.p }

// Mul sets dst to the product with x.
func (o operator) Mul(dst, x []float64) { o.MulBlock(dst, x, 1) }

// MulTrans sets dst to the product of the transpose with y.
func (o operator) MulTrans(dst, y []float64) { o.MulTransBlock(dst, y, 1) }

// MulBlock sets dst, n x width, to the product with x, p x width.
func (o operator) MulBlock(dst, x []float64, width int) {
	s := o.s
	shift := make([]float64, width)
	if o.mean != nil {
		for j, m := range o.mean {
			for k, v := range x[j*width : (j+1)*width] {
				shift[k] += float64(m * v)
			}
		}
	}
	par.For(s.n, 1+width*s.perRow()/4, func(lo, hi int) {
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			to := dst[i*width : (i+1)*width]
			for k, v := range shift {
				to[k] = -v
			}
			cols, vals := s.x.NZ(s.at(i), &buf)
			addRows(to, vals, x, cols)
			if s.w != nil {
				w := math.Sqrt(s.w[i])
				for k := range to {
					to[k] *= w
				}
			}
		}
	})
}

// addRows adds multiples of rows as wide as dst to it. A single number is not worth a kernel.
func addRows(dst, a, x []float64, at []int32) {
	if len(dst) > 1 {
		kern.AddRows(dst, a, x, len(dst), at)
		return
	}
	sum := dst[0]
	for k, v := range a {
		sum += float64(v * x[at[k]])
	}
	dst[0] = sum
}

// MulTransBlock sets dst, p x width, to the product of the transpose with y, n x width.
func (o operator) MulTransBlock(dst, y []float64, width int) {
	if o.columns == nil {
		o.throughRows(dst, y, width)
		return
	}
	s, c := o.s, o.columns
	shift := make([]float64, width)
	if o.mean != nil {
		shift = par.Reduce(s.n, 4096, func(_, lo, hi int) []float64 {
			sum := make([]float64, width)
			for i := lo; i < hi; i++ {
				w := math.Sqrt(s.weight(i))
				for k, v := range y[i*width : (i+1)*width] {
					sum[k] += float64(w * v)
				}
			}
			return sum
		}, addTo)
	}
	par.For(s.p, 1+width*len(c.at)/max(s.p, 1)/4, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			to := dst[j*width : (j+1)*width]
			m := 0.0
			if o.mean != nil {
				m = -o.mean[j]
			}
			for k, v := range shift {
				to[k] = m * v
			}
			addRows(to, c.val[c.ptr[j]:c.ptr[j+1]], y, c.at[c.ptr[j]:c.ptr[j+1]])
		}
	})
}

// throughRows is MulTransBlock without a copy of the columns.
func (o operator) throughRows(dst, y []float64, width int) {
	s := o.s
	type part struct{ sum, shift []float64 }
	all := par.Reduce(s.n, max((s.n+7)/8, 64), func(_, lo, hi int) part {
		p := part{make([]float64, s.p*width), make([]float64, width)}
		var buf rows.Entries
		scaled := make([]float64, width)
		for i := lo; i < hi; i++ {
			row := y[i*width : (i+1)*width]
			if s.w != nil {
				w := math.Sqrt(s.w[i])
				for k, v := range row {
					scaled[k] = w * v
				}
				row = scaled
			}
			cols, vals := s.x.NZ(s.at(i), &buf)
			for a, j := range cols {
				kern.Axpy(vals[a], row, p.sum[int(j)*width:(int(j)+1)*width])
			}
			for k, v := range row {
				p.shift[k] += v
			}
		}
		return p
	}, func(a, b part) part {
		addTo(a.sum, b.sum)
		addTo(a.shift, b.shift)
		return a
	})
	copy(dst, all.sum)
	if o.mean != nil {
		for j, m := range o.mean {
			for k, v := range all.shift {
				dst[j*width+k] -= float64(m * v)
			}
		}
	}
}

// columnVariances are those of the columns, by what is stored: squares of the numbers less those of the means.
func (o operator) columnVariances() []float64 {
	s := o.s
	sum := make([]float64, s.p)
	var buf rows.Entries
	for i := range s.n {
		cols, vals := s.x.NZ(s.at(i), &buf)
		for a, j := range cols {
			sum[j] += float64(s.weight(i) * vals[a] * vals[a])
		}
	}
	for j, v := range sum {
		sum[j] = max(v/s.total-float64(o.mean[j]*o.mean[j]), 0)
	}
	return sum
}
