package cluster

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// OPTICS walks through the rows, always on to the one that is most easily reached from those before, and notes how far each was: valleys of that plot are clusters, at
// whatever density (Ankerst, Breunig, Kriegel and Sander, SIGMOD 1999). They are taken between steep slopes of the plot, or with Eps as DBSCAN would find them; any row
// outside is noise: ml.None.
//
// The walk begins with the first row, and goes on with the first of what is left where nothing can be reached. A row of weight k counts as k rows in core distances, one of
// weight 0 is absent. Scale the columns first. It costs O(rows²) distances without MaxEps, and a search for each row with it; memory is O(rows). CSR
// rows have the distances of dense ones to the bit. Nothing is random.
type OPTICS struct {
	MinSamples     float64             // weight within the core distance, the row's own included, > 1; 0: 5
	MaxEps         float64             // nothing farther is reached; 0: any distance
	Eps            float64             // clusters are those of DBSCAN with this radius, but for border rows; 0: by Xi
	Xi             float64             // how steep a slope bounds a cluster: the plot changes by this share from a row to the next, 0 to 1; 0: 0.05
	MinClusterSize int                 // rows of the smallest cluster by Xi; 0: MinSamples
	Uncorrected    bool                // clusters by Xi keep rows at their end that were reached from outside (Schubert and Gertz, LWDA 2018, leave them out)
	Distance       metrics.Distance    // nil: Euclidean
	Algorithm      neighbors.Algorithm // of the searches; 0: Auto
	// Precomputed: X is rows x rows, the distances themselves, >= 0; Distance must be nil. What CSR does not store is never reached, but for the row itself. Predict takes
	// the distances of other rows from the training rows. false: X is rows
	Precomputed bool
}

var _ ml.Fitter[ml.Table, *OPTICSModel] = OPTICS{}

// OPTICSModel is the plot and its clusters. [OPTICS] returns it. But for Labels all is of the rows of positive weight, numbered without the others.
type OPTICSModel struct {
	ml.Fitted
	Labels []int // the cluster of each training row, or ml.None; clusters are numbered by their first rows
	K      int   // clusters
	Order  []int // rows as they were walked through
	// Reach is how far each row was from what was before it, +Inf where the walk began anew; Order says in which order to plot it
	Reach   []float64
	Core    []float64               // core distances; +Inf beyond MaxEps
	Before  []int                   // the row that each was reached from, or -1
	Valleys [][]int                 // every cluster by Xi, also those within others: first and last place in Order; smaller ones first
	Rows    *tensor.Tensor[float64] // the rows; nil if X was CSR or distances
	Sparse  *tensor.CSR[float64]    // the same, if X was CSR
	At      []int                   // their places in the table, if X was distances; nil: all

	from    near.From
	code    []int     // of each row
	limit   []float64 // how far each cluster reaches
	answers answerer
}

