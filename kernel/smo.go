package kernel

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
)

// dual is the problem behind all support vector machines here: minimise ½Σ_ij a_i·a_j·y_i·y_j·K(row_i, row_j) + Σ p_i·a_i with 0 <= a_i <= c_i and Σ y_i·a_i as
// it is at the start; with nu, also the sum of the a of each sign as it is.
//
// The method is decomposition by blocks: the variables that violate the optimality conditions most, and some of the last block, are solved for
// among themselves by sequential minimal optimisation, two at a time, chosen with second-order information (Fan, Chen and Lin, JMLR 6 (2005)); the
// kernel values of a block with all rows are one matrix product (Wen et al., ThunderSVM, JMLR 19 (2018)). Rows whose variables lie at bounds and are not
// going to leave them are shrunk away (Joachims 1999), and come back for the final check.
type dual struct {
	kernel  metrics.Kernel
	x       rows.Rows
	idx     []int     // rows of x
	twice   bool      // variables i and i+len(idx) belong to row i
	y, p, c []float64 // of the variables; y is -1 or 1
	a       []float64 // the start, and the solution
	nu      bool
	tol     float64
	maxIter int // blocks
	cache   int // bytes
	shrink  bool
	track   ml.Tracker
	ctx     context.Context

	f      []float64 // Σ_j y_j·a_j·K(row, row_j) of every active row
	active []int     // rows not shrunk, rising
	place  []int32   // of a row among the active, -1
	rows   kernelRows
	diag   []float64
	shrunk []shrinking
	size   [4][]float64 // of the variables of the active rows: how much lower than others they stand, to rise and to fall, in each group
	status ml.Status
	blocks int
	gap    float64
}

const blockSize = 256

// shrinking is what one shrinking left out: rows whose f is as the weights were then.
type shrinking struct {
	left    []int
	weights []float64
}

func (d *dual) row(i int) int {
	if n := len(d.idx); i >= n {
		return i - n
	}
	return i
}

// value is -y times the gradient. At the optimum none that can rise has more than one that can fall.
func (d *dual) value(i int) float64 { return -float64(d.y[i]*d.p[i]) - d.f[d.row(i)] }

func rises(y, a, c float64) bool { return y > 0 && a < c || y < 0 && a > 0 }
func falls(y, a, c float64) bool { return y > 0 && a > 0 || y < 0 && a < c }

// group is the constraint that variable i belongs to.
func (d *dual) group(i int) int {
	if d.nu && d.y[i] < 0 {
		return 1
	}
	return 0
}

// groups is how many constraints there are.
func (d *dual) groups() int {
	if d.nu {
		return 2
	}
	return 1
}

// variable is the k-th of those of the active rows.
func (d *dual) variable(k int) int {
	if k >= len(d.active) {
		return d.active[k-len(d.active)] + len(d.idx)
	}
	return d.active[k]
}

// standing is where a variable of an active row stands among those.
func (d *dual) standing(i int) int {
	k := int(d.place[d.row(i)])
	if i >= len(d.idx) {
		k += len(d.active)
	}
	return k
}

// extremes writes the sizes, and returns the largest value that can rise and the smallest that can fall, in each group.
func (d *dual) extremes() (up, low [2]float64) {
	n := len(d.active)
	if d.twice {
		n *= 2
	}
	groups := d.groups()
	for s := range 2 * groups {
		d.size[s] = grow(d.size[s], n)
	}
	out := math.Inf(1)
	for k := range n {
		i := d.variable(k)
		v, y, a, c := d.value(i), d.y[i], d.a[i], d.c[i]
		rise, fall := out, out
		if rises(y, a, c) {
			rise = -v
		}
		if falls(y, a, c) {
			fall = v
		}
		g := 0
		if groups == 2 {
			g = d.group(i)
			d.size[2-2*g][k], d.size[3-2*g][k] = out, out
		}
		d.size[2*g][k], d.size[2*g+1][k] = rise, fall
	}
	up, low = [2]float64{math.Inf(-1), math.Inf(-1)}, [2]float64{out, out}
	for g := range groups {
		up[g], low[g] = -kern.Min(d.size[2*g]), kern.Min(d.size[2*g+1])
	}
	return
}

func violation(up, low [2]float64) float64 { return max(up[0]-low[0], up[1]-low[1], 0) }

