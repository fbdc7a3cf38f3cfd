package ensemble_test

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tree"
)

func TestRandomForestMultiLabelLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.RandomForestMultiLabel{Trees: 5, OOB: true}, drawnRows()...)
}

func TestExtraTreesMultiLabelLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.ExtraTreesMultiLabel{Trees: 5})
}

// tagged are rows of the breast cancer set with three labels: the class, and whether each of two columns is above a number. Every third row is for tests.
func tagged(t *testing.T) (train, test ml.Dataset[[]int]) {
	d := datasets.BreastCancer()
	var in, out []int
	y := make([][]int, d.Rows())
	for i, c := range d.Y {
		y[i] = []int{c, btoi(d.X.At(i, 4) > 0.096), btoi(d.X.At(i, 0)+d.X.At(i, 1)/2 > 23)}
		if i%3 == 0 {
			out = append(out, i)
		} else {
			in = append(in, i)
		}
	}
	all := ml.Dataset[[]int]{Table: ml.Table{X: d.X}, Y: y}
	return all.Select(in), all.Select(out)
}

// Scores of scikit-learn's RandomForestClassifier and ExtraTreesClassifier with three labels over ten seeds: the means of ours lie within five standard errors of the difference, or 0.004, which is less than one of the 190 rows.
func TestForestsOfLabelsScoreAsScikitLearns(t *testing.T) {
	type scores struct{ Held, HeldSD, OOB, OOBSD float64 }
	want := golden.Load[struct{ Forest, Extra scores }](t, "testdata/forest_labels.json")
	train, test := tagged(t)
	right := func(m *ensemble.ForestLabels, d ml.Dataset[[]int]) float64 {
		all := 0
		for i, said := range must(m.Predict(d.X)) {
			is := true
			for j, label := range said {
				is = is && label == d.Y[i][j]
			}
			all += btoi(is)
		}
		return float64(all) / float64(d.Rows())
	}
	seeds := uint64(10)
	if testing.Short() {
		seeds = 2
	}
	for name, fit := range map[string]func(seed uint64) *ensemble.ForestLabels{
		"forest": func(seed uint64) *ensemble.ForestLabels {
			return must(ensemble.RandomForestMultiLabel{Seed: seed, OOB: true}.Fit(ctx, train))
		},
		"extra": func(seed uint64) *ensemble.ForestLabels {
			return must(ensemble.ExtraTreesMultiLabel{Seed: seed}.Fit(ctx, train))
		},
	} {
		held, oob, w := 0.0, 0.0, want.Forest
		if name == "extra" {
			w = want.Extra
		}
		for seed := range seeds {
			m := fit(seed)
			held, oob = held+right(m, test)/float64(seeds), oob+m.OOB.Score/float64(seeds)
		}
		spread := 5 * math.Sqrt(1.0/10+1/float64(seeds))
		assert.InDelta(t, w.Held, held, spread*w.HeldSD+0.004, name)
		if name == "forest" {
			assert.InDelta(t, w.OOB, oob, spread*w.OOBSD+0.004, name)
		}
	}
}

// The trees are those of RandomForestMulti for the labels as numbers, whose variance is half of the Gini impurity, and the model goes on growing as one fit would.
func TestForestOfLabelsIsThatOfNumbers(t *testing.T) {
	train, test := tagged(t)
	numbers := ml.Dataset[[]float64]{Table: train.Table}
	for _, row := range train.Y {
		numbers.Y = append(numbers.Y, []float64{float64(row[0]), float64(row[1]), float64(row[2])})
	}
	labels := must(ensemble.RandomForestMultiLabel{Trees: 12, MaxFeatures: 4, MinImpurityDecrease: 0.01, OOB: true}.Fit(ctx, train))
	plain := must(ensemble.RandomForestMulti{Trees: 12, MaxFeatures: 4, MinImpurityDecrease: 0.005, OOB: true}.Fit(ctx, numbers))
	sameTrees(t, plain.Ensemble, labels.Ensemble)
	require.Equal(t, plain.OOB.Value, labels.OOB.Value)
	p, said := must(labels.Response(test.X)), must(labels.Predict(test.X))
	for i, row := range said {
		for j, label := range row {
			require.Equal(t, btoi(p.At(i, j) > 0.5), label)
		}
	}
	short := must(ensemble.RandomForestMultiLabel{Trees: 5, MaxFeatures: 4, MinImpurityDecrease: 0.01, OOB: true}.Fit(ctx, train))
	grown := must(short.Continue(ctx, train, 7))
	sameTrees(t, labels.Ensemble, grown.Ensemble)
	require.Equal(t, labels.OOB, grown.OOB)
	require.Equal(t, 10, must(short.Update(ctx, test)).Ensemble.Trees())
	_, err := ensemble.RandomForestMultiLabel{Rows: ensemble.DrawBalanced}.Fit(ctx, train)
	require.ErrorIs(t, err, ml.ErrConfig)
}

func sameTrees(t *testing.T, want, got *tree.Ensemble) {
	t.Helper()
	require.True(t, slices.Equal(want.Feature, got.Feature) && slices.Equal(want.Threshold, got.Threshold) && slices.Equal(want.Value, got.Value) && slices.Equal(want.Gain, got.Gain) &&
		slices.Equal(want.Start, got.Start), "the same trees")
}
