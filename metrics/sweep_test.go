package metrics_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// A sweepCase is an input that the golden script and the test make by the same whole numbers, and what the reference gives for it.
type sweepCase[W any] struct {
	Kind               string
	Rows, Cols, Levels int
	Weighted           bool
	Seed               uint64
	Want               map[string]W
}

// draws are the upper bits of a linear congruential generator.
type draws uint64

func (d *draws) next(below int) int {
	*d = *d*6364136223846793005 + 1442695040888963407
	return int(uint64(*d>>33) % uint64(below))
}

func (d *draws) weights(n int, weighted bool) []float64 {
	if !weighted {
		return nil
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = float64(d.next(9)) / 8
	}
	w[0] = 1
	return w
}

func grid[T any](rows, cols int) [][]T {
	out := make([][]T, rows)
	for i := range out {
		out[i] = make([]T, cols)
	}
	return out
}

func tensorOf(v [][]float64) *tensor.Tensor[float64] {
	return tensor.FromSlice(slices.Concat(v...), len(v), len(v[0]))
}

var averages = []metrics.Average{metrics.Macro, metrics.Weighted, metrics.Micro, metrics.Samples}

// sweep compares every score of every case to 1e-12, by which sums in another order differ.
func sweep[W float64 | []float64](t *testing.T, cases []sweepCase[W], scores func(d *draws, c sweepCase[W]) map[string]W) {
	t.Helper()
	for _, c := range cases {
		d := draws(c.Seed)
		got := scores(&d, c)
		for what, want := range c.Want {
			v, has := got[what]
			if !has {
				t.Errorf("no metric for %s", what)
				continue
			}
			g, w := numbersOf(v), numbersOf(want)
			if len(g) != len(w) {
				t.Errorf("%s of %s: %d numbers, want %d", what, c.Kind, len(g), len(w))
				continue
			}
			for i := range w {
				if math.IsNaN(w[i]) && math.IsNaN(g[i]) || g[i] == w[i] {
					continue
				}
				if !(math.Abs(g[i]-w[i]) <= 1e-12*max(1, math.Abs(w[i]))) {
					t.Errorf("%s of %s, %d x %d, %d levels, weights %v: %v, want %v (%d)", what, c.Kind, c.Rows, c.Cols, c.Levels, c.Weighted, g[i], w[i], i)
				}
			}
		}
	}
}

func numbersOf(v any) []float64 {
	if f, ok := v.(float64); ok {
		return []float64{f}
	}
	return v.([]float64)
}

// Random, tied, degenerate and weighted inputs, some longer than any block that metrics are summed by, give what the references give.
func TestEveryKindOfMatrix(t *testing.T) {
	want := golden.Load[struct {
		Matrix, Ranking, Labels, Fairness, Samples, Correlation []sweepCase[float64]
		Rows                                                    []sweepCase[[]float64]
	}](t, "testdata/sweep.json")
	t.Run("probabilities", func(t *testing.T) { sweep(t, want.Matrix, sweepMatrix) })
	t.Run("rankings", func(t *testing.T) { sweep(t, want.Ranking, sweepRanking) })
	t.Run("labels", func(t *testing.T) { sweep(t, want.Labels, sweepLabels) })
	t.Run("groups", func(t *testing.T) { sweep(t, want.Fairness, sweepFairness) })
	t.Run("samples", func(t *testing.T) { sweep(t, want.Samples, sweepSamples) })
	t.Run("correlations", func(t *testing.T) { sweep(t, want.Correlation, sweepCorrelation) })
	t.Run("rows", func(t *testing.T) {
		sweep(t, want.Rows, func(d *draws, c sweepCase[[]float64]) map[string][]float64 { return sweepRows(t, d, c) })
	})
}

