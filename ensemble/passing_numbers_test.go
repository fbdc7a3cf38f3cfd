package ensemble_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tree"
)

// saw notes whether what an estimator is fitted to still belongs to its rows, which say in column 0 who they are.
func saw[Y any](ctx context.Context, d ml.Dataset[Y]) {
	n := ctx.Value(notesKey{}).(*notes)
	n.Lock()
	defer n.Unlock()
	n.fits++
	n.weight = n.weight && len(d.Weight) == d.Rows()
	n.group = n.group && len(d.Group) == d.Rows()
	for i := range d.Rows() {
		id := int(d.X.At(i, 0))
		n.weight = n.weight && d.Weight[i] == witnessWeight(id)
		n.group = n.group && d.Group[i] == id/5
	}
	n.watched = n.watched && d.Valid != nil && d.Valid.Rows() > 0 && len(d.Valid.Weight) == d.Valid.Rows()
	for i := 0; n.watched && i < d.Valid.Rows(); i++ {
		id := int(d.Valid.X.At(i, 0))
		n.watched = id >= 1000 && d.Valid.Weight[i] == witnessWeight(id)
	}
}

// Witnesses for other targets; see witness.
type (
	numberWitness  struct{}
	numbersWitness struct{}
	labelsWitness  struct{}
)

func (numberWitness) Fit(ctx context.Context, d ml.Dataset[float64]) (*linear.RegressionModel, error) {
	saw(ctx, d)
	return linear.Ridge{Alpha: 1}.Fit(ctx, d)
}

func (numbersWitness) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*linear.MultiRegressionModel, error) {
	saw(ctx, d)
	return linear.RidgeMulti{Alpha: 1}.Fit(ctx, d)
}

func (labelsWitness) Fit(ctx context.Context, d ml.Dataset[[]int]) (*ensemble.MultiOutputLabels, error) {
	saw(ctx, d)
	return ensemble.MultiOutputClassifier{Base: ml.Classify(bayes.GaussianNB{})}.Fit(ctx, d)
}

// target makes a dataset, with rows to watch, of the class codes of the witness's rows.
func target[Y any](of func(class int) Y) ml.Dataset[Y] {
	make := func(n, first int) ml.Dataset[Y] {
		d, y := witnessRows(n, first)
		out := ml.Dataset[Y]{Table: d}
		for _, c := range y {
			out.Y = append(out.Y, of(c))
		}
		return out
	}
	d, v := make(120, 0), make(30, 1000)
	d.Valid = &v
	return d
}

