package nn

import (
	"errors"
	"math"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// The loss is that of all paths of steps that say the labels, one by one; its gradient by differences.
func TestCTCAgainstAllPaths(t *testing.T) {
	const steps, k = 5, 3
	targets := [][]float32{{1, 2, -1}, {1, 1, -1}, {2, -1, -1}, {-1, -1, -1}, {1, 2, 1}}
	x := tensor.New[float32](len(targets), steps, k)
	rng.Normal(rng.New(4, 0), x.Data(), 0, 1)
	y := tensor.New[float32](len(targets), 3)
	want := 0.0
	for i, target := range targets {
		copy(y.Row(i), target)
		var p [steps][k]float64
		for s := range steps {
			sum := 0.0
			for c := range k {
				p[s][c] = math.Exp(float64(x.Get(i, s, c)))
				sum += p[s][c]
			}
			for c := range k {
				p[s][c] /= sum
			}
		}
		all := 0.0
		for code := range int(math.Pow(k, steps)) {
			chance, said, before := 1.0, []float32{}, 0
			for s := range steps {
				c := code % k
				code /= k
				chance *= p[s][c]
				if c != 0 && c != before {
					said = append(said, float32(c))
				}
				before = c
			}
			for len(said) < 3 {
				said = append(said, -1)
			}
			if len(said) == 3 && said[0] == target[0] && said[1] == target[1] && said[2] == target[2] {
				all += chance
			}
		}
		want -= math.Log(all) / float64(len(targets))
	}
	net, err := New(Func(func(c *Ctx, x *Var) *Var { return x }), []int{steps, k}, 1)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, Training{Loss: CTC{}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := tr.Loss(x, y)
	if err != nil || math.Abs(got-want) > 1e-6*want { // single precision
		t.Errorf("loss %v, want %v (%v)", got, want, err)
	}
	wide, labels := make([]float64, x.Len()), make([]float64, y.Len())
	for i, v := range x.Data() {
		wide[i] = float64(v)
	}
	for i, v := range y.Data() {
		labels[i] = float64(v)
	}
	report, err := GradCheck(Dense{Out: k}, CTC{}, []int{steps, k}, wide, []int{len(targets), 3}, labels, 0)
	if err != nil || !(report.Worst <= 1e-7) {
		t.Errorf("%+v (%v)", report, err)
	}
	copy(y.Row(0), []float32{1, 1, 1}) // needs five steps, and there are five
	if _, err := tr.Step(x, y); err != nil {
		t.Error(err)
	}
	copy(y.Row(0), []float32{0, 1, 1})
	if _, err := tr.Step(x, y); !errors.Is(err, ml.ErrNotFinite) {
		t.Errorf("a blank as a label: %v", err)
	}
}
