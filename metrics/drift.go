package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// twoSamples are numbers and weights of a reference sample and a new one, in rising order.
type twoSamples struct {
	x, y   []float64
	wx, wy []float64 // shares, which sum to 1
	nx, ny float64   // rows, by weight
}

// newTwoSamples asks for two lists of finite numbers that are not empty; wx and wy are nil or weights.
func newTwoSamples(where string, x, y, wx, wy []float64) (s twoSamples, err error) {
	if s.x, s.wx, s.nx, err = sample(where, "x", x, wx); err != nil {
		return s, err
	}
	s.y, s.wy, s.ny, err = sample(where, "y", y, wy)
	return s, err
}

func sample(where, name string, v, weight []float64) (sorted, share []float64, total float64, err error) {
	if err := CheckRows(where, len(v), len(v), weight); err != nil {
		return nil, nil, 0, err
	}
	total = totalOf(len(v), weight)
	if len(weight) == 0 {
		return evenSample(where, name, v)
	}
	for _, i := range sortedBy(v, false) {
		if absent(weight, int(i)) {
			continue
		}
		if x := v[i]; !rows.Finite(x) {
			return nil, nil, 0, &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d]", name, i), Found: fmt.Sprint(x), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
		sorted, share = append(sorted, v[i]), append(share, w(weight, int(i))/total)
	}
	return sorted, share, total, nil
}

// evenSample is sample without weights.
func evenSample(where, name string, v []float64) (sorted, share []float64, total float64, err error) {
	if !rows.AllFinite(v) {
		i := slices.IndexFunc(v, func(x float64) bool { return !rows.Finite(x) })
		return nil, nil, 0, &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d]", name, i), Found: fmt.Sprint(v[i]), Want: "a finite number", Kind: ml.ErrNotFinite}
	}
	sorted = rising(v)
	share = make([]float64, len(v))
	for k := range share {
		share[k] = 1 / float64(len(v))
	}
	return sorted, share, float64(len(v)), nil
}

// steps calls f for each interval between neighbouring distinct numbers of both samples, with the two distributions on it; the last one has width 0.
func (s twoSamples) steps(f func(width, fx, fy float64)) {
	var fx, fy sum
	i, j := 0, 0
	for i < len(s.x) || j < len(s.y) {
		at := math.Inf(1)
		if i < len(s.x) {
			at = s.x[i]
		}
		if j < len(s.y) {
			at = min(at, s.y[j])
		}
		for ; i < len(s.x) && s.x[i] == at; i++ {
			fx.add(s.wx[i])
		}
		for ; j < len(s.y) && s.y[j] == at; j++ {
			fy.add(s.wy[j])
		}
		next := math.Inf(1)
		if i < len(s.x) {
			next = s.x[i]
		}
		if j < len(s.y) {
			next = min(next, s.y[j])
		}
		if math.IsInf(next, 1) {
			next = at
		}
		f(next-at, fx.value(), fy.value())
	}
}

// KolmogorovSmirnov is the largest difference of the two distribution functions, 0 to 1, and the probability of one at least as large if both samples come from one distribution, by its limit for many rows
// (weights count as repetitions). wx and wy are nil or the weights of x and y. Numbers must be finite (ErrNotFinite); the rest is as in [CheckRows]. O(n log n), as are all distances of two
// samples that do not say otherwise.
func KolmogorovSmirnov(x, y, wx, wy []float64) (Test, error) {
	s, err := newTwoSamples("metrics.KolmogorovSmirnov", x, y, wx, wy)
	if err != nil {
		return Test{}, err
	}
	d := 0.0
	s.steps(func(_, fx, fy float64) { d = max(d, math.Abs(fx-fy)) })
	m, n := max(s.nx, s.ny), min(s.nx, s.ny)
	return Test{Statistic: d, P: kolmogorov(d * math.Sqrt(m*n/(m+n)))}, nil
}

// kolmogorov is the survival function of the limit of the scaled largest difference.
func kolmogorov(z float64) float64 {
	if z < 1 { // the series of the distribution function, which is short here
		if z <= 0.04 {
			return 1
		}
		var s sum
		for k := 1.0; k < 20; k += 2 {
			s.add(math.Exp(-k * k * math.Pi * math.Pi / (8 * z * z)))
		}
		return 1 - math.Sqrt(2*math.Pi)/z*s.value()
	}
	var s sum
	sign := 1.0
	for k := 1.0; k < 20; k++ {
		s.add(sign * math.Exp(-2*k*k*z*z))
		sign = -sign
	}
	return min(max(2*s.value(), 0), 1)
}

