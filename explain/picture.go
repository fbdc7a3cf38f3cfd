package explain

import (
	"io"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
)

// labelled is a number with three digits for a picture, its sign in front.
func labelled(v float64) string {
	if v < 0 {
		return svg.Number(v, 3)
	}
	return "+" + svg.Number(v, 3)
}

// send writes a finished picture.
func send(w io.Writer, c *svg.Canvas) error {
	_, err := w.Write(c.Bytes())
	return err
}

// reasonLabel is "age = 61", no wider than room.
func reasonLabel(r Reason, room float64) string {
	text := r.Column
	if r.X != "" {
		text += " = " + r.X
	}
	return svg.Cut(text, 12, room)
}

// names is the title of an output, or what stands for it.
func nameOf(outputs []string, o int) string {
	if o < len(outputs) && outputs[o] != "" {
		return outputs[o]
	}
	return "answer"
}

// pictured are the reasons of a picture, those that are left out last, as one.
func (e *Explanation) pictured(row, output, top int) (reasons []Reason, base, sum float64, err error) {
	if top == 0 {
		top = 10
	}
	reasons, rest, err := e.Reasons(row, output, top)
	if err != nil {
		return nil, 0, 0, err
	}
	base = e.Base.Row(row)[output]
	sum, others := base, -len(reasons)
	for _, v := range e.Row(row, output) {
		sum += v
		if v != 0 {
			others++
		}
	}
	if others > 0 {
		reasons = append(reasons, Reason{Column: counted(others), Value: rest})
	}
	return reasons, base, sum, nil
}

// WriteWaterfall draws how one row's answer comes about, as SVG: from the base at the bottom, column by column, to the answer at the top; orange to the right is more, blue to the left is less.
// The top columns are drawn (0: 10), the others as one.
func (e *Explanation) WriteWaterfall(w io.Writer, row, output, top int) error {
	reasons, base, sum, err := e.pictured(row, output, top)
	if err != nil {
		return err
	}
	left := 60.0
	for i, r := range reasons {
		reasons[i].Column = reasonLabel(r, 240)
		left = max(left, 12*svg.Width(reasons[i].Column)+24)
	}
	const plot, high, head, foot = 440.0, 30.0, 44.0, 52.0
	bottom := head + high*float64(len(reasons))
	lo, hi, at := min(base, sum), max(base, sum), base
	for _, r := range slices.Backward(reasons) {
		at += r.Value
		lo, hi = min(lo, at), max(hi, at)
	}
	scale := svg.Scale{Lo: lo, Hi: hi, From: left + 62, To: left + plot - 62}
	c := svg.New(left+plot+20, bottom+foot, "waterfall of "+nameOf(e.Outputs, output))
	axis(c, scale, left, left+plot, head, bottom)
	c.Line(scale.At(base), head, scale.At(base), bottom, svg.Grey, 1, "4 3")
	c.Line(scale.At(sum), head, scale.At(sum), bottom, svg.Faint, 1, "4 3")
	c.Text(inside(scale.At(sum), left, left+plot, 90), head-12, "middle", 13, svg.Ink, nameOf(e.Outputs, output)+" = "+svg.Number(sum, 4))
	c.Text(inside(scale.At(base), left, left+plot, 60), bottom+42, "middle", 12, svg.Faint, "base = "+svg.Number(base, 4))
	at = base
	for i, r := range slices.Backward(reasons) {
		y := head + high*float64(i)
		from, to := scale.At(at), scale.At(at+r.Value)
		if i < len(reasons)-1 {
			c.Line(from, y+high-5, from, y+high+5, svg.Grey, 1, "")
		}
		arrow(c, from, to, y+5, high-10, r.Value)
		anchor, x := "start", to+6
		if r.Value < 0 {
			anchor, x = "end", to-6
		}
		c.Text(x, y+high/2+4, anchor, 12, colourOf(r.Value), labelled(r.Value))
		c.Text(left-10, y+high/2+4, "end", 12, svg.Ink, r.Column)
		at += r.Value
	}
	return send(w, c)
}

// inside keeps the middle of a text within bounds.
func inside(x, lo, hi, half float64) float64 { return min(max(x, lo+half), hi-half) }

