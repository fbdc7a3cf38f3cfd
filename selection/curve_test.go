package selection

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func fillNormal(y []float64) { rng.Normal(rng.New(11, 0), y, 0, 1) }

func TestLearningCurvesArePaired(t *testing.T) {
	class := func(i int) int { return min(i%10, 2) } // shares 0.1, 0.1 and 0.8
	d := rowsOf(100, class)
	sizes := TrainSizes{Seed: 3}
	train := must(StratifiedKFold{}.Split(d.Any()))[0].TrainRows(100)
	order := sizes.order(d, train, 0)
	sorted := slices.Clone(order)
	slices.Sort(sorted)
	require.Equal(t, train, sorted, "every training row once")
	for n := 1; n <= len(order); n++ {
		count := [3]float64{}
		for _, r := range order[:n] {
			count[class(r)]++
		}
		for c, share := range []float64{0.1, 0.1, 0.8} {
			require.InDelta(t, share*float64(n), count[c], 1, "class %d of the first %d", c, n)
		}
	}
	require.NotEqual(t, order, sizes.order(d, train, 1), "each fold has a draw of its own")
	require.Equal(t, train, TrainSizes{InOrder: true}.order(d, train, 0))

	seen := numbers(50)
	var want *Curve
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		c := must(LearningCurve(ctx, level{By: 1}, seen, KFold{}, sizes, loss{}, MSE{}))
		c.FitTime = nil
		if want == nil {
			want = c
		}
		require.Equal(t, want, c)
	}
	require.Equal(t, []float64{4, 13, 22, 31, 40}, want.X)
	full := must(CrossValidate(ctx, level{By: 1}, seen, KFold{}, loss{}))
	require.InDeltaSlice(t, full.Metrics[0].Folds, want.Lines[0].Test[4].Folds, 1e-14, "the last point is the cross-validation, in another order of rows")
	band := want.Band(0, 0)
	require.Less(t, band[4].High-band[4].Low, 10.0)
	require.Contains(t, want.String(), "training rows")
}

func TestCurvesRefuse(t *testing.T) {
	d := numbers(20)
	byLevel := func(v float64) level { return level{By: v} }
	for name, err := range map[string]error{
		"no scorer":      second(LearningCurve(ctx, level{}, d, KFold{}, TrainSizes{})),
		"fraction":       second(LearningCurve(ctx, level{}, d, KFold{}, TrainSizes{Fractions: []float64{1.5}}, loss{})),
		"no fraction":    second(LearningCurve(ctx, level{}, d, KFold{}, TrainSizes{Fractions: []float64{}}, loss{})),
		"no rows":        second(LearningCurve(ctx, level{}, d, KFold{}, TrainSizes{Fractions: []float64{0.01, 1}}, loss{})),
		"falling":        second(LearningCurve(ctx, level{}, d, KFold{}, TrainSizes{Fractions: []float64{0.5, 0.4}}, loss{})),
		"NaN fraction":   second(LearningCurve(ctx, level{}, d, KFold{}, TrainSizes{Fractions: []float64{math.NaN()}}, loss{})),
		"no values":      second(ValidationCurve(ctx, byLevel, nil, d, KFold{}, loss{})),
		"NaN value":      second(ValidationCurve(ctx, byLevel, []float64{math.NaN()}, d, KFold{}, loss{})),
		"no config":      second(ValidationCurve[float64, *levelModel, level](ctx, nil, []float64{1}, d, KFold{}, loss{})),
		"no scorer here": second(ValidationCurve(ctx, byLevel, []float64{1}, d, KFold{})),
		"nil scorer":     second(ValidationCurve(ctx, byLevel, []float64{1}, d, KFold{}, nil)),
	} {
		var e *ml.Error
		require.ErrorAs(t, err, &e, name)
	}
	require.ErrorIs(t, second(ValidationCurve(ctx, func(v float64) level { return level{Fault: v} }, []float64{0, 3}, d, KFold{}, loss{})), errLevel)
}

func TestCurvesAreDrawn(t *testing.T) {
	c := must(ValidationCurve(ctx, func(v float64) level { return level{By: v} }, []float64{0.01, 1, 10}, numbers(20), KFold{}, loss{}))
	c.Axis = "a < b"
	var b bytes.Buffer
	require.NoError(t, c.WriteSVG(&b, 0))
	require.Contains(t, b.String(), "a &lt; b")
	require.NotContains(t, b.String(), "NaN")
	for x := xml.NewDecoder(&b); ; {
		if _, err := x.Token(); err != nil {
			require.ErrorIs(t, err, io.EOF)
			return
		}
	}
}
