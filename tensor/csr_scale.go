package tensor

// ScaleCols multiplies each column j by w[j] in place. A row view shares its values with its parent, so they change in both.
// It panics with a [*ShapeError] if len(w) is not the number of columns.
func (a *CSR[T]) ScaleCols(w []T) {
	if len(w) != a.cols {
		badShape("CSR.ScaleCols", "want one factor for each column", a.shape(), []int{len(w)})
	}
	lo, hi := a.span()
	for p := lo; p < hi; p++ {
		a.values[p] *= w[a.indices[p]]
	}
}

// ScaleRows multiplies each row i by w[i] in place. A row view shares its values with its parent, so they change in both. It
// panics with a [*ShapeError] if len(w) is not the number of rows.
func (a *CSR[T]) ScaleRows(w []T) {
	rows, _ := a.Dims()
	if len(w) != rows {
		badShape("CSR.ScaleRows", "want one factor for each row", a.shape(), []int{len(w)})
	}
	for i, f := range w {
		_, vs := a.RowNZ(i)
		for p := range vs {
			vs[p] *= f
		}
	}
}
