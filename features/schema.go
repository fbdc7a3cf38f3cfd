package features

import (
	"context"
	"iter"
	"reflect"
	"slices"
	"unsafe"

	"github.com/gopherwood-ml/ml"
)

// Schema reads structs of type T as the rows of a data set, as their ml tags say. Make it with For. It never changes, and
// any number of goroutines may use it at once.
type Schema[T any] struct{ plan *plan }

// For reads the ml tags of struct type T, once, by reflection; afterwards fields are read by their offsets. Every bad tag
// is reported, by field name, in one error that joins an *ml.Error for each; a test that calls For checks the tags.
//
// Every exported field becomes a column called like the field, those of a struct inside with dots ("Address.City"), those of
// an embedded struct without. Fields may be numbers, bools (0 and 1), strings (categories), time.Time, time.Duration (in
// seconds), pointers to these, and sql.Null of them. Missing is: a nil pointer, a NULL, NaN, a zero time.Time. A tag
// holds options, separated by commas:
//
//   - leave the field out
//     name=age             what the column is called
//     target               what is to be predicted: a string, bool or integer for classes, a number for values
//     weight, group        the row's weight (a number >= 0) and group (an integer or a string)
//     zero=missing         0, "" or false means missing
//
// and steps, which run in the order in which they are written:
//
//	since=2020-01-31     days since then, for a time.Time, which needs it (Map and Since)
//	impute=median        fill in what is missing: mean, median, mode or a number; mode or a category (SimpleImputer)
//	log, log1p, sqrt     (Map)
//	clip=0:100           bring between bounds, one of which may be left out (Map and Clip)
//	scale                mean 0 and standard deviation 1 (StandardScaler)
//	onehot               a column of 0 and 1 for each category of a string, integer or bool (OneHotEncoder); behind it:
//	  max=20, min=5      at most 20 columns, at least 5 rows for each; the rest share one
//	  drop               without a column for the first category
//	  other              count an unseen category among the rest, rather than refuse the row
//	ordinal=low|mid|high the rank of a category; without a list in rising order of text or number (OrdinalEncoder)
//
// A string without onehot or ordinal stays a categorical column; unseen categories are an error, or missing with "other".
// The steps are the transformers of this package, put together with Columns: Stage returns them.
func For[T any]() (*Schema[T], error) {
	p := planOf(reflect.TypeFor[T]())
	if p.fault != nil {
		return nil, p.fault
	}
	return &Schema[T]{plan: p}, nil
}

// Fields describes the fields that become columns, in order.
func (s *Schema[T]) Fields() []Field {
	out := make([]Field, len(s.plan.features))
	for j, f := range s.plan.features {
		out[j] = f.Field
	}
	return out
}

// Stage returns the steps of all tags as a stage of a pipeline, for the raw columns that Table, Classes and Values give. In
// cross-validation each fold then fits its own transformers, to its training rows only:
//
//	data, err := schema.Classes(loans)
//	pipe := ml.Pipe(schema.Stage(), linear.LogisticRegression{})
//	scores, err := selection.CrossValidate(ctx, pipe, data, selection.StratifiedKFold{K: 5}, selection.LogLoss{})
func (s *Schema[T]) Stage() ml.Stage {
	var c Columns
	for start := 0; start < len(s.plan.features); {
		first := s.plan.features[start]
		part := Part{}
		var names ByName
		end := start
		for ; end < len(s.plan.features) && s.plan.features[end].steps == first.steps; end++ {
			names = append(names, s.plan.features[end].Name)
		}
		part.Columns = names
		if len(first.stages) > 0 {
			part.Do = ml.Stages(slices.Clone(first.stages))
		}
		c.Parts = append(c.Parts, part)
		start = end
	}
	return c
}

// Table reads structs as raw columns, without a target: numbers as they are, times as Unix seconds, categories as codes
// in the order of their text. It is for unsupervised learning with Stage in front. Codes belong to the categories of these
// rows: read the rows of a model that is already fitted with its StructModel or Encoder.
func (s *Schema[T]) Table(rows []T) (ml.Table, error) { return s.table(pointers(rows)) }

// TableSeq is Table of a sequence, which need not be held in memory.
func (s *Schema[T]) TableSeq(rows iter.Seq[T]) (ml.Table, error) { return s.table(pointersOf(rows)) }

