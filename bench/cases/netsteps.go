package cases

import (
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/nn"
	"github.com/gopherwood-ml/ml/tensor"
)

// Steps of training on one batch, against PyTorch's eager ones and jax's compiled ones: the table of issue 11.
func init() {
	mlp := func(act nn.Activation, sizes ...int) nn.Module {
		var s nn.Seq
		for i, n := range sizes {
			if i == len(sizes)-1 {
				act = nn.Linear
			}
			s = append(s, nn.Dense{Out: n, Act: act})
		}
		return s
	}
	lenet := nn.Seq{nn.Conv2D{Out: 6, Kernel: 5, Zeros: 2, Act: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Conv2D{Out: 16, Kernel: 5, Act: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Flatten{},
		nn.Dense{Out: 120, Act: nn.ReLU}, nn.Dense{Out: 84, Act: nn.ReLU}, nn.Dense{Out: 10}}
	cnn := nn.Seq{nn.Conv2D{Out: 32, Kernel: 3, Act: nn.ReLU}, nn.Conv2D{Out: 64, Kernel: 3, Act: nn.ReLU}, nn.MaxPool{Size: 2}, nn.Flatten{},
		nn.Dense{Out: 128, Act: nn.ReLU}, nn.Dense{Out: 10}}
	lstm := func(units int) nn.Module { return nn.Seq{nn.LSTM{Units: units, Last: true}, nn.Dense{Out: 2}} }
	image := []int{28, 28, 1}

	both, ahead := []string{"torch", "jax"}, 1.0
	trained("nn-mlp-small", mlp(nn.Tanh, 64, 64, 2), nn.Adam{}, []int{4}, 64, 2, 200, both, 0.2, ahead)
	trained("nn-mlp-784", mlp(nn.ReLU, 256, 128, 10), nn.Adam{}, []int{784}, 64, 10, 50, both, 0.8, ahead)
	trained("nn-lenet", lenet, nn.Adam{}, image, 64, 10, 10, both, 0.7, 0)
	trained("nn-cnn", cnn, nn.Adam{}, image, 64, 10, 2, both, 0.7, 0)
	trained("nn-lstm-32", lstm(32), nn.Adam{}, []int{50, 1}, 32, 2, 30, both, 0.4, 0)
	trained("nn-lstm-128", lstm(128), nn.Adam{}, []int{50, 32}, 32, 2, 5, both, 0.7, 0)
	trained("nn-gpt-112k", gpt(64, 2), nn.AdamW{}, []int{64}, 16, 65, 4, both[:1], 0.8, 0)
	trained("nn-gpt-817k", gpt(128, 4), nn.AdamW{}, []int{64}, 12, 65, 2, both[:1], 0.95, 0)
}

// gpt is a language model over 65 characters and 64 places.
func gpt(d, layers int) nn.Module {
	s := nn.Seq{nn.Embedding{Rows: 65, Width: d}, nn.Positions{Length: 64}}
	for range layers {
		s = append(s, nn.Transformer{Attention: nn.MultiHeadAttention{Heads: 4, Causal: true}})
	}
	return append(s, nn.Dense{Out: 65})
}

// trained registers a case of so many steps on a batch of rows, with floors against PyTorch and, if not 0, jax.
func trained(name string, m nn.Module, opt nn.Optimizer, in []int, rows, classes, steps int, vs []string, floor, jax float64) {
	Register(Case{Name: name, Vs: vs, Make: func(*Data) (*Work, error) {
		net, err := nn.New(m, in, 1)
		if err != nil {
			return nil, err
		}
		trainer, err := nn.NewTrainer(net, nn.Training{Loss: nn.CrossEntropy{}, Optimizer: opt})
		if err != nil {
			return nil, err
		}
		x := tensor.New[float32](append([]int{rows}, in...)...)
		targets := rows
		if out := net.Out(); len(out) > 1 {
			targets *= out[0]
		}
		y := tensor.New[float32](append([]int{rows}, net.Out()[:len(net.Out())-1]...)...)
		rng.Normal(rng.New(1, 0), x.Data(), 0, 1)
		if len(net.Out()) > 1 { // codes, not numbers
			for i := range x.Data() {
				x.Data()[i] = float32(i * 7 % classes)
			}
		}
		for i := range targets {
			y.Data()[i] = float32(i * 7 % classes)
		}
		run := step("steps", func() error {
			for range steps {
				if _, err := trainer.Step(x, y); err != nil {
					return err
				}
			}
			return nil
		}).floor("torch", floor)
		if jax > 0 {
			run = run.floor("jax", jax)
		}
		return &Work{Rows: steps, Columns: rows, Steps: []Step{run},
			Score: func() (map[string]float64, error) {
				count := 0
				for _, p := range net.Params() {
					count += len(p.Values())
				}
				return map[string]float64{"parameters": float64(count)}, nil
			},
			Tol: map[string]float64{"parameters": 0.03}, // PyTorch's recurrent layers have a bias twice
		}, nil
	}})
}
