package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// OneVsRest tells each class from all others by an estimator of two classes. Probabilities of class 1 are divided by their sum, and the most probable class is
// predicted; of an estimator without probabilities the highest score decides. Two classes take a single fit.
//
//	ensemble.OneVsRest{Base: ml.Decide(linear.LinearSVC{})}
//
// Weights and groups go to the estimator, and so does Valid. Seeds in its config are made different for each class. K fits, side by side. It answers as
// scikit-learn's OneVsRestClassifier. For labels of which a row may have several see [MultiOutputClassifier].
type OneVsRest struct {
	Base ml.AnyClassifier // of two classes; none is an error
	Seed uint64           // from which the seeds of the fits are made
}

// OneVsRestModel is a fitted OneVsRest.
type OneVsRestModel struct {
	ml.Fitted
	K       int   // classes
	Seen    []int // the classes that had rows; others are never predicted
	Members []ml.Predictor[int]
}

var _ ml.Fitter[ml.Dataset[int], *OneVsRestModel] = OneVsRest{}

// Accepts says that the estimator decides; rows without a class are refused.
func (c OneVsRest) Accepts() ml.Accepts { return acceptsAll(decider(c.Base.Config)) }

// Fit fits the estimator for each class. Errors: ErrConfig without an estimator, errors.ErrUnsupported for a model with neither probabilities nor scores, and those of the
// estimator.
func (c OneVsRest) Fit(ctx context.Context, d ml.Dataset[int]) (*OneVsRestModel, error) {
	const where = "ensemble.OneVsRest.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Decide(linear.LinearSVC{})"); err != nil {
		return nil, err
	}
	if err := checkSeveral(where, d, c.Accepts()); err != nil {
		return nil, err
	}
	m := &OneVsRestModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K()}
	d = d.NameClasses().Present()
	m.Seen = seenClasses(d, m.K)
	var err error
	if m.Members, err = oneVsRest(m.Seen).fit(ctx, where, c.Base.Config, c.Seed, d); err != nil {
		return nil, err
	}
	if err := needScores(where, m.Members); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// oneVsRest has a problem for each class that has rows, but one for two of them.
func oneVsRest(seen []int) reduction {
	ones := seen
	if len(seen) == 2 {
		ones = seen[1:]
	}
	return reduction{len(ones), func(c, j int) int {
		if c == ones[j] {
			return 1
		}
		return -1
	}}
}

// Restore checks a model that was read from a file.
func (m *OneVsRestModel) Restore() error {
	const where = "ensemble.OneVsRestModel"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	if want := oneVsRest(m.Seen).problems; len(m.Members) != want {
		return ml.BadFile(where, "Members", fmt.Sprint(len(m.Members)), fmt.Sprint(want))
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// Can says that probabilities need an estimator that has them.
func (m *OneVsRestModel) Can(ability any) ml.Verdict {
	if asksFor(ability, "PredictProba") && !allProba(m.Members) {
		return ml.Lacks
	}
	return ml.Undecided
}

// DecisionFunction returns the scores of the classes: rows x 1 for two classes, else rows x K, -Inf for a class without rows.
func (m *OneVsRestModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.OneVsRestModel.DecisionFunction"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	s, proba, err := scores(where, m.Members, x)
	if err != nil || m.K == 2 && len(m.Seen) == 2 {
		return s, err
	}
	if len(m.Seen) != 2 {
		return decisions(s, m.Seen, m.K), nil
	}
	n, _ := x.Dims()
	both := tensor.New[float64](n, 2)
	for i := range n {
		twoScores(both.Row(i), s.Row(i)[0], proba[0])
	}
	return decisions(both, m.Seen, m.K), nil
}

// twoScores are those of two classes, of which one model gives that of the second.
func twoScores(to []float64, second float64, proba bool) {
	to[0], to[1] = -second, second
	if proba {
		to[0] = 1 - second
	}
}

// PredictProba returns the probabilities of the classes, rows x K: those of the binary models divided by their sum. errors.ErrUnsupported if the estimator has none.
func (m *OneVsRestModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.OneVsRestModel.PredictProba"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if !allProba(m.Members) {
		return nil, ml.Unsupported(where, "PredictProba", m.Members[0])
	}
	p, err := positives(where, m.Members, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, own := tensor.New[float64](n, m.K), make([]float64, len(m.Seen))
	for i := range n {
		if copy(own, p.Row(i)); len(own) == 2 {
			twoScores(own, p.Row(i)[0], true)
		}
		sum := 0.0
		for _, v := range own {
			sum += v
		}
		for at, c := range m.Seen {
			if sum > 0 {
				out.Row(i)[c] = own[at] / sum
			} else {
				out.Row(i)[c] = 1 / float64(len(own))
			}
		}
	}
	return out, nil
}

// Predict returns the most probable class of each row, or that of the highest score if the estimator has no probabilities; the lowest code of equals.
func (m *OneVsRestModel) Predict(x tensor.Matrix) ([]int, error) {
	if allProba(m.Members) {
		return classAnswers(m.K, false).decisions(m.PredictProba(x))
	}
	return topClasses(m.DecisionFunction(x))
}

func init() {
	ml.RegisterConfig[OneVsRest]("ensemble.OneVsRest")
	ml.Register[*OneVsRestModel]("ensemble.OneVsRestModel")
}
