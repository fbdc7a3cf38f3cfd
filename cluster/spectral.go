package cluster

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/tensor"
)

// Affinity is how alike two rows are.
type Affinity uint8

const (
	// RBF is exp(-Gamma·d²) of the Euclidean distance d. The zero value. It keeps a number for each pair of rows.
	RBF Affinity = iota
	// SelfTuning is exp(-d²/(s·t)), where s and t are how far the two rows are from their Neighbors-th nearest (Zelnik-Manor and Perona, NIPS 2004): for clusters of
	// different densities. It keeps a number for each pair.
	SelfTuning
	// NearestNeighbors is 1 for two rows that are among the Neighbors nearest of each other, themselves counted, and ½ where only one is: a sparse graph.
	NearestNeighbors
	// Precomputed takes X itself for the affinities, rows x rows, symmetric and not negative, dense or CSR.
	Precomputed
)

// SpectralLabels is how clusters are read off the embedding.
type SpectralLabels uint8

const (
	// ByKMeans runs k-means with ten restarts. The zero value.
	ByKMeans SpectralLabels = iota
	// ByQR rotates the embedding so that rows picked by pivoted QR become the axes (Damle, Minden and Ying, Information and Inference 8, 2019). Nothing is random.
	ByQR
	// ByRotation turns between the nearest 0-1 matrix and the nearest rotation (Yu and Shi, ICCV 2003).
	ByRotation
)

// Spectral clusters the nodes of a graph of alike rows: it embeds them by the eigenvectors of the normalised Laplacian that belong to its K smallest eigenvalues, where
// parts that hang together come to lie together, and clusters there (Shi and Malik, IEEE TPAMI 22, 2000; von Luxburg, "A tutorial on spectral clustering", Statistics and
// Computing 17, 2007). Parts that no edge joins have eigenvalues 0 of their own and come apart.
//
// A row of weight k counts as k rows, but in the graph of NearestNeighbors and the scales of SelfTuning, where each row is one; of weight 0 is absent. Scale the columns
// first. CSR is an error but for Precomputed. Eigenvectors are found by Lanczos's method. Random are its start, and the first centres of k-means.
type Spectral struct {
	K         int            // clusters; 0: 8, or all rows if there are fewer
	Affinity  Affinity       // 0: RBF
	Gamma     float64        // of RBF; 0: 1
	Neighbors int            // of NearestNeighbors, 0: 10, and SelfTuning, 0: 7
	Labels    SpectralLabels // 0: ByKMeans
	Seed      uint64
}

var _ ml.Fitter[ml.Table, *SpectralModel] = Spectral{}

// SpectralModel is an embedding and its clusters. [Spectral] returns it.
type SpectralModel struct {
	ml.Fitted
	Labels      []int                   // the cluster of each training row; clusters are numbered by their first rows
	K           int                     // clusters that have rows
	Eigenvalues []float64               // of the normalised Laplacian, rising
	Embedding   *tensor.Tensor[float64] // of the rows of positive weight, rows x K of the config

	Rows   *tensor.Tensor[float64] // the rows of positive weight; nil if affinities were Precomputed
	Weight []float64               // of each; nil: all 1
	Code   []int                   // the cluster of each
	Scale  []float64               // of SelfTuning: how far the Neighbors-th nearest of each is; else nil

	index   near.Index
	answers answerer
}

