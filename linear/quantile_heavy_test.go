//go:build heavy

package linear

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

// Two quantiles are two problems that hold each other: the slowest of all laws here.
func TestMultiQuantileLaws(t *testing.T) {
	mltest.Regressor(t, MultiQuantileRegression{Quantiles: []float64{0.3, 0.8}})
}
