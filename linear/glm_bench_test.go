package linear

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// benchCounts are counts of normal columns.
func benchCounts(rows, cols int) ml.Dataset[float64] {
	r := rng.New(3, 0)
	x, y := tensor.New[float64](rows, cols), make([]float64, rows)
	for i := range rows {
		score := 0.2
		for j := range x.Row(i) {
			v := r.NormFloat64()
			x.Row(i)[j] = v
			score += v * 0.1
		}
		for limit, p := math.Exp(-math.Exp(score)), r.Float64(); p > limit; p *= r.Float64() {
			y[i]++
		}
	}
	return ml.Data(x, y)
}

func BenchmarkPoissonGLM100kx50(b *testing.B) {
	d := benchCounts(100_000, 50)
	for b.Loop() {
		if _, err := (GLM{Family: Poisson{}}).Fit(ctx, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNegativeBinomialGLM20kx20(b *testing.B) {
	d := benchCounts(20_000, 20)
	for i, y := range d.Y {
		d.Y[i] = y * y
	}
	for b.Loop() {
		if _, err := (GLM{Family: NegativeBinomial{}}).Fit(ctx, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGLMPredict10kx50(b *testing.B) {
	d := benchCounts(10_000, 50)
	m, err := GLM{Family: Poisson{}}.Fit(ctx, d)
	if err != nil {
		b.Fatal(err)
	}
	out := make([]float64, d.Rows())
	for b.Loop() {
		if err := m.PredictInto(out, d.X); err != nil {
			b.Fatal(err)
		}
	}
}
