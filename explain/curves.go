package explain

import (
	"fmt"
	"io"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/tensor"
)

// frame is a plot of numbers, or of the codes of a category, against numbers.
type frame struct {
	c                        *svg.Canvas
	x, y                     svg.Scale
	left, right, top, bottom float64
}

const frameWidth, frameHeight = 640.0, 420.0

// newFrame draws the axes. levels are the names of the places 0, 1, ... of a category; nil: numbers.
func newFrame(title, across, upward string, xlo, xhi, ylo, yhi float64, levels []string, bar bool) *frame {
	f := &frame{left: 74, right: frameWidth - 24, top: 26, bottom: frameHeight - 60}
	if bar {
		f.right -= 60
	}
	if yhi == ylo {
		ylo, yhi = ylo-0.5, yhi+0.5
	}
	pad := (yhi - ylo) * 0.05
	f.x = svg.Scale{Lo: xlo, Hi: xhi, From: f.left + 10, To: f.right - 10}
	f.y = svg.Scale{Lo: ylo - pad, Hi: yhi + pad, From: f.bottom, To: f.top}
	f.c = svg.New(frameWidth, frameHeight, title)
	at, labels := svg.Ticks(f.y.Lo, f.y.Hi, 6)
	for i, v := range at {
		f.c.Line(f.left, f.y.At(v), f.right, f.y.At(v), svg.Grid, 1, "")
		f.c.Text(f.left-8, f.y.At(v)+4, "end", 11, svg.Faint, labels[i])
	}
	if levels != nil {
		f.x = svg.Scale{Lo: -0.5, Hi: float64(len(levels)) - 0.5, From: f.left, To: f.right}
		room := (f.right - f.left) / float64(len(levels))
		for i, name := range levels {
			f.c.Text(f.x.At(float64(i)), f.bottom+18, "middle", 11, svg.Faint, svg.Cut(name, 11, room-4))
		}
	} else {
		at, labels = svg.Ticks(xlo, xhi, 7)
		for i, v := range at {
			f.c.Line(f.x.At(v), f.top, f.x.At(v), f.bottom, svg.Grid, 1, "")
			f.c.Text(f.x.At(v), f.bottom+18, "middle", 11, svg.Faint, labels[i])
		}
	}
	f.c.Line(f.left, f.bottom, f.right, f.bottom, svg.Faint, 1, "")
	f.c.Line(f.left, f.top, f.left, f.bottom, svg.Faint, 1, "")
	f.c.Text((f.left+f.right)/2, f.bottom+44, "middle", 13, svg.Ink, svg.Cut(across, 13, f.right-f.left))
	f.c.Upright(20, (f.top+f.bottom)/2, 13, svg.Ink, svg.Cut(upward, 13, f.bottom-f.top))
	return f
}

// WriteDependence draws one column's values against what the rows have there, as SVG, coloured by what they have in another column (-1: all alike). Rows that miss the column are left out.
func (e *Explanation) WriteDependence(w io.Writer, column, colour, output int) error {
	const where = "explain.Explanation.WriteDependence"
	n, k, p := e.Dims()
	switch {
	case column < 0 || column >= p:
		return ml.BadConfig(where, "column", column, fmt.Sprintf("one of %d, from 0", p))
	case colour < -1 || colour >= p:
		return ml.BadConfig(where, "colour", colour, fmt.Sprintf("one of %d, from 0, or -1", p))
	case output < 0 || output >= k:
		return ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d outputs, from 0", k))
	}
	about := e.Columns[column]
	var levels []string
	if about.Kind == ml.Categorical {
		levels = about.Levels
	}
	xlo, xhi, ylo, yhi := math.Inf(1), math.Inf(-1), 0.0, 0.0
	for i := range n {
		if v := e.X.Row(i)[column]; !math.IsNaN(v) {
			xlo, xhi = min(xlo, v), max(xhi, v)
			ylo, yhi = min(ylo, e.Row(i, output)[column]), max(yhi, e.Row(i, output)[column])
		}
	}
	if xlo > xhi {
		xlo, xhi = 0, 0
	}
	name := ml.ColumnName(e.Columns, column)
	f := newFrame("dependence on "+name, name, "value of "+name+" for "+nameOf(e.Outputs, output), xlo, xhi, ylo, yhi, levels, colour >= 0)
	f.c.Line(f.left, f.y.At(0), f.right, f.y.At(0), svg.Grey, 1, "")
	shade := make([]float64, n)
	if colour >= 0 {
		for i := range n {
			shade[i] = e.X.Row(i)[colour]
		}
		shade = ranked(shade)
	}
	for i := range n {
		v := e.X.Row(i)[column]
		if math.IsNaN(v) {
			continue
		}
		fill := svg.Down
		if colour >= 0 {
			fill = svg.Ramp(shade[i])
		}
		x := f.x.At(v)
		if levels != nil { // side by side, always in the same way
			x += (float64(i*7919%101)/100 - 0.5) * 0.5 * (f.right - f.left) / float64(len(levels))
		}
		f.c.Circle(x, f.y.At(e.Row(i, output)[column]), 2.6, fill, 0.75)
	}
	if colour >= 0 {
		colourBar(f.c, f.right+14, f.top+6, f.bottom-6, "high", "low", ml.ColumnName(e.Columns, colour))
	}
	return send(w, f.c)
}

