package ensemble

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// RandomForestMultiLabel is a random forest for several labels: its trees know all of them, so that labels that go together are learned together, and it costs as much as one forest. The impurity of a node is the
// mean over the labels of the Gini impurity, and a leaf holds the share of its rows that have each label. What [RandomForestClassifier] says of draws, weights, cost and memory holds here too.
//
// It answers as scikit-learn's RandomForestClassifier does for a Y of several columns.
type RandomForestMultiLabel struct {
	Trees                 int      // 0: 100
	MaxFeatures           int      // columns tried in each node, drawn from those that are not constant in it; all if there are fewer. 0: the root of their number
	MaxDepth              int      // splits between the root and a leaf. 0: any
	MinSamplesSplit       int      // different rows that a node must have to be split. 0: 2
	MinSamplesLeaf        int      // different rows that a leaf must have. 0: 1
	MinWeightFractionLeaf float64  // share of its tree's weight that a leaf must have, up to 1/2. 0: any
	MaxLeaves             int      // of a tree; the split that gains most comes first. 0: any number
	MinImpurityDecrease   float64  // what a split must gain: the fall of the impurity times the share of the weight in the node. 0: any
	Rows                  RowDraws // which rows a tree sees: DrawRows or EveryRow. Zero: DrawRows
	MaxSamples            float64  // DrawRows: how many rows, as a share of those that have weight. 0: 1
	Engine                Engine   // how exactly trees look at numbers. Zero: AutoEngine
	OOB                   bool     // the model says what trees make of the rows that they have not drawn
	Seed                  uint64   // of the draws
}

// ExtraTreesMultiLabel is to [RandomForestMultiLabel] what [ExtraTreesClassifier] is to [RandomForestClassifier]: cuts are drawn, and each tree sees every row unless Rows says otherwise.
type ExtraTreesMultiLabel RandomForestMultiLabel

// ForestLabels is a forest of several labels. Response has the probability of each label, rows x labels, and what trees can do is there as at [ForestMultiModel].
type ForestLabels struct {
	tree.Model
	OOB OutOfBag // if the config asks for it
}

var (
	_ ml.Fitter[ml.Dataset[[]int], *ForestLabels]  = RandomForestMultiLabel{}
	_ ml.Fitter[ml.Dataset[[]int], *ForestLabels]  = ExtraTreesMultiLabel{}
	_ ml.Updater[ml.Dataset[[]int], *ForestLabels] = (*ForestLabels)(nil)
)

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (RandomForestMultiLabel) Accepts() ml.Accepts { return accepted }

// Accepts is that of [RandomForestMultiLabel].
func (ExtraTreesMultiLabel) Accepts() ml.Accepts { return accepted }

// Fit returns the forest. Errors are those of [RandomForestClassifier.Fit].
func (c RandomForestMultiLabel) Fit(ctx context.Context, d ml.Dataset[[]int]) (*ForestLabels, error) {
	return c.fit(ctx, "ensemble.RandomForestMultiLabel.Fit", d, false, nil)
}

// Fit returns the forest. Errors are those of [RandomForestClassifier.Fit].
func (c ExtraTreesMultiLabel) Fit(ctx context.Context, d ml.Dataset[[]int]) (*ForestLabels, error) {
	return RandomForestMultiLabel(c).fit(ctx, "ensemble.ExtraTreesMultiLabel.Fit", d, true, nil)
}

