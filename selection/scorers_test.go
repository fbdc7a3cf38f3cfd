package selection

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

func TestMoreScorersAreTheMetrics(t *testing.T) {
	y := []int{0, 1, ml.None, 1, 0, 1}
	m := seer{oracle[int]{pred: []int{0, 1, 1, 0, 0, 1}}, [][]float64{{.8, .2}, {.3, .7}, {.5, .5}, {.6, .4}, {.55, .45}, {.45, .55}}}
	d := rowsOf(6, func(i int) int { return y[i] })
	d.Weight = []float64{1, 2, 50, 1, 0.5, 3}
	l := d.Select([]int{0, 1, 3, 4, 5})
	pred, proba := must(m.Predict(l.X)), must(m.PredictProba(l.X))
	require.Equal(t, metrics.Precision(l.Y, pred, metrics.Weighted, l.Weight...), must(Precision{metrics.Weighted}.Score(ctx, m, d)))
	require.Equal(t, metrics.Recall(l.Y, pred, metrics.Macro, l.Weight...), must(Recall{}.Score(ctx, m, d)))
	require.Equal(t, metrics.F1(l.Y, pred, metrics.Binary, l.Weight...), must(F1{metrics.Binary}.Score(ctx, m, d)))
	require.Equal(t, metrics.BalancedAccuracy(l.Y, pred, l.Weight...), must(BalancedAccuracy{}.Score(ctx, m, d)))
	require.Equal(t, metrics.MCC(l.Y, pred, l.Weight...), must(MCC{}.Score(ctx, m, d)))
	require.Equal(t, metrics.Brier(l.Y, proba, l.Weight...), must(Brier{}.Score(ctx, m, d)))
	require.Equal(t, metrics.AveragePrecision(l.Y, proba.Cols(1, 2).Clone().Data(), l.Weight...), must(AveragePrecision{}.Score(ctx, m, d)))

	r := oracle[float64]{pred: []float64{1, 2.5, 2, 4}}
	f := rowsOf(4, func(i int) float64 { return float64(i + 1) })
	truth := []float64{1, 2, 3, 4}
	require.Equal(t, metrics.MedianAE(truth, r.pred), must(MedianAE{}.Score(ctx, r, f)))
	require.Equal(t, metrics.MAPE(truth, r.pred), must(MAPE{}.Score(ctx, r, f)))
	require.Equal(t, metrics.PoissonDeviance(truth, r.pred), must(TweedieDeviance{1}.Score(ctx, r, f)))
	require.Equal(t, metrics.Pinball(truth, r.pred, 0.5), must(Pinball{}.Score(ctx, r, f)))
	require.Equal(t, metrics.Pinball(truth, r.pred, 0.9), must(Pinball{0.9}.Score(ctx, r, f)))

	_, err := Pinball{2}.Score(ctx, r, f)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = TweedieDeviance{0.5}.Score(ctx, r, f)
	require.ErrorIs(t, err, ml.ErrTarget)
	_, err = F1{metrics.Samples}.Score(ctx, m, d)
	require.ErrorIs(t, err, ml.ErrTarget)
	require.Equal(t, "f1_weighted", F1{metrics.Weighted}.Name())
	require.Equal(t, "average_precision", AveragePrecision{}.Name())
	require.Equal(t, "average_precision_weighted", AveragePrecision{metrics.Weighted}.Name())
	require.Equal(t, "tweedie_deviance_1.5", TweedieDeviance{1.5}.Name())
}