func (d *dual) start() {
	n := len(d.idx)
	d.f = make([]float64, n)
	d.place = make([]int32, n)
	d.diag = newSide(d.kernel, d.x, nil).diagonal(d.x, d.idx)
	if narrow := newGaussColumns(d.kernel, d.x, d.idx, d.c, kern.Sum(d.weights()), d.tol); narrow != nil {
		d.rows = newRowCache(narrow, n, d.cache, blockSize)
		d.tol *= 0.75 // two scores are off by an eighth each at the most
	} else {
		d.rows = newRowCache(newWideColumns(d.kernel, d.x, d.idx), n, d.cache, blockSize)
	}
	d.all()
	if slices.ContainsFunc(d.a, func(v float64) bool { return v != 0 }) {
		w, some := changes(d.weights(), nil)
		d.rows.addTo(d.ctx, d.active, d.f, w, some)
	}
}

// all makes all rows active.
func (d *dual) all() {
	d.active = d.active[:0]
	for r := range len(d.idx) {
		d.active = append(d.active, r)
		d.place[r] = int32(r)
	}
}

// changes are the rows whose weights are not what they were, and by how much.
func changes(now, before []float64) (by []float64, some []int) {
	for r, v := range now {
		if before != nil {
			v -= before[r]
		}
		if v != 0 {
			by, some = append(by, v), append(some, r)
		}
	}
	return
}

// wake makes all rows active, and brings up to date what the shrunk ones missed: what few variables did since each of them left.
func (d *dual) wake() {
	now := d.weights()
	for _, s := range d.shrunk {
		by, some := changes(now, s.weights)
		sum := make([]float64, len(s.left))
		d.rows.addTo(d.ctx, s.left, sum, by, some)
		for k, r := range s.left {
			d.f[r] += sum[k]
		}
	}
	d.shrunk = nil
	d.all()
	d.rows.wake()
	d.shrink = false
}

// weights are the factors of the kernel rows.
func (d *dual) weights() []float64 {
	n := len(d.idx)
	w := make([]float64, n)
	for i, a := range d.a {
		w[d.row(i)] += float64(d.y[i] * a)
	}
	return w
}

// solve runs to the tolerance.
func (d *dual) solve(ctx context.Context) error {
	d.ctx = ctx
	d.start()
	var last []int // the variables that came new into the block before
	const every = 8
	since, calm := 0, 0
	before := math.Inf(1)
	for {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		up, low := d.extremes()
		d.gap = violation(up, low)
		if math.IsNaN(d.gap) || math.IsInf(d.gap, 0) && d.blocks > 0 {
			return checkGram("kernel", d.f)
		}
		if d.gap <= d.tol {
			if len(d.active) == len(d.idx) {
				d.status = ml.Converged
				break
			}
			d.wake()
			continue
		}
		if d.blocks >= d.maxIter || calm >= 200 {
			d.status = ml.MaxIter
			if calm >= 200 {
				d.status = ml.Stalled
			}
			if len(d.active) < len(d.idx) {
				d.wake()
				up, low = d.extremes()
				d.gap = violation(up, low)
			}
			break
		}
		if since++; d.shrink && since >= every {
			since = 0
			if d.shrinkRows(up, low) {
				d.extremes()
			}
		}
		block, fresh := d.block(last)
		last = fresh
		moved := d.step(block)
		d.blocks++
		if calm++; d.gap < before {
			before, calm = d.gap, 0
		}
		if !moved {
			calm += 50
			last = nil
		}
		stop, err := d.track.Step(min(d.blocks, d.maxIter), ml.Loss{Train: d.objective()})
		if err != nil {
			return err
		}
		if stop {
			d.status = ml.Stopped
			if len(d.active) < len(d.idx) {
				d.wake()
			}
			up, low = d.extremes()
			d.gap = violation(up, low)
			break
		}
	}
	d.rows = nil
	return nil
}

// block chooses the variables to solve for: half of a block from those that violate most, the rest those that were new the last time.
func (d *dual) block(last []int) (block, fresh []int) {
	out := math.Inf(1)
	take := func(i int) {
		block = append(block, i)
		for g := range d.groups() {
			d.size[2*g][d.standing(i)], d.size[2*g+1][d.standing(i)] = out, out
		}
	}
	for _, i := range last {
		if d.place[d.row(i)] >= 0 {
			take(i)
		}
	}
	most := kern.NewTopK[float64]((blockSize - len(block)) / (2 * d.groups()))
	var found []kern.Neighbor[float64]
	for s := range 2 * d.groups() {
		most.Offer(d.size[s], 0)
		found = most.Sorted(found[:0])
		for _, v := range found {
			if v.Value < out {
				i := d.variable(v.Index)
				take(i)
				fresh = append(fresh, i)
			}
		}
	}
	if len(fresh) > blockSize/2 { // the first block: half of it is kept for the next
		fresh = fresh[len(fresh)-blockSize/2:]
	}
	return block, fresh
}

