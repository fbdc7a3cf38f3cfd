package explain

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// TestLocalFitsAreLimes fits to the same rows, answers and distances as lime: what is left is the rounding of two ways to solve the same equations, of condition numbers below 100.
func TestLocalFitsAreLimes(t *testing.T) {
	f := golden.Load[struct {
		Width float64
		Rows  map[string]struct {
			Z       [][]float64
			Y, Away []float64
		}
		Cases []struct {
			Kind, How            string
			Features             int
			Columns              []int
			Weights              []float64
			Intercept, R2, Local float64
		}
	}](t, "testdata/lime.json")
	for _, c := range f.Cases {
		d := f.Rows[c.Kind]
		weight := make([]float64, len(d.Y))
		for i, a := range d.Away {
			weight[i] = math.Exp(-a * a / (2 * f.Width * f.Width))
		}
		how := map[string]LocalChoice{"forward_selection": ForwardChoice, "lasso_path": LassoChoice, "highest_weights": HighestWeights}[c.How]
		fit := Local{Features: c.Features, Choice: how, Alpha: 1}.fit(slices.Concat(d.Z...), d.Y, weight)
		want := make([]float64, len(fit.who))
		for q, j := range c.Columns {
			at := slices.Index(fit.who, j)
			require.GreaterOrEqual(t, at, 0, "%s %s: %v", c.Kind, c.How, fit.who)
			want[at] = c.Weights[q]
		}
		golden.Close(t, fit.coef, want, 1e-11, 1e-12, c.How)
		golden.Close(t, []float64{fit.intercept, fit.r2}, []float64{c.Intercept, c.R2}, 1e-11, 1e-12, c.How)
	}
}

// limed are rows of two numbers and a category.
func limed(n int) ml.Table {
	r := rand.New(rand.NewPCG(5, 6))
	x := tensor.New[float64](n, 3)
	for i := range n {
		row := x.Row(i)
		row[0], row[1], row[2] = r.NormFloat64()*10+40, r.Float64(), float64(r.IntN(3))
	}
	return ml.Table{X: x, Columns: []ml.Column{{Name: "age"}, {Name: "share"}, {Name: "city", Kind: ml.Categorical, Levels: []string{"Rome", "Oslo", "Bern"}}}}
}

// TestLIMEFindsLinesAndBins: where the model is of the kind that is fitted, its numbers come out but for what the penalty takes, some Alpha / (rows x variance).
func TestLIMEFindsLinesAndBins(t *testing.T) {
	ctx := context.Background()
	table, row := limed(400), []float64{35, 0.2, 1}
	line := formula(func(x []float64) []float64 { return []float64{0, 3 + 0.5*x[0] - 2*x[1]} })
	m, err := LIME{Background: table, Gaussian: true, Local: Local{Samples: 500, Repeats: 3, Alpha: 1e-9}}.Of(ctx, line, row, 1)
	require.NoError(t, err)
	require.Len(t, m.Terms, 2) // the third adds nothing
	sd := deviations(table.X)
	for q, want := range []float64{0.5, -2} {
		require.Equal(t, q, m.Terms[q].Column)
		require.InDelta(t, sd[q], m.Terms[q].Per, 1e-12)
		require.InDelta(t, want, m.Terms[q].Weight/m.Terms[q].Per, 1e-9)
	}
	require.Equal(t, 3+0.5*35-2*0.2, m.Answered)
	require.InDelta(t, m.Answered, m.Predicted, 1e-9)
	require.InDelta(t, 1, m.R2, 1e-12)
	require.Equal(t, 1.0, m.VSI)
	require.Equal(t, "1", m.Output)

	s := &limeTable{row: row, columns: table.Columns}
	require.NoError(t, s.learn("", table, false, 4))
	bins := formula(func(x []float64) []float64 {
		sum := 1.0
		if s.bin(0, x[0]) == s.bin(0, 35) {
			sum += 5
		}
		if x[2] == 1 {
			sum -= 2
		}
		return []float64{sum}
	})
	for _, choice := range []LocalChoice{AutoChoice, LassoChoice, HighestWeights} {
		m, err = LIME{Background: table, Local: Local{Samples: 2000, Repeats: 2, Features: 2, Choice: choice, Alpha: 1e-9}}.Of(ctx, bins, row, 0)
		require.NoError(t, err)
		require.Len(t, m.Terms, 2)
		require.Contains(t, m.Terms[0].Condition, "< age <= ")
		require.Equal(t, "city = Oslo", m.Terms[1].Condition)
		require.InDelta(t, 5, m.Terms[0].Weight, 1e-9)
		require.InDelta(t, -2, m.Terms[1].Weight, 1e-9)
		require.InDelta(t, 4, m.Predicted, 1e-9)
		require.InDelta(t, 1, m.Intercept, 1e-9)
	}
	require.Contains(t, m.String(), "R2 1.00, stable: columns 100%, weights 100%\n  + 5       ")
	var b bytes.Buffer
	require.NoError(t, m.WriteSVG(&b, 0))
	require.Contains(t, b.String(), "city = Oslo")

	again, err := LIME{Background: table, Local: Local{Samples: 2000, Repeats: 2, Features: 2, Choice: HighestWeights, Alpha: 1e-9}}.Of(ctx, bins, row, 0)
	require.NoError(t, err)
	require.Equal(t, m, again)
}

