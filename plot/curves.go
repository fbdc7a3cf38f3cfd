package plot

import (
	"fmt"
	"image/color"
	"math"

	gonum "gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/svg"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

// NamedROC is a curve of [ROC] with its name in the legend.
type NamedROC struct {
	Name  string
	Curve *metrics.ROCCurve
}

// NamedPR is a curve of [PR] with its name in the legend.
type NamedPR struct {
	Name  string
	Curve *metrics.PRCurve
}

// NamedReliability is a curve of [Calibration] with its name in the legend.
type NamedReliability struct {
	Name  string
	Curve *metrics.Reliability
}

// lines are the colours of curves, of Okabe and Ito and of package explain.
var lines = []string{svg.Down, svg.Up, "#00855f", svg.Second, "#8d4fb0", svg.Ink, svg.Grey}

const curveWidth, curveHeight = 560.0, 480.0

// chart is an empty plot in this package's style.
func chart(title, across, upward string) *gonum.Plot {
	p := gonum.New()
	handler := text.Plain{Fonts: faces}
	p.TextHandler = handler
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Font.Typeface, s.Font.Variant, s.Font.Size, s.Handler, s.Color = "Liberation", "Sans", 12, handler, mustColour(svg.Ink, 1)
	}
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = 11, 11
	p.X.Tick.Label.Color, p.Y.Tick.Label.Color = mustColour(svg.Faint, 1), mustColour(svg.Faint, 1)
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 13, 13
	p.Title.TextStyle.Font.Size = 14
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, across, upward
	p.Title.Padding, p.X.Label.Padding, p.Y.Label.Padding = 8, 6, 6
	for _, a := range []*gonum.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = mustColour(svg.Faint, 1), mustColour(svg.Faint, 1)
		a.Tick.Marker = ticks{}
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = mustColour(svg.Grid, 1), mustColour(svg.Grid, 1)
	p.Add(grid)
	p.Legend.ThumbnailWidth, p.Legend.Padding = 22, 3
	return p
}

// ticks are round numbers with labels of the same decimals.
type ticks struct{}

func (ticks) Ticks(lo, hi float64) []gonum.Tick {
	at, labels := svg.Ticks(lo, hi, 6)
	out := make([]gonum.Tick, len(at))
	for i, v := range at {
		out[i] = gonum.Tick{Value: v, Label: labels[i]}
	}
	return out
}

// logTicks are at 1, 2 and 5 times powers of ten, or powers alone where these are many.
type logTicks struct{}

func (logTicks) Ticks(lo, hi float64) []gonum.Tick {
	first, last := math.Floor(math.Log10(lo)), math.Ceil(math.Log10(hi))
	steps := []float64{1, 2, 5}
	if last-first > 2 {
		steps = steps[:1]
	}
	skip := math.Ceil((last - first) / 8)
	var out []gonum.Tick
	for e := first; e <= last; e += max(1, skip) {
		for _, s := range steps {
			if v := s * math.Pow(10, e); v >= lo*(1-1e-9) && v <= hi*(1+1e-9) {
				out = append(out, gonum.Tick{Value: v, Label: svg.Number(v, 4)})
			}
		}
	}
	return out
}

// unitTicks are those of a share.
type unitTicks struct{}

func (unitTicks) Ticks(float64, float64) []gonum.Tick { return ticks{}.Ticks(0, 1) }

// unit are axes from 0 to 1.
func unit(p *gonum.Plot) {
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	p.X.Tick.Marker, p.Y.Tick.Marker = unitTicks{}, unitTicks{}
}

// headed gives the legend a strip of its own above all curves, which may be anywhere. entries are its lines.
func headed(p *gonum.Plot, entries int) {
	p.Y.Max += (p.Y.Max - p.Y.Min) * (0.03 + 0.05*float64(entries))
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs, p.Legend.YOffs = true, true, 10, -2
}

// rendered is the picture of a plot, with a margin so that no label of a last tick is cut off.
func rendered(p *gonum.Plot, width, height float64) *Picture {
	return &Picture{width: width, height: height, draw: func(c vg.CanvasSizer) {
		canvas := draw.New(c)
		c.SetColor(color.White)
		c.Fill(canvas.Rectangle.Path())
		p.Draw(draw.Crop(canvas, 12, -22, 12, -12))
	}}
}

