package explain

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"

	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Saabas follows each row down each tree and gives the change of the mean answer at every split to the column that it asks (Saabas 2014, "Interpreting
// random forests"; XGBoost's approx_contribs). It adds up as Shapley values do and costs no more than a prediction, but splits near the root count for less than they
// should: for comparison, or where speed is all. The trees must know their Cover and have no linear leaves.
type Saabas struct{}

// Explain returns the values of each column for each row of m.
func (Saabas) Explain(ctx context.Context, model tree.Grown, m tensor.Matrix) (*Explanation, error) {
	const where = "explain.Saabas.Explain"
	x, err := TreeSHAP{}.For(model)
	if err != nil {
		var fault *ml.Error
		if errors.As(err, &fault) && fault.Field == "Background" { // here there is none to give
			return nil, &ml.Error{Where: where, Field: "model", Found: "with linear leaves, with paths that ask too many columns, or without Cover", Want: "trees that know the mean of each node", Kind: ml.ErrConfig}
		}
		return nil, err
	}
	src, err := x.open(where, m)
	if err != nil {
		return nil, err
	}
	means := make([][]float64, x.e.Trees())
	for t := range means {
		means[t] = nodeMeans(x.e, t)
	}
	out := x.blank(src)
	chunks := par.Chunks(src.Len(), 256)
	err = par.Do(ctx, chunks, func(ctx context.Context, c int) error {
		lo, hi := par.Bounds(src.Len(), chunks, c)
		buf := make([]float64, x.e.Features)
		for i := lo; i < hi; i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			row := src.Row(i, buf)
			for t := range means {
				x.descend(t, means[t], row, i, out)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// descend gives the changes along one row's way through tree t to its columns.
func (x *TreeExplainer) descend(t int, means, row []float64, i int, out *Explanation) {
	e, root := x.e, int(x.e.Start[t])
	width := len(means) / e.Nodes(t)
	first := 0
	if !e.Vector {
		first = x.output(t)
	}
	for node := root; e.Feature[node] >= 0; {
		j := e.Feature[node]
		next := root + int(e.Right[node])
		if e.Passes(node, row[j]) {
			next = root + int(e.Left[node])
		}
		for k := range width {
			change := means[(next-root)*width+k] - means[(node-root)*width+k]
			out.Row(i, first+k)[j] += float64(x.factor(t, first+k) * change)
		}
		node = next
	}
}

// nodeMeans is the mean of the leaves below each node of tree t, as often as rows come there.
func nodeMeans(e *tree.Ensemble, t int) []float64 {
	root, n := int(e.Start[t]), e.Nodes(t)
	width := len(e.Value) / len(e.Feature)
	out := make([]float64, n*width)
	for i := n - 1; i >= 0; i-- { // children stand after their parents
		node := root + i
		if e.Feature[node] < 0 {
			copy(out[i*width:(i+1)*width], e.Value[node*width:])
			continue
		}
		for _, child := range [2]int{int(e.Left[node]), int(e.Right[node])} {
			share := coverShare(e, root, node, root+child)
			for k := range width {
				out[i*width+k] += float64(share * out[child*width+k])
			}
		}
	}
	return out
}

// PathText tells the way of one row through one tree of a model in words, in the columns' own names and levels, with the answer so far after each split:
//
//	tree 0 starts at 0.41
//	age is 61, above 44.5: 0.62
//	plan is basic, none of those asked for: 0.58
func PathText(model tree.Grown, row []float64, t int) ([]string, error) {
	const where = "explain.PathText"
	e := model.Trees()
	if t < 0 || t >= e.Trees() {
		return nil, ml.BadConfig(where, "t", t, fmt.Sprintf("one of %d trees, from 0", e.Trees()))
	}
	if err := ml.CheckRow(where, model.Meta(), row); err != nil {
		return nil, err
	}
	columns := columnsOf(model.Meta(), e.Features)
	means, root := nodeMeans(e, t), int(e.Start[t])
	width := len(means) / e.Nodes(t)
	at := func(node int) string { return amounts(means[(node-root)*width : (node-root+1)*width]) }
	out := []string{fmt.Sprintf("tree %d starts at %s", t, at(root))}
	for node := root; e.Feature[node] >= 0; {
		j := e.Feature[node]
		passes := e.Passes(node, row[j])
		next := root + int(e.Right[node])
		if passes {
			next = root + int(e.Left[node])
		}
		out = append(out, fmt.Sprintf("%s %s: %s", columns[j].Name, asked(e, node, columns[j], row[j], passes), at(next)))
		node = next
	}
	return out, nil
}

// asked says what a split asks and what the answer is.
func asked(e *tree.Ensemble, node int, c ml.Column, v float64, passes bool) string {
	rule := e.Rule[node]
	if math.IsNaN(v) {
		return "is missing"
	}
	is := "is " + shown(c, v)
	switch {
	case rule.Categorical() && passes:
		return is + ", one of those asked for"
	case rule.Categorical():
		return is + ", none of those asked for"
	case passes && rule.Test() == tree.LessEq:
		return fmt.Sprintf("%s, at most %s", is, short(e.Threshold[node]))
	case passes:
		return fmt.Sprintf("%s, below %s", is, short(e.Threshold[node]))
	case rule.Test() == tree.LessEq:
		return fmt.Sprintf("%s, above %s", is, short(e.Threshold[node]))
	}
	return fmt.Sprintf("%s, at least %s", is, short(e.Threshold[node]))
}
