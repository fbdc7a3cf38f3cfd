package tensor

import (
	"fmt"
	"math"
)

// Norm says how the length of a row or column is measured.
type Norm int

// The norms. The zero value is L2.
const (
	L2     Norm = iota // square root of the sum of squares, scaled where squares would overflow or underflow
	L1                 // sum of absolute values
	MaxAbs             // largest absolute value
)

// String is the name of the constant.
func (n Norm) String() string {
	switch n {
	case L2:
		return "L2"
	case L1:
		return "L1"
	case MaxAbs:
		return "MaxAbs"
	}
	return fmt.Sprintf("Norm(%d)", int(n))
}

// measure is one norm under way. Squares are summed relative to the largest value so far.
type measure struct{ scale, sum float64 }

func (m *measure) add(n Norm, v float64) {
	v = math.Abs(v)
	switch {
	case n == L1:
		m.sum += v
	case n == MaxAbs:
		m.sum = max(m.sum, v)
	case v == 0 || v == m.scale:
		if v != 0 {
			m.sum++
		}
	case v > m.scale:
		m.sum = 1 + m.sum*(m.scale/v)*(m.scale/v)
		m.scale = v
	default: // NaN included
		m.sum += (v / m.scale) * (v / m.scale)
	}
}

func (m *measure) value(n Norm) float64 {
	if n != L2 || m.sum == 0 {
		return m.sum
	}
	return m.scale * math.Sqrt(m.sum)
}

func checkNorm(op string, n Norm, shape []int) {
	if n < L2 || n > MaxAbs {
		badShape(op, fmt.Sprintf("%v is not a norm", n), shape)
	}
}

// RowNorms returns the norm of each row of a matrix. It panics with a [*ShapeError] if the rank is not 2.
func (t *Tensor[T]) RowNorms(n Norm) []float64 {
	rows, _ := t.Dims()
	checkNorm("RowNorms", n, t.shape)
	out := make([]float64, rows)
	for i := range out {
		var m measure
		for _, v := range t.Row(i) {
			m.add(n, float64(v))
		}
		out[i] = m.value(n)
	}
	return out
}

// ColNorms returns the norm of each column of a matrix. It panics with a [*ShapeError] if the rank is not 2.
func (t *Tensor[T]) ColNorms(n Norm) []float64 {
	rows, cols := t.Dims()
	checkNorm("ColNorms", n, t.shape)
	all := make([]measure, cols)
	for i := range rows {
		for j, v := range t.Row(i) {
			all[j].add(n, float64(v))
		}
	}
	return values(all, n)
}

func values(all []measure, n Norm) []float64 {
	out := make([]float64, len(all))
	for j := range all {
		out[j] = all[j].value(n)
	}
	return out
}

// RowNorms returns the norm of each row.
func (a *CSR[T]) RowNorms(n Norm) []float64 {
	rows, _ := a.Dims()
	checkNorm("CSR.RowNorms", n, a.shape())
	out := make([]float64, rows)
	for i := range out {
		var m measure
		_, vs := a.RowNZ(i)
		for _, v := range vs {
			m.add(n, float64(v))
		}
		out[i] = m.value(n)
	}
	return out
}

// ColNorms returns the norm of each column, in one pass over the entries.
func (a *CSR[T]) ColNorms(n Norm) []float64 {
	checkNorm("CSR.ColNorms", n, a.shape())
	all := make([]measure, a.cols)
	lo, hi := a.span()
	for p := lo; p < hi; p++ {
		all[a.indices[p]].add(n, float64(a.values[p]))
	}
	return values(all, n)
}

// RowSums returns the sum of each row, accumulated in float64.
func (a *CSR[T]) RowSums() []float64 {
	rows, _ := a.Dims()
	out := make([]float64, rows)
	for i := range out {
		_, vs := a.RowNZ(i)
		t := wrap("CSR.RowSums", vs, []int{len(vs)})
		out[i] = t.Sum()
	}
	return out
}

// ColSums returns the sum of each column, accumulated in float64 in the order of the rows.
func (a *CSR[T]) ColSums() []float64 {
	out := make([]float64, a.cols)
	lo, hi := a.span()
	for p := lo; p < hi; p++ {
		out[a.indices[p]] += float64(a.values[p])
	}
	return out
}
