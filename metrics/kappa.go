package metrics

import (
	"math"
)

// Disagreement says how bad it is to confuse class i with class j, for Cohen's kappa.
type Disagreement uint8

const (
	// Nominal disagreements are all equally bad. The zero value.
	Nominal Disagreement = iota
	// Linear ones are as bad as |i-j|.
	Linear
	// Quadratic ones are as bad as (i-j)².
	Quadratic
)

func (d Disagreement) cost(i, j int) float64 {
	gap := math.Abs(float64(i - j))
	switch d {
	case Linear:
		return gap
	case Quadratic:
		return gap * gap
	}
	return min(gap, 1)
}

// CohenKappa is the agreement of two lists of codes beyond that of chance (Cohen, Psychological Bulletin 70, 1968). Best 1, chance 0. The ranks of ordered classes
// are those of the codes that occur: a code that neither list has leaves no gap. NaN if both lists hold one and the same code only, and for codes as in [ConfusionMatrix].
func CohenKappa(y, pred []int, d Disagreement, weight ...float64) float64 {
	if d > Quadratic {
		return math.NaN()
	}
	t, err := NewTally(y, pred, 0, weight...)
	if err != nil {
		return math.NaN()
	}
	var seen, expected sum
	if d == Nominal {
		for _, c := range t.Counts {
			a, b := (c.TP+c.FN)/t.total, (c.TP+c.FP)/t.total
			seen.add(c.FN / t.total)
			expected.add(a * (1 - b))
		}
	} else {
		m, err := ConfusionMatrix(y, pred, 0, weight...)
		if err != nil {
			return math.NaN()
		}
		for i, a := range t.Labels {
			for j, b := range t.Labels {
				seen.add(d.cost(i, j) * m.At(a, b) / t.total)
				expected.add(d.cost(i, j) * (t.Counts[i].Support() / t.total) * ((t.Counts[j].TP + t.Counts[j].FP) / t.total))
			}
		}
	}
	if len(t.Labels) < 2 || expected.value() == 0 {
		return math.NaN()
	}
	return 1 - seen.value()/expected.value()
}
