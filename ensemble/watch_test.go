package ensemble_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// Every metric is watched on every set; each of them ends the fit, or the first one alone.
func TestWatchedSetsAndMetrics(t *testing.T) {
	ctx := context.Background()
	d, near, far := friedman(300, 1), friedman(200, 2), friedman(200, 3)
	for i := range far.Y { // no round makes this set better
		far.Y[i] = -far.Y[i]
	}
	near.Valid, d.Valid = &far, &near
	c := ensemble.GradientBoostingRegressor{Trees: 200, MinSamplesLeaf: 5, Metric: selection.RMSE{}, Metrics: []ml.Scorer[float64]{selection.R2{}, selection.MAE{}}}
	m := must(c.Fit(ctx, d))
	if len(m.Info.ValidLoss) != 200 || len(m.Info.Watched) != 5 {
		t.Fatalf("%d values, %d further curves", len(m.Info.ValidLoss), len(m.Info.Watched))
	}
	for i, want := range []ml.Curve{{Set: 0, Metric: "R2"}, {Set: 0, Metric: "MAE"}, {Set: 1, Metric: "RMSE"}, {Set: 1, Metric: "R2"}, {Set: 1, Metric: "MAE"}} {
		got := m.Info.Watched[i]
		if len(got.Values) != 200 || got.Set != want.Set || got.Metric != (map[string]string{"R2": selection.R2{}.Name(), "MAE": selection.MAE{}.Name(), "RMSE": selection.RMSE{}.Name()})[want.Metric] {
			t.Errorf("curve %d: %v of set %d, %d values", i, got.Metric, got.Set, len(got.Values))
		}
	}
	pred := must(m.Predict(near.X))
	if got, want := m.Info.ValidLoss[199], must(selection.RMSE{}.Score(ctx, m, near)); math.Abs(got-want) > 1e-12 || len(pred) != 200 {
		t.Errorf("RMSE %v, of the model %v", got, want)
	}
	if got, want := m.Info.Watched[4].Values[199], must(selection.MAE{}.Score(ctx, m, far)); math.Abs(got-want) > 1e-12 {
		t.Errorf("MAE %v of the second set, of the model %v", got, want)
	}
	if m.Info.Best != 0 || m.Ensemble.Trees() != 200 {
		t.Errorf("best %d, %d trees where nothing stops", m.Info.Best, m.Ensemble.Trees())
	}
	c.Patience = 7
	m = must(c.Fit(ctx, d))
	if m.Info.Status != ml.EarlyStopped || m.Info.Best != 1 || m.Info.Iterations != 8 {
		t.Errorf("the second set ends the fit after %d rounds, best %d", m.Info.Iterations, m.Info.Best)
	}
	d.Valid = &ml.Dataset[float64]{Table: near.Table, Y: near.Y}
	c.Metrics = []ml.Scorer[float64]{selection.R2{}, worse{}}
	if m = must(c.Fit(ctx, d)); m.Info.Best != 1 || m.Info.Iterations != 8 {
		t.Errorf("a metric that gets worse ends the fit after %d rounds, best %d", m.Info.Iterations, m.Info.Best)
	}
	c.FirstMetricOnly = true
	if m = must(c.Fit(ctx, d)); m.Info.Best < 10 {
		t.Errorf("the first metric alone: best %d", m.Info.Best)
	}
}

// worse is a metric that every round makes worse.
type worse struct{}

func (worse) Name() string { return "worse" }
func (worse) Lower() bool  { return true }
func (worse) Score(ctx context.Context, p ml.Predictor[float64], d ml.Dataset[float64]) (float64, error) {
	v, err := selection.RMSE{}.Score(ctx, p, d)
	return -v, err
}

