package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// LogitBoost fits an additive logistic model by Newton steps, each of them a weighted regression by any estimator: to (y - p)/(p·(1-p)) with the
// weights p·(1-p), for every class in every round. It minds outliers less than AdaBoost, and gives probabilities.
//
//	ensemble.LogitBoost{Rounds: 100}                                                        // of regression stumps
//	ensemble.LogitBoost{Base: ml.Regress(linear.Ridge{Alpha: 1}), Rounds: 10}
//
// Weights of rows multiply those of the steps; groups go to the estimator, Valid does not, for the targets are the step's own. Its seeds are made different for each
// fit. Targets are held within Clip, and weights above 1e-10. It ends early once every training row's p·(1-p) is below that. The rounds come one after the other, the classes of a
// round side by side: K fits in each round, one for two classes.
//
// Friedman, Hastie and Tibshirani: Additive logistic regression. Annals of Statistics 28 (2000), algorithms 3 and 6.
type LogitBoost struct {
	Base         ml.AnyRegressor // what is boosted. Zero: tree.DecisionTreeRegressor{MaxDepth: 1}, a stump
	Rounds       int             // at the most. 0: 50
	LearningRate float64         // what a step is multiplied by, > 0. 0: 1
	Clip         float64         // the largest |target| of a step, > 0. 0: 4
	Seed         uint64          // from which the seeds of the fits are made
}

// LogitBoosted is a fitted LogitBoost. Info.Loss has the mean log-loss of the training rows after each round, Info.Gap the last.
type LogitBoosted struct {
	ml.Fitted
	K       int   // classes
	Seen    []int // the classes that had rows; others have the probability 0
	Rate    float64
	Members [][]ml.Predictor[float64] // of each round, one for two classes that had rows, else one for each
}

var (
	_ ml.Fitter[ml.Dataset[int], *LogitBoosted] = LogitBoost{}
	_ ml.Classifier                             = (*LogitBoosted)(nil)
	_ ml.Decider                                = (*LogitBoosted)(nil)
	_ ml.Stager[int]                            = (*LogitBoosted)(nil)
)

// leastCurve is the least p·(1-p) of a step.
const leastCurve = 1e-10

func (c LogitBoost) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeRegressor{MaxDepth: 1}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c LogitBoost) Accepts() ml.Accepts { return acceptsAll(regressor(c.estimator())) }

// Fit fits round after round. Errors: ErrConfig, and those of the estimator.
func (c LogitBoost) Fit(ctx context.Context, d ml.Dataset[int]) (*LogitBoosted, error) {
	const where = "ensemble.LogitBoost.Fit"
	if err := checkRate(where, c.Rounds, c.LearningRate); err != nil {
		return nil, err
	}
	if !(c.Clip >= 0) || math.IsInf(c.Clip, 0) {
		return nil, ml.BadConfig(where, "Clip", c.Clip, "a finite number > 0, or 0 for 4")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Rounds, c.LearningRate, c.Clip = c.estimator(), cmp.Or(c.Rounds, 50), cmp.Or(c.LearningRate, 1), cmp.Or(c.Clip, 4)
	m := &LogitBoosted{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), Rate: c.LearningRate}
	d = d.NameClasses().Present()
	m.Seen = seenClasses(d, m.K)
	if len(m.Seen) == 1 {
		return m, nil
	}
	sums := tensor.New[float64](d.Rows(), len(m.Seen))
	weight := startWeights(d.Weight, d.Rows())
	track := ml.Track(ctx, "iteration", c.Rounds)
	for round := range c.Rounds {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		members, err := c.step(ctx, where, m, d, weight, sums, round)
		if err != nil {
			return nil, err
		}
		m.Members = append(m.Members, members)
		if err := m.advance(sums, members, d.X); err != nil {
			return nil, err
		}
		loss, settled := m.loss(sums, d.Y, weight)
		m.Info.Loss, m.Info.Gap, m.Info.Iterations = append(m.Info.Loss, loss), loss, round+1
		stop, err := track.Step(round+1, ml.Loss{Train: loss})
		if err != nil {
			return nil, err
		}
		m.Info.Status = ml.MaxIter
		if settled || stop {
			m.Info.Status = ml.Converged
			if stop {
				m.Info.Status = ml.Stopped
			}
			break
		}
	}
	return m, nil
}

// step fits the regressions of one round.
func (c LogitBoost) step(ctx context.Context, where string, m *LogitBoosted, d ml.Dataset[int], weight []float64, sums *tensor.Tensor[float64], round int) ([]ml.Predictor[float64], error) {
	k := len(m.Seen)
	fits := k
	if k == 2 {
		fits = 1
	}
	p := m.shares(sums)
	return fitEach(ml.Quiet(ctx), where, "class", fits, func(ctx context.Context, at int) (ml.Predictor[float64], error) {
		if k == 2 {
			at = 1
		}
		step := ml.Dataset[float64]{Table: d.Table, Y: make([]float64, d.Rows())}
		step.Weight = make([]float64, d.Rows())
		for i, class := range d.Y {
			q := p.Row(i)[at]
			curve := max(float64(q*(1-q)), leastCurve)
			y := 0.0
			if class == m.Seen[at] {
				y = 1
			}
			step.Y[i] = min(max((y-q)/curve, -c.Clip), c.Clip)
			step.Weight[i] = weight[i] * curve
		}
		return regressor(reseeded(c.Base.Config, c.Seed, uint64(round*k+at))).fit(ctx, step)
	})
}

// shares are the probabilities of the classes that had rows.
func (m *LogitBoosted) shares(sums *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	n, k := sums.Dims()
	out := tensor.New[float64](n, k)
	for i := range n {
		row, to := sums.Row(i), out.Row(i)
		top, sum := slices.Max(row), 0.0
		for at, v := range row {
			to[at] = math.Exp(v - top)
			sum += to[at]
		}
		for at := range to {
			to[at] /= sum
		}
	}
	return out
}

