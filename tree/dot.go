package tree

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteDOT writes one tree in the language of Graphviz (dot -Tsvg). Each node shows its question or its value, and its cover; it is coloured by what it
// predicts. WriteSVG draws the same without Graphviz.
func WriteDOT(w io.Writer, m Grown, how Drawing) error {
	const where = "tree.WriteDOT"
	p, err := newPen(where, m, how)
	if err != nil {
		return err
	}
	paint := p.palette()
	var b bytes.Buffer
	fmt.Fprintf(&b, "digraph tree {\n\tlabel=\"tree %d%s\"\n\tnode [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, color=\"#59636e\"]\n\tedge [fontname=\"Helvetica\", fontsize=10, color=\"#59636e\"]\n",
		p.t, dotText(p.output()))
	p.visit(func(i, _ int, cut bool) {
		fmt.Fprintf(&b, "\t%d [label=\"%s\", fillcolor=\"%s\"]\n", i, strings.Join(dotTexts(p.lines(i, cut)), `\n`), paint.of(i))
		if cut || p.leaf(i) {
			return
		}
		left, right := p.children(i)
		yes, no := p.edges(i)
		fmt.Fprintf(&b, "\t%d -> %d [label=\"%s\"]\n\t%d -> %d [label=\"%s\"]\n", i, left, yes, i, right, no)
	})
	b.WriteString("}\n")
	return send(where, w, b.Bytes())
}

// dotText makes a text fit between the quotes of DOT.
func dotText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(s)
}

func dotTexts(lines []string) []string {
	for i := range lines {
		lines[i] = dotText(lines[i])
	}
	return lines
}

// visit calls f for every node that is drawn, a parent before its children; cut says that what lies below is left out.
func (p *pen) visit(f func(i, depth int, cut bool)) {
	type place struct{ node, depth int }
	stack := []place{{0, 0}}
	for len(stack) > 0 {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		cut := at.depth == p.how.MaxDepth && !p.leaf(at.node)
		f(at.node, at.depth, cut)
		if !cut && !p.leaf(at.node) {
			left, right := p.children(at.node)
			stack = append(stack, place{right, at.depth + 1}, place{left, at.depth + 1})
		}
	}
}

// lines are the words in the box of node i.
func (p *pen) lines(i int, cut bool) []string {
	var lines []string
	switch {
	case cut:
		lines = []string{counted(p.leavesBelow(i), "leaves") + " below", p.value(i)}
	case p.leaf(i):
		lines = strings.SplitN(p.value(i), " [", 2) // the class, and the values of all classes below it
		if len(lines) == 2 {
			lines[1] = "[" + lines[1]
		}
	default:
		lines = []string{p.question(i)}
	}
	if c := p.cover(i); c != "" {
		lines = append(lines, "cover "+c)
	}
	return lines
}

// question is the split without a word about missing values, which the edges have.
func (p *pen) question(i int) string {
	text := p.split(i, true)
	if p.missing && p.missingGoes(i) {
		text = strings.TrimSuffix(text, p.orMissing(i))
	}
	return text
}

// edges are the words at the ways to the left and to the right.
func (p *pen) edges(i int) (yes, no string) {
	yes, no = "yes", "no"
	if p.missing {
		word := strings.ReplaceAll(strings.TrimPrefix(p.orMissing(i), " or "), " or ", ", ")
		if p.missingGoes(i) {
			yes += ", " + word
		} else {
			no += ", " + word
		}
	}
	return yes, no
}

// palette colours nodes: by class where a node has the values of classes, else by how far the value lies from the middle of the tree's leaves.
type palette struct {
	p           *pen
	middle, far float64
}

// hues of classes: those of Okabe and Ito, which colour-blind people can tell apart.
var hues = [...][3]float64{{230, 159, 0}, {86, 180, 233}, {0, 158, 115}, {240, 228, 66}, {0, 114, 178}, {213, 94, 0}, {204, 121, 167}}

func (p *pen) palette() palette {
	c := palette{p: p}
	if p.e.Vector {
		return c
	}
	low, high := math.Inf(1), math.Inf(-1)
	for i := range p.e.Nodes(p.t) {
		if p.leaf(i) {
			low, high = min(low, p.e.Value[p.at+i]), max(high, p.e.Value[p.at+i])
		}
	}
	c.middle, c.far = low/2+high/2, high/2-low/2
	if low < 0 && high > 0 { // what raises the score and what lowers it
		c.middle, c.far = 0, max(high, -low)
	}
	return c
}

// of is the colour of node i as #rrggbb.
func (c palette) of(i int) string {
	p := c.p
	if !p.e.Vector {
		if !p.leaf(i) || c.far <= 0 {
			return "#f6f8fa"
		}
		hue := hues[0]
		share := (p.e.Value[p.at+i] - c.middle) / c.far
		if share < 0 {
			hue = hues[1]
		}
		return mix(hue, 0.75*math.Abs(share))
	}
	w := p.e.width()
	values := p.e.Value[(p.at+i)*w : (p.at+i+1)*w]
	best, sum := 0, 0.0
	for k, v := range values {
		sum += math.Abs(v)
		if v > values[best] {
			best = k
		}
	}
	if !p.classify || !(sum > 0) || math.IsInf(sum, 1) {
		return "#f6f8fa"
	}
	purity := (values[best]/sum*float64(w) - 1) / float64(w-1) // 0 for equal shares, 1 for one class
	return mix(hues[best%len(hues)], 0.8*purity)
}

// mix is a share of a hue on white.
func mix(hue [3]float64, share float64) string {
	if !(share >= 0) {
		share = 0
	}
	share = min(share, 1)
	var c [3]int
	for k := range c {
		c[k] = int(math.Round(255 - share*(255-hue[k])))
	}
	return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2])
}
