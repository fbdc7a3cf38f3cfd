package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// MeanShift climbs from many places to where the rows lie densest: each moves to the mean of the rows within Bandwidth until it hardly moves (Comaniciu and Meer, IEEE TPAMI
// 24, 2002). Where climbs end within Bandwidth of each other the one with more rows about it is kept; clusters are the rows nearest to each, numbered by falling weight
// within Bandwidth.
//
// A row of weight k counts as k rows, one of weight 0 is absent. Scale the columns first. CSR is an error. It costs a search for all rows within Bandwidth for each step of
// each climb. Random is only which rows the bandwidth is estimated from, where there are more than 5000.
// A climb that does not come to rest within MaxIter steps ends where it is; Info.Status tells, Info.Iterations is the steps of the longest.
type MeanShift struct {
	Bandwidth float64 // how far a place looks; 0: by Quantile
	Quantile  float64 // Bandwidth is the mean distance within which a row has this share of all rows, of at most 5000 rows; 0: 0.3
	Binned    bool    // climbs begin at the cells of a grid of side Bandwidth that hold rows; false: at every row
	MinBin    float64 // weight in a cell that a climb begins at; 0: 1
	Noise     bool    // rows farther than Bandwidth from each centre are noise, ml.None
	MaxIter   int     // steps of a climb; 0: 300
	Seed      uint64  // of the rows that Bandwidth is estimated from
}

var _ ml.Fitter[ml.Table, *MeanShiftModel] = MeanShift{}

// MeanShiftModel is the places where rows lie densest. [MeanShift] returns it. What it predicts for a training row is that row's cluster.
type MeanShiftModel struct {
	ml.Fitted
	Centers   *tensor.Tensor[float64] // K x columns
	Bandwidth float64

	index   near.Index
	answers answerer
}

// Bandwidth estimates how far MeanShift should look: the mean, over the rows of x, of the distance within which a row has a share of all rows, itself included. It costs
// O(rows²).
func Bandwidth(x tensor.Matrix, quantile float64) (float64, error) {
	const where = "cluster.Bandwidth"
	t := ml.Table{X: x}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return 0, err
	}
	if err := denseOnly(where, x); err != nil {
		return 0, err
	}
	if !(quantile > 0 && quantile <= 1) {
		return 0, ml.BadConfig(where, "quantile", quantile, "> 0 and <= 1")
	}
	return newSpace(t).bandwidth(quantile), nil
}

func (s *space) bandwidth(quantile float64) float64 {
	total := 0.0
	for i := range s.n {
		total += s.w(i)
	}
	least := max(1, math.Floor(total*quantile))
	p := s.points()
	away := make([]float64, s.n)
	par.For(s.n, s.n*(s.d+10), func(lo, hi int) {
		type apart struct{ distance, weight float64 }
		all := make([]apart, s.n)
		for i := lo; i < hi; i++ {
			for j := range all {
				all[j] = apart{near.Between(near.MeasureOf(nil), p.Row(i), p.Row(j)), s.w(j)}
			}
			slices.SortFunc(all, func(a, b apart) int { return cmp.Compare(a.distance, b.distance) })
			sum := 0.0
			for _, a := range all {
				away[i] = a.distance
				if sum += a.weight; sum >= least {
					break
				}
			}
		}
	})
	mean := 0.0
	for i, v := range away {
		mean += float64(v * (s.w(i) / total))
	}
	return mean
}

