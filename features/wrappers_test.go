package features_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Least squares fits alike on both sides, so the columns chosen are the same ones, and mean scores agree to rounding: 1e-9.
func TestSelectionByEstimatorGolden(t *testing.T) {
	type result struct {
		Support, Ranking []int
		Mean             []float64
	}
	g := golden.Load[struct {
		X                  [][]float64
		Y                  []float64
		Half, Three, Share struct{ Support, Ranking []int }
		CV, Steps          struct {
			Support []int
			Mean    []float64
		}
		Mean, Median, Most     []int
		Forward, Backward, Tol []int
	}](t, "testdata/wrappers.json")
	x, err := tensor.FromRows(g.X)
	if err != nil {
		t.Fatal(err)
	}
	d := ml.Data(x, g.Y)
	ols := ml.Regress(linear.OLS{})
	five, four := selection.KFold{K: 5}, selection.KFold{K: 4}
	for name, c := range map[string]struct {
		config ml.Fitter[ml.Dataset[float64], *features.SelectionModel]
		want   result
	}{
		"half": {features.RFERegressor{Base: ols}, result{Support: g.Half.Support, Ranking: g.Half.Ranking}}, "three by two": {features.RFERegressor{Base: ols, Keep: 3, Step: 2}, result{Support: g.Three.Support, Ranking: g.Three.Ranking}},
		"two by a share": {features.RFERegressor{Base: ols, Keep: 2, Step: 0.3}, result{Support: g.Share.Support, Ranking: g.Share.Ranking}},
		"mean":           {features.SelectFromRegressor{Base: ols}, result{Support: g.Mean}}, "median": {features.SelectFromRegressor{Base: ols, Median: true, Factor: 0.8}, result{Support: g.Median}},
		"most":       {features.SelectFromRegressor{Base: ols, Limit: new(0.0), Most: 3}, result{Support: g.Most}},
		"forward":    {features.SequentialRegressor{Base: ols, Scorer: selection.R2{}, Keep: 4}, result{Support: g.Forward}},
		"backward":   {features.SequentialRegressor{Base: ols, Scorer: selection.R2{}, Keep: 3, Backward: true, Splitter: five}, result{Support: g.Backward}},
		"as it pays": {features.SequentialRegressor{Base: ols, Scorer: selection.R2{}, Tol: 0.01}, result{Support: g.Tol}},
	} {
		m, err := c.config.Fit(context.Background(), d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !reflect.DeepEqual(m.Support, c.want.Support) || !reflect.DeepEqual(m.Ranking, c.want.Ranking) {
			t.Errorf("%s: kept %v, ranking %v; want %v, %v", name, m.Support, m.Ranking, c.want.Support, c.want.Ranking)
		}
	}
	for name, c := range map[string]struct {
		config  features.RFECVRegressor
		support []int
		mean    []float64
	}{
		"cv": {features.RFECVRegressor{Base: ols, Scorer: selection.R2{}}, g.CV.Support, g.CV.Mean}, "cv by two": {features.RFECVRegressor{Base: ols, Scorer: selection.RMSE{}, Step: 2, MinKeep: 2, Splitter: four}, g.Steps.Support, g.Steps.Mean},
	} {
		m, err := c.config.Fit(context.Background(), d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		golden.Close(t, m.Mean, c.mean, 1e-9, 1e-12, name)
		if !reflect.DeepEqual(m.Support, c.support) {
			t.Errorf("%s: kept %v of %v, want %v", name, m.Support, m.Kept, c.support)
		}
	}
}

// informative is n rows of six columns, of which the first two say the class.
func informative(n int) ml.Dataset[int] {
	r := rand.New(rand.NewPCG(9, 9))
	x, y := tensor.New[float64](n, 6), make([]int, n)
	for i := range y {
		y[i] = i % 3
		for j := range 6 {
			x.Row(i)[j] = r.NormFloat64()
		}
		x.Row(i)[0] += 2 * float64(y[i])
		x.Row(i)[1] -= 2 * float64(y[i]%2)
	}
	return ml.Data(x, y)
}

func TestSelectionByClassifiers(t *testing.T) {
	d := informative(240)
	logistic, cart := ml.Classify(linear.LogisticRegression{}), ml.Classify(tree.DecisionTreeClassifier{MaxDepth: 4})
	for name, c := range map[string]ml.Fitter[ml.Dataset[int], *features.SelectionModel]{
		"RFE": features.RFEClassifier{Base: logistic, Keep: 2}, "RFE of trees": features.RFEClassifier{Base: cart, Keep: 2},
		"from trees": features.SelectFromClassifier{Base: cart}, "sequential": features.SequentialClassifier{Base: logistic, Scorer: selection.LogLoss{}, Keep: 2},
		"floating": features.SequentialClassifier{Base: cart, Scorer: selection.Accuracy{}, Keep: 2, Floating: true, Backward: true},
	} {
		m, err := c.Fit(context.Background(), d)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if fmt.Sprint(m.Support) != "[0 1]" {
			t.Errorf("%s keeps %v", name, m.Support)
		}
	}
	best, err := features.RFECVClassifier{Base: logistic, Scorer: selection.Accuracy{}, OneStandardError: true}.Fit(context.Background(), d)
	if err != nil || fmt.Sprint(best.Support) != "[0 1]" {
		t.Errorf("RFECV: %v, %v", best, err)
	}
}

func TestEstimatorLaws(t *testing.T) {
	logistic, ols := ml.Classify(linear.LogisticRegression{}), ml.Regress(linear.Ridge{Alpha: 1})
	wide := mltest.Waive(mltest.SparseMemory, "as many fits as columns: the memory is the estimator's")
	t.Run("RFEClassifier", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.RFEClassifier{Base: logistic, Keep: 2}, wide)
	})
	t.Run("SelectFromRegressor", func(t *testing.T) { mltest.SupervisedTransformer(t, features.SelectFromRegressor{Base: ols}) })
	t.Run("SequentialRegressor", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.SequentialRegressor{Base: ols, Scorer: selection.R2{}, Keep: 2, K: 3}, wide,
			mltest.Waive(mltest.RowOrder, "folds are runs of rows"), mltest.Waive(mltest.RepeatedRows, "the copies of a row are in several folds"))
	})
	t.Run("RFECVRegressor", func(t *testing.T) {
		mltest.SupervisedTransformer(t, features.RFECVRegressor{Base: ols, Scorer: selection.R2{}, K: 3}, wide,
			mltest.Waive(mltest.RowOrder, "folds are runs of rows"), mltest.Waive(mltest.RepeatedRows, "the copies of a row are in several folds"))
	})
}

