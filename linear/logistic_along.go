package linear

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// alongPath is what the fit for one penalty leaves to that for the next one.
type alongPath struct {
	hessian []float64   // the last one made, without the penalty
	steps   float64     // taken since
	pairs   optim.Pairs // of those steps
}

// next moves the optimum for the penalty before to where that for the present one is about to be: a Newton step by the Hessian at hand, whose gradient is that of
// the change of the penalty alone, with what the steps so far have told beside it. It returns what gives metrics from there: the same Hessian with the present
// penalty, without looking at the rows, for the first time, unless the steps taken with it have cost about as much as a new one.
func (o *logLoss) next(params []float64, before float64) func([]float64) optim.Metric {
	m := o.factorAll(slices.Clone(o.along.hessian))
	grad, step := make([]float64, len(params)), make([]float64, len(params))
	change := func(grad, params []float64) {
		for c := 0; c < len(params); c += o.stride() {
			linalg.Axpy((o.penalty-before)/o.total, params[c:c+o.cols], grad[c:c+o.cols])
		}
	}
	change(grad, params)
	o.along.pairs.Change(change)
	o.along.pairs.Apply(m, step, grad)
	if linalg.AllFinite(step) {
		linalg.Axpy(-1, step, params)
	}
	if o.along.steps >= o.metricCost()/2 {
		o.along.pairs.Clear() // the Hessian where it goes on says more
		return o.metric
	}
	first := true
	return func(params []float64) optim.Metric {
		if first {
			first = false
			return m
		}
		return o.metric(params)
	}
}