// advance adds the step of one round to sums: for two classes f/2 and -f/2, for more their distances from the mean, times (K-1)/K.
func (m *LogitBoosted) advance(sums *tensor.Tensor[float64], members []ml.Predictor[float64], x tensor.Matrix) error {
	said := make([][]float64, len(members))
	for j, member := range members {
		var err error
		if said[j], err = member.Predict(x); err != nil {
			return err
		}
	}
	n, k := sums.Dims()
	for i := range n {
		row := sums.Row(i)
		if k == 2 {
			half := float64(m.Rate * 0.5 * said[0][i])
			row[0] -= half
			row[1] += half
			continue
		}
		mean := 0.0
		for _, f := range said {
			mean += f[i]
		}
		mean /= float64(k)
		by := m.Rate * float64(k-1) / float64(k)
		for at := range row {
			row[at] += float64(by * (said[at][i] - mean))
		}
	}
	return nil
}

// loss is the mean log-loss, and whether no row has anything left to learn.
func (m *LogitBoosted) loss(sums *tensor.Tensor[float64], y []int, weight []float64) (loss float64, settled bool) {
	place := make(map[int]int, len(m.Seen))
	for at, c := range m.Seen {
		place[c] = at
	}
	settled = true
	p := m.shares(sums)
	for i, c := range y {
		q := p.Row(i)[place[c]]
		loss -= weight[i] * math.Log(max(q, math.SmallestNonzeroFloat64))
		settled = settled && q*(1-q) < leastCurve && q > 0.5
	}
	return loss, settled
}

// Restore checks a model that was read from a file.
func (m *LogitBoosted) Restore() error {
	const where = "ensemble.LogitBoosted"
	if err := checkClasses(where, &m.Fitted, m.K, m.Seen); err != nil {
		return err
	}
	want := len(m.Seen)
	if want == 2 {
		want = 1
	}
	if !(math.Abs(m.Rate) <= math.MaxFloat64) || (len(m.Members) == 0) != (len(m.Seen) == 1) {
		return ml.BadFile(where, "Rate and Members", fmt.Sprintf("%v and %d", m.Rate, len(m.Members)), "a finite number, and at least one round if there is more than one class")
	}
	for r, members := range m.Members {
		if len(members) != want {
			return ml.BadFile(where, fmt.Sprintf("Members[%d]", r), fmt.Sprint(len(members)), fmt.Sprint(want))
		}
		if err := ml.CheckInside(where, m.Info.Features, members...); err != nil {
			return err
		}
	}
	return nil
}

// staged yields the scores of the classes that had rows after each round. The tensor is the same each time.
func (m *LogitBoosted) staged(where string, x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return func(yield func(*tensor.Tensor[float64], error) bool) {
		err := ml.CheckPredict(where, &m.Fitted, x)
		if err == nil && len(m.Members) == 0 { // nobody else looks
			err = ml.CheckFinite(where, &m.Fitted, x, ml.AcceptsOf(m.Config).Missing)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		n, _ := x.Dims()
		sums := tensor.New[float64](n, len(m.Seen))
		if len(m.Members) == 0 {
			yield(sums, nil)
			return
		}
		for _, members := range m.Members {
			if err := m.advance(sums, members, x); err != nil {
				yield(nil, err)
				return
			}
			if !yield(sums, nil) {
				return
			}
		}
	}
}

func (m *LogitBoosted) sums(where string, x tensor.Matrix) (sums *tensor.Tensor[float64], err error) {
	for sums, err = range m.staged(where, x) {
	}
	return sums, err
}

// DecisionFunction returns the scores of the classes: rows x K, -Inf for a class without rows; their softmax is the probability. For two classes it is rows x 1, the log-odds of class 1.
func (m *LogitBoosted) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	s, err := m.sums("ensemble.LogitBoosted.DecisionFunction", x)
	if err != nil {
		return nil, err
	}
	return decisions(s, m.Seen, m.K), nil
}

// proba spreads the shares over all classes.
func (m *LogitBoosted) proba(sums *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	p := m.shares(sums)
	if len(m.Seen) == m.K {
		return p
	}
	n, _ := p.Dims()
	out := tensor.New[float64](n, m.K)
	for i := range n {
		for at, c := range m.Seen {
			out.Row(i)[c] = p.Row(i)[at]
		}
	}
	return out
}

// PredictProba returns the probabilities of the classes, rows x K.
func (m *LogitBoosted) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	s, err := m.sums("ensemble.LogitBoosted.PredictProba", x)
	if err != nil {
		return nil, err
	}
	return m.proba(s), nil
}

// Predict returns the most probable class of each row, the lowest code of equals.
func (m *LogitBoosted) Predict(x tensor.Matrix) ([]int, error) {
	return classAnswers(m.K, false).decisions(m.PredictProba(x))
}

// Staged yields the predictions after each round.
func (m *LogitBoosted) Staged(x tensor.Matrix) iter.Seq2[[]int, error] {
	return stages(m.staged("ensemble.LogitBoosted.Staged", x), func(s *tensor.Tensor[float64]) []int {
		out, _ := classAnswers(m.K, false).decisions(m.proba(s), nil)
		return out
	})
}

// StagedProba yields the probabilities after each round, rows x K.
func (m *LogitBoosted) StagedProba(x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return stages(m.staged("ensemble.LogitBoosted.StagedProba", x), m.proba)
}

func init() {
	ml.RegisterConfig[LogitBoost]("ensemble.LogitBoost")
	ml.Register[*LogitBoosted]("ensemble.LogitBoosted")
}
