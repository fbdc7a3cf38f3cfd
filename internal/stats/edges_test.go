package stats

import (
	"fmt"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// At the ends of the line nothing and everything is below.
func TestDistributionsAtTheEndsOfTheLine(t *testing.T) {
	for _, c := range load(t).Distributions {
		d, inf := of(c.Name, c.Params), math.Inf(1)
		if d.CDF(inf) != 1 || d.Survival(inf) != 0 || d.CDF(-inf) != 0 || d.Survival(-inf) != 1 {
			t.Errorf("%s %v: CDF %v and %v, survival %v and %v", c.Name, c.Params, d.CDF(-inf), d.CDF(inf), d.Survival(-inf), d.Survival(inf))
		}
	}
}

// Quantiles of probabilities far below those of the table, from SciPy 1.17.1.
func TestQuantilesOfSmallProbabilities(t *testing.T) {
	for _, c := range []struct {
		d       Distribution
		p, want float64
	}{
		{Gamma{2, 1}, 1e-300, 1.414213562373073e-150},
		{Gamma{30, 1}, 1e-300, 1.2044497038599591e-09},
		{Gamma{0.5, 1}, 1e-300, 0},
		{Gamma{0.01, 1}, 0.01, 5.660738147061307e-201},
		{ChiSquared{4}, 1e-300, 2 * 1.414213562373073e-150},
		{Beta{2, 3}, 1e-300, 4.082482904638631e-151},
		{Beta{2, 3}, 1e-20, 4.082482904749741e-11},
		{Beta{0.5, 0.5}, 1e-20, 2.467401100272339e-40},
		{Beta{50, 0.2}, 1e-20, 0.43310518067324216},
		{Binomial{100, 0.3}, 1e-12, 3},
		{Binomial{100, 0.3}, 1e-9, 6},
		{NegativeBinomial{5, 0.3}, 1e-12, 0},
	} {
		golden.Close(t, []float64{c.d.Quantile(c.p)}, []float64{c.want}, 1e-9, 1e-310, fmt.Sprintf("%T %v: quantile %v", c.d, c.d, c.p))
	}
}
