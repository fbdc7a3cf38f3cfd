package linear

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
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

// Predict returns the class code with the highest score of each row of x, which must be finite; the lowest code of equals.
func (m *MarginModel) Predict(x tensor.Matrix) ([]int, error) {
	const where = "linear.MarginModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	if err := m.classify(where, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *MarginModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "linear.MarginModel.PredictInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return badDst(where, len(dst), n)
	}
	return m.classify(where, dst, x)
}

func (m *MarginModel) classify(where string, dst []int, x tensor.Matrix) error {
	s := newSource(x)
	return badRow(where, m.Columns, s, eachScore(s, len(m.Intercept)*(s.cols/2+4), classMap{dst, m.Coef.Data(), m.Intercept}))
}

// PredictRow returns the class code of a single row without allocating.
func (m *MarginModel) PredictRow(x []float64) (int, error) {
	const where = "linear.MarginModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	best := bestOf(x, m.Coef.Data(), m.Intercept)
	if best.suspicious && !linalg.AllFinite(x) {
		return 0, badEntry(where, m.Columns, 0, x)
	}
	return best.class(len(m.Intercept)), nil
}

// DecisionFunction returns the scores, rows x 1 for two classes (positive: class 1) and rows x K for more. A class without training
// rows has -Inf.
func (m *MarginModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "linear.MarginModel.DecisionFunction"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	k := len(m.Intercept)
	z := tensor.New[float64](n, k)
	if err := scores(where, m.Columns, newSource(x), affineMap{z.Data(), m.Coef.Data(), m.Intercept}); err != nil {
		return nil, err
	}
	return z, nil
}

// Restore checks a model that was read from a file.
func (m *MarginModel) Restore() error {
	k := len(m.Intercept)
	ok := k > 0 && k != 2 && isMatrix(m.Coef, k, m.Info.Features) && (m.Classes == nil || len(m.Classes) == m.K())
	return checkShape("linear.MarginModel", &m.Fitted, ok)
}
