package kernel

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
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

	f      []float64 // Σ_j y_j·a_j·K(row, row_j) of every row
	active []int     // rows not shrunk, rising
	place  []int32   // of a row among the active, -1
	right  *side
	diag   []float64
	slots  []float64 // kernel values of some rows with the active ones
	cap    int
	head   int
	slotOf []int32 // of a row, -1
	rowIn  []int32 // of a slot, -1
	status ml.Status
	blocks int
	gap    float64
}

const blockSize = 256

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

// variables visits those of the active rows.
func (d *dual) variables(visit func(i int)) {
	for _, r := range d.active {
		visit(r)
	}
	if d.twice {
		for _, r := range d.active {
			visit(r + len(d.idx))
		}
	}
}

// extremes are the largest value that can rise and the smallest that can fall, in each group.
func (d *dual) extremes() (up, low [2]float64) {
	up, low = [2]float64{math.Inf(-1), math.Inf(-1)}, [2]float64{math.Inf(1), math.Inf(1)}
	d.variables(func(i int) {
		v, g := d.value(i), d.group(i)
		if rises(d.y[i], d.a[i], d.c[i]) && v > up[g] {
			up[g] = v
		}
		if falls(d.y[i], d.a[i], d.c[i]) && v < low[g] {
			low[g] = v
		}
	})
	return
}

func violation(up, low [2]float64) float64 { return max(up[0]-low[0], up[1]-low[1], 0) }

func (d *dual) start() {
	n := len(d.idx)
	d.f = make([]float64, n)
	d.slotOf, d.place = make([]int32, n), make([]int32, n)
	d.right = newSide(d.kernel, d.x, d.idx)
	d.diag = d.right.diagonal(d.x, d.idx)
	d.cap = min(n, max(d.cache/(8*max(n, 1)), min(n, blockSize)))
	d.slots, d.rowIn = kern.Fresh[float64](d.cap*n), make([]int32, d.cap)
	d.wake()
	if slices.ContainsFunc(d.a, func(v float64) bool { return v != 0 }) {
		d.gather()
	}
}

// wake makes all rows active.
func (d *dual) wake() {
	n := len(d.idx)
	if len(d.active) == n && d.right.n == n {
		d.forget()
		return
	}
	d.active = d.active[:0]
	for r := range n {
		d.active = append(d.active, r)
		d.place[r] = int32(r)
	}
	if d.right.n != n {
		d.right = newSide(d.kernel, d.x, d.idx)
	}
	d.forget()
}

// forget empties the cache.
func (d *dual) forget() {
	for i := range d.slotOf {
		d.slotOf[i] = -1
	}
	for i := range d.rowIn {
		d.rowIn[i] = -1
	}
	d.head = 0
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

// gather computes f from the variables.
func (d *dual) gather() {
	w := d.weights()
	clear(d.f)
	var some []int
	flush := func() {
		if len(some) == 0 || d.ctx.Err() != nil {
			return
		}
		d.compute(some, d.slots[:len(some)*len(d.idx)])
		par.For(len(d.active), len(some), func(lo, hi int) {
			for k, r := range some {
				kern.Axpy(w[r], d.slots[k*len(d.idx)+lo:k*len(d.idx)+hi], d.f[lo:hi])
			}
		})
		some = some[:0]
	}
	for r, v := range w {
		if v != 0 {
			some = append(some, r)
		}
		if len(some) == min(d.cap, blockSize) {
			flush()
		}
	}
	flush()
	d.forget()
}

// compute writes the kernel values of some rows with the active ones to dst, len(idx) apart.
func (d *dual) compute(some []int, dst []float64) {
	n, p := len(d.idx), d.x.Cols()
	step := len(some)
	if d.x.Sparse() || d.right.width == 0 {
		step = min(step, 1+(1<<18)/max(p, 1)) // dense copies of sparse rows must stay few
	}
	left, back := kern.Borrow(step * p)
	defer back()
	room, also := kern.Borrow(d.right.room(step))
	defer also()
	for lo := 0; lo < len(some); lo += step {
		m := min(step, len(some)-lo)
		for k, r := range some[lo : lo+m] {
			out := left[k*p : (k+1)*p]
			copy(out, d.x.Row(d.idx[r], out))
		}
		d.right.fill(dst[lo*n:], n, left, m, room)
	}
}

// fetch makes sure that the kernel rows of a block are in the cache. Slots are used in turn; what a block needs and would lose is computed again.
func (d *dual) fetch(block []int) {
	need := map[int32]bool{}
	var missing []int
	for _, r := range block {
		need[int32(r)] = true
		if d.slotOf[r] < 0 {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return
	}
	from := d.head
	if from+len(missing) > d.cap {
		from = 0
	}
	for at := from; at < from+len(missing); at++ {
		if at == d.cap { // what was lost made more: begin again at the front
			missing = missing[:0]
			d.forget()
			missing = append(missing, block...)
			from = 0
			break
		}
		if r := d.rowIn[at]; r >= 0 {
			d.slotOf[r], d.rowIn[at] = -1, -1
			if need[r] {
				missing = append(missing, int(r))
			}
		}
	}
	n := len(d.idx)
	d.compute(missing, d.slots[from*n:])
	for k, r := range missing {
		d.slotOf[r], d.rowIn[from+k] = int32(from+k), int32(r)
	}
	d.head = from + len(missing)
}

func (d *dual) kernelRow(r int) []float64 {
	n := len(d.idx)
	at := int(d.slotOf[r]) * n
	return d.slots[at : at+len(d.active)]
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
			d.gather()
			d.shrink = false
			continue
		}
		if d.blocks >= d.maxIter || calm >= 200 {
			d.status = ml.MaxIter
			if calm >= 200 {
				d.status = ml.Stalled
			}
			if len(d.active) < len(d.idx) {
				d.wake()
				d.gather()
				d.shrink = false
				up, low = d.extremes()
				d.gap = violation(up, low)
			}
			break
		}
		if since++; d.shrink && since >= every {
			since = 0
			d.shrinkRows(up, low)
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
				d.gather()
			}
			up, low = d.extremes()
			d.gap = violation(up, low)
			break
		}
	}
	d.slots = nil
	return nil
}

