package ensemble_test

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/tree"
)

// Whole models have the same bits at every level, without assembly and on every architecture: the losses' own functions, the draws of rows and the sums, of few rows and of
// more than 32,768, whose derivatives take fewer bits. internal/histgrow has the like for trees alone.
func TestPortableModels(t *testing.T) {
	ctx := context.Background()
	sum := fnv.New64a()
	add := func(m tree.Grown) {
		e := m.Trees()
		for _, values := range [][]float64{e.Base, e.Threshold, e.Value} {
			for _, v := range values {
				var word [8]byte
				binary.LittleEndian.PutUint64(word[:], math.Float64bits(v))
				sum.Write(word[:])
			}
		}
	}
	few, many := friedman(600, 31), friedman(33_500, 32)
	for _, y := range [][]float64{few.Y, many.Y} {
		for i, v := range y { // the targets of friedman differ in their last bits on arm64, where math.Sin and fused products do
			y[i] = math.Round(max(v, 0.1)*64) / 64
		}
	}
	for _, loss := range []ensemble.Loss{ensemble.SquaredLoss{}, ensemble.AbsoluteLoss{}, ensemble.HuberLoss{}, ensemble.PseudoHuberLoss{}, ensemble.FairLoss{}, ensemble.LogCoshLoss{}, ensemble.MAPELoss{},
		ensemble.QuantileLoss{Level: 0.8}, ensemble.ExpectileLoss{Level: 0.8}, ensemble.PowerLoss{Power: 1.5}, ensemble.SquaredLogLoss{}, ensemble.PoissonLoss{}, ensemble.GammaLoss{}, ensemble.TweedieLoss{}} {
		add(must(ensemble.GradientBoostingRegressor{Loss: loss, Trees: 5}.Fit(ctx, few)))
	}
	for _, loss := range []ensemble.ClassLoss{ensemble.LogLoss{}, ensemble.OneVsAllLoss{}, ensemble.FocalLoss{}} {
		add(must(ensemble.GradientBoostingClassifier{Loss: loss, Trees: 3}.Fit(ctx, classesOf(few))))
	}
	for _, loss := range []ensemble.RankLoss{ensemble.LambdaMART{}, ensemble.XENDCG{}, ensemble.QuerySoftmaxLoss{}, ensemble.QuerySquaredLoss{}, ensemble.PairLogitLoss{}, ensemble.YetiRank{}, ensemble.StochasticRank{}} {
		add(must(ensemble.GradientBoostingRanker{Loss: loss, Trees: 3}.Fit(ctx, ranked(400, 20, 33))))
	}
	for _, s := range []ensemble.Sampling{{}, {Top: 0.2, Other: 0.1}, {Rows: 0.3, MVS: true, Bayesian: 0.5}} {
		add(must(ensemble.GradientBoostingRegressor{Loss: ensemble.LogCoshLoss{}, Sampling: s, LearningRate: 0.9, Trees: 3}.Fit(ctx, many)))
	}
	if got := sum.Sum64(); got != 0xae0b00c20ca9b733 {
		t.Errorf("other bits: %#x", got)
	}
}