func (c RandomForestMultiLabel) fit(ctx context.Context, where string, d ml.Dataset[[]int], random bool, old *ForestLabels) (*ForestLabels, error) {
	own := RandomForestRegressor{Trees: c.Trees, MaxFeatures: c.MaxFeatures, MaxDepth: c.MaxDepth, MinSamplesSplit: c.MinSamplesSplit, MinSamplesLeaf: c.MinSamplesLeaf,
		MinWeightFractionLeaf: c.MinWeightFractionLeaf, MaxLeaves: c.MaxLeaves, Rows: c.Rows, MaxSamples: c.MaxSamples, Engine: c.Engine, OOB: c.OOB, Seed: c.Seed,
		MinImpurityDecrease: 0.5 * c.MinImpurityDecrease} // the variance of a label is half of its Gini impurity
	f, err := own.prepare(where, random)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, accepted); err != nil {
		return nil, err
	}
	c.Trees, c.Rows, c.MinSamplesSplit, c.MinSamplesLeaf = own.Trees, own.Rows, own.MinSamplesSplit, own.MinSamplesLeaf
	if _, p := d.X.Dims(); own.MaxFeatures == 0 {
		own.MaxFeatures = max(1, int(math.Sqrt(float64(p))))
	}
	m := len(d.Y[0])
	y := make([]float64, 0, len(d.Y)*m)
	for _, row := range d.Y {
		for _, label := range row {
			y = append(y, float64(label))
		}
	}
	var was *tree.Model
	if old != nil {
		was = &old.Model
	}
	var config any = c
	if random {
		config = ExtraTreesMultiLabel(c)
	}
	fitted, e, err := own.grow(ctx, f, d.Table, y, m, random, config, was)
	if err != nil {
		return nil, err
	}
	out := &ForestLabels{Model: tree.Model{Fitted: fitted, Ensemble: e}}
	out.Classes = append([]string(nil), d.Classes...)
	if c.OOB {
		out.OOB = f.leftOut(e)
		out.OOB.Score = out.OOB.allRight(d.Y, d.Weight)
	}
	return out, out.Restore()
}

// allRight is the share of the rows that have all labels right.
func (o *OutOfBag) allRight(y [][]int, weight []float64) float64 {
	right, total := 0.0, 0.0
	for i, n := range o.Count {
		if n == 0 {
			continue
		}
		w, is := weightOf(weight, i), true
		for j, label := range y[i] {
			is = is && (o.Value[i*len(y[i])+j] > 0.5) == (label == 1)
		}
		if total += w; is {
			right += w
		}
	}
	return right / total
}

// Predict returns 0 or 1 for each label of each row: 1 where its probability is above 1/2.
func (m *ForestLabels) Predict(x tensor.Matrix) ([][]int, error) {
	raw, err := m.Raw(x)
	if err != nil {
		return nil, err
	}
	return labelsAbove(raw, 0.5), nil
}

// Update is that of [ForestClassification].
func (m *ForestLabels) Update(ctx context.Context, d ml.Dataset[[]int]) (*ForestLabels, error) {
	return m.more(ctx, "ensemble.ForestLabels.Update", d, 0, false)
}

// Continue is that of [ForestClassification].
func (m *ForestLabels) Continue(ctx context.Context, d ml.Dataset[[]int], trees int) (*ForestLabels, error) {
	return m.more(ctx, "ensemble.ForestLabels.Continue", d, trees, true)
}

func (m *ForestLabels) more(ctx context.Context, where string, d ml.Dataset[[]int], trees int, same bool) (*ForestLabels, error) {
	if err := checkMore(where, trees, same, m.Info.Rows, d.Table); err != nil {
		return nil, err
	}
	d.Columns, d.Classes = m.Columns, m.Classes
	c, is := m.Config.(RandomForestMultiLabel)
	extra, random := m.Config.(ExtraTreesMultiLabel)
	if random {
		c = RandomForestMultiLabel(extra)
	} else if !is {
		return nil, foreignConfig(where, m.Config)
	}
	if c.OOB = c.OOB && same; trees > 0 {
		c.Trees = trees
	}
	return c.fit(ctx, where, d, random, m)
}

// Restore checks a model that was read from a file.
func (m *ForestLabels) Restore() error {
	if err := m.Model.Restore(); err != nil {
		return err
	}
	return checkForest("ensemble.ForestLabels", m.Ensemble, &m.OOB, m.Ensemble.Outputs)
}

func init() {
	ml.RegisterConfig[RandomForestMultiLabel]("ensemble.RandomForestMultiLabel")
	ml.RegisterConfig[ExtraTreesMultiLabel]("ensemble.ExtraTreesMultiLabel")
	ml.Register[*ForestLabels]("ensemble.ForestLabels")
}
