package linalg

import "math"

// Double is an unevaluated sum of two float64, about 32 digits: Hi is the rounded value, Lo the rest.
// The algorithms are Dekker's and Knuth's, with a fused multiply-add for the exact product. The conversions keep compilers
// from contracting a product and a sum on their own.
type Double struct{ Hi, Lo float64 }

// Sum is the rounded value.
func (a Double) Sum() float64 { return a.Hi + a.Lo }

// Add returns a + b.
func (a Double) Add(b Double) Double {
	s, e := twoSum(a.Hi, b.Hi)
	return quickTwoSum(s, e+(a.Lo+b.Lo))
}

// AddFloat returns a + b.
func (a Double) AddFloat(b float64) Double {
	s, e := twoSum(a.Hi, b)
	return quickTwoSum(s, e+a.Lo)
}

// AddProduct returns a + x*y.
func (a Double) AddProduct(x, y float64) Double {
	p := float64(x * y)
	s, e := twoSum(a.Hi, p)
	return Double{s, a.Lo + (e + math.FMA(x, y, -p))}
}

// Scale returns a * x.
func (a Double) Scale(x float64) Double {
	p := float64(a.Hi * x)
	return quickTwoSum(p, math.FMA(a.Hi, x, -p)+float64(a.Lo*x))
}

func twoSum(a, b float64) (s, e float64) {
	s = a + b
	v := s - a
	return s, (a - (s - v)) + (b - v)
}

// quickTwoSum needs |a| >= |b|.
func quickTwoSum(a, b float64) Double {
	s := a + b
	return Double{s, b - (s - a)}
}

// ResidualDot returns r - x·b.
func ResidualDot(r Double, x, b []float64) Double {
	b = b[:len(x)]
	hi, lo := r.Hi, r.Lo
	for j, v := range x {
		p := float64(v * b[j])
		s, e := twoSum(hi, -p)
		lo += e - math.FMA(v, b[j], -p)
		hi = s
	}
	return quickTwoSum(hi, lo)
}

// AddScaled adds r*x to dst, element by element.
func AddScaled(dst []Double, r Double, x []float64) {
	dst = dst[:len(x)]
	for j, v := range x {
		d := &dst[j]
		p := float64(r.Hi * v)
		s, e := twoSum(d.Hi, p)
		d.Lo += e + (math.FMA(r.Hi, v, -p) + float64(r.Lo*v))
		d.Hi = s
	}
}
