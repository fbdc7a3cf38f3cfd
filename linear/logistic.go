package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/optim"
	"github.com/gopherwood-ml/ml/tensor"
)

// LogisticRegression is a linear classifier with probabilities: log-odds that are linear in x for two classes, softmax of
// K linear scores for more (McCullagh and Nelder, "Generalized Linear Models" (1989); Bishop, "Pattern Recognition and Machine
// Learning" (2006), section 4.3). It minimises
//
//	Σ w_i · -log p(y_i | x_i) + (L1Ratio·|Coef|₁ + (1-L1Ratio)/2·|Coef|²) / C
//
// where w_i is the weight of the row times that of its class, and |·|₁ a sum of absolute values, which sets many coefficients to zero.
// Intercepts are not penalised. This is scikit-learn's objective; LIBLINEAR's penalises intercepts, too.
// The penalty acts on the coefficients as they are, so the units of the columns matter: put a features.StandardScaler
// before it unless they share one.
//
// With L1Ratio 0, and without a penalty, the Automatic method is L-BFGS on top of the Hessian of each class, factored at the start and again when progress
// slows: Newton's method for two classes. With many columns (about 2000 for two classes, 650 for ten; fewer if one Hessian takes over 2e9 operations) its
// diagonal takes the place.
// Else it is Newton's method with the penalty in every step: coordinate descent on the quadratic model of the loss, over those coefficients that the
// duality gap cannot prove to be zero. Of classes that are equally many with each sign, absolute values alone may leave a whole line of optimal
// coefficients; it ends on it.
// Where there are many rows for each parameter, a sample of them is fitted first, to begin near the end; Info tells of the fit of all rows only.
// Neither units nor offsets of columns change the number of iterations much. Sparse matrices stay sparse. Running out of
// iterations is not an error: Info.Status says so.
//
// A class that is declared but has no row, as in a fold of cross-validation, keeps its column and gets probability 0: its
// coefficients are 0 and its intercept is -Inf, which is the limit that an unpenalised intercept goes to. Rows of one class only
// are an error.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. An iteration costs about 4·rows·columns·K operations, a
// Hessian rows·columns²·K, a Newton step with L1Ratio as much for the columns in use. Solver names other
// methods, which find the same minimum. Nothing is random but the order of SAGA.
type LogisticRegression struct {
	C           float64        // inverse strength of the penalty, > 0. 0: 1
	L1Ratio     float64        // the share of the absolute values in the penalty, 0..1. 0: squares only; 1: absolute values only
	NoPenalty   bool           // fit without penalty, C must be 0. Coefficients grow without bound if the classes are separable. False: penalise
	NoIntercept bool           // leave the intercepts out. False: fit them
	ClassWeight ml.ClassWeight // how much each class counts. Zero: all rows as they are
	Solver      Solver         // the method. Zero: as above
	Start       []float64      // coefficients to start from, such as those of a similar fit: the rows of Coef one after the other. nil: zeros
	Seed        uint64         // of the order in which SAGA visits the rows; 0 is a seed like any other
	MaxIter     int            // iterations at the most. 0: 1000
	Tol         float64        // ends when Info.Gap is at most this. 0: 1e-8, or 1e-10 where that is a duality gap
}

var _ ml.Fitter[ml.Dataset[int], *LogisticModel] = LogisticRegression{}

// Fit returns the classifier. Info.Loss is the objective divided by the total weight, after each iteration. Info.Gap is the largest component
// of its gradient, with every column in units of its standard deviation; with L1Ratio, CoordinateDescent or SAGA (unless NoPenalty) it is the duality
// gap, a bound on how far Info.Loss is above its minimum. Info.Note says when the model found separates all training rows.
func (c LogisticRegression) Fit(ctx context.Context, d ml.Dataset[int]) (*LogisticModel, error) {
	const where = "linear.LogisticRegression.Fit"
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	p, err := c.problem(ctx, where, d)
	if err != nil {
		return nil, err
	}
	if err := p.startAt(c.Start); err != nil {
		return nil, err
	}
	c.Start = slices.Clone(c.Start)
	track := ml.Track(ctx, "iteration", c.MaxIter)
	out, err := p.solve(ctx, c.C, func(step int, f float64) (bool, error) { return track.Step(step, ml.Loss{Train: f}) })
	if err != nil {
		return nil, err
	}
	return p.model(c, out.info), nil
}