// block chooses the variables to solve for: half of a block from those that violate most, the rest those that were new the last time.
func (d *dual) block(last []int) (block, fresh []int) {
	chosen := map[int]bool{}
	for _, i := range last {
		if d.place[d.row(i)] >= 0 {
			block = append(block, i)
			chosen[i] = true
		}
	}
	free := blockSize - len(block)
	groups := 1
	if d.nu {
		groups = 2
	}
	for g := range groups {
		for _, up := range []bool{true, false} {
			var at []int
			var size []float64
			d.variables(func(i int) {
				if chosen[i] || d.group(i) != g {
					return
				}
				if up && rises(d.y[i], d.a[i], d.c[i]) {
					at, size = append(at, i), append(size, d.value(i))
				} else if !up && falls(d.y[i], d.a[i], d.c[i]) {
					at, size = append(at, i), append(size, -d.value(i))
				}
			})
			for _, i := range largest(at, size, free/(2*groups)) {
				chosen[i] = true
				fresh = append(fresh, i)
			}
		}
	}
	if len(fresh) > blockSize/2 { // the first block: half of it is kept for the next
		return append(block, fresh...), fresh[len(fresh)-blockSize/2:]
	}
	return append(block, fresh...), fresh
}

// largest returns the k of at with the largest size, in their order; of equal ones the first.
func largest(at []int, size []float64, k int) []int {
	if len(at) <= k {
		return at
	}
	if k == 0 {
		return nil
	}
	sorted := slices.Clone(size)
	bound := kern.NthElement(sorted, len(sorted)-k)
	out := make([]int, 0, k)
	above := 0
	for _, s := range size {
		if s > bound {
			above++
		}
	}
	equal := k - above
	for j, s := range size {
		if s > bound {
			out = append(out, at[j])
		} else if s == bound && equal > 0 {
			equal--
			out = append(out, at[j])
		}
	}
	return out
}

// step solves for a block and brings f up to date. It is false if nothing moved.
func (d *dual) step(block []int) bool {
	n, q := len(d.idx), len(block)
	var distinct []int
	in := map[int]int{}
	for _, i := range block {
		if r := d.row(i); !has(in, r) {
			in[r] = len(distinct)
			distinct = append(distinct, r)
		}
	}
	d.fetch(distinct)
	inner := smo{q: q, k: make([]float64, q*q), diag: make([]float64, q), y: make([]float64, q), a: make([]float64, q), c: make([]float64, q), v: make([]float64, q), group: make([]int, q), groups: 1, tol: 0.1 * d.gap}
	if d.nu {
		inner.groups = 2
	}
	for s, i := range block {
		inner.y[s], inner.a[s], inner.c[s], inner.v[s], inner.group[s] = d.y[i], d.a[i], d.c[i], d.value(i), d.group(i)
		inner.diag[s] = d.diag[d.row(i)]
		row := d.kernelRow(d.row(i))
		for t, j := range block {
			inner.k[s*q+t] = row[d.place[d.row(j)]]
		}
	}
	inner.run()
	change := make([]float64, len(distinct))
	moved := false
	for s, i := range block {
		if inner.a[s] != d.a[i] {
			moved = true
			change[in[d.row(i)]] += float64(d.y[i] * (inner.a[s] - d.a[i]))
			d.a[i] = inner.a[s]
		}
	}
	if !moved {
		return false
	}
	whole := len(d.active) == n
	sum := d.f
	if !whole {
		sum = make([]float64, len(d.active))
	}
	par.For(len(d.active), len(distinct)/2, func(lo, hi int) {
		for k, r := range distinct {
			if change[k] != 0 {
				kern.Axpy(change[k], d.kernelRow(r)[lo:hi], sum[lo:hi])
			}
		}
	})
	if !whole {
		for k, r := range d.active {
			d.f[r] += sum[k]
		}
	}
	return true
}

