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

// column is one-column data.
func column(x, y, weight []float64) ml.Dataset[float64] {
	d := ml.Data[float64](tensor.FromSlice(slices.Clone(x), len(x), 1), y)
	if len(weight) > 0 {
		d.Weight = weight
	}
	return d
}

func TestIsotonicLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	plain, tied := ml.Dataset[float64]{}, ml.Dataset[float64]{}
	x, y, w := make([]float64, 90), make([]float64, 90), make([]float64, 90)
	for i := range x {
		x[i] = r.NormFloat64()
		y[i] = x[i] + 0.3*r.NormFloat64()
		w[i] = float64(r.IntN(3))
		if r.IntN(4) == 0 {
			x[i] = 0
		}
	}
	plain = column(x, y, nil)
	for i := range x {
		x[i] = math.Round(4*x[i]) / 4
	}
	tied = column(x, y, w)
	tied.Columns = []ml.Column{{Name: "dose"}}
	for _, c := range []Isotonic{{}, {Direction: Auto, Min: new(-0.5), Max: new(1.0), OutOfBounds: Missing}} {
		opts := []mltest.Option{mltest.Data(plain), mltest.Data(tied),
			// The curve is steep between neighbouring x: rounding x to float32 moves answers by the slope, which is up to 1e4 here.
			mltest.Tolerance(mltest.Float32, 1e-2)}
		if c.OutOfBounds == Missing {
			opts = append(opts, mltest.Waive(mltest.Degenerate, "OutOfBounds: Missing answers NaN outside the range fitted on, as asked"))
		}
		mltest.Regressor(t, c, opts...)
	}
}

// 1e-12: both average the same blocks, in another order of additions.
func TestIsotonicMatchesScikitLearn(t *testing.T) {
	type fit struct {
		X, Y, Weight []float64
		Direction    Direction
		Increasing   bool
		Min, Max     *float64
		Missing      bool
		Probe, Pred  []float64
	}
	file := golden.Load[struct{ Cases map[string]fit }](t, "testdata/isotonic.json")
	if len(file.Cases) < 12 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	for name, c := range file.Cases {
		config := Isotonic{Direction: c.Direction, Min: c.Min, Max: c.Max}
		if c.Missing {
			config.OutOfBounds = Missing
		}
		for storage, table := range storages(column(c.X, nil, c.Weight).Table) {
			m, err := config.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
			if err != nil {
				t.Fatal(name, storage, err)
			}
			if rising := m.Direction == Increasing; rising != c.Increasing {
				t.Errorf("%s: rising is %v", name, rising)
			}
			got, err := m.Predict(tensor.FromSlice(c.Probe, len(c.Probe), 1))
			if err != nil {
				t.Fatal(name, storage, err)
			}
			golden.Close(t, got, c.Pred, 1e-12, 1e-12, name+" "+storage)
		}
	}
}

// The weighted projection onto monotone functions has this closed form: the max-min formula over all pooled ranges.
func TestIsotonicIsTheMaxMinFormula(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for n := 1; n < 40; n++ {
		x, y, w := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range x {
			x[i], y[i], w[i] = float64(i), r.NormFloat64(), r.Float64()+0.01
		}
		m, err := Isotonic{}.Fit(ctx, column(x, y, w))
		if err != nil {
			t.Fatal(err)
		}
		for i := range x {
			want := math.Inf(-1)
			for lo := range i + 1 {
				least := math.Inf(1)
				for hi := i; hi < n; hi++ {
					sum, total := 0.0, 0.0
					for k := lo; k <= hi; k++ {
						sum += w[k] * y[k]
						total += w[k]
					}
					least = min(least, sum/total)
				}
				want = max(want, least)
			}
			if got, _ := m.PredictRow(x[i : i+1]); math.Abs(got-want) > 1e-12 {
				t.Fatalf("%d points: f(%d) is %v, want %v", n, i, got, want)
			}
		}
	}
}

func TestIsotonicOutsideItsRange(t *testing.T) {
	d := column([]float64{1, 2, 3}, []float64{1, 2, 4}, nil)
	ask := func(p OutOfBounds, x float64) (float64, error) {
		m, err := Isotonic{OutOfBounds: p}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		y, err := m.Predict(tensor.FromSlice([]float64{2.5, x}, 2, 1))
		row, rowErr := m.PredictRow([]float64{x})
		if (err == nil) != (rowErr == nil) || err == nil && math.Float64bits(y[1]) != math.Float64bits(row) {
			t.Errorf("Predict: %v, %v; PredictRow: %v, %v", y, err, row, rowErr)
		}
		if err != nil {
			return 0, err
		}
		return y[1], nil
	}
	for x, want := range map[float64]float64{0: 1, 9: 4} {
		if y, err := ask(Clip, x); y != want || err != nil {
			t.Errorf("clipped at %v: %v, %v", x, y, err)
		}
		if y, err := ask(Missing, x); !math.IsNaN(y) || err != nil {
			t.Errorf("missing at %v: %v, %v", x, y, err)
		}
		if _, err := ask(Refuse, x); !errors.Is(err, ml.ErrShape) || !strings.Contains(fmt.Sprint(err), "X[1, 0] is") {
			t.Errorf("refused at %v: %v", x, err)
		}
	}
	for _, x := range []float64{1, 3} {
		if _, err := ask(Refuse, x); err != nil {
			t.Errorf("the end %v of the range is refused: %v", x, err)
		}
	}
}

func TestIsotonicConfigErrors(t *testing.T) {
	d := column([]float64{1, 2, 3}, []float64{1, 2, 4}, nil)
	for field, c := range map[string]Isotonic{"Direction": {Direction: 3}, "OutOfBounds": {OutOfBounds: 3},
		"Min": {Min: new(math.NaN())}, "Max": {Max: new(math.Inf(1))}, "at most Max": {Min: new(2.0), Max: new(1.0)}} {
		if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := (Isotonic{}).Fit(ctx, regression(5, 2)); !errors.Is(err, ml.ErrShape) {
		t.Error("two columns:", err)
	}
}

func TestIsotonicHugeNumbers(t *testing.T) {
	x, y := []float64{-1e308, 0, 1e308}, []float64{3, 1, 5}
	m, err := Isotonic{}.Fit(ctx, column(x, y, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := m.PredictRow([]float64{5e307}); math.Abs(got-3.5) > 1e-12 {
		t.Error("half way between 2 and 5:", got)
	}
	if _, err := (Isotonic{}).Fit(ctx, column([]float64{1, 2}, []float64{1.7e308, -1.7e308}, nil)); !errors.Is(err, ml.ErrNotFinite) {
		t.Error("targets too large to subtract:", err)
	}
}

func BenchmarkIsotonic1M(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 9))
	x, y := make([]float64, 1_000_000), make([]float64, 1_000_000)
	for i := range x {
		x[i] = r.NormFloat64()
		y[i] = x[i] + r.NormFloat64()
	}
	benchmarkFit(b, Isotonic{}, column(x, y, nil))
}
