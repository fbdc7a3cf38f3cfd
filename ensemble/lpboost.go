package ensemble

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// LPBoost gives its members the weights of the largest soft margin, found anew in every round by linear programming:
//
//	max ρ - Σ w·ξ / Nu    where every row is right by at least ρ - ξ, ξ >= 0, and the votes, all >= 0, sum to 1
//
// with w the rows' weights, 1 in sum. The dual solution weighs the rows for the next member, none above w/Nu; a member that beats the bound that this gives makes the next problem (column generation). So most
// members have no vote, and it ends by itself, with the best of all votes for all members that the estimator can make, as far as it finds the best for given weights.
//
//	ensemble.LPBoost{Nu: 0.2}                                                       // of stumps; up to a fifth of the rows within the margin
//	ensemble.OneVsRest{Base: ml.Classify(ensemble.LPBoost{})}                  // of more than two classes
//
// Nu should be above the share of the rows that remain wrong: below it the best margin is no longer above 0, and votes for the two classes may tie.
//
// It ends with a member that is right in every row, or before one that changes nothing (Converged); a first model that is no better than chance is an error. Rows that matter no more have the weight 0 for the next member. The estimator must
// take weights; groups and Valid go to it, and its seeds are made different for each round. A row of integer weight k counts as k rows as far as the estimator does that. The rounds come one after the other; each costs a
// fit, and a few passes over what all members say of all rows.
//
// Demiriz, Bennett and Shawe-Taylor: Linear programming boosting via column generation. Machine Learning 46 (2002).
type LPBoost struct {
	Base   ml.AnyClassifier // what is boosted. Zero: tree.DecisionTreeClassifier{MaxDepth: 1}, a stump
	Rounds int              // at the most. 0: 100
	Nu     float64          // the largest share of the rows' weight that may lie within the margin, at most 1. 0: 0.1
	Tol    float64          // by how much a member must beat the bound, >= 0. 0: 1e-6
	Seed   uint64           // from which the seeds of the fits are made
}

var _ ml.Fitter[ml.Dataset[int], *TwoClassBoosted] = LPBoost{}

func (c LPBoost) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeClassifier{MaxDepth: 1}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c LPBoost) Accepts() ml.Accepts { return acceptsAll(decider(c.estimator())) }

// Fit fits round after round. Info.Loss has minus the soft margin after each, Info.Gap by how much the last member beat the bound. Errors: ErrConfig, also if the first model is no better than chance, ErrData for more
// than two classes, and those of the estimator.
func (c LPBoost) Fit(ctx context.Context, d ml.Dataset[int]) (*TwoClassBoosted, error) {
	const where = "ensemble.LPBoost.Fit"
	switch {
	case c.Rounds < 0:
		return nil, ml.BadConfig(where, "Rounds", c.Rounds, ">= 1; 0 means 100")
	case !(c.Nu >= 0 && c.Nu <= 1):
		return nil, ml.BadConfig(where, "Nu", c.Nu, "above 0 and at most 1; 0 means 0.1")
	case !(c.Tol >= 0 && c.Tol <= math.MaxFloat64):
		return nil, ml.BadConfig(where, "Tol", c.Tol, "a finite number > 0; 0 means 1e-6")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Rounds, c.Nu, c.Tol = c.estimator(), cmp.Or(c.Rounds, 100), cmp.Or(c.Nu, 0.1), cmp.Or(c.Tol, 1e-6)
	m, d, side, err := twoClasses(where, d, c)
	if err != nil || len(m.Seen) == 1 {
		return m, err
	}
	d.Weight = startWeights(d.Weight, d.Rows())
	p := marginProgram{most: slices.Clone(d.Weight)}
	for i := range p.most {
		p.most[i] /= c.Nu
	}
	track := ml.Track(ctx, "iteration", c.Rounds)
	for round := range c.Rounds {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		member, err := weighedDecider(reseeded(c.Base.Config, c.Seed, uint64(round))).fit(ml.Quiet(ctx), d)
		if err != nil {
			return nil, fmt.Errorf("%s: round %d: %w", where, round, err)
		}
		right, err := m.agreement(member, d.X, side)
		if err != nil {
			return nil, err
		}
		edge := 0.0
		for i, w := range d.Weight {
			edge += float64(w * right[i])
		}
		if m.Info.Gap = max(edge-p.bound, 0); !(m.Info.Gap > c.Tol) {
			if round == 0 {
				return nil, ml.BadConfig(where, "Base", fmt.Sprintf("one with a weighted training error of %.3g", (1-edge)/2), "less than 0.5, that of guessing")
			}
			m.Info.Status = ml.Converged
			break
		}
		solved := p.add(right)
		m.Members, m.Weights = append(m.Members, member), slices.Clone(p.votes)
		m.Stages = append(m.Stages, m.Weights)
		m.Info.Loss, m.Info.Iterations = append(m.Info.Loss, -p.bound), round+1
		stop, err := track.Step(round+1, ml.Loss{Train: -p.bound})
		if err != nil {
			return nil, err
		}
		m.Info.Status = ml.MaxIter
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
		if !solved {
			m.Info.Status = ml.Stalled
			break
		}
		if p.bound >= 1-c.Tol {
			m.Info.Status = ml.Converged
			break
		}
		if weight, ok := simplex(p.weights); ok {
			d.Weight = weight
		}
	}
	return m, nil
}

func init() { ml.RegisterConfig[LPBoost]("ensemble.LPBoost") }
