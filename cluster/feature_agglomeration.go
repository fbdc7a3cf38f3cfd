package cluster

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// FeatureAgglomeration merges columns that are alike, as [Agglomerative] merges rows, and puts the mean of each cluster of columns in their place. Distances are Euclidean,
// between the columns as they are: standardise them first, so that columns are near that rise and fall together. A row of weight k counts as k rows. CSR is an error.
// Nothing is random.
type FeatureAgglomeration struct {
	K            int                  // clusters of columns; 0: 2, or by Height
	Height       float64              // merges at this height or above are undone; 0: by K. Both is an error
	Linkage      Linkage              // 0: Ward
	Connectivity *tensor.CSR[float64] // columns x columns, as Agglomerative's of rows; nil: every column is joined to every other
}

var _ ml.Fitter[ml.Table, *FeatureAgglomerationModel] = FeatureAgglomeration{}

// FeatureAgglomerationModel is a tree of columns and its cut. [FeatureAgglomeration] returns it.
type FeatureAgglomerationModel struct {
	ml.Fitted
	Dendrogram       // its leaves are columns
	Labels     []int // the cluster of each column; clusters are numbered by their first columns
	K          int   // clusters

	size []float64
}

// Fit merges the columns.
func (c FeatureAgglomeration) Fit(ctx context.Context, t ml.Table) (*FeatureAgglomerationModel, error) {
	const where = "cluster.FeatureAgglomeration.Fit"
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := denseOnly(where, t.X); err != nil {
		return nil, err
	}
	s := newSpace(t)
	turned := tensor.New[float64](s.d, s.n)
	buf := make([]float64, s.d)
	for i := range s.n {
		w := math.Sqrt(s.w(i))
		for j, v := range s.x.Row(i, buf) {
			turned.Row(j)[i] = v * w
		}
	}
	if _, _, v, ok := rows.CheckFinite(turned, false); !ok {
		return nil, &ml.Error{Where: where, Field: "X", Found: fmt.Sprintf("%g, with its weight", v), Want: "a finite number", Kind: ml.ErrNotFinite}
	}
	tree, err := Agglomerative{K: c.K, Height: c.Height, Linkage: c.Linkage, Connectivity: c.Connectivity}.Fit(ctx, ml.Table{X: turned})
	if err != nil {
		return nil, err
	}
	c.K = tree.Config.(Agglomerative).K
	m := &FeatureAgglomerationModel{Fitted: ml.NewFitted(t, nil, c), Dendrogram: tree.Dendrogram, Labels: tree.Labels, K: tree.K}
	m.count()
	return m, nil
}

func (m *FeatureAgglomerationModel) count() {
	m.size = make([]float64, m.K)
	for _, k := range m.Labels {
		m.size[k]++
	}
}

// Restore checks a model that was read from a file.
func (m *FeatureAgglomerationModel) Restore() error {
	const where = "cluster.FeatureAgglomerationModel"
	n, err := m.Dendrogram.check(where)
	if err != nil {
		return err
	}
	if n != m.Info.Features || m.K < 1 || m.K > n {
		return notSound(where, "Z and K", fmt.Sprintf("%d leaves, %d clusters", n, m.K), fmt.Sprintf("%d leaves and no more clusters", m.Info.Features))
	}
	if err := checkLabels(where, m.Labels, n, m.K); err != nil {
		return err
	}
	for j, k := range m.Labels {
		if k < 0 {
			return notSound(where, fmt.Sprintf("Labels[%d]", j), fmt.Sprint(k), "a cluster")
		}
	}
	m.count()
	for k, v := range m.size {
		if v == 0 {
			return notSound(where, "Labels", fmt.Sprintf("no column of cluster %d", k), "one at least")
		}
	}
	return nil
}

// Transform returns the mean of each cluster of columns, rows x K.
func (m *FeatureAgglomerationModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	n := 0
	if fault := rows.Fault(x); fault == "" {
		n, _ = x.Dims()
	}
	out := tensor.New[float64](n, m.K)
	if err := m.TransformInto(out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// TransformInto is Transform into dst, rows x K.
func (m *FeatureAgglomerationModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "cluster.FeatureAgglomerationModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, m.K); err != nil {
		return err
	}
	r := rows.Of(x)
	par.For(r.Len(), 2*r.Cols(), func(lo, hi int) {
		buf := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			m.means(dst.Row(i), r.Row(i, buf))
		}
	})
	return nil
}

func (m *FeatureAgglomerationModel) means(dst, x []float64) {
	clear(dst)
	for j, v := range x {
		k := m.Labels[j]
		dst[k] += v / m.size[k]
	}
}

// TransformRow is Transform of a single row into dst, K long, without allocating.
func (m *FeatureAgglomerationModel) TransformRow(dst, x []float64) error {
	const where = "cluster.FeatureAgglomerationModel.TransformRow"
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each cluster", m.K))
	}
	m.means(dst, x)
	return nil
}

// Inverse gives every column the number of its cluster: what Transform made of a row, spread over the columns again.
func (m *FeatureAgglomerationModel) Inverse(z tensor.Matrix) (tensor.Matrix, error) {
	const where = "cluster.FeatureAgglomerationModel.Inverse"
	if fault := rows.Fault(z); fault != "" {
		return nil, ml.BadShape(where, "Z", fault, fmt.Sprintf("rows x %d", m.K))
	}
	n, k := z.Dims()
	if k != m.K {
		return nil, ml.BadShape(where, "Z", fmt.Sprintf("%d columns", k), fmt.Sprint(m.K))
	}
	out := tensor.New[float64](n, len(m.Labels))
	for i := range n {
		for j, k := range m.Labels {
			out.Row(i)[j] = z.At(i, k)
		}
	}
	return out, nil
}

// Out names the clusters: featureagglomeration0, featureagglomeration1, ..., each made of its columns.
func (m *FeatureAgglomerationModel) Out() []ml.Column {
	out := make([]ml.Column, m.K)
	for j, k := range m.Labels {
		out[k].Name = "featureagglomeration" + strconv.Itoa(k)
		out[k].From = append(out[k].From, j)
	}
	return out
}
