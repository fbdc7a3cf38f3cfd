package explain

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// For one row and one background row, a leaf is reached by the sets of columns that hold all of some columns (on which the row comes there but the background row does
// not) and none of some others (the other way round). Such a game has a closed form. This is the way for trees whose paths ask too many columns for a table,
// for linear leaves, and for responses.

// term is the game of the sets that hold all of with and none of without, in the walk of one pair of rows.
type term struct {
	with, without []int32 // columns
}

// duel walks trees for pairs of rows.
type duel struct {
	x      *TreeExplainer
	g      *game
	row    []float64
	other  []float64 // the background row
	side   []int8    // of each column: 1 if it is the row's so far, -1 if the other's, 0 if it does not matter yet
	set    term
	single []float64 // outputs x columns
	double []float64 // outputs x columns x columns, or nil
}

// explainPairs adds the values of some trees, row by row against each background row.
func (x *TreeExplainer) explainPairs(ctx context.Context, src rows.Rows, trees []int, out *Explanation, pairs *Interactions) error {
	most := 0
	for _, t := range trees {
		most = max(most, x.pathwise[t].columns)
	}
	if x.e.Linear != nil {
		most = x.e.Features
	}
	g := newGame(x.how.Index, most+1)
	workers := par.Chunks(src.Len(), 1+src.Len()/64)
	return par.Do(ctx, workers, func(ctx context.Context, c int) error {
		lo, hi := par.Bounds(src.Len(), workers, c)
		p, k := x.e.Features, x.e.Outputs
		d := &duel{x: x, g: g, row: make([]float64, p), other: make([]float64, p), side: make([]int8, p), single: make([]float64, k*p)}
		if pairs != nil {
			d.double = make([]float64, k*p*p)
		}
		buf := make([]float64, p)
		for i := lo; i < hi; i++ {
			for j, v := range src.Row(i, buf) {
				if x.e.Float32 {
					v = float64(float32(v))
				}
				d.row[j] = v
			}
			if err := d.against(ctx, i, trees, out, pairs); err != nil {
				return err
			}
		}
		return nil
	})
}

// against adds the means over the background to what is known of row i.
func (d *duel) against(ctx context.Context, i int, trees []int, out *Explanation, pairs *Interactions) error {
	x := d.x
	p, k := x.e.Features, x.e.Outputs
	mine, theirs := make([]float64, k), make([]float64, k)
	responses := x.how.Scale == Response
	if responses {
		x.raw(mine, d.row)
	}
	for b, weight := range x.back.weight {
		if b%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		x.back.row(b, d.other)
		clear(d.single)
		clear(d.double)
		for _, t := range trees {
			d.walk(t, int(x.e.Start[t]))
		}
		if responses {
			x.raw(theirs, d.other)
		}
		for o := range k {
			w := weight
			if responses {
				w *= slope(x.e, mine[o], theirs[o])
			}
			values := out.Row(i, o)
			for _, j := range x.used {
				values[j] += float64(w * d.single[o*p+int(j)])
			}
			if pairs == nil {
				continue
			}
			m := pairs.Matrix(i, o)
			for q, v := range d.double[o*p*p : (o+1)*p*p] {
				if v != 0 {
					m[q] += float64(w * v)
				}
			}
		}
	}
	return nil
}

// slope is the difference of two responses over that of their raw scores.
func slope(e *tree.Ensemble, a, b float64) float64 {
	both := [2]float64{a, b}
	if a == b {
		return 0
	}
	e.Respond(both[:1])
	e.Respond(both[1:])
	return (both[0] - both[1]) / (a - b)
}

// walk goes down from a node of tree t, both ways where it depends on the column's owner.
func (d *duel) walk(t, node int) {
	e := d.x.e
	j := e.Feature[node]
	if j < 0 {
		d.leaf(t, node)
		return
	}
	left, right := int(e.Start[t]+e.Left[node]), int(e.Start[t]+e.Right[node])
	to := func(passes bool) int {
		if passes {
			return left
		}
		return right
	}
	mine, theirs := to(e.Passes(node, d.row[j])), to(e.Passes(node, d.other[j]))
	switch {
	case mine == theirs, d.side[j] > 0:
		d.walk(t, mine)
	case d.side[j] < 0:
		d.walk(t, theirs)
	default:
		d.given(j, true, func() { d.walk(t, mine) })
		d.given(j, false, func() { d.walk(t, theirs) })
	}
}

