package tree

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
)

// Grows is a config of one tree that an ensemble may grow many of. It is for the packages of this module.
type Grows interface {
	growParams(where string, t ml.Table, y []float64, outputs int) (treegrow.Params, error)
}

// GrowParams checks the config of a tree for rows with so many classes, or so many numbers y each, and says how it grows; MinWeight is a share. Errors name
// the method where. It is for the packages of this module.
func GrowParams(c Grows, where string, t ml.Table, y []float64, outputs int) (treegrow.Params, error) {
	return c.growParams(where, t, y, outputs)
}

func (c DecisionTreeClassifier) growParams(where string, t ml.Table, _ []float64, k int) (treegrow.Params, error) {
	criterion, err := c.criterion(where)
	if err != nil {
		return treegrow.Params{}, err
	}
	g := growth{where: where, splitter: c.Splitter, maxDepth: c.MaxDepth, minSplit: c.MinSamplesSplit, minLeaf: c.MinSamplesLeaf, features: c.MaxFeatures, most: c.MaxLeaves,
		minWeight: c.MinWeightFractionLeaf, minDecrease: c.MinImpurityDecrease, monotone: c.Monotone, seed: c.Seed}
	if err := g.check(); err != nil {
		return treegrow.Params{}, err
	}
	p, err := g.params(t, nil, criterion)
	if p.Monotone != nil && k != 2 {
		return p, ml.BadConfig(where, "Monotone", fmt.Sprintf("set for %d classes", k), "2 classes, or no constraints")
	}
	p.MinWeight = c.MinWeightFractionLeaf
	return p, err
}

func (c DecisionTreeRegressor) growParams(where string, t ml.Table, y []float64, m int) (treegrow.Params, error) {
	g, criterion, err := c.prepare(where)
	if err != nil {
		return treegrow.Params{}, err
	}
	if m > 1 && c.Monotone != nil {
		return treegrow.Params{}, ml.BadConfig(where, "Monotone", "set", "nil: several numbers have no order")
	}
	if m > 1 && (criterion == treegrow.Quantile || criterion == treegrow.Huber) {
		return treegrow.Params{}, ml.BadConfig(where, "Criterion", c.Criterion, "SquaredError, Friedman, Poisson, Gamma or Tweedie")
	}
	if err := checkPositive(where, criterion, y, t.Weight, m); err != nil {
		return treegrow.Params{}, err
	}
	p, err := g.params(t, nil, criterion)
	p.Level, p.Power, p.Delta, p.Halve = c.Level, c.Power, c.Delta, true
	if c.Criterion == AbsoluteError {
		p.Level, p.Halve = 0.5, false
	}
	p.MinWeight = c.MinWeightFractionLeaf
	return p, err
}
