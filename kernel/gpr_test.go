package kernel

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

type gpCase struct {
	Mean, Deviation, Gradient []float64
	Likelihood                float64
}

type gpSeveral struct {
	Z, Means, Deviations, FixedMeans [][]float64
	Learned, Likelihood              float64
	Gradient                         []float64
}

// 1e-8: both do the same sums in another order. Where parameters are learned, both searches end where the likelihood is flat: 1e-6 of it, 1e-3 of predictions.
func TestProcessesAreScikitLearns(t *testing.T) {
	file := golden.Load[struct {
		X, Q    [][]float64
		Y       []float64
		Cases   map[string]gpCase
		Learned gpCase
		Several gpSeveral
	}](t, "testdata/gp.json")
	x, err := tensor.FromRows(file.X)
	if err != nil {
		t.Fatal(err)
	}
	q, err := tensor.FromRows(file.Q)
	if err != nil {
		t.Fatal(err)
	}
	d, ctx := ml.Data(x, file.Y), context.Background()
	learned := Sum{Product{Constant{Value: 2}, SquaredExponential{Length: []float64{1, 1}}}, White{Noise: 0.05}}
	for name, k := range map[string]Covariance{
		"rbf": SquaredExponential{Length: []float64{0.8}}, "ard": SquaredExponential{Length: []float64{0.7, 1.9}}, "matern05": Matern{Length: []float64{1.2}, Nu: 0.5},
		"matern15": Matern{Length: []float64{1.2, 0.6}}, "matern25": Matern{Length: []float64{0.9}, Nu: 2.5}, "rq": RationalQuadratic{Mixture: 1.7, Length: 0.9},
		"periodic": ExpSineSquared{Length: 1.1, Period: 2.3}, "dot": DotProduct{Sigma: 0.6},
		"sum":   Sum{Product{Constant{Value: 2}, SquaredExponential{Length: []float64{0.8}}}, White{Noise: 0.05}},
		"power": Power{A: Sum{SquaredExponential{Length: []float64{1.5}}, DotProduct{}}, Exponent: 2},
	} {
		t.Run(name, func(t *testing.T) {
			c, x, q := file.Cases[name], x, q
			if name == "periodic" { // no covariance in the plane
				x, q = x.Cols(0, 1), q.Cols(0, 1)
			}
			noise := make([]float64, len(file.Y))
			for i := range noise {
				noise[i] = 0.01
			}
			g := &process{lot: newLot(x.Clone()), y: [][]float64{file.Y}, noise: noise, kernel: k, ctx: ctx}
			if !g.factor() {
				t.Fatal("not positive definite")
			}
			golden.Close(t, []float64{g.likelihood()}, []float64{c.Likelihood}, 1e-8, 1e-8, "likelihood")
			golden.Close(t, g.gradient(len(k.Parameters(2))), c.Gradient, 1e-8, 1e-8, "gradient")
			m, err := GaussianProcessRegressor{Kernel: frozen{k}, Noise: 0.01}.Fit(ctx, ml.Data(x, file.Y))
			if err != nil {
				t.Fatal(err)
			}
			mean, sd, err := m.PredictDeviation(q)
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, mean, c.Mean, 1e-8, 1e-8, "mean")
			golden.Close(t, sd, c.Deviation, 1e-8, 1e-8, "deviation")
		})
	}
	m, err := GaussianProcessRegressor{Kernel: learned, Normalize: true, Restarts: 1}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	mean, sd, err := m.PredictDeviation(q)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, []float64{m.LogMarginal}, []float64{file.Learned.Likelihood}, 1e-6, 1e-6, "learned likelihood")
	golden.Close(t, mean, file.Learned.Mean, 1e-3, 1e-3, "learned mean")
	golden.Close(t, sd, file.Learned.Deviation, 1e-3, 1e-3, "learned deviation")

	several := file.Several
	m2, err := GaussianProcessRegressorMulti{Kernel: learned, Normalize: true}.Fit(ctx, ml.Data(x, several.Z))
	if err != nil {
		t.Fatal(err)
	}
	means, deviations, err := m2.PredictDeviation(q)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, []float64{m2.LogMarginal}, []float64{several.Learned}, 1e-6, 1e-6, "learned likelihood of two targets")
	f2, err := GaussianProcessRegressorMulti{Kernel: frozen{learned}, Noise: 0.01}.Fit(ctx, ml.Data(x, several.Z))
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := f2.Predict(q)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, []float64{f2.LogMarginal}, []float64{several.Likelihood}, 1e-8, 1e-8, "likelihood of two targets")
	for i := range means {
		golden.Close(t, means[i], several.Means[i], 1e-3, 1e-3, "learned means of two targets")
		golden.Close(t, deviations[i], several.Deviations[i], 1e-3, 1e-3, "learned deviations of two targets")
		golden.Close(t, fixed[i], several.FixedMeans[i], 1e-8, 1e-8, "means of two targets")
	}
	noise := make([]float64, len(file.Y))
	g := &process{lot: newLot(x), noise: noise, kernel: learned, ctx: ctx}
	for i := range noise {
		noise[i] = 0.01
	}
	for c := range 2 {
		var y []float64
		for _, z := range several.Z {
			y = append(y, z[c])
		}
		g.y = append(g.y, y)
	}
	if !g.factor() {
		t.Fatal("not positive definite")
	}
	golden.Close(t, g.gradient(len(several.Gradient)), several.Gradient, 1e-8, 1e-8, "gradient of two targets")
}

