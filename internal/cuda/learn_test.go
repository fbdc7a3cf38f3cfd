//go:build cuda

package cuda_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/cuda"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// learning is a net with what it learns from: rows of numbers, or of indices below a limit, and classes.
type learning struct {
	net       nn.Module
	in        []int
	below     int // 0: x is normal numbers
	classes   int
	perPlace  bool // a class for each place of a sequence, not for each row
	optimizer nn.Optimizer
}

func learners() map[string]learning {
	return map[string]learning{
		"mlp": {net: nn.Seq{nn.Dense{Out: 33, Act: nn.Tanh}, nn.Dropout{P: .2}, nn.Dense{Out: 20, Act: nn.GELU}, nn.Dense{Out: 5}}, in: []int{17}, classes: 5,
			optimizer: nn.Adam{}},
		"conv": {net: nn.Seq{nn.Conv2D{Out: 20, Kernel: 3, Zeros: 1, Act: nn.ReLU}, nn.BatchNorm{}, nn.MaxPool{Size: 2}, nn.Conv2D{Out: 6, Kernel: 3, Stride: 2, Act: nn.SiLU},
			nn.MeanPool{Size: 2}, nn.Flatten{}, nn.Dense{Out: 4}}, in: []int{12, 12, 3}, classes: 4, optimizer: nn.SGD{LearningRate: .05, Momentum: .9, Nesterov: true}},
		"lstm": {net: nn.Seq{nn.LSTM{Units: 24, Last: true}, nn.LayerNorm{}, nn.Dense{Out: 3}}, in: []int{9, 5}, classes: 3, optimizer: nn.RMSProp{LearningRate: .002}},
		"gru":  {net: nn.Seq{nn.GRU{Units: 24, Last: true}, nn.Dense{Out: 3}}, in: []int{9, 5}, classes: 3, optimizer: nn.Lion{}},
		"attention": {net: nn.Seq{nn.Embedding{Rows: 30, Width: 16}, nn.Positions{Length: 11}, nn.Transformer{Attention: nn.MultiHeadAttention{Heads: 4, Causal: true}},
			nn.Dense{Out: 30}}, in: []int{11}, below: 30, classes: 30, perPlace: true, optimizer: nn.AdamW{}},
	}
}

// fit trains for some steps and returns their losses, with what the net then says about the last batch.
func (l learning) fit(t *testing.T, steps int) []float64 {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	net, err := nn.New(l.net, l.in, 1)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := nn.NewTrainer(net, nn.Training{Loss: nn.CrossEntropy{}, Optimizer: l.optimizer, ClipNorm: 1})
	if err != nil {
		t.Fatal(err)
	}
	const rows = 13
	x := tensor.New[float32](append([]int{rows}, l.in...)...)
	y := tensor.New[float32](rows)
	if l.perPlace {
		y = tensor.New[float32](rows, l.in[0])
	}
	var all []float64
	for range steps {
		for i := range x.Data() {
			if l.below > 0 {
				x.Data()[i] = float32(rng.IntN(l.below))
			} else {
				x.Data()[i] = float32(rng.NormFloat64())
			}
		}
		for i := range y.Data() {
			y.Data()[i] = float32(rng.IntN(l.classes))
		}
		loss, err := trainer.Step(x, y)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, loss)
	}
	p, err := net.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range p.Data() {
		all = append(all, float64(v))
	}
	return all
}

// Nets learn on the device what they learn on the host: a step's roundings are some 1e-6 of a loss, and the steps after it see them, through
// divisions by the sizes of gradients where those are small, some hundred times as large.
func TestNetsLearnTheSame(t *testing.T) {
	const steps, tol = 12, 5e-4
	for name, l := range learners() {
		t.Run(name, func(t *testing.T) {
			compute.Offer(nil)
			want := l.fit(t, steps)
			e := cuda.SharedEngine(t)
			asked := 0
			compute.Offer(func(int) (compute.Engine, string, string) {
				asked++
				return e, "cuda", "a test"
			})
			defer compute.Offer(nil)
			got := l.fit(t, steps)
			if asked == 0 {
				t.Fatal("no net asked for the engine")
			}
			for i, v := range want {
				if !(math.Abs(got[i]-v) <= tol*max(1, math.Abs(v))) {
					t.Fatalf("number %d of %d losses and predictions is %v, on the host %v", i, steps, got[i], v)
				}
			}
			again := l.fit(t, steps)
			for i, v := range got {
				if again[i] != v {
					t.Fatalf("number %d is %v in one run, %v in another", i, v, again[i])
				}
			}
			if err := e.Sync(); err != nil {
				t.Error(err)
			}
		})
	}
}