func colourOf(v float64) string {
	if v < 0 {
		return svg.Down
	}
	return svg.Up
}

// arrow is a bar with a tip where it points.
func arrow(c *svg.Canvas, from, to, y, height, v float64) {
	tip := min(6, math.Abs(to-from))
	if to < from {
		tip = -tip
	}
	c.Polygon([][2]float64{{from, y}, {to - tip, y}, {to, y + height/2}, {to - tip, y + height}, {from, y + height}}, colourOf(v), 1)
}

// axis draws the ticks of a horizontal scale below a plot, and the lines above them.
func axis(c *svg.Canvas, s svg.Scale, left, right, top, bottom float64) {
	per := (s.Hi - s.Lo) / max(s.To-s.From, 1) // ticks run on beside the scale
	at, labels := svg.Ticks(s.Lo-float64((s.From-left)*per), s.Hi+float64((right-s.To)*per), 6)
	for i, v := range at {
		x := s.At(v)
		c.Line(x, top, x, bottom, svg.Grid, 1, "")
		c.Text(x, bottom+18, "middle", 11, svg.Faint, labels[i])
	}
	c.Line(left, bottom, right, bottom, svg.Faint, 1, "")
}

// WriteForce draws one row's answer as the balance of what pushes it up (orange, from the left) and down (blue, from the right), as SVG. The top columns are named (0: 10), the others are one.
func (e *Explanation) WriteForce(w io.Writer, row, output, top int) error {
	reasons, base, sum, err := e.pictured(row, output, top)
	if err != nil {
		return err
	}
	up, down := 0.0, 0.0
	for _, r := range reasons {
		if r.Value > 0 {
			up += r.Value
		} else {
			down -= r.Value
		}
	}
	const width, left, right, strip, thick = 860.0, 40.0, 820.0, 74.0, 30.0
	scale := svg.Scale{Lo: min(base, sum-up), Hi: max(base, sum+down), From: left, To: right}
	type piece struct {
		from, to, x float64
		lane        int
		text        string
		v           float64
	}
	var pieces []piece
	at := [2]float64{sum, sum}
	for _, r := range reasons { // the largest next to the answer
		p := piece{v: r.Value, text: reasonLabel(r, 220) + " (" + labelled(r.Value) + ")"}
		if r.Value > 0 {
			p.from, p.to = scale.At(at[0]-r.Value), scale.At(at[0])
			at[0] -= r.Value
		} else {
			p.from, p.to = scale.At(at[1]), scale.At(at[1]-r.Value)
			at[1] -= r.Value
		}
		half := 12*svg.Width(p.text)/2 + 6
		p.x = inside((p.from+p.to)/2, 6, width-6, half)
		taken := func(lane int) bool {
			return slices.ContainsFunc(pieces, func(q piece) bool {
				return q.lane == lane && math.Abs(q.x-p.x) < half+12*svg.Width(q.text)/2+6
			})
		}
		for taken(p.lane) {
			p.lane++
		}
		pieces = append(pieces, p)
	}
	lanes := 0
	for _, p := range pieces {
		lanes = max(lanes, p.lane+1)
	}
	bottom := strip + thick + 20 + 20*float64(lanes)
	c := svg.New(width, bottom+40, "forces of "+nameOf(e.Outputs, output))
	ticks, labels := svg.Ticks(scale.Lo, scale.Hi, 8)
	for i, v := range ticks {
		c.Line(scale.At(v), bottom, scale.At(v), bottom+5, svg.Faint, 1, "")
		c.Text(scale.At(v), bottom+20, "middle", 11, svg.Faint, labels[i])
	}
	c.Line(left, bottom, right, bottom, svg.Faint, 1, "")
	for _, p := range pieces {
		y := strip + thick + 26 + 20*float64(p.lane)
		c.Line((p.from+p.to)/2, strip+thick, (p.from+p.to)/2, y-12, svg.Grid, 1, "")
	}
	for _, p := range pieces {
		tip := min(5, p.to-p.from)
		shape := [][2]float64{{p.from, strip}, {p.to - tip, strip}, {p.to, strip + thick/2}, {p.to - tip, strip + thick}, {p.from, strip + thick}, {p.from + tip, strip + thick/2}}
		if p.v < 0 {
			shape = [][2]float64{{p.from + tip, strip}, {p.to, strip}, {p.to - tip, strip + thick/2}, {p.to, strip + thick}, {p.from + tip, strip + thick}, {p.from, strip + thick/2}}
		}
		c.Polygon(shape, colourOf(p.v), 0.92)
		y := strip + thick + 26 + 20*float64(p.lane)
		c.Text(p.x, y, "middle", 12, colourOf(p.v), p.text)
	}
	c.Line(scale.At(sum), strip-14, scale.At(sum), strip+thick, svg.Ink, 1.5, "")
	c.Text(inside(scale.At(sum), 6, width-6, 80), strip-38, "middle", 14, svg.Ink, nameOf(e.Outputs, output)+" = "+svg.Number(sum, 4))
	c.Line(scale.At(base), strip-8, scale.At(base), strip+thick+8, svg.Faint, 1, "3 3")
	c.Text(inside(scale.At(base), 6, width-6, 50), strip-18, "middle", 11, svg.Faint, "base = "+svg.Number(base, 4))
	return send(w, c)
}

