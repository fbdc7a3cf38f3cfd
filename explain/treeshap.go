package explain

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Index is how the effects of a column within all sets of other columns are weighed.
type Index uint8

// The indices.
const (
	// Shapley values add up to what the model answered less the base (Lundberg and others 2020). The zero value.
	Shapley Index = iota
	// Banzhaf values weigh all sets alike: more robust, but they do not add up.
	Banzhaf
)

// TreeSHAP explains models made of trees, exactly: any [tree.Grown], trained here or loaded, with missing values, categories, classes, vector leaves and
// weights of trees.
//
// Without a Background a column that is left out is averaged over as the training rows were: a row goes both ways at its splits, in the proportion of
// the nodes' Cover (Lundberg and others 2020, "tree path dependent"). The trees must know their cover, and have no linear leaves. A tree whose paths
// ask at most U columns costs ceil(U/2) multiplications for each node and row.
//
// With a Background a column that is left out has the value of a background row, and the values are means over those rows ("interventional"). The time
// grows with the number of rows plus that of the background where paths ask at most 14 columns and leaves are constants, else with their product.
//
// What is explained are the raw scores of the model (margins, log-odds) unless Scale says else. Values are float64 sums even where the model's
// own arithmetic is float32 (XGBoost's), so such a model's answers differ from Base plus the values by float32's rounding.
type TreeSHAP struct {
	Background ml.Table // rows that stand for "unknown", with Weight if they have any; none: the cover of the trees is used
	Index      Index    // 0: Shapley values
	Scale      Scale    // 0: raw scores
}

// Scale is the scale on which a model's answers are explained.
type Scale uint8

// The scales.
const (
	// Raw scores: margins, log-odds, values of regression. The zero value.
	Raw Scale = iota
	// Response is what the model predicts: probabilities, counts. Needs a Background. For each pair of a row and a background row the values of the raw scores are scaled so that they
	// add up to the difference of the responses, which is what shap does; links over several scores, such as softmax, are refused.
	Response
)

// TreeExplainer explains the answers of one model. Any number of goroutines may use it at once.
type TreeExplainer struct {
	model    tree.Grown
	e        *tree.Ensemble
	how      TreeSHAP
	columns  []ml.Column
	outputs  []string
	used     []int32 // the columns that any tree asks, ascending
	place    []int32 // of each column: its place in used, or -1
	adders   []int   // of each output: the trees that add to it
	base     []float64
	back     *background
	pathwise []*path
	kept     atomic.Pointer[[]*plan] // of all trees, once somebody asked for values by cover
}

// For prepares to explain a model. It computes what is the same for all rows.
func (c TreeSHAP) For(m tree.Grown) (*TreeExplainer, error) {
	const where = "explain.TreeSHAP.For"
	e := m.Trees()
	if e == nil {
		return nil, &ml.Error{Where: where, Field: "model", Found: "without trees", Want: "a fitted model", Kind: ml.ErrFormat}
	}
	if err := e.Restore(); err != nil {
		return nil, err
	}
	if c.Index > Banzhaf {
		return nil, ml.BadConfig(where, "Index", c.Index, "Shapley or Banzhaf")
	}
	if c.Scale > Response {
		return nil, ml.BadConfig(where, "Scale", c.Scale, "Raw or Response")
	}
	if err := checkDepth(where, e); err != nil {
		return nil, err
	}
	x := &TreeExplainer{model: m, e: e, how: c, columns: columnsOf(m.Meta(), e.Features), outputs: outputsOf(m.Meta(), e.Outputs)}
	x.findUsed()
	x.countAdders()
	for t := range e.Trees() {
		x.pathwise = append(x.pathwise, pathsOf(e, t))
	}
	if rows.IsNil(c.Background.X) {
		return x, x.conditional(where)
	}
	return x, x.interventional(where)
}

// conditional makes sure that the trees know what a path-dependent explanation needs, and averages them.
func (x *TreeExplainer) conditional(where string) error {
	e := x.e
	switch {
	case x.how.Scale != Raw:
		return ml.BadConfig(where, "Scale", "Response without a Background", "Raw, or background rows")
	case e.Linear != nil:
		return ml.BadConfig(where, "Background", "missing for linear leaves", "background rows: the trees do not tell what to put in for a column of a leaf that is left out")
	case len(e.Cover) == 0:
		return ml.BadConfig(where, "Background", "missing for trees without Cover", "background rows")
	}
	for t, p := range x.pathwise {
		if p.columns > maxColumns {
			return ml.BadConfig(where, "Background", fmt.Sprintf("missing for tree %d, whose paths ask %d columns", t, p.columns), fmt.Sprintf("background rows, or paths of at most %d columns", maxColumns))
		}
	}
	x.base = append([]float64(nil), e.Base...)
	value := make([]float64, e.Outputs)
	for t, p := range x.pathwise {
		mean(e, t, p, value, 0, len(p.edges), 1)
		x.addTree(t, x.base, value)
		clear(value)
	}
	return nil
}

