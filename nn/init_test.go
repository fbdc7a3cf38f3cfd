package nn

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Means and variances of 60,000 numbers. The variance of a sample of n has a deviation of sqrt((kurtosis-1)/n) times itself, for a normal
// distribution 0.6 %; 3 % is five of them, and the seeds are fixed.
func TestInitVariance(t *testing.T) {
	wide := []int{200, 300}
	kernel := []int{3, 5, 40, 100}
	const n = 60000
	cut := 2.0 // what is left of a normal distribution within two deviations has the variance 1 - 2 cut φ(cut)/(2 Φ(cut) - 1)
	truncated := 1 - 2*cut*math.Exp(-cut*cut/2)/math.Sqrt(2*math.Pi)/math.Erf(cut/math.Sqrt2)
	for _, tc := range []struct {
		name     string
		init     Init
		shape    []int
		variance float64
		most     float64 // no number is larger. 0: not looked at
	}{
		{"uniform", UniformInit{.5}, wide, .25 / 3, .5},
		{"normal", NormalInit{}, wide, 1, 0},
		{"normal .2", NormalInit{Deviation: .2}, wide, .04, 0},
		{"truncated", NormalInit{Deviation: .2, Truncated: true}, wide, .04 * truncated, .4},
		{"xavier", Xavier{}, wide, 2. / 500, math.Sqrt(6. / 500)},
		{"xavier normal gain", Xavier{Gain: 2, Normal: true}, wide, 8. / 500, 0},
		{"xavier kernel", Xavier{}, kernel, 2. / (15 * 140), math.Sqrt(6. / (15 * 140))},
		{"he", He{}, wide, 2. / 200, math.Sqrt(6. / 200)},
		{"he fan out", He{FanOut: true, Normal: true}, wide, 2. / 300, 0},
		{"he slope", He{Slope: math.Sqrt(5)}, wide, 1. / (3 * 200), 1 / math.Sqrt(200)},
		{"he kernel", He{Normal: true}, kernel, 2. / (15 * 40), 0},
		{"sparse", SparseInit{Share: .9, Deviation: 2}, wide, .1 * 4, 0},
	} {
		w := make([]float64, n)
		tc.init.Init(rng.New(5, 0), w, tc.shape)
		mean, square, most := 0.0, 0.0, 0.0
		for _, v := range w {
			mean += v / n
			square += v * v / n
			most = max(most, math.Abs(v))
		}
		within := .03
		if tc.name == "sparse" {
			within = .1 // a tenth of the numbers
		}
		if math.Abs(mean) > 5*math.Sqrt(tc.variance/n) || math.Abs(square/tc.variance-1) > within {
			t.Errorf("%s: mean %g, variance %g, want %g", tc.name, mean, square, tc.variance)
		}
		if tc.most > 0 && !(most <= tc.most && most > .99*tc.most) {
			t.Errorf("%s: the largest is %g, want just below %g", tc.name, most, tc.most)
		}
	}
}

func TestSparseInitLeavesItsShare(t *testing.T) {
	w := make([]float64, 50*7)
	SparseInit{Share: .8}.Init(rng.New(5, 0), w, []int{50, 7})
	for j := range 7 {
		none := 0
		for i := range 50 {
			if w[i*7+j] == 0 {
				none++
			}
		}
		if none != 40 {
			t.Errorf("unit %d: %d of 50 inputs are 0, want 40", j, none)
		}
	}
}

func TestOrthogonal(t *testing.T) {
	for _, shape := range [][]int{{8, 8}, {20, 6}, {6, 20}, {3, 3, 4, 10}, {2, 2, 3, 40}, {5}} {
		for _, gain := range []float64{0, 1, 1.7, .01} {
			w := make([]float64, size(shape))
			Orthogonal{Gain: gain}.Init(rng.New(5, 0), w, shape)
			cols := shape[len(shape)-1]
			rows := len(w) / cols
			n, m, step, other := rows, cols, cols, 1 // the fewer of the two
			if rows > cols {
				n, m, step, other = cols, rows, 1, cols
			}
			want := orOne(gain) * orOne(gain)
			for i := range n {
				for j := range n {
					dot := 0.0
					for k := range m {
						dot += w[i*step+k*other] * w[j*step+k*other]
					}
					if i == j {
						dot -= want
					}
					if math.Abs(dot) > 1e-14*want*float64(m) { // m roundings
						t.Fatalf("shape %v, gain %g: vectors %d and %d are off by %g", shape, gain, i, j, dot)
					}
				}
			}
		}
	}
}

// A net starts from the same numbers whatever its width, up to rounding.
func TestInitOfEitherWidth(t *testing.T) {
	m := Seq{Dense{Out: 7}, LSTM{Units: 3}, Dense{Out: 2}}
	var nets [2]*Net
	for i, w := range widths {
		net, err := newNet(m, []int{4, 5}, 9, w.engine)
		if err != nil {
			t.Fatal(err)
		}
		nets[i] = net
	}
	for i, p := range nets[0].Params() {
		q := nets[1].Params()[i]
		a, b := read(nets[0].engine, p.v.value), read(nets[1].engine, q.v.value)
		for j := range a {
			if float64(float32(a[j])) != b[j] {
				t.Fatalf("%s[%d]: %g and %g", p.Name, j, a[j], b[j])
			}
		}
	}
}
