package neighbors

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// NearestCentroid gives a row the class whose centroid is nearest: the mean of its rows, or their median for the Manhattan distance. With shrinkage it is the method of nearest shrunken centroids, which finds the
// columns that matter (Tibshirani, Hastie, Narasimhan and Chu, PNAS 99, 2002; Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 18.2).
//
// The score of a class is 2 log prior - distance², and the highest wins, the lowest code of equal ones. A row of weight k is k rows, one of weight 0 is absent. A class without rows is never predicted. CSR is an
// error. A fit costs O(rows · columns), with a sort for medians; nothing is random.
type NearestCentroid struct {
	Distance     metrics.Distance // nil: Euclidean
	Shrinkage    float64          // by how many standard errors centroids move to that of all rows, which they do not pass, >= 0. 0: none
	Priors       []float64        // of the classes, >= 0; they are made to sum to one. nil: equal
	Empirical    bool             // priors are the shares in training; an error together with Priors
	Standardized bool             // distances are in units of each column's deviation within the classes, where it is not 0
}

var _ ml.Fitter[ml.Dataset[int], *CentroidModel] = NearestCentroid{}

// CentroidModel is a fitted [NearestCentroid].
type CentroidModel struct {
	ml.Fitted
	Centroids *tensor.Tensor[float64] // classes x columns
	Priors    []float64               // of the classes; 0 for those without rows
	Deviation []float64               // of each column within the classes

	distance metrics.Distance
	scaled   [][]float64 // centroids in the units of distances
	unit     []float64   // what columns are divided by; nil: nothing
	prior    []float64   // 2 log prior
	pool     *sync.Pool  // of *asking
}

