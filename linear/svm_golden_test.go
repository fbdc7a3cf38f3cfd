package linear

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

type svmCase struct {
	Kind          string
	Y             []float64
	Weight        []float64
	Coef          [][]float64
	Intercept     []float64
	C             float64
	Hinge, L1     bool
	CrammerSinger bool `json:"crammer_singer"`
	NoIntercept   bool `json:"no_intercept"`
	Scaling       float64
	Balanced      bool
	Epsilon       float64
	Squared       bool
}

// 1e-6 of the largest coefficient: LIBLINEAR ends at 1e-9 of its own criterion (with less, its shrinking never ends), which for hinge losses, flat
// around the minimum, is some 1e-8 of the coefficients.
func TestLinearSVMsAreScikitLearns(t *testing.T) {
	file := golden.Load[struct {
		X     [][]float64
		Cases map[string]svmCase
	}](t, "testdata/svm.json")
	if len(file.Cases) < 20 {
		t.Fatal("only", len(file.Cases), "cases")
	}
	for name, c := range file.Cases {
		t.Run(name, func(t *testing.T) {
			for storage, table := range storages(FitCase{X: file.X, Weight: c.Weight}.table(t)) {
				var coef [][]float64
				var intercept []float64
				var info ml.Info
				if c.Kind == "svr" {
					m, err := LinearSVR{C: c.C, Epsilon: c.Epsilon, Squared: c.Squared, InterceptScaling: c.Scaling, Tol: 1e-12, MaxIter: 100_000}.Fit(ctx, ml.Dataset[float64]{Table: table, Y: c.Y})
					if err != nil {
						t.Fatal(err)
					}
					coef, intercept, info = [][]float64{m.Coef}, []float64{m.Intercept}, m.Info
				} else {
					y := make([]int, len(c.Y))
					for i, v := range c.Y {
						y[i] = int(v)
					}
					m, err := LinearSVC{C: c.C, Hinge: c.Hinge, L1: c.L1, CrammerSinger: c.CrammerSinger, NoIntercept: c.NoIntercept, InterceptScaling: c.Scaling,
						ClassWeight: ml.ClassWeight{Balanced: c.Balanced}, Tol: 1e-12, MaxIter: 100_000}.Fit(ctx, ml.Dataset[int]{Table: table, Y: y})
					if err != nil {
						t.Fatal(err)
					}
					for k := range m.Intercept {
						coef = append(coef, m.Coef.Row(k))
					}
					intercept, info = m.Intercept, m.Info
				}
				if info.Status != ml.Converged && info.Status != ml.Stalled {
					t.Errorf("%s: %v after %d iterations, gap %g", storage, info.Status, info.Iterations, info.Gap)
				}
				for k := range c.Coef {
					size := math.Abs(c.Intercept[k])
					for _, v := range c.Coef[k] {
						size = max(size, math.Abs(v))
					}
					golden.Close(t, coef[k], c.Coef[k], 1e-6, 1e-6*size, storage)
					golden.Close(t, intercept[k:k+1], c.Intercept[k:k+1], 1e-6, 1e-6*size, storage+" intercept")
				}
			}
		})
	}
}
