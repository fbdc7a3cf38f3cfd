package ensemble_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// drawnMembers are for estimators that draw rows.
func drawnMembers() []mltest.Option {
	return []mltest.Option{
		mltest.Waive(mltest.RepeatedRows, "rows are drawn, not weights"),
		mltest.Waive(mltest.RowOrder, "rows are drawn by their position"),
	}
}

func TestBaggingLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.BaggingClassifier{Members: 2, OOB: true}, drawnMembers()...)
	mltest.Classifier(t, ensemble.BaggingClassifier{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1}), Members: 3, Rows: 0.5, Columns: 0.5, Pasting: true, Balanced: true}, drawnMembers()...)
	mltest.Classifier(t, ensemble.BaggingClassifier{Base: ml.Classify(bayes.GaussianNB{}), Members: 3, Pasting: true, Columns: 0.5})
}

func TestBaggingRegressorLaws(t *testing.T) {
	ridge := ml.Regress(linear.Ridge{Alpha: 1})
	mltest.Regressor(t, ensemble.BaggingRegressor{Members: 3, Columns: 0.7, OOB: true, Base: ridge}, drawnMembers()...)
	mltest.Regressor(t, ensemble.BaggingRegressor{Members: 3, Columns: 0.5, Pasting: true, RepeatColumns: true, Base: ridge})
	mltest.MultiRegressor(t, ensemble.BaggingMultiRegressor{Members: 3, OOB: true, Base: ml.RegressMulti(linear.RidgeMulti{Alpha: 1})}, drawnMembers()...)
}

// What is drawn differs from scikit-learn's, so out-of-bag scores agree within the spread over its seeds.
func TestOutOfBagScoresAreScikitLearns(t *testing.T) {
	if testing.Short() {
		t.Skip("scores over 20 seeds are the same on every machine")
	}
	want := loadMeta(t)
	spread := func(name string) (mean, within float64) {
		v := want[name].(map[string]any)
		return must(v["mean"].(json.Number).Float64()), 3 * must(v["deviation"].(json.Number).Float64()) * math.Sqrt(2.0/20)
	}
	cancer, _ := scored("cancer")
	diabetes := datasets.Diabetes()
	classes, numbers := 0.0, 0.0
	for seed := range uint64(20) {
		classes += must(ensemble.BaggingClassifier{Members: 30, OOB: true, Seed: seed}.Fit(ctx, cancer)).OOB.Score / 20
		numbers += must(ensemble.BaggingRegressor{Members: 30, Columns: 0.5, OOB: true, Seed: seed}.Fit(ctx, diabetes)).OOB.Score / 20
	}
	mean, within := spread("bag cancer")
	require.InDelta(t, mean, classes, within)
	mean, within = spread("bag")
	require.InDelta(t, mean, numbers, within)
}

// By hand: with one member the answers out of the bag are the member's own, where it was not fitted.
func TestOutOfBagOfOneMember(t *testing.T) {
	d := datasets.Diabetes()
	m := must(ensemble.BaggingRegressor{Members: 1, OOB: true}.Fit(ctx, d))
	pred := must(m.Members[0].Predict(d.X))
	var y, p []float64
	for i := range d.Rows() {
		v := m.OOB.Value[i]
		if math.IsNaN(v) {
			continue
		}
		require.Equal(t, pred[i], v)
		y, p = append(y, d.Y[i]), append(p, v)
	}
	require.Len(t, m.OOB.Count, d.Rows())
	require.InDelta(t, 0.368, float64(len(y))/float64(d.Rows()), 0.05, "1/e of the rows")
	require.InDelta(t, metrics.R2(y, p), m.OOB.Score, 1e-12)
}

// recorder keeps what it was fitted to.
type recorder struct{ Seed uint64 }

type recorded struct {
	ml.Fitted
	d    ml.Dataset[int]
	seed uint64
}

