package linear

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// regression is a made-up problem of the shape that the performance notes measure.
func regression(n, p int) ml.Dataset[float64] {
	r := rand.New(rand.NewPCG(1, 2))
	x := tensor.New[float64](n, p)
	y := make([]float64, n)
	for i := range y {
		row := x.Row(i)
		y[i] = r.NormFloat64()
		for j := range row {
			row[j] = r.NormFloat64()
			y[i] += row[j] * float64(j%7)
		}
	}
	return ml.Data(x, y)
}

func classification(n, p, k int) ml.Dataset[int] {
	d := regression(n, p)
	r := rand.New(rand.NewPCG(3, 4))
	w := tensor.New[float64](k, p)
	for i, v := range w.Data() {
		w.Data()[i] = v + r.NormFloat64()/math.Sqrt(float64(p))
	}
	y := make([]int, n)
	for i := range y {
		best := math.Inf(-1)
		for c := range k {
			z := -math.Log(r.ExpFloat64()) // Gumbel noise: y is drawn from the softmax of the scores
			for j, v := range w.Row(c) {
				z += 2 * v * d.X.At(i, j)
			}
			if z > best {
				best, y[i] = z, c
			}
		}
	}
	return ml.Data(d.X, y)
}

func benchmarkFit[D, M any](b *testing.B, f ml.Fitter[D, M], d D) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Fit(context.Background(), d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOLS90000x100(b *testing.B)   { benchmarkFit(b, OLS{}, regression(90000, 100)) }
func BenchmarkRidge90000x100(b *testing.B) { benchmarkFit(b, Ridge{Alpha: 1}, regression(90000, 100)) }
func BenchmarkLogistic90000x50(b *testing.B) {
	benchmarkFit(b, LogisticRegression{}, classification(90000, 50, 2))
}
func BenchmarkLogisticL1Of90000x50(b *testing.B) {
	benchmarkFit(b, LogisticRegression{L1Ratio: 1, C: 0.01}, classification(90000, 50, 2))
}
func BenchmarkLogisticL1Of6000x64of10(b *testing.B) {
	benchmarkFit(b, LogisticRegression{L1Ratio: 1, C: 0.1}, classification(6000, 64, 10))
}
func BenchmarkLogistic6000x64of10(b *testing.B) {
	benchmarkFit(b, LogisticRegression{}, classification(6000, 64, 10))
}

func BenchmarkPredictRow(b *testing.B) {
	m, err := OLS{}.Fit(context.Background(), regression(200, 50))
	if err != nil {
		b.Fatal(err)
	}
	row := make([]float64, 50)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.PredictRow(row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProbaRowOf10(b *testing.B) {
	m, err := LogisticRegression{MaxIter: 5}.Fit(context.Background(), classification(500, 50, 10))
	if err != nil {
		b.Fatal(err)
	}
	row, p := make([]float64, 50), make([]float64, 10)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.ProbaRow(p, row); err != nil {
			b.Fatal(err)
		}
	}
}
