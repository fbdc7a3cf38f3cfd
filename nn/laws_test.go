package nn_test

import (
	"testing"

	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/nn"
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
