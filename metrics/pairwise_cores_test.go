package metrics_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Strips of many rows, of few, and a last one that is not whole: the same bits for any number of cores, and for each row of x alone, to rounding.
func TestPairsAreTheSameOnAnyNumberOfCores(t *testing.T) {
	r := rng.New(7, 0)
	draw := func(n, k int) *tensor.Tensor[float64] {
		x := tensor.New[float64](n, k)
		for i := range x.Data() {
			x.Data()[i] = r.NormFloat64()
		}
		return x
	}
	for _, shape := range [][3]int{{301, 700, 9}, {45, 3001, 20}, {700, 31, 4}} {
		x, y := draw(shape[0], shape[2]), draw(shape[1], shape[2])
		for name, f := range map[string]func(x tensor.Matrix) (*tensor.Tensor[float64], error){
			"euclidean": func(x tensor.Matrix) (*tensor.Tensor[float64], error) {
				return metrics.Distances(x, y, metrics.Euclidean{})
			},
			"manhattan": func(x tensor.Matrix) (*tensor.Tensor[float64], error) {
				return metrics.Distances(x, y, metrics.Manhattan{})
			},
			"cosine": func(x tensor.Matrix) (*tensor.Tensor[float64], error) {
				return metrics.Distances(x, y, metrics.Cosine{})
			},
			"rbf": func(x tensor.Matrix) (*tensor.Tensor[float64], error) { return metrics.Kernels(x, y, metrics.RBF{}) },
			"sigmoid": func(x tensor.Matrix) (*tensor.Tensor[float64], error) {
				return metrics.Kernels(x, y, metrics.SigmoidKernel{})
			},
			"linear": func(x tensor.Matrix) (*tensor.Tensor[float64], error) {
				return metrics.Kernels(x, y, metrics.LinearKernel{})
			},
		} {
			var want []float64
			for _, procs := range []int{1, 2, 8} {
				old := runtime.GOMAXPROCS(procs)
				got, err := f(x)
				runtime.GOMAXPROCS(old)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = got.Data()
				}
				if !slices.Equal(want, got.Data()) {
					t.Errorf("%s of %v: other bits on %d cores", name, shape, procs)
				}
			}
			for _, i := range []int{0, shape[0] / 2, shape[0] - 1} {
				one, err := f(x.Rows(i, i+1))
				if err != nil {
					t.Fatal(err)
				}
				golden.Close(t, one.Data(), want[i*shape[1]:(i+1)*shape[1]], 1e-13, 1e-13, fmt.Sprint(name, shape, i)) // sums in another order
			}
		}
	}
}
