package linear

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// LogisticModel is a fitted linear classifier of K classes.
type LogisticModel struct {
	ml.Fitted
	// Coef is 1 x columns for two classes, the change of the log-odds of class 1 per unit of the column, and K x columns for more.
	Coef *tensor.Tensor[float64]
	// Intercept has one element for each row of Coef. -Inf marks a class without training rows.
	Intercept []float64
}

var (
	_ ml.Classifier        = (*LogisticModel)(nil)
	_ ml.RowPredictor[int] = (*LogisticModel)(nil)
	_ ml.RowProba          = (*LogisticModel)(nil)
	_ ml.Into[int]         = (*LogisticModel)(nil)
)

// K is the number of classes.
func (m *LogisticModel) K() int { return max(len(m.Intercept), 2) }

func (m *LogisticModel) classifier() linearClassifier {
	return linearClassifier{&m.Fitted, affine{coef: m.Coef.Data(), intercept: m.Intercept}}
}

// Predict returns the most probable class code of each row of x, which must be finite; the lowest code of equals.
func (m *LogisticModel) Predict(x tensor.Matrix) ([]int, error) {
	return m.classifier().predict("linear.LogisticModel.Predict", x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *LogisticModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.classifier().predictInto("linear.LogisticModel.PredictInto", dst, x)
}

// DecisionFunction returns the linear scores, rows x 1 for two classes (the log-odds of class 1) and rows x K for more.
func (m *LogisticModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.classifier().decision("linear.LogisticModel.DecisionFunction", x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *LogisticModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.classifier().table("linear.LogisticModel.PredictProba", x, m.K(), 3*m.K(), probabilities)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow. A class without training rows has -Inf.
func (m *LogisticModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.classifier().table("linear.LogisticModel.PredictLogProba", x, m.K(), 20+3*m.K(), logProbabilities)
}

// probabilities writes those of each class for rows of each scores: one for two classes. dst and z may be the same for more.
func probabilities(dst, z []float64, each int) {
	if each == 1 {
		binaryProbabilities(dst, z)
		return
	}
	kern.SoftmaxRows(len(z)/each, each, z, each, dst, each)
}

// binaryProbabilities takes the exponentials of a few rows at once; a row has the same bits alone. dst may begin with z if there is one row.
func binaryProbabilities(dst, z []float64) {
	var buf [few]float64
	for len(z) > 0 {
		n := min(len(z), few)
		small := buf[:n] // the lower probability of the two
		for i, v := range z[:n] {
			small[i] = -math.Abs(v)
		}
		kern.Sigmoid(small, small)
		for i, p := range small {
			row := dst[2*i : 2*i+2 : 2*i+2]
			if z[i] >= 0 {
				row[0], row[1] = p, 1-p
			} else {
				row[0], row[1] = 1-p, p
			}
		}
		dst, z = dst[2*n:], z[n:]
	}
}

// few is the number of rows whose elementary functions are taken at once, on the stack.
const few = 64

func logProbabilities(dst, z []float64, each int) {
	if each == 1 {
		binaryLogProbabilities(dst, z)
		return
	}
	var buf [few]float64
	for len(z) > 0 {
		rows := min(len(z)/each, few)
		kern.LogSumExpRows(buf[:rows], each, z, each)
		for i, norm := range buf[:rows] {
			for c, v := range z[i*each : (i+1)*each] {
				dst[i*each+c] = v - norm
			}
		}
		dst, z = dst[rows*each:], z[rows*each:]
	}
}

// binaryLogProbabilities are -max(z, 0) and min(z, 0), less log(1 + exp(-|z|)).
func binaryLogProbabilities(dst, z []float64) {
	var buf [few]float64
	for len(z) > 0 {
		n := min(len(z), few)
		tail := buf[:n]
		for i, v := range z[:n] {
			tail[i] = -math.Abs(v)
		}
		kern.Exp(tail, tail)
		kern.Log1p(tail, tail)
		for i, v := range z[:n] {
			dst[2*i], dst[2*i+1] = -max(v, 0)-tail[i], min(v, 0)-tail[i]
		}
		dst, z = dst[2*n:], z[n:]
	}
}

// PredictRow returns the most probable class code of a single row without allocating.
func (m *LogisticModel) PredictRow(x []float64) (int, error) {
	return m.classifier().predictRow("linear.LogisticModel.PredictRow", x)
}

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *LogisticModel) ProbaRow(dst, x []float64) error {
	const where = "linear.LogisticModel.ProbaRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K() {
		return badDst(where, len(dst), m.K())
	}
	z := dst[:len(m.Intercept)]
	if err := m.classifier().scoresRow(where, z, x); err != nil {
		return err
	}
	probabilities(dst, z, len(z))
	return nil
}

// Restore checks a model that was read from a file.
func (m *LogisticModel) Restore() error {
	return checkShape("linear.LogisticModel", &m.Fitted, fitsClassifier(&m.Fitted, m.Coef, m.Intercept))
}
