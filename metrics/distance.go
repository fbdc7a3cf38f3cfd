package metrics

import (
	"fmt"
	"math"
)

// A Distance measures how far two rows of equal length are apart. A type of your own works wherever the built-in ones do, which are faster for whole matrices; it must be safe for
// several goroutines.
type Distance interface{ Between(x, y []float64) float64 }

// fussy is a distance that does not take rows of every width; it says what it wants, or "".
type fussy interface{ wants(width int) string }

// Euclidean is the length of the difference.
type Euclidean struct{}

// Between implements Distance.
func (Euclidean) Between(x, y []float64) float64 { return math.Sqrt(squared(x, y)) }

// Exponent is the p of the p-norm that it is: 2.
func (Euclidean) Exponent() float64 { return 2 }

// SquaredEuclidean is the square of the length of the difference.
type SquaredEuclidean struct{}

// Between implements Distance.
func (SquaredEuclidean) Between(x, y []float64) float64 { return squared(x, y) }

func squared(x, y []float64) float64 {
	y = y[:len(x)]
	s := 0.0
	for i, v := range x {
		d := v - y[i]
		s += float64(d * d)
	}
	return s
}

// Manhattan is the sum of the absolute differences.
type Manhattan struct{}

// Between implements Distance.
func (Manhattan) Between(x, y []float64) float64 {
	y = y[:len(x)]
	var s, t float64 // two sums do not wait for each other
	i := 0
	for ; i+1 < len(x); i += 2 {
		s += math.Abs(x[i] - y[i])
		t += math.Abs(x[i+1] - y[i+1])
	}
	if i < len(x) {
		s += math.Abs(x[i] - y[i])
	}
	return s + t
}

// Exponent is the p of the p-norm that it is: 1.
func (Manhattan) Exponent() float64 { return 1 }

// Chebyshev is the largest absolute difference.
type Chebyshev struct{}

// Between implements Distance.
func (Chebyshev) Between(x, y []float64) float64 {
	y = y[:len(x)]
	s := 0.0
	for i, v := range x {
		s = max(s, math.Abs(v-y[i]))
	}
	return s
}

// Exponent is the p of the p-norm that it is: +Inf.
func (Chebyshev) Exponent() float64 { return math.Inf(1) }

// Minkowski is the p-norm of the difference.
type Minkowski struct {
	P float64 // >= 1; 0: 2
}

// Between implements Distance.
func (m Minkowski) Between(x, y []float64) float64 {
	switch {
	case m.P == 0 || m.P == 2:
		return Euclidean{}.Between(x, y)
	case math.IsInf(m.P, 1):
		return Chebyshev{}.Between(x, y)
	}
	top := Chebyshev{}.Between(x, y)
	if top == 0 {
		return 0
	}
	s := 0.0
	for i, v := range x {
		s += math.Pow(math.Abs(v-y[i])/top, m.P)
	}
	return top * math.Pow(s, 1/m.P)
}

// Exponent is the p of the p-norm that it is.
func (m Minkowski) Exponent() float64 {
	if m.P == 0 {
		return 2
	}
	return m.P
}

func (m Minkowski) wants(int) string {
	if m.P != 0 && !(m.P >= 1) {
		return "Minkowski.P >= 1"
	}
	return ""
}

// WeightedMinkowski is the p-th root of the weighted sum of the p-th powers of the differences.
type WeightedMinkowski struct {
	P      float64   // >= 1, +Inf for the largest difference of columns whose weight is above 0; 0: 2
	Weight []float64 // of each column, >= 0
}

// Triangle says that it keeps the triangle inequality.
func (WeightedMinkowski) Triangle() bool { return true }

// Between implements Distance.
func (m WeightedMinkowski) Between(x, y []float64) float64 {
	p := Minkowski{m.P}.Exponent()
	top := 0.0
	for i, v := range x {
		if m.Weight[i] > 0 {
			top = max(top, math.Abs(v-y[i]))
		}
	}
	if top == 0 || math.IsInf(p, 1) {
		return top
	}
	s := 0.0
	for i, v := range x {
		s += float64(m.Weight[i] * math.Pow(math.Abs(v-y[i])/top, p))
	}
	return top * math.Pow(s, 1/p)
}

