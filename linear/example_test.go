package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// stopping is the distance, in feet, that a car needs to stop, by its speed in miles an hour: made-up, but not far off.
func stopping() ml.Dataset[float64] {
	speed := []float64{4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 25}
	distance := []float64{6, 13, 16, 10, 26, 22, 22, 35, 45, 33, 36, 41, 56, 50, 51, 66, 54, 82, 85}
	return ml.Data[float64](tensor.FromSlice(speed, len(speed), 1), distance)
}

func ExampleOLS() {
	m, err := linear.OLS{}.Fit(context.Background(), stopping())
	if err != nil {
		panic(err)
	}
	y, err := m.PredictRow([]float64{21})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f + %.2f·speed; at 21: %.1f feet\n", m.Intercept, m.Coef[0], y)
	// Output: -14.45 + 3.57·speed; at 21: 60.4 feet
}

func ExampleRidge() {
	// Two columns that say nearly the same: OLS sets one against the other, ridge shares the effect between them.
	x := tensor.FromSlice([]float64{1, 1.01, 2, 1.98, 3, 3.03, 4, 3.99, 5, 5.02}, 5, 2)
	d := ml.Data[float64](x, []float64{2.1, 3.9, 6.2, 7.9, 10.1})
	ols, err := linear.OLS{}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	ridge, err := linear.Ridge{Alpha: 0.1}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	fmt.Printf("OLS   %.2f\nridge %.2f\n", ols.Coef, ridge.Coef)
	// Output:
	// OLS   [-4.65 6.63]
	// ridge [0.95 1.04]
}

func ExampleRidgeMulti() {
	x := tensor.FromSlice([]float64{0, 1, 2, 3}, 4, 1)
	d := ml.Data(x, [][]float64{{1, 0}, {2, -1}, {3, -2}, {4, -3}})
	m, err := linear.RidgeMulti{Alphas: []float64{1e-9, 5}}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f + %.2f·x\n", m.Intercept[0], m.Coef.Row(0)[0])
	fmt.Printf("%.2f + %.2f·x\n", m.Intercept[1], m.Coef.Row(1)[0])
	// Output:
	// 1.00 + 1.00·x
	// -0.75 + -0.50·x
}

func ExampleLogisticRegression() {
	// Hours of study, and whether the exam was passed.
	hours := []float64{0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5}
	passed := []int{0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1}
	d := ml.Data[int](tensor.FromSlice(hours, len(hours), 1), passed)
	d.Classes = []string{"failed", "passed"}
	m, err := linear.LogisticRegression{NoPenalty: true}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	p := make([]float64, 2)
	if err := m.ProbaRow(p, []float64{3}); err != nil {
		panic(err)
	}
	fmt.Printf("log-odds %.4f + %.4f·hours (%v)\n", m.Intercept[0], m.Coef.At(0, 0), m.Info.Status)
	fmt.Printf("after 3 hours: %s with probability %.2f\n", m.Classes[1], p[1])
	// Output:
	// log-odds -4.0777 + 1.5046·hours (converged)
	// after 3 hours: passed with probability 0.61
}

func ExampleLogisticModel_PredictProba() {
	x := tensor.FromSlice([]float64{0, 0, 0, 1, 1, 1, 4, 0, 4, 1, 5, 0, 0, 5, 1, 4, 0, 4}, 9, 2)
	d := ml.Data[int](x, []int{0, 0, 0, 1, 1, 1, 2, 2, 2})
	m, err := linear.LogisticRegression{}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	p, err := m.PredictProba(tensor.FromSlice([]float64{0, 0, 5, 1, 1, 5}, 3, 2))
	if err != nil {
		panic(err)
	}
	for i := range 3 {
		fmt.Printf("%.2f\n", p.Row(i))
	}
	// Output:
	// [0.95 0.03 0.02]
	// [0.02 0.97 0.01]
	// [0.02 0.01 0.97]
}
