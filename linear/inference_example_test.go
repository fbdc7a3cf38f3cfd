package linear_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func ExampleOLSInference() {
	d := stopping()
	d.Columns = []ml.Column{{Name: "speed"}}
	m, err := linear.OLSInference{}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	fmt.Print(m)
	// Output:
	// Ordinary least squares: 19 observations, 1 column, classical standard errors
	//
	// Residuals:
	//     Min       1Q  Median      3Q     Max
	// -13.579  -5.9622  1.9208  5.4874  10.855
	//
	// Coefficients:
	//              Estimate  Std. Error       t   P(>|t|)       95% from       to
	// (Intercept)   -14.454      4.5041  -3.209    0.0051  **    -23.957  -4.9509
	// speed          3.5666     0.27740  12.857  3.48e-10  ***    2.9814   4.1519
	// Significance: *** below 0.001, ** 0.01, * 0.05, . 0.1
	//
	// Residual standard error: 7.2007 on 17 degrees of freedom
	// R-squared: 0.9068, adjusted: 0.9013
	// F: 165.31 on 1 and 17 degrees of freedom, p: 3.48e-10
	// Log-likelihood: -63.413, AIC: 130.83, BIC: 132.71
	// Durbin-Watson: 2.082, Jarque-Bera: 0.813 (p: 0.6659), skewness: -0.039, excess kurtosis: -1.010
}

func ExampleOLSResults_PredictInterval() {
	m, err := linear.OLSInference{Covariance: linear.HC3}.Fit(context.Background(), stopping())
	if err != nil {
		panic(err)
	}
	at21, err := m.PredictInterval(tensor.FromSlice([]float64{21}, 1, 1))
	if err != nil {
		panic(err)
	}
	v := at21[0]
	fmt.Printf("%.1f feet; the mean within %.1f and %.1f, a car within %.1f and %.1f\n", v.Mean, v.Lower, v.Upper, v.NewLower, v.NewUpper)
	// Output: 60.4 feet; the mean within 53.3 and 67.6, a car within 43.7 and 77.2
}