// TestLIMEKnowsHowFarItIsToBeBelieved: the standard errors are the spread over seeds, and few draws of a model that is no line are told by R², VSI and CSI.
func TestLIMEKnowsHowFarItIsToBeBelieved(t *testing.T) {
	ctx := context.Background()
	table, row := limed(300), []float64{35, 0.2, 1}
	curved := formula(func(x []float64) []float64 { return []float64{math.Sin(x[0]/3) + x[1]*x[1]*x[2]} })
	var seen [][]float64
	said := 0.0
	const seeds = 60
	for seed := range uint64(seeds) {
		m, err := LIME{Background: table, Local: Local{Samples: 300, Repeats: 1, Seed: seed}}.Of(ctx, curved, row, 0)
		require.NoError(t, err)
		require.True(t, math.IsNaN(m.VSI) && math.IsNaN(m.CSI))
		for _, term := range m.Terms {
			if term.Column == 1 {
				seen = append(seen, []float64{term.Weight})
				said += term.Error / seeds
			}
		}
	}
	require.Len(t, seen, seeds)
	tally := newTallies(1, 1)[0]
	for _, v := range seen {
		tally.add(v)
	}
	require.InDelta(t, 1, said/tally.deviation(), 0.3) // of 60 numbers: three of its standard errors, 0.09 each
	few, err := LIME{Background: table, Local: Local{Samples: 40, Features: 1}}.Of(ctx, curved, row, 0)
	require.NoError(t, err)
	many, err := LIME{Background: table, Local: Local{Samples: 4000, Features: 1}}.Of(ctx, curved, row, 0)
	require.NoError(t, err)
	require.Less(t, few.R2, 0.9)
	require.Less(t, few.VSI, many.VSI)
}

// TestLIMEOfPipelines explains in the columns that a pipeline is given: the city, not its one-hot columns.
func TestLIMEOfPipelines(t *testing.T) {
	ctx := context.Background()
	table := limed(300)
	d := ml.Dataset[float64]{Table: table, Y: make([]float64, 300)}
	for i := range d.Y {
		row := table.X.(*tensor.Tensor[float64]).Row(i)
		d.Y[i] = row[0]/10 + []float64{4, 0, -3}[int(row[2])]
	}
	chain, err := ml.Pipe(ml.Step(features.OneHotEncoder{}), linear.OLS{}).Fit(ctx, d)
	require.NoError(t, err)
	m, err := LIME{Background: table, Local: Local{Samples: 500, Repeats: 2, Alpha: 1e-9}}.Of(ctx, Values(chain), []float64{35, 0.2, 0}, 0)
	require.NoError(t, err)
	require.Equal(t, "city = Rome", m.Terms[0].Condition)
	require.InDelta(t, 5.5, m.Terms[0].Weight, 0.5) // 4 less the mean of the others
	require.NotContains(t, m.String(), "city_")
}

