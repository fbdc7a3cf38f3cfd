package kern

import (
	"math"
	"unsafe"
)

// The sizes of rows of float64 that lie one behind another, and their division by them. The bits are the same at every level.

// A RowSize says what RowSizes finds of a row.
type RowSize uint8

const (
	RowSquares RowSize = iota // the sum of squares
	RowSums                   // the sum of absolute numbers
	RowMaxima                 // the greatest absolute number; NaN if RowSums is not finite
)

// RowSizes sets dst[r] to the size of row r of x, whose rows of p numbers lie one behind another, p > 0. The lengths must agree. Each row has four sums, in turns, the last p%4
// numbers all in the first one.
func RowSizes(size RowSize, dst, x []float64, p int) {
	sameRows("RowSizes", len(dst), len(x), p)
	for per := max(1, sweep/p); len(dst) > 0; {
		n := min(per, len(dst))
		rowSizesCall(size, dst[:n], x[:n*p], p)
		dst, x = dst[n:], x[n*p:]
	}
}

// DivRows sets row r of dst to row r of x divided by by[r]. With stream the result goes past the caches, where it is aligned for it: for one that does not fit into them. dst may
// be x. The lengths must agree.
func DivRows(dst, x, by []float64, p int, stream bool) {
	sameRows("DivRows", len(by), len(x), p)
	same("DivRows", len(dst), len(x))
	stream = stream && p%4 == 0 && uintptr(unsafe.Pointer(unsafe.SliceData(dst)))&31 == 0
	for per := max(1, sweep/p); len(by) > 0; {
		n := min(per, len(by))
		divRowsCall(dst[:n*p], x[:n*p], by[:n], p, stream)
		by, dst, x = by[n:], dst[n*p:], x[n*p:]
	}
}

func sameRows(what string, rows, numbers, p int) {
	if p <= 0 || numbers/p != rows || numbers%p != 0 {
		mismatch(what, rows, numbers)
	}
}

//go:noinline
func rowSizesCall(size RowSize, dst, x []float64, p int) {
	reads(x)
	writes(dst)
	if p > 8*sweep { // so long that the processor would be lost to the scheduler
		rowSizesGeneric(size, dst, x, p)
		return
	}
	rowSizes(size, dst, x, p)
}

//go:noinline
func divRowsCall(dst, x, by []float64, p int, stream bool) {
	reads(x)
	reads(by)
	writes(dst)
	if p > 8*sweep {
		divRowsGeneric(dst, x, by, p)
		return
	}
	divRows(dst, x, by, p, stream)
}

func rowSizesGeneric(size RowSize, dst, x []float64, p int) {
	for r := range dst {
		row := x[r*p : r*p+p]
		switch size {
		case RowSquares:
			dst[r] = sumFours(row, func(v float64) float64 { return float64(v * v) })
		case RowSums:
			dst[r] = sumFours(row, math.Abs)
		default:
			sum, greatest := sumFours(row, math.Abs), 0.0
			for _, v := range row {
				if v = math.Abs(v); v > greatest {
					greatest = v
				}
			}
			dst[r] = greatest + (sum - sum)
		}
	}
}

func sumFours(x []float64, f func(float64) float64) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a += f(x[0])
		b += f(x[1])
		c += f(x[2])
		d += f(x[3])
	}
	for _, v := range x {
		a += f(v)
	}
	return (a + c) + (b + d)
}

func divRowsGeneric(dst, x, by []float64, p int) {
	for r, d := range by {
		for i, v := range x[r*p : r*p+p] {
			dst[r*p+i] = v / d
		}
	}
}
