package cluster_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/datasets"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

type MixtureCase struct {
	Kind        cluster.Covariance
	Score       float64
	Proba       [][]float64
	Labels      []int
	Weights     []float64
	Means       [][]float64
	Covariances []float64
	Bound       float64
	Iterations  int
}

type mixtureGolden struct {
	X, Start, Centres [][]float64
	Weights, Repeat   []float64
	EM                map[string]struct {
		MixtureCase
		Given         []float64
		Weighted      bool
		Max           int
		Tol, Reg      float64
		AIC, BIC, ICL float64
	}
	Bayes map[string]struct {
		MixtureCase
		Prior   cluster.WeightPrior
		How     string
		Scatter []float64
	}
}

func shapeOf(kind cluster.Covariance, k, d int) []int {
	return [][]int{{k, d, d}, {d, d}, {k, d}, {k}}[kind]
}

// compare holds a model to scikit-learn's. Sums are made in another order; the iterations of tol 1e-9 are many, and repeat the differences.
func compare(t *testing.T, name string, m *cluster.MixtureModel, want MixtureCase, x *tensor.Tensor[float64], weight []float64, tol float64) {
	t.Helper()
	if m.Info.Iterations != want.Iterations {
		t.Errorf("%s: %d iterations, want %d", name, m.Info.Iterations, want.Iterations)
	}
	golden.Close(t, m.Weights, want.Weights, tol, tol, name+": weights")
	golden.Close(t, m.Means.Data(), slices.Concat(want.Means...), tol, tol, name+": means")
	golden.Close(t, m.Covariances.Data(), want.Covariances, tol, tol, name+": covariances")
	golden.Close(t, []float64{m.LowerBound}, []float64{want.Bound}, tol, tol, name+": bound")
	rows := x
	if weight != nil {
		var kept []int
		for i, w := range weight {
			if w > 0 {
				kept = append(kept, i)
			}
		}
		rows = x.Take(kept)
	}
	sum := 0.0
	for _, w := range weight {
		sum += w
	}
	if weight == nil {
		sum = float64(rows.Shape()[0])
	}
	score, err := m.LogLikelihood(x, weight...)
	if err != nil {
		t.Fatal(name, err)
	}
	golden.Close(t, []float64{score / sum}, []float64{want.Score}, tol, tol, name+": score")
	if weight != nil { // rows are repeated there
		return
	}
	p, err := m.PredictProba(rows)
	if err != nil {
		t.Fatal(name, err)
	}
	golden.Close(t, p.Data()[:10*m.K()], slices.Concat(want.Proba...), tol, tol, name+": probabilities")
	labels, err := m.Predict(rows)
	if err != nil || !slices.Equal(labels, want.Labels) {
		t.Errorf("%s: other labels, %v", name, err)
	}
}

func TestMixturesMatchScikitLearn(t *testing.T) {
	g := golden.Load[mixtureGolden](t, "testdata/mixture.json")
	x := matrix(t, g.X)
	for name, want := range g.EM {
		d := ml.Table{X: x}
		if want.Weighted {
			d.Weight = g.Repeat
		}
		m, err := cluster.GaussianMixture{K: 3, Covariance: want.Kind, MaxIter: want.Max, Tol: want.Tol, RegCovar: want.Reg,
			Start: &cluster.MixtureStart{Weights: g.Weights, Means: matrix(t, g.Start), Covariances: tensor.FromSlice(want.Given, shapeOf(want.Kind, 3, 3)...)}}.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		compare(t, name, m, want.MixtureCase, x, d.Weight, 1e-8)
		aic, _ := m.AIC(x, d.Weight...)
		bic, _ := m.BIC(x, d.Weight...)
		icl, err := m.ICL(x, d.Weight...)
		if err != nil {
			t.Fatal(name, err)
		}
		golden.Close(t, []float64{aic, bic, icl}, []float64{want.AIC, want.BIC, want.ICL}, 1e-8, 0, name+": criteria")
	}
	for name, want := range g.Bayes {
		c := cluster.BayesianGaussianMixture{K: 5, Covariance: want.Kind, Prior: want.Prior, Start: &cluster.MixtureStart{Means: matrix(t, g.Centres)}}
		d := ml.Table{X: x}
		switch want.How {
		case "weights":
			d.Weight = g.Repeat
		case "priors":
			c.Concentration, c.MeanPrecision, c.Mean, c.DegreesOfFreedom, c.MaxIter, c.Tol = 0.01, 2.5, []float64{1, 0, -1}, 5.5, 300, 1e-6
			c.ScatterPrior = tensor.FromSlice(want.Scatter, [][]int{{3, 3}, {3, 3}, {3}, {1}}[want.Kind]...)
		}
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		compare(t, name, m, want.MixtureCase, x, d.Weight, 1e-8)
	}
}