// KeepBest keeps the rounds up to the best one, and runs all of them.
func TestKeepBest(t *testing.T) {
	ctx := context.Background()
	d, v := friedman(200, 4), friedman(200, 5)
	c := ensemble.GradientBoostingRegressor{Trees: 300, MinSamplesLeaf: 2, LearningRate: 0.3, KeepBest: true}
	if _, err := c.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
		t.Errorf("without Valid: %v", err)
	}
	d.Valid = &v
	m := must(c.Fit(ctx, d))
	best := 0
	for i, l := range m.Info.ValidLoss {
		if l < m.Info.ValidLoss[best] {
			best = i
		}
	}
	if m.Info.Iterations != 300 || m.Info.Best != best+1 || m.Ensemble.Trees() != best+1 || best == 299 {
		t.Errorf("%d rounds, best %d of which %d are kept, want %d", m.Info.Iterations, m.Info.Best, m.Ensemble.Trees(), best+1)
	}
}

// A pipeline transforms all sets to watch: stopping in it is stopping behind it.
func TestPipelineTransformsSetsToWatch(t *testing.T) {
	ctx := context.Background()
	d, v, w := friedman(300, 6), friedman(200, 7), friedman(100, 8)
	v.Valid, d.Valid = &w, &v
	c := ensemble.GradientBoostingRegressor{Trees: 100, MinSamplesLeaf: 5, Patience: 5, Metrics: []ml.Scorer[float64]{selection.R2{}}}
	scaler := must(features.StandardScaler{}.Fit(ctx, d.Table))
	scaled := func(d ml.Dataset[float64]) ml.Dataset[float64] {
		d.X, d.Columns = must(scaler.Transform(d.X)), scaler.Out()
		return d
	}
	sd, sv, sw := scaled(d), scaled(v), scaled(w)
	sv.Valid, sd.Valid = &sw, &sv
	want := must(c.Fit(ctx, sd))
	columns := features.Columns{Parts: []features.Part{{Columns: features.ByName{"a"}, Do: ml.Step(features.StandardScaler{})}}, Rest: features.PassRest}
	d.Columns = make([]ml.Column, 10)
	d.Columns[0].Name = "a"
	v.Columns, w.Columns = d.Columns, d.Columns
	for name, stage := range map[string]ml.Stage{"step": ml.Step(features.StandardScaler{}), "columns": ml.Stages{columns, ml.Step(features.StandardScaler{})}} {
		m := must(ml.Pipe(stage, c).Fit(ctx, d)).Final
		if !reflect.DeepEqual(m.Info.ValidLoss, want.Info.ValidLoss) && name == "step" || len(m.Info.Watched) != len(want.Info.Watched) || m.Info.Best == 0 {
			t.Errorf("%s: the curves differ", name)
		}
		if n := len(m.Info.Watched[2].Values); n != m.Info.Iterations {
			t.Errorf("%s: %d values of the last set", name, n)
		}
	}
	var _ tensor.Matrix = d.X
}

// A query counts with the mean weight of its rows in the loss, and a row of weight 0 is absent.
func TestRankingLossIsWeighted(t *testing.T) {
	ctx := context.Background()
	d := ranked(200, 10, 4)
	v := ranked(200, 10, 5)
	v.Weight = make([]float64, 200)
	for i := range v.Weight {
		v.Weight[i] = float64(v.Group[i] % 3)
	}
	var keep []int
	for i, w := range v.Weight {
		for range int(w) {
			keep = append(keep, i)
		}
	}
	doubled := v.Select(keep)
	doubled.Weight = nil
	seen := map[int]int{}
	for k, i := range keep { // queries of weight 2 become two queries
		seen[i]++
		doubled.Group[k] = 100*seen[i] + v.Group[i]
	}
	fit := func(v ml.Dataset[float64]) []float64 {
		d.Valid = &v
		return must(ensemble.GradientBoostingRanker{Trees: 5, MinSamplesLeaf: 2}.Fit(ctx, d)).Info.ValidLoss
	}
	a, b := fit(v), fit(doubled)
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-12 {
			t.Fatalf("losses %v with weights, %v with queries repeated", a, b)
		}
	}
}
