package explain

import (
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// The mean answer of a tree over rows, some columns of which are set to a point, is a sum over its leaves: value x the share of the rows that come there when they go both
// ways at splits on those columns x 1 if the point passes these splits. The shares are the same for all points, so rows and points walk down each tree once each instead of
// together: the work grows with rows + points instead of rows x points.

// OfTrees is what Of gives for the raw scores of a model of trees (margins, log-odds), exactly, in the time of rows + points predictions rather than rows x points, to the rounding of
// float64. SD is nil unless ICE is set; then it costs a walk for each row. Linear leaves take the long way.
func (c PartialDependence) OfTrees(ctx context.Context, m tree.Grown, t ml.Table) (*Dependence, error) {
	const where = "explain.PartialDependence.OfTrees"
	x, err := dependent(where, m)
	if err != nil {
		return nil, err
	}
	if err := x.accepts(where, t); err != nil {
		return nil, err
	}
	if x.e.Linear != nil {
		return c.Of(ctx, rawScores{x}, t)
	}
	out, points, err := c.plain(where, x, t)
	if err != nil {
		return nil, err
	}
	if !c.ICE {
		w, err := shares(where, t)
		if err != nil {
			return nil, err
		}
		if out.Mean, err = x.averages(ctx, c.Columns, points, rows.Of(t.X), w); err != nil {
			return nil, err
		}
		if c.Centre {
			out.centreMean()
		}
		return out, nil
	}
	return out, c.each(ctx, x, t, points, out)
}

// ByCover is the partial dependence of the raw scores of a model of trees that needs no rows: at a split on another column a point goes both ways, in proportion to the Cover
// of the nodes (Friedman 2001, section 8.2; scikit-learn's method "recursion"). This is a mean over the training rows that come to each split, not over all rows alike, so it differs from Of and
// OfTrees where columns depend on each other. The rows of t choose the grid; they may be missing if Grid is given. There are no curves of rows: ICE is refused, and SD is nil.
func (c PartialDependence) ByCover(ctx context.Context, m tree.Grown, t ml.Table) (*Dependence, error) {
	const where = "explain.PartialDependence.ByCover"
	x, err := dependent(where, m)
	switch {
	case err != nil:
		return nil, err
	case c.ICE:
		return nil, ml.BadConfig(where, "ICE", true, "false: the trees know no rows")
	case x.e.Linear != nil || len(x.e.Cover) == 0:
		return nil, &ml.Error{Where: where, Field: "model", Found: "with linear leaves or without Cover", Want: "trees with Cover and constant leaves, or OfTrees", Kind: ml.ErrConfig}
	}
	if rows.IsNil(t.X) {
		t = ml.Table{X: tensor.New[float64](1, x.e.Features), Columns: x.columns}
		for q := range c.Columns {
			if q >= len(c.Grid) || c.Grid[q] == nil {
				return nil, ml.BadConfig(where, "Grid", "missing, and no rows to choose it by", "the values of each column, or rows")
			}
		}
	}
	if err := x.accepts(where, t); err != nil {
		return nil, err
	}
	out, points, err := c.plain(where, x, t)
	if err != nil {
		return nil, err
	}
	if out.Mean, err = x.averages(ctx, c.Columns, points, rows.Rows{}, nil); err != nil {
		return nil, err
	}
	if c.Centre {
		out.centreMean()
	}
	return out, nil
}

// dependent is an explainer that can average trees.
func dependent(where string, m tree.Grown) (*TreeExplainer, error) {
	e := m.Trees()
	if e == nil {
		return nil, &ml.Error{Where: where, Field: "model", Found: "without trees", Want: "a fitted model", Kind: ml.ErrFormat}
	}
	if err := e.Restore(); err != nil {
		return nil, err
	}
	if err := checkDepth(where, e); err != nil {
		return nil, err
	}
	x := bareOf(m)
	x.columns, x.outputs = columnsOf(m.Meta(), e.Features), outputsOf(m.Meta(), e.Outputs)
	return x, nil
}

func (x *TreeExplainer) accepts(where string, t ml.Table) error {
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return err
	}
	return ml.CheckPredict(where, x.model.Meta(), t.X)
}

