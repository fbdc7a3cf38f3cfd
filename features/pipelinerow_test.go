package features_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// fiveStages fits a dense pipeline to rows of 20 numbers, some of which are missing, and returns it with its data.
func fiveStages(t testing.TB) (*ml.Chain[float64, *linear.RegressionModel], ml.Dataset[float64]) {
	t.Helper()
	r := rand.New(rand.NewPCG(11, 12))
	x, y := tensor.New[float64](500, 20), make([]float64, 500)
	for i := range y {
		row := x.Row(i)
		for j := range row {
			row[j] = r.NormFloat64()
			y[i] += float64(j) * row[j]
			if r.IntN(20) == 0 {
				row[j] = math.NaN()
			}
		}
	}
	d := ml.Data(x, y)
	m, err := ml.Pipe(ml.Stages{
		ml.Step(features.SimpleImputer{}),
		ml.Step(features.StandardScaler{}),
		ml.Step(features.QuantileTransformer{Quantiles: 100}),
		ml.Step(features.SelectKBest[float64]{K: 10, Score: features.FRegression{}}),
	}, linear.Ridge{Alpha: 1}).Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return m, d
}

func TestRowThroughFiveStages(t *testing.T) {
	m, d := fiveStages(t)
	want, err := m.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	x := d.X.(*tensor.Tensor[float64])
	for i, w := range want {
		if got, err := m.PredictRow(x.Row(i)); err != nil || got != w {
			t.Fatalf("row %d: %v (%v), in a batch %v", i, got, err, w)
		}
	}
	row := x.Row(0)
	if n := testing.AllocsPerRun(1000, func() { _, _ = m.PredictRow(row) }); n != 0 && !features.RaceEnabled {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRowThroughFiveStages(b *testing.B) {
	m, d := fiveStages(b)
	x := d.X.(*tensor.Tensor[float64])
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i++; i == len(d.Y) {
			i = 0
		}
		if _, err := m.PredictRow(x.Row(i)); err != nil {
			b.Fatal(err)
		}
	}
}