// Classes reads structs as raw columns, like Table, with the target as class codes in the order of their text, number, or
// false before true. A missing target is ml.None. Floating-point targets have no classes and are an error.
func (s *Schema[T]) Classes(rows []T) (ml.Dataset[int], error) { return s.classes(pointers(rows)) }

// ClassesSeq is Classes of a sequence, which need not be held in memory.
func (s *Schema[T]) ClassesSeq(rows iter.Seq[T]) (ml.Dataset[int], error) {
	return s.classes(pointersOf(rows))
}

// Values reads structs as raw columns, like Table, with the target as numbers. A missing one, and targets that are strings or
// bools, are errors.
func (s *Schema[T]) Values(rows []T) (ml.Dataset[float64], error) { return s.values(pointers(rows)) }

// ValuesSeq is Values of a sequence, which need not be held in memory.
func (s *Schema[T]) ValuesSeq(rows iter.Seq[T]) (ml.Dataset[float64], error) {
	return s.values(pointersOf(rows))
}

func (s *Schema[T]) table(rows each) (ml.Table, error) {
	_, d, err := s.plan.learn(s.where("Table"), rows, rowsOnly)
	return d.Table, err
}

func (s *Schema[T]) classes(rows each) (ml.Dataset[int], error) {
	_, d, err := s.plan.learn(s.where("Classes"), rows, asClasses)
	return typed[int](d, err)
}

func (s *Schema[T]) values(rows each) (ml.Dataset[float64], error) {
	_, d, err := s.plan.learn(s.where("Values"), rows, asValues)
	return typed[float64](d, err)
}

func (s *Schema[T]) where(method string) string {
	return "features.Schema[" + s.plan.name + "]." + method
}

// Fit fits the tags' transformers to rows and returns them with the encoded rows, without a target. It is for unsupervised
// learning, and for when the encoded numbers themselves are wanted; a pipeline with Stage does the same inside
// cross-validation, where an encoder that has seen all rows would leak.
func (s *Schema[T]) Fit(ctx context.Context, rows []T) (*Encoder[T], ml.Table, error) {
	e, d, err := s.fit(ctx, "Fit", rows, rowsOnly)
	return e, d.Table, err
}

// FitClasses is Fit with the target as class codes: what a classifier fits.
func (s *Schema[T]) FitClasses(ctx context.Context, rows []T) (*Encoder[T], ml.Dataset[int], error) {
	e, d, err := s.fit(ctx, "FitClasses", rows, asClasses)
	data, err := typed[int](d, err)
	return e, data, err
}

// FitValues is Fit with the target as numbers: what a regressor fits.
func (s *Schema[T]) FitValues(ctx context.Context, rows []T) (*Encoder[T], ml.Dataset[float64], error) {
	e, d, err := s.fit(ctx, "FitValues", rows, asValues)
	data, err := typed[float64](d, err)
	return e, data, err
}

func (s *Schema[T]) fit(ctx context.Context, method string, rows []T, want wanted) (*Encoder[T], ml.AnyData, error) {
	r, raw, err := s.plan.learn(s.where(method), pointers(rows), want)
	if err != nil {
		return nil, ml.AnyData{}, err
	}
	t, encoded, err := s.Stage().FitStage(ctx, raw)
	if err != nil {
		return nil, ml.AnyData{}, err
	}
	e := &Encoder[T]{Fields: s.Fields(), Columns: raw.Columns, Stages: t, reader: r}
	if r.classes != nil {
		e.ClassNames = slices.Clone(r.classes.levels)
	}
	return e, encoded, e.prepare()
}

func typed[Y any](d ml.AnyData, err error) (ml.Dataset[Y], error) {
	var out ml.Dataset[Y]
	if err != nil {
		return out, err
	}
	return out, out.From(d)
}

func pointers[T any](rows []T) each {
	return func(yield func(unsafe.Pointer) bool) {
		for i := range rows {
			if !yield(unsafe.Pointer(&rows[i])) {
				return
			}
		}
	}
}

func pointersOf[T any](rows iter.Seq[T]) each {
	return func(yield func(unsafe.Pointer) bool) {
		for row := range rows {
			if !yield(unsafe.Pointer(&row)) {
				return
			}
		}
	}
}
