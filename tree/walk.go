package tree

import "math"

// This file is the meaning of an Ensemble, in the plainest code: what every faster path is tested against.

// Passes reports whether a row with x in the column of split i goes left. i counts all nodes: Start[t] is the root of tree t.
func (e *Ensemble) Passes(i int, x float64) bool { return e.passes(i, x) }

// passes reports whether a row with x in the column of split i goes left.
func (e *Ensemble) passes(i int, x float64) bool {
	r := e.Rule[i]
	if e.Float32 {
		x = float64(float32(x))
	}
	if math.IsNaN(x) {
		if r&NaNIsZero == 0 {
			return r&MissingLeft != 0
		}
		x = 0
	}
	if r&ZeroIsMissing != 0 && x >= -zeroBound && x <= zeroBound {
		return r&MissingLeft != 0
	}
	switch r.Test() {
	case Less:
		return x < e.Threshold[i]
	case LessEq:
		return x <= e.Threshold[i]
	case In:
		return x >= 0 && e.holds(i, x)
	default:
		return x > -1 && e.holds(i, x)
	}
}

// holds reports whether the set of split i has the code that is x without its fraction. x is above -1.
func (e *Ensemble) holds(i int, x float64) bool {
	set := e.set(int(e.Threshold[i]))
	return x < float64(32*len(set)) && contains(set, int(x))
}

// leaf walks x from the root of tree t to a leaf and returns its place among all nodes.
func (e *Ensemble) leaf(t int, x []float64) int {
	root := int(e.Start[t])
	i := root
	for e.Feature[i] >= 0 {
		if e.passes(i, x[e.Feature[i]]) {
			i = root + int(e.Left[i])
		} else {
			i = root + int(e.Right[i])
		}
	}
	return i
}

// Leaf is the place in tree t of the leaf that a row reaches. x has Features numbers, NaN where one is missing.
func (e *Ensemble) Leaf(t int, x []float64) int { return e.leaf(t, x) - int(e.Start[t]) }

// leafValue is what leaf i says about x, unless it is a vector.
func (e *Ensemble) leafValue(i int, x []float64) float64 {
	l := e.Linear
	if l == nil {
		return e.Value[i]
	}
	if e.Float32 {
		return l.value32(i, x)
	}
	sum := l.Const[i]
	for q := l.Start[i]; q < l.Start[i+1]; q++ {
		v := x[l.Feature[q]]
		if math.IsNaN(v) {
			if !l.SkipMissing {
				return e.Value[i]
			}
			continue
		}
		sum += float64(l.Coef[q] * v) // the conversion forbids a fused multiply-add, which would depend on the machine
	}
	return sum
}

// value32 is the sum in float32. Missing terms are left out: only XGBoost's linear booster has both.
func (l *LinearLeaves) value32(i int, x []float64) float64 {
	sum := float32(l.Const[i])
	for q := l.Start[i]; q < l.Start[i+1]; q++ {
		if v := float32(x[l.Feature[q]]); v == v {
			sum += float32(float32(l.Coef[q]) * v)
		}
	}
	return float64(sum)
}

// walk writes the raw scores of x after the first trees to dst: the reference for every other path.
func (e *Ensemble) walk(dst, x []float64, trees int) {
	e.begin(dst)
	e.addTrees(dst, x, 0, trees)
	e.finish(dst, trees)
}

// begin writes what the sums start from.
func (e *Ensemble) begin(dst []float64) {
	clear(dst)
	if !e.Average {
		copy(dst, e.Base)
	}
}

// addTrees adds trees first to last-1.
func (e *Ensemble) addTrees(dst, x []float64, first, last int) {
	for t := first; t < last; t++ {
		e.addLeaf(dst, x, t, e.leaf(t, x))
	}
}

// addLeaf adds what leaf i of tree t says about x.
func (e *Ensemble) addLeaf(dst, x []float64, t, i int) {
	if !e.Vector {
		e.sum(&dst[e.output(t)], e.weighted(t, e.leafValue(i, x)))
		return
	}
	for k := range e.Outputs {
		e.sum(&dst[k], e.weighted(t, e.Value[i*e.Outputs+k]))
	}
}

// scalar reports whether a leaf is one number.
func (e *Ensemble) scalar() bool { return !e.Vector && e.Linear == nil }

// weighted is v times the weight of tree t, rounded as the sum wants it.
func (e *Ensemble) weighted(t int, v float64) float64 {
	if e.Float32 {
		return float64(float32(v) * float32(e.weight(t)))
	}
	return float64(v * e.weight(t)) // rounded here: a fused multiply-add would depend on the machine
}

// sum adds v, a weighted value, to a score.
func (e *Ensemble) sum(score *float64, v float64) {
	if e.Float32 {
		*score = float64(float32(*score) + float32(v))
		return
	}
	*score += v
}

// finish divides the sums of the first trees by their number and adds the base, if the ensemble is a mean.
func (e *Ensemble) finish(dst []float64, trees int) {
	if !e.Average {
		return
	}
	for k := range dst {
		if n := e.adders(k, trees); n > 0 {
			dst[k] /= float64(n)
		}
		dst[k] += e.Base[k]
	}
}

// adders is how many of the first trees add to score k.
func (e *Ensemble) adders(k, trees int) int {
	if e.Output == nil {
		return trees
	}
	n := 0
	for _, out := range e.Output[:trees] {
		if int(out) == k {
			n++
		}
	}
	return n
}
