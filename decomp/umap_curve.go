package decomp

import (
	"errors"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// fitCurve fits 1/(1+a·d^2b) to 1 up to minDist and exp(-(d-minDist)/spread) beyond, by least squares over 300 distances up to three times the spread. The result is rounded to nine digits,
// so that it is the same on every kind of CPU.
func fitCurve(spread, minDist float64) (a, b float64, err error) {
	const points = 300
	d, want := make([]float64, points), make([]float64, points)
	for i := range d {
		d[i] = 3 * spread * float64(i) / (points - 1)
		if want[i] = 1; d[i] >= minDist {
			want[i] = kern.ExpOne(-(d[i] - minDist) / spread)
		}
	}
	at := func(x []float64, d float64) (value, power float64) {
		if d == 0 {
			return 1, 0
		}
		power = kern.ExpOne(2 * x[1] * kern.LogOne(d))
		return 1 / (1 + float64(x[0]*power)), power
	}
	x := []float64{1, 1}
	fit, err := optim.LevenbergMarquardt{
		Residuals: func(r, x []float64) {
			for i, d := range d {
				v, _ := at(x, d)
				r[i] = v - want[i]
			}
		},
		Jacobian: func(jac, x []float64) {
			for i, d := range d {
				v, power := at(x, d)
				jac[2*i], jac[2*i+1] = -v*v*power, 0
				if d > 0 {
					jac[2*i+1] = -v * v * power * x[0] * 2 * kern.LogOne(d)
				}
			}
		},
		FTol: 1e-15, XTol: 1e-14, GTol: 1e-12,
	}.Minimize(x, points)
	if err != nil {
		return 0, 0, err
	}
	if fit.Status == optim.NotFinite || !(x[0] > 0 && x[1] > 0 && x[0] <= 1e9 && x[1] <= 1e9) {
		return 0, 0, errors.New("no such curve")
	}
	return rounded(x[0]), rounded(x[1]), nil
}

// rounded keeps nine digits.
func rounded(v float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(v))-8)
	return math.Round(v/unit) * unit
}

// curve are the forces between places by the square of their distance, as straight pieces, 64 for each power of two: they are within 0.1 % and take no power.
type curve struct {
	a, b           float64
	attract, repel [][2]float64
	near, close    float64 // squares from which on attraction, and repulsion, is below mostForce
}

const (
	curveLow    = -40 // powers of two of squares that there are pieces for
	curveHigh   = 40
	curvePieces = 64
	curveShift  = 52 - 6
	mostForce   = 4.0 // of a coordinate
)

func newCurve(a, b, repulsion float64) *curve {
	count := (curveHigh - curveLow) * curvePieces
	c := &curve{a: a, b: b, attract: make([][2]float64, count), repel: make([][2]float64, count)}
	edge := func(i int) (square, attract, repel float64) {
		square = math.Ldexp(1+float64(i%curvePieces)/curvePieces, curveLow+i/curvePieces)
		log := kern.LogOne(square)
		whole := 1 + float64(a*kern.ExpOne(b*log))
		return square, 2 * a * b * kern.ExpOne((b-1)*log) / whole, 2 * repulsion * b / ((0.001 + square) * whole)
	}
	for i := range count {
		s, f, g := edge(i)
		t, h, k := edge(i + 1)
		slope := (h - f) / (t - s)
		c.attract[i] = [2]float64{f - float64(slope*s), slope}
		slope = (k - g) / (t - s)
		c.repel[i] = [2]float64{g - float64(slope*s), slope}
		root := math.Sqrt(t)
		if max(f, h)*root >= mostForce {
			c.near = t
		}
		if max(g, k)*root >= mostForce {
			c.close = t
		}
	}
	return c
}

// piece is the number of a square's piece; squares beyond them are put to the nearest end.
func piece(square float64) (int, float64) {
	if square < 0x1p-40 {
		square = 0x1p-40
	}
	if square >= 0x1p40 {
		square = 0x1.fffp39
	}
	return int(math.Float64bits(square)>>curveShift) - (1023+curveLow)*curvePieces, square
}

// weights puts what the curve makes of squares in their place.
func (c *curve) weights(square []float64) {
	for e, v := range square {
		square[e] = max(v, math.SmallestNonzeroFloat64)
	}
	kern.LogPortable(square, square)
	for e := range square {
		square[e] *= c.b
	}
	kern.ExpPortable(square, square)
	for e, v := range square {
		square[e] = 1 / (1 + float64(c.a*v))
	}
}

func clip(v float64) float64 { return min(max(v, -mostForce), mostForce) }

// pull moves y towards another place.
func (c *curve) pull(y, other []float64, rate float64) {
	square := 0.0
	for j, v := range other {
		square += float64((y[j] - v) * (y[j] - v))
	}
	if square == 0 {
		return
	}
	at, square := piece(square)
	force := c.attract[at][0] + float64(c.attract[at][1]*square)
	for j, v := range other {
		y[j] -= float64(clip(force*(y[j]-v)) * rate)
	}
}

// push moves y away from another place.
func (c *curve) push(y, other []float64, rate float64) {
	square := 0.0
	for j, v := range other {
		square += float64((y[j] - v) * (y[j] - v))
	}
	if square == 0 {
		return
	}
	at, square := piece(square)
	force := c.repel[at][0] + float64(c.repel[at][1]*square)
	for j, v := range other {
		y[j] += float64(clip(force*(y[j]-v)) * rate)
	}
}
