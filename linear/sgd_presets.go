package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
)

// Perceptron is Rosenblatt's rule: add a row that is on the wrong side to the coefficients of its class, leave the others alone
// (Psychological Review 65 (1958)). It is [SGDClassifier] with PerceptronLoss, ConstantRate and no penalty unless asked for, and ends like it.
type Perceptron struct {
	Alpha        float64        // strength of the penalty. 0: none
	L1Ratio      float64        // share of L1 in the penalty, up to 1. 0: all L2
	NoIntercept  bool           // leave the intercepts out. False: learn them
	LearningRate float64        // of all steps; without penalty it only scales the coefficients. 0: 1
	ClassWeight  ml.ClassWeight // how much each class counts. Zero: all rows as they are
	MaxIter      int            // epochs at the most. 0: 1000
	Tol          float64        // ends when NoChange epochs in a row improve the mean loss by less. 0: 0.001
	NoChange     int            // MaxIter or more: run all epochs. 0: 5
	Patience     int            // epochs without improvement on Valid until the end. 0: do not watch it
	NoShuffle    bool           // take the rows as they come. False: in another random order in each epoch
	Seed         uint64         // of the orders
}

var _ ml.Fitter[ml.Dataset[int], *SGDModel] = Perceptron{}

// Fit returns the classifier. Info is as for [SGDClassifier].
func (c Perceptron) Fit(ctx context.Context, d ml.Dataset[int]) (*SGDModel, error) {
	const where = "linear.Perceptron.Fit"
	if c.Alpha == 0 && c.L1Ratio != 0 {
		return nil, ml.BadConfig(where, "L1Ratio", c.L1Ratio, "0 as long as Alpha is 0: it divides a penalty")
	}
	return c.sgd().fit(ctx, where, d, func(s SGDClassifier) any {
		c.LearningRate, c.MaxIter, c.Tol, c.NoChange, c.ClassWeight = s.LearningRate, s.MaxIter, s.Tol, s.NoChange, s.ClassWeight
		return c
	})
}

func (c Perceptron) sgd() SGDClassifier {
	setZero(&c.LearningRate, 1)
	return SGDClassifier{Loss: PerceptronLoss{}, Alpha: c.Alpha, L1Ratio: c.L1Ratio, NoPenalty: c.Alpha == 0, NoIntercept: c.NoIntercept, Rate: ConstantRate,
		LearningRate: c.LearningRate, ClassWeight: c.ClassWeight, MaxIter: c.MaxIter, Tol: c.Tol, NoChange: c.NoChange, Patience: c.Patience,
		NoShuffle: c.NoShuffle, Seed: c.Seed}
}

// PassiveAggressiveClassifier leaves the coefficients alone while a row has a margin of 1, and otherwise moves them just as far as gives
// it one, within limits set by C (Crammer et al., "Online passive-aggressive algorithms", JMLR 7 (2006)). It is [SGDClassifier] with
// HingeLoss, no penalty and a passive-aggressive Rate, and ends like it.
type PassiveAggressiveClassifier struct {
	C           float64        // the aggressiveness: the smaller, the less a single row can do; > 0. 0: 1
	Squared     bool           // PA-II, whose limit is soft. False: PA-I, steps of at most C
	NoIntercept bool           // leave the intercepts out. False: learn them
	Average     int            // the model is the average of all steps from this one on. 0: the last step
	ClassWeight ml.ClassWeight // how much each class counts. Zero: all rows as they are
	MaxIter     int            // epochs at the most. 0: 1000
	Tol         float64        // ends when NoChange epochs in a row improve the mean loss by less. 0: 0.001
	NoChange    int            // MaxIter or more: run all epochs. 0: 5
	Patience    int            // epochs without improvement on Valid until the end. 0: do not watch it
	NoShuffle   bool           // take the rows as they come. False: in another random order in each epoch
	Seed        uint64         // of the orders
}

