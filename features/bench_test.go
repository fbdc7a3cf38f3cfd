package features

import (
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func BenchmarkEncoderRow(b *testing.B) {
	enc, _, err := must(For[person]()).FitClasses(ctx, people())
	if err != nil {
		b.Fatal(err)
	}
	dst, p := make([]float64, len(enc.Out())), people()[0]
	b.ReportAllocs()
	for b.Loop() {
		if err := enc.RowInto(dst, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSchemaClasses(b *testing.B) {
	s := must(For[person]())
	rows := make([]person, 0, 30000)
	for range 10000 {
		rows = append(rows, people()...)
	}
	for b.Loop() {
		must(s.Classes(rows))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/struct")
}

// categories are n rows of p categorical columns with 20 levels each.
func categories(n, p int) ml.Table {
	levels := make([]string, 20)
	for k := range levels {
		levels[k] = string(rune('a' + k))
	}
	t := ml.Table{X: tensor.New[float64](n, p)}
	r := rand.New(rand.NewPCG(2, 2))
	for i := range n * p {
		t.X.(*tensor.Tensor[float64]).Data()[i] = float64(r.IntN(20))
	}
	for range p {
		t.Columns = append(t.Columns, ml.Column{Kind: ml.Categorical, Levels: levels})
	}
	return t
}

func BenchmarkOneHotFit(b *testing.B) {
	d := categories(200_000, 5)
	for b.Loop() {
		must(OneHotEncoder{}.Fit(ctx, d))
	}
}

func BenchmarkOneHotTransform(b *testing.B) {
	d := categories(200_000, 5)
	for _, sparse := range []bool{false, true} {
		m := must(OneHotEncoder{Sparse: sparse}.Fit(ctx, d))
		b.Run(map[bool]string{false: "dense", true: "sparse"}[sparse], func(b *testing.B) {
			for b.Loop() {
				must(m.Transform(d.X))
			}
		})
	}
}

func BenchmarkImputerMedianFit(b *testing.B) {
	d := benchmarkTable(200_000, 5)
	for b.Loop() {
		must(SimpleImputer{Strategy: Median}.Fit(ctx, d))
	}
}
