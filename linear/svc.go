package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// LinearSVC is the linear support vector machine. For two classes, y_i being -1 or 1, it minimises
//
//	(|Coef|² + b²)/2 + C·Σ w_i·max(0, 1 - y_i·(x_i·Coef + Intercept))²,  Intercept = InterceptScaling·b
//
// where w_i is the weight of the row times that of its class; with Hinge the loss is not squared, and with L1 the penalty is |Coef|₁ + |b|. The
// intercept is penalised as scikit-learn and LIBLINEAR do it: a larger InterceptScaling weakens that. For more classes each is told from
// all others, on all cores; CrammerSinger learns all scores together instead. All these are LIBLINEAR's objectives, so that scikit-learn's
// LinearSVC has the same coefficients. (Its LinearSVC leaves rows of weight 0 in, too, but they change nothing.)
//
// The penalty acts on the coefficients as they are, so put a features.StandardScaler before it unless the columns share a unit.
//
// The method follows from the shape of the data and does not change the result. Squared loss: Newton's method with the Hessian of the rows
// outside of their margins, for up to about 2000 columns; the same by conjugate gradients in a trust region for more, or, if there are more
// columns than rows, and for Hinge: dual coordinate descent with shrinking, over the rows. L1: coordinate descent with a line search, over the
// columns, of which it makes a transposed copy. Sparse rows stay sparse. A Newton step costs rows·columns², a sweep of descent
// rows·columns.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. Random: the order in which coordinate descent goes, by
// Seed; the minimum is the same, within Tol.
type LinearSVC struct {
	C                float64        // inverse strength of the penalty, > 0. 0: 1
	Hinge            bool           // the loss as it is. False: squared
	L1               bool           // L1 penalty, which makes coefficients zero; not with Hinge. False: L2
	CrammerSinger    bool           // all classes together, by Crammer and Singer's hinge loss; not with Hinge or L1. False: one against the others
	NoIntercept      bool           // leave the intercepts out. False: fit them
	InterceptScaling float64        // the larger, the less is the intercept penalised, > 0. 0: 1
	ClassWeight      ml.ClassWeight // how much each class counts. Zero: all rows as they are
	MaxIter          int            // steps or sweeps at the most. 0: 1000
	Tol              float64        // ends when Info.Gap is at most this. 0: 1e-8 for the squared loss, 1e-4 otherwise
	Seed             uint64         // of the orders of descent
}

var _ ml.Fitter[ml.Dataset[int], *MarginModel] = LinearSVC{}

// Fit returns the classifier. Info.Gap is, for the squared loss, the largest component of the gradient (with L1: violation of the optimality
// conditions) in units of that at the start, and otherwise the largest violation of the conditions of the dual problem, in units of
// margin; for several classes the largest of theirs. Info.Loss is the objective after each step, summed over the classes; descent
// over the rows knows only a lower bound, the dual objective, which rises to it.
func (c LinearSVC) Fit(ctx context.Context, d ml.Dataset[int]) (*MarginModel, error) {
	const where = "linear.LinearSVC.Fit"
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	weight, err := c.ClassWeight.Weights(where, d.Y, d.Weight, d.K())
	if err != nil {
		return nil, err
	}
	seen, err := seenClasses(where, d.Y, weight, d.K())
	if err != nil {
		return nil, err
	}
	problem := svm{source: newSource(d.X), cost: costs(c.C, weight, len(d.Y)), squared: !c.Hinge && !c.CrammerSinger, maxIter: c.MaxIter, tol: c.Tol, seed: c.Seed}
	if !c.NoIntercept {
		problem.bias = c.InterceptScaling
	}
	if err := problem.checkSizes(where); err != nil {
		return nil, err
	}
	f := svcFit{svm: problem, classes: seen, l1: c.L1}
	m := &MarginModel{Fitted: ml.Fitted{Columns: ownColumns(d.Columns), Classes: slices.Clone(d.Classes), Config: c}}
	var w [][]float64
	if c.CrammerSinger {
		w, err = f.together(ctx, d.Y)
	} else {
		w, err = f.oneVsRest(ctx, d.Y)
	}
	if err != nil {
		return nil, err
	}
	m.Info = f.info
	m.Coef, m.Intercept = f.model(w, d.K())
	if !linalg.AllFinite(m.Coef.Data()) {
		return nil, tooLarge(where)
	}
	return m, nil
}

