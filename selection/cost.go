package selection

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/metrics"
)

// Cost is the mean cost of decisions, in the units of its matrix: what a wrong alarm costs is seldom what a missed one does. It is a scorer, for
// cross-validation and for TunedThreshold. MinCost decides by it.
type Cost struct {
	// Matrix is K x K: Matrix[i][j] is the cost of a row of class i that is taken for class j. A gain is a negative cost.
	Matrix [][]float64
}

// check makes sure that the matrix is square, of finite numbers, and for at least k classes.
func (s Cost) check(where string, k int) error {
	n := len(s.Matrix)
	if n == 0 || n < k {
		return ml.BadConfig(where, "Matrix", fmt.Sprintf("%d rows long", n), fmt.Sprintf("a row for each of %d classes", max(k, 1)))
	}
	for i, row := range s.Matrix {
		if len(row) != n {
			return ml.BadConfig(where, fmt.Sprintf("Matrix[%d]", i), fmt.Sprintf("%d numbers long", len(row)), fmt.Sprintf("%d, as the matrix has rows", n))
		}
		for j, v := range row {
			if !finite(v) {
				return ml.BadConfig(where, fmt.Sprintf("Matrix[%d][%d]", i, j), v, "a finite number")
			}
		}
	}
	return nil
}

// Score implements ml.Scorer. Errors: ErrConfig for a matrix that is not square or has no place for a class.
func (s Cost) Score(_ context.Context, m ml.Predictor[int], d ml.Dataset[int]) (float64, error) {
	check := func(where string, y, pred []int, weight []float64) error {
		if err := metrics.CheckCodes(where, y, pred, weight); err != nil {
			return err
		}
		most := 0
		for i := range y {
			most = max(most, y[i], pred[i])
		}
		return s.check(where, most+1)
	}
	return predicted(s, m, d, check, func(y, pred []int, weight ...float64) float64 {
		sum, total := 0.0, 0.0
		for i := range y {
			w := 1.0
			if len(weight) > 0 {
				w = weight[i]
			}
			sum += w * s.Matrix[y[i]][pred[i]]
			total += w
		}
		return sum / total
	})
}

// Lower is true.
func (Cost) Lower() bool { return true }

// Name is "cost".
func (Cost) Name() string { return "cost" }
