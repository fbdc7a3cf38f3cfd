package metrics

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
)

func TestIntervalsAreTheReferences(t *testing.T) {
	want := golden.Load[struct {
		DeLong []struct {
			Y                             []int
			A, B, Weight, Plain, Weighted []float64
		}
		McNemar []struct {
			Y, A, B     []int
			Counts, Chi []float64
			Exact       float64
		}
		Drawn, Left, X, Wilson []float64
		BCa                    [][]float64
		Folds                  struct{ A, B, T, Five []float64 }
	}](t, "testdata/intervals.json")
	for i, c := range want.DeLong {
		for v, want := range [][]float64{c.Plain, c.Weighted} {
			weight := c.Weight
			if v == 0 {
				weight = nil
			}
			a, err := AUCInterval(c.Y, c.A, 0, weight...)
			b, err2 := AUCInterval(c.Y, c.B, 0.8, weight...)
			d, err3 := CompareAUC(c.Y, c.A, c.B, 0, weight...)
			if err != nil || err2 != nil || err3 != nil {
				t.Fatal(err, err2, err3)
			}
			each(t, fmt.Sprint("DeLong ", i, v), []float64{a.Low, a.Value, a.High, b.Low, b.Value, b.High, d.Test.Statistic, d.Test.P, d.Difference.Low, d.Difference.High}, want)
			close1(t, "area", d.A, ROCAUC(c.Y, c.A, weight...))
		}
	}
	for _, c := range want.McNemar {
		r, err := McNemar(c.Y, c.A, c.B)
		if err != nil {
			t.Fatal(err)
		}
		each(t, "McNemar", []float64{r.OnlyA, r.OnlyB, r.Test.Statistic, r.Test.P, r.Exact}, append(append(c.Counts, c.Chi...), c.Exact))
	}
	mean := meanOf(len(want.X), nil, func(i int) float64 { return want.X[i] })
	for _, b := range want.BCa {
		low, high := corrected(mean, want.Drawn, want.Left, b[0])
		each(t, "BCa", []float64{low, high}, b[1:])
	}
	c, err := CorrectedT(want.Folds.A, want.Folds.B, 1.0/9)
	if err != nil {
		t.Fatal(err)
	}
	each(t, "corrected t", []float64{c.Test.Statistic, c.Test.P, c.Difference.Value, c.Difference.Low, c.Difference.High}, want.Folds.T)
	five, err := FiveByTwo(want.Folds.A, want.Folds.B)
	if err != nil {
		t.Fatal(err)
	}
	each(t, "5x2", []float64{five.Statistic, five.P}, want.Folds.Five)
	w, err := ShareInterval(37, 50, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	each(t, "Wilson", []float64{w.Low, w.High}, want.Wilson)
}

// Intervals of 90% should hold the true value in nine of ten samples: within four standard errors of that, less what a bootstrap of 60 rows is known to miss.
func TestIntervalsCoverTheTruth(t *testing.T) {
	const repeats, n = 200, 60
	hits := map[string]int{}
	truth := stats.Normal{Sigma: 1}.CDF(1 / math.Sqrt2) // the area for normal scores one apart
	for k := range uint64(repeats) {
		r := rng.New(k, 77)
		y, s, v := make([]int, n), make([]float64, n), make([]float64, n)
		for i := range n {
			y[i] = i % 2
			s[i] = r.NormFloat64() + float64(y[i])
			v[i] = r.ExpFloat64()
		}
		in := func(name string, i Interval, err error, truth float64) {
			if err != nil {
				t.Fatal(err)
			}
			if i.Low <= truth && truth <= i.High {
				hits[name]++
			}
		}
		i, err := AUCInterval(y, s, 0.9)
		in("DeLong", i, err, truth)
		for _, m := range []Resampling{BCa, Percentile, Basic} {
			b := Bootstrap{Resamples: 300, Level: 0.9, Method: m, Seed: k}
			i, err = b.Of(n, func(w []float64) float64 { return MeanError(make([]float64, n), v, w...) })
			in(fmt.Sprint("mean by ", m), i, err, 1)
		}
	}
	for name, h := range hits {
		if share := float64(h) / repeats; share < 0.81 || share > 0.97 {
			t.Errorf("%s: covers the truth in %v of %d samples", name, share, repeats)
		}
	}
}

func TestBootstrapKeepsItsWord(t *testing.T) {
	r := rng.New(3, 3)
	n := 80
	y, a, b, group := make([]int, n), make([]float64, n), make([]float64, n), make([]int, n)
	weight := make([]float64, n)
	for i := range n {
		y[i], group[i], weight[i] = r.IntN(2), i/4, float64(i%3)
		a[i], b[i] = float64(y[i])+r.NormFloat64(), float64(y[i])*0.2+r.NormFloat64()
	}
	run := func(c Bootstrap, weight ...float64) (Interval, Comparison) {
		i, err := WithCI(ROCAUC, y, a, c, weight...)
		if err != nil {
			t.Fatal(err)
		}
		d, err := c.Compare(n, func(w []float64) float64 { return ROCAUC(y, a, w...) }, func(w []float64) float64 { return ROCAUC(y, b, w...) }, weight...)
		if err != nil {
			t.Fatal(err)
		}
		return i, d
	}
	for _, c := range []Bootstrap{{Resamples: 200}, {Resamples: 200, Group: group}, {Resamples: 200, Method: Basic, Level: 0.5, Seed: 9}} {
		for _, weight := range [][]float64{nil, weight} {
			i, d := run(c, weight...)
			procs := runtime.GOMAXPROCS(1)
			j, e := run(c, weight...)
			runtime.GOMAXPROCS(procs)
			if i != j || d != e {
				t.Errorf("%+v: other bytes on one core: %v %v, %v %v", c, i, j, d, e)
			}
			close1(t, "value", i.Value, ROCAUC(y, a, weight...))
			if !(i.Low <= i.Value && i.Value <= i.High) {
				t.Errorf("%+v: %v", c, i)
			}
			close1(t, "difference", d.Difference.Value, d.A-d.B)
			if !(d.Test.P > 0 && d.Test.P <= 1) || math.IsNaN(d.Test.Statistic) {
				t.Errorf("%+v: %+v", c, d)
			}
		}
	}
	nan := func([]float64) float64 { return math.NaN() }
	for name, c := range map[string]struct {
		err  func() error
		kind error
	}{
		"undefined": {func() error { _, err := Bootstrap{}.Of(3, nan); return err }, ml.ErrTarget},
		"level":     {func() error { _, err := Bootstrap{Level: 2}.Of(3, nan); return err }, ml.ErrConfig},
		"resamples": {func() error { _, err := Bootstrap{Resamples: -1}.Of(3, nan); return err }, ml.ErrConfig},
		"method":    {func() error { _, err := Bootstrap{Method: 7}.Of(3, nan); return err }, ml.ErrConfig},
		"group":     {func() error { _, err := Bootstrap{Group: []int{1}}.Of(3, nan); return err }, ml.ErrShape},
		"no rows":   {func() error { _, err := Bootstrap{}.Of(0, nan); return err }, ml.ErrShape},
		"weights":   {func() error { _, err := Bootstrap{}.Of(2, nan, 0, 0); return err }, ml.ErrWeight},
		"lengths":   {func() error { _, err := WithCI(MSE, []float64{1}, []float64{1, 2}, Bootstrap{}); return err }, ml.ErrShape},
		"one class": {func() error { _, err := AUCInterval([]int{1, 1}, []float64{1, 2}, 0); return err }, ml.ErrTarget},
		"one row":   {func() error { _, err := AUCInterval([]int{1, 0, 0}, []float64{1, 2, 3}, 0); return err }, ml.ErrTarget},
		"AUC level": {func() error { _, err := CompareAUC([]int{1, 0}, []float64{1, 2}, []float64{1, 2}, 1); return err }, ml.ErrConfig},
		"McNemar":   {func() error { _, err := McNemar([]int{1}, []int{1}, []int{1, 2}); return err }, ml.ErrShape},
		"one fold":  {func() error { _, err := CorrectedT([]float64{1}, []float64{1}, 1); return err }, ml.ErrShape},
		"ratio":     {func() error { _, err := CorrectedT([]float64{1, 2}, []float64{1, 2}, 0); return err }, ml.ErrConfig},
		"nine":      {func() error { _, err := FiveByTwo(make([]float64, 9), make([]float64, 9)); return err }, ml.ErrShape},
		"successes": {func() error { _, err := ShareInterval(3, 2, 0); return err }, ml.ErrConfig},
	} {
		var e *ml.Error
		if err := c.err(); !errors.Is(err, c.kind) || !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	same, err := CompareAUC(y, a, a, 0)
	if err != nil || same.Test.P != 1 || same.Test.Statistic != 0 {
		t.Errorf("the same scores: %+v, %v", same, err)
	}
	none, _ := McNemar([]int{1, 1}, []int{1, 0}, []int{1, 0})
	if none.Exact != 1 || none.Test.P != 1 {
		t.Errorf("no difference: %+v", none)
	}
	equal, _ := CorrectedT([]float64{1, 2}, []float64{1, 2}, 1)
	if equal.Test.P != 1 {
		t.Errorf("equal folds: %+v", equal)
	}
}

func TestFairnessIsFairlearns(t *testing.T) {
	type result struct{ DP, EO, Opportunity, Groups, Frame []float64 }
	want := golden.Load[struct {
		Cases []struct {
			Y, Pred, Group  []int
			Weight          []float64
			Plain, Weighted result
		}
	}](t, "testdata/fairness.json")
	for i, c := range want.Cases {
		for v, want := range []result{c.Plain, c.Weighted} {
			at, weight := fmt.Sprint("groups ", i, v, ": "), c.Weight
			if v == 0 {
				weight = nil
			}
			each(t, at+"demographic parity", []float64{DemographicParityDifference(c.Pred, c.Group, weight...), DemographicParityRatio(c.Pred, c.Group, weight...)}, want.DP)
			each(t, at+"equalised odds", []float64{EqualizedOddsDifference(c.Y, c.Pred, c.Group, weight...), EqualizedOddsRatio(c.Y, c.Pred, c.Group, weight...)}, want.EO)
			each(t, at+"equal opportunity", []float64{EqualOpportunityDifference(c.Y, c.Pred, c.Group, weight...), EqualOpportunityRatio(c.Y, c.Pred, c.Group, weight...)}, want.Opportunity)
			g, err := ByGroup(Accuracy, c.Y, c.Pred, c.Group, weight...)
			if err != nil {
				t.Fatal(err)
			}
			var values []float64
			for _, s := range g.Groups {
				values = append(values, s.Value)
			}
			each(t, at+"accuracy", values, want.Groups)
			least, most := g.Range()
			each(t, at+"table", []float64{g.Overall, least, most, g.Difference(), g.Ratio(), g.ToOverall()}, want.Frame)
		}
	}
	g, err := ByGroup(Accuracy, []int{0, 1, 1}, []int{0, 1, 0}, []int{7, 7, 3}, 1, 1, 2)
	if err != nil || g.String() != "group  rows   value\n    3     2  0.0000\n    7     2  1.0000\n  all        0.5000\n" {
		t.Errorf("%v\n%v", err, g)
	}
	if few := g.AtLeast(3); len(few.Groups) != 0 || !math.IsNaN(few.Difference()) {
		t.Error(few)
	}
	codes, names, err := CrossGroups([]int{0, 1, 0, 1}, []int{5, 5, 2, 5})
	if err != nil || fmt.Sprint(codes, names) != "[1 2 0 2] [[0 2] [0 5] [1 5]]" {
		t.Error(codes, names, err)
	}
	for name, err := range map[string]error{
		"group": func() error { _, err := ByGroup(Accuracy, []int{0}, []int{0}, nil); return err }(),
		"cross": func() error { _, _, err := CrossGroups([]int{0}, []int{0, 1}); return err }(),
		"none":  func() error { _, _, err := CrossGroups(); return err }(),
	} {
		if !errors.Is(err, ml.ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if v := DemographicParityRatio([]int{2}, []int{0}); !math.IsNaN(v) {
		t.Error(v)
	}
}
