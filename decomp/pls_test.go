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

func TestPLSKeepsTheLaws(t *testing.T) {
	mltest.Regressor(t, PLSRegression{}, nearest)
	mltest.MultiRegressor(t, PLSRegressionMulti{NoScale: true}, nearest)
	if testing.Short() {
		return
	}
	mltest.SupervisedTransformer(t, PLSRegression{Components: 3}, nearest)
	mltest.MultiRegressor(t, PLSCanonical{}, nearest)
	mltest.MultiRegressor(t, CCA{}, nearest)
	mltest.SupervisedTransformer(t, PLSSVD{})
}

type plsGolden struct {
	X, Y, New [][]float64
	NewY      [][]float64 `json:"new_y"`
	Wide      [][]float64
	WideY     [][]float64 `json:"wide_y"`
	Cases     map[string]plsCase
	SVD       map[string]struct {
		XWeights [][]float64 `json:"x_weights"`
		YWeights [][]float64 `json:"y_weights"`
		XScores  [][]float64 `json:"x_scores"`
		YScores  [][]float64 `json:"y_scores"`
	}
}

type plsCase struct {
	XWeights   [][]float64 `json:"x_weights"`
	YWeights   [][]float64 `json:"y_weights"`
	XLoadings  [][]float64 `json:"x_loadings"`
	YLoadings  [][]float64 `json:"y_loadings"`
	XRotations [][]float64 `json:"x_rotations"`
	YRotations [][]float64 `json:"y_rotations"`
	XScores    [][]float64 `json:"x_scores"`
	YScores    [][]float64 `json:"y_scores"`
	Coef       [][]float64
	Predicted  [][]float64
	BackX      [][]float64 `json:"back_x"`
	BackY      [][]float64 `json:"back_y"`
}

func firsts(x [][]float64) []float64 {
	out := make([]float64, len(x))
	for i, row := range x {
		out[i] = row[0]
	}
	return out
}

// Where scikit-learn iterates we take singular vectors: with its tolerance at 0 they are the same.
func TestPLSIsScikitLearns(t *testing.T) {
	g := golden.Load[plsGolden](t, "testdata/pls.json")
	ctx := context.Background()
	for name, want := range g.Cases {
		x, y, fresh, freshY := g.X, g.Y, matrix(t, g.New), matrix(t, g.NewY)
		kind, rest, _ := strings.Cut(name, " ")
		plain, k := strings.HasSuffix(name, "unscaled"), len(want.XWeights)
		if kind == "wide" {
			x, y, kind = g.Wide, g.WideY, rest
			fresh, freshY = matrix(t, x[:5]), matrix(t, y[:5])
			for i, v := range fresh.Data() {
				fresh.Data()[i] = v + 1
			}
			for i, v := range freshY.Data() {
				freshY.Data()[i] = v - 1
			}
		}
		data := ml.Data(matrix(t, x), y)
		var m *PLSModel
		var err error
		switch kind {
		case "regression":
			m, err = PLSRegressionMulti{Components: k, NoScale: plain}.Fit(ctx, data)
		case "canonical":
			m, err = PLSCanonical{Components: k, NoScale: plain}.Fit(ctx, data)
		case "cca":
			m, err = CCA{Components: k, NoScale: plain}.Fit(ctx, data)
		case "single":
			m, err := PLSRegression{Components: k, NoScale: plain}.Fit(ctx, ml.Data(matrix(t, x), firsts(y)))
			if err != nil {
				t.Fatal(name, err)
			}
			wantNumbers(t, name+": coefficients", m.Coef, want.Coef[0])
			got, err := m.Predict(fresh)
			if err != nil {
				t.Fatal(err)
			}
			wantNumbers(t, name+": predictions", got, firsts(want.Predicted))
			compareSides(t, name, &m.Latent, want)
			continue
		}
		if err != nil {
			t.Fatal(name, err)
		}
		compareSides(t, name, &m.Latent, want)
		wantRows(t, name+": coefficients", rowsOf(m.Coef), want.Coef)
		got, err := m.Predict(fresh)
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, name+": predictions", got, want.Predicted)
		scores, err := m.Transform(fresh)
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, name+": scores", rowsOf(scores), want.XScores)
		back, err := m.Inverse(scores)
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, name+": rows from scores", rowsOf(back), want.BackX)
		scores, err = m.TransformTargets(freshY)
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, name+": scores of targets", rowsOf(scores), want.YScores)
		if back, err = m.InverseTargets(scores); err != nil {
			t.Fatal(err)
		}
		wantRows(t, name+": targets from scores", rowsOf(back), want.BackY)
	}
}