func (c LinearSVC) resolve(where string) (LinearSVC, error) {
	switch {
	case c.Hinge && c.L1:
		return c, ml.BadConfig(where, "L1", true, "false with Hinge: neither is smooth, and no method here minimises their sum")
	case c.CrammerSinger && c.Hinge:
		return c, ml.BadConfig(where, "Hinge", true, "false with CrammerSinger, which has a hinge loss of its own")
	case c.CrammerSinger && c.L1:
		return c, ml.BadConfig(where, "L1", true, "false with CrammerSinger, whose penalty is L2")
	}
	tol := 1e-8
	if c.Hinge || c.L1 || c.CrammerSinger {
		tol = 1e-4
	}
	o, err := svmOptions{C: c.C, InterceptScaling: c.InterceptScaling, Tol: c.Tol, MaxIter: c.MaxIter}.resolve(where, tol)
	if err != nil {
		return c, err
	}
	c.C, c.InterceptScaling, c.Tol, c.MaxIter = o.C, o.InterceptScaling, o.Tol, o.MaxIter
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return c, nil
}

// svcFit is one Fit of a LinearSVC.
type svcFit struct {
	svm
	classes classes
	l1      bool
	info    ml.Info
}

// oneVsRest solves one problem for two classes, and one for each class seen for more.
func (f *svcFit) oneVsRest(ctx context.Context, y []int) ([][]float64, error) {
	n := f.classes.scores()
	results := make([]svmResult, n)
	solve := func(ctx context.Context, k int) error {
		s := f.svm
		positive := 1
		if n > 1 {
			positive = f.classes.codes[k]
		}
		s.y = make([]float64, len(y))
		for i, c := range y {
			s.y[i] = -1
			if c == positive {
				s.y[i] = 1
			}
		}
		s.seed += uint64(k)
		s.watch(ctx)
		var err error
		if f.l1 {
			results[k], err = s.sparsePrimal(ctx)
		} else {
			results[k], err = s.solve(ctx)
		}
		return err
	}
	var err error
	if n == 1 {
		err = solve(ctx, 0)
	} else {
		err = par.Do(ctx, n, func(ctx context.Context, k int) error { return solve(ml.WithTask(ctx, "class", k, n), k) })
	}
	f.info = svmInfo(&f.svm, results)
	w := make([][]float64, n)
	for k, r := range results {
		w[k] = r.w
	}
	return w, err
}

// watch makes the problem report to the context.
func (s *svm) watch(ctx context.Context) {
	track := ml.Track(ctx, "iteration", s.maxIter)
	s.report = func(step int, objective float64) (bool, error) { return track.Step(step, ml.Loss{Train: objective}) }
}

// together solves one problem for all classes seen.
func (f *svcFit) together(ctx context.Context, y []int) ([][]float64, error) {
	k := len(f.classes.codes)
	code := make([]int, len(y))
	for i, c := range y {
		code[i] = max(f.classes.index[c], 0) // rows of a class not seen weigh nothing
	}
	f.watch(ctx)
	r, err := f.crammerSinger(ctx, code, k)
	f.info = svmInfo(&f.svm, []svmResult{r})
	w := make([][]float64, k)
	for m := range w {
		w[m] = r.w[m*f.size() : (m+1)*f.size()]
	}
	if f.classes.scores() == 1 { // the difference of the two
		linalg.Axpy(-1, w[0], w[1])
		w = w[1:]
	}
	return w, err
}

// svmInfo describes the fits of all classes.
func svmInfo(s *svm, results []svmResult) ml.Info {
	info := ml.Info{Status: ml.Converged, Rows: s.rows, Features: s.cols}
	rank := map[ml.Status]int{ml.Converged: 0, ml.Stalled: 1, ml.MaxIter: 2, ml.Stopped: 3}
	for _, r := range results {
		if rank[r.status] > rank[info.Status] {
			info.Status = r.status
		}
		info.Iterations = max(info.Iterations, r.iterations)
		info.Gap = max(info.Gap, r.gap)
	}
	info.Loss = make([]float64, info.Iterations)
	for _, r := range results {
		for i := range info.Loss {
			if len(r.loss) > 0 {
				info.Loss[i] += r.loss[min(i, len(r.loss)-1)]
			}
		}
	}
	return info
}

