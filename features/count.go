package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// CountEncoder replaces a category by how often it occurs in the training rows: a popular product is more like another popular one than
// like a rare one. With Share it is the share of the rows.
//
// Missing values are a category of their own. A category that no training row had counts 0. Weights count: a row of weight k is k rows. Numeric columns keep their places
// as they are, unless All is set. CSR is an error: category 0 occurs. Width is kept; one pass over the rows.
type CountEncoder struct {
	Share bool // true: the share of the total weight; false: the weight
	All   bool // true: the distinct numbers of numeric columns are categories, too; false: numeric columns pass through
}

// CountEncoderModel is a fitted CountEncoder.
type CountEncoderModel struct {
	ml.Fitted
	Encoded []CountColumn // one for each encoded column, in order
	Seen    float64       // the weight of all rows

	source []*CountColumn // of each column; nil: passed through
}

// CountColumn is how one column is encoded.
type CountColumn struct {
	Column     int       // in the input
	Categories []float64 // codes, or the numbers of a numeric column: rising, NaN last
	Values     []float64 // what each becomes
	Counts     []float64 // the weight of the rows of each; what Update goes on from

	index categoryIndex
}

// Accepts says that it takes missing values and categorical columns.
func (CountEncoder) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

const whyCount = ": category 0 does not occur 0 times"

// Fit counts the categories of each column of t.
func (c CountEncoder) Fit(ctx context.Context, t ml.Table) (*CountEncoderModel, error) {
	const where = "features.CountEncoder.Fit"
	if err := t.CheckShape(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyCount)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	n, _ := t.X.Dims()
	m := &CountEncoderModel{Fitted: ml.NewFitted(t, nil, c), Seen: total(t.Weight, n)}
	var err error
	if m.Encoded, err = c.count(where, t); err != nil {
		return nil, err
	}
	m.evaluate(c)
	return ready(m)
}

// count finds the categories of t's columns, and the weight of each.
func (c CountEncoder) count(where string, t ml.Table) ([]CountColumn, error) {
	seen, err := learnCategories(where, t, false, func(j int) bool { return c.All || isCategorical(t.Columns, j) })
	if err != nil {
		return nil, err
	}
	var out []CountColumn
	for _, s := range seen {
		e := CountColumn{Column: s.column}
		e.Categories, e.Counts = s.withMissing()
		out = append(out, e)
	}
	return out, nil
}

// evaluate turns counts into values.
func (m *CountEncoderModel) evaluate(c CountEncoder) {
	for k := range m.Encoded {
		e := &m.Encoded[k]
		e.Values = slices.Clone(e.Counts)
		for i := range e.Values {
			if c.Share {
				e.Values[i] /= m.Seen
			}
		}
	}
}

// Update returns the model of the rows seen so far and those of t together: the same, to the bit, as a fit to all of them at once if the weights are
// whole numbers. The columns of t must have the Levels of training. A model that an earlier release saved gives errors.ErrUnsupported.
func (m *CountEncoderModel) Update(ctx context.Context, t ml.Table) (*CountEncoderModel, error) {
	const where = "features.CountEncoderModel.Update"
	c := m.Config.(CountEncoder)
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	t.Columns = m.Columns
	if err := t.CheckShape(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyCount)
	}
	if m.Seen == 0 {
		return nil, unsupported(where, "a model without Counts")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	more, err := c.count(where, t)
	if err != nil {
		return nil, err
	}
	next := &CountEncoderModel{Fitted: m.Fitted, Seen: m.Seen + total(t.Weight, t.Rows())}
	next.Info.Rows += t.Rows()
	for k := range more {
		next.Encoded = append(next.Encoded, m.Encoded[k].add(more[k]))
	}
	next.evaluate(c)
	return ready(next)
}

// add joins the counts of two columns.
func (e CountColumn) add(more CountColumn) CountColumn {
	out := CountColumn{Column: e.Column}
	mergeCategories(e.Categories, more.Categories, func(v float64, i, k int) {
		out.Categories, out.Counts = append(out.Categories, v), append(out.Counts, countAt(e.Counts, i)+countAt(more.Counts, k))
	})
	return out
}

