package features

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Encoder turns structs of type T into rows exactly as the training rows were made. Schema.Fit returns it; a StructModel
// carries it into the model's file. It never changes, and any number of goroutines may use it at once.
type Encoder[T any] struct {
	Fields     []Field        // of T, as they were in training
	Columns    []ml.Column    // the raw columns, with the categories of training
	ClassNames []string       // of the target, by code; nil without classes
	Stages     ml.Transformer // of the tags' steps; nil: a pipeline in the model does them

	reader *reader
	row    ml.RowTransformer
	out    []ml.Column
	raw    *sync.Pool // of *[]float64, a raw row
}

// Restore checks that the fields of T still are those of training. A field that is gone, is new, has another kind of type or
// another tag is an error that names it (ml.ErrColumn).
func (e *Encoder[T]) Restore() error {
	schema, err := For[T]()
	if err != nil {
		return err
	}
	if err := matchFields(schema.plan, e.Fields); err != nil {
		return err
	}
	if e.reader, err = readerOf(schema.plan, e.Columns, e.ClassNames); err != nil {
		return err
	}
	return e.prepare()
}

// matchFields compares the features of a plan with those of training.
func matchFields(p *plan, fields []Field) error {
	where := "features.Encoder[" + p.name + "]"
	now := make(map[string]Field, len(p.features))
	for _, f := range p.features {
		now[f.Path] = f.Field
	}
	var faults []error
	fault := func(path, found, want string) {
		faults = append(faults, &ml.Error{Where: where, Field: p.name + "." + path, Found: found, Want: want, Kind: ml.ErrColumn})
	}
	before := make(map[string]bool, len(fields))
	for _, f := range fields {
		before[f.Path] = true
		is, there := now[f.Path]
		switch {
		case !there:
			fault(f.Path, "missing", oneOf(f.Reads)+", as in training")
		case is.Reads != f.Reads:
			fault(f.Path, oneOf(is.Reads), oneOf(f.Reads)+", as in training")
		case is.Tag != f.Tag:
			fault(f.Path, fmt.Sprintf("tagged %q", is.Tag), fmt.Sprintf("%q, as in training", f.Tag))
		case is.Name != f.Name:
			fault(f.Path, fmt.Sprintf("column %q", is.Name), fmt.Sprintf("%q, as in training", f.Name))
		}
	}
	for _, f := range p.features {
		if !before[f.Path] {
			fault(f.Path, "new", `the fields of training; tag it ml:"-"`)
		}
	}
	if faults == nil && !slices.EqualFunc(p.features, fields, func(f planned, g Field) bool { return f.Field == g }) {
		fault(fields[0].Path, "in another place", "the order of the fields of training")
	}
	return errors.Join(faults...)
}

// readerOf makes the reader of known raw columns.
func readerOf(p *plan, columns []ml.Column, classes []string) (*reader, error) {
	where := "features.Encoder[" + p.name + "]"
	if len(columns) != len(p.features) {
		return nil, &ml.Error{Where: where, Field: "Columns", Found: fmt.Sprintf("%d long", len(columns)), Want: fmt.Sprintf("%d, one for each field", len(p.features)), Kind: ml.ErrColumn}
	}
	r := &reader{plan: p, books: make([]*codebook, len(columns))}
	for j := range p.features {
		f, c := &p.features[j], columns[j]
		bad := func(found, want string) error {
			return &ml.Error{Where: where, Field: columnLabel(columns, j), Found: found, Want: want, Kind: ml.ErrColumn}
		}
		if c.Name != f.Name || f.categorical != (c.Kind == ml.Categorical) {
			want := ml.Numeric
			if f.categorical {
				want = ml.Categorical
			}
			return nil, bad(fmt.Sprintf("%v", c.Kind), fmt.Sprintf("%q, %v: the raw column of %s.%s", f.Name, want, p.name, f.Path))
		}
		if !f.categorical {
			continue
		}
		levels := c.Levels
		if f.reserved() {
			last := len(levels) - 1
			if last < 0 || levels[last] != otherLevel {
				return nil, bad("without the level "+otherLevel, "it as the last one")
			}
			levels = levels[:last]
		}
		var err error
		if r.books[j], err = codebookOf(f.route.read, levels); err != nil {
			return nil, bad(err.Error(), "those of "+f.route.read.one())
		}
	}
	if t := p.special[roleTarget]; t != nil && classes != nil {
		var err error
		if r.classes, err = codebookOf(t.route.read, classes); err != nil {
			return nil, &ml.Error{Where: where, Field: p.name + "." + t.Path, Found: "a target with the classes " + someOf(classes) + ": " + err.Error(), Want: "the classes of " + t.route.read.one(), Kind: ml.ErrColumn}
		}
	}
	return r, nil
}