// step solves for a block and brings f up to date. It is false if nothing moved.
func (d *dual) step(block []int) (moved bool) {
	q := len(block)
	distinct, at := make([]int, 0, q), make([]int, q) // the rows of the variables, and which is whose
	places := make([]int, 0, q)
	var in map[int]int
	if d.twice {
		in = map[int]int{}
	}
	for s, i := range block {
		r := d.row(i)
		at[s] = len(distinct)
		if d.twice {
			if have, ok := in[r]; ok {
				at[s] = have
				continue
			}
			in[r] = len(distinct)
		}
		distinct, places = append(distinct, r), append(places, int(d.place[r]))
	}
	m := len(distinct)
	k, back := kern.Borrow(m * m)
	defer back()
	d.rows.among(k, distinct, places)
	inner := newSMO(q, m, k, at, 0.1*d.gap)
	for s, i := range block {
		inner.put(s, d.y[i], d.a[i], d.c[i], d.value(i), d.diag[d.row(i)], d.group(i))
	}
	inner.run()
	change := make([]float64, m)
	for s, i := range block {
		if inner.a[s] != d.a[i] {
			change[at[s]] += float64(d.y[i] * (inner.a[s] - d.a[i]))
			d.a[i] = inner.a[s]
			moved = true
		}
	}
	var by []float64
	var some []int
	for k, v := range change {
		if v != 0 {
			by, some = append(by, v), append(some, distinct[k])
		}
	}
	if len(some) == 0 {
		return moved
	}
	if len(d.active) == len(d.idx) {
		d.rows.add(d.f, by, some)
		return true
	}
	sum := make([]float64, len(d.active))
	d.rows.add(sum, by, some)
	for k, r := range d.active {
		d.f[r] += sum[k]
	}
	return true
}

// shrinkRows leaves out the rows of which no variable is going to move, if they are many.
func (d *dual) shrinkRows(up, low [2]float64) bool {
	fixed := func(i int) bool {
		r, f := rises(d.y[i], d.a[i], d.c[i]), falls(d.y[i], d.a[i], d.c[i])
		v, g := d.value(i), d.group(i)
		return !f && v < low[g] || !r && v > up[g] || !r && !f
	}
	var places, rest, left []int
	for k, r := range d.active {
		if !fixed(r) || d.twice && !fixed(r+len(d.idx)) {
			places, rest = append(places, k), append(rest, r)
		} else {
			left = append(left, r)
		}
	}
	if len(rest) < 2 || len(rest)*10 > len(d.active)*9 {
		return false
	}
	d.shrunk = append(d.shrunk, shrinking{left, d.weights()})
	for _, r := range d.active {
		d.place[r] = -1
	}
	d.active = rest
	for k, r := range rest {
		d.place[r] = int32(k)
	}
	d.rows.keep(places, d.place)
	return true
}

// objective is that of the dual, as far as f is up to date.
func (d *dual) objective() float64 {
	sum := 0.0
	for i, a := range d.a {
		if a != 0 {
			sum += float64(a * (d.p[i] + float64(d.y[i]*d.f[d.row(i)])/2))
		}
	}
	return sum
}

// offsets are the means of the values of the free variables of each group, or the middle of where it may lie if none is free.
func (d *dual) offsets() (v [2]float64) {
	var sum, count [2]float64
	up, low := d.extremes()
	for i := range d.a {
		if g := d.group(i); d.a[i] > 0 && d.a[i] < d.c[i] {
			sum[g] += d.value(i)
			count[g]++
		}
	}
	for g := range v {
		switch {
		case count[g] > 0:
			v[g] = sum[g] / count[g]
		case math.IsInf(up[g], 0) && math.IsInf(low[g], 0):
			v[g] = 0
		case math.IsInf(up[g], 0):
			v[g] = low[g]
		case math.IsInf(low[g], 0):
			v[g] = up[g]
		default:
			v[g] = (up[g] + low[g]) / 2
		}
	}
	return
}
