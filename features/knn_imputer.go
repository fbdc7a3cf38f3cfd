package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// KNNImputer replaces a missing value by the mean of the values that the nearest training rows have there, or in a categorical column by their most
// frequent category.
//
// Distances are Euclidean over the columns that both rows have, times the root of columns / common columns, as if the missing ones were like the rest;
// a different category counts 1. Scale the columns first: a column of large numbers decides alone. Where no training row shares a column with the row, the mean (or most frequent category) of the
// column is put. Of equally near rows the earlier ones count. A training row of weight k is k neighbours. Training rows answer for themselves, too, if they are transformed.
//
// The model keeps the training rows. A complete row costs nothing, any other O(training rows * columns): for large sets use SimpleImputer or IterativeImputer. CSR is an
// error: distances need every number. Width is kept.
//
// Troyanskaya et al.: Missing value estimation methods for DNA microarrays. Bioinformatics 17 (2001).
type KNNImputer struct {
	K            int  // neighbours for each value; zero: 5
	ByDistance   bool // true: neighbours weigh 1/distance, those at distance 0 alone if there are any; false: all alike
	AddIndicator bool // true: adds a column of zeros and ones for each column with missing values in training
}

// KNNImputerModel is a fitted KNNImputer.
type KNNImputerModel struct {
	ml.Fitted
	Rows      *tensor.Tensor[float64] // training rows of positive weight
	Weight    []float64               // of them; nil: all 1
	Fill      []float64               // mean or most frequent category of each column
	Indicator []int                   // columns that had missing values, if AddIndicator

	out     []ml.Column
	scratch *sync.Pool // of *neighbourhood
}

// Accepts says that it takes missing values and categorical columns.
func (KNNImputer) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

const whyKNN = ": distances need every number"

// Fit keeps the rows of t.
func (c KNNImputer) Fit(ctx context.Context, t ml.Table) (*KNNImputerModel, error) {
	const where = "features.KNNImputer.Fit"
	if c.K < 0 {
		return nil, ml.BadConfig(where, "K", c.K, "0 for 5, or >= 1")
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyKNN)
	}
	simple, err := SimpleImputer{}.Fit(ctx, t)
	if err != nil {
		return nil, err
	}
	m := &KNNImputerModel{Fitted: ml.NewFitted(t, nil, c), Fill: simple.Fill}
	n, p := t.X.Dims()
	var kept []int
	for i := range n {
		if weightOf(t.Weight, i) > 0 {
			kept = append(kept, i)
		}
	}
	from := rows.Of(t.X)
	m.Rows = tensor.New[float64](len(kept), p)
	buf := make([]float64, p)
	for k, i := range kept {
		copy(m.Rows.Row(k), from.Row(i, buf))
	}
	if t.Weight != nil {
		m.Weight = pick(t.Weight, kept)
	}
	if c.AddIndicator {
		m.Indicator = columnsWithMissing(t)
	}
	return ready(m)
}

// Restore checks a model that was read from a file and derives its columns.
func (m *KNNImputerModel) Restore() error {
	const where = "features.KNNImputerModel"
	if _, is := m.Config.(KNNImputer); !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.KNNImputer")
	}
	p := m.Info.Features
	if m.Rows == nil || len(m.Rows.Shape()) != 2 || m.Rows.Shape()[0] == 0 || m.Rows.Shape()[1] != p || m.Weight != nil && len(m.Weight) != m.Rows.Shape()[0] {
		return ml.BadFile(where, "Rows and Weight", "of other shapes", fmt.Sprintf("rows of %d columns, and a weight for each", p))
	}
	if err := checkArrays(where, p, map[string][]float64{"Fill": m.Fill}); err != nil {
		return err
	}
	n := m.Rows.Shape()[0]
	m.scratch = &sync.Pool{New: func() any { return &neighbourhood{distances: make([]float64, n)} }}
	var err error
	m.out, err = withIndicators(where, m.Columns, p, m.Indicator)
	return err
}

// A donor is a training row that has a value where another misses it.
type donor struct {
	distance, value, weight float64
}

// A neighbourhood is the memory for one row.
type neighbourhood struct {
	distances []float64 // squared, of all training rows; NaN for those without a common column
	donors    []donor
}

// impute fills the missing values of row.
func (m *KNNImputerModel) impute(row []float64, s *neighbourhood) {
	c := m.Config.(KNNImputer)
	k := c.K
	if k == 0 {
		k = 5
	}
	for j, v := range row {
		if v == v {
			continue
		}
		nearest := m.nearest(s.donors[:0], s.distances, j, float64(k))
		s.donors = nearest
		if len(nearest) == 0 {
			row[j] = m.Fill[j]
			continue
		}
		if c.ByDistance {
			weighByDistance(nearest)
		}
		if isCategorical(m.Columns, j) {
			row[j] = vote(nearest)
			continue
		}
		sum, weight := 0.0, 0.0
		for _, d := range nearest {
			sum += d.weight * d.value
			weight += d.weight
		}
		row[j] = sum / weight
	}
}

