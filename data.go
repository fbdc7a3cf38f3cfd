package ml

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// None is the code of no class: an unlabelled row in semi-supervised data, noise in clusterings.
// Anywhere else it is an error.
const None = -1

// Kind is what the numbers of a column mean.
type Kind uint8

const (
	// Numeric columns hold quantities. The zero value.
	Numeric Kind = iota
	// Categorical columns hold codes 0..len(Levels)-1; NaN is a missing or unseen category.
	Categorical
	// Text columns hold free text, in a TextMatrix.
	Text
)

// String returns "numeric", "categorical" or "text".
func (k Kind) String() string {
	switch k {
	case Numeric:
		return "numeric"
	case Categorical:
		return "categorical"
	case Text:
		return "text"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Column describes one column of a Table.
type Column struct {
	Name   string   // "" for unnamed
	Kind   Kind     // Numeric unless stated
	Levels []string // the names of a categorical column's codes
	From   []int    // the input columns it was made of; nil: itself
}

// Table holds rows without targets: what unsupervised learners and transformers fit.
// Its slices and matrix are shared, not copied; nothing in this library writes to them.
type Table struct {
	X       tensor.Matrix // rows x columns
	Columns []Column      // nil: all numeric, unnamed
	Weight  []float64     // nil: every row weighs 1
	Group   []int         // nil: none; ranking queries, grouped splits; need not be contiguous
}

// Dataset holds rows with targets. Y is float64 for regression, int for class codes, []float64 for
// several outputs and []int for multi-label targets (0 or 1 for each label).
type Dataset[Y any] struct {
	Table
	Y       []Y
	Classes []string    // the names of the class codes, K = len(Classes); nil: unnamed, K = largest code + 1
	Valid   *Dataset[Y] // rows to watch, never to learn from (early stopping); pipelines only transform them. Its own Valid is a second set of them, and so on
}

// Data puts a matrix and its targets together: Data(x, y) where nothing else is known.
func Data[Y any](x tensor.Matrix, y []Y) Dataset[Y] {
	return Dataset[Y]{Table: Table{X: x}, Y: y}
}

// AnyData is a Table or a Dataset whose target type is not known at compile time: what pipeline stages and
// splitters work on. Y is nil for a Table and a []T for a Dataset[T].
type AnyData struct {
	Table
	Y       any
	Classes []string
	Valid   *AnyData
}

// Erasable is the constraint of data that can pass through a pipeline: Table and every Dataset.
type Erasable interface{ Any() AnyData }

// Any returns the table as AnyData.
func (t Table) Any() AnyData { return AnyData{Table: t} }

// Any returns the data set as AnyData. The slices are shared.
func (d Dataset[Y]) Any() AnyData {
	a := AnyData{Table: d.Table, Y: d.Y, Classes: d.Classes}
	if d.Valid != nil {
		v := d.Valid.Any()
		a.Valid = &v
	}
	return a
}

// MapValid returns a with each set of rows to watch, Valid and those behind it, changed: change gets a copy. It is for
// implementers of Stage.
func (a AnyData) MapValid(change func(*AnyData) error) (AnyData, error) {
	if a.Valid == nil {
		return a, nil
	}
	v, err := a.Valid.MapValid(change)
	if err != nil {
		return a, err
	}
	a.Valid = &v
	return a, change(&v)
}

// Any returns a itself, so that AnyData is Erasable too.
func (a AnyData) Any() AnyData { return a }

// From sets t to the rows of a, whatever the targets. It never fails; the error is there for symmetry with Dataset.From.
func (t *Table) From(a AnyData) error {
	*t = a.Table
	return nil
}

// From sets d to a, whose targets must be a []Y; otherwise the error is ErrData.
func (d *Dataset[Y]) From(a AnyData) error {
	y, ok := a.Y.([]Y)
	if !ok {
		found := "no targets"
		if a.Y != nil {
			found = fmt.Sprintf("targets of type %T", a.Y)
		}
		return &Error{Field: "Y", Found: found, Want: fmt.Sprintf("%T", y), Kind: ErrData}
	}
	*d = Dataset[Y]{Table: a.Table, Y: y, Classes: a.Classes}
	if a.Valid != nil {
		d.Valid = new(Dataset[Y])
		return d.Valid.From(*a.Valid)
	}
	return nil
}

// Rows is the number of rows, 0 for a table without a matrix.
func (t Table) Rows() int {
	if t.X == nil {
		return 0
	}
	n, _ := t.X.Dims()
	return n
}

// Select returns the given rows, in the given order; an index may repeat. The matrix keeps its storage
// (float32 stays float32, sparse stays sparse; a gonum matrix becomes a tensor). An index out of range panics
// with a *tensor.ShapeError, as a slice index would.
func (t Table) Select(rows []int) Table {
	t.X = selectRows(t.X, rows)
	t.Weight = pick(t.Weight, rows)
	t.Group = pick(t.Group, rows)
	return t
}

// Select returns the given rows with their targets, in the given order. Valid is kept as it is.
func (d Dataset[Y]) Select(rows []int) Dataset[Y] {
	d.Table = d.Table.Select(rows)
	d.Y = pick(d.Y, rows)
	return d
}

// SelectColumns returns the given columns, in the given order, of X and of Valid. The matrix keeps its storage, and may share its memory. An index out of
// range panics with a *tensor.ShapeError.
func (d Dataset[Y]) SelectColumns(columns []int) Dataset[Y] {
	d.X = rows.SelectCols(d.X, columns)
	if d.Columns != nil {
		kept := pick(d.Columns, columns)
		for k := range kept {
			kept[k].From = nil
		}
		d.Columns = kept
	}
	if d.Valid != nil {
		v := d.Valid.SelectColumns(columns)
		d.Valid = &v
	}
	return d
}

// Present returns d without its rows of weight 0, which must not change how the others are divided or drawn.
func (d Dataset[Y]) Present() Dataset[Y] {
	if !slices.Contains(d.Weight, 0) {
		return d
	}
	keep := make([]int, 0, len(d.Weight))
	for i, w := range d.Weight {
		if w != 0 {
			keep = append(keep, i)
		}
	}
	return d.Select(keep)
}

// K is the number of classes of a data set with class codes: len(Classes), or the largest code + 1 when the
// classes are unnamed. It is 0 when Y is not int.
func (d Dataset[Y]) K() int { return d.Any().K() }

// K is the number of classes: see Dataset.K.
func (a AnyData) K() int {
	codes, ok := a.Y.([]int)
	if !ok {
		return 0
	}
	if a.Classes != nil {
		return len(a.Classes)
	}
	if len(codes) == 0 {
		return 0
	}
	return max(slices.Max(codes)+1, 0)
}

func pick[T any](from []T, rows []int) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = from[r]
	}
	return out
}

// NameClasses returns d with its class codes as the names of its classes, if they are unnamed: so a part of the rows that
// lacks a class, a fold for instance, keeps the width K of the whole. Other targets are left alone.
func (d Dataset[Y]) NameClasses() Dataset[Y] {
	if k := d.K(); d.Classes == nil && k > 0 {
		d.Classes = make([]string, k)
		for c := range d.Classes {
			d.Classes[c] = strconv.Itoa(c)
		}
	}
	return d
}
