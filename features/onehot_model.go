package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Restore checks a model that was read from a file and derives the tables that transforms use.
func (m *OneHotModel) Restore() error {
	const where = "features.OneHotModel"
	c, isEncoder := m.Config.(OneHotEncoder)
	p := m.Info.Features
	switch {
	case !isEncoder:
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.OneHotEncoder")
	case p < 1 || m.Columns != nil && len(m.Columns) != p:
		return ml.BadFile(where, "Columns", fmt.Sprintf("%d long", len(m.Columns)), fmt.Sprintf("%d", p))
	case len(m.Encoded) > p:
		return ml.BadFile(where, "Encoded", fmt.Sprintf("%d long", len(m.Encoded)), fmt.Sprintf("at most %d", p))
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
			return ml.BadFile(where, "Encoded", "without "+columnLabel(m.Columns, j), "an entry for each encoded column, in order")
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
		return ml.BadFile(where, "Encoded", fmt.Sprintf("%d long", len(m.Encoded)), fmt.Sprint(next))
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
	if err := checkCategories(where, e.Categories, categorical); err != nil {
		return err
	}
	infrequent := make([]bool, len(e.Categories))
	for k, i := range e.Infrequent {
		if i < 0 || i >= len(infrequent) || k > 0 && i <= e.Infrequent[k-1] {
			return ml.BadFile(where, fmt.Sprintf("Infrequent[%d]", k), fmt.Sprint(i), "rising indices into Categories")
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
		return ml.BadFile(where, "Dropped", fmt.Sprint(e.Dropped), fmt.Sprintf("a place below %d, or -1", e.places))
	}
	e.categorical = categorical
	e.code = codeTable(e.known())
	return nil
}

// known are the categories but NaN.
func (e *OneHotColumn) known() []float64 {
	if last := len(e.Categories) - 1; last >= 0 && math.IsNaN(e.Categories[last]) {
		return e.Categories[:last]
	}
	return e.Categories
}

// codeTable inverts a rising list of codes. It is nil if they are no codes, or if it would be much longer than the list, as a
// damaged file might ask for.
func codeTable(codes []float64) []int {
	if len(codes) == 0 || codes[len(codes)-1] >= float64(2*len(codes)+64) {
		return nil
	}
	for _, v := range codes {
		if !isCode(v, nil) {
			return nil
		}
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
	switch {
	case isSparse(x):
		out, bad = m.sparse(x)
	case m.Config.(OneHotEncoder).Sparse && m.full():
		out, bad = m.sparseFull(x)
	case m.Config.(OneHotEncoder).Sparse:
		out, bad = m.sparse(x)
	default:
		out, bad = mapRows(x, len(m.out), 2*len(m.source)+len(m.out)/4, m.row)
	}
	if bad != noPlace {
		return nil, m.refuse(where, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	if m.Config.(OneHotEncoder).Unknown == UnknownWarn {
		warnUnknown(where, m.Columns, x, m.isUnknown)
	}
	return out, nil
}

// isUnknown says of a value that no training row had it.
func (m *OneHotModel) isUnknown(j int, v float64) bool {
	e := m.source[j].encoded
	return e != nil && e.find(v) < 0
}

func (m *OneHotModel) sparse(x tensor.Matrix) (tensor.Matrix, place) {
	_, p := x.Dims()
	unknown := m.Config.(OneHotEncoder).Unknown
	return buildSparse(x, len(m.out), func() sparseRow {
		full := make([]float64, p) // the row, since what is not stored is a category, too
		return func(js []int32, vs []float64, put func(int, float64)) int {
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
		}
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

// TransformInto is Transform into dst: see ml.IntoTransformer. With Sparse it gives errors.ErrUnsupported.
func (m *OneHotModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.OneHotModel.TransformInto"
	if m.Config.(OneHotEncoder).Sparse {
		return unsupported(where, "Sparse")
	}
	err := mapping{columns: len(m.out), nsPerRow: 2*len(m.source) + len(m.out)/4, row: m.row}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return m.refuse(where, i, j, v) })
	if err == nil && m.Config.(OneHotEncoder).Unknown == UnknownWarn {
		warnUnknown(where, m.Columns, x, m.isUnknown)
	}
	return err
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
	if m.Config.(OneHotEncoder).Unknown == UnknownWarn {
		warnUnknownRow(where, m.Columns, x, m.isUnknown)
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
func (m *OneHotModel) Out() []ml.Column { return ml.CloneColumns(m.out) }