var _ ml.Fitter[ml.Dataset[int], *SGDModel] = PassiveAggressiveClassifier{}

// Fit returns the classifier. Info is as for [SGDClassifier].
func (c PassiveAggressiveClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SGDModel, error) {
	const where = "linear.PassiveAggressiveClassifier.Fit"
	if err := checkAggression(where, c.C); err != nil {
		return nil, err
	}
	return c.sgd().fit(ctx, where, d, func(s SGDClassifier) any {
		c.C, c.MaxIter, c.Tol, c.NoChange, c.ClassWeight = s.LearningRate, s.MaxIter, s.Tol, s.NoChange, s.ClassWeight
		return c
	})
}

func (c PassiveAggressiveClassifier) sgd() SGDClassifier {
	setZero(&c.C, 1)
	return SGDClassifier{Loss: HingeLoss{}, NoPenalty: true, NoIntercept: c.NoIntercept, Rate: passiveAggressive(c.Squared), LearningRate: c.C,
		Average: c.Average, ClassWeight: c.ClassWeight, MaxIter: c.MaxIter, Tol: c.Tol, NoChange: c.NoChange, Patience: c.Patience,
		NoShuffle: c.NoShuffle, Seed: c.Seed}
}

func passiveAggressive(squared bool) Rate {
	if squared {
		return PassiveAggressive2
	}
	return PassiveAggressive1
}

func checkAggression(where string, c float64) error {
	if !(c >= 0) || math.IsInf(c, 0) {
		return ml.BadConfig(where, "C", c, "> 0 and finite; 0 means 1")
	}
	return nil
}

// PassiveAggressiveRegressor leaves the coefficients alone while a prediction is within Epsilon of its target, and otherwise moves them
// just as far as brings it there, within limits set by C. It is [SGDRegressor] with EpsilonInsensitiveLoss, no penalty and a
// passive-aggressive Rate, and ends like it.
type PassiveAggressiveRegressor struct {
	C           float64 // the aggressiveness: the smaller, the less a single row can do; > 0. 0: 1
	Epsilon     float64 // in units of Y, > 0. 0: 0.1
	Squared     bool    // PA-II, whose limit is soft. False: PA-I, steps of at most C
	NoIntercept bool    // leave the intercept out. False: learn it
	Average     int     // the model is the average of all steps from this one on. 0: the last step
	MaxIter     int     // epochs at the most. 0: 1000
	Tol         float64 // ends when NoChange epochs in a row improve the mean loss by less. 0: 0.001
	NoChange    int     // MaxIter or more: run all epochs. 0: 5
	Patience    int     // epochs without improvement on Valid until the end. 0: do not watch it
	NoShuffle   bool    // take the rows as they come. False: in another random order in each epoch
	Seed        uint64  // of the orders
}

var _ ml.Fitter[ml.Dataset[float64], *SGDRegressionModel] = PassiveAggressiveRegressor{}

// Fit returns the model. Info is as for [SGDClassifier].
func (c PassiveAggressiveRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SGDRegressionModel, error) {
	const where = "linear.PassiveAggressiveRegressor.Fit"
	if err := checkAggression(where, c.C); err != nil {
		return nil, err
	}
	return c.sgd().fit(ctx, where, d, func(s SGDRegressor) any {
		c.C, c.MaxIter, c.Tol, c.NoChange, c.Epsilon = s.LearningRate, s.MaxIter, s.Tol, s.NoChange, width(c.Epsilon)
		return c
	})
}

func (c PassiveAggressiveRegressor) sgd() SGDRegressor {
	setZero(&c.C, 1)
	return SGDRegressor{Loss: EpsilonInsensitiveLoss{Epsilon: c.Epsilon}, NoPenalty: true, NoIntercept: c.NoIntercept, Rate: passiveAggressive(c.Squared),
		LearningRate: c.C, Average: c.Average, MaxIter: c.MaxIter, Tol: c.Tol, NoChange: c.NoChange, Patience: c.Patience, NoShuffle: c.NoShuffle, Seed: c.Seed}
}