func sweepMatrix(d *draws, c sweepCase[float64]) map[string]float64 {
	y, a := make([]int, c.Rows), grid[float64](c.Rows, c.Cols)
	for i := range y {
		if c.Kind == "missing" {
			y[i] = d.next(c.Cols - 1)
		} else {
			y[i] = d.next(c.Cols)
		}
		if c.Kind == "one class" {
			y[i] = 1
		}
		if c.Kind == "certain" {
			at := y[i]
			if d.next(4) == 0 {
				at = d.next(c.Cols)
			}
			a[i][at] = 1
			continue
		}
		sum := 0.0
		for j := range a[i] {
			a[i][j] = 1
			if c.Kind != "constant" {
				a[i][j] += float64(d.next(c.Levels))
				if j == y[i] {
					a[i][j] += float64(c.Levels / 2)
				}
			}
			sum += a[i][j]
		}
		for j := range a[i] {
			a[i][j] /= sum
		}
	}
	w, p := d.weights(c.Rows, c.Weighted), tensorOf(a)
	out := map[string]float64{
		"LogLoss": metrics.LogLoss(y, p, w...), "Brier": metrics.Brier(y, p, w...), "BrierSum": metrics.BrierSum(y, p, w...), "D2LogLoss": metrics.D2LogLoss(y, p, w...), "D2Brier": metrics.D2Brier(y, p, w...),
		"TopK 1": metrics.TopKAccuracy(y, p, 1, w...), "TopK 2": metrics.TopKAccuracy(y, p, 2, w...), "HingeLossMulti": metrics.HingeLossMulti(y, p, w...),
	}
	for _, average := range averages {
		out["ROCAUCOvR "+average.String()] = metrics.ROCAUCOvR(y, p, average, w...)
		out["ROCAUCOvO "+average.String()] = metrics.ROCAUCOvO(y, p, average, w...)
		out["AveragePrecisionOvR "+average.String()] = metrics.AveragePrecisionOvR(y, p, average, w...)
	}
	return out
}

func sweepRanking(d *draws, c sweepCase[float64]) map[string]float64 {
	var rel, score, w []float64
	var group []int
	for i := range c.Rows {
		for range c.Cols {
			r := 0
			switch {
			case c.Kind == "nothing" || c.Kind == "empty query" && i == 0:
			case c.Kind == "all alike":
				r = 2
			default:
				r = d.next(4)
			}
			s := 0.5
			if c.Kind != "constant" {
				s = float64(d.next(c.Levels)+r) / float64(c.Levels)
			}
			rel, score, group = append(rel, float64(r)), append(score, s), append(group, i)
		}
	}
	for _, v := range d.weights(c.Rows, c.Weighted) {
		w = append(w, slices.Repeat([]float64{v}, c.Cols)...)
	}
	out := map[string]float64{}
	q, err := metrics.NewQueries(rel, score, group, w...)
	if err != nil {
		return out
	}
	for _, k := range []int{0, 1, 3, 1500} {
		out[fmt.Sprint("NDCG ", k)] = metrics.NDCG(rel, score, group, k, w...)
		out[fmt.Sprint("DCG ", k)] = q.Mean(func(q *metrics.Query) float64 { return q.DCG(k, metrics.Identity) })
	}
	return out
}

func sweepLabels(d *draws, c sweepCase[float64]) map[string]float64 {
	y, p, s := grid[int](c.Rows, c.Cols), grid[int](c.Rows, c.Cols), grid[float64](c.Rows, c.Cols)
	for i := range y {
		for j := range y[i] {
			y[i][j] = d.next(2)
			switch {
			case c.Kind == "none":
				y[i][j] = 0
			case c.Kind == "all":
				y[i][j] = 1
			case c.Kind == "mixed rows" && i < 2:
				y[i][j] = i
			}
			p[i][j] = y[i][j]
			if d.next(3) == 0 {
				p[i][j] = 1 - y[i][j]
			}
			if c.Kind == "nothing predicted" {
				p[i][j] = 0
			}
			s[i][j] = 0.5
			if c.Kind != "constant" {
				s[i][j] = float64(d.next(c.Levels)+y[i][j]*(c.Levels/4)) / float64(c.Levels)
			}
		}
	}
	w, score := d.weights(c.Rows, c.Weighted), tensorOf(s)
	out := map[string]float64{
		"HammingLoss": metrics.HammingLoss(y, p, w...), "SubsetAccuracy": metrics.SubsetAccuracy(y, p, w...), "LRAP": metrics.LRAP(y, score, w...), "CoverageError": metrics.CoverageError(y, score, w...),
		"RankingLoss": metrics.RankingLoss(y, score, w...),
	}
	for _, average := range averages {
		name := average.String()
		out["Precision "+name], out["Recall "+name] = metrics.Precision(y, p, average, w...), metrics.Recall(y, p, average, w...)
		out["F1 "+name], out["Jaccard "+name] = metrics.F1(y, p, average, w...), metrics.Jaccard(y, p, average, w...)
		out["ROCAUCLabels "+name], out["AveragePrecisionLabels "+name] = metrics.ROCAUCLabels(y, score, average, w...), metrics.AveragePrecisionLabels(y, score, average, w...)
	}
	return out
}

