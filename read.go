package ml

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/text"
	"github.com/gopherwood-ml/ml/tensor"
)

// Type is what a column of a file is declared to hold, or found to.
type Type uint8

const (
	// TypeAuto columns are looked at: they are numbers, truth values or times if every cell that is not missing is
	// one, and a category otherwise. All rows count, not only the first ones. The zero value.
	TypeAuto = Type(text.Auto)
	// TypeNumber columns hold numbers.
	TypeNumber = Type(text.Number)
	// TypeBool columns hold truth values, which become 0 and 1: true, t, yes, y, on and 1, or false, f, no, n, off
	// and 0, in any case. An undeclared column is taken for one only if it says true and false.
	TypeBool = Type(text.Bool)
	// TypeCategory columns hold text, which becomes codes of levels.
	TypeCategory = Type(text.Category)
	// TypeTime columns hold dates or times as ISO 8601 and RFC 3339 write them ("2024-05-17", "2024-05-17 08:30",
	// "2024-05-17T08:30:00.25+02:00"; UTC without a zone). They become seconds since 1970-01-01 UTC.
	TypeTime = Type(text.Time)
	// TypeSkip columns are left out of the table.
	TypeSkip = Type(text.Skip)
	// TypeText columns hold free text, which is kept as it is: the table's matrix is a TextMatrix. No column is taken for one unless it is
	// declared, or is one in Schema.Like. MaxLevels does not count for it.
	TypeText = TypeSkip + 1
)

