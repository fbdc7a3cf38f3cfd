package ensemble_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

func TestMultiOutputLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.MultiOutputClassifier{Base: ml.Classify(bayes.GaussianNB{})})
	mltest.MultiRegressor(t, ensemble.MultiOutputRegressor{Base: ml.Regress(linear.Ridge{Alpha: 1})})
}

func TestChainLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.ClassifierChain{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1})})
	mltest.MultiRegressor(t, ensemble.RegressorChain{Base: ml.Regress(linear.Ridge{Alpha: 1}), Order: []int{1, 0}})
}

func TestCrossFitChainLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.ClassifierChain{Base: ml.Classify(bayes.GaussianNB{}), CrossFit: true, Splitter: selection.KFold{K: 2}, Proba: true, Chains: 2}, foldsOfRows()...)
	mltest.MultiRegressor(t, ensemble.RegressorChain{Base: ml.Regress(linear.Ridge{Alpha: 1}), Search: 2, CrossFit: true, Splitter: selection.KFold{K: 2}}, foldsOfRows()...)
}

func TestPowersetLaws(t *testing.T) {
	mltest.MultiLabel(t, ensemble.LabelPowerset{Base: ml.Classify(bayes.GaussianNB{})})
	mltest.MultiLabel(t, ensemble.RAkEL{Base: ml.Decide(linear.RidgeClassifier{Alpha: 1}), Size: 1})
}

// threeTargets are diabetes's own target and two of its columns, the columns left, and the targets as labels: above their medians.
func threeTargets() (numbers ml.Dataset[[]float64], labels ml.Dataset[[]int], probe tensor.Matrix) {
	d := datasets.Diabetes()
	x := rows.SelectCols(d.X, []int{0, 1, 3, 4, 5, 6, 7, 9})
	many, ones := make([][]float64, d.Rows()), make([][]int, d.Rows())
	for i, y := range d.Y {
		many[i], ones[i] = []float64{y / 100, 10 * d.X.At(i, 2), 10 * d.X.At(i, 8)}, make([]int, 3)
	}
	for j := range 3 {
		of := make([]float64, len(many))
		for i := range of {
			of[i] = many[i][j]
		}
		slices.Sort(of)
		middle := (of[(len(of)-1)/2] + of[len(of)/2]) / 2
		for i := range ones {
			if many[i][j] > middle {
				ones[i][j] = 1
			}
		}
	}
	return ml.Data(x, many), ml.Data(x, ones), rows.Select(x, everyNth(d.Rows(), 20))
}

func TestChainsAreScikitLearns(t *testing.T) {
	want := loadMeta(t)
	numbers, labels, probe := threeTargets()
	four := selection.KFold{K: 4}
	for name, c := range map[string]ensemble.ClassifierChain{
		"chain":       {Order: []int{2, 0, 1}},
		"chain cv":    {Order: []int{2, 0, 1}, CrossFit: true, Splitter: four},
		"chain proba": {Order: []int{1, 0, 2}, CrossFit: true, Splitter: four, Proba: true},
	} {
		c.Base = logistic(1)
		m := must(c.Fit(ctx, labels))
		closeTo(t, must(m.Response(probe)), want[name], 1e-6, name)
		for i, row := range must(m.Predict(probe)) {
			for j, l := range row {
				require.Equal(t, matrixOf(want[name])[i][j] > 0.5, l == 1, "%s, row %d", name, i)
			}
		}
	}
	ridge := ml.Regress(linear.Ridge{Alpha: 0.1})
	for name, f := range map[string]ml.AnyMultiRegressor{
		"numbers":       ml.RegressMulti(ensemble.RegressorChain{Base: ridge, Order: []int{1, 2, 0}}),
		"numbers cv":    ml.RegressMulti(ensemble.RegressorChain{Base: ridge, CrossFit: true, Splitter: four}),
		"numbers alone": ml.RegressMulti(ensemble.MultiOutputRegressor{Base: ridge}),
		"stacked many": ml.RegressMulti(ensemble.StackingMultiRegressor{Final: ml.RegressMulti(linear.RidgeMulti{Alpha: 1}), Bases: []ml.AnyMultiRegressor{
			ml.RegressMulti(linear.RidgeMulti{Alpha: 0.1}), ml.RegressMulti(tree.DecisionTreeMulti{MaxDepth: 3})}}),
	} {
		got := must(must(f.Fit(ctx, numbers)).Predict(probe))
		for i, row := range matrixOf(want[name]) {
			require.InDeltaSlice(t, row, got[i], 1e-9, "%s, row %d", name, i)
		}
	}
}