// frozen keeps all parameters as they are.
type frozen struct{ Covariance }

func (f frozen) Parameters(p int) []Parameter {
	out := f.Covariance.Parameters(p)
	for i := range out {
		out[i].Fixed = true
	}
	return out
}

// Every row's prediction without it, by fits without it.
func TestLeaveOneOutIsAFitWithout(t *testing.T) {
	x := tensor.FromSlice([]float64{0, 0.4, 1, 1.7, 2.1, 3}, 6, 1)
	y := []float64{1, 1.2, 0.3, -0.5, -0.4, 0.7}
	config := GaussianProcessRegressor{Noise: 0.05}
	m, err := config.Fit(context.Background(), ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	mean, _ := m.LeaveOneOut()
	for i := range y {
		w := []float64{1, 1, 1, 1, 1, 1}
		w[i] = 0
		without, err := config.Fit(context.Background(), ml.Dataset[float64]{Table: ml.Table{X: x, Weight: w}, Y: y})
		if err != nil {
			t.Fatal(err)
		}
		v, err := without.PredictRow(x.Row(i))
		if err != nil {
			t.Fatal(err)
		}
		golden.Close(t, mean[i:i+1], []float64{v}, 1e-10, 1e-10, "left out")
	}
}

// The coefficients solve (K + Alpha/w)·coef = y.
func TestKernelRidgeSolvesItsEquations(t *testing.T) {
	x := tensor.FromSlice([]float64{0, 0.4, 1, 1.7, 2.1, 3}, 6, 1)
	y, w := []float64{1, 1.2, 0.3, -0.5, -0.4, 0.7}, []float64{1, 2, 0.5, 1, 3, 1}
	m, err := KernelRidge{Alpha: 0.3, Kernel: metrics.RBF{Gamma: 0.7}}.Fit(context.Background(), ml.Dataset[float64]{Table: ml.Table{X: x, Weight: w}, Y: y})
	if err != nil {
		t.Fatal(err)
	}
	f, err := m.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range f {
		f[i] += 0.3 / w[i] * m.Dual[i]
	}
	golden.Close(t, f, y, 1e-12, 1e-12, "targets")
}

// Draws have the posterior's mean and covariance: 4000 of them within five standard errors.
func TestSamplesAreOfThePosterior(t *testing.T) {
	x, q := tensor.FromSlice([]float64{0, 1, 3}, 3, 1), tensor.FromSlice([]float64{0.5, 2}, 2, 1)
	m, err := GaussianProcessRegressor{Noise: 0.05}.Fit(context.Background(), ml.Data(x, []float64{1, 0, 2}))
	if err != nil {
		t.Fatal(err)
	}
	mean, sd, err := m.PredictDeviation(q)
	if err != nil {
		t.Fatal(err)
	}
	cov, err := m.Covariance(q)
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	s, err := m.Sample(q, n, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range mean {
		golden.Close(t, []float64{cov.At(i, i)}, []float64{sd[i] * sd[i]}, 1e-12, 1e-12, "variance")
		for j := range mean {
			sum := 0.0
			for c := range n {
				sum += (s.At(i, c) - mean[i]) * (s.At(j, c) - mean[j]) / n
			}
			golden.Close(t, []float64{sum}, []float64{cov.At(i, j)}, 0, 5*1.5*sd[i]*sd[j]/63, "covariance of draws")
		}
	}
}
