package linear

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Lasso is least squares with a penalty on the absolute values of the coefficients, which sets many of them to zero (Tibshirani, J. R.
// Stat. Soc. B 58 (1996)). It minimises
//
//	Σ w_i (y_i - x_i·b - b0)² / (2 Σ w_i) + Alpha·Σ |b_j|
//
// as scikit-learn does; glmnet calls Alpha lambda. The intercept is not penalised. The penalty acts on the coefficients as they are, so the units of
// the columns matter: put a features.StandardScaler before it unless they share one.
//
// The method is coordinate descent on a growing set of columns, by their products where these are fewer than the numbers of a column,
// and else by residuals. It ends when the duality gap over all columns is at most Tol times the mean square of the centred Y.
// Sparse matrices stay sparse, centring is implicit. Weights: a row of weight 0 is absent, one of weight k counts as k rows. A pass over X costs
// rows·columns operations, and a few are needed; the products of m columns cost rows·m². Nothing is random unless Random is set.
type Lasso struct {
	Alpha       float64   // the penalty, > 0. 0 is an error: for no penalty use OLS
	NoIntercept bool      // leave the intercept out: the fit passes through the origin. False: fit one
	Positive    bool      // keep every coefficient >= 0 (not the intercept). False: any sign
	Start       []float64 // coefficients to start from, one for each column, such as those of a similar fit. nil: zeros
	Random      bool      // visit the columns in a random order in every sweep. False: one after the other
	Seed        uint64    // of Random; 0 is a seed like any other
	MaxIter     int       // sweeps at the most. 0: 10000
	Tol         float64   // the duality gap at which it ends, as a share of the mean square of the centred Y. 0: 1e-6
}

// LassoMulti is Lasso for several targets, each fitted as Lasso would alone: they need not use the same columns. See MultiTaskLasso for
// targets that do.
type LassoMulti Lasso

// ElasticNet is least squares with a penalty on the absolute values and on the squares of the coefficients (Zou and Hastie, J. R. Stat. Soc. B
// 67 (2005)): of columns that say the same, Lasso takes one and the elastic net takes all. It minimises
//
//	Σ w_i (y_i - x_i·b - b0)² / (2 Σ w_i) + Alpha·(L1Ratio·Σ |b_j| + (1 - L1Ratio)/2·Σ b_j²)
//
// as scikit-learn does; glmnet calls Alpha lambda, and L1Ratio alpha. All else is as in Lasso.
type ElasticNet struct {
	Alpha       float64   // the penalty, > 0. 0 is an error: for no penalty use OLS
	L1Ratio     float64   // the share of the absolute values, 0..1. 0: squares only, the solution of Ridge with Alpha·Σ w_i; 1: that of Lasso
	NoIntercept bool      // as in Lasso
	Positive    bool      // as in Lasso
	Start       []float64 // as in Lasso
	Random      bool      // as in Lasso
	Seed        uint64    // as in Lasso
	MaxIter     int       // as in Lasso
	Tol         float64   // as in Lasso
}

// ElasticNetMulti is ElasticNet for several targets, each fitted as ElasticNet would alone.
type ElasticNetMulti ElasticNet

var (
	_ ml.Fitter[ml.Dataset[float64], *RegressionModel]        = Lasso{}
	_ ml.Fitter[ml.Dataset[float64], *RegressionModel]        = ElasticNet{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = LassoMulti{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiRegressionModel] = ElasticNetMulti{}
)

// Fit returns the model. Y must be finite. Info.Gap is the duality gap: the objective is at most so far above its minimum. Info.Iterations
// counts sweeps, most of them over the columns that are not zero; Info.Status says whether Tol was met.
func (c Lasso) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	o := c.options()
	c.Start, c.MaxIter, c.Tol = slices.Clone(c.Start), o.maxIter, o.tol
	return o.fitOne(ctx, "linear.Lasso.Fit", d, c)
}

func (c Lasso) options() descentOptions {
	return ElasticNet{Alpha: c.Alpha, L1Ratio: 1, NoIntercept: c.NoIntercept, Positive: c.Positive, Start: c.Start, Random: c.Random, Seed: c.Seed,
		MaxIter: c.MaxIter, Tol: c.Tol}.options()
}

// Fit returns the model of every target. The targets must be finite and equally many in each row. Info.Gap is the largest of the
// duality gaps, Info.Iterations counts the sweeps of all targets.
func (c LassoMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	o := Lasso(c).options()
	o.without = "linear.OLSMulti"
	c.Start, c.MaxIter, c.Tol = slices.Clone(c.Start), o.maxIter, o.tol
	return o.fitEach(ctx, "linear.LassoMulti.Fit", d, c)
}

// Fit returns the model. Y must be finite. Info is as after Lasso.
func (c ElasticNet) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	o := c.options()
	c.Start, c.MaxIter, c.Tol = slices.Clone(c.Start), o.maxIter, o.tol
	return o.fitOne(ctx, "linear.ElasticNet.Fit", d, c)
}

