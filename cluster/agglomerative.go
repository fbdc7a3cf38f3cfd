package cluster

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Linkage is how far apart two clusters are.
type Linkage uint8

const (
	// Ward is by how much the sum of squares about the means grows when the two are merged: the root of twice that. The zero value. Euclidean.
	Ward Linkage = iota
	// Complete is the largest distance of a row of one from a row of the other.
	Complete
	// Average is the mean of all those distances (UPGMA).
	Average
	// Weighted is the mean of the distances of the two that a cluster was merged from, whatever their sizes (WPGMA, McQuitty).
	Weighted
	// Centroid is the Euclidean distance of the means (UPGMC). Heights can fall.
	Centroid
	// Median is the Euclidean distance of the middles, each the mean of the middles of the two that it was merged from (WPGMC, Gower). Heights can fall.
	Median
	// Single is the smallest distance of a row of one from a row of the other.
	Single
)

// String returns the name.
func (l Linkage) String() string {
	names := [...]string{"ward", "complete", "average", "weighted", "centroid", "median", "single"}
	if int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Linkage(%d)", uint8(l))
}

// geometric linkages need only a point for each cluster.
func (l Linkage) geometric() bool { return l == Ward || l == Centroid || l == Median }

// Agglomerative begins with each row as a cluster and merges the two that are nearest, again and again. The tree of all merges is cut where K clusters are left, or at a
// height.
//
// Ward, complete, average and weighted linkage follow chains of nearest neighbours (Murtagh, "A survey of recent advances in hierarchical clustering algorithms", The
// Computer Journal 26, 1983), single linkage a minimum spanning tree, centroid and median a list of nearest neighbours (Müllner, "Modern hierarchical, agglomerative
// clustering algorithms", 2011): O(rows²) time each. Ward, centroid, median and single take memory for the rows alone, the others for a distance of each pair.
// With Connectivity only clusters that an edge joins are merged, in O(edges · log rows) or little more; parts that no edge joins are joined by their nearest rows first.
//
// A row of weight k counts as k rows, one of weight 0 is absent. Scale the columns first. CSR is an error. Nothing is random; of equally near pairs that of lower rows is
// merged first.
type Agglomerative struct {
	K            int                  // clusters; 0: 2, or by Height
	Height       float64              // merges at this height or above are undone; 0: by K. Both is an error
	Linkage      Linkage              // 0: Ward
	Distance     metrics.Distance     // of complete, average, weighted and single linkage; nil: Euclidean
	Connectivity *tensor.CSR[float64] // rows x rows; an entry other than 0 joins two rows, either way. nil: every row is joined to every other
}

var _ ml.Fitter[ml.Table, *AgglomerativeModel] = Agglomerative{}

// AgglomerativeModel is the tree of merges and its cut. [Agglomerative] returns it.
type AgglomerativeModel struct {
	ml.Fitted
	Dendrogram
	Labels []int // the cluster of each training row; clusters are numbered by their first rows
	K      int   // clusters
	// Centers are a point for each cluster, K x columns: the mean, or for median linkage the middle. nil for linkages that keep Rows
	Centers *tensor.Tensor[float64]
	Sizes   []float64               // weight of each cluster
	Rows    *tensor.Tensor[float64] // the training rows of positive weight, for complete, average, weighted and single linkage; else nil
	Code    []int                   // the cluster of each of Rows
	Share   []float64               // what each of Rows counts in the mean of its cluster's distances; nil but for average and weighted linkage

	measure near.Measure
	index   near.Index // for single linkage
	answers answerer
}

