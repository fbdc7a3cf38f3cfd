package ensemble_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// The errors that the docs of boosting, forests and isolation forests name are the ones that come.
func TestErrorsAreThoseOfTheDocs(t *testing.T) {
	ctx := context.Background()
	numbers, iris := friedman(60, 1), datasets.Iris()
	x := func(v float64, kind ml.Kind) ml.Table {
		m := tensor.New[float64](60, 2)
		for i := range 60 {
			m.Row(i)[0], m.Row(i)[1] = float64(i%4), float64(i)
		}
		m.Row(7)[0] = v
		return ml.Table{X: m, Columns: []ml.Column{{Name: "a", Kind: kind}, {Name: "b"}}}
	}
	of := func(table ml.Table) ml.Dataset[float64] { return ml.Dataset[float64]{Table: table, Y: numbers.Y} }
	codes := func(table ml.Table) ml.Dataset[int] { return ml.Dataset[int]{Table: table, Y: make([]int, 60)} }
	boost := func(c ensemble.GradientBoostingRegressor, d ml.Dataset[float64]) error {
		_, err := c.Fit(ctx, d)
		return err
	}
	classes := func(c ensemble.GradientBoostingClassifier, d ml.Dataset[int]) error {
		_, err := c.Fit(ctx, d)
		return err
	}
	labels := func(c ensemble.GradientBoostingMultiLabel, y int) error {
		d := ml.Dataset[[]int]{Table: numbers.Table}
		for i := range 60 {
			d.Y = append(d.Y, []int{i % 2, y})
		}
		_, err := c.Fit(ctx, d)
		return err
	}
	forest := func(c ensemble.RandomForestClassifier, d ml.Dataset[int]) error {
		_, err := c.Fit(ctx, d)
		return err
	}
	extra := func(c ensemble.ExtraTreesRegressor, d ml.Dataset[float64]) error {
		_, err := c.Fit(ctx, d)
		return err
	}
	isolate := func(c ensemble.IsolationForest, d ml.Table) error {
		_, err := c.Fit(ctx, d)
		return err
	}
	heavy := numbers
	heavy.Weight = make([]float64, 60)
	heavy.Weight[3] = -1
	short := numbers
	short.Y = short.Y[:50]
	missing := numbers
	missing.Y = append([]float64{math.NaN()}, numbers.Y[1:]...)
	negative := numbers
	negative.Y = append([]float64{-1}, numbers.Y[1:]...)
	foreign := codes(x(1, ml.Numeric))
	foreign.Y[4] = -3
	watched := numbers
	watched.Valid = &numbers
	monotone := []int{1, 0, 0, 0}
	for name, c := range map[string]struct{ got, want error }{
		"Exact and MaxBins":       {boost(ensemble.GradientBoostingRegressor{Exact: true, MaxBins: 9}, numbers), ml.ErrConfig},
		"Exact and Bins":          {boost(ensemble.GradientBoostingRegressor{Exact: true, Bins: []ensemble.ColumnBins{{Max: 9}}}, numbers), ml.ErrConfig},
		"Exact and categories":    {boost(ensemble.GradientBoostingRegressor{Exact: true}, of(x(1, ml.Categorical))), ml.ErrConfig},
		"Dropout and Patience":    {boost(ensemble.GradientBoostingRegressor{Dropout: ensemble.Dropout{Rate: 0.1}, Patience: 2}, watched), ml.ErrConfig},
		"Dropout and KeepBest":    {boost(ensemble.GradientBoostingRegressor{Dropout: ensemble.Dropout{Rate: 0.1}, KeepBest: true}, watched), ml.ErrConfig},
		"Dropout and Offset":      {boost(ensemble.GradientBoostingRegressor{Dropout: ensemble.Dropout{Rate: 0.1}, Offset: []string{"b"}}, of(x(1, ml.Numeric))), ml.ErrConfig},
		"Forest and Dropout":      {boost(ensemble.GradientBoostingRegressor{Forest: true, Dropout: ensemble.Dropout{Rate: 0.1}}, numbers), ml.ErrConfig},
		"Forest and parallel":     {boost(ensemble.GradientBoostingRegressor{Forest: true, ParallelTrees: 2}, numbers), ml.ErrConfig},
		"Forest and Offset":       {boost(ensemble.GradientBoostingRegressor{Forest: true, Offset: []string{"b"}}, of(x(1, ml.Numeric))), ml.ErrConfig},
		"Forest and rate":         {boost(ensemble.GradientBoostingRegressor{Forest: true, LearningRate: 0.5}, numbers), ml.ErrConfig},
		"Patience without Valid":  {boost(ensemble.GradientBoostingRegressor{Patience: 2}, numbers), ml.ErrConfig},
		"KeepBest without Valid":  {boost(ensemble.GradientBoostingRegressor{KeepBest: true}, numbers), ml.ErrConfig},
		"targets missing":         {boost(ensemble.GradientBoostingRegressor{}, short), ml.ErrShape},
		"an infinite number":      {boost(ensemble.GradientBoostingRegressor{}, of(x(math.Inf(1), ml.Numeric))), ml.ErrNotFinite},
		"half a category":         {boost(ensemble.GradientBoostingRegressor{}, of(x(0.5, ml.Categorical))), ml.ErrColumn},
		"a negative weight":       {boost(ensemble.GradientBoostingRegressor{}, heavy), ml.ErrWeight},
		"a target of NaN":         {boost(ensemble.GradientBoostingRegressor{}, missing), ml.ErrTarget},
		"a code that is no class": {classes(ensemble.GradientBoostingClassifier{}, foreign), ml.ErrTarget},
		"the hinge of three":      {classes(ensemble.GradientBoostingClassifier{Loss: ensemble.HingeLoss{}}, iris), ml.ErrConfig},
		"monotone for three":      {classes(ensemble.GradientBoostingClassifier{Monotone: monotone}, iris), ml.ErrConfig},
		"samples of three":        {classes(ensemble.GradientBoostingClassifier{Sampling: ensemble.Sampling{Classes: true, Rows: 0.5}}, iris), ml.ErrConfig},
		"weights of two of three": {classes(ensemble.GradientBoostingClassifier{ClassWeight: ml.ClassWeight{PerClass: []float64{1, 2}}}, iris), ml.ErrConfig},
		"a label of 2":            {labels(ensemble.GradientBoostingMultiLabel{}, 2), ml.ErrTarget},
		"labels one against all":  {labels(ensemble.GradientBoostingMultiLabel{Loss: ensemble.HingeLoss{}}, 1), ml.ErrConfig},
		"every row of MaxSamples": {forest(ensemble.RandomForestClassifier{Rows: ensemble.EveryRow, MaxSamples: 0.5}, iris), ml.ErrConfig},
		"every row out of bag":    {forest(ensemble.RandomForestClassifier{Rows: ensemble.EveryRow, OOB: true}, iris), ml.ErrConfig},
		"a forest for three":      {forest(ensemble.RandomForestClassifier{Monotone: monotone}, iris), ml.ErrConfig},
		"a forest of infinity":    {forest(ensemble.RandomForestClassifier{}, codes(x(math.Inf(-1), ml.Numeric))), ml.ErrNotFinite},
		"a forest of halves":      {forest(ensemble.RandomForestClassifier{}, codes(x(1.5, ml.Categorical))), ml.ErrColumn},
		"a forest's code":         {forest(ensemble.RandomForestClassifier{}, foreign), ml.ErrTarget},
		"extra trees' weights":    {extra(ensemble.ExtraTreesRegressor{}, heavy), ml.ErrWeight},
		"extra trees by class":    {extra(ensemble.ExtraTreesRegressor{Rows: ensemble.PickBalanced}, numbers), ml.ErrConfig},
		"a level of no quantile":  {extra(ensemble.ExtraTreesRegressor{Level: 0.3}, numbers), ml.ErrConfig},
		"a power of no Tweedie":   {extra(ensemble.ExtraTreesRegressor{Power: 1.3}, numbers), ml.ErrConfig},
		"counts below 0":          {extra(ensemble.ExtraTreesRegressor{Criterion: tree.Poisson}, negative), ml.ErrTarget},
		"isolated gaps":           {isolate(ensemble.IsolationForest{}, x(math.NaN(), ml.Numeric)), ml.ErrNotFinite},
		"isolated categories":     {isolate(ensemble.IsolationForest{}, x(1, ml.Categorical)), ml.ErrColumn},
		"one row to isolate":      {isolate(ensemble.IsolationForest{MaxSamples: 1}, x(1, ml.Numeric)), ml.ErrConfig},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}

	// Contamination is the share of the training rows below Offset, and ml.Stop keeps what there is.
	m := must(ensemble.IsolationForest{Contamination: 0.1}.Fit(ctx, iris.Table))
	below := 0
	for _, v := range must(m.Predict(iris.X)) {
		if v < 0 {
			below++
		}
	}
	if below < 13 || below > 17 {
		t.Errorf("%d of 150 rows are anomalies, want about 15", below)
	}
	stop := ml.WithProgress(ctx, func(p ml.Progress) error {
		if p.Step == 3 {
			return ml.Stop
		}
		return nil
	})
	if m := must(ensemble.GradientBoostingRegressor{}.Fit(stop, numbers)); m.Ensemble.Trees() != 3 || m.Info.Status != ml.Stopped {
		t.Errorf("%d rounds, %v", m.Ensemble.Trees(), m.Info.Status)
	}
	if m := must(ensemble.RandomForestClassifier{}.Fit(stop, iris)); m.Ensemble.Trees() != 3 || m.Info.Status != ml.Stopped {
		t.Errorf("%d trees, %v", m.Ensemble.Trees(), m.Info.Status)
	}
}
