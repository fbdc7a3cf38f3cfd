package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// SurrogateTree fits a small decision tree to what a model answers, not to the truth, so that its rules can be read in place of the model's (Craven and Shavlik 1996). How far they may be is the
// fidelity: the share of the variance of the answers that the tree explains, or of the rows for which it names the same class. With Near the tree is local: rows count by how near they are to one
// row. Nothing is random.
type SurrogateTree struct {
	MaxDepth       int       // 0: 3
	MaxLeaves      int       // 0: any number
	MinSamplesLeaf int       // 0: 1
	Held           ml.Table  // rows that the tree is not fitted to, for the fidelity; none: that of the rows it is fitted to
	Near           []float64 // a row: others weigh exp(-d²/Width²), d the distance over the standard deviations of numbers, 1 for other categories and where one of two is missing; nil: all rows weigh alike
	Width          float64   // 0: 0.75 x the root of the number of columns
}

// SurrogateOfNumbers is a tree in place of one output of a model.
type SurrogateOfNumbers struct {
	Tree     *tree.RegressionModel
	Fidelity float64 // R²: 1 is perfect, 0 no better than the mean
}

// SurrogateOfClasses is a tree in place of a classifier.
type SurrogateOfClasses struct {
	Tree     *tree.ClassificationModel
	Fidelity float64 // the share of the rows, by weight, for which both name the same class
}

// Of fits a tree to one output of a model over the rows of a table.
func (c SurrogateTree) Of(ctx context.Context, m Model, output int, t ml.Table) (*SurrogateOfNumbers, error) {
	const where = "explain.SurrogateTree.Of"
	t, held, err := c.tables(where, t)
	if err != nil {
		return nil, err
	}
	said := func(t ml.Table) ([]float64, error) {
		all, err := answer(where, m, t.X, 0)
		if err != nil {
			return nil, err
		}
		n, k := all.Dims()
		if output < 0 || output >= k {
			return nil, ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d outputs, from 0", k))
		}
		out := make([]float64, n)
		for i := range out {
			out[i] = all.Row(i)[output]
		}
		return out, nil
	}
	y, err := said(t)
	if err != nil {
		return nil, err
	}
	fitted, err := tree.DecisionTreeRegressor{MaxDepth: c.depth(), MaxLeaves: c.MaxLeaves, MinSamplesLeaf: c.MinSamplesLeaf}.Fit(ctx, ml.Dataset[float64]{Table: t, Y: y})
	if err != nil {
		return nil, err
	}
	if y, err = said(held); err != nil {
		return nil, err
	}
	pred, err := fitted.Predict(held.X)
	if err != nil {
		return nil, err
	}
	return &SurrogateOfNumbers{fitted, explained(y, pred, held.Weight)}, nil
}

// OfClasses fits a tree to the classes that a model names for the rows of a table.
func (c SurrogateTree) OfClasses(ctx context.Context, m ml.Predictor[int], t ml.Table) (*SurrogateOfClasses, error) {
	const where = "explain.SurrogateTree.OfClasses"
	t, held, err := c.tables(where, t)
	if err != nil {
		return nil, err
	}
	y, err := m.Predict(t.X)
	if err != nil {
		return nil, err
	}
	d := ml.Dataset[int]{Table: t, Y: y}
	if f := ml.MetaOf(m); f != nil {
		d.Classes = f.Classes
	}
	fitted, err := tree.DecisionTreeClassifier{MaxDepth: c.depth(), MaxLeaves: c.MaxLeaves, MinSamplesLeaf: c.MinSamplesLeaf}.Fit(ctx, d)
	if err != nil {
		return nil, err
	}
	if y, err = m.Predict(held.X); err != nil {
		return nil, err
	}
	pred, err := fitted.Predict(held.X)
	if err != nil {
		return nil, err
	}
	same, total := 0.0, 0.0
	for i := range y {
		w := weightOf(held.Weight, i)
		total += w
		if y[i] == pred[i] {
			same += w
		}
	}
	return &SurrogateOfClasses{fitted, same / total}, nil
}

