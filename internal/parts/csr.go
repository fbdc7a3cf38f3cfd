// Package parts holds matrices in pieces, which the module's own packages hand to package tensor without a second look at their order.
package parts

// CSR is a sparse matrix whose maker knows that it is in order: row i holds the entries Indptr[i]:Indptr[i+1] of Indices, columns that rise strictly within 0..Columns-1, and Values.
type CSR[T float32 | float64] struct {
	Columns int
	Indptr  []int
	Indices []int32
	Values  []T
}
