package kernel_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// No line divides these classes; products of the columns do.
func ExampleSVC() {
	x := tensor.FromSlice([]float64{-1, -1, -1, 1, 1, -1, 1, 1}, 4, 2)
	m, err := kernel.SVC{C: 10, Kernel: metrics.PolynomialKernel{Degree: 2, Gamma: 1, Coef0: 1}}.Fit(context.Background(), ml.Data(x, []int{0, 1, 1, 0}))
	if err != nil {
		fmt.Println(err)
		return
	}
	classes, err := m.Predict(tensor.FromSlice([]float64{-2, -0.5, 0.5, -1}, 2, 2))
	fmt.Println(classes, err)
	fmt.Printf("%d support vectors, dual objective %.3f\n", len(m.Support), m.Objective[0])
	// Output:
	// [0 1] <nil>
	// 4 support vectors, dual objective -0.250
}