// Fit embeds the rows and clusters them.
func (c Spectral) Fit(ctx context.Context, t ml.Table) (*SpectralModel, error) {
	const where = "cluster.Spectral.Fit"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	if c.Affinity != Precomputed {
		if err := denseOnly(where, t.X); err != nil {
			return nil, err
		}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	kept, live := t, []int(nil)
	n, d := t.X.Dims()
	for i := range n {
		if t.Weight == nil || t.Weight[i] > 0 {
			live = append(live, i)
		}
	}
	if c.Affinity == Precomputed && n != d {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", n, d), "as many columns as rows: affinities")
	}
	s := newSpace(kept)
	if c.K == 0 {
		c.K = min(8, s.n)
	}
	if s.n < c.K {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("at most %d, the rows of positive weight", s.n))
	}
	m := &SpectralModel{Fitted: ml.NewFitted(t, nil, c)}
	g, err := m.graph(where, c, s, live)
	if err != nil {
		return nil, err
	}
	if err := m.embed(ctx, where, c, s, g); err != nil {
		return nil, err
	}
	if m.Code, err = c.labels(ctx, s, m.Embedding); err != nil {
		return nil, err
	}
	m.Code = byFirst(m.Code)
	for _, k := range m.Code {
		m.K = max(m.K, k+1)
	}
	m.Weight = s.weight
	if c.Affinity == Precomputed {
		m.Labels = make([]int, n)
		for i := range m.Labels {
			m.Labels[i] = ml.None // of weight 0
		}
		for k, i := range live {
			m.Labels[i] = m.Code[k]
		}
	} else {
		m.Rows = tensor.FromSlice(append([]float64(nil), s.points().X...), s.n, s.d)
		m.open()
		m.Labels = m.answers.label(t, func(i int) int { return m.Code[i] })
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

func (c *Spectral) resolve(where string) error {
	switch {
	case c.K < 0:
		return ml.BadConfig(where, "K", c.K, ">= 1, or 0 for 8")
	case c.Affinity > Precomputed:
		return ml.BadConfig(where, "Affinity", c.Affinity, "RBF, SelfTuning, NearestNeighbors or Precomputed")
	case !(c.Gamma >= 0 && c.Gamma <= math.MaxFloat64):
		return ml.BadConfig(where, "Gamma", c.Gamma, "> 0, or 0 for 1")
	case c.Neighbors < 0:
		return ml.BadConfig(where, "Neighbors", c.Neighbors, ">= 1, or 0 for 10, or 7 of SelfTuning")
	case c.Labels > ByRotation:
		return ml.BadConfig(where, "Labels", c.Labels, "ByKMeans, ByQR or ByRotation")
	}
	if c.Gamma == 0 {
		c.Gamma = 1
	}
	if c.Neighbors == 0 {
		if c.Neighbors = 10; c.Affinity == SelfTuning {
			c.Neighbors = 7
		}
	}
	return nil
}

// open makes the model ready for questions.
func (m *SpectralModel) open() {
	if m.Rows == nil {
		return
	}
	n := len(m.Code)
	m.index, _ = near.Choose(near.Points{N: n, D: m.Info.Features, X: m.Rows.Data()}, nil, near.Auto, 0)
	m.answers = newAnswerer("cluster.SpectralModel", &m.Fitted, n*(m.Info.Features+10), m.one)
}

func (m *SpectralModel) one(a *asking, x []float64) int {
	c := m.Config.(Spectral)
	k := c.Neighbors
	if c.Affinity == RBF {
		k = 1
	}
	found := m.index.Nearest(&a.Search, x, min(k, len(m.Code)))
	room := a.room(m.K + len(m.Code))
	votes, alike := room[:m.K], room[m.K:]
	clear(votes)
	weight := func(i int) float64 {
		if m.Weight == nil {
			return 1
		}
		return m.Weight[i]
	}
	if c.Affinity == NearestNeighbors {
		for _, f := range found {
			votes[m.Code[f.Index]] += weight(f.Index)
		}
	} else {
		own := found[len(found)-1].Value
		for i := range alike {
			gamma := c.Gamma
			if c.Affinity == SelfTuning {
				gamma = tuned(own, m.Scale[i])
			}
			if alike[i] = squareBetween(x, m.Rows.Row(i)); alike[i] > 0 {
				alike[i] *= -gamma
			}
		}
		kern.ExpPortable(alike, alike)
		for i, code := range m.Code {
			votes[code] += float64(weight(i) * alike[i])
		}
	}
	best, any := 0, false
	for k, v := range votes {
		if v > votes[best] {
			best = k
		}
		any = any || v > 0
	}
	if !any { // farther than exp can tell
		return m.Code[found[0].Index]
	}
	return best
}

// Predict returns for each row of x the cluster that it is most alike in sum, as the training rows' affinities are; far from all, the cluster of the nearest row. For a
// training row that is nearly always its label. It costs O(rows · columns) for a row, with NearestNeighbors a search. With Precomputed affinities it is
// errors.ErrUnsupported.
func (m *SpectralModel) Predict(x tensor.Matrix) ([]int, error) {
	if m.Rows == nil {
		return nil, unsupported("cluster.SpectralModel.Predict")
	}
	return m.answers.predict(x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *SpectralModel) PredictInto(dst []int, x tensor.Matrix) error {
	if m.Rows == nil {
		return unsupported("cluster.SpectralModel.PredictInto")
	}
	return m.answers.predictInto(dst, x)
}

// PredictRow returns the cluster of a single row, without allocating.
func (m *SpectralModel) PredictRow(x []float64) (int, error) {
	if m.Rows == nil {
		return 0, unsupported("cluster.SpectralModel.PredictRow")
	}
	return m.answers.predictRow(x)
}

func unsupported(where string) error {
	return fmt.Errorf("%s: of precomputed affinities: %w", where, errors.ErrUnsupported)
}

// Restore checks a model that was read from a file.
func (m *SpectralModel) Restore() error {
	const where = "cluster.SpectralModel"
	c, ok := m.Config.(Spectral)
	if !ok {
		return notSound(where, "Config", fmt.Sprintf("%T", m.Config), "a cluster.Spectral")
	}
	if err := c.resolve(where); err != nil {
		return err
	}
	n := len(m.Code)
	if n < 1 || n > m.Info.Rows || m.Weight != nil && len(m.Weight) != n || (m.Rows == nil) != (c.Affinity == Precomputed) || m.K < 1 || m.K > n || c.Neighbors < 1 {
		return notSound(where, "Code, Weight and Rows", "of other lengths", "one for each row of positive weight")
	}
	if err := checkLabels(where, m.Labels, m.Info.Rows, m.K); err != nil {
		return err
	}
	if err := checkRows(where, "Embedding", m.Embedding, n, len(m.Eigenvalues)); err != nil {
		return err
	}
	for i, k := range m.Code {
		if k < 0 || k >= m.K || m.Weight != nil && !(m.Weight[i] > 0 && m.Weight[i] <= math.MaxFloat64) {
			return notSound(where, fmt.Sprintf("Code[%d]", i), fmt.Sprint(k), fmt.Sprintf("0 to %d, and a weight", m.K-1))
		}
	}
	if c.Affinity == SelfTuning {
		if len(m.Scale) != n {
			return notSound(where, "Scale", fmt.Sprintf("%d long", len(m.Scale)), fmt.Sprint(n))
		}
		for i, v := range m.Scale {
			if !(v >= 0 && v <= math.MaxFloat64) {
				return notSound(where, fmt.Sprintf("Scale[%d]", i), fmt.Sprint(v), "a distance")
			}
		}
	}
	if m.Rows != nil {
		if err := checkRows(where, "Rows", m.Rows, n, m.Info.Features); err != nil {
			return err
		}
	}
	m.open()
	return nil
}
