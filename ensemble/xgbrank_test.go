package ensemble_test

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// LambdaMART is XGBoost's rank:ndcg, rank:pairwise and rank:map with lambdarank_pair_method=topk, whose second derivatives are twice ours: so L2, MinHessianLeaf and LearningRate
// are half here. 2e-5: it adds up float32 derivatives.
func TestLambdaMARTIsXGBoosts(t *testing.T) {
	f := golden.Load[struct {
		X     [][]float64
		Query []int
		Cases []struct {
			Name   string
			Y, Raw []float64
		}
	}](t, "testdata/xgbrank.json")
	x := must(tensor.FromRows(f.X))
	for _, c := range f.Cases {
		loss := ensemble.LambdaMART{Truncation: 30}
		switch c.Name {
		case "ndcg of 5":
			loss.Truncation = 5
		case "ndcg linear":
			loss.Gain = ensemble.LinearGain
		case "pairwise":
			loss.Pairs = ensemble.PairsPlain
		case "map":
			loss.Pairs = ensemble.PairsMAP
		case "ndcg plain":
			loss.PlainScores = true
		}
		m := must(ensemble.GradientBoostingRanker{Loss: loss, Trees: 4, Exact: true, Growth: ensemble.DepthWise, MaxDepth: 3, MinSamplesLeaf: 1, MinHessianLeaf: 0.1, L2: 0.5, LearningRate: 0.15,
			MinGain: 5e-7}.Fit(context.Background(), ml.Dataset[float64]{Table: ml.Table{X: x, Group: f.Query}, Y: c.Y}))
		golden.Close(t, must(m.Raw(x)).Data(), c.Raw, 2e-5, 2e-5, c.Name)
	}
}
