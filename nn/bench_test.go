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