func (c ElasticNet) options() descentOptions {
	return descentOptions{alpha: c.Alpha, l1Ratio: c.L1Ratio, intercept: !c.NoIntercept, positive: c.Positive, start: c.Start, random: c.Random, seed: c.Seed,
		maxIter: c.MaxIter, tol: c.Tol, without: "linear.OLS"}.withDefaults()
}

// Fit returns the model of every target. The targets must be finite and equally many in each row. Info is as after LassoMulti.
func (c ElasticNetMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiRegressionModel, error) {
	o := ElasticNet(c).options()
	o.without = "linear.OLSMulti"
	c.Start, c.MaxIter, c.Tol = slices.Clone(c.Start), o.maxIter, o.tol
	return o.fitEach(ctx, "linear.ElasticNetMulti.Fit", d, c)
}

// descentOptions are the fields that the configs of coordinate descent share.
type descentOptions struct {
	alpha, l1Ratio      float64
	intercept, positive bool
	start               []float64
	random              bool
	seed                uint64
	maxIter             int
	tol                 float64
	without             string // the config for no penalty
}

func (o descentOptions) withDefaults() descentOptions {
	if o.maxIter == 0 {
		o.maxIter = 10_000
	}
	if o.tol == 0 {
		o.tol = 1e-6
	}
	return o
}

func (o descentOptions) check(where string) error {
	if err := checkAlpha(where, "Alpha", o.alpha, o.without); err != nil {
		return err
	}
	if err := checkL1Ratio(where, "L1Ratio", o.l1Ratio); err != nil {
		return err
	}
	return checkIterative(where, o.tol, o.maxIter)
}

func checkL1Ratio(where, field string, ratio float64) error {
	if !(ratio >= 0 && ratio <= 1) {
		return ml.BadConfig(where, field, ratio, "0..1")
	}
	return nil
}

