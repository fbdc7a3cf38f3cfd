package datasets

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Moons draws two interleaving half circles in the plane. With t in equal steps from 0 to pi, class 0 is (cos t, sin t) and
// class 1 is (1 - cos t, 1/2 - sin t); both coordinates get normal noise. Class 0 has half of the rows, rounded down.
type Moons struct {
	Rows      int     // 0 means 100
	Noise     float64 // standard deviation; 0: none
	NoShuffle bool    // class 0 first, each in order of t
	Seed      uint64
}

// Make draws the set.
func (m Moons) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.Moons.Make"}
	m.Rows = p.count("Rows", m.Rows, 100, 1)
	p.nonNegative("Noise", m.Noise)
	p.size("Rows", m.Rows, 2)
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	outer := m.Rows / 2
	return curve(m.Rows, m.Noise, m.NoShuffle, m.Seed, func(i int) (x, y float64, class int) {
		if i < outer {
			sin, cos := math.Sincos(step(i, outer, math.Pi))
			return cos, sin, 0
		}
		sin, cos := math.Sincos(step(i-outer, m.Rows-outer, math.Pi))
		return 1 - cos, 0.5 - sin, 1
	}), nil
}

// Circles draws two circles around the origin, class 0 of radius 1 and class 1 of radius Factor, in equal steps of angle;
// both coordinates get normal noise. Class 0 has half of the rows, rounded down.
type Circles struct {
	Rows      int     // 0 means 100
	Factor    float64 // radius of the inner circle, below 1; 0 means 0.8
	Noise     float64 // standard deviation; 0: none
	NoShuffle bool    // class 0 first, each in order of angle
	Seed      uint64
}

// Make draws the set.
func (c Circles) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.Circles.Make"}
	c.Rows = p.count("Rows", c.Rows, 100, 1)
	c.Factor = p.positive("Factor", c.Factor, 0.8)
	if c.Factor >= 1 {
		p.reject("Factor", c.Factor, "< 1, the radius of the outer circle")
	}
	p.nonNegative("Noise", c.Noise)
	p.size("Rows", c.Rows, 2)
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	outer := c.Rows / 2
	return curve(c.Rows, c.Noise, c.NoShuffle, c.Seed, func(i int) (x, y float64, class int) {
		if i < outer {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(outer))
			return cos, sin, 0
		}
		sin, cos := math.Sincos(2 * math.Pi * float64(i-outer) / float64(c.Rows-outer))
		return c.Factor * cos, c.Factor * sin, 1
	}), nil
}

// curve puts point(i) for i in 0..rows-1 into shuffled rows and adds noise.
func curve(rows int, noise float64, noShuffle bool, seed uint64, point func(i int) (x, y float64, class int)) ml.Dataset[int] {
	place := order(rng.New(seed, streamShuffle), rows, noShuffle)
	x := make([]float64, 2*rows)
	y := make([]int, rows)
	eachChunk(rows, seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			a, b, class := point(place[i])
			x[2*i] = a + noise*r.NormFloat64()
			x[2*i+1] = b + noise*r.NormFloat64()
			y[i] = class
		}
	})
	d := ml.Data(tensor.FromSlice(x, rows, 2), y)
	d.Classes = classNames(2)
	return d
}

// step is the i-th of n points in equal steps from 0 to last, both ends included.
func step(i, n int, last float64) float64 {
	if n == 1 {
		return 0
	}
	return last * float64(i) / float64(n-1)
}
