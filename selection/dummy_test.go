package selection_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestDummiesAreScikitLearns(t *testing.T) {
	ctx := context.Background()
	want := golden.Load[thresholdGolden](t, "testdata/thresholds.json")
	iris := datasets.Iris()
	for i := range iris.Y {
		if i%4 == 0 {
			iris.Y[i] = 1
		}
	}
	weights := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = 1
			if i%3 == 0 {
				out[i] = 2.5
			}
		}
		return out
	}
	rules := map[string]selection.DummyClassifier{
		"prior": {}, "most_frequent": {Rule: selection.DummyMostFrequent}, "constant": {Rule: selection.DummyConstant, Class: 2}, "uniform": {Rule: selection.DummyUniform},
	}
	for key, w := range want.Classes {
		rule, weighted := strings.CutSuffix(key, " weighted")
		d := iris
		if weighted {
			d.Weight = weights(d.Rows())
		}
		m, err := rules[rule].Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.PredictProba(iris.X)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, p.Row(0), w.Proba, 1e-15, 0, key)
		if pred, err := m.Predict(iris.X); err != nil || w.Predict >= 0 && pred[0] != w.Predict {
			t.Errorf("%s: predicts %v, want %v; %v", key, pred[0], w.Predict, err)
		}
	}
	numbers := map[string]selection.DummyRegressor{
		"mean": {}, "median": {Rule: selection.DummyMedian}, "quantile 0.0": {Rule: selection.DummyQuantile}, "quantile 0.3": {Rule: selection.DummyQuantile, Q: 0.3}, "quantile 1.0": {Rule: selection.DummyQuantile, Q: 1},
	}
	for key, w := range want.Numbers {
		rule, weighted := strings.CutSuffix(key, " weighted")
		d := datasets.DiabetesRaw()
		if weighted {
			d.Weight = weights(d.Rows())
		}
		m, err := numbers[rule].Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, []float64{m.Value}, []float64{w}, 1e-14, 0, key)
	}
}

// Draws follow the shares of the classes, within five standard errors, and depend on the row and the seed alone.
func TestDummyDraws(t *testing.T) {
	ctx := context.Background()
	const n = 20000
	x, y := tensor.New[float64](n, 2), make([]int, n)
	for i := range y {
		x.Row(i)[0], x.Row(i)[1] = float64(i), float64(i%7)
		if i%10 == 0 {
			y[i] = 2
		}
	}
	d := ml.Data(x, y)
	for rule, share := range map[selection.DummyClassRule][]float64{selection.DummyStratified: {0.9, 0, 0.1}, selection.DummyUniform: {0.5, 0, 0.5}} {
		m, err := selection.DummyClassifier{Rule: rule, Seed: 5}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		pred, err := m.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		count := make([]float64, 3)
		for _, c := range pred {
			count[c]++
		}
		for c, p := range share {
			if math.Abs(count[c]/n-p) > 5*math.Sqrt(p*(1-p)/n) {
				t.Errorf("rule %d: class %d for %v of the rows, want %v", rule, c, count[c]/n, p)
			}
		}
		other, err := selection.DummyClassifier{Rule: rule, Seed: 6}.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		different, err := other.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		same := 0
		for i := range pred {
			if pred[i] == different[i] {
				same++
			}
		}
		if same == n {
			t.Errorf("rule %d: the seed changes nothing", rule)
		}
	}
}

func TestDummiesSayWhatIsWrong(t *testing.T) {
	iris, diabetes := datasets.Iris(), datasets.Diabetes()
	for _, c := range []selection.DummyClassifier{{Rule: 9}, {Rule: selection.DummyConstant, Class: 3}} {
		if _, err := c.Fit(context.Background(), iris); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []selection.DummyRegressor{{Rule: 9}, {Rule: selection.DummyQuantile, Q: 1.1}, {Number: math.NaN()}} {
		if _, err := c.Fit(context.Background(), diabetes); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestDummyLaws(t *testing.T) {
	mltest.Classifier(t, selection.DummyClassifier{})
	mltest.Classifier(t, selection.DummyClassifier{Rule: selection.DummyStratified, Seed: 1})
	mltest.Classifier(t, selection.DummyClassifier{Rule: selection.DummyUniform}, mltest.Waive(mltest.ArgMax, "all classes are equally probable, and one is drawn"))
	mltest.Classifier(t, selection.DummyClassifier{Rule: selection.DummyMostFrequent})
	mltest.Regressor(t, selection.DummyRegressor{})
	mltest.Regressor(t, selection.DummyRegressor{Rule: selection.DummyMedian})
	mltest.Regressor(t, selection.DummyRegressor{Rule: selection.DummyQuantile, Q: 0.8})
}