func (m WeightedMinkowski) wants(width int) string {
	if len(m.Weight) != width {
		return fmt.Sprintf("a Weight for each column, not %d", len(m.Weight))
	}
	for _, w := range m.Weight {
		if !(w >= 0 && w <= math.MaxFloat64) {
			return "every Weight >= 0"
		}
	}
	return Minkowski{m.P}.wants(width)
}

// JensenShannonDistance is the root of the divergence of two rows as distributions, each divided by its sum, from their mean, in nats: at most the root of ln 2. Numbers must not be below 0; a row of zeros is at NaN.
type JensenShannonDistance struct{}

// Triangle says that it keeps the triangle inequality.
func (JensenShannonDistance) Triangle() bool { return true }

// Between implements Distance.
func (JensenShannonDistance) Between(x, y []float64) float64 {
	sx, sy := 0.0, 0.0
	for i, v := range x {
		sx += v
		sy += y[i]
	}
	s := 0.0
	for i, v := range x {
		a, b := v/sx, y[i]/sy
		m := (a + b) / 2
		if a < 0 || b < 0 || m != m {
			return math.NaN()
		}
		if a > 0 {
			s += float64(a * math.Log(a/m))
		}
		if b > 0 {
			s += float64(b * math.Log(b/m))
		}
	}
	return math.Sqrt(max(s/2, 0))
}

// Cosine is 1 minus the cosine of the angle of the rows, 0 to 2. A row of zeros has the cosine 0 with every row.
type Cosine struct{}

// Between implements Distance.
func (Cosine) Between(x, y []float64) float64 {
	xx, yy, xy := 0.0, 0.0, 0.0
	for i, v := range x {
		xx += float64(v * v)
		yy += float64(y[i] * y[i])
		xy += float64(v * y[i])
	}
	if xx == 0 || yy == 0 {
		return 1
	}
	return min(max(1-xy/(math.Sqrt(xx)*math.Sqrt(yy)), 0), 2)
}

// InnerProduct is minus the product of the rows, so that those of the largest product come first. It is no metric: a row need not be nearest to itself.
type InnerProduct struct{}

// Between implements Distance.
func (InnerProduct) Between(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s -= float64(v * y[i])
	}
	return s
}

// Correlation is 1 minus the linear correlation of the rows, 0 to 2. A constant row has the correlation 0 with every row.
type Correlation struct{}

// Between implements Distance.
func (Correlation) Between(x, y []float64) float64 {
	a, b := make([]float64, len(x)), make([]float64, len(y))
	center(a, x)
	center(b, y)
	return Cosine{}.Between(a, b)
}

// center writes x less its mean to dst, zeros for a constant.
func center(dst, x []float64) {
	m, constant := 0.0, true
	for _, v := range x {
		m += v
		constant = constant && v == x[0]
	}
	m /= float64(len(x))
	for i, v := range x {
		dst[i] = v - m
		if constant {
			dst[i] = 0
		}
	}
}

// Canberra is the sum of |x-y|/(|x|+|y|), 0 where both are 0.
type Canberra struct{}

// Triangle says that it keeps the triangle inequality.
func (Canberra) Triangle() bool { return true }

// Between implements Distance.
func (Canberra) Between(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		if d := math.Abs(v - y[i]); d > 0 {
			s += d / (math.Abs(v) + math.Abs(y[i]))
		}
	}
	return s
}

// BrayCurtis is the sum of |x-y| over that of |x+y|; of two rows of zeros it is 0.
type BrayCurtis struct{}

