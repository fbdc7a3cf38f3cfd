package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// TargetEncoder replaces a category by what its training rows had for a target: the mean of Y, or the share of class 1, or with more than two
// classes a column with the share of each. It is for columns of many categories, of which one-hot columns would be too many.
//
// The mean of a category with few rows is drawn towards that of all rows, by as much as the spread of the targets within the category and between
// categories asks for (empirical Bayes), or with Smooth as if that many more rows had had the mean of all. Missing values are a category of their own if training rows have
// any. A category that no training row had gets the mean of all. Numeric columns keep their place among the encoded ones, unless All is set.
//
// A row's own target in its encoding would leak: a column of names would predict the training targets perfectly, and nothing else. So FitTransform, which pipelines use on training rows,
// encodes each of Folds parts of the rows by the targets of the other parts; rows of a Group stay in one part. Transform, for later rows, uses all of
// them. Weights count, a row of weight k as k rows, but the parts are of rows. CSR is an error: no category has the mean 0. Width is kept; O(rows) a column.
//
// Micci-Barreca: A preprocessing scheme for high-cardinality categorical attributes in classification and prediction problems. SIGKDD Explorations 3 (2001).
type TargetEncoder[Y int | float64] struct {
	Smooth   float64 // weight of the mean of all rows, in rows; zero: by empirical Bayes
	NoSmooth bool    // true: the plain mean of each category; false: smoothed
	Folds    int     // parts for FitTransform, >= 2; zero: 5. Never more than there are rows or groups
	Seed     uint64  // of the parts: rows (of each class) are dealt at random
	All      bool    // true: the distinct numbers of numeric columns are categories, too; false: numeric columns pass through
}

// TargetModel is a fitted TargetEncoder.
type TargetModel struct {
	ml.Fitted
	Encoded []TargetColumn // one for each encoded column, in order
	Prior   []float64      // the mean of each output over all training rows: what unknown categories get
	Spread  []float64      // the population variance of each output
	Seen    float64        // the weight of all training rows; 0 in a model of an earlier release, which cannot Update

	source []targetSource
	width  int
}

// TargetColumn is how one column is encoded.
type TargetColumn struct {
	Column     int         // in the input
	Categories []float64   // codes, or the numbers of a numeric column: rising, NaN last
	Values     [][]float64 // of each output: of each category
	Counts     []float64   // the weight of the rows of each category; what Update goes on from, with the next two
	Means      [][]float64 // of each output: its mean over the rows of each category
	Squares    [][]float64 // of each output: the weighted sum of squared distances from that mean

	index categoryIndex
}

type targetSource struct {
	encoded *TargetColumn // nil: passed through
	offset  int
}

// Accepts says that it takes missing values and categorical columns.
func (TargetEncoder[Y]) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

const whyTarget = ": no category has the mean 0"

func (c TargetEncoder[Y]) check(where string, d ml.Dataset[Y]) error {
	switch {
	case !(c.Smooth >= 0) || math.IsInf(c.Smooth, 0):
		return ml.BadConfig(where, "Smooth", c.Smooth, "0 for empirical Bayes, or a finite number of rows > 0")
	case c.NoSmooth && c.Smooth != 0:
		return ml.BadConfig(where, "Smooth", c.Smooth, "0, as NoSmooth is set")
	case c.Folds < 0 || c.Folds == 1:
		return ml.BadConfig(where, "Folds", c.Folds, "0 for 5, or >= 2")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return err
	}
	if isSparse(d.X) {
		return denseOnly(where, whyTarget)
	}
	return nil
}

