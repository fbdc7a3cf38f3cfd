package plot

import (
	"io"

	"github.com/gopherwood-ml/ml/explain"
	"github.com/gopherwood-ml/ml/tree"
)

// Waterfall draws how one row's answer comes about: see [explain.Explanation.WriteWaterfall].
func Waterfall(e *explain.Explanation, row, output, top int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return e.WriteWaterfall(w, row, output, top) })
}

// Force draws one row's answer as the balance of what pushes it up and down: see [explain.Explanation.WriteForce].
func Force(e *explain.Explanation, row, output, top int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return e.WriteForce(w, row, output, top) })
}

// Bar draws the mean size of the values of each column: see [explain.Explanation.WriteBar].
func Bar(e *explain.Explanation, output, top int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return e.WriteBar(w, output, top) })
}

// Beeswarm draws the values of all rows: see [explain.Explanation.WriteBeeswarm].
func Beeswarm(e *explain.Explanation, output, top int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return e.WriteBeeswarm(w, output, top) })
}

// Scatter draws one column's values against what the rows have there, coloured by another column: see [explain.Explanation.WriteDependence].
func Scatter(e *explain.Explanation, column, colour, output int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return e.WriteDependence(w, column, colour, output) })
}

// Dependence draws partial dependence with its rows' curves, or its surface: see [explain.Dependence.WriteSVG].
func Dependence(d *explain.Dependence, output int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return d.WriteSVG(w, output) })
}

// Effects draws accumulated local effects: see [explain.Effects.WriteSVG].
func Effects(e *explain.Effects, output int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return e.WriteSVG(w, output) })
}

// Importances draws permutation importances with their intervals: see [explain.ImportanceTable.WriteSVG].
func Importances(t *explain.ImportanceTable, top int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return t.WriteSVG(w, top) })
}

// Local draws the weights of a local model: see [explain.LocalModel.WriteSVG].
func Local(m *explain.LocalModel, top int) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return m.WriteSVG(w, top) })
}

// Tree draws one tree: see [tree.WriteSVG].
func Tree(m tree.Grown, how tree.Drawing) (*Picture, error) {
	return FromSVG(func(w io.Writer) error { return tree.WriteSVG(w, m, how) })
}
