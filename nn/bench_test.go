package nn

import (
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// batch draws inputs and classes.
func batch(in []int, rows, classes int) (x, y *tensor.Tensor[float32]) {
	x = tensor.New[float32](append([]int{rows}, in...)...)
	rng.Normal(rng.New(1, 1), x.Data(), 0, 1)
	y = tensor.New[float32](rows)
	for i := range y.Data() {
		y.Data()[i] = float32(i * 7 % classes)
	}
	return
}

func benchStep(b *testing.B, m Module, in []int, rows, classes int) {
	net, err := New(m, in, 1)
	if err != nil {
		b.Fatal(err)
	}
	tr, err := NewTrainer(net, Training{Loss: CrossEntropy{}})
	if err != nil {
		b.Fatal(err)
	}
	x, y := batch(in, rows, classes)
	for range 3 {
		if _, err := tr.Step(x, y); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		tr.Step(x, y)
	}
}

func BenchmarkMLPSmall(b *testing.B) {
	benchStep(b, Seq{Dense{Out: 64, Act: Tanh}, Dense{Out: 64, Act: Tanh}, Dense{Out: 2}}, []int{4}, 64, 2)
}

func BenchmarkMLP784(b *testing.B) {
	benchStep(b, Seq{Dense{Out: 256, Act: ReLU}, Dense{Out: 128, Act: ReLU}, Dense{Out: 10}}, []int{784}, 64, 10)
}

func BenchmarkLeNet(b *testing.B) {
	benchStep(b, Seq{Conv2D{Out: 6, Kernel: 5, Zeros: 2, Act: ReLU}, MaxPool{Size: 2}, Conv2D{Out: 16, Kernel: 5, Act: ReLU}, MaxPool{Size: 2}, Flatten{},
		Dense{Out: 120, Act: ReLU}, Dense{Out: 84, Act: ReLU}, Dense{Out: 10}}, []int{28, 28, 1}, 64, 10)
}

func BenchmarkCNN(b *testing.B) {
	benchStep(b, Seq{Conv2D{Out: 32, Kernel: 3, Act: ReLU}, Conv2D{Out: 64, Kernel: 3, Act: ReLU}, MaxPool{Size: 2}, Flatten{},
		Dense{Out: 128, Act: ReLU}, Dense{Out: 10}}, []int{28, 28, 1}, 64, 10)
}

func BenchmarkLSTM32(b *testing.B) {
	benchStep(b, Seq{LSTM{Units: 32, Last: true}, Dense{Out: 2}}, []int{50, 1}, 32, 2)
}

func BenchmarkLSTM128(b *testing.B) {
	benchStep(b, Seq{LSTM{Units: 128, Last: true}, Dense{Out: 2}}, []int{50, 32}, 32, 2)
}

// gpt is a language model over 65 characters.
func gpt(d, heads, layers, length int) Seq {
	s := Seq{Embedding{Rows: 65, Width: d}, Positions{Length: length}}
	for range layers {
		s = append(s, Transformer{Attention: MultiHeadAttention{Heads: heads, Causal: true}})
	}
	return append(s, Dense{Out: 65})
}

func benchGPT(b *testing.B, d, heads, layers, length, rows int) {
	net, err := New(gpt(d, heads, layers, length), []int{length}, 1)
	if err != nil {
		b.Fatal(err)
	}
	tr, err := NewTrainer(net, Training{Loss: CrossEntropy{}, Optimizer: AdamW{}})
	if err != nil {
		b.Fatal(err)
	}
	x, y := tensor.New[float32](rows, length), tensor.New[float32](rows, length)
	for i := range x.Data() {
		x.Data()[i], y.Data()[i] = float32(i*7%65), float32(i*11%65)
	}
	for range 2 {
		if _, err := tr.Step(x, y); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		tr.Step(x, y)
	}
}

func BenchmarkGPT112k(b *testing.B) { benchGPT(b, 64, 4, 2, 64, 16) }
func BenchmarkGPT817k(b *testing.B) { benchGPT(b, 128, 4, 4, 64, 12) }
