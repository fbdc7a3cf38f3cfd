package ensemble

import (
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tree"
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

// boostOptions are the fields that the configs of boosting share, by the same names.
type boostOptions struct {
	Trees, MaxLeaves, MaxDepth, MinSamplesLeaf, MaxBins, Patience int
	ParallelTrees                                                 int
	LearningRate, MinHessianLeaf, MinGain, L1, L2                 float64
	MaxDeltaStep, PathSmooth, MinDelta                            float64
	KeepBest, Exact, Forest                                       bool
	Offset                                                        []string
	Growth                                                        Growth
	Bins                                                          []ColumnBins
	Sampling                                                      Sampling
	Dropout                                                       Dropout
	Categories                                                    Categories
	Monotone                                                      []int
	MonotoneMethod                                                tree.MonotoneMethod
	Interactions                                                  [][]int
	Seed                                                          uint64
}

// boostParams are the options of a fit.
type boostParams struct {
	boostOptions
	directions []int8 // Monotone; nil: all columns are free
	offsets    []int  // the columns that Offset names
}

// optionsOf checks the options of a config, given by its address, that do not depend on the data, and fills in their defaults, in the config too.
func optionsOf(where string, config any) (boostOptions, error) {
	var o boostOptions
	mine, theirs := reflect.ValueOf(&o).Elem(), reflect.ValueOf(config).Elem()
	for i := range mine.NumField() {
		mine.Field(i).Set(theirs.FieldByName(mine.Type().Field(i).Name))
	}
	if err := o.resolve(where); err != nil {
		return o, err
	}
	for i := range mine.NumField() {
		theirs.FieldByName(mine.Type().Field(i).Name).Set(mine.Field(i))
	}
	return o, nil
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
		{"Trees", &o.Trees, 100, 1, ">= 1; 0 means 100"},
		{"MaxLeaves", &o.MaxLeaves, 31, 2, ">= 2; 0 means 31"},
		{"MaxDepth", &o.MaxDepth, 0, 0, ">= 0; 0 means any, or 6 with DepthWise"},
		{"MinSamplesLeaf", &o.MinSamplesLeaf, 20, 1, ">= 1; 0 means 20"},
		{"MaxBins", &o.MaxBins, 255, 2, "2 to 65535; 0 means 255"},
		{"Patience", &o.Patience, 0, 0, ">= 0; 0 means no early stopping"},
		{"Categories.OneHot", &o.Categories.OneHot, 4, 1, ">= 1; 0 means 4"},
		{"Categories.MaxSide", &o.Categories.MaxSide, 32, 1, ">= 1; 0 means 32"},
		{"Categories.MinSamples", &o.Categories.MinSamples, 100, 1, ">= 1; 0 means 100"},
		{"Dropout.Max", &o.Dropout.Max, 50, 1, ">= 1; 0 means 50"},
		{"ParallelTrees", &o.ParallelTrees, 1, 1, ">= 1; 0 means 1"},
	} {
		if *c.v != 0 && *c.v < c.least {
			return ml.BadConfig(where, c.name, *c.v, c.want)
		}
		if *c.v == 0 && (c.name == "MaxLeaves" && o.Growth == DepthWise || c.name == "MaxBins" && o.Exact) {
			continue
		}
		if *c.v == 0 {
			*c.v = c.zero
		}
	}
	if o.MaxBins > mostBins {
		return ml.BadConfig(where, "MaxBins", o.MaxBins, "2 to 65535; 0 means 255")
	}
	for _, c := range []struct {
		name string
		v    *float64
		zero float64
		most float64
		want string
	}{
		{"LearningRate", &o.LearningRate, 0.1, math.MaxFloat64, "> 0 and finite; 0 means 0.1"},
		{"MinHessianLeaf", &o.MinHessianLeaf, 1e-3, math.MaxFloat64, "> 0 and finite; 0 means 0.001"},
		{"MinGain", &o.MinGain, 0, math.MaxFloat64, "a finite number >= 0"},
		{"L1", &o.L1, 0, math.MaxFloat64, "a finite number >= 0"},
		{"L2", &o.L2, 0, math.MaxFloat64, "a finite number >= 0"},
		{"MaxDeltaStep", &o.MaxDeltaStep, 0, math.MaxFloat64, "a finite number >= 0; 0 means any step"},
		{"PathSmooth", &o.PathSmooth, 0, math.MaxFloat64, "a finite number >= 0; 0 means none"},
		{"MinDelta", &o.MinDelta, 0, math.MaxFloat64, "a finite number >= 0"},
		{"Sampling.Rows", &o.Sampling.Rows, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.Columns", &o.Sampling.Columns, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.LevelColumns", &o.Sampling.LevelColumns, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.NodeColumns", &o.Sampling.NodeColumns, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.Others", &o.Sampling.Others, 1, 1, "above 0, up to 1; 0 means 1"},
		{"Sampling.Top", &o.Sampling.Top, 0, 1, "0 to 1"},
		{"Sampling.Other", &o.Sampling.Other, 0, 1, "0 to 1"},
		{"Dropout.Rate", &o.Dropout.Rate, 0, 1, "0 to 1"},
		{"Dropout.Skip", &o.Dropout.Skip, 0, 1, "0 to 1"},
		{"Categories.Smooth", &o.Categories.Smooth, 10, math.MaxFloat64, "> 0 and finite; 0 means 10"},
		{"Categories.L2", &o.Categories.L2, 10, math.MaxFloat64, "> 0 and finite; 0 means 10"},
		{"Sampling.HessianPart", &o.Sampling.HessianPart, 0, math.MaxFloat64, "a finite number >= 0; 0 means 0.1 with MVS"},
		{"Sampling.Bayesian", &o.Sampling.Bayesian, 0, 100, "0 to 100; 0 means none"},
	} {
		if !(*c.v >= 0 && *c.v <= c.most) {
			return ml.BadConfig(where, c.name, *c.v, c.want)
		}
		if *c.v == 0 && (c.name != "LearningRate" || !o.Forest) {
			*c.v = c.zero
		}
	}
	return o.resolveRest(where)
}