// WriteBar draws the mean size of the values of each column over all rows, the largest first, as SVG: the top ones (0: 15).
func (e *Explanation) WriteBar(w io.Writer, output, top int) error {
	mean, err := e.Importance(output)
	if err != nil {
		return err
	}
	var bars []bar
	for _, j := range head(Order(mean), top, 15) {
		bars = append(bars, bar{name: ml.ColumnName(e.Columns, j), value: mean[j], label: svg.Number(mean[j], 3)})
	}
	return send(w, barChart("mean |value| for "+nameOf(e.Outputs, output), bars))
}

// WriteSVG draws the importances, the largest first, with their intervals: the top ones (0: 15).
func (t *ImportanceTable) WriteSVG(w io.Writer, top int) error {
	var bars []bar
	for _, i := range head(t.Order(), top, 15) {
		r := t.Rows[i]
		bars = append(bars, bar{name: r.Name, value: r.Mean, lo: r.Lo, hi: r.Hi, label: svg.Number(r.Mean, 3), interval: r.Hi-r.Lo <= math.MaxFloat64})
	}
	return send(w, barChart("importance: loss of "+t.Scorer+" without the column", bars))
}

// head is the first n, or so many by default.
func head(order []int, n, byDefault int) []int {
	if n <= 0 {
		n = byDefault
	}
	return order[:min(n, len(order))]
}

type bar struct {
	name, label   string
	value, lo, hi float64
	interval      bool
	signed        bool // the colour says whether it is more or less
}

func barChart(title string, bars []bar) *svg.Canvas {
	left, lo, hi := 60.0, 0.0, 0.0
	for i, b := range bars {
		bars[i].name = svg.Cut(b.name, 12, 240)
		left = max(left, 12*svg.Width(bars[i].name)+24)
		lo, hi = min(lo, b.value), max(hi, b.value)
		if b.interval {
			lo, hi = min(lo, b.lo), max(hi, b.hi)
		}
	}
	const plot, high, top = 440.0, 26.0, 16.0
	bottom := top + high*float64(len(bars))
	scale := svg.Scale{Lo: lo, Hi: hi, From: left, To: left + plot - 70}
	if lo < 0 {
		scale.From += 30
	}
	c := svg.New(left+plot+20, bottom+56, title)
	axis(c, scale, left, left+plot, top, bottom)
	for i, b := range bars {
		y := top + high*float64(i)
		from, to := scale.At(0), scale.At(b.value)
		fill := colourOf(-b.value)
		if b.signed {
			fill = colourOf(b.value)
		}
		c.Rect(min(from, to), y+5, math.Abs(to-from), high-10, fill, 0.9)
		end := max(to, from)
		if b.interval {
			c.Line(scale.At(b.lo), y+high/2, scale.At(b.hi), y+high/2, svg.Ink, 1.5, "")
			for _, v := range [2]float64{b.lo, b.hi} {
				c.Line(scale.At(v), y+high/2-4, scale.At(v), y+high/2+4, svg.Ink, 1.5, "")
			}
			end = max(end, scale.At(b.hi))
		}
		c.Text(end+7, y+high/2+4, "start", 11, svg.Ink, b.label)
		c.Text(left-10, y+high/2+4, "end", 12, svg.Ink, b.name)
	}
	c.Text(left+plot/2, bottom+42, "middle", 12, svg.Ink, title)
	return c
}

