package nn

import (
	"hash/fnv"
	"math"
	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// steadyNets are nets of each kind with batches that are worth several cores.
func steadyNets() []steadyNet {
	attention := MultiHeadAttention{Heads: 4, Causal: true, Rotary: true, Dropout: .1}
	cross := MultiHeadAttention{Heads: 2, KVHeads: 1, Causal: true}
	return []steadyNet{
		{"mlp", Seq{Dense{Out: 128, Act: ReLU}, BatchNorm{}, Dropout{.2}, Dense{Out: 128, Act: GELU}, Residual{Inner: Dense{Out: 128, Act: Mish}, Drop: .1}, LayerNorm{}, Noise{.01}, WeightNorm{Out: 64, Act: Tanh}, Dense{Out: 10}}, []int{64}, 256, 10},
		{"cnn", Seq{Conv2D{Out: 16, Kernel: 3, Pad: Same, Act: ReLU}, BatchNorm{}, MaxPool{Size: 2}, Conv2D{Out: 16, Kernel: 3, Pad: Same, Groups: 16, Act: SiLU}, Conv2D{Out: 32, Kernel: 1, Act: HardSwish}, GroupNorm{Groups: 4}, MeanPool{Size: 2}, Conv2D{Out: 16, Kernel: 3, Stride: 2, Zeros: 1, Groups: 2}, Residual{Inner: ConvTranspose2D{Out: 16, Kernel: 3, Zeros: 1}}, AdaptiveMeanPool{2, 1}, Flatten{}, Dense{Out: 10}}, []int{16, 16, 3}, 32, 10},
		{"lstm", Seq{LSTM{Units: 48, Layers: 2, Bidirectional: true, Dropout: .1}, GRU{Units: 32}, RNN{Units: 16, Last: true}, Dense{Out: 4}}, []int{12, 16}, 48, 4},
		{"transformer", Seq{Positions{Length: 24}, Sinusoids{}, Transformer{Attention: attention, Dropout: .1}, Decoder{Block: Transformer{Attention: cross, Hidden: 48, Act: SiLU, RMS: true}, Split: 8}, GlobalMeanPool{}, Dense{Out: 4}}, []int{24, 32}, 24, 4},
	}
}

type steadyNet struct {
	name    string
	m       Module
	in      []int
	rows    int
	classes int
}

// batch draws a batch with classes and weights.
func (s steadyNet) batch() (x, y *tensor.Tensor[float32], weight []float32) {
	x, y = batch(s.in, s.rows, s.classes)
	weight = make([]float32, s.rows)
	rng.Uniform(rng.New(2, 2), weight, .5, 2)
	return
}

func (s steadyNet) trainer(t *testing.T) (*Net, *Trainer) {
	t.Helper()
	net, err := New(s.m, s.in, 3)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := NewTrainer(net, Training{Loss: CrossEntropy{Smoothing: .1}, Optimizer: AdamW{}, Schedule: WarmUp{Steps: 2, Then: Cosine{}}, TotalSteps: 100, ClipNorm: 1, EMA: .9})
	if err != nil {
		t.Fatal(err)
	}
	return net, tr
}

// print32 sums up bits.
func print32(x []float32) uint64 {
	h := fnv.New64a()
	var b [4]byte
	for _, v := range x {
		u := math.Float32bits(v)
		b[0], b[1], b[2], b[3] = byte(u), byte(u>>8), byte(u>>16), byte(u>>24)
		h.Write(b[:])
	}
	return h.Sum64()
}

// Weights, losses, states, averages and predictions after five steps are the same bytes on any number of cores.
func TestBytesOnAnyNumberOfCores(t *testing.T) {
	for _, s := range steadyNets() {
		t.Run(s.name, func(t *testing.T) {
			x, y, weight := s.batch()
			var first []uint64
			cores, steps := []int{1, 2, 8}, 5
			if testing.Short() { // emulated machines
				cores, steps = []int{1, 2}, 2
			}
			for _, procs := range cores {
				old := runtime.GOMAXPROCS(procs)
				net, tr := s.trainer(t)
				var got []uint64
				var last float64
				for step := range steps {
					loss, err := tr.Step(x, y, weight...)
					if err != nil {
						t.Fatal(err)
					}
					if step == 0 {
						last = loss
					}
					got = append(got, math.Float64bits(loss))
				}
				for _, p := range net.Params() {
					got = append(got, print32(p.Values()), print32(p.Grads()))
				}
				for _, st := range net.States() {
					got = append(got, print32(st.Values(net)))
				}
				pred, err := net.Predict(x)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, print32(pred.Data()))
				tr.UseAverage()
				if pred, err = net.Predict(x); err != nil {
					t.Fatal(err)
				}
				got = append(got, print32(pred.Data()))
				runtime.GOMAXPROCS(old)
				if !(math.Abs(last) < 10) {
					t.Fatalf("the first loss is %g", last)
				}
				if first == nil {
					first = got
					continue
				}
				for i := range got {
					if got[i] != first[i] {
						what := "a loss, a state or a prediction"
						if k := i - steps; k >= 0 && k/2 < len(net.Params()) {
							what = []string{"the weights", "the gradient"}[k%2] + " of " + net.Params()[k/2].Name
						}
						t.Fatalf("on %d cores number %d differs: %s", procs, i, what)
					}
				}
			}
		})
	}
}

// On one core, steps and predictions allocate nothing once they have met a shape.
func TestNothingIsAllocated(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes sync.Pool forget")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, s := range steadyNets() {
		if testing.Short() {
			s.rows /= 8
		}
		x, y, weight := s.batch()
		net, tr := s.trainer(t)
		step := func() {
			if _, err := tr.Step(x, y, weight...); err != nil {
				t.Fatal(err)
			}
		}
		plain := func() {
			if _, err := tr.Step(x, y); err != nil {
				t.Fatal(err)
			}
		}
		dst := make([]float32, s.rows*size(net.Out()))
		predict := func() {
			if err := net.PredictInto(dst, x); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range []struct {
			name string
			f    func()
		}{{"Step", plain}, {"Step with weights", step}, {"PredictInto", predict}} {
			f.f()
			f.f()
			if n := testing.AllocsPerRun(5, f.f); n != 0 {
				t.Errorf("%s: %s allocates %g times", s.name, f.name, n)
			}
		}
	}
}
