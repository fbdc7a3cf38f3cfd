package selection_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// calibrationData is what the golden script calibrates on.
func calibrationData(name string) (d ml.Dataset[int], probe tensor.Matrix) {
	columns, step := []int{0, 1, 4, 8}, 25
	if name == "iris" {
		d, columns, step = datasets.Iris(), []int{0, 1}, 7
	} else {
		d = datasets.BreastCancer()
	}
	d.X, d.Columns = rows.SelectCols(d.X, columns), nil
	var some []int
	for i := 0; i < d.Rows(); i += step {
		some = append(some, i)
	}
	return d, d.Select(some).X
}

func TestCalibrationIsScikitLearns(t *testing.T) {
	want := golden.Load[struct{ Proba map[string][][]float64 }](t, "testdata/calibration.json").Proba
	methods := map[string]selection.Calibration{"sigmoid": selection.Sigmoid{}, "isotonic": selection.Isotonic{}, "temperature": selection.Temperature{}}
	estimators := map[string]ml.AnyClassifier{"bayes": ml.Classify(bayes.GaussianNB{}), "logistic": ml.Classify(linear.LogisticRegression{C: 0.01, Tol: 1e-12})}
	for key, proba := range want {
		part := strings.Fields(key)
		d, probe := calibrationData(part[0])
		c := selection.Calibrated{Base: estimators[part[1]], Method: methods[part[2]], Splitter: selection.StratifiedKFold{K: 5}, Single: part[3] == "one"}
		if len(part) == 5 {
			d.Weight = make([]float64, d.Rows())
			for i := range d.Weight {
				d.Weight[i] = 1
				if i%3 == 0 {
					d.Weight[i] = 2.5
				}
			}
		}
		if part[3] == "frozen" {
			var even, odd []int
			for i := range d.Y {
				if i%2 == 0 {
					even = append(even, i)
				} else {
					odd = append(odd, i)
				}
			}
			model, err := c.Base.FitDecider(context.Background(), d.Select(even))
			if err != nil {
				t.Fatal(err)
			}
			c.Base, c.Splitter, d = ml.Decide(selection.FrozenClassifier{Model: model}), nil, d.Select(odd)
		}
		m, err := c.Fit(context.Background(), d)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		p, err := m.PredictProba(probe)
		if err != nil {
			t.Errorf("%s: %v", key, err)
			continue
		}
		// Its sigmoid stops at a gradient of 1e-6 and its temperature at the precision of a minimum, which is the root of the rounding; ours go on to rounding.
		tol := 2e-5
		if part[2] == "isotonic" {
			tol = 1e-6 // it joins scores less than 1e-15 apart, of which naive Bayes has many near 1; the worst was 4e-7 off
		}
		if part[1] == "logistic" {
			tol = max(tol, 1e-6) // two iterative fits
		}
		for i, row := range proba {
			if !golden.Close(t, p.Row(i), row, 0, tol, fmt.Sprintf("%s, row %d", key, i)) {
				break
			}
		}
	}
}

func TestCalibrationMakesOverconfidentModelsHonest(t *testing.T) {
	ctx := context.Background()
	train, test := selection.Split(datasets.BreastCancer(), 0.5, 3)
	plain, err := bayes.GaussianNB{}.Fit(ctx, train)
	if err != nil {
		t.Fatal(err)
	}
	before, err := plain.PredictProba(test.X)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []selection.Calibration{nil, selection.Isotonic{}, selection.Temperature{}} {
		m, err := selection.Calibrated{Base: ml.Classify(bayes.GaussianNB{}), Method: method}.Fit(ctx, train)
		if err != nil {
			t.Fatal(err)
		}
		after, err := m.PredictProba(test.X)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := metrics.Brier(test.Y, after), metrics.Brier(test.Y, before); a >= b {
			t.Errorf("%T: Brier score %v, without calibration %v", method, a, b)
		}
	}
}

func TestCalibrationSaysWhatIsWrong(t *testing.T) {
	iris := datasets.Iris()
	one := iris.Select([]int{0, 1, 2, 3, 4, 5})
	one.Classes = one.Classes[:1]
	for name, c := range map[string]struct {
		config selection.Calibrated
		data   ml.Dataset[int]
		kind   error
	}{
		"no estimator":  {selection.Calibrated{}, iris, ml.ErrConfig},
		"one class":     {selection.Calibrated{Base: ml.Classify(bayes.GaussianNB{})}, one, ml.ErrTarget},
		"frozen nil":    {selection.Calibrated{Base: ml.Decide(selection.FrozenClassifier{})}, iris, ml.ErrConfig},
		"frozen folds":  {selection.Calibrated{Base: ml.Decide(selection.FrozenClassifier{Model: mute{}}), Splitter: selection.KFold{}}, iris, ml.ErrConfig},
		"labels alone":  {selection.Calibrated{Base: ml.Decide(selection.FrozenClassifier{Model: mute{}})}, iris, errors.ErrUnsupported},
		"not each once": {selection.Calibrated{Base: ml.Classify(bayes.GaussianNB{}), Single: true, Splitter: selection.ShuffleSplit{}}, iris, ml.ErrConfig},
	} {
		if _, err := c.config.Fit(context.Background(), c.data); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
	}
}

// mute predicts classes and says nothing else.
type mute struct{}

func (mute) Predict(x tensor.Matrix) ([]int, error) { n, _ := x.Dims(); return make([]int, n), nil }

// foldsAreOfRows are the laws that no division of rows in their order obeys.
func foldsAreOfRows(more ...mltest.Option) []mltest.Option {
	return append(more, mltest.Waive(mltest.RowOrder, "folds are of rows in their order"), mltest.Waive(mltest.RepeatedRows, "the copies of a row are in several folds"))
}

func TestCalibrationLaws(t *testing.T) {
	mltest.Classifier(t, selection.Calibrated{Base: ml.Decide(linear.LinearSVC{}), Splitter: selection.StratifiedKFold{K: 2}}, foldsAreOfRows()...)
	mltest.Classifier(t, selection.Calibrated{Base: ml.Classify(bayes.GaussianNB{}), Method: selection.Isotonic{}, Single: true}, foldsAreOfRows()...)
	mltest.Classifier(t, selection.Calibrated{Base: ml.Decide(ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{})), Method: selection.Temperature{}}, foldsAreOfRows()...)
}
