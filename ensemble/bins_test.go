package ensemble_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// The bins that are reported make the same model again.
func TestBinsOfMakeTheSameModel(t *testing.T) {
	ctx := context.Background()
	d := friedman(600, 1)
	for i := range d.Y {
		if i%9 == 0 {
			d.X.(*tensor.Tensor[float64]).Set(math.NaN(), i, 2)
		}
		d.X.(*tensor.Tensor[float64]).Set(float64(i%7), i, 4)
	}
	d.Columns = make([]ml.Column, 10)
	d.Columns[4].Kind = ml.Categorical
	d.Weight = make([]float64, 600)
	for i := range d.Weight {
		d.Weight[i] = float64(i % 4)
	}
	c := ensemble.GradientBoostingRegressor{Trees: 10, MaxBins: 40, Bins: []ensemble.ColumnBins{{Column: 1, Max: 5}, {Column: 3, Edges: []float64{0.25, 0.5}}, {Column: 0, Forced: []float64{0.3}}}}
	want := must(c.Fit(ctx, d))
	bins := must(ensemble.BinsOf(ctx, d.Table, c.MaxBins, c.Bins, 0))
	if len(bins[1].Edges) != 4 || !reflect.DeepEqual(bins[3].Edges, []float64{0.25, 0.5}) {
		t.Errorf("edges %v of five bins, %v where they are given", bins[1].Edges, bins[3].Edges)
	}
	got := must(ensemble.GradientBoostingRegressor{Trees: 10, Bins: bins}.Fit(ctx, d))
	if !reflect.DeepEqual(got.Ensemble.Threshold, want.Ensemble.Threshold) || !reflect.DeepEqual(got.Ensemble.Value, want.Ensemble.Value) {
		t.Error("the reported bins make another model")
	}
	of := map[int32][]float64{1: bins[1].Edges, 3: bins[3].Edges}
	for i, j := range want.Ensemble.Feature {
		if edges, ok := of[j]; ok {
			found := false
			for _, e := range edges {
				found = found || e == want.Ensemble.Threshold[i]
			}
			if !found {
				t.Errorf("column %d is cut at %v, edges are %v", j, want.Ensemble.Threshold[i], edges)
			}
		}
	}
}

// With as many bins as there are numbers, more bins change nothing; and a column of more than 256 is cut more finely than bytes can.
func TestManyBins(t *testing.T) {
	ctx := context.Background()
	const n = 20000
	x, y := tensor.New[float64](n, 2), make([]float64, n)
	r := rand.New(rand.NewPCG(3, 3))
	for i := range n {
		v := r.IntN(1000)
		x.Set(float64(v)+0.5, i, 0)
		x.Set(r.NormFloat64(), i, 1)
		if v >= 701 && v < 703 { // a step that 255 bins of some numbers each do not meet
			y[i] = 1
		}
	}
	d := ml.Data(x, y)
	fit := func(bins int) *ensemble.BoostedRegression {
		return must(ensemble.GradientBoostingRegressor{Trees: 20, MaxBins: bins, MinSamplesLeaf: 1, LearningRate: 0.5, Bins: []ensemble.ColumnBins{{Column: 1, Max: 2}}}.Fit(ctx, d))
	}
	fine, finer, coarse := fit(2000), fit(65535), fit(255)
	if !reflect.DeepEqual(fine.Ensemble.Threshold, finer.Ensemble.Threshold) || !reflect.DeepEqual(fine.Ensemble.Value, finer.Ensemble.Value) {
		t.Error("2000 bins of 1000 numbers give another model than 65535")
	}
	last := func(m *ensemble.BoostedRegression) float64 { return m.Info.Loss[len(m.Info.Loss)-1] }
	if !(last(fine) < 1e-3*last(coarse)) {
		t.Errorf("loss %v with a bin for each number, %v with 255", last(fine), last(coarse))
	}
}

