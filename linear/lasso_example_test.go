package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
)

// A lasso names the columns that matter: of ten measurements of diabetes patients it keeps three.
func ExampleLasso() {
	m, err := linear.Lasso{Alpha: 1}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	for j, b := range m.Coef {
		if b != 0 {
			fmt.Printf("%s %.2f\n", ml.ColumnName(m.Columns, j), b)
		}
	}
	// Output:
	// bmi 367.70
	// bp 6.31
	// s5 307.60
}

func ExampleElasticNet() {
	m, err := linear.ElasticNet{Alpha: 1, L1Ratio: 0.5}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.3f %v\n", m.Coef[0], m.Info.Status)
	// Output:
	// 0.375 converged
}

func ExampleLassoMulti() {
	m, err := linear.LassoMulti{Alpha: 1}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", m.Coef.Row(0))
	// Output:
	// [-0.41 -0.22 0.09]
}

func ExampleElasticNetMulti() {
	m, err := linear.ElasticNetMulti{Alpha: 1, L1Ratio: 0.9}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", m.Coef.Row(0))
	// Output:
	// [-0.41 -0.22 0.09]
}

// Cross-validation chooses the penalty; the one-standard-error rule prefers a simpler model that does about as well.
func ExampleLassoCV() {
	d := datasets.Diabetes()
	for _, oneSE := range []bool{false, true} {
		m, err := linear.LassoCV{OneSE: oneSE}.Fit(context.Background(), d)
		if err != nil {
			panic(err)
		}
		columns := 0
		for _, b := range m.Coef {
			if b != 0 {
				columns++
			}
		}
		fmt.Printf("penalty %.4f, %d columns\n", m.Alpha, columns)
	}
	// Output:
	// penalty 0.0038, 9 columns
	// penalty 0.1868, 6 columns
}

func ExampleElasticNetCV() {
	m, err := linear.ElasticNetCV{L1Ratios: []float64{0.1, 0.5, 0.9, 1}}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Printf("L1Ratio %g, penalty %.4f\n", m.L1Ratio, m.Alpha)
	// Output:
	// L1Ratio 1, penalty 0.0038
}

// Along a path of falling penalties the columns come in one by one.
func ExampleLassoPath() {
	m, err := linear.LassoPath{NAlphas: 8, Eps: 0.01}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	for k, alpha := range m.Alphas {
		fmt.Printf("%.3f explains %.2f by", alpha, m.Explained[k])
		for j, b := range m.Coef.Row(k) {
			if b != 0 {
				fmt.Print(" ", ml.ColumnName(m.Columns, j))
			}
		}
		fmt.Println()
	}
	// Output:
	// 2.148 explains 0.00 by
	// 1.113 explains 0.33 by bmi s5
	// 0.576 explains 0.44 by bmi bp s3 s5
	// 0.298 explains 0.48 by bmi bp s3 s5
	// 0.155 explains 0.50 by sex bmi bp s1 s3 s5 s6
	// 0.080 explains 0.51 by sex bmi bp s1 s3 s5 s6
	// 0.041 explains 0.51 by sex bmi bp s1 s3 s4 s5 s6
	// 0.021 explains 0.52 by sex bmi bp s1 s3 s4 s5 s6
}

func ExampleElasticNetPath() {
	m, err := linear.ElasticNetPath{L1Ratio: 0.5, EarlyStop: true}.Fit(context.Background(), datasets.Diabetes())
	if err != nil {
		panic(err)
	}
	fmt.Println(len(m.Alphas), "penalties", m.Info.Status)
	// Output:
	// 100 penalties converged
}

// Three targets, and the exercises that say something about any of them.
func ExampleMultiTaskLasso() {
	m, err := linear.MultiTaskLasso{Alpha: 20}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	for t := range m.Intercept {
		fmt.Printf("%.2f\n", m.Coef.Row(t))
	}
	// Output:
	// [-0.00 -0.23 0.07]
	// [-0.00 -0.04 0.02]
	// [0.00 0.04 -0.02]
}

func ExampleMultiTaskElasticNet() {
	m, err := linear.MultiTaskElasticNet{Alpha: 20, L1Ratio: 0.5}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", m.Coef.Row(0))
	// Output:
	// [-0.00 -0.23 0.08]
}

func ExampleMultiTaskLassoCV() {
	m, err := linear.MultiTaskLassoCV{K: 4}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("penalty %.2f\n", m.Alpha)
	// Output:
	// penalty 171.02
}

func ExampleMultiTaskElasticNetCV() {
	m, err := linear.MultiTaskElasticNetCV{L1Ratios: []float64{0.5, 1}, K: 4}.Fit(context.Background(), datasets.Linnerud())
	if err != nil {
		panic(err)
	}
	fmt.Printf("L1Ratio %g, penalty %.2f\n", m.L1Ratio, m.Alpha)
	// Output:
	// L1Ratio 0.5, penalty 342.04
}