// Fit merges the rows and cuts the tree.
func (c Agglomerative) Fit(ctx context.Context, t ml.Table) (*AgglomerativeModel, error) {
	const where = "cluster.Agglomerative.Fit"
	if err := begin(ctx, where, t, func(int) error { return c.resolve(where, t.X) }); err != nil {
		return nil, err
	}
	s := newSpace(t)
	if s.n < c.K {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("at most %d, the rows of positive weight", s.n))
	}
	l := &linking{space: s, p: s.points(), linkage: c.Linkage, measure: near.MeasureOf(c.Distance)}
	if err := l.tooLarge(where); err != nil {
		return nil, err
	}
	edges, err := c.edges(where, t)
	if err != nil {
		return nil, err
	}
	var merges []merge
	switch {
	case edges != nil:
		merges, err = l.alongEdges(ctx, edges)
	case c.Linkage == Single:
		merges, err = l.spanningTree(ctx)
	case c.Linkage == Ward:
		merges, err = l.chain(ctx, newCenters(l))
	case c.Linkage.geometric():
		merges, err = l.nearestFirst(ctx)
	default:
		merges, err = l.chain(ctx, newPairs(l))
	}
	if err != nil {
		return nil, err
	}
	for _, m := range merges {
		if !(m.height <= math.MaxFloat64) {
			return nil, &ml.Error{Where: where, Field: "X", Found: "rows at a distance that is not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
		}
	}
	m := &AgglomerativeModel{Fitted: ml.NewFitted(t, nil, c), Dendrogram: newDendrogram(merges, s.n)}
	var codes []int
	if c.Height > 0 {
		codes = m.CutHeight(c.Height)
	} else {
		codes = m.CutK(c.K)
	}
	m.keep(l, codes)
	m.Labels = m.answers.label(t, func(i int) int { return codes[i] })
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (c *Agglomerative) resolve(where string, x tensor.Matrix) error {
	switch {
	case c.K < 0:
		return ml.BadConfig(where, "K", c.K, ">= 1, or 0 for 2")
	case !(c.Height >= 0 && c.Height <= math.MaxFloat64):
		return ml.BadConfig(where, "Height", c.Height, "> 0, or 0 for a cut by K")
	case c.K > 0 && c.Height > 0:
		return ml.BadConfig(where, "Height", c.Height, "0 where K says where to cut")
	case c.Linkage > Single:
		return ml.BadConfig(where, "Linkage", c.Linkage, "Ward, Complete, Average, Weighted, Centroid, Median or Single")
	case c.Linkage.geometric() && c.Distance != nil && near.MeasureOf(c.Distance) != near.MeasureOf(nil):
		return ml.BadConfig(where, "Distance", fmt.Sprintf("%T", c.Distance), fmt.Sprintf("Euclidean: %v linkage is of squares", c.Linkage))
	}
	if c.K == 0 && c.Height == 0 {
		if n, _ := x.Dims(); n > 1 {
			c.K = 2
		} else {
			c.K = 1
		}
	}
	_, d := x.Dims()
	return metrics.CheckDistance(where, c.Distance, d)
}

// tooLarge refuses numbers whose squares, or weights whose products, are beyond double precision.
func (l *linking) tooLarge(where string) error {
	const most = 1e150
	for i, v := range l.p.X {
		if l.linkage.geometric() && math.Abs(v) > most/math.Sqrt(float64(l.d)) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", i/l.d, i%l.d), Found: fmt.Sprint(v), Want: "a number that can be squared", Kind: ml.ErrNotFinite}
		}
	}
	if sum := kern.Sum(l.weight); sum > most {
		return &ml.Error{Where: where, Field: "Weight", Found: fmt.Sprintf("a sum of %g", sum), Want: "at most 1e150", Kind: ml.ErrWeight}
	}
	return nil
}

// keep gives the model what it predicts from.
func (m *AgglomerativeModel) keep(l *linking, codes []int) {
	for _, k := range codes {
		m.K = max(m.K, k+1)
	}
	m.Sizes = make([]float64, m.K)
	for i, k := range codes {
		m.Sizes[k] += l.w(i)
	}
	share := m.shares(l, codes)
	if l.linkage.geometric() {
		m.Centers = tensor.New[float64](m.K, l.d)
		for i, k := range codes {
			for j, v := range l.p.Row(i) {
				m.Centers.Row(k)[j] += float64(share[i] * v)
			}
		}
	} else {
		m.Rows = tensor.New[float64](l.n, l.d)
		for i := range l.n {
			copy(m.Rows.Row(i), l.p.Row(i))
		}
		m.Code = codes
		if l.linkage == Average || l.linkage == Weighted {
			m.Share = share
		}
	}
	m.open()
}

// shares are what each row counts in its cluster: its share of the weight, or one half less for each merge of the cluster's under median and weighted linkage.
func (m *AgglomerativeModel) shares(l *linking, codes []int) []float64 {
	share := make([]float64, l.n)
	if l.linkage != Median && l.linkage != Weighted {
		for i, k := range codes {
			share[i] = l.w(i) / m.Sizes[k]
		}
		return share
	}
	node := make([]float64, 2*l.n-1)
	for i := range node {
		node[i] = 1
	}
	inside := m.within(codes)
	for k := len(inside) - 1; k >= 0; k-- {
		for _, child := range [2]int{int(m.Z.At(k, 0)), int(m.Z.At(k, 1))} {
			if node[child] = 1; inside[k] {
				node[child] = node[l.n+k] / 2
			}
		}
	}
	copy(share, node)
	return share
}

