package linear

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestTheilSenLaws(t *testing.T) {
	mltest.Regressor(t, TheilSen{MaxSubpopulation: 500},
		mltest.Waive(mltest.RepeatedRows, "rows are drawn, not weights"),
		mltest.Waive(mltest.RowOrder, "rows are drawn by their position"))
}

// With all subsets nothing is drawn: no law is waived. 2000 are enough for all, but where a law makes the rows many.
func TestTheilSenOfAllSubsetsLaws(t *testing.T) {
	mltest.Regressor(t, TheilSen{MaxSubpopulation: 2000}, mltest.Data(spoiledRows(24, 1)))
	mltest.Regressor(t, TheilSen{MaxSubpopulation: 2000, NoIntercept: true}, mltest.Data(spoiledRows(16, 2)))
}

func spoiledRows(n, p int) ml.Dataset[float64] {
	d, _, _ := spoiled(n, p, 0.1, false)
	d.Weight = make([]float64, n)
	for i := range d.Weight {
		d.Weight[i] = float64(i%3 + 1)
	}
	return d
}

// 1e-9: the reference stops at a step of 1e-14 at a linear rate; its subsets' condition numbers reach 1e4.
func TestTheilSenMatchesScikitLearn(t *testing.T) {
	file := golden.Load[struct {
		Theil map[string]struct {
			FitCase
			Y           []float64
			Subsamples  int
			NoIntercept bool `json:"no_intercept"`
			Breakdown   float64
		}
	}](t, "testdata/robust.json")
	if len(file.Theil) < 4 {
		t.Fatal("only", len(file.Theil), "cases")
	}
	for name, c := range file.Theil {
		for storage, table := range storages(c.table(t)) {
			what := name + " " + storage
			config := TheilSen{NSubsamples: c.Subsamples, NoIntercept: c.NoIntercept, Tol: 1e-13, MaxIter: 100_000}
			m, err := config.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(what, err)
			}
			if m.Info.Status != ml.Converged {
				t.Errorf("%s: %v after %d iterations, gap %g", what, m.Info.Status, m.Info.Iterations, m.Info.Gap)
			}
			closeTo(t, m.Coef, c.Coef[0], 1e-9, what)
			golden.Close(t, []float64{m.Intercept}, []float64{c.Intercept[0]}, 1e-9, 1e-9, what+" intercept")
			golden.Close(t, []float64{config.Breakdown(table.X.Dims())}, []float64{c.Breakdown}, 1e-12, 0, what+" breakdown")
		}
	}
}

func TestTheilSenThroughTheOriginIsTheMedianSlope(t *testing.T) {
	x := []float64{1, 2, 4, 0, -5}
	y := []float64{1, 6, 8, 99, -20} // slopes 1, 3, 2, none and 4
	for _, c := range []struct {
		weight []float64
		want   float64
	}{{nil, 2.5}, {[]float64{1, 1, 1, 50, 0}, 2}, {[]float64{5, 1, 1, 1, 1}, 1}} {
		m, err := TheilSen{NoIntercept: true}.Fit(ctx, ml.Dataset[float64]{Table: ml.Table{X: tensor.FromSlice(x, 5, 1), Weight: c.weight}, Y: y})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(m.Coef[0]-c.want) > 1e-14 || !strings.Contains(m.Info.Note, "1 of") {
			t.Errorf("slope %v, want %v; note %q", m.Coef[0], c.want, m.Info.Note)
		}
	}
}

func TestTheilSenDoesNotBreakDown(t *testing.T) {
	d, coef, bad := spoiled(200, 3, 0.1, true)
	for _, c := range []TheilSen{{}, {Seed: 7, MaxSubpopulation: 3000}} {
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		for j, want := range append(slices.Clone(coef), 2) {
			if got := append(slices.Clone(m.Coef), m.Intercept)[j]; math.Abs(got-want) > 0.2 {
				t.Errorf("coefficient %d is %v, want %v", j, got, want)
			}
		}
		for i, b := range bad {
			if b && !m.Outliers[i] {
				t.Errorf("bad row %d is no outlier", i)
			}
		}
	}
	a, _ := TheilSen{}.Fit(ctx, d)
	b, _ := TheilSen{Seed: 1}.Fit(ctx, d)
	if slices.Equal(a.Coef, b.Coef) {
		t.Error("the seed changes nothing")
	}
}

// Columns far from 0 and close together are as good as any: least squares on the numbers as they are would lose all digits.
func TestTheilSenExactFit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	x, y := tensor.New[float64](40, 2), make([]float64, 40)
	for i := range y {
		x.Set(1.7e12+math.Round(1000*r.Float64()), i, 0)
		x.Set(r.NormFloat64(), i, 1)
		y[i] = 3*(x.At(i, 0)-1.7e12) - x.At(i, 1)
		if i < 4 {
			y[i] += 1e5
		}
	}
	m, err := TheilSen{}.Fit(ctx, ml.Data[float64](x, y))
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, m.Coef, []float64{3, -1}, 1e-6, 1e-6, "coefficients")
	for i, out := range m.Outliers {
		if out != (i < 4) {
			t.Errorf("row %d: outlier %v, scale %v", i, out, m.Scale)
		}
	}
}

