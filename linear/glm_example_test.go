package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// The randomised controlled trial of Dobson (1990), page 93: the example of R's glm.
func ExampleGLM() {
	x, _ := tensor.FromRows([][]float64{
		{0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 1, 0}, {0, 1, 1, 0}, {0, 0, 0, 1}, {1, 0, 0, 1}, {0, 1, 0, 1},
	})
	d := ml.Data(x, []float64{18, 17, 15, 20, 10, 20, 25, 13, 12})
	d.Columns = []ml.Column{{Name: "outcome2"}, {Name: "outcome3"}, {Name: "treatment2"}, {Name: "treatment3"}}
	m, err := linear.GLM{Family: linear.Poisson{}}.Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, t := range m.Terms()[:3] {
		fmt.Printf("%-12s %8.5f %7.4f %7.3f %6.4f\n", t.Name, t.Estimate, t.StdErr, t.Stat, t.P)
	}
	fmt.Printf("deviance %.4f of %.4f on %g degrees of freedom, AIC %.2f\n", m.Deviance, m.NullDeviance, m.DFResidual, m.AIC)
	// Output:
	// (Intercept)   3.04452  0.1709  17.815 0.0000
	// outcome2     -0.45426  0.2022  -2.247 0.0246
	// outcome3     -0.29299  0.1927  -1.520 0.1285
	// deviance 5.1291 of 10.5814 on 4 degrees of freedom, AIC 56.76
}

// Claims of policies that ran for different times: the mean is proportional to the time.
func ExamplePoissonRegressor() {
	x, _ := tensor.FromRows([][]float64{{2, 0}, {1, 0}, {4, 1}, {1, 1}})
	d := ml.Data(x, []float64{1, 2, 9, 6})
	d.Columns = []ml.Column{{Name: "years"}, {Name: "city"}}
	m, err := linear.PoissonRegressor{Exposure: "years"}.Fit(context.Background(), d)
	if err != nil {
		fmt.Println(err)
		return
	}
	rate, _ := m.PredictRow([]float64{1, 1}) // of one year
	fmt.Printf("%.3f\n", rate)
	// Output: 3.000
}

func ExampleGammaRegressor() {
	x, _ := tensor.FromRows([][]float64{{0}, {0}, {1}, {1}})
	m, err := linear.GammaRegressor{}.Fit(context.Background(), ml.Data(x, []float64{100, 300, 500, 700}))
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, _ := m.PredictRow([]float64{1})
	fmt.Printf("%.2f\n", mean)
	// Output: 600.00
}

func ExampleTweedieRegressor() {
	x, _ := tensor.FromRows([][]float64{{0}, {0}, {1}, {1}})
	m, err := linear.TweedieRegressor{Power: 1.5}.Fit(context.Background(), ml.Data(x, []float64{0, 300, 0, 700}))
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, _ := m.PredictRow([]float64{1})
	fmt.Printf("%.2f\n", mean)
	// Output: 350.00
}
