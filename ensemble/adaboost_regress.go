package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// R2Loss is how AdaBoostRegressor sees errors, as shares of the largest one.
type R2Loss uint8

// The losses of an error e between 0 and 1.
const (
	R2Linear      R2Loss = iota // e
	R2Square                    // e²
	R2Exponential               // 1 - exp(-e)
)

// String names the loss.
func (l R2Loss) String() string {
	switch l {
	case R2Linear:
		return "linear"
	case R2Square:
		return "square"
	case R2Exponential:
		return "exponential"
	}
	return fmt.Sprintf("R2Loss(%d)", uint8(l))
}

func (l R2Loss) of(e float64) float64 {
	switch l {
	case R2Square:
		return float64(e * e)
	case R2Exponential:
		return 1 - math.Exp(-e)
	}
	return e
}

// AdaBoostRegressor fits a regressor again and again, each time to rows whose weights are higher where the model before was far off, and answers with the median of
// the models, weighted by how near they were: AdaBoost.R2.
//
// The estimator gets the weights. With Resample it gets as many rows as there are, drawn by them with replacement, as in the paper and in scikit-learn's AdaBoostRegressor: for
// methods that do not know weights, or where the draws are to make the models differ. It ends early with a model that makes no error, and before one whose mean loss is 1/2 or
// more. Groups and Valid go to the estimator; its seeds are made different for each round.
//
// The rounds come one after the other; the cost is that of Rounds fits.
//
// Drucker: Improving regressors using boosting techniques. ICML (1997).
type AdaBoostRegressor struct {
	Base         ml.AnyRegressor // what is boosted. Zero: tree.DecisionTreeRegressor{MaxDepth: 3}
	Rounds       int             // at the most. 0: 50
	LearningRate float64         // the power to which a round's change of the weights is raised, > 0. 0: 1
	Loss         R2Loss          // R2Linear, R2Square or R2Exponential. Zero: R2Linear
	Resample     bool            // draw rows by their weights. False: the estimator gets the weights
	Seed         uint64          // of the draws, and from which the seeds of the fits are made
}

// AdaBoostRegression is a fitted AdaBoostRegressor. Info.Loss has the mean loss of each round, Info.Gap the last.
type AdaBoostRegression struct {
	ml.Fitted
	Members []ml.Predictor[float64]
	Weights []float64 // of the members in the median
}

var (
	_ ml.Fitter[ml.Dataset[float64], *AdaBoostRegression] = AdaBoostRegressor{}
	_ ml.Stager[float64]                                  = (*AdaBoostRegression)(nil)
)

func (c AdaBoostRegressor) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeRegressor{MaxDepth: 3}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides.
func (c AdaBoostRegressor) Accepts() ml.Accepts { return acceptsAll(regressor(c.estimator())) }

