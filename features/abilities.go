package features

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// What ml.As may find in a model whose abilities depend on what it holds: its Unwrap returns the model behind one of these, so
// that a method that would only give errors.ErrUnsupported does not count.
type (
	batchOnly struct{ described }
	rowByRow  struct{ rowTransformer }
	bothWays  struct{ invertible }
)

type described interface {
	ml.Transformer
	Meta() *ml.Fitted
}

type rowTransformer interface {
	described
	ml.RowTransformer
}

type invertible interface {
	rowTransformer
	ml.Inverter
}

// Unwrap shows Inverse to ml.As only if the function has an inverse.
func (m *MapModel) Unwrap() any {
	if _, is := m.f.(InvertibleFunc); is {
		return bothWays{m}
	}
	return rowByRow{m}
}

// Unwrap shows TransformRow to ml.As only if every part has it.
func (m *ColumnsModel) Unwrap() any {
	if m.rows {
		return rowByRow{m}
	}
	return batchOnly{m}
}

type labelling[L any] interface {
	ml.Predictor[L]
	PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

type labellingRows[L any] interface {
	labelling[L]
	ml.RowPredictor[L]
}

// Unwrap shows PredictRow to ml.As only if the classifier has it.
func (m *Labelled[L]) Unwrap() any {
	if m.row != nil {
		return struct{ labellingRows[L] }{m}
	}
	return struct{ labelling[L] }{m}
}