// A line in the logarithms is what log-log least squares is; the way back is the exponential.
func TestTransformedTarget(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	const n = 200
	x, y := tensor.New[float64](n, 2), make([]float64, n)
	logs := make([]float64, n)
	for i := range y {
		x.Row(i)[0], x.Row(i)[1] = r.NormFloat64(), r.NormFloat64()
		logs[i] = 2 + x.Row(i)[0] - 0.5*x.Row(i)[1] + 0.1*r.NormFloat64()
		y[i] = math.Expm1(logs[i])
	}
	plain, err := linear.OLS{}.Fit(ctx, ml.Data(x, logs))
	if err != nil {
		t.Fatal(err)
	}
	want, err := plain.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i] = math.Expm1(want[i])
	}
	m, err := features.TransformedTarget{Base: ml.Regress(linear.OLS{}), Func: features.Log1p{}}.Fit(ctx, ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, got, want, 1e-9, 1e-9, "predictions") // log1p and expm1 round
	byQuantile, err := features.TransformedTarget{Base: ml.Regress(linear.OLS{}), Do: ml.Step(features.QuantileTransformer{Normal: true})}.Fit(ctx, ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	if got, err = byQuantile.Predict(x); err != nil || metrics.R2(y, got) < 0.8 {
		t.Errorf("by quantiles: %v, R2 %v", err, metrics.R2(y, got))
	}
	if _, has := ml.As[ml.RowPredictor[float64]](byQuantile); has {
		t.Error("predicts single rows through a transformer")
	}
	for name, c := range map[string]features.TransformedTarget{
		"nothing": {Base: ml.Regress(linear.OLS{})}, "no estimator": {Func: features.Log1p{}},
		"no inverse": {Base: ml.Regress(linear.OLS{}), Do: ml.Step(features.VarianceThreshold{Threshold: 1e9})},
	} {
		if _, err := c.Fit(ctx, ml.Data(x, y)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTransformedTargetLaws(t *testing.T) {
	mltest.Regressor(t, features.TransformedTarget{Base: ml.Regress(linear.Ridge{Alpha: 1}), Func: cube{}})
	mltest.Regressor(t, features.TransformedTarget{Base: ml.Regress(linear.Ridge{Alpha: 1}), Do: ml.Step(features.StandardScaler{})})
}

// cube is a function of every number, with an inverse.
type cube struct{}

func (cube) Apply(x float64) float64  { return math.Cbrt(x) }
func (cube) Invert(y float64) float64 { return y * y * y }
func (cube) Name() string             { return "cbrt" }

func init() { ml.Register[cube]("features_test.cube") }

func ExampleTransformedTarget() {
	amounts := ml.Data(tensor.FromSlice([]float64{0, 1, 2, 3}, 4, 1), []float64{10, 100, 1000, 10000})
	model, err := features.TransformedTarget{Base: ml.Regress(linear.OLS{}), Func: features.Log{}}.Fit(context.Background(), amounts)
	if err != nil {
		panic(err)
	}
	next, err := model.PredictRow([]float64{4})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.0f\n", next)
	// Output:
	// 100000
}

func ExampleRFEClassifier() {
	data := informative(240)
	data.Columns = []ml.Column{{Name: "width"}, {Name: "height"}, {Name: "c"}, {Name: "d"}, {Name: "e"}, {Name: "f"}}
	pipe := ml.Pipe(ml.Stages{
		ml.Step(features.StandardScaler{}),
		ml.Step(features.RFEClassifier{Base: ml.Classify(linear.LogisticRegression{}), Keep: 2}),
	}, linear.LogisticRegression{})
	fitted, err := pipe.Fit(context.Background(), data)
	if err != nil {
		panic(err)
	}
	for _, c := range fitted.Final.Columns {
		fmt.Println(c.Name)
	}
	// Output:
	// width
	// height
}