// nearest are the nearest training rows with a value in column j, of a total weight of k at most: the last of them counts in part.
func (m *KNNImputerModel) nearest(into []donor, distances []float64, j int, k float64) []donor {
	weight := 0.0
	for i, d := range distances {
		v := m.Rows.Row(i)[j]
		if d != d || v != v {
			continue
		}
		w := weightOf(m.Weight, i)
		if weight >= k && d >= into[len(into)-1].distance {
			continue
		}
		at := len(into)
		for at > 0 && into[at-1].distance > d {
			at--
		}
		into = slices.Insert(into, at, donor{d, v, w})
		weight += w
		for last := into[len(into)-1].weight; weight-last >= k; last = into[len(into)-1].weight {
			into = into[:len(into)-1]
			weight -= last
		}
	}
	if weight > k {
		into[len(into)-1].weight -= weight - k
	}
	return into
}

func weighByDistance(nearest []donor) {
	exact := nearest[0].distance == 0
	for i := range nearest {
		d := &nearest[i]
		switch {
		case !exact:
			d.weight /= math.Sqrt(d.distance)
		case d.distance > 0:
			d.weight = 0
		}
	}
}

// vote is the value of the greatest weight, the smallest of several.
func vote(nearest []donor) float64 {
	best, most := math.NaN(), -1.0
	for _, d := range nearest {
		w := 0.0
		for _, e := range nearest {
			if e.value == d.value {
				w += e.weight
			}
		}
		if w > most || w == most && d.value < best {
			best, most = d.value, w
		}
	}
	return best
}

// measure writes the squared distance of row to every training row.
func (m *KNNImputerModel) measure(distances, row []float64) {
	for i := range distances {
		sum, common := 0.0, 0
		for j, v := range m.Rows.Row(i) {
			d := v - row[j]
			if d != d {
				continue
			}
			common++
			if isCategorical(m.Columns, j) {
				if d != 0 {
					sum++
				}
				continue
			}
			sum += d * d
		}
		distances[i] = sum * float64(len(row)) / float64(common) // NaN: 0 / 0
	}
}

// row fills dst, whose last columns are the indicators.
func (m *KNNImputerModel) row(dst, src []float64) int {
	p := len(src)
	complete := true
	for j, v := range src {
		if math.IsInf(v, 0) || isCategorical(m.Columns, j) && v == v && !isCode(v, m.Columns[j].Levels) {
			return j
		}
		complete = complete && v == v
		dst[j] = v
	}
	indicate(dst[p:], src, m.Indicator)
	if !complete {
		s := m.scratch.Get().(*neighbourhood)
		m.measure(s.distances, src)
		m.impute(dst[:p], s)
		m.scratch.Put(s)
	}
	return -1
}

// Transform fills the missing values of x. Inf, and a number that is no code of a categorical column, are errors.
func (m *KNNImputerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.KNNImputerModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if isSparse(x) {
		return nil, denseOnly(where, whyKNN)
	}
	n, p := m.Rows.Dims()
	out, bad := mapRows(x, len(m.out), n*p, m.row)
	if bad != noPlace {
		return nil, badCategory(where, m.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *KNNImputerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.KNNImputerModel.TransformInto"
	n, p := m.Rows.Dims()
	return mapping{columns: len(m.out), nsPerRow: n * p, row: m.row}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return badCategory(where, m.Columns, i, j, v) })
}

// TransformRow fills the missing values of one row; dst has len(Out()) elements.
func (m *KNNImputerModel) TransformRow(dst, x []float64) error {
	return transformCategoryRow("features.KNNImputerModel.TransformRow", &m.Fitted, dst, x, len(m.out), m.row)
}

// Out describes the columns: those of training, and the indicators, called "missingindicator_age".
func (m *KNNImputerModel) Out() []ml.Column { return ml.CloneColumns(m.out) }

// withIndicators describes p columns, of the same kinds, and the indicators of some of them.
func withIndicators(where string, columns []ml.Column, p int, indicator []int) ([]ml.Column, error) {
	if columns != nil && len(columns) != p {
		return nil, ml.BadFile(where, "Columns", lengthOf(len(columns)), lengthOf(p))
	}
	out := sameColumns(columns, p)
	last := -1
	for k, j := range indicator {
		if j <= last || j >= p {
			return nil, ml.BadFile(where, fmt.Sprintf("Indicator[%d]", k), fmt.Sprint(j), "a column, greater than the one before")
		}
		last = j
		out = append(out, ml.Column{Name: "missingindicator_" + ml.ColumnName(columns, j), From: []int{j}})
	}
	return out, nil
}

// indicate writes which of some columns are missing.
func indicate(flags, src []float64, indicator []int) {
	for k, j := range indicator {
		flags[k] = flag(src[j] != src[j])
	}
}

func init() {
	ml.RegisterConfig[KNNImputer]("features.KNNImputer")
	ml.Register[*KNNImputerModel]("features.KNNImputerModel")
}