func (c recorder) Fit(_ context.Context, d ml.Dataset[int]) (*recorded, error) {
	return &recorded{ml.NewFitted(d.Table, d.Classes, c), d, c.Seed}, nil
}

func (m *recorded) Predict(x tensor.Matrix) ([]int, error) {
	n, _ := x.Dims()
	return make([]int, n), nil
}

func TestBagsDrawWhatTheySay(t *testing.T) {
	d := noisy(400, 1)
	for i := range d.Y {
		d.Y[i] = 0
		if i < 40 {
			d.Y[i] = 1
		}
	}
	d.Weight = make([]float64, 400)
	for i := range d.Weight {
		d.Weight[i] = float64(i % 2 * 2) // every other row is absent
	}
	d.Weight[1] = 200
	d.Group = make([]int, 400)
	valid := noisy(30, 2)
	d.Valid = &valid
	fit := func(c ensemble.BaggingClassifier) []*recorded {
		c.Base = ml.Decide(recorder{})
		var out []*recorded
		for _, m := range must(c.Fit(ctx, d)).Members {
			out = append(out, m.(*recorded))
		}
		return out
	}
	total := func(d ml.Dataset[int]) (sum float64) {
		for _, w := range d.Weight {
			sum += w
		}
		return sum
	}
	for _, m := range fit(ensemble.BaggingClassifier{Members: 20, Columns: 0.5}) {
		require.Equal(t, 200.0, total(m.d), "as many draws as rows that are there")
		require.InDelta(t, 200.0*200/(200+2*199), m.d.Weight[0], 25, "in proportion to weights")
		_, p := m.d.X.Dims()
		require.Equal(t, 5, p)
		_, p = m.d.Valid.X.Dims()
		require.Equal(t, 5, p)
		require.NotNil(t, m.d.Group)
	}
	for _, m := range fit(ensemble.BaggingClassifier{Members: 5, Rows: 0.25, Pasting: true}) {
		require.Equal(t, 50, m.d.Rows())
		require.Contains(t, m.d.Weight, 2.0, "weights are kept")
	}
	balanced := fit(ensemble.BaggingClassifier{Members: 5, Balanced: true, Pasting: true})
	for _, m := range balanced {
		ones := 0
		for _, c := range m.d.Y {
			ones += c
		}
		require.Equal(t, 20, ones)
		require.Equal(t, 40, m.d.Rows())
	}
	require.NotEqual(t, balanced[0].seed, balanced[1].seed, "each member draws for itself")
	require.NotEqual(t, balanced[0].d.X, balanced[1].d.X)
}

// A pipeline's seeds differ between members, and the config that was given stays as it was.
func TestSeedsInsideAreMadeDifferent(t *testing.T) {
	pipe := ml.Pipe(ml.Step(features.QuantileTransformer{Seed: 5}), tree.DecisionTreeRegressor{Seed: 7})
	m := must(ensemble.BaggingRegressor{Base: ml.Regress(pipe), Members: 2}.Fit(ctx, datasets.Diabetes()))
	seeds := map[string]bool{}
	for _, member := range m.Members {
		config := member.(interface{ Meta() *ml.Fitted }).Meta().Config
		seeds[fmt.Sprintf("%+v", config)] = true
	}
	require.Len(t, seeds, 2)
	require.Equal(t, uint64(7), pipe.Final.(tree.DecisionTreeRegressor).Seed)
}

func TestBaggingRefuses(t *testing.T) {
	d := datasets.Iris()
	for field, c := range map[string]ensemble.BaggingClassifier{
		"Members": {Members: -1},
		"Rows":    {Rows: 1.5},
		"Columns": {Columns: math.NaN()},
		"OOB":     {OOB: true, Pasting: true},
	} {
		_, err := c.Fit(ctx, d)
		var bad *ml.Error
		require.ErrorAs(t, err, &bad)
		require.Equal(t, field, bad.Field)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
}
