package treegrow

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Coded are columns of numbers as codes by row, in the order of the numbers. Any number of trees read them at once.
type Coded struct {
	Rows, Features int
	narrow         [][]uint16 // by column; nil where some column has more than 2^16 codes
	wide           [][]uint32
	values         [][]float64 // of each code of a column
	numbers        [][]float64 // the columns themselves, for cuts that are drawn; nil: codes
}

// Plain keeps the columns of x as they are, for trees whose cuts are drawn.
func Plain(x rows.Rows) *Coded {
	n, p := x.Dims()
	c := &Coded{Rows: n, Features: p, numbers: make([][]float64, p)}
	for j := range c.numbers {
		c.numbers[j] = make([]float64, n)
	}
	par.For(n, 2*p, func(lo, hi int) {
		buf := make([]float64, p)
		for i := lo; i < hi; i++ {
			for j, v := range x.Row(i, buf) {
				c.numbers[j][i] = v + 0 // -0 becomes 0
			}
		}
	})
	return c
}

// Code codes the columns of x, whose numbers are finite: equal numbers have equal codes.
func Code(ctx context.Context, x rows.Rows) (*Coded, error) {
	n, p := x.Dims()
	c := &Coded{Rows: n, Features: p, values: make([][]float64, p)}
	wide := make([][]uint32, p)
	err := par.Do(ctx, p, func(_ context.Context, j int) error {
		column := make([]float64, n)
		x.Col(j, column)
		var s sorter
		order, _ := s.sort(column)
		codes, values := make([]uint32, n), make([]float64, 0, min(n, 1<<10))
		for i, at := range order {
			v := column[at] + 0 // -0 becomes 0
			if i == 0 || v != values[len(values)-1] {
				values = append(values, v)
			}
			codes[at] = uint32(len(values) - 1)
		}
		wide[j], c.values[j] = codes, values
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, v := range c.values {
		if len(v) > math.MaxUint16+1 {
			c.wide = wide
			return c, nil
		}
	}
	c.narrow = make([][]uint16, p)
	par.For(p, 2*n, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			c.narrow[j] = make([]uint16, n)
			for i, code := range wide[j] {
				c.narrow[j][i] = uint16(code)
			}
		}
	})
	return c, nil
}

// FromCodes takes columns that are coded already, with a rising number for each code.
func FromCodes(codes [][]uint16, values [][]float64) *Coded {
	return &Coded{Rows: len(codes[0]), Features: len(codes), narrow: codes, values: values}
}

// Quick reports whether a [Grower] grows trees with these parameters. It grows the trees of Grow.
func (t *Target) Quick(p Params) bool {
	sums := p.Criterion == Gini || p.Criterion == Entropy || p.Criterion == Squared && t.M == 1
	return sums && p.MaxLeaves == 0 && p.Monotone == nil && p.Interaction == nil && p.Scale == nil
}

// Grown is a tree as arrays with one entry for each node, which [Node] explains.
type Grown struct {
	Feature, Left, Right    []int32
	Threshold, Weight, Gain []float64
	MissingLeft             []bool
	Sets                    [][]uint32 // nil: no categories
	Value                   []float64  // as many as there are classes, or one, of each node
}

func (g *Grown) reset() {
	g.Feature, g.Left, g.Right, g.MissingLeft = g.Feature[:0], g.Left[:0], g.Right[:0], g.MissingLeft[:0]
	g.Threshold, g.Weight, g.Gain, g.Value = g.Threshold[:0], g.Weight[:0], g.Gain[:0], g.Value[:0]
}

// add appends a leaf and returns its place.
func (g *Grown) add() int32 {
	g.Feature, g.Left, g.Right, g.MissingLeft = append(g.Feature, -1), append(g.Left, 0), append(g.Right, 0), append(g.MissingLeft, false)
	g.Threshold, g.Weight, g.Gain = append(g.Threshold, 0), append(g.Weight, 0), append(g.Gain, 0)
	return int32(len(g.Feature) - 1)
}

// Grower grows trees one after the other in the same memory. It belongs to one goroutine.
type Grower struct {
	narrow *quick[uint16]
	wide   *quick[uint32]
	plain  *quick[float64]
}

// Grower makes one.
func (c *Coded) Grower() *Grower {
	if c.numbers != nil {
		return &Grower{plain: &quick[float64]{coded: c, base: quickFrame[float64]{codes: c.numbers}}}
	}
	if c.narrow != nil {
		return &Grower{narrow: &quick[uint16]{coded: c, base: quickFrame[uint16]{codes: c.narrow}}}
	}
	return &Grower{wide: &quick[uint32]{coded: c, base: quickFrame[uint32]{codes: c.wide}}}
}

// Grow grows the tree that the function Grow would; it is good until the next call. Quick must hold, and p.Random on plain columns alone.
func (g *Grower) Grow(ctx context.Context, target *Target, weight []float64, p Params) (*Grown, error) {
	if g.plain != nil {
		return g.plain.grow(ctx, target, weight, p)
	}
	if g.narrow != nil {
		return g.narrow.grow(ctx, target, weight, p)
	}
	return g.wide.grow(ctx, target, weight, p)
}

// Take copies a tree of the function Grow.
func (g *Grown) Take(nodes []Node) {
	g.reset()
	g.Sets = g.Sets[:0]
	sets := false
	for i := range nodes {
		n := &nodes[i]
		g.Feature, g.Left, g.Right = append(g.Feature, int32(n.Feature)), append(g.Left, int32(n.Left)), append(g.Right, int32(n.Right))
		g.Threshold, g.Weight, g.Gain = append(g.Threshold, n.Threshold), append(g.Weight, n.Weight), append(g.Gain, n.Gain)
		g.MissingLeft, g.Value = append(g.MissingLeft, n.MissingLeft), append(g.Value, n.Value...)
		g.Sets = append(g.Sets, n.Set)
		sets = sets || n.Set != nil
	}
	if !sets {
		g.Sets = nil
	}
}