// What belongs to rows reaches what wrappers for numbers, several outputs and labels hold, too. Wrappers whose doc says that they weigh rows themselves, or learn from targets that rows to watch do not have, are checked for the rest.
func TestWrappersOfNumbersAndLabelsPassOn(t *testing.T) {
	class := target(func(c int) int { return min(c, 1) })
	number := target(func(c int) float64 { return float64(c) })
	numbers := target(func(c int) []float64 { return []float64{float64(c), float64(c * c), 1 - float64(c)} })
	labels := target(func(c int) []int { return []int{c & 1, c >> 1, min(c, 1)} })
	one, many, tags := ml.Regress(numberWitness{}), ml.RegressMulti(numbersWitness{}), ml.LabelMulti(labelsWitness{})
	type wrapper struct {
		fit       func(ctx context.Context) error
		ownWeight bool // weights are the wrapper's own
		unwatched bool // rows to watch do not go on
	}
	for name, w := range map[string]wrapper{
		"voting":        {fit: fitting(ensemble.VotingRegressor{Bases: []ml.AnyRegressor{one, one}}, number)},
		"stacking":      {fit: fitting(ensemble.StackingRegressor{Bases: []ml.AnyRegressor{one, one}}, number)},
		"super learner": {fit: fitting(ensemble.SuperLearnerRegressor{Bases: []ml.AnyRegressor{one, one}}, number)},
		"greedy":        {fit: fitting(ensemble.GreedySelectionRegressor{Bases: []ml.AnyRegressor{one, one}}, number)},
		"bagging":       {fit: fitting(ensemble.BaggingRegressor{Base: one, Pasting: true, Rows: 0.5}, number), ownWeight: true},
		"AdaBoost":      {fit: fitting(ensemble.AdaBoostRegressor{Base: one, Rounds: 3}, number), ownWeight: true},
		"transformed":   {fit: fitting(features.TransformedTarget{Base: one, Func: features.Log1p{}}, number)},

		"outputs":             {fit: fitting(ensemble.MultiOutputRegressor{Base: one}, numbers)},
		"chain":               {fit: fitting(ensemble.RegressorChain{Base: one}, numbers)},
		"cross-fitted chains": {fit: fitting(ensemble.RegressorChain{Base: one, CrossFit: true, Chains: 2}, numbers)},
		"stacked outputs":     {fit: fitting(ensemble.StackingMultiRegressor{Bases: []ml.AnyMultiRegressor{many, many}}, numbers)},
		"bagged outputs":      {fit: fitting(ensemble.BaggingMultiRegressor{Base: many}, numbers), ownWeight: true},

		"RAkEL":           {fit: fitting(ensemble.RAkEL{Base: ml.Classify(witness{}), Size: 2}, labels)},
		"disjoint RAkEL":  {fit: fitting(ensemble.RAkEL{Base: ml.Classify(witness{}), Size: 2, Disjoint: true}, labels)},
		"powerset":        {fit: fitting(ensemble.LabelPowerset{Base: ml.Classify(witness{})}, labels)},
		"stacked labels":  {fit: fitting(ensemble.StackingMultiLabel{Bases: []ml.AnyMultiLabel{tags, tags}, Final: ml.LabelMulti(ensemble.MultiOutputClassifier{Base: ml.Classify(bayes.GaussianNB{})})}, labels)},
		"bagged labels":   {fit: fitting(ensemble.BaggingMultiLabel{Base: tags}, labels), ownWeight: true},
		"bagged classes":  {fit: fitting(ensemble.BaggingClassifier{Base: ml.Classify(witness{})}, class), ownWeight: true},
		"LPBoost":         {fit: fitting(ensemble.LPBoost{Base: ml.Classify(witness{}), Rounds: 3}, class), ownWeight: true},
		"BrownBoost":      {fit: fitting(ensemble.BrownBoost{Base: ml.Classify(witness{}), Rounds: 3}, class), ownWeight: true},
		"LogitBoost":      {fit: fitting(ensemble.LogitBoost{Base: one, Rounds: 3}, class), ownWeight: true, unwatched: true},
		"one of several":  {fit: fitting(ensemble.OneVsRest{Base: ml.Classify(ensemble.LPBoost{Base: ml.Classify(witness{}), Rounds: 2})}, class), ownWeight: true},
		"searched chains": {fit: fitting(ensemble.RegressorChain{Base: one, Search: 3, Splitter: selection.GroupKFold{K: 3}}, numbers)},
	} {
		t.Run(name, func(t *testing.T) {
			n := &notes{weight: true, group: true, watched: true}
			require.NoError(t, w.fit(context.WithValue(t.Context(), notesKey{}, n)))
			assert.NotZero(t, n.fits)
			assert.True(t, n.weight || w.ownWeight, "weights")
			assert.True(t, n.group, "groups")
			assert.Equal(t, !w.unwatched, n.watched, "rows to watch")
		})
	}
}

func fitting[D, M any](c ml.Fitter[D, M], d D) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.Fit(ctx, d)
		return err
	}
}

// A bag draws rows by their weights, and those of a row that is drawn say how often that was; boosting starts from the weights. So a row of weight 0 reaches no estimator of any of them.
func TestWeightlessRowsReachNobody(t *testing.T) {
	number := target(func(c int) float64 { return float64(c) })
	for i := range number.Weight {
		number.Weight[i] = float64(i % 2)
	}
	base := ml.Regress(weightWitness{})
	for name, fit := range map[string]func(context.Context) error{
		"bagging":   fitting(ensemble.BaggingRegressor{Base: base}, number),
		"AdaBoost":  fitting(ensemble.AdaBoostRegressor{Base: base, Rounds: 3}, number),
		"voting":    fitting(ensemble.VotingRegressor{Bases: []ml.AnyRegressor{base}}, number),
		"resampled": fitting(ensemble.AdaBoostRegressor{Base: base, Rounds: 3, Resample: true}, number),
	} {
		n := &notes{weight: true}
		require.NoError(t, fit(context.WithValue(t.Context(), notesKey{}, n)), name)
		assert.True(t, n.weight && n.fits > 0, name)
	}
}

// weightWitness notes whether a row that has weight should have none: those of even numbers.
type weightWitness struct{}

func (weightWitness) Fit(ctx context.Context, d ml.Dataset[float64]) (*linear.RegressionModel, error) {
	n := ctx.Value(notesKey{}).(*notes)
	n.Lock()
	defer n.Unlock()
	n.fits++
	for i := range d.Rows() {
		if (d.Weight == nil || d.Weight[i] > 0) && int(d.X.At(i, 0))%2 == 0 {
			n.weight = false
		}
	}
	return linear.Ridge{Alpha: 1}.Fit(ctx, d)
}

