package cases

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/decomp"
	"github.com/gopherwood-ml/ml/tensor"
)

// Components of rows: the decompositions of issue 14, fifty components each.
func init() {
	pca := func(name string, c decomp.PCA, floor float64) {
		Register(Case{Name: name, Data: "pca20k", Vs: []string{sklearn}, Make: func(d *Data) (*Work, error) {
			return components(d.Float("X"), c.Fit, func(m *decomp.PCAModel) []float64 { return m.VarianceRatio }, floor)
		}})
	}
	pca("PCA-full", decomp.PCA{Components: 50}, 1./3)
	pca("PCA-randomized", decomp.PCA{Components: 50, Solver: decomp.RandomizedSolver}, 1/1.5)
	pca("PCA-fastest", decomp.PCA{Components: 50}, 1)
	Register(Case{Name: "NMF", Data: "nmf5k", Vs: []string{sklearn}, Make: nmf})
	Register(Case{Name: "LDA-topics", Data: "sparse20k", Vs: []string{sklearn}, Make: topics(false)})
	Register(Case{Name: "LDA-topics-online", Data: "sparse20k", Vs: []string{sklearn}, Make: topics(true)})
	Register(Case{Name: "TruncatedSVD-sparse", Data: "sparse20k", Vs: []string{sklearn}, Make: func(d *Data) (*Work, error) {
		x, err := sparseOf(d, d.Values("data"))
		if err != nil {
			return nil, err
		}
		return components(x, decomp.TruncatedSVD{Components: 50}.Fit, func(m *decomp.TruncatedSVDModel) []float64 { return m.VarianceRatio }, 1./3)
	}})
}

// sparseOf are the rows of sparse20k, with those values.
func sparseOf(d *Data, values []float64) (*tensor.CSR[float64], error) {
	columns := d.Codes("indices")
	narrow := make([]int32, len(columns))
	for i, j := range columns {
		narrow[i] = int32(j)
	}
	return tensor.NewCSR(20_000, 10_000, d.Codes("indptr"), narrow, values)
}

// topics are twenty topics of counts, the numbers of sparse20k rounded up.
func topics(online bool) func(d *Data) (*Work, error) {
	return func(d *Data) (*Work, error) {
		counts := slices.Clone(d.Values("data"))
		for i, v := range counts {
			counts[i] = math.Ceil(v)
		}
		x, err := sparseOf(d, counts)
		if err != nil {
			return nil, err
		}
		table := ml.Table{X: x}
		var m *decomp.LDAModel
		return &Work{
			Rows: 20_000, Columns: 10_000,
			Steps: []Step{
				step("fit", func() (err error) {
					m, err = decomp.LatentDirichletAllocation{Components: 20, Online: online, MaxIter: 2}.Fit(context.Background(), table)
					return
				}).floor(sklearn, 1./3),
				step("predict", func() error { _, err := m.Transform(x); return err }).floor(sklearn, 1./3),
			},
			Score: func() (map[string]float64, error) {
				return map[string]float64{"perplexity": m.Perplexity}, nil
			},
			Tol: map[string]float64{"perplexity": 0.05}, // another random start
		}, nil
	}
}

// nmf is a hundred iterations for twenty parts.
func nmf(d *Data) (*Work, error) {
	x := d.Float("X")
	n, p := x.Dims()
	table := ml.Table{X: x}
	var m *decomp.NMFModel
	return &Work{
		Rows: n, Columns: p,
		Steps: []Step{
			step("fit", func() (err error) {
				m, err = decomp.NMF{Components: 20, MaxIter: 100, Tol: -1}.Fit(context.Background(), table)
				return
			}).floor(sklearn, 1./3),
			step("predict", func() error { _, err := m.Transform(x); return err }),
		},
		Score: func() (map[string]float64, error) {
			return map[string]float64{"err": m.Error, "iters": float64(m.Info.Iterations)}, nil
		},
		Tol: map[string]float64{"err": 0.03}, // the peer leaves zeros of the start where they are, and ends elsewhere
	}, nil
}

// components is the work of a decomposition whose quality is the share of variance that it explains.
func components[M interface {
	ml.Transformer
	ml.RowTransformer
}](x tensor.Matrix, fit func(context.Context, ml.Table) (M, error), ratio func(M) []float64, floor float64) (*Work, error) {
	n, p := x.Dims()
	table := ml.Table{X: x}
	var m M
	one := make([]float64, p)
	for j := range one {
		one[j] = x.At(0, j)
	}
	to := make([]float64, 50)
	return &Work{
		Rows: n, Columns: p,
		Steps: []Step{
			step("fit", func() (err error) { m, err = fit(context.Background(), table); return }).floor(sklearn, floor),
			step("predict", func() error { _, err := m.Transform(x); return err }),
			step("row", func() error { return m.TransformRow(to, one) }),
		},
		Score: func() (map[string]float64, error) {
			sum := 0.0
			for _, v := range ratio(m) {
				sum += v
			}
			return map[string]float64{"explained": math.Round(sum*1e6) / 1e6}, nil
		},
		Tol: map[string]float64{"explained": 0.002}, // random vectors of another generator
	}, nil
}