func TestLIMEOfMissingNumbersAndWeights(t *testing.T) {
	ctx := context.Background()
	table := limed(60)
	x := table.X.(*tensor.Tensor[float64])
	for i := range 20 {
		x.Row(i)[1] = math.NaN()
	}
	missing := formula(func(x []float64) []float64 {
		if math.IsNaN(x[1]) {
			return []float64{7}
		}
		return []float64{1}
	})
	row := []float64{35, math.NaN(), 2}
	m, err := LIME{Background: table, Local: Local{Samples: 500, Repeats: 1, Alpha: 1e-9}}.Of(ctx, missing, row, 0)
	require.NoError(t, err)
	require.Equal(t, "share = missing", m.Terms[0].Condition)
	require.InDelta(t, 6, m.Terms[0].Weight, 1e-9)
	_, err = LIME{Background: table, Gaussian: true}.Of(ctx, missing, row, 0)
	require.ErrorIs(t, err, ml.ErrNotFinite)

	// a row of weight 2 is two rows, one of weight 0 is none
	var twice []int
	table.Weight = make([]float64, 60)
	for i := range 60 {
		table.Weight[i] = float64(i % 3)
		for range i % 3 {
			twice = append(twice, i)
		}
	}
	long := tensor.New[float64](len(twice), 3)
	for q, i := range twice {
		copy(long.Row(q), x.Row(i))
	}
	f := formula(func(x []float64) []float64 { return []float64{x[0] + 10*x[2]} })
	weighted, err := LIME{Background: table, Local: Local{Samples: 300, Repeats: 2}}.Of(ctx, f, row, 0)
	require.NoError(t, err)
	repeated, err := LIME{Background: ml.Table{X: long, Columns: table.Columns}, Local: Local{Samples: 300, Repeats: 2}}.Of(ctx, f, row, 0)
	require.NoError(t, err)
	require.Len(t, repeated.Terms, len(weighted.Terms))
	for q := range weighted.Terms {
		require.InDelta(t, weighted.Terms[q].Weight, repeated.Terms[q].Weight, 1e-9)
	}
}

func TestLIMERefuses(t *testing.T) {
	ctx := context.Background()
	table, row := limed(20), []float64{35, 0.2, 1}
	f := formula(func(x []float64) []float64 { return []float64{x[0]} })
	for want, cases := range map[error][]func() (*LocalModel, error){
		ml.ErrConfig: {
			func() (*LocalModel, error) { return LIME{Background: table}.Of(ctx, f, row, 1) },
			func() (*LocalModel, error) { return LIME{Background: table, Bins: 1}.Of(ctx, f, row, 0) },
			func() (*LocalModel, error) {
				return LIME{Background: table, Bins: 4, Gaussian: true}.Of(ctx, f, row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table, Local: Local{Samples: -1}}.Of(ctx, f, row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table, Local: Local{Features: -1}}.Of(ctx, f, row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table, Local: Local{Repeats: -1}}.Of(ctx, f, row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table, Local: Local{Choice: 9}}.Of(ctx, f, row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table, Local: Local{Width: math.NaN()}}.Of(ctx, f, row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table, Local: Local{Alpha: -1}}.Of(ctx, f, row, 0)
			},
		},
		ml.ErrShape: {
			func() (*LocalModel, error) { return LIME{Background: table}.Of(ctx, f, row[:2], 0) },
			func() (*LocalModel, error) { return LIMEText{}.Of(ctx, nil, " ..", 0) },
		},
		ml.ErrNotFinite: {
			func() (*LocalModel, error) {
				return LIME{Background: table}.Of(ctx, formula(func([]float64) []float64 { return []float64{math.NaN()} }), row, 0)
			},
			func() (*LocalModel, error) {
				return LIME{Background: table}.Of(ctx, f, []float64{math.Inf(1), 0, 0}, 0)
			},
		},
	} {
		for i, c := range cases {
			_, err := c()
			require.ErrorIs(t, err, want, "%d", i)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, err := LIME{Background: table}.Of(stopped, f, row, 0)
	require.ErrorIs(t, err, context.Canceled)
	one, err := LIME{Background: table, Local: Local{Samples: 1, Repeats: 2}}.Of(ctx, f, row, 0)
	require.NoError(t, err)
	require.Empty(t, one.Terms)
	require.Equal(t, 35.0, one.Predicted)
}

func TestLIMEOfTexts(t *testing.T) {
	ctx := context.Background()
	answer := func(texts []string) (*tensor.Tensor[float64], error) {
		out := tensor.New[float64](len(texts), 1)
		for i, s := range texts {
			out.Row(i)[0] = float64(3*strings.Count(s, "good") - strings.Count(s, "dull"))
		}
		return out, nil
	}
	m, err := LIMEText{Local{Samples: 400, Repeats: 2, Features: 2, Alpha: 1e-9}}.Of(ctx, answer, "good, good film; a bit dull?", 0)
	require.NoError(t, err)
	require.Len(t, m.Terms, 2)
	require.Equal(t, "good", m.Terms[0].Condition)
	require.InDelta(t, 6, m.Terms[0].Weight, 1e-9)
	require.Equal(t, "dull", m.Terms[1].Condition)
	require.Equal(t, 4, m.Terms[1].Column)
	require.InDelta(t, -1, m.Terms[1].Weight, 1e-9)
	words := wordsOf("été_1, \xffx été_1")
	require.Equal(t, []string{"été_1", "x"}, words.names)
	require.Equal(t, ", \xffx ", words.with([]float64{0, 1}))
}
