package features

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

func column(v []float64) *tensor.Tensor[float64] { return tensor.FromSlice(v, len(v), 1) }

func TestNaturalSplinesGolden(t *testing.T) {
	g := golden.Load[struct {
		X, At   []float64
		Natural map[string][]float64
		Gaps    [][]float64
		Missing [][]float64
		Fourier [][]float64
	}](t, "testdata/natural.json")
	for name, c := range map[string]NaturalSplines{
		"quantile": {}, "intercept": {Intercept: true}, "two": {Knots: 2}, "given": {At: [][]float64{{-1, 0.5, 1, 2.25, 3, 4}}},
	} {
		m := must(c.Fit(ctx, ml.Table{X: column(g.X)}))
		z := must(m.Transform(column(g.At)))
		near(t, name, dense(z), g.Natural[name], 1e-11) // R divides by the same small distances in another order
		same(t, name+" rows", byRow(t, m, column(g.At)), dense(z))
	}
	gaps := fromRows(g.Gaps)
	s := must(SplineTransformer{Knots: 4, QuantileKnots: true}.Fit(ctx, ml.Table{X: gaps}))
	near(t, "missing", dense(must(s.Transform(gaps))), fromRows(g.Missing).Data(), 1e-12)
	f := must(FourierFeatures{Period: 2.5}.Fit(ctx, ml.Table{X: column(g.X)}))
	z := must(f.Transform(column(g.At)))
	near(t, "fourier", dense(z), fromRows(g.Fourier).Data(), 1e-14*10)
	same(t, "fourier rows", byRow(t, f, column(g.At)), dense(z))
}

// Beyond the knots natural splines are straight, and a missing value is zero in all of them.
func TestNaturalSplinesBeyond(t *testing.T) {
	m := must(NaturalSplines{Knots: 4, EvenKnots: true}.Fit(ctx, table(1, 0, 3, 1, 2, 2, 2)))
	x := tensor.FromMatrix[float64](must(m.Transform(table(1, 4, 5, 6, -1, -2, -3, math.NaN()).X)))
	for j := range len(m.Out()) {
		for _, i := range []int{0, 3} {
			near(t, "second difference", []float64{x.At(i, j) - 2*x.At(i+1, j) + x.At(i+2, j)}, []float64{0}, 1e-13)
		}
		same(t, "missing", []float64{x.At(6, j)}, []float64{0})
	}
	for name, c := range map[string]NaturalSplines{"knots": {Knots: 1}, "both": {At: [][]float64{{0, 1}}, EvenKnots: true}, "falling": {At: [][]float64{{1, 0}}}, "too few": {At: [][]float64{}}} {
		if _, err := c.Fit(ctx, table(1, 1, 2)); !isKind(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.Transform(table(1, math.Inf(1)).X); !isKind(err, ml.ErrNotFinite) {
		t.Error(err)
	}
	if _, err := (FourierFeatures{Period: -1}).Fit(ctx, table(1, 1)); !isKind(err, ml.ErrConfig) {
		t.Error(err)
	}
}

func ExampleFourierFeatures() {
	hours := ml.Table{X: tensor.FromSlice([]float64{0, 6, 30}, 3, 1), Columns: []ml.Column{{Name: "hour"}}}
	m, err := FourierFeatures{Period: 24, Terms: 1}.Fit(context.Background(), hours)
	if err != nil {
		panic(err)
	}
	x, err := m.Transform(hours.X)
	if err != nil {
		panic(err)
	}
	fmt.Println(m.Out()[0].Name, m.Out()[1].Name)
	for i := range 3 {
		fmt.Printf("%.2f\n", x.(*tensor.Tensor[float64]).Row(i))
	}
	// Output:
	// hour_sin_1 hour_cos_1
	// [0.00 1.00]
	// [1.00 0.00]
	// [1.00 0.00]
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		p    Pattern
		text string
		want []string
	}{
		{`\d+`, "12 ab 3", []string{"12", "3"}}, {`(\w+)@`, "tom@x ann@y z", []string{"tom", "ann"}}, {`x*`, "axx", []string{"xx"}},
	} {
		var got []string
		for token := range (TextAnalysis{Tokenizer: c.p}).Terms(c.text) {
			got = append(got, token)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s: %q", c.p, got)
		}
	}
	for _, bad := range []Pattern{"(", "(a)(b)", ""} {
		if _, err := (CountVectorizer{Text: TextAnalysis{Tokenizer: bad}}).Fit(ctx, []string{"ab"}); !isKind(err, ml.ErrConfig) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
