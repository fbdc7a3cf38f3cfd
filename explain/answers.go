package explain

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Model answers each row with one number for each output. Any number of goroutines may use it at once. [Values], [Proba] and [Margins] make one of a
// fitted model; a type of your own may explain anything else.
type Model interface {
	// Answer returns rows x outputs.
	Answer(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

// Values explains what a model of numbers predicts.
func Values(m ml.Predictor[float64]) Model { return values{m} }

// Proba explains the probabilities of all classes.
func Proba(m ml.Classifier) Model { return proba{m} }

// Margins explains the scores of classes before they become probabilities.
func Margins(m ml.Decider) Model { return margins{m} }

type values struct{ ml.Predictor[float64] }

func (m values) Answer(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	pred, err := m.Predict(x)
	if err != nil {
		return nil, err
	}
	return tensor.FromSlice(pred, len(pred), 1), nil
}

func (m values) inner() any { return m.Predictor }

type proba struct{ ml.Classifier }

func (m proba) Answer(x tensor.Matrix) (*tensor.Tensor[float64], error) { return m.PredictProba(x) }
func (m proba) inner() any                                              { return m.Classifier }

type margins struct{ ml.Decider }

func (m margins) Answer(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.DecisionFunction(x)
}
func (m margins) inner() any { return m.Decider }

// metaOf is what is known of the columns and classes of a model: nothing for one of the user's own.
func metaOf(m Model) *ml.Fitted {
	if w, ok := m.(interface{ inner() any }); ok {
		if f, ok := w.inner().(interface{ Meta() *ml.Fitted }); ok {
			return f.Meta()
		}
	}
	return &ml.Fitted{}
}

// answer asks a model and checks the shape of what it says.
func answer(where string, m Model, x tensor.Matrix, outputs int) (*tensor.Tensor[float64], error) {
	out, err := m.Answer(x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	if s := out.Shape(); len(s) != 2 || s[0] != n || outputs > 0 && s[1] != outputs {
		return nil, ml.BadShape(where, "the model's answer", fmt.Sprint(out.Shape()), fmt.Sprintf("%d rows of %d outputs", n, outputs))
	}
	return out, nil
}
