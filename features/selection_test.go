package features

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// F statistics and chi-squared are sums in another order, and the reference was given centred columns, as its formulas cancel the digits of one near 1e6: 1e-9. Mutual informations come from counts, the
// same ones wherever a noise of 1e-10 of the size does not matter, as it would for the column near 1e6.
func TestUnivariateScoresGolden(t *testing.T) {
	type result struct{ Scores, P []float64 }
	type support struct{ Support []int }
	g := golden.Load[struct {
		X, Counts, Disc  [][]float64
		Y                []int
		T, W             []float64
		Anova, Chi2      result
		AnovaWeighted    result `json:"anova_weighted"`
		Chi2Weighted     result `json:"chi2_weighted"`
		Freg             result
		FregWeighted     result    `json:"freg_weighted"`
		MIClass          []float64 `json:"mi_class"`
		MINumber         []float64 `json:"mi_number"`
		MIDiscrete       []float64 `json:"mi_discrete"`
		MIDiscreteNumber []float64 `json:"mi_discrete_number"`
		KBest            support
		Percentile       support
		FPR, FDR, FWE    support
	}](t, "testdata/univariate.json")
	x, counts := fromRows(g.X), fromRows(g.Counts)
	check := func(name string, scores, p []float64, err error, want result) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for j := range scores {
			const tol = 1e-9
			near(t, fmt.Sprintf("%s: score of column %d", name, j), scores[j:j+1], want.Scores[j:j+1], tol)
			near(t, fmt.Sprintf("%s: p of column %d", name, j), p[j:j+1], want.P[j:j+1], tol)
		}
	}
	for _, weight := range [][]float64{nil, g.W} {
		anova, chi, freg := g.Anova, g.Chi2, g.Freg
		if weight != nil {
			anova, chi, freg = g.AnovaWeighted, g.Chi2Weighted, g.FregWeighted
		}
		d := ml.Dataset[int]{Table: ml.Table{X: x, Weight: weight}, Y: g.Y}
		s, p, err := ANOVA{}.ScoreColumns(ctx, d)
		check("ANOVA", s, p, err, anova)
		d.X = tensor.SparseFrom[float64](x)
		s, p, err = ANOVA{}.ScoreColumns(ctx, d)
		check("ANOVA of CSR", s, p, err, anova)
		d.X = counts
		s, p, err = Chi2{}.ScoreColumns(ctx, d)
		check("chi2", s, p, err, chi)
		d.X = tensor.SparseFrom[float64](counts)
		s, p, err = Chi2{}.ScoreColumns(ctx, d)
		check("chi2 of CSR", s, p, err, chi)
		r := ml.Dataset[float64]{Table: ml.Table{X: x, Weight: weight}, Y: g.T}
		s, p, err = FRegression{}.ScoreColumns(ctx, r)
		check("F regression", s, p, err, freg)
		r.X = tensor.SparseFrom[float64](x)
		s, p, err = FRegression{}.ScoreColumns(ctx, r)
		check("F regression of CSR", s, p, err, freg)
	}
	some := ml.Table{X: rows.SelectCols(x, []int{0, 1, 2, 3, 4})}
	categories := make([]ml.Column, len(g.Disc[0]))
	shifted := fromRows(g.Disc)
	low := columnExtremes(shifted, nil).low
	for j := range categories {
		categories[j].Kind = ml.Categorical
		for i := range g.Disc {
			shifted.Row(i)[j] -= low[j]
			if j == 5 {
				shifted.Row(i)[j] = math.Mod(shifted.Row(i)[j], 1<<20)
			}
		}
	}
	mi, _, err := MutualInfo[int]{}.ScoreColumns(ctx, ml.Dataset[int]{Table: some, Y: g.Y})
	near(t, "information on classes", mi, g.MIClass, 1e-9)
	mi, _, err2 := MutualInfo[float64]{}.ScoreColumns(ctx, ml.Dataset[float64]{Table: some, Y: g.T})
	near(t, "information on numbers", mi, g.MINumber, 1e-9)
	mi, _, err3 := MutualInfo[int]{}.ScoreColumns(ctx, ml.Dataset[int]{Table: ml.Table{X: shifted, Columns: categories}, Y: g.Y})
	near(t, "information of categories on classes", mi, g.MIDiscrete, 1e-9)
	mi, _, err4 := MutualInfo[float64]{}.ScoreColumns(ctx, ml.Dataset[float64]{Table: ml.Table{X: shifted, Columns: categories}, Y: g.T})
	near(t, "information of categories on numbers", mi, g.MIDiscreteNumber, 1e-9)
	for _, err := range []error{err, err2, err3, err4} {
		if err != nil {
			t.Error(err)
		}
	}
	d := ml.Data(x, g.Y)
	for name, c := range map[string]struct {
		fit  func(context.Context, ml.Dataset[int]) (*SelectionModel, error)
		want support
	}{
		"k best": {SelectKBest[int]{Score: ANOVA{}, K: 4}.Fit, g.KBest}, "percentile": {SelectPercentile[int]{Score: ANOVA{}, Percent: 30}.Fit, g.Percentile},
		"FPR": {SelectFPR[int]{Score: ANOVA{}, Alpha: 0.2}.Fit, g.FPR}, "FDR": {SelectFDR[int]{Score: ANOVA{}, Alpha: 0.2}.Fit, g.FDR}, "FWE": {SelectFWE[int]{Score: ANOVA{}, Alpha: 0.2}.Fit, g.FWE},
	} {
		m := must(c.fit(ctx, d))
		if fmt.Sprint(m.Support) != fmt.Sprint(c.want.Support) {
			t.Errorf("%s keeps %v, want %v", name, m.Support, c.want.Support)
		}
	}
}

