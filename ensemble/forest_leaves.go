package ensemble

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/treegrow"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// RandomTreesEmbedding turns rows into sparse ones: a column for each leaf of totally random trees, 1 where a row ends, as scikit-learn's transformer
// of this name. Rows near each other share many leaves, so a linear model on the leaves is one of neighbourhoods. Trees are extremely randomised ones that try one
// column in each node and learn a target of random numbers; missing values and categories are welcome. What is drawn depends on Seed and the tree; targets are drawn by the place of a row among
// those that have weight.
type RandomTreesEmbedding struct {
	Trees           int    // 0: 100
	MaxDepth        int    // 0: 5
	MinSamplesSplit int    // 0: 2
	MinSamplesLeaf  int    // 0: 1
	MaxLeaves       int    // of a tree. 0: any number
	Seed            uint64 // of the draws
}

var _ ml.Fitter[ml.Table, *LeafEmbedding] = RandomTreesEmbedding{}

// Accepts says that NaN is a missing value, and that columns may be categorical.
func (RandomTreesEmbedding) Accepts() ml.Accepts { return accepted }

// LeafEmbedding maps rows to the leaves of trees. [RandomTreesEmbedding] returns it.
type LeafEmbedding struct {
	tree.Model
	column  []int32 // of each leaf
	columns int
}

// Fit returns the transformer. Errors: ErrConfig for an option out of range, and those of a bad table: see [RandomForestClassifier.Fit]. The cost is that of [ExtraTreesClassifier] with one column tried in each node.
func (c RandomTreesEmbedding) Fit(ctx context.Context, t ml.Table) (*LeafEmbedding, error) {
	const where = "ensemble.RandomTreesEmbedding.Fit"
	f := &forest{where: where, trees: c.Trees, engine: ExactEngine, seed: c.Seed}
	if err := f.check(EveryRow); err != nil {
		return nil, err
	}
	if c.MaxDepth < 0 {
		return nil, ml.BadConfig(where, "MaxDepth", c.MaxDepth, ">= 1; 0 means 5")
	}
	if err := t.Check(where, accepted); err != nil {
		return nil, err
	}
	c.Trees = f.trees
	if c.MaxDepth == 0 {
		c.MaxDepth = 5
	}
	y, r := make([]float64, t.Rows()), rng.New(rng.Key(c.Seed, forestShuffle), 0)
	for i := range y {
		if weightOf(t.Weight, i) > 0 {
			y[i] = r.Float64()
		}
	}
	one := tree.DecisionTreeRegressor{Splitter: tree.RandomSplit, MaxFeatures: 1, MaxDepth: c.MaxDepth, MinSamplesSplit: c.MinSamplesSplit, MinSamplesLeaf: c.MinSamplesLeaf, MaxLeaves: c.MaxLeaves}
	var err error
	if f.params, err = tree.GrowParams(one, where, t, y, 1); err != nil {
		return nil, err
	}
	f.table, f.target, f.outputs = t, treegrow.Numbers(y, 1), 1
	c.MinSamplesSplit, c.MinSamplesLeaf = max(c.MinSamplesSplit, 2), max(c.MinSamplesLeaf, 1)
	fitted, e, err := f.fit(ctx, ml.NewFitted(t, nil, c), nil)
	if err != nil {
		return nil, err
	}
	m := &LeafEmbedding{Model: tree.Model{Fitted: fitted, Ensemble: e}}
	return m, m.Restore()
}

// Restore checks a model that was read from a file.
func (m *LeafEmbedding) Restore() error {
	if err := m.Model.Restore(); err != nil {
		return err
	}
	m.column, m.columns = make([]int32, len(m.Ensemble.Feature)), 0
	for i, j := range m.Ensemble.Feature {
		if j < 0 {
			m.column[i] = int32(m.columns)
			m.columns++
		}
	}
	if m.columns == 0 {
		return &ml.Error{Where: "ensemble.LeafEmbedding", Field: "Ensemble", Found: "no trees", Want: "at least one", Kind: ml.ErrFormat}
	}
	return nil
}

// Out describes the columns: leaf5_12 is node 12 of tree 5, made of all columns of the input.
func (m *LeafEmbedding) Out() []ml.Column {
	e := m.Ensemble
	from := make([]int, e.Features)
	for j := range from {
		from[j] = j
	}
	out := make([]ml.Column, 0, m.columns)
	for t := range e.Trees() {
		for i := range e.Nodes(t) {
			if e.Feature[int(e.Start[t])+i] < 0 {
				out = append(out, ml.Column{Name: fmt.Sprintf("leaf%d_%d", t, i), From: append([]int(nil), from...)})
			}
		}
	}
	return out
}

