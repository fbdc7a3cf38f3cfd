package linear

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// nistSet is a linear set of the NIST Statistical Reference Datasets: see internal/golden/linear_nist.py.
type nistSet struct {
	Y         []float64
	X         [][]float64
	Intercept bool
	Digits    float64
	Certified []float64
	Exact     []float64 // the exact solution for the float64 columns, powers of x rounded
}

// The certified values are the strongest oracle there is for least squares. Digits is what the project promises; against the exact
// solution of the rounded input, refinement reaches about all digits that float64 has, whatever the conditioning.
func TestOLSReproducesNIST(t *testing.T) {
	names := []string{"Norris", "Pontius", "NoInt1", "NoInt2", "Filip", "Longley", "Wampler1", "Wampler2", "Wampler3", "Wampler4", "Wampler5"}
	sets := golden.Load[struct{ Sets map[string]nistSet }](t, "testdata/nist.json").Sets
	for _, name := range names {
		set := sets[name]
		x, err := tensor.FromRows(set.X)
		if err != nil {
			t.Fatal(err)
		}
		for kind, x := range map[string]tensor.Matrix{"dense": x, "sparse": tensor.SparseFrom[float64](x)} {
			m, err := OLS{NoIntercept: !set.Intercept}.Fit(ctx, ml.Data[float64](x, set.Y))
			if err != nil {
				t.Fatal(name, err)
			}
			got := m.Coef
			if set.Intercept {
				got = append([]float64{m.Intercept}, m.Coef...)
			}
			certified, exact := 0.0, 0.0
			for i, b := range got {
				certified = max(certified, math.Abs(b/set.Certified[i]-1))
				exact = max(exact, math.Abs(b/set.Exact[i]-1))
			}
			if digits := -math.Log10(certified); digits < set.Digits {
				t.Errorf("%s %s: %.1f digits of the certified coefficients, want %v", name, kind, digits, set.Digits)
			}
			if exact > 1e-13 {
				t.Errorf("%s %s: %.1e off the exact solution of the rounded input", name, kind, exact)
			}
		}
	}
}