// Fit finds the centroids.
func (c NearestCentroid) Fit(ctx context.Context, d ml.Dataset[int]) (*CentroidModel, error) {
	const where = "neighbors.NearestCentroid.Fit"
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := dense(where, d.X); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if c.Priors != nil {
		c.Priors = append([]float64{}, c.Priors...)
	}
	m := &CentroidModel{Fitted: ml.NewFitted(d.Table, d.Classes, c)}
	k := d.K()
	if err := c.check(where, k, m.Info.Features); err != nil {
		return nil, err
	}
	x, weight, from := kept(d.Table)
	p := m.Info.Features
	weightOf := func(i int) float64 {
		if weight == nil {
			return 1
		}
		return weight[i]
	}
	count, members := make([]float64, k), make([][]int, k)
	whole := 0.0
	for i, at := range from {
		code := d.Y[at]
		count[code] += weightOf(i)
		whole += weightOf(i)
		members[code] = append(members[code], i)
	}
	m.Centroids = tensor.New[float64](k, p)
	for code, rows := range members {
		if len(rows) > 0 {
			c.centre(m.Centroids.Row(code), x, rows, weight)
		}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m.Deviation = make([]float64, p)
	for code, rows := range members {
		centre := m.Centroids.Row(code)
		for _, i := range rows {
			for j, v := range x.Row(i) {
				m.Deviation[j] += float64(weightOf(i) * float64((v-centre[j])*(v-centre[j])))
			}
		}
	}
	for j, v := range m.Deviation {
		m.Deviation[j] = 0
		if free := whole - float64(k); free > 0 {
			m.Deviation[j] = math.Sqrt(v / free)
		}
	}
	if c.Shrinkage > 0 {
		all := make([]int, len(from))
		for i := range all {
			all[i] = i
		}
		middle := make([]float64, p)
		mean(middle, x, all, weight)
		c.shrink(m, middle, count, whole)
	}
	m.Priors = make([]float64, k)
	sum := 0.0
	for code := range m.Priors {
		switch {
		case count[code] == 0:
			continue
		case c.Empirical:
			m.Priors[code] = count[code]
		case c.Priors != nil:
			m.Priors[code] = c.Priors[code]
		default:
			m.Priors[code] = 1
		}
		sum += m.Priors[code]
	}
	if !(sum > 0) {
		return nil, ml.BadConfig(where, "Priors", c.Priors, "above 0 for a class that has rows")
	}
	for code := range m.Priors {
		m.Priors[code] /= sum
	}
	if err := m.ready(where); err != nil {
		return nil, err
	}
	return m, nil
}

func (c NearestCentroid) check(where string, k, columns int) error {
	if !(c.Shrinkage >= 0 && c.Shrinkage <= math.MaxFloat64) {
		return ml.BadConfig(where, "Shrinkage", c.Shrinkage, ">= 0")
	}
	if c.Priors != nil && c.Empirical {
		return ml.BadConfig(where, "Empirical", true, "false where Priors are given")
	}
	if c.Priors != nil && len(c.Priors) != k {
		return ml.BadConfig(where, "Priors", fmt.Sprintf("%d numbers", len(c.Priors)), fmt.Sprintf("%d, one for each class", k))
	}
	for code, v := range c.Priors {
		if !(v >= 0 && v <= 1e300) {
			return ml.BadConfig(where, fmt.Sprintf("Priors[%d]", code), v, ">= 0")
		}
	}
	return metrics.CheckDistance(where, c.Distance, columns)
}

// centre is the mean of some rows, or the median.
func (c NearestCentroid) centre(dst []float64, x *tensor.Tensor[float64], rows []int, weight []float64) {
	if _, medians := c.Distance.(metrics.Manhattan); !medians {
		mean(dst, x, rows, weight)
		return
	}
	column, w := make([]float64, len(rows)), make([]float64, len(rows))
	for j := range dst {
		for k, i := range rows {
			column[k], w[k] = x.Row(i)[j], 1
			if weight != nil {
				w[k] = weight[i]
			}
		}
		dst[j] = stats.NewSample(column, w).Quantile(0.5, stats.AveragedInvertedCDF)
	}
}

func mean(dst []float64, x *tensor.Tensor[float64], rows []int, weight []float64) {
	whole := 0.0
	for _, i := range rows {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		whole += w
		for j, v := range x.Row(i) {
			dst[j] += float64(w * v)
		}
	}
	for j := range dst {
		dst[j] /= whole
	}
}

// shrink moves the centroids to the middle by a number of standard errors. The median deviation is added to each, so that a column with hardly any does not decide by chance.
func (c NearestCentroid) shrink(m *CentroidModel, middle, count []float64, whole float64) {
	median := stats.NewSample(m.Deviation, nil).Quantile(0.5, stats.Linear)
	for code, n := range count {
		if n == 0 {
			continue
		}
		root := math.Sqrt(max(1/n-1/whole, 0))
		row := m.Centroids.Row(code)
		for j, v := range row {
			by := root * (m.Deviation[j] + median)
			away := v - middle[j]
			if step := c.Shrinkage * by; math.Abs(away) > step {
				row[j] = middle[j] + math.Copysign(math.Abs(away)-step, away)
			} else {
				row[j] = middle[j]
			}
		}
	}
}

// Restore checks a model that was read from a file.
func (m *CentroidModel) Restore() error { return m.ready("neighbors.CentroidModel") }

func (m *CentroidModel) ready(where string) error {
	c, ok := m.Config.(NearestCentroid)
	if !ok {
		return &ml.Error{Where: where, Field: "Config", Found: fmt.Sprintf("%T", m.Config), Want: "a neighbors.NearestCentroid", Kind: ml.ErrFormat}
	}
	k := len(m.Priors)
	if err := c.check(where, k, m.Info.Features); err != nil {
		return err
	}
	if k < 1 || m.Centroids == nil || len(m.Centroids.Shape()) != 2 || m.Centroids.Shape()[0] != k || m.Centroids.Shape()[1] != m.Info.Features || len(m.Deviation) != m.Info.Features || m.Classes != nil && len(m.Classes) != k {
		return &ml.Error{Where: where, Field: "Centroids, Priors and Deviation", Found: "of other shapes", Want: fmt.Sprintf("classes of %d columns", m.Info.Features), Kind: ml.ErrFormat}
	}
	bad := func(field string, v float64, want string) error {
		return &ml.Error{Where: where, Field: field, Found: fmt.Sprint(v), Want: want, Kind: ml.ErrFormat}
	}
	m.distance = c.Distance
	if m.distance == nil {
		m.distance = metrics.Euclidean{}
	}
	m.unit, m.pool = nil, &sync.Pool{New: func() any { return new(asking) }}
	if c.Standardized {
		m.unit = make([]float64, len(m.Deviation))
	}
	for j, v := range m.Deviation {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return bad(fmt.Sprintf("Deviation[%d]", j), v, ">= 0")
		}
		if c.Standardized {
			m.unit[j] = v
			if v == 0 {
				m.unit[j] = 1
			}
		}
	}
	m.scaled, m.prior = make([][]float64, k), make([]float64, k)
	for code, v := range m.Priors {
		if !(v >= 0 && v <= 1) {
			return bad(fmt.Sprintf("Priors[%d]", code), v, "0 to 1")
		}
		m.prior[code] = 2 * math.Log(v)
		row := m.Centroids.Row(code)
		for j, v := range row {
			if !(math.Abs(v) <= math.MaxFloat64) {
				return bad(fmt.Sprintf("Centroids[%d, %d]", code, j), v, "a finite number")
			}
		}
		m.scaled[code] = make([]float64, len(row))
		m.scale(m.scaled[code], row)
	}
	return nil
}

