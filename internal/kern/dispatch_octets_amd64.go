//go:build !purego

package kern

import "unsafe"

func quantize(dst []uint8, x []float32, inv float32, zero int32) {
	whole := 0
	if level >= AVX2 && len(dst) >= 8 {
		whole = len(dst) &^ 7
		quantizeAVX2(unsafe.SliceData(dst), unsafe.SliceData(x), whole, inv, float32(-zero), float32(255-zero), zero)
	}
	quantizeGeneric(dst[whole:], x[whole:], inv, zero)
}

func dequantize(dst []float32, sums, whole []int32, zero int32, by float32, scale, bias []float32, relu bool) {
	done := 0
	if level >= AVX2 && len(dst) >= 8 {
		done = len(dst) &^ 7
		cut := 0
		if relu {
			cut = 1
		}
		dequantizeAVX2(unsafe.SliceData(dst), unsafe.SliceData(sums), unsafe.SliceData(whole), unsafe.SliceData(scale), unsafe.SliceData(bias), done, by, zero, cut)
	}
	dequantizeGeneric(dst[done:], sums[done:], whole[done:], zero, by, scale[done:], bias[done:], relu)
}

// vnniNow reports whether products of bytes go by VNNI.
func vnniNow() bool { return level >= AVX512 && vnni }

// windowsOctets is called where vnniNow holds only.
func windowsOctets(w *Windows, nr, quads int, a []uint8, b []int8, c []int32, ldc, nextC int) {
	strips := (w.Rows + tileRows() - 1) / tileRows()
	windowsU8S8VNNI(w.Blocks, w.Rows, (w.Rows+strips-1)/strips, nr, w.Lines, quads, unsafe.SliceData(a), w.Step, w.Gap-4*quads, w.Next, unsafe.SliceData(b), unsafe.SliceData(c), ldc, nextC)
}
