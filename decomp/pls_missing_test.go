package decomp

import (
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

type nipalsCase struct {
	XWeights  [][]float64 `json:"x_weights"`
	XLoadings [][]float64 `json:"x_loadings"`
	YLoadings [][]float64 `json:"y_loadings"`
	XScores   [][]float64 `json:"x_scores"`
	Predicted [][]float64
}

// NIPALS written out in numpy, to the 1e-8 that both iterations end far below.
func TestPLSWithMissingNumbersIsNIPALS(t *testing.T) {
	g := golden.Load[struct {
		X, Y, New     [][]float64
		Multi, Single nipalsCase
	}](t, "testdata/pls_missing.json")
	x, fresh := matrix(t, g.X), matrix(t, g.New)
	m, err := PLSRegressionMulti{Components: 3}.Fit(t.Context(), ml.Data(x, g.Y))
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, l *Latent, want nipalsCase, scores tensor.Matrix, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		wantRows(t, name+": weights", l.XWeights, want.XWeights)
		wantRows(t, name+": loadings", l.XLoadings, want.XLoadings)
		wantRows(t, name+": loadings of targets", l.YLoadings, want.YLoadings)
		wantRows(t, name+": scores", rowsOf(scores), want.XScores)
	}
	scores, err := m.Transform(fresh)
	check("multi", &m.Latent, g.Multi, scores, err)
	got, err := m.Predict(fresh)
	if err != nil {
		t.Fatal(err)
	}
	wantRows(t, "multi: predictions", got, g.Multi.Predicted)
	one, err := PLSRegression{Components: 3}.Fit(t.Context(), ml.Data(x, firsts(g.Y)))
	if err != nil {
		t.Fatal(err)
	}
	scores, err = one.Transform(fresh)
	check("single", &one.Latent, g.Single, scores, err)
	for i, row := range g.New {
		v, err := one.PredictRow(row)
		if err != nil {
			t.Fatal(err)
		}
		wantNumbers(t, "single: prediction", []float64{v}, g.Single.Predicted[i])
	}
	if _, err := (PLSCanonical{}).Fit(t.Context(), ml.Data(x, g.Y)); !errors.Is(err, ml.ErrNotFinite) {
		t.Error(err)
	}
}

// Of whole rows, with weights and without, the rounds of NIPALS lead to the singular vectors.
func TestNIPALSOfWholeRowsIsPLS(t *testing.T) {
	g := golden.Load[plsGolden](t, "testdata/pls.json")
	weight := make([]float64, len(g.X))
	for i := range weight {
		weight[i] = float64(i % 3)
	}
	for _, table := range []ml.Table{{X: matrix(t, g.X)}, {X: matrix(t, g.X), Weight: weight}} {
		for _, plain := range []bool{false, true} {
			c := pairs{components: 3, plain: plain}
			var want, got Latent
			if _, err := want.fit(t.Context(), "", c, table, g.Y); err != nil {
				t.Fatal(err)
			}
			if note, err := got.fitGappy(t.Context(), "", c, table, g.Y); err != nil || note != "" {
				t.Fatal(note, err)
			}
			compareSides(t, "whole", &got, plsCase{XWeights: want.XWeights, YWeights: want.YWeights, XLoadings: want.XLoadings, YLoadings: want.YLoadings, XRotations: want.XRotations, YRotations: want.YRotations})
			wantNumbers(t, "means", got.XMean, want.XMean)
			wantNumbers(t, "scales", got.XScale, want.XScale)
		}
	}
}

// With a tenth of the numbers missing from columns that follow two hidden amounts, predictions are nearly as good as from all of them, and columns and rows without a number do no harm.
func TestPLSFillsGaps(t *testing.T) {
	const n = 80
	x, y := tensor.New[float64](n, 12), make([]float64, n)
	for i := range n {
		a, b := math.Sin(float64(i)), math.Cos(2.3*float64(i))
		for j := range 12 {
			x.Set(a*float64(j)+b*float64(11-j), i, j)
			if (i*12+j)*7919%10 == 0 || j == 4 || i == 11 {
				x.Set(math.NaN(), i, j)
			}
		}
		y[i] = 3*a - b
	}
	m, err := PLSRegression{}.Fit(t.Context(), ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	worst, mean := 0.0, 0.0
	for i, v := range got {
		mean += y[i] / n
		if i != 11 {
			worst = max(worst, math.Abs(v-y[i]))
		}
	}
	if !(worst < .5) { // targets go from -4 to 4
		t.Errorf("off by %v", worst)
	}
	if math.Abs(got[11]-mean) > 1e-9 {
		t.Errorf("a row without numbers is predicted as %v, the mean is %v", got[11], mean)
	}
}
