package tensor

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/parts"
)

// CSR is a sparse matrix in compressed sparse row form. It is always canonical: the column indices of a row rise strictly, so
// there are no duplicates and a look-up is a binary search. A stored value may be zero (see [CSR.Prune]).
//
// Column indices are int32, as in SciPy: a sparse product waits for memory, and 12 bytes an entry in place of 16 (8 in place
// of 12 for float32) are what it waits for. A matrix has at most 2^31-1 columns; the number of rows and of entries is only
// bounded by int.
//
// Any number of goroutines may read a CSR at once. The zero CSR is an empty matrix of shape (0, 0).
type CSR[T Float] struct {
	cols    int
	indptr  []int // len(rows)+1; row i is entries indptr[i]:indptr[i+1]. In a row view it does not begin at 0.
	indices []int32
	values  []T
}

// NewCSR returns a CSR of the given shape that keeps the three arrays, without a copy; of them only values may be written to
// afterwards. Row i holds the entries
// indptr[i]:indptr[i+1] of indices (columns, strictly rising) and values. Arrays that break this give a [*FormatError] which
// says where; [FromCOO] takes entries in any order.
func NewCSR[T Float](rows, cols int, indptr []int, indices []int32, values []T) (*CSR[T], error) {
	switch {
	case rows < 0 || cols < 0 || cols > math.MaxInt32:
		return nil, badCSRShape(rows, cols)
	case len(indptr)-1 != rows:
		return nil, &FormatError{Where: "indptr", Found: fmt.Sprintf("length %d", len(indptr)), Want: fmt.Sprintf("rows+1 = %d", rows+1)}
	case indptr[0] != 0:
		return nil, &FormatError{Where: "indptr[0]", Found: fmt.Sprint(indptr[0]), Want: "0"}
	case indptr[rows] != len(indices):
		return nil, &FormatError{Where: fmt.Sprintf("indptr[%d]", rows), Found: fmt.Sprint(indptr[rows]), Want: fmt.Sprintf("len(indices) = %d", len(indices))}
	case len(values) != len(indices):
		return nil, &FormatError{Where: "values", Found: fmt.Sprintf("length %d", len(values)), Want: fmt.Sprintf("len(indices) = %d", len(indices))}
	}
	if fault := checkRows(cols, indptr, indices); fault != nil {
		return nil, fault
	}
	return &CSR[T]{cols: cols, indptr: indptr, indices: indices, values: values}, nil
}

// Assemble returns a CSR that keeps the arrays of p. Only the packages of this module can name its argument, and vouch for it: to look at all entries again would take
// as long as to make them. [NewCSR] is for everybody, and looks.
func Assemble[T Float](p parts.CSR[T]) *CSR[T] {
	return &CSR[T]{cols: p.Columns, indptr: p.Indptr, indices: p.Indices, values: p.Values}
}

// checkRows looks for the first row whose entries are out of place.
func checkRows(cols int, indptr []int, indices []int32) *FormatError {
	const grain = 1 << 14
	return par.Reduce(len(indptr)-1, grain, func(_, lo, hi int) *FormatError {
		for i := lo; i < hi; i++ {
			from, to := indptr[i], indptr[i+1]
			if from >= 0 && from <= to && to <= len(indices) {
				last, wrong := int32(-1), int32(0) // which has a sign once an index is negative or does not rise
				for _, j := range indices[from:to] {
					wrong |= j | (j - last - 1)
					last = j
				}
				if wrong >= 0 && int(last) < cols {
					continue
				}
			}
			return checkRow(cols, i, indptr, indices)
		}
		return nil
	}, func(a, b *FormatError) *FormatError {
		if a != nil {
			return a
		}
		return b
	})
}

func checkRow(cols, i int, indptr []int, indices []int32) *FormatError {
	lo, hi := indptr[i], indptr[i+1]
	if hi < lo || lo < 0 || hi > len(indices) {
		return &FormatError{Where: fmt.Sprintf("indptr[%d]", i+1), Found: fmt.Sprint(hi), Want: fmt.Sprintf("a value in %d..%d", lo, len(indices))}
	}
	last := int32(-1)
	for p, j := range indices[lo:hi] {
		if j <= last || int(j) >= cols {
			return &FormatError{Where: fmt.Sprintf("indices[%d] (row %d)", lo+p, i), Found: fmt.Sprint(j),
				Want: fmt.Sprintf("a column in %d..%d (rising within the row)", last+1, cols-1)}
		}
		last = j
	}
	return nil
}

func badCSRShape(rows, cols int) error {
	return &FormatError{Where: "shape", Found: fmt.Sprintf("(%d, %d)", rows, cols), Want: "rows >= 0, 0 <= columns < 2^31"}
}