func sweepFairness(d *draws, c sweepCase[float64]) map[string]float64 {
	y, p, g := make([]int, c.Rows), make([]int, c.Rows), make([]int, c.Rows)
	for i := range y {
		g[i] = d.next(c.Cols)*3 - 1
		y[i] = d.next(2)
		p[i] = y[i]
		if d.next(3) == 0 {
			p[i] = d.next(2)
		}
		switch {
		case c.Kind == "one group":
			g[i] = 7
		case c.Kind == "nobody" || c.Kind == "a group of none" && g[i] == -1:
			p[i] = 0
		case c.Kind == "everybody":
			p[i] = 1
		case c.Kind == "perfect":
			p[i] = y[i]
		}
	}
	w := d.weights(c.Rows, c.Weighted)
	out := map[string]float64{
		"DemographicParityDifference": metrics.DemographicParityDifference(p, g, w...), "DemographicParityRatio": metrics.DemographicParityRatio(p, g, w...),
		"EqualizedOddsDifference": metrics.EqualizedOddsDifference(y, p, g, w...), "EqualizedOddsRatio": metrics.EqualizedOddsRatio(y, p, g, w...),
		"EqualOpportunityDifference": metrics.EqualOpportunityDifference(y, p, g, w...), "EqualOpportunityRatio": metrics.EqualOpportunityRatio(y, p, g, w...),
	}
	if table, err := metrics.ByGroup(metrics.Accuracy, y, p, g, w...); err == nil {
		out["Overall"], out["Difference"], out["Ratio"], out["ToOverall"] = table.Overall, table.Difference(), table.Ratio(), table.ToOverall()
	}
	return out
}

func sweepSamples(d *draws, c sweepCase[float64]) map[string]float64 {
	x, y := make([]float64, c.Rows), make([]float64, c.Cols)
	for i := range x {
		x[i] = 0.5
		if c.Kind != "one constant" && c.Kind != "both constant" {
			x[i] = float64(d.next(c.Levels)) / 8
		}
	}
	for i := range y {
		y[i] = 0.5
		if c.Kind != "both constant" {
			y[i] = float64(d.next(c.Levels)+c.Levels/8) / 8
		}
		if c.Kind == "apart" {
			y[i] += float64(c.Levels)
		}
	}
	if c.Kind == "the same" {
		y = slices.Clone(x)
		slices.Reverse(y)
	}
	wx := d.weights(len(x), c.Weighted)
	wy := d.weights(len(y), c.Weighted)
	out := map[string]float64{"Wasserstein": metrics.Wasserstein(x, y, wx, wy), "EnergyDistance": metrics.EnergyDistance(x, y, wx, wy)}
	if ks, err := metrics.KolmogorovSmirnov(x, y, wx, wy); err == nil {
		out["KolmogorovSmirnov"], out["KolmogorovSmirnov P"] = ks.Statistic, ks.P
	}
	return out
}

func sweepCorrelation(d *draws, c sweepCase[float64]) map[string]float64 {
	x, y := make([]float64, c.Rows), make([]float64, c.Rows)
	for i := range x {
		x[i] = 2
		if c.Kind != "one constant" && c.Kind != "both constant" {
			x[i] = float64(d.next(c.Levels)) / 8
		}
		switch c.Kind {
		case "both constant":
			y[i] = 3
		case "equal":
			y[i] = x[i]
		case "opposite":
			y[i] = 5 - 2*x[i]
		default:
			y[i] = x[i]/2 + float64(d.next(c.Levels))/8
		}
	}
	var w []float64
	if c.Weighted {
		for i := range x {
			w = append(w, float64(d.next(4)))
			if i < 2 {
				w[i] = 1
			}
		}
	}
	return map[string]float64{"Pearson": metrics.Pearson(x, y, w...), "Spearman": metrics.Spearman(x, y, w...), "Kendall": metrics.Kendall(x, y, w...)}
}

