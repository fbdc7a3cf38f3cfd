package plot

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// drawn renders p at two scales and as SVG, and checks what no picture may lack: its size, the same bytes twice, ink, and a white border, for what lies there was cut off.
func drawn(t *testing.T, name string, p *Picture, err error) image.Image {
	t.Helper()
	require.NoError(t, err, name)
	var b, again, text bytes.Buffer
	require.NoError(t, p.WritePNG(&b, 2), name)
	require.NoError(t, p.WritePNG(&again, 2), name)
	require.Equal(t, b.Bytes(), again.Bytes(), name)
	img, err := png.Decode(&b)
	require.NoError(t, err, name)
	w, h := p.Size()
	box := img.Bounds()
	require.InDelta(t, 2*w, box.Dx(), 2, name)
	require.InDelta(t, 2*h, box.Dy(), 2, name)
	inked, cut := 0, 0
	pixels := image.NewRGBA(box)
	draw.Draw(pixels, box, img, box.Min, draw.Src)
	for y := range box.Dy() {
		for x := range box.Dx() {
			if p := pixels.Pix[pixels.PixOffset(x, y):]; p[0] == 255 && p[1] == 255 && p[2] == 255 && p[3] == 255 {
				continue
			}
			inked++
			if x < 3 || y < 3 || x >= box.Dx()-3 || y >= box.Dy()-3 {
				cut++
			}
		}
	}
	require.Zero(t, cut, "%s: ink on the border", name)
	require.Greater(t, inked, box.Dx()*box.Dy()/200, name)
	require.NoError(t, p.WriteSVG(&text), name)
	for d := xml.NewDecoder(bytes.NewReader(text.Bytes())); ; {
		_, err := d.Token()
		if err == io.EOF {
			break
		}
		require.NoError(t, err, name)
	}
	require.NotContains(t, text.String(), "NaN", name)
	return img
}

func TestCurves(t *testing.T) {
	ctx := context.Background()
	d := datasets.BreastCancer()
	y, score := make([]int, 300), make([]float64, 300)
	for i := range y {
		y[i] = i * i % 7 % 2
		score[i] = min(max(0.3*float64(y[i])+float64(i*37%100)/140, 0), 1)
	}
	roc, err := metrics.ROC(y, score)
	require.NoError(t, err)
	pr, err := metrics.PR(y, score)
	require.NoError(t, err)
	line, err := metrics.NewReliability(y, score, metrics.Bins{})
	require.NoError(t, err)
	p, err := ROC(NamedROC{"one", roc}, NamedROC{"the same, with a name that is long", roc})
	img := drawn(t, "roc", p, err)
	p, err = ROC(NamedROC{"", roc})
	require.NotEqual(t, img, drawn(t, "roc of one", p, err))
	p, err = PR(NamedPR{"one", pr})
	drawn(t, "pr", p, err)
	p, err = Calibration(NamedReliability{"one", line}, NamedReliability{"two", line})
	drawn(t, "calibration", p, err)

	curve, err := selection.LearningCurve(ctx, linear.OLS{}, datasets.Diabetes(), selection.KFold{K: 3}, selection.TrainSizes{}, selection.R2{})
	require.NoError(t, err)
	p, err = Curve(curve, 0)
	drawn(t, "learning", p, err)
	p, err = FromSVG(func(w io.Writer) error { return curve.WriteSVG(w, 0) })
	drawn(t, "learning as selection draws it", p, err)
	curve.X = []float64{1, 10, 100, 1000, 1e4}
	p, err = Curve(curve, 0)
	drawn(t, "logarithms", p, err)
	curve.X, curve.Lines[0].Train, curve.Lines[0].Test = curve.X[:1], curve.Lines[0].Train[:1], curve.Lines[0].Test[:1]
	p, err = Curve(curve, 0)
	drawn(t, "a point", p, err)

	for n, names := range map[int][]string{2: d.Classes, 3: nil, 12: nil} {
		m := tensor.New[float64](n, n)
		for i := range n {
			for j := range n {
				m.Set(float64(1000*i*i+j), i, j)
			}
		}
		p, err = Confusion(m, names)
		drawn(t, fmt.Sprint("confusion of ", n), p, err)
	}
	p, err = Confusion(tensor.New[float64](2, 2), []string{"a class with a name that is longer than any picture has room for", "b"})
	drawn(t, "long names", p, err)
}

