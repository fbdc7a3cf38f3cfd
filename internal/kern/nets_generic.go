package kern

import (
	"math"
	"unsafe"
)

func shiftGeneric[T Float](a, b T, dst, x []T) {
	for i, v := range x {
		dst[i] = T(a*v) + b
	}
}

func subGeneric[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] = v - y[i]
	}
}

func reluGeneric[T Float](dst, x []T) {
	for i, v := range x {
		if v <= 0 {
			v = 0
		}
		dst[i] = v
	}
}

func addReLUGeneric[T Float](dst, x, y []T) {
	for i := range dst {
		v := x[i] + y[i]
		if v <= 0 {
			v = 0
		}
		dst[i] = v
	}
}

func reluGradGeneric[T Float](dst, dy, y []T) {
	for i, v := range y {
		d := dy[i]
		if !(v > 0) {
			d = 0
		}
		dst[i] = d
	}
}

func tanhGradGeneric[T Float](dst, dy, y []T) {
	for i, v := range y {
		dst[i] = dy[i] * (1 - T(v*v))
	}
}

func sigmoidGradGeneric[T Float](dst, dy, y []T) {
	for i, v := range y {
		dst[i] = dy[i] * v * (1 - v)
	}
}

func maximumGeneric[T Float](dst, x, y []T) {
	for i, v := range x {
		dst[i] = max(v, y[i])
	}
}

func equalKeepGeneric[T Float](dst, x, y, z []T) {
	for i, v := range x {
		keep := z[i]
		if v != y[i] {
			keep = 0
		}
		dst[i] = keep
	}
}

func adamGeneric[T Float](r *AdamRates[T], n int, pw, pg, pm, pv *T) {
	w, g, m, v := unsafe.Slice(pw, n), unsafe.Slice(pg, n), unsafe.Slice(pm, n), unsafe.Slice(pv, n)
	for i := range w {
		d := g[i] + T(r.L2*w[i])
		m[i] += T(r.Fresh * (d - m[i]))
		v[i] = T(r.Keep2*v[i]) + T(r.Fresh2*T(d*d))
		root := T(math.Sqrt(float64(v[i])))
		w[i] = T(r.Shrink*w[i]) - T(r.Rate*m[i])/(T(root*r.Scale)+r.Eps)
	}
}
