package ensemble

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// BoostedRegression is a boosted model of numbers; GradientBoostingRegressor and GradientBoostingRanker return it. All that trees can do is there: Raw has the scores
// before the link, Staged the predictions after each round, Leaves and Path the ways of rows, Importances the columns that matter,
// Trees the trees themselves, for explanations, drawings and writers.
type BoostedRegression struct{ tree.RegressionModel }

// BoostedClassification is BoostedRegression for classes; GradientBoostingClassifier returns it.
type BoostedClassification struct{ tree.ClassificationModel }

// continued describes a model after more rounds: info is of those alone.
func continued(f *ml.Fitted, info ml.Info) ml.Fitted {
	g := *f
	g.Columns, g.Classes = ml.CloneColumns(f.Columns), slices.Clone(f.Classes)
	g.Info = info
	kept := f.Info.Iterations
	if f.Info.Best > 0 {
		kept = f.Info.Best
	}
	g.Info.Iterations += kept
	if info.Best > 0 {
		g.Info.Best += kept
	}
	g.Info.Loss = append(slices.Clone(f.Info.Loss[:min(kept, len(f.Info.Loss))]), info.Loss...)
	g.Info.ValidLoss = nil
	if len(f.Info.ValidLoss) >= kept && len(info.ValidLoss) > 0 {
		g.Info.ValidLoss = append(slices.Clone(f.Info.ValidLoss[:kept]), info.ValidLoss...)
	}
	g.Info.Watched = nil
	for i, c := range info.Watched {
		if i >= len(f.Info.Watched) || f.Info.Watched[i].Set != c.Set || f.Info.Watched[i].Metric != c.Metric || len(f.Info.Watched[i].Values) < kept {
			g.Info.Watched = nil
			break
		}
		g.Info.Watched = append(g.Info.Watched, ml.Curve{Set: c.Set, Metric: c.Metric, Values: append(slices.Clone(f.Info.Watched[i].Values[:kept]), c.Values...)})
	}
	return g
}

// Update returns a model with as many rounds more as the config has Trees, grown for the rows of d: on the rows that the model was fitted to, it is the
// model of twice as many rounds, to the bit. d has the columns of the model.
func (m *BoostedRegression) Update(ctx context.Context, d ml.Dataset[float64]) (*BoostedRegression, error) {
	return m.Continue(ctx, d, 0)
}

// Continue is Update with a number of rounds; 0 means the config's Trees. A model of k rounds continued by m on the same rows is that of k+m rounds, to the
// bit, if neither stopped early; with Dropout it may differ by the rounding of scores from which trees were taken out.
func (m *BoostedRegression) Continue(ctx context.Context, d ml.Dataset[float64], rounds int) (*BoostedRegression, error) {
	const where = "ensemble.BoostedRegression.Continue"
	if err := checkRounds(where, rounds); err != nil {
		return nil, err
	}
	switch c := m.Config.(type) {
	case GradientBoostingRegressor:
		if rounds > 0 {
			c.Trees = rounds
		}
		return c.fit(ctx, where, d, &m.Model)
	case GradientBoostingRanker:
		if rounds > 0 {
			c.Trees = rounds
		}
		return c.fit(ctx, where, d, &m.Model)
	}
	return nil, foreignConfig(where, m.Config)
}

// Restore checks a model that was read from a file.
func (m *BoostedRegression) Restore() error {
	if err := m.RegressionModel.Restore(); err != nil {
		return err
	}
	switch c := m.Config.(type) {
	case GradientBoostingRegressor:
		return checkGrown("ensemble.BoostedRegression", m.Ensemble, c.Offset, c.Forest, c.ParallelTrees)
	case GradientBoostingRanker:
		return checkGrown("ensemble.BoostedRegression", m.Ensemble, c.Offset, c.Forest, c.ParallelTrees)
	}
	return foreignConfig("ensemble.BoostedRegression", m.Config)
}

// checkGrown refuses trees that boosting does not make, whose rounds could not go on.
func checkGrown(where string, e *tree.Ensemble, offset []string, forest bool, parallel int) error {
	stage := max(e.Stage, 1)
	if e.Vector || e.Average != forest || e.Float32 || (e.Linear != nil) != (len(offset) > 0) || parallel < 0 || stage/e.Outputs != max(parallel, 1) || stage%e.Outputs != 0 || e.Trees()%stage != 0 {
		return &ml.Error{Where: where, Field: "Ensemble", Found: "trees of another kind", Want: "a tree for each score in each round", Kind: ml.ErrFormat}
	}
	for t := range e.Trees() {
		if e.Output != nil && int(e.Output[t]) != t%e.Outputs {
			return &ml.Error{Where: where, Field: "Ensemble.Output", Found: fmt.Sprintf("%d for tree %d", e.Output[t], t), Want: "scores in turn", Kind: ml.ErrFormat}
		}
	}
	return nil
}

// Update returns a model with as many rounds more as the config has Trees, grown for the rows of d: on the rows that the model was fitted to, it is the
// model of twice as many rounds, to the bit. d has the columns of the model and no other classes.
func (m *BoostedClassification) Update(ctx context.Context, d ml.Dataset[int]) (*BoostedClassification, error) {
	return m.Continue(ctx, d, 0)
}

// Continue is Update with a number of rounds; 0 means the config's Trees. A model of k rounds continued by m on the same rows is that of k+m rounds, to the
// bit, if neither stopped early; with Dropout it may differ by the rounding of scores from which trees were taken out.
func (m *BoostedClassification) Continue(ctx context.Context, d ml.Dataset[int], rounds int) (*BoostedClassification, error) {
	const where = "ensemble.BoostedClassification.Continue"
	if err := checkRounds(where, rounds); err != nil {
		return nil, err
	}
	c, is := m.Config.(GradientBoostingClassifier)
	if !is {
		return nil, foreignConfig(where, m.Config)
	}
	if rounds > 0 {
		c.Trees = rounds
	}
	return c.fit(ctx, where, d, &m.Model)
}

// Restore checks a model that was read from a file.
func (m *BoostedClassification) Restore() error {
	if err := m.ClassificationModel.Restore(); err != nil {
		return err
	}
	c, is := m.Config.(GradientBoostingClassifier)
	if !is {
		return foreignConfig("ensemble.BoostedClassification", m.Config)
	}
	return checkGrown("ensemble.BoostedClassification", m.Ensemble, c.Offset, c.Forest, c.ParallelTrees)
}

func foreignConfig(where string, config any) error {
	return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", config), Want: "the config that fitted the model", Kind: ml.ErrFormat}
}

func checkRounds(where string, rounds int) error {
	if rounds < 0 {
		return ml.BadConfig(where, "rounds", rounds, ">= 1; 0 means the config's Trees")
	}
	return nil
}

// accepted is what all configs of boosting take.
var accepted = ml.Accepts{Missing: true, Categorical: true}

// checkData checks what a model is fitted to. Old is nil, or is continued, and then d has its columns.
func checkData[Y any](ctx context.Context, where string, d ml.Dataset[Y], old *tree.Model) error {
	if err := d.Check(where, accepted); err != nil {
		return err
	}
	if err := ml.Done(ctx); err != nil || old == nil {
		return err
	}
	return ml.CheckPredict(where, &old.Fitted, d.X)
}
