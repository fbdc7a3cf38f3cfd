package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// Drop says which category of a column a OneHotEncoder leaves out, so that its columns do not add up to a constant.
type Drop uint8

const (
	DropNone   Drop = iota // none. The zero value
	DropFirst              // the first category of every column
	DropBinary             // the first category of columns with two
)

var drops = []string{"none", "first", "binary"}

// String returns "none", "first" or "binary".
func (d Drop) String() string { return enumString("Drop", drops, uint8(d)) }

// MarshalText writes what String returns.
func (d Drop) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (d *Drop) UnmarshalText(text []byte) error {
	v, err := enumValue("Drop", drops, text)
	if err == nil {
		*d = Drop(v)
	}
	return err
}

// OneHotEncoder replaces every categorical column by one column of zeros and ones for each of its categories. Numeric
// columns keep their place among them, unless All is set.
//
// The categories of a column are those that a training row of positive weight has, in the order of their codes; with
// AllLevels they are all of the column's Levels. Missing values (NaN) are a category of their own, the last one, if training
// rows have any, and else unknown. Categories that MinFrequency or MaxCategories rule out share one column behind the
// others, as in scikit-learn: among equally frequent ones the later keep their own column.
//
// The columns of "species" are called "species_adelie", "species_gentoo", ..., "species_nan", "species_infrequent". The
// result is dense unless Sparse is set or the input is CSR, and float32 if the input is. A fit costs one pass over the rows,
// a transform O(columns of the result) for each dense row, O(columns of the input) for each sparse one.
type OneHotEncoder struct {
	Drop          Drop    // zero: DropNone
	MinFrequency  float64 // below 1: the least share of the total weight, from 1 on: the least weight, a category needs for a column of its own; zero: any
	MaxCategories int     // the most columns one column may become before Drop, the shared one included; zero: any number
	Unknown       Unknown // zero: UnknownError
	All           bool    // true: the distinct numbers of numeric columns are categories, too; false: numeric columns pass through
	AllLevels     bool    // true: a column for each of the Levels, seen in training or not; false, or without Levels: for those seen
	Sparse        bool    // true: the result is CSR; false: it is dense, unless the input is CSR
}

// OneHotColumn says how one column is encoded. Its places are the categories that are not infrequent, in order, and then
// one for the infrequent ones if there are any; the dropped place has no column in the result.
type OneHotColumn struct {
	Column     int       // in the input
	Categories []float64 // codes, or the numbers of a numeric column: rising, NaN last
	Infrequent []int     // indices into Categories of those that share a place, rising
	Dropped    int       // the place left out, -1 if none

	place  []int // of each category
	places int
	offset int // of the first place in the result

	categorical bool  // Categories are codes
	code        []int // index into Categories by code, -1 for none; nil if they are no codes, or lie too far apart for a table
}

// OneHotModel is a fitted OneHotEncoder.
type OneHotModel struct {
	ml.Fitted
	Encoded []OneHotColumn // one for each encoded column, in order

	out    []ml.Column
	source []source // of each input column
}

// A source says what becomes of an input column.
type source struct {
	encoded *OneHotColumn // nil: passed through
	offset  int           // where it goes, if it is passed through
}

// Accepts says that it takes missing values and categorical columns.
func (OneHotEncoder) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit finds the categories of every column.
func (c OneHotEncoder) Fit(ctx context.Context, t ml.Table) (*OneHotModel, error) {
	const where = "features.OneHotEncoder.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.CheckShape(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	seen, err := learnCategories(where, t, false, func(j int) bool { return c.All || isCategorical(t.Columns, j) })
	if err != nil {
		return nil, err
	}
	m := &OneHotModel{Fitted: ml.NewFitted(t, nil, c)}
	all := total(t.Weight, t.Rows())
	for _, s := range seen {
		m.Encoded = append(m.Encoded, c.encode(t.Columns, s, all))
	}
	return ready(m)
}

func (c OneHotEncoder) check(where string) error {
	if err := enumCheck(where, "Drop", "Drop", drops, uint8(c.Drop)); err != nil {
		return err
	}
	if err := enumCheck(where, "Unknown", "Unknown", unknowns, uint8(c.Unknown)); err != nil {
		return err
	}
	switch {
	case !(c.MinFrequency >= 0) || math.IsInf(c.MinFrequency, 0):
		return ml.BadConfig(where, "MinFrequency", c.MinFrequency, "a share >= 0 and < 1, or a weight >= 1")
	case c.MaxCategories < 0:
		return ml.BadConfig(where, "MaxCategories", c.MaxCategories, ">= 0")
	}
	return nil
}

// encode decides on the places of one column.
func (c OneHotEncoder) encode(columns []ml.Column, seen seenCategories, total float64) OneHotColumn {
	j := seen.column
	if c.AllLevels && isCategorical(columns, j) && columns[j].Levels != nil {
		seen = seen.ofAll(len(columns[j].Levels))
	}
	out := OneHotColumn{Column: j, Dropped: -1}
	var weight []float64
	out.Categories, weight = seen.withMissing()
	out.Infrequent = c.infrequent(weight, total)
	places := len(out.Categories) - len(out.Infrequent) + min(1, len(out.Infrequent))
	if c.Drop == DropFirst || c.Drop == DropBinary && places == 2 {
		out.Dropped = 0
	}
	return out
}

// ofAll has every code below levels, seen or not.
func (s seenCategories) ofAll(levels int) seenCategories {
	values, weight := make([]float64, levels), make([]float64, levels)
	for k := range values {
		values[k] = float64(k)
	}
	for k, v := range s.values {
		weight[int(v)] = s.weight[k]
	}
	s.values, s.weight = values, weight
	return s
}

// infrequent lists the categories that share a place, by scikit-learn's rules.
func (c OneHotEncoder) infrequent(weight []float64, total float64) []int {
	least := c.MinFrequency
	if least < 1 {
		least *= total
	}
	var out []int
	for k, w := range weight {
		if w < least {
			out = append(out, k)
		}
	}
	if c.MaxCategories == 0 || len(weight)-len(out)+1 <= c.MaxCategories {
		return out
	}
	order := make([]int, len(weight))
	for k := range order {
		order[k] = k
	}
	sort.SliceStable(order, func(a, b int) bool { return weight[order[a]] < weight[order[b]] })
	out = append(out, order[:max(0, len(order)-(c.MaxCategories-1))]...)
	slices.Sort(out)
	return slices.Compact(out)
}

// maxCode bounds the codes of categorical columns without Levels: tables are as long as the largest.
const maxCode = 1 << 24

// isCode reports whether v is a code of a column with the given levels; without levels, whether it could be one.
func isCode(v float64, levels []string) bool {
	limit := float64(len(levels))
	if levels == nil {
		limit = maxCode
	}
	return v >= 0 && v < limit && v == math.Trunc(v)
}

func badCode(where string, columns []ml.Column, field string, j int, v float64) error {
	want := "a category code >= 0"
	if levels := columns[j].Levels; levels != nil {
		want = fmt.Sprintf("a category code in 0..%d, or NaN for a missing one", len(levels)-1)
	}
	return &ml.Error{Where: where, Field: field, Found: strconv.FormatFloat(v, 'g', -1, 64), Want: want, Kind: ml.ErrColumn}
}

func init() {
	ml.RegisterConfig[OneHotEncoder]("features.OneHotEncoder")
	ml.Register[*OneHotModel]("features.OneHotModel")
}
