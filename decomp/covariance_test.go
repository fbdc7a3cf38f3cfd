package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

func TestCovariancesKeepTheLaws(t *testing.T) {
	mltest.Detector(t, EmpiricalCovariance{})
	mltest.Detector(t, ShrunkCovariance{Centered: true})
	mltest.Detector(t, LedoitWolf{})
	mltest.Detector(t, OAS{})
	mltest.Detector(t, GraphicalLasso{Alpha: 0.1})
	byRows := mltest.Waive(mltest.RepeatedRows, "folds and subsets are of rows, whatever their weights")
	mltest.Detector(t, GraphicalLassoCV{K: 3, Refinements: 1}, byRows, mltest.Waive(mltest.RowOrder, "folds are of rows in their order"))
	drawn := mltest.Waive(mltest.RowOrder, "starts are drawn of rows by their place")
	mltest.Detector(t, MinCovDet{}, byRows, drawn, mltest.Rows(700))
	mltest.Detector(t, EllipticEnvelope{}, byRows, drawn, mltest.Rows(700))
}
