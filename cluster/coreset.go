package cluster

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Coreset draws a few weighted rows that stand for many: for any centres, the weighted sum of squared distances of the few is on average that of all, and with enough of
// them close to it. So [KMeans] of the few is nearly as good and takes a fraction of the time; in a pipeline Coreset is a resampler:
//
//	pipe := ml.Pipe(ml.Stages{ml.Resample(cluster.Coreset{Size: 2000})}, cluster.KMeans{K: 20})
//
// Half of the chance that a row is drawn goes by its weight, half by its squared distance from the mean of all (lightweight coresets: Bachem, Lucic and Krause, "Scalable
// k-means clustering via lightweight coresets", KDD 2018), which takes two passes over the rows. With K it goes by how much a row can matter to K centres, judged by centres of
// greedy k-means++ (Bachem, Lucic and Krause, "Practical coreset constructions for machine learning", 2017): it takes a hundred times as long, and is better where some clusters are
// small. A row of weight k counts as k rows, one of weight 0 is absent. Rows that are drawn again add to their weight, so there may be fewer than Size; their order stays.
// Groups are dropped. CSR stays CSR.
type Coreset struct {
	Size int    // rows to draw; 0: 1000. As many rows or fewer stay as they are
	K    int    // centres that the rows will be asked for; 0: any number, by the mean alone
	Seed uint64 // of the draws
}

var _ ml.Resampler[ml.Table] = Coreset{}

// Resample draws from t.
func (c Coreset) Resample(ctx context.Context, t ml.Table) (ml.Table, error) {
	const where = "cluster.Coreset.Resample"
	if err := c.check(where); err != nil {
		return ml.Table{}, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return ml.Table{}, err
	}
	return c.draw(ctx, where, t, rng.New(c.Seed, 0))
}

// Stream draws from rows that come in parts, such as do not fit in memory together: parts are drawn from as they come, and what was drawn from as many of them is joined
// and drawn from again (merge and reduce: Har-Peled and Mazumdar, STOC 2004). Memory is that of a part and of Size rows for each doubling of their number. Parts have
// columns alike; dense ones stay dense and CSR ones CSR.
func (c Coreset) Stream(ctx context.Context, parts iter.Seq2[ml.Table, error]) (ml.Table, error) {
	const where = "cluster.Coreset.Stream"
	if err := c.check(where); err != nil {
		return ml.Table{}, err
	}
	var levels []*ml.Table // what was drawn from 1, 2, 4, ... parts
	draws := uint64(0)
	reduce := func(t ml.Table) (ml.Table, error) {
		draws++
		return c.draw(ctx, where, t, rng.New(c.Seed, draws))
	}
	for t, err := range parts {
		if err != nil {
			return ml.Table{}, err
		}
		if err := t.Check(where, ml.Accepts{}); err != nil {
			return ml.Table{}, err
		}
		if t, err = reduce(t); err != nil {
			return ml.Table{}, err
		}
		at := 0
		for ; at < len(levels) && levels[at] != nil; at++ {
			if t, err = joined(where, *levels[at], t); err != nil {
				return ml.Table{}, err
			}
			if t, err = reduce(t); err != nil {
				return ml.Table{}, err
			}
			levels[at] = nil
		}
		if at == len(levels) {
			levels = append(levels, nil)
		}
		levels[at] = &t
	}
	var all *ml.Table
	for _, l := range levels {
		switch {
		case l == nil:
		case all == nil:
			all = l
		default:
			t, err := joined(where, *l, *all)
			if err != nil {
				return ml.Table{}, err
			}
			all = &t
		}
	}
	if all == nil {
		return ml.Table{}, &ml.Error{Where: where, Field: "parts", Found: "none", Want: "one or more", Kind: ml.ErrData}
	}
	return reduce(*all)
}

func (c Coreset) check(where string) error {
	if c.Size < 0 {
		return ml.BadConfig(where, "Size", c.Size, ">= 1, or 0 for 1000")
	}
	if c.K < 0 {
		return ml.BadConfig(where, "K", c.K, ">= 1, or 0 for any number")
	}
	return nil
}

