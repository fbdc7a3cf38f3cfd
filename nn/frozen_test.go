package nn

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// settled moves what batch normalisation keeps, and biases, off what they begin with.
func settled(t testing.TB, n *Net) *Net {
	t.Helper()
	r := rng.New(7, 7)
	for _, s := range n.States() {
		x := s.Values(n)
		rng.Uniform(r, x, .5, 2)
		require.NoError(t, s.Set(n, x))
	}
	for _, p := range n.Params() {
		if len(p.Shape) == 1 {
			x := p.Values()
			rng.Uniform(r, x, -.5, 1)
			require.NoError(t, p.Set(x))
		}
	}
	return n
}

// frozenNets are nets of every kind of instruction.
func frozenNets() []steadyNet {
	return append(steadyNets(),
		steadyNet{"lenet", leNet(), []int{28, 28, 1}, 5, 10},
		steadyNet{"dense", Seq{Dense{Out: 300, Act: ReLU}, Dense{Out: 1, Act: Tanh}, Dense{Out: 7, NoBias: true, Act: ReLU}, Dense{Out: 3, NoBias: true}}, []int{600}, 37, 3},
		steadyNet{"windows", Seq{Conv2D{Out: 5, Kernel: 3, Stride: 2, Pad: Same, Act: SiLU}, Conv2D{Out: 20, Kernel: 2, Dilation: 2, Zeros: 1, NoBias: true}, BatchNorm{}, HardSwish, Conv2D{Out: 33, Kernel: 1, Act: GELU}, Conv2D{Out: 1, Kernel: 3}}, []int{13, 12, 3}, 6, 3},
		steadyNet{"norms", Seq{BatchNorm{}, Dense{Out: 9}, BatchNorm{NoScale: true}, BatchNorm{}, Tanh, BatchNorm{}, BatchNorm{}, ReLU, Dense{Out: 4}}, []int{6}, 9, 4},
		steadyNet{"volumes", Seq{Conv3D{Out: 4, Kernel: 2, Act: ReLU}, MaxPool{Size: 2, Stride: 1}, Flatten{}, Dense{Out: 3}}, []int{4, 4, 4, 2}, 3, 3},
		steadyNet{"lines", Seq{Conv1D{Out: 6, Kernel: 3, Pad: Same, Act: ReLU}, MaxPool{Size: 2}, Residual{Inner: Conv1D{Out: 6, Kernel: 3, Pad: Same}}, GlobalMaxPool{}, Dense{Out: 3}}, []int{20, 4}, 8, 3},
		steadyNet{"branches", Seq{Parallel{Dense{Out: 4}, Dense{Out: 5, Act: ReLU}, Seq{}}, Func(func(c *Ctx, x *Var) *Var {
			y := c.Affine(x, 2, 1)
			return c.Add(c.Mul(c.Exp(x), y), c.Sub(c.Const([]float64{1}), x))
		})}, []int{3}, 4, 3},
		steadyNet{"nothing", Seq{}, []int{3}, 4, 3},
		steadyNet{"functions", Seq{Dense{Out: 5}, Mish, Square{}, Softplus}, []int{3}, 4, 3},
	)
}

// Square is a layer of a test.
type Square struct{}

func (Square) Forward(c *Ctx, x *Var) *Var { return c.Square(x) }

func leNet() Seq {
	return Seq{Conv2D{Out: 6, Kernel: 5, Zeros: 2, Act: ReLU}, MaxPool{Size: 2}, Conv2D{Out: 16, Kernel: 5, Act: ReLU}, MaxPool{Size: 2}, Flatten{},
		Dense{Out: 120, Act: ReLU}, Dense{Out: 84, Act: ReLU}, Dense{Out: 10}}
}