// NewCSRZeros returns a matrix without entries. It panics with a [*ShapeError] if the shape is impossible.
func NewCSRZeros[T Float](rows, cols int) *CSR[T] {
	if rows < 0 || cols < 0 || cols > math.MaxInt32 {
		badShape("NewCSRZeros", "want rows >= 0, 0 <= columns < 2^31", []int{rows, cols})
	}
	return &CSR[T]{cols: cols, indptr: make([]int, rows+1)}
}

// FromCOO builds a CSR from entries (row[k], col[k], value[k]) in any order; entries of the same place are added, in the
// order given. It copies. Slices of unequal length and places outside the shape give a [*FormatError]. It takes
// O(rows + n log(longest row)) time.
func FromCOO[T Float](rows, cols int, row, col []int, value []T) (*CSR[T], error) {
	if rows < 0 || cols < 0 || cols > math.MaxInt32 {
		return nil, badCSRShape(rows, cols)
	}
	if len(row) != len(value) || len(col) != len(value) {
		return nil, &FormatError{Where: "entries", Found: fmt.Sprintf("%d rows, %d columns, %d values", len(row), len(col), len(value)), Want: "equal numbers"}
	}
	indptr := make([]int, rows+1)
	for k, i := range row {
		if uint(i) >= uint(rows) || uint(col[k]) >= uint(cols) {
			return nil, &FormatError{Where: fmt.Sprintf("entry %d", k), Found: fmt.Sprintf("place (%d, %d)", i, col[k]),
				Want: fmt.Sprintf("a place in a %d x %d matrix", rows, cols)}
		}
		indptr[i+1]++
	}
	for i := range rows {
		indptr[i+1] += indptr[i]
	}
	// order[indptr[i]:indptr[i+1]] are the entries of row i in the order given.
	order := make([]int, len(value))
	next := slices.Clone(indptr[:rows])
	for k, i := range row {
		order[next[i]] = k
		next[i]++
	}
	out := &CSR[T]{cols: cols, indptr: indptr, indices: make([]int32, 0, len(value)), values: make([]T, 0, len(value))}
	byColumn := func(a, b int) int {
		if col[a] != col[b] {
			return col[a] - col[b]
		}
		return a - b
	}
	for i, lo := 0, 0; i < rows; i++ {
		entries := order[lo:indptr[i+1]]
		lo = indptr[i+1]
		if !slices.IsSortedFunc(entries, byColumn) {
			slices.SortFunc(entries, byColumn)
		}
		first := len(out.indices)
		for _, k := range entries {
			j := int32(col[k])
			if n := len(out.indices); n > first && out.indices[n-1] == j {
				out.values[n-1] += value[k]
				continue
			}
			out.indices = append(out.indices, j)
			out.values = append(out.values, value[k])
		}
		indptr[i+1] = len(out.indices)
	}
	return out, nil
}

// FromCSC builds a CSR from the arrays of a compressed sparse column matrix: column j holds the entries
// indptr[j]:indptr[j+1] of indices (rows, strictly rising) and values. It copies, and returns a [*FormatError] if the arrays
// are not canonical. O(rows + cols + entries).
func FromCSC[T Float](rows, cols int, indptr []int, indices []int32, values []T) (*CSR[T], error) {
	if cols > math.MaxInt32 {
		return nil, badCSRShape(rows, cols)
	}
	t, err := NewCSR(cols, rows, indptr, indices, values)
	if err != nil {
		return nil, err
	}
	return t.Transpose(), nil
}

// SparseFrom copies what is not zero (NaN included) in any Matrix to a new CSR. It panics with a [*ShapeError] if there are
// 2^31 columns or more.
func SparseFrom[T Float](m Matrix) *CSR[T] {
	rows, cols := m.Dims()
	out := NewCSRZeros[T](rows, cols)
	eachRow(m, func(i int, row []T) {
		for j, v := range row {
			if v != 0 {
				out.indices = append(out.indices, int32(j))
				out.values = append(out.values, v)
			}
		}
		out.indptr[i+1] = len(out.indices)
	})
	return out
}

// Dims returns the number of rows and columns.
func (a *CSR[T]) Dims() (rows, cols int) { return max(len(a.indptr)-1, 0), a.cols }

// At returns element (i, j) as a float64, 0 where nothing is stored. It is a binary search in the row. It panics with a
// [*ShapeError] if the index is out of range.
func (a *CSR[T]) At(i, j int) float64 {
	if uint(j) >= uint(a.cols) {
		a.badIndex("At", i, j)
	}
	cols, vals := a.RowNZ(i)
	if p, ok := slices.BinarySearch(cols, int32(j)); ok {
		return float64(vals[p])
	}
	return 0
}

