package features

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/parts"
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
	const some = 1 << 10 // numbers in a block of rows, each of whose columns is read by itself
	var ones [some]T
	for k := range ones {
		ones[k] = 1
	}
	size := max(1, some/p)
	bad := par.Reduce(n, grain, func(_, lo, hi int) place {
		buf := make([]float64, size*p)
		for ; lo < hi; lo += size {
			end := min(lo+size, hi)
			block, to := from.Block(lo, end, buf), indices[lo*p:end*p]
			if !m.hotBlock(to, block, tables) {
				at := slices.IndexFunc(to, func(i int32) bool { return i < 0 })
				return place{lo + at/p, at % p}
			}
			for v := values[lo*p : end*p]; len(v) > 0; {
				v = v[copy(v, ones[:]):]
			}
			for i := lo; i < end; i++ {
				indptr[i+1] = (i + 1) * p
			}
		}
		return noPlace
	}, earlier)
	if n > 0 && bad != noPlace {
		return nil, bad
	}
	return tensor.Assemble(parts.CSR[T]{Columns: len(m.out), Indptr: indptr, Indices: indices, Values: values}), noPlace // the places of a column are behind those of the one before
}

// hotBlock writes the places of a block of rows; false if some number has none, which has one below 0 then.
func (m *OneHotModel) hotBlock(to []int32, block []float64, tables [][]int32) bool {
	p, all := len(tables), int32(0)
	for j, table := range tables {
		for k := j; k < len(block); k += p {
			v := block[k]
			i := int32(0)
			if code := int(v); uint(code) < uint(len(table)) && float64(code) == v {
				i = table[code]
			} else {
				i = int32(m.source[j].encoded.hot(v, UnknownError, m.levels(j)))
			}
			to[k] = i
			all |= i
		}
	}
	return all >= 0
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