// both is three labels: one that X tells with errors, a coin, and whether both are 1. Each on its own is best answered 1, 1 and 0 where X says 1, which no row has.
func both(n int, seed uint64) ml.Dataset[[]int] {
	r := rng.New(seed, 0)
	x, y := tensor.New[float64](n, 3), make([][]int, n)
	for i := range n {
		row := x.Row(i)
		rng.Normal(r, row, 0, 1)
		y[i] = make([]int, 3)
		if row[0]+r.NormFloat64() > 0 {
			y[i][0] = 1
		}
		if r.Float64() < 0.55 {
			y[i][1] = 1
		}
		y[i][2] = y[i][0] & y[i][1]
	}
	return ml.Data(x, y)
}

func TestLabelsLearnFromEachOther(t *testing.T) {
	d, test := both(1000, 1), both(2000, 2)
	score := func(m ml.Predictor[[]int]) float64 { return metrics.SubsetAccuracy(test.Y, must(m.Predict(test.X))) }
	line := ml.Classify(linear.LogisticRegression{})
	alone := score(must(ensemble.MultiOutputClassifier{Base: line}.Fit(ctx, d)))
	require.Greater(t, score(must(ensemble.ClassifierChain{Base: line}.Fit(ctx, d))), alone+0.1)
	require.Greater(t, score(must(ensemble.LabelPowerset{Base: line}.Fit(ctx, d))), alone+0.1)
	sets := must(ensemble.RAkEL{Base: line, Size: 2, Sets: 3}.Fit(ctx, d))
	require.Len(t, sets.Sets, 3)
	whole := must(ensemble.RAkEL{Base: line}.Fit(ctx, d))
	require.Len(t, whole.Sets, 1, "there is one set of three labels")
	apart := must(ensemble.RAkEL{Base: line, Size: 2, Disjoint: true}.Fit(ctx, d))
	require.Len(t, apart.Sets, 2)

	// In this order the coin comes last, and cannot be told from the label that it decides; a search finds a better one.
	wrong := must(ensemble.ClassifierChain{Base: line, Order: []int{2, 1, 0}}.Fit(ctx, d))
	found := must(ensemble.ClassifierChain{Base: line, Search: 6, Seed: 1}.Fit(ctx, d))
	require.Len(t, found.Orders, 1)
	require.GreaterOrEqual(t, score(found), score(wrong)-0.01)
	several := must(ensemble.ClassifierChain{Base: line, Chains: 4, Seed: 1}.Fit(ctx, d))
	require.Len(t, several.Members, 4)
	require.NotEqual(t, several.Orders[0], several.Orders[1])
	p, q := must(several.Response(test.X)), 0.0
	for _, one := range several.Orders {
		q += must(must(ensemble.ClassifierChain{Base: line, Order: one}.Fit(ctx, d)).Response(test.X)).At(7, 2) / 4
	}
	require.InDelta(t, q, p.At(7, 2), 1e-12, "the mean of the chains")
}

func TestLabelThatAllRowsShare(t *testing.T) {
	d := both(100, 3)
	for i := range d.Y {
		d.Y[i][1] = 1
	}
	for name, f := range map[string]ml.AnyMultiLabel{
		"multi-output": ml.LabelMulti(ensemble.MultiOutputClassifier{Base: logistic(1)}),
		"chain":        ml.LabelMulti(ensemble.ClassifierChain{Base: logistic(1)}),
		"bagging":      ml.LabelMulti(ensemble.BaggingMultiLabel{Base: ml.LabelMulti(ensemble.MultiOutputClassifier{Base: logistic(1)}), Members: 3, OOB: true}),
		"stacking": ml.LabelMulti(ensemble.StackingMultiLabel{Bases: []ml.AnyMultiLabel{ml.LabelMulti(ensemble.MultiOutputClassifier{Base: logistic(1)})},
			Final: ml.LabelMulti(ensemble.MultiOutputClassifier{Base: logistic(1)}), PassThrough: true}),
	} {
		m := must(f.Fit(ctx, d))
		for _, y := range must(m.Predict(d.X)) {
			require.Equal(t, 1, y[1], name)
		}
	}
}

func TestOutputMembersLaws(t *testing.T) {
	each := ml.LabelMulti(ensemble.MultiOutputClassifier{Base: ml.Classify(bayes.GaussianNB{})})
	mltest.MultiLabel(t, ensemble.BaggingMultiLabel{Base: each, Members: 3, OOB: true}, drawnMembers()...)
	mltest.MultiLabel(t, ensemble.StackingMultiLabel{Bases: []ml.AnyMultiLabel{each}, Final: each, Splitter: selection.KFold{K: 2}}, foldsOfRows()...)
}
