package nn

import (
	"fmt"
	"math"
	"slices"
)

func (r *graphRun) shapeOf() {
	s := r.in(0).shape()
	lo, hi := r.n.int("start", 0), r.n.int("end", len(s))
	lo, hi = bounded(lo, len(s)), bounded(hi, len(s))
	out := []float64{}
	for i := lo; i < hi; i++ {
		out = append(out, float64(s[i]))
	}
	r.tell(out, []int{len(out)}, true)
}

// bounded is a place from 0 to n; negative ones count from the end.
func bounded(i, n int) int {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}

func (r *graphRun) reshape() {
	x, to := r.in(0), r.ints(1, "shape")
	s := x.shape()
	to = slices.Clone(to)
	open := -1
	for i, d := range to {
		switch {
		case d == 0 && r.n.int("allowzero", 0) == 0:
			if i >= len(s) {
				r.fail(fmt.Sprintf("shape %v for %v", to, s), "zeros only where the input has an axis")
			}
			to[i] = s[i]
		case d == -1 && open < 0:
			open = i
		case d < 1:
			r.fail(fmt.Sprintf("shape %v", to), "axes of 1 or more, and one -1")
		}
	}
	if f := r.g.Fixed; f > 0 && len(to) > 0 && to[0] == f && x.v != nil { // the batch that the file was written for
		if rest := checkedSize(append([]int{r.batch}, positive(to[1:])...)); rest > 0 && size(s)%rest == 0 && (open > 0 || size(s) == rest) {
			to[0] = r.batch
		}
	}
	r.lay(x, to)
}

// positive are the axes that are not open.
func positive(shape []int) (out []int) {
	for _, d := range shape {
		if d > 0 {
			out = append(out, d)
		}
	}
	return out
}

// lay gives a value another shape, in the order of the file.
func (r *graphRun) lay(x graphValue, to []int) {
	if x.v != nil {
		if len(to) == 0 {
			to = []int{1}
		}
		if slices.Equal(x.shape(), to) {
			r.set(0, x)
			return
		}
		r.put(r.c.Reshape(r.plain(x), to...))
		return
	}
	to = slices.Clone(to)
	for i, d := range to {
		if d < 0 {
			to[i] = len(x.known) / max(checkedSize(positive(to)), 1)
		}
	}
	if checkedSize(to) != len(x.known) && !(slices.Contains(to, 0) && len(x.known) == 0) {
		r.fail(fmt.Sprintf("%d numbers for shape %v", len(x.known), to), "as many")
	}
	r.tell(x.known, to, x.whole)
}

func (r *graphRun) flatten() {
	x := r.in(0)
	s := x.shape()
	a := r.n.int("axis", 1)
	if a < 0 {
		a += len(s)
	}
	if a < 0 || a > len(s) {
		r.fail(fmt.Sprintf("axis %d of shape %v", a, s), "an axis of the input")
	}
	r.lay(x, []int{size(s[:a]), size(s[a:])})
}

func (r *graphRun) transpose() {
	x := r.in(0)
	rank := len(x.shape())
	order := r.n.ints("perm")
	if len(order) == 0 {
		for i := range rank {
			order = append(order, rank-1-i)
		}
	}
	seen := make([]bool, rank)
	for _, a := range order {
		if a < 0 || a >= rank || seen[a] || len(order) != rank {
			r.fail(fmt.Sprintf("order %v of %d axes", order, rank), "every axis once")
		}
		seen[a] = true
	}
	if x.v == nil {
		had, to, strides := dense(x.dims), make([]int, rank), make([]int, rank)
		for i, a := range order {
			to[i], strides[i] = x.dims[a], had[a]
		}
		out := r.memory(to)
		if len(out) > 0 {
			everywhere(to, [][]int{strides}, func(i int, at []int) { out[i] = x.known[at[0]] })
		}
		r.tell(out, to, x.whole)
		return
	}
	v := x.v
	perm := slices.Clone(order)
	for i, a := range order {
		if x.perm != nil {
			perm[i] = x.perm[a]
		}
	}
	r.set(0, graphValue{v: v, perm: normal(perm)})
}

func (r *graphRun) squeeze() {
	x := r.in(0)
	s := x.shape()
	axes := r.ints(1, "axes")
	gone := r.marked(axes, len(s))
	var to []int
	for i, d := range s {
		if len(axes) == 0 {
			gone[i] = d == 1
		}
		if gone[i] && d != 1 {
			r.fail(fmt.Sprintf("axis %d of shape %v", i, s), "axes of 1")
		}
		if !gone[i] {
			to = append(to, d)
		}
	}
	if x.v == nil || x.perm == nil {
		r.lay(x, to)
		return
	}
	if len(to) == 0 { // one axis stays
		gone[0] = false
	}
	drop := make([]bool, len(s)) // axes of v
	for i, g := range gone {
		drop[x.perm[i]] = g
	}
	var shape, perm []int
	at := make([]int, len(s))
	for a, d := range x.v.shape {
		at[a] = len(shape)
		if !drop[a] {
			shape = append(shape, d)
		}
	}
	for i, a := range x.perm {
		if !gone[i] {
			perm = append(perm, at[a])
		}
	}
	r.set(0, graphValue{v: r.c.Reshape(x.v, shape...), perm: normal(perm)})
}