// Wrappers of numbers, outputs and labels come back from a file with what they hold: the same answers, and a config that makes the same model again.
func TestWrappersComeBackFromFiles(t *testing.T) {
	number := target(func(c int) float64 { return float64(c) })
	numbers := target(func(c int) []float64 { return []float64{float64(c), float64(c * c), 1 - float64(c)} })
	labels := target(func(c int) []int { return []int{c & 1, c >> 1, min(c, 1)} })
	class := target(func(c int) int { return min(c, 1) })
	pipe := ml.Regress(ml.Pipe(ml.Step(features.StandardScaler{}), linear.Ridge{Alpha: 1}))
	bases := []ml.AnyRegressor{pipe, ml.Regress(tree.DecisionTreeRegressor{MaxDepth: 2})}
	two := ml.Classify(ml.Pipe(ml.Step(features.StandardScaler{}), linear.LogisticRegression{}))

	comesBack(t, ensemble.VotingRegressor{Bases: bases, Weights: []float64{1, 3}}, number)
	comesBack(t, ensemble.StackingRegressor{Bases: bases, Final: pipe, PassThrough: true}, number)
	comesBack(t, ensemble.StackingRegressor{Bases: bases, Final: ml.Regress(ensemble.StackingRegressor{Bases: bases})}, number)
	comesBack(t, ensemble.SuperLearnerRegressor{Bases: bases}, number)
	comesBack(t, ensemble.GreedySelectionRegressor{Bases: bases, Bags: 2}, number)
	comesBack(t, ensemble.BaggingRegressor{Base: pipe, Columns: 0.5, Members: 4}, number)
	comesBack(t, ensemble.AdaBoostRegressor{Base: pipe, Rounds: 3}, number)
	comesBack(t, ensemble.MultiOutputRegressor{Base: pipe}, numbers)
	comesBack(t, ensemble.RegressorChain{Base: pipe, CrossFit: true, Chains: 2}, numbers)
	comesBack(t, ensemble.StackingMultiRegressor{Bases: []ml.AnyMultiRegressor{ml.RegressMulti(ensemble.MultiOutputRegressor{Base: pipe}), ml.RegressMulti(linear.RidgeMulti{Alpha: 1})}}, numbers)
	comesBack(t, ensemble.BaggingMultiRegressor{Base: ml.RegressMulti(ensemble.RegressorChain{Base: pipe}), Members: 3}, numbers)
	comesBack(t, ensemble.MultiOutputClassifier{Base: two}, labels)
	comesBack(t, ensemble.ClassifierChain{Base: two, Proba: true}, labels)
	comesBack(t, ensemble.LabelPowerset{Base: two}, labels)
	comesBack(t, ensemble.RAkEL{Base: two, Size: 2}, labels)
	comesBack(t, ensemble.StackingMultiLabel{Bases: []ml.AnyMultiLabel{ml.LabelMulti(ensemble.RAkEL{Base: two, Size: 2})}, Final: ml.LabelMulti(ensemble.MultiOutputClassifier{Base: two})}, labels)
	comesBack(t, ensemble.BaggingMultiLabel{Base: ml.LabelMulti(ensemble.ClassifierChain{Base: two}), Members: 3}, labels)
	comesBack(t, ensemble.LPBoost{Base: two, Rounds: 3}, class)
	comesBack(t, ensemble.BrownBoost{Base: two, Rounds: 3}, class)
	comesBack(t, ensemble.LogitBoost{Base: pipe, Rounds: 3}, class)
}

func comesBack[Y any, M interface {
	ml.Predictor[Y]
	Meta() *ml.Fitted
}](t *testing.T, c ml.Fitter[ml.Dataset[Y], M], d ml.Dataset[Y]) {
	t.Helper()
	d.Valid = nil
	m := must(c.Fit(ctx, d))
	var file, again bytes.Buffer
	require.NoError(t, ml.Save(&file, m))
	saved := bytes.Clone(file.Bytes())
	loaded := must(ml.Load[M](&file))
	require.Equal(t, must(m.Predict(d.X)), must(loaded.Predict(d.X)), "%T", c)
	refit := loaded.Meta().Config.(ml.Fitter[ml.Dataset[Y], M])
	require.NoError(t, ml.Save(&again, must(refit.Fit(ctx, d))))
	require.Equal(t, saved, again.Bytes(), "%T: its config makes the same model again", c)
}
