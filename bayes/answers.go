package bayes

import "github.com/gopherwood-ml/ml/tensor"

// The public methods of the three models, which differ in their joint only.

func (m *GaussianModel) answers() answers[*GaussianModel] {
	return answers[*GaussianModel]{m, &m.Fitted, "bayes.GaussianModel"}
}

// Predict returns the most probable class code of each row, the lowest of equals. NaN is a missing number.
func (m *GaussianModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers().predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *GaussianModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers().predictInto(dst, x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *GaussianModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictProba", probaForm)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow.
func (m *GaussianModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictLogProba", logProbaForm)
}

// JointLogProba returns log p(x, class), rows x K.
func (m *GaussianModel) JointLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "JointLogProba", jointForm)
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *GaussianModel) PredictRow(x []float64) (int, error) { return m.answers().predictRow(x) }

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *GaussianModel) ProbaRow(dst, x []float64) error { return m.answers().probaRow(dst, x) }

func (m *CountModel) answers() answers[*CountModel] {
	return answers[*CountModel]{m, &m.Fitted, "bayes.CountModel"}
}

// Predict returns the most probable class code of each row, the lowest of equals.
func (m *CountModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers().predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *CountModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers().predictInto(dst, x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *CountModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictProba", probaForm)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow.
func (m *CountModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictLogProba", logProbaForm)
}

// JointLogProba returns log p(x, class) up to a number that is the same for all classes of a row, rows x K.
func (m *CountModel) JointLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "JointLogProba", jointForm)
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *CountModel) PredictRow(x []float64) (int, error) { return m.answers().predictRow(x) }

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *CountModel) ProbaRow(dst, x []float64) error { return m.answers().probaRow(dst, x) }

func (m *CategoricalModel) answers() answers[*CategoricalModel] {
	return answers[*CategoricalModel]{m, &m.Fitted, "bayes.CategoricalModel"}
}

// Predict returns the most probable class code of each row, the lowest of equals. NaN and categories never seen in training count
// for no class.
func (m *CategoricalModel) Predict(x tensor.Matrix) ([]int, error) {
	return m.answers().predict(x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *CategoricalModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers().predictInto(dst, x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *CategoricalModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictProba", probaForm)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow.
func (m *CategoricalModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictLogProba", logProbaForm)
}

// JointLogProba returns log p(x, class), rows x K.
func (m *CategoricalModel) JointLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "JointLogProba", jointForm)
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *CategoricalModel) PredictRow(x []float64) (int, error) { return m.answers().predictRow(x) }

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *CategoricalModel) ProbaRow(dst, x []float64) error { return m.answers().probaRow(dst, x) }
