package tree

import (
	"bytes"
	"fmt"
	"io"

	"github.com/gopherwood-ml/ml/internal/svg"
)

// WriteSVG draws one tree as a picture that any browser shows: boxes with the question or the value and the cover, the way of a yes to the left, coloured by
// what nodes predict (classes by hue, numbers orange above and blue below the middle, or above and below 0). Subtrees are pushed together
// as far as they go. For a large tree give MaxDepth.
func WriteSVG(w io.Writer, m Grown, how Drawing) error {
	const where = "tree.WriteSVG"
	p, err := newPen(where, m, how)
	if err != nil {
		return err
	}
	d := picture{p: p, paint: p.palette(), at: map[int]*box{}}
	d.place(0, 0)
	return send(where, w, d.draw())
}

// Sizes of the picture in pixels.
const (
	fontSize   = 12.0
	lineHeight = 16.0
	padding    = 8.0
	gap        = 14.0 // between boxes side by side
	floor      = 56.0 // between levels
)

// box is one node. Until all are placed, x is relative to the parent.
type box struct {
	node, depth   int
	lines         []string
	width, height float64
	x, y          float64 // the middle of its upper edge
	cut           bool
	left, right   *box
}

type picture struct {
	p     *pen
	paint palette
	at    map[int]*box
	tall  []float64 // of each level: its highest box
}

// contour is how far a subtree reaches to both sides of its root, level by level.
type contour struct{ left, right []float64 }

// place lays out the subtree of node i and returns its contour.
func (d *picture) place(i, depth int) contour {
	p := d.p
	b := &box{node: i, depth: depth, cut: depth == p.how.MaxDepth && !p.leaf(i)}
	b.lines = p.lines(i, b.cut)
	for _, line := range b.lines {
		b.width = max(b.width, svg.Width(line)*fontSize)
	}
	b.width, b.height = b.width+2*padding, float64(len(b.lines))*lineHeight+padding
	d.at[i] = b
	if depth == len(d.tall) {
		d.tall = append(d.tall, 0)
	}
	d.tall[depth] = max(d.tall[depth], b.height)
	c := contour{left: []float64{-b.width / 2}, right: []float64{b.width / 2}}
	if b.cut || p.leaf(i) {
		return c
	}
	left, right := p.children(i)
	l, r := d.place(left, depth+1), d.place(right, depth+1)
	b.left, b.right = d.at[left], d.at[right]
	apart := 0.0
	for k := range min(len(l.right), len(r.left)) {
		apart = max(apart, l.right[k]-r.left[k]+gap)
	}
	b.left.x, b.right.x = -apart/2, apart/2
	for k := range max(len(l.left), len(r.left)) {
		switch {
		case k >= len(r.left):
			c.left, c.right = append(c.left, l.left[k]-apart/2), append(c.right, l.right[k]-apart/2)
		case k >= len(l.left):
			c.left, c.right = append(c.left, r.left[k]+apart/2), append(c.right, r.right[k]+apart/2)
		default:
			c.left = append(c.left, min(l.left[k]-apart/2, r.left[k]+apart/2))
			c.right = append(c.right, max(l.right[k]-apart/2, r.right[k]+apart/2))
		}
	}
	return c
}

func (d *picture) draw() []byte {
	low, high, bottom := d.settle()
	margin := 12.0
	if d.p.missing { // words beside the outermost ways
		margin += 30
	}
	width, height := high-low+2*margin, bottom+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="%.1f %.1f %.1f %.1f" font-family="Helvetica, Arial, sans-serif" font-size="%.0f">`+"\n",
		width, height, low-margin, -margin, width, height, fontSize)
	fmt.Fprintf(&b, "<title>tree %d%s</title>\n", d.p.t, svg.Escape(d.p.output()))
	fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="#ffffff"/>`+"\n", low-margin, -margin, width, height)
	d.p.visit(func(i, _ int, _ bool) {
		if n := d.at[i]; n.left != nil {
			yes, no := d.p.edges(i)
			edge(&b, n, n.left, yes, "end")
			edge(&b, n, n.right, no, "start")
		}
	})
	d.p.visit(func(i, _ int, _ bool) { d.box(&b, d.at[i]) })
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// settle turns places relative to the parent into places of the picture, and returns what they span.
func (d *picture) settle() (low, high, bottom float64) {
	tops := make([]float64, len(d.tall))
	for k := 1; k < len(tops); k++ {
		tops[k] = tops[k-1] + d.tall[k-1] + floor
	}
	d.p.visit(func(i, depth int, _ bool) {
		n := d.at[i]
		n.y = tops[depth]
		for _, child := range [2]*box{n.left, n.right} {
			if child != nil {
				child.x += n.x
			}
		}
		low, high, bottom = min(low, n.x-n.width/2), max(high, n.x+n.width/2), max(bottom, n.y+n.height)
	})
	return low, high, bottom
}

// edge draws the way from a box to a box below it, with a word in the middle.
func edge(b *bytes.Buffer, from, to *box, word, anchor string) {
	y := from.y + from.height
	middle := (y + to.y) / 2
	fmt.Fprintf(b, `<path d="M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f" fill="none" stroke="#8c959f"/>`+"\n", from.x, y, from.x, middle, to.x, middle, to.x, to.y)
	x := (from.x+to.x)/2 - 5
	if anchor == "start" {
		x += 10
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="%s" font-size="10" fill="#59636e">%s</text>`+"\n", x, middle-3, anchor, svg.Escape(word))
}

func (d *picture) box(b *bytes.Buffer, n *box) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="5" fill="%s" stroke="#59636e"/>`+"\n", n.x-n.width/2, n.y, n.width, n.height, d.paint.of(n.node))
	for k, line := range n.lines {
		weight := ""
		if k == 0 {
			weight = ` font-weight="600"`
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#1f2328"%s>%s</text>`+"\n", n.x, n.y+padding/2+lineHeight*(float64(k)+0.75), weight, svg.Escape(line))
	}
}
