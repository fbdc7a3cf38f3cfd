package ensemble

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Growth says which leaf of a tree is split next.
type Growth uint8

// The orders of growth.
const (
	LeafWise  Growth = iota // the one that gains most: LightGBM's
	DepthWise               // level by level: XGBoost's default
)

// String names the order.
func (g Growth) String() string {
	switch g {
	case LeafWise:
		return "leaf-wise"
	case DepthWise:
		return "depth-wise"
	}
	return fmt.Sprintf("Growth(%d)", uint8(g))
}

// Categories says how categorical columns are split: by LightGBM's rules. A column of few categories is split one against all others. Of more, those that
// are frequent enough are put in the order of gradient/Hessian and cut in two. Categories that a split has not seen, and missing ones, go right.
type Categories struct {
	OneHot     int     // up to how many categories are split one against all others. 0: 4
	Smooth     float64 // added to the Hessian of a category where they are put in order; categories with fewer rows do not take part. 0: 10
	L2         float64 // added to L2 where they are put in order. 0: 10
	MaxSide    int     // categories on the smaller side at the most. 0: 32
	MinSamples int     // rows in the categories that are added to a side at a time. 0: 100
}

// boostOptions are the fields that the configs of boosting share, where they are.
type boostOptions struct {
	trees, maxLeaves, maxDepth, minSamplesLeaf, maxBins, patience *int
	learningRate, minHessianLeaf, minGain, l1, l2                 *float64
	maxDeltaStep, pathSmooth, minDelta                            *float64
	growth                                                        *Growth
	sampling                                                      *Sampling
	dropout                                                       *Dropout
	categories                                                    *Categories
	monotone                                                      *[]int
	interactions                                                  *[][]int
	seed                                                          uint64
}

// boostParams are the options of a fit.
type boostParams struct {
	trees, maxLeaves, maxDepth, minSamplesLeaf, maxBins, patience int
	learningRate, minHessianLeaf, minGain, l1, l2                 float64
	maxStep, pathSmooth, minDelta                                 float64
	growth                                                        Growth
	sampling                                                      Sampling
	dropout                                                       Dropout
	categories                                                    Categories
	monotone                                                      []int8
	interactions                                                  [][]int
	seed                                                          uint64
}

