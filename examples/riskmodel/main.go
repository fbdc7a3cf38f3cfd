// Riskmodel prices motor policies as an actuary does: how often claims come by a Poisson model with the time at risk as exposure and what
// is known of the district as an offset, how much one costs by a gamma model, and the product of both as the pure premium. It prints the tables of both models, how much of the
// deviance of policies that were held out they explain, and whether the policies they call expensive are.
//
//	go run ./examples/riskmodel
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
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, w io.Writer) error {
	policies := book(60_000, 1) // they are drawn independently, so any cut is a random one
	train, test := policies[:40_000], policies[40_000:]

	// Half the time brings half the claims: the years are an exposure. How much more often claims come in a district is known from
	// elsewhere: its logarithm is an offset, which is added as it is and gets no coefficient.
	frequency, err := linear.GLM{Family: linear.Poisson{}, Exposure: "years", Offset: "district"}.Fit(ctx, frequencies(train))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Claims per year\n\n%v\n", frequency)

	// The mean of several claims varies less than one claim: their number is a precision.
	severity, err := linear.GLM{Family: linear.Gamma{}, Link: linear.LogLink{}, Precision: "claims"}.Fit(ctx, severities(train))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Paid per claim\n\n%v\n", severity)

	fmt.Fprintln(w, "Share of the deviance explained:")
	for _, part := range []struct {
		name  string
		model *linear.GLMModel
		data  func([]policy) ml.Dataset[float64]
	}{{"frequency", frequency, frequencies}, {"severity", severity, severities}} {
		heldOut, err := explained(ctx, part.model, part.data(train), part.data(test))
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "  %-10s %.4f of the training rows, %.4f of those held out\n", part.name, 1-part.model.Deviance/part.model.NullDeviance, heldOut)
	}

	premiums, err := price(frequency, severity, test)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nHeld-out policies by predicted pure premium, per year:\n  decile predicted    paid  lift\n")
	for k, d := range deciles(test, premiums) {
		fmt.Fprintf(w, "  %6d %9.2f %7.2f %5.2f\n", k+1, d.predicted, d.paid, d.lift)
	}
	return nil
}

// explained is 1 less the deviance of the rows of test over that of a model that knows the mean of train and the roles only.
func explained(ctx context.Context, m *linear.GLMModel, train, test ml.Dataset[float64]) (float64, error) {
	base := linear.GLM{Family: m.Family, Link: m.Link, Exposure: m.Exposure, Offset: m.Offset, Precision: m.Precision}
	first := len(factors) // of the columns that have a role
	only := func(d ml.Dataset[float64]) ml.Dataset[float64] {
		roles := len(d.Columns) - first
		x := tensor.New[float64](d.Rows(), roles)
		for i := range d.Rows() {
			for j := range roles {
				x.Set(d.X.At(i, first+j), i, j)
			}
		}
		one := ml.Data(x, d.Y)
		one.Columns = d.Columns[first:]
		return one
	}
	mean, err := base.Fit(ctx, only(train))
	if err != nil {
		return 0, err
	}
	deviance, err := sumOfSquares(m, test)
	if err != nil {
		return 0, err
	}
	null, err := sumOfSquares(mean, only(test))
	if err != nil {
		return 0, err
	}
	return 1 - deviance/null, nil
}

// sumOfSquares of the deviance residuals is the deviance.
func sumOfSquares(m *linear.GLMModel, d ml.Dataset[float64]) (float64, error) {
	residuals, err := m.Residuals(linear.DevianceResidual, d)
	sum := 0.0
	for _, r := range residuals {
		sum += r * r
	}
	return sum, err
}

// price is the pure premium of each policy for one year.
func price(frequency, severity *linear.GLMModel, policies []policy) ([]float64, error) {
	unknown := func(policy) float64 { return 0 }
	often, err := frequency.Predict(table(policies, unknown, oneYear, district).X)
	if err != nil {
		return nil, err
	}
	much, err := severity.Predict(table(policies, unknown, oneClaim).X) // a precision does not matter to a prediction
	if err != nil {
		return nil, err
	}
	for i := range often {
		often[i] *= much[i]
	}
	return often, nil
}

// decile is a tenth of the policies: the premium predicted for a year and what was paid for one, and that over the mean of all.
type decile struct{ predicted, paid, lift float64 }

// deciles are those by premium, from cheap to expensive.
func deciles(policies []policy, premiums []float64) []decile {
	order := make([]int, len(policies))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(premiums[a], premiums[b]) })
	var out []decile
	allPaid, allYears := 0.0, 0.0
	for k := range 10 {
		predicted, paid, years := 0.0, 0.0, 0.0
		for _, i := range order[k*len(order)/10 : (k+1)*len(order)/10] {
			p := policies[i]
			predicted, paid, years = predicted+premiums[i]*p.years, paid+p.paid, years+p.years
		}
		allPaid, allYears = allPaid+paid, allYears+years
		out = append(out, decile{predicted: predicted / years, paid: paid / years})
	}
	for k := range out {
		out[k].lift = out[k].paid / (allPaid / allYears)
	}
	return out
}