// mean adds the values of the leaves below edges first to last-1, each as often as rows come there, to dst.
func mean(e *tree.Ensemble, t int, p *path, dst []float64, first, last int, reach float64) {
	if len(p.edges) == 0 {
		addLeaf(e, dst, int(e.Start[t]), 1)
		return
	}
	for i := first; i < last; i = int(p.edges[i].next) {
		d := p.edges[i]
		if d.leaf {
			addLeaf(e, dst, int(d.child), float64(reach*d.cover))
			continue
		}
		mean(e, t, p, dst, i+1, int(d.next), float64(reach*d.cover))
	}
}

// addLeaf adds times the value of a leaf: Outputs of them for vectors, else one.
func addLeaf(e *tree.Ensemble, dst []float64, node int, times float64) {
	if !e.Vector {
		dst[0] += float64(times * e.Value[node])
		return
	}
	for k := range dst {
		dst[k] += float64(times * e.Value[node*e.Outputs+k])
	}
}

// addTree adds a tree's own values to the outputs that it adds to, with its weight.
func (x *TreeExplainer) addTree(t int, dst, value []float64) {
	if x.e.Vector {
		for k := range dst {
			dst[k] += float64(x.factor(t, k) * value[k])
		}
		return
	}
	k := x.output(t)
	dst[k] += float64(x.factor(t, k) * value[0])
}

func (x *TreeExplainer) output(t int) int {
	if x.e.Output == nil {
		return 0
	}
	return int(x.e.Output[t])
}

// factor is what the leaves of tree t count in output k: its weight, or its share of the mean.
func (x *TreeExplainer) factor(t, k int) float64 {
	w := 1.0
	if x.e.Weight != nil {
		w = x.e.Weight[t]
	}
	if x.e.Average {
		w /= float64(x.adders[k])
	}
	return w
}

// countAdders counts the trees that add to each output.
func (x *TreeExplainer) countAdders() {
	x.adders = make([]int, x.e.Outputs)
	for t := range x.e.Trees() {
		if x.e.Output != nil {
			x.adders[x.e.Output[t]]++
			continue
		}
		for k := range x.adders {
			x.adders[k]++
		}
	}
}

func (x *TreeExplainer) findUsed() {
	x.place = make([]int32, x.e.Features)
	for j := range x.place {
		x.place[j] = -1
	}
	mark := func(j int32) {
		if j >= 0 {
			x.place[j] = 0
		}
	}
	for _, j := range x.e.Feature {
		mark(j)
	}
	if l := x.e.Linear; l != nil {
		for _, j := range l.Feature {
			mark(j)
		}
	}
	for j, in := range x.place {
		if in == 0 {
			x.place[j] = int32(len(x.used))
			x.used = append(x.used, int32(j))
		}
	}
}

// Explain returns the values of each column for each row of m, which may be dense or CSR, float32 or float64.
func (x *TreeExplainer) Explain(ctx context.Context, m tensor.Matrix) (*Explanation, error) {
	const where = "explain.TreeExplainer.Explain"
	src, err := x.open(where, m)
	if err != nil {
		return nil, err
	}
	out := x.blank(src)
	if x.back != nil {
		err = x.explainBackground(ctx, src, out, nil)
	} else {
		err = x.explainCover(ctx, src, out, nil)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// open checks the rows that are to be explained.
func (x *TreeExplainer) open(where string, m tensor.Matrix) (rows.Rows, error) {
	meta := x.model.Meta()
	if err := ml.CheckPredict(where, meta, m); err != nil {
		return rows.Rows{}, err
	}
	if err := ml.CheckFinite(where, meta, m, true); err != nil {
		return rows.Rows{}, err
	}
	return rows.Of(m), nil
}

// blank is the explanation of src before any value is known.
func (x *TreeExplainer) blank(src rows.Rows) *Explanation {
	n, k, p := src.Len(), x.e.Outputs, x.e.Features
	out := &Explanation{Values: tensor.New[float64](n, k, p), Base: tensor.New[float64](n, k), X: tensor.New[float64](n, p), Columns: x.columns, Outputs: x.outputs}
	for i := range n {
		copy(out.X.Row(i), src.Row(i, out.X.Row(i)))
		copy(out.Base.Row(i), x.base)
	}
	return out
}

func columnsOf(f *ml.Fitted, features int) []ml.Column {
	out := ml.CloneColumns(f.Columns)
	if out == nil {
		out = make([]ml.Column, features)
	}
	for j := range out {
		if out[j].Name == "" {
			out[j].Name = ml.ColumnName(f.Columns, j)
		}
	}
	return out
}

func outputsOf(f *ml.Fitted, outputs int) []string {
	out := make([]string, outputs)
	switch {
	case len(f.Classes) == outputs:
		copy(out, f.Classes)
	case len(f.Classes) == 2 && outputs == 1:
		out[0] = f.Classes[1]
	case outputs > 1:
		for k := range out {
			out[k] = fmt.Sprint(k)
		}
	}
	return out
}