// resolve checks the options that do not depend on the data and fills in their defaults.
func (o *boostOptions) resolve(where string) error {
	for _, c := range []struct {
		name  string
		v     *int
		zero  int
		least int
		want  string
	}{
		{"Trees", o.trees, 100, 1, ">= 1; 0 means 100"},
		{"MaxLeaves", o.maxLeaves, 31, 2, ">= 2; 0 means 31"},
		{"MaxDepth", o.maxDepth, 0, 0, ">= 0; 0 means any, or 6 with DepthWise"},
		{"MinSamplesLeaf", o.minSamplesLeaf, 20, 1, ">= 1; 0 means 20"},
		{"MaxBins", o.maxBins, 255, 2, "2 to 255; 0 means 255"},
		{"Patience", o.patience, 0, 0, ">= 0; 0 means no early stopping"},
		{"Categories.OneHot", &o.categories.OneHot, 4, 1, ">= 1; 0 means 4"},
		{"Categories.MaxSide", &o.categories.MaxSide, 32, 1, ">= 1; 0 means 32"},
		{"Categories.MinSamples", &o.categories.MinSamples, 100, 1, ">= 1; 0 means 100"},
		{"Dropout.Max", &o.dropout.Max, 50, 1, ">= 1; 0 means 50"},
	} {
		if *c.v != 0 && *c.v < c.least {
			return ml.BadConfig(where, c.name, *c.v, c.want)
		}
		if *c.v == 0 && c.name == "MaxLeaves" && *o.growth == DepthWise {
			continue
		}
		if *c.v == 0 {
			*c.v = c.zero
		}
	}
	if *o.maxBins > 255 {
		return ml.BadConfig(where, "MaxBins", *o.maxBins, "2 to 255; 0 means 255")
	}
	for _, c := range []struct {
		name string
		v    *float64
		zero float64
		most float64
		want string
	}{
		{"LearningRate", o.learningRate, 0.1, math.MaxFloat64, "> 0 and finite; 0 means 0.1"},
		{"MinHessianLeaf", o.minHessianLeaf, 1e-3, math.MaxFloat64, "> 0 and finite; 0 means 0.001"},
		{"MinGain", o.minGain, 0, math.MaxFloat64, "a finite number >= 0"},
		{"L1", o.l1, 0, math.MaxFloat64, "a finite number >= 0"},
		{"L2", o.l2, 0, math.MaxFloat64, "a finite number >= 0"},
		{"MaxDeltaStep", o.maxDeltaStep, 0, math.MaxFloat64, "a finite number >= 0; 0 means any step"},
		{"PathSmooth", o.pathSmooth, 0, math.MaxFloat64, "a finite number >= 0; 0 means none"},
		{"MinDelta", o.minDelta, 0, math.MaxFloat64, "a finite number >= 0"},
		{"Sampling.Rows", &o.sampling.Rows, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.Columns", &o.sampling.Columns, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.LevelColumns", &o.sampling.LevelColumns, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.NodeColumns", &o.sampling.NodeColumns, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.Others", &o.sampling.Others, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.Top", &o.sampling.Top, 0, 1, "0 to 1"},
		{"Sampling.Other", &o.sampling.Other, 0, 1, "0 to 1"},
		{"Dropout.Rate", &o.dropout.Rate, 0, 1, "0 to 1"},
		{"Dropout.Skip", &o.dropout.Skip, 0, 1, "0 to 1"},
		{"Categories.Smooth", &o.categories.Smooth, 10, math.MaxFloat64, "> 0 and finite; 0 means 10"},
		{"Categories.L2", &o.categories.L2, 10, math.MaxFloat64, "> 0 and finite; 0 means 10"},
	} {
		if !(*c.v >= 0 && *c.v <= c.most) {
			return ml.BadConfig(where, c.name, *c.v, c.want)
		}
		if *c.v == 0 {
			*c.v = c.zero
		}
	}
	return o.resolveRest(where)
}

// resolveRest is about options that depend on each other.
func (o *boostOptions) resolveRest(where string) error {
	s, d := *o.sampling, *o.dropout
	switch {
	case *o.growth > DepthWise:
		return ml.BadConfig(where, "Growth", *o.growth, "LeafWise or DepthWise")
	case (s.Top > 0) != (s.Other > 0):
		return ml.BadConfig(where, "Sampling.Top and Sampling.Other", fmt.Sprintf("%v and %v", s.Top, s.Other), "both 0, or both above 0")
	case s.Top+s.Other > 1:
		return ml.BadConfig(where, "Sampling.Top and Sampling.Other", fmt.Sprintf("%v and %v", s.Top, s.Other), "1 at most together")
	case s.Top > 0 && (s.Rows != 1 || s.Classes):
		return ml.BadConfig(where, "Sampling.Rows", s.Rows, "1 with Top and Other, which draw rows themselves")
	case s.Others != 1 && !s.Classes:
		return ml.BadConfig(where, "Sampling.Others", s.Others, "1 without Classes")
	case d.Rate == 0 && (d.Skip > 0 || d.Weighted || d.AtLeast1 || d.Mild):
		return ml.BadConfig(where, "Dropout.Rate", d.Rate, "> 0 where other fields of Dropout are set")
	case d.Rate > 0 && *o.patience > 0:
		return ml.BadConfig(where, "Patience", *o.patience, "0 with Dropout: later rounds change the weight of earlier ones, so there is no best one to go back to")
	}
	if *o.growth == DepthWise && *o.maxDepth == 0 {
		*o.maxDepth = 6
	}
	if *o.maxLeaves == 0 {
		*o.maxLeaves = 1 << min(*o.maxDepth, 16)
	}
	*o.monotone = slices.Clone(*o.monotone)
	*o.interactions = slices.Clone(*o.interactions)
	for i := range *o.interactions {
		(*o.interactions)[i] = slices.Clone((*o.interactions)[i])
	}
	return nil
}

// params checks the options against the columns.
func (o *boostOptions) params(where string, t ml.Table) (boostParams, error) {
	p := boostParams{trees: *o.trees, maxLeaves: *o.maxLeaves, maxDepth: *o.maxDepth, minSamplesLeaf: *o.minSamplesLeaf, maxBins: *o.maxBins, patience: *o.patience,
		learningRate: *o.learningRate, minHessianLeaf: *o.minHessianLeaf, minGain: *o.minGain, l1: *o.l1, l2: *o.l2, maxStep: *o.maxDeltaStep, pathSmooth: *o.pathSmooth,
		minDelta: *o.minDelta, growth: *o.growth, sampling: *o.sampling, dropout: *o.dropout, categories: *o.categories, interactions: *o.interactions, seed: o.seed}
	_, features := t.X.Dims()
	for i, group := range p.interactions {
		for _, j := range group {
			if j < 0 || j >= features {
				return p, ml.BadConfig(where, fmt.Sprintf("Interactions[%d]", i), j, fmt.Sprintf("columns from 0 to %d", features-1))
			}
		}
	}
	m := *o.monotone
	if m == nil {
		return p, nil
	}
	if len(m) != features {
		return p, ml.BadConfig(where, "Monotone", fmt.Sprintf("a list of %d", len(m)), fmt.Sprintf("%d, one for each column", features))
	}
	p.monotone = make([]int8, features)
	for j, v := range m {
		if v < -1 || v > 1 {
			return p, ml.BadConfig(where, fmt.Sprintf("Monotone[%d]", j), v, "-1, 0 or 1")
		}
		if v != 0 && j < len(t.Columns) && t.Columns[j].Kind == ml.Categorical {
			return p, ml.BadConfig(where, fmt.Sprintf("Monotone[%d]", j), v, "0 for a categorical column, which has no order")
		}
		p.monotone[j] = int8(v)
	}
	if !slices.ContainsFunc(p.monotone, func(v int8) bool { return v != 0 }) {
		p.monotone = nil
	}
	return p, nil
}
