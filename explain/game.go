package explain

import (
	"math"
	"math/bits"
)

// game weighs the sets of columns for an index.
type game struct {
	weight [][]float64 // [a][b]: how often of all sets exactly a given columns are in it and b are not: Shapley's is a! b! / (a+b+1)!
}

// newGame prepares for up to so many columns.
func newGame(index Index, columns int) *game {
	g := &game{weight: make([][]float64, columns+1)}
	for a := range g.weight {
		row := make([]float64, columns+1-a)
		for b := range row {
			switch {
			case index == Banzhaf:
				row[b] = math.Ldexp(1, -a-b)
			case b == 0:
				row[b] = 1 / float64(a+1)
			default:
				row[b] = float64(row[b-1]*float64(b)) / float64(a+b+1)
			}
		}
		g.weight[a] = row
	}
	return g
}

func (g *game) before(a, b int) float64 { return g.weight[a][b] }

// fill adds a leaf's values for all patterns to a table, times v. reach is the share of the background of each pattern; it is overwritten. The table's patterns are the leaf's but for the
// bits of flip.
func (g *game) fill(t *table, reach []float64, pairs bool, v float64, flip int) {
	u, n := len(t.columns), len(reach)
	overSupersets(reach, u)
	full := n - 1
	with, without := make([]float64, n), make([]float64, n) // weights of sets with a column, and without it
	for s := range n {
		size := bits.OnesCount(uint(s))
		if size > 0 {
			with[s] = float64(g.before(size-1, u-size) * reach[full^s])
		}
		if size < u {
			without[s] = float64(g.before(size, u-size-1) * reach[full^s])
		}
	}
	overSubsets(with, u)
	overSubsets(without, u)
	if t.single == nil {
		t.single = make([]float64, u*n)
	}
	for i := range u {
		bit, line := 1<<i, t.single[i*n:(i+1)*n]
		for c := range n {
			each := -without[c&^bit]
			if c&bit != 0 {
				each += with[c] - with[c&^bit]
			}
			line[c^flip] += float64(v * each)
		}
	}
	if pairs && u > 1 {
		g.fillPairs(t, reach, v, flip)
	}
}

// fillPairs does for the interactions of pairs what fill does for single columns. reach holds the shares of rows that pass at least the columns of each set.
func (g *game) fillPairs(t *table, reach []float64, v float64, flip int) {
	u, n := len(t.columns), len(reach)
	full := n - 1
	two, one, none := make([]float64, n), make([]float64, n), make([]float64, n)
	for s := range n {
		size := bits.OnesCount(uint(s))
		passed := reach[full^s]
		if size > 1 {
			two[s] = float64(g.before(size-2, u-size) * passed)
		}
		if size > 0 && size < u {
			one[s] = float64(g.before(size-1, u-size-1) * passed)
		}
		if size < u-1 {
			none[s] = float64(g.before(size, u-size-2) * passed)
		}
	}
	overSubsets(two, u)
	overSubsets(one, u)
	overSubsets(none, u)
	if t.double == nil {
		t.double = make([]float64, n*u*(u-1)/2)
	}
	line := t.double
	for i := range u {
		for j := range i {
			a, b := 1<<i, 1<<j
			for c := range n {
				rest := c &^ (a | b)
				each := none[rest]
				if c&a != 0 {
					each -= one[c&^b] - one[rest]
				}
				if c&b != 0 {
					each -= one[c&^a] - one[rest]
				}
				if c&a != 0 && c&b != 0 {
					each += two[c] - two[c&^a] - two[c&^b] + two[rest]
				}
				line[c^flip] += float64(v * each)
			}
			line = line[n:]
		}
	}
}

// overSubsets replaces what each set has by the sum over its subsets.
func overSubsets(x []float64, u int) {
	for i := range u {
		for s := range x {
			if s>>i&1 != 0 {
				x[s] += x[s^1<<i]
			}
		}
	}
}

// overSupersets replaces what each set has by the sum over the sets that hold it.
func overSupersets(x []float64, u int) {
	for i := range u {
		for s := range x {
			if s>>i&1 == 0 {
				x[s] += x[s|1<<i]
			}
		}
	}
}
