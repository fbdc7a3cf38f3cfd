package datasets

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// SwissRoll draws points of a rolled-up sheet in three dimensions: (t cos t, h, t sin t) with t uniform in [3pi/2, 9pi/2)
// and h uniform in [0, 21), plus normal noise. The target is t, the position along the roll. See S. Marsland, Machine
// Learning: An Algorithmic Perspective (2014), chapter 6.
type SwissRoll struct {
	Rows  int     // 0 means 100
	Noise float64 // standard deviation of each coordinate; 0: none
	Hole  bool    // leave out the middle ninth of the sheet: t in [5pi/2, 7pi/2) with h in [7, 14)
	Seed  uint64
}

// Make draws the set.
func (s SwissRoll) Make() (ml.Dataset[float64], error) {
	p := params{where: "datasets.SwissRoll.Make"}
	s.Rows = p.count("Rows", s.Rows, 100, 1)
	p.nonNegative("Noise", s.Noise)
	p.size("Rows", s.Rows, 3)
	if p.err != nil {
		return ml.Dataset[float64]{}, p.err
	}
	return sheetOf(s.Rows, s.Noise, s.Seed, func(r *rand.Rand) (x, y, z, t float64) {
		t, h := 1.5*math.Pi*(1+2*r.Float64()), 21*r.Float64()
		if s.Hole {
			ninth := r.IntN(8)
			if ninth >= 4 { // the fifth is the hole
				ninth++
			}
			t = math.Pi * (1.5 + float64(ninth/3) + r.Float64())
			h = 7 * (float64(ninth%3) + r.Float64())
		}
		return t * math.Cos(t), h, t * math.Sin(t), t
	}), nil
}

// SCurve draws points of a sheet bent to an S in three dimensions: (sin t, h, sign(t)(cos t - 1)) with t uniform in
// [-3pi/2, 3pi/2) and h uniform in [0, 2), plus normal noise. The target is t, the position along the S.
type SCurve struct {
	Rows  int     // 0 means 100
	Noise float64 // standard deviation of each coordinate; 0: none
	Seed  uint64
}

// Make draws the set.
func (s SCurve) Make() (ml.Dataset[float64], error) {
	p := params{where: "datasets.SCurve.Make"}
	s.Rows = p.count("Rows", s.Rows, 100, 1)
	p.nonNegative("Noise", s.Noise)
	p.size("Rows", s.Rows, 3)
	if p.err != nil {
		return ml.Dataset[float64]{}, p.err
	}
	return sheetOf(s.Rows, s.Noise, s.Seed, func(r *rand.Rand) (x, y, z, t float64) {
		t = 3 * math.Pi * (r.Float64() - 0.5)
		return math.Sin(t), 2 * r.Float64(), math.Copysign(1, t) * (math.Cos(t) - 1), t
	}), nil
}

// sheetOf draws rows of three coordinates and a position, and adds noise to the coordinates.
func sheetOf(rows int, noise float64, seed uint64, point func(r *rand.Rand) (x, y, z, t float64)) ml.Dataset[float64] {
	xs := make([]float64, 3*rows)
	ts := make([]float64, rows)
	eachChunk(rows, seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			x, y, z, t := point(r)
			xs[3*i] = x + noise*r.NormFloat64()
			xs[3*i+1] = y + noise*r.NormFloat64()
			xs[3*i+2] = z + noise*r.NormFloat64()
			ts[i] = t
		}
	})
	d := ml.Data(tensor.FromSlice(xs, rows, 3), ts)
	d.Columns = named("x", "y", "z")
	return d
}