func largest32(x []float32) float64 {
	most := 0.0
	for _, v := range x {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

// A frozen net has the numbers of the net to 1e-5 of the largest (folding rounds weights once more, windows are summed in another order), a
// row's do not depend on the batch, and later training does not reach it.
func TestFrozenAgainstNet(t *testing.T) {
	for _, s := range frozenNets() {
		t.Run(s.name, func(t *testing.T) {
			net, err := New(s.m, s.in, 3)
			require.NoError(t, err)
			settled(t, net)
			f, err := net.Freeze()
			require.NoError(t, err)
			require.Equal(t, net.In, f.In())
			require.Equal(t, net.Out(), f.Out())
			x, _, _ := s.batch()
			rows := min(s.rows, 11)
			x = tensor.FromSlice(x.Data()[:rows*size(s.in)], append([]int{rows}, s.in...)...)
			want, err := net.Predict(x)
			require.NoError(t, err)
			got, err := f.Predict(x)
			require.NoError(t, err)
			require.Equal(t, want.Shape(), got.Shape())
			limit := 1e-5 * max(largest32(want.Data()), 1e-3)
			for i, v := range want.Data() {
				require.InDelta(t, v, got.Data()[i], limit, "%d", i)
			}
			each := size(net.Out())
			one := make([]float32, each)
			for i := range min(rows, 3) {
				require.NoError(t, f.PredictInto(one, tensor.FromSlice(x.Data()[i*size(s.in):(i+1)*size(s.in)], append([]int{1}, s.in...)...)))
				require.Equal(t, print32(got.Data()[i*each:(i+1)*each]), print32(one), "row %d alone", i)
			}
			for _, p := range net.Params() {
				require.NoError(t, p.Set(make([]float32, len(p.Values()))))
			}
			again, err := f.Predict(x)
			require.NoError(t, err)
			require.Equal(t, got.Data(), again.Data())
		})
	}
}

// Dense layers without batch normalisation give the same bits.
func TestFrozenDenseExact(t *testing.T) {
	for _, rows := range []int{1, 2, 15, 256} {
		net, err := New(Seq{Dense{Out: 256, Act: ReLU}, Dense{Out: 130, Act: GELU}, Dense{Out: 10}}, []int{784}, 1)
		require.NoError(t, err)
		f, err := net.Freeze()
		require.NoError(t, err)
		x, _ := batch([]int{784}, rows, 10)
		want, err := net.Predict(x)
		require.NoError(t, err)
		got, err := f.Predict(x)
		require.NoError(t, err)
		require.Equal(t, print32(want.Data()), print32(got.Data()))
	}
}

// Batch normalisation leaves no instruction behind, activations none of their own, and memory is used again.
func TestFrozenPrograms(t *testing.T) {
	net, err := New(Seq{Conv2D{Out: 8, Kernel: 3, Pad: Same, NoBias: true}, BatchNorm{}, ReLU, MaxPool{Size: 2}, Flatten{}, Dense{Out: 64}, BatchNorm{}, Tanh, Dense{Out: 64}, BatchNorm{}, Dense{Out: 64, Act: ReLU}, Dense{Out: 2}}, []int{8, 8, 1}, 1)
	require.NoError(t, err)
	f, err := net.Freeze()
	require.NoError(t, err)
	p, err := f.program(1, []int{8, 8, 1})
	require.NoError(t, err)
	require.Len(t, p.list, 6)
	require.Equal(t, 8*8*8+4*4*8, p.memory, "the largest two values in a row")
	two, err := f.program(2, []int{8, 8, 1})
	require.NoError(t, err)
	require.Same(t, p.list[0].weights.ready, two.list[0].weights.ready, "weights are packed once")
	require.Same(t, p.list[5].weights.ready, two.list[5].weights.ready)
}

// Predictions do not allocate, on one core or several, and any number of goroutines get the same bytes.
func TestFrozenTogether(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, c := range []struct {
		m    Module
		in   []int
		rows int
	}{{leNet(), []int{28, 28, 1}, 1}, {leNet(), []int{28, 28, 1}, 40}, {Seq{Dense{Out: 64, Act: ReLU}, BatchNorm{}, Softplus, Dense{Out: 10}}, []int{784}, 200}, {Seq{Conv2D{Out: 16, Kernel: 3, Pad: Same}, ReLU, Conv2D{Out: 16, Kernel: 3, Pad: Same}}, []int{12, 12, 16}, 9}} {
		net, err := New(c.m, c.in, 1)
		require.NoError(t, err)
		f, err := net.Freeze()
		require.NoError(t, err)
		x, _ := batch(c.in, c.rows, 10)
		want, err := f.Predict(x)
		require.NoError(t, err)
		var wg sync.WaitGroup
		wrong := make([]bool, 4)
		for g := range wrong {
			wg.Go(func() {
				y := make([]float32, want.Len())
				for range 5 {
					if err := f.PredictInto(y, x); err != nil || !slices.Equal(y, want.Data()) {
						wrong[g] = true
					}
				}
			})
		}
		wg.Wait()
		require.NotContains(t, wrong, true)
		if raceEnabled {
			continue // it makes pools forget
		}
		y := make([]float32, want.Len())
		for _, cores := range []int{1, 4} {
			runtime.GOMAXPROCS(cores)
			n := testing.AllocsPerRun(20, func() { f.PredictInto(y, x) })
			require.Less(t, n, 1.0, "%v on %d cores", c.in, cores)
		}
	}
}

// Sequences may have another length than the net was built with; what does not fit gives an error.
func TestFrozenShapes(t *testing.T) {
	net, err := New(Seq{LSTM{Units: 5, Last: true}, Dense{Out: 2}}, []int{7, 3}, 1)
	require.NoError(t, err)
	f, err := net.Freeze()
	require.NoError(t, err)
	for _, length := range []int{7, 4, 9} {
		x, _ := batch([]int{length, 3}, 5, 2)
		want, err := net.Predict(x)
		require.NoError(t, err)
		got, err := f.Predict(x)
		require.NoError(t, err)
		for i, v := range want.Data() {
			require.InDelta(t, v, got.Data()[i], 1e-6)
		}
	}
	for i := range 2 * maxPrograms { // few are kept
		_, err := f.Predict(tensor.New[float32](1, i+1, 3))
		require.NoError(t, err)
	}
	require.Len(t, *f.programs.Load(), maxPrograms)
	_, err = f.Predict(tensor.New[float32](2, 7, 4))
	require.Error(t, err)
	require.Error(t, f.PredictInto(make([]float32, 3), tensor.New[float32](2, 7, 3)))
	fixed, err := New(Seq{Flatten{}, Dense{Out: 2}}, []int{7, 3}, 1)
	require.NoError(t, err)
	f, err = fixed.Freeze()
	require.NoError(t, err)
	_, err = f.Predict(tensor.New[float32](2, 8, 3))
	require.Error(t, err)
	empty, err := f.Predict(tensor.New[float32](0, 7, 3))
	require.NoError(t, err)
	require.Equal(t, []int{0, 2}, empty.Shape())
}

func BenchmarkFrozen(b *testing.B) {
	mlp := Seq{Dense{Out: 256, Act: ReLU}, Dense{Out: 128, Act: ReLU}, Dense{Out: 10}}
	for _, c := range []struct {
		name string
		m    Module
		in   []int
		rows int
	}{{"mlp", mlp, []int{784}, 1}, {"mlp", mlp, []int{784}, 256}, {"lenet", leNet(), []int{28, 28, 1}, 1}, {"conv", Seq{Conv2D{Out: 64, Kernel: 3, Pad: Same}}, []int{32, 32, 64}, 8}} {
		b.Run(fmt.Sprintf("%s-%d", c.name, c.rows), func(b *testing.B) {
			n, err := New(c.m, c.in, 1)
			require.NoError(b, err)
			f, err := n.Freeze()
			require.NoError(b, err)
			x, _ := batch(c.in, c.rows, 10)
			y, err := f.Predict(x)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				f.PredictInto(y.Data(), x)
			}
		})
	}
}
