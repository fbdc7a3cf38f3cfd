package linear

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/optim"
)

// logisticProblem is a data set to be fitted for one penalty after another, each fit from the solution before.
type logisticProblem struct {
	LogisticRegression // resolved; but for C
	where              string
	data               ml.Dataset[int]
	weight             []float64 // of rows times that of classes
	loss               *logLoss
	prox               *proximal // nil until a method asks for it
	params             []float64 // nil before the first fit
	before             float64   // the l1 they are optimal for
}

// problem checks the data of a config that has been resolved.
func (c LogisticRegression) problem(ctx context.Context, where string, d ml.Dataset[int]) (*logisticProblem, error) {
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	weight, err := c.ClassWeight.Weights(where, d.Y, d.Weight, d.K())
	if err != nil {
		return nil, err
	}
	if x := newSource(d.X); x.sparse() || weight != nil { // else the moments tell
		if err := checkNumbers(where, d.Table); err != nil {
			return nil, err
		}
	}
	return c.weighted(where, d, weight)
}

// weighted is the problem with weights that hold those of the classes.
func (c LogisticRegression) weighted(where string, d ml.Dataset[int], weight []float64) (*logisticProblem, error) {
	seen, err := seenClasses(where, d.Y, weight, d.K())
	if err != nil {
		return nil, err
	}
	o, err := newLogLoss(where, newSource(d.X), d.Y, weight, seen, !c.NoIntercept)
	if err != nil {
		return nil, cmp.Or(checkNumbers(where, d.Table), err)
	}
	o.penalized = !c.NoPenalty
	return &logisticProblem{LogisticRegression: c, where: where, data: d, weight: weight, loss: o}, nil
}

// startAt takes coefficients of all classes to start from, with the intercepts that suit them.
func (p *logisticProblem) startAt(start []float64) error {
	if start == nil {
		return nil
	}
	o := p.loss
	rows := p.data.K()
	if rows == 2 {
		rows = 1
	}
	if len(start) != rows*o.cols {
		return ml.BadConfig(p.where, "Start", fmt.Sprintf("a list of %d", len(start)), fmt.Sprintf("%d, the numbers of Coef", rows*o.cols))
	}
	for i, v := range start {
		if math.IsNaN(v - v) {
			return ml.BadConfig(p.where, fmt.Sprintf("Start[%d]", i), v, "a finite number")
		}
	}
	b := start
	if o.k > 1 {
		b = make([]float64, 0, o.k*o.cols)
		for _, c := range o.classes.codes {
			b = append(b, start[c*o.cols:(c+1)*o.cols]...)
		}
	}
	f, err := p.proximal()
	if err != nil {
		return err
	}
	f.begin(b)
	if math.IsNaN(f.loss - f.loss) {
		return tooLarge(p.where)
	}
	p.params = f.params()
	p.before = math.Inf(1)
	return nil
}

func (p *logisticProblem) proximal() (f *proximal, err error) {
	if p.prox == nil {
		p.prox, err = newProximal(p.where, p.loss)
	}
	return p.prox, err
}

// logisticOutcome is how a fit for one penalty ended.
type logisticOutcome struct {
	info ml.Info
	loss float64 // the mean loss without the penalty
}

// solve fits for one penalty, from the last solution.
func (p *logisticProblem) solve(ctx context.Context, c float64, each logisticWatch) (logisticOutcome, error) {
	out := logisticOutcome{info: ml.Info{Rows: p.loss.rows, Features: p.loss.cols}}
	p.C = c
	was := p.loss.penalty
	p.loss.penalty = 0
	if !p.NoPenalty {
		p.loss.penalty = (1 - p.L1Ratio) / c
	}
	watch := func(step int, f float64) (bool, error) {
		out.info.Loss = append(out.info.Loss, f)
		return each(step, f)
	}
	method := func(ctx context.Context, watch logisticWatch, out *logisticOutcome) error {
		return p.quasiNewton(ctx, watch, out, was)
	}
	switch {
	case p.Solver == SAGA:
		method = p.saga
	case p.Solver == NewtonCholesky:
		method = p.newtonCholesky
	case p.Solver == NewtonCG:
		method = p.newtonCG
	case p.L1Ratio > 0 || p.Solver == CoordinateDescent:
		method = p.descend
	}
	if err := method(ctx, watch, &out); err != nil {
		return out, err
	}
	if !linalg.AllFinite(p.params) || math.IsNaN(out.loss-out.loss) {
		return out, tooLarge(p.where)
	}
	return out, nil
}