// line adds one, with its points if marks is set.
func line(p *gonum.Plot, name, colour string, xy plotter.XYs, dashed, marks bool) error {
	l, err := plotter.NewLine(xy)
	if err != nil {
		return &ml.Error{Where: "plot", Field: "the curve " + name, Found: err.Error(), Want: "finite numbers", Kind: ml.ErrNotFinite}
	}
	l.Color, l.Width = mustColour(colour, 1), 1.8
	if dashed {
		l.Width, l.Dashes = 1.2, []vg.Length{5, 4}
	}
	p.Add(l)
	thumbs := []gonum.Thumbnailer{l}
	if marks {
		s, err := plotter.NewScatter(xy)
		if err != nil {
			return err
		}
		s.GlyphStyle = draw.GlyphStyle{Color: mustColour(colour, 1), Radius: 3, Shape: draw.CircleGlyph{}}
		p.Add(s)
		thumbs = append(thumbs, s)
	}
	if name != "" {
		p.Legend.Add(name, thumbs...)
	}
	return nil
}

// pairs are points; the longest lists must be alike.
func pairs(where string, x, y []float64) (plotter.XYs, error) {
	if len(x) != len(y) || len(x) == 0 {
		return nil, ml.BadShape(where, "the curve", fmt.Sprintf("%d by %d points", len(x), len(y)), "as many of both, and at least one")
	}
	out := make(plotter.XYs, len(x))
	for i := range x {
		out[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	return out, nil
}

func noCurve(where string, n int) error {
	if n == 0 {
		return ml.BadConfig(where, "curves", "none", "at least one")
	}
	return nil
}

func missing(where string, i int) error {
	return ml.BadConfig(where, fmt.Sprintf("curves[%d]", i), "nil", "a curve")
}

// of adds what a legend says of a curve to its name.
func of(name, what string, v float64) string {
	if name != "" {
		name += ": "
	}
	return fmt.Sprintf("%s%s %.3f", name, what, v)
}

// ROC draws true against false positive rates, with the areas in the legend and the diagonal of guessing.
func ROC(curves ...NamedROC) (*Picture, error) {
	const where = "plot.ROC"
	if err := noCurve(where, len(curves)); err != nil {
		return nil, err
	}
	p := chart("ROC", "false positive rate", "true positive rate")
	if err := line(p, "", svg.Grey, plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}, true, false); err != nil {
		return nil, err
	}
	for i, c := range curves {
		if c.Curve == nil {
			return nil, missing(where, i)
		}
		corners := c.Curve.Corners() // what lies between on a line adds nothing but size
		xy, err := pairs(where, corners.FPR, corners.TPR)
		if err != nil {
			return nil, err
		}
		if err := line(p, of(c.Name, "AUC", c.Curve.AUC()), lines[i%len(lines)], xy, i >= len(lines), false); err != nil {
			return nil, err
		}
	}
	unit(p)
	p.Legend.XOffs, p.Legend.YOffs = -10, 8
	return rendered(p, curveWidth, curveHeight), nil
}

// PR draws precision against recall in steps, as average precision, which the legend has, counts them.
func PR(curves ...NamedPR) (*Picture, error) {
	const where = "plot.PR"
	if err := noCurve(where, len(curves)); err != nil {
		return nil, err
	}
	p := chart("Precision and recall", "recall", "precision")
	for i, c := range curves {
		if c.Curve == nil {
			return nil, missing(where, i)
		}
		all, err := pairs(where, c.Curve.Recall, c.Curve.Precision)
		if err != nil {
			return nil, err
		}
		var xy plotter.XYs
		for q, at := range all {
			switch {
			case q == 0:
				continue // the point of no rows, which no threshold has
			case q == 1:
				xy = append(xy, plotter.XY{X: 0, Y: at.Y})
			case at.Y != all[q-1].Y:
				xy = append(xy, plotter.XY{X: all[q-1].X, Y: at.Y})
			}
			xy = append(xy, at)
		}
		if xy == nil {
			xy = all
		}
		if err := line(p, of(c.Name, "AP", c.Curve.AveragePrecision()), lines[i%len(lines)], xy, i >= len(lines), false); err != nil {
			return nil, err
		}
	}
	unit(p)
	headed(p, len(curves))
	return rendered(p, curveWidth, curveHeight), nil
}

// Calibration draws the share of class 1 against what was predicted, with 95% intervals for each bin, the diagonal of perfect calibration and the expected calibration errors in the legend.
func Calibration(curves ...NamedReliability) (*Picture, error) {
	const where = "plot.Calibration"
	if err := noCurve(where, len(curves)); err != nil {
		return nil, err
	}
	p := chart("Calibration", "predicted probability", "share of class 1")
	if err := line(p, "", svg.Grey, plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}}, true, false); err != nil {
		return nil, err
	}
	for i, c := range curves {
		if c.Curve == nil {
			return nil, missing(where, i)
		}
		xy, err := pairs(where, c.Curve.Proba, c.Curve.Share)
		if err != nil {
			return nil, err
		}
		colour := lines[i%len(lines)]
		low, high := c.Curve.Band(0.95)
		for q, at := range xy {
			l, err := plotter.NewLine(plotter.XYs{{X: at.X, Y: low[q]}, {X: at.X, Y: high[q]}})
			if err != nil {
				return nil, err
			}
			l.Color, l.Width = mustColour(colour, 0.55), 1.2
			p.Add(l)
		}
		if err := line(p, of(c.Name, "ECE", c.Curve.ECE()), colour, xy, i >= len(lines), true); err != nil {
			return nil, err
		}
	}
	unit(p)
	headed(p, len(curves))
	return rendered(p, curveWidth, curveHeight), nil
}