// Fit walks and takes the clusters.
func (c OPTICS) Fit(ctx context.Context, t ml.Table) (*OPTICSModel, error) {
	const where = "cluster.OPTICS.Fit"
	if c.MinSamples == 0 {
		c.MinSamples = 5
	}
	if c.Xi == 0 {
		c.Xi = 0.05
	}
	if c.MinClusterSize == 0 {
		c.MinClusterSize = int(math.Ceil(min(c.MinSamples, 1e15)))
	}
	if err := beginAmong(ctx, where, t, c.Precomputed, c.check); err != nil {
		return nil, err
	}
	s := newSpace(t)
	w := &walking{space: s, c: c, among: soughtOf(t, s, c.Precomputed)}
	var err error
	if w.index, err = w.among.index(where, c.Distance, c.Algorithm); err != nil {
		return nil, err
	}
	w.from = w.among.from(c.Distance)
	m := &OPTICSModel{Fitted: ml.NewFitted(t, nil, c)}
	if err := w.walk(ctx, m); err != nil {
		return nil, err
	}
	m.Rows, m.Sparse, m.At = w.among.save()
	if c.Eps > 0 {
		m.code = m.CutEps(c.Eps)
	} else {
		m.Valleys = m.valleys(c.Xi, c.MinSamples, c.MinClusterSize, !c.Uncorrected)
		m.code = m.CutXi(c.Xi, c.MinClusterSize)
	}
	kept, err := soughtFrom(where, m.Rows, m.Sparse, c.Precomputed, m.At, s.n, m.Info.Features)
	if err != nil {
		return nil, err
	}
	m.open(kept.from(c.Distance))
	m.Labels = m.answers.label(t, func(i int) int { return m.code[i] })
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (c OPTICS) check(where string, columns int, sparse bool) error {
	switch {
	case !(c.MinSamples > 1 && c.MinSamples <= 1e15):
		return ml.BadConfig(where, "MinSamples", c.MinSamples, "> 1, or 0 for 5")
	case !(c.MaxEps >= 0 && c.MaxEps <= math.MaxFloat64):
		return ml.BadConfig(where, "MaxEps", c.MaxEps, "> 0, or 0 for any distance")
	case !(c.Eps >= 0 && c.Eps <= math.MaxFloat64) || c.MaxEps > 0 && c.Eps > c.MaxEps:
		return ml.BadConfig(where, "Eps", c.Eps, "> 0 and at most MaxEps, or 0 for clusters by Xi")
	case !(c.Xi > 0 && c.Xi < 1):
		return ml.BadConfig(where, "Xi", c.Xi, "> 0 and < 1, or 0 for 0.05")
	case c.MinClusterSize < 2:
		return ml.BadConfig(where, "MinClusterSize", c.MinClusterSize, "> 1, or 0 for MinSamples")
	}
	return checkSought(where, columns, sparse, c.Precomputed, c.Distance, c.Algorithm)
}

// walking is the walk through the rows.
type walking struct {
	*space
	c     OPTICS
	among *sought
	from  near.From
	index near.Index
	m     *OPTICSModel
	done  []bool
	pool  sync.Pool // of *asking
}

func (w *walking) walk(ctx context.Context, m *OPTICSModel) error {
	w.m, w.done = m, make([]bool, w.n)
	w.pool.New = func() any { return new(asking) }
	m.Reach, m.Before, m.Core = make([]float64, w.n), make([]int, w.n), make([]float64, w.n)
	for i := range w.n {
		m.Reach[i], m.Before[i] = math.Inf(1), -1
	}
	k := min(w.n, int(min(math.Ceil(w.c.MinSamples), float64(w.n))))
	each := func(i int, found []near.Neighbor) { m.Core[i] = w.core(i, found) }
	if w.c.Precomputed {
		par.For(w.n, 2*w.n, func(lo, hi int) {
			var a asking
			for i := lo; i < hi; i++ {
				each(i, w.index.Nearest(&a.Search, w.among.row(&a, i), k))
			}
		})
	} else {
		near.Each(w.index, w.x, k, each)
	}
	if w.c.MaxEps > 0 {
		return w.byRadius(ctx)
	}
	left := make([]int32, w.n)
	for i := range left {
		left[i] = int32(i)
	}
	for len(left) > 0 {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		best := 0
		for k, i := range left {
			if m.Reach[i] < m.Reach[left[best]] {
				best = k
			}
		}
		at := int(left[best])
		left = append(left[:best], left[best+1:]...)
		m.Order = append(m.Order, at)
		if math.IsInf(m.Core[at], 1) {
			continue
		}
		open := left
		step := func(lo, hi int) {
			a := w.pool.Get().(*asking)
			defer w.pool.Put(a)
			w.from.From(&a.Search, w.among.row(a, at))
			for _, i := range open[lo:hi] {
				w.reached(at, int(i), w.from.To(&a.Search, int(i)))
			}
		}
		if cost := 2 * (w.d + 2); par.Small(len(left), cost) {
			step(0, len(left))
		} else {
			par.For(len(left), cost, step)
		}
	}
	return nil
}

// core is the core distance of a row, +Inf beyond MaxEps or where there are too few rows.
func (w *walking) core(i int, found []near.Neighbor) float64 {
	var again asking
	d := coreOf(w.index, &again.Search, func() []float64 { return w.among.row(&again, i) }, found, w.w, w.n, w.c.MinSamples)
	total := 0.0
	if w.weight == nil {
		total = float64(w.n)
	} else {
		for _, v := range w.weight {
			total += v
		}
	}
	if total < w.c.MinSamples || w.c.MaxEps > 0 && d > w.c.MaxEps {
		return math.Inf(1)
	}
	return d
}

// reached notes that row i is at a distance from at, if that is less than so far.
func (w *walking) reached(at, i int, distance float64) bool {
	if distance = max(distance, w.m.Core[at]); !(distance < w.m.Reach[i]) {
		return false
	}
	w.m.Reach[i], w.m.Before[i] = distance, at
	return true
}

// byRadius is the walk with a search for what lies within MaxEps of each row.
func (w *walking) byRadius(ctx context.Context) error {
	var h edgeHeap
	var a asking
	first := 0
	for len(w.m.Order) < w.n {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		at := -1
		for len(h) > 0 && at < 0 {
			e := heap.Pop(&h).(edge)
			if !w.done[e.a] && e.form == w.m.Reach[e.a] {
				at = int(e.a)
			}
		}
		if at < 0 {
			for w.done[first] {
				first++
			}
			at = first
		}
		w.done[at] = true
		w.m.Order = append(w.m.Order, at)
		if math.IsInf(w.m.Core[at], 1) {
			continue
		}
		for _, f := range w.index.Within(&a.Search, w.among.row(&a, at), w.c.MaxEps) {
			if !w.done[f.Index] && w.reached(at, f.Index, f.Value) {
				heap.Push(&h, edge{w.m.Reach[f.Index], int32(f.Index), 0})
			}
		}
	}
	return nil
}

// CutEps returns for each row the cluster that DBSCAN finds with this radius, but that border rows can be noise, or ml.None; clusters are numbered by their first rows. A
// radius above MaxEps gives those of MaxEps.
func (m *OPTICSModel) CutEps(eps float64) []int {
	codes := make([]int, len(m.Order))
	k := -1
	for _, i := range m.Order {
		switch {
		case !(m.Reach[i] > eps):
			codes[i] = k
		case m.Core[i] <= eps:
			k++
			codes[i] = k
		default:
			codes[i] = ml.None
		}
	}
	return byFirst(codes)
}

// byFirst numbers clusters by their first rows.
func byFirst(codes []int) []int {
	name := map[int]int{}
	for i, c := range codes {
		if c < 0 {
			continue
		}
		k, ok := name[c]
		if !ok {
			k = len(name)
			name[c] = k
		}
		codes[i] = k
	}
	return codes
}

// open makes the model ready for questions.
func (m *OPTICSModel) open(from near.From) {
	c := m.Config.(OPTICS)
	m.from = from
	m.K = 0
	for _, k := range m.code {
		m.K = max(m.K, k+1)
	}
	m.limit = make([]float64, m.K)
	for i, k := range m.code {
		switch {
		case k < 0:
		case c.Eps > 0:
			m.limit[k] = c.Eps
		case m.Before[i] >= 0 && m.code[m.Before[i]] == k:
			m.limit[k] = max(m.limit[k], m.Reach[i])
		}
	}
	m.answers = newAnswererAmong("cluster.OPTICSModel", &m.Fitted, len(m.code)*m.Info.Features, c.Precomputed, m.one)
}

func (m *OPTICSModel) one(a *asking, x []float64) int {
	m.from.From(&a.Search, x)
	best, least := -1, math.Inf(1)
	for i, core := range m.Core {
		if core >= least {
			continue
		}
		if d := max(core, m.from.To(&a.Search, i)); d < least {
			best, least = i, d
		}
	}
	if best < 0 || m.code[best] < 0 || least > m.limit[m.code[best]] {
		return ml.None
	}
	return m.code[best]
}

// Predict returns for each row of x the cluster of the training row that it is most easily reached from, if no farther than that cluster's own rows are reached from each
// other, or Eps; else ml.None. It costs O(rows · columns) for a row. A training row at a cluster's edge may be predicted otherwise than it is labelled.
func (m *OPTICSModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers.predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *OPTICSModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *OPTICSModel) PredictRow(x []float64) (int, error) { return m.answers.predictRow(x) }

// Restore checks a model that was read from a file.
func (m *OPTICSModel) Restore() error {
	const where = "cluster.OPTICSModel"
	c, ok := m.Config.(OPTICS)
	if !ok {
		return notSound(where, "Config", fmt.Sprintf("%T", m.Config), "a cluster.OPTICS")
	}
	if err := c.check(where, m.Info.Features, m.Sparse != nil); err != nil {
		return err
	}
	n := len(m.Order)
	if n < 1 || n > m.Info.Rows || len(m.Reach) != n || len(m.Core) != n || len(m.Before) != n {
		return notSound(where, "Order, Reach, Core and Before", "of other lengths", "one for each of Rows")
	}
	among, err := soughtFrom(where, m.Rows, m.Sparse, c.Precomputed, m.At, n, m.Info.Features)
	if err != nil {
		return err
	}
	seen := make([]bool, n)
	for at, i := range m.Order {
		if i < 0 || i >= n || seen[i] || !(m.Reach[i] >= 0) || !(m.Core[i] >= 0) || m.Before[i] < -1 || m.Before[i] >= n {
			return notSound(where, fmt.Sprintf("Order[%d]", at), fmt.Sprint(i), "each row once, with distances and the row before it")
		}
		seen[i] = true
	}
	for k, v := range m.Valleys {
		if len(v) != 2 || v[0] < 0 || v[1] < v[0] || v[1] >= n {
			return notSound(where, fmt.Sprintf("Valleys[%d]", k), fmt.Sprint(v), "first and last place")
		}
	}
	if c.Eps > 0 {
		m.code = m.CutEps(c.Eps)
	} else {
		m.code = fromValleys(m.Order, m.Valleys)
	}
	k := m.K
	if m.open(among.from(c.Distance)); m.K != k {
		return notSound(where, "K", fmt.Sprint(k), fmt.Sprint(m.K))
	}
	return checkLabels(where, m.Labels, m.Info.Rows, m.K)
}
