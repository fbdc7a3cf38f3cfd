package kern

import "unsafe"

// What is done to each column of rows of float64 that lie one behind another. The bits are the same at every level.
//
// The numbers that belong to the columns are repeated to a wheel, so that a register may begin in any column. A wheel holds whole rows and whole registers; where rows are
// long it is one row, and every call works on one.

const (
	wheelLeast = 128  // shorter ones would wait for their own sums
	wheelMost  = 2048 // longer ones do not stay in the nearest cache
)

// Wheel returns the length of the wheel of rows of p numbers: so many of them go into it.
func Wheel(p int) int {
	if p > wheelMost/8 {
		return p
	}
	n := p
	for n%8 != 0 || n < wheelLeast {
		n += p
	}
	return n
}

// round is how many elements a call works on: whole turns of a wheel.
func round(wheel int) int {
	if wheel%8 != 0 {
		return wheel
	}
	return max(1, sweep/wheel) * wheel
}

// repeated is columns repeated to a length.
func repeated(columns []float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = columns[i%len(columns)]
	}
	return out
}

// Affine is (x-shift)/scale+offset for each column, kept between low and high.
type Affine struct {
	shift, scale, offset []float64 // repeated to a wheel and a register more
	columns, wheel       int
	low, high            float64
}

// NewAffine takes the numbers of each column. An offset of -0 changes nothing, nor do bounds of -Inf and +Inf.
func NewAffine(shift, scale, offset []float64, low, high float64) *Affine {
	same("NewAffine", len(shift), len(scale))
	same("NewAffine", len(shift), len(offset))
	wheel := Wheel(len(shift))
	n := wheel + 8
	return &Affine{repeated(shift, n), repeated(scale, n), repeated(offset, n), len(shift), wheel, low, high}
}

// Apply sets dst to what becomes of the rows in x, and reports whether a number among them is infinite. With stream the result goes past the caches: for one that does not
// fit into them. dst may be x. The lengths must agree and be those of whole rows.
func (a *Affine) Apply(dst, x []float64, stream bool) (infinite bool) {
	same("Affine.Apply", len(dst), len(x))
	if len(x)%a.columns != 0 {
		mismatch("Affine.Apply: rows", len(x), a.columns)
	}
	phase := 0
	if stream && a.wheel%8 == 0 {
		if phase = int(-uintptr(unsafe.Pointer(unsafe.SliceData(dst)))&63) / 8; phase >= len(dst) {
			phase = 0
		}
		infinite = affineCall(a, dst[:phase], x[:phase], 0, false)
		dst, x = dst[phase:], x[phase:]
	}
	per := round(a.wheel)
	for len(dst) > 0 {
		n := min(len(dst), per)
		past := stream && n%8 == 0 && uintptr(unsafe.Pointer(unsafe.SliceData(dst)))&63 == 0
		infinite = affineCall(a, dst[:n], x[:n], phase, past) || infinite
		dst, x = dst[n:], x[n:]
	}
	return infinite
}

//go:noinline
func affineCall(a *Affine, dst, x []float64, phase int, stream bool) bool {
	reads(x)
	writes(dst)
	end := phase + a.wheel
	return affine(dst, x, a.shift[phase:end], a.scale[phase:end], a.offset[phase:end], a.low, a.high, stream)
}

// AddDiffs adds to every column's sum what its numbers in x are above the pivot. sum and pivot are wheels of the same length.
func AddDiffs(sum, x, pivot []float64) {
	same("AddDiffs", len(sum), len(pivot))
	for per := round(len(sum)); len(x) > 0; {
		n := min(len(x), per)
		addDiffsCall(sum, x[:n], pivot)
		x = x[n:]
	}
}

//go:noinline
func addDiffsCall(sum, x, pivot []float64) {
	reads(x)
	writes(sum)
	addDiffs(sum, x, pivot)
}

// AddSquares adds d = (x-pivot)-mean to every column's rest, and d² to its squares. All but x are wheels of the same length.
func AddSquares(rest, squares, x, pivot, mean []float64) {
	same("AddSquares", len(rest), len(squares))
	same("AddSquares", len(rest), len(pivot))
	same("AddSquares", len(rest), len(mean))
	for per := round(len(rest)); len(x) > 0; {
		n := min(len(x), per)
		addSquaresCall(rest, squares, x[:n], pivot, mean)
		x = x[n:]
	}
}

//go:noinline
func addSquaresCall(rest, squares, x, pivot, mean []float64) {
	reads(x)
	writes(rest)
	writes(squares)
	addSquares(rest, squares, x, pivot, mean)
}

// Ranges lowers and raises every column's low and high to its numbers in x, and reports whether there is a NaN, which it leaves out. low and high are wheels of the same length.
func Ranges(low, high, x []float64) (missing bool) {
	same("Ranges", len(low), len(high))
	for per := round(len(low)); len(x) > 0; {
		n := min(len(x), per)
		missing = rangesCall(low, high, x[:n]) || missing
		x = x[n:]
	}
	return missing
}

//go:noinline
func rangesCall(low, high, x []float64) bool {
	reads(x)
	writes(low)
	writes(high)
	return ranges(low, high, x)
}

func affineGeneric(dst, x, shift, scale, offset []float64, low, high float64) (infinite bool) {
	for len(dst) > 0 {
		n := min(len(dst), len(shift))
		for j, v := range x[:n] {
			infinite = infinite || v-v != 0 && v == v
			v = (v-shift[j])/scale[j] + offset[j]
			if v < low {
				v = low
			}
			if v > high {
				v = high
			}
			dst[j] = v
		}
		dst, x = dst[n:], x[n:]
	}
	return infinite
}

func addDiffsGeneric(sum, x, pivot []float64) {
	for len(x) > 0 {
		n := min(len(x), len(sum))
		for j, v := range x[:n] {
			sum[j] += v - pivot[j]
		}
		x = x[n:]
	}
}

func addSquaresGeneric(rest, squares, x, pivot, mean []float64) {
	for len(x) > 0 {
		n := min(len(x), len(rest))
		for j, v := range x[:n] {
			d := (v - pivot[j]) - mean[j]
			rest[j] += d
			squares[j] += float64(d * d)
		}
		x = x[n:]
	}
}

func rangesGeneric(low, high, x []float64) (missing bool) {
	for len(x) > 0 {
		n := min(len(x), len(low))
		for j, v := range x[:n] {
			missing = missing || v != v
			if v < low[j] {
				low[j] = v
			}
			if v > high[j] {
				high[j] = v
			}
		}
		x = x[n:]
	}
	return missing
}
