package kernel

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Covariance returns the posterior covariance of the values at the rows of x, rows x rows, in units of Y²; its diagonal is the square of PredictDeviation's. It
// costs rows·(training rows)² + rows²·training rows.
func (m *GPRModel) Covariance(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := m.check("kernel.GPRModel.Covariance", x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	n := r.Len()
	own, half := tensor.New[float64](n, r.Cols()), tensor.New[float64](n, len(m.Alpha))
	buf := make([]float64, r.Cols())
	for i := range n {
		copy(own.Row(i), r.Row(i, buf))
	}
	m.post.each(r, func(i int, projected []float64, _ float64) { copy(half.Row(i), projected) })
	out := tensor.New[float64](n, n)
	for i := range n {
		for j := i; j < n; j++ {
			v := (m.Kernel.Of(own.Row(i), own.Row(j), i == j) - linalg.Dot(half.Row(i), half.Row(j))) * (m.Scale * m.Scale)
			out.Set(v, i, j)
			out.Set(v, j, i)
		}
	}
	return out, nil
}

// Sample draws functions from the posterior: their values at the rows of x, rows x count. The streams are those of seed, one for each function. Eigenvalues that
// rounding has made negative count as 0.
func (m *GPRModel) Sample(x tensor.Matrix, count int, seed uint64) (*tensor.Tensor[float64], error) {
	const where = "kernel.GPRModel.Sample"
	if count < 0 {
		return nil, ml.BadConfig(where, "count", count, ">= 0")
	}
	mean, err := m.Predict(x)
	if err != nil {
		return nil, err
	}
	cov, err := m.Covariance(x)
	if err != nil {
		return nil, err
	}
	n := len(mean)
	values, z, ok := linalg.EigenSym(append([]float64(nil), cov.Data()...), n, true)
	if !ok {
		return nil, &ml.Error{Where: where, Field: "x", Found: fmt.Sprintf("%d rows", n), Want: "rows whose covariance has eigenvalues", Kind: ml.ErrData}
	}
	out := tensor.New[float64](n, count)
	draw := make([]float64, n)
	for c := range count {
		rng.Normal(rng.New(seed, uint64(c)), draw, 0, 1)
		for i := range n {
			s := mean[i]
			for k, v := range values {
				s += float64(z[i*n+k] * math.Sqrt(max(v, 0)) * draw[k])
			}
			out.Set(s, i, c)
		}
	}
	return out, nil
}