// SGDOneClass finds the hyperplane that has most of the rows on its far side from the origin, by stochastic gradient descent: the one-class
// support vector machine of Schölkopf et al. (Neural Computation 13 (2001)) without kernel, in time linear in the rows. It minimises
//
//	|Coef|²·Nu/2 - Offset·Nu + (1/n) Σ w_i·max(0, Offset - x_i·Coef)
//
// A linear boundary suits rows that went through a kernel approximation. Shuffling, ends and weights are as for [SGDClassifier]; without
// shuffling the steps are scikit-learn's SGDOneClassSVM's.
type SGDOneClass struct {
	Nu           float64 // about the share of the training rows to leave outside, in (0, 1]. 0: 0.5
	NoIntercept  bool    // fix the offset at 0. False: learn it
	Rate         Rate    // how long the steps are, not passive-aggressive. 0: OptimalRate
	LearningRate float64 // of the first step; OptimalRate does without. 0: 0.01
	Power        float64 // of InverseRate. 0: 0.5
	Average      int     // the model is the average of all steps from this one on. 0: the last step
	MaxIter      int     // epochs at the most. 0: 1000
	Tol          float64 // ends when NoChange epochs in a row improve the objective by less. 0: 0.001
	NoChange     int     // MaxIter or more: run all epochs. 0: 5
	NoShuffle    bool    // take the rows as they come. False: in another random order in each epoch
	Seed         uint64  // of the orders
}

var _ ml.Fitter[ml.Table, *OneClassModel] = SGDOneClass{}

// Fit returns the model. Info is as for [SGDClassifier].
func (c SGDOneClass) Fit(ctx context.Context, t ml.Table) (*OneClassModel, error) {
	const where = "linear.SGDOneClass.Fit"
	if !(c.Nu >= 0 && c.Nu <= 1) {
		return nil, ml.BadConfig(where, "Nu", c.Nu, "> 0 and <= 1; 0 means 0.5")
	}
	setZero(&c.Nu, 0.5)
	o, err := c.options().resolve(where, OptimalRate, 0.5)
	if err != nil {
		return nil, err
	}
	if o.Rate >= PassiveAggressive1 {
		return nil, ml.BadConfig(where, "Rate", c.Rate, "one that is not passive-aggressive")
	}
	c.Rate, c.LearningRate, c.Power, c.Tol, c.MaxIter, c.NoChange = o.Rate, o.LearningRate, o.Power, o.Tol, o.MaxIter, o.NoChange
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	m, err := c.learn(ctx, where, t, new(SGDState), c.MaxIter)
	if err != nil {
		return nil, err
	}
	m.Columns, m.Config = ownColumns(t.Columns), c
	return m, nil
}

func (c SGDOneClass) options() sgdOptions {
	return sgdOptions{Alpha: c.Nu, NoIntercept: c.NoIntercept, NoShuffle: c.NoShuffle, Rate: c.Rate, LearningRate: c.LearningRate, Power: c.Power, Tol: c.Tol,
		Average: c.Average, MaxIter: c.MaxIter, NoChange: c.NoChange, Seed: c.Seed}
}

func (c SGDOneClass) learn(ctx context.Context, where string, t ml.Table, from *SGDState, epochs int) (*OneClassModel, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	core := c.options().core(HingeLoss{}, true)
	core.oneClass = true
	f := &sgdFit{sgdCore: core, where: where, data: core.data(t.X, t.Weight), epochs: from.Epochs, maxIter: epochs}
	f.learners = core.learnersOf(from, 1, f.data.cols)
	info, err := f.run(ctx)
	if err != nil {
		return nil, err
	}
	m := &OneClassModel{Fitted: ml.Fitted{Info: info}}
	state, coef, intercept := f.state(info)
	m.State, m.Coef, m.Offset = state, coef.Row(0), 1-intercept[0]
	return m, nil
}
