//go:build !purego

package kern

import "unsafe"

func shift[T Float](a, b T, dst, x []T) {
	switch {
	case level < AVX2:
		shiftGeneric(a, b, dst, x)
	case level < AVX512 && single[T]():
		shiftF32AVX2(float32(a), float32(b), f32(dst), f32(x))
	case level < AVX512:
		shiftF64AVX2(float64(a), float64(b), f64(dst), f64(x))
	case single[T]():
		shiftF32AVX512(float32(a), float32(b), f32(dst), f32(x))
	default:
		shiftF64AVX512(float64(a), float64(b), f64(dst), f64(x))
	}
}

func sub[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		subGeneric(dst, x, y)
	case level < AVX512 && single[T]():
		subF32AVX2(f32(dst), f32(x), f32(y))
	case level < AVX512:
		subF64AVX2(f64(dst), f64(x), f64(y))
	case single[T]():
		subF32AVX512(f32(dst), f32(x), f32(y))
	default:
		subF64AVX512(f64(dst), f64(x), f64(y))
	}
}

func relu[T Float](dst, x []T) {
	switch {
	case level < AVX2:
		reluGeneric(dst, x)
	case level < AVX512 && single[T]():
		reluF32AVX2(f32(dst), f32(x))
	case level < AVX512:
		reluF64AVX2(f64(dst), f64(x))
	case single[T]():
		reluF32AVX512(f32(dst), f32(x))
	default:
		reluF64AVX512(f64(dst), f64(x))
	}
}

func addReLU[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		addReLUGeneric(dst, x, y)
	case level < AVX512 && single[T]():
		addReLUF32AVX2(f32(dst), f32(x), f32(y))
	case level < AVX512:
		addReLUF64AVX2(f64(dst), f64(x), f64(y))
	case single[T]():
		addReLUF32AVX512(f32(dst), f32(x), f32(y))
	default:
		addReLUF64AVX512(f64(dst), f64(x), f64(y))
	}
}

func reluGrad[T Float](dst, dy, y []T) {
	switch {
	case level < AVX2:
		reluGradGeneric(dst, dy, y)
	case level < AVX512 && single[T]():
		reluGradF32AVX2(f32(dst), f32(dy), f32(y))
	case level < AVX512:
		reluGradF64AVX2(f64(dst), f64(dy), f64(y))
	case single[T]():
		reluGradF32AVX512(f32(dst), f32(dy), f32(y))
	default:
		reluGradF64AVX512(f64(dst), f64(dy), f64(y))
	}
}

func tanhGrad[T Float](dst, dy, y []T) {
	switch {
	case level < AVX2:
		tanhGradGeneric(dst, dy, y)
	case level < AVX512 && single[T]():
		tanhGradF32AVX2(f32(dst), f32(dy), f32(y))
	case level < AVX512:
		tanhGradF64AVX2(f64(dst), f64(dy), f64(y))
	case single[T]():
		tanhGradF32AVX512(f32(dst), f32(dy), f32(y))
	default:
		tanhGradF64AVX512(f64(dst), f64(dy), f64(y))
	}
}

func sigmoidGrad[T Float](dst, dy, y []T) {
	switch {
	case level < AVX2:
		sigmoidGradGeneric(dst, dy, y)
	case level < AVX512 && single[T]():
		sigmoidGradF32AVX2(f32(dst), f32(dy), f32(y))
	case level < AVX512:
		sigmoidGradF64AVX2(f64(dst), f64(dy), f64(y))
	case single[T]():
		sigmoidGradF32AVX512(f32(dst), f32(dy), f32(y))
	default:
		sigmoidGradF64AVX512(f64(dst), f64(dy), f64(y))
	}
}

func maximum[T Float](dst, x, y []T) {
	switch {
	case level < AVX2:
		maximumGeneric(dst, x, y)
	case level < AVX512 && single[T]():
		maximumF32AVX2(f32(dst), f32(x), f32(y))
	case level < AVX512:
		maximumF64AVX2(f64(dst), f64(x), f64(y))
	case single[T]():
		maximumF32AVX512(f32(dst), f32(x), f32(y))
	default:
		maximumF64AVX512(f64(dst), f64(x), f64(y))
	}
}

func equalKeep[T Float](dst, x, y, z []T) {
	switch {
	case level < AVX2:
		equalKeepGeneric(dst, x, y, z)
	case level < AVX512 && single[T]():
		equalKeepF32AVX2(f32(dst), f32(x), f32(y), f32(z))
	case level < AVX512:
		equalKeepF64AVX2(f64(dst), f64(x), f64(y), f64(z))
	case single[T]():
		equalKeepF32AVX512(f32(dst), f32(x), f32(y), f32(z))
	default:
		equalKeepF64AVX512(f64(dst), f64(x), f64(y), f64(z))
	}
}

func adam[T Float](r *AdamRates[T], n int, w, g, m, v *T) {
	switch {
	case level < AVX2:
		adamGeneric(r, n, w, g, m, v)
	case level < AVX512 && single[T]():
		adamF32AVX2(n, (*float32)(unsafe.Pointer(w)), (*float32)(unsafe.Pointer(g)), (*float32)(unsafe.Pointer(m)), (*float32)(unsafe.Pointer(v)),
			float32(r.L2), float32(r.Fresh), float32(r.Keep2), float32(r.Fresh2), float32(r.Shrink), float32(r.Rate), float32(r.Scale), float32(r.Eps))
	case level < AVX512:
		adamF64AVX2(n, (*float64)(unsafe.Pointer(w)), (*float64)(unsafe.Pointer(g)), (*float64)(unsafe.Pointer(m)), (*float64)(unsafe.Pointer(v)),
			float64(r.L2), float64(r.Fresh), float64(r.Keep2), float64(r.Fresh2), float64(r.Shrink), float64(r.Rate), float64(r.Scale), float64(r.Eps))
	case single[T]():
		adamF32AVX512(n, (*float32)(unsafe.Pointer(w)), (*float32)(unsafe.Pointer(g)), (*float32)(unsafe.Pointer(m)), (*float32)(unsafe.Pointer(v)),
			float32(r.L2), float32(r.Fresh), float32(r.Keep2), float32(r.Fresh2), float32(r.Shrink), float32(r.Rate), float32(r.Scale), float32(r.Eps))
	default:
		adamF64AVX512(n, (*float64)(unsafe.Pointer(w)), (*float64)(unsafe.Pointer(g)), (*float64)(unsafe.Pointer(m)), (*float64)(unsafe.Pointer(v)),
			float64(r.L2), float64(r.Fresh), float64(r.Keep2), float64(r.Fresh2), float64(r.Shrink), float64(r.Rate), float64(r.Scale), float64(r.Eps))
	}
}
