package tree

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tensor"
)

// SurrogateClassifier grows the tree of a [DecisionTreeClassifier] with another way to treat missing values, that of CART and rpart (Breiman et al., 1984,
// chapter 5.3; Therneau and Atkinson, An introduction to recursive partitioning using the RPART routines, 2023): a split is chosen by the rows
// that are not missing in its column, and other columns whose splits send those rows to much the same sides stand in for it. A row that
// is missing in the column goes where the first surrogate says whose column it has; if it has none, with the larger part. That holds in training and in
// prediction, so columns that tell of each other make good what is missing.
//
// Ties aside, trees, surrogates and agreements are rpart's. Scores of splits are the fall of the impurity among the rows that are not missing, so a column that
// is often missing is chosen less often. Monotone, RandomSplit, Bins and CCPAlpha of Tree are not available.
type SurrogateClassifier struct {
	Tree       DecisionTreeClassifier // how the tree grows. MinSamplesLeaf and MinWeightFractionLeaf hold for the rows that are not missing
	Surrogates int                    // of a split, at most. 0: 5
}

// SurrogateRegressor is [SurrogateClassifier] for numbers. It knows SquaredError, Friedman, Poisson, Gamma and Tweedie.
type SurrogateRegressor struct {
	Tree       DecisionTreeRegressor // how the tree grows
	Surrogates int                   // of a split, at most. 0: 5
}

// Surrogate is a split that stands in for that of a node where its column is missing.
type Surrogate struct {
	Feature   int      // the column it asks
	Threshold float64  // of a column of numbers
	Set       []uint32 // of a column of categories: those that go left, bit c%32 of word c/32; nil: a column of numbers
	Left      bool     // numbers up to the threshold go left, else right
	Agreement float64  // share of the weight of the training rows with the node's column that it sends to the same side. Rows without its own column count as missed
	Adjusted  float64  // how far that lies from sending all to the larger side, 0, to perfect agreement, 1
}

// goesLeft reports where a number goes that is not missing.
func (s *Surrogate) goesLeft(v float64) bool {
	if s.Set != nil {
		return v >= 0 && v < float64(32*len(s.Set)) && contains(s.Set, int(v))
	}
	return (v <= s.Threshold) == s.Left
}

// SurrogateTree is a tree whose splits have surrogates. Its Ensemble without them would send missing values to another place, so no other model is made of it.
type SurrogateTree struct {
	ml.Fitted
	Ensemble   *Ensemble     // one tree. MissingLeft of a rule says where a row goes that lacks all columns
	Surrogates [][]Surrogate // of each node, the best first; empty for leaves
}

// SurrogateRegressionModel predicts a number.
type SurrogateRegressionModel struct{ SurrogateTree }

// SurrogateClassificationModel predicts class codes.
type SurrogateClassificationModel struct{ SurrogateTree }

var (
	_ ml.Fitter[ml.Dataset[int], *SurrogateClassificationModel] = SurrogateClassifier{}
	_ ml.Fitter[ml.Dataset[float64], *SurrogateRegressionModel] = SurrogateRegressor{}
	_ ml.Classifier                                             = (*SurrogateClassificationModel)(nil)
	_ ml.Predictor[float64]                                     = (*SurrogateRegressionModel)(nil)
)

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (SurrogateClassifier) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Accepts is that of [SurrogateClassifier].
func (SurrogateRegressor) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit returns the tree.
func (c SurrogateClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SurrogateClassificationModel, error) {
	const where = "tree.SurrogateClassifier.Fit"
	if err := checkSurrogates(where, &c.Surrogates, c.Tree.Monotone != nil, c.Tree.Splitter, c.Tree.Bins, c.Tree.CCPAlpha); err != nil {
		return nil, err
	}
	e, nodes, resolved, err := c.Tree.grown(ctx, where, d, c.Surrogates)
	if err != nil {
		return nil, err
	}
	c.Tree = resolved
	tree, err := withSurrogates(ml.NewFitted(d.Table, d.Classes, c), e, nodes)
	return &SurrogateClassificationModel{tree}, err
}

// Fit returns the tree.
func (c SurrogateRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SurrogateRegressionModel, error) {
	const where = "tree.SurrogateRegressor.Fit"
	if err := checkSurrogates(where, &c.Surrogates, c.Tree.Monotone != nil, c.Tree.Splitter, c.Tree.Bins, c.Tree.CCPAlpha); err != nil {
		return nil, err
	}
	switch c.Tree.Criterion {
	case AbsoluteError, QuantileLoss, Huber:
		return nil, ml.BadConfig(where, "Tree.Criterion", c.Tree.Criterion, "SquaredError, Friedman, Poisson, Gamma or Tweedie")
	}
	e, nodes, err := c.Tree.grown(ctx, where, d, c.Surrogates)
	if err != nil {
		return nil, err
	}
	tree, err := withSurrogates(ml.NewFitted(d.Table, nil, c), e, nodes)
	return &SurrogateRegressionModel{tree}, err
}

