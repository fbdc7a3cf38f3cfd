package ensemble_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
)

// fewMalignant is the breast cancer set with one in five of its rarer class.
func fewMalignant() ml.Dataset[int] {
	d := datasets.BreastCancer()
	var keep []int
	rare := 0
	for i, c := range d.Y {
		if c == 0 {
			rare++
		}
		if c == 1 || rare%5 == 0 {
			keep = append(keep, i)
		}
	}
	return d.Select(keep)
}

// Ensembles for rare classes score as imbalanced-learn's, within the noise of the seeds: twenty of theirs, five of ours.
func TestBalancedEnsemblesScoreAsImbalancedLearns(t *testing.T) {
	want := golden.Load[map[string]band](t, "testdata/balanced.json")
	train, test := thirds(fewMalignant())
	for name, make := range map[string]func(seed uint64) ml.AnyClassifier{
		"forest": func(s uint64) ml.AnyClassifier {
			return ml.Classify(ensemble.RandomForestClassifier{Rows: ensemble.DrawBalanced, Seed: s})
		},
		"bagging": func(s uint64) ml.AnyClassifier { return ml.Decide(ensemble.BaggingClassifier{Balanced: true, Seed: s}) },
		"rusboost": func(s uint64) ml.AnyClassifier {
			return ml.Decide(ensemble.AdaBoostClassifier{Balanced: true, Seed: s})
		},
		"rusboost_replacement": func(s uint64) ml.AnyClassifier {
			return ml.Decide(ensemble.AdaBoostClassifier{Balanced: true, Repeat: true, Seed: s})
		},
		"easy": func(s uint64) ml.AnyClassifier {
			return ml.Decide(ensemble.BaggingClassifier{Base: ml.Decide(ensemble.AdaBoostClassifier{}), Balanced: true, Seed: s})
		},
	} {
		var scores []float64
		for seed := range uint64(5) {
			m := must(make(seed).Fit(ctx, train))
			scores = append(scores, metrics.BalancedAccuracy(test.Y, must(m.Predict(test.X))))
		}
		agree(t, name, scores, want[name].Mean, want[name].SD)
	}
}

func TestBalancedRoundsDrawWhatTheySay(t *testing.T) {
	d := fewMalignant()
	for i, c := range d.Y { // the recorder predicts 0
		d.Y[i] = 1 - c
	}
	m := must(ensemble.AdaBoostClassifier{Balanced: true, Base: ml.Decide(recorder{}), Rounds: 1}.Fit(ctx, d))
	rare := 0
	for _, c := range d.Y {
		rare += c
	}
	got := m.Members[0].(*recorded).d
	ones := 0
	for _, c := range got.Y {
		ones += c
	}
	require.Equal(t, rare, ones)
	require.Equal(t, 2*rare, got.Rows())
	_, err := ensemble.AdaBoostClassifier{Repeat: true}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func TestRUSBoostLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.AdaBoostClassifier{Rounds: 3, Balanced: true}, drawnMembers()...)
}