func TestVarianceThreshold(t *testing.T) {
	d := table(4, 0.1, 1, nan(), 0, 0.1, 2, 3, 0, 0.1, 4, 5, 1)
	m := must(VarianceThreshold{}.Fit(ctx, d))
	if fmt.Sprint(m.Support) != "[1 2 3]" {
		t.Errorf("kept %v", m.Support)
	}
	near(t, "variances", m.Scores, []float64{0, 14. / 9, 1, 2. / 9}, 1e-15)
	sparse := must(VarianceThreshold{Threshold: 0.5}.Fit(ctx, ml.Table{X: tensor.SparseFrom[float64](d.X)}))
	if fmt.Sprint(sparse.Support) != "[1 2]" {
		t.Errorf("of CSR kept %v", sparse.Support)
	}
	_, err := VarianceThreshold{Threshold: 9}.Fit(ctx, d)
	wantError(t, err, ml.ErrColumn, "features.VarianceThreshold.Fit: Support is empty: no column passes: want at least one: a weaker condition, or other columns (wrong column)")
}

// Normal numbers of correlation r share -log(1 - r^2) / 2 nats; the standard error of the estimate from 4000 rows is below 0.03.
func TestMutualInfoOfNormals(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	x, y := tensor.New[float64](4000, 3), make([]float64, 4000)
	for i := range y {
		y[i] = r.NormFloat64()
		x.Row(i)[0] = 0.8*y[i] + 0.6*r.NormFloat64()
		x.Row(i)[1] = r.NormFloat64()
		x.Row(i)[2] = math.Round(3 * y[i]) // ties, which the noise tells apart
	}
	mi, _, err := MutualInfo[float64]{}.ScoreColumns(ctx, ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	if want := -math.Log(1-0.64) / 2; math.Abs(mi[0]-want) > 0.1 || mi[1] > 0.1 || mi[2] < 1 {
		t.Errorf("information %v, want %v, about 0, and much", mi, want)
	}
}

func ExampleSelectKBest() {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := tensor.New[float64](200, 5), make([]int, 200)
	for i := range y {
		y[i] = i % 2
		for j := range 5 {
			x.Row(i)[j] = r.NormFloat64()
		}
		x.Row(i)[3] += float64(2 * y[i])
	}
	data := ml.Data(x, y)
	data.Columns = []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}}
	best, err := SelectKBest[int]{Score: ANOVA{}, K: 1}.Fit(context.Background(), data)
	if err != nil {
		panic(err)
	}
	fmt.Println(best.Out()[0].Name)
	// Output:
	// d
}
