package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// SGDClassifier learns linear scores by stochastic gradient descent: one step for each row, in random order, epoch after epoch
// (Bottou, "Stochastic gradient descent tricks" (2012)). It aims at the minimum of
//
//	(1/n) Σ w_i·Loss(y_i, x_i·Coef + Intercept) + Alpha·(L1Ratio·|Coef|₁ + (1 - L1Ratio)/2·|Coef|²)
//
// where w_i is the weight of the row times that of its class and n counts the rows of positive weight. A step costs the columns
// of a row, or its nonzeros: it is the method for more rows than fit into memory ([ml.FitStream], [SGDModel.Update]) and for a good model
// soon. Columns must be of comparable size, about 1: put a features.StandardScaler before it, or a MaxAbsScaler for sparse rows.
//
// Two classes have one score; for more, each has its own, learned to tell it from all the others, on all cores. Without shuffling
// the steps are scikit-learn's, to rounding, but for sparse rows, whose intercepts it learns 100 times slower, and L1 penalties, which it
// takes from sparse rows late; here they give the model of the same dense rows. On CSR with elastic net, or with L1 and averaging, the L1 part
// is taken late here, too, when a column is next met, so that the model differs slightly from that of the same dense rows.
//
// The fit ends when NoChange epochs in a row each leave the objective above its least value so far minus Tol, or, with
// Patience, when the loss on Valid has not improved for so many epochs; the model is then that of the best epoch. Info.Loss is the objective,
// summed over the scores, as it was met on the way through each epoch; Info.ValidLoss the mean loss on Valid; Info.Gap the
// change of the objective in the last epoch.
//
// Weights: a row of weight 0 is absent. One of weight k is one step, k times as long, not k steps, so that it is not the same as k rows.
// Random: the order of the rows, by Seed.
type SGDClassifier struct {
	Loss         SGDLoss        // nil: HingeLoss{}, a linear support vector machine
	Alpha        float64        // strength of the penalty, > 0; it also sets OptimalRate. 0: 0.0001
	L1Ratio      float64        // share of L1 in the penalty, up to 1. 0: all L2
	NoPenalty    bool           // leave the penalty out. False: penalise
	NoIntercept  bool           // leave the intercepts out. False: learn them
	Rate         Rate           // how long the steps are. 0: OptimalRate
	LearningRate float64        // of the first step, or the most a passive-aggressive one may be; OptimalRate does without. 0: 0.01
	Power        float64        // of InverseRate. 0: 0.5
	Average      int            // the model is the average of all steps from this one on. 0: the last step
	ClassWeight  ml.ClassWeight // how much each class counts. Zero: all rows as they are
	MaxIter      int            // epochs at the most. 0: 1000
	Tol          float64        // see above. 0: 0.001
	NoChange     int            // see above; MaxIter or more: run all epochs. 0: 5
	Patience     int            // epochs without improvement on Valid until the end. 0: do not watch it
	NoShuffle    bool           // take the rows as they come. False: in another random order in each epoch
	Seed         uint64         // of the orders
}

var _ ml.Fitter[ml.Dataset[int], *SGDModel] = SGDClassifier{}

// Fit returns the classifier. Rows of one class only are an error unless d names its Classes, as a first chunk of a stream may.
func (c SGDClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SGDModel, error) {
	return c.fit(ctx, "linear.SGDClassifier.Fit", d, func(c SGDClassifier) any { return c })
}

func (c SGDClassifier) sgd() SGDClassifier { return c }

// fit keeps in the model what public makes of the resolved config.
func (c SGDClassifier) fit(ctx context.Context, where string, d ml.Dataset[int], public func(SGDClassifier) any) (*SGDModel, error) {
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	if err := checkWatched(where, d, c.Patience); err != nil {
		return nil, err
	}
	m, err := c.learn(ctx, where, d, max(d.K(), 2), new(SGDState), c.MaxIter)
	if err != nil {
		return nil, err
	}
	m.Columns, m.Classes, m.Config = ownColumns(d.Columns), slices.Clone(d.Classes), public(c)
	return m, nil
}

// checkWatched is Check, and that Patience has something to watch.
func checkWatched[Y any](where string, d ml.Dataset[Y], patience int) error {
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return err
	}
	if patience > 0 && d.Valid == nil {
		return ml.BadConfig(where, "Patience", patience, "0 without Valid, the rows to watch; selection.HoldOut makes them")
	}
	return nil
}

func (c SGDClassifier) options() sgdOptions {
	return sgdOptions{Alpha: c.Alpha, L1Ratio: c.L1Ratio, NoPenalty: c.NoPenalty, NoIntercept: c.NoIntercept, NoShuffle: c.NoShuffle, Rate: c.Rate,
		LearningRate: c.LearningRate, Power: c.Power, Tol: c.Tol, Average: c.Average, MaxIter: c.MaxIter, NoChange: c.NoChange, Patience: c.Patience, Seed: c.Seed}
}

func (c SGDClassifier) resolve(where string) (SGDClassifier, error) {
	o, err := c.options().resolve(where, OptimalRate, 0.5)
	if err != nil {
		return c, err
	}
	if c.Loss == nil {
		c.Loss = HingeLoss{}
	}
	if err := checkLoss(where, c.Loss, o.Rate); err != nil {
		return c, err
	}
	c.Alpha, c.LearningRate, c.Power, c.Tol, c.MaxIter, c.NoChange, c.Rate = o.Alpha, o.LearningRate, o.Power, o.Tol, o.MaxIter, o.NoChange, o.Rate
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return c, nil
}

