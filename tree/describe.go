package tree

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// Drawing says what of a model WriteText, WriteRules, WriteDOT and WriteSVG show.
type Drawing struct {
	Tree     int // which tree
	MaxDepth int // how many levels of splits; 0: all, of which there may be 1000
	Digits   int // significant digits of numbers; 0 means 4
}

// deepest bounds what is drawn, written as nested code or walked by recursion: deeper trees come from hostile files only.
const deepest = 1000

// pen knows how to put a model's nodes into words.
type pen struct {
	e        *Ensemble
	columns  []ml.Column
	classes  []string
	classify bool // values are those of classes
	missing  bool // some split sends missing values left, so that it matters where they go
	how      Drawing
	t, at    int // the tree and its first node
}

func newPen(where string, m Grown, how Drawing) (*pen, error) {
	e, err := grown(where, m)
	if err != nil {
		return nil, err
	}
	if how.Tree < 0 || how.Tree >= e.Trees() {
		return nil, ml.BadConfig(where, "Tree", how.Tree, fmt.Sprintf("one of %d trees, from 0", e.Trees()))
	}
	if how.MaxDepth < 0 || how.MaxDepth > deepest {
		return nil, ml.BadConfig(where, "MaxDepth", how.MaxDepth, fmt.Sprintf("0 to %d", deepest))
	}
	if how.Digits < 0 || how.Digits > 17 {
		return nil, ml.BadConfig(where, "Digits", how.Digits, "0 to 17")
	}
	if depth := e.Depth(how.Tree); how.MaxDepth == 0 && depth > deepest {
		return nil, ml.BadConfig(where, "MaxDepth", 0, fmt.Sprintf("1 to %d for a tree of depth %d", deepest, depth))
	}
	if how.Digits == 0 {
		how.Digits = 4
	}
	if how.MaxDepth == 0 {
		how.MaxDepth = deepest
	}
	p := &pen{e: e, columns: m.Meta().Columns, classes: m.Meta().Classes, how: how, t: how.Tree, at: int(e.Start[how.Tree])}
	_, p.classify = m.(ml.Classifier)
	for i, r := range e.Rule {
		p.missing = p.missing || e.Feature[i] >= 0 && r&(MissingLeft|ZeroIsMissing) != 0
	}
	return p, nil
}

// Depth is how many splits lie on the longest way from the root of tree t to a leaf.
func (e *Ensemble) Depth(t int) int {
	lo, n := int(e.Start[t]), e.Nodes(t)
	depth := make([]int32, n)
	deep := int32(0)
	for i := range n { // a child stands after its parent
		deep = max(deep, depth[i])
		if e.Feature[lo+i] >= 0 {
			depth[e.Left[lo+i]], depth[e.Right[lo+i]] = depth[i]+1, depth[i]+1
		}
	}
	return int(deep)
}

// Leaves is the number of leaves of tree t.
func (e *Ensemble) Leaves(t int) int { return (e.Nodes(t) + 1) / 2 }

// leaf reports whether place i of the tree has no children.
func (p *pen) leaf(i int) bool { return p.e.Feature[p.at+i] < 0 }

func (p *pen) children(i int) (left, right int) {
	return int(p.e.Left[p.at+i]), int(p.e.Right[p.at+i])
}

