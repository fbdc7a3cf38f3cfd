package tree

import (
	"math"
	"math/bits"

	"github.com/gopherwood-ml/ml/internal/rows"
)

// lone is a few large trees of numeric splits, or trees that ask for many columns. A row meets so few of their splits that it would cost more to look up its ranks among all
// cuts of a model than to compare its numbers where they lie. Blocks of rows run in groups, if most trees can.
type lone struct {
	e           *Ensemble
	first, last int
	blocks      []part     // the same trees for blocks of rows; nil: these
	nodes       []loneNode // of all these trees, by place in the ensemble from the first one's root
}

// loneNode sends x to child 1 if sign·x < cut, else, NaN included, to child 0. A leaf leads to itself.
type loneNode struct {
	cut, sign float64
	child     [2]int32
	feature   int32
}

// newLone makes the form if it suits the trees.
func newLone(e *Ensemble, first, last int) (*lone, bool) {
	if e.Float32 || e.Linear != nil || !e.fewSplits(first, last) {
		return nil, false
	}
	p := &lone{e: e, first: first, last: last}
	base := e.Start[first]
	for t := first; t < last; t++ {
		root := e.Start[t] - base
		for i := e.Start[t]; i < e.Start[t+1]; i++ {
			at := i - base
			if e.Feature[i] < 0 {
				p.nodes = append(p.nodes, loneNode{child: [2]int32{at, at}})
				continue
			}
			cut, ok := cutOf(e.Rule[i], e.Threshold[i])
			if e.Rule[i]&^MissingLeft > LessEq || !ok {
				return nil, false
			}
			n := loneNode{cut: cut, sign: 1, child: [2]int32{root + e.Right[i], root + e.Left[i]}, feature: e.Feature[i]}
			if e.Rule[i]&MissingLeft != 0 { // right is where x >= cut, that is -x < the number after -cut
				n = loneNode{cut: math.Nextafter(-cut, math.Inf(1)), sign: -1, child: [2]int32{root + e.Left[i], root + e.Right[i]}, feature: e.Feature[i]}
			}
			p.nodes = append(p.nodes, n)
		}
	}
	return p, true
}

// fewSplits compares what a row costs both ways, in comparisons.
func (e *Ensemble) fewSplits(first, last int) bool {
	cuts := make([]uint, e.Features)
	walk := 0
	for t := first; t < last; t++ {
		walk += bits.Len(uint(e.Nodes(t))) + 4
		for i := e.Start[t]; i < e.Start[t+1]; i++ {
			if f := e.Feature[i]; f >= 0 {
				cuts[f]++
			}
		}
	}
	look := 0
	for _, n := range cuts {
		if n > 0 {
			look += bits.Len(n) + 1
		}
	}
	return walk < look
}

// walk is the place of the leaf of x below a root.
func (p *lone) walk(x []float64, root int32) int32 {
	at := root
	for {
		n := &p.nodes[at]
		next := n.next(x)
		if next == at {
			return at
		}
		at = next
	}
}

func (n *loneNode) next(x []float64) int32 {
	k := 0
	if float64(x[n.feature]*n.sign) < n.cut {
		k = 1
	}
	return n.child[k&1]
}

func (p *lone) row(dst, x []float64, _ *scratch) {
	for t := p.first; t < p.last; t++ {
		p.add(dst, t, p.walk(x, p.root(t)))
	}
}

func (p *lone) root(t int) int32 { return p.e.Start[t] - p.e.Start[p.first] }

// add adds what a leaf of tree t says.
func (p *lone) add(dst []float64, t int, leaf int32) {
	p.e.addLeaf(dst, nil, t, int(p.e.Start[p.first]+leaf))
}

// inTurn is how many rows are walked in turn, so that one need not wait for another's memory.
const inTurn = 8

// heldNumbers is how many numbers of rows that do not lie as dense float64 are held at most.
const heldNumbers = 1 << 14

func (p *lone) block(dst []float64, x rows.Rows, lo, n int, s *scratch) {
	if p.blocks != nil && n >= fewRows {
		for _, q := range p.blocks {
			q.block(dst, x, lo, n, s)
		}
		return
	}
	k, i, features := p.e.Outputs, 0, p.e.Features
	held := !x.Direct() && n >= inTurn && inTurn*features <= heldNumbers
	if held && s.rows == nil {
		s.rows = make([]float64, inTurn*features)
	}
	if x.Direct() || held {
		var row [inTurn][]float64
		for ; i+inTurn <= n; i += inTurn {
			for l := range row {
				var buf []float64
				if held {
					buf = s.rows[l*features : (l+1)*features]
				}
				row[l] = x.Row(lo+i+l, buf)
			}
			for t := p.first; t < p.last; t++ {
				var at [inTurn]int32
				for l := range at {
					at[l] = p.root(t)
				}
				for moved := int32(1); moved != 0; {
					moved = 0
					for l := range at {
						next := p.nodes[at[l]].next(row[l])
						moved |= next ^ at[l]
						at[l] = next
					}
				}
				for l, leaf := range at {
					p.add(dst[(i+l)*k:(i+l+1)*k], t, leaf)
				}
			}
		}
	}
	for ; i < n; i++ {
		p.row(dst[i*k:(i+1)*k], x.Row(lo+i, s.x), s)
	}
}

func (p *lone) leaves(dst []int32, x rows.Rows, lo, n int, s *scratch) {
	if p.blocks != nil && n >= fewRows {
		for _, q := range p.blocks {
			q.leaves(dst, x, lo, n, s)
		}
		return
	}
	trees := p.e.Trees()
	for i := range n {
		row := x.Row(lo+i, s.x)
		for t := p.first; t < p.last; t++ {
			dst[i*trees+t] = p.e.Start[p.first] + p.walk(row, p.root(t))
		}
	}
}
