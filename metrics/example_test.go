package metrics_test

import (
	"fmt"

	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

func Example() {
	y := []int{0, 1, 1, 0}
	pred := []int{0, 1, 0, 0}
	fmt.Println(metrics.Accuracy(y, pred))
	fmt.Println(metrics.Accuracy(y, pred, 1, 1, 2, 0)) // the third row counts twice, the last one not at all
	fmt.Println(metrics.Accuracy(y, pred[:3]))
	fmt.Println(metrics.CheckCodes("report", y, pred[:3], nil))
	// Output:
	// 0.75
	// 0.5
	// NaN
	// report: predictions is a list of 3: want 4, one for each row of Y (wrong shape)
}

func ExampleLogLoss() {
	proba := tensor.FromSlice([]float64{
		0.9, 0.1,
		0.2, 0.8,
		0.4, 0.6,
	}, 3, 2)
	fmt.Printf("%.4f\n", metrics.LogLoss([]int{0, 1, 0}, proba))
	// Output: 0.4149
}

func ExampleROCAUC() {
	y := []int{0, 0, 1, 1}
	fmt.Println(metrics.ROCAUC(y, []float64{0.1, 0.4, 0.35, 0.8}))
	fmt.Println(metrics.ROCAUC(y, []float64{0.1, 0.4, 0.4, 0.8})) // the tie counts one half
	// Output:
	// 0.75
	// 0.875
}

func ExampleR2() {
	fmt.Printf("%.4f\n", metrics.R2([]float64{3, -0.5, 2, 7}, []float64{2.5, 0, 2, 8}))
	// Output: 0.9486
}

func ExampleConfusionMatrix() {
	m, err := metrics.ConfusionMatrix([]int{0, 0, 1, 2, 2}, []int{0, 1, 1, 2, 0}, 3)
	if err != nil {
		panic(err)
	}
	for i := range 3 {
		fmt.Println(m.Row(i))
	}
	// Output:
	// [1 1 0]
	// [0 1 0]
	// [1 0 1]
}
