package ensemble_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// turning are targets that rise and fall in the columns that are constrained, so that trees would, too.
func turning(n int, missing, categories bool, seed uint64) ml.Dataset[float64] {
	d := friedman(n, seed)
	x := d.X.(*tensor.Tensor[float64])
	r := rng.New(seed, 1)
	for i := range d.Y {
		row := x.Row(i)
		d.Y[i] = max(0.1, d.Y[i]+3*math.Sin(40*row[4])-2*math.Cos(20*row[5]))
		if categories {
			row[1] = float64(r.Uint64N(12))
			d.Y[i] += 0.3 * float64(int(row[1])%3)
		}
		for _, j := range []int{0, 3, 4} {
			if missing && r.Uint64N(8) == 0 {
				row[j] = math.NaN()
			}
		}
	}
	if categories {
		d.Columns = make([]ml.Column, 10)
		d.Columns[1].Kind = ml.Categorical
	}
	return d
}

var monotone = []int{0, 0, 0, 1, 1, -1, 0, 0, 0, 0}

// holds proves the constraints over the boxes of the leaves, and tries random pairs of rows.
func holds(t *testing.T, what string, m tree.Grown, raw func(tensor.Matrix) (*tensor.Tensor[float64], error), x *tensor.Tensor[float64]) {
	t.Helper()
	if v, err := m.Trees().VerifyMonotone(0, monotone); v != nil || err != nil {
		t.Fatalf("%s: %+v, %v", what, v, err)
	}
	const pairs = 200
	n, p := x.Dims()
	r := rng.New(12, 0)
	low, high := tensor.New[float64](pairs, p), tensor.New[float64](pairs, p)
	for i := range pairs {
		copy(low.Row(i), x.Row(int(r.Uint64N(uint64(n)))))
		copy(high.Row(i), low.Row(i))
		a, b := r.Float64(), r.Float64()
		j := []int{3, 4, 5}[r.Uint64N(3)]
		low.Row(i)[j], high.Row(i)[j] = min(a, b), max(a, b)
		if j == 5 {
			low.Row(i)[j], high.Row(i)[j] = max(a, b), min(a, b)
		}
	}
	down, up := must(raw(low)).Data(), must(raw(high)).Data()
	for i := range pairs {
		if up[i] < down[i] {
			t.Fatalf("%s: %v for %v, %v for %v", what, down[i], low.Row(i), up[i], high.Row(i))
		}
	}
}

