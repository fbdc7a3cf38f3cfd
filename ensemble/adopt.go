package ensemble

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// Adopt makes a boosted model of another library, as tree.ReadLightGBM and tree.ReadXGBoost return it, one that goes on: Continue and Update add rounds by the
// options of c, whose Loss must have the link of the model. Splits are restated exactly; XGBoost's scores, which it adds up in float32, are added up in float64 from then on, and
// may differ by that. Means of trees, linear leaves and leaves of several scores give ErrConfig, and so does a number of trees in a round other than ParallelTrees.
func (c GradientBoostingRegressor) Adopt(m tree.Grown) (*BoostedRegression, error) {
	const where = "ensemble.GradientBoostingRegressor.Adopt"
	if c.Loss == nil {
		c.Loss = SquaredLoss{}
	}
	if field, found, want := checkLoss(c.Loss); field != "" {
		return nil, ml.BadConfig(where, field, found, want)
	}
	o, err := optionsOf(where, &c)
	if err != nil {
		return nil, err
	}
	e, err := adopted(where, m, o, 1, (&numberObjective{l: c.Loss}).link())
	if err != nil {
		return nil, err
	}
	r, err := tree.NewRegressionModel(adoptedMeta(m, e, c), e)
	if err != nil {
		return nil, err
	}
	return &BoostedRegression{*r}, nil
}

// Adopt is GradientBoostingRegressor.Adopt for classes.
func (c GradientBoostingClassifier) Adopt(m tree.Grown) (*BoostedClassification, error) {
	const where = "ensemble.GradientBoostingClassifier.Adopt"
	if c.Loss == nil {
		c.Loss = LogLoss{}
	}
	if field, found, want := checkClassLoss(c.Loss); field != "" {
		return nil, ml.BadConfig(where, field, found, want)
	}
	o, err := optionsOf(where, &c)
	if err != nil {
		return nil, err
	}
	k := max(2, m.Trees().Outputs)
	if err := c.checkClasses(where, k); err != nil {
		return nil, err
	}
	e, err := adopted(where, m, o, c.Loss.Outputs(k), c.Loss.Link(k))
	if err != nil {
		return nil, err
	}
	r, err := tree.NewClassificationModel(adoptedMeta(m, e, c), e)
	if err != nil {
		return nil, err
	}
	return &BoostedClassification{*r}, nil
}

// adoptedMeta describes an adopted model.
func adoptedMeta(m tree.Grown, e *tree.Ensemble, config any) ml.Fitted {
	f := *m.Meta()
	f.Columns, f.Config = ml.CloneColumns(f.Columns), config
	f.Info = ml.Info{Features: e.Features, Iterations: e.Stages(), Rows: f.Info.Rows}
	return f
}

// adopted restates the trees of a model by the rules of this package.
func adopted(where string, m tree.Grown, o boostOptions, outputs int, link tree.Link) (*tree.Ensemble, error) {
	e := m.Trees()
	refuse := func(found, want string) error { return ml.BadConfig(where, "m", found, want) }
	stage := max(e.Stage, 1)
	switch {
	case e.Vector || e.Average || e.Linear != nil:
		return nil, refuse("a mean of trees, or leaves that are vectors or linear", "a sum of trees with a number in each leaf")
	case o.Forest || len(o.Offset) > 0:
		return nil, ml.BadConfig(where, "Forest and Offset", fmt.Sprintf("%v and %d columns", o.Forest, len(o.Offset)), "none, since the model has none")
	case e.Outputs != outputs || e.Link != link || e.LinkScale != 0 && e.LinkScale != 1:
		return nil, refuse(fmt.Sprintf("a model with %d scores, the link %v and the factor %v", e.Outputs, e.Link, e.LinkScale), fmt.Sprintf("one with %d, %v and 1, as Loss has them", outputs, link))
	case stage != outputs*o.ParallelTrees || e.Trees()%stage != 0:
		return nil, refuse(fmt.Sprintf("%d trees, %d in a round", e.Trees(), stage), fmt.Sprintf("whole rounds of %d: one for each of %d scores, times ParallelTrees", outputs*o.ParallelTrees, outputs))
	}
	build := tree.NewBuilder(tree.Ensemble{Features: e.Features, Outputs: e.Outputs, Base: e.Base, Link: e.Link, Stage: stage})
	for t := range e.Trees() {
		if e.Output != nil && int(e.Output[t]) != t%outputs {
			return nil, refuse(fmt.Sprintf("tree %d adding to score %d", t, e.Output[t]), "scores in turn")
		}
		nodes, weight := make([]tree.Node, e.Nodes(t)), 1.0
		if e.Weight != nil {
			weight = e.Weight[t]
		}
		for i := range nodes {
			nodes[i] = e.Node(t, i)
			if n := &nodes[i]; n.Feature >= 0 && n.Rule.Test() == tree.Less {
				n.Rule |= tree.LessEq
				n.Threshold = upTo(n.Threshold, e.Float32)
			}
		}
		build.Add(t%outputs, weight, nodes)
	}
	return build.Ensemble()
}

// upTo is the largest number that is less than t, if need be after it is rounded to float32.
func upTo(t float64, narrow bool) float64 {
	if !narrow {
		return math.Nextafter(t, math.Inf(-1))
	}
	below := float64(math.Nextafter32(float32(t), float32(math.Inf(-1))))
	if below < -math.MaxFloat32 {
		below = -0x1p128 // what rounds to minus infinity begins half-way
	}
	middle := below/2 + t/2 // half-way cases go to the even one
	if float32(middle) >= float32(t) {
		return math.Nextafter(middle, math.Inf(-1))
	}
	return middle
}
