package linear

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

var (
	_ ml.Importancer = (*RegressionModel)(nil)
	_ ml.Importancer = (*MultiRegressionModel)(nil)
	_ ml.Importancer = (*LogisticModel)(nil)
	_ ml.Importancer = (*MarginModel)(nil)
	_ ml.Importancer = (*GLMModel)(nil)
)

// Importances returns the absolute coefficients. They can be compared if the columns have one scale, as behind a StandardScaler.
func (m *RegressionModel) Importances() ([]float64, error) { return lengths([][]float64{m.Coef}), nil }

// Importances returns, for each column, the root of the sum of its squared coefficients over the targets. They can be compared if the columns have one scale.
func (m *MultiRegressionModel) Importances() ([]float64, error) { return rowLengths(m.Coef), nil }

// Importances returns, for each column, the root of the sum of its squared coefficients over the classes. They can be compared if the columns have one scale.
func (m *LogisticModel) Importances() ([]float64, error) { return rowLengths(m.Coef), nil }

// Importances returns, for each column, the root of the sum of its squared coefficients over the classes. They can be compared if the columns have one scale.
func (m *MarginModel) Importances() ([]float64, error) { return rowLengths(m.Coef), nil }

// Importances returns the absolute coefficients. They can be compared if the columns have one scale.
func (m *GLMModel) Importances() ([]float64, error) { return lengths([][]float64{m.Coef}), nil }

func rowLengths(coef *tensor.Tensor[float64]) []float64 {
	n, _ := coef.Dims()
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = coef.Row(i)
	}
	return lengths(rows)
}

// lengths is the Euclidean length of each column of coef.
func lengths(coef [][]float64) []float64 {
	out := make([]float64, len(coef[0]))
	for j := range out {
		for _, row := range coef {
			out[j] = math.Hypot(out[j], row[j])
		}
	}
	return out
}
