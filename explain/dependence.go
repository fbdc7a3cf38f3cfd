package explain

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// PartialDependence says what a model answers on average when one or two columns are set to a value in all rows (Friedman 2001), and what it answers for each row
// (individual conditional expectation, Goldstein and others 2015). It costs grid points x rows answers;
// for models of trees, OfTrees gives the same at once, and ByCover what scikit-learn calls "recursion".
type PartialDependence struct {
	Columns []int       // one, or two for a surface
	Grid    [][]float64 // of each column: the values to set, rising; nil: Points values between the two Quantiles, all values if there are no more than Points, or all codes of a category
	Points  int         // of a column's own grid; 0: 100, as many as scikit-learn's
	Lo, Hi  float64     // the quantiles that the grid runs between; both 0: 0.05 and 0.95
	ICE     bool        // keep the curve of each row
	Centre  bool        // count each row's curve from its first point: with ICE, curves of rows that differ in level alone lie on each other
}

// Dependence is the result of PartialDependence. The points of a surface run with the second column fastest.
type Dependence struct {
	Columns []ml.Column
	Grid    [][]float64             // of each column
	Mean    *tensor.Tensor[float64] // points x outputs, weighted
	SD      *tensor.Tensor[float64] // points x outputs: of the rows' curves; nil where they are not known
	Rows    *tensor.Tensor[float64] // points x outputs x rows, if ICE was set; nil otherwise
	Outputs []string
}

// Of measures the dependence of a model's answers over the rows of a table.
func (c PartialDependence) Of(ctx context.Context, m Model, t ml.Table) (*Dependence, error) {
	const where = "explain.PartialDependence"
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	n, p := t.X.Dims()
	columns := columnsOf(&ml.Fitted{Columns: t.Columns}, p)
	grids, err := c.grids(where, t, columns)
	if err != nil {
		return nil, err
	}
	out := &Dependence{Grid: grids}
	points := 1
	for q, j := range c.Columns {
		out.Columns = append(out.Columns, columns[j])
		points *= len(grids[q])
	}
	curves := make([]*tensor.Tensor[float64], points)
	err = par.Do(ctx, points, func(_ context.Context, at int) error {
		x := tensor.FromMatrix[float64](t.X)
		set := c.point(grids, at)
		for i := range n {
			for q, j := range c.Columns {
				x.Row(i)[j] = set[q]
			}
		}
		var err error
		curves[at], err = answer(where, m, x, 0)
		return err
	})
	if err != nil {
		return nil, err
	}
	k := curves[0].Shape()[1]
	for _, one := range curves[1:] {
		if one.Shape()[1] != k {
			return nil, ml.BadShape(where, "the model's answer", fmt.Sprintf("%d outputs wide", one.Shape()[1]), fmt.Sprintf("%d, as before", k))
		}
	}
	out.Outputs = outputsOf(metaOf(m), k)
	if c.Centre {
		centre(curves)
	}
	out.summarise(curves, t.Weight)
	if c.ICE {
		out.keepRows(curves)
	}
	return out, nil
}

// point is what the columns are set to at a point of the grid.
func (c PartialDependence) point(grids [][]float64, at int) []float64 {
	if len(grids) == 1 {
		return []float64{grids[0][at]}
	}
	return []float64{grids[0][at/len(grids[1])], grids[1][at%len(grids[1])]}
}

func (c PartialDependence) grids(where string, t ml.Table, columns []ml.Column) ([][]float64, error) {
	if len(c.Columns) < 1 || len(c.Columns) > 2 || len(c.Columns) == 2 && c.Columns[0] == c.Columns[1] {
		return nil, ml.BadConfig(where, "Columns", c.Columns, "one column, or two different ones")
	}
	if c.Grid != nil && len(c.Grid) != len(c.Columns) {
		return nil, ml.BadConfig(where, "Grid", fmt.Sprintf("for %d columns", len(c.Grid)), fmt.Sprint(len(c.Columns)))
	}
	points, lo, hi := c.Points, c.Lo, c.Hi
	if points == 0 {
		points = 100
	}
	if lo == 0 && hi == 0 {
		lo, hi = 0.05, 0.95
	}
	switch {
	case points < 2:
		return nil, ml.BadConfig(where, "Points", c.Points, ">= 2, or 0 for 100")
	case !(lo >= 0 && lo < hi && hi <= 1):
		return nil, ml.BadConfig(where, "Lo and Hi", fmt.Sprintf("%v and %v", lo, hi), "0 <= Lo < Hi <= 1")
	}
	src := rows.Of(t.X)
	var out [][]float64
	for q, j := range c.Columns {
		if j < 0 || j >= src.Cols() {
			return nil, ml.BadConfig(where, "Columns", j, fmt.Sprintf("one of %d, from 0", src.Cols()))
		}
		if c.Grid != nil && c.Grid[q] != nil {
			if len(c.Grid[q]) == 0 || !slices.IsSorted(c.Grid[q]) {
				return nil, ml.BadConfig(where, "Grid", c.Grid[q], "at least one value, rising")
			}
			out = append(out, slices.Clone(c.Grid[q]))
			continue
		}
		values := make([]float64, src.Len())
		src.Col(j, values)
		values = slices.DeleteFunc(values, math.IsNaN)
		if len(values) == 0 {
			return nil, ml.BadShape(where, ml.ColumnName(columns, j), "missing in all rows", "a Grid, or rows that have it")
		}
		slices.Sort(values)
		out = append(out, gridOf(values, columns[j], points, lo, hi))
	}
	return out, nil
}

// gridOf chooses the points of a column from its sorted values.
func gridOf(values []float64, c ml.Column, points int, lo, hi float64) []float64 {
	distinct := slices.Compact(slices.Clone(values))
	if c.Kind == ml.Categorical || len(distinct) <= points {
		return distinct
	}
	from, to := quantile(values, lo), quantile(values, hi)
	if from == to {
		return []float64{from}
	}
	out := make([]float64, points)
	for i := range out {
		out[i] = from + float64((to-from)*float64(i))/float64(points-1)
	}
	out[points-1] = to
	return out
}

// quantile interpolates between sorted values as NumPy does by default.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

// centre counts each row's curve from its first point.
func centre(curves []*tensor.Tensor[float64]) {
	first := curves[0].Clone()
	for at, one := range curves {
		moved := one.Clone()
		for i, v := range first.Data() {
			moved.Data()[i] -= v
		}
		curves[at] = moved
	}
}

func (d *Dependence) summarise(curves []*tensor.Tensor[float64], weight []float64) {
	n, k := curves[0].Shape()[0], curves[0].Shape()[1]
	d.Mean, d.SD = tensor.New[float64](len(curves), k), tensor.New[float64](len(curves), k)
	for at, one := range curves {
		mean, sd, total := d.Mean.Row(at), d.SD.Row(at), 0.0
		for i := range n {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			total += w
			for o, v := range one.Row(i) {
				mean[o] += float64(w * v)
			}
		}
		for o := range mean {
			mean[o] /= total
		}
		for i := range n {
			w := 1.0
			if weight != nil {
				w = weight[i]
			}
			for o, v := range one.Row(i) {
				sd[o] += float64(w*float64((v-mean[o])*(v-mean[o]))) / total
			}
		}
		for o := range sd {
			sd[o] = math.Sqrt(sd[o])
		}
	}
}
