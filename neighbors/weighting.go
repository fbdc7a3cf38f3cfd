package neighbors

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
)

// Weighting says how much a neighbour counts at its distance. A type of your own works as well; register it with ml.Register to save models with it.
type Weighting interface {
	Weigh(distance []float64) // replaces each distance by a weight, >= 0 and finite
}

// Uniform weighs all neighbours alike. It is what nil means.
type Uniform struct{}

// Weigh implements Weighting.
func (Uniform) Weigh(distance []float64) {
	for i := range distance {
		distance[i] = 1
	}
}

// InverseDistance weighs a neighbour by 1/distance. Where some are at distance 0, they count alone, and alike.
type InverseDistance struct{}

// Weigh implements Weighting.
func (InverseDistance) Weigh(distance []float64) {
	exact := false
	for _, d := range distance {
		exact = exact || d == 0 || math.IsInf(1/d, 1)
	}
	for i, d := range distance {
		switch same := d == 0 || math.IsInf(1/d, 1); {
		case exact && same:
			distance[i] = 1
		case exact:
			distance[i] = 0
		default:
			distance[i] = 1 / d
		}
	}
}

// GaussianWeighting weighs a neighbour by exp(-distance²/(2 Bandwidth²)), so that far ones fade.
type GaussianWeighting struct {
	Bandwidth float64 // > 0; 0: 1
}

// Weigh implements Weighting. The nearest counts 1, so that nothing underflows together.
func (g GaussianWeighting) Weigh(distance []float64) {
	h := g.Bandwidth
	if h == 0 {
		h = 1
	}
	least := math.Inf(1)
	for _, d := range distance {
		least = min(least, d)
	}
	for i, d := range distance {
		distance[i] = math.Exp(-(d - least) / h * ((d + least) / h) / 2)
	}
}

func (g GaussianWeighting) check(where string) error {
	if !(g.Bandwidth >= 0 && g.Bandwidth <= math.MaxFloat64) {
		return ml.BadConfig(where, "Weights.Bandwidth", g.Bandwidth, "> 0, or 0 for 1")
	}
	return nil
}

func checkWeighting(where string, w Weighting) error {
	if g, ok := w.(GaussianWeighting); ok {
		return g.check(where)
	}
	return nil
}

// weights are what the neighbours count for, the rows that they stand for included; all alike where the weighting gives nothing usable. They sum to total.
func (s *store) weights(a *asking, w Weighting, found []near.Neighbor, k float64) (weights []float64, total float64) {
	a.far = a.far[:0]
	for _, n := range found {
		a.far = append(a.far, n.Value)
	}
	if w != nil {
		w.Weigh(a.far)
		sum := 0.0
		for _, v := range a.far {
			if !(v >= 0) {
				sum = math.NaN()
			}
			sum += v
		}
		if !(sum > 0 && sum <= math.MaxFloat64) {
			Uniform{}.Weigh(a.far)
		}
	} else {
		Uniform{}.Weigh(a.far)
	}
	before := 0.0
	for i, n := range found {
		c := s.count(n.Index, k, before)
		before += c
		a.far[i] *= c
		total += a.far[i]
	}
	return a.far, total
}
