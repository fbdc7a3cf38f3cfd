package cases

import (
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Matrices between two sets of 2000 rows, 50 columns wide.
func init() {
	for _, c := range []struct {
		name string
		d    metrics.Distance
	}{
		{"euclidean_distances", metrics.Euclidean{}},
		{"manhattan_distances", metrics.Manhattan{}},
		{"cosine_distances", metrics.Cosine{}},
		{"nan_euclidean_distances", metrics.NaNEuclidean{}},
		{"pairwise_distances-chebyshev", metrics.Chebyshev{}},
		{"pairwise_distances-correlation", metrics.Correlation{}},
		{"pairwise_distances-canberra", metrics.Canberra{}},
		{"pairwise_distances-braycurtis", metrics.BrayCurtis{}},
		{"pairwise_distances-hamming", metrics.Hamming{}},
	} {
		pairwise(c.name, func(a, b tensor.Matrix) (*tensor.Tensor[float64], error) { return metrics.Distances(a, b, c.d) })
	}
	for _, c := range []struct {
		name string
		k    metrics.Kernel
	}{
		{"rbf_kernel", metrics.RBF{}},
		{"laplacian_kernel", metrics.LaplacianKernel{}},
		{"polynomial_kernel", metrics.PolynomialKernel{Coef0: 1}},
		{"sigmoid_kernel", metrics.SigmoidKernel{Coef0: 1}},
	} {
		pairwise(c.name, func(a, b tensor.Matrix) (*tensor.Tensor[float64], error) { return metrics.Kernels(a, b, c.k) })
	}
	pairwise("pairwise_distances_argmin", func(a, b tensor.Matrix) (*tensor.Tensor[float64], error) {
		index, _, err := metrics.Nearest(a, b, metrics.Euclidean{})
		out := tensor.New[float64](len(index), 1)
		for i, j := range index {
			out.Row(i)[0] = float64(j)
		}
		return out, err
	})
}

func pairwise(name string, f func(a, b tensor.Matrix) (*tensor.Tensor[float64], error)) {
	Register(Case{Name: name, Data: "logit100k", Vs: []string{"scikit-learn"}, Make: func(d *Data) (*Work, error) {
		x := d.Float("X")
		a, b := x.Rows(0, 2000), x.Rows(2000, 4000)
		var out *tensor.Tensor[float64]
		return &Work{
			Rows: 2000, Columns: 2000,
			Steps: []Step{step("fit", func() (err error) { out, err = f(a, b); return err })},
			Score: func() (map[string]float64, error) {
				sum := 0.0
				for _, v := range out.Data() {
					sum += v
				}
				return map[string]float64{"value": sum / float64(len(out.Data()))}, nil
			},
			Tol: map[string]float64{"value": 1e-9}, // the peer's squares cancel, ours are of differences
		}, nil
	}})
}
