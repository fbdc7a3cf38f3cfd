package neighbors_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

type densities struct {
	X, Test [][]float64
	Y       []int
	Weight  []float64
	Density map[string]struct {
		Bandwidth float64
		Log       []*float64
	}
	Centroid map[string]struct {
		Centroids, Scores, Proba [][]float64
		Priors, Deviation        []float64
		Predict                  []int
	}
}

var kernels = []neighbors.DensityKernel{neighbors.GaussianKernel, neighbors.TophatKernel, neighbors.EpanechnikovKernel, neighbors.ExponentialKernel, neighbors.LinearKernel, neighbors.CosineKernel}

// scikit-learn adds up logarithms, which costs it some digits: 1e-9 is what they allow near 0, where a density is about 1.
func TestDensitiesMatchScikitLearn(t *testing.T) {
	g := golden.Load[densities](t, "testdata/density.json")
	for _, kernel := range kernels {
		for _, how := range []string{"", "weights", "scott", "silverman", "one column"} {
			name := fmt.Sprint(kernel, " ", how)
			want, ok := g.Density[name]
			if !ok {
				t.Fatal(name)
			}
			for _, algorithm := range []neighbors.Algorithm{neighbors.Brute, neighbors.KDTree, neighbors.BallTree} {
				c := neighbors.KernelDensity{Kernel: kernel, Algorithm: algorithm}
				d := ml.Table{X: matrix(t, g.X)}
				test := tensor.Matrix(matrix(t, g.Test))
				switch how {
				case "weights":
					d.Weight, c.Bandwidth = g.Weight, want.Bandwidth
				case "silverman":
					c.Rule = neighbors.Silverman
				case "scott":
				case "one column":
					d.X, test = matrix(t, g.X).Cols(0, 1), matrix(t, g.Test).Cols(0, 1)
					c.Bandwidth = want.Bandwidth
				default:
					c.Bandwidth = want.Bandwidth
				}
				m, err := c.Fit(ctx, d)
				if err != nil {
					t.Fatal(name, err)
				}
				got, err := m.Predict(test)
				if err != nil {
					t.Fatal(name, err)
				}
				golden.Close(t, []float64{m.Bandwidth}, []float64{want.Bandwidth}, 1e-14, 0, name)
				for i, v := range got {
					w := math.Inf(-1)
					if want.Log[i] != nil {
						w = *want.Log[i]
					}
					if v != w && !(math.Abs(v-w) <= 1e-9*math.Max(1, math.Abs(w))) {
						t.Errorf("%s, %v, row %d: %g, want %g", name, algorithm, i, v, w)
					}
				}
			}
		}
	}
}

// With tolerances a density is as near as they say, and the tree saves work: the test sees that by the answers, which are others.
func TestDensityTolerancesHold(t *testing.T) {
	x := tensor.New[float64](3000, 2)
	rng.Normal(rng.New(1, 0), x.Data(), 0, 1)
	weight := make([]float64, 3000)
	rng.Uniform(rng.New(1, 1), weight, 0.1, 2)
	test := tensor.New[float64](60, 2)
	rng.Normal(rng.New(1, 2), test.Data(), 0, 1.5)
	for _, kernel := range kernels {
		for _, tol := range [][2]float64{{0.05, 0}, {0, 1e-3}, {1e-3, 1e-5}} {
			c := neighbors.KernelDensity{Kernel: kernel, Bandwidth: 0.6}
			exact := must(must(c.Fit(ctx, ml.Table{X: x, Weight: weight})).Predict(test))
			c.RelTol, c.AbsTol = tol[0], tol[1]
			about := must(must(c.Fit(ctx, ml.Table{X: x, Weight: weight})).Predict(test))
			others := 0
			for i, v := range about {
				want, got := math.Exp(exact[i]), math.Exp(v)
				if math.Abs(got-want) > tol[1]+tol[0]*want+1e-12 {
					t.Errorf("%v with %v, row %d: %g, want %g", kernel, tol, i, got, want)
				}
				if math.Abs(got-want) > 1e-9*want {
					others++
				}
			}
			if others == 0 && tol[0]+tol[1] > 0.01 && kernel != neighbors.TophatKernel {
				t.Errorf("%v with %v: every answer is exact", kernel, tol)
			}
		}
	}
}