// leaf adds what the leaf's game is worth to each column.
func (d *duel) leaf(t, node int) {
	e := d.x.e
	switch {
	case e.Linear != nil:
		k := d.x.output(t)
		d.linear(node, k, d.x.factor(t, k))
	case e.Vector:
		for k := range e.Outputs {
			d.add(k, float64(d.x.factor(t, k)*leafOf(e, node, k)))
		}
	default:
		k := d.x.output(t)
		d.add(k, float64(d.x.factor(t, k)*e.Value[node]))
	}
}

// add gives each column what it is worth that the sets of d.set are worth v.
func (d *duel) add(k int, v float64) {
	a, b := len(d.set.with), len(d.set.without)
	p := d.x.e.Features
	single := d.single[k*p:]
	if a > 0 {
		w := float64(v * d.g.before(a-1, b))
		for _, j := range d.set.with {
			single[j] += w
		}
	}
	if b > 0 {
		w := float64(v * d.g.before(a, b-1))
		for _, j := range d.set.without {
			single[j] -= w
		}
	}
	if d.double != nil && a+b > 1 {
		d.addPairs(d.double[k*p*p:], v)
	}
}

func (d *duel) addPairs(m []float64, v float64) {
	p := int32(d.x.e.Features)
	put := func(i, j int32, w float64) { m[min(i, j)*p+max(i, j)] += w }
	a, b := len(d.set.with), len(d.set.without)
	for q, i := range d.set.with {
		for _, j := range d.set.with[:q] {
			put(i, j, float64(v*d.g.before(a-2, b)))
		}
		for _, j := range d.set.without {
			put(i, j, -float64(v*d.g.before(a-1, b-1)))
		}
	}
	for q, i := range d.set.without {
		for _, j := range d.set.without[:q] {
			put(i, j, float64(v*d.g.before(a, b-2)))
		}
	}
}

// linear adds what a linear leaf says: a sum of terms, each of which is the row's or the other's; or its value where a number that it needs is missing.
func (d *duel) linear(node, k int, factor float64) {
	l := d.x.e.Linear
	terms, coef := l.Feature[l.Start[node]:l.Start[node+1]], l.Coef[l.Start[node]:l.Start[node+1]]
	if l.SkipMissing {
		d.terms(k, factor, l.Const[node], terms, coef)
		return
	}
	var gaps []int32 // terms that are missing in one of the rows
	for _, j := range terms {
		mine, theirs := math.IsNaN(d.row[j]), math.IsNaN(d.other[j])
		if mine && theirs {
			d.add(k, float64(factor*d.x.e.Value[node]))
			return
		}
		if mine || theirs {
			gaps = append(gaps, j)
		}
	}
	if len(gaps) == 0 {
		d.terms(k, factor, l.Const[node], terms, coef)
		return
	}
	d.add(k, float64(factor*d.x.e.Value[node]))
	d.filled(gaps, func() { d.terms(k, factor, l.Const[node]-d.x.e.Value[node], terms, coef) })
}

// filled calls f for the sets that take each of the columns from the row that has it.
func (d *duel) filled(gaps []int32, f func()) {
	if len(gaps) == 0 {
		f()
		return
	}
	j := gaps[0]
	d.given(j, !math.IsNaN(d.row[j]), func() { d.filled(gaps[1:], f) })
}

// terms adds a constant and the terms of a linear leaf.
func (d *duel) terms(k int, factor, constant float64, terms []int32, coef []float64) {
	d.add(k, float64(factor*constant))
	for q, j := range terms {
		for _, mine := range [2]bool{true, false} {
			v := d.other[j]
			if mine {
				v = d.row[j]
			}
			if !math.IsNaN(v) {
				d.given(j, mine, func() { d.add(k, float64(factor*float64(coef[q]*v))) })
			}
		}
	}
}

// given calls f for the sets that also take column j from the row, or from the other.
func (d *duel) given(j int32, mine bool, f func()) {
	switch {
	case d.side[j] != 0:
		if mine == (d.side[j] > 0) {
			f()
		}
	case mine:
		d.side[j] = 1
		d.set.with = append(d.set.with, j)
		f()
		d.set.with = d.set.with[:len(d.set.with)-1]
		d.side[j] = 0
	default:
		d.side[j] = -1
		d.set.without = append(d.set.without, j)
		f()
		d.set.without = d.set.without[:len(d.set.without)-1]
		d.side[j] = 0
	}
}

// linearLeaf is what a linear leaf says of a row.
func linearLeaf(e *tree.Ensemble, node int, row []float64) float64 {
	l := e.Linear
	sum := l.Const[node]
	for q := l.Start[node]; q < l.Start[node+1]; q++ {
		v := row[l.Feature[q]]
		if math.IsNaN(v) {
			if l.SkipMissing {
				continue
			}
			return e.Value[node]
		}
		sum += float64(l.Coef[q] * v)
	}
	return sum
}
