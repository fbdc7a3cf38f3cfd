package ensemble

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// VotingClassifier fits several estimators to the same rows and lets them vote: each for the class that it predicts, or with Soft for every class as much as
// it finds it probable. The class with the most votes wins, the lowest code of equals; PredictProba has the shares of the votes.
//
//	ensemble.VotingClassifier{Bases: []ml.AnyClassifier{ml.Classify(forest), ml.Decide(svc)}}
//
// For weights that are learned see [SuperLearnerClassifier] and [GreedySelectionClassifier]. Weights of rows, groups and Valid go to every estimator; a selection.FrozenClassifier
// is taken as it is. The estimators are fitted side by side.
type VotingClassifier struct {
	Bases   []ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Weights []float64          // of each estimator, >= 0. nil: all alike
	Soft    bool               // votes are probabilities, which every model must have
}

// VotedClassification is a model whose members vote. VotingClassifier, SuperLearnerClassifier and GreedySelectionClassifier return it.
type VotedClassification struct {
	ml.Fitted
	K       int // classes
	Members []ml.Predictor[int]
	Weights []float64 // of each member, >= 0; they sum to 1. A member of weight 0 is not asked
	Soft    bool      // votes are probabilities

	row *rowMean // nil: a member has no method for single rows
}

var (
	_ ml.Fitter[ml.Dataset[int], *VotedClassification] = VotingClassifier{}
	_ ml.Classifier                                    = (*VotedClassification)(nil)
)

// Accepts is what all of the estimators accept; rows without a class are refused.
func (c VotingClassifier) Accepts() ml.Accepts { return acceptsAll(deciders(c.Bases)...) }

// Fit fits the estimators. Errors: ErrConfig without estimators or for bad weights, errors.ErrUnsupported for Soft with a model without probabilities, and those of the
// estimators.
func (c VotingClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*VotedClassification, error) {
	const where = "ensemble.VotingClassifier.Fit"
	list := deciders(c.Bases)
	weights, err := checkVoters(where, list, c.Weights, d, c.Accepts())
	if err != nil {
		return nil, err
	}
	m := &VotedClassification{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Weights: weights, Soft: c.Soft}
	if m.Members, err = fitAll(ctx, where, list, d.NameClasses()); err != nil {
		return nil, err
	}
	if c.Soft {
		if err := needProba(where, m.Members); err != nil {
			return nil, err
		}
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, m.Restore()
}

// checkVoters checks what is common to configs of several estimators. It returns the weights as shares.
func checkVoters[Y any](where string, list []learner[Y], weights []float64, d ml.Dataset[Y], accept ml.Accepts) ([]float64, error) {
	if err := checkLearners(where, list); err != nil {
		return nil, err
	}
	if weights == nil {
		weights = slices.Repeat([]float64{1}, len(list))
	}
	if len(weights) != len(list) {
		return nil, ml.BadConfig(where, "Weights", fmt.Sprintf("a list of %d", len(weights)), fmt.Sprintf("%d, one for each estimator", len(list)))
	}
	shares, ok := simplex(weights)
	if !ok {
		return nil, ml.BadConfig(where, "Weights", weights, "finite numbers >= 0, one of them above")
	}
	return shares, d.Check(where, accept)
}

// simplex divides weights by their sum; not ok unless they are finite, >= 0, and not all 0.
func simplex(weights []float64) (shares []float64, ok bool) {
	most := 0.0
	for _, w := range weights {
		if !(w >= 0) || math.IsInf(w, 0) {
			return nil, false
		}
		most = max(most, w)
	}
	if most == 0 {
		return nil, false
	}
	sum := 0.0
	for _, w := range weights {
		sum += w / most // the sum itself may be beyond range
	}
	shares = make([]float64, len(weights))
	for i, w := range weights {
		shares[i] = w / most / sum
	}
	return shares, true
}

func needProba(where string, models []ml.Predictor[int]) error {
	for i, m := range models {
		if _, has := ml.As[ml.Classifier](m); !has {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Bases[%d]", i), Found: fmt.Sprintf("with a %T without probabilities", m), Want: "one with PredictProba, such as a selection.Calibrated around it", Kind: errors.ErrUnsupported}
		}
	}
	return nil
}

func checkVoted[Y any](where string, f *ml.Fitted, members []ml.Predictor[Y], weights []float64) error {
	if _, ok := simplex(weights); !ok || len(weights) != len(members) {
		return ml.BadFile(where, "Members and Weights", fmt.Sprintf("%d and %v", len(members), weights), "as many weights as members, >= 0 and not all 0")
	}
	return ml.CheckInside(where, f.Info.Features, members...)
}

// checkAsked checks rows to predict; those numbers that a member would refuse which is not asked, too.
func checkAsked(where string, f *ml.Fitted, weights []float64, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	if !slices.Contains(weights, 0) {
		return nil
	}
	return ml.CheckFinite(where, f, x, ml.AcceptsOf(f.Config).Missing)
}

// Restore checks a model that was read from a file.
func (m *VotedClassification) Restore() error {
	const where = "ensemble.VotedClassification"
	if m.K < 1 || m.Classes != nil && len(m.Classes) != m.K {
		return ml.BadFile(where, "K and Classes", fmt.Sprintf("%d classes with %d names", m.K, len(m.Classes)), "a name for each of the classes, or none")
	}
	if err := checkVoted(where, &m.Fitted, m.Members, m.Weights); err != nil {
		return err
	}
	m.row = newRowMean(classAnswers(m.K, !m.Soft), m.Members, m.Weights, nil)
	return nil
}

// PredictProba returns the shares of the votes, rows x K.
func (m *VotedClassification) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.VotedClassification.PredictProba"
	if err := checkAsked(where, &m.Fitted, m.Weights, x); err != nil {
		return nil, err
	}
	return classAnswers(m.K, !m.Soft).mean(where, m.Members, m.Weights, nil, x)
}