// The likelihood never falls: no iteration of expectation and maximisation may lower it, but for what RegCovar adds.
func TestLikelihoodRises(t *testing.T) {
	x := datasets.Iris().X
	for kind := cluster.Full; kind <= cluster.Spherical; kind++ {
		for init := cluster.FromKMeans; init <= cluster.FromShares; init++ {
			m, err := cluster.GaussianMixture{K: 4, Covariance: kind, Init: init, Tol: 1e-12, RegCovar: 1e-14, MaxIter: 200}.Fit(ctx, ml.Table{X: x})
			if err != nil {
				t.Fatal(err)
			}
			b, err := cluster.BayesianGaussianMixture{K: 4, Covariance: kind, Init: init, Tol: 1e-12, RegCovar: 1e-14, MaxIter: 200, Prior: cluster.WeightPrior(init % 2)}.Fit(ctx, ml.Table{X: x})
			if err != nil {
				t.Fatal(err)
			}
			for what, loss := range map[string][]float64{"likelihood": m.Info.Loss, "bound": b.Info.Loss} {
				for i, v := range loss[1:] {
					if v < loss[i]-1e-9*math.Abs(v) {
						t.Errorf("the %s fell by %g in iteration %d, covariance %d, init %d", what, loss[i]-v, i+1, kind, init)
					}
				}
			}
		}
	}
}

// scikit-learn 1.9.1, five starts, tol 1e-8: three full components have log-likelihood -180.18547781918818.
func TestMixtureOfIris(t *testing.T) {
	iris := datasets.Iris()
	m, err := cluster.GaussianMixture{K: 3, Restarts: 5, Tol: 1e-8, MaxIter: 1000}.Fit(ctx, iris.Table)
	if err != nil {
		t.Fatal(err)
	}
	l, err := m.LogLikelihood(iris.X)
	if err != nil || math.Abs(l+180.18547781918818) > 1e-5 {
		t.Errorf("log-likelihood %g, %v", l, err)
	}
	labels, _ := m.Predict(iris.X)
	if ari := metrics.ARI(iris.Y, labels); ari < 0.9 {
		t.Errorf("adjusted Rand index %g", ari)
	}
	// A warm start is at the optimum already.
	again, err := cluster.GaussianMixture{K: 3, Start: m.Start()}.Fit(ctx, iris.Table)
	if err != nil || again.Info.Iterations > 2 || math.Abs(again.LowerBound-m.LowerBound) > 1e-6 {
		t.Errorf("a warm start took %d iterations, %v", again.Info.Iterations, err)
	}
}

func TestDegenerateComponents(t *testing.T) {
	x := tensor.New[float64](60, 2)
	rng.Normal(rng.New(5, 0), x.Data(), 0, 1)
	far := tensor.FromSlice([]float64{0, 0, 1e6, 1e6}, 2, 2)
	m, err := cluster.GaussianMixture{K: 2, Start: &cluster.MixtureStart{Means: far}}.Fit(ctx, ml.Table{X: x})
	if err != nil || m.Info.Note == "" || m.Weights[1] < 1e-3 || math.Abs(m.Means.At(1, 0)) > 10 {
		t.Errorf("a component without rows: weights %v, means %v, note %q, %v", m.Weights, m.Means.Data(), m.Info.Note, err)
	}
	same := tensor.Ones[float64](50, 3) // no variance at all
	for kind := cluster.Full; kind <= cluster.Spherical; kind++ {
		m, err := cluster.GaussianMixture{K: 2, Covariance: kind, RegCovar: 1e-300}.Fit(ctx, ml.Table{X: same})
		if err != nil || m.Info.Note == "" {
			t.Errorf("singular covariances: note %q, %v", m.Info.Note, err)
		}
	}
	if _, err := (cluster.GaussianMixture{}).Fit(ctx, ml.Table{X: tensor.FromSlice([]float64{1e200, -1e200, 3}, 3, 1)}); err == nil {
		t.Error("squares that overflow go unnoticed")
	}
}