func (c Coreset) draw(ctx context.Context, where string, t ml.Table, r *rand.Rand) (ml.Table, error) {
	if err := ml.Done(ctx); err != nil {
		return ml.Table{}, err
	}
	size := c.Size
	if size == 0 {
		size = 1000
	}
	s := newSpace(t)
	out := ml.Table{X: s.table, Columns: ml.CloneColumns(t.Columns), Weight: s.weight}
	if s.n <= size {
		return out, nil
	}
	s.open(false)
	chance, err := c.chances(s, where, r)
	if err != nil {
		return ml.Table{}, err
	}
	upTo := make([]float64, s.n)
	sum := 0.0
	for i, p := range chance {
		sum += p
		upTo[i] = sum
	}
	drawn := make([]int, size)
	for i := range drawn {
		drawn[i] = pickShare(r.Float64(), upTo)
	}
	slices.Sort(drawn)
	var at []int
	out.Weight = nil
	for i, row := range drawn {
		w := s.w(row) * sum / (chance[row] * float64(size)) // what it stands for
		if i > 0 && drawn[i-1] == row {
			out.Weight[len(at)-1] += w
			continue
		}
		at, out.Weight = append(at, row), append(out.Weight, w)
	}
	out.X = rows.Select(s.table, at)
	return out, ml.Done(ctx)
}

// chances are in proportion to how often each row is to be drawn.
func (c Coreset) chances(s *space, where string, r *rand.Rand) ([]float64, error) {
	k := min(max(c.K, 1), s.n)
	label := make([]int32, s.n)
	var centres []float64
	if c.K == 0 {
		centres = s.meanOf()
	} else {
		centres = s.plusPlus(r, k)
		s.assignOnce(label, centres, k)
	}
	chance := s.distances(label, centres)
	total, cost := 0.0, 0.0
	weight, spent := make([]float64, k), make([]float64, k)
	for i := range chance {
		chance[i] *= s.w(i)
		total += s.w(i)
		cost += chance[i]
		weight[label[i]] += s.w(i)
		spent[label[i]] += chance[i]
	}
	if !(cost <= math.MaxFloat64 && total <= math.MaxFloat64) {
		return nil, tooLargeToSquare(where, nil)
	}
	alpha := 16 * (math.Log(float64(k)) + 2)
	for i := range chance {
		w, far := s.w(i), 0.0
		if cost > 0 {
			far = chance[i] / cost
		}
		if c.K == 0 {
			chance[i] = w/total/2 + far/2
			continue
		}
		l := label[i]
		around := 0.0
		if cost > 0 {
			around = spent[l] / cost / weight[l] * w
		}
		chance[i] = float64(alpha*far) + float64(2*alpha*around) + 4*w/weight[l]
	}
	return chance, nil
}

// joined puts the rows of two tables one behind the other.
func joined(where string, a, b ml.Table) (ml.Table, error) {
	x, y := rows.Of(a.X), rows.Of(b.X)
	if x.Cols() != y.Cols() {
		return ml.Table{}, ml.BadShape(where, "X", fmt.Sprintf("%d columns", y.Cols()), fmt.Sprintf("%d, as before", x.Cols()))
	}
	out := ml.Table{Columns: a.Columns}
	if x.Sparse() && y.Sparse() {
		start, cols, vals := []int{0}, []int32(nil), []float64(nil)
		var e rows.Entries
		for _, r := range [2]rows.Rows{x, y} {
			for i := range r.Len() {
				c, v := r.NZ(i, &e)
				cols, vals = append(cols, c...), append(vals, v...)
				start = append(start, len(cols))
			}
		}
		m, err := tensor.NewCSR(x.Len()+y.Len(), x.Cols(), start, cols, vals)
		if err != nil {
			return ml.Table{}, err
		}
		out.X = m
	} else {
		m := tensor.New[float64](x.Len()+y.Len(), x.Cols())
		for i := range x.Len() + y.Len() {
			from, at := x, i
			if i >= x.Len() {
				from, at = y, i-x.Len()
			}
			if row := from.Row(at, m.Row(i)); len(row) > 0 && &row[0] != &m.Row(i)[0] {
				copy(m.Row(i), row)
			}
		}
		out.X = m
	}
	for _, t := range [2]ml.Table{a, b} {
		n, _ := t.X.Dims()
		for i := range n {
			w := 1.0
			if t.Weight != nil {
				w = t.Weight[i]
			}
			out.Weight = append(out.Weight, w)
		}
	}
	return out, nil
}
