package tree

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/treegrow"
)

// Binning says how decision trees cut columns of numbers into bins, between which alone they split. Large nodes are then split on histograms, with the
// criterion's own sums, in one pass over their rows for each column. Bins have about equal weight; a number that weighs as much as a bin has its own;
// a column that has no more different numbers than bins gives the tree that it would give without. The matrix takes two bytes for each number,
// zeros of a CSR matrix included. A categorical column may have up to 65535 categories, which are bins of their own.
type Binning struct {
	Max       int         // bins of a column, 2 to 65535; those of the missing do not count. 0: 255 if another field is set, else no bins at all
	PerColumn []int       // the same for each column; 0 in the list: Max. nil: Max for all
	Edges     [][]float64 // of each column: all its cuts, rising; a split sends numbers up to a cut left. nil, and nil in the list: by weight
	Forced    [][]float64 // of each column: cuts that there are in any case, rising, fewer than its bins; the others are by weight. nil, and nil in the list: none
}

func (b *Binning) on() bool {
	return b.Max != 0 || b.PerColumn != nil || b.Edges != nil || b.Forced != nil
}

func (b Binning) clone() Binning {
	b.PerColumn, b.Edges, b.Forced = slices.Clone(b.PerColumn), slices.Clone(b.Edges), slices.Clone(b.Forced)
	for _, lists := range [2][][]float64{b.Edges, b.Forced} {
		for j := range lists {
			lists[j] = slices.Clone(lists[j])
		}
	}
	return b
}

// BinEdges returns the cuts that a decision tree with these bins may use in each column of a table, nil for columns of categories. Bin k of a column
// holds the numbers above cut k-1 up to cut k. They depend on the weights of the table, not on class weights.
func BinEdges(ctx context.Context, t ml.Table, b Binning) ([][]float64, error) {
	g := growth{where: "tree.BinEdges", bins: b}
	if !b.on() {
		g.bins.Max = 255
	}
	if err := t.Check(g.where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	c, err := g.columns(ctx, t)
	if err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	edges := make([][]float64, p)
	for j := range edges {
		edges[j] = c.Edges(j)
	}
	return edges, nil
}

// cut cuts the columns of a table.
func (b *Binning) cut(ctx context.Context, where string, c *treegrow.Columns, t ml.Table) (*treegrow.Columns, error) {
	o, err := b.options(where, c.Features)
	if err != nil {
		return nil, err
	}
	cut, err := c.Bin(ctx, o, t.Weight)
	var many *treegrow.TooManyCategories
	if errors.As(err, &many) {
		return nil, &ml.Error{Where: where, Field: ml.ColumnName(t.Columns, many.Col), Found: "more categories", Want: fmt.Sprintf("at most %d, or no Bins", treegrow.MostBins), Kind: ml.ErrColumn}
	}
	return cut, err
}

func (b *Binning) options(where string, columns int) (treegrow.BinOptions, error) {
	o := treegrow.BinOptions{Max: make([]int, columns), Edges: b.Edges, Forced: b.Forced}
	for _, list := range []struct {
		field  string
		length int
	}{{"PerColumn", len(b.PerColumn)}, {"Edges", len(b.Edges)}, {"Forced", len(b.Forced)}} {
		if list.length != 0 && list.length != columns {
			return o, ml.BadConfig(where, "Bins."+list.field, fmt.Sprintf("a list of %d", list.length), fmt.Sprintf("%d, one for each column", columns))
		}
	}
	if len(b.Edges) == 0 {
		o.Edges = nil
	}
	if len(b.Forced) == 0 {
		o.Forced = nil
	}
	for j := range columns {
		field := "Bins.Max"
		if o.Max[j] = b.Max; len(b.PerColumn) > 0 && b.PerColumn[j] != 0 {
			o.Max[j], field = b.PerColumn[j], fmt.Sprintf("Bins.PerColumn[%d]", j)
		}
		if o.Max[j] == 0 {
			o.Max[j] = 255
		}
		if o.Max[j] < 2 || o.Max[j] > treegrow.MostBins {
			return o, ml.BadConfig(where, field, o.Max[j], fmt.Sprintf("2 to %d", treegrow.MostBins))
		}
		if o.Edges != nil {
			if err := checkCuts(where, fmt.Sprintf("Bins.Edges[%d]", j), o.Edges[j], treegrow.MostBins-1); err != nil {
				return o, err
			}
		}
		if o.Forced != nil {
			if err := checkCuts(where, fmt.Sprintf("Bins.Forced[%d]", j), o.Forced[j], o.Max[j]-1); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}

func checkCuts(where, field string, cuts []float64, most int) error {
	if len(cuts) > most {
		return ml.BadConfig(where, field, fmt.Sprintf("%d cuts", len(cuts)), fmt.Sprintf("at most %d", most))
	}
	for i, v := range cuts {
		if !(math.Abs(v) <= math.MaxFloat64) || i > 0 && v <= cuts[i-1] {
			return ml.BadConfig(where, field, v, "finite numbers that rise")
		}
	}
	return nil
}
