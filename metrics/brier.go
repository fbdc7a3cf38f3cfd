package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Brier is the mean squared distance of the probabilities (rows x K) from certainty of the true class, halved for two classes, where it is the squared error of the probability
// of class 1. Best 0; worst 1 for two classes and 2 for more. [BrierSum] is never halved.
func Brier(y []int, proba tensor.Matrix, weight ...float64) float64 {
	v := BrierSum(y, proba, weight...)
	if _, k := rows.Of(proba).Dims(); k == 2 {
		return v / 2
	}
	return v
}

// BrierSum is the mean over the rows of the sum over all K classes of the squared difference of its probability and 1 or 0, as Brier defined it (Monthly Weather Review 78, 1950): 0
// to 2 for any K.
func BrierSum(y []int, proba tensor.Matrix, weight ...float64) float64 {
	if rows.Fault(proba) != "" {
		return math.NaN()
	}
	p := rows.Of(proba)
	k := p.Cols()
	if !fits(len(y), p.Len(), weight) {
		return math.NaN()
	}
	return meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		buf := make([]float64, k)
		for i := lo; i < hi; i++ {
			c, s := y[i], 0.0
			if uint(c) >= uint(k) {
				s = math.NaN()
			}
			for j, v := range p.Row(i, buf) {
				if !(v >= 0 && v <= 1) {
					s = math.NaN()
				}
				if j == c {
					v = 1 - v
				}
				s += float64(v * v)
			}
			out[i-lo] = s
		}
	})
}

// BrierBinary is Brier of two classes from the probability of class 1 alone. NaN for other codes and for what is no probability.
func BrierBinary(y []int, p []float64, weight ...float64) float64 {
	if !fits(len(y), len(p), weight) {
		return math.NaN()
	}
	return meanLoss(len(y), weight, func(lo, hi int, out []float64) {
		out = out[:hi-lo]
		p := p[lo:hi]
		for i, c := range y[lo:hi] {
			v := p[i]
			if !(v >= 0 && v <= 1) || uint(c) > 1 {
				v = math.NaN()
			}
			d := v - float64(c)
			out[i] = float64(d * d)
		}
	})
}

// D2Brier is the share of the Brier score of always predicting the classes' shares that proba explains: the scaled Brier score, or Brier skill score. Best 1; 0 is the shares' own
// score. NaN for fewer than two rows. One class alone is treated as a constant in [R2].
func D2Brier(y []int, proba tensor.Matrix, weight ...float64) float64 {
	if CheckProba("metrics.D2Brier", y, proba, weight) != nil {
		return math.NaN()
	}
	_, k := proba.Dims()
	if present(len(y), weight) < 2 {
		return math.NaN()
	}
	var total sum
	single := false
	for _, s := range shares(y, k, weight) {
		total.add(s * (1 - s))
		single = single || s == 1
	}
	return explained(BrierSum(y, proba, weight...), total.value(), single)
}

// SphericalScore is the mean of the true class's probability over the length of the row of probabilities. Best 1. A strictly proper score like log-loss, but
// bounded.
func SphericalScore(y []int, proba tensor.Matrix, weight ...float64) float64 {
	if CheckProba("metrics.SphericalScore", y, proba, weight) != nil {
		return math.NaN()
	}
	p := rows.Of(proba)
	buf := make([]float64, p.Cols())
	return meanOf(len(y), weight, func(i int) float64 {
		row, square := p.Row(i, buf), 0.0
		for _, v := range row {
			square += v * v
		}
		return ratio(row[y[i]], math.Sqrt(square), 0)
	})
}
