package tensor

// rawRower is how gonum's *mat.Dense hands out its rows without a copy; asking for the method needs no import of gonum.
type rawRower interface{ RawRowView(i int) []float64 }

// FromMatrix copies any Matrix into a new Tensor. Tensors, CSR matrices and gonum's *mat.Dense (any type with
// RawRowView(i int) []float64) are read row by row; anything else through At.
func FromMatrix[T Float](m Matrix) *Tensor[T] {
	rows, cols := m.Dims()
	out := New[T](rows, cols)
	eachRow(m, func(i int, row []T) { copy(out.Row(i), row) })
	return out
}

// eachRow visits the rows of any Matrix in order as dense rows of T. The slice is valid, and may not be written to, until the
// visit returns.
func eachRow[T Float](m Matrix, visit func(i int, row []T)) {
	rows, cols := m.Dims()
	if cols == 0 {
		for i := range rows { // some matrices refuse to view a row without columns
			visit(i, nil)
		}
		return
	}
	if t, ok := m.(*Tensor[T]); ok {
		for i := range rows {
			visit(i, t.Row(i))
		}
		return
	}
	buf := make([]T, cols)
	for i := range rows {
		fillRow(buf, m, i)
		visit(i, buf)
	}
}

// fillRow copies row i of m to dst.
func fillRow[T Float](dst []T, m Matrix, i int) {
	switch m := m.(type) {
	case *Tensor[float64]:
		convert(dst, m.Row(i))
	case *Tensor[float32]:
		convert(dst, m.Row(i))
	case *CSR[float64]:
		scatter(dst, m, i)
	case *CSR[float32]:
		scatter(dst, m, i)
	case rawRower:
		convert(dst, m.RawRowView(i))
	default:
		for j := range dst {
			dst[j] = T(m.At(i, j))
		}
	}
}

// convert copies src to dst in dst's width.
func convert[T, U Float](dst []T, src []U) {
	if same, ok := any(src).([]T); ok {
		copy(dst, same)
		return
	}
	for j, v := range src[:len(dst)] {
		dst[j] = T(v)
	}
}

func scatter[T, U Float](dst []T, m *CSR[U], i int) {
	clear(dst)
	js, vs := m.RowNZ(i)
	for p, j := range js {
		dst[j] = T(vs[p])
	}
}

// Convert returns a compact copy with elements of type U. From float64 to float32 each element is rounded to the nearest,
// and overflows to an infinity.
func Convert[U, T Float](t *Tensor[T]) *Tensor[U] {
	out := New[U](t.shape...)
	for i := range t.rows {
		convert(out.Row(i), t.Row(i))
	}
	return out
}

// ConvertCSR returns a copy with values of type U, rounded as [Convert] does. It shares the index arrays, which never change.
func ConvertCSR[U, T Float](a *CSR[T]) *CSR[U] {
	indptr, indices, values := a.Arrays()
	out := &CSR[U]{cols: a.cols, indptr: indptr, indices: indices, values: make([]U, len(values))}
	convert(out.values, values)
	return out
}

// To32 returns a compact float32 copy.
func (t *Tensor[T]) To32() *Tensor[float32] { return Convert[float32](t) }

// To64 returns a compact float64 copy.
func (t *Tensor[T]) To64() *Tensor[float64] { return Convert[float64](t) }
