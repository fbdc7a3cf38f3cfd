package ensemble

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// OneVsOne tells each pair of classes apart by an estimator of two classes, fitted to the rows of the two. The class that wins most pairs is predicted; of
// equals the one whose scores sum to more. K·(K-1)/2 fits, side by side, of few rows each: it suits methods whose cost grows faster than the rows.
//
// Weights, groups and Valid go to the estimator; its seeds are made different for each pair. It answers as scikit-learn's OneVsOneClassifier, but for estimators without
// DecisionFunction: their probabilities count here as far as they are from 1/2, which favours no class.
type OneVsOne struct {
	Base ml.AnyClassifier // of two classes; none is an error
	Seed uint64           // from which the seeds of the fits are made
}

// OneVsOneModel is a fitted OneVsOne. It has scores, and no probabilities: selection.Calibrated makes some.
type OneVsOneModel struct {
	ml.Fitted
	K       int                 // classes
	Seen    []int               // the classes that had rows; others are never predicted
	Members []ml.Predictor[int] // of the pairs of these, (0, 1), (0, 2), ..., (1, 2), ...; class 1 is the second
}

var (
	_ ml.Fitter[ml.Dataset[int], *OneVsOneModel] = OneVsOne{}
	_ ml.Decider                                 = (*OneVsOneModel)(nil)
)

// Accepts says that the estimator decides; rows without a class are refused.
func (c OneVsOne) Accepts() ml.Accepts { return acceptsAll(decider(c.Base.Config)) }

// Fit fits the estimator to each pair. Errors: ErrConfig without an estimator, errors.ErrUnsupported for a model with neither probabilities nor scores, and those of the
// estimator.
func (c OneVsOne) Fit(ctx context.Context, d ml.Dataset[int]) (*OneVsOneModel, error) {
	const where = "ensemble.OneVsOne.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Decide(linear.LinearSVC{})"); err != nil {
		return nil, err
	}
	if err := checkSeveral(where, d, c.Accepts()); err != nil {
		return nil, err
	}
	m := &OneVsOneModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K()}
	d = d.NameClasses().Present()
	m.Seen = seenClasses(d, m.K)
	var err error
	if m.Members, err = oneVsOne(m.Seen).fit(ctx, where, c.Base.Config, c.Seed, d); err != nil {
		return nil, err
	}
	if err := needScores(where, m.Members); err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// oneVsOne has a problem for each pair of the classes that have rows.
func oneVsOne(seen []int) reduction {
	var pairs [][2]int
	for a, first := range seen {
		for _, second := range seen[a+1:] {
			pairs = append(pairs, [2]int{first, second})
		}
	}
	return reduction{len(pairs), func(c, j int) int {
		switch c {
		case pairs[j][0]:
			return -1
		case pairs[j][1]:
			return 1
		}
		return 0
	}}
}

// Restore checks a model that was read from a file.
func (m *OneVsOneModel) Restore() error {
	const where = "ensemble.OneVsOneModel"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	if want := len(m.Seen) * (len(m.Seen) - 1) / 2; len(m.Members) != want {
		return ml.BadFile(where, "Members", fmt.Sprint(len(m.Members)), fmt.Sprint(want))
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// DecisionFunction returns the pairs that each class wins, and between -1/3 and 1/3 for the sum of its scores: rows x K, -Inf for a class without rows. For two classes it is
// rows x 1, that of class 1 less that of class 0.
func (m *OneVsOneModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.OneVsOneModel.DecisionFunction"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	s, proba, err := scores(where, m.Members, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, sums := tensor.New[float64](n, len(m.Seen)), make([]float64, len(m.Seen))
	for i := range n {
		votes(out.Row(i), s.Row(i), proba, sums)
	}
	return decisions(out, m.Seen, m.K), nil
}

// votes writes the score of every class that had rows.
func votes(to, s []float64, proba []bool, sums []float64) {
	clear(sums)
	j := 0
	for a := range to {
		for b := a + 1; b < len(to); b++ {
			v := s[j]
			if proba[j] {
				v -= 0.5
			}
			sums[a] -= v
			sums[b] += v
			if v > 0 {
				to[b]++
			} else {
				to[a]++
			}
			j++
		}
	}
	for a, sum := range sums {
		to[a] += sum / (3 * (math.Abs(sum) + 1))
	}
}

// Predict returns the class that wins most pairs, of equals the one with the highest scores, and then the lowest code.
func (m *OneVsOneModel) Predict(x tensor.Matrix) ([]int, error) {
	return topClasses(m.DecisionFunction(x))
}

func init() {
	ml.RegisterConfig[OneVsOne]("ensemble.OneVsOne")
	ml.Register[*OneVsOneModel]("ensemble.OneVsOneModel")
}
