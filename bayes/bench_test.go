package bayes

import (
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// BenchmarkGaussian has the shape that the performance notes measure.
func BenchmarkGaussian(b *testing.B) {
	const n, p = 90000, 50
	r := rand.New(rand.NewPCG(1, 2))
	x := tensor.New[float64](n, p)
	d := ml.Data(x, make([]int, n))
	for i := range n {
		d.Y[i] = r.IntN(2)
		for j := range p {
			x.Set(r.NormFloat64()+0.1*float64(d.Y[i]), i, j)
		}
	}
	m, err := GaussianNB{}.Fit(ctx, d)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("fit 90000x50", func(b *testing.B) {
		for b.Loop() {
			if _, err := (GaussianNB{}).Fit(ctx, d); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("predict 10000x50", func(b *testing.B) {
		dst, q := make([]int, 10000), x.Rows(0, 10000)
		b.ReportAllocs()
		for b.Loop() {
			if err := m.PredictInto(dst, q); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("row of 50", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.PredictRow(x.Row(0)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
