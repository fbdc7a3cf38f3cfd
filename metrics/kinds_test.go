package metrics_test

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
)

type kind[Y, P any] struct {
	Y      []Y
	Pred   []P
	Weight []float64
	Want   map[string]float64
}

// Random, tied, degenerate and weighted inputs give what scikit-learn gives, to 1e-12: sums in another order.
func TestEveryKindOfInput(t *testing.T) {
	want := golden.Load[struct {
		Numbers map[string]kind[float64, float64]
		Codes   map[string]kind[int, int]
		Scores  map[string]kind[int, float64]
	}](t, "testdata/kinds.json")
	positive := func(v []float64, by float64) []float64 {
		out := make([]float64, len(v))
		for i := range v {
			out[i] = math.Abs(v[i]) + by
		}
		return out
	}
	numbers := map[string]func(y, pred []float64, w ...float64) float64{
		"MAE": metrics.MAE, "MSE": metrics.MSE, "RMSE": metrics.RMSE, "MAPE": metrics.MAPE, "R2": metrics.R2, "ExplainedVariance": metrics.ExplainedVariance, "MedianAE": metrics.MedianAE, "D2AbsoluteError": metrics.D2AbsoluteError,
		"Pinball": func(y, p []float64, w ...float64) float64 { return metrics.Pinball(y, p, 0.3, w...) },
		"Tweedie": func(y, p []float64, w ...float64) float64 {
			return metrics.TweedieDeviance(positive(y, 0.1), positive(p, 0.1), 1.5, w...)
		},
		"Poisson": func(y, p []float64, w ...float64) float64 {
			return metrics.PoissonDeviance(positive(y, 0.1), positive(p, 0.1), w...)
		},
		"Gamma": func(y, p []float64, w ...float64) float64 {
			return metrics.GammaDeviance(positive(y, 0.1), positive(p, 0.1), w...)
		},
		"MSLE": func(y, p []float64, w ...float64) float64 { return metrics.MSLE(positive(y, 0), positive(p, 0), w...) },
	}
	codes := map[string]func(y, pred []int, w ...float64) float64{
		"Accuracy": metrics.Accuracy, "BalancedAccuracy": metrics.BalancedAccuracy, "MCC": metrics.MCC, "ZeroOneLoss": func(y, p []int, w ...float64) float64 { return metrics.ZeroOneLoss(y, p, w...) },
		"CohenKappa": func(y, p []int, w ...float64) float64 { return metrics.CohenKappa(y, p, 0, w...) },
		"ARI":        metrics.ARI, "RandIndex": metrics.RandIndex, "AMI": metrics.AMI, "NMI": metrics.NMI, "VMeasure": metrics.VMeasure, "FowlkesMallows": metrics.FowlkesMallows,
	}
	for _, average := range []metrics.Average{metrics.Macro, metrics.Weighted, metrics.Micro} {
		codes["Precision "+average.String()] = func(y, p []int, w ...float64) float64 { return metrics.Precision(y, p, average, w...) }
		codes["Recall "+average.String()] = func(y, p []int, w ...float64) float64 { return metrics.Recall(y, p, average, w...) }
		codes["F1 "+average.String()] = func(y, p []int, w ...float64) float64 { return metrics.F1(y, p, average, w...) }
		codes["Jaccard "+average.String()] = func(y, p []int, w ...float64) float64 { return metrics.Jaccard(y, p, average, w...) }
	}
	scores := map[string]func(y []int, pred []float64, w ...float64) float64{
		"ROCAUC": metrics.ROCAUC, "AveragePrecision": metrics.AveragePrecision, "LogLossBinary": metrics.LogLossBinary, "BrierBinary": metrics.BrierBinary,
		"PartialAUC": func(y []int, p []float64, w ...float64) float64 { return metrics.PartialAUC(y, p, 0.4, w...) },
	}
	for name, k := range want.Numbers {
		compareKind(t, name, k, numbers)
	}
	for name, k := range want.Codes {
		compareKind(t, name, k, codes)
	}
	for name, k := range want.Scores {
		compareKind(t, name, k, scores)
	}
}

func compareKind[Y, P any](t *testing.T, name string, k kind[Y, P], metric map[string]func(y []Y, pred []P, w ...float64) float64) {
	t.Helper()
	for what, want := range k.Want {
		f, has := metric[what]
		if !has {
			t.Errorf("no metric for %s", what)
			continue
		}
		got := f(k.Y, k.Pred, k.Weight...)
		if math.IsNaN(want) && math.IsNaN(got) {
			continue
		}
		if !(math.Abs(got-want) <= 1e-12*max(1, math.Abs(want))) {
			t.Errorf("%s, %s: %v, want %v", name, what, got, want)
		}
	}
}
