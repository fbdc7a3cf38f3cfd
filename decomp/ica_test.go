package decomp

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestFastICAKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, FastICA{MaxIter: 15, Components: 2}, nearest)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, FastICA{MaxIter: 15}, mltest.Waive(mltest.SparseMemory, "all sources are asked for, and each is a row of numbers"))
	mltest.Transformer(t, FastICA{MaxIter: 20, Components: 2, Deflation: true, Contrast: NegativeExp{}, Whitening: ArbitraryVariance, Solver: CovarianceSolver}, nearest)
	mltest.Transformer(t, FastICA{MaxIter: 10, Whitening: NoWhitening, Contrast: LogCosh{Alpha: 1.2}}, mltest.Waive(mltest.SparseMemory, "sources are columns, and each is a row of numbers"))
}

// From one start the same directions are found as scikit-learn finds, with each contrast, all at once and one by one.
func TestFastICAIsScikitLearns(t *testing.T) {
	g := golden.Load[struct {
		X, New, Start [][]float64
		Cases         map[string]struct {
			Components, Mixing, Whitening [][]float64
			Mean                          []float64
			Transformed, Inverse          [][]float64
		}
		Alpha, White [][]float64
		Plain        struct{ Components, Transformed [][]float64 }
	}](t, "testdata/ica.json")
	ctx, start := context.Background(), matrix(t, g.Start)
	for name, want := range g.Cases {
		for _, solver := range []Solver{FullSolver, CovarianceSolver} {
			part := strings.Fields(name)
			c := FastICA{Components: 3, Deflation: part[0] == "deflation", Contrast: map[string]Contrast{"exp": NegativeExp{}, "cube": Quartic{}}[part[1]], Start: start, Tol: 1e-15, MaxIter: 2000, Solver: solver}
			if part[2] == "arbitrary-variance" {
				c.Whitening = ArbitraryVariance
			}
			m, err := c.Fit(ctx, ml.Table{X: matrix(t, g.X)})
			if err != nil {
				t.Fatal(name, err)
			}
			// Iterations end where 1 less the cosine of the turn is below 1e-15: an angle of 4.5e-8, for scikit-learn and for us. Single directions, whose last steps are not quadratic, keep that much.
			tol := 1e-8
			if c.Deflation {
				tol = 3e-7
			}
			wantNumbers(t, name+": mean", m.Mean, want.Mean)
			wantRows(t, name+": whitener", m.Whitener, want.Whitening)
			wantAbout(t, name+": components", flat(m.Components), flat(want.Components), tol)
			wantAbout(t, name+": mixing", flat(m.Mixing), flat(want.Mixing), tol)
			z, err := m.Transform(matrix(t, g.New))
			if err != nil {
				t.Fatal(err)
			}
			wantAbout(t, name+": sources", flat(rowsOf(z)), flat(want.Transformed), tol)
			back, err := m.Inverse(z)
			if err != nil {
				t.Fatal(err)
			}
			wantAbout(t, name+": rows", flat(rowsOf(back)), flat(want.Inverse), tol)
		}
	}
	m, err := FastICA{Components: 3, Contrast: LogCosh{Alpha: 1.5}, Start: start, Tol: 1e-15, MaxIter: 2000}.Fit(ctx, ml.Table{X: matrix(t, g.X)})
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, "alpha", m.Components, g.Alpha)
	if m, err = (FastICA{Whitening: NoWhitening, Start: start, Tol: 1e-15, MaxIter: 2000}).Fit(ctx, ml.Table{X: matrix(t, g.White)}); err != nil {
		t.Fatal(err)
	}
	wantRows(t, "plain: components", m.Components, g.Plain.Components)
	z, err := m.Transform(matrix(t, g.White[:3]))
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, "plain: sources", rowsOf(z), g.Plain.Transformed)
}

// cubic is a contrast of a user's: that of Quartic, but for a factor, which changes nothing.
type cubic struct{}

func (cubic) Derivatives(first, second, x []float64) {
	for i, v := range x {
		first[i], second[i] = 2*v*v*v, 6*v*v
	}
}

// Planted sources come back: the product of what unmixes and what mixed is a permutation, by Amari's distance, which is 0 for one and about 1 for random matrices.
func TestFastICAUnmixes(t *testing.T) {
	const n, k = 3000, 3
	r := rng.New(8, 0)
	x := tensor.New[float64](n, k)
	mixing := make([]float64, k*k)
	rng.Normal(r, mixing, 0, 1)
	for i := range n {
		s := [k]float64{r.Float64() - .5, math.Sin(float64(i) * .37), math.Pow(r.Float64()-.5, 3) * 8}
		for j := range k {
			for a, v := range s {
				x.Row(i)[j] += mixing[j*k+a] * v
			}
		}
	}
	for _, c := range []FastICA{{}, {Deflation: true}, {Contrast: NegativeExp{}}, {Contrast: Quartic{}}, {Contrast: cubic{}}} {
		m, err := c.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		if m.Info.Status != ml.Converged {
			t.Errorf("%+v: %v after %d", c, m.Info.Status, m.Info.Iterations)
		}
		product := make([]float64, k*k)
		for a, row := range m.Components {
			for b := range k {
				for j, v := range row {
					product[a*k+b] += v * mixing[j*k+b]
				}
				product[a*k+b] = math.Abs(product[a*k+b])
			}
		}
		amari := 0.0
		for a := range k {
			var row, column, inRow, inColumn float64
			for b := range k {
				row, column = max(row, product[a*k+b]), max(column, product[b*k+a])
				inRow += product[a*k+b]
				inColumn += product[b*k+a]
			}
			amari += (inRow/row-1)/(2*k*(k-1)) + (inColumn/column-1)/(2*k*(k-1))
		}
		if amari > .05 {
			t.Errorf("%+v: Amari's distance is %v", c, amari)
		}
	}
}

func TestFastICARefuses(t *testing.T) {
	x := tensor.New[float64](6, 3)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	for _, c := range []FastICA{{Components: -1}, {Components: 4}, {Tol: -1}, {MaxIter: -1}, {Whitening: 3}, {Whitening: NoWhitening, Components: 2}, {Solver: LanczosSolver}, {Contrast: LogCosh{Alpha: 3}}} {
		if _, err := c.Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := (FastICA{Start: x}).Fit(context.Background(), ml.Table{X: x}); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
}
