package bayes

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// BenchmarkDiscriminant has the shape of BenchmarkGaussian, and that of iris.
func BenchmarkDiscriminant(b *testing.B) {
	for _, size := range []struct{ n, p, k int }{{90000, 50, 2}, {150, 4, 3}} {
		r := rand.New(rand.NewPCG(1, 2))
		x := tensor.New[float64](size.n, size.p)
		d := ml.Data(x, make([]int, size.n))
		for i := range size.n {
			d.Y[i] = i % size.k
			for j := range size.p {
				x.Set(r.NormFloat64()+0.1*float64(d.Y[i]), i, j)
			}
		}
		run := func(name string, fit func() (interface {
			ml.RowPredictor[int]
			ml.Into[int]
		}, error)) {
			b.Run(fmt.Sprintf("%s fit %dx%d", name, size.n, size.p), func(b *testing.B) {
				for b.Loop() {
					if _, err := fit(); err != nil {
						b.Fatal(err)
					}
				}
			})
			m, err := fit()
			if err != nil {
				b.Fatal(err)
			}
			dst := make([]int, min(size.n, 10000))
			b.Run(fmt.Sprintf("%s predict %dx%d", name, len(dst), size.p), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := m.PredictInto(dst, x.Rows(0, len(dst))); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("%s row of %d", name, size.p), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := m.PredictRow(x.Row(0)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		type model = interface {
			ml.RowPredictor[int]
			ml.Into[int]
		}
		run("LDA", func() (model, error) { return LDA{}.Fit(ctx, d) })
		run("LDA Ledoit-Wolf", func() (model, error) { return LDA{AutoShrinkage: LedoitWolf}.Fit(ctx, d) })
		run("QDA", func() (model, error) { return QDA{}.Fit(ctx, d) })
	}
}

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
