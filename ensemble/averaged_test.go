package ensemble_test

import (
	"bytes"
	"errors"
	"math"
	"slices"

	"context"

	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Forest is LightGBM's boosting=rf, and ParallelTrees XGBoost's num_parallel_tree, where every row is drawn; Dropout is DART in both, where every tree is dropped and, for
// LightGBM, which holds it in the first tree and drops it too, what boosting starts from is 0; that leaves no classes, of which half each have
// many splits that gain the same. 1e-5: they add up float32 derivatives. What LightGBM calls the
// raw score of a forest is the sum over its trees, which the file has divided by their number. XGBoost's softmax is left out: it has another Hessian, and starts elsewhere.
func TestAveragedTreesAreThePeers(t *testing.T) {
	f := golden.Load[struct {
		X, Test [][]float64
		Y       map[string][]float64
		Cases   []struct {
			Name, Target string
			Raw          []float64
		}
	}](t, "testdata/averaged.json")
	ctx := context.Background()
	x, test := must(tensor.FromRows(f.X)), must(tensor.FromRows(f.Test))
	for _, c := range f.Cases {
		y := f.Y[c.Target]
		numbers := ensemble.GradientBoostingRegressor{Forest: true, Trees: 3, MaxLeaves: 8, MinSamplesLeaf: 1, MinHessianLeaf: 2}
		classes := ensemble.GradientBoostingClassifier{Forest: true, Trees: 3, MaxLeaves: 8, MinSamplesLeaf: 1, MinHessianLeaf: 2}
		all := ensemble.Dropout{Rate: 1}
		if strings.HasPrefix(c.Name, "dart") {
			numbers.Forest, numbers.Trees, numbers.LearningRate, numbers.Dropout = false, 5, 0.3, all
		}
		if strings.HasPrefix(c.Name, "parallel") || strings.HasPrefix(c.Name, "xgboost") {
			numbers = ensemble.GradientBoostingRegressor{ParallelTrees: 3, Trees: 4, Exact: true, Growth: ensemble.DepthWise, MaxDepth: 4, MinSamplesLeaf: 1, MinHessianLeaf: 2, L2: 1, LearningRate: 0.3, MinGain: 1e-6}
			classes = ensemble.GradientBoostingClassifier{ParallelTrees: 3, Trees: 4, Exact: true, Growth: ensemble.DepthWise, MaxDepth: 4, MinSamplesLeaf: 1, MinHessianLeaf: 2, L2: 1, LearningRate: 0.3, MinGain: 1e-6}
		}
		var raw []float64
		if c.Target != "binary" && c.Target != "classes" {
			switch c.Name {
			case "rf absolute", "dart absolute":
				numbers.Loss = ensemble.AbsoluteLoss{}
			case "xgboost dart tree":
				numbers.ParallelTrees, numbers.Dropout = 1, ensemble.Dropout{Rate: 1, Mild: true}
			case "xgboost dart forest":
				numbers.ParallelTrees, numbers.Dropout = 1, ensemble.Dropout{Rate: 1, Whole: true}
			}
			m := must(numbers.Fit(ctx, ml.Data[float64](x, y)))
			raw = must(m.Raw(test)).Data()
		} else {
			codes := make([]int, len(y))
			for i, v := range y {
				codes[i] = int(v)
			}
			m := must(classes.Fit(ctx, ml.Data[int](x, codes)))
			raw = must(m.Raw(test)).Data()
		}
		golden.Close(t, raw, c.Raw, 1e-5, 1e-5, c.Name)
	}
}

// Trees of a forest know nothing of each other: each is the one that a fit of one tree grows at its place, scores are their mean at every stage, losses and
// metrics are of these, and the best number of trees is kept. Files keep what they are.
func TestForestIsAMean(t *testing.T) {
	ctx := context.Background()
	d, v := friedman(400, 5), friedman(200, 6)
	d.Valid = &v
	c := ensemble.GradientBoostingRegressor{Forest: true, Trees: 12, MinSamplesLeaf: 3, Sampling: ensemble.Sampling{Rows: 0.6, Columns: 0.7}}
	m := must(c.Fit(ctx, d))
	if e := m.Ensemble; !e.Average || e.Weight != nil || e.Trees() != 12 || e.Base[0] == 0 {
		t.Fatalf("average %v, %d trees, base %v", e.Average, e.Trees(), e.Base)
	}
	mean, sum := 0.0, make([]float64, 200)
	for _, y := range d.Y {
		mean += y / 400
	}
	k := 0
	for pred, err := range m.Staged(v.X) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range pred {
			sum[i] += m.Ensemble.Node(k, leafOf(m.Ensemble, k, v.X.(*tensor.Tensor[float64]).Row(i))).Value[0]
			if want := mean + sum[i]/float64(k+1); math.Abs(pred[i]-want) > 1e-9 {
				t.Fatalf("stage %d, row %d: %v, want %v", k, i, pred[i], want)
			}
		}
		if want := metrics.MSE(v.Y, pred) / 2; math.Abs(m.Info.ValidLoss[k]-want) > 1e-9*want {
			t.Fatalf("stage %d: loss %v, want %v", k, m.Info.ValidLoss[k], want)
		}
		k++
	}
	if want := metrics.MSE(d.Y, must(m.Predict(d.X))) / 2; math.Abs(m.Info.Loss[11]-want) > 1e-9*want {
		t.Errorf("training loss %v, want %v", m.Info.Loss[11], want)
	}
	c.Patience = 3
	c.Trees = 200
	early := must(c.Fit(ctx, d))
	if best := early.Info.Best; best < 1 || early.Ensemble.Trees() != best || early.Info.ValidLoss[best-1] != slices.Min(early.Info.ValidLoss) || early.Info.Status != ml.EarlyStopped {
		t.Errorf("best %d, %d trees, %v", best, early.Ensemble.Trees(), early.Info.Status)
	}
	var file bytes.Buffer
	if err := ml.Save(&file, m); err != nil {
		t.Fatal(err)
	}
	again := must(ml.Load[*ensemble.BoostedRegression](&file))
	if !slices.Equal(must(again.Predict(v.X)), must(m.Predict(v.X))) {
		t.Error("a file predicts otherwise")
	}
	for _, bad := range []ensemble.GradientBoostingRegressor{{Forest: true, LearningRate: 0.1}, {Forest: true, Dropout: ensemble.Dropout{Rate: 0.1}}, {Forest: true, ParallelTrees: 2}, {Dropout: ensemble.Dropout{Rate: 0.1, Mild: true, Whole: true}}, {ParallelTrees: -1},
		{Sampling: ensemble.Sampling{MVS: true}}, {Sampling: ensemble.Sampling{HessianPart: 1, Rows: 0.5}}, {Sampling: ensemble.Sampling{MVS: true, Rows: 0.5, Top: 0.1, Other: 0.1}}, {Sampling: ensemble.Sampling{Bayesian: -1}}} {
		if _, err := bad.Fit(ctx, d); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// A round of parallel trees takes the mean of their steps, for draws of their own.
func TestParallelTreesAreARound(t *testing.T) {
	ctx := context.Background()
	d := binaryOf(friedman(400, 5))
	m := must(ensemble.GradientBoostingClassifier{ParallelTrees: 4, Trees: 6, Sampling: ensemble.Sampling{Rows: 0.6}, Dropout: ensemble.Dropout{Rate: 0.5, AtLeast1: true}}.Fit(ctx, d))
	e := m.Ensemble
	if e.Trees() != 24 || e.Stages() != 6 {
		t.Fatalf("%d trees, %d stages", e.Trees(), e.Stages())
	}
	for i := range e.Trees() {
		if e.Weight[i] != e.Weight[i/4*4] {
			t.Errorf("tree %d weighs %v, the first of its round %v", i, e.Weight[i], e.Weight[i/4*4])
		}
	}
	if slices.Equal(e.Value[e.Start[0]:e.Start[1]], e.Value[e.Start[1]:e.Start[2]]) {
		t.Error("trees of a round are the same")
	}
	p, loss := must(m.PredictProba(d.X)), 0.0
	for i, y := range d.Y {
		loss -= math.Log(p.At(i, y)) / 400
	}
	if got := m.Info.Loss[5]; math.Abs(got-loss) > 1e-9 {
		t.Errorf("loss %v, of its predictions %v", got, loss)
	}
}

// What dropout does to the weights of trees, by hand: with a rate of 1 each round forgets all before it, k of them, which are multiplied by k/(k+1), and the new one counts 1/(k+1);
// Mild has k + LearningRate for k + 1. Predictions are sums with these weights.
func TestDropoutByHand(t *testing.T) {
	ctx := context.Background()
	d := friedman(300, 5)
	for _, mild := range []bool{false, true} {
		m := must(ensemble.GradientBoostingRegressor{Trees: 5, LearningRate: 0.3, Dropout: ensemble.Dropout{Rate: 1, Mild: mild}}.Fit(ctx, d))
		one := 1.0
		if mild {
			one = 0.3
		}
		want := []float64{1}
		for k := 1.0; k < 5; k++ {
			for i := range want {
				want[i] *= k / (k + one)
			}
			want = append(want, 1/(k+one))
		}
		raw := must(m.Raw(d.X))
		for i, w := range want {
			if math.Abs(m.Ensemble.Weight[i]-w) > 1e-12 {
				t.Errorf("mild %v: tree %d weighs %v, want %v", mild, i, m.Ensemble.Weight[i], w)
			}
		}
		for i := range 20 {
			sum := m.Ensemble.Base[0]
			for k, w := range want {
				sum += w * m.Ensemble.Node(k, leafOf(m.Ensemble, k, d.X.(*tensor.Tensor[float64]).Row(i))).Value[0]
			}
			if math.Abs(raw.At(i, 0)-sum) > 1e-9 {
				t.Errorf("mild %v, row %d: %v, want %v", mild, i, raw.At(i, 0), sum)
			}
		}
	}
}

// leafOf walks a tree of numeric splits.
func leafOf(e *tree.Ensemble, k int, x []float64) int {
	i := 0
	for n := e.Node(k, 0); !n.Leaf(); n = e.Node(k, i) {
		if i = n.Right; x[n.Feature] <= n.Threshold || x[n.Feature] != x[n.Feature] && n.Rule&tree.MissingLeft != 0 {
			i = n.Left
		}
	}
	return i
}

// exactMatch is a metric of labels: the share of rows all of whose labels are right.
type exactMatch struct{}

func (exactMatch) Name() string { return "exact match" }
func (exactMatch) Lower() bool  { return false }
func (exactMatch) Score(_ context.Context, m ml.Predictor[[]int], d ml.Dataset[[]int]) (float64, error) {
	p, err := m.Predict(d.X)
	if err != nil {
		return 0, err
	}
	right := 0.0
	for i, y := range d.Y {
		if slices.Equal(p[i], y) {
			right++
		}
	}
	return right / float64(len(d.Y)), nil
}

// The labels' own metric ends a fit of labels, and what it sees is what the model predicts.
func TestMetricOfLabels(t *testing.T) {
	ctx := context.Background()
	labelled := func(n int, seed uint64) ml.Dataset[[]int] {
		d := friedman(n, seed)
		y := make([][]int, n)
		for i, v := range d.Y {
			y[i] = []int{0, 0}
			if v > 14 {
				y[i][0] = 1
			}
			if v > 17 || i%9 == 0 {
				y[i][1] = 1
			}
		}
		return ml.Dataset[[]int]{Table: d.Table, Y: y}
	}
	d, v := labelled(300, 1), labelled(300, 2)
	d.Valid = &v
	m := must(ensemble.GradientBoostingMultiLabel{Trees: 200, MinSamplesLeaf: 5, Metric: exactMatch{}, Patience: 6}.Fit(ctx, d))
	if m.Info.Status != ml.EarlyStopped || m.Info.ValidLoss[m.Info.Best-1] != slices.Max(m.Info.ValidLoss) {
		t.Fatalf("%v, best %d of %v", m.Info.Status, m.Info.Best, m.Info.ValidLoss)
	}
	if got := must(exactMatch{}.Score(ctx, m, v)); got != m.Info.ValidLoss[m.Info.Best-1] {
		t.Errorf("the model scores %v, watched %v", got, m.Info.ValidLoss[m.Info.Best-1])
	}
	shown := must(ensemble.GradientBoostingMultiLabel{Trees: 10, Metrics: []ml.Scorer[[]int]{exactMatch{}}, FirstMetricOnly: true}.Fit(ctx, d))
	if len(shown.Info.Watched) != 1 || shown.Info.Watched[0].Metric != "exact match" || len(shown.Info.Watched[0].Values) != 10 || shown.Info.ValidLoss[0] > 1 {
		t.Errorf("watched %+v", shown.Info.Watched)
	}
}