// Fit fits round after round. Errors: ErrConfig, and those of the estimator.
func (c AdaBoostRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*AdaBoostRegression, error) {
	const where = "ensemble.AdaBoostRegressor.Fit"
	if err := checkRate(where, c.Rounds, c.LearningRate); err != nil {
		return nil, err
	}
	if c.Loss > R2Exponential {
		return nil, ml.BadConfig(where, "Loss", c.Loss, "R2Linear, R2Square or R2Exponential")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Rounds, c.LearningRate = c.estimator(), cmp.Or(c.Rounds, 50), cmp.Or(c.LearningRate, 1)
	m := &AdaBoostRegression{Fitted: ml.NewFitted(d.Table, nil, c)}
	d = d.Present()
	d.Weight = startWeights(d.Weight, d.Rows())
	track := ml.Track(ctx, "iteration", c.Rounds)
	for round := range c.Rounds {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		member, err := regressor(reseeded(c.Base.Config, c.Seed, uint64(round))).fit(ml.Quiet(ctx), c.sample(d, round))
		if err != nil {
			return nil, fmt.Errorf("%s: round %d: %w", where, round, err)
		}
		next, ended, err := m.add(member, d, c)
		if err != nil {
			return nil, err
		}
		stop, err := track.Step(round+1, ml.Loss{Train: m.Info.Gap})
		if err != nil {
			return nil, err
		}
		m.Info.Iterations = round + 1
		if ended {
			m.Info.Status = ml.Converged
			break
		}
		if d.Weight = next; stop {
			m.Info.Status = ml.Stopped
			break
		}
		m.Info.Status = ml.MaxIter
	}
	return m, nil
}

// sample is what the estimator is fitted to in a round.
func (c AdaBoostRegressor) sample(d ml.Dataset[float64], round int) ml.Dataset[float64] {
	if !c.Resample {
		return d
	}
	every := make([]int, d.Rows())
	for i := range every {
		every[i] = i
	}
	rows, times := newUrn([][]int{every}, 1, true, d.Weight).draw(rng.New(rng.Key(c.Seed, drawRows), uint64(round)), d.Rows())
	d = d.Select(rows)
	d.Weight = times
	return d
}

// add weighs a model by its loss, and gives the weights of the next round. A model that is no good ends the fit, and is kept only if it is the first.
func (m *AdaBoostRegression) add(member ml.Predictor[float64], d ml.Dataset[float64], c AdaBoostRegressor) (next []float64, ended bool, err error) {
	pred, err := member.Predict(d.X)
	if err != nil {
		return nil, false, err
	}
	e, most := make([]float64, len(pred)), 0.0
	for i, v := range pred {
		e[i] = math.Abs(v - d.Y[i])
		most = max(most, e[i])
	}
	loss := 0.0
	for i := range e {
		if most > 0 {
			e[i] = c.Loss.of(e[i] / most)
		}
		loss += float64(d.Weight[i] * e[i])
	}
	m.Info.Gap = loss
	m.Info.Loss = append(m.Info.Loss, loss)
	if loss <= 0 {
		m.Members, m.Weights = append(m.Members, member), append(m.Weights, 1)
		return nil, true, nil
	}
	if !(loss < 0.5) {
		if len(m.Members) == 0 {
			m.Members, m.Weights = append(m.Members, member), append(m.Weights, 0)
		}
		return nil, true, nil
	}
	beta := loss / (1 - loss)
	m.Members, m.Weights = append(m.Members, member), append(m.Weights, c.LearningRate*math.Log(1/beta))
	next = make([]float64, len(e))
	for i, v := range e {
		next[i] = d.Weight[i] * math.Pow(beta, (1-v)*c.LearningRate)
	}
	next, ok := simplex(next)
	return next, !ok, nil
}

// Restore checks a model that was read from a file.
func (m *AdaBoostRegression) Restore() error {
	const where = "ensemble.AdaBoostRegression"
	if err := checkVotes(where, m.Weights, len(m.Members)); err != nil {
		return err
	}
	return ml.CheckInside(where, m.Info.Features, m.Members...)
}

// Predict returns the weighted median of the members' predictions: the least that has at least half of the weight at or below it.
func (m *AdaBoostRegression) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "ensemble.AdaBoostRegression.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	said, err := m.ask(x)
	if err != nil {
		return nil, err
	}
	return m.median(said, len(said)), nil
}

// ask asks every member.
func (m *AdaBoostRegression) ask(x tensor.Matrix) ([][]float64, error) {
	out := make([][]float64, len(m.Members))
	for i, member := range m.Members {
		var err error
		if out[i], err = member.Predict(x); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// median is that of the first members.
func (m *AdaBoostRegression) median(said [][]float64, first int) []float64 {
	out := make([]float64, len(said[0]))
	order := make([]int, first)
	total := 0.0
	for _, w := range m.Weights[:first] {
		total += w
	}
	for i := range out {
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(said[a][i], said[b][i]) })
		sum := 0.0
		for _, k := range order {
			out[i] = said[k][i]
			if sum += m.Weights[k]; sum >= 0.5*total {
				break
			}
		}
	}
	return out
}

// Staged yields the predictions after each round.
func (m *AdaBoostRegression) Staged(x tensor.Matrix) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		err := ml.CheckPredict("ensemble.AdaBoostRegression.Staged", &m.Fitted, x)
		var said [][]float64
		if err == nil {
			said, err = m.ask(x)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for first := 1; first <= len(said); first++ {
			if !yield(m.median(said, first), nil) {
				return
			}
		}
	}
}

// Importances returns the mean of the members' importances by their weights; errors.ErrUnsupported unless every member has them.
func (m *AdaBoostRegression) Importances() ([]float64, error) {
	return meanImportances("ensemble.AdaBoostRegression.Importances", m.Info.Features, m.Members, m.Weights)
}

// Can says that Importances needs members that have them.
func (m *AdaBoostRegression) Can(ability any) ml.Verdict { return canWeigh(ability, m.Members) }

func init() {
	ml.RegisterConfig[AdaBoostRegressor]("ensemble.AdaBoostRegressor")
	ml.Register[*AdaBoostRegression]("ensemble.AdaBoostRegression")
}
