package explain

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tree"
)

// lanes is how many rows are explained side by side: one bit for each in a word.
const lanes = kern.Lanes

// A block is up to 64 rows, column by column, so that a split can ask all of them at once.
type block struct {
	n       int       // rows in it
	columns []float64 // column j of row r at j*lanes + r; of float32 width if the trees want it
	missing []uint64  // of each column: the rows in which it is NaN
	row     []float64
}

func newBlock(features int) *block {
	return &block{columns: make([]float64, features*lanes), missing: make([]uint64, features), row: make([]float64, features)}
}

// fill reads rows lo to hi-1. Lanes behind the last row repeat it: they cost nothing more and their answers are dropped.
func (b *block) fill(src rows.Rows, lo, hi int, float32s bool) {
	b.n = hi - lo
	clear(b.missing)
	for r := range lanes {
		x := src.Row(min(lo+r, hi-1), b.row)
		for j, v := range x {
			if float32s {
				v = float64(float32(v))
			}
			b.columns[j*lanes+r] = v
			if math.IsNaN(v) {
				b.missing[j] |= 1 << r
			}
		}
	}
}

// width is how many lanes are worth computing: whole vectors of eight.
func (b *block) width() int { return (b.n + 7) &^ 7 }

// passing returns the rows that go left at split i of e, which counts all nodes.
func (b *block) passing(e *tree.Ensemble, i int) uint64 {
	j, rule := int(e.Feature[i]), e.Rule[i]
	column, missing := b.columns[j*lanes:(j+1)*lanes], b.missing[j]
	if rule.Categorical() || rule&tree.ZeroIsMissing != 0 || rule&tree.NaNIsZero != 0 && missing != 0 {
		var mask uint64
		for r, v := range column {
			if e.Passes(i, v) {
				mask |= 1 << r
			}
		}
		return mask
	}
	mask := kern.CompareLanes(column, e.Threshold[i], rule.Test() == tree.LessEq)
	if rule&tree.MissingLeft != 0 {
		mask |= missing
	}
	return mask
}
