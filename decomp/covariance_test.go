package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

// few cuts the rows of the large fit of a test that should be short.
func few(n int) int {
	if testing.Short() {
		return min(n, 150)
	}
	return n
}

func TestCovariancesKeepTheLaws(t *testing.T) {
	mltest.Detector(t, GraphicalLasso{Alpha: 0.1}, mltest.Rows(few(3000)))
	byRows := mltest.Waive(mltest.RepeatedRows, "folds and subsets are of rows, whatever their weights")
	mltest.Detector(t, GraphicalLassoCV{K: 3, Refinements: 1}, byRows, mltest.Waive(mltest.RowOrder, "folds are of rows in their order"))
	if testing.Short() {
		return
	}
	mltest.Detector(t, EmpiricalCovariance{})
	mltest.Detector(t, LedoitWolf{})
	mltest.Detector(t, ShrunkCovariance{Centered: true})
	mltest.Detector(t, OAS{})
	drawn := mltest.Waive(mltest.RowOrder, "starts are drawn of rows by their place")
	mltest.Detector(t, MinCovDet{}, byRows, drawn, mltest.Rows(520))
	mltest.Detector(t, EllipticEnvelope{}, byRows, drawn, mltest.Rows(520))
}
