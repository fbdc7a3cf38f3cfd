package plot

import (
	"fmt"
	"io"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/tensor"
)

// Confusion draws a confusion matrix as [metrics.ConfusionMatrix] counts it, up to 50 classes: rows are the classes, columns what was predicted, the colour is the share of the row. classes are their names; nil: their codes.
func Confusion(m tensor.Matrix, classes []string) (*Picture, error) {
	const where, most = "plot.Confusion", 50
	n, k := m.Dims()
	if n != k || n == 0 || n > most {
		return nil, ml.BadShape(where, "m", fmt.Sprintf("%d x %d", n, k), fmt.Sprintf("square, of up to %d classes", most))
	}
	if classes != nil && len(classes) != n {
		return nil, ml.BadShape(where, "classes", fmt.Sprintf("%d names", len(classes)), fmt.Sprint(n))
	}
	for i := range n {
		for j := range n {
			if v := m.At(i, j); !(v >= 0 && v <= math.MaxFloat64) {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("row %d, column %d", i, j), Found: fmt.Sprint(v), Want: "a finite count >= 0", Kind: ml.ErrNotFinite}
			}
		}
	}
	name := func(i int) string {
		if classes == nil {
			return fmt.Sprint(i)
		}
		return classes[i]
	}
	return FromSVG(func(w io.Writer) error {
		cell := min(max(460/float64(n), 34), 84)
		left, longest := 60.0, 0.0
		for i := range n {
			longest = max(longest, 12*svg.Width(name(i)))
			left = max(left, 12*svg.Width(svg.Cut(name(i), 12, 180))+52)
		}
		top, side := 44.0, cell*float64(n)
		upright := longest > cell-6 // names of columns stand if they do not fit side by side
		foot := 54.0
		if upright {
			foot = min(longest, 140) + 48
		}
		c := svg.New(left+side+84, top+side+foot, "confusion matrix")
		c.Text(left+side/2, 24, "middle", 14, svg.Ink, "Confusion matrix")
		for i := range n {
			total := 0.0
			for j := range n {
				total += m.At(i, j)
			}
			y := top + cell*float64(i)
			c.Text(left-10, y+cell/2+4, "end", 12, svg.Ink, svg.Cut(name(i), 12, 180))
			for j := range n {
				share := 0.0
				if total > 0 {
					share = m.At(i, j) / total
				}
				x := left + cell*float64(j)
				c.Rect(x, y, cell, cell, svg.Blend("#f7f9fc", "#17497f", share), 1)
				ink := svg.Ink
				if share > 0.5 {
					ink = "#ffffff"
				}
				number := count(m.At(i, j))
				size := min(14, (cell-6)/max(svg.Width(number), 1))
				if at := y + cell/2 + 4; cell >= 56 {
					c.Text(x+cell/2, at-6, "middle", size, ink, number)
					c.Text(x+cell/2, at+11, "middle", 10.5, ink, fmt.Sprintf("%.1f%%", 100*share))
				} else {
					c.Text(x+cell/2, at, "middle", size, ink, number)
				}
			}
		}
		for i := range n + 1 {
			at := cell * float64(i)
			c.Line(left, top+at, left+side, top+at, "#ffffff", 1.5, "")
			c.Line(left+at, top, left+at, top+side, "#ffffff", 1.5, "")
		}
		for j := range n {
			x := left + cell*(float64(j)+0.5)
			if short := svg.Cut(name(j), 12, 140); upright {
				c.Upright(x+4, top+side+10+12*svg.Width(short)/2, 12, svg.Ink, short)
			} else {
				c.Text(x, top+side+18, "middle", 12, svg.Ink, short)
			}
		}
		c.Text(left+side/2, top+side+foot-12, "middle", 13, svg.Ink, "predicted")
		c.Upright(20, top+side/2, 13, svg.Ink, "class")
		const steps = 32
		for s := range steps {
			h := side / steps
			c.Rect(left+side+18, top+side-h*float64(s+1), 12, h+0.8, svg.Blend("#f7f9fc", "#17497f", (float64(s)+0.5)/steps), 1)
		}
		c.Text(left+side+36, top+10, "start", 11, svg.Faint, "100%")
		c.Text(left+side+36, top+side, "start", 11, svg.Faint, "0%")
		_, err := w.Write(c.Bytes())
		return err
	})
}

// count is a number of rows, or of their weights.
func count(v float64) string {
	if v == math.Trunc(v) && v < 1e7 {
		return fmt.Sprintf("%.0f", v)
	}
	return svg.Number(v, 4)
}