func (c LogisticRegression) resolve(where string) (LogisticRegression, error) {
	switch {
	case math.IsInf(c.C, 1):
		return c, ml.BadConfig(where, "C", c.C, "> 0 and finite; for no penalty set NoPenalty")
	case !(c.C >= 0):
		return c, ml.BadConfig(where, "C", c.C, "> 0; 0 means 1")
	case c.NoPenalty && c.C != 0:
		return c, ml.BadConfig(where, "C", c.C, "0 with NoPenalty: only one of them")
	case c.NoPenalty && c.L1Ratio != 0:
		return c, ml.BadConfig(where, "L1Ratio", c.L1Ratio, "0 with NoPenalty: only one of them")
	}
	if err := checkL1Ratio(where, "L1Ratio", c.L1Ratio); err != nil {
		return c, err
	}
	if err := c.checkSolver(where); err != nil {
		return c, err
	}
	if err := checkIterative(where, c.Tol, c.MaxIter); err != nil {
		return c, err
	}
	if c.C == 0 && !c.NoPenalty {
		c.C = 1
	}
	if c.MaxIter == 0 {
		c.MaxIter = 1000
	}
	switch {
	case c.Tol == 0 && c.dual():
		c.Tol = 1e-10
	case c.Tol == 0:
		c.Tol = 1e-8
	}
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return c, nil
}

func (c LogisticRegression) separable() string {
	if c.NoPenalty {
		return "the model separates all training rows: without a penalty no optimum exists and coefficients grow until Tol is met"
	}
	return "the model separates all training rows: the size of the coefficients is set by the penalty"
}

var statuses = map[optim.Status]ml.Status{
	optim.Converged: ml.Converged, optim.MaxIter: ml.MaxIter, optim.Stalled: ml.Stalled, optim.Stopped: ml.Stopped,
}

// classes maps the class codes of a data set to those that have rows of positive weight.
type classes struct {
	k     int   // codes 0..k-1 in the data
	codes []int // those seen, rising
	index []int // of a code in codes, -1 for unseen
}

func seenClasses(where string, y []int, weight []float64, k int) (classes, error) {
	s := classes{k: k, index: make([]int, k)}
	for c := range s.index {
		s.index[c] = -1
	}
	for i, c := range y {
		if weight == nil || weight[i] > 0 {
			s.index[c] = 0
		}
	}
	for c, seen := range s.index {
		if seen == 0 {
			s.index[c] = len(s.codes)
			s.codes = append(s.codes, c)
		}
	}
	if len(s.codes) < 2 {
		return s, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("of one class only, %d", s.codes[0]), Want: "rows of at least two classes", Kind: ml.ErrTarget}
	}
	return s, nil
}

// scores is the number of linear scores: one for two classes, else one for each class seen.
func (s classes) scores() int {
	if s.k == 2 {
		return 1
	}
	return len(s.codes)
}

// coefficients turns parameters into those of the model: intercepts for x as it is, not centred, with sum zero over the classes.
func (o *logLoss) coefficients(params []float64, k int) (*tensor.Tensor[float64], []float64) {
	w, b := o.unpack(params)
	if o.k == 1 {
		return tensor.FromSlice(append([]float64(nil), w...), 1, o.cols), b
	}
	if !o.penalized { // only differences between the classes are determined: take those with mean zero
		centerClasses(w, o.cols)
	}
	if o.fitted {
		centerClasses(b, 1)
	}
	coef := tensor.New[float64](k, o.cols)
	intercept := make([]float64, k)
	for c, at := range o.classes.index {
		if at < 0 {
			intercept[c] = math.Inf(-1)
			continue
		}
		copy(coef.Row(c), w[at*o.cols:(at+1)*o.cols])
		intercept[c] = b[at]
	}
	return coef, intercept
}

// centerClasses subtracts the mean over the classes from each of cols columns.
func centerClasses(w []float64, cols int) {
	k := len(w) / cols
	for j := range cols {
		mean := 0.0
		for c := range k {
			mean += w[c*cols+j]
		}
		mean /= float64(k)
		for c := range k {
			w[c*cols+j] -= mean
		}
	}
}