// prepare checks the numbers of X and makes a design of them, with the products of columns and targets if these are asked for.
func (o descentOptions) prepare(ctx context.Context, where string, t ml.Table, targets [][]float64, cross bool) (*design, error) {
	if o.start != nil {
		if _, p := t.X.Dims(); len(o.start) != p {
			return nil, ml.BadConfig(where, "Start", fmt.Sprintf("a list of %d", len(o.start)), fmt.Sprintf("%d, one for each column of X", p))
		}
		for j, v := range o.start {
			if math.IsNaN(v - v) {
				return nil, ml.BadConfig(where, fmt.Sprintf("Start[%d]", j), v, "a finite number")
			}
		}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	look := func() error { return checkNumbers(where, t) }
	if t.Weight != nil || newSource(t.X).sparse() { // else the moments tell
		if err := look(); err != nil {
			return nil, err
		}
	}
	measure := newDesign
	if cross {
		measure = newCrossDesign
	}
	d, err := measure(where, t, targets, o.intercept)
	if err != nil {
		return nil, cmp.Or(look(), err) // which number it is, or that they are too large
	}
	return d, nil
}

// fitOne fits a single target for a config.
func (o descentOptions) fitOne(ctx context.Context, where string, d ml.Dataset[float64], config any) (*RegressionModel, error) {
	if err := o.check(where); err != nil {
		return nil, err
	}
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	fits, info, err := o.fitTasks(ctx, where, d.Table, [][]float64{d.Y})
	if err != nil {
		return nil, err
	}
	return newRegressionModel(fits[0], d.Columns, config, info), nil
}

// fitTasks fits all targets together.
func (o descentOptions) fitTasks(ctx context.Context, where string, t ml.Table, targets [][]float64) ([]solution, ml.Info, error) {
	x, err := o.prepare(ctx, where, t, targets, true)
	if err != nil {
		return nil, ml.Info{}, err
	}
	terms, source, err := newRowCurvature(ctx, x, 0, len(targets))
	if err != nil {
		return nil, ml.Info{}, err
	}
	return o.run(ctx, where, x, 0, terms, source)
}

// fitEach fits every target by itself. The products of all columns serve all targets, if the columns are few.
func (o descentOptions) fitEach(ctx context.Context, where string, d ml.Dataset[[]float64], config any) (*MultiRegressionModel, error) {
	if err := o.check(where); err != nil {
		return nil, err
	}
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	x, err := o.prepare(ctx, where, d.Table, transposed(d.Y), false)
	if err != nil {
		return nil, err
	}
	var products *crossProducts
	if x.smallGram() && len(x.targets) > 1 {
		if products, err = x.productsOf(ctx, x.present()); err != nil {
			return nil, err
		}
	}
	fits, infos := make([]solution, len(x.targets)), make([]ml.Info, len(x.targets))
	err = par.Do(ctx, len(fits), func(ctx context.Context, t int) error {
		if len(fits) > 1 {
			ctx = ml.WithTask(ctx, "target", t, len(fits))
		}
		var terms lossTerms
		var source curvature
		if products != nil {
			terms, source, _ = joined(x, []*crossProducts{products}, t, 1)
		} else {
			var err error
			if terms, source, err = newRowCurvature(ctx, x, t, 1); err != nil {
				return err
			}
		}
		one, info, err := o.run(ctx, where, x, t, terms, source)
		if err != nil {
			return err
		}
		fits[t], infos[t] = one[0], info
		return nil
	})
	if err != nil {
		return nil, err
	}
	return newMultiRegressionModel(fits, d.Columns, config, joinInfo(infos)), nil
}

// joinInfo is the worst of the statuses, all sweeps and the largest gap.
func joinInfo(infos []ml.Info) ml.Info {
	out := infos[0]
	out.Loss = nil
	for _, i := range infos[1:] {
		out.Iterations += i.Iterations
		out.Gap = max(out.Gap, i.Gap)
		if worse := []ml.Status{ml.Stopped, ml.MaxIter, ml.Stalled}; !slices.Contains(worse, out.Status) && slices.Contains(worse, i.Status) {
			out.Status = i.Status
		}
	}
	return out
}

// run solves for one penalty. The tasks are targets first, first+1, ...
func (o descentOptions) run(ctx context.Context, where string, x *design, first int, terms lossTerms, source curvature) ([]solution, ml.Info, error) {
	none := func(err error) ([]solution, ml.Info, error) { return nil, ml.Info{}, err }
	s := newDescent(terms, source, o)
	info := ml.Info{Rows: x.rows, Features: x.cols}
	track := ml.Track(ctx, "sweep", o.maxIter)
	last := terms.yy / 2
	s.watch = func(sweep int, loss float64) (bool, error) {
		if !math.IsNaN(loss) {
			last = loss
		}
		return track.Step(sweep, ml.Loss{Train: last})
	}
	pen := newPenalty(o.alpha, o.l1Ratio, o.positive)
	if o.start != nil {
		if err := s.startAt(ctx, o.start, pen); err != nil {
			return none(err)
		}
	}
	before := pen.certify(s.tasks, s.cols, s.b, s.q, s.c, s.yy).most
	out, err := s.solve(ctx, pen, before)
	if err != nil {
		return none(err)
	}
	info.Status, info.Iterations, info.Gap = out.status, out.sweeps, out.gap
	fits := s.solutions(x, first)
	return fits, info, checkSolutions(where, fits)
}

// startAt sets the coefficients of every task, as far as they are allowed.
func (d *descent) startAt(ctx context.Context, start []float64, pen penalty) error {
	for k := range d.b {
		v := start[k%d.cols]
		if d.curve[k%d.cols] == 0 || pen.positive && v < 0 {
			v = 0
		}
		d.b[k] = v
	}
	return d.source.gradient(ctx, d.q, d.b)
}

func (d *descent) solutions(x *design, first int) []solution {
	fits := make([]solution, d.tasks)
	for t := range fits {
		coef := slices.Clone(d.b[t*d.cols : (t+1)*d.cols])
		fits[t] = solution{coef: coef, intercept: x.intercept(first+t, coef)}
	}
	return fits
}

// smallGram says that the products of all columns are worth having when many problems share them.
func (d *design) smallGram() bool {
	if d.sparse() {
		return d.cols <= min(256, d.rows)
	}
	return d.cols <= min(mostFull, d.rows)
}

// present lists the rows of positive weight.
func (d *design) present() []int {
	rows := make([]int, 0, d.rows)
	for i := range d.rows {
		if d.w(i) > 0 {
			rows = append(rows, i)
		}
	}
	return rows
}
