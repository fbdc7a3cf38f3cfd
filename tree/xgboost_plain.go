package tree

import (
	"slices"
	"sync/atomic"

	"github.com/gopherwood-ml/ml/internal/par"
)

// plainTrees reads trees of scalar leaves and numeric splits, whose nodes are in order, straight into their places in an ensemble. It returns nil for any
// others, and for trees that are not sound: then the way node by node says what is wrong.
func (x *xgbReader) plainTrees(trees []document, info, weights []float64) *Ensemble {
	if x.shape.Vector || len(trees) == 0 {
		return nil
	}
	e := NewBuilder(x.shape).e
	e.Start = make([]int32, len(trees)+1)
	for t := range trees {
		n := trees[t].get("left_children").length()
		if n == 0 || n > maxNodes-int(e.Start[t]) || trees[t].get("categories_nodes").length() > 0 {
			return nil
		}
		e.Start[t+1] = e.Start[t] + int32(n)
	}
	if !plainOutputs(&e, info) {
		return nil
	}
	plainWeights(&e, weights)
	n := int(e.Start[len(trees)])
	e.Feature, e.Left, e.Right, e.Rule = make([]int32, n), make([]int32, n), make([]int32, n), make([]Rule, n)
	e.Threshold, e.Value, e.Cover, e.Gain = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	var odd atomic.Bool
	par.For(len(trees), 10*(n/len(trees)+1), func(first, last int) {
		for t := first; t < last && !odd.Load(); t++ {
			if !plainTree(&e, int(e.Start[t]), int(e.Start[t+1]), &trees[t]) {
				odd.Store(true)
			}
		}
	})
	if odd.Load() {
		return nil
	}
	known := func(v float64) bool { return v != 0 }
	keep(&e.Cover, slices.ContainsFunc(e.Cover, known))
	keep(&e.Gain, slices.ContainsFunc(e.Gain, known))
	return &e
}

// plainOutputs reads the score that each tree adds to.
func plainOutputs(e *Ensemble, info []float64) bool {
	out := make([]int32, len(info))
	if !wholeNumbers(out, info) {
		return false
	}
	if e.Outputs == 1 {
		return !slices.ContainsFunc(out, func(k int32) bool { return k != 0 })
	}
	e.Output = out
	return true
}

func plainWeights(e *Ensemble, weights []float64) {
	if !slices.ContainsFunc(weights, func(w float64) bool { return float32(w) != 1 }) {
		return
	}
	e.Weight = make([]float64, len(weights))
	for t, w := range weights {
		e.Weight[t] = float64(float32(w))
	}
}

// plainTree reads the tree whose nodes are lo to hi.
func plainTree(e *Ensemble, lo, hi int, d *document) bool {
	n := hi - lo
	feature, left, right, rule := e.Feature[lo:hi], e.Left[lo:hi], e.Right[lo:hi], e.Rule[lo:hi]
	threshold, value, gain := part64(e.Threshold, lo, n), part64(e.Value, lo, n), part64(e.Gain, lo, n)
	missing := make([]int32, n)
	whole := func(key string, dst []int32) bool {
		array := d.get(key)
		return array.length() == n && array.read32(dst)
	}
	floats := func(key string, dst []float64, required bool) bool {
		array := d.get(key)
		if array.length() == 0 && !required {
			return true
		}
		if array.length() != n {
			return false
		}
		array.read64(dst)
		return true
	}
	if kinds := d.get("split_type"); kinds.length() != 0 && (!whole("split_type", missing) || slices.Contains(missing, 1)) {
		return false
	}
	if !whole("split_indices", feature) || !whole("left_children", left) || !whole("right_children", right) || !whole("default_left", missing) ||
		!floats("split_conditions", threshold, true) || !floats("base_weights", value, false) || !floats("sum_hessian", part64(e.Cover, lo, n), false) ||
		!floats("loss_changes", gain, false) {
		return false
	}
	reached := 1
	for i, child := range left {
		v := float64(float32(threshold[i]))
		if child == -1 {
			feature[i], left[i], right[i], threshold[i], value[i], gain[i] = -1, 0, 0, 0, v, 0
			continue
		}
		if feature[i] < 0 || child <= int32(i) || right[i] <= int32(i) {
			return false
		}
		reached += 2
		threshold[i] = v
		if missing[i] != 0 {
			rule[i] = MissingLeft
		}
	}
	return reached == n
}