func sweepRows(t *testing.T, d *draws, c sweepCase[[]float64]) map[string][]float64 {
	fill := func(rows int) [][]float64 {
		out := grid[float64](rows, c.Cols)
		for _, r := range out {
			for j := range r {
				r[j] = float64(d.next(c.Levels)-c.Levels/2) / 8
			}
		}
		return out
	}
	each := func(v [][]float64, f func(v float64) float64) *tensor.Tensor[float64] {
		flat := slices.Concat(v...)
		for i := range flat {
			flat[i] = f(flat[i])
		}
		return tensor.FromSlice(flat, len(v), len(v[0]))
	}
	a, b := fill(c.Rows), fill(13)
	for j := range c.Cols {
		switch c.Kind {
		case "zeros":
			a[0][j], b[0][j] = 0, 0
		case "constant":
			a[0][j], b[0][j] = 1.5, 0.25
		case "the same":
			for i := range b {
				b[i][j] = a[i%len(a)][j]
			}
		}
	}
	x, y := tensorOf(a), tensorOf(b)
	missing := each(a, func(v float64) float64 {
		if d.next(5) == 0 {
			return math.NaN()
		}
		return v
	})
	positive := func(v float64) float64 {
		if v > 0 {
			return 1
		}
		return 0
	}
	angle := func(v [][]float64) *tensor.Tensor[float64] {
		out := grid[float64](len(v), 2)
		for i := range v {
			for j := range 2 {
				out[i][j] = v[i][j] - 1.5*math.Floor(v[i][j]/1.5)
			}
		}
		return tensorOf(out)
	}
	bits, otherBits, size, otherSize := each(a, positive), each(b, positive), each(a, math.Abs), each(b, math.Abs)
	variance := make([]float64, c.Cols)
	for j := range variance {
		variance[j] = float64(1 + j%3)
	}
	out := map[string][]float64{}
	keep := func(name string, m *tensor.Tensor[float64], err error) {
		t.Helper()
		if err != nil {
			t.Fatal(name, err)
		}
		v := m.Data()
		for i := 0; i < len(v); i += len(v)/13 + 1 {
			out[name] = append(out[name], v[i])
		}
	}
	distance := func(name string, x, y *tensor.Tensor[float64], d metrics.Distance) {
		t.Helper()
		m, err := metrics.Distances(x, y, d)
		keep(name, m, err)
	}
	kernel := func(name string, x, y *tensor.Tensor[float64], k metrics.Kernel) {
		t.Helper()
		m, err := metrics.Kernels(x, y, k)
		keep(name, m, err)
	}
	for name, d := range map[string]metrics.Distance{
		"euclidean": metrics.Euclidean{}, "sqeuclidean": metrics.SquaredEuclidean{}, "cityblock": metrics.Manhattan{}, "chebyshev": metrics.Chebyshev{}, "canberra": metrics.Canberra{}, "hamming": metrics.Hamming{},
		"minkowski": metrics.Minkowski{P: 1.5}, "seuclidean": metrics.StandardizedEuclidean{Variance: variance}, "cosine distance": metrics.Cosine{}, "correlation": metrics.Correlation{},
	} {
		distance(name, x, y, d)
	}
	distance("jaccard", bits, otherBits, metrics.JaccardDistance{})
	distance("braycurtis", size, otherSize, metrics.BrayCurtis{})
	distance("nan_euclidean", missing, y, metrics.NaNEuclidean{})
	distance("haversine", angle(a), angle(b), metrics.Haversine{})
	if c.Cols <= 64 {
		precision := grid[float64](c.Cols, c.Cols)
		for i := range precision {
			precision[i][i] = 2
			if i > 0 {
				precision[i][i-1], precision[i-1][i] = -0.5, -0.5
			}
		}
		distance("mahalanobis", x, y, metrics.Mahalanobis{Precision: precision})
	}
	gamma := 1 / float64(4*c.Cols)
	for name, k := range map[string]metrics.Kernel{
		"linear": metrics.LinearKernel{}, "polynomial": metrics.PolynomialKernel{Degree: 3, Gamma: gamma, Coef0: 0.5}, "rbf": metrics.RBF{Gamma: gamma}, "laplacian": metrics.LaplacianKernel{Gamma: gamma},
		"sigmoid": metrics.SigmoidKernel{Gamma: gamma, Coef0: 0.5}, "cosine": metrics.CosineKernel{},
	} {
		kernel(name, x, y, k)
	}
	kernel("additive", size, otherSize, metrics.AdditiveChi2Kernel{})
	kernel("chi2", size, otherSize, metrics.Chi2Kernel{Gamma: gamma})
	return out
}
