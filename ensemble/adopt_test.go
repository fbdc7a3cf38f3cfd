package ensemble_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// Models of LightGBM and XGBoost answer as before once they are adopted, and go on as they would in their library. 1e-5: these add up float32 derivatives.
func TestAdoptedModelsGoOn(t *testing.T) {
	f := golden.Load[struct {
		X, Test [][]float64
		Y       map[string][]float64
		Cases   []struct {
			Name, Target, Model string
			Before, After       []float64
		}
	}](t, "testdata/adopt.json")
	ctx := context.Background()
	x, test := must(tensor.FromRows(f.X)), must(tensor.FromRows(f.Test))
	for _, c := range f.Cases {
		numbers := ensemble.GradientBoostingRegressor{Trees: 4, MaxLeaves: 6, MinSamplesLeaf: 1, MinHessianLeaf: 3}
		classes := ensemble.GradientBoostingClassifier{Trees: 4, MaxLeaves: 6, MinSamplesLeaf: 1, MinHessianLeaf: 3}
		narrow := strings.HasPrefix(c.Name, "xgboost")
		if narrow {
			numbers = ensemble.GradientBoostingRegressor{Trees: 4, Exact: true, Growth: ensemble.DepthWise, MaxDepth: 3, MinSamplesLeaf: 1, MinHessianLeaf: 3, L2: 1, LearningRate: 0.3, MinGain: 1e-6}
			classes = ensemble.GradientBoostingClassifier{Trees: 4, Exact: true, Growth: ensemble.DepthWise, MaxDepth: 3, MinSamplesLeaf: 1, MinHessianLeaf: 3, L2: 1, LearningRate: 0.3, MinGain: 1e-6}
		}
		read := func() tree.Grown {
			if narrow {
				return must(tree.ReadXGBoost[tree.Grown](strings.NewReader(c.Model)))
			}
			return must(tree.ReadLightGBM[tree.Grown](strings.NewReader(c.Model)))
		}
		y := f.Y[c.Target]
		var before, after []float64
		if c.Target == "real" {
			m := must(numbers.Adopt(read()))
			before = must(m.Raw(test)).Data()
			more := must(m.Update(ctx, ml.Data[float64](x, y)))
			after = must(more.Raw(test)).Data()
			if more.Info.Iterations != 8 || more.Ensemble.Stages() != 8 {
				t.Errorf("%s: %d rounds, %d stages", c.Name, more.Info.Iterations, more.Ensemble.Stages())
			}
		} else {
			codes := make([]int, len(y))
			for i, v := range y {
				codes[i] = int(v)
			}
			m := must(classes.Adopt(read()))
			before = must(m.Raw(test)).Data()
			after = must(must(m.Continue(ctx, ml.Data[int](x, codes), 4)).Raw(test)).Data()
			if _, err := numbers.Adopt(read()); !errors.Is(err, ml.ErrConfig) {
				t.Errorf("%s taken for numbers: %v", c.Name, err)
			}
			classes.ParallelTrees = 2
			if _, err := classes.Adopt(read()); !errors.Is(err, ml.ErrConfig) {
				t.Errorf("%s with parallel trees: %v", c.Name, err)
			}
		}
		tol := 0.0
		if narrow {
			tol = 1e-6
		}
		golden.Close(t, before, c.Before, tol, tol, c.Name+" before")
		golden.Close(t, after, c.After, 1e-5, 1e-5, c.Name+" after")
	}
}

// Splits by float32 and by less-than send all rows where they did, those between two float32 as well.
func TestAdoptedSplitsAreExact(t *testing.T) {
	r := rng.New(2, 0)
	for i := range 2000 {
		threshold := float64(float32(math.Ldexp(r.Float64()-0.5, int(r.Uint64N(40))-20)))
		switch i {
		case 0:
			threshold = 0
		case 1:
			threshold = math.MaxFloat32
		case 2:
			threshold = -math.MaxFloat32
		}
		narrow := i%2 == 0
		build := tree.NewBuilder(tree.Ensemble{Features: 1, Outputs: 1, Float32: narrow})
		build.Add(0, 1, []tree.Node{{Feature: 0, Rule: tree.Less, Threshold: threshold, Left: 1, Right: 2}, {Feature: -1, Value: []float64{1}}, {Feature: -1, Value: []float64{2}}})
		m := must(tree.NewRegressionModel(ml.Fitted{Info: ml.Info{Features: 1}}, must(build.Ensemble())))
		a := must(ensemble.GradientBoostingRegressor{}.Adopt(m))
		below := float64(math.Nextafter32(float32(threshold), float32(math.Inf(-1))))
		above := float64(math.Nextafter32(float32(threshold), float32(math.Inf(1))))
		middle, upper := below/2+threshold/2, above/2+threshold/2
		var values []float64
		for _, v := range []float64{threshold, below, above, middle, upper, 0, -1e300, 1e300} {
			for _, v := range []float64{v, math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1))} {
				if math.Abs(v) <= math.MaxFloat64 {
					values = append(values, v)
				}
			}
		}
		x := tensor.FromSlice(values, len(values), 1)
		want, got := must(m.Predict(x)), must(a.Predict(x))
		for k := range want {
			if want[k] != got[k] {
				t.Fatalf("threshold %v, narrow %v: %v goes to %v, was %v", threshold, narrow, values[k], got[k], want[k])
			}
		}
	}
}