// Fit climbs.
func (c MeanShift) Fit(ctx context.Context, t ml.Table) (*MeanShiftModel, error) {
	const where = "cluster.MeanShift.Fit"
	if err := begin(ctx, where, t, func(int) error { return c.resolve(where) }); err != nil {
		return nil, err
	}
	s := newSpace(t)
	m := &MeanShiftModel{Fitted: ml.NewFitted(t, nil, c), Bandwidth: c.Bandwidth}
	if m.Bandwidth == 0 {
		const most = 5000
		part := s
		if s.n > most {
			at := rng.Sample(rng.New(c.Seed, 0), s.n, most)
			slices.Sort(at)
			sample := ml.Table{X: rows.Select(tensor.FromSlice(s.points().X, s.n, s.d), at)}
			if s.weight != nil {
				for _, i := range at {
					sample.Weight = append(sample.Weight, s.w(i))
				}
			}
			part = newSpace(sample)
		}
		if m.Bandwidth = part.bandwidth(c.Quantile); m.Bandwidth == 0 { // as many equal rows
			m.Bandwidth = 1
		}
	}
	if !(m.Bandwidth <= math.MaxFloat64) {
		return nil, &ml.Error{Where: where, Field: "X", Found: "rows at a distance that is not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	tops, err := c.climb(ctx, s, m)
	if err != nil {
		return nil, err
	}
	m.Centers = tensor.New[float64](len(tops), s.d)
	for k, top := range tops {
		copy(m.Centers.Row(k), top.x)
	}
	if err := m.Restore(); err != nil {
		return nil, &ml.Error{Where: where, Field: "X", Found: "numbers too large to add up", Want: "smaller ones", Kind: ml.ErrNotFinite, Cause: err}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (c *MeanShift) resolve(where string) error {
	switch {
	case !(c.Bandwidth >= 0 && c.Bandwidth <= math.MaxFloat64):
		return ml.BadConfig(where, "Bandwidth", c.Bandwidth, "> 0, or 0 for an estimate")
	case !(c.Quantile >= 0 && c.Quantile <= 1):
		return ml.BadConfig(where, "Quantile", c.Quantile, "> 0 and <= 1, or 0 for 0.3")
	case !(c.MinBin >= 0 && c.MinBin <= math.MaxFloat64):
		return ml.BadConfig(where, "MinBin", c.MinBin, "> 0, or 0 for 1")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 300")
	}
	if c.Quantile == 0 {
		c.Quantile = 0.3
	}
	if c.MinBin == 0 {
		c.MinBin = 1
	}
	if c.MaxIter == 0 {
		c.MaxIter = 300
	}
	return nil
}

// top is where a climb ended.
type top struct {
	x      []float64
	weight float64 // within the bandwidth; 0: no row is
	steps  int
	rest   bool
}

// climb finds the places that are kept.
func (c MeanShift) climb(ctx context.Context, s *space, m *MeanShiftModel) ([]top, error) {
	p := s.points()
	index, _ := near.Choose(p, nil, near.Auto, 0)
	seeds := p
	if c.Binned {
		seeds = c.bins(s, p, m.Bandwidth)
	}
	tops := make([]top, seeds.N)
	const chunk = 256
	for lo := 0; lo < seeds.N; lo += chunk {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		part := tops[lo:min(lo+chunk, seeds.N)]
		par.For(len(part), 50_000, func(from, to int) {
			var search near.Search
			for i := from; i < to; i++ {
				part[i] = c.from(ctx, &search, index, s, p, seeds.Row(lo+i), m.Bandwidth)
			}
		})
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m.Info.Status = ml.Converged
	for _, t := range tops {
		m.Info.Iterations = max(m.Info.Iterations, t.steps)
		if !t.rest {
			m.Info.Status = ml.MaxIter
		}
	}
	tops = slices.DeleteFunc(tops, func(t top) bool { return t.weight == 0 })
	slices.SortStableFunc(tops, func(a, b top) int { return cmp.Or(cmp.Compare(b.weight, a.weight), slices.Compare(b.x, a.x)) })
	var kept []top
	for _, t := range tops {
		if !slices.ContainsFunc(kept, func(k top) bool { return near.Between(near.MeasureOf(nil), k.x, t.x) <= m.Bandwidth }) {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 { // cells without a row in reach of their middles
		c.Binned = false
		return c.climb(ctx, s, m)
	}
	return kept, nil
}

// from climbs from x.
func (c MeanShift) from(ctx context.Context, search *near.Search, index near.Index, s *space, p near.Points, x []float64, bandwidth float64) top {
	t := top{x: slices.Clone(x)}
	next := make([]float64, len(x))
	for {
		found := index.Within(search, t.x, bandwidth)
		if t.weight = 0; len(found) == 0 {
			t.rest = true
			return t
		}
		clear(next)
		for _, f := range found {
			w := s.w(f.Index)
			t.weight += w
			for j, v := range p.Row(f.Index) {
				next[j] += float64(w * v)
			}
		}
		for j := range next {
			next[j] /= t.weight
		}
		moved := near.Between(near.MeasureOf(nil), next, t.x)
		t.x, next = next, t.x
		if t.rest = moved <= 1e-3*bandwidth; t.rest || t.steps == c.MaxIter || ctx.Err() != nil {
			return t
		}
		t.steps++
	}
}

// bins are the middles of the cells that hold rows of enough weight, in the order of their first rows; the rows themselves, if no two share a cell.
func (c MeanShift) bins(s *space, p near.Points, side float64) near.Points {
	type cell struct {
		first  int
		weight float64
	}
	cells := map[string]*cell{}
	var order []*cell
	var key []byte
	for i := range p.N {
		key = key[:0]
		for _, v := range p.Row(i) {
			key = fmt.Appendf(key, "%v ", math.RoundToEven(v/side)+0)
		}
		if cells[string(key)] == nil {
			cells[string(key)] = &cell{first: i}
			order = append(order, cells[string(key)])
		}
		cells[string(key)].weight += s.w(i)
	}
	if len(order) == p.N && c.MinBin <= 1 {
		return p
	}
	out := near.Points{D: p.D}
	for _, k := range order {
		if k.weight < c.MinBin {
			continue
		}
		out.N++
		for _, v := range p.Row(k.first) {
			out.X = append(out.X, math.RoundToEven(v/side)*side)
		}
	}
	return out
}

// K is the number of clusters.
func (m *MeanShiftModel) K() int { return m.Centers.Shape()[0] }

// Predict returns the nearest centre of each row of x, the first of equally near ones; with Noise, ml.None for rows farther than Bandwidth from each.
func (m *MeanShiftModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers.predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *MeanShiftModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *MeanShiftModel) PredictRow(x []float64) (int, error) { return m.answers.predictRow(x) }

// Restore checks a model that was read from a file.
func (m *MeanShiftModel) Restore() error {
	const where = "cluster.MeanShiftModel"
	c, ok := m.Config.(MeanShift)
	if !ok {
		return notSound(where, "Config", fmt.Sprintf("%T", m.Config), "a cluster.MeanShift")
	}
	if m.Centers == nil || len(m.Centers.Shape()) != 2 || m.Centers.Shape()[0] < 1 {
		return notSound(where, "Centers", "of another shape", "one row at least")
	}
	if err := checkRows(where, "Centers", m.Centers, m.Centers.Shape()[0], m.Info.Features); err != nil {
		return err
	}
	if !(m.Bandwidth > 0 && m.Bandwidth <= math.MaxFloat64) {
		return notSound(where, "Bandwidth", fmt.Sprint(m.Bandwidth), "a number > 0")
	}
	m.index, _ = near.Choose(near.PointsOf(rows.Of(m.Centers)), nil, near.Auto, 0)
	m.answers = newAnswerer("cluster.MeanShiftModel", &m.Fitted, 1000, func(a *asking, x []float64) int {
		if n := m.index.Nearest(&a.Search, x, 1)[0]; !c.Noise || n.Value <= m.Bandwidth {
			return n.Index
		}
		return ml.None
	})
	return nil
}