func TestTheilSenOfDependentColumnsTakesTheShortest(t *testing.T) {
	d, _, _ := spoiled(60, 1, 0.1, false)
	twice := tensor.New[float64](60, 3)
	for i := range 60 {
		twice.Set(d.X.At(i, 0), i, 0)
		twice.Set(d.X.At(i, 0), i, 1)
		twice.Set(7, i, 2)
	}
	m, err := TheilSen{}.Fit(ctx, ml.Data[float64](twice, d.Y))
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, []float64{m.Coef[1], m.Coef[2]}, []float64{m.Coef[0], 0}, 1e-9, 1e-9, "equal columns, and a constant one")
	if math.Abs(m.Coef[0]+0.75) > 0.2 || !strings.Contains(m.Info.Note, "shortest") {
		t.Errorf("%v, note %q", m.Coef, m.Info.Note)
	}
}

func TestTheilSenOfAllRowsIsOLS(t *testing.T) {
	for _, d := range []ml.Dataset[float64]{regression(12, 3), regression(5, 9)} {
		rows, _ := d.X.Dims()
		m, err := TheilSen{NSubsamples: rows}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		ols, err := OLS{}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, m.Coef, ols.Coef, 1e-12, 1e-12, "coefficients")
	}
}

func TestCombinationsAreAllSubsetsInOrder(t *testing.T) {
	for n := 1; n <= 8; n++ {
		for k := 1; k <= n; k++ {
			at, first := make([]int, k), make([]int, k)
			combination(first, 0, n)
			for i := range int(binomial(n, k)) {
				combination(at, i, n)
				if !slices.Equal(at, first) || !slices.IsSorted(at) || at[k-1] >= n {
					t.Fatalf("%d of %d, number %d: %v and %v", k, n, i, at, first)
				}
				last := slices.Clone(first)
				if nextCombination(first, n); slices.Compare(last, first) >= 0 && i+1 < int(binomial(n, k)) {
					t.Fatalf("%v is not after %v", first, last)
				}
			}
		}
	}
	if got := binomial(60, 30); math.Abs(got/118264581564861424-1) > 1e-14 {
		t.Error("60 over 30 is", got)
	}
}

// The median of the corners of a triangle is where the sides are seen under 120°, or a corner with at least that angle.
func TestSpatialMedian(t *testing.T) {
	for name, c := range map[string]struct{ points, weight, want []float64 }{
		"equilateral":       {[]float64{0, 0, 1, 0, 0.5, math.Sqrt(3) / 2}, []float64{1, 1, 1}, []float64{0.5, math.Sqrt(3) / 6}},
		"obtuse":            {[]float64{-10, 1, 10, 1, 0, 0}, []float64{1, 1, 1}, []float64{0, 0}},
		"heavy corner":      {[]float64{0, 0, 1, 0, 0.5, 1}, []float64{1, 1, 3}, []float64{0.5, 1}},
		"quadrilateral":     {[]float64{0, 0, 2, 2, 0, 1, 3, 0}, []float64{1, 1, 1, 1}, []float64{0.75, 0.75}},
		"starts at a point": {[]float64{0, 1, 4, 1, -4, 1, 0, 30}, []float64{1e-9, 1, 1, 1}, []float64{0, 1 + 4/math.Sqrt(3)}},
	} {
		var info ml.Info
		cloud := &pointCloud{n: len(c.weight), width: 2, points: c.points, weight: c.weight}
		for _, w := range c.weight {
			cloud.total += w
		}
		got, err := cloud.median(ml.Track(ctx, "iteration", 0), 100_000, 1e-13, &info)
		if err != nil {
			t.Fatal(err)
		}
		if info.Status != ml.Converged || math.Hypot(got[0]-c.want[0], got[1]-c.want[1]) > 1e-6 {
			t.Errorf("%s: %v, want %v; %v after %d iterations", name, got, c.want, info.Status, info.Iterations)
		}
	}
}

func TestTheilSenConfigErrors(t *testing.T) {
	d := regression(10, 2)
	for field, c := range map[string]TheilSen{"NSubsamples": {NSubsamples: 2}, "MaxSubpopulation": {MaxSubpopulation: -1}, "Tol": {Tol: 1}, "MaxIter": {MaxIter: -1}} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := (TheilSen{NSubsamples: 11}).Fit(ctx, d); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	big := regression(1000, 20)
	if _, err := (TheilSen{MaxSubpopulation: math.MaxInt}).Fit(ctx, big); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

func BenchmarkTheilSen(b *testing.B) {
	for _, p := range []int{2, 10} {
		b.Run(fmt.Sprintf("10kx%d", p), func(b *testing.B) { benchmarkFit(b, TheilSen{}, regression(10_000, p)) })
	}
}
