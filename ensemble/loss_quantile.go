package ensemble

import (
	"cmp"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// AbsoluteLoss is |score - y|. Predictions are medians: leaves hold the median of what is left of their rows.
type AbsoluteLoss struct{}

// Value writes the losses.
func (AbsoluteLoss) Value(dst, y, score []float64) {
	for i := range dst {
		dst[i] = math.Abs(score[i] - y[i])
	}
}

// Derivatives writes the sign of score - y and 1.
func (AbsoluteLoss) Derivatives(grad, hess []float32, y, score []float64) {
	for i := range grad {
		grad[i], hess[i] = sign(score[i]-y[i]), 1
	}
}

// Start is the median.
func (AbsoluteLoss) Start(y, weight []float64) float64 {
	return quantileOf(slices.Clone(y), weight, 0.5)
}

// Leaf is the median of the residuals.
func (AbsoluteLoss) Leaf(y, score, weight []float64) float64 {
	return quantileOf(residuals(y, score), weight, 0.5)
}

// QuantileLoss is Level·(y - score) where the score is below the target and (1 - Level)·(score - y) where it is above: the pinball loss (Koenker
// and Bassett, Econometrica 46 (1978)). Predictions are quantiles: leaves hold the quantile of what is left of their rows.
type QuantileLoss struct {
	Level float64 // between 0 and 1. 0: 0.5, the median
}

func (l QuantileLoss) level() float64 { return cmp.Or(l.Level, 0.5) }

// Value writes the losses.
func (l QuantileLoss) Value(dst, y, score []float64) {
	q := l.level()
	for i := range dst {
		d := y[i] - score[i]
		dst[i] = max(q*d, (q-1)*d)
	}
}

// Derivatives writes -Level or 1 - Level, and 1.
func (l QuantileLoss) Derivatives(grad, hess []float32, y, score []float64) {
	below, above := float32(-l.level()), float32(1-l.level())
	for i := range grad {
		g := above
		if score[i] < y[i] {
			g = below
		}
		grad[i], hess[i] = g, 1
	}
}

// Start is the quantile.
func (l QuantileLoss) Start(y, weight []float64) float64 {
	return quantileOf(slices.Clone(y), weight, l.level())
}

// Leaf is the quantile of the residuals.
func (l QuantileLoss) Leaf(y, score, weight []float64) float64 {
	return quantileOf(residuals(y, score), weight, l.level())
}

// MAPELoss is |score - y| / max(1, |y|): the error in shares of the target, as LightGBM takes it, whose targets near zero do not count without
// bounds. Leaves hold medians with these weights.
type MAPELoss struct{}

// share is the weight of a row.
func (MAPELoss) share(y float64) float64 { return 1 / max(1, math.Abs(y)) }

// Value writes the losses.
func (l MAPELoss) Value(dst, y, score []float64) {
	for i := range dst {
		dst[i] = math.Abs(score[i]-y[i]) * l.share(y[i])
	}
}

// Derivatives writes the sign of score - y over max(1, |y|), and 1.
func (l MAPELoss) Derivatives(grad, hess []float32, y, score []float64) {
	for i := range grad {
		grad[i], hess[i] = float32(float64(sign(score[i]-y[i]))*l.share(y[i])), 1
	}
}

func (l MAPELoss) weights(y, weight []float64) []float64 {
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = l.share(v)
		if weight != nil {
			out[i] *= weight[i]
		}
	}
	return out
}

// Start is the weighted median.
func (l MAPELoss) Start(y, weight []float64) float64 {
	return quantileOf(slices.Clone(y), l.weights(y, weight), 0.5)
}

// Leaf is the weighted median of the residuals.
func (l MAPELoss) Leaf(y, score, weight []float64) float64 {
	w := l.weights(y, weight)
	return quantileOf(residuals(y, score), w, 0.5)
}

func sign(d float64) float32 {
	switch {
	case d > 0:
		return 1
	case d < 0:
		return -1
	}
	return 0
}

// residuals overwrites y with y - score.
func residuals(y, score []float64) []float64 {
	for i := range y {
		y[i] -= score[i]
	}
	return y
}

// quantileOf is the number that makes the weighted pinball loss of x least, the middle one where a whole interval does: a row of weight k
// counts as k rows. It reorders x.
func quantileOf(x, weight []float64, level float64) float64 {
	if len(x) == 0 {
		return 0
	}
	if weight == nil {
		return plainQuantile(x, level)
	}
	order := make([]int32, len(x))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return int(a - b)
	})
	total := 0.0
	for _, i := range order {
		total += weight[i]
	}
	want, sum := float64(level*total), 0.0
	slack := float64(1e-12 * total) // sums of weights are rounded
	for k, i := range order {
		sum += weight[i]
		if sum < want-slack {
			continue
		}
		if sum <= want+slack {
			for _, next := range order[k+1:] { // the next one that weighs anything
				if weight[next] > 0 {
					return middle(x[i], x[next])
				}
			}
		}
		return x[i]
	}
	return x[order[len(order)-1]]
}

func middle(a, b float64) float64 { return a + (b-a)/2 }

// plainQuantile is quantileOf for weights of 1.
func plainQuantile(x []float64, level float64) float64 {
	n := len(x)
	want := level * float64(n)
	k := int(math.Ceil(want*(1-1e-12))) - 1
	k = min(max(k, 0), n-1)
	v := kern.NthElement(x, k)
	if math.Abs(float64(k+1)-want) <= 1e-12*float64(n) && k+1 < n {
		return middle(v, kern.Min(x[k+1:]))
	}
	return v
}
