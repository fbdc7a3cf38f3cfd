package selection_test

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// Naive Bayes counts what columns share as often as they say it, and is far too sure. Its scores on rows it has not seen tell how much.
func ExampleCalibrated() {
	train, test := selection.Split(datasets.BreastCancer(), 0.4, 1)
	naive, err := bayes.GaussianNB{}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	calibrated, err := selection.Calibrated{Base: ml.Classify(bayes.GaussianNB{})}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	for _, m := range []ml.Classifier{naive, calibrated} {
		p, err := m.PredictProba(test.X)
		if err != nil {
			panic(err)
		}
		fmt.Printf("log loss %.2f\n", metrics.LogLoss(test.Y, p))
	}
	// Output:
	// log loss 0.47
	// log loss 0.18
}

// To miss a malignant tumour (class 0) costs 20 times what a needless biopsy costs, so only the surest are left alone.
func ExampleTunedThreshold() {
	cost := selection.Cost{Matrix: [][]float64{{0, 20}, {1, 0}}}
	base := ml.Decide(selection.Calibrated{Base: ml.Classify(bayes.GaussianNB{})})
	m, err := selection.TunedThreshold{Base: base, Scorer: cost}.Fit(context.Background(), datasets.BreastCancer())
	if err != nil {
		panic(err)
	}
	usual, best := 0.0, 0.0
	for i, t := range m.Thresholds {
		if t <= 0.5 {
			usual = m.Scores[i]
		}
		if t == m.Threshold {
			best = m.Scores[i]
		}
	}
	fmt.Printf("benign from a probability of %.1f on, which costs a third less than from 0.5: %v\n", m.Threshold, best < usual*2/3)
	// Output: benign from a probability of 0.9 on, which costs a third less than from 0.5: true
}

// Rows between two thresholds are for somebody else to decide.
func ExampleFixedThreshold() {
	d := ml.Data(tensor.FromSlice([]float64{-2, -1, -0.1, 0.1, 1, 2}, 6, 1), []int{0, 0, 1, 0, 1, 1})
	m, err := selection.FixedThreshold{Base: ml.Classify(linear.LogisticRegression{}), Threshold: new(0.7), Below: new(0.3)}.Fit(context.Background(), d)
	if err != nil {
		panic(err)
	}
	pred, err := m.Predict(d.X)
	if err != nil {
		panic(err)
	}
	fmt.Println(pred)
	// Output: [0 0 -1 -1 1 1]
}

// What a score is worth shows beside one that has learned nothing.
func ExampleDummyClassifier() {
	cv, err := selection.CrossValidate(context.Background(), selection.DummyClassifier{}, datasets.BreastCancer(), selection.StratifiedKFold{}, selection.Accuracy{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.2f\n", cv.Metrics[0].Mean())
	// Output: 0.63
}
