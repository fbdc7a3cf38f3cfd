package ensemble_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Where the rules are the same, the trees are LightGBM's: as many splits of each column, and its raw scores. 1e-5: it adds up float32 derivatives, and
// here they are whole numbers of 30 bits. 5e-5 for lambdarank, whose logistic function it takes from a table.
//
// Other cases are left out. Absolute and quantile losses have many splits that gain the same, and of these the two libraries take different ones; HuberLoss starts
// from its best constant here and from the mean there; where Hessians differ LightGBM estimates the rows of a leaf or a category from them, and here they
// are counted: so the Poisson case bounds leaves by their Hessian so far that no estimate, which must be 1 row at least, is in the way. With path_smooth LightGBM
// raises min_data_in_leaf to 2.
func TestModelsAreLightGBMs(t *testing.T) {
	f := golden.Load[struct {
		X, Test [][]float64
		Y       map[string][]float64
		Weight  []float64
		Cases   []struct {
			Name, Target          string
			Weighted, Categorical bool
			Rounds                int
			Raw, Gain, Splits     []float64
		}
	}](t, "testdata/lightgbm.json")
	ctx := context.Background()
	x, test := must(tensor.FromRows(f.X)), must(tensor.FromRows(f.Test))
	for _, c := range f.Cases {
		t.Run(c.Name, func(t *testing.T) {
			table := ml.Table{X: x}
			if c.Weighted {
				table.Weight = f.Weight
			}
			if c.Categorical {
				table.Columns = make([]ml.Column, 5)
				table.Columns[3].Kind = ml.Categorical
			}
			y := f.Y[c.Target]
			codes := make([]int, len(y))
			for i, v := range y {
				codes[i] = int(v)
			}
			categories := ensemble.Categories{Smooth: 5, MinSamples: 10}
			numbers := ensemble.GradientBoostingRegressor{Trees: c.Rounds, MaxLeaves: 8, MinSamplesLeaf: 1, MinHessianLeaf: 4, LearningRate: 0.2, Categories: categories}
			classes := ensemble.GradientBoostingClassifier{Trees: c.Rounds, MaxLeaves: 8, MinSamplesLeaf: 1, MinHessianLeaf: 4, LearningRate: 0.2, Categories: categories}
			ranks := ensemble.GradientBoostingRanker{Trees: c.Rounds, MaxLeaves: 8, MinSamplesLeaf: 1, MinHessianLeaf: 0.5, LearningRate: 0.2, Categories: categories}
			task := "numbers"
			switch c.Name {
			case "binary", "binary categories", "binary weights", "softmax":
				task = "classes"
			case "binary l1":
				task, classes.L1 = "classes", 0.5
			case "binary l2":
				task, classes.L2 = "classes", 2
			case "binary gain":
				task, classes.MinGain = "classes", 0.1
			case "binary depth":
				task, classes.MaxDepth = "classes", 4
			case "squared penalties":
				numbers.L1, numbers.L2, numbers.MaxDepth = 0.5, 2, 4
			case "squared smooth":
				numbers.PathSmooth, numbers.MinSamplesLeaf = 3, 2
			case "poisson":
				numbers.Loss, numbers.MinHessianLeaf = ensemble.PoissonLoss{}, 80
			case "binary steps":
				task, classes.MaxDeltaStep = "classes", 0.6
			case "one against all":
				task, classes.Loss = "classes", ensemble.OneVsAllLoss{}
			case "lambdarank":
				task, table.Group = "ranks", make([]int, len(y))
				for i := range y {
					table.Group[i] = i / 20
				}
			}
			var m interface {
				tree.Grown
				Raw(tensor.Matrix) (*tensor.Tensor[float64], error)
			}
			switch task {
			case "numbers":
				m = must(numbers.Fit(ctx, ml.Dataset[float64]{Table: table, Y: y}))
			case "classes":
				m = must(classes.Fit(ctx, ml.Dataset[int]{Table: table, Y: codes}))
			default:
				m = must(ranks.Fit(ctx, ml.Dataset[float64]{Table: table, Y: y}))
			}
			if splits := must(ensemble.Importances(m, ensemble.Splits)); !slices.Equal(splits, c.Splits) {
				t.Errorf("splits %v, want %v", splits, c.Splits)
			}
			gain := must(ensemble.Importances(m, ensemble.TotalGain))
			golden.Close(t, gain, c.Gain, 1e-4, 1e-4, "gains")
			raw := must(m.Raw(test)).Data()
			tol := 1e-5
			if task == "ranks" {
				tol = 5e-5
			}
			golden.Close(t, raw, c.Raw, tol, tol, "raw scores")
		})
	}
}
