package linear

import (
	"cmp"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/linalg"
)

// quantileVertex is a corner of the programme: as many rows are fitted exactly, the basis, as there are active columns; the other
// coefficients are 0. Every other row has a side: a_i = u_i if its residual is positive, or 0 on its way there, else a_i = 0.
type quantileVertex struct {
	*quantileLP
	active []int  // columns; all that are independent but those a penalty holds at 0
	basis  []int  // rows
	basic  []bool // of the rows, and of the penalised columns: held at 0
	above  []bool // the side of those that are not basic
	lu     *linalg.LU
	r      []float64 // residuals and -b
	a      []float64 // the dual solution
	c      []float64 // -Xᵀ(a - (1-tau)u): what the penalties must bear
}

// vertex goes from where interior ended to the exact solution: to the nearest corner, and from there along edges, downhill, until the dual
// solution proves that no better corner exists. It sets gap, and says whether it is done.
func (p *quantileLP) vertex(a, q []float64) (done, stopped bool, err error) {
	if p.exact {
		p.rank = p.m
		return true, false, nil
	}
	p.matrix = nil // large, and not needed any more
	v := p.corner(a, q)
	y, idle, best := p.y, 0, math.Inf(1)
	for pivot := 0; pivot <= 100*p.maxStep; pivot++ {
		if !v.settle() {
			return false, false, nil
		}
		leave, rate := v.leaving()
		if leave < 0 {
			done = true
			break
		}
		if loss := p.objective(v.r); loss < best {
			best, idle = loss, 0
		} else if idle++; idle == 20+p.m { // round and round at a corner of too many rows
			p.y = perturbed(y)
		}
		if !v.pivot(leave, rate) {
			break
		}
		p.steps++
		if stopped, err = p.watch(p.steps, best); err != nil || stopped {
			break
		}
	}
	p.y, p.rank = y, len(v.active)
	if err != nil || !v.solveBasis() {
		return false, stopped, err
	}
	primal, dual := p.objective(v.r), 0.0
	for i, t := range y {
		dual += (v.a[i] - p.share(i)) * t
	}
	p.loss = append(p.loss, primal)
	p.gap = math.Abs(primal-dual) / p.least(primal)
	const rounding = 1e-8
	return done && p.gap <= rounding, stopped, nil
}

// perturbed moves every number by about 1e-10, to break ties.
func perturbed(y []float64) []float64 {
	out := make([]float64, len(y))
	h := uint64(1)
	for i, v := range y {
		h = h*6364136223846793005 + 1442695040888963407
		out[i] = v + 1e-10*(float64(h>>11)/(1<<53)-0.5)
	}
	return out
}

// corner chooses the basis: the rows that the interior solution fits best, as far as they are independent.
func (p *quantileLP) corner(a, q []float64) *quantileVertex {
	size := len(p.u)
	v := &quantileVertex{quantileLP: p, basic: make([]bool, size), above: make([]bool, size), r: make([]float64, size), a: make([]float64, size), c: make([]float64, p.m)}
	p.residuals(v.r, p.b)
	for i := range v.above {
		v.above[i] = a[i] > p.u[i]/2
	}
	candidates := make([]int, 0, p.m)
	for j := range p.m {
		if i := p.n + j; i < size {
			if share := min(a[i], p.u[i]-a[i]) / p.u[i]; math.Abs(p.b[j]) <= share {
				v.basic[i] = true
				continue
			}
		}
		candidates = append(candidates, j)
	}
	order := make([]int, p.n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, k int) int { return cmp.Or(cmp.Compare(q[k], q[i]), i-k) })
	// Gaussian elimination row by row; a row that the ones before it explain is passed over.
	var reduced [][]float64
	var pivots []int // of the reduced rows, in candidates
	taken := make([]bool, len(candidates))
	full := make([]float64, p.m)
	for _, i := range order {
		if len(pivots) == len(candidates) {
			break
		}
		p.x.row(full, i)
		row := make([]float64, len(candidates))
		scale := 0.0
		for k, j := range candidates {
			row[k] = full[j]
			scale = max(scale, math.Abs(row[k]))
		}
		for k, e := range reduced {
			linalg.Axpy(-row[pivots[k]], e, row)
		}
		at := -1
		for k, x := range row {
			if !taken[k] && (at < 0 || math.Abs(x) > math.Abs(row[at])) {
				at = k
			}
		}
		const dependent = 1e-9
		if math.Abs(row[at]) <= dependent*scale {
			continue
		}
		pivot := row[at]
		for k := range row {
			row[k] /= pivot
			if taken[k] {
				row[k] = 0
			}
		}
		reduced, pivots, taken[at] = append(reduced, row), append(pivots, at), true
		v.basis, v.basic[i] = append(v.basis, i), true
	}
	for k, j := range candidates {
		if taken[k] {
			v.active = append(v.active, j)
		} else if p.n+j < size {
			v.basic[p.n+j] = true
		}
	}
	return v
}

// solveLU solves with the basis matrix, or its transpose; it has no rows if no column is active.
func (v *quantileVertex) solveLU(trans bool, b []float64) {
	if len(b) > 0 {
		v.lu.Solve(trans, 1, b, 1)
	}
}