// model spreads the solutions over the codes of all classes.
func (f *svcFit) model(w [][]float64, k int) (*tensor.Tensor[float64], []float64) {
	if f.classes.scores() == 1 {
		coef, intercept := f.solution(w[0])
		return tensor.FromSlice(slices.Clone(coef), 1, f.cols), []float64{intercept}
	}
	coef, intercept := tensor.New[float64](k, f.cols), make([]float64, k)
	for c, at := range f.classes.index {
		if at < 0 {
			intercept[c] = math.Inf(-1)
			continue
		}
		row, b := f.solution(w[at])
		copy(coef.Row(c), row)
		intercept[c] = b
	}
	return coef, intercept
}

// LinearSVR is linear support vector regression: it minimises
//
//	(|Coef|² + b²)/2 + C·Σ w_i·max(0, |y_i - x_i·Coef - Intercept| - Epsilon),  Intercept = InterceptScaling·b
//
// or, with Squared, the same with the square of each max. The objective, and what it says about intercepts, penalty and weights, is
// LinearSVC's (LIBLINEAR, scikit-learn), and so are the methods: Newton for Squared, dual coordinate descent otherwise. Targets far from zero
// need an InterceptScaling of their size: the intercept is penalised.
type LinearSVR struct {
	C                float64 // inverse strength of the penalty, > 0. 0: 1
	Epsilon          float64 // half the width of the tube without loss, in units of Y. 0: none
	Squared          bool    // the loss squared. False: as it is
	NoIntercept      bool    // leave the intercept out. False: fit it
	InterceptScaling float64 // the larger, the less is the intercept penalised, > 0. 0: 1
	MaxIter          int     // steps or sweeps at the most. 0: 1000
	Tol              float64 // ends when Info.Gap is at most this. 0: 1e-8 with Squared, 1e-4 otherwise
	Seed             uint64  // of the orders of descent
}

var _ ml.Fitter[ml.Dataset[float64], *RegressionModel] = LinearSVR{}

// Fit returns the model. Info.Gap is, with Squared, the largest component of the gradient in units of that at the start, and otherwise the
// largest violation of the optimality conditions of the dual problem, in units of Y.
func (c LinearSVR) Fit(ctx context.Context, d ml.Dataset[float64]) (*RegressionModel, error) {
	const where = "linear.LinearSVR.Fit"
	if !(c.Epsilon >= 0) || math.IsInf(c.Epsilon, 0) {
		return nil, ml.BadConfig(where, "Epsilon", c.Epsilon, ">= 0 and finite")
	}
	tol := 1e-4
	if c.Squared {
		tol = 1e-8
	}
	o, err := svmOptions{C: c.C, InterceptScaling: c.InterceptScaling, Tol: c.Tol, MaxIter: c.MaxIter}.resolve(where, tol)
	if err != nil {
		return nil, err
	}
	c.C, c.InterceptScaling, c.Tol, c.MaxIter = o.C, o.InterceptScaling, o.Tol, o.MaxIter
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	s := svm{source: newSource(d.X), y: d.Y, cost: costs(c.C, d.Weight, len(d.Y)), number: true, epsilon: c.Epsilon, squared: c.Squared,
		maxIter: c.MaxIter, tol: c.Tol, seed: c.Seed}
	if !c.NoIntercept {
		s.bias = c.InterceptScaling
	}
	if err := s.checkSizes(where); err != nil {
		return nil, err
	}
	s.watch(ctx)
	r, err := s.solve(ctx)
	if err != nil {
		return nil, err
	}
	coef, intercept := s.solution(r.w)
	fit := solution{coef: slices.Clone(coef), intercept: intercept}
	if err := checkSolutions(where, []solution{fit}); err != nil {
		return nil, err
	}
	return newRegressionModel(fit, d.Columns, c, svmInfo(&s, []svmResult{r})), nil
}
