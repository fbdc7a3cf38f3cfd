package selection

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/isotonic"
)

// Isotonic is the calibration by a step-like curve that never falls with the score, nearest to the classes by squares: it assumes nothing but the order of the
// scores, and wants some thousand rows, for with few it learns them by heart. Between its points the curve is linear, and beyond them it stays at the ends.
//
// Zadrozny and Elkan: Transforming classifier scores into accurate multiclass probability estimates. KDD (2002).
type Isotonic struct{}

// IsotonicMap is a fitted Isotonic.
type IsotonicMap struct {
	Curves  []CalibrationCurve // one for two classes, K for more
	Present []bool             // the classes that had rows, K long
}

// CalibrationCurve is a function of one variable, linear between its points and level outside them: X rises strictly, Y never falls.
type CalibrationCurve struct{ X, Y []float64 }

// FitCalibration implements Calibration.
func (Isotonic) FitCalibration(r Response, y []int, weight []float64, k int) (CalibrationMap, error) {
	m := IsotonicMap{Present: present(y, k)}
	each(r, y, weight, k, func(score, weight []float64, is []bool) {
		hit := make([]float64, len(is))
		for i, yes := range is {
			if yes {
				hit[i] = 1
			}
		}
		c := isotonic.Fit(score, hit, weight, false)
		for i, v := range c.Y { // means of zeros and ones, but for their rounding
			c.Y[i] = min(max(v, 0), 1)
		}
		m.Curves = append(m.Curves, CalibrationCurve(c))
	})
	return m, nil
}

// Apply implements CalibrationMap.
func (m IsotonicMap) Apply(dst, scores []float64) {
	rest(dst, scores, m.Present, func(c int, score float64) float64 {
		if len(m.Curves[c].X) == 0 {
			return 0
		}
		return min(max(isotonic.Curve(m.Curves[c]).At(score), 0), 1)
	})
}

// Check implements CalibrationMap.
func (m IsotonicMap) Check(k int) error {
	const where = "selection.IsotonicMap"
	if maps := scoreWidth(k); len(m.Curves) != maps || len(m.Present) != k {
		return ml.BadFile(where, "Curves and Present", fmt.Sprintf("%d and %d long", len(m.Curves), len(m.Present)), fmt.Sprintf("%d and %d", maps, k))
	}
	for _, c := range m.Curves {
		if len(c.X) != len(c.Y) {
			return ml.BadFile(where, "Curves", "of more numbers on one axis", "as many X as Y")
		}
		for i := range c.X {
			if !finite(c.X[i]) || !(c.Y[i] >= 0 && c.Y[i] <= 1) || i > 0 && !(c.X[i] > c.X[i-1] && c.Y[i] >= c.Y[i-1]) {
				return ml.BadFile(where, "Curves", "not rising from 0 to 1", "X that rises, Y that never falls, within 0..1")
			}
		}
	}
	return nil
}
