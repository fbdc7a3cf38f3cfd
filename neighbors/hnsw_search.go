package neighbors

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/hnsw"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Query is what is asked of an [HNSWIndex].
type Query struct {
	K     int               // rows that are wanted, >= 1
	Width int               // candidates that are kept: more find more of the nearest. 0: the index's; K if that is more
	Keep  func(id int) bool // which rows are of interest; nil: all. It must be safe for several goroutines, and must not ask or change the index
}

func (q Query) check(where string) error {
	switch {
	case q.K < 1:
		return ml.BadConfig(where, "K", q.K, ">= 1")
	case q.Width < 0 || q.Width > math.MaxInt32:
		return ml.BadConfig(where, "Width", q.Width, ">= 1, or 0 for the index's")
	}
	return nil
}

// Nearest finds about the k nearest rows for each row of m, nearest first; fewer if there are not so many. k < 1 is an error.
func (x *HNSWIndex) Nearest(m tensor.Matrix, k int) ([]Neighbors, error) {
	return x.search("neighbors.HNSWIndex.Nearest", m, Query{K: k})
}

// Search is Nearest with a width and a filter of its own. Where few rows are of interest and the walk does not find them, it looks at all that are, so the answer is exact then.
func (x *HNSWIndex) Search(m tensor.Matrix, q Query) ([]Neighbors, error) {
	return x.search("neighbors.HNSWIndex.Search", m, q)
}

func (x *HNSWIndex) search(where string, m tensor.Matrix, q Query) ([]Neighbors, error) {
	if err := check(where, &x.Fitted, m); err != nil {
		return nil, err
	}
	if err := q.check(where); err != nil {
		return nil, err
	}
	x.live.lock.RLock()
	defer x.live.lock.RUnlock()
	r := rows.Of(m)
	out, faults := make([]Neighbors, r.Len()), make([]string, r.Len())
	par.For(r.Len(), 20_000, func(lo, hi int) {
		buf := make([]float32, r.Cols())
		for i := lo; i < hi; i++ {
			faults[i] = x.one(&out[i], r.Row32(i, buf), q)
		}
	})
	for i, fault := range faults {
		if fault != "" {
			return nil, tooLong(where, fmt.Sprintf("m[%d]", i), fault)
		}
	}
	return out, nil
}

func tooLong(where, field, fault string) error {
	return &ml.Error{Where: where, Field: field, Found: fault, Want: fmt.Sprintf("at most %g: squares are in single precision", longest), Kind: ml.ErrNotFinite}
}

// NearestRow is Search for a single row, into the memory of dst if that suffices: it allocates nothing then.
func (x *HNSWIndex) NearestRow(dst Neighbors, row []float32, q Query) (Neighbors, error) {
	const where = "neighbors.HNSWIndex.NearestRow"
	if len(row) != x.Info.Features {
		return dst, ml.BadShape(where, "row", fmt.Sprintf("%d numbers", len(row)), fmt.Sprint(x.Info.Features))
	}
	for j, v := range row {
		if !(math.Abs(float64(v)) <= math.MaxFloat32) {
			return dst, &ml.Error{Where: where, Field: fmt.Sprintf("row[%d]", j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
	}
	if err := q.check(where); err != nil {
		return dst, err
	}
	x.live.lock.RLock()
	defer x.live.lock.RUnlock()
	if fault := x.one(&dst, row, q); fault != "" {
		return dst, tooLong(where, "row", fault)
	}
	return dst, nil
}

// one searches for one row while nothing changes.
func (x *HNSWIndex) one(dst *Neighbors, row []float32, q Query) (fault string) {
	l, g := x.live, x.live.graph
	s := g.Begin()
	defer g.End(s)
	if fault := x.prepare(s.X(), row); fault != "" {
		return fault
	}
	width := q.Width
	if width == 0 {
		width = l.width
	}
	switch wanted, nodes := min(q.K, len(l.node)), l.linked-l.dead; {
	case q.Keep != nil:
		g.Nearest(s, wanted, width, func(node int32) bool { return x.kept(node, q.Keep) }, true)
	case nodes < g.N():
		live := func(node int32) bool { return x.ID[node] != ml.None }
		// Deleted rows take places among the candidates.
		g.Nearest(s, wanted, int(float64(max(width, wanted))*float64(l.linked)/float64(max(nodes, 1))), live, false)
		if len(s.Found) < min(wanted, nodes) {
			g.Nearest(s, wanted, width, live, true)
		}
	default:
		g.Nearest(s, wanted, width, nil, false)
	}
	dst.Index, dst.Distance = dst.Index[:0], dst.Distance[:0]
	if cap(dst.Index) < len(s.Found) || cap(dst.Distance) < len(s.Found) {
		dst.Index, dst.Distance = make([]int, 0, q.K), make([]float64, 0, q.K)
	}
	for _, f := range s.Found {
		v := x.distance(f)
		add := func(id int) {
			if len(dst.Index) < q.K && (q.Keep == nil || q.Keep(id)) {
				dst.Index, dst.Distance = append(dst.Index, id), append(dst.Distance, v)
			}
		}
		add(x.ID[f.Node])
		if len(l.twins) > 0 {
			for _, id := range l.twins[f.Node] {
				add(id)
			}
		}
	}
	return ""
}

// kept says whether any row of a node is of interest.
func (x *HNSWIndex) kept(node int32, keep func(id int) bool) bool {
	id := x.ID[node]
	return id != ml.None && (keep(id) || len(x.live.twins) > 0 && slices.ContainsFunc(x.live.twins[node], keep))
}

// distance is what the user sees.
func (x *HNSWIndex) distance(f hnsw.Found) float64 {
	switch v := float64(f.Distance); {
	case x.live.cosine:
		return min(max(1+v, 0), 2)
	case x.live.graph.Products:
		return v
	default:
		return math.Sqrt(v)
	}
}
