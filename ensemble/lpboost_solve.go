package ensemble

import (
	"cmp"
	"math"
	"slices"
)

// marginProgram is the linear program of LPBoost in the form where rows have weights u:
//
//	min β    where Σ u = 1, 0 <= u <= most, and Σ u·right <= β for every member
//
// It is solved by the dual simplex method with bounded variables, from the solution with one member less. The votes are the multipliers of the members' constraints, and ρ that of the sum: a row weighs what it may at
// most if it is right by less than ρ, nothing if by more. A basis holds β, as many rows as members with votes, and the slacks of the other members.
type marginProgram struct {
	most    []float64
	right   [][]float64 // of each member, 1 where it is right and -1 where it is wrong
	votes   []float64
	weights []float64
	bound   float64 // β
	rho     float64

	basic []int  // the variables of the basis: rows from 0 on, then β, then the slacks
	place []int  // of each row and slack in the basis; -1: none
	upper []bool // rows out of the basis that weigh what they may at most
}

const (
	leastAlpha = 1e-9  // of a change of basis
	allowed    = 1e-10 // by how much constraints may be broken, a row's in proportion to what it may weigh
	basesTried = 50    // at the most, for each member and for a hundred more
)

// add takes another member in, and says whether the program was solved: if not, the votes are good ones but not the best.
func (p *marginProgram) add(right []float64) bool {
	n := len(p.most)
	p.right = append(p.right, right)
	slack := n + len(p.right)
	p.place = append(p.place, -1)
	if len(p.right) == 1 {
		p.first()
	} else {
		p.place[slack-1] = len(p.basic)
		p.basic = append(p.basic, slack)
	}
	idle, last := 0, math.Inf(-1)
	for range basesTried * (len(p.right) + 100) {
		inverse, ok := invert(p.basis())
		if !ok {
			return false
		}
		value := p.solve(inverse)
		if idle++; p.bound > last+1e-13 {
			idle, last = 0, p.bound
		}
		out, short := p.broken(value, idle > 20)
		if out < 0 {
			return true
		}
		if !p.pivot(inverse[out], out, short, idle > 20) {
			return false
		}
	}
	return false
}

// first is the best basis for a single member: rows that it gets wrong come first.
func (p *marginProgram) first() {
	n := len(p.most)
	p.place, p.upper = slices.Repeat([]int{-1}, n+1), make([]bool, n)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.right[0][a], p.right[0][b]) })
	left, middle := 1.0, order[n-1]
	for _, i := range order {
		if p.most[i] >= left {
			middle = i
			break
		}
		left -= p.most[i]
		p.upper[i] = true
	}
	p.upper[middle] = false
	p.basic, p.place[middle] = []int{n, middle}, 1
}

// at is the place of a variable in place: β has none.
func (p *marginProgram) at(variable int) int {
	if variable > len(p.most) {
		return variable - 1
	}
	return variable
}

// column is what a variable adds to the sum and to the members' constraints.
func (p *marginProgram) column(variable int, to []float64) {
	n := len(p.most)
	clear(to)
	switch {
	case variable < n:
		to[0] = 1
		for j, right := range p.right {
			to[j+1] = right[variable]
		}
	case variable == n:
		for j := range p.right {
			to[j+1] = -1
		}
	default:
		to[variable-n] = 1
	}
}

func (p *marginProgram) basis() [][]float64 {
	size := len(p.basic)
	out, column := make([][]float64, size), make([]float64, size)
	for i := range out {
		out[i] = make([]float64, size)
	}
	for k, v := range p.basic {
		p.column(v, column)
		for i, x := range column {
			out[i][k] = x
		}
	}
	return out
}

// solve computes the votes, the weights of rows and β of a basis, and returns the values of its variables.
func (p *marginProgram) solve(inverse [][]float64) []float64 {
	n, size := len(p.most), len(p.basic)
	rest := make([]float64, size) // what the basis must make up for
	rest[0] = 1
	p.weights = make([]float64, n)
	for i, is := range p.upper {
		if !is {
			continue
		}
		p.weights[i] = p.most[i]
		rest[0] -= p.most[i]
		for j, right := range p.right {
			rest[j+1] -= float64(p.most[i] * right[i])
		}
	}
	value := make([]float64, size)
	for k, v := range p.basic {
		for i, x := range inverse[k] {
			value[k] += float64(x * rest[i])
		}
		switch {
		case v < n:
			p.weights[v] = min(max(value[k], 0), p.most[v])
		case v == n:
			p.bound = value[k]
		}
	}
	beta := inverse[slices.Index(p.basic, n)]
	p.rho = beta[0]
	p.votes = make([]float64, len(p.right))
	sum := 0.0
	for j := range p.votes {
		if p.place[n+j] < 0 {
			p.votes[j] = max(-beta[j+1], 0)
			sum += p.votes[j]
		}
	}
	for j := range p.votes {
		p.votes[j] /= sum
	}
	return value
}

