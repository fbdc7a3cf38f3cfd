package ensemble_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestOneVsRestLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.OneVsRest{Base: ml.Classify(bayes.GaussianNB{})})
	mltest.Classifier(t, ensemble.OneVsRest{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1})})
}

func TestOneVsOneLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.OneVsOne{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1})})
}

func TestOutputCodeLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.OutputCode{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1}), Size: 2})
}

func TestNestedDichotomiesLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.NestedDichotomies{Base: ml.Classify(bayes.GaussianNB{}), Systems: 3})
}

func TestReductionsTellClassesApart(t *testing.T) {
	d := datasets.Iris()
	d.Classes = append(slices.Clone(d.Classes), "a fourth that no row has")
	line := linear.LogisticRegression{}
	for name, f := range map[string]ml.AnyClassifier{
		"one-vs-rest":  ml.Decide(ensemble.OneVsRest{Base: ml.Decide(line)}),
		"one-vs-one":   ml.Decide(ensemble.OneVsOne{Base: ml.Decide(line)}),
		"of no scores": ml.Decide(ensemble.OneVsOne{Base: ml.Classify(bayes.GaussianNB{})}),
		"output code":  ml.Decide(ensemble.OutputCode{Base: ml.Decide(line), Size: 3}),
		"probable":     ml.Decide(ensemble.OutputCode{Base: ml.Classify(bayes.GaussianNB{})}),
		"ternary":      ml.Decide(ensemble.OutputCode{Base: ml.Decide(line), Code: [][]int{{-1, -1, 0, 1}, {1, 0, -1, 1}, {0, 1, 1, -1}, {-1, 1, -1, -1}}}),
		"nested":       ml.Decide(ensemble.NestedDichotomies{Base: ml.Classify(line), Systems: 4}),
	} {
		m := must(f.FitDecider(ctx, d))
		pred := must(m.Predict(d.X))
		require.Greater(t, metrics.Accuracy(d.Y, pred), 0.8, name)
		if s, has := ml.As[ml.Decider](m); has {
			for i, row := range cells(must(s.DecisionFunction(d.X))) {
				require.Len(t, row, 4, name)
				require.True(t, math.IsInf(row[3], -1), "%s: a class without rows", name)
				require.Equal(t, slices.Index(row, slices.Max(row)), pred[i], "%s: of equals the first", name)
			}
		}
	}
}

// Words that are drawn divide the classes in every bit and are no nearer to each other than those of a single draw.
func TestWordsLieApart(t *testing.T) {
	d := datasets.Digits()
	distance := func(draws int) int {
		m := must(ensemble.OutputCode{Base: ml.Classify(bayes.GaussianNB{}), Draws: draws, Size: 2, Seed: 4}.Fit(ctx, d))
		least := 1 << 10
		for a, word := range m.Code {
			for _, other := range m.Code[:a] {
				apart := 0
				for j := range word {
					if word[j] != other[j] {
						apart++
					}
				}
				least = min(least, apart)
			}
		}
		require.Len(t, m.Members, 20)
		return least
	}
	require.Greater(t, distance(0), distance(1))
	for _, code := range [][][]int{{{1}}, make([][]int, 10), {{1, 1}, {1, 1}}} {
		_, err := ensemble.OutputCode{Base: ml.Classify(bayes.GaussianNB{}), Code: code}.Fit(ctx, d)
		require.ErrorIs(t, err, ml.ErrConfig)
	}
}

// The probability of a class is the product along its way.
func TestNestedProbabilities(t *testing.T) {
	d := datasets.Iris()
	m := must(ensemble.NestedDichotomies{Base: ml.Classify(bayes.GaussianNB{}), Systems: 1}.Fit(ctx, d))
	require.Len(t, m.Members[0], 2)
	whole, part := m.Members[0][0].(ml.Classifier), m.Members[0][1].(ml.Classifier)
	p, q, all := must(whole.PredictProba(d.X)), must(part.PredictProba(d.X)), must(m.PredictProba(d.X))
	for c, word := range m.Codes[0] {
		for i := range d.Rows() {
			way := p.Row(i)[(word[0]+1)/2]
			if word[1] != 0 {
				way *= q.Row(i)[(word[1]+1)/2]
			}
			require.InDelta(t, way, all.Row(i)[c], 1e-12)
		}
	}
}
