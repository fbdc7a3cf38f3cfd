package decomp

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
)

func TestMDSKeepsTheLaws(t *testing.T) {
	once := mltest.Waive(mltest.RepeatedRows, "a row is one point of the layout, whatever its weight above 0; copies are others")
	rows := mltest.Rows(few(200))
	mltest.Transformer(t, Isomap{}, once, rows)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, ClassicalMDS{}, once, rows)
	descent := mltest.Waive(mltest.RowOrder, "steps end by a tolerance, which the rounding of sums decides")
	mltest.Transformer(t, MDS{MaxIter: 8}, once, rows, descent)
	mltest.Transformer(t, MDS{MaxIter: 5, NonMetric: true, Starts: 2}, once, rows, descent)
}