// solveBasis finds the coefficients that fit the basis exactly, and all residuals.
func (v *quantileVertex) solveBasis() bool {
	k := len(v.active)
	full, b := make([]float64, v.m), make([]float64, k)
	matrix := make([]float64, k*k)
	for t, i := range v.basis {
		v.x.row(full, i)
		for s, j := range v.active {
			matrix[t*k+s] = full[j]
		}
		b[t] = v.y[i]
	}
	if k > 0 {
		if v.lu = linalg.NewLU(matrix, k); v.lu.Singular() {
			return false
		}
	}
	v.solveLU(false, b)
	if !linalg.AllFinite(b) {
		return false
	}
	clear(v.b)
	for s, j := range v.active {
		v.b[j] = b[s]
	}
	v.residuals(v.r, v.b)
	for i, basic := range v.basic {
		if basic {
			v.r[i] = 0
		}
	}
	return true
}

// settle computes the corner's primal and dual solutions.
func (v *quantileVertex) settle() bool {
	if !v.solveBasis() {
		return false
	}
	for i, basic := range v.basic {
		switch {
		case basic:
			v.a[i] = v.share(i)
			continue
		case math.Abs(v.r[i]) > roundingOfY:
			v.above[i] = v.r[i] > 0
		}
		v.a[i] = 0
		if v.above[i] {
			v.a[i] = v.u[i]
		}
	}
	dual := make([]float64, len(v.basis))
	v.imbalance()
	for s, j := range v.active {
		dual[s] = v.c[j]
		if i := v.n + j; i < len(v.a) {
			dual[s] -= v.a[i] - v.share(i)
		}
	}
	v.solveLU(true, dual)
	for t, i := range v.basis {
		v.a[i] += dual[t]
	}
	v.imbalance()
	for i := v.n; i < len(v.a); i++ {
		if v.basic[i] {
			v.a[i] = v.share(i) + v.c[i-v.n]
		}
	}
	return linalg.AllFinite(v.a)
}

// imbalance sets c.
func (v *quantileVertex) imbalance() {
	d := make([]float64, v.n)
	for i := range d {
		d[i] = v.share(i) - v.a[i]
	}
	v.x.trans(v.c, d)
}

// leaving is the basic row, or penalty, whose dual variable lies furthest outside its bounds; -1 if all are inside: the corner is optimal. rate is how the
// objective changes with its residual, which has to move up for above.
func (v *quantileVertex) leaving() (leave int, rate float64) {
	const tol = 1e-9
	leave, worst := -1, tol
	for i, basic := range v.basic {
		if !basic {
			continue
		}
		out := max(-v.a[i], v.a[i]-v.u[i])
		if out > worst*v.u[i] {
			leave, worst, rate = i, out/v.u[i], -out
		}
	}
	if leave >= 0 {
		v.above[leave] = v.a[leave] > v.u[leave]
	}
	return leave, rate
}

// crossing is when a residual reaches 0 on the way along an edge.
type crossing struct {
	t     float64
	i     int
	slope float64 // what the objective's rate gains there
}

func before(a, b crossing) bool { return a.t < b.t || a.t == b.t && a.i < b.i }

// pivot walks along the edge that frees the leaving row to its lowest point, where another row becomes basic.
func (v *quantileVertex) pivot(leave int, rate float64) bool {
	k := len(v.active)
	move := make([]float64, k)
	sign := -1.0
	if v.above[leave] {
		sign = 1
	}
	d := make([]float64, v.m)
	at := slices.Index(v.basis, leave)
	if at >= 0 {
		move[at] = -sign
	} else {
		z := leave - v.n
		d[z] = -sign
		full := make([]float64, v.m)
		for t, i := range v.basis {
			v.x.row(full, i)
			move[t] = sign * full[z]
		}
	}
	v.solveLU(false, move)
	for s, j := range v.active {
		d[j] = move[s]
	}
	speed := make([]float64, len(v.u))
	v.mul(speed, d)
	largest := linalg.MaxAbs(d)
	var heap []crossing
	for i, basic := range v.basic {
		s := -speed[i]
		const still = 1e-11
		if basic || math.Abs(s) <= still*largest || v.above[i] != (s < 0) {
			continue
		}
		heap = append(heap, crossing{max(-v.r[i]/s, 0), i, v.u[i] * math.Abs(s)})
	}
	for i := len(heap)/2 - 1; i >= 0; i-- {
		sink(heap, i)
	}
	for len(heap) > 0 {
		first := heap[0]
		rate += first.slope
		if rate >= 0 {
			v.exchange(leave, at, first.i)
			return true
		}
		v.above[first.i] = !v.above[first.i]
		last := len(heap) - 1
		heap[0] = heap[last]
		heap = heap[:last]
		sink(heap, 0)
	}
	return false
}

func sink(heap []crossing, i int) {
	for {
		down := 2*i + 1
		if down >= len(heap) {
			return
		}
		if down+1 < len(heap) && before(heap[down+1], heap[down]) {
			down++
		}
		if !before(heap[down], heap[i]) {
			return
		}
		heap[i], heap[down] = heap[down], heap[i]
		i = down
	}
}

// exchange makes enter basic in the place of leave, which is at basis[at] if it is a row.
func (v *quantileVertex) exchange(leave, at, enter int) {
	v.basic[leave], v.basic[enter] = false, true
	if leave >= v.n {
		v.active = append(v.active, leave-v.n)
	} else {
		v.basis = slices.Delete(v.basis, at, at+1)
	}
	if enter >= v.n {
		v.active = slices.DeleteFunc(v.active, func(j int) bool { return j == enter-v.n })
	} else {
		v.basis = append(v.basis, enter)
	}
}
