// Regressiontable fits the fuel economy of 32 cars by least squares and prints what a statistician wants to see: the table of
// coefficients with standard errors, tests and intervals, once as it is and once with errors that hold for unequal variances; the
// cars that move the fit most; and the prediction for a new car with its intervals.
//
//	go run ./examples/regressiontable
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	cars, err := economy()
	if err != nil {
		return err
	}
	fit, err := linear.OLSInference{}.Fit(ctx, cars)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Miles per gallon of 32 cars\n\n%v\n", fit)

	// Do the conclusions stand if the noise is not of one variance? With so few rows HC3 is the one to ask.
	robust, err := linear.OLSInference{Covariance: linear.HC3}.Fit(ctx, cars)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "Standard errors, classical and HC3:")
	classical := fit.Terms()
	for k, t := range robust.Terms() {
		fmt.Fprintf(w, "  %-12s %8.4f %8.4f  p %.2g %.2g\n", t.Name, classical[k].StdErr, t.StdErr, classical[k].P, t.P)
	}

	influential(w, fit)
	return predict(w, fit)
}

// economy is miles per gallon by weight (1000 lb), horsepower and quarter mile time (s).
func economy() (ml.Dataset[float64], error) {
	d := datasets.Mtcars()
	x, columns := tensor.New[float64](d.Rows(), 3), make([]ml.Column, 0, 3)
	for k, name := range []string{"wt", "hp", "qsec"} {
		j := slices.IndexFunc(d.Columns, func(c ml.Column) bool { return c.Name == name })
		if j < 0 {
			return d, fmt.Errorf("no column %q", name)
		}
		columns = append(columns, d.Columns[j])
		for i := range d.Rows() {
			x.Set(d.X.At(i, j), i, k)
		}
	}
	d.X, d.Columns = x, columns
	return d, nil
}

// influential lists the cars with the largest Cook's distance.
func influential(w io.Writer, fit *linear.OLSResults) {
	cook, student, names := fit.CooksDistance(), fit.Studentized(), datasets.MtcarsModels()
	order := make([]int, len(cook))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cook[b], cook[a]) })
	fmt.Fprintln(w, "\nMost influential:")
	for _, i := range order[:3] {
		fmt.Fprintf(w, "  %-18s Cook's distance %.3f, leverage %.3f, studentised residual %5.2f\n", names[i], cook[i], fit.Leverage[i], student[i])
	}
}

func predict(w io.Writer, fit *linear.OLSResults) error {
	car, err := fit.PredictInterval(tensor.FromSlice([]float64{3, 120, 18}, 1, 3))
	if err != nil {
		return err
	}
	v := car[0]
	fmt.Fprintf(w, "\nA car of 3000 lb, 120 hp and 18 s: %.2f miles per gallon\n", v.Mean)
	fmt.Fprintf(w, "  the mean of such cars is between %.2f and %.2f, one of them between %.2f and %.2f (95%%)\n", v.Lower, v.Upper, v.NewLower, v.NewUpper)
	return nil
}
