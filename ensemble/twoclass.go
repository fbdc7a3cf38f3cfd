package ensemble

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// TwoClassBoosted is a fitted [LPBoost] or [BrownBoost]: members that vote for one of two classes.
type TwoClassBoosted struct {
	ml.Fitted
	K       int   // classes
	Seen    []int // the classes that had rows, two at the most; others are never predicted
	Members []ml.Predictor[int]
	Weights []float64   // of the members' votes
	Stages  [][]float64 // of LPBoost: the weights of the members so far after each round; nil: those of Weights
	Time    float64     // of BrownBoost: how long it runs; 0 of LPBoost
}

var (
	_ ml.Classifier  = (*TwoClassBoosted)(nil)
	_ ml.Decider     = (*TwoClassBoosted)(nil)
	_ ml.Stager[int] = (*TwoClassBoosted)(nil)
)

// twoClasses is the data of a fit, without rows of weight 0, and what each row's class is on the side of: -1 or 1.
func twoClasses(where string, d ml.Dataset[int], config any) (*TwoClassBoosted, ml.Dataset[int], []float64, error) {
	m := &TwoClassBoosted{Fitted: ml.NewFitted(d.Table, d.Classes, config), K: d.K()}
	d = d.NameClasses().Present()
	if m.Seen = seenClasses(d, m.K); len(m.Seen) > 2 {
		return nil, d, nil, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("%d classes", len(m.Seen)), Want: "two; for more, put the estimator into ensemble.OneVsRest", Kind: ml.ErrData}
	}
	side := make([]float64, d.Rows())
	for i, c := range d.Y {
		side[i] = m.sideOf(c)
	}
	return m, d, side, nil
}

// sideOf is -1 for the first of the classes that had rows and for those that had none, 1 for the second.
func (m *TwoClassBoosted) sideOf(class int) float64 {
	if len(m.Seen) == 2 && class == m.Seen[1] {
		return 1
	}
	return -1
}

// agreement says of every row whether a member is right, 1, or wrong, -1.
func (m *TwoClassBoosted) agreement(member ml.Predictor[int], x tensor.Matrix, side []float64) ([]float64, error) {
	pred, err := member.Predict(x)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(pred))
	for i, c := range pred {
		out[i] = side[i] * m.sideOf(c)
	}
	return out, nil
}

// weighedDecider fits a config to the rows that have weight; where these are all of one class, as the rest may be right by far, the model says so of every row.
func weighedDecider(config any) learner[int] {
	return learner[int]{config, func(ctx context.Context, d ml.Dataset[int]) (ml.Predictor[int], error) {
		return variedDecider(config).fit(ctx, d.Present())
	}}
}

// missed is the weight of the rows that the votes get wrong; a tie is wrong.
func missed(weight, margin []float64) float64 {
	wrong := 0.0
	for i, v := range margin {
		if !(v > 0) {
			wrong += weight[i]
		}
	}
	return wrong
}