func (c SurrogateTree) depth() int {
	if c.MaxDepth == 0 {
		return 3
	}
	return c.MaxDepth
}

func weightOf(weight []float64, i int) float64 {
	if weight == nil {
		return 1
	}
	return weight[i]
}

// explained is the share of the variance of y that pred explains: 1 where there is none and nothing is wrong.
func explained(y, pred, weight []float64) float64 {
	mean, total, left, all := 0.0, 0.0, 0.0, 0.0
	for i, v := range y {
		mean += float64(weightOf(weight, i) * v)
		total += weightOf(weight, i)
	}
	mean /= total
	for i, v := range y {
		w := weightOf(weight, i)
		left += float64(w * float64((v-pred[i])*(v-pred[i])))
		all += float64(w * float64((v-mean)*(v-mean)))
	}
	switch {
	case left == 0:
		return 1
	case all == 0:
		return 0
	}
	return 1 - left/all
}

// tables are the rows to fit to and to measure by, weighted by their nearness.
func (c SurrogateTree) tables(where string, t ml.Table) (fit, held ml.Table, err error) {
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return t, t, err
	}
	held = c.Held
	if rows.IsNil(held.X) {
		held = t
	} else if err := held.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return t, t, err
	}
	_, p := t.X.Dims()
	switch _, q := held.X.Dims(); {
	case p != q:
		return t, t, ml.BadShape(where, "Held", fmt.Sprintf("%d columns", q), fmt.Sprint(p))
	case !(c.Width >= 0 && c.Width <= math.MaxFloat64):
		return t, t, ml.BadConfig(where, "Width", c.Width, "a finite number > 0, or 0 for the default")
	case c.Near == nil:
		return t, held, nil
	case len(c.Near) != p:
		return t, t, ml.BadShape(where, "Near", fmt.Sprintf("%d numbers", len(c.Near)), fmt.Sprint(p))
	}
	sd := deviations(t.X)
	fit = t
	fit.Weight = c.nearness(t, sd)
	held.Weight = c.nearness(held, sd)
	for _, w := range [2][]float64{fit.Weight, held.Weight} {
		sum := 0.0
		for _, v := range w {
			sum += v
		}
		if sum == 0 {
			return t, t, ml.BadConfig(where, "Width", c.Width, "wide enough that some row weighs anything")
		}
	}
	return fit, held, nil
}

// deviations are the standard deviations of the columns, 1 where there is none.
func deviations(x tensor.Matrix) []float64 {
	src := rows.Of(x)
	out, values := make([]float64, src.Cols()), make([]float64, src.Len())
	for j := range out {
		src.Col(j, values)
		n, mean, square := 0.0, 0.0, 0.0
		for _, v := range values {
			if !math.IsNaN(v) {
				n, mean = n+1, mean+v
			}
		}
		mean /= max(n, 1)
		for _, v := range values {
			if !math.IsNaN(v) {
				square += float64((v - mean) * (v - mean))
			}
		}
		if out[j] = math.Sqrt(square / max(n, 1)); !(out[j] > 0) {
			out[j] = 1
		}
	}
	return out
}

// nearness is the weight of each row, with its own.
func (c SurrogateTree) nearness(t ml.Table, sd []float64) []float64 {
	src := rows.Of(t.X)
	width := c.Width
	if width == 0 {
		width = 0.75 * math.Sqrt(float64(len(sd)))
	}
	out, buf := make([]float64, src.Len()), make([]float64, src.Cols())
	for i := range out {
		sum := 0.0
		for j, v := range src.Row(i, buf) {
			near := c.Near[j]
			categorical := j < len(t.Columns) && t.Columns[j].Kind == ml.Categorical
			switch {
			case v == near || math.IsNaN(v) && math.IsNaN(near):
			case categorical || math.IsNaN(v) || math.IsNaN(near):
				sum++
			default:
				d := (v - near) / sd[j]
				sum += float64(d * d)
			}
		}
		out[i] = -sum / float64(width*width)
	}
	kern.ExpPortable(out, out)
	for i := range out {
		out[i] *= weightOf(t.Weight, i)
	}
	return out
}
