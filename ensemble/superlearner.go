package ensemble

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

// SuperLearnerClassifier averages several estimators with the weights that make the squared error of the averaged probabilities (the Brier score) least on rows that the estimators have
// not seen: non-negative least squares on what they say in cross-validation, divided by the sum of the weights.
//
//	ensemble.SuperLearnerClassifier{Bases: []ml.AnyClassifier{ml.Classify(forest), ml.Classify(bayes.GaussianNB{})}}
//
// With as many rows as there ever are it does as well as the best of all such averages. An estimator of weight 0 is fitted, and not asked. A model without probabilities votes
// for its class.
//
// Weights and groups go to the estimators and to the least squares; Valid goes to the estimators. Rows are divided in their order: an integer weight is not the same as repeated rows. The cost
// is that of a fit of each estimator for each fold and one more, side by side.
//
// Van der Laan, Polley and Hubbard: Super learner. Statistical Applications in Genetics and Molecular Biology 6 (2007).
type SuperLearnerClassifier struct {
	Bases    []ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Splitter ml.Splitter        // must test each row once. nil: selection.StratifiedKFold{}, 5 folds; selection.StratifiedGroupKFold{} if rows have groups
}

// SuperLearnerRegressor is [SuperLearnerClassifier] for numbers: the squared error of the averaged predictions is made least.
type SuperLearnerRegressor struct {
	Bases    []ml.AnyRegressor // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Splitter ml.Splitter       // must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
}

var (
	_ ml.Fitter[ml.Dataset[int], *VotedClassification] = SuperLearnerClassifier{}
	_ ml.Fitter[ml.Dataset[float64], *VotedRegression] = SuperLearnerRegressor{}
)

// Accepts is what all of the estimators accept; rows without a class are refused.
func (c SuperLearnerClassifier) Accepts() ml.Accepts { return acceptsAll(deciders(c.Bases)...) }

// Accepts is what all of the estimators accept.
func (c SuperLearnerRegressor) Accepts() ml.Accepts { return acceptsAll(regressors(c.Bases)...) }

// Fit finds the weights and fits the estimators. Errors: ErrConfig without estimators, and those of the splitter and the estimators.
func (c SuperLearnerClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*VotedClassification, error) {
	const where = "ensemble.SuperLearnerClassifier.Fit"
	list := deciders(c.Bases)
	if _, err := checkVoters(where, list, nil, d, c.Accepts()); err != nil {
		return nil, err
	}
	m := &VotedClassification{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Soft: true}
	var err error
	m.Members, m.Weights, err = blend(ctx, where, &m.Fitted, list, d, c.Splitter, classAnswers(m.K, false),
		func(ctx context.Context, said []*tensor.Tensor[float64], d ml.Dataset[int]) ([]float64, error) {
			return convex(ctx, said, d.Weight, func(i, c int) float64 {
				if d.Y[i] == c {
					return 1
				}
				return 0
			})
		})
	if err != nil {
		return nil, err
	}
	return m, m.Restore()
}

// Fit finds the weights and fits the estimators. Errors: ErrConfig without estimators, and those of the splitter and the estimators.
func (c SuperLearnerRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*VotedRegression, error) {
	const where = "ensemble.SuperLearnerRegressor.Fit"
	list := regressors(c.Bases)
	if _, err := checkVoters(where, list, nil, d, c.Accepts()); err != nil {
		return nil, err
	}
	m := &VotedRegression{Fitted: ml.NewFitted(d.Table, nil, c)}
	var err error
	m.Members, m.Weights, err = blend(ctx, where, &m.Fitted, list, d, c.Splitter, numberAnswers(),
		func(ctx context.Context, said []*tensor.Tensor[float64], d ml.Dataset[float64]) ([]float64, error) {
			return convex(ctx, said, d.Weight, func(i, _ int) float64 { return d.Y[i] })
		})
	if err != nil {
		return nil, err
	}
	return m, m.Restore()
}

// convex are the weights of non-negative least squares, divided by their sum: all alike where nothing helps.
func convex(ctx context.Context, said []*tensor.Tensor[float64], weight []float64, target func(i, j int) float64) ([]float64, error) {
	n, width := said[0].Dims()
	d := ml.Data(tensor.Matrix(tensor.New[float64](n*width, len(said))), make([]float64, n*width))
	x := d.X.(*tensor.Tensor[float64])
	if weight != nil {
		d.Weight = make([]float64, n*width)
	}
	for i := range n {
		for j := range width {
			at := i*width + j
			for m, v := range said {
				x.Row(at)[m] = v.Row(i)[j]
			}
			d.Y[at] = target(i, j)
			if weight != nil {
				d.Weight[at] = weight[i]
			}
		}
	}
	fit, err := linear.OLS{NoIntercept: true, Positive: true}.Fit(ml.Quiet(ctx), d)
	if err != nil {
		return nil, err
	}
	if shares, ok := simplex(fit.Coef); ok {
		return shares, nil
	}
	even := make([]float64, len(said))
	for m := range even {
		even[m] = 1 / float64(len(said))
	}
	return even, nil
}

func init() {
	ml.RegisterConfig[SuperLearnerClassifier]("ensemble.SuperLearnerClassifier")
	ml.RegisterConfig[SuperLearnerRegressor]("ensemble.SuperLearnerRegressor")
}