// A density integrates to one, for every p-norm: by a fine grid, whose error is of the order of its step where kernels jump.
func TestDensitiesIntegrateToOne(t *testing.T) {
	x := matrix(t, [][]float64{{0.1, -0.2}, {0.3, 0.4}})
	const side, n = 12.0, 240
	grid := tensor.New[float64](n*n, 2)
	for i := range n * n {
		grid.Row(i)[0], grid.Row(i)[1] = side*(float64(i/n)+0.5)/n-side/2, side*(float64(i%n)+0.5)/n-side/2
	}
	for _, d := range []metrics.Distance{nil, metrics.Manhattan{}, metrics.Chebyshev{}, metrics.Minkowski{P: 3}} {
		for _, kernel := range kernels {
			m, err := neighbors.KernelDensity{Kernel: kernel, Bandwidth: 0.5, Distance: d}.Fit(ctx, ml.Table{X: x})
			if err != nil {
				t.Fatal(err)
			}
			sum := 0.0
			for _, v := range must(m.Predict(grid)) {
				sum += math.Exp(v) * side * side / n / n
			}
			if math.Abs(sum-1) > 0.01 {
				t.Errorf("%v of %T: %g", kernel, d, sum)
			}
		}
	}
}

// Rows that are drawn lie as their kernel says: the mean of u² is known for each, and bounds of five standard errors hold.
func TestDensitySamplesAreOfTheirKernel(t *testing.T) {
	for _, d := range []int{1, 2, 5} {
		n := float64(d)
		// E u² = ∫ u^(d+1) K / ∫ u^(d-1) K, by the midpoint rule.
		for _, kernel := range kernels {
			num, den, fourth := 0.0, 0.0, 0.0
			k := func(u float64) float64 {
				switch {
				case kernel == neighbors.GaussianKernel:
					return math.Exp(-u * u / 2)
				case kernel == neighbors.ExponentialKernel:
					return math.Exp(-u)
				case u >= 1:
					return 0
				case kernel == neighbors.TophatKernel:
					return 1
				case kernel == neighbors.EpanechnikovKernel:
					return 1 - u*u
				case kernel == neighbors.LinearKernel:
					return 1 - u
				}
				return math.Cos(math.Pi * u / 2)
			}
			for i := range 40_000 {
				u := (float64(i) + 0.5) / 1000
				w := math.Pow(u, n-1) * k(u)
				den += w
				num += w * u * u
				fourth += w * u * u * u * u
			}
			want, dev := num/den, math.Sqrt(fourth/den-num/den*num/den)
			x := tensor.New[float64](2, d)
			x.Row(1)[0] = 1000
			m, err := neighbors.KernelDensity{Kernel: kernel, Bandwidth: 3}.Fit(ctx, ml.Table{X: x, Weight: []float64{3, 1}})
			if err != nil {
				t.Fatal(err)
			}
			const draws = 4000
			s := must(m.Sample(draws, 5))
			sum, far := 0.0, 0
			for i := range draws {
				row := s.Row(i)
				v := 0.0
				for j, z := range row {
					if j == 0 && z > 500 {
						z -= 1000
						far++
					}
					v += z * z
				}
				sum += v / 9
			}
			if got := sum / draws; math.Abs(got-want) > 5*dev/math.Sqrt(draws) {
				t.Errorf("%v in %d columns: mean square %g, want %g", kernel, d, got, want)
			}
			if math.Abs(float64(far)-draws/4) > 5*math.Sqrt(draws*3.0/16) {
				t.Errorf("%v: %d of %d about the row of weight 1 of 4", kernel, far, draws)
			}
		}
	}
}

