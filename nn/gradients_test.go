package nn

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// slopeData are rows of two columns with a class and a count that go by both.
func slopeData() (*tensor.Tensor[float64], []int, []float64) {
	const n = 40
	x, class, count := tensor.New[float64](n, 2), make([]int, n), make([]float64, n)
	for i := range n {
		a, b := math.Sin(float64(i)), math.Cos(float64(3*i))
		x.Row(i)[0], x.Row(i)[1] = a, b
		if a*b > 0 {
			class[i] = 2 // nobody has 1
		}
		count[i] = math.Round(math.Exp(1 + a))
	}
	return x, class, count
}

type gradienter interface {
	Gradient(x tensor.Matrix, output int) (*tensor.Tensor[float64], error)
}

// Gradients are what differences of predictions tend to. Predictions are float32, so that of a difference over 2h rounds at about 1e-7/h, and
// the third derivative costs h²: with h = .01, 1e-4 of the largest slope has room for both.
func TestModelGradients(t *testing.T) {
	x, class, count := slopeData()
	classes := ml.Data(tensor.Matrix(x), class)
	classes.Classes = []string{"a", "b", "c"}
	cls, err := MLPClassifier{Hidden: []int{6}, Activation: &Tanh, Epochs: 30, Seed: 1}.Fit(context.Background(), classes)
	if err != nil {
		t.Fatal(err)
	}
	reg, err := MLPRegressor{Hidden: []int{6}, Activation: &Tanh, Epochs: 30, Seed: 1}.Fit(context.Background(), ml.Data(tensor.Matrix(x), count))
	if err != nil {
		t.Fatal(err)
	}
	poisson, err := MLPRegressor{Hidden: []int{6}, Activation: &Tanh, Epochs: 30, Seed: 1, Loss: PoissonNLL{}}.Fit(context.Background(), ml.Data(tensor.Matrix(x), count))
	if err != nil {
		t.Fatal(err)
	}
	number := func(m *RegressorModel) func(row []float64, _ int) (float64, error) {
		return func(row []float64, _ int) (float64, error) { return m.PredictRow(row) }
	}
	for _, tc := range []struct {
		name    string
		m       gradienter
		answer  func(row []float64, output int) (float64, error)
		outputs int
	}{
		{"classes", cls, func(row []float64, output int) (float64, error) {
			var p [3]float64
			err := cls.ProbaRow(p[:], row)
			return p[output], err
		}, 3},
		{"numbers", reg, number(reg), 1},
		{"counts", poisson, number(poisson), 1},
	} {
		for o := range tc.outputs {
			got, err := tc.m.Gradient(x, o)
			if err != nil {
				t.Fatal(tc.name, err)
			}
			const h = .01
			most, worst := 0.0, 0.0
			for i := range 40 {
				for j := range 2 {
					row := []float64{x.At(i, 0), x.At(i, 1)}
					row[j] += h
					up, err := tc.answer(row, o)
					if err != nil {
						t.Fatal(err)
					}
					row[j] -= 2 * h
					down, _ := tc.answer(row, o)
					most = max(most, math.Abs(got.At(i, j)))
					worst = max(worst, math.Abs(got.At(i, j)-(up-down)/(2*h)))
				}
			}
			if unseen := tc.outputs == 3 && o == 1; unseen && most != 0 || !unseen && (most < 1e-3 || worst > 1e-4*max(most, 1)) {
				t.Errorf("%s, output %d: gradients up to %v are %v from differences", tc.name, o, most, worst)
			}
		}
		if _, err := tc.m.Gradient(x, tc.outputs); !errors.Is(err, ml.ErrConfig) {
			t.Errorf("%s: an output that is not there: %v", tc.name, err)
		}
		if _, err := tc.m.Gradient(tensor.New[float64](1, 3), 0); !errors.Is(err, ml.ErrShape) {
			t.Errorf("%s: other columns: %v", tc.name, err)
		}
	}
}

// Many goroutines may ask for gradients of one model, and get what one would. Products that go back through few rows add in another order than
// those through many: alone and among others a row's gradient is the same but for some roundings of float32.
func TestModelGradientsAtOnce(t *testing.T) {
	x, class, _ := slopeData()
	m, err := MLPClassifier{Hidden: []int{4}, Epochs: 2, Seed: 1}.Fit(context.Background(), ml.Data(tensor.Matrix(x), class))
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.Gradient(x, 2)
	if err != nil {
		t.Fatal(err)
	}
	var alone [8]*tensor.Tensor[float64]
	for i := range alone {
		if alone[i], err = m.Gradient(tensor.FromSlice(x.Row(i), 1, 2), 2); err != nil {
			t.Fatal(err)
		}
		near(t, alone[i].Data(), all.Row(i), 1e-6, "a row alone")
	}
	again := *m // with nothing prepared
	if again.oracle, err = restored("", &m.Fitted, m.Weights, m.K); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range alone {
		wg.Go(func() {
			one, err := again.Gradient(tensor.FromSlice(x.Row(i), 1, 2), 2)
			if err != nil || !slices.Equal(one.Data(), alone[i].Data()) {
				t.Errorf("row %d: %v at once, %v one after the other (%v)", i, one, alone[i], err)
			}
		})
	}
	wg.Wait()
}

// A net that looks codes up has no slopes by them.
func TestCodesHaveNoGradients(t *testing.T) {
	x := tensor.FromSlice([]float64{0, 1, 1, 2, 2, 0, 1, 0}, 4, 2)
	m, err := SequenceClassifier{Vocabulary: 3, Embed: 4, Units: 3, Epochs: 1}.Fit(context.Background(), ml.Data(tensor.Matrix(x), []int{0, 1, 0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Gradient(x, 0); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v", err)
	}
}