func has(m map[int]int, k int) bool { _, ok := m[k]; return ok }

// shrinkRows leaves out the rows of which no variable is going to move.
func (d *dual) shrinkRows(up, low [2]float64) {
	fixed := func(i int) bool {
		r, f := rises(d.y[i], d.a[i], d.c[i]), falls(d.y[i], d.a[i], d.c[i])
		v, g := d.value(i), d.group(i)
		return !f && v < low[g] || !r && v > up[g] || !r && !f
	}
	var places, rest []int
	for k, r := range d.active {
		if !fixed(r) || d.twice && !fixed(r+len(d.idx)) {
			places, rest = append(places, k), append(rest, r)
		}
	}
	if len(rest) < 2 || len(rest)*10 > len(d.active)*9 {
		return
	}
	n := len(d.idx)
	par.For(d.cap, len(d.active), func(lo, hi int) {
		for s := lo; s < hi; s++ {
			if d.rowIn[s] >= 0 {
				row := d.slots[s*n : (s+1)*n]
				for k, at := range places {
					row[k] = row[at]
				}
			}
		}
	})
	d.right.keep(places)
	for _, r := range d.active {
		d.place[r] = -1
	}
	d.active = rest
	for k, r := range rest {
		d.place[r] = int32(k)
	}
	for s, r := range d.rowIn { // rows that left need no slot
		if r >= 0 && d.place[r] < 0 {
			d.slotOf[r], d.rowIn[s] = -1, -1
		}
	}
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

// smo is the problem of one block.
type smo struct {
	q, groups int
	k, diag   []float64
	y, a, c   []float64
	v         []float64
	group     []int
	tol       float64
}

// run moves pairs of variables until no pair violates by more than tol.
func (s *smo) run() {
	const tiny = 1e-12
	for range 100 * s.q {
		bi, bj, most, worst := -1, -1, 0.0, 0.0
		for g := range s.groups {
			i, top := -1, math.Inf(-1)
			for t, v := range s.v {
				if v > top && s.group[t] == g && rises(s.y[t], s.a[t], s.c[t]) {
					i, top = t, v
				}
			}
			if i < 0 {
				continue
			}
			row := s.k[i*s.q : (i+1)*s.q]
			for t, v := range s.v {
				b := top - v
				if b <= 0 || s.group[t] != g || !falls(s.y[t], s.a[t], s.c[t]) {
					continue
				}
				worst = max(worst, b)
				curve := s.diag[i] + s.diag[t] - float64(2*row[t])
				if curve <= 0 {
					curve = tiny
				}
				if gain := b * b / curve; gain > most {
					bi, bj, most = i, t, gain
				}
			}
		}
		if bi < 0 || worst <= s.tol {
			return
		}
		s.move(bi, bj, tiny)
	}
}

// move takes the best step of y_i·a_i up and y_j·a_j down.
func (s *smo) move(i, j int, tiny float64) {
	ki, kj := s.k[i*s.q:(i+1)*s.q], s.k[j*s.q:(j+1)*s.q]
	curve := s.diag[i] + s.diag[j] - float64(2*ki[j])
	if curve <= 0 {
		curve = tiny
	}
	limit := func(t int, up bool) (room, bound float64) {
		if up == (s.y[t] > 0) {
			return s.c[t] - s.a[t], s.c[t]
		}
		return s.a[t], 0
	}
	t := (s.v[i] - s.v[j]) / curve
	ri, bi := limit(i, true)
	rj, bj := limit(j, false)
	step := min(t, ri, rj)
	put := func(t int, room, bound, by float64) {
		if step == room {
			s.a[t] = bound
			return
		}
		s.a[t] = min(max(s.a[t]+by, 0), s.c[t])
	}
	put(i, ri, bi, s.y[i]*step)
	put(j, rj, bj, -s.y[j]*step)
	for t := range s.v {
		s.v[t] -= float64(step * (ki[t] - kj[t]))
	}
}