func (m *CentroidModel) scale(dst, x []float64) []float64 {
	if m.unit == nil {
		return x[:copy(dst, x)]
	}
	for j, v := range x {
		dst[j] = v / m.unit[j]
	}
	return dst
}

// scores writes those of a row.
func (m *CentroidModel) scores(dst, x, room []float64) {
	if m.unit != nil {
		x = m.scale(room, x)
	}
	for code, centre := range m.scaled {
		d := m.distance.Between(x, centre)
		if dst[code] = m.prior[code] - float64(d*d); dst[code] != dst[code] {
			dst[code] = math.Inf(-1) // overflow
		}
	}
}

// shares turns scores into probabilities: those of normal rows about the centroids.
func shares(z []float64) {
	most := kern.Max(z)
	if math.IsInf(most, -1) {
		most = 0
	}
	sum := 0.0
	for i, v := range z {
		z[i] = math.Exp((v - most) / 2)
		sum += z[i]
	}
	for i := range z {
		if sum > 0 {
			z[i] /= sum
		} else {
			z[i] = 1 / float64(len(z))
		}
	}
}

// Scores returns 2 log prior - distance² for each class, rows x classes: the higher, the nearer.
func (m *CentroidModel) Scores(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.each("neighbors.CentroidModel.Scores", x, func([]float64) {})
}

// PredictProba returns the probabilities of the classes, rows x K, if rows are normal about their centroids, with deviation 1 in every column: with Standardized they are in these units.
func (m *CentroidModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.each("neighbors.CentroidModel.PredictProba", x, shares)
}

func (m *CentroidModel) each(where string, x tensor.Matrix, then func([]float64)) (*tensor.Tensor[float64], error) {
	if err := check(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := tensor.New[float64](r.Len(), len(m.prior))
	par.For(r.Len(), 2*r.Cols()*len(m.prior), func(lo, hi int) {
		buf, room := make([]float64, r.Cols()), make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			m.scores(out.Row(i), r.Row(i, buf), room)
			then(out.Row(i))
		}
	})
	return out, nil
}

// Predict returns the class of the highest score for each row of x.
func (m *CentroidModel) Predict(x tensor.Matrix) ([]int, error) {
	z, err := m.Scores(x)
	if err != nil {
		return nil, err
	}
	out := make([]int, z.Shape()[0])
	for i := range out {
		out[i] = largest(z.Row(i))
	}
	return out, nil
}

// PredictRow is Predict of a single row, without allocating.
func (m *CentroidModel) PredictRow(x []float64) (int, error) {
	if err := ml.CheckFiniteRow("neighbors.CentroidModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	a := m.pool.Get().(*asking)
	defer m.pool.Put(a)
	room, z := a.buffer(len(x), len(m.prior))
	m.scores(z, x, room)
	return largest(z), nil
}

// ProbaRow is PredictProba of a single row into dst, K long, without allocating.
func (m *CentroidModel) ProbaRow(dst, x []float64) error {
	const where = "neighbors.CentroidModel.ProbaRow"
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != len(m.prior) {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, one for each class", len(m.prior)))
	}
	a := m.pool.Get().(*asking)
	defer m.pool.Put(a)
	room, _ := a.buffer(len(x), 0)
	m.scores(dst, x, room)
	shares(dst)
	return nil
}
