package kernel_test

import (
	"context"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
)

// Probabilities are cross-fitted by selection.Calibrated, and better than the classes' shares.
func TestCalibratedSVC(t *testing.T) {
	train, test := selection.Split(datasets.Iris(), .4, 3)
	m, err := selection.Calibrated{Base: ml.Decide(kernel.SVC{})}.Fit(context.Background(), train)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.PredictProba(test.X)
	if err != nil {
		t.Fatal(err)
	}
	if loss := metrics.LogLoss(test.Y, p); !(loss < math.Log(3)/3) {
		t.Errorf("log loss %v, by the shares alone %v", loss, math.Log(3))
	}
}
