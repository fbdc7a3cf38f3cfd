package tree

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// This file writes the trees of a model in XGBoost's formats; xgboost_write.go writes what stands around them.

func (x *xgbWriter) trees() {
	c, e := &x.c, x.e
	c.objectAt("cats", x.levels)
	trees := x.parts()
	parallel := e.stage()
	if !e.Vector && parallel%e.Outputs == 0 {
		parallel /= e.Outputs
	}
	c.objectAt("gbtree_model_param", func() {
		c.textAt("num_parallel_tree", strconv.Itoa(parallel))
		c.textAt("num_trees", strconv.Itoa(len(trees)))
	})
	rounds := max(e.Stages(), min(len(trees), 1))
	c.listAt("iteration_indptr", rounds+1, func(i int) {
		at := min(i*e.stage(), len(trees))
		if i == rounds {
			at = len(trees)
		}
		c.integer(at)
	})
	c.listAt("tree_info", len(trees), func(i int) { c.integer(trees[i].k) })
	c.listAt("trees", len(trees), func(i int) { c.object(func() { x.tree(i, trees[i]) }) })
}

// xgbPart is one tree of the file, for score k (0 for vectors) with a shift added to it. t is -1 for a tree that is the shift alone.
type xgbPart struct {
	t, k  int
	shift []float32 // one number, or one for each output; nil: none
}

// parts are the trees in their order, and a tree for every score that has none but needs one.
func (x *xgbWriter) parts() []xgbPart {
	e := x.e
	var out []xgbPart
	seen := make([]bool, e.Outputs)
	for t := range e.Trees() {
		p := xgbPart{t: t, k: e.output(t)}
		if x.shift != nil && !seen[p.k] {
			p.shift = x.shift[p.k : p.k+e.width()]
		}
		seen[p.k] = true
		out = append(out, p)
	}
	if e.Vector && e.Trees() == 0 {
		seen[0] = x.shift == nil
		seen = seen[:1]
	}
	for k := range seen {
		if !seen[k] && x.shift != nil && !(e.Vector && k > 0) {
			out = append(out, xgbPart{t: -1, k: k, shift: x.shift[k : k+e.width()]})
		}
	}
	return out
}

// levels writes the texts of categories, behind one another with their offsets; nothing if any column has some that may be numbers.
func (x *xgbWriter) levels() {
	c := &x.c
	columns := x.m.Meta().Columns
	write := false
	for _, col := range columns {
		if col.Kind == ml.Categorical && !textual(col.Levels) {
			write = false
			break
		}
		write = write || col.Kind == ml.Categorical
	}
	if !write {
		columns = nil
	}
	segments, order := []int32{}, []int32{}
	if write {
		segments = append(segments, 0)
	}
	c.listAt("enc", len(columns), func(j int) {
		offsets, values := []int32{}, []int8{}
		if columns[j].Kind == ml.Categorical {
			offsets = append(offsets, 0)
			for _, level := range columns[j].Levels {
				for _, b := range []byte(level) {
					values = append(values, int8(b))
				}
				offsets = append(offsets, int32(len(values)))
			}
			order = append(order, argsort(columns[j].Levels)...)
		}
		segments = append(segments, int32(len(order)))
		c.object(func() {
			wholes(c, "offsets", offsets)
			wholes(c, "values", values)
		})
	})
	wholes(c, "feature_segments", segments)
	wholes(c, "sorted_idx", order)
}

// argsort is the order in which texts ascend.
func argsort(texts []string) []int32 {
	order := make([]int32, len(texts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		switch {
		case texts[a] < texts[b]:
			return -1
		case texts[a] > texts[b]:
			return 1
		}
		return 0
	})
	return order
}

// xgbArrays are one tree, as the file has it.
type xgbArrays struct {
	weights, leafWeights, loss, conditions, hessian []float32
	categories, categoryNodes                       []int32
	segments, sizes                                 []int64
	defaultLeft, kind                               []uint8
	left, right, parents, indices                   []int32
}

