package kernel

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

type gpcCase struct {
	Likelihood     float64
	Gradient, Two  []float64
	Mean, Variance []float64
	Three          [][]float64
	Classes        []int
}

// 1e-8: both take the same Newton steps, with sums in another order. Where parameters are learned, both searches end where the likelihood is flat: 1e-6 of it, 1e-3 of probabilities.
func TestProcessesOfClassesAreScikitLearns(t *testing.T) {
	file := golden.Load[struct {
		X, Q    [][]float64
		Y2, Y3  []int
		Cases   map[string]gpcCase
		Learned gpcCase
	}](t, "testdata/gpc.json")
	x, err := tensor.FromRows(file.X)
	if err != nil {
		t.Fatal(err)
	}
	q, err := tensor.FromRows(file.Q)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for name, k := range map[string]Covariance{
		"rbf":    SquaredExponential{Length: []float64{0.8}},
		"ard":    Product{Constant{Value: 3}, SquaredExponential{Length: []float64{0.7, 1.9}}},
		"matern": Product{Constant{Value: 2}, Matern{Length: []float64{1.2}}},
		"sum":    Sum{Product{Constant{Value: 4}, RationalQuadratic{Mixture: 1.7, Length: 0.9}}, White{Noise: 0.3}},
	} {
		t.Run(name, func(t *testing.T) {
			c := file.Cases[name]
			l := &laplace{lot: newLot(x), most: 100, ctx: ctx}
			for _, y := range file.Y2 {
				l.y, l.w = append(l.y, float64(y)), append(l.w, 1)
			}
			grad := make([]float64, len(k.Parameters(2)))
			v, ok := l.at(k, grad)
			if !ok {
				t.Fatal("no value")
			}
			golden.Close(t, []float64{v}, []float64{c.Likelihood}, 1e-8, 1e-8, "likelihood")
			golden.Close(t, grad, c.Gradient, 1e-8, 1e-8, "gradient")
			m, err := GaussianProcessClassifier{Kernel: frozen{k}}.Fit(ctx, ml.Data(x, file.Y2))
			if err != nil {
				t.Fatal(err)
			}
			p, err := m.PredictProba(q)
			if err != nil {
				t.Fatal(err)
			}
			mean, variance, err := m.LogOdds(q)
			if err != nil {
				t.Fatal(err)
			}
			golden.Close(t, mean.Data(), c.Mean, 1e-8, 1e-8, "log odds")
			golden.Close(t, variance.Data(), c.Variance, 1e-8, 1e-8, "their variance")
			for i, want := range c.Two {
				golden.Close(t, p.Row(i), []float64{1 - want, want}, 1e-8, 1e-8, "two classes")
			}
			m, err = GaussianProcessClassifier{Kernel: frozen{k}}.Fit(ctx, ml.Data(x, file.Y3))
			if err != nil {
				t.Fatal(err)
			}
			if p, err = m.PredictProba(q); err != nil {
				t.Fatal(err)
			}
			got, err := m.Predict(q)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range c.Three {
				golden.Close(t, p.Row(i), want, 1e-8, 1e-8, "three classes")
				if got[i] != c.Classes[i] {
					t.Errorf("row %d: class %d, want %d", i, got[i], c.Classes[i])
				}
			}
		})
	}
	m, err := GaussianProcessClassifier{Kernel: Product{Constant{}, SquaredExponential{Length: []float64{1}}}}.Fit(ctx, ml.Data(x, file.Y2))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.PredictProba(q)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, []float64{m.Processes[0].LogMarginal}, []float64{file.Learned.Likelihood}, 1e-6, 1e-6, "learned likelihood")
	for i, want := range file.Learned.Two {
		golden.Close(t, p.Row(i)[1:], []float64{want}, 1e-3, 1e-3, "learned probabilities")
	}
}

// A pair's process is the one of its rows alone, and a class has the mean of its pairs.
func TestPairsOfProcesses(t *testing.T) {
	x := tensor.New[float64](24, 2)
	y := make([]int, 24)
	for i := range y {
		y[i] = i % 3
		x.Set(float64(y[i])+float64((i*7)%5)/4, i, 0)
		x.Set(float64((i*11)%7)/3-float64(y[i]%2), i, 1)
	}
	ctx := context.Background()
	m, err := GaussianProcessClassifier{OneVsOne: true}.Fit(ctx, ml.Data(x, y))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.PredictProba(x)
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]float64, 24)
	for i := range want {
		want[i] = make([]float64, 3)
	}
	for _, pair := range [][2]int{{0, 1}, {0, 2}, {1, 2}} {
		w := make([]float64, 24)
		for i, c := range y {
			if c == pair[0] || c == pair[1] {
				w[i] = 1
			}
		}
		one, err := GaussianProcessClassifier{}.Fit(ctx, ml.Dataset[int]{Table: ml.Table{X: x, Weight: w}, Y: y})
		if err != nil {
			t.Fatal(err)
		}
		own, err := one.PredictProba(x)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			for _, c := range pair {
				want[i][c] += own.At(i, c) / 3
			}
		}
	}
	for i := range want {
		golden.Close(t, p.Row(i), want[i], 1e-9, 1e-9, "pairs")
	}
}
