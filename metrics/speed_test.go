package metrics

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// BenchmarkMillion times metrics of a million rows.
func BenchmarkMillion(b *testing.B) {
	r := rng.New(42, 0)
	n := 1_000_000
	y, pred, p, yf, pos := make([]int, n), make([]int, n), make([]float64, n), make([]float64, n), make([]float64, n)
	proba := tensor.New[float64](n, 2)
	for i := range n {
		if r.Float64() < 0.3 {
			y[i] = 1
		}
		p[i] = 1 / (1 + math.Exp(-(r.NormFloat64() + 1.5*float64(y[i]) - 1)))
		if p[i] > 0.5 {
			pred[i] = 1
		}
		yf[i], pos[i] = r.NormFloat64(), math.Exp(r.NormFloat64())
		proba.Row(i)[0], proba.Row(i)[1] = 1-p[i], p[i]
	}
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"roc_auc", func() { ROCAUC(y, p) }},
		{"log_loss", func() { LogLoss(y, proba) }},
		{"log_loss1", func() { LogLossBinary(y, p) }},
		{"brier", func() { BrierBinary(y, p) }},
		{"accuracy", func() { Accuracy(y, pred) }},
		{"f1", func() { F1(y, pred, Macro) }},
		{"mcc", func() { MCC(y, pred) }},
		{"confusion", func() { ConfusionMatrix(y, pred, 2) }},
		{"mse", func() { MSE(yf, p) }},
		{"mae", func() { MAE(yf, p) }},
		{"r2", func() { R2(yf, p) }},
		{"mape", func() { MAPE(yf, p) }},
		{"medae", func() { MedianAE(yf, p) }},
		{"poisson", func() { PoissonDeviance(pos, p) }},
		{"gamma", func() { GammaDeviance(pos, p) }},
		{"pinball", func() { Pinball(yf, p, 0.9) }},
		{"average_precision", func() { AveragePrecision(y, p) }},
		{"roc_curve", func() { ROC(y, p) }},
		{"pr_curve", func() { PR(y, p) }},
		{"reliability", func() { NewReliability(y, p, Bins{}) }},
		{"ari", func() { ARI(y, pred) }},
		{"ami", func() { AMI(y, pred) }},
		{"kendall", func() { Kendall(yf, p) }},
		{"spearman", func() { Spearman(yf, p) }},
		{"wasserstein", func() { Wasserstein(yf, p, nil, nil) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
		})
	}
}

// BenchmarkPairwise sets matrices of 2000 x 2000 pairs of 50 columns beside the kernels that they are made of, which write to memory as new as theirs.
func BenchmarkPairwise(b *testing.B) {
	const n, k = 2000, 50
	r := rng.New(42, 0)
	x, y := tensor.New[float64](n, k), tensor.New[float64](n, k)
	for i := range x.Data() {
		x.Data()[i], y.Data()[i] = r.NormFloat64(), r.NormFloat64()
	}
	kernel := func(write func(dst []float64)) func() {
		return func() { write(kern.Fresh[float64](n * n)) }
	}
	distances := func(d Distance) func() { return func() { Distances(x, y, d) } }
	kernels := func(k Kernel) func() { return func() { Kernels(x, y, k) } }
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"kernel: products", kernel(func(dst []float64) { kern.Gemm(false, true, n, n, k, 1, x.Data(), k, y.Data(), k, 0, dst, n) })},
		{"linear", kernels(LinearKernel{})},
		{"cosine", distances(Cosine{})},
		{"polynomial", kernels(PolynomialKernel{Coef0: 1})},
		{"sigmoid", kernels(SigmoidKernel{Coef0: 1})},
		{"kernel: squares", kernel(func(dst []float64) { kern.NewPoints(n, k, y.Data(), k).SqDists(n, x.Data(), k, dst, n) })},
		{"squares", distances(SquaredEuclidean{})},
		{"euclidean", distances(Euclidean{})},
		{"rbf", kernels(RBF{})},
		{"kernel: gaps", kernel(func(dst []float64) { kern.Gaps(kern.SumAbs, kern.NewPoints(n, k, y.Data(), k), n, x.Data(), k, dst, n) })},
		{"manhattan", distances(Manhattan{})},
		{"nearest", func() { Nearest(x, y, Euclidean{}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
		})
	}
}
