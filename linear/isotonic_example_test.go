package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleIsotonic() {
	dose := []float64{1, 2, 3, 4, 5, 6}
	response := []float64{0.1, 0.3, 0.2, 0.6, 0.5, 1.1}
	m, err := linear.Isotonic{Min: new(0.0), Max: new(1.0)}.Fit(context.Background(), ml.Data[float64](tensor.FromSlice(dose, 6, 1), response))
	if err != nil {
		panic(err)
	}
	y, err := m.Predict(tensor.FromSlice([]float64{2, 3, 3.5, 5, 9}, 5, 1))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f\n", y)
	// Output: [0.250 0.250 0.400 0.550 1.000]
}
