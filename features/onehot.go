package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
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

// Unknown is what an encoder does with a category that no training row had.
type Unknown uint8

const (
	UnknownError      Unknown = iota // refuse the row. The zero value
	UnknownIgnore                    // zeros in all of the column's places
	UnknownInfrequent                // count it among the infrequent categories; zeros if the column has none
)

var unknowns = []string{"error", "ignore", "infrequent"}

// String returns "error", "ignore" or "infrequent".
func (u Unknown) String() string { return enumString("Unknown", unknowns, uint8(u)) }

// MarshalText writes what String returns.
func (u Unknown) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (u *Unknown) UnmarshalText(text []byte) error {
	v, err := enumValue("Unknown", unknowns, text)
	if err == nil {
		*u = Unknown(v)
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
	code        []int // index into Categories by code, -1 for none; nil if the codes lie too far apart for a table
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

// Fit finds the categories of every column.
func (c OneHotEncoder) Fit(ctx context.Context, t ml.Table) (*OneHotModel, error) {
	const where = "features.OneHotEncoder.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	n, p := t.X.Dims()
	m := &OneHotModel{Fitted: ml.Fitted{Columns: keepColumns(t.Columns), Config: c, Info: ml.Info{Rows: n, Features: p}}}
	wanted := func(j int) bool { return c.All || isCategorical(t.Columns, j) }
	missing := missingWeight(t)
	total := 0.0
	for i := range n {
		total += weightOf(t.Weight, i)
	}
	columns := make([]OneHotColumn, p)
	bad := make([]error, p)
	eachTally(t.X, t.Weight, wanted, func(j int, seen tally) {
		columns[j], bad[j] = c.encode(where, t.Columns, j, seen, missing[j], total)
	})
	for j := range p {
		if bad[j] != nil {
			return nil, bad[j]
		}
		if wanted(j) {
			m.Encoded = append(m.Encoded, columns[j])
		}
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

// missingWeight is the weight of the missing values of each column.
func missingWeight(t ml.Table) []float64 {
	from := rows.Of(t.X)
	n, p := from.Dims()
	missing := make([]float64, p)
	var buf rows.Entries
	for i := range n {
		js, vs := from.NZ(i, &buf)
		for k, v := range vs {
			if v != v {
				missing[js[k]] += weightOf(t.Weight, i)
			}
		}
	}
	return missing
}

// encode decides on the places of one column.
func (c OneHotEncoder) encode(where string, columns []ml.Column, j int, seen tally, missing, total float64) (OneHotColumn, error) {
	out := OneHotColumn{Column: j, Dropped: -1}
	var weight []float64
	for v, w := range seen.runs {
		if isCategorical(columns, j) && !isCode(v, columns[j].Levels) {
			return out, badCode(where, columns, columnLabel(columns, j), j, v)
		}
		out.Categories = append(out.Categories, v)
		weight = append(weight, w)
	}
	if c.AllLevels && isCategorical(columns, j) && columns[j].Levels != nil {
		all := make([]float64, len(columns[j].Levels))
		for k, v := range out.Categories {
			all[int(v)] = weight[k]
		}
		out.Categories, weight = make([]float64, len(all)), all
		for k := range all {
			out.Categories[k] = float64(k)
		}
	}
	if missing > 0 {
		out.Categories = append(out.Categories, math.NaN())
		weight = append(weight, missing)
	}
	out.Infrequent = c.infrequent(weight, total)
	places := len(out.Categories) - len(out.Infrequent) + min(1, len(out.Infrequent))
	if c.Drop == DropFirst || c.Drop == DropBinary && places == 2 {
		out.Dropped = 0
	}
	return out, nil
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

// Restore checks a model that was read from a file and derives the tables that transforms use.
func (m *OneHotModel) Restore() error {
	const where = "features.OneHotModel"
	c, isEncoder := m.Config.(OneHotEncoder)
	p := m.Info.Features
	switch {
	case !isEncoder:
		return badFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.OneHotEncoder")
	case p < 1 || m.Columns != nil && len(m.Columns) != p:
		return badFile(where, "Columns", fmt.Sprintf("%d long", len(m.Columns)), fmt.Sprintf("%d", p))
	case len(m.Encoded) > p:
		return badFile(where, "Encoded", fmt.Sprintf("%d long", len(m.Encoded)), fmt.Sprintf("at most %d", p))
	}
	m.out, m.source = nil, make([]source, 0, p)
	next := 0
	for j := range p {
		wanted := c.All || isCategorical(m.Columns, j)
		if !wanted {
			m.source = append(m.source, source{offset: len(m.out)})
			m.out = append(m.out, passed(m.Columns, j))
			continue
		}
		if next == len(m.Encoded) || m.Encoded[next].Column != j {
			return badFile(where, "Encoded", "without "+columnLabel(m.Columns, j), "an entry for each encoded column, in order")
		}
		e := &m.Encoded[next]
		next++
		e.offset = len(m.out)
		if err := e.restore(isCategorical(m.Columns, j)); err != nil {
			return err
		}
		m.source = append(m.source, source{encoded: e})
		m.out = append(m.out, e.columns(m.Columns)...)
	}
	if next != len(m.Encoded) {
		return badFile(where, "Encoded", fmt.Sprintf("%d long", len(m.Encoded)), fmt.Sprint(next))
	}
	if len(m.out) == 0 {
		return &ml.Error{Where: "features.OneHotEncoder", Field: "Drop", Found: c.Drop.String() + ", which leaves no column", Want: "at least one category more than is dropped", Kind: ml.ErrColumn}
	}
	return nil
}

// passed describes a column that goes through as it is, to another place.
func passed(columns []ml.Column, j int) ml.Column {
	var c ml.Column
	if columns != nil {
		c = columns[j]
	}
	c.From = []int{j}
	return c
}

func (e *OneHotColumn) restore(categorical bool) error {
	where := "features.OneHotColumn"
	for k, v := range e.Categories {
		bad := math.IsInf(v, 0) || v != v && k < len(e.Categories)-1 || k > 0 && v <= e.Categories[k-1]
		if bad || categorical && v == v && !isCode(v, nil) {
			return badFile(where, fmt.Sprintf("Categories[%d]", k), fmt.Sprint(v), "rising numbers, codes in a categorical column")
		}
	}
	infrequent := make([]bool, len(e.Categories))
	for k, i := range e.Infrequent {
		if i < 0 || i >= len(infrequent) || k > 0 && i <= e.Infrequent[k-1] {
			return badFile(where, fmt.Sprintf("Infrequent[%d]", k), fmt.Sprint(i), "rising indices into Categories")
		}
		infrequent[i] = true
	}
	e.place, e.places = make([]int, len(e.Categories)), 0
	for k := range e.place {
		if !infrequent[k] {
			e.place[k] = e.places
			e.places++
		}
	}
	if len(e.Infrequent) > 0 {
		for _, i := range e.Infrequent {
			e.place[i] = e.places
		}
		e.places++
	}
	if e.Dropped < -1 || e.Dropped >= max(e.places, 1) {
		return badFile(where, "Dropped", fmt.Sprint(e.Dropped), fmt.Sprintf("a place below %d, or -1", e.places))
	}
	e.categorical = categorical
	e.code = codeTable(e.known(), categorical)
	return nil
}

// known are the categories but NaN.
func (e *OneHotColumn) known() []float64 {
	if last := len(e.Categories) - 1; last >= 0 && math.IsNaN(e.Categories[last]) {
		return e.Categories[:last]
	}
	return e.Categories
}

// codeTable inverts a rising list of codes. It is nil if it would be much longer than the list, as a damaged file might
// ask for.
func codeTable(codes []float64, categorical bool) []int {
	if !categorical || len(codes) == 0 || codes[len(codes)-1] >= float64(2*len(codes)+64) {
		return nil
	}
	table := make([]int, int(codes[len(codes)-1])+1)
	for c := range table {
		table[c] = -1
	}
	for k, v := range codes {
		table[int(v)] = k
	}
	return table
}

// columns describes the places of e that have a column.
func (e *OneHotColumn) columns(columns []ml.Column) []ml.Column {
	names := make([]string, e.places)
	for k, v := range e.Categories {
		names[e.place[k]] = categoryName(columns, e.Column, v)
	}
	if len(e.Infrequent) > 0 {
		names[e.places-1] = "infrequent"
	}
	var out []ml.Column
	for i, name := range names {
		if i != e.Dropped {
			out = append(out, ml.Column{Name: ml.ColumnName(columns, e.Column) + "_" + name, From: []int{e.Column}})
		}
	}
	return out
}

// categoryName is the level of a code, or the number itself.
func categoryName(columns []ml.Column, j int, v float64) string {
	if v != v {
		return "nan"
	}
	if isCategorical(columns, j) && int(v) < len(columns[j].Levels) {
		return columns[j].Levels[int(v)]
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// width is the number of columns that e becomes.
func (e *OneHotColumn) width() int {
	if e.Dropped >= 0 && e.places > 0 {
		return e.places - 1
	}
	return e.places
}

// find returns the index of a category, -1 if it is unknown.
func (e *OneHotColumn) find(v float64) int {
	known := e.known()
	switch {
	case v != v:
		if len(known) < len(e.Categories) {
			return len(known)
		}
	case e.code != nil:
		if k := int(v); v >= 0 && v < float64(len(e.code)) && float64(k) == v {
			return e.code[k]
		}
	default:
		if k, found := slices.BinarySearch(known, v); found {
			return k
		}
	}
	return -1
}

// What hot returns when no place is hot.
const (
	nowhere = -1 // the category is dropped, or unknown and ignored
	refused = -2 // the category is unknown, and that is an error
)

// hot returns the index in the result of the place of value v.
func (e *OneHotColumn) hot(v float64, unknown Unknown, levels int) int {
	k := e.find(v)
	i := 0
	switch {
	case k >= 0:
		i = e.place[k]
	case math.IsInf(v, 0), e.categorical && v == v && (v < 0 || v != math.Trunc(v) || levels > 0 && v >= float64(levels)):
		return refused // no category at all
	case unknown == UnknownError:
		return refused
	case unknown == UnknownIgnore || len(e.Infrequent) == 0:
		return nowhere
	default:
		i = e.places - 1
	}
	switch {
	case i == e.Dropped:
		return nowhere
	case e.Dropped >= 0 && i > e.Dropped:
		i--
	}
	return e.offset + i
}

// row is the rowFunc.
func (m *OneHotModel) row(dst, src []float64) int {
	clear(dst)
	unknown := m.Config.(OneHotEncoder).Unknown
	for j, v := range src {
		s := m.source[j]
		if s.encoded == nil {
			if math.IsInf(v, 0) {
				return j
			}
			dst[s.offset] = v
			continue
		}
		switch i := s.encoded.hot(v, unknown, m.levels(j)); i {
		case refused:
			return j
		case nowhere:
		default:
			dst[i] = 1
		}
	}
	return -1
}

// levels is the number of levels of a categorical column, 0 if they are not named.
func (m *OneHotModel) levels(j int) int {
	if m.Columns == nil {
		return 0
	}
	return len(m.Columns[j].Levels)
}

// Transform encodes the rows of x. A category that no training row had is treated as OneHotEncoder.Unknown says; a number
// that is no code of a categorical column, and Inf, are errors.
func (m *OneHotModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.OneHotModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	var out tensor.Matrix
	var bad place
	if m.Config.(OneHotEncoder).Sparse || isSparse(x) {
		out, bad = m.sparse(x)
	} else {
		out, bad = mapRows(x, len(m.out), 2*len(m.source)+len(m.out)/4, m.row)
	}
	if bad != noPlace {
		return nil, m.refuse(where, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

func (m *OneHotModel) sparse(x tensor.Matrix) (tensor.Matrix, place) {
	_, p := x.Dims()
	unknown := m.Config.(OneHotEncoder).Unknown
	full := make([]float64, p) // the row, since what is not stored is a category, too
	return buildSparse(x, len(m.out), func(js []int32, vs []float64, put func(int, float64)) int {
		for k, j := range js {
			full[j] = vs[k]
		}
		bad := -1
		for j, v := range full {
			s := m.source[j]
			if s.encoded == nil {
				if math.IsInf(v, 0) {
					bad = j
					break
				}
				if v != 0 {
					put(s.offset, v)
				}
				continue
			}
			i := s.encoded.hot(v, unknown, m.levels(j))
			if i == refused {
				bad = j
				break
			}
			if i != nowhere {
				put(i, 1)
			}
		}
		for _, j := range js {
			full[j] = 0
		}
		return bad
	})
}

// refuse is the error of a value that row cannot take.
func (m *OneHotModel) refuse(where string, row, j int, v float64) error {
	if math.IsInf(v, 0) {
		return ml.NotFinite(where, m.Columns, row, j, v)
	}
	field := fmt.Sprintf("X[%d, %d] (%s)", row, j, ml.ColumnName(m.Columns, j))
	if isCategorical(m.Columns, j) && v == v && !isCode(v, m.Columns[j].Levels) {
		return badCode(where, m.Columns, field, j, v)
	}
	found := fmt.Sprintf("category %q, which no training row had", categoryName(m.Columns, j, v))
	if v != v {
		found = "missing, which no training row was"
	}
	return &ml.Error{Where: where, Field: field, Found: found, Want: "a known category; or OneHotEncoder{Unknown: features.UnknownIgnore}", Kind: ml.ErrColumn}
}

// TransformRow encodes one row; dst has len(Out()) elements.
func (m *OneHotModel) TransformRow(dst, x []float64) error {
	const where = "features.OneHotModel.TransformRow"
	if err := checkRows(where, &m.Fitted, dst, x, len(m.out)); err != nil {
		return err
	}
	if j := m.row(dst, x); j >= 0 {
		return m.refuse(where, 0, j, x[j])
	}
	return nil
}

// Inverse returns the categories: for each column that of its greatest positive place. A row without one gets the dropped
// category if there is one, and else NaN; so does the place of the infrequent ones, which cannot be told apart.
func (m *OneHotModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.OneHotModel.Inverse"
	shape := ml.Fitted{Info: ml.Info{Features: len(m.out)}}
	if err := ml.CheckPredict(where, &shape, x); err != nil {
		return nil, err
	}
	out, bad := mapRows(x, len(m.source), 2*len(m.out), m.inverseRow)
	if bad != noPlace {
		return nil, ml.NotFinite(where, m.out, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

func (m *OneHotModel) inverseRow(dst, src []float64) int {
	for i, v := range src {
		if math.IsInf(v, 0) {
			return i
		}
	}
	for j, s := range m.source {
		if s.encoded == nil {
			dst[j] = src[s.offset]
		} else {
			dst[j] = s.encoded.category(src)
		}
	}
	return -1
}

// category is what the places of e in row say.
func (e *OneHotColumn) category(row []float64) float64 {
	best, at := 0.0, e.Dropped
	for i, v := range row[e.offset : e.offset+e.width()] {
		if v > best {
			best, at = v, i
			if e.Dropped >= 0 && i >= e.Dropped {
				at++
			}
		}
	}
	if at < 0 || len(e.Infrequent) > 0 && at == e.places-1 {
		return math.NaN()
	}
	return e.Categories[slices.Index(e.place, at)]
}

// Out describes the columns of the result.
func (m *OneHotModel) Out() []ml.Column { return keepColumns(m.out) }

func init() {
	ml.Register[OneHotEncoder]("features.OneHotEncoder")
	ml.Register[*OneHotModel]("features.OneHotModel")
}