// RowNZ returns the stored columns, rising, and values of row i. Both share memory with the matrix; the columns must not be
// written to. It panics with a [*ShapeError] if i is out of range.
func (a *CSR[T]) RowNZ(i int) (cols []int32, vals []T) {
	if uint(i) >= uint(len(a.indptr)-1) || len(a.indptr) == 0 {
		a.badIndex("RowNZ", i)
	}
	lo, hi := a.indptr[i], a.indptr[i+1]
	return a.indices[lo:hi:hi], a.values[lo:hi:hi]
}

func (a *CSR[T]) badIndex(op string, idx ...int) {
	badShape("CSR."+op, fmt.Sprintf("index %v is out of range", slices.Clone(idx)), a.shape())
}

func (a *CSR[T]) shape() []int {
	rows, cols := a.Dims()
	return []int{rows, cols}
}

// span is where the entries of all rows lie in indices and values.
func (a *CSR[T]) span() (lo, hi int) {
	if len(a.indptr) == 0 {
		return 0, 0
	}
	return a.indptr[0], a.indptr[len(a.indptr)-1]
}

// NNZ is the number of stored entries, stored zeros included.
func (a *CSR[T]) NNZ() int {
	lo, hi := a.span()
	return hi - lo
}

// Density is NNZ over the number of elements; 0 for an empty matrix.
func (a *CSR[T]) Density() float64 {
	rows, cols := a.Dims()
	if rows == 0 || cols == 0 {
		return 0
	}
	return float64(a.NNZ()) / float64(rows) / float64(cols)
}

// Arrays returns the three arrays of the matrix as [NewCSR] takes them. They share memory with it and must not be written to,
// but for values; only of a row view that does not begin at the first entry is indptr a copy.
func (a *CSR[T]) Arrays() (indptr []int, indices []int32, values []T) {
	lo, hi := a.span()
	switch {
	case len(a.indptr) == 0:
		indptr = []int{0}
	case lo == 0:
		indptr = a.indptr
	default:
		indptr = make([]int, len(a.indptr))
		for i, p := range a.indptr {
			indptr[i] = p - lo
		}
	}
	return indptr, a.indices[lo:hi:hi], a.values[lo:hi:hi]
}

// CSC returns the matrix as compressed sparse columns: column j holds the entries indptr[j]:indptr[j+1] of indices (rows,
// rising) and values. It copies, in O(rows + cols + entries).
func (a *CSR[T]) CSC() (indptr []int, indices []int32, values []T) { return a.Transpose().Arrays() }

// Clone returns a copy that shares nothing.
func (a *CSR[T]) Clone() *CSR[T] {
	indptr, indices, values := a.Arrays()
	return &CSR[T]{cols: a.cols, indptr: slices.Clone(indptr), indices: slices.Clone(indices), values: slices.Clone(values)}
}

// Dense returns the matrix as a new Tensor.
func (a *CSR[T]) Dense() *Tensor[T] {
	rows, cols := a.Dims()
	out := New[T](rows, cols)
	for i := range rows {
		js, vs := a.RowNZ(i)
		row := out.Row(i)
		for p, j := range js {
			row[j] = vs[p]
		}
	}
	return out
}

// Prune returns a copy without the stored zeros.
func (a *CSR[T]) Prune() *CSR[T] {
	rows, _ := a.Dims()
	out := NewCSRZeros[T](rows, a.cols)
	for i := range rows {
		js, vs := a.RowNZ(i)
		for p, v := range vs {
			if v != 0 {
				out.indices = append(out.indices, js[p])
				out.values = append(out.values, v)
			}
		}
		out.indptr[i+1] = len(out.indices)
	}
	return out
}

// Transpose returns the transpose as a new matrix, in O(rows + cols + entries). It panics with a [*ShapeError] if the matrix
// has 2^31 rows or more.
func (a *CSR[T]) Transpose() *CSR[T] {
	rows, cols := a.Dims()
	out := NewCSRZeros[T](cols, rows)
	lo, hi := a.span()
	for _, j := range a.indices[lo:hi] {
		out.indptr[j+1]++
	}
	for j := range cols {
		out.indptr[j+1] += out.indptr[j]
	}
	out.indices, out.values = make([]int32, hi-lo), make([]T, hi-lo)
	next := slices.Clone(out.indptr[:cols])
	for i := range rows {
		js, vs := a.RowNZ(i)
		for p, j := range js {
			out.indices[next[j]] = int32(i)
			out.values[next[j]] = vs[p]
			next[j]++
		}
	}
	return out
}