// resolveRest is about options that depend on each other.
func (o *boostOptions) resolveRest(where string) error {
	s, d := o.Sampling, o.Dropout
	switch {
	case o.Exact && (o.MaxBins != 0 || len(o.Bins) > 0):
		return ml.BadConfig(where, "MaxBins and Bins", fmt.Sprintf("%d and %d of them", o.MaxBins, len(o.Bins)), "none with Exact, which has no bins")
	case o.Growth > DepthWise:
		return ml.BadConfig(where, "Growth", o.Growth, "LeafWise or DepthWise")
	case o.MonotoneMethod > tree.MonotoneAdvanced:
		return ml.BadConfig(where, "MonotoneMethod", o.MonotoneMethod, "MonotoneBasic, MonotoneIntermediate or MonotoneAdvanced")
	case o.MonotoneMethod != tree.MonotoneBasic && len(o.Monotone) == 0:
		return ml.BadConfig(where, "MonotoneMethod", o.MonotoneMethod, "MonotoneBasic without Monotone")
	case (s.Top > 0) != (s.Other > 0):
		return ml.BadConfig(where, "Sampling.Top and Sampling.Other", fmt.Sprintf("%v and %v", s.Top, s.Other), "both 0, or both above 0")
	case s.Top+s.Other > 1:
		return ml.BadConfig(where, "Sampling.Top and Sampling.Other", fmt.Sprintf("%v and %v", s.Top, s.Other), "1 at most together")
	case s.Top > 0 && (s.Rows != 1 || s.Classes):
		return ml.BadConfig(where, "Sampling.Rows", s.Rows, "1 with Top and Other, which draw rows themselves")
	case s.MVS && (s.Top > 0 || s.Classes):
		return ml.BadConfig(where, "Sampling.MVS", true, "false with Top and Other or Classes, which draw rows themselves")
	case s.MVS && s.Rows == 1:
		return ml.BadConfig(where, "Sampling.Rows", 1, "below 1 with MVS: the share of the rows that is drawn on average")
	case s.HessianPart > 0 && !s.MVS:
		return ml.BadConfig(where, "Sampling.HessianPart", s.HessianPart, "0 without MVS")
	case o.Forest && o.LearningRate != 0 && o.LearningRate != 1:
		return ml.BadConfig(where, "LearningRate", o.LearningRate, "0 or 1 with Forest, whose trees are averaged")
	case o.Forest && d.Rate > 0:
		return ml.BadConfig(where, "Dropout.Rate", d.Rate, "0 with Forest, whose trees know nothing of each other")
	case o.Forest && o.ParallelTrees > 1:
		return ml.BadConfig(where, "ParallelTrees", o.ParallelTrees, "1 with Forest, whose trees are all parallel")
	case o.Forest && len(o.Offset) > 0:
		return ml.BadConfig(where, "Offset", o.Offset, "none with Forest")
	case s.Others != 1 && !s.Classes:
		return ml.BadConfig(where, "Sampling.Others", s.Others, "1 without Classes")
	case d.Rate == 0 && (d.Skip > 0 || d.Weighted || d.AtLeast1 || d.Mild || d.Whole):
		return ml.BadConfig(where, "Dropout.Rate", d.Rate, "> 0 where other fields of Dropout are set")
	case d.Mild && d.Whole:
		return ml.BadConfig(where, "Dropout.Mild and Dropout.Whole", true, "one of them")
	case d.Rate > 0 && (o.Patience > 0 || o.KeepBest):
		return ml.BadConfig(where, "Patience and KeepBest", fmt.Sprintf("%d and %v", o.Patience, o.KeepBest), "0 and false with Dropout: later rounds change the weight of earlier ones, so there is no best one to go back to")
	}
	if o.Forest {
		o.LearningRate = 1
	}
	if s.MVS && s.HessianPart == 0 {
		o.Sampling.HessianPart = 0.1
	}
	if o.Growth == DepthWise && o.MaxDepth == 0 {
		o.MaxDepth = 6
	}
	if o.MaxLeaves == 0 {
		o.MaxLeaves = 1 << min(o.MaxDepth, 16)
	}
	o.Bins = slices.Clone(o.Bins)
	for i := range o.Bins {
		o.Bins[i].Edges, o.Bins[i].Forced = slices.Clone(o.Bins[i].Edges), slices.Clone(o.Bins[i].Forced)
	}
	o.Monotone, o.Offset = slices.Clone(o.Monotone), slices.Clone(o.Offset)
	o.Interactions = slices.Clone(o.Interactions)
	for i := range o.Interactions {
		o.Interactions[i] = slices.Clone(o.Interactions[i])
	}
	return nil
}

