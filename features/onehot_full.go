package features

import (
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// full reports whether every row of a dense matrix gets just one entry for each column: every column is encoded, no place is
// dropped, and unknown categories are refused.
func (m *OneHotModel) full() bool {
	for _, s := range m.source {
		if s.encoded == nil || s.encoded.Dropped >= 0 {
			return false
		}
	}
	return m.Config.(OneHotEncoder).Unknown == UnknownError
}

// sparseFull is the sparse result for a dense x if m is full: where its entries go is known beforehand.
func (m *OneHotModel) sparseFull(x tensor.Matrix) (tensor.Matrix, place) {
	if is32(x) {
		return sparseFullTo[float32](m, x)
	}
	return sparseFullTo[float64](m, x)
}

func sparseFullTo[T tensor.Float](m *OneHotModel, x tensor.Matrix) (tensor.Matrix, place) {
	const grain = 1 << 13
	from := rows.Of(x)
	n, p := from.Dims()
	indptr, indices, values := kern.Fresh[int](n+1), kern.Fresh[int32](n*p), kern.Fresh[T](n*p)
	indptr[0] = 0
	tables := m.hotTables()
	bad := par.Reduce(n, grain, func(_, lo, hi int) place {
		buf := make([]float64, p)
		for i := lo; i < hi; i++ {
			if j := m.hotRow(indices[i*p:(i+1)*p], from.Row(i, buf), tables); j >= 0 {
				return place{i, j}
			}
			indptr[i+1] = (i + 1) * p
		}
		ones := values[lo*p : hi*p]
		for k := range ones {
			ones[k] = 1
		}
		return noPlace
	}, earlier)
	if n > 0 && bad != noPlace {
		return nil, bad
	}
	out, err := tensor.NewCSR(n, len(m.out), indptr, indices, values)
	if err != nil {
		panic(err) // the places of columns overlap
	}
	return out, noPlace
}

// hotRow writes the places of one row; it returns the column of a value that has none, or -1.
func (m *OneHotModel) hotRow(to []int32, row []float64, tables [][]int32) int {
	tables = tables[:len(to)]
	for j, v := range row[:len(to)] {
		if code := int(v); uint(code) < uint(len(tables[j])) && float64(code) == v {
			to[j] = tables[j][code]
		} else {
			to[j] = int32(m.source[j].encoded.hot(v, UnknownError, m.levels(j)))
		}
		if to[j] < 0 {
			return j
		}
	}
	return -1
}

// hotTables are, for each column, what hot returns for its codes; empty without a table of codes.
func (m *OneHotModel) hotTables() [][]int32 {
	out := make([][]int32, len(m.source))
	for j, s := range m.source {
		out[j] = make([]int32, len(s.encoded.code))
		for code := range out[j] {
			out[j][code] = int32(s.encoded.hot(float64(code), UnknownError, m.levels(j)))
		}
	}
	return out
}
