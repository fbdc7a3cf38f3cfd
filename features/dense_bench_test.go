package features_test

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// The transformers of columns to columns: fit, a new result, and a result in the caller's memory.
func BenchmarkColumnwise(b *testing.B) {
	const n, p = 1_000_000, 20
	x := tensor.New[float64](n, p)
	r := rng.New(1, 0)
	for i := range x.Data() {
		x.Data()[i] = float64(i%p+1)*r.NormFloat64() + float64(i%p)
	}
	columnwiseBench(b, "standard", x, features.StandardScaler{}.Fit)
	columnwiseBench(b, "minmax", x, features.MinMaxScaler{}.Fit)
	columnwiseBench(b, "maxabs", x, features.MaxAbsScaler{}.Fit)
	columnwiseBench(b, "robust", x, features.RobustScaler{}.Fit)
	columnwiseBench(b, "normalizer", x, features.Normalizer{}.Fit)
	columnwiseBench(b, "quantile", x, features.QuantileTransformer{Subsample: 100_000}.Fit)
	columnwiseBench(b, "power", x.Rows(0, n/10), features.PowerTransformer{}.Fit)
}

func columnwiseBench[M interface {
	ml.Transformer
	ml.IntoTransformer
}](b *testing.B, name string, x *tensor.Tensor[float64], fit func(context.Context, ml.Table) (M, error)) {
	b.Run(name+"/fit", func(b *testing.B) {
		for b.Loop() {
			if _, err := fit(context.Background(), ml.Table{X: x}); err != nil {
				b.Fatal(err)
			}
		}
	})
	fitted := func(b *testing.B) M {
		m, err := fit(context.Background(), ml.Table{X: x})
		if err != nil {
			b.Fatal(err)
		}
		return m
	}
	b.Run(name+"/transform", func(b *testing.B) {
		m := fitted(b)
		for b.Loop() {
			if _, err := m.Transform(x); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(name+"/into", func(b *testing.B) {
		m, into := fitted(b), tensor.New[float64](x.Dims())
		for b.Loop() {
			if err := m.TransformInto(into, x); err != nil {
				b.Fatal(err)
			}
		}
	})
}