// WriteSVG draws one output's partial dependence: for one column the mean with, if they were kept, the curves of up to 200 rows; for two a map of colours.
func (d *Dependence) WriteSVG(w io.Writer, output int) error {
	if err := drawable("explain.Dependence.WriteSVG", d.Mean, output); err != nil {
		return err
	}
	name := "mean " + nameOf(d.Outputs, output)
	if len(d.Grid) == 2 {
		return send(w, surface(name, d.Columns, d.Grid, d.Mean, output))
	}
	lo, hi := extent(d.Mean, output)
	var rows [][]float64
	if d.Rows != nil {
		s := d.Rows.Shape()
		points, k, n := s[0], s[1], s[2]
		for r := range min(n, 200) {
			one := make([]float64, points)
			for at := range one {
				one[at] = d.Rows.Data()[(at*k+output)*n+r*n/min(n, 200)]
				lo, hi = min(lo, one[at]), max(hi, one[at])
			}
			rows = append(rows, one)
		}
	}
	f, x := lineFrame("partial dependence of "+name, d.Columns[0], d.Grid[0], name, lo, hi)
	for _, one := range rows {
		f.line(x, func(i int) float64 { return one[i] }, svg.Down, 0.8, 0.18)
	}
	f.curve(d.Columns[0], x, func(i int) float64 { return d.Mean.Row(i)[output] })
	return send(w, f.c)
}

// WriteSVG draws the effects on one output: for a column of numbers a line in its band, for a category dots with intervals, for two columns a map of colours.
func (e *Effects) WriteSVG(w io.Writer, output int) error {
	if err := drawable("explain.Effects.WriteSVG", e.Mean, output); err != nil {
		return err
	}
	name := "effect on " + nameOf(e.Outputs, output)
	if len(e.Grid) == 2 {
		return send(w, surface(name, e.Columns, e.Grid, e.Mean, output))
	}
	lo, hi := extent(e.Mean, output)
	n := len(e.Grid[0])
	known := true
	for i := range n {
		known = known && e.SE.Row(i)[output] <= math.MaxFloat64
	}
	if known {
		for i := range n {
			lo, hi = min(lo, e.Lo.Row(i)[output]), max(hi, e.Hi.Row(i)[output])
		}
	}
	f, x := lineFrame("accumulated "+name, e.Columns[0], e.Grid[0], name, lo, hi)
	f.c.Line(f.left, f.y.At(0), f.right, f.y.At(0), svg.Grey, 1, "")
	if known && e.Columns[0].Kind == ml.Categorical {
		for i := range n {
			f.c.Line(f.x.At(x[i]), f.y.At(e.Lo.Row(i)[output]), f.x.At(x[i]), f.y.At(e.Hi.Row(i)[output]), svg.Down, 1.5, "")
		}
	} else if known {
		var band [][2]float64
		for i := range n {
			band = append(band, [2]float64{f.x.At(x[i]), f.y.At(e.Hi.Row(i)[output])})
		}
		for i := n - 1; i >= 0; i-- {
			band = append(band, [2]float64{f.x.At(x[i]), f.y.At(e.Lo.Row(i)[output])})
		}
		f.c.Polygon(band, svg.Down, 0.18)
	}
	f.curve(e.Columns[0], x, func(i int) float64 { return e.Mean.Row(i)[output] })
	if e.Columns[0].Kind != ml.Categorical {
		for _, v := range x { // where the bins end
			f.c.Line(f.x.At(v), f.bottom-6, f.x.At(v), f.bottom, svg.Faint, 1, "")
		}
	}
	return send(w, f.c)
}

func drawable(where string, mean *tensor.Tensor[float64], output int) error {
	if k := mean.Shape()[1]; output < 0 || output >= k {
		return ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d outputs, from 0", k))
	}
	return nil
}

func extent(mean *tensor.Tensor[float64], output int) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := range mean.Shape()[0] {
		lo, hi = min(lo, mean.Row(i)[output]), max(hi, mean.Row(i)[output])
	}
	return lo, hi
}

