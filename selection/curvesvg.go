package selection

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml/internal/svg"
)

// WriteSVG draws one scorer's line: mean training and test scores, the latter with its 95% band. X is drawn by its logarithm where the points call for it: all
// positive, and the last at least a hundred times the first. The picture needs nothing but a browser.
func (c *Curve) WriteSVG(w io.Writer, line int) error {
	const width, height, left, right, top, bottom = 640.0, 400.0, 70.0, 20.0, 40.0, 50.0
	l := c.Lines[line]
	band := c.Band(line, 0)
	var ys []float64
	for i, m := range l.Test {
		for _, v := range []float64{m.Mean(), l.Train[i].Mean(), band[i].Low, band[i].High} {
			if finite(v) {
				ys = append(ys, v)
			}
		}
	}
	xs := slices.Clone(c.X)
	lowest, highest := slices.Min(xs), slices.Max(xs)
	logs := lowest > 0 && highest >= 100*lowest
	if logs {
		for i, x := range xs {
			xs[i] = math.Log10(x)
		}
	}
	if len(ys) == 0 {
		ys = []float64{0}
	}
	across := svg.Scale{Lo: slices.Min(xs), Hi: slices.Max(xs), From: left, To: width - right}
	up := svg.Scale{Lo: slices.Min(ys), Hi: slices.Max(ys), From: height - bottom, To: top}
	points := func(y func(i int) float64) string {
		var b strings.Builder
		for i, x := range xs {
			if v := y(i); finite(v) {
				fmt.Fprintf(&b, "%.1f,%.1f ", across.At(x), up.At(v))
			}
		}
		return strings.TrimSpace(b.String())
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", width, height)
	fmt.Fprintf(&b, "<polyline points=\"%g,%g %g,%g %g,%g\" fill=\"none\" stroke=\"black\"/>\n", left, top, left, height-bottom, width-right, height-bottom)
	for i := range 5 {
		share := float64(i) / 4
		x, y := across.Lo+share*(across.Hi-across.Lo), up.Lo+share*(up.Hi-up.Lo)
		shown := x
		if logs {
			shown = math.Pow(10, x)
		}
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%.3g</text>\n", across.At(x), height-bottom+16, shown)
		fmt.Fprintf(&b, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%.4g</text>\n", left-6, up.At(y)+4, y)
	}
	edge := points(func(i int) float64 { return band[i].Low })
	over := strings.Fields(points(func(i int) float64 { return band[i].High }))
	slices.Reverse(over)
	if edge != "" {
		fmt.Fprintf(&b, "<polygon points=\"%s %s\" fill=\"#1f77b4\" fill-opacity=\"0.15\"/>\n", edge, strings.Join(over, " "))
	}
	for i, part := range []struct {
		name, colour string
		of           []Metric
	}{{"training rows", "#ff7f0e", l.Train}, {"test rows", "#1f77b4", l.Test}} {
		fmt.Fprintf(&b, "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", points(func(i int) float64 { return part.of[i].Mean() }), part.colour)
		fmt.Fprintf(&b, "<text x=\"%g\" y=\"%g\" fill=\"%s\">%s</text>\n", left+10+130*float64(i), top-8, part.colour, part.name)
	}
	fmt.Fprintf(&b, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%s</text>\n", (left+width-right)/2, height-12, svg.Escape(c.Axis))
	fmt.Fprintf(&b, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%s</text>\n</svg>\n", width-right, top-8, svg.Escape(l.Name))
	_, err := io.WriteString(w, b.String())
	return err
}
