package features

import (
	"fmt"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// TextVectorizer is a fitted vectorizer: *VectorizerModel and *HashingModel, or one of your own.
type TextVectorizer interface {
	// Transform returns a row for each text.
	Transform(texts []string) (*tensor.CSR[float64], error)
	// AppendRow appends the columns, rising, and values of the row of one text.
	AppendRow(cols []int32, vals []float64, text string) ([]int32, []float64)
	// Out describes the columns.
	Out() []ml.Column
}

// TextModel is a model that takes texts: a vectorizer and what was fitted to its rows, in one. Saved and loaded as one file, the two
// cannot drift apart:
//
//	err := ml.Save(w, model)
//	model, err := ml.Load[*features.TextModel[int]](r)
//
// Y is what the model predicts: int for class codes, float64 for values. Any number of goroutines may use it at once.
type TextModel[Y any] struct {
	Vectorizer TextVectorizer
	Model      ml.Predictor[Y]

	columns int
	rows    *sync.Pool // of *textCSR
}

type textCSR struct {
	cols   []int32
	vals   []float64
	indptr [2]int
}

// BindText makes a model that takes texts of one that takes rows of a vectorizer; a pipeline that starts with them is one. A model
// that was fitted to another number of columns is an error.
func BindText[Y any](v TextVectorizer, model ml.Predictor[Y]) (*TextModel[Y], error) {
	return ready(&TextModel[Y]{Vectorizer: v, Model: model})
}

// Restore checks that the two parts fit each other.
func (m *TextModel[Y]) Restore() error {
	const where = "features.TextModel"
	if m.Vectorizer == nil || m.Model == nil {
		return ml.BadFile(where, "Vectorizer and Model", "missing", "both")
	}
	m.columns = len(m.Vectorizer.Out())
	if f, described := m.Model.(interface{ Meta() *ml.Fitted }); described {
		if got := f.Meta().Info.Features; got != m.columns {
			return ml.BadShape(where, "Model", fmt.Sprintf("for %d columns", got), fmt.Sprintf("for the %d that the vectorizer gives", m.columns))
		}
	}
	m.rows = &sync.Pool{New: func() any { return new(textCSR) }}
	return nil
}

// Meta is the model's.
func (m *TextModel[Y]) Meta() *ml.Fitted {
	if f, described := m.Model.(interface{ Meta() *ml.Fitted }); described {
		return f.Meta()
	}
	return &ml.Fitted{Columns: m.Vectorizer.Out()}
}

// Predict returns the prediction for one text. Its row stays sparse.
func (m *TextModel[Y]) Predict(text string) (Y, error) {
	var none Y
	x, done, err := m.row(text)
	if err != nil {
		return none, err
	}
	defer done()
	y, err := m.Model.Predict(x)
	if err != nil {
		return none, err
	}
	return y[0], nil
}

// row is the row of a text in borrowed memory, which done gives back.
func (m *TextModel[Y]) row(text string) (x tensor.Matrix, done func(), err error) {
	r := m.rows.Get().(*textCSR)
	r.cols, r.vals = m.Vectorizer.AppendRow(r.cols[:0], r.vals[:0], text)
	r.indptr = [2]int{0, len(r.cols)}
	x, err = tensor.NewCSR(1, m.columns, r.indptr[:], r.cols, r.vals)
	return x, func() { m.rows.Put(r) }, err
}

// PredictAll returns the prediction for each text.
func (m *TextModel[Y]) PredictAll(texts []string) ([]Y, error) {
	x, err := m.Vectorizer.Transform(texts)
	if err != nil {
		return nil, err
	}
	return m.Model.Predict(x)
}

// Proba returns the class probabilities of one text, in the order of the class codes. It is errors.ErrUnsupported if the model has none.
func (m *TextModel[Y]) Proba(text string) ([]float64, error) {
	c, is := ml.As[ml.Classifier](m.Model)
	if !is {
		return nil, unsupported("features.TextModel.Proba", "a model without PredictProba")
	}
	x, done, err := m.row(text)
	if err != nil {
		return nil, err
	}
	defer done()
	p, err := c.PredictProba(x)
	if err != nil {
		return nil, err
	}
	return p.Row(0), nil
}

// Class returns the name of the predicted class, or its code if classes have no names. It is errors.ErrUnsupported if the model does not
// predict class codes.
func (m *TextModel[Y]) Class(text string) (string, error) {
	y, err := m.Predict(text)
	if err != nil {
		return "", err
	}
	code, is := any(y).(int)
	if !is {
		return "", unsupported("features.TextModel.Class", "a model that predicts no class codes")
	}
	if names := m.Meta().Classes; code >= 0 && code < len(names) {
		return names[code], nil
	}
	return fmt.Sprint(code), nil
}
