package histgrow

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// exact holds the columns of a matrix as they are, for trees that are cut between any two numbers: XGBoost's exact greedy search (Chen and Guestrin, KDD
// 2016). Each column is sorted once; a node has its rows in the order of each column, which a split divides without changing it.
type exact struct {
	values []float64 // column-major
	order  []int32   // the rows by rising number of each column, the missing last
}

// BinExact is Bin without bins. Columns of categories are no part of it, nor are options but Columns[j].Skip.
func BinExact(ctx context.Context, x rows.Rows, o BinOptions) (*Binned, error) {
	n, p := x.Dims()
	switch {
	case slices.Contains(o.Categorical, true):
		return nil, &BadConfig{"Exact", "true with categorical columns", "numeric columns: categories have no order"}
	case x.Sparse():
		return nil, &BadConfig{"Exact", "true with a CSR matrix", "a dense matrix, or bins, which keep a sparse one sparse"}
	case o.Columns != nil && len(o.Columns) != p:
		return nil, &BadConfig{"Columns", fmt.Sprintf("%d long", len(o.Columns)), fmt.Sprintf("one for each of %d columns", p)}
	}
	e := &exact{values: make([]float64, n*p), order: make([]int32, n*p)}
	b := &Binned{Rows: n, Features: p, Columns: make([]Column, p), places: make([]place, p), exact: e}
	return b, par.Do(ctx, p, func(_ context.Context, j int) error {
		v, order, c := e.values[j*n:(j+1)*n], e.order[j*n:(j+1)*n], &b.Columns[j]
		b.places[j].kind = nowhere
		x.Col(j, v)
		for i := range order {
			order[i] = int32(i)
			c.Missing = c.Missing || v[i] != v[i]
		}
		slices.SortFunc(order, func(x, y int32) int {
			a, b := v[x], v[y]
			switch {
			case a < b || a == a && b != b:
				return -1
			case a > b || a != a && b == b:
				return 1
			}
			return cmp.Compare(x, y)
		})
		c.Bins = 1
		if n > 0 && v[order[0]] != v[order[n-1]] && (o.Columns == nil || !o.Columns[j].Skip) && v[order[0]] == v[order[0]] {
			c.Bins = 2 // or any other number above 1: it can be split
		}
		return nil
	})
}

// beginExact takes the orders of the rows of a tree.
func (g *Grower) beginExact(n int) {
	e := g.b.exact
	if g.orders == nil {
		g.orders, g.side, g.orderSpare = make([]int32, len(e.order)), make([]uint8, g.b.Rows+kern.DividePad), make([]int32, g.b.Rows)
	}
	if g.given == nil {
		copy(g.orders, e.order)
		return
	}
	clear(g.side)
	for _, r := range g.given {
		g.side[r] = 1
	}
	for _, j := range g.active {
		to := g.orderOf(int(j))
		k := 0
		for _, r := range e.order[int(j)*g.b.Rows : (int(j)+1)*g.b.Rows] {
			if g.side[r] != 0 {
				to[k] = r
				k++
			}
		}
	}
}

// orderOf are the rows of the tree in the order of column j, node by node.
func (g *Grower) orderOf(j int) []int32 { return g.orders[j*g.b.Rows : (j+1)*g.b.Rows] }

// divideExact divides the rows of a node in all orders.
func (g *Grower) divideExact(nd *node) int {
	c, n := &nd.best, g.b.Rows
	v := g.b.exact.values[int(c.feature)*n : (int(c.feature)+1)*n]
	rows := g.rows[nd.lo:nd.hi]
	for _, r := range rows {
		g.side[r] = 0
		if c.passes(v[r]) {
			g.side[r] = 1
		}
	}
	spare := g.orderSpare[nd.lo:nd.hi]
	k := kern.Divide(rows, spare, g.side, &bySide)
	copy(rows[k:], spare[:len(rows)-k])
	for _, j := range g.active {
		order := g.orderOf(int(j))[nd.lo:nd.hi]
		kern.Divide(order, spare, g.side, &bySide)
		copy(order[k:], spare[:len(order)-k])
	}
	return nd.lo + k
}

var bySide = [8]uint32{1 << 1}

// passes reports whether a number goes left.
func (c *candidate) passes(v float64) bool {
	if v != v {
		return c.missingLeft
	}
	return v <= c.threshold
}

// searchExact tries all cuts of a column: first with the missing on the right, where the lowest of equally good cuts is taken, then, if that gains more,
// on the left, where the highest is, as XGBoost does.
func (g *Grower) searchExact(nd *node, j int, best *candidate) {
	n := g.b.Rows
	v, order := g.b.exact.values[j*n:(j+1)*n], g.orderOf(j)[nd.lo:nd.hi]
	var missing [2]int64
	present := len(order)
	for ; present > 0 && v[order[present-1]] != v[order[present-1]]; present-- {
		grad, hess := g.derivatives(int(order[present-1]))
		missing[0] += grad
		missing[1] += hess
	}
	direction := int8(0)
	if g.cfg.Monotone != nil {
		direction = g.cfg.Monotone[j]
	}
	b := g.boundsOf(nd, j)
	left, right := b.both, b.both
	after := func(i int) float64 { // the cut behind place i
		if i+1 == present {
			return math.MaxFloat64
		}
		return middle(v[order[i]], v[order[i+1]])
	}
	try := func(missingLeft bool, start [2]int64) {
		grad, hess := start[0], start[1]
		top := best.gain
		for i, r := range order[:present] {
			more, and := g.derivatives(int(r))
			grad += more
			hess += and
			if i+1 < present && v[order[i+1]] == v[r] || i+1 == present && (missingLeft || present == len(order)) {
				continue
			}
			if b.some != nil {
				left, right = b.at(after(i))
			}
			gain, ok := g.gainWithin(nd, grad, hess, g.cfg.L2, direction, &left, &right)
			if !ok || !(gain > best.gain || missingLeft && gain == best.gain && gain > top) {
				continue
			}
			threshold := after(i)
			*best = candidate{feature: int32(j), threshold: threshold, missingLeft: missingLeft, gain: gain, grad: grad, hess: hess, l2: g.cfg.L2}
		}
	}
	if g.b.Columns[j].Missing {
		try(false, [2]int64{})
	}
	try(true, missing)
	if present == len(order) {
		return
	}
	// The missing alone on the left divide as they alone on the right do, but a constraint may allow only one of these.
	if b.some != nil {
		left, right = b.at(-math.MaxFloat64)
	}
	if gain, ok := g.gainWithin(nd, missing[0], missing[1], g.cfg.L2, direction, &left, &right); ok && gain > best.gain {
		*best = candidate{feature: int32(j), threshold: -math.MaxFloat64, missingLeft: true, gain: gain, grad: missing[0], hess: missing[1], l2: g.cfg.L2}
	}
}

// middle is between a and b, and below b.
func middle(a, b float64) float64 {
	m := float64(a/2) + float64(b/2)
	if !(m >= a && m < b) {
		return a
	}
	return m
}
