package kernel_test

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/linear"
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

// The share of support vectors is at least Nu: there is no penalty to be guessed.
func ExampleNuSVC() {
	iris := datasets.Iris()
	for _, nu := range []float64{0.1, 0.5} {
		m, err := kernel.NuSVC{Nu: nu}.Fit(context.Background(), iris)
		if err != nil {
			fmt.Println(err)
			return
		}
		class, err := m.PredictRow([]float64{5.1, 3.5, 1.4, 0.2})
		fmt.Println(iris.Classes[class], len(m.Support) >= int(nu*100), err) // each pair of classes has 100 rows
	}
	// Output:
	// setosa true <nil>
	// setosa true <nil>
}

// Errors up to Epsilon are none, so few rows are needed.
func ExampleSVR() {
	x, y := wave(41)
	m, err := kernel.SVR{C: 100, Epsilon: new(0.1), Kernel: metrics.RBF{Gamma: 1}}.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		fmt.Println(err)
		return
	}
	at, err := m.PredictRow([]float64{1.55})
	fmt.Printf("%t %v\n", math.Abs(at-math.Sin(1.55)) < 0.15, err)
	fmt.Println(len(m.Support) < 15, "of 41 rows")
	// Output:
	// true <nil>
	// true of 41 rows
}

// NuSVR finds the width of the tube that leaves the share Nu outside: small here, as there is no noise.
func ExampleNuSVR() {
	x, y := wave(41)
	m, err := kernel.NuSVR{C: 100, Nu: 0.1, Kernel: metrics.RBF{Gamma: 1}}.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		fmt.Println(err)
		return
	}
	at, err := m.PredictRow([]float64{1.55})
	fmt.Printf("%.1f %v\n", at, err)
	fmt.Println(m.Epsilon < 0.1)
	// Output:
	// 1.0 <nil>
	// true
}

// wave is n readings of a sine from 0 to 2π.
func wave(n int) (*tensor.Tensor[float64], []float64) {
	x, y := tensor.New[float64](n, 1), make([]float64, n)
	for i := range n {
		x.Data()[i] = 2 * math.Pi * float64(i) / float64(n-1)
		y[i] = math.Sin(x.Data()[i])
	}
	return x, y
}

// Rows of a clump are inside, positive, and those far off outside.
func ExampleOneClassSVM() {
	m, err := kernel.OneClassSVM{Nu: 0.1, Kernel: metrics.RBF{Gamma: 0.1}}.Fit(context.Background(), ml.Table{X: clump()})
	if err != nil {
		fmt.Println(err)
		return
	}
	score, err := m.Predict(tensor.FromSlice([]float64{0.2, -0.3, 8, 8}, 2, 2))
	fmt.Println(score[0] > 0, score[1] > 0, err)
	// Output: true false <nil>
}

// The smallest ball around a clump; one row in ten may be left out of it.
func ExampleSVDD() {
	m, err := kernel.SVDD{Nu: 0.1, Kernel: metrics.LinearKernel{}}.Fit(context.Background(), ml.Table{X: clump()})
	if err != nil {
		fmt.Println(err)
		return
	}
	score, err := m.Predict(tensor.FromSlice([]float64{0, 0, 2, 3}, 2, 2))
	fmt.Println(score[0] > 0, score[1] > 0, err)
	// Output: true false <nil>
}

// clump is a grid of 25 rows about the origin, up to 1 to each side.
func clump() *tensor.Tensor[float64] {
	x := tensor.New[float64](25, 2)
	for i := range 25 {
		x.Row(i)[0], x.Row(i)[1] = float64(i%5)/2-1, float64(i/5)/2-1
	}
	return x
}

// A parabola, from a kernel that knows squares.
func ExampleKernelRidge() {
	x := tensor.FromSlice([]float64{-2, -1, 0, 1, 2}, 5, 1)
	d := ml.Data(x, []float64{4, 1, 0, 1, 4})
	m, err := kernel.KernelRidge{Alpha: 1e-6, Kernel: metrics.PolynomialKernel{Degree: 2, Gamma: 1, Coef0: 1}}.Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	at, err := m.PredictRow([]float64{3})
	fmt.Printf("%.2f %v\n", at, err)
	// Output: 9.00 <nil>
}

// What is far from all rows is uncertain.
func ExampleGaussianProcessRegressor() {
	x, y := wave(9)
	m, err := kernel.GaussianProcessRegressor{Kernel: kernel.SquaredExponential{Length: []float64{1}}}.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, deviation, err := m.PredictDeviation(tensor.FromSlice([]float64{math.Pi / 2, 30}, 2, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range mean {
		fmt.Printf("%.2f ± %.2f\n", math.Abs(mean[i]), deviation[i])
	}
	// Output:
	// 1.00 ± 0.00
	// 0.00 ± 1.00
}

// How probably rows are of class 0: likely among its own, even between the classes.
func ExampleGaussianProcessClassifier() {
	x := tensor.FromSlice([]float64{-3, -2.5, -2, 2, 2.5, 3}, 6, 1)
	m, err := kernel.GaussianProcessClassifier{}.Fit(context.Background(), ml.Data(x, []int{0, 0, 0, 1, 1, 1}))
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := m.PredictProba(tensor.FromSlice([]float64{-2.5, 0, 2.5}, 3, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f %.2f %.2f\n", p.At(0, 0), p.At(1, 0), p.At(2, 0))
	// Output: 0.68 0.50 0.32
}

// A linear model tells a ring from what it surrounds: what it sees is how alike a row is to twenty others.
func ExampleNystroem() {
	d := ring()
	m, err := ml.Pipe(ml.Step(kernel.Nystroem{Kernel: metrics.RBF{Gamma: 1}, Components: 20}), linear.LogisticRegression{C: 100}).Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	class, err := m.Predict(tensor.FromSlice([]float64{0.2, 0, 0, -2}, 2, 2))
	fmt.Println(class, err)
	// Output: [0 1] <nil>
}

// The same with random waves for columns, which no row was drawn for.
func ExampleRBFSampler() {
	d := ring()
	m, err := ml.Pipe(ml.Step(kernel.RBFSampler{Gamma: 1, Components: 50}), linear.LogisticRegression{C: 100}).Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	class, err := m.Predict(tensor.FromSlice([]float64{0.2, 0, 0, -2}, 2, 2))
	fmt.Println(class, err)
	// Output: [0 1] <nil>
}

// ring is 20 rows at a distance 0.5 of the origin, class 0, and 20 at distance 2, class 1.
func ring() ml.Dataset[int] {
	x, y := tensor.New[float64](40, 2), make([]int, 40)
	for i := range 40 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 20)
		r := 0.5
		if i >= 20 {
			r, y[i] = 2, 1
		}
		x.Row(i)[0], x.Row(i)[1] = r*cos, r*sin
	}
	return ml.Data(x, y)
}
