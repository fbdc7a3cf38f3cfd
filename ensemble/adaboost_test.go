package ensemble_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tree"
)

func TestAdaBoostLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.AdaBoostClassifier{Rounds: 5})
	mltest.Classifier(t, ensemble.AdaBoostClassifier{Base: ml.Classify(bayes.GaussianNB{}), Rounds: 4, LearningRate: 0.5})
	mltest.Regressor(t, ensemble.AdaBoostRegressor{Rounds: 4, Loss: ensemble.R2Exponential})
	mltest.Regressor(t, ensemble.AdaBoostRegressor{Rounds: 4, Resample: true}, drawnMembers()...)
}

func TestLogitBoostLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.LogitBoost{Rounds: 3})
	mltest.Classifier(t, ensemble.LogitBoost{Rounds: 3, Base: ml.Regress(linear.Ridge{Alpha: 1}), LearningRate: 0.5})
}

// Stumps of both libraries are the same trees, so the weights agree to rounding.
func TestAdaBoostIsScikitLearns(t *testing.T) {
	want := loadMeta(t)
	for _, name := range []string{"iris", "cancer"} {
		d, probe := scored(name)
		d.Weight = heavier(d.Rows())
		for _, rate := range []float64{1, 0.5} {
			of := want[fmt.Sprintf("%s ada %.1f", name, rate)].(map[string]any)
			m := must(ensemble.AdaBoostClassifier{Rounds: 25, LearningRate: rate}.Fit(ctx, d))
			require.InDeltaSlice(t, listOf(of["weight"]), m.Weights, 1e-9)
			require.InDeltaSlice(t, listOf(of["error"]), m.Info.Loss, 1e-9)
			closeTo(t, must(m.PredictProba(probe)), of["proba"], 1e-9, name)
			var staged []float64
			for pred, err := range m.Staged(d.X) {
				require.NoError(t, err)
				staged = append(staged, 1-metrics.Accuracy(d.Y, pred))
			}
			require.InDeltaSlice(t, listOf(of["staged"]), staged, 1e-12)
		}
	}
}

func TestAdaBoostR2IsItsFormulas(t *testing.T) {
	want := loadMeta(t)
	d := datasets.Diabetes()
	d.Weight = heavier(d.Rows())
	probe := rows.Select(d.X, everyNth(d.Rows(), 20))
	for _, loss := range []ensemble.R2Loss{ensemble.R2Linear, ensemble.R2Square, ensemble.R2Exponential} {
		of := want["r2 "+loss.String()].(map[string]any)
		m := must(ensemble.AdaBoostRegressor{Rounds: 12, LearningRate: 0.8, Loss: loss}.Fit(ctx, d))
		require.InDeltaSlice(t, listOf(of["weight"]), m.Weights, 1e-9, loss.String())
		require.InDeltaSlice(t, listOf(of["error"]), m.Info.Loss[:len(m.Members)], 1e-9, loss.String())
		require.InDeltaSlice(t, listOf(of["predicted"]), must(m.Predict(probe)), 1e-7, loss.String())
		var staged []float64
		for pred, err := range m.Staged(d.X) {
			require.NoError(t, err)
			staged = append(staged, metrics.MSE(d.Y, pred))
		}
		require.InDeltaSlice(t, listOf(of["staged"]), staged, 1e-5, loss.String())
	}
}

// scikit-learn draws the rows of AdaBoost.R2: scores on rows kept back agree within the spread over its seeds.
func TestAdaBoostR2ResamplesAsScikitLearn(t *testing.T) {
	var of struct{ Mean, Deviation float64 }
	v := loadMeta(t)["r2 drawn"].(map[string]any)
	of.Mean, of.Deviation = must(v["mean"].(json.Number).Float64()), must(v["deviation"].(json.Number).Float64())
	d := datasets.Diabetes()
	var train, test []int
	for i := range d.Rows() {
		if i%3 == 0 {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	held := d.Select(test)
	const seeds = 20
	sum := 0.0
	for seed := range seeds {
		m := must(ensemble.AdaBoostRegressor{Rounds: 20, Resample: true, Seed: uint64(seed)}.Fit(ctx, d.Select(train)))
		sum += metrics.R2(held.Y, must(m.Predict(held.X)))
	}
	require.InDelta(t, of.Mean, sum/seeds, 3*of.Deviation*math.Sqrt(2/float64(seeds)))
}

func TestLogitBoostIsItsFormulas(t *testing.T) {
	want := loadMeta(t)
	for _, name := range []string{"iris", "cancer"} {
		d, probe := scored(name)
		d.Weight = heavier(d.Rows())
		of := want[name+" logit"].(map[string]any)
		m := must(ensemble.LogitBoost{Rounds: 15}.Fit(ctx, d))
		closeTo(t, must(m.PredictProba(probe)), of["proba"], 1e-8, name)
		require.Less(t, m.Info.Loss[14], m.Info.Loss[0])
	}
}

func TestAdaBoostEndsEarly(t *testing.T) {
	d, _ := scored("iris")
	m := must(ensemble.AdaBoostClassifier{Base: ml.Classify(tree.DecisionTreeClassifier{}), Rounds: 10}.Fit(ctx, noisy(100, 1)))
	require.Len(t, m.Members, 1, "a tree without a limit makes no error")
	require.Equal(t, ml.Converged, m.Info.Status)
	require.Equal(t, []float64{1}, m.Weights)

	_, err := ensemble.AdaBoostClassifier{Base: ml.Decide(selection.DummyClassifier{Rule: selection.DummyConstant, Class: 0}), Rounds: 10}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig, "no better than chance")

	flat := datasets.Diabetes()
	for i := range flat.Y {
		flat.Y[i] = 3
	}
	r := must(ensemble.AdaBoostRegressor{}.Fit(ctx, flat))
	require.Len(t, r.Members, 1)
	require.Equal(t, 3.0, must(r.Predict(flat.X))[0])
	weights := must(m.Importances())
	require.Greater(t, weights[0], weights[5])
}
