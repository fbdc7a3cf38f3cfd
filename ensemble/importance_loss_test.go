package ensemble_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tree"
)

// leafShares is what tree t says of a row without column j, leaf by leaf: the value times the shares of the training weight that splits on j sent there.
func leafShares(e *tree.Ensemble, t, j int, row []float64) float64 {
	sum := 0.0
	var walk func(i int, share float64)
	walk = func(i int, share float64) {
		n := e.Node(t, i)
		if n.Leaf() {
			sum += share * n.Value[0]
			return
		}
		left, right := 0.0, 0.0
		if n.Feature == j {
			a, b := e.Node(t, n.Left).Cover, e.Node(t, n.Right).Cover
			left, right = a/(a+b), b/(a+b)
		} else if e.Passes(int(e.Start[t])+i, row[n.Feature]) {
			left = 1
		} else {
			right = 1
		}
		walk(n.Left, share*left)
		walk(n.Right, share*right)
	}
	walk(0, 1)
	return sum
}

// The change of the loss without a column is that of scores put together leaf by leaf, for numbers with gaps and categories, two classes and more, means of trees and offsets.
func TestLossChanges(t *testing.T) {
	ctx := context.Background()
	held := 300
	if testing.Short() {
		held = 60
	}
	d, v, n := turning(500, true, true, 3), turning(held, true, true, 4), float64(held)
	for name, c := range map[string]ensemble.GradientBoostingRegressor{
		"squares": {Trees: 8, MinSamplesLeaf: 5},
		"counts":  {Trees: 8, MinSamplesLeaf: 5, Loss: ensemble.PoissonLoss{}},
		"mean":    {Trees: 5, MinSamplesLeaf: 5, Forest: true, Sampling: ensemble.Sampling{Rows: 0.5}},
		"dropout": {Trees: 8, MinSamplesLeaf: 5, Dropout: ensemble.Dropout{Rate: 0.5}},
	} {
		m := must(c.Fit(ctx, d))
		e := m.Ensemble
		got := must(m.LossChanges(ctx, v, selection.RMSE{}))
		for j := range got {
			square, known := 0.0, 0.0
			for i, y := range v.Y {
				row := make([]float64, 10)
				for q := range row {
					row[q] = v.X.At(i, q)
				}
				score := e.Base[0]
				for k := range e.Trees() {
					w := 1.0
					if e.Weight != nil {
						w = e.Weight[k]
					}
					if e.Average {
						w /= float64(e.Trees())
					}
					score += w * leafShares(e, k, j, row)
				}
				scores := []float64{score}
				e.Respond(scores)
				square += (scores[0] - y) * (scores[0] - y)
				p := must(m.PredictRow(row))
				known += (p - y) * (p - y)
			}
			if want := math.Sqrt(square/n) - math.Sqrt(known/n); math.Abs(got[j]-want) > 1e-10*math.Sqrt(known/n) { // sums in another order
				t.Errorf("%s: column %d: %v, want %v", name, j, got[j], want)
			}
		}
		if r2 := must(m.LossChanges(ctx, v, selection.R2{})); !(r2[3] > 0) || !(got[3] > 0) {
			t.Errorf("%s: the column that tells most changes RMSE by %v and R² by %v", name, got[3], r2[3])
		}
	}

	for classes := 2; classes <= 3; classes++ {
		of := func(d ml.Dataset[float64]) ml.Dataset[int] {
			out := ml.Dataset[int]{Table: d.Table, Y: make([]int, len(d.Y))}
			for i, y := range d.Y {
				out.Y[i] = min(max(int((y-5)/8), 0), classes-1)
			}
			return out
		}
		m := must(ensemble.GradientBoostingClassifier{Trees: 5, MinSamplesLeaf: 5}.Fit(ctx, of(d)))
		if classes == 2 { // LightGBM's models may have a factor of the score
			scaled := must(m.Ensemble.First(5))
			scaled.LinkScale = 2
			m = &ensemble.BoostedClassification{ClassificationModel: *must(tree.NewClassificationModel(m.Fitted, scaled))}
		}
		e, rest := m.Ensemble, of(v)
		got := must(m.LossChanges(ctx, rest, selection.LogLoss{}))
		p := must(m.PredictProba(v.X))
		for j := range got {
			change := 0.0
			for i, y := range rest.Y {
				row := make([]float64, 10)
				for q := range row {
					row[q] = v.X.At(i, q)
				}
				scores := append([]float64(nil), e.Base...)
				for k := range e.Trees() {
					scores[k%e.Outputs] += leafShares(e, k, j, row)
				}
				e.Respond(scores)
				if classes == 2 {
					scores = []float64{1 - scores[0], scores[0]}
				}
				change += math.Log(p.At(i, y)) - math.Log(scores[y])
			}
			if want := change / n; math.Abs(got[j]-want) > 1e-9 {
				t.Errorf("%d classes: column %d: %v, want %v", classes, j, got[j], want)
			}
		}
	}

	m := must(ensemble.GradientBoostingRegressor{Trees: 3, MaxLeaves: 2, MinSamplesLeaf: 5}.Fit(ctx, d))
	if got := must(m.LossChanges(ctx, v, selection.MAE{})); got[9] != 0 {
		t.Errorf("a column without splits changes the loss by %v", got[9])
	}
	if _, err := m.LossChanges(ctx, v, nil); !errors.Is(err, ml.ErrConfig) {
		t.Errorf("no scorer: %v", err)
	}
	narrow := friedman(20, 1)
	narrow.X = v.X
	if _, err := m.LossChanges(ctx, narrow, selection.RMSE{}); !errors.Is(err, ml.ErrShape) {
		t.Errorf("rows without targets: %v", err)
	}
	stop, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := m.LossChanges(stop, v, selection.RMSE{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// With an offset, and for several labels.
func TestLossChangesOfOffsetsAndLabels(t *testing.T) {
	ctx := context.Background()
	d, _ := claims(300, 4)
	m := must(ensemble.GradientBoostingRegressor{Trees: 5, MinSamplesLeaf: 5, Loss: ensemble.PoissonLoss{}, Offset: []string{"log exposure"}}.Fit(ctx, d))
	got := must(m.LossChanges(ctx, d, selection.RMSE{}))
	for j, v := range got {
		if d.Columns[j].Name == "log exposure" && v != 0 {
			t.Errorf("the offset changes the loss by %v", v)
		}
		if math.IsNaN(v) {
			t.Errorf("column %d: NaN", j)
		}
	}
	f := friedman(300, 5)
	labels := ml.Dataset[[]int]{Table: f.Table}
	for i, y := range f.Y {
		a, b := 0, 0
		if f.X.At(i, 3) > 0.5 {
			a = 1
		}
		if y > 14 {
			b = 1
		}
		labels.Y = append(labels.Y, []int{a, b})
	}
	l := must(ensemble.GradientBoostingMultiLabel{Trees: 10, MinSamplesLeaf: 5}.Fit(ctx, labels))
	change := must(l.LossChanges(ctx, labels, mistakes{}))
	if !(change[3] > 0.2) || change[3] < change[9] {
		t.Errorf("mistakes without the column that a label is made of: %v", change)
	}
}

// mistakes is the share of labels that are wrong.
type mistakes struct{}

func (mistakes) Name() string { return "mistakes" }
func (mistakes) Lower() bool  { return true }
func (mistakes) Score(_ context.Context, p ml.Predictor[[]int], d ml.Dataset[[]int]) (float64, error) {
	y, err := p.Predict(d.X)
	wrong, all := 0.0, 0.0
	for i, row := range y {
		for k := range row {
			if all++; row[k] != d.Y[i][k] {
				wrong++
			}
		}
	}
	return wrong / all, err
}
