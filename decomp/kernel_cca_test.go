package decomp

import (
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func TestKernelCCAKeepsTheLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("rows³")
	}
	mltest.SupervisedTransformer(t, KernelCCA{Components: 1}, mltest.Rows(100))
}

// Both sides against the eigenproblem of whole matrices in numpy, to the 1e-8 of wantRows.
func TestKernelCCAIsTheEigenproblem(t *testing.T) {
	g := golden.Load[struct {
		X, Y, New [][]float64
		NewY      [][]float64 `json:"new_y"`
		Cases     map[string]struct {
			Correlations []float64
			XScores      [][]float64 `json:"x_scores"`
			YScores      [][]float64 `json:"y_scores"`
		}
	}](t, "testdata/kernel_cca.json")
	for name, c := range map[string]KernelCCA{
		"rbf":   {Components: 3, XKernel: metrics.RBF{Gamma: .5}, YKernel: metrics.RBF{Gamma: .25}, Penalty: .02},
		"mixed": {Components: 3, XKernel: metrics.RBF{Gamma: .5}, YKernel: metrics.PolynomialKernel{Degree: 2, Gamma: 1, Coef0: 1}},
	} {
		m, err := c.Fit(t.Context(), ml.Data(matrix(t, g.X), g.Y))
		if err != nil {
			t.Fatal(name, err)
		}
		want := g.Cases[name]
		wantNumbers(t, name+": correlations", m.Correlations, want.Correlations)
		x, err := m.Transform(matrix(t, g.New))
		if err != nil {
			t.Fatal(name, err)
		}
		y, err := m.TransformTargets(matrix(t, g.NewY))
		if err != nil {
			t.Fatal(name, err)
		}
		for a := range 3 {
			for i := range g.New {
				if math.Abs(x.At(i, a)-want.XScores[a][i]) > 1e-8 || math.Abs(y.At(i, a)-want.YScores[a][i]) > 1e-8 {
					t.Errorf("%s: scores %d of row %d are %v and %v, want %v and %v", name, a, i, x.At(i, a), y.At(i, a), want.XScores[a][i], want.YScores[a][i])
				}
			}
		}
	}
}

// Of linear kernels and next to no penalty it is CCA; a square, which CCA is blind to, a Gaussian kernel finds on new rows.
func TestKernelCCABendsWhatCCADoesNot(t *testing.T) {
	const n = 200
	x, fresh := tensor.New[float64](n, 2), tensor.New[float64](n, 2)
	r := rng.New(4, 4)
	rng.Normal(r, x.Data(), 0, 1)
	rng.Normal(r, fresh.Data(), 0, 1)
	bent, straight, later := make([][]float64, n), make([][]float64, n), tensor.New[float64](n, 2)
	for i := range n {
		a, b := x.At(i, 0), x.At(i, 1)
		bent[i], straight[i] = []float64{a * a, math.Sin(3 * float64(i))}, []float64{a + math.Sin(3*float64(i)), b - a + 2*math.Cos(5*float64(i))}
		copy(later.Row(i), []float64{fresh.At(i, 0) * fresh.At(i, 0), math.Sin(3 * float64(i))})
	}
	correlation := func(x, y tensor.Matrix, err, err2 error) float64 {
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		var sx, sy, xy, xx, yy float64
		for i := range n {
			a, b := x.At(i, 0), y.At(i, 0)
			sx, sy, xy, xx, yy = sx+a/n, sy+b/n, xy+a*b/n, xx+a*a/n, yy+b*b/n
		}
		return (xy - sx*sy) / math.Sqrt((xx-sx*sx)*(yy-sy*sy))
	}
	linear, err := CCA{}.Fit(t.Context(), ml.Data(x, straight))
	if err != nil {
		t.Fatal(err)
	}
	same, err := KernelCCA{Penalty: 1e-13}.Fit(t.Context(), ml.Data(x, straight))
	if err != nil {
		t.Fatal(err)
	}
	u, err := linear.Transform(x)
	v, err2 := linear.TransformTargets(matrix(t, straight))
	if want := correlation(u, v, err, err2); math.Abs(same.Correlations[0]-want) > 1e-8 {
		t.Errorf("a correlation of %v, CCA has %v", same.Correlations[0], want)
	}
	if linear, err = (CCA{}).Fit(t.Context(), ml.Data(x, bent)); err != nil {
		t.Fatal(err)
	}
	u, err = linear.Transform(fresh)
	v, err2 = linear.TransformTargets(later)
	if c := correlation(u, v, err, err2); math.Abs(c) > .4 {
		t.Errorf("CCA is not blind: %v", c)
	}
	m, err := KernelCCA{XKernel: metrics.RBF{}, YKernel: metrics.RBF{}}.Fit(t.Context(), ml.Data(x, bent))
	if err != nil {
		t.Fatal(err)
	}
	u, err = m.Transform(fresh)
	v, err2 = m.TransformTargets(later)
	if c := correlation(u, v, err, err2); c < .9 {
		t.Errorf("the square is not found: %v", c)
	}
}

func TestKernelCCARefuses(t *testing.T) {
	x := rotatedRows(5, 3, 1)
	y, same := [][]float64{{1}, {2}, {0}, {5}, {1}}, [][]float64{{1}, {1}, {1}, {1}, {1}}
	for _, c := range []KernelCCA{{Components: -1}, {Components: 6}, {Penalty: -1}, {Penalty: math.NaN()}} {
		if _, err := c.Fit(t.Context(), ml.Data(x, y)); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	_, err := KernelCCA{}.Fit(t.Context(), ml.Data(x, same))
	var e *ml.Error
	if !errors.As(err, &e) || e.Kind != ml.ErrData || e.Field != "Y" {
		t.Error(err)
	}
}