// open makes the model ready for questions.
func (m *AgglomerativeModel) open() {
	c := m.Config.(Agglomerative)
	m.measure = near.MeasureOf(c.Distance)
	cost := m.K * m.Info.Features
	if m.Rows != nil {
		cost = m.Rows.Shape()[0] * m.Info.Features
	}
	if c.Linkage == Single {
		m.index, _ = near.Choose(near.Points{N: m.Rows.Shape()[0], D: m.Info.Features, X: m.Rows.Data()}, c.Distance, near.Auto, 0)
	}
	m.answers = newAnswerer("cluster.AgglomerativeModel", &m.Fitted, max(cost, 100), m.one)
}

func (m *AgglomerativeModel) one(a *asking, x []float64) int {
	c := m.Config.(Agglomerative)
	if c.Linkage == Single {
		return m.Code[m.index.Nearest(&a.Search, x, 1)[0].Index]
	}
	v := a.room(m.K)
	clear(v)
	if m.Centers != nil {
		for k := range v {
			if v[k] = near.Between(m.measure, x, m.Centers.Row(k)); c.Linkage == Ward {
				v[k] *= math.Sqrt(2 * m.Sizes[k] / (m.Sizes[k] + 1))
			}
		}
	} else {
		for i, k := range m.Code {
			d := near.Between(m.measure, x, m.Rows.Row(i))
			if m.Share == nil {
				v[k] = max(v[k], d)
			} else {
				v[k] += float64(m.Share[i] * d)
			}
		}
	}
	best := 0
	for k := range v {
		if v[k] < v[best] {
			best = k
		}
	}
	return best
}

// Predict returns for each row of x the cluster that it is nearest to by the linkage, as if it were to be merged with one; the lowest code of equally near ones. For a
// training row that need not be its label, but with single linkage. It costs O(K · columns) for a row with ward, centroid and median linkage, a search for the nearest row
// with single linkage, and O(rows · columns) with the others.
func (m *AgglomerativeModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers.predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *AgglomerativeModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *AgglomerativeModel) PredictRow(x []float64) (int, error) { return m.answers.predictRow(x) }

// Restore checks a model that was read from a file.
func (m *AgglomerativeModel) Restore() error {
	const where = "cluster.AgglomerativeModel"
	c, ok := m.Config.(Agglomerative)
	if !ok {
		return notSound(where, "Config", fmt.Sprintf("%T", m.Config), "a cluster.Agglomerative")
	}
	n, err := m.Dendrogram.check(where)
	if err != nil {
		return err
	}
	if n > m.Info.Rows || m.K < 1 || m.K > n || len(m.Sizes) != m.K || c.Linkage > Single {
		return notSound(where, "K", fmt.Sprint(m.K), "as many as Sizes, and no more than rows")
	}
	for k, v := range m.Sizes {
		if !(v > 0 && v <= math.MaxFloat64) {
			return notSound(where, fmt.Sprintf("Sizes[%d]", k), fmt.Sprint(v), "a number > 0")
		}
	}
	if err := checkLabels(where, m.Labels, m.Info.Rows, m.K); err != nil {
		return err
	}
	if err := metrics.CheckDistance(where, c.Distance, m.Info.Features); err != nil {
		return err
	}
	if c.Linkage.geometric() {
		err = checkRows(where, "Centers", m.Centers, m.K, m.Info.Features)
	} else {
		err = m.checkRows(where, n, c.Linkage)
	}
	if err != nil {
		return err
	}
	m.open()
	return nil
}

func (m *AgglomerativeModel) checkRows(where string, n int, l Linkage) error {
	if err := checkRows(where, "Rows", m.Rows, n, m.Info.Features); err != nil {
		return err
	}
	shares := l == Average || l == Weighted
	if len(m.Code) != n || shares != (m.Share != nil) || shares && len(m.Share) != n || m.Centers != nil {
		return notSound(where, "Code and Share", "of other lengths", fmt.Sprint(n))
	}
	for i, k := range m.Code {
		if k < 0 || k >= m.K {
			return notSound(where, fmt.Sprintf("Code[%d]", i), fmt.Sprint(k), fmt.Sprintf("0 to %d", m.K-1))
		}
	}
	for i, v := range m.Share {
		if !(v >= 0 && v <= 1) {
			return notSound(where, fmt.Sprintf("Share[%d]", i), fmt.Sprint(v), "0 to 1")
		}
	}
	return nil
}
