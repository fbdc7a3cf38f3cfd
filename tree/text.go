package tree

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// WriteText writes one tree as an indented list of its splits, as scikit-learn's export_text does:
//
//	|--- petal width <= 0.8
//	|   |--- setosa [50, 0, 0]
//	|--- petal width > 0.8
//	...
//
// Names are those of the columns, levels and classes. Where missing values go is said if any split of the model sends them left; they go right
// otherwise. Values are the tree's own, before its weight and any link.
func WriteText(w io.Writer, m Grown, how Drawing) error {
	const where = "tree.WriteText"
	p, err := newPen(where, m, how)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	p.text(&b, 0, 0)
	return send(where, w, b.Bytes())
}

func (p *pen) text(b *bytes.Buffer, i, depth int) {
	indent := strings.Repeat("|   ", depth) + "|--- "
	if p.leaf(i) {
		fmt.Fprintf(b, "%s%s%s\n", indent, p.value(i), p.covered(i))
		return
	}
	if depth == p.how.MaxDepth {
		fmt.Fprintf(b, "%s%s below\n", indent, counted(p.leavesBelow(i), "leaves"))
		return
	}
	left, right := p.children(i)
	fmt.Fprintf(b, "%s%s\n", indent, p.split(i, true))
	p.text(b, left, depth+1)
	fmt.Fprintf(b, "%s%s\n", indent, p.split(i, false))
	p.text(b, right, depth+1)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 leaf"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// covered is " (cover 50)".
func (p *pen) covered(i int) string {
	if c := p.cover(i); c != "" {
		return " (cover " + c + ")"
	}
	return ""
}

// leavesBelow counts the leaves under node i, which lie after it.
func (p *pen) leavesBelow(i int) int {
	n := 0
	stack := []int{i}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if p.leaf(i) {
			n++
			continue
		}
		left, right := p.children(i)
		stack = append(stack, left, right)
	}
	return n
}

// WriteRules writes one tree as a rule for each leaf, from left to right:
//
//	if petal width > 0.8 and 2.45 < petal length <= 4.95 then versicolor [0, 47, 1] (cover 48)
//
// What a way to a leaf asks of one number is one interval. MaxDepth cuts ways off where the node on that level predicts. Missing values are told
// of as in WriteText: a rule takes them where every split on that column on its way does.
func WriteRules(w io.Writer, m Grown, how Drawing) error {
	const where = "tree.WriteRules"
	p, err := newPen(where, m, how)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	p.rules(&b, nil, 0)
	return send(where, w, b.Bytes())
}

// taken is one split on the way to a leaf and the side taken.
type taken struct {
	node int
	left bool
}

func (p *pen) rules(b *bytes.Buffer, way []taken, i int) {
	if p.leaf(i) || len(way) == p.how.MaxDepth {
		condition := p.conditions(way)
		if condition != "" {
			condition = "if " + condition + " then "
		}
		fmt.Fprintf(b, "%s%s%s\n", condition, p.value(i), p.covered(i))
		return
	}
	left, right := p.children(i)
	p.rules(b, append(way, taken{i, true}), left)
	p.rules(b, append(way, taken{i, false}), right)
}

// interval is what a way asks of one column.
type interval struct {
	column         int
	low, high      float64
	lowIn, highIn  bool // whether the bounds belong to it
	bounded        bool
	sets           []string
	missing, zeros bool
}

// conditions joins what a way asks, column by column in the order in which it first asks.
func (p *pen) conditions(way []taken) string {
	var list []*interval
	for _, s := range way {
		column := int(p.e.Feature[p.at+s.node])
		var c *interval
		for _, known := range list {
			if known.column == column {
				c = known
			}
		}
		if c == nil {
			c = &interval{column: column, low: math.Inf(-1), high: math.Inf(1), missing: true}
			list = append(list, c)
		}
		p.narrow(c, s)
	}
	var texts []string
	for _, c := range list {
		texts = append(texts, p.condition(c))
	}
	return strings.Join(texts, " and ")
}

// narrow adds one split to what is asked of its column.
func (p *pen) narrow(c *interval, s taken) {
	rule, threshold := p.e.Rule[p.at+s.node], p.e.Threshold[p.at+s.node]
	c.missing = c.missing && p.missingGoes(s.node) == s.left
	c.zeros = c.zeros || rule&ZeroIsMissing != 0
	switch {
	case rule.Categorical():
		c.sets = append(c.sets, ml.ColumnName(p.columns, c.column)+pick(s.left, " in ", " not in ")+p.set(s.node))
	case s.left && threshold <= c.high: // below it, or at it
		in := rule.Test() == LessEq
		c.highIn = in && (threshold < c.high || c.highIn || !c.bounded)
		c.high, c.bounded = threshold, true
	case !s.left && threshold >= c.low:
		in := rule.Test() == Less
		c.lowIn = in && (threshold > c.low || c.lowIn || !c.bounded)
		c.low, c.bounded = threshold, true
	}
}

func (p *pen) condition(c *interval) string {
	name := ml.ColumnName(p.columns, c.column)
	texts := c.sets
	low, high := !math.IsInf(c.low, -1), !math.IsInf(c.high, 1)
	switch {
	case low && high:
		texts = append(texts, p.float(c.low)+pick(c.lowIn, " <= ", " < ")+name+pick(c.highIn, " <= ", " < ")+p.float(c.high))
	case low:
		texts = append(texts, name+pick(c.lowIn, " >= ", " > ")+p.float(c.low))
	case high:
		texts = append(texts, name+pick(c.highIn, " <= ", " < ")+p.float(c.high))
	}
	text := strings.Join(texts, " and ")
	if p.missing && c.missing {
		text += pick(c.zeros, " or missing or 0", " or missing")
		return "(" + text + ")"
	}
	return text
}