func checkSurrogates(where string, most *int, monotone bool, splitter Splitter, bins Binning, alpha float64) error {
	switch {
	case *most < 0:
		return ml.BadConfig(where, "Surrogates", *most, ">= 1; 0 means 5")
	case monotone:
		return ml.BadConfig(where, "Tree.Monotone", "set", "nil")
	case splitter != BestSplit:
		return ml.BadConfig(where, "Tree.Splitter", splitter, "BestSplit")
	case bins.on():
		return ml.BadConfig(where, "Tree.Bins", "set", "none")
	case alpha != 0:
		return ml.BadConfig(where, "Tree.CCPAlpha", alpha, "0")
	}
	if *most == 0 {
		*most = 5
	}
	return nil
}

// withSurrogates stores a grown tree.
func withSurrogates(f ml.Fitted, e *Ensemble, nodes []treegrow.Node) (SurrogateTree, error) {
	f.Info.Features = e.Features
	t := SurrogateTree{Fitted: f, Ensemble: e, Surrogates: make([][]Surrogate, len(nodes))}
	for i, n := range nodes {
		for _, s := range n.Surrogates {
			t.Surrogates[i] = append(t.Surrogates[i], Surrogate(s))
		}
	}
	return t, t.Restore()
}

// Restore checks a model that was read from a file.
func (t *SurrogateTree) Restore() error {
	e := t.Ensemble
	if e == nil || e.Trees() != 1 || len(t.Surrogates) != e.Nodes(0) || t.Info.Features != e.Features || t.Columns != nil && len(t.Columns) != e.Features {
		return malformed("Surrogates", "of another size than the tree", "a list for each node of one tree")
	}
	for _, list := range t.Surrogates {
		for _, s := range list {
			if s.Feature < 0 || s.Feature >= e.Features || math.IsNaN(s.Threshold) {
				return malformed("Surrogates", fmt.Sprintf("column %d, threshold %v", s.Feature, s.Threshold), fmt.Sprintf("one of %d columns, a number", e.Features))
			}
		}
	}
	return e.Restore()
}

// Restore checks a model that was read from a file.
func (m *SurrogateRegressionModel) Restore() error {
	if err := m.SurrogateTree.Restore(); err != nil {
		return err
	}
	if m.Ensemble.Outputs != 1 {
		return malformed("Outputs", fmt.Sprint(m.Ensemble.Outputs), "1 for a model of one number")
	}
	return nil
}

// Restore checks a model that was read from a file.
func (m *SurrogateClassificationModel) Restore() error {
	if err := m.SurrogateTree.Restore(); err != nil {
		return err
	}
	if !m.Ensemble.Vector || m.Classes != nil && len(m.Classes) != m.Ensemble.Outputs {
		return malformed("Classes", fmt.Sprint(len(m.Classes)), fmt.Sprintf("%d, with a share in each leaf", m.Ensemble.Outputs))
	}
	return nil
}

// leaf is the leaf of a row.
func (t *SurrogateTree) leaf(x []float64) int {
	e, i := t.Ensemble, 0
	for e.Feature[i] >= 0 {
		if t.goesLeft(i, x) {
			i = int(e.Left[i])
		} else {
			i = int(e.Right[i])
		}
	}
	return i
}

func (t *SurrogateTree) goesLeft(i int, x []float64) bool {
	e := t.Ensemble
	v := x[e.Feature[i]]
	if v == v {
		return e.passes(i, v)
	}
	for k := range t.Surrogates[i] {
		s := &t.Surrogates[i][k]
		if w := x[s.Feature]; w == w {
			return s.goesLeft(w)
		}
	}
	return e.passes(i, v)
}

// Leaves returns the leaf of each row of x, as a node of the tree.
func (t *SurrogateTree) Leaves(x tensor.Matrix) ([]int32, error) {
	const where = "tree.SurrogateTree.Leaves"
	if err := ml.CheckPredict(where, &t.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &t.Fitted, x, true); err != nil {
		return nil, err
	}
	src := rows.Of(x)
	out := make([]int32, src.Len())
	par.For(src.Len(), 100, func(lo, hi int) {
		buf := make([]float64, t.Ensemble.Features)
		for i := lo; i < hi; i++ {
			out[i] = int32(t.leaf(src.Row(i, buf)))
		}
	})
	return out, nil
}

// Predict returns a number for each row of x.
func (m *SurrogateRegressionModel) Predict(x tensor.Matrix) ([]float64, error) {
	leaves, err := m.Leaves(x)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(leaves))
	for i, l := range leaves {
		out[i] = m.Ensemble.Value[l]
	}
	return out, nil
}

// PredictProba returns the shares of the classes in the leaf of each row of x: rows x K.
func (m *SurrogateClassificationModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	leaves, err := m.Leaves(x)
	if err != nil {
		return nil, err
	}
	k := m.Ensemble.Outputs
	out := tensor.New[float64](len(leaves), k)
	for i, l := range leaves {
		copy(out.Row(i), m.Ensemble.Value[int(l)*k:int(l+1)*k])
		share(out.Row(i))
	}
	return out, nil
}

// Predict returns the most probable class code of each row of x, the lowest of equals.
func (m *SurrogateClassificationModel) Predict(x tensor.Matrix) ([]int, error) {
	proba, err := m.PredictProba(x)
	if err != nil {
		return nil, err
	}
	out := make([]int, proba.Shape()[0])
	for i := range out {
		row := proba.Row(i)
		out[i] = slices.Index(row, slices.Max(row))
	}
	return out, nil
}
