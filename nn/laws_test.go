package nn_test

import (
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// A row of weight k counts k times in the loss of its batch; k rows are spread over batches.
var batches = mltest.Waive(mltest.RepeatedRows, "batches are drawn of rows: a row of weight k is in one of them, k rows may be in several")

// Batches are drawn by the places of rows.
var places = mltest.Waive(mltest.RowOrder, "batches are drawn by the places of rows, so another order of rows gives other batches")

func TestMLPClassifierLaws(t *testing.T) {
	mltest.Classifier(t, nn.MLPClassifier{Hidden: []int{8}, Epochs: 15}, batches)
	if testing.Short() {
		return
	}
	mltest.Classifier(t, nn.MLPClassifier{Hidden: []int{6, 5}, BatchNorm: true, Dropout: .1, Optimizer: nn.SGD{Momentum: .9}, Epochs: 5, BatchSize: 16}, batches, places)
}

func TestMLPRegressorLaws(t *testing.T) {
	mltest.Regressor(t, nn.MLPRegressor{Hidden: []int{8}, Epochs: 10}, batches)
	if testing.Short() {
		return
	}
	mltest.Regressor(t, nn.MLPRegressor{Hidden: []int{4}, Epochs: 10, Loss: nn.Huber{}, Optimizer: nn.LBFGS{}}, mltest.Tolerance(mltest.RepeatedRows, 1e-4), mltest.Tolerance(mltest.RowOrder, 1e-4)) // sums in single precision, in another order, and a line search that decides by them
}

func TestMLPMultiLaws(t *testing.T) {
	mltest.MultiRegressor(t, nn.MLPMulti{Hidden: []int{8}, Epochs: 10}, batches)
}

func TestMLPMultiLabelLaws(t *testing.T) {
	mltest.MultiLabel(t, nn.MLPMultiLabel{Hidden: []int{8}, Epochs: 10}, batches)
}

func TestSequenceClassifierLaws(t *testing.T) {
	mltest.Classifier(t, nn.SequenceClassifier{Units: 4, Epochs: 4}, batches, places, mltest.Waive(mltest.SparseMemory, "a row is a sequence: training keeps the states of all its 10000 steps"))
}

func TestAutoencoderLaws(t *testing.T) {
	mltest.Transformer(t, nn.Autoencoder{Hidden: []int{8}, Epochs: 10}, batches, mltest.Waive(mltest.Inverse, "the decoder gives the rows that it can tell by few numbers, not those that went in"))
}

func TestConvClassifierLaws(t *testing.T) {
	mltest.Classifier(t, nn.ConvClassifier{Height: 4, Width: 4, Filters: []int{3}, Hidden: []int{5}, Epochs: 3, BatchSize: 16}, batches, places, mltest.Data(tinyImages()),
		mltest.Waive(mltest.SparseMemory, "the wide rows of this law are no images of four by four"))
}

// tinyImages are sixty images of four by four in three classes: a bright row, a bright column, a bright corner.
func tinyImages() ml.Dataset[int] {
	x := tensor.New[float64](60, 16)
	rng.Normal(rng.New(8, 0), x.Data(), 0, .3)
	y := make([]int, 60)
	for i := range y {
		y[i] = i % 3
		for k := range 4 {
			x.Row(i)[[]int{4*(i%4) + k, i%4 + 4*k, k%2 + 4*(k/2)}[i%3]]++
		}
	}
	return ml.Data(x, y)
}
