package cluster

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
)

// DendrogramPlot says how a tree is drawn.
type DendrogramPlot struct {
	Title  string
	Names  []string // of the leaves; nil: their numbers
	Order  []int    // of the leaves from left to right, one that the tree can have; nil: that of Order
	Height float64  // merges below it are coloured by cluster; 0: none
	Width  float64  // pixels; 0: 14 for each leaf, from 400 to 2000
}

// palette are the colours of clusters, in turn.
var palette = [...]string{svg.Up, svg.Down, svg.Second, "#009e73", "#cc79a7", "#56b4e9", "#7a5195"}

// SVG draws the tree: leaves at the bottom, each merge a bar at its height. It returns an error for names or an order of another length, or an order that the tree cannot
// have.
func (d Dendrogram) SVG(p DendrogramPlot) ([]byte, error) {
	const where = "cluster.Dendrogram.SVG"
	n := d.leaves()
	if p.Names != nil && len(p.Names) != n {
		return nil, ml.BadShape(where, "Names", fmt.Sprintf("%d long", len(p.Names)), fmt.Sprint(n))
	}
	order := p.Order
	if order == nil {
		order = d.Order()
	}
	place, err := d.places(where, order)
	if err != nil {
		return nil, err
	}
	if p.Width == 0 {
		p.Width = max(400, min(2000, 80+14*float64(n)))
	}
	if !(p.Width >= 100 && p.Width <= 1e5) {
		return nil, ml.BadConfig(where, "Width", p.Width, "100 to 100000, or 0 to fit the leaves")
	}
	const top, deep, left = 34.0, 300.0, 56.0
	step := (p.Width - left - 16) / float64(n)
	c := svg.New(p.Width, top+deep+90, p.Title)
	most := 0.0
	for i := range n - 1 {
		most = max(most, d.Z.At(i, 2))
	}
	y := func(h float64) float64 {
		if most == 0 {
			return top + deep
		}
		return top + deep*(1-h/most)
	}
	if p.Title != "" {
		c.Text(left, 20, "start", 14, svg.Ink, p.Title)
	}
	at, labels := svg.Ticks(0, most, 5)
	for i, h := range at {
		if h <= most {
			c.Line(left, y(h), p.Width-16, y(h), svg.Grid, 1, "")
			c.Text(left-6, y(h)+4, "end", 11, svg.Faint, labels[i])
		}
	}
	codes := d.CutHeight(p.Height)
	inside := d.within(codes)
	x, foot, code := make([]float64, 2*n-1), make([]float64, 2*n-1), make([]int, 2*n-1)
	for i := range n {
		x[i], foot[i], code[i] = left+step*(float64(place[i])+0.5), y(0), codes[i]
	}
	for i := range n - 1 {
		a, b := d.children(i)
		h := y(d.Z.At(i, 2))
		ink := svg.Faint
		if code[n+i] = code[a]; inside[i] {
			ink = palette[code[a]%len(palette)]
		}
		c.Polyline([][2]float64{{x[a], foot[a]}, {x[a], h}, {x[b], h}, {x[b], foot[b]}}, ink, 1.2, 1)
		x[n+i], foot[n+i] = (x[a]+x[b])/2, h
	}
	if p.Height > 0 && p.Height <= most {
		c.Line(left, y(p.Height), p.Width-16, y(p.Height), svg.Ink, 1, "5 4")
	}
	every := int(math.Ceil(11 / step)) // where leaves stand closer than letters, some go without a name
	for k, i := range order {
		if k%every != 0 {
			continue
		}
		name := strconv.Itoa(i)
		if p.Names != nil {
			name = p.Names[i]
		}
		name = svg.Cut(name, 10, 76)
		c.Upright(x[i]+3.5, top+deep+8+10*svg.Width(name), 10, svg.Ink, name)
	}
	return c.Bytes(), nil
}

// places are where each leaf stands in an order, which must keep clusters together.
func (d Dendrogram) places(where string, order []int) ([]int, error) {
	n := d.leaves()
	bad := func(why string) error {
		return ml.BadShape(where, "Order", why, fmt.Sprintf("each of %d leaves once, clusters together", n))
	}
	if len(order) != n {
		return nil, bad(fmt.Sprintf("%d long", len(order)))
	}
	place := make([]int, n)
	seen := make([]bool, n)
	for k, i := range order {
		if i < 0 || i >= n || seen[i] {
			return nil, bad(fmt.Sprintf("leaf %d", i))
		}
		seen[i], place[i] = true, k
	}
	low, high := make([]int, 2*n-1), make([]int, 2*n-1)
	copy(low, place)
	copy(high, place)
	for i := range n - 1 {
		a, b := d.children(i)
		low[n+i], high[n+i] = min(low[a], low[b]), max(high[a], high[b])
		if high[n+i]-low[n+i]+1 != int(d.Z.At(i, 3)) {
			return nil, bad(fmt.Sprintf("cluster %d apart", n+i))
		}
	}
	return place, nil
}
