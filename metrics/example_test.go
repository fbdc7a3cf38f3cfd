package metrics_test

import (
	"fmt"
	"math"

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

func ExampleReportBinary() {
	y := []int{0, 0, 1, 0, 1, 1, 0, 1}
	p := []float64{0.1, 0.3, 0.35, 0.4, 0.6, 0.8, 0.55, 0.92}
	r, err := metrics.ReportBinary(y, p)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(r)
	// Output:
	// Two classes: 8 rows, 50% of class 1
	//
	// ROC AUC                         0.875 [0.5921, 1]          best 1, chance 0.5; 95% interval
	// average precision             0.91667                      best 1, chance 0.5
	// log-loss                      0.45482                      best 0, always the share of class 1: 0.6931
	// Brier score                   0.14893                      best 0, always the share of class 1: 0.25
	// calibration error               0.135                      ECE over ten bins, best 0
	// calibration slope              1.8243                      1 is calibrated, below 1 too extreme
	// calibration in the large    -0.013438                      0 is calibrated, above 0 too low
	// accuracy at 0.5                  0.75                      always the larger class: 0.5
	// precision at 0.5                 0.75                      of the rows predicted as 1
	// recall at 0.5                    0.75                      of the rows of class 1
	// F1 at 0.5                        0.75                      best 1
	// MCC at 0.5                        0.5                      best 1, chance 0
	// best F1                       0.85714                      from the threshold 0.6 on
	//
	// at 0.5: true \ predicted  0  1
	//                        0  3  1
	//                        1  1  3
}

// Two models on the same rows: the difference of their areas with its interval, and whether it is more than chance.
func ExampleCompareAUC() {
	y := []int{0, 0, 1, 0, 1, 1, 0, 1, 0, 1}
	a := []float64{0.1, 0.3, 0.35, 0.4, 0.6, 0.8, 0.55, 0.9, 0.2, 0.7}
	b := []float64{0.4, 0.3, 0.25, 0.6, 0.5, 0.8, 0.45, 0.7, 0.5, 0.6}
	c, err := metrics.CompareAUC(y, a, b, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.3f against %.3f: %v, P = %.3f\n", c.A, c.B, c.Difference, c.Test.P)
	// Output: 0.920 against 0.720: 0.2000 [-0.0479, 0.4479], P = 0.114
}

func ExampleTally_Mean() {
	y, pred := []int{0, 1, 2, 2, 1}, []int{0, 2, 2, 2, 1}
	t, err := metrics.NewTally(y, pred, 4) // four classes, of which the last neither occurs nor is predicted
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, undefined := range []float64{0, 1, math.NaN()} {
		fmt.Printf("%.4f\n", t.Mean(metrics.Macro, func(c metrics.Counts) float64 { return c.F(1, undefined) }))
	}
	// Output:
	// 0.6167
	// 0.8667
	// 0.8222
}
