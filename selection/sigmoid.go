package selection

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
)

// Sigmoid is Platt's calibration: the probability is 1/(1 + exp(-(slope score + offset))), by maximum likelihood with his targets, (n1 + 1)/(n1 + 2) for the n1
// rows of the class and 1/(n0 + 2) for the n0 others, which keep it from certainty. It needs few rows, and assumes that the scores are distorted in this form.
//
// Platt: Probabilistic outputs for support vector machines. Advances in Large Margin Classifiers (1999).
type Sigmoid struct{}

// SigmoidMap is a fitted Sigmoid.
type SigmoidMap struct {
	Slope, Offset []float64 // one of each for two classes, K for more
	Present       []bool    // the classes that had rows, K long
}

// FitCalibration implements Calibration.
func (Sigmoid) FitCalibration(r Response, y []int, weight []float64, k int) (CalibrationMap, error) {
	m := SigmoidMap{Present: present(y, k)}
	each(r, y, weight, k, func(score, weight []float64, is []bool) {
		a, b := platt(score, weight, is)
		m.Slope, m.Offset = append(m.Slope, a), append(m.Offset, b)
	})
	return m, nil
}

// Apply implements CalibrationMap.
func (m SigmoidMap) Apply(dst, scores []float64) {
	rest(dst, scores, m.Present, func(c int, score float64) float64 { return logistic(m.Slope[c]*score + m.Offset[c]) })
}

// Check implements CalibrationMap.
func (m SigmoidMap) Check(k int) error {
	if maps := scoreWidth(k); len(m.Slope) != maps || len(m.Offset) != maps || len(m.Present) != k {
		return ml.BadFile("selection.SigmoidMap", "Slope, Offset and Present", fmt.Sprintf("%d, %d and %d long", len(m.Slope), len(m.Offset), len(m.Present)), fmt.Sprintf("%d, %d and %d", maps, maps, k))
	}
	for c := range m.Slope {
		if !finite(m.Slope[c]) || !finite(m.Offset[c]) {
			return ml.BadFile("selection.SigmoidMap", "Slope and Offset", "not finite", "finite numbers")
		}
	}
	return nil
}

func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }

func logistic(z float64) float64 {
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}

func present(y []int, k int) []bool {
	out := make([]bool, k)
	for _, c := range y {
		out[c] = true
	}
	return out
}

// each visits the maps of k classes: the finite scores of its column, their weights, and which rows are of the class. A score is infinite where a fold's model
// did not know the class.
func each(r Response, y []int, weight []float64, k int, visit func(score, weight []float64, is []bool)) {
	for c := range scoreWidth(k) {
		class := c
		if k == 2 {
			class = 1
		}
		var score, ws []float64
		var is []bool
		for i, code := range y {
			if s := r.Scores.Row(i)[c]; finite(s) {
				score, is = append(score, s), append(is, code == class)
				if weight != nil {
					ws = append(ws, weight[i])
				}
			}
		}
		visit(score, ws, is)
	}
}

// rest fills dst from maps of one class against the rest. Classes without rows get 0; where every map says 0, classes share alike.
func rest(dst, scores []float64, present []bool, to func(c int, score float64) float64) {
	if len(dst) == 2 {
		p := 0.0
		switch {
		case !present[0]:
			p = 1
		case present[1]:
			p = at(0, scores[0], to)
		}
		dst[0], dst[1] = 1-p, p
		return
	}
	sum, classes := 0.0, 0
	for c := range dst {
		dst[c] = 0
		if present[c] {
			dst[c] = at(c, scores[c], to)
			sum += dst[c]
			classes++
		}
	}
	for c := range dst {
		switch {
		case sum > 0:
			dst[c] /= sum
		case present[c]:
			dst[c] = 1 / float64(classes)
		}
	}
}

// at is the map's value, or that of a score beyond all numbers.
func at(c int, score float64, to func(c int, score float64) float64) float64 {
	switch {
	case math.IsInf(score, -1):
		return 0
	case math.IsInf(score, 1):
		return 1
	}
	return to(c, score)
}

// platt finds the slope and the offset by Newton's method with halved steps (Lin, Lin and Weng: A note on Platt's probabilistic outputs for support vector machines.
// Machine Learning 68 (2007)), on scores brought to mean 0 and deviation 1, so that their scale does not matter.
func platt(score, weight []float64, is []bool) (slope, offset float64) {
	centre, scale := standard(score, weight)
	w := func(i int) float64 {
		if weight == nil {
			return 1
		}
		return weight[i]
	}
	n0, n1 := 0.0, 0.0
	for i, yes := range is {
		if yes {
			n1 += w(i)
		} else {
			n0 += w(i)
		}
	}
	hit, miss := (n1+1)/(n1+2), 1/(n0+2)
	target := func(i int) float64 {
		if is[i] {
			return hit
		}
		return miss
	}
	loss := func(a, b float64) float64 {
		sum := 0.0
		for i, s := range score {
			z := a*((s-centre)/scale) + b
			sum += w(i) * (max(z, 0) - z*target(i) + math.Log1p(math.Exp(-math.Abs(z))))
		}
		return sum
	}
	a, b := 0.0, math.Log((n1+1)/(n0+1))
	f := loss(a, b)
	for range 100 {
		var ga, gb, haa, hab, hbb float64
		for i, s := range score {
			t := (s - centre) / scale
			p := logistic(a*t + b)
			d, h := w(i)*(p-target(i)), w(i)*p*(1-p)
			ga, gb = ga+d*t, gb+d
			haa, hab, hbb = haa+h*t*t, hab+h*t, hbb+h
		}
		if math.Abs(ga)+math.Abs(gb) <= 1e-13*(n0+n1) {
			break
		}
		ridge := 1e-12 * (haa + hbb) // for scores that are all alike
		haa, hbb = haa+ridge, hbb+ridge
		det := haa*hbb - hab*hab
		if !(det > 0) {
			break
		}
		da, db := -(hbb*ga-hab*gb)/det, -(haa*gb-hab*ga)/det
		slope, step, moved := ga*da+gb*db, 1.0, false
		for range 40 {
			if next := loss(a+step*da, b+step*db); next <= f+1e-4*step*slope {
				a, b, f, moved = a+step*da, b+step*db, next, true
				break
			}
			step /= 2
		}
		if !moved { // rounding hides any further fall
			break
		}
	}
	if math.Abs(a) <= 1e-300 || !finite(a/scale) {
		return 0, b - a*(centre/scale)
	}
	return a / scale, b - a*(centre/scale)
}

// standard is the mean and the deviation of the scores, 1 if that is 0 or beyond all numbers.
func standard(score, weight []float64) (mean, deviation float64) {
	most, total := 0.0, 0.0
	for i, s := range score {
		most = max(most, math.Abs(s))
		if weight == nil {
			total++
		} else {
			total += weight[i]
		}
	}
	if most == 0 || total == 0 {
		return 0, 1
	}
	share := func(i int) float64 {
		if weight == nil {
			return 1 / total
		}
		return weight[i] / total
	}
	m, v := 0.0, 0.0 // in units of most, so that no square overflows
	for i, s := range score {
		m += share(i) * (s / most)
	}
	for i, s := range score {
		v += share(i) * (s/most - m) * (s/most - m)
	}
	mean, deviation = m*most, math.Sqrt(v)*most
	if !(deviation > 1e-12*most) || !finite(deviation) {
		return mean, most
	}
	return mean, deviation
}