// Fit finds the encodings of each column of d from all rows.
func (c TargetEncoder[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*TargetModel, error) {
	m, _, err := c.fit(ctx, "features.TargetEncoder.Fit", d)
	return m, err
}

// FitTransform fits, and encodes the rows of d without their own targets.
func (c TargetEncoder[Y]) FitTransform(ctx context.Context, d ml.Dataset[Y]) (*TargetModel, tensor.Matrix, error) {
	const where = "features.TargetEncoder.FitTransform"
	m, s, err := c.fit(ctx, where, d)
	if err != nil {
		return nil, nil, err
	}
	part, k, err := c.parts(where, d)
	if err != nil {
		return nil, nil, err
	}
	out, err := m.Transform(d.X)
	if err != nil {
		return nil, nil, err
	}
	err = par.Do(ctx, k, func(ctx context.Context, fold int) error {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		learn := func(i int) bool { return part[i] != fold }
		for e := range m.Encoded {
			values := s.encode(e, learn)
			at := m.source[m.Encoded[e].Column].offset
			for o, value := range values {
				set := setter(out)
				for i, category := range s.category[e] {
					if part[i] == fold {
						set(i, at+o, value[category])
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return m, out, nil
}

// setter writes to a matrix that mapRows made.
func setter(x tensor.Matrix) func(i, j int, v float64) {
	if t, narrow := x.(*tensor.Tensor[float32]); narrow {
		return func(i, j int, v float64) { t.Row(i)[j] = float32(v) }
	}
	t := x.(*tensor.Tensor[float64])
	return func(i, j int, v float64) { t.Row(i)[j] = v }
}

// parts deals the rows.
func (c TargetEncoder[Y]) parts(where string, d ml.Dataset[Y]) (part []int, k int, err error) {
	k = c.Folds
	if k == 0 {
		k = 5
	}
	most, of := d.Rows(), "rows"
	if d.Group != nil {
		distinct, _, _ := folds.Counts(d.Group)
		most, of = distinct, "groups"
	}
	if k = min(k, most); k < 2 {
		return nil, 0, ml.BadShape(where, "X", fmt.Sprintf("%d %s", most, of), "at least 2, to encode one by another")
	}
	r := rng.New(c.Seed, 0)
	if d.Group != nil {
		return folds.Group(d.Group, k, r), k, nil
	}
	if class, is := any(d.Y).([]int); is {
		return folds.Stratified(class, k, r), k, nil
	}
	return folds.KFold(d.Rows(), k, r), k, nil
}

// targetStats are the rows as the encoder sees them.
type targetStats struct {
	category [][]int32   // of each encoded column: the category of each row
	count    []int       // of each encoded column's categories
	target   [][]float64 // of each output: of each row
	weight   []float64
	smooth   float64 // 0: by empirical Bayes
	plain    bool
}

func (c TargetEncoder[Y]) fit(ctx context.Context, where string, d ml.Dataset[Y]) (*TargetModel, *targetStats, error) {
	if err := c.check(where, d); err != nil {
		return nil, nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	m, s, err := c.gathered(where, d, d.K())
	if err != nil {
		return nil, nil, err
	}
	m, err = ready(m)
	return m, s, err
}

// gathered measures the rows of d, which are checked, of k classes.
func (c TargetEncoder[Y]) gathered(where string, d ml.Dataset[Y], k int) (*TargetModel, *targetStats, error) {
	seen, err := learnCategories(where, d.Table, true, func(j int) bool { return c.All || isCategorical(d.Columns, j) })
	if err != nil {
		return nil, nil, err
	}
	n := d.Rows()
	m := &TargetModel{Fitted: ml.NewFitted(d.Table, d.Classes, c)}
	s := &targetStats{target: targetsOf(d, k), weight: d.Weight, smooth: c.Smooth, plain: c.NoSmooth}
	from := rows.Of(d.X)
	buf := make([]float64, n)
	for _, of := range seen {
		categories, _ := of.withMissing()
		index := newCategoryIndex(categories)
		from.Col(of.column, buf)
		category := make([]int32, n)
		for i, v := range buf {
			k := index.find(v)
			if k < 0 { // in a row of weight 0
				k = len(categories)
			}
			category[i] = int32(k)
		}
		s.category, s.count = append(s.category, category), append(s.count, len(categories))
		m.Encoded = append(m.Encoded, TargetColumn{Column: of.column, Categories: categories})
	}
	m.measure(s)
	return m, s, nil
}

// targetsOf is Y as numbers: itself, or 1 for the rows of class 1, or of each of k classes.
func targetsOf[Y int | float64](d ml.Dataset[Y], k int) [][]float64 {
	class, isClass := any(d.Y).([]int)
	if !isClass {
		return [][]float64{any(d.Y).([]float64)}
	}
	first := 0
	if k <= 2 {
		first, k = 1, 1
	}
	out := make([][]float64, k)
	for o := range out {
		out[o] = make([]float64, len(class))
		for i, c := range class {
			if c == first+o {
				out[o][i] = 1
			}
		}
	}
	return out
}

// prior is the weight, mean and variance of output o over the rows that learn accepts.
func (s *targetStats) prior(o int, learn func(i int) bool) (total, mean, variance float64) {
	for i, y := range s.target[o] {
		if w := weightOf(s.weight, i); w > 0 && learn(i) {
			total += w
			mean += w * y
		}
	}
	if total == 0 {
		return 0, 0, 0
	}
	mean /= total
	for i, y := range s.target[o] {
		if w := weightOf(s.weight, i); w > 0 && learn(i) {
			variance += w * (y - mean) * (y - mean)
		}
	}
	return total, mean, variance / total
}

// gather measures output o over the rows of each category of encoded column e that learn accepts.
func (s *targetStats) gather(e, o int, learn func(i int) bool) moments {
	m, target := newMoments(s.count[e]), s.target[o]
	for i, category := range s.category[e] {
		if w := weightOf(s.weight, i); w > 0 && learn(i) {
			m.weight[category] += w
			m.mean[category] += w * target[i]
		}
	}
	for v := range m.mean {
		m.mean[v] /= m.weight[v]
	}
	for i, category := range s.category[e] {
		if w := weightOf(s.weight, i); w > 0 && learn(i) {
			d := target[i] - m.mean[category]
			m.m2[category] += w * d * d
		}
	}
	return m
}

// encode is the encoding of each category of encoded column e, of each output, and of an unknown one behind them.
func (s *targetStats) encode(e int, learn func(i int) bool) [][]float64 {
	values := make([][]float64, len(s.target))
	for o := range s.target {
		_, all, spread := s.prior(o, learn)
		values[o] = append(s.blend(s.gather(e, o, learn), all, spread), all)
	}
	return values
}

// blend draws the means of categories towards that of all rows, whose variance is spread.
func (s *targetStats) blend(m moments, all, spread float64) []float64 {
	values := make([]float64, len(m.mean))
	for v, count := range m.weight {
		switch {
		case count == 0:
			values[v] = all
		case s.plain:
			values[v] = m.mean[v]
		case s.smooth > 0:
			values[v] = (count*m.mean[v] + s.smooth*all) / (count + s.smooth)
		default:
			between, within := spread*count, m.m2[v]/count
			share := between / (between + within)
			if share != share { // all targets agree
				share = 0
			}
			values[v] = share*m.mean[v] + (1-share)*all
		}
	}
	return values
}

// Restore checks a model that was read from a file and derives the rest.
func (m *TargetModel) Restore() error {
	const where = "features.TargetModel"
	all := false
	switch c := m.Config.(type) {
	case TargetEncoder[int]:
		all = c.All
	case TargetEncoder[float64]:
		all = c.All
	default:
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.TargetEncoder")
	}
	if len(m.Prior) == 0 {
		return ml.BadFile(where, "Prior", "empty", "a mean for each output")
	}
	if m.Seen != 0 && len(m.Spread) != len(m.Prior) {
		return ml.BadFile(where, "Spread", lengthOf(len(m.Spread)), lengthOf(len(m.Prior)))
	}
	p := m.Info.Features
	at, err := encodedPlaces(where, m.Columns, p, all, columnsOf(m.Encoded, func(e *TargetColumn) int { return e.Column }))
	if err != nil {
		return err
	}
	m.source, m.width = make([]targetSource, p), 0
	for j, k := range at {
		m.source[j].offset = m.width
		if k < 0 {
			m.width++
			continue
		}
		e := &m.Encoded[k]
		if len(e.Values) != len(m.Prior) {
			return ml.BadFile(where, "Values", lengthOf(len(e.Values)), lengthOf(len(m.Prior)))
		}
		for _, values := range e.Values {
			if len(values) != len(e.Categories) {
				return ml.BadFile(where, "Values", lengthOf(len(values)), lengthOf(len(e.Categories)))
			}
		}
		if m.Seen != 0 && !e.complete(len(m.Prior)) {
			return ml.BadFile(where, "Counts, Means and Squares", "of other lengths", lengthOf(len(e.Categories)))
		}
		if err := checkCategories(where, e.Categories, isCategorical(m.Columns, j)); err != nil {
			return err
		}
		e.index = newCategoryIndex(e.Categories)
		m.source[j].encoded = e
		m.width += len(m.Prior)
	}
	return nil
}

func (m *TargetModel) row(dst, src []float64) int {
	for j, v := range src {
		s := m.source[j]
		if math.IsInf(v, 0) {
			return j
		}
		if s.encoded == nil {
			dst[s.offset] = v
			continue
		}
		if isCategorical(m.Columns, j) && v == v && !isCode(v, m.Columns[j].Levels) {
			return j
		}
		k := s.encoded.index.find(v)
		for o, prior := range m.Prior {
			if k >= 0 {
				prior = s.encoded.Values[o][k]
			}
			dst[s.offset+o] = prior
		}
	}
	return -1
}

// Transform encodes the rows of x, all by what the training rows had. Inf, and a number that is no code of a categorical column, are errors.
func (m *TargetModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transformCategories("features.TargetModel.Transform", &m.Fitted, x, m.width, 5*m.width, m.row, whyTarget)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *TargetModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.TargetModel.TransformInto"
	return mapping{columns: m.width, nsPerRow: 5 * m.width, row: m.row}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return badCategory(where, m.Columns, i, j, v) })
}

// TransformRow encodes one row; dst has len(Out()) elements.
func (m *TargetModel) TransformRow(dst, x []float64) error {
	return transformCategoryRow("features.TargetModel.TransformRow", &m.Fitted, dst, x, m.width, m.row)
}

// Out describes the columns, all numeric: "city", or with more than two classes "city_red", "city_green", ...
func (m *TargetModel) Out() []ml.Column {
	out := make([]ml.Column, 0, m.width)
	for j, s := range m.source {
		name := ml.ColumnName(m.Columns, j)
		switch {
		case s.encoded == nil:
			out = append(out, passed(m.Columns, j))
		case len(m.Prior) == 1:
			out = append(out, ml.Column{Name: name, From: []int{j}})
		default:
			for o := range m.Prior {
				class := fmt.Sprint(o)
				if o < len(m.Classes) {
					class = m.Classes[o]
				}
				out = append(out, ml.Column{Name: name + "_" + class, From: []int{j}})
			}
		}
	}
	return out
}

func init() {
	ml.RegisterConfig[TargetEncoder[int]]("features.TargetEncoder[int]")
	ml.RegisterConfig[TargetEncoder[float64]]("features.TargetEncoder[float64]")
	ml.Register[*TargetModel]("features.TargetModel")
}