func (x *xgbWriter) tree(number int, p xgbPart) {
	e, c := x.e, &x.c
	n := 1
	if p.t >= 0 {
		n = e.Nodes(p.t)
	}
	none := int32(math.MaxInt32)
	if e.Vector {
		none = -1
	}
	a := xgbArrays{weights: make([]float32, 0, n*e.width()), loss: make([]float32, n), conditions: make([]float32, n), hessian: make([]float32, n),
		categories: []int32{}, categoryNodes: []int32{}, segments: []int64{}, sizes: []int64{}, defaultLeft: make([]uint8, n), kind: make([]uint8, n),
		left: make([]int32, n), right: make([]int32, n), parents: make([]int32, n), indices: make([]int32, n)}
	a.parents[0] = none
	for i := range n {
		x.node(&a, p, i)
	}
	c.floats("base_weights", a.weights)
	wholes(c, "categories", a.categories)
	wholes(c, "categories_nodes", a.categoryNodes)
	wholes(c, "categories_segments", a.segments)
	wholes(c, "categories_sizes", a.sizes)
	wholes(c, "default_left", a.defaultLeft)
	c.integerAt("id", number)
	if e.Vector {
		c.floats("leaf_weights", a.leafWeights)
	}
	wholes(c, "left_children", a.left)
	c.floats("loss_changes", a.loss)
	wholes(c, "parents", a.parents)
	wholes(c, "right_children", a.right)
	c.floats("split_conditions", a.conditions)
	wholes(c, "split_indices", a.indices)
	wholes(c, "split_type", a.kind)
	c.floats("sum_hessian", a.hessian)
	c.objectAt("tree_param", func() {
		c.textAt("num_deleted", "0")
		c.textAt("num_feature", strconv.Itoa(e.Features))
		c.textAt("num_nodes", strconv.Itoa(n))
		c.textAt("size_leaf_vector", strconv.Itoa(e.width()))
	})
}

// node writes place i of a tree into the arrays.
func (x *xgbWriter) node(a *xgbArrays, p xgbPart, i int) {
	e, w := x.e, x.e.width()
	value := make([]float32, w)
	for k := range value {
		if p.t >= 0 {
			value[k] = float32(e.weighted(p.t, e.Value[(int(e.Start[p.t])+i)*w+k]))
		}
		if p.shift != nil {
			value[k] = p.shift[k] + value[k]
		}
		if !finite(float64(value[k])) {
			x.fail("Value", fmt.Sprint(value[k]), "a finite float32")
		}
	}
	a.weights = append(a.weights, value...)
	if p.t < 0 || e.Feature[int(e.Start[p.t])+i] < 0 {
		a.left[i], a.right[i] = -1, -1
		a.conditions[i] = value[0]
		if e.Vector {
			a.right[i] = int32(len(a.leafWeights) / w)
			a.leafWeights = append(a.leafWeights, value...)
		}
	} else {
		x.split(a, i, int(e.Start[p.t])+i)
	}
	if p.t < 0 {
		return
	}
	at := int(e.Start[p.t]) + i
	if e.Cover != nil {
		a.hessian[i] = float32(e.Cover[at])
	}
	if e.Gain != nil {
		a.loss[i] = float32(e.Gain[at])
	}
}

func (x *xgbWriter) split(a *xgbArrays, i, at int) {
	e := x.e
	rule, threshold := e.Rule[at], e.Threshold[at]
	left, right, missingLeft := e.Left[at], e.Right[at], rule&MissingLeft != 0
	switch {
	case rule&ZeroIsMissing != 0:
		x.fail("Rule", "one that takes zeros for missing", "NaN for the missing")
	case rule&NaNIsZero != 0:
		missingLeft = e.passes(at, 0)
	}
	set := []int(nil)
	if rule.Categorical() {
		set = codes(e.set(int(threshold)))
	}
	switch {
	case len(set) > 0: // goes right there
		left, right, missingLeft = right, left, !missingLeft
		a.kind[i] = 1
		a.categoryNodes = append(a.categoryNodes, int32(i))
		a.segments, a.sizes = append(a.segments, int64(len(a.categories))), append(a.sizes, int64(len(set)))
		for _, code := range set {
			if code >= xgbMaxCategory {
				x.fail("Set", fmt.Sprintf("one with category %d", code), fmt.Sprintf("codes below %d", xgbMaxCategory))
			}
			a.categories = append(a.categories, int32(code))
		}
	case rule.Categorical(): // no category at all: a set must have one there, so it is a number that nothing is below
		a.conditions[i] = -math.MaxFloat32
	case rule.Test() == LessEq:
		a.conditions[i] = math.Nextafter32(float32(threshold), float32(math.Inf(1)))
	default:
		a.conditions[i] = float32(threshold)
	}
	a.left[i], a.right[i], a.indices[i] = left, right, e.Feature[at]
	a.parents[left], a.parents[right] = int32(i), int32(i)
	if missingLeft {
		a.defaultLeft[i] = 1
	}
}