// Restore checks a model that was read from a file and derives the rest.
func (m *CountEncoderModel) Restore() error {
	const where = "features.CountEncoderModel"
	c, is := m.Config.(CountEncoder)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.CountEncoder")
	}
	p := m.Info.Features
	at, err := encodedPlaces(where, m.Columns, p, c.All, columnsOf(m.Encoded, func(e *CountColumn) int { return e.Column }))
	if err != nil {
		return err
	}
	m.source = make([]*CountColumn, p)
	for j, k := range at {
		if k < 0 {
			continue
		}
		e := &m.Encoded[k]
		if len(e.Values) != len(e.Categories) || e.Counts != nil && len(e.Counts) != len(e.Categories) {
			return ml.BadFile(where, "Values", lengthOf(len(e.Values)), lengthOf(len(e.Categories)))
		}
		if err := checkCategories(where, e.Categories, isCategorical(m.Columns, j)); err != nil {
			return err
		}
		e.index = newCategoryIndex(e.Categories)
		m.source[j] = e
	}
	return nil
}

func (m *CountEncoderModel) row(dst, src []float64) int {
	for j, v := range src {
		e := m.source[j]
		switch {
		case math.IsInf(v, 0), e != nil && isCategorical(m.Columns, j) && v == v && !isCode(v, m.Columns[j].Levels):
			return j
		case e == nil:
			dst[j] = v
		default:
			dst[j] = 0
			if k := e.index.find(v); k >= 0 {
				dst[j] = e.Values[k]
			}
		}
	}
	return -1
}

// Transform replaces the categories of x by their counts. Inf, and a number that is no code of a categorical column, are errors.
func (m *CountEncoderModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transformCategories("features.CountEncoderModel.Transform", &m.Fitted, x, len(m.source), 5*len(m.source), m.row, whyCount)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *CountEncoderModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.CountEncoderModel.TransformInto"
	return mapping{columns: len(m.source), nsPerRow: 5 * len(m.source), row: m.row}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return badCategory(where, m.Columns, i, j, v) })
}

// TransformRow replaces the categories of one row; dst is as long.
func (m *CountEncoderModel) TransformRow(dst, x []float64) error {
	return transformCategoryRow("features.CountEncoderModel.TransformRow", &m.Fitted, dst, x, len(m.source), m.row)
}

// Out describes the columns, all numeric, under their own names.
func (m *CountEncoderModel) Out() []ml.Column {
	out := sameColumns(m.Columns, m.Info.Features)
	for j := range out {
		out[j].Kind, out[j].Levels = ml.Numeric, nil
	}
	return out
}

// HashingEncoder replaces all categorical columns by a fixed number of columns, whatever their categories: each category of each column adds 1 or -1 to the one that its hash
// says. Nothing is learned, and new categories need no policy; two categories may share a column, the less often the more columns there are.
//
// The hash is that of the column's name and the level's, or their numbers if they have none: MurmurHash3, as in HashingVectorizer. A missing value adds nothing. Numeric columns keep their places, in front.
// CSR is an error: category 0 adds to a column, too. Width is kept.
//
// Weinberger et al.: Feature hashing for large scale multitask learning. ICML 2009.
type HashingEncoder struct {
	Features int  // columns for all categories together; zero: 32
	NoSign   bool // true: every category adds 1; false: half of them add -1, so that those that share a column cancel on average
}

// HashingEncoderModel is a fitted HashingEncoder.
type HashingEncoderModel struct {
	ml.Fitted

	kept []int           // numeric columns
	hash [][]signedPlace // of each column's codes; nil for numeric columns, empty for columns without levels
	name []string
	into int
	sign bool
}

type signedPlace struct {
	place int
	value float64
}

// Accepts says that it takes missing values and categorical columns.
func (HashingEncoder) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

const whyHash = ": category 0 adds to a column, too"

// Fit hashes the levels of t.
func (c HashingEncoder) Fit(ctx context.Context, t ml.Table) (*HashingEncoderModel, error) {
	const where = "features.HashingEncoder.Fit"
	if c.Features < 0 || c.Features > 1<<24 {
		return nil, ml.BadConfig(where, "Features", c.Features, "0 for 32, or 1..16777216")
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyHash)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m, err := ready(&HashingEncoderModel{Fitted: ml.NewFitted(t, nil, c)})
	if err != nil {
		return nil, err
	}
	if _, err := m.Transform(t.X); err != nil { // codes are checked where they are used
		return nil, err
	}
	return m, nil
}