// prepare derives the rest from the reader and the stages.
func (e *Encoder[T]) prepare() error {
	e.out, e.row = e.Columns, nil
	if e.Stages != nil {
		if f, described := e.Stages.(interface{ Meta() *ml.Fitted }); described && f.Meta().Info.Features != len(e.Columns) {
			return ml.BadFile("features.Encoder", "Stages", fmt.Sprintf("for %d columns", f.Meta().Info.Features), fmt.Sprint(len(e.Columns)))
		}
		e.out = e.Stages.Out()
		var is bool
		if e.row, is = ml.As[ml.RowTransformer](e.Stages); !is {
			return ml.BadFile("features.Encoder", "Stages", "without TransformRow", "transformers of single rows")
		}
	}
	n := len(e.Columns)
	e.raw = &sync.Pool{New: func() any { s := make([]float64, n); return &s }}
	return nil
}

func (e *Encoder[T]) where(method string) string {
	return "features.Encoder[" + e.reader.plan.name + "]." + method
}

// Out describes the columns of the encoded rows. From points to Fields.
func (e *Encoder[T]) Out() []ml.Column { return ml.CloneColumns(e.out) }

// Row encodes one struct.
func (e *Encoder[T]) Row(row T) ([]float64, error) {
	dst := make([]float64, len(e.out))
	return dst, e.RowInto(dst, row)
}

// RowInto encodes one struct into dst, which has len(Out()) elements, without allocating unless it fails.
func (e *Encoder[T]) RowInto(dst []float64, row T) error {
	if len(dst) != len(e.out) {
		return ml.BadShape(e.where("RowInto"), "dst", fmt.Sprintf("%d numbers long", len(dst)), fmt.Sprintf("%d, as many as Out() has columns", len(e.out)))
	}
	p := unsafe.Pointer(&row)
	if e.row == nil {
		if j := e.reader.row(dst, p); j >= 0 {
			return e.reader.refuse(e.where("RowInto"), -1, j, p)
		}
		return nil
	}
	raw := e.raw.Get().(*[]float64)
	defer e.raw.Put(raw)
	if j := e.reader.row(*raw, p); j >= 0 {
		return e.reader.refuse(e.where("RowInto"), -1, j, p)
	}
	return e.row.TransformRow(dst, *raw)
}

// Table encodes structs, without their target.
func (e *Encoder[T]) Table(rows []T) (ml.Table, error) {
	d, err := e.read("Table", rows, rowsOnly)
	return d.Table, err
}

// Classes encodes structs with their target as the class codes of training. A class that training did not have is an error.
func (e *Encoder[T]) Classes(rows []T) (ml.Dataset[int], error) {
	d, err := e.read("Classes", rows, asClasses)
	return typed[int](d, err)
}

// Values encodes structs with their target as numbers.
func (e *Encoder[T]) Values(rows []T) (ml.Dataset[float64], error) {
	d, err := e.read("Values", rows, asValues)
	return typed[float64](d, err)
}

func (e *Encoder[T]) read(method string, rows []T, want wanted) (ml.AnyData, error) {
	d, err := e.reader.read(e.where(method), pointers(rows), want)
	if err != nil || e.Stages == nil {
		return d, err
	}
	var x tensor.Matrix
	if x, err = e.Stages.Transform(d.X); err != nil {
		return ml.AnyData{}, err
	}
	d.X, d.Columns = x, e.Out()
	return d, nil
}

// bind returns the encoder of a model that was fitted to its rows.
func (e *Encoder[T]) bind(any) (*Encoder[T], error) { return e, nil }

// bind makes the encoder of a pipeline that was fitted to the schema's raw columns: it kept them, and their categories.
func (s *Schema[T]) bind(model any) (*Encoder[T], error) {
	m, described := model.(interface{ Meta() *ml.Fitted })
	if !described {
		return nil, &ml.Error{Where: "features.Bind", Found: fmt.Sprintf("a %v without its columns (Meta)", reflect.TypeOf(model)), Want: "a pipeline over the schema's Stage; or bind an Encoder", Kind: ml.ErrConfig}
	}
	e := &Encoder[T]{Fields: s.Fields(), Columns: ml.CloneColumns(m.Meta().Columns), ClassNames: slices.Clone(m.Meta().Classes)}
	return ready(e)
}