// lineFrame is the frame of a curve over a grid, and the places of its points.
func lineFrame(title string, c ml.Column, grid []float64, upward string, lo, hi float64) (*frame, []float64) {
	if c.Kind != ml.Categorical {
		return newFrame(title, c.Name, upward, grid[0], grid[len(grid)-1], lo, hi, nil, false), grid
	}
	x := make([]float64, len(grid))
	for i := range x {
		x[i] = float64(i)
	}
	return newFrame(title, c.Name, upward, 0, 1, lo, hi, levelTicks(c, grid), false), x
}

func (f *frame) line(x []float64, y func(i int) float64, colour string, width, alpha float64) {
	xy := make([][2]float64, len(x))
	for i, v := range x {
		xy[i] = [2]float64{f.x.At(v), f.y.At(y(i))}
	}
	f.c.Polyline(xy, colour, width, alpha)
}

// curve is a thick line, or dots for a category.
func (f *frame) curve(c ml.Column, x []float64, y func(i int) float64) {
	if c.Kind != ml.Categorical && len(x) > 1 {
		f.line(x, y, svg.Up, 2.5, 1)
		return
	}
	for i, v := range x {
		f.c.Circle(f.x.At(v), f.y.At(y(i)), 5, svg.Up, 1)
	}
}

// surface is a map of colours: each point of the grid has the cell that reaches half way to its neighbours.
func surface(name string, columns []ml.Column, grid [][]float64, mean *tensor.Tensor[float64], output int) *svg.Canvas {
	var places [2][]float64
	var levels [2][]string
	for q, c := range columns {
		places[q] = grid[q]
		if c.Kind == ml.Categorical {
			levels[q] = levelTicks(c, grid[q])
			places[q] = make([]float64, len(grid[q]))
			for i := range places[q] {
				places[q][i] = float64(i)
			}
		}
	}
	ends := func(q int) []float64 {
		v := places[q]
		out := []float64{v[0]}
		for i := 1; i < len(v); i++ {
			out = append(out, (v[i-1]+v[i])/2)
		}
		out = append(out, v[len(v)-1])
		if levels[q] != nil || len(v) == 1 {
			out[0], out[len(out)-1] = out[0]-0.5, out[len(out)-1]+0.5
		}
		return out
	}
	lo, hi := extent(mean, output)
	across, up := ends(0), ends(1)
	f := &frame{left: 90, right: frameWidth - 100, top: 20, bottom: frameHeight - 60}
	f.x = svg.Scale{Lo: across[0], Hi: across[len(across)-1], From: f.left, To: f.right}
	f.y = svg.Scale{Lo: up[0], Hi: up[len(up)-1], From: f.bottom, To: f.top}
	f.c = svg.New(frameWidth, frameHeight, name)
	colour := func(v float64) string {
		if hi == lo {
			return svg.Ramp(0.5)
		}
		return svg.Ramp((v - lo) / (hi - lo))
	}
	for i := range grid[0] {
		for j := range grid[1] {
			x0, x1, y0, y1 := f.x.At(across[i]), f.x.At(across[i+1]), f.y.At(up[j+1]), f.y.At(up[j])
			f.c.Rect(x0, y0, min(x1-x0+0.7, f.right-x0), min(y1-y0+0.7, f.bottom-y0), colour(mean.Row(i*len(grid[1]) + j)[output]), 1)
		}
	}
	for q, s := range [2]svg.Scale{f.x, f.y} {
		at, labels := svg.Ticks(s.Lo, s.Hi, 6)
		if levels[q] != nil {
			at, labels = places[q], levels[q]
		}
		for i, v := range at {
			if q == 0 {
				f.c.Line(s.At(v), f.bottom, s.At(v), f.bottom+4, svg.Faint, 1, "")
				f.c.Text(s.At(v), f.bottom+18, "middle", 11, svg.Faint, svg.Cut(labels[i], 11, 90))
			} else {
				f.c.Line(f.left-4, s.At(v), f.left, s.At(v), svg.Faint, 1, "")
				f.c.Text(f.left-8, s.At(v)+4, "end", 11, svg.Faint, svg.Cut(labels[i], 11, 56))
			}
		}
	}
	f.c.Text((f.left+f.right)/2, f.bottom+44, "middle", 13, svg.Ink, svg.Cut(columns[0].Name, 13, f.right-f.left))
	f.c.Upright(18, (f.top+f.bottom)/2, 13, svg.Ink, svg.Cut(columns[1].Name, 13, f.bottom-f.top))
	colourBar(f.c, f.right+18, f.top, f.bottom, svg.Number(hi, 3), svg.Number(lo, 3), name)
	return f.c
}