// ranked is how large each value is among all, from 0 to 1, between their 5% and 95% quantiles; NaN stays.
func ranked(values []float64) []float64 {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	slices.Sort(known)
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.NaN()
		if !math.IsNaN(v) {
			lo, hi := quantile(known, 0.05), quantile(known, 0.95)
			if lo == hi {
				lo, hi = known[0], known[len(known)-1]
			}
			out[i] = 0.5
			if hi > lo {
				out[i] = min(max((v-lo)/(hi-lo), 0), 1)
			}
		}
	}
	return out
}

// colourBar draws what colours mean, at the right of a plot.
func colourBar(c *svg.Canvas, x, top, bottom float64, high, low, name string) {
	const steps = 32
	h := (bottom - top) / steps
	for s := range steps {
		c.Rect(x, bottom-h*float64(s+1), 10, h+0.8, svg.Ramp((float64(s)+0.5)/steps), 1)
	}
	c.Text(x+16, top+9, "start", 11, svg.Faint, high)
	c.Text(x+16, bottom, "start", 11, svg.Faint, low)
	c.Upright(x+28, (top+bottom)/2, 11, svg.Faint, svg.Cut(name, 11, bottom-top-60))
}

// WriteBeeswarm draws the values of all rows, one line of dots for each column, the most important one first, as SVG: the place is the value, the colour what the row has in the column, from
// little (blue) to much (orange-red), grey where it is missing. The top columns are drawn (0: 15).
func (e *Explanation) WriteBeeswarm(w io.Writer, output, top int) error {
	mean, err := e.Importance(output)
	if err != nil {
		return err
	}
	n, _, _ := e.Dims()
	order := head(Order(mean), top, 15)
	left, lo, hi := 60.0, 0.0, 0.0
	for _, j := range order {
		left = max(left, 12*svg.Width(svg.Cut(ml.ColumnName(e.Columns, j), 12, 240))+24)
		for i := range n {
			v := e.Row(i, output)[j]
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	const plot, high, head = 460.0, 34.0, 14.0
	bottom := head + high*float64(len(order))
	scale := svg.Scale{Lo: lo, Hi: hi, From: left + 12, To: left + plot - 12}
	c := svg.New(left+plot+64, bottom+54, "values for "+nameOf(e.Outputs, output))
	axis(c, scale, left, left+plot, head, bottom)
	c.Line(scale.At(0), head, scale.At(0), bottom, svg.Grey, 1, "")
	for q, j := range order {
		y := head + high*(float64(q)+0.5)
		c.Line(left, y, left+plot, y, svg.Grid, 1, "1 4")
		c.Text(left-10, y+4, "end", 12, svg.Ink, svg.Cut(ml.ColumnName(e.Columns, j), 12, 240))
		x := make([]float64, n)
		for i := range n {
			x[i] = e.X.Row(i)[j]
		}
		shade, stacked := ranked(x), map[int]int{}
		step := 4.0 // dots of the same place lie on each other's sides, closer if there are many
		for i := range n {
			stacked[int(scale.At(e.Row(i, output)[j])/3)]++
		}
		for _, many := range stacked {
			step = min(step, (high-8)/float64(max(many, 1)))
		}
		clear(stacked)
		for i := range n {
			px := scale.At(e.Row(i, output)[j])
			k := stacked[int(px/3)]
			stacked[int(px/3)]++
			up := float64((k + 1) / 2)
			if k%2 == 1 {
				up = -up
			}
			c.Circle(px, y+float64(up*step), 2.2, svg.Ramp(shade[i]), 0.85)
		}
	}
	colourBar(c, left+plot+16, head+6, bottom-6, "high", "low", "column")
	c.Text(left+plot/2, bottom+42, "middle", 12, svg.Ink, "value for "+nameOf(e.Outputs, output))
	return send(w, c)
}

// levelTicks are the places and names of a category's codes.
func levelTicks(c ml.Column, codes []float64) []string {
	out := make([]string, len(codes))
	for i, v := range codes {
		out[i] = shown(c, v)
	}
	return out
}