// between is a distance of two samples, NaN if they are not finite numbers with weights.
func between(x, y, wx, wy []float64, f func(twoSamples) float64) float64 {
	s, err := newTwoSamples("metrics", x, y, wx, wy)
	if err != nil {
		return math.NaN()
	}
	return f(s)
}

// Wasserstein is the mean way that numbers of one sample must be moved to make the other, the earth mover's distance, in their units. Best 0. wx and wy are nil or weights, here and in all
// distances of two samples; NaN where [KolmogorovSmirnov] gives an error.
func Wasserstein(x, y, wx, wy []float64) float64 {
	return between(x, y, wx, wy, func(s twoSamples) float64 {
		var d sum
		s.steps(func(width, fx, fy float64) { d.add(width * math.Abs(fx-fy)) })
		return d.value()
	})
}

// EnergyDistance is the root of twice the mean distance between the samples less those within each (Székely and Rizzo, Journal of Statistical Planning and Inference 143, 2013). Best 0.
func EnergyDistance(x, y, wx, wy []float64) float64 {
	return between(x, y, wx, wy, func(s twoSamples) float64 {
		var d sum
		s.steps(func(width, fx, fy float64) { d.add(width * (fx - fy) * (fx - fy)) })
		return math.Sqrt(2 * d.value())
	})
}

// CramerVonMises is the squared difference of the two distribution functions, averaged over all rows of both samples. Best 0.
func CramerVonMises(x, y, wx, wy []float64) float64 {
	return between(x, y, wx, wy, func(s twoSamples) float64 {
		var d sum
		beforeX, beforeY := 0.0, 0.0
		s.steps(func(_, fx, fy float64) {
			rows := (fx-beforeX)*s.nx + (fy-beforeY)*s.ny
			d.add(rows * (fx - fy) * (fx - fy))
			beforeX, beforeY = fx, fy
		})
		return d.value() / (s.nx + s.ny)
	})
}

// PSI is the population stability index of a new sample y against a reference x, over quantile bins of x, 0 for 10: below 0.1 little has changed, above 0.25 much, as the rule of thumb goes. A bin without rows counts as a share of 0.0001. NaN
// for a negative number of bins.
func PSI(x, y, wx, wy []float64, bins int) float64 {
	if bins == 0 {
		bins = 10
	}
	if bins < 1 || bins > maxBins {
		return math.NaN()
	}
	return between(x, y, wx, wy, func(s twoSamples) float64 {
		edges := make([]float64, bins-1)
		for i := range edges {
			edges[i] = quantile(s.x, s.wx, float64(i+1)/float64(bins))
		}
		edges = slices.Compact(edges)
		count := func(v, share []float64) []float64 {
			out := make([]float64, len(edges)+1)
			for i, x := range v {
				at, _ := slices.BinarySearch(edges, x)
				out[at] += share[i]
			}
			return out
		}
		p, q := count(s.x, s.wx), count(s.y, s.wy)
		var d sum
		for i := range p {
			a, b := max(p[i], 1e-4), max(q[i], 1e-4)
			d.add((b - a) * math.Log(b/a))
		}
		return d.value()
	})
}

// CategoryDrift is Pearson's chi-squared test that two samples of codes come from one distribution, over the codes that occur; weights count as repetitions. Codes may be any whole numbers. It is ErrData where only one
// code occurs; the rest is as in [CheckRows].
func CategoryDrift(x, y []int, wx, wy []float64) (Test, error) {
	const where = "metrics.CategoryDrift"
	for _, s := range []struct {
		v []int
		w []float64
	}{{x, wx}, {y, wy}} {
		if err := CheckRows(where, len(s.v), len(s.v), s.w); err != nil {
			return Test{}, err
		}
	}
	counts := map[int]*[2]sum{}
	var codes []int
	var total [2]sum
	for side, v := range [][]int{x, y} {
		weight := [][]float64{wx, wy}[side]
		for i, c := range v {
			if absent(weight, i) {
				continue
			}
			if counts[c] == nil {
				counts[c] = new([2]sum)
				codes = append(codes, c)
			}
			counts[c][side].add(w(weight, i))
			total[side].add(w(weight, i))
		}
	}
	if len(codes) < 2 {
		return Test{}, &ml.Error{Where: where, Field: "codes", Found: "one and the same in all rows", Want: "at least two", Kind: ml.ErrData}
	}
	slices.Sort(codes)
	var s sum
	all := total[0].value() + total[1].value()
	for _, c := range codes {
		both := counts[c][0].value() + counts[c][1].value()
		for side := range 2 {
			expected := both * (total[side].value() / all)
			d := counts[c][side].value() - expected
			s.add(d * d / expected)
		}
	}
	df := float64(len(codes) - 1)
	return Test{Statistic: s.value(), P: stats.ChiSquared{K: df}.Survival(s.value()), DF: df}, nil
}
