package selection

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// Temperature is the calibration that divides the logits of all classes by one number, found by maximum likelihood: it makes a model surer or less sure and
// leaves the order of the classes alone. Logits are the scores, -s and s for two classes, or the logarithms of probabilities plus 1e-12. The inverse of the temperature is
// between exp(-10) and exp(10).
//
// Guo et al.: On calibration of modern neural networks. ICML (2017).
type Temperature struct{}

// TemperatureMap is a fitted Temperature.
type TemperatureMap struct {
	Beta    float64 // the inverse of the temperature
	Proba   bool    // logits are logarithms of probabilities
	Present []bool  // the classes that had rows, K long
}

// FitCalibration implements Calibration.
func (Temperature) FitCalibration(r Response, y []int, weight []float64, k int) (CalibrationMap, error) {
	m := TemperatureMap{Beta: 1, Proba: r.Proba, Present: present(y, k)}
	p, z := make([]float64, k), make([]float64, k)
	// The derivative of the log loss by beta rises with it: the loss is convex.
	slope := func(logBeta float64) float64 {
		beta, sum := math.Exp(logBeta), 0.0
		for i, code := range y {
			m.logits(z, r.Scores.Row(i))
			if !finite(z[code]) {
				continue // the fold's model did not know the class
			}
			softmax(p, z, beta)
			d := -z[code]
			for c, v := range p {
				if v > 0 {
					d += v * z[c]
				}
			}
			if weight != nil {
				d *= weight[i]
			}
			sum += d
		}
		return sum
	}
	const lo, hi = -10.0, 10.0
	at, inside := optim.Root(slope, lo, hi, 1e-15)
	if !inside {
		at = hi
		if slope(lo) > 0 {
			at = lo
		}
	}
	m.Beta = math.Exp(at)
	return m, nil
}

// logits writes those of one row.
func (m TemperatureMap) logits(z, scores []float64) {
	const tiny = 1e-12
	if len(z) == 2 {
		if m.Proba {
			z[0], z[1] = math.Log(1-scores[0]+tiny), math.Log(scores[0]+tiny)
		} else {
			z[0], z[1] = -scores[0], scores[0]
		}
	} else {
		for c, s := range scores {
			if m.Proba {
				s = math.Log(s + tiny)
			}
			z[c] = s
		}
	}
	for c, has := range m.Present {
		if !has {
			z[c] = math.Inf(-1)
		}
	}
}

// softmax is exp(beta z) over its sum. If no logit is finite, those that are not -Inf share alike.
func softmax(dst, z []float64, beta float64) {
	top, sum := math.Inf(-1), 0.0
	for _, v := range z {
		top = max(top, v)
	}
	for c, v := range z {
		switch {
		case v == top: // no Inf - Inf
			dst[c] = 1
		default:
			dst[c] = math.Exp(beta * (v - top))
		}
		sum += dst[c]
	}
	for c := range dst {
		dst[c] /= sum
	}
}

// Apply implements CalibrationMap.
func (m TemperatureMap) Apply(dst, scores []float64) {
	m.logits(dst, scores)
	softmax(dst, dst, m.Beta)
}

// Check implements CalibrationMap.
func (m TemperatureMap) Check(k int) error {
	if len(m.Present) != k || !(m.Beta > 0) || !finite(m.Beta) {
		return ml.BadFile("selection.TemperatureMap", "Beta and Present", fmt.Sprintf("%v and %d long", m.Beta, len(m.Present)), fmt.Sprintf("a finite number > 0 and %d", k))
	}
	return nil
}
