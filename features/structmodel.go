package features

import (
	"errors"
	"fmt"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// StructModel is a model that takes structs: an Encoder and what was fitted to its rows, in one. Saved and loaded as one
// file, the two cannot drift apart, and a struct whose fields or tags have changed since training is refused on loading:
//
//	err := ml.Save(w, model)
//	model, err := ml.Load[*features.StructModel[Loan, int]](r)
//
// Y is what the model predicts: int for class codes, float64 for values. Any number of goroutines may use it at once.
type StructModel[T, Y any] struct {
	Encoder *Encoder[T]
	Model   ml.Predictor[Y]

	row   ml.RowPredictor[Y] // nil if the model has none
	proba ml.RowProba        // nil likewise
	rows  *sync.Pool         // of *[]float64, an encoded row
}

// A Binding is what Bind joins to a model: a *Schema[T] if the model is a pipeline over the schema's Stage, an *Encoder[T] if the
// model was fitted to the encoder's rows.
type Binding[T any] interface {
	bind(model any) (*Encoder[T], error)
}

// Bind makes a model that takes structs of one that takes rows:
//
//	model, err := features.Bind(schema, pipeline) // pipeline: ml.Pipe(schema.Stage(), ...).Fit(ctx, data)
//	model, err := features.Bind(enc, fitted)      // enc, train, err := schema.FitClasses(ctx, loans)
//
// A model that was fitted to other columns is an error.
func Bind[T, Y any](to Binding[T], model ml.Predictor[Y]) (*StructModel[T, Y], error) {
	enc, err := to.bind(model)
	if err != nil {
		return nil, err
	}
	return ready(&StructModel[T, Y]{Encoder: enc, Model: model})
}

// Restore checks that the two parts fit each other.
func (m *StructModel[T, Y]) Restore() error {
	const where = "features.StructModel"
	if m.Encoder == nil || m.Model == nil {
		return ml.BadFile(where, "Encoder and Model", "missing", "both")
	}
	width := len(m.Encoder.out)
	if f, described := m.Model.(interface{ Meta() *ml.Fitted }); described {
		if got := f.Meta().Info.Features; got != width {
			return ml.BadShape(where, "Model", fmt.Sprintf("for %d columns", got), fmt.Sprintf("for the %d that the encoder gives", width))
		}
		columns := f.Meta().Columns
		if columns != nil && len(columns) != width {
			return ml.BadFile(where, "Model.Columns", fmt.Sprintf("%d long", len(columns)), fmt.Sprint(width))
		}
		for j, c := range columns {
			if want := m.Encoder.out[j].Name; c.Name != want {
				return &ml.Error{Where: where, Field: "Model", Found: fmt.Sprintf("fitted to %q as column %d", c.Name, j), Want: fmt.Sprintf("%q, as the encoder gives", want), Kind: ml.ErrColumn}
			}
		}
	}
	m.row, _ = ml.As[ml.RowPredictor[Y]](m.Model)
	m.proba, _ = ml.As[ml.RowProba](m.Model)
	m.rows = &sync.Pool{New: func() any { s := make([]float64, width); return &s }}
	return nil
}

// Meta is the model's.
func (m *StructModel[T, Y]) Meta() *ml.Fitted {
	if f, described := m.Model.(interface{ Meta() *ml.Fitted }); described {
		return f.Meta()
	}
	return &ml.Fitted{Columns: m.Encoder.Out(), Classes: m.Encoder.ClassNames}
}

// Predict returns the prediction for one struct. It does not allocate if the model has PredictRow and does not either.
func (m *StructModel[T, Y]) Predict(row T) (Y, error) {
	var none Y
	x := m.rows.Get().(*[]float64)
	defer m.rows.Put(x)
	if err := m.Encoder.RowInto(*x, row); err != nil {
		return none, err
	}
	if m.row != nil {
		return m.row.PredictRow(*x)
	}
	y, err := m.Model.Predict(tensor.FromSlice(*x, 1, len(*x)))
	if err != nil {
		return none, err
	}
	return y[0], nil
}

// PredictAll returns the prediction for each struct.
func (m *StructModel[T, Y]) PredictAll(rows []T) ([]Y, error) {
	t, err := m.Encoder.Table(rows)
	if err != nil {
		return nil, err
	}
	return m.Model.Predict(t.X)
}

// Proba returns the class probabilities of one struct, in the order of ClassNames. It is errors.ErrUnsupported if the model
// has none.
func (m *StructModel[T, Y]) Proba(row T) ([]float64, error) {
	c, is := ml.As[ml.Classifier](m.Model)
	if !is {
		return nil, unsupported("features.StructModel.Proba", "a model without PredictProba")
	}
	x, err := m.Encoder.Row(row)
	if err != nil {
		return nil, err
	}
	p, err := c.PredictProba(tensor.FromSlice(x, 1, len(x)))
	if err != nil {
		return nil, err
	}
	return p.Row(0), nil
}

// ProbaInto writes the class probabilities of one struct into dst, which has an element for each class. It does not allocate;
// it is errors.ErrUnsupported if the model has no ProbaRow.
func (m *StructModel[T, Y]) ProbaInto(dst []float64, row T) error {
	if m.proba == nil {
		return &ml.Error{Where: "features.StructModel.ProbaInto", Found: "a model without ProbaRow", Kind: errors.ErrUnsupported}
	}
	x := m.rows.Get().(*[]float64)
	defer m.rows.Put(x)
	if err := m.Encoder.RowInto(*x, row); err != nil {
		return err
	}
	return m.proba.ProbaRow(dst, *x)
}

// Class returns the name of the predicted class. It is errors.ErrUnsupported if the model does not predict class codes.
func (m *StructModel[T, Y]) Class(row T) (string, error) {
	y, err := m.Predict(row)
	if err != nil {
		return "", err
	}
	code, is := any(y).(int)
	if !is {
		return "", unsupported("features.StructModel.Class", "a model that predicts no class codes")
	}
	if code == ml.None {
		return "", nil
	}
	if code < 0 || code >= len(m.Encoder.ClassNames) {
		return "", &ml.Error{Where: "features.StructModel.Class", Field: "prediction", Found: fmt.Sprint(code), Want: fmt.Sprintf("a code in 0..%d", len(m.Encoder.ClassNames)-1), Kind: ml.ErrTarget}
	}
	return m.Encoder.ClassNames[code], nil
}
