package tensor

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	printAll  = 1000 // more elements than this are shown in part
	printEdge = 3    // so many at each end of an axis
)

// String shows the elements in nested brackets as NumPy does, in columns aligned on the right, with up to 4 decimals (or in
// scientific notation, if the values differ widely). Of more than 1000 elements it shows three at each end of each axis, and
// adds the shape.
func (t *Tensor[T]) String() string {
	if t == nil {
		return "<nil>"
	}
	if t.Len() == 0 {
		return fmt.Sprintf("[] shape=%v", t.shape)
	}
	edge := 0
	if t.Len() > printAll {
		edge = printEdge
	}
	p := printer[T]{t: t, edge: edge}
	at := make([]int, len(t.shape))
	p.walk(at, 0, func() { p.shown = append(p.shown, float64(t.Get(at...))) })
	p.text = alignColumn(p.shown)
	p.write(at, 0)
	if edge > 0 {
		fmt.Fprintf(&p.b, " shape=%v", t.shape)
	}
	return p.b.String()
}

type printer[T Float] struct {
	t     *Tensor[T]
	edge  int       // elements to show at each end of an axis; 0: all
	shown []float64 // what is shown, in order
	text  []string  // how, all of one width
	b     strings.Builder
}

// next is where to go on after index i of an axis of length n, and whether something was left out.
func (p *printer[T]) next(i, n int) (next int, gap bool) {
	if p.edge > 0 && n > 2*p.edge && i == p.edge-1 {
		return n - p.edge, true
	}
	return i + 1, false
}

// walk visits every place that is shown.
func (p *printer[T]) walk(at []int, axis int, visit func()) {
	if axis == len(at) {
		visit()
		return
	}
	n := p.t.shape[axis]
	for at[axis] = 0; at[axis] < n; at[axis], _ = p.next(at[axis], n) {
		p.walk(at, axis+1, visit)
	}
}

// write writes the part of the tensor at a place in its first axes, which takes as many of p.text as it shows.
func (p *printer[T]) write(at []int, axis int) {
	if axis == len(at) {
		p.b.WriteString(p.text[0])
		p.text = p.text[1:]
		return
	}
	// Parts are told apart by a blank, then by a line, then by an empty line for every axis more.
	separator := " "
	if below := len(at) - axis - 1; below > 0 {
		separator = strings.Repeat("\n", below) + strings.Repeat(" ", axis+1)
	}
	n := p.t.shape[axis]
	p.b.WriteByte('[')
	for i := 0; i < n; {
		p.write(at, axis+1)
		next, gap := p.next(i, n)
		if gap {
			p.b.WriteString(separator + "...")
		}
		if next < n {
			p.b.WriteString(separator)
		}
		i = next
	}
	p.b.WriteByte(']')
}

// alignColumn formats numbers alike and pads them to one width.
func alignColumn(v []float64) []string {
	format, decimals := byte('f'), 0
	least, most := math.Inf(1), 0.0
	for _, x := range v {
		if a := math.Abs(x); a != 0 && !math.IsInf(a, 0) && !math.IsNaN(a) {
			least, most = min(least, a), max(most, a)
		}
	}
	if most >= 1e8 || least < 1e-3 {
		format = 'e'
	}
	short := func(x float64) string {
		s := strconv.FormatFloat(x, format, 4, 64)
		if format == 'e' {
			return s
		}
		return strings.TrimRight(s, "0")
	}
	for _, x := range v {
		s := short(x)
		if dot := strings.IndexByte(s, '.'); dot >= 0 && format == 'f' {
			decimals = max(decimals, len(s)-dot-1)
		}
	}
	if format == 'e' {
		decimals = 4
	}
	out, width := make([]string, len(v)), 0
	for i, x := range v {
		out[i] = strconv.FormatFloat(x, format, decimals, 64)
		width = max(width, len(out[i]))
	}
	for i, s := range out {
		out[i] = strings.Repeat(" ", width-len(s)) + s
	}
	return out
}

// printEntries is how many entries of a CSR are shown before the middle is left out.
const printEntries = 20

// String shows the shape, the number of stored entries and the density, and then one entry on each line. Of more than 20
// entries it shows the first and the last ten.
func (a *CSR[T]) String() string {
	if a == nil {
		return "<nil>"
	}
	rows, cols := a.Dims()
	var b strings.Builder
	fmt.Fprintf(&b, "CSR %d x %d, %d stored (%.3g%%)", rows, cols, a.NNZ(), 100*a.Density())
	lo, hi := a.span()
	var places []string
	var numbers []float64
	left, width, row := 0, 0, 0 // left: how many entries stand before those that are left out
	for p := lo; p < hi; p++ {
		if hi-lo > printEntries && p == lo+printEntries/2 {
			p = hi - printEntries/2
			left = len(places)
		}
		for a.indptr[row+1] <= p {
			row++
		}
		place := fmt.Sprintf("(%d, %d)", row, a.indices[p])
		width = max(width, len(place))
		places = append(places, place)
		numbers = append(numbers, float64(a.values[p]))
	}
	for i, text := range alignColumn(numbers) {
		if left > 0 && i == left {
			b.WriteString("\n  ...")
		}
		fmt.Fprintf(&b, "\n  %-*s  %s", width, places[i], text)
	}
	return b.String()
}
