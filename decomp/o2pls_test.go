package decomp

import (
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/mltest"
)

func TestO2PLSKeepsTheLaws(t *testing.T) {
	if testing.Short() {
		t.Skip("much as TestPLSKeepsTheLaws")
	}
	mltest.MultiRegressor(t, O2PLS{})
	mltest.SupervisedTransformer(t, O2PLS{Components: 1, XOrthogonal: 1})
}

// The algorithm with whole matrices in numpy, to the 1e-8 of wantRows.
func TestO2PLSIsTrygg(t *testing.T) {
	g := golden.Load[struct {
		X, Y, New [][]float64
		NewY      [][]float64 `json:"new_y"`
		Cases     map[string]struct {
			XWeights  [][]float64 `json:"x_weights"`
			YWeights  [][]float64 `json:"y_weights"`
			XScores   [][]float64 `json:"x_scores"`
			YScores   [][]float64 `json:"y_scores"`
			Forward   [][]float64
			Predicted [][]float64
		}
	}](t, "testdata/o2pls.json")
	for name, c := range map[string]O2PLS{"scaled": {XOrthogonal: 2, YOrthogonal: 1}, "unscaled": {XOrthogonal: 2, NoScale: true}, "none": {Components: 2}} {
		m, err := c.Fit(t.Context(), ml.Data(matrix(t, g.X), g.Y))
		if err != nil {
			t.Fatal(name, err)
		}
		want := g.Cases[name]
		wantRows(t, name+": weights", m.XWeights, want.XWeights)
		wantRows(t, name+": weights of targets", m.YWeights, want.YWeights)
		wantRows(t, name+": forward", m.Forward, want.Forward)
		x, err := m.Transform(matrix(t, g.New))
		if err != nil {
			t.Fatal(name, err)
		}
		wantRows(t, name+": scores", rowsOf(x), want.XScores)
		y, err := m.TransformTargets(matrix(t, g.NewY))
		if err != nil {
			t.Fatal(name, err)
		}
		wantRows(t, name+": scores of targets", rowsOf(y), want.YScores)
		got, err := m.Predict(matrix(t, g.New))
		if err != nil {
			t.Fatal(name, err)
		}
		wantRows(t, name+": predictions", got, want.Predicted)
	}
}

// A drift that only the columns have, and much of it, is taken off: one common pair then predicts what it cannot without.
func TestO2PLSTakesOffDrift(t *testing.T) {
	const n = 60
	x, y := rotatedRows(n, 5, 2), make([][]float64, n)
	for i := range n {
		signal, drift := math.Sin(float64(i)), 5*math.Cos(.3*float64(i))
		for j := range 5 {
			x.Row(i)[j] = signal*float64(j+1) + drift*float64(2-j%3)
		}
		y[i] = []float64{signal, -2 * signal}
	}
	off := func(c O2PLS) (sum float64) {
		m, err := c.Fit(t.Context(), ml.Data(x, y))
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Predict(x)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			sum += (v[0] - y[i][0]) * (v[0] - y[i][0]) / n
		}
		return math.Sqrt(sum)
	}
	without, with := off(O2PLS{Components: 1}), off(O2PLS{Components: 1, XOrthogonal: 1})
	if !(with < 1e-6 && without > .1) {
		t.Errorf("off by %v, and %v without", with, without)
	}
}

func TestO2PLSRefuses(t *testing.T) {
	x, y := rotatedRows(6, 3, 1), [][]float64{{1, 2}, {2, 1}, {3, 0}, {4, 9}, {1, 1}, {0, 3}}
	for _, c := range []O2PLS{{Components: 3}, {Components: -1}, {XOrthogonal: -1}, {XOrthogonal: 2}, {Components: 1, YOrthogonal: 2}} {
		if _, err := c.Fit(t.Context(), ml.Data(x, y)); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
