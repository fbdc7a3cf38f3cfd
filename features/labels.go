package features

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Labels maps the labels of classes, of whatever comparable type, to the codes 0..K-1 that classifiers learn, and back.
// Make it with FitLabels or NewLabels. It does not change afterwards, and any number of goroutines may use it at once.
// Label joins it to the classifier, so that both are saved as one.
type Labels[L comparable] struct {
	Values []L // by code

	codes map[L]int
}

// FitLabels numbers the distinct labels of y: in rising order for strings, numbers and bools, else in the order of their
// first appearance. No label at all is an error, and so is NaN, which equals nothing.
func FitLabels[L comparable](y []L) (*Labels[L], error) {
	if err := hashable[L]("features.FitLabels"); err != nil {
		return nil, err
	}
	seen := make(map[L]bool)
	var values []L
	for _, l := range y {
		if !seen[l] {
			seen[l] = true
			values = append(values, l)
		}
		if l != l {
			break // Restore says what is wrong with it
		}
	}
	if less := order[L](); less != nil {
		slices.SortFunc(values, less)
	}
	return NewLabels(values...)
}

// NewLabels numbers labels in the order given. None, the same twice, and NaN are errors.
func NewLabels[L comparable](values ...L) (*Labels[L], error) {
	return ready(&Labels[L]{Values: slices.Clone(values)})
}

// Restore checks labels that were read from a file and derives the codes.
func (l *Labels[L]) Restore() error {
	const where = "features.Labels"
	if err := hashable[L](where); err != nil {
		return err
	}
	bad := func(i int, found any, want string) error {
		return &ml.Error{Where: where, Field: fmt.Sprintf("label %d", i), Found: fmt.Sprint(found), Want: want, Kind: ml.ErrTarget}
	}
	if len(l.Values) == 0 {
		return &ml.Error{Where: where, Field: "labels", Found: "empty", Want: "at least one", Kind: ml.ErrTarget}
	}
	l.codes = make(map[L]int, len(l.Values))
	for i, v := range l.Values {
		if v != v {
			return bad(i, v, "a label that equals itself")
		}
		if first, twice := l.codes[v]; twice {
			return bad(i, v, fmt.Sprintf("each label once; it is label %d, too", first))
		}
		l.codes[v] = i
	}
	return nil
}

// hashable refuses types whose values may turn out not to be comparable at run time.
func hashable[L comparable](where string) error {
	if t := reflect.TypeFor[L](); !strictlyComparable(t) {
		return ml.BadConfig(where, "L", t, "a type without interfaces in it, whose values can always be compared")
	}
	return nil
}

func strictlyComparable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface:
		return false
	case reflect.Array:
		return strictlyComparable(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !strictlyComparable(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// order is the natural order of a basic type, nil for other types.
func order[L comparable]() func(a, b L) int {
	var compare func(a, b reflect.Value) int
	switch reflect.TypeFor[L]().Kind() {
	case reflect.String:
		compare = func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) }
	case reflect.Float32, reflect.Float64:
		compare = func(a, b reflect.Value) int { return cmp.Compare(a.Float(), b.Float()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		compare = func(a, b reflect.Value) int { return cmp.Compare(a.Int(), b.Int()) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		compare = func(a, b reflect.Value) int { return cmp.Compare(a.Uint(), b.Uint()) }
	case reflect.Bool:
		compare = func(a, b reflect.Value) int {
			switch {
			case a.Bool() == b.Bool():
				return 0
			case b.Bool():
				return -1
			}
			return 1
		}
	default:
		return nil
	}
	return func(a, b L) int { return compare(reflect.ValueOf(a), reflect.ValueOf(b)) }
}

// Code returns the code of a label; false if it is unknown.
func (l *Labels[L]) Code(label L) (int, bool) {
	code, known := l.codes[label]
	return code, known
}

// Encode returns the code of each label. An unknown one is an error that says where it stands.
func (l *Labels[L]) Encode(y []L) ([]int, error) {
	out := make([]int, len(y))
	for i, label := range y {
		code, known := l.codes[label]
		if !known {
			return nil, &ml.Error{Where: "features.Labels.Encode", Field: fmt.Sprintf("label %d", i), Found: fmt.Sprint(label), Want: "one of the labels of the fit", Kind: ml.ErrTarget}
		}
		out[i] = code
	}
	return out, nil
}

// Decode returns the label of each code. A number that is no code is an error that says where it stands.
func (l *Labels[L]) Decode(codes []int) ([]L, error) {
	out := make([]L, len(codes))
	for i, c := range codes {
		if c < 0 || c >= len(l.Values) {
			return nil, &ml.Error{Where: "features.Labels.Decode", Field: fmt.Sprintf("code %d", i), Found: fmt.Sprint(c), Want: fmt.Sprintf("in 0..%d", len(l.Values)-1), Kind: ml.ErrTarget}
		}
		out[i] = l.Values[c]
	}
	return out, nil
}

// Names are the labels as text, by code: the Classes of a data set.
func (l *Labels[L]) Names() []string {
	out := make([]string, len(l.Values))
	for i, v := range l.Values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// Dataset joins rows and their labels to what a classifier fits.
func (l *Labels[L]) Dataset(t ml.Table, y []L) (ml.Dataset[int], error) {
	codes, err := l.Encode(y)
	if err != nil {
		return ml.Dataset[int]{}, err
	}
	return ml.Dataset[int]{Table: t, Y: codes, Classes: l.Names()}, nil
}

// Labelled is a classifier that answers with labels. Save and Load keep both as one file:
//
//	m, err := ml.Load[*features.Labelled[string]](r)
type Labelled[L comparable] struct {
	Labels *Labels[L]
	Model  ml.Classifier

	row ml.RowPredictor[int]
}

// Restore checks that both parts are there.
func (m *Labelled[L]) Restore() error {
	if m.Labels == nil || m.Model == nil {
		return ml.BadFile("features.Labelled", "Labels and Model", "missing", "both")
	}
	m.row, _ = ml.As[ml.RowPredictor[int]](m.Model)
	return nil
}

// Label joins labels and a classifier that was fitted to their codes.
func Label[L comparable](labels *Labels[L], model ml.Classifier) (*Labelled[L], error) {
	return ready(&Labelled[L]{Labels: labels, Model: model})
}

// Predict returns the label of each row.
func (m *Labelled[L]) Predict(x tensor.Matrix) ([]L, error) {
	codes, err := m.Model.Predict(x)
	if err != nil {
		return nil, err
	}
	return m.Labels.Decode(codes)
}

// PredictProba returns the probabilities of the classes, columns in the order of Labels.Values.
func (m *Labelled[L]) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.Model.PredictProba(x)
}

// PredictRow returns the label of one row, without allocating. It is errors.ErrUnsupported if the classifier has no
// PredictRow.
func (m *Labelled[L]) PredictRow(x []float64) (L, error) {
	var none L
	if m.row == nil {
		return none, &ml.Error{Where: "features.Labelled.PredictRow", Found: "a classifier without PredictRow", Kind: errors.ErrUnsupported}
	}
	c, err := m.row.PredictRow(x)
	if err != nil {
		return none, err
	}
	if c < 0 || c >= len(m.Labels.Values) {
		return none, &ml.Error{Where: "features.Labelled.PredictRow", Field: "prediction", Found: fmt.Sprint(c), Want: fmt.Sprintf("a code in 0..%d", len(m.Labels.Values)-1), Kind: ml.ErrTarget}
	}
	return m.Labels.Values[c], nil
}
