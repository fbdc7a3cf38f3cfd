package cluster

import (
	"fmt"
	"math"
	"strconv"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// KMeansModel is centres that rows are nearest to. [KMeans] and [MiniBatchKMeans] return it. It is a transformer as well: to the distances from the centres.
type KMeansModel struct {
	ml.Fitted
	Centers *tensor.Tensor[float64] // K x columns
	Inertia float64                 // weighted sum of the squared distances of the training rows from their centres
	Counts  []float64               // weight of the rows that each centre has seen, for Update

	points near.Points
	buf    *sync.Pool
}

// Restore checks a model that was read from a file.
func (m *KMeansModel) Restore() error {
	const where = "cluster.KMeansModel"
	if m.Centers == nil || len(m.Centers.Shape()) != 2 || m.Centers.Shape()[0] < 1 || m.Centers.Shape()[1] != m.Info.Features {
		return &ml.Error{Where: where, Field: "Centers", Found: "of another shape", Want: fmt.Sprintf("rows of %d columns", m.Info.Features), Kind: ml.ErrFormat}
	}
	if i, j, v, ok := rows.CheckFinite(m.Centers, false); !ok {
		return &ml.Error{Where: where, Field: fmt.Sprintf("Centers[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrFormat}
	}
	if !(m.Inertia >= 0 && m.Inertia <= math.MaxFloat64) {
		return &ml.Error{Where: where, Field: "Inertia", Found: fmt.Sprint(m.Inertia), Want: "a finite number >= 0", Kind: ml.ErrFormat}
	}
	for _, v := range m.Counts {
		if !(v >= 0 && v <= math.MaxFloat64) || len(m.Counts) != m.Centers.Shape()[0] {
			return &ml.Error{Where: where, Field: "Counts", Found: fmt.Sprint(v), Want: "a finite number >= 0 for each centre", Kind: ml.ErrFormat}
		}
	}
	m.points = near.PointsOf(rows.Of(m.Centers))
	d := m.points.D
	m.buf = &sync.Pool{New: func() any { return &oneRow{row: make([]float64, d)} }}
	return nil
}

// oneRow is the memory for a row.
type oneRow struct{ row []float64 }

// K is the number of clusters.
func (m *KMeansModel) K() int { return m.points.N }

func (m *KMeansModel) check(where string, x tensor.Matrix) (rows.Rows, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return rows.Rows{}, err
	}
	return rows.Of(x), ml.CheckFinite(where, &m.Fitted, x, false)
}

// Predict returns the nearest centre of each row of x, the first of equally near ones.
func (m *KMeansModel) Predict(x tensor.Matrix) ([]int, error) {
	const where = "cluster.KMeansModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := make([]int, r.Len())
	if err := m.predict(where, out, x, r); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *KMeansModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "cluster.KMeansModel.PredictInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	return m.predict(where, dst, x, r)
}

// predict looks at many dense rows once, and finds out on the way whether they are finite.
func (m *KMeansModel) predict(where string, dst []int, x tensor.Matrix, r rows.Rows) error {
	const many = 64
	if r.Len() >= many && !r.Sparse() {
		label := make([]int32, r.Len())
		if !near.Assign(label, r, m.points) {
			return ml.CheckFinite(where, &m.Fitted, x, false)
		}
		for i, c := range label {
			dst[i] = int(c)
		}
		return nil
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return err
	}
	if par.Small(r.Len(), m.points.N*m.points.D) {
		m.span(dst, r, 0, r.Len())
		return nil
	}
	par.For(r.Len(), m.points.N*m.points.D, func(lo, hi int) { m.span(dst, r, lo, hi) })
	return nil
}

// span answers one row after the other.
func (m *KMeansModel) span(dst []int, r rows.Rows, lo, hi int) {
	b := m.buf.Get().(*oneRow)
	for i := lo; i < hi; i++ {
		dst[i] = m.points.Closest(r.Row(i, b.row))
	}
	m.buf.Put(b)
}

// PredictRow returns the nearest centre of a single row, without allocating.
func (m *KMeansModel) PredictRow(x []float64) (int, error) {
	if err := ml.CheckFiniteRow("cluster.KMeansModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	return m.points.Closest(x), nil
}

// Transform returns the distance of each row of x from each centre, rows x K.
func (m *KMeansModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	n := 0
	if fault := rows.Fault(x); fault == "" {
		n, _ = x.Dims()
	}
	out := tensor.New[float64](n, m.K())
	if err := m.TransformInto(out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// TransformInto is Transform into dst, rows x K.
func (m *KMeansModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "cluster.KMeansModel.Transform"
	r, err := m.check(where, x)
	if err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, m.K()); err != nil {
		return err
	}
	if par.Small(r.Len(), m.points.N*m.points.D) {
		m.away(dst, r, 0, r.Len())
		return nil
	}
	par.For(r.Len(), m.points.N*m.points.D, func(lo, hi int) { m.away(dst, r, lo, hi) })
	return nil
}

func (m *KMeansModel) away(dst *tensor.Tensor[float64], r rows.Rows, lo, hi int) {
	b := m.buf.Get().(*oneRow)
	for i := lo; i < hi; i++ {
		m.distances(dst.Row(i), r.Row(i, b.row))
	}
	m.buf.Put(b)
}

func (m *KMeansModel) distances(dst, x []float64) {
	for c := range dst {
		dst[c] = math.Sqrt(kern.SqDist(x, m.points.Row(c)))
	}
}

// TransformRow is Transform of a single row into dst, K long, without allocating.
func (m *KMeansModel) TransformRow(dst, x []float64) error {
	const where = "cluster.KMeansModel.TransformRow"
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each centre", m.K()))
	}
	m.distances(dst, x)
	return nil
}

// Out names the distances: kmeans0, kmeans1, ..., each made of all columns.
func (m *KMeansModel) Out() []ml.Column {
	out := make([]ml.Column, m.K())
	for c := range out {
		from := make([]int, m.Info.Features)
		for j := range from {
			from[j] = j
		}
		out[c] = ml.Column{Name: "kmeans" + strconv.Itoa(c), From: from}
	}
	return out
}