// Restore checks a model that was read from a file and derives the hashes.
func (m *HashingEncoderModel) Restore() error {
	const where = "features.HashingEncoderModel"
	c, is := m.Config.(HashingEncoder)
	p := m.Info.Features
	if !is || c.Features < 0 || c.Features > 1<<24 || m.Columns != nil && len(m.Columns) != p {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.HashingEncoder that fits the columns")
	}
	m.into, m.sign = c.Features, !c.NoSign
	if m.into == 0 {
		m.into = 32
	}
	m.kept, m.hash, m.name = nil, make([][]signedPlace, p), make([]string, p)
	for j := range p {
		if !isCategorical(m.Columns, j) {
			m.kept = append(m.kept, j)
		}
	}
	for j := range p {
		if !isCategorical(m.Columns, j) {
			continue
		}
		m.name[j] = ml.ColumnName(m.Columns, j) + "="
		m.hash[j] = make([]signedPlace, len(m.Columns[j].Levels))
		for k, level := range m.Columns[j].Levels {
			m.hash[j][k] = m.placeOf([]byte(m.name[j] + level))
		}
	}
	return nil
}

func (m *HashingEncoderModel) placeOf(key []byte) signedPlace {
	h := murmur3(key)
	s := signedPlace{len(m.kept) + int(h>>1)%m.into, 1}
	if m.sign && h&1 == 1 {
		s.value = -1
	}
	return s
}

func (m *HashingEncoderModel) row(dst, src []float64) int {
	clear(dst)
	kept := 0
	for j, v := range src {
		switch {
		case math.IsInf(v, 0):
			return j
		case m.hash[j] == nil:
			dst[kept] = v
			kept++
		case v != v:
		case !isCode(v, m.Columns[j].Levels):
			return j
		case len(m.hash[j]) > 0:
			s := m.hash[j][int(v)]
			dst[s.place] += s.value
		default:
			var buf [128]byte
			s := m.placeOf(strconv.AppendInt(append(buf[:0], m.name[j]...), int64(v), 10))
			dst[s.place] += s.value
		}
	}
	return -1
}

// Transform hashes the categories of x. Inf, and a number that is no code of a categorical column, are errors.
func (m *HashingEncoderModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transformCategories("features.HashingEncoderModel.Transform", &m.Fitted, x, len(m.kept)+m.into, 5*len(m.hash)+m.into/4, m.row, whyHash)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *HashingEncoderModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.HashingEncoderModel.TransformInto"
	return mapping{columns: len(m.kept) + m.into, nsPerRow: 5*len(m.hash) + m.into/4, row: m.row}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return badCategory(where, m.Columns, i, j, v) })
}

// TransformRow hashes the categories of one row; dst has len(Out()) elements. Of columns without Levels only names of up to 100 bytes do not allocate.
func (m *HashingEncoderModel) TransformRow(dst, x []float64) error {
	return transformCategoryRow("features.HashingEncoderModel.TransformRow", &m.Fitted, dst, x, len(m.kept)+m.into, m.row)
}

// Out describes the columns: the numeric ones, then "hash_0", "hash_1", ..., which come from all categorical columns.
func (m *HashingEncoderModel) Out() []ml.Column {
	out := make([]ml.Column, 0, len(m.kept)+m.into)
	from := []int{}
	for j := range m.hash {
		if m.hash[j] == nil {
			out = append(out, passed(m.Columns, j))
		} else {
			from = append(from, j)
		}
	}
	for k := range m.into {
		out = append(out, ml.Column{Name: fmt.Sprintf("hash_%d", k), From: append([]int{}, from...)})
	}
	return out
}

func init() {
	ml.RegisterConfig[CountEncoder]("features.CountEncoder")
	ml.Register[*CountEncoderModel]("features.CountEncoderModel")
	ml.RegisterConfig[HashingEncoder]("features.HashingEncoder")
	ml.Register[*HashingEncoderModel]("features.HashingEncoderModel")
}
