package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// fromSample returns parameters to begin with: the optimum for a sample of the rows, or zeros where a sample would not pay or lacks
// a class. The optimum of a sixteenth of the rows is as near to that of all as a fit from zeros comes in half its iterations, and each of its
// iterations costs a sixteenth.
func (c LogisticRegression) fromSample(ctx context.Context, where string, o *logLoss, d ml.Dataset[int], weight []float64) ([]float64, error) {
	params := make([]float64, o.size())
	sample, err := o.sample(where, d, weight)
	if sample == nil || err != nil {
		return params, err
	}
	sample.penalty = o.penalty * sample.total / o.total
	const steps = 30
	_, err = optim.LBFGS{
		Memory: 10, MaxIter: min(steps, c.MaxIter), Tol: max(sample.enough(), c.Tol), Eval: sample.eval, Gap: sample.gap, Metric: sample.metric,
		Cost: sample.metricCost(), Observe: func(int, float64, float64) (bool, error) { return false, ml.Done(ctx) },
	}.Minimize(params)
	if err != nil || !linalg.AllFinite(params) {
		return make([]float64, o.size()), err
	}
	o.sampled = true
	if o.fitted { // from scores at the sample's means to scores at the means
		for s := 0; s < len(params); s += o.stride() {
			p := params[s : s+o.stride()]
			for j, m := range o.center {
				p[o.cols] += p[j] * (m - sample.center[j])
			}
		}
	}
	return params, nil
}

// sample is the problem of some of the rows, nil where it would not pay or lacks a class.
func (o *logLoss) sample(where string, d ml.Dataset[int], weight []float64) (*logLoss, error) {
	const part, worth = 16, 4
	fewest, perParameter := 4096, 20
	if o.k > 1 { // those take many iterations, which a rough start spares as well
		fewest, perParameter = 1024, 16
	}
	n := max(o.rows/part, fewest, perParameter*o.stride())
	if n > o.rows/worth || !o.wholeHessian() {
		return nil, nil
	}
	index := spread(o.rows, n, weight)
	y := make([]int, len(index))
	var w []float64
	if weight != nil {
		w = make([]float64, len(index))
	}
	seen := make([]bool, o.classes.k)
	for s, i := range index {
		y[s] = d.Y[i]
		seen[y[s]] = true
		if w != nil {
			w[s] = weight[i]
		}
	}
	for _, code := range o.classes.codes {
		if !seen[code] {
			return nil, nil
		}
	}
	return newLogLoss(where, newSource(rows.Select(d.X, index)), y, w, o.classes, o.fitted)
}

// enough is the size of a gradient of the rows of a sample that tells nothing of others: small beside 1, what a gradient of independent rows is times
// the root of their number.
func (o *logLoss) enough() float64 {
	const small = 0.02
	return small / math.Sqrt(float64(o.rows))
}

// spread picks n of so many rows, one from each of n runs, at places that follow no period; rows of weight 0 are left out.
func spread(of, n int, weight []float64) []int {
	index := make([]int, 0, n)
	for r := range n {
		lo, hi := par.Bounds(of, n, r)
		const golden = 0x9e3779b97f4a7c15
		i := lo + int(uint64(r)*golden>>32%uint64(hi-lo))
		if weight == nil || weight[i] > 0 {
			index = append(index, i)
		}
	}
	return slices.Clip(index)
}
