package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

type distributionCase struct {
	Name               string
	Params, X          []float64
	Log, CDF, Survival []float64
	P, Quantile        []float64
}

type file struct {
	Distributions []distributionCase
	Special       struct {
		X, Digamma, Trigamma []float64
		LogCDFX              []float64 `json:"log_cdf_x"`
		LogCDF               []float64 `json:"log_cdf"`
	}
	Q       []float64
	Samples []struct {
		X, Weight       []float64
		Plain, Repeated map[string][]float64
	}
	Moments struct {
		X, Weight                          []float64
		Mean, Variance, Skewness, Kurtosis float64
	}
}

func load(t *testing.T) file { return golden.Load[file](t, "testdata/stats.json") }

func of(name string, p []float64) Distribution {
	switch name {
	case "normal":
		return Normal{p[0], p[1]}
	case "t":
		return StudentT{p[0]}
	case "chi2":
		return ChiSquared{p[0]}
	case "gamma":
		return Gamma{p[0], p[1]}
	case "f":
		return F{p[0], p[1]}
	case "beta":
		return Beta{p[0], p[1]}
	case "binomial":
		return Binomial{p[0], p[1]}
	case "poisson":
		return Poisson{p[0]}
	case "nbinom":
		return NegativeBinomial{p[0], p[1]}
	}
	return nil
}

// 1e-11 relative, tails included: what the continued fractions of the incomplete gamma and beta functions keep at parameters up to 1e3; 1e-9 at
// 1e6, where log Γ is of the size of 1e7. Log densities are sums of log Γ of up to 1e6, quantiles SciPy's, good to 1e-9.
func TestDistributionsKeepTheirTails(t *testing.T) {
	for _, c := range load(t).Distributions {
		d := of(c.Name, c.Params)
		tol := 1e-11
		if c.Params[0] > 1e5 {
			tol = 1e-9
		}
		for i, x := range c.X {
			what := fmt.Sprintf("%s %v at %v", c.Name, c.Params, x)
			golden.Close(t, []float64{d.CDF(x), d.Survival(x)}, []float64{c.CDF[i], c.Survival[i]}, tol, 1e-305, what+": CDF and survival")
			golden.Close(t, []float64{d.LogProb(x)}, []float64{c.Log[i]}, 1e-9, 1e-9, what+": log density")
		}
		for i, p := range c.P {
			golden.Close(t, []float64{d.Quantile(p)}, []float64{c.Quantile[i]}, 1e-8, 1e-12, fmt.Sprintf("%s %v: quantile %v", c.Name, c.Params, p))
		}
		if !math.IsNaN(d.Quantile(-0.1)) || !math.IsNaN(d.Quantile(math.NaN())) {
			t.Error(c.Name, "has a quantile of what is no probability")
		}
	}
}

// The share of many draws below the median is what the distribution says, within five standard errors.
func TestDrawsFollowTheirDistribution(t *testing.T) {
	const n = 20_000
	for _, c := range load(t).Distributions {
		d := of(c.Name, c.Params)
		r := rand.New(rand.NewPCG(1, 2))
		median, below, at := d.Quantile(0.5), 0, 0
		for range n {
			switch x := d.Rand(r); {
			case x < median:
				below++
			case x == median:
				at++
			}
		}
		share := float64(below) + float64(at)*0.5
		p := d.CDF(median) - 0.5*math.Exp(d.LogProb(median))
		if c.Name != "binomial" && c.Name != "poisson" && c.Name != "nbinom" {
			p = 0.5
		}
		if math.Abs(share/n-p) > 5*math.Sqrt(0.25/n) {
			t.Errorf("%s %v: a share of %v below the median, want %v", c.Name, c.Params, share/n, p)
		}
	}
}

func TestSpecialFunctions(t *testing.T) {
	s := load(t).Special
	for i, x := range s.X {
		golden.Close(t, []float64{Digamma(x), Trigamma(x)}, []float64{s.Digamma[i], s.Trigamma[i]}, 1e-12, 1e-5*1e-9, fmt.Sprint("at ", x))
	}
	for i, x := range s.LogCDFX {
		golden.Close(t, []float64{Normal{0, 1}.LogCDF(x)}, []float64{s.LogCDF[i]}, 1e-14, 0, fmt.Sprint("log CDF at ", x))
	}
	if !math.IsNaN(Trigamma(-1)) {
		t.Error("a trigamma of -1")
	}
}

var byName = map[string]Definition{
	"linear": Linear, "inverted_cdf": InvertedCDF, "averaged_inverted_cdf": AveragedInvertedCDF, "closest_observation": ClosestObservation,
	"interpolated_inverted_cdf": InterpolatedInvertedCDF, "hazen": Hazen, "weibull": Weibull, "median_unbiased": MedianUnbiased, "normal_unbiased": NormalUnbiased,
}

