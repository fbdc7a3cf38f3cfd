package linalg

import (
	"cmp"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// EigenGeneral returns the eigenvalues of any square matrix, of falling absolute value (of equals the larger real part first, then the
// larger imaginary one), and, if vectors are wanted, eigenvectors of length 1 in the columns of an n x n matrix, each with its largest
// element (the first of equals) real and positive. gonum's Hessenberg reduction and QR iteration on the balanced matrix do the work.
// It is false if a number is not finite or the iteration did not end.
func EigenGeneral(a []float64, n int, vectors bool) (values, z []complex128, ok bool) {
	if n == 0 {
		return nil, nil, true
	}
	if !AllFinite(a[:n*n]) {
		return nil, nil, false
	}
	kind := mat.EigenNone
	if vectors {
		kind = mat.EigenRight
	}
	var e mat.Eigen
	if !e.Factorize(mat.NewDense(n, n, slices.Clone(a[:n*n])), kind) {
		return nil, nil, false
	}
	raw := e.Values(nil)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		x, y := raw[i], raw[j]
		return cmp.Or(cmp.Compare(cmplx.Abs(y), cmplx.Abs(x)), cmp.Compare(real(y), real(x)), cmp.Compare(imag(y), imag(x)))
	})
	values = make([]complex128, n)
	for i, o := range order {
		values[i] = raw[o]
	}
	if !vectors {
		return values, nil, true
	}
	var v mat.CDense
	e.VectorsTo(&v)
	z = make([]complex128, n*n)
	for i, o := range order {
		var top complex128
		length := 0.0
		for r := range n {
			x := v.At(r, o)
			length = math.Hypot(length, cmplx.Abs(x))
			if cmplx.Abs(x) > cmplx.Abs(top) {
				top = x
			}
		}
		turn := cmplx.Conj(top) / complex(cmplx.Abs(top)*length, 0)
		for r := range n {
			z[r*n+i] = v.At(r, o) * turn
		}
	}
	return values, z, true
}