func (r *graphRun) unsqueeze() {
	x, axes := r.in(0), r.ints(1, "axes")
	s := x.shape()
	rank := len(s) + len(axes)
	if rank > maxAxes {
		r.fail(fmt.Sprintf("%d axes", rank), "8 at the most")
	}
	new := make([]bool, rank)
	for _, a := range axes {
		a = r.axis(a, rank)
		if new[a] {
			r.fail(fmt.Sprintf("axes %v", axes), "each once")
		}
		new[a] = true
	}
	var to []int
	for _, n := range new {
		if n {
			to = append(to, 1)
		} else {
			to, s = append(to, s[0]), s[1:]
		}
	}
	r.lay(x, to)
}

func (r *graphRun) concat() {
	first := r.in(0)
	rank, whole, all := len(first.shape()), true, true
	var perm []int
	for i := range r.n.In {
		v := r.in(i)
		if len(v.shape()) != rank {
			r.fail(fmt.Sprintf("values of shapes %v and %v", first.shape(), v.shape()), "as many axes")
		}
		if perm == nil && v.v != nil {
			perm = v.perm
		}
		whole, all = whole && v.whole, all && v.v == nil
	}
	axis := r.axis(r.n.int("axis", 0), rank)
	if all {
		r.joinKnown(axis, whole)
		return
	}
	var parts []*Var
	for i := range r.n.In {
		parts = append(parts, r.within(r.in(i), rank, perm))
	}
	if perm != nil {
		axis = perm[axis]
	}
	r.set(0, graphValue{v: r.c.Concat(axis, parts...), perm: perm})
}

// joinKnown joins numbers that are known here.
func (r *graphRun) joinKnown(axis int, whole bool) {
	shape := slices.Clone(r.in(0).dims)
	shape[axis] = 0
	for i := range r.n.In {
		d := r.in(i).dims
		for a := range d {
			if a != axis && d[a] != shape[a] {
				r.fail(fmt.Sprintf("values of shapes %v and %v", r.in(0).dims, d), "equal axes but for one")
			}
		}
		shape[axis] += d[axis]
	}
	out := r.memory(shape)[:0]
	for o := range size(shape[:axis]) {
		for i := range r.n.In {
			v := r.in(i)
			k := size(v.dims[axis:])
			out = append(out, v.known[o*k:(o+1)*k]...)
		}
	}
	r.tell(out, shape, whole)
}

// part takes places of an axis.
func (r *graphRun) part(x graphValue, axis int, places []int) graphValue {
	if x.v != nil {
		a := axis
		if x.perm != nil {
			a = x.perm[axis]
		}
		if len(places) == 0 {
			r.fail("no place of an axis", "one or more")
		}
		for i, p := range places {
			if p != places[0]+i {
				return graphValue{v: Apply(r.c, newPick(a, places), x.v), perm: x.perm}
			}
		}
		if len(places) == x.v.shape[a] {
			return x
		}
		return graphValue{v: r.c.Slice(x.v, a, places[0], places[0]+len(places)), perm: x.perm}
	}
	shape := slices.Clone(x.dims)
	shape[axis] = len(places)
	out := r.memory(shape)[:0]
	inner := size(shape[axis+1:])
	for o := range size(shape[:axis]) {
		for _, p := range places {
			at := (o*x.dims[axis] + p) * inner
			out = append(out, x.known[at:at+inner]...)
		}
	}
	return graphValue{known: out, dims: shape, whole: x.whole}
}

func (r *graphRun) slice() {
	x := r.in(0)
	lo, hi, axes, steps := r.ints(1, "starts"), r.ints(2, "ends"), r.ints(3, "axes"), r.ints(4, "steps")
	if len(axes) == 0 {
		for i := range lo {
			axes = append(axes, i)
		}
	}
	if len(lo) != len(hi) || len(axes) != len(lo) || steps != nil && len(steps) != len(lo) {
		r.fail(fmt.Sprintf("%d starts, %d ends, %d axes", len(lo), len(hi), len(axes)), "as many of each")
	}
	for i, a := range axes {
		s := x.shape()
		a = r.axis(a, len(s))
		n, step := s[a], 1
		if steps != nil {
			step = steps[i]
		}
		if step == 0 {
			r.fail("a step of 0", "another")
		}
		from, to := lo[i], hi[i]
		if from < 0 {
			from += n
		}
		if to < 0 {
			to += n
		}
		var places []int
		if step > 0 {
			for p := max(from, 0); p < min(to, n); p += step {
				places = append(places, p)
			}
		} else {
			for p := min(from, n-1); p > max(to, -1); p += step {
				places = append(places, p)
			}
		}
		x = r.part(x, a, places)
	}
	r.set(0, x)
}

