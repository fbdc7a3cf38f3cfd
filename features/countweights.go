package features

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// eachOccurrence visits what is not zero in a table of counts, with the weight of its row. It returns the weight of all rows.
func eachOccurrence(where string, t ml.Table, visit func(j int, count, w float64)) (all float64, err error) {
	r := rows.Of(t.X)
	var entries rows.Entries
	for i := range r.Len() {
		w := weightOf(t.Weight, i)
		all += w
		cols, vals := r.NZ(i, &entries)
		for q, j := range cols {
			if vals[q] < 0 {
				return 0, negativeCount(where, t.Columns, i, int(j), vals[q])
			}
			if vals[q] != 0 {
				visit(int(j), vals[q], w)
			}
		}
	}
	return all, nil
}

// A countWeigher turns the counts of one row, of columns js (nil: all in order), into dst, which may be counts itself; it returns the index of
// one that is negative or not finite, or -1.
type countWeigher func(dst, counts []float64, js []int32) int

func isCount(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }

// weighCounts is the Transform of a model that weights counts and leaves zeros zero.
func weighCounts(where string, f *ml.Fitted, x tensor.Matrix, weigh countWeigher) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	var out tensor.Matrix
	var bad place
	switch s := x.(type) {
	case *tensor.CSR[float64]:
		out, bad = weighSparse(s, weigh)
	case *tensor.CSR[float32]:
		out, bad = weighSparse(s, weigh)
	default:
		p := f.Info.Features
		out, bad = mapRows(x, p, 4*p, func(dst, src []float64) int { return weigh(dst, src, nil) })
	}
	if bad != noPlace {
		return nil, badCount(where, f.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

func weighSparse[T tensor.Float](x *tensor.CSR[T], weigh countWeigher) (tensor.Matrix, place) {
	out := x.Clone()
	n, _ := out.Dims()
	bad := par.Reduce(n, par.Grain(500), func(_, lo, hi int) place {
		var wide []float64
		for i := lo; i < hi; i++ {
			js, vals := out.RowNZ(i)
			wide = slices.Grow(wide[:0], len(vals))[:len(vals)]
			for q, v := range vals {
				wide[q] = float64(v)
			}
			if q := weigh(wide, wide, js); q >= 0 {
				return place{i, int(js[q])}
			}
			for q, v := range wide {
				vals[q] = T(v)
			}
		}
		return noPlace
	}, earlier)
	if n == 0 {
		bad = noPlace
	}
	return out, bad
}

// weighRow is the TransformRow of the same.
func weighRow(where string, f *ml.Fitted, dst, x []float64, weigh countWeigher) error {
	if err := checkRows(where, f, dst, x, f.Info.Features); err != nil {
		return err
	}
	if j := weigh(dst, x, nil); j >= 0 {
		return badCount(where, f.Columns, 0, j, x[j])
	}
	return nil
}

func badCount(where string, columns []ml.Column, i, j int, v float64) error {
	if v < 0 && !math.IsInf(v, 0) {
		return negativeCount(where, columns, i, j, v)
	}
	return ml.NotFinite(where, columns, i, j, v)
}

func negativeCount(where string, columns []ml.Column, i, j int, v float64) error {
	return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(columns, j)), Found: fmt.Sprint(v), Want: "a count >= 0", Kind: ml.ErrNotFinite}
}