// learn goes on from a state; c is resolved and d checked.
func (c SGDClassifier) learn(ctx context.Context, where string, d ml.Dataset[int], k int, from *SGDState, epochs int) (*SGDModel, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	weight, err := c.ClassWeight.Weights(where, d.Y, d.Weight, k)
	if err != nil {
		return nil, err
	}
	seen := make([]bool, k)
	copy(seen, from.Seen)
	for i, y := range d.Y {
		if weight == nil || weight[i] > 0 {
			seen[y] = true
		}
	}
	if from.Steps == 0 && d.Classes == nil {
		if _, err := seenClasses(where, d.Y, weight, k); err != nil {
			return nil, err
		}
	}
	core := c.options().core(c.Loss, true)
	f := &sgdFit{sgdCore: core, where: where, data: core.data(d.X, weight), epochs: from.Epochs, maxIter: epochs}
	f.data.codes = d.Y
	if v := d.Valid; v != nil && from.Steps == 0 {
		f.valid = &sgdData{source: newSource(v.X), weight: v.Weight, codes: v.Y}
	}
	scores := k
	if k == 2 {
		scores = 1
	}
	f.learners = core.learnersOf(from, scores, f.data.cols)
	info, err := f.run(ctx)
	if err != nil {
		return nil, err
	}
	m := &SGDModel{}
	m.Info = info
	m.State, m.Coef, m.Intercept = f.state(info)
	m.State.Seen = seen
	if scores > 1 {
		for c, yes := range seen {
			if !yes {
				m.Intercept[c] = math.Inf(-1)
				clear(m.Coef.Row(c))
			}
		}
	}
	return m, nil
}

// SGDRegressor is [SGDClassifier]'s method for numbers: one step for each row towards the minimum of the mean loss and the penalty. The
// targets, too, should be of the size of 1, or LearningRate and Tol be chosen for theirs. Without shuffling the steps are
// scikit-learn's.
type SGDRegressor struct {
	Loss         SGDLoss // nil: SquaredLoss{}
	Alpha        float64 // strength of the penalty, > 0. 0: 0.0001
	L1Ratio      float64 // share of L1 in the penalty, up to 1. 0: all L2
	NoPenalty    bool    // leave the penalty out. False: penalise
	NoIntercept  bool    // leave the intercept out. False: learn it
	Rate         Rate    // how long the steps are. 0: InverseRate
	LearningRate float64 // of the first step, or the most a passive-aggressive one may be. 0: 0.01
	Power        float64 // of InverseRate. 0: 0.25
	Average      int     // the model is the average of all steps from this one on. 0: the last step
	MaxIter      int     // epochs at the most. 0: 1000
	Tol          float64 // ends when NoChange epochs in a row improve the objective by less. 0: 0.001
	NoChange     int     // MaxIter or more: run all epochs. 0: 5
	Patience     int     // epochs without improvement on Valid until the end. 0: do not watch it
	NoShuffle    bool    // take the rows as they come. False: in another random order in each epoch
	Seed         uint64  // of the orders
}

var _ ml.Fitter[ml.Dataset[float64], *SGDRegressionModel] = SGDRegressor{}

// Fit returns the model. Info is as for [SGDClassifier].
func (c SGDRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SGDRegressionModel, error) {
	return c.fit(ctx, "linear.SGDRegressor.Fit", d, func(c SGDRegressor) any { return c })
}

func (c SGDRegressor) sgd() SGDRegressor { return c }

func (c SGDRegressor) fit(ctx context.Context, where string, d ml.Dataset[float64], public func(SGDRegressor) any) (*SGDRegressionModel, error) {
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	if err := checkWatched(where, d, c.Patience); err != nil {
		return nil, err
	}
	m, err := c.learn(ctx, where, d, new(SGDState), c.MaxIter)
	if err != nil {
		return nil, err
	}
	m.Columns, m.Config = ownColumns(d.Columns), public(c)
	return m, nil
}

func (c SGDRegressor) options() sgdOptions {
	return sgdOptions{Alpha: c.Alpha, L1Ratio: c.L1Ratio, NoPenalty: c.NoPenalty, NoIntercept: c.NoIntercept, NoShuffle: c.NoShuffle, Rate: c.Rate,
		LearningRate: c.LearningRate, Power: c.Power, Tol: c.Tol, Average: c.Average, MaxIter: c.MaxIter, NoChange: c.NoChange, Patience: c.Patience, Seed: c.Seed}
}

func (c SGDRegressor) resolve(where string) (SGDRegressor, error) {
	o, err := c.options().resolve(where, InverseRate, 0.25)
	if err != nil {
		return c, err
	}
	if c.Loss == nil {
		c.Loss = SquaredLoss{}
	}
	if err := checkLoss(where, c.Loss, o.Rate); err != nil {
		return c, err
	}
	c.Alpha, c.LearningRate, c.Power, c.Tol, c.MaxIter, c.NoChange, c.Rate = o.Alpha, o.LearningRate, o.Power, o.Tol, o.MaxIter, o.NoChange, o.Rate
	return c, nil
}

func (c SGDRegressor) learn(ctx context.Context, where string, d ml.Dataset[float64], from *SGDState, epochs int) (*SGDRegressionModel, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	core := c.options().core(c.Loss, false)
	f := &sgdFit{sgdCore: core, where: where, data: core.data(d.X, d.Weight), epochs: from.Epochs, maxIter: epochs}
	f.data.y = d.Y
	if v := d.Valid; v != nil && from.Steps == 0 {
		f.valid = &sgdData{source: newSource(v.X), weight: v.Weight, y: v.Y}
	}
	f.learners = core.learnersOf(from, 1, f.data.cols)
	info, err := f.run(ctx)
	if err != nil {
		return nil, err
	}
	m := &SGDRegressionModel{}
	m.Info = info
	state, coef, intercept := f.state(info)
	m.State, m.Coef, m.Intercept = state, coef.Row(0), intercept[0]
	return m, nil
}