func (r *graphRun) split() {
	x := r.in(0)
	s := x.shape()
	a := r.axis(r.n.int("axis", 0), len(s))
	sizes := r.ints(1, "split")
	if len(sizes) == 0 {
		k := len(r.n.Out)
		each := ceilDiv(s[a], k)
		for left := s[a]; len(sizes) < k; left -= each {
			sizes = append(sizes, min(each, left))
		}
	}
	at := 0
	if len(sizes) != len(r.n.Out) {
		r.fail(fmt.Sprintf("%d sizes for %d results", len(sizes), len(r.n.Out)), "as many")
	}
	for i, k := range sizes {
		if k < 1 || at+k > s[a] {
			r.fail(fmt.Sprintf("sizes %v of an axis of %d", sizes, s[a]), "parts of 1 or more that add up")
		}
		places := make([]int, k)
		for j := range places {
			places[j] = at + j
		}
		if r.n.Out[i] >= 0 {
			r.set(i, r.part(x, a, places))
		}
		at += k
	}
}

// gather picks places that are known along any axis, or rows of a table by numbers that depend on the input.
func (r *graphRun) gather() {
	x, index := r.in(0), r.in(1)
	s := x.shape()
	a := r.axis(r.n.int("axis", 0), len(s))
	if index.v != nil {
		if a != 0 || len(s) != 2 {
			r.fail(fmt.Sprintf("a table of shape %v along axis %d by numbers that depend on the input", s, a), "rows of a matrix")
		}
		r.put(r.c.Gather(r.plain(x), r.plain(index)))
		return
	}
	places := make([]int, len(index.known))
	for i, v := range index.known {
		if v < 0 {
			v += float64(s[a])
		}
		if !(v >= 0 && v < float64(s[a])) {
			r.fail(fmt.Sprintf("place %g of an axis of %d", v, s[a]), "one inside")
		}
		places[i] = int(v)
	}
	to := slices.Concat(s[:a], index.dims, s[a+1:])
	if len(to) > maxAxes {
		r.fail(fmt.Sprintf("a result of %d axes", len(to)), "8 at the most")
	}
	r.lay(r.part(x, a, places), to)
}

func (r *graphRun) expand() {
	x, to := r.in(0), r.ints(1, "")
	s, err := binaryOp{}.Shape([][]int{x.shape(), to})
	if err != nil {
		r.c.Fail(err)
	}
	if x.v == nil {
		r.set(0, r.both(x, graphValue{known: r.memory(to), dims: to}, func(a, _ float64) float64 { return a }, x.whole))
		return
	}
	v := r.ranked(r.plain(x), len(s))
	for i, d := range s {
		if v.shape[i] == 1 && d > 1 {
			v = r.repeat(v, i, d)
		}
	}
	r.put(v)
}

func (r *graphRun) tile() {
	x, times := r.in(0), r.ints(1, "")
	if len(times) != len(x.shape()) {
		r.fail(fmt.Sprintf("%d numbers for shape %v", len(times), x.shape()), "one for each axis")
	}
	for a, k := range times {
		n := x.shape()[a]
		if k < 1 || k > mostKnown || n > mostKnown*16/k {
			r.fail(fmt.Sprintf("%d times an axis of %d", k, n), "1 or more")
		}
		places := make([]int, n*k)
		for i := range places {
			places[i] = i % n
		}
		x = r.part(x, a, places)
	}
	r.set(0, x)
}

// mod is the remainder of numbers that are known here, as Python has it; fmod as C.
func (r *graphRun) mod() {
	x, y := r.in(0), r.in(1)
	if x.v != nil || y.v != nil {
		r.fail("of numbers that depend on the input", "known ones")
	}
	r.set(0, r.both(x, y, func(a, b float64) float64 {
		if m := math.Mod(a, b); r.n.int("fmod", 0) != 0 || m == 0 || m < 0 == (b < 0) {
			return m
		} else {
			return m + b
		}
	}, x.whole && y.whole))
}

func (r *graphRun) constantOfShape() {
	s := r.ints(0, "")
	out := r.memory(s)
	v := r.n.float("value", 0)
	for i := range out {
		out[i] = v
	}
	r.tell(out, s, r.n.int("whole", 0) != 0)
}

func (r *graphRun) sequence() {
	lo, hi, step := r.scalar(0, "", 0), r.scalar(1, "", 0), r.scalar(2, "", 1)
	n := math.Ceil((hi - lo) / step)
	if step == 0 || !(n <= mostKnown) {
		r.fail(fmt.Sprintf("%g to %g by %g", lo, hi, step), "numbers that end")
	}
	out := []float64{}
	for i := range max(int(n), 0) {
		out = append(out, lo+float64(float64(i)*step))
	}
	r.tell(out, []int{len(out)}, r.in(0).whole)
}