// Predict returns the class with the most votes, the lowest code of equals.
func (m *VotedClassification) Predict(x tensor.Matrix) ([]int, error) {
	return classAnswers(m.K, !m.Soft).decisions(m.PredictProba(x))
}

// ProbaRow writes the probabilities of a single row to dst, which has K elements, without allocating; errors.ErrUnsupported if a member has no method for single rows.
func (m *VotedClassification) ProbaRow(dst, x []float64) error {
	const where = "ensemble.VotedClassification.ProbaRow"
	if m.row == nil {
		return noRows(where)
	}
	if err := checkDst(where, dst, m.K); err != nil {
		return err
	}
	if err := checkOne(where, &m.Fitted, m.row, x); err != nil {
		return err
	}
	return m.row.into(dst, x)
}

// PredictRow is Predict for a single row, without allocating; errors.ErrUnsupported if a member has no method for single rows.
func (m *VotedClassification) PredictRow(x []float64) (int, error) {
	const where = "ensemble.VotedClassification.PredictRow"
	if m.row == nil {
		return 0, noRows(where)
	}
	if err := checkOne(where, &m.Fitted, m.row, x); err != nil {
		return 0, err
	}
	return one(m.row, x, kern.ArgMax[float64])
}

// Can says that the methods for single rows need members that have them.
func (m *VotedClassification) Can(ability any) ml.Verdict { return canRow(ability, m.row) }

// VotingRegressor fits several estimators to the same rows and averages their predictions. For weights that are learned see [SuperLearnerRegressor] and
// [GreedySelectionRegressor].
type VotingRegressor struct {
	Bases   []ml.AnyRegressor // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Weights []float64         // of each estimator, >= 0. nil: all alike
}

// VotedRegression is the weighted mean of regressors. VotingRegressor, SuperLearnerRegressor and GreedySelectionRegressor return it.
type VotedRegression struct {
	ml.Fitted
	Members []ml.Predictor[float64]
	Weights []float64 // of each member, >= 0; they sum to 1. A member of weight 0 is not asked

	row *rowMean // nil: a member has no method for single rows
}

var _ ml.Fitter[ml.Dataset[float64], *VotedRegression] = VotingRegressor{}

// Accepts is what all of the estimators accept.
func (c VotingRegressor) Accepts() ml.Accepts { return acceptsAll(regressors(c.Bases)...) }

// Fit fits the estimators. Errors: ErrConfig without estimators or for bad weights, and those of the estimators.
func (c VotingRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*VotedRegression, error) {
	const where = "ensemble.VotingRegressor.Fit"
	list := regressors(c.Bases)
	weights, err := checkVoters(where, list, c.Weights, d, c.Accepts())
	if err != nil {
		return nil, err
	}
	m := &VotedRegression{Fitted: ml.NewFitted(d.Table, nil, c), Weights: weights}
	if m.Members, err = fitAll(ctx, where, list, d); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, m.Restore()
}

// Restore checks a model that was read from a file.
func (m *VotedRegression) Restore() error {
	if err := checkVoted("ensemble.VotedRegression", &m.Fitted, m.Members, m.Weights); err != nil {
		return err
	}
	m.row = newRowMean(numberAnswers(), m.Members, m.Weights, nil)
	return nil
}

// Predict returns the weighted mean of the members' predictions.
func (m *VotedRegression) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "ensemble.VotedRegression.Predict"
	if err := checkAsked(where, &m.Fitted, m.Weights, x); err != nil {
		return nil, err
	}
	return numberAnswers().decisions(numberAnswers().mean(where, m.Members, m.Weights, nil, x))
}

// PredictRow is Predict for a single row, without allocating; errors.ErrUnsupported if a member has no method for single rows.
func (m *VotedRegression) PredictRow(x []float64) (float64, error) {
	const where = "ensemble.VotedRegression.PredictRow"
	if m.row == nil {
		return 0, noRows(where)
	}
	if err := checkOne(where, &m.Fitted, m.row, x); err != nil {
		return 0, err
	}
	return one(m.row, x, func(row []float64) float64 { return row[0] })
}

// Can says that PredictRow needs members that have it.
func (m *VotedRegression) Can(ability any) ml.Verdict { return canRow(ability, m.row) }

func init() {
	ml.RegisterConfig[VotingClassifier]("ensemble.VotingClassifier")
	ml.Register[*VotedClassification]("ensemble.VotedClassification")
	ml.RegisterConfig[VotingRegressor]("ensemble.VotingRegressor")
	ml.Register[*VotedRegression]("ensemble.VotedRegression")
}
