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
	return meanOfSums(n, weight, 2*block, func(lo, hi int, room []float64) float64 { // the second half is spare
		return sumOfLosses(weightsOf(weight, lo, hi), room[:hi-lo], func(out []float64) { fill(lo, hi, out) })
	})
}

// sumOfLosses is the weighted sum of the losses of a block.
func sumOfLosses(weight, out []float64, fill func(out []float64)) float64 {
	fill(out)
	if weight != nil {
		weigh(out, weight)
	}
	return kern.SumPortable(out)
}

// meanOfSums is meanLoss from the weighted sums of blocks, which may use so much room.
func meanOfSums(n int, weight []float64, room int, sum func(lo, hi int, room []float64) float64) float64 {
	m := par.Reduce(n, chunk, func(_, lo, hi int) mean {
		var m mean
		buf := make([]float64, min(room, 2*(hi-lo)))
		for ; lo < hi; lo += block {
			end := min(lo+block, hi)
			m.values.add(sum(lo, end, buf))
			m.weights.add(sumOfWeights(end-lo, weightsOf(weight, lo, end)))
		}
		return m
	}, mean.join)
	if total := m.weights.value(); !(total > 0) || math.IsInf(total, 1) {
		return math.NaN()
	}
	return m.value()
}

// sumOfWeights is how many rows a block has, by weight; NaN if a weight is negative or NaN.
func sumOfWeights(n int, weight []float64) float64 {
	switch {
	case weight == nil:
		return float64(n)
	case !(kern.Min(weight) >= 0):
		return math.NaN()
	}
	return kern.SumPortable(weight)
}

// weightsOf are the weights of rows lo to hi-1, nil without weights.
func weightsOf(weight []float64, lo, hi int) []float64 {
	if len(weight) == 0 {
		return nil
	}
	return weight[lo:hi]
}

// spare is memory behind the losses of a block, of as many rows.
func spare(out []float64) []float64 { return out[len(out) : 2*len(out)] }

// weigh multiplies losses by their weights; what stands in absent rows becomes 0.
func weigh(loss, weight []float64) {
	loss = loss[:len(weight)]
	for i, w := range weight {
		if w > 0 {
			loss[i] *= w
		} else {
			loss[i] = 0
		}
	}
}

// fits reports whether the lengths belong together.
func fits(n, pred int, weight []float64) bool {
	return n > 0 && pred == n && (len(weight) == 0 || len(weight) == n)
}

// A loss of numbers against numbers, by blocks of rows. It must not be finite where one of them is not.
type loss struct {
	fill func(y, pred, out []float64)                    // of each row
	sum  func(y, pred, w []float64) (s float64, ok bool) // of all, by weight, if there is a kernel; not ok for numbers that need fill
}

// summed is a loss whose sum is a kernel.
func summed(kind kern.Loss, fill func(y, pred, out []float64)) loss {
	return loss{fill, func(y, pred, w []float64) (float64, bool) { return kern.SumLoss(kind, y, pred, w) }}
}

// row makes a loss of blocks from the loss of one row.
func row(f func(y, pred float64) float64) loss {
	return loss{fill: func(y, pred, out []float64) {
		for i, v := range y {
			out[i] = f(v, pred[i])
		}
	}}
}

// meanOfValues is meanLoss for numbers against numbers, NaN unless CheckValues holds: the loss spares a look at every number.
func meanOfValues(y, pred, weight []float64, l loss) float64 {
	if !fits(len(y), len(pred), weight) {
		return math.NaN()
	}
	var v float64
	if l.sum == nil {
		v = meanLoss(len(y), weight, func(lo, hi int, out []float64) { l.fill(y[lo:hi], pred[lo:hi], out) })
	} else {
		v = meanOfSums(len(y), weight, 0, func(lo, hi int, _ []float64) float64 {
			w := weightsOf(weight, lo, hi)
			if s, ok := l.sum(y[lo:hi], pred[lo:hi], w); ok {
				return s
			}
			room := make([]float64, 2*(hi-lo))
			return sumOfLosses(w, room[:hi-lo], func(out []float64) { l.fill(y[lo:hi], pred[lo:hi], out) })
		})
	}
	if math.IsInf(v, 0) && CheckValues("", y, pred, weight) != nil {
		return math.NaN()
	}
	return v
}
