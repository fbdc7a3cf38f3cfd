package selection_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
)

type thresholdGolden struct {
	Tuned map[string]struct {
		Threshold, Score   float64
		Thresholds, Scores []float64
		Predict            []int
	}
	Fixed   map[string][]int
	Classes map[string]struct {
		Proba   []float64
		Predict int
	}
	Numbers map[string]float64
}

// Thresholds are probabilities of naive Bayes, whose sums differ in the last digits: 1e-9; those of two iterative logistic fits 1e-6. A score that counts decisions is the
// same, or far off if a row lies just at the threshold.
func TestThresholdsAreScikitLearns(t *testing.T) {
	ctx := context.Background()
	want := golden.Load[thresholdGolden](t, "testdata/thresholds.json")
	d, probe := calibrationData("cancer")
	scorers := map[string]ml.Scorer[int]{
		"balanced accuracy": nil, "f1": selection.F1{Average: metrics.Binary}, "cost": selection.Cost{Matrix: [][]float64{{-1, 10}, {2, 0}}},
		"precision": selection.Precision{Average: metrics.Binary}, "recall": selection.Recall{Average: metrics.Binary},
		"frozen": selection.F1{Average: metrics.Binary}, "logistic": selection.F1{Average: metrics.Binary},
	}
	for name, w := range want.Tuned {
		c := selection.TunedThreshold{Base: ml.Classify(bayes.GaussianNB{}), Scorer: scorers[name], Steps: 30}
		rows, tol, sign := d, 1e-9, 1.0
		switch name {
		case "frozen":
			var even, odd []int
			for i := range d.Y {
				if i%2 == 0 {
					even = append(even, i)
				} else {
					odd = append(odd, i)
				}
			}
			model, err := c.Base.FitDecider(ctx, d.Select(even))
			if err != nil {
				t.Fatal(err)
			}
			c.Base, rows = ml.Decide(selection.FrozenClassifier{Model: model}), d.Select(odd)
		case "logistic":
			c.Base, tol = ml.Classify(linear.LogisticRegression{C: 0.01, Tol: 1e-12}), 1e-6
		case "cost":
			sign = -1
		}
		m, err := c.Fit(ctx, rows)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i := range w.Scores {
			w.Scores[i] *= sign
		}
		golden.Close(t, m.Thresholds, w.Thresholds, 0, tol, name+" thresholds")
		golden.Close(t, m.Scores, w.Scores, 0, 100*tol, name+" scores")
		golden.Close(t, []float64{m.Threshold}, []float64{w.Threshold}, 0, tol, name)
		if pred, err := m.Predict(probe); err != nil || !reflect.DeepEqual(pred, w.Predict) {
			t.Errorf("%s: predicts %v, %v, want %v", name, pred, err, w.Predict)
		}
	}
	for name, w := range want.Fixed {
		c := selection.FixedThreshold{Base: ml.Classify(bayes.GaussianNB{})}
		if name == "0.9" {
			c.Threshold = new(0.9)
		}
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		if pred, err := m.Predict(d.X); err != nil || !reflect.DeepEqual(pred, w) {
			t.Errorf("fixed %s: other predictions, %v", name, err)
		}
	}
}

// The best of the thresholds that reach a recall is the best of those in the curve that do.
func TestThresholdSubject(t *testing.T) {
	ctx := context.Background()
	d := datasets.BreastCancer()
	c := selection.TunedThreshold{
		Base: ml.Classify(bayes.GaussianNB{}), Scorer: selection.Precision{Average: metrics.Binary},
		Subject: &selection.AtLeast{Scorer: selection.Recall{Average: metrics.Binary}, Value: 0.97},
	}
	m, err := c.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	best := -1.0
	for i, v := range m.Scores {
		if m.Reached[i] >= 0.97 {
			best = max(best, v)
		}
	}
	for i, v := range m.Thresholds {
		if v == m.Threshold && (m.Scores[i] != best || m.Reached[i] < 0.97) {
			t.Errorf("threshold %v: precision %v with recall %v, the best is %v", v, m.Scores[i], m.Reached[i], best)
		}
	}
	free := c
	free.Subject = nil
	if f, err := free.Fit(ctx, d); err != nil || f.Threshold <= m.Threshold {
		t.Errorf("without the condition the threshold is %v, with it %v; %v", f.Threshold, m.Threshold, err)
	}
	c.Subject = &selection.AtLeast{Scorer: selection.Cost{Matrix: [][]float64{{0, 1}, {1, 0}}}, Value: -1}
	if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
		t.Errorf("a cost below zero: %v", err)
	}
}

