package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
)

// ForestClassification is a forest that predicts class codes. A probability is the mean of the shares in the leaves that a row reaches.
type ForestClassification struct {
	tree.ClassificationModel
	OOB OutOfBag // if the config asks for it
}

// ForestRegression is a forest that predicts a number.
type ForestRegression struct {
	tree.RegressionModel
	OOB      OutOfBag // if the config asks for it
	Training LeafRows // if the config asks for Quantiles
}

// ForestMultiModel is a forest that predicts several numbers.
type ForestMultiModel struct {
	tree.MultiRegressionModel
	OOB      OutOfBag // if the config asks for it
	Training LeafRows // if the config asks for Quantiles
}

// Update returns a model with as many trees more as the config has Trees, grown for the rows of d, which may be others than those of the fit: the model says nothing
// about OOB. d has the columns of the model and no other classes.
func (m *ForestClassification) Update(ctx context.Context, d ml.Dataset[int]) (*ForestClassification, error) {
	return m.more(ctx, "ensemble.ForestClassification.Update", d, 0, false)
}

// Continue returns a model with more trees for the rows that it was fitted to, 0: as many as the config has Trees. A forest of k trees continued by m is that of
// k+m, to the bit, OOB included.
func (m *ForestClassification) Continue(ctx context.Context, d ml.Dataset[int], trees int) (*ForestClassification, error) {
	return m.more(ctx, "ensemble.ForestClassification.Continue", d, trees, true)
}

func (m *ForestClassification) more(ctx context.Context, where string, d ml.Dataset[int], trees int, same bool) (*ForestClassification, error) {
	if err := checkMore(where, trees, same, m.Info.Rows, d.Table); err != nil {
		return nil, err
	}
	d.Columns, d.Classes = m.Columns, m.Classes
	switch c := m.Config.(type) {
	case RandomForestClassifier:
		return c.more(trees, same).fit(ctx, where, d, false, m)
	case ExtraTreesClassifier:
		return RandomForestClassifier(c).more(trees, same).fit(ctx, where, d, true, m)
	}
	return nil, foreignConfig(where, m.Config)
}

func (c RandomForestClassifier) more(trees int, same bool) RandomForestClassifier {
	c.OOB = c.OOB && same
	if trees > 0 {
		c.Trees = trees
	}
	return c
}

// checkMore checks what a forest is continued with.
func checkMore(where string, trees int, sameRows bool, rows int, t ml.Table) error {
	if trees < 0 {
		return ml.BadConfig(where, "trees", trees, ">= 1; 0 means the config's Trees")
	}
	if t.X != nil && sameRows {
		if n, _ := t.X.Dims(); n != rows {
			return ml.BadShape(where, "X", fmt.Sprintf("%d rows", n), fmt.Sprintf("the %d rows of the fit; Update takes others", rows))
		}
	}
	return nil
}

// Update is that of [ForestClassification]; the model has no quantiles either.
func (m *ForestRegression) Update(ctx context.Context, d ml.Dataset[float64]) (*ForestRegression, error) {
	return m.more(ctx, "ensemble.ForestRegression.Update", d, 0, false)
}

// Continue is that of [ForestClassification].
func (m *ForestRegression) Continue(ctx context.Context, d ml.Dataset[float64], trees int) (*ForestRegression, error) {
	return m.more(ctx, "ensemble.ForestRegression.Continue", d, trees, true)
}

func (m *ForestRegression) more(ctx context.Context, where string, d ml.Dataset[float64], trees int, same bool) (*ForestRegression, error) {
	if err := checkMore(where, trees, same, m.Info.Rows, d.Table); err != nil {
		return nil, err
	}
	d.Columns = m.Columns
	switch c := m.Config.(type) {
	case RandomForestRegressor:
		return fitForest(ctx, c.more(trees, same), where, d, false, m)
	case ExtraTreesRegressor:
		return fitForest(ctx, RandomForestRegressor(c).more(trees, same), where, d, true, m)
	}
	return nil, foreignConfig(where, m.Config)
}

func (c RandomForestRegressor) more(trees int, same bool) RandomForestRegressor {
	c.OOB, c.Quantiles = c.OOB && same, c.Quantiles && same
	if trees > 0 {
		c.Trees = trees
	}
	return c
}

// Update is that of [ForestClassification]; the model has no quantiles either.
func (m *ForestMultiModel) Update(ctx context.Context, d ml.Dataset[[]float64]) (*ForestMultiModel, error) {
	return m.more(ctx, "ensemble.ForestMultiModel.Update", d, 0, false)
}

// Continue is that of [ForestClassification].
func (m *ForestMultiModel) Continue(ctx context.Context, d ml.Dataset[[]float64], trees int) (*ForestMultiModel, error) {
	return m.more(ctx, "ensemble.ForestMultiModel.Continue", d, trees, true)
}

func (m *ForestMultiModel) more(ctx context.Context, where string, d ml.Dataset[[]float64], trees int, same bool) (*ForestMultiModel, error) {
	if err := checkMore(where, trees, same, m.Info.Rows, d.Table); err != nil {
		return nil, err
	}
	d.Columns = m.Columns
	switch c := m.Config.(type) {
	case RandomForestMulti:
		return fitForestMulti(ctx, RandomForestRegressor(c).more(trees, same), where, d, false, m)
	case ExtraTreesMulti:
		return fitForestMulti(ctx, RandomForestRegressor(c).more(trees, same), where, d, true, m)
	}
	return nil, foreignConfig(where, m.Config)
}

// Restore checks a model that was read from a file.
func (m *ForestClassification) Restore() error {
	if err := m.ClassificationModel.Restore(); err != nil {
		return err
	}
	return checkForest("ensemble.ForestClassification", m.Ensemble, &m.OOB, m.K())
}

// Restore checks a model that was read from a file.
func (m *ForestRegression) Restore() error {
	if err := m.RegressionModel.Restore(); err != nil {
		return err
	}
	if err := checkForest("ensemble.ForestRegression", m.Ensemble, &m.OOB, 1); err != nil {
		return err
	}
	return m.Training.restore("ensemble.ForestRegression", m.Ensemble)
}

// Restore checks a model that was read from a file.
func (m *ForestMultiModel) Restore() error {
	if err := m.MultiRegressionModel.Restore(); err != nil {
		return err
	}
	if err := checkForest("ensemble.ForestMultiModel", m.Ensemble, &m.OOB, m.Ensemble.Outputs); err != nil {
		return err
	}
	return m.Training.restore("ensemble.ForestMultiModel", m.Ensemble)
}

// checkForest refuses trees that a forest does not have, and estimates of the wrong size.
func checkForest(where string, e *tree.Ensemble, o *OutOfBag, k int) error {
	if !e.Average || e.Float32 || e.Linear != nil || e.Weight != nil || e.Output != nil || e.Trees() == 0 || len(e.Cover) != len(e.Feature) || len(e.Gain) != len(e.Feature) {
		return &ml.Error{Where: where, Field: "Ensemble", Found: "trees of another kind", Want: "the mean of trees that know their covers and gains", Kind: ml.ErrFormat}
	}
	if len(o.Value) != k*len(o.Count) {
		return &ml.Error{Where: where, Field: "OOB", Found: fmt.Sprintf("%d values for %d rows", len(o.Value), len(o.Count)), Want: fmt.Sprintf("%d for each", k), Kind: ml.ErrFormat}
	}
	return nil
}
