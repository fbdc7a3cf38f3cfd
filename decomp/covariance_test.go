package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

func TestCovariancesKeepTheLaws(t *testing.T) {
	mltest.Detector(t, LedoitWolf{})
	mltest.Detector(t, GraphicalLasso{Alpha: 0.1})
	byRows := mltest.Waive(mltest.RepeatedRows, "folds and subsets are of rows, whatever their weights")
	mltest.Detector(t, GraphicalLassoCV{K: 3, Refinements: 1}, byRows, mltest.Waive(mltest.RowOrder, "folds are of rows in their order"))
	if testing.Short() {
		return
	}
	mltest.Detector(t, EmpiricalCovariance{})
	mltest.Detector(t, ShrunkCovariance{Centered: true})
	mltest.Detector(t, OAS{})
	drawn := mltest.Waive(mltest.RowOrder, "starts are drawn of rows by their place")
	mltest.Detector(t, MinCovDet{}, byRows, drawn, mltest.Rows(520))
	mltest.Detector(t, EllipticEnvelope{}, byRows, drawn, mltest.Rows(520))
}
