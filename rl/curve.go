package rl

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/svg"
)

// SVG draws the learning curve: the mean return of the episodes of each hundredth of the training by steps, and dotted the scores of evaluations, where there were any.
func (l Learning) SVG(title string) []byte {
	const width, height, left, right, top, bottom = 640.0, 360.0, 64.0, 16.0, 40.0, 44.0
	c := svg.New(width, height, title)
	c.Text(left, 24, "start", 15, svg.Ink, title)
	if len(l.Points) == 0 {
		return c.Bytes()
	}
	lo, hi, last := math.Inf(1), math.Inf(-1), 1.0
	for _, p := range l.Points {
		lo, hi = min(lo, p.Return), max(hi, p.Return)
		if p.Score != 0 {
			lo, hi = min(lo, p.Score), max(hi, p.Score)
		}
		last = max(last, float64(p.Steps))
	}
	if lo == hi {
		lo, hi = lo-1, hi+1
	}
	x, y := svg.Scale{Lo: 0, Hi: last, From: left, To: width - right}, svg.Scale{Lo: lo, Hi: hi, From: height - bottom, To: top}
	at, labels := svg.Ticks(lo, hi, 5)
	for i, v := range at {
		c.Line(left, y.At(v), width-right, y.At(v), svg.Grid, 1, "")
		c.Text(left-8, y.At(v)+4, "end", 12, svg.Faint, labels[i])
	}
	at, labels = svg.Ticks(0, last, 5)
	for i, v := range at {
		c.Text(x.At(v), height-bottom+18, "middle", 12, svg.Faint, labels[i])
	}
	c.Text((left+width-right)/2, height-8, "middle", 12, svg.Faint, "steps")
	var line [][2]float64
	for _, p := range l.Points {
		line = append(line, [2]float64{x.At(float64(p.Steps)), y.At(p.Return)})
	}
	c.Polyline(line, svg.Down, 2, 1)
	for _, p := range l.Points {
		if p.Score != 0 {
			c.Circle(x.At(float64(p.Steps)), y.At(p.Score), 2.5, svg.Up, 1)
		}
	}
	return c.Bytes()
}
