package linear

import (
	"context"
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Every model of a series is that of a fit alone: coefficients to 1e-5 for gaps of 1e-13, as in paths. At the default Tol both losses are within 1e-9 of each
// other: an excess is half the gradient's square over the curvature, and gradients are at most 1e-8.
func TestSeriesAreTheirFits(t *testing.T) {
	for _, k := range []int{2, 3} {
		for _, ratio := range []float64{0, 0.5} {
			d := classification(400, 6, k)
			var series []LogisticRegression
			for i := range 9 {
				series = append(series, LogisticRegression{C: math.Pow(10, float64(i*5%9)-4), L1Ratio: ratio, Tol: 1e-13})
			}
			series = append(series, LogisticRegression{C: 1, L1Ratio: ratio, Tol: 1e-13, ClassWeight: ml.ClassWeight{Balanced: true}},
				LogisticRegression{NoPenalty: true, MaxIter: 3}, LogisticRegression{C: 2, Solver: NewtonCholesky}, LogisticRegression{C: 2, Start: make([]float64, 6*(k%2*k+1-k%2))})
			got, err := series[0].FitSeries(ctx, d, series)
			require.NoError(t, err)
			for i, c := range series {
				one := mustLogistic(t, c, d)
				require.Equal(t, one.Config, got[i].Config)
				if c.Tol == 0 {
					continue
				}
				require.Equal(t, ml.Converged, got[i].Info.Status)
				closeTo(t, got[i].Coef.Data(), one.Coef.Data(), 1e-5, "coefficients")
				closeTo(t, got[i].Intercept, one.Intercept, 1e-5, "intercepts")
			}
		}
	}
}

func TestSeriesAtTheDefaultTolerance(t *testing.T) {
	d := classification(9000, 20, 2)
	var series []LogisticRegression
	for i := range 20 {
		series = append(series, LogisticRegression{C: math.Pow(10, -4+8*float64(i)/19)})
	}
	var want []*LogisticModel
	for _, procs := range []int{1, 2, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		got, err := LogisticRegression{}.FitSeries(ctx, d, series)
		require.NoError(t, err)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got)
	}
	steps := 0
	for i, c := range series {
		one := mustLogistic(t, c, d)
		require.LessOrEqual(t, want[i].Info.Gap, 1e-8)
		a, b := want[i].Info.Loss, one.Info.Loss
		if len(a) > 0 && len(b) > 0 {
			require.InDelta(t, b[len(b)-1], a[len(a)-1], 1e-9, "C = %g", c.C)
		}
		closeTo(t, want[i].Coef.Data(), one.Coef.Data(), 1e-5, "coefficients")
		steps += want[i].Info.Iterations
	}
	t.Logf("%d iterations", steps)
	require.Less(t, steps, 80)
}

func TestSeriesRefuse(t *testing.T) {
	d := classification(50, 2, 2)
	fails := func(kind error, d ml.Dataset[int], series ...LogisticRegression) {
		t.Helper()
		_, err := LogisticRegression{}.FitSeries(ctx, d, series)
		require.ErrorIs(t, err, kind)
	}
	fails(ml.ErrConfig, d, LogisticRegression{}, LogisticRegression{C: -1})
	fails(ml.ErrConfig, d, LogisticRegression{Start: []float64{1}})
	fails(ml.ErrShape, ml.Data(tensor.New[float64](0, 2), []int{}), LogisticRegression{})
	stop, cancel := context.WithCancel(ctx)
	cancel()
	_, err := LogisticRegression{}.FitSeries(stop, d, []LogisticRegression{{}})
	require.ErrorIs(t, err, context.Canceled)
	none, err := LogisticRegression{}.FitSeries(ctx, d, nil)
	require.NoError(t, err)
	require.Empty(t, none)
	seen := 0
	all, err := LogisticRegression{}.FitSeries(ml.WithProgress(ctx, func(p ml.Progress) error {
		seen++
		require.Equal(t, "penalty", p.Path[0].Name)
		return ml.Stop
	}), d, []LogisticRegression{{C: 1}, {C: 2}})
	require.NoError(t, err)
	require.Equal(t, ml.Stopped, all[0].Info.Status)
	require.GreaterOrEqual(t, seen, 1)
}
