package cluster

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// sought is rows to search among, in whatever form they come: dense, CSR, or distances that the caller computed.
type sought struct {
	x     rows.Rows
	given bool
	at    []int // where each row stands in a row of distances; nil: 0, 1, ...
}

// soughtOf are the rows of a table that have a weight; s is those rows.
func soughtOf(t ml.Table, s *space, given bool) *sought {
	q := &sought{x: s.x, given: given}
	if given && s.n < len(t.Weight) {
		for i, w := range t.Weight {
			if w > 0 {
				q.at = append(q.at, i)
			}
		}
	}
	return q
}

// row is row i as a question. Its distance from itself is 0 where it is not stored.
func (q *sought) row(a *asking, i int) []float64 {
	row := query(q.x, q.given, a, i)
	if q.given && q.x.Sparse() {
		self := i
		if q.at != nil {
			self = q.at[i]
		}
		row[self] = min(row[self], 0)
	}
	return row
}

// query is a row of x as a question.
func query(x rows.Rows, given bool, a *asking, i int) []float64 {
	if len(a.row) != x.Cols() {
		a.row = make([]float64, x.Cols())
	}
	if given {
		return near.GivenRow(x, i, &a.entries, a.row)
	}
	return x.Row(i, a.row)
}

// index makes an index.
func (q *sought) index(where string, d metrics.Distance, how neighbors.Algorithm) (near.Index, error) {
	switch {
	case q.given:
		return &near.Given{N: q.x.Len(), At: q.at}, nil
	case q.x.Sparse():
		return near.NewSparse(q.x, near.MeasureOf(d)), nil
	}
	return indexOf(where, q.points(), d, how)
}

// points are dense rows where they lie, if they lie together, and else a copy; nothing writes to them.
func (q *sought) points() near.Points {
	if x, ok := q.x.Whole(); ok {
		n, d := q.x.Dims()
		return near.Points{N: n, D: d, X: x}
	}
	return near.PointsOf(q.x)
}

// from gives single distances.
func (q *sought) from(d metrics.Distance) near.From {
	switch {
	case q.given:
		return &near.Given{N: q.x.Len(), At: q.at}
	case q.x.Sparse():
		return near.NewSparse(q.x, near.MeasureOf(d))
	}
	return near.Plain{Points: q.points(), Measure: near.MeasureOf(d)}
}

// part is some of the rows.
func (q *sought) part(of tensor.Matrix, idx []int) *sought {
	p := &sought{x: rows.Of(rows.Select(of, idx)), given: q.given}
	if q.given {
		p.at = make([]int, len(idx))
		for k, i := range idx {
			if p.at[k] = i; q.at != nil {
				p.at[k] = q.at[i]
			}
		}
	}
	return p
}

// save are the rows in the form that a model keeps: dense, CSR, or the places of distances.
func (q *sought) save() (dense *tensor.Tensor[float64], sparse *tensor.CSR[float64], at []int) {
	n, d := q.x.Dims()
	switch {
	case q.given:
		return nil, nil, q.at
	case q.x.Sparse():
		start, cols, vals := make([]int, 1, n+1), []int32(nil), []float64(nil)
		var e rows.Entries
		for i := range n {
			c, v := q.x.NZ(i, &e)
			cols, vals = append(cols, c...), append(vals, v...)
			start = append(start, len(cols))
		}
		sparse, _ = tensor.NewCSR(n, d, start, cols, vals) // entries of a matrix
		return nil, sparse, nil
	}
	return tensor.FromSlice(near.PointsOf(q.x).X, n, d), nil, nil
}

// soughtFrom are the rows that a model kept; n says how many, and d how wide they are.
func soughtFrom(where string, dense *tensor.Tensor[float64], sparse *tensor.CSR[float64], given bool, at []int, n, d int) (*sought, error) {
	switch {
	case given:
		if dense != nil || sparse != nil || len(at) != n && (at != nil || n != d) {
			return nil, notSound(where, "At", fmt.Sprintf("%d places", len(at)), fmt.Sprintf("%d, and no rows", n))
		}
		for k, i := range at {
			if i < 0 || i >= d {
				return nil, notSound(where, fmt.Sprintf("At[%d]", k), fmt.Sprint(i), fmt.Sprintf("0 to %d", d-1))
			}
		}
		return &sought{x: rows.Of(tensor.NewCSRZeros[float64](n, d)), given: true, at: at}, nil
	case sparse != nil:
		if r, c := sparse.Dims(); r != n || c != d || dense != nil || at != nil {
			return nil, notSound(where, "Sparse", fmt.Sprintf("%d x %d", r, c), fmt.Sprintf("%d x %d, and no other rows", n, d))
		}
		if i, j, v, ok := rows.CheckFinite(sparse, false); !ok {
			return nil, notSound(where, fmt.Sprintf("Sparse[%d, %d]", i, j), fmt.Sprint(v), "a finite number")
		}
		return &sought{x: rows.Of(sparse)}, nil
	}
	if at != nil {
		return nil, notSound(where, "At", fmt.Sprintf("%d places", len(at)), "none: distances were not given")
	}
	return &sought{x: rows.Of(dense)}, checkRows(where, "Rows", dense, n, d)
}

// checkSought checks what a method that takes rows in every form is told about them.
func checkSought(where string, columns int, sparse, given bool, d metrics.Distance, how neighbors.Algorithm) error {
	switch {
	case how > neighbors.BKTree:
		return ml.BadConfig(where, "Algorithm", how, "Auto, Brute or one of the trees")
	case given && d != nil:
		return ml.BadConfig(where, "Distance", fmt.Sprintf("%T", d), "nil: X are distances already")
	case given && how > neighbors.Brute:
		return ml.BadConfig(where, "Algorithm", how, "Auto or Brute: X are distances already")
	case given:
		return nil
	case sparse && how > neighbors.Brute:
		return ml.BadConfig(where, "Algorithm", how, "Auto or Brute for a CSR matrix")
	}
	return metrics.CheckDistance(where, d, columns)
}

// checkGiven checks distances of rows from each other.
func checkGiven(where string, x tensor.Matrix) error {
	if n, d := x.Dims(); n != d {
		return ml.BadShape(where, "X", fmt.Sprintf("%d x %d", n, d), "a square: the distances of all rows from all")
	}
	return notNegative(where, x)
}
