package metrics

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

const (
	block = 1 << 10 // rows whose losses are summed at once: the buffer stays in the first-level cache
	chunk = 1 << 14 // rows of one task; both are fixed, so that sums do not depend on the number of cores
)

// meanLoss is the weighted mean of a loss over n > 0 rows. fill writes the losses of rows lo to hi-1 to out. It also
// sees rows of weight 0, and what it writes there does not count. NaN if a weight is negative or not finite, or all are 0.
func meanLoss(n int, weight []float64, fill func(lo, hi int, out []float64)) float64 {
	m := par.Reduce(n, chunk, func(_, lo, hi int) mean {
		var m mean
		buf := make([]float64, 2*min(block, hi-lo)) // the second half is spare
		for ; lo < hi; lo += block {
			end := min(lo+block, hi)
			out := buf[:end-lo]
			fill(lo, end, out)
			if len(weight) == 0 {
				m.values.add(kern.SumPortable(out))
				m.weights.add(float64(len(out)))
				continue
			}
			if !weigh(out, weight[lo:end]) {
				m.weights.add(math.NaN())
			}
			m.values.add(kern.SumPortable(out))
			m.weights.add(kern.SumPortable(weight[lo:end]))
		}
		return m
	}, mean.join)
	if total := m.weights.value(); !(total > 0) || math.IsInf(total, 1) {
		return math.NaN()
	}
	return m.value()
}

// spare is memory behind the losses of a block, of as many rows.
func spare(out []float64) []float64 { return out[len(out) : 2*len(out)] }

// weigh multiplies losses by their weights; what stands in absent rows becomes 0. False if a weight is negative or NaN.
func weigh(loss, weight []float64) bool {
	ok := true
	loss = loss[:len(weight)]
	for i, w := range weight {
		if w > 0 {
			loss[i] *= w
		} else {
			loss[i] = 0
			ok = ok && w == 0
		}
	}
	return ok
}

// fits reports whether the lengths belong together.
func fits(n, pred int, weight []float64) bool {
	return n > 0 && pred == n && (len(weight) == 0 || len(weight) == n)
}

// meanOfValues is meanLoss for numbers against numbers, NaN unless CheckValues holds. loss must not be finite where y or
// pred is not, which spares a look at every number.
func meanOfValues(y, pred, weight []float64, loss func(y, pred, out []float64)) float64 {
	if !fits(len(y), len(pred), weight) {
		return math.NaN()
	}
	v := meanLoss(len(y), weight, func(lo, hi int, out []float64) { loss(y[lo:hi], pred[lo:hi], out) })
	if math.IsInf(v, 0) && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	return v
}

// row makes a loss of blocks from the loss of one row.
func row(f func(y, pred float64) float64) func(y, pred, out []float64) {
	return func(y, pred, out []float64) {
		for i, v := range y {
			out[i] = f(v, pred[i])
		}
	}
}
