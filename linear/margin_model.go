package linear

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// MarginModel is a fitted linear classifier of K classes by scores that are no probabilities, as from [LinearSVC].
type MarginModel struct {
	ml.Fitted
	// Coef is 1 x columns for two classes, whose positive scores mean class 1, and K x columns for more.
	Coef *tensor.Tensor[float64]
	// Intercept has one element for each row of Coef. -Inf marks a class without training rows.
	Intercept []float64
}

var (
	_ ml.Predictor[int]    = (*MarginModel)(nil)
	_ ml.RowPredictor[int] = (*MarginModel)(nil)
	_ ml.Into[int]         = (*MarginModel)(nil)
)

// K is the number of classes.
func (m *MarginModel) K() int { return max(len(m.Intercept), 2) }

func (m *MarginModel) classifier() linearClassifier {
	return linearClassifier{&m.Fitted, affine{coef: m.Coef.Data(), intercept: m.Intercept}}
}

// Predict returns the class code with the highest score of each row of x, which must be finite; the lowest code of equals.
func (m *MarginModel) Predict(x tensor.Matrix) ([]int, error) {
	return m.classifier().predict("linear.MarginModel.Predict", x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *MarginModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.classifier().predictInto("linear.MarginModel.PredictInto", dst, x)
}

// PredictRow returns the class code of a single row without allocating.
func (m *MarginModel) PredictRow(x []float64) (int, error) {
	return m.classifier().predictRow("linear.MarginModel.PredictRow", x)
}

// DecisionFunction returns the scores, rows x 1 for two classes (positive: class 1) and rows x K for more. A class without training
// rows has -Inf.
func (m *MarginModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.classifier().decision("linear.MarginModel.DecisionFunction", x)
}

// Restore checks a model that was read from a file.
func (m *MarginModel) Restore() error {
	return checkShape("linear.MarginModel", &m.Fitted, fitsClassifier(&m.Fitted, m.Coef, m.Intercept))
}
