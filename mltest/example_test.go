package mltest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

// Baseline predicts the weighted mean of its targets, whatever the row.
type Baseline struct{}

// BaselineModel is a fitted Baseline.
type BaselineModel struct {
	ml.Fitted
	Mean float64
}

func init() {
	ml.RegisterConfig[Baseline]("example.Baseline")
	ml.Register[*BaselineModel]("example.BaselineModel")
}

// Fit learns the mean.
func (b Baseline) Fit(ctx context.Context, d ml.Dataset[float64]) (*BaselineModel, error) {
	if err := d.Check("example.Baseline.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	var sum, total float64
	for i, y := range d.Y {
		w := 1.0
		if d.Weight != nil {
			w = d.Weight[i]
		}
		sum += w * y
		total += w
	}
	return &BaselineModel{Fitted: ml.NewFitted(d.Table, nil, b), Mean: sum / total}, nil
}

// Predict repeats the mean.
func (m *BaselineModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "example.BaselineModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	return slices.Repeat([]float64{m.Mean}, n), nil
}

// checkBaseline is what a test of Baseline calls.
func checkBaseline(t *testing.T) { mltest.Regressor(t, Baseline{}) }

// An estimator of one's own, which obeys the laws.
func Example() {
	x := tensor.FromSlice([]float64{1, 2, 3}, 3, 1)
	m, err := Baseline{}.Fit(context.Background(), ml.Data(x, []float64{4, 6, 8}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Predict(x))
	// Output: [6 6 6] <nil>
}