// number spells v with the digits asked for, and all digits before the point.
func (p *pen) number(v float64) string {
	size := math.Abs(v)
	if !(size >= 1e-4 && size < 1e15) {
		return strconv.FormatFloat(v, 'g', p.how.Digits, 64)
	}
	text := strconv.FormatFloat(v, 'f', max(p.how.Digits-1-int(math.Floor(math.Log10(size))), 0), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// float spells a threshold: with the digits asked for, or more if those would say another number than training data holds. 2.45 stays 2.45.
func (p *pen) float(v float64) string {
	bits := 64
	if p.e.Float32 {
		bits = 32
	}
	if short := strconv.FormatFloat(v, 'g', -1, bits); len(short) <= p.how.Digits+1 {
		return short
	}
	return p.number(v)
}

// split is the question that node i asks, or with left false its opposite.
func (p *pen) split(i int, left bool) string {
	e, at := p.e, p.at+i
	name := ml.ColumnName(p.columns, int(e.Feature[at]))
	var text string
	switch e.Rule[at].Test() {
	case Less:
		text = name + pick(left, " < ", " >= ") + p.float(e.Threshold[at])
	case LessEq:
		text = name + pick(left, " <= ", " > ") + p.float(e.Threshold[at])
	default:
		text = name + pick(left, " in ", " not in ") + p.set(i)
	}
	if p.missing && p.missingGoes(i) == left {
		text += p.orMissing(i)
	}
	return text
}

func (p *pen) orMissing(i int) string {
	if p.e.Rule[p.at+i]&ZeroIsMissing != 0 {
		return " or missing or 0"
	}
	return " or missing"
}

// missingGoes reports whether NaN goes left at node i.
func (p *pen) missingGoes(i int) bool { return p.e.passes(p.at+i, math.NaN()) }

func pick(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// shownCodes is how many categories of a set are listed.
const shownCodes = 8

// set lists the categories of split i by name.
func (p *pen) set(i int) string {
	e, at := p.e, p.at+i
	list := codes(e.set(int(e.Threshold[at])))
	var names []string
	for k, code := range list {
		if k == shownCodes {
			names = append(names, fmt.Sprintf("%d more", len(list)-k))
			break
		}
		name := strconv.Itoa(code)
		if j := int(e.Feature[at]); j < len(p.columns) && code < len(p.columns[j].Levels) {
			name = p.columns[j].Levels[code]
		}
		names = append(names, name)
	}
	return "{" + strings.Join(names, ", ") + "}"
}

// value is what node i predicts, in words.
func (p *pen) value(i int) string {
	e, w := p.e, p.e.width()
	values := e.Value[(p.at+i)*w : (p.at+i+1)*w]
	if l := e.Linear; l != nil && p.leaf(i) && l.Start[p.at+i+1] > l.Start[p.at+i] {
		return p.line(i)
	}
	if w == 1 {
		return p.number(values[0])
	}
	if !p.classify {
		return p.list(values)
	}
	best := 0
	for k, v := range values {
		if v > values[best] {
			best = k
		}
	}
	return fmt.Sprintf("%s %s", p.class(best), p.list(values))
}

// class is the name of a class code.
func (p *pen) class(k int) string {
	if k < len(p.classes) {
		return p.classes[k]
	}
	return fmt.Sprintf("class %d", k)
}

func (p *pen) list(values []float64) string {
	var out []string
	for k, v := range values {
		if k == shownCodes {
			out = append(out, "...")
			break
		}
		out = append(out, p.number(v))
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// line is the linear function of leaf i.
func (p *pen) line(i int) string {
	l := p.e.Linear
	text := p.number(l.Const[p.at+i])
	for q := l.Start[p.at+i]; q < l.Start[p.at+i+1]; q++ {
		text += fmt.Sprintf(" %s %s*%s", pick(l.Coef[q] < 0, "-", "+"), p.number(math.Abs(l.Coef[q])), ml.ColumnName(p.columns, int(l.Feature[q])))
	}
	return text
}

// cover is the training weight in node i, "" if it is unknown.
func (p *pen) cover(i int) string {
	if p.e.Cover == nil {
		return ""
	}
	return strconv.FormatFloat(p.e.Cover[p.at+i], 'g', max(p.how.Digits, 6), 64)
}

// output says which score the tree adds to, where there are several.
func (p *pen) output() string {
	if p.e.Outputs == 1 || p.e.Vector {
		return ""
	}
	k := p.e.output(p.t)
	if p.classify {
		return ", " + p.class(k)
	}
	return fmt.Sprintf(", output %d", k)
}
