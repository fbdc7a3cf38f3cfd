package kern

import "math"

// Between numbers and bytes, for quantised inference. Every step rounds once and nothing is fused, so that bits are the same at every level and on
// every architecture.

// Quantize sets dst[i] to x[i]*inv, rounded to the nearest integer (halves to the even one), plus zero, cut to 0..255; NaN gives 0.
func Quantize(dst []uint8, x []float32, inv float32, zero int32) {
	same("Quantize", len(dst), len(x))
	reads(x)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		quantizeCall(dst[:n], x[:n], inv, zero)
		dst, x = dst[n:], x[n:]
	}
}

// Dequantize sets dst[j] to (sums[j] - zero*whole[j]) * (by*scale[j]) + bias[j], or with relu to the larger of that and 0. Integers wrap around.
func Dequantize(dst []float32, sums, whole []int32, zero int32, by float32, scale, bias []float32, relu bool) {
	same("Dequantize: sums", len(dst), len(sums))
	same("Dequantize: whole", len(dst), len(whole))
	same("Dequantize: scale", len(dst), len(scale))
	same("Dequantize: bias", len(dst), len(bias))
	reads(sums)
	reads(whole)
	reads(scale)
	reads(bias)
	writes(dst)
	for len(dst) > 0 {
		n := min(len(dst), sweep)
		dequantizeCall(dst[:n], sums[:n], whole[:n], zero, by, scale[:n], bias[:n], relu)
		dst, sums, whole, scale, bias = dst[n:], sums[n:], whole[n:], scale[n:], bias[n:]
	}
}

//go:noinline
func quantizeCall(dst []uint8, x []float32, inv float32, zero int32) { quantize(dst, x, inv, zero) }

//go:noinline
func dequantizeCall(dst []float32, sums, whole []int32, zero int32, by float32, scale, bias []float32, relu bool) {
	dequantize(dst, sums, whole, zero, by, scale, bias, relu)
}

func quantizeGeneric(dst []uint8, x []float32, inv float32, zero int32) {
	low, high := float32(-zero), float32(255-zero)
	for i, v := range x {
		v = float32(v * inv)
		if !(v > low) { // NaN, too
			v = low
		}
		v = min(v, high)
		dst[i] = uint8(int32(math.RoundToEven(float64(v))) + zero)
	}
}

func dequantizeGeneric(dst []float32, sums, whole []int32, zero int32, by float32, scale, bias []float32, relu bool) {
	for j, s := range sums {
		v := float32(float32(s-zero*whole[j])*float32(by*scale[j])) + bias[j]
		if relu && v < 0 {
			v = 0
		}
		dst[j] = v
	}
}