func TestPLSSVDIsScikitLearns(t *testing.T) {
	g := golden.Load[plsGolden](t, "testdata/pls.json")
	for name, want := range g.SVD {
		m, err := PLSSVD{Components: len(want.XWeights), NoScale: strings.HasSuffix(name, "unscaled")}.Fit(context.Background(), ml.Data(matrix(t, g.X), g.Y))
		if err != nil {
			t.Fatal(name, err)
		}
		wantRows(t, name+": weights", m.XWeights, want.XWeights)
		wantRows(t, name+": weights of targets", m.YWeights, want.YWeights)
		scores, err := m.Transform(matrix(t, g.New))
		if err != nil {
			t.Fatal(name, err)
		}
		wantRows(t, name+": scores", rowsOf(scores), want.XScores)
		if scores, err = m.TransformTargets(matrix(t, g.NewY)); err != nil {
			t.Fatal(name, err)
		}
		wantRows(t, name+": scores of targets", rowsOf(scores), want.YScores)
	}
}

func compareSides(t *testing.T, name string, m *Latent, want plsCase) {
	t.Helper()
	wantRows(t, name+": weights", m.XWeights, want.XWeights)
	wantRows(t, name+": weights of targets", m.YWeights, want.YWeights)
	wantRows(t, name+": loadings", m.XLoadings, want.XLoadings)
	wantRows(t, name+": loadings of targets", m.YLoadings, want.YLoadings)
	wantRows(t, name+": rotations", m.XRotations, want.XRotations)
	wantRows(t, name+": rotations of targets", m.YRotations, want.YRotations)
}

// Scores of canonical pairs have the correlations that the covariances give: the singular values of Cxx^-1/2 Cxy Cyy^-1/2.
func TestCCAFindsWhatWasPlanted(t *testing.T) {
	const n = 4000
	x, y := tensor.New[float64](n, 3), make([][]float64, n)
	r := rng.New(3, 0)
	rng.Normal(r, x.Data(), 0, 1)
	noise := make([]float64, 3*n)
	rng.Normal(r, noise, 0, 1)
	for i := range y {
		row := x.Row(i)
		y[i] = []float64{noise[3*i], .8*(row[0]+row[1])/math.Sqrt2 + .6*noise[3*i+1], noise[3*i+2]}
	}
	m, err := CCA{Components: 1}.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	sx, err := m.Transform(x)
	if err != nil {
		t.Fatal(err)
	}
	sy, err := m.TransformTargets(matrix(t, y))
	if err != nil {
		t.Fatal(err)
	}
	xy, xx, yy := 0.0, 0.0, 0.0
	for i := range n {
		a, b := sx.At(i, 0), sy.At(i, 0)
		xy, xx, yy = xy+a*b, xx+a*a, yy+b*b
	}
	if c := xy / math.Sqrt(xx*yy); math.Abs(c-.8) > .02 {
		t.Errorf("the first correlation is %v, .8 was planted", c)
	}
}

// Of targets that columns explain wholly the components that are left out have nothing to say; of one that does not vary, the mean is left.
func TestPLSStopsWhereNothingIsLeft(t *testing.T) {
	x := tensor.New[float64](20, 4)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	y, same := make([]float64, 20), make([]float64, 20)
	for i := range y {
		y[i], same[i] = 3*x.At(i, 2)-1, 5
		x.Row(i)[0], x.Row(i)[1], x.Row(i)[3] = 7, 0, 2*x.At(i, 2)
	}
	m, err := PLSRegression{Components: 4}.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.XWeights) != 1 {
		t.Errorf("%d components", len(m.XWeights))
	}
	got, err := m.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, "predictions", got, y)
	if m, err = (PLSRegression{}).Fit(context.Background(), ml.Data(x, same)); err != nil {
		t.Fatal(err)
	}
	if got, err = m.Predict(x); err != nil {
		t.Fatal(err)
	}
	wantNumbers(t, "predictions", got, same)
}

func TestPLSRefuses(t *testing.T) {
	x := tensor.New[float64](6, 3)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	y := [][]float64{{1, 2}, {2, 1}, {3, 0}, {4, 9}, {1, 1}, {0, 3}}
	ctx, data := context.Background(), ml.Data(x, y)
	for _, k := range []int{-1, 4} {
		_, err := PLSRegressionMulti{Components: k}.Fit(ctx, data)
		if !errors.Is(err, ml.ErrConfig) {
			t.Error(err)
		}
	}
	_, err := PLSCanonical{Components: 3}.Fit(ctx, data)
	_, err2 := CCA{Components: 3}.Fit(ctx, data)
	_, err3 := PLSSVD{Components: 3}.Fit(ctx, data)
	if !errors.Is(err, ml.ErrConfig) || !errors.Is(err2, ml.ErrConfig) || !errors.Is(err3, ml.ErrConfig) {
		t.Error(err, err2, err3)
	}
	if _, err := (CCA{}).Fit(ctx, ml.Data(tensor.SparseFrom[float64](x), y)); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
	m, err := CCA{}.Fit(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.TransformTargets(x); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
}