// Between implements Distance.
func (BrayCurtis) Between(x, y []float64) float64 {
	a, b := 0.0, 0.0
	for i, v := range x {
		a += math.Abs(v - y[i])
		b += math.Abs(v + y[i])
	}
	if a == 0 {
		return 0
	}
	return a / b
}

// Hamming is the share of columns that differ.
type Hamming struct{}

// Triangle says that it keeps the triangle inequality.
func (Hamming) Triangle() bool { return true }

// Between implements Distance.
func (Hamming) Between(x, y []float64) float64 {
	n := 0
	for i, v := range x {
		if v != y[i] {
			n++
		}
	}
	return ratio(float64(n), float64(len(x)), 0)
}

// JaccardDistance is the share of columns that differ among those where a row is not 0: of rows of 0 and 1, 1 minus intersection over union. Of two rows of zeros it is 0.
type JaccardDistance struct{}

// Triangle says that it keeps the triangle inequality.
func (JaccardDistance) Triangle() bool { return true }

// Between implements Distance.
func (JaccardDistance) Between(x, y []float64) float64 {
	n, all := 0, 0
	for i, v := range x {
		if v != 0 || y[i] != 0 {
			all++
			if v != y[i] {
				n++
			}
		}
	}
	return ratio(float64(n), float64(all), 0)
}

// Haversine is the angle between two points of a sphere given as latitude and longitude, all in radians: times 6371 it is kilometres on the earth.
type Haversine struct{}

// Triangle says that it keeps the triangle inequality.
func (Haversine) Triangle() bool { return true }

// Between implements Distance.
func (Haversine) Between(x, y []float64) float64 {
	a, b := math.Sin((x[0]-y[0])/2), math.Sin((x[1]-y[1])/2)
	return 2 * math.Asin(math.Sqrt(min(a*a+math.Cos(x[0])*math.Cos(y[0])*b*b, 1)))
}

func (Haversine) wants(width int) string {
	if width != 2 {
		return "2 columns, latitude and longitude"
	}
	return ""
}

// NaNEuclidean is Euclidean over the columns that neither row misses (NaN), scaled up by their share. NaN if there are none.
type NaNEuclidean struct{}

// Between implements Distance.
func (NaNEuclidean) Between(x, y []float64) float64 {
	s, n := 0.0, 0
	for i, v := range x {
		if d := v - y[i]; d == d {
			s += float64(d * d)
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return math.Sqrt(s * (float64(len(x)) / float64(n)))
}

// StandardizedEuclidean divides each squared difference by the variance of its column.
type StandardizedEuclidean struct {
	Variance []float64 // of each column, > 0
}

// Triangle says that it keeps the triangle inequality.
func (StandardizedEuclidean) Triangle() bool { return true }

// Between implements Distance.
func (d StandardizedEuclidean) Between(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += (v - y[i]) * (v - y[i]) / d.Variance[i]
	}
	return math.Sqrt(s)
}

func (d StandardizedEuclidean) wants(width int) string {
	if len(d.Variance) != width {
		return fmt.Sprintf("a Variance for each column, not %d", len(d.Variance))
	}
	for _, v := range d.Variance {
		if !(v > 0) {
			return "every Variance > 0"
		}
	}
	return ""
}

// Mahalanobis is the root of the quadratic form of the difference.
type Mahalanobis struct {
	Precision [][]float64 // columns x columns: the inverse of their covariance
}

// Triangle says that it keeps the triangle inequality.
func (Mahalanobis) Triangle() bool { return true }

// Between implements Distance.
func (d Mahalanobis) Between(x, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		t := 0.0
		for j, p := range d.Precision[i] {
			t += p * (x[j] - y[j])
		}
		s += t * (v - y[i])
	}
	return math.Sqrt(max(s, 0))
}

func (d Mahalanobis) wants(width int) string {
	if len(d.Precision) != width {
		return fmt.Sprintf("a Precision of columns x columns, not of %d rows", len(d.Precision))
	}
	for _, row := range d.Precision {
		if len(row) != width {
			return "a square Precision"
		}
	}
	return ""
}