// Curve draws a learning or validation curve for one of its scorers: the means over the folds of training and test scores, and the 95% interval of the latter. X is drawn by its logarithm if all its points are
// positive and the largest is at least a hundred times the smallest.
func Curve(c *selection.Curve, scorer int) (*Picture, error) {
	const where = "plot.Curve"
	if c == nil || scorer < 0 || scorer >= len(c.Lines) {
		return nil, ml.BadConfig(where, "scorer", scorer, "one of the curve's lines, from 0")
	}
	l := c.Lines[scorer]
	if len(c.X) == 0 || len(l.Train) != len(c.X) || len(l.Test) != len(c.X) {
		return nil, ml.BadShape(where, "the curve", fmt.Sprintf("%d points, %d training and %d test scores", len(c.X), len(l.Train), len(l.Test)), "as many of each, and at least one")
	}
	p := chart("", c.Axis, l.Name)
	band := c.Band(scorer, 0)
	train, test := make(plotter.XYs, len(c.X)), make(plotter.XYs, len(c.X))
	var upper, lower plotter.XYs
	lo, hi := math.Inf(1), 0.0
	for i, x := range c.X {
		lo, hi = min(lo, x), max(hi, x)
		train[i], test[i] = plotter.XY{X: x, Y: l.Train[i].Mean()}, plotter.XY{X: x, Y: l.Test[i].Mean()}
		if b := band[i]; math.Abs(b.Low) <= math.MaxFloat64 && math.Abs(b.High) <= math.MaxFloat64 {
			upper, lower = append(upper, plotter.XY{X: x, Y: b.High}), append(lower, plotter.XY{X: x, Y: b.Low})
		}
	}
	if len(upper) > 1 {
		for i := len(lower) - 1; i >= 0; i-- {
			upper = append(upper, lower[i])
		}
		area, err := plotter.NewPolygon(upper)
		if err != nil {
			return nil, err
		}
		area.Color, area.LineStyle.Width = mustColour(svg.Down, 0.15), 0
		p.Add(area)
	}
	if err := line(p, "training", svg.Up, train, true, true); err != nil {
		return nil, err
	}
	if err := line(p, "test, with its 95% interval", svg.Down, test, false, true); err != nil {
		return nil, err
	}
	if lo > 0 && hi >= 100*lo {
		p.X.Scale, p.X.Tick.Marker = gonum.LogScale{}, logTicks{}
	}
	if !(p.Y.Max > p.Y.Min) {
		p.Y.Min, p.Y.Max = p.Y.Min-0.5, p.Y.Max+0.5
	}
	if !(p.X.Max > p.X.Min) {
		p.X.Min, p.X.Max = p.X.Min-0.5, p.X.Max+0.5
	}
	headed(p, 2)
	return rendered(p, 640, 420), nil
}
