package explain

import "math"

// tally is the running mean and the sum of squared deviations of each output (Welford 1962).
type tally struct {
	n             int
	mean, squares []float64
}

func newTallies(n, outputs int) []tally {
	out := make([]tally, n)
	for i := range out {
		out[i] = tally{mean: make([]float64, outputs), squares: make([]float64, outputs)}
	}
	return out
}

func (t *tally) add(x []float64) {
	t.n++
	for o, v := range x {
		d := v - t.mean[o]
		t.mean[o] += d / float64(t.n)
		t.squares[o] += float64(d * (v - t.mean[o]))
	}
}

// standardError of the mean of an output; that of a single number is not known.
func (t *tally) standardError(o int) float64 {
	if t.n < 2 {
		return math.Inf(1)
	}
	return math.Sqrt(t.squares[o] / float64(t.n) / float64(t.n-1))
}

// deviation is the standard deviation over all outputs.
func (t *tally) deviation() float64 {
	sum := 0.0
	for _, v := range t.squares {
		sum += v
	}
	return math.Sqrt(sum / float64(max(1, t.n-1)))
}

// averages lists the means of tallies and their standard errors.
func averages(tallies []tally) (values, errors [][]float64) {
	for _, t := range tallies {
		spread := make([]float64, len(t.mean))
		for o := range spread {
			spread[o] = t.standardError(o)
		}
		values, errors = append(values, append([]float64(nil), t.mean...)), append(errors, spread)
	}
	return values, errors
}
