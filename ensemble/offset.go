package ensemble

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/histgrow"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// Offsets are columns that are added to the raw scores. They are in X, so that predictions know them too. A model holds them as terms of the leaves of its
// first round, which are linear functions of a factor of 1: so all that works on trees knows of them.

// findOffsets finds the columns that Offset names.
func (p *boostParams) findOffsets(where string, t ml.Table) error {
	for k, name := range p.Offset {
		field := fmt.Sprintf("Offset[%d]", k)
		j := slices.IndexFunc(t.Columns, func(c ml.Column) bool { return c.Name == name && name != "" })
		switch {
		case j < 0:
			return ml.BadConfig(where, field, fmt.Sprintf("%q", name), "the name of a column of X")
		case t.Columns[j].Kind != ml.Numeric:
			return ml.BadConfig(where, field, fmt.Sprintf("%q, a %v column", name, t.Columns[j].Kind), "a numeric column")
		case p.Dropout.Rate > 0:
			return ml.BadConfig(where, "Dropout.Rate", p.Dropout.Rate, "0 with an Offset, which the trees of the first round hold")
		}
		p.offsets = append(p.offsets, j)
	}
	return nil
}

// checkOffsets wants an offset for each score, and all of them to be known.
func (b *boosting) checkOffsets(field string, x rows.Rows) error {
	if b.p.offsets == nil {
		return nil
	}
	if len(b.p.offsets) != b.outputs {
		return ml.BadConfig(b.where, "Offset", fmt.Sprintf("%d columns", len(b.p.offsets)), fmt.Sprintf("%d, one for each score", b.outputs))
	}
	v := make([]float64, x.Len())
	for _, j := range b.p.offsets {
		x.Col(j, v)
		for i := range v {
			if !(math.Abs(v[i]) <= math.MaxFloat64) {
				at := fmt.Sprintf("%s[%d, %d] (%s)", field, i, j, ml.ColumnName(b.columns, j))
				return &ml.Error{Where: b.where, Field: at, Found: fmt.Sprint(v[i]), Want: "a finite number, since it is an Offset", Kind: ml.ErrNotFinite}
			}
		}
	}
	return nil
}

// offset is what is added to each score of the training rows; nil: nothing.
func (b *boosting) offset() [][]float64 {
	if b.p.offsets == nil {
		return nil
	}
	out := make([][]float64, b.outputs)
	for k, j := range b.p.offsets {
		out[k] = make([]float64, b.n)
		b.x.Col(j, out[k])
	}
	return out
}

// binOptions are these of the fit: offsets are never split.
func (b *boosting) binOptions(t ml.Table) histgrow.BinOptions {
	o := binOptions(t, b.p.MaxBins, b.p.Bins, b.p.Seed)
	for _, j := range b.p.offsets {
		if o.Columns == nil {
			o.Columns = make([]histgrow.ColumnOptions, b.features)
		}
		o.Columns[j].Skip = true
	}
	return o
}

// withOffsets are the trees, with the offsets in the leaves of the first round.
func (b *boosting) withOffsets() []grownTree {
	if b.p.offsets == nil {
		return b.trees
	}
	out := slices.Clone(b.trees)
	for len(out) < b.outputs { // no round found anything to split
		out = append(out, grownTree{nodes: []tree.Node{{Feature: -1, Value: []float64{0}, Samples: b.n, Cover: float64(b.n)}}, weight: 1})
	}
	for k := range b.outputs {
		out[k].nodes = slices.Clone(out[k].nodes)
		for i := range out[k].nodes {
			if n := &out[k].nodes[i]; n.Feature < 0 {
				n.Linear = &tree.Line{Const: n.Value[0], Features: []int32{int32(b.p.offsets[k])}, Coef: []float64{1}}
			}
		}
	}
	return out
}