// String returns the type in lower case: "number".
func (t Type) String() string {
	names := [...]string{"auto", "number", "bool", "category", "time", "skip", "text"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("Type(%d)", uint8(t))
}

// DefaultMissing are the texts that stand for a missing value in a CSV file unless others are named. They are what
// pandas takes for one, and "?".
var DefaultMissing = []string{"", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NaN", "nan", "-NaN", "-nan",
	"NULL", "null", "None", "?", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN"}

// Schema says what is known of the columns of a file before it is read. The zero value: nothing, every column is looked
// at (see TypeAuto).
//
// Every reader turns cells into numbers in the same way. A missing value is NaN. Numbers are the nearest float64. Truth
// values are 0 and 1, times are seconds since 1970-01-01 UTC; the Kind of all these columns is Numeric. A TypeText column is kept as Text. Any other
// column is Categorical: its Levels are the distinct texts in byte order, so they depend neither on the order of the
// rows nor on the number of cores, and its cells are codes of levels. An undeclared column of whole numbers one of
// which a float64 can't hold (beyond 2^53, such as database keys) is Categorical too: rounded, different ids could
// become equal. Declare it TypeNumber to have it rounded.
type Schema struct {
	// Types declares columns by name; a column without a name is "x3", counted from 0. A cell that is not of the
	// declared type is an error which says where it stands. So is a name that no column has. nil: none is declared.
	Types map[string]Type

	// Like are the columns of an earlier table, most often the one a model was trained on. A column of the same name
	// becomes the same: with the same levels in the same order if it is categorical, and else numeric, whatever of
	// numbers, truth values and times it holds; text is an error there. A column of kind Text stays one. So the codes of a second file mean what they
	// mean in the first. Columns which the file lacks do not matter, nor does the order (ml.Align brings columns in
	// order). A categorical column without Levels learns them from the file. Types goes before Like. nil: none.
	Like []Column

	// UnseenMissing reads a text that is not among the levels of Like, or of the first batch, as missing. false: it
	// is an error.
	UnseenMissing bool

	// Missing are the texts that stand for a missing value, compared without the spaces around them. nil:
	// DefaultMissing for CSV. JSON lines and database rows have null for it, and ARFF a bare question mark, so there nil
	// means no text besides. For none in CSV, pass an empty list; an empty cell of an undeclared column is then a text.
	Missing []string

	// MaxLevels is how many levels a categorical column may have; one more is an error, since such a column is rather
	// free text, to be skipped. 0: 1048576.
	MaxLevels int
}

// options checks s and prepares it for the parsers; missing is what nil means.
func (s Schema) options(where string, missing []string) (text.Options, error) {
	o := text.Options{Missing: missing, MaxLevels: s.MaxLevels, UnseenMissing: s.UnseenMissing, Point: '.'}
	if s.Missing != nil {
		o.Missing = s.Missing
	}
	switch {
	case s.MaxLevels < 0:
		return o, BadConfig(where, "MaxLevels", s.MaxLevels, ">= 0; 0 means 1048576")
	case s.MaxLevels == 0:
		o.MaxLevels = text.DefaultMaxLevels
	}
	names := make([]string, 0, len(s.Types))
	for name := range s.Types {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if s.Types[name] > TypeText {
			return o, BadConfig(where, fmt.Sprintf("Types[%q]", name), s.Types[name], "one of the Type constants")
		}
	}
	for j, c := range s.Like {
		spec := text.Spec{Name: ColumnName(s.Like, j), Like: true, Numeric: c.Kind == Numeric}
		if c.Kind == Categorical {
			spec.Type, spec.Levels = text.Category, c.Levels
		}
		if c.Kind == Text {
			spec.Type, spec.Text = text.Category, true
		}
		if t, declared := s.Types[spec.Name]; declared && t != TypeAuto {
			if t != TypeCategory {
				spec.Levels = nil
			}
			spec.Numeric = false
			spec.Type, spec.Text = parsed(t)
		}
		o.Specs = append(o.Specs, spec)
	}
	for _, name := range names {
		spec := text.Spec{Name: name}
		spec.Type, spec.Text = parsed(s.Types[name])
		o.Specs = append(o.Specs, spec)
	}
	return o, nil
}

// parsed is how the parsers read a type: texts are categories of any number of levels.
func parsed(t Type) (as text.Type, isText bool) {
	if t == TypeText {
		return text.Category, true
	}
	return text.Type(t), false
}

// tableOf makes a Table of what a parser returned.
func tableOf(t *text.Table) Table {
	out := Table{Columns: make([]Column, len(t.Specs)), Weight: t.Weight}
	var texts [][]string
	for j, s := range t.Specs {
		out.Columns[j].Name = s.Name
		if s.Text {
			if texts == nil {
				texts = make([][]string, len(t.Specs))
			}
			out.Columns[j].Kind, texts[j] = Text, textsOf(t, j)
			continue
		}
		if s.Type == text.Category {
			out.Columns[j].Kind, out.Columns[j].Levels = Categorical, s.Levels
		}
	}
	if t.Indptr == nil {
		out.X = tensor.FromSlice(t.X, t.Rows, len(t.Specs))
	} else {
		out.X = sparseMatrix(t.Rows, len(t.Specs), t.Indptr, t.Indices, t.Values)
	}
	if texts != nil {
		out.X = &TextMatrix{out.X, texts}
	}
	return out
}

// textsOf turns the codes of a column into texts, and itself into 0 and NaN. A sparse row that leaves the column out has code 0.
func textsOf(t *text.Table, j int) []string {
	out := make([]string, t.Rows)
	levels := t.Specs[j].Levels
	take := func(i int, v *float64) {
		out[i] = ""
		if !math.IsNaN(*v) {
			out[i], *v = levels[int(*v)], 0
		}
	}
	if t.Indptr == nil {
		for i := range out {
			take(i, &t.X[i*len(t.Specs)+j])
		}
		return out
	}
	for i := range out {
		var unstored float64
		take(i, &unstored)
		for k := t.Indptr[i]; k < t.Indptr[i+1]; k++ {
			if int(t.Indices[k]) == j {
				take(i, &t.Values[k])
			}
		}
	}
	return out
}

// sparseMatrix keeps arrays that a parser of this module made, so they are canonical.
func sparseMatrix(rows, cols int, indptr []int, indices []int32, values []float64) *tensor.CSR[float64] {
	x, err := tensor.NewCSR(rows, cols, indptr, indices, values)
	if err != nil {
		panic(err)
	}
	return x
}

// readError is the Error of a parser's fault; unit is what it counts, "line" or "row".
func readError(where, unit string, f *text.Fault) error {
	e := &Error{Where: where, Found: f.Found, Want: f.Want, Kind: ErrFormat, Cause: f.Err}
	switch f.Cause {
	case text.BadColumn:
		e.Kind = ErrColumn
	case text.TooLarge:
		e.Kind = ErrShape
	case text.Reading:
		e.Kind = nil
	}
	if f.Line > 0 {
		e.Field = fmt.Sprintf("%s %d", unit, f.Line)
	}
	if f.Column > 0 {
		if e.Field != "" {
			e.Field += ", "
		}
		e.Field += fmt.Sprintf("column %d", f.Column)
	}
	if f.Name != "" {
		e.Field += fmt.Sprintf(" (%s)", f.Name)
	}
	if e.Field == "" {
		e.Field = "the input"
	}
	return e
}