type logisticWatch = func(step int, f float64) (stop bool, err error)

// quasiNewton minimises by L-BFGS, for the first time or from the optimum for another penalty.
func (p *logisticProblem) quasiNewton(ctx context.Context, watch logisticWatch, out *logisticOutcome, before float64) error {
	o := p.loss
	metric := o.metric
	if p.params != nil && p.Solver == Automatic && o.along != nil && o.along.hessian != nil {
		metric = o.next(p.params, before)
	}
	if p.params == nil {
		p.params = make([]float64, o.size())
		if p.Solver == Automatic {
			params, err := p.fromSample(ctx, p.where, o, p.data, p.weight)
			if err != nil {
				return err
			}
			p.params = params
		}
	}
	method := optim.LBFGS{Memory: 10, MaxIter: p.MaxIter, Tol: p.Tol, Eval: o.eval, Gap: o.gap, Metric: metric, Cost: o.metricCost(),
		Observe: func(step int, f, gap float64) (bool, error) { return watch(step, f) }}
	if o.along != nil && p.Solver == Automatic && o.k == 1 { // of more classes the metric is too rough for pairs from elsewhere: the last steps would be lost in rounding
		method.Pairs = &o.along.pairs
	}
	if p.Solver == LBFGS {
		method.Metric = func(params []float64) optim.Metric { return o.diagonal(params, blockRows.curvatures) }
		method.Cost = 1
	}
	result, err := method.Minimize(p.params)
	if err != nil {
		return err
	}
	if o.along != nil {
		o.along.steps += float64(result.Iterations)
	}
	out.smooth(p, result)
	if o.separates(p.params) {
		out.info.Note = p.separable()
	}
	return nil
}

// smooth takes over the result of a minimisation of the whole objective.
func (out *logisticOutcome) smooth(p *logisticProblem, r optim.Result) {
	out.info.Status, out.info.Iterations, out.info.Gap = statuses[r.Status], r.Iterations, r.Gap
	w, _ := p.loss.unpack(p.params)
	out.loss = r.F - p.loss.penalty*linalg.Dot(w, w)/2/p.loss.total
}

// descend minimises by Newton's method with the penalty in its steps.
func (p *logisticProblem) descend(ctx context.Context, watch logisticWatch, out *logisticOutcome) error {
	f, err := p.ready(ctx)
	if err != nil {
		return err
	}
	f.watch = func(step int, loss, _ float64) (bool, error) { return watch(step, loss) }
	end, err := f.solve(ctx, min(p.before, f.certify().most))
	if err != nil {
		return err
	}
	out.dual(p, f, end)
	return nil
}

// ready has the penalty and begins where the last fit ended, or with a sample.
func (p *logisticProblem) ready(ctx context.Context) (*proximal, error) {
	f, err := p.proximal()
	if err != nil {
		return nil, err
	}
	f.pen, f.tol, f.maxIter = penalty{}, p.Tol, p.MaxIter
	if !p.NoPenalty {
		f.pen = newPenalty(1/(p.C*p.loss.total), p.L1Ratio, false)
	}
	if p.params != nil {
		return f, nil
	}
	p.before = math.Inf(1)
	var start []float64
	if p.Solver == Automatic {
		if start, err = f.fromSample(ctx, p.where, p.data, p.weight); err != nil {
			return nil, err
		}
	}
	f.begin(start)
	return f, nil
}

// dual takes over where a proximal fit ended.
func (out *logisticOutcome) dual(p *logisticProblem, f *proximal, end outcome) {
	p.params, p.before = f.params(), f.pen.l1
	out.info.Status, out.info.Iterations, out.info.Gap, out.loss = end.status, end.sweeps, end.gap, f.loss
	if f.separated() {
		out.info.Note = p.separable()
	}
	if math.IsNaN(end.gap) {
		out.loss = math.NaN()
	}
}

// model is that of the present parameters.
func (p *logisticProblem) model(config any, info ml.Info) *LogisticModel {
	m := &LogisticModel{Fitted: ml.Fitted{Columns: ownColumns(p.data.Columns), Classes: slices.Clone(p.data.Classes), Config: config, Info: info}}
	m.Coef, m.Intercept = p.loss.coefficients(p.params, p.data.K())
	return m
}