// Transform returns a CSR matrix with a 1 for each tree in each row.
func (m *LeafEmbedding) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "ensemble.LeafEmbedding.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, true); err != nil {
		return nil, err
	}
	e, src := m.Ensemble, rows.Of(x)
	n, trees := src.Len(), e.Trees()
	indptr, indices, values := make([]int, n+1), make([]int32, n*trees), make([]float64, n*trees)
	par.For(n, 40*trees, func(lo, hi int) {
		buf := make([]float64, e.Features)
		for i := lo; i < hi; i++ {
			indptr[i+1] = (i + 1) * trees
			m.embed(indices[i*trees:(i+1)*trees], src.Row(i, buf))
		}
	})
	for i := range values {
		values[i] = 1
	}
	return tensor.NewCSR(n, m.columns, indptr, indices, values)
}

// embed writes the columns of the leaves of a row.
func (m *LeafEmbedding) embed(dst []int32, x []float64) {
	e := m.Ensemble
	for t := range dst {
		dst[t] = m.column[int(e.Start[t])+e.Leaf(t, x)]
	}
}

// TransformRow is Transform for one row, into dst, which has a place for each leaf.
func (m *LeafEmbedding) TransformRow(dst, x []float64) error {
	const where = "ensemble.LeafEmbedding.TransformRow"
	if len(dst) != m.columns {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(m.columns))
	}
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	for j, v := range x {
		if math.IsInf(v, 0) {
			return ml.NotFinite(where, m.Columns, 0, j, v)
		}
	}
	clear(dst)
	e := m.Ensemble
	for t := range e.Trees() {
		dst[m.column[int(e.Start[t])+e.Leaf(t, x)]] = 1
	}
	return nil
}

// Leafy is a model of trees that tells which leaf a row reaches in each; all models of this package and of tree are.
type Leafy interface {
	tree.Grown
	Leaves(x tensor.Matrix) ([]int32, error)
}

// Proximities returns how near rows are to each other in the eyes of a forest: the share of the trees in which a row of a and a row of b reach the
// same leaf (Breiman, 2003), rows of a x rows of b. Time and memory are proportional to its size, so many rows are best compared some at a time: a
// is a block of b.
func Proximities(m Leafy, a, b tensor.Matrix) (*tensor.Tensor[float64], error) {
	la, err := m.Leaves(a)
	if err != nil {
		return nil, err
	}
	lb, err := m.Leaves(b)
	if err != nil {
		return nil, err
	}
	trees := m.Trees().Trees()
	na, _ := a.Dims()
	nb, _ := b.Dims()
	out := tensor.New[float64](na, nb)
	par.For(na, nb*trees/2+1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, own := out.Row(i), la[i*trees:(i+1)*trees]
			for k := range row {
				same := 0
				for t, leaf := range lb[k*trees : (k+1)*trees] {
					if leaf == own[t] {
						same++
					}
				}
				row[k] = float64(same) / float64(max(trees, 1))
			}
		}
	})
	return out, nil
}

// ImpurityImportances returns the mean decrease of impurity of each column, the mean over the trees of its share in what the splits of a tree gained, and the
// standard error of that mean. It is scikit-learn's feature_importances_, and its usual error bar divided by the root of the number of trees. Trees that gain nothing say nothing. Columns
// with many different numbers are favoured.
func ImpurityImportances(m tree.Grown) (mean, standardError []float64, err error) {
	const where = "ensemble.ImpurityImportances"
	e := m.Trees()
	if e.Gain == nil && len(e.Feature) > e.Trees() {
		return nil, nil, &ml.Error{Where: where, Field: "Ensemble", Found: "no gains", Want: "a model that knows them", Kind: ml.ErrFormat}
	}
	var parts [][]float64
	for t := range e.Trees() {
		shares, total := make([]float64, e.Features), 0.0
		for i := e.Start[t]; i < e.Start[t+1]; i++ {
			if j := e.Feature[i]; j >= 0 {
				shares[j] += e.Gain[i]
				total += e.Gain[i]
			}
		}
		if total == 0 {
			continue
		}
		for j := range shares {
			shares[j] /= total
		}
		parts = append(parts, shares)
	}
	spread := spreadOf(parts, e.Features)
	return spread.Mean, spread.StandardError, nil
}
