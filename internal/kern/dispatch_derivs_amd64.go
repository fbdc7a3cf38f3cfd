//go:build !purego

package kern

import "unsafe"

func spreadOver(x []float32, l *boundsOf) {
	n := 0
	if level >= AVX512 {
		if n = len(x) &^ (boundLanes - 1); n > 0 {
			spreadAVX512(&x[0], n, &l.bounds[0], &l.sums[0])
		}
	}
	spreadGeneric(x[n:], l)
}

func pack(p *Packing, vals []int64, grad, hess []float32, first int) {
	n := 0
	if level >= AVX512 {
		if n = len(vals) &^ 7; n > 0 {
			packAVX512((*int64)(unsafe.Pointer(p)), &vals[0], &grad[0], &hess[0], n, uint64(first))
		}
	}
	packGeneric(p, vals[n:], grad[n:], hess[n:], first+n)
}

func logistic(grad, hess []float32, p []float64, y []int, targets *[2]float64) {
	n := 0
	if level >= AVX512 {
		if n = len(p) &^ 7; n > 0 {
			logisticAVX512(&grad[0], &hess[0], &p[0], &y[0], n, targets)
		}
	}
	logisticGeneric(grad[n:], hess[n:], p[n:], y[n:], targets)
}