// Restore checks a model that was read from a file.
func (m *TwoClassBoosted) Restore() error {
	const where = "ensemble.TwoClassBoosted"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	if len(m.Seen) > 2 || !(m.Time >= 0 && m.Time <= math.MaxFloat64) || (len(m.Members) == 0) != (len(m.Seen) == 1) || m.Stages != nil && len(m.Stages) != len(m.Members) {
		return ml.BadFile(where, "Seen, Time, Members and Stages", fmt.Sprintf("%v, %v, %d and %d", m.Seen, m.Time, len(m.Members), len(m.Stages)), "those of a fit to at most two classes")
	}
	if len(m.Members) == 0 {
		return nil
	}
	if err := checkVotes(where, m.Weights, len(m.Members)); err != nil {
		return err
	}
	for r, w := range m.Stages {
		if err := checkVotes(where, w, r+1); err != nil {
			return err
		}
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// said is what every member says of every row, members x rows, -1 or 1.
func (m *TwoClassBoosted) said(where string, x tensor.Matrix) ([][]float64, int, error) {
	err := ml.CheckPredict(where, &m.Fitted, x)
	if err == nil && len(m.Members) == 0 { // nobody else looks
		err = ml.CheckFinite(where, &m.Fitted, x, ml.AcceptsOf(m.Config).Missing)
	}
	if err != nil {
		return nil, 0, err
	}
	n, _ := x.Dims()
	out := make([][]float64, len(m.Members))
	for r, member := range m.Members {
		pred, err := member.Predict(x)
		if err != nil {
			return nil, 0, err
		}
		out[r] = make([]float64, n)
		for i, c := range pred {
			if c < 0 || c >= m.K {
				return nil, 0, foreignClass(where, member, c, m.K)
			}
			out[r][i] = m.sideOf(c)
		}
	}
	return out, n, nil
}

// tally is the weighed votes for the second class less those for the first, rows x the classes that had rows, half for each.
func tally(said [][]float64, weights []float64, n, classes int) *tensor.Tensor[float64] {
	out := tensor.New[float64](n, classes)
	if classes == 1 {
		return out
	}
	for r, w := range weights {
		for i, v := range said[r] {
			row := out.Row(i)
			half := float64(0.5 * w * v)
			row[0] -= half
			row[1] += half
		}
	}
	return out
}

// staged yields the votes after each round.
func (m *TwoClassBoosted) staged(where string, x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return func(yield func(*tensor.Tensor[float64], error) bool) {
		said, n, err := m.said(where, x)
		if err != nil {
			yield(nil, err)
			return
		}
		for r := range max(len(said), 1) {
			weights := m.Weights[:min(r+1, len(m.Weights))]
			if m.Stages != nil {
				weights = m.Stages[r]
			}
			if !yield(tally(said, weights, n, len(m.Seen)), nil) {
				return
			}
		}
	}
}

func (m *TwoClassBoosted) votes(where string, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	said, n, err := m.said(where, x)
	if err != nil {
		return nil, err
	}
	return tally(said, m.Weights, n, len(m.Seen)), nil
}

// DecisionFunction returns the weighed votes for class 1 less those for class 0, rows x 1; of LPBoost, whose weights sum to 1, they lie between -1 and 1. With more classes than two,
// of which others had no rows, it is rows x K, half of that for and against and -Inf for a class without rows.
func (m *TwoClassBoosted) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	v, err := m.votes("ensemble.TwoClassBoosted.DecisionFunction", x)
	if err != nil {
		return nil, err
	}
	return decisions(v, m.Seen, m.K), nil
}

// PredictProba returns the probabilities of the classes, rows x K: of BrownBoost, with f the DecisionFunction, (1 + erf(f/√Time))/2; of LPBoost, which has no model of them, the share of the votes.
func (m *TwoClassBoosted) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	v, err := m.votes("ensemble.TwoClassBoosted.PredictProba", x)
	if err != nil {
		return nil, err
	}
	return m.proba(v), nil
}

func (m *TwoClassBoosted) proba(v *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	n, _ := v.Dims()
	out := tensor.New[float64](n, m.K)
	for i := range n {
		row, to := v.Row(i), out.Row(i)
		if len(row) == 1 {
			to[m.Seen[0]] = 1
			continue
		}
		sure := row[1] - row[0]
		if m.Time > 0 {
			sure = math.Erf(sure / math.Sqrt(m.Time))
		}
		sure = min(max(sure, -1), 1)
		to[m.Seen[0]], to[m.Seen[1]] = 0.5-float64(0.5*sure), 0.5+float64(0.5*sure)
	}
	return out
}

func (m *TwoClassBoosted) classes(v *tensor.Tensor[float64]) []int {
	n, _ := v.Dims()
	out := make([]int, n)
	for i := range out {
		out[i] = m.Seen[0]
		if row := v.Row(i); len(row) == 2 && row[1]-row[0] > 0 {
			out[i] = m.Seen[1]
		}
	}
	return out
}

// Predict returns the class that has more of the votes for each row, the lower code of equals.
func (m *TwoClassBoosted) Predict(x tensor.Matrix) ([]int, error) {
	v, err := m.votes("ensemble.TwoClassBoosted.Predict", x)
	if err != nil {
		return nil, err
	}
	return m.classes(v), nil
}

// Staged yields the predictions after each round.
func (m *TwoClassBoosted) Staged(x tensor.Matrix) iter.Seq2[[]int, error] {
	return stages(m.staged("ensemble.TwoClassBoosted.Staged", x), m.classes)
}

// StagedProba yields the probabilities after each round, rows x K.
func (m *TwoClassBoosted) StagedProba(x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return stages(m.staged("ensemble.TwoClassBoosted.StagedProba", x), m.proba)
}

// Importances returns the mean of the members' importances by their votes; errors.ErrUnsupported unless every member has them.
func (m *TwoClassBoosted) Importances() ([]float64, error) {
	return meanImportances("ensemble.TwoClassBoosted.Importances", m.Info.Features, m.Members, m.Weights)
}

// Can says that Importances needs members that have them.
func (m *TwoClassBoosted) Can(ability any) ml.Verdict { return canWeigh(ability, m.Members) }

func init() { ml.Register[*TwoClassBoosted]("ensemble.TwoClassBoosted") }
