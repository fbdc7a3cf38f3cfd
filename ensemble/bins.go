package ensemble

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/histgrow"
	"github.com/gopherwood-ml/ml/internal/rows"
)

const mostBins = 65535

// ColumnBins says how one column of a boosted model is cut into bins, between two of which every split is.
type ColumnBins struct {
	Column int       // which one, from 0
	Max    int       // bins, that of the missing included, 2 to 65535. 0: MaxBins of the config
	Edges  []float64 // the upper edges of all bins but the last one, rising: numbers up to an edge are below it. Empty: they are learned
	Forced []float64 // edges that are always there, rising, but for those that Max leaves no room for; those between are learned: LightGBM's forced bins. Empty: none
}

// checkBins checks how single columns are to be cut.
func checkBins(where string, bins []ColumnBins, t ml.Table) error {
	_, features := t.X.Dims()
	seen := map[int]bool{}
	for i, b := range bins {
		bad := func(field string, found any, want string) error {
			return ml.BadConfig(where, fmt.Sprintf("Bins[%d].%s", i, field), found, want)
		}
		category := b.Column >= 0 && b.Column < len(t.Columns) && t.Columns[b.Column].Kind == ml.Categorical
		switch {
		case b.Column < 0 || b.Column >= features:
			return bad("Column", b.Column, fmt.Sprintf("0 to %d", features-1))
		case seen[b.Column]:
			return bad("Column", b.Column, "a column that has no bins yet")
		case b.Max != 0 && (b.Max < 2 || b.Max > mostBins):
			return bad("Max", b.Max, "2 to 65535; 0 means MaxBins")
		case len(b.Edges) > 0 && (b.Max != 0 || len(b.Forced) > 0):
			return bad("Edges", fmt.Sprintf("%d with Max %d and %d Forced", len(b.Edges), b.Max, len(b.Forced)), "alone: they are all edges there are")
		case category && (len(b.Edges) > 0 || len(b.Forced) > 0):
			return bad("Edges", "of a categorical column", "none: its categories are its bins")
		}
		seen[b.Column] = true
		for _, list := range []struct {
			field string
			edges []float64
		}{{"Edges", b.Edges}, {"Forced", b.Forced}} {
			if len(list.edges) > mostBins-2 {
				return bad(list.field, fmt.Sprintf("%d of them", len(list.edges)), "at most 65533")
			}
			for k, v := range list.edges {
				if !(math.Abs(v) <= math.MaxFloat64) || k > 0 && v <= list.edges[k-1] {
					return bad(fmt.Sprintf("%s[%d]", list.field, k), v, "a finite number above the one before")
				}
			}
		}
	}
	return nil
}

// binOptions are these of the columns of a table.
func binOptions(t ml.Table, maxBins int, bins []ColumnBins, seed uint64) histgrow.BinOptions {
	_, features := t.X.Dims()
	o := histgrow.BinOptions{MaxBins: maxBins, Seed: seed}
	for j, c := range t.Columns {
		if c.Kind != ml.Categorical {
			continue
		}
		if o.Categorical == nil {
			o.Categorical = make([]bool, features)
		}
		o.Categorical[j] = true
	}
	for _, b := range bins {
		if o.Columns == nil {
			o.Columns = make([]histgrow.ColumnOptions, features)
		}
		c := &o.Columns[b.Column]
		c.MaxBins = b.Max
		if len(b.Edges) > 0 {
			c.Edges = b.Edges
		}
		if len(b.Forced) > 0 {
			c.Forced = b.Forced
		}
	}
	return o
}

// BinsOf returns the edges of the bins that boosting cuts the columns of a table into: those that a fit of a config with these fields MaxBins, Bins and Seed to
// its rows has. As Bins of a config they make the same model again, and other models on the same bins. Columns without Edges, which are categorical ones and those
// of one bin, have Max: how many bins they may have. The time is that of learning bins in a fit.
func BinsOf(ctx context.Context, t ml.Table, maxBins int, bins []ColumnBins, seed uint64) ([]ColumnBins, error) {
	const where = "ensemble.BinsOf"
	if err := t.Check(where, accepted); err != nil {
		return nil, err
	}
	if maxBins != 0 && (maxBins < 2 || maxBins > mostBins) {
		return nil, ml.BadConfig(where, "maxBins", maxBins, "2 to 65535; 0 means 255")
	}
	if err := checkBins(where, bins, t); err != nil {
		return nil, err
	}
	if t.Weight != nil {
		t = t.Select(weighty(t.Weight))
	}
	columns, err := histgrow.LearnColumns(ctx, rows.Of(t.X), binOptions(t, maxBins, bins, seed))
	if err != nil {
		return nil, err
	}
	out := make([]ColumnBins, len(columns))
	for j, c := range columns {
		out[j] = ColumnBins{Column: j, Edges: c.Edges}
		if len(c.Edges) == 0 {
			out[j].Edges, out[j].Max = nil, max(c.Bins, 2)
		}
	}
	return out, nil
}