// plain is the result without any answer, and the points of the grid as rows, of which only the columns that are set count.
func (c PartialDependence) plain(where string, x *TreeExplainer, t ml.Table) (*Dependence, rows.Rows, error) {
	columns := x.columns
	if t.Columns != nil {
		columns = columnsOf(&ml.Fitted{Columns: t.Columns}, x.e.Features)
	}
	grids, err := c.grids(where, t, columns)
	if err != nil {
		return nil, rows.Rows{}, err
	}
	out, n := &Dependence{Grid: grids, Outputs: x.outputs}, 1
	for q, j := range c.Columns {
		out.Columns = append(out.Columns, columns[j])
		n *= len(grids[q])
	}
	points := tensor.New[float64](n, x.e.Features)
	for at := range n {
		set := c.point(grids, at)
		for q, j := range c.Columns {
			points.Row(at)[j] = set[q]
		}
	}
	return out, rows.Of(points), nil
}

// averages are the mean answers, points x outputs, when the columns of set have the values of a point and all others those of each row of data, or, without data, go both
// ways by cover.
func (x *TreeExplainer) averages(ctx context.Context, set []int, points, data rows.Rows, weight []float64) (*tensor.Tensor[float64], error) {
	e, n := x.e, points.Len()
	in := make([]bool, e.Features)
	for _, j := range set {
		in[j] = true
	}
	chunks := par.Chunks(e.Trees(), 4)
	parts := make([]*tensor.Tensor[float64], chunks)
	err := par.Do(ctx, chunks, func(ctx context.Context, c int) error {
		lo, hi := par.Bounds(e.Trees(), chunks, c)
		parts[c] = tensor.New[float64](n, e.Outputs)
		all, whole := make([]int32, n), make([]int32, data.Len())
		for i := range all {
			all[i] = int32(i)
		}
		for t := lo; t < hi; t++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			a := &average{x: x, t: t, in: in, points: points, data: data, weight: weight, sums: parts[c], reach: make([]float64, e.Nodes(t))}
			for i := range whole {
				whole[i] = int32(i)
			}
			a.fall(int(e.Start[t]), whole, 1)
			a.walk(int(e.Start[t]), all)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := tensor.New[float64](n, e.Outputs)
	for i := range n {
		copy(out.Row(i), e.Base)
	}
	for _, part := range parts {
		for i, v := range part.Data() {
			out.Data()[i] += v
		}
	}
	return out, nil
}

// average is the walk of rows and points down one tree.
type average struct {
	x            *TreeExplainer
	t            int
	in           []bool // the columns that are set
	points, data rows.Rows
	weight       []float64 // of each row of data, adding up to 1
	reach        []float64 // of each leaf: the share of the rows that may come there
	sums         *tensor.Tensor[float64]
}

// fall takes rows down the tree, both ways at splits on columns that are set; without data, shares.
func (a *average) fall(node int, which []int32, share float64) {
	e, root := a.x.e, int(a.x.e.Start[a.t])
	if a.weight != nil && len(which) == 0 || share == 0 {
		return
	}
	j := e.Feature[node]
	if j < 0 {
		if a.weight == nil {
			a.reach[node-root] = share
			return
		}
		for _, i := range which {
			a.reach[node-root] += a.weight[i]
		}
		return
	}
	left, right := root+int(e.Left[node]), root+int(e.Right[node])
	switch {
	case a.in[j]:
		a.fall(left, which, share)
		a.fall(right, which, share)
	case a.weight == nil:
		a.fall(left, nil, float64(share*coverShare(e, root, node, left)))
		a.fall(right, nil, float64(share*coverShare(e, root, node, right)))
	default:
		pass, fail := divide(e, node, a.data, which)
		a.fall(left, pass, 1)
		a.fall(right, fail, 1)
	}
}

// divide tells which rows pass a split from those that do not, both in their order: sums must not depend on who came first. The lists are new.
func divide(e *tree.Ensemble, node int, src rows.Rows, which []int32) (pass, fail []int32) {
	out := make([]int32, len(which))
	l, r := 0, len(which)
	for _, i := range which {
		if e.Passes(node, src.At(int(i), int(e.Feature[node]))) {
			out[l] = i
			l++
		} else {
			r--
			out[r] = i
		}
	}
	fail = out[l:]
	for a, b := 0, len(fail)-1; a < b; a, b = a+1, b-1 {
		fail[a], fail[b] = fail[b], fail[a]
	}
	return out[:l:l], fail
}

// walk takes points down the tree, both ways at splits on other columns, and adds the leaves.
func (a *average) walk(node int, which []int32) {
	if len(which) == 0 {
		return
	}
	e, root := a.x.e, int(a.x.e.Start[a.t])
	j := e.Feature[node]
	if j >= 0 {
		left, right := root+int(e.Left[node]), root+int(e.Right[node])
		pass, fail := which, which
		if a.in[j] {
			pass, fail = divide(e, node, a.points, which)
		}
		a.walk(left, pass)
		a.walk(right, fail)
		return
	}
	share := a.reach[node-root]
	if share == 0 {
		return
	}
	first, last := 0, e.Outputs
	if !e.Vector {
		first = a.x.output(a.t)
		last = first + 1
	}
	for k := first; k < last; k++ {
		v := float64(float64(a.x.factor(a.t, k)*leafOf(e, node, k)) * share)
		for _, i := range which {
			a.sums.Row(int(i))[k] += v
		}
	}
}

// each finds the curve of each row, and from them all else.
func (c PartialDependence) each(ctx context.Context, x *TreeExplainer, t ml.Table, points rows.Rows, out *Dependence) error {
	src := rows.Of(t.X)
	n, k := src.Len(), x.e.Outputs
	curves := make([]*tensor.Tensor[float64], points.Len())
	for at := range curves {
		curves[at] = tensor.New[float64](n, k)
	}
	in := make([]bool, x.e.Features)
	for _, j := range c.Columns {
		in[j] = true
	}
	chunks := par.Chunks(n, 16)
	err := par.Do(ctx, chunks, func(ctx context.Context, chunk int) error {
		lo, hi := par.Bounds(n, chunks, chunk)
		all := make([]int32, points.Len())
		for i := range all {
			all[i] = int32(i)
		}
		sums, row := tensor.New[float64](points.Len(), k), make([]float64, x.e.Features)
		for i := lo; i < hi; i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			for at := range points.Len() {
				copy(sums.Row(at), x.e.Base)
			}
			own := src.Row(i, row)
			for tr := range x.e.Trees() {
				x.curve(tr, int(x.e.Start[tr]), own, in, points, all, sums)
			}
			for at := range curves {
				copy(curves[at].Row(i), sums.Row(at))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.Centre {
		centre(curves)
	}
	out.summarise(curves, t.Weight)
	out.keepRows(curves)
	return nil
}

// curve adds what tree t answers to one row at each point.
func (x *TreeExplainer) curve(t, node int, row []float64, in []bool, points rows.Rows, which []int32, sums *tensor.Tensor[float64]) {
	e, root := x.e, int(x.e.Start[t])
	for len(which) > 0 && e.Feature[node] >= 0 {
		j := e.Feature[node]
		left, right := root+int(e.Left[node]), root+int(e.Right[node])
		if in[j] {
			pass, fail := divide(e, node, points, which)
			x.curve(t, left, row, in, points, pass, sums)
			x.curve(t, right, row, in, points, fail, sums)
			return
		}
		if e.Passes(node, row[j]) {
			node = left
		} else {
			node = right
		}
	}
	first, last := 0, e.Outputs
	if !e.Vector {
		first = x.output(t)
		last = first + 1
	}
	for k := first; k < last; k++ {
		v := float64(x.factor(t, k) * leafOf(e, node, k))
		for _, i := range which {
			sums.Row(int(i))[k] += v
		}
	}
}

// keepRows stores the curves of rows.
func (d *Dependence) keepRows(curves []*tensor.Tensor[float64]) {
	n, k := curves[0].Shape()[0], curves[0].Shape()[1]
	d.Rows = tensor.New[float64](len(curves), k, n)
	for at, one := range curves {
		for i := range n {
			for o, v := range one.Row(i) {
				d.Rows.Data()[(at*k+o)*n+i] = v
			}
		}
	}
}

// centreMean counts the mean curve from its first point.
func (d *Dependence) centreMean() {
	first := append([]float64(nil), d.Mean.Row(0)...)
	for at := range d.Mean.Shape()[0] {
		for k, v := range first {
			d.Mean.Row(at)[k] -= v
		}
	}
}

// rawScores answers with the raw scores of trees, summed in float64.
type rawScores struct{ x *TreeExplainer }

// Answer returns rows x outputs.
func (r rawScores) Answer(m tensor.Matrix) (*tensor.Tensor[float64], error) {
	src := rows.Of(m)
	out, buf := tensor.New[float64](src.Len(), r.x.e.Outputs), make([]float64, r.x.e.Features)
	for i := range src.Len() {
		r.x.raw(out.Row(i), src.Row(i, buf))
	}
	return out, nil
}

func (r rawScores) inner() any { return r.x.model }
