package metrics

import (
	"fmt"
	"math"
	"testing"

	plain "github.com/gopherwood-ml/ml/internal/compute/naive"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Distances and kernel values that were made elsewhere are the same up to the order of sums of 7 numbers: 1e-13 of what is near 1.
func TestBlocksFromElsewhere(t *testing.T) {
	r := rng.New(4, 0)
	x, y := tensor.New[float64](40, 7), tensor.New[float64](31, 7)
	for _, m := range []*tensor.Tensor[float64]{x, y} {
		for i, v := range m.Data() {
			m.Data()[i] = v + r.NormFloat64()
		}
	}
	type matrix = *tensor.Tensor[float64]
	makes := map[string]func(to tensor.Matrix) (matrix, error){}
	foreign := map[string]bool{}
	for _, d := range []Distance{Euclidean{}, SquaredEuclidean{}, Minkowski{}, Minkowski{P: 3}, Manhattan{}} {
		name := fmt.Sprintf("%T %v", d, d)
		makes[name] = func(to tensor.Matrix) (matrix, error) { return Distances(x, to, d) }
		foreign[name] = d == Manhattan{} || d == Minkowski{P: 3}
	}
	for _, k := range []Kernel{LinearKernel{}, RBF{}, PolynomialKernel{}, PolynomialKernel{Gamma: 0.1, Coef0: 2, Degree: 4}, SigmoidKernel{Coef0: 0.3}, LaplacianKernel{}} {
		name := fmt.Sprintf("%T %v", k, k)
		makes[name] = func(to tensor.Matrix) (matrix, error) { return Kernels(x, to, k) }
		foreign[name] = k == LaplacianKernel{}
	}
	for name, of := range makes {
		for _, to := range []tensor.Matrix{y, nil} {
			t.Run(fmt.Sprint(name, to == nil), func(t *testing.T) {
				want, err := of(to)
				if err != nil {
					t.Fatal(err)
				}
				e := &plain.Engine{}
				e.Serve(t)
				got, err := of(to)
				if err != nil {
					t.Fatal(err)
				}
				for i, v := range want.Data() {
					if math.Abs(got.Data()[i]-v) > 1e-13*max(1, math.Abs(v)) {
						t.Fatalf("number %d is %v, want %v", i, got.Data()[i], v)
					}
				}
				if foreign[name] == (e.Answered.Load() > 0) {
					t.Errorf("answered %d times", e.Answered.Load())
				}
			})
		}
	}
}