func TestDensitySaysWhatIsWrong(t *testing.T) {
	x := matrix(t, [][]float64{{1, 2}, {3, 4}})
	for field, c := range map[string]neighbors.KernelDensity{"Kernel": {Kernel: 9}, "Bandwidth": {Bandwidth: -1}, "Rule": {Rule: 7}, "RelTol": {RelTol: 1}, "AbsTol": {AbsTol: math.NaN()}, "LeafSize": {LeafSize: -1}} {
		if _, err := c.Fit(ctx, ml.Table{X: x}); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	m := must(neighbors.KernelDensity{Distance: metrics.Manhattan{}}.Fit(ctx, ml.Table{X: x}))
	if _, err := m.Sample(1, 0); err == nil {
		t.Error("a sample of square kernels")
	}
	m = must(neighbors.KernelDensity{}.Fit(ctx, ml.Table{X: x}))
	if _, err := m.Sample(-1, 0); err == nil {
		t.Error("a sample of -1 rows")
	}
}

func TestKernelDensityLaws(t *testing.T) {
	mltest.Detector(t, neighbors.KernelDensity{})
}

// Scores and probabilities of scikit-learn are in units of the deviation; what it predicts is too, but where priors are equal.
func TestCentroidsMatchScikitLearn(t *testing.T) {
	g := golden.Load[densities](t, "testdata/density.json")
	x, test := matrix(t, g.X), matrix(t, g.Test)
	for _, metric := range []string{"euclidean", "manhattan"} {
		for _, shrink := range []float64{0, 0.7, 3} {
			for _, priors := range []string{"uniform", "empirical", "given"} {
				name := fmt.Sprint(metric, " ", shrink, " ", priors)
				want, ok := g.Centroid[name]
				if !ok {
					t.Fatal(name)
				}
				c := neighbors.NearestCentroid{Distance: distances[metric], Shrinkage: shrink, Standardized: true}
				switch priors {
				case "empirical":
					c.Empirical = true
				case "given":
					c.Priors = []float64{5, 2, 3}
				}
				m := must(c.Fit(ctx, ml.Data[int](x, g.Y)))
				golden.Close(t, m.Deviation, want.Deviation, rel, abs, name)
				golden.Close(t, m.Priors, want.Priors, rel, abs, name)
				scores, proba := must(m.Scores(test)), must(m.PredictProba(test))
				for code, row := range want.Centroids {
					golden.Close(t, m.Centroids.Row(code), row, rel, abs, name)
				}
				for i, row := range want.Scores {
					golden.Close(t, scores.Row(i), row, 1e-10, 1e-10, name)
					golden.Close(t, proba.Row(i), want.Proba[i], 1e-10, 1e-12, name)
				}
				if priors == "uniform" {
					c.Standardized = false
					m = must(c.Fit(ctx, ml.Data[int](x, g.Y)))
				}
				if got := must(m.Predict(test)); fmt.Sprint(got) != fmt.Sprint(want.Predict) {
					t.Errorf("%s: %v, want %v", name, got, want.Predict)
				}
			}
		}
	}
}

func TestNearestCentroidLaws(t *testing.T) {
	mltest.Classifier(t, neighbors.NearestCentroid{Distance: metrics.Manhattan{}, Shrinkage: 0.2, Standardized: true, Empirical: true})
}

func TestNearestCentroidSaysWhatIsWrong(t *testing.T) {
	d := ml.Data[int](matrix(t, [][]float64{{1, 2}, {3, 4}}), []int{0, 1})
	for field, c := range map[string]neighbors.NearestCentroid{"Shrinkage": {Shrinkage: -1}, "Priors": {Priors: []float64{1}}, "Priors[1]": {Priors: []float64{1, -1}}, "Empirical": {Priors: []float64{1, 1}, Empirical: true}} {
		if _, err := c.Fit(ctx, d); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := (neighbors.NearestCentroid{Priors: []float64{0, 0}}).Fit(ctx, d); err == nil {
		t.Error("priors of nothing")
	}
}