func TestColumnBinsRefused(t *testing.T) {
	d := friedman(50, 1)
	for _, bins := range [][]ensemble.ColumnBins{
		{{Column: 10}}, {{Column: -1}}, {{Column: 1}, {Column: 1}}, {{Max: 1}}, {{Max: 65536}}, {{Edges: []float64{1, 1}}}, {{Forced: []float64{math.NaN()}}},
		{{Edges: []float64{1}, Max: 5}}, {{Edges: []float64{1}, Forced: []float64{2}}},
	} {
		if _, err := (ensemble.GradientBoostingRegressor{Bins: bins}).Fit(context.Background(), d); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%v: %v", bins, err)
		}
		if _, err := ensemble.BinsOf(context.Background(), d.Table, 0, bins, 0); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("BinsOf %v: %v", bins, err)
		}
	}
}

// Forced bins are LightGBM's: its trees cut at no place that is not an edge here, and cut at nearly all of these.
func TestForcedBinsAreLightGBMs(t *testing.T) {
	f := golden.Load[struct {
		X     [][]float64
		Cases []struct {
			Column, Bins       int
			Forced, Thresholds []float64
		}
	}](t, "testdata/forcedbins.json")
	x := must(tensor.FromRows(f.X))
	for i, c := range f.Cases {
		bins := must(ensemble.BinsOf(context.Background(), ml.Table{X: x}, c.Bins, []ensemble.ColumnBins{{Column: c.Column, Forced: c.Forced}}, 0))
		edges := bins[c.Column].Edges
		for _, v := range c.Thresholds {
			found := false
			for _, e := range edges {
				found = found || math.Abs(e-v) <= 1e-14*math.Abs(v)
			}
			if !found {
				t.Errorf("case %d: no edge %v", i, v)
			}
		}
		if len(c.Thresholds) < len(edges)*9/10-2 { // no rows are zero, so only one of its two edges shows, nor below the first forced one of some
			t.Errorf("case %d: LightGBM cuts at %d places, we have %d edges", i, len(c.Thresholds), len(edges))
		}
	}
}

// oneHot are rows of categories as columns of 0 and 1, and targets that some of these make.
func oneHot(n, categories, levels int, seed uint64) (*tensor.CSR[float64], []float64) {
	r := rand.New(rand.NewPCG(seed, 7))
	effect := make([]float64, categories*levels)
	for j := range effect {
		effect[j] = r.NormFloat64()
	}
	start, cols, y := make([]int, 1, n+1), make([]int32, 0, n*categories), make([]float64, n)
	for i := range n {
		for c := range categories {
			j := c*levels + min(int(r.ExpFloat64()*float64(levels)/4), levels-1)
			cols = append(cols, int32(j))
			y[i] += effect[j]
		}
		y[i] += r.NormFloat64()
		start = append(start, len(cols))
	}
	ones := make([]float64, len(cols))
	for i := range ones {
		ones[i] = 1
	}
	return must(tensor.NewCSR(n, categories*levels, start, cols, ones)), y
}

// Sparse and dense columns of a one-hot encoding make the same model, and a monotone constraint on one of them holds.
func TestOneHotIsBundled(t *testing.T) {
	ctx := context.Background()
	x, y := oneHot(2000, 5, 20, 1)
	c := ensemble.GradientBoostingRegressor{Trees: 15, Monotone: make([]int, 100)}
	c.Monotone[3], c.Monotone[30] = 1, -1
	sparse, dense := must(c.Fit(ctx, ml.Data[float64](x, y))), must(c.Fit(ctx, ml.Data[float64](x.Dense(), y)))
	if !reflect.DeepEqual(sparse.Ensemble.Feature, dense.Ensemble.Feature) || !reflect.DeepEqual(sparse.Ensemble.Value, dense.Ensemble.Value) {
		t.Error("sparse rows make another model")
	}
	if last := sparse.Info.Loss[len(sparse.Info.Loss)-1]; !(last < 0.85*sparse.Info.Loss[0]) {
		t.Errorf("loss %v after %v", last, sparse.Info.Loss[0])
	}
}