func TestQuantilesAreNumPysAndWeightsRepeat(t *testing.T) {
	f := load(t)
	for _, s := range f.Samples {
		plain, weighted := NewSample(s.X, nil), NewSample(s.X, s.Weight)
		gaps, zeros := NewSample(append([]float64{math.NaN()}, s.X...), nil), NewSample(append([]float64{99}, s.X...), append([]float64{0}, s.Weight...))
		for name, d := range byName {
			for i, q := range f.Q {
				what := fmt.Sprintf("%s %v of %d", name, q, len(s.X))
				golden.Close(t, []float64{plain.Quantile(q, d), gaps.Quantile(q, d)}, []float64{s.Plain[name][i], s.Plain[name][i]}, 1e-12, 1e-14, what)
				golden.Close(t, []float64{weighted.Quantile(q, d), zeros.Quantile(q, d)}, []float64{s.Repeated[name][i], s.Repeated[name][i]}, 1e-12, 1e-14, what+" repeated")
			}
		}
	}
	shares := NewSample([]float64{1, 2, 3, 4, 5}, []float64{0.2, 0.2, 0.2, 0.2, 0.2})
	for q, want := range map[float64]float64{0: 1, 0.1: 1, 0.5: 3, 0.9: 5, 1: 5} {
		if a, b := shares.Quantile(q, InvertedCDF), shares.Quantile(q, AveragedInvertedCDF); a != want || b != want {
			t.Errorf("of shares the %v-quantile is %v and %v, want %v", q, a, b, want)
		}
	}
	if m := shares.Quantile(0.4, AveragedInvertedCDF); m != 2.5 {
		t.Error("the mean of two shares:", m)
	}
	if q := NewSample(nil, nil).Quantile(0.5, Linear); !math.IsNaN(q) {
		t.Error("the median of nothing is", q)
	}
	if q := NewSample([]float64{1, math.Inf(1), math.Inf(1)}, nil).Quantile(0.9, Linear); !math.IsInf(q, 1) {
		t.Error("between infinities lies", q)
	}
}

func TestMomentsMergeAndKeepTheirDigits(t *testing.T) {
	c := load(t).Moments
	var all, first, second Moments
	for i, x := range c.X {
		all.Add(x, c.Weight[i])
		if i < 20 {
			first.Add(x, c.Weight[i])
		} else {
			second.Add(x, c.Weight[i])
		}
	}
	first.Merge(second)
	// numbers of 1e6 with a spread of 1: ten digits are left of it
	for _, m := range []Moments{all, first} {
		golden.Close(t, []float64{m.Mean, m.Variance(1), m.Skewness(), m.Kurtosis()}, []float64{c.Mean, c.Variance, c.Skewness, c.Kurtosis}, 1e-8, 0, "moments")
	}
	if v := new(Moments).Variance(0); !math.IsNaN(v) {
		t.Error("the variance of nothing is", v)
	}
}

func TestCoMoments(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	all, a, b := NewCoMoments(3), NewCoMoments(3), NewCoMoments(3)
	var rows [][]float64
	for i := range 40 {
		row := []float64{1e6 + r.NormFloat64(), r.NormFloat64(), 0}
		row[2] = row[0] - row[1]
		for range 1 + i%3 {
			rows = append(rows, row)
		}
		all.Add(row, float64(1+i%3))
		if i%2 == 0 {
			a.Add(row, float64(1+i%3))
		} else {
			b.Add(row, float64(1+i%3))
		}
	}
	a.Merge(b)
	mean := make([]float64, 3)
	for _, row := range rows {
		for j, v := range row {
			mean[j] += v / float64(len(rows))
		}
	}
	want := make([]float64, 9)
	for _, row := range rows {
		for i := range 3 {
			for j := range 3 {
				want[i*3+j] += (row[i] - mean[i]) * (row[j] - mean[j]) / float64(len(rows)-1)
			}
		}
	}
	for _, c := range []*CoMoments{all, a} {
		got := make([]float64, 9)
		c.Covariance(got, 1)
		golden.Close(t, got, want, 1e-8, 1e-8, "covariance")
	}
}

func TestExactSumsIgnoreTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	x := make([]float64, 2000)
	for i := range x {
		x[i] = math.Ldexp(r.NormFloat64(), r.IntN(200)-100)
	}
	want := Exact(x)
	for range 10 {
		r.Shuffle(len(x), func(i, j int) { x[i], x[j] = x[j], x[i] })
		if got := Exact(x); got != want {
			t.Fatalf("%v in another order, %v before", got, want)
		}
	}
	for _, c := range []struct {
		x    []float64
		want float64
	}{
		{nil, 0}, {[]float64{1e100, 1, -1e100}, 1}, {[]float64{1, 1e-16, 1e-16}, 1 + 0x1p-52},
		{[]float64{math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64}, math.MaxFloat64}, {[]float64{math.Inf(1), 1}, math.Inf(1)},
		{[]float64{1, 0x1p-53, 0x1p-200}, 1 + 0x1p-52}, {[]float64{1, 0x1p-53, -0x1p-200}, 1},
	} {
		if got := Exact(c.x); got != c.want {
			t.Errorf("the sum of %v is %v, want %v", c.x, got, c.want)
		}
	}
	if got := Exact([]float64{math.Inf(1), math.Inf(-1)}); !math.IsNaN(got) {
		t.Error("Inf - Inf is", got)
	}
	var c Compensated
	for _, v := range slices.Concat([]float64{1e16}, slices.Repeat([]float64{1}, 1000), []float64{-1e16}) {
		c.Add(v)
	}
	if c.Sum() != 1000 {
		t.Error("compensated:", c.Sum())
	}
}

func TestLogSums(t *testing.T) {
	x := []float64{-1000, -1001, 3, 700, 710, math.Inf(-1), 709}
	var all, a, b LogSum
	for i, v := range x {
		all.Add(v)
		if i%2 == 0 {
			a.Add(v)
		} else {
			b.Add(v)
		}
	}
	a.Merge(b)
	want := 710 + math.Log(1+math.Exp(-1)+math.Exp(-10))
	golden.Close(t, []float64{all.Value(), a.Value()}, []float64{want, want}, 1e-15, 0, "log sum")
	if v := new(LogSum).Value(); !math.IsInf(v, -1) {
		t.Error("nothing sums to", v)
	}
	all.Add(math.Inf(1))
	if v := all.Value(); !math.IsInf(v, 1) {
		t.Error("with Inf:", v)
	}
}
