// Package tensor holds the storage that every estimator works on: dense arrays of any rank ([Tensor]), sparse matrices
// ([CSR]), and [Matrix], the small interface that estimators accept. Elements are float32 or float64.
//
//	x, err := tensor.FromRows([][]float64{{1, 2}, {3, 4}, {5, 9}}) // 3 x 2
//	if err != nil { ... }                                          // ragged rows
//	centred := x.Sub(x.MeanAxis(0))                                // the vector of column means is broadcast
//	gram := tensor.MatMul(centred.Transpose(), centred)            // 2 x 2
//	head, second := x.Rows(0, 2), x.Cols(1, 2)                     // views: no element is copied
//	fmt.Println(gram, head, second.Sum())
//
// # Memory
//
// A Tensor is row-major: the last axis is contiguous, and rows of it lie a fixed stride apart. Row ranges, column ranges and
// rows ([Tensor.Rows], [Tensor.Cols], [Tensor.Slab], [Tensor.Row]) are views that share memory; so do [Tensor.Data] and
// [Tensor.Reshape] unless the Tensor is a strided view. Every other method that returns a Tensor returns a new one. A CSR
// shares memory with its row ranges only.
//
// # Gonum
//
// gonum's *mat.Dense is a [Matrix] as it is. Neither direction copies:
//
//	d := mat.NewDense(r, c, t.Data())             // t of rank 2, contiguous (else t.Clone().Data())
//	t := tensor.FromSlice(d.RawMatrix().Data, r, c) // d not a slice of a larger matrix
//
// and [FromMatrix] copies from any Matrix.
//
// # NumPy
//
// [ReadNpy], [WriteNpy], [ReadNpz] and [WriteNpz] exchange arrays with Python. Files that are not what they claim give a
// [*FormatError], which unwraps to [ErrFormat], and take no memory for what they do not hold.
//
// # Errors
//
// The algebra of shapes and indices panics with a [*ShapeError] that names the operation and the shapes, as indexing a slice
// panics: such a fault is in the program. What comes from outside (files, raw index arrays, ragged rows) gives an error.
//
// # Accuracy and determinism
//
// Sums, means and variances are accumulated pairwise in float64, variances in two passes. Products keep their sums in the
// element type. Every result has the same bytes for any GOMAXPROCS; those of a strided view are those of its compact copy.
package tensor