func TestMixtureSamples(t *testing.T) {
	g := golden.Load[mixtureGolden](t, "testdata/mixture.json")
	for kind := cluster.Full; kind <= cluster.Spherical; kind++ {
		m, err := cluster.GaussianMixture{K: 3, Covariance: kind, Start: &cluster.MixtureStart{Means: matrix(t, g.Start)}}.Fit(ctx, ml.Table{X: matrix(t, g.X)})
		if err != nil {
			t.Fatal(err)
		}
		const n = 40_000
		x, code, err := m.Sample(n, 3)
		if err != nil {
			t.Fatal(err)
		}
		sum, square, count := make([]float64, 9), make([]float64, 27), make([]float64, 3)
		for i, c := range code {
			count[c]++
			for a, u := range x.Row(i) {
				sum[c*3+a] += u
				for b, v := range x.Row(i) {
					square[(c*3+a)*3+b] += (u - m.Means.At(c, a)) * (v - m.Means.At(c, b))
				}
			}
		}
		for c := range 3 {
			if math.Abs(count[c]/n-m.Weights[c]) > 0.01 {
				t.Errorf("component %d: share %g of %g", c, count[c]/n, m.Weights[c])
			}
			for a := range 3 {
				if math.Abs(sum[c*3+a]/count[c]-m.Means.At(c, a)) > 0.06 {
					t.Errorf("kind %d, component %d: mean %g of %g", kind, c, sum[c*3+a]/count[c], m.Means.At(c, a))
				}
				for b := range 3 {
					if got, want := square[(c*3+a)*3+b]/count[c], covarianceAt(m, c, a, b); math.Abs(got-want) > 0.1*(1+math.Abs(want)) {
						t.Errorf("kind %d, component %d: covariance %g of %g", kind, c, got, want)
					}
				}
			}
		}
	}
}

func covarianceAt(m *cluster.MixtureModel, c, a, b int) float64 {
	v := m.Covariances.Data()
	switch {
	case m.Covariance == cluster.Full:
		return v[(c*3+a)*3+b]
	case m.Covariance == cluster.Tied:
		return v[a*3+b]
	case a != b:
		return 0
	case m.Covariance == cluster.Diagonal:
		return v[c*3+a]
	}
	return v[c]
}

// Log densities by their definition, with the determinant and the inverse of two columns written out.
func TestMixtureDensity(t *testing.T) {
	x := tensor.New[float64](300, 2)
	rng.Normal(rng.New(6, 0), x.Data(), 0, 3)
	m, err := cluster.GaussianMixture{K: 3}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.LogDensity(x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		sum := 0.0
		for c, w := range m.Weights {
			v := m.Covariances.Data()[4*c : 4*c+4]
			a, b := x.At(i, 0)-m.Means.At(c, 0), x.At(i, 1)-m.Means.At(c, 1)
			det := v[0]*v[3] - v[1]*v[2]
			sum += w * math.Exp(-(v[3]*a*a-2*v[1]*a*b+v[0]*b*b)/det/2) / (2 * math.Pi * math.Sqrt(det))
		}
		if math.Abs(got[i]-math.Log(sum)) > 1e-10*math.Abs(got[i])+1e-12 {
			t.Fatalf("row %d: %g, want %g", i, got[i], math.Log(sum))
		}
	}
}

func TestMixtureLaws(t *testing.T) {
	// Shares are numbers that rounding moves; so are labels of rows between components.
	mltest.Clusterer(t, cluster.GaussianMixture{K: 3}, drawn...)
	mltest.Clusterer(t, cluster.BayesianGaussianMixture{K: 3, Covariance: cluster.Diagonal}, drawn...)
	if testing.Short() {
		return
	}
	mltest.Clusterer(t, cluster.GaussianMixture{K: 2, Covariance: cluster.Tied, Init: cluster.FromShares, Restarts: 2}, drawn...)
	mltest.Clusterer(t, cluster.BayesianGaussianMixture{K: 2, Prior: cluster.DirichletDistribution, Covariance: cluster.Spherical, Init: cluster.FromPlusPlus}, drawn...)
}