func TestExplanations(t *testing.T) {
	ctx := context.Background()
	d := datasets.Diabetes()
	model, err := tree.DecisionTreeRegressor{MaxDepth: 3}.Fit(ctx, d)
	require.NoError(t, err)
	shap, err := explain.TreeSHAP{}.For(model)
	require.NoError(t, err)
	why, err := shap.Explain(ctx, d.X)
	require.NoError(t, err)
	p, err := Waterfall(why, 0, 0, 0)
	drawn(t, "waterfall", p, err)
	p, err = Force(why, 0, 0, 0)
	drawn(t, "force", p, err)
	p, err = Bar(why, 0, 0)
	drawn(t, "bar", p, err)
	p, err = Beeswarm(why, 0, 0)
	drawn(t, "beeswarm", p, err)
	p, err = Scatter(why, 8, 2, 0)
	drawn(t, "scatter", p, err)
	for _, c := range []explain.PartialDependence{{Columns: []int{2}}, {Columns: []int{2}, ICE: true}, {Columns: []int{2, 8}, Points: 10}} {
		dependence, err := c.OfTrees(ctx, model, d.Table)
		require.NoError(t, err)
		p, err = Dependence(dependence, 0)
		drawn(t, "dependence", p, err)
	}
	effects, err := explain.AccumulatedEffects{Columns: []int{2}}.Of(ctx, explain.Values(model), d.Table)
	require.NoError(t, err)
	p, err = Effects(effects, 0)
	drawn(t, "effects", p, err)
	p, err = Importances(&explain.ImportanceTable{Scorer: "r2", Rows: []explain.ImportanceRow{{Name: "bmi", Mean: 0.2, Lo: 0.1, Hi: 0.3}, {Name: "sex", Mean: -0.01, Lo: -0.02, Hi: 0.01}}}, 0)
	drawn(t, "importances", p, err)
	near, err := explain.LIME{Background: d.Table, Local: explain.Local{Samples: 500, Repeats: 2}}.Of(ctx, explain.Values(model), make([]float64, 10), 0)
	require.NoError(t, err)
	p, err = Local(near, 0)
	drawn(t, "local", p, err)
	p, err = Tree(model, tree.Drawing{})
	drawn(t, "tree", p, err)
}

func TestRefuses(t *testing.T) {
	_, err := ROC()
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = PR(NamedPR{})
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = ROC(NamedROC{"x", &metrics.ROCCurve{}})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = ROC(NamedROC{"x", &metrics.ROCCurve{FPR: []float64{0, math.NaN()}, TPR: []float64{0, 1}, Threshold: []float64{1, 0}}})
	require.ErrorIs(t, err, ml.ErrNotFinite)
	_, err = Calibration(NamedReliability{})
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = Curve(nil, 0)
	require.ErrorIs(t, err, ml.ErrConfig)
	_, err = Confusion(tensor.New[float64](2, 3), nil)
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = Confusion(tensor.New[float64](2, 2), []string{"a"})
	require.ErrorIs(t, err, ml.ErrShape)
	_, err = Confusion(tensor.FromSlice([]float64{-1}, 1, 1), nil)
	require.ErrorIs(t, err, ml.ErrNotFinite)
	for _, s := range []string{"", "<svg", `<rect x="1"/>`, `<svg viewBox="0 0 1"/>`, `<svg viewBox="0 0 1e9 5"/>`, `<svg viewBox="0 0 9 9"><g/></svg>`, `<svg viewBox="0 0 9 9"><svg viewBox="0 0 9 9"/></svg>`, `<svg viewBox="0 0 9 9"><rect x="a"/></svg>`, `<svg viewBox="0 0 9 9"><rect fill="#12"/></svg>`,
		`<svg viewBox="0 0 9 9"><text transform="scale(2)">a</text></svg>`, `<svg viewBox="0 0 9 9"><text font-size="1e5">a</text></svg>`, `<svg viewBox="0 0 9 9"><path d="M1 2"/></svg>`, `<svg viewBox="0 0 9 9"><text font-weight="fat">a</text></svg>`} {
		_, err := FromSVG(func(w io.Writer) error { _, err := io.WriteString(w, s); return err })
		require.ErrorIs(t, err, ml.ErrFormat, s)
	}
	_, err = FromSVG(func(io.Writer) error { return io.ErrShortWrite })
	require.ErrorIs(t, err, io.ErrShortWrite)
	p, err := Confusion(tensor.New[float64](2, 2), nil)
	require.NoError(t, err)
	for _, scale := range []float64{-1, math.NaN(), 1e9, 1e-9} {
		require.ErrorIs(t, p.WritePNG(io.Discard, scale), ml.ErrConfig)
	}
}