// params checks the options against the columns.
func (o *boostOptions) params(where string, t ml.Table) (boostParams, error) {
	p := boostParams{boostOptions: *o}
	_, features := t.X.Dims()
	for i, group := range p.Interactions {
		for _, j := range group {
			if j < 0 || j >= features {
				return p, ml.BadConfig(where, fmt.Sprintf("Interactions[%d]", i), j, fmt.Sprintf("columns from 0 to %d", features-1))
			}
		}
	}
	if err := checkBins(where, o.Bins, t); err != nil {
		return p, err
	}
	if err := p.findOffsets(where, t); err != nil {
		return p, err
	}
	m := o.Monotone
	if m == nil {
		return p, nil
	}
	if len(m) != features {
		return p, ml.BadConfig(where, "Monotone", fmt.Sprintf("a list of %d", len(m)), fmt.Sprintf("%d, one for each column", features))
	}
	p.directions = make([]int8, features)
	for j, v := range m {
		if v < -1 || v > 1 {
			return p, ml.BadConfig(where, fmt.Sprintf("Monotone[%d]", j), v, "-1, 0 or 1")
		}
		if v != 0 && j < len(t.Columns) && t.Columns[j].Kind == ml.Categorical {
			return p, ml.BadConfig(where, fmt.Sprintf("Monotone[%d]", j), v, "0 for a categorical column, which has no order")
		}
		p.directions[j] = int8(v)
	}
	if !slices.ContainsFunc(p.directions, func(v int8) bool { return v != 0 }) {
		p.directions = nil
	}
	return p, nil
}
