package selection

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Response is what a model says about rows before it decides on a class.
type Response struct {
	Scores *tensor.Tensor[float64] // rows x 1 for two classes, the higher the more class 1; rows x K for more
	Proba  bool                    // the scores are probabilities; false: of DecisionFunction, where a class that the model cannot predict has -Inf
}

// scoreWidth is how many scores a row has, and maps, where each of k classes is set against the rest.
func scoreWidth(k int) int {
	if k == 2 {
		return 1
	}
	return k
}

// DecisionFirst asks a model of k classes for scores, and for probabilities if it has none. where names the caller in errors: errors.ErrUnsupported for a model that has
// neither, ErrShape and ErrNotFinite for answers that are not of the classes of the data, or NaN.
func DecisionFirst(where string, m ml.Predictor[int], x tensor.Matrix, k int) (Response, error) {
	if d, ok := ml.As[ml.Decider](m); ok {
		return scored(where, d, x, k)
	}
	if c, ok := ml.As[ml.Classifier](m); ok {
		return probable(where, c, x, k)
	}
	return Response{}, silent(where, m)
}

// ProbaFirst is DecisionFirst with probabilities preferred.
func ProbaFirst(where string, m ml.Predictor[int], x tensor.Matrix, k int) (Response, error) {
	if c, ok := ml.As[ml.Classifier](m); ok {
		return probable(where, c, x, k)
	}
	if d, ok := ml.As[ml.Decider](m); ok {
		return scored(where, d, x, k)
	}
	return Response{}, silent(where, m)
}

func silent(where string, m any) error {
	return &ml.Error{Where: where, Found: fmt.Sprintf("a %T", m), Want: "a model with PredictProba or DecisionFunction", Kind: errors.ErrUnsupported}
}

func scored(where string, d ml.Decider, x tensor.Matrix, k int) (Response, error) {
	s, err := d.DecisionFunction(x)
	if err != nil {
		return Response{}, err
	}
	return Response{Scores: s}, sized(where, "DecisionFunction", s, x, scoreWidth(k))
}

func probable(where string, c ml.Classifier, x tensor.Matrix, k int) (Response, error) {
	p, err := c.PredictProba(x)
	if err != nil {
		return Response{}, err
	}
	if err := sized(where, "PredictProba", p, x, k); err != nil {
		return Response{}, err
	}
	if k == 2 {
		p = p.Cols(1, 2)
	}
	return Response{Scores: p, Proba: true}, nil
}

// sized checks what a model, of which anybody may have written the code, gave for the rows of x.
func sized(where, method string, got *tensor.Tensor[float64], x tensor.Matrix, cols int) error {
	n, _ := x.Dims()
	rows, width := got.Dims()
	if rows != n || width != cols {
		return ml.BadShape(where, method, fmt.Sprintf("%d x %d", rows, width), fmt.Sprintf("%d x %d: of the classes of the data", n, cols))
	}
	for i := range rows {
		for c, v := range got.Row(i) {
			if math.IsNaN(v) {
				return &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d, %d]", method, i, c), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
			}
		}
	}
	return nil
}

// DecisionFunction gives the best model's scores of the classes, if it has them.
func (m *SearchModel[Y, M]) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if b, ok := ml.As[ml.Decider](m.Best); ok {
		return b.DecisionFunction(x)
	}
	return nil, m.lacks("DecisionFunction")
}

// largest is the lowest index of the largest number.
func largest(p []float64) int {
	best := 0
	for c, v := range p {
		if v > p[best] {
			best = c
		}
	}
	return best
}