// broken is the variable of the basis that is out of its bounds by most, or the first of them, and by how much: below 0 if it is too small. -1: none is.
func (p *marginProgram) broken(value []float64, first bool) (out int, short float64) {
	n := len(p.most)
	out, worst := -1, allowed
	for k, v := range p.basic {
		by, scale := 0.0, 1.0
		switch {
		case v == n:
			continue
		case v < n:
			scale = p.most[v]
			if by = value[k] - p.most[v]; by < 0 {
				by = min(value[k], 0)
			}
		default:
			by = min(value[k], 0)
		}
		size := math.Abs(by) / scale
		if first && out >= 0 && size > allowed && v < p.basic[out] || size > worst && (!first || out < 0) {
			out, short, worst = k, by, size
		}
	}
	return out, short
}

// lpStep is a variable that may come into the basis.
type lpStep struct {
	variable     int
	ratio, alpha float64 // by how far the multipliers may go until it pays; what it adds to the variable that leaves
}

// pivot brings a variable into the basis in place of the one at out, whose row of the inverse is given. Rows on the way change from one bound to the other, as long as that does not make up for what is short.
func (p *marginProgram) pivot(row []float64, out int, short float64, first bool) bool {
	n := len(p.most)
	var steps []lpStep
	offer := func(variable int, alpha, reduced float64, upper bool) {
		if short > 0 {
			alpha = -alpha
		}
		if !upper && alpha < -leastAlpha || upper && alpha > leastAlpha {
			steps = append(steps, lpStep{variable, max(reduced, 0) / math.Abs(alpha), math.Abs(alpha)})
		}
	}
	for i := range n {
		if p.place[i] >= 0 || p.most[i] == 0 {
			continue
		}
		alpha, reduced := row[0], -p.rho
		for j, right := range p.right {
			alpha += float64(row[j+1] * right[i])
			reduced += float64(p.votes[j] * right[i])
		}
		if p.upper[i] {
			reduced = -reduced
		}
		offer(i, alpha, reduced, p.upper[i])
	}
	for j := range p.right {
		if p.place[n+j] < 0 {
			offer(n+1+j, row[j+1], p.votes[j], false)
		}
	}
	if len(steps) == 0 {
		return false
	}
	slices.SortFunc(steps, func(a, b lpStep) int {
		return cmp.Or(cmp.Compare(a.ratio, b.ratio), cmp.Compare(a.variable, b.variable))
	})
	need, in := math.Abs(short), steps[0].variable
	for _, s := range steps {
		in = s.variable
		if in > n || first {
			break
		}
		if need -= float64(s.alpha * p.most[in]); need <= 0 {
			break
		}
		p.upper[in] = !p.upper[in]
	}
	gone := p.basic[out]
	if p.place[p.at(gone)] = -1; gone < n {
		p.upper[gone] = short > 0
	}
	p.basic[out], p.place[p.at(in)] = in, out
	if in < n {
		p.upper[in] = false
	}
	return true
}

// invert is the inverse of a square matrix, which it changes; false if there is none.
func invert(a [][]float64) ([][]float64, bool) {
	n := len(a)
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, n)
		out[i][i] = 1
	}
	for k := range n {
		top := k
		for i := k + 1; i < n; i++ {
			if math.Abs(a[i][k]) > math.Abs(a[top][k]) {
				top = i
			}
		}
		if !(math.Abs(a[top][k]) > 1e-12) {
			return nil, false
		}
		a[k], a[top], out[k], out[top] = a[top], a[k], out[top], out[k]
		by := 1 / a[k][k]
		for j := range n {
			a[k][j], out[k][j] = float64(a[k][j]*by), float64(out[k][j]*by)
		}
		for i := range n {
			f := a[i][k]
			if i == k || f == 0 {
				continue
			}
			for j := range n {
				a[i][j] -= float64(f * a[k][j])
				out[i][j] -= float64(f * out[k][j])
			}
		}
	}
	return out, true
}