// Rows between the two thresholds have no class: the reject option.
func TestRejectOption(t *testing.T) {
	d := datasets.BreastCancer()
	m, err := selection.FixedThreshold{Base: ml.Classify(bayes.GaussianNB{}), Threshold: new(0.99), Below: new(0.01)}.Fit(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	pred, err := m.Predict(d.X)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.PredictProba(d.X)
	if err != nil {
		t.Fatal(err)
	}
	rejected := 0
	for i, code := range pred {
		want := ml.None
		if v := p.At(i, 1); v >= 0.99 {
			want = 1
		} else if v < 0.01 {
			want = 0
		}
		if code != want {
			t.Fatalf("row %d: %d for a probability of %v", i, code, p.At(i, 1))
		}
		if one, err := m.PredictRow(rowOf(d, i)); err != nil || one != code {
			t.Fatalf("row %d alone: %d, %v", i, one, err)
		}
		if code == ml.None {
			rejected++
		}
	}
	if rejected == 0 {
		t.Error("no row is rejected")
	}
}

func rowOf(d ml.Dataset[int], i int) []float64 {
	_, p := d.X.Dims()
	out := make([]float64, p)
	for j := range out {
		out[j] = d.X.At(i, j)
	}
	return out
}

func TestThresholdSaysWhatIsWrong(t *testing.T) {
	d, model := datasets.BreastCancer(), ml.Classify(bayes.GaussianNB{})
	tuned := func(c selection.TunedThreshold, d ml.Dataset[int]) error {
		_, err := c.Fit(context.Background(), d)
		return err
	}
	fixed := func(c selection.FixedThreshold) error { _, err := c.Fit(context.Background(), d); return err }
	for name, c := range map[string]struct{ got, want error }{
		"no estimator":     {tuned(selection.TunedThreshold{}, d), ml.ErrConfig},
		"three classes":    {tuned(selection.TunedThreshold{Base: model}, datasets.Iris()), ml.ErrTarget},
		"one step":         {tuned(selection.TunedThreshold{Base: model, Steps: 1}, d), ml.ErrConfig},
		"no scorer":        {tuned(selection.TunedThreshold{Base: model, Subject: &selection.AtLeast{}}, d), ml.ErrConfig},
		"small matrix":     {tuned(selection.TunedThreshold{Base: model, Scorer: selection.Cost{Matrix: [][]float64{{1}}}}, d), ml.ErrConfig},
		"frozen folds":     {tuned(selection.TunedThreshold{Base: ml.Decide(selection.FrozenClassifier{Model: mute{}}), Splitter: selection.KFold{}}, d), ml.ErrConfig},
		"no scores":        {tuned(selection.TunedThreshold{Base: ml.Decide(selection.FrozenClassifier{Model: mute{}})}, d), errors.ErrUnsupported},
		"of probabilities": {tuned(selection.TunedThreshold{Base: model, Scorer: selection.LogLoss{}}, d), errors.ErrUnsupported},
		"wrong order":      {fixed(selection.FixedThreshold{Base: model, Threshold: new(0.2), Below: new(0.3)}), ml.ErrConfig},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

func TestThresholdLaws(t *testing.T) {
	two := []mltest.Option{
		mltest.Waive(mltest.ArgMax, "that the threshold is another than that of the most probable class is the purpose"),
		mltest.Waive(mltest.AbsentClass, "it is for two classes"), mltest.Data(twoClasses(60)), mltest.Rows(500),
	}
	mltest.Classifier(t, selection.TunedThreshold{Base: ml.Classify(bayes.GaussianNB{}), Steps: 10, Splitter: selection.StratifiedKFold{K: 2}}, foldsAreOfRows(two...)...)
	mltest.Classifier(t, selection.FixedThreshold{Base: ml.Decide(linear.LinearSVC{MaxIter: 20}), Threshold: new(0.3)}, two...)
}

// twoClasses are rows of four columns, named, of two classes that overlap.
func twoClasses(n int) ml.Dataset[int] {
	d, _ := calibrationData("cancer")
	var some []int
	for i := range n {
		some = append(some, i*9)
	}
	d = d.Select(some)
	d.Columns = []ml.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	return d
}