// Constraints hold for every loss, growth, method and penalty, with and without missing values and categories, on bins and without.
func TestMonotoneHolds(t *testing.T) {
	ctx := context.Background()
	const n = 500
	losses := []ensemble.Loss{ensemble.SquaredLoss{}, ensemble.AbsoluteLoss{}, ensemble.HuberLoss{}, ensemble.PseudoHuberLoss{}, ensemble.FairLoss{}, ensemble.LogCoshLoss{}, ensemble.MAPELoss{},
		ensemble.QuantileLoss{Level: 0.8}, ensemble.ExpectileLoss{}, ensemble.PowerLoss{}, ensemble.SquaredLogLoss{}, ensemble.PoissonLoss{}, ensemble.GammaLoss{}, ensemble.TweedieLoss{}, ensemble.CrossEntropyLoss{}}
	for kind := range 4 {
		if testing.Short() && kind < 3 {
			continue // the trees are the same on every machine; with gaps and categories they ask the most
		}
		missing, categories := kind&1 != 0, kind&2 != 0
		d := turning(n, missing, categories, 11)
		x := d.X.(*tensor.Tensor[float64])
		for q := range 2 * len(losses) {
			loss, growth := losses[q/2], ensemble.Growth(q%2)
			fitted := d
			if loss == (ensemble.CrossEntropyLoss{}) {
				fitted.Y = slices.Clone(d.Y)
				top := slices.Max(d.Y)
				for i := range fitted.Y {
					fitted.Y[i] /= top
				}
			}
			c := ensemble.GradientBoostingRegressor{Loss: loss, Growth: growth, Trees: 4, MinSamplesLeaf: 5, Monotone: monotone, MonotoneMethod: tree.MonotoneMethod((q/2 + kind) % 3)}
			switch q % 3 {
			case 1:
				c.PathSmooth, c.L1, c.MaxDeltaStep = 2, 0.1, 3
			case 2:
				c.Sampling, c.L2, c.Exact = ensemble.Sampling{Rows: 0.7, Columns: 0.8}, 1, !categories
			}
			m := must(c.Fit(ctx, fitted))
			holds(t, fmt.Sprintf("%T, %v, %v, missing %v, categories %v", loss, growth, c.MonotoneMethod, missing, categories), m, m.Raw, x)
		}
		codes := ml.Dataset[int]{Table: d.Table, Y: make([]int, n)}
		ranks := ml.Dataset[float64]{Table: d.Table, Y: make([]float64, n)}
		ranks.Group = make([]int, n)
		for i, y := range d.Y {
			if y > 14 {
				codes.Y[i] = 1
			}
			ranks.Group[i], ranks.Y[i] = i/20, math.Floor(max(0, min(4, (y-8)/3)))
		}
		for _, growth := range []ensemble.Growth{ensemble.LeafWise, ensemble.DepthWise} {
			for i, loss := range []ensemble.ClassLoss{ensemble.LogLoss{}, ensemble.FocalLoss{}, ensemble.HingeLoss{}} {
				m := must(ensemble.GradientBoostingClassifier{Loss: loss, Growth: growth, Trees: 4, MinSamplesLeaf: 5, Monotone: monotone, MonotoneMethod: tree.MonotoneMethod((i + kind) % 3)}.Fit(ctx, codes))
				holds(t, fmt.Sprintf("%T, %v, missing %v, categories %v", loss, growth, missing, categories), m, m.Raw, x)
			}
			for i, loss := range []ensemble.RankLoss{ensemble.LambdaMART{}, ensemble.XENDCG{}, ensemble.QuerySoftmaxLoss{}, ensemble.QuerySquaredLoss{}, ensemble.PairLogitLoss{}, ensemble.YetiRank{}, ensemble.StochasticRank{}} {
				m := must(ensemble.GradientBoostingRanker{Loss: loss, Growth: growth, Trees: 4, MinSamplesLeaf: 5, Monotone: monotone, MonotoneMethod: tree.MonotoneMethod((i + kind) % 3)}.Fit(ctx, ranks))
				holds(t, fmt.Sprintf("%T, %v, missing %v, categories %v", loss, growth, missing, categories), m, m.Raw, x)
			}
		}
	}
	free := must(ensemble.GradientBoostingRegressor{Trees: 7, MinSamplesLeaf: 5}.Fit(ctx, turning(n, false, false, 11)))
	if v, _ := free.Ensemble.VerifyMonotone(0, monotone); v == nil {
		t.Error("free trees follow the constraints too: the test shows nothing")
	}
}

// Freer methods fit better: on a staircase in two columns that rise, with the coarse derivatives of small data and the fine ones of more rows, on bins and without, on any number of cores.
func TestFreerMonotoneMethodsFitBetter(t *testing.T) {
	ctx := context.Background()
	for _, n := range []int{600, 40000} {
		if testing.Short() && n > 600 {
			continue
		}
		r := rng.New(4, 0)
		x, y := tensor.New[float64](n, 3), make([]float64, n)
		for i := range y {
			a, b, c := r.Float64(), r.Float64(), r.Float64()
			copy(x.Row(i), []float64{a, b, c})
			y[i] = math.Floor(4*a)*math.Floor(4*b) + 2*math.Sin(9*c) + 0.1*r.NormFloat64()
		}
		for _, exact := range []bool{false, true} {
			if exact && n > 600 {
				continue
			}
			last := math.Inf(1)
			for _, method := range []tree.MonotoneMethod{tree.MonotoneBasic, tree.MonotoneIntermediate, tree.MonotoneAdvanced} {
				c := ensemble.GradientBoostingRegressor{Trees: 5, LearningRate: 0.5, Exact: exact, Monotone: []int{1, 1, 0}, MonotoneMethod: method}
				m := must(c.Fit(ctx, ml.Data(x, y)))
				if v, err := m.Ensemble.VerifyMonotone(0, []int{1, 1, 0}); v != nil || err != nil {
					t.Fatalf("%v, %d rows: %+v, %v", method, n, v, err)
				}
				loss := m.Info.Loss[4]
				if !(loss < last) {
					t.Errorf("%v, %d rows, exact %v: loss %v, of the method before %v", method, n, exact, loss, last)
				}
				last = loss
				was := runtime.GOMAXPROCS(1)
				alone := must(c.Fit(ctx, ml.Data(x, y)))
				runtime.GOMAXPROCS(was)
				if !slices.Equal(alone.Ensemble.Value, m.Ensemble.Value) {
					t.Errorf("%v, %d rows: another model on one core", method, n)
				}
			}
		}
	}
	for _, bad := range []ensemble.GradientBoostingRegressor{{Monotone: []int{1, 1, 0}, MonotoneMethod: 3}, {MonotoneMethod: tree.MonotoneAdvanced}} {
		if _, err := bad.Fit(ctx, ml.Data(tensor.New[float64](30, 3), make([]float64, 30))); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
