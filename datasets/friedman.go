package datasets

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Friedman1 draws the first regression problem of J. Friedman, Multivariate adaptive regression splines, Annals of
// Statistics 19 (1991), and L. Breiman, Bagging predictors (1996): columns uniform in [0, 1), of which five matter,
//
//	y = 10 sin(pi x0 x1) + 20 (x2 - 0.5)^2 + 10 x3 + 5 x4 + noise
type Friedman1 struct {
	Rows     int     // 0 means 100
	Features int     // at least 5; 0 means 10
	Noise    float64 // standard deviation; 0: none
	Seed     uint64
}

// Make draws the set.
func (f Friedman1) Make() (ml.Dataset[float64], error) {
	p := params{where: "datasets.Friedman1.Make"}
	f.Rows = p.count("Rows", f.Rows, 100, 1)
	f.Features = p.count("Features", f.Features, 10, 5)
	p.nonNegative("Noise", f.Noise)
	p.size("Rows", f.Rows, f.Features)
	if p.err != nil {
		return ml.Dataset[float64]{}, p.err
	}
	return formula(f.Rows, f.Features, f.Noise, f.Seed, func(r *rand.Rand, x []float64) {
		for j := range x {
			x[j] = r.Float64()
		}
	}, friedman1), nil
}

func friedman1(x []float64) float64 {
	return 10*math.Sin(math.Pi*x[0]*x[1]) + 20*(x[2]-0.5)*(x[2]-0.5) + 10*x[3] + 5*x[4]
}

// Friedman2 draws the second problem (see Friedman1), the impedance of an alternating current circuit:
//
//	y = sqrt(x0^2 + (x1 x2 - 1/(x1 x3))^2) + noise
//
// with x0 uniform in (0, 100], x1 in [40 pi, 560 pi), x2 in [0, 1) and x3 in [1, 11). Without noise y has a standard deviation of about 380.
type Friedman2 struct {
	Rows  int     // 0 means 100
	Noise float64 // standard deviation; 0: none; Friedman used 125
	Seed  uint64
}

// Make draws the set.
func (f Friedman2) Make() (ml.Dataset[float64], error) {
	return circuit("datasets.Friedman2.Make", f.Rows, f.Noise, f.Seed, friedman2)
}

func friedman2(x []float64) float64 { return math.Hypot(x[0], x[1]*x[2]-1/(x[1]*x[3])) }

// Friedman3 draws the third problem (see Friedman1), the phase of the same circuit:
//
//	y = atan((x1 x2 - 1/(x1 x3)) / x0) + noise
//
// with the columns of Friedman2.
type Friedman3 struct {
	Rows  int     // 0 means 100
	Noise float64 // standard deviation; 0: none; Friedman used 0.1
	Seed  uint64
}

// Make draws the set.
func (f Friedman3) Make() (ml.Dataset[float64], error) {
	return circuit("datasets.Friedman3.Make", f.Rows, f.Noise, f.Seed, friedman3)
}

func friedman3(x []float64) float64 { return math.Atan((x[1]*x[2] - 1/(x[1]*x[3])) / x[0]) }

func circuit(where string, rows int, noise float64, seed uint64, f func(x []float64) float64) (ml.Dataset[float64], error) {
	p := params{where: where}
	rows = p.count("Rows", rows, 100, 1)
	p.nonNegative("Noise", noise)
	p.size("Rows", rows, 4)
	if p.err != nil {
		return ml.Dataset[float64]{}, p.err
	}
	d := formula(rows, 4, noise, seed, func(r *rand.Rand, x []float64) {
		x[0] = 100 * (1 - r.Float64()) // not 0, which Friedman3 divides by
		x[1] = uniform(r, 40*math.Pi, 560*math.Pi)
		x[2] = r.Float64()
		x[3] = uniform(r, 1, 11)
	}, f)
	return d, nil
}

// SparseUncorrelated draws independent standard normal columns of which four matter, with unit noise:
//
//	y = x0 + 2 x1 - 2 x2 - 1.5 x3 + noise
//
// as G. Celeux, M. El Anbari, J.-M. Marin, C. Robert, Regularization in regression (2009).
type SparseUncorrelated struct {
	Rows     int // 0 means 100
	Features int // at least 4; 0 means 10
	Seed     uint64
}

// Make draws the set.
func (s SparseUncorrelated) Make() (ml.Dataset[float64], error) {
	p := params{where: "datasets.SparseUncorrelated.Make"}
	s.Rows = p.count("Rows", s.Rows, 100, 1)
	s.Features = p.count("Features", s.Features, 10, 4)
	p.size("Rows", s.Rows, s.Features)
	if p.err != nil {
		return ml.Dataset[float64]{}, p.err
	}
	return formula(s.Rows, s.Features, 1, s.Seed, fillNormal, func(x []float64) float64 {
		return x[0] + 2*x[1] - 2*x[2] - 1.5*x[3]
	}), nil
}

// Hastie draws the binary problem of T. Hastie, R. Tibshirani, J. Friedman, The Elements of Statistical Learning (2009),
// example 10.2: ten standard normal columns, class 1 where the sum of their squares exceeds 9.34, the median of
// chi-squared with 10 degrees of freedom.
type Hastie struct {
	Rows int // 0 means 12000
	Seed uint64
}

// Make draws the set.
func (h Hastie) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.Hastie.Make"}
	h.Rows = p.count("Rows", h.Rows, 12000, 1)
	p.size("Rows", h.Rows, 10)
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	sum := formula(h.Rows, 10, 0, h.Seed, fillNormal, func(x []float64) float64 { return dot(x, x) })
	y := make([]int, h.Rows)
	for i, v := range sum.Y {
		if v > 9.34 {
			y[i] = 1
		}
	}
	return ml.Dataset[int]{Table: sum.Table, Y: y, Classes: classNames(2)}, nil
}

func fillNormal(r *rand.Rand, x []float64) {
	for j := range x {
		x[j] = r.NormFloat64()
	}
}

// formula draws rows with fill and sets y = f(row) + normal noise.
func formula(rows, cols int, noise float64, seed uint64, fill func(r *rand.Rand, x []float64), f func(x []float64) float64) ml.Dataset[float64] {
	x := make([]float64, rows*cols)
	y := make([]float64, rows)
	eachChunk(rows, seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*cols : (i+1)*cols]
			fill(r, row)
			y[i] = f(row) + noise*r.NormFloat64()
		}
	})
	return ml.Data(tensor.FromSlice(x, rows, cols), y)
}
