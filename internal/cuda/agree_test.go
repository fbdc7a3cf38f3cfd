//go:build cuda

package cuda

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// A trial runs the same calls on the engine and on compute.CPU32, which says what is right.
type trial struct {
	t   *testing.T
	e   compute.Engine
	rng *rand.Rand
}

func newTrial(t *testing.T, seed uint64) *trial {
	return &trial{t, testEngine(t), rand.New(rand.NewPCG(seed, 18))}
}

// twin is memory of both engines.
type twin struct{ host, device compute.Buf }

// holding is memory with the same numbers on both sides.
func (c *trial) holding(x []float32) twin {
	w := twin{compute.CPU32.New(len(x)), c.e.New(len(x))}
	compute.CPU32.Put(w.host, x)
	c.e.Put(w.device, x)
	return w
}

func (c *trial) normal(n int) twin { return c.holding(c.normals(n, 1)) }

func (c *trial) normals(n int, scale float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(scale * c.rng.NormFloat64())
	}
	return x
}

// odd is normal numbers among which are infinities, NaN and zeros of both signs.
func (c *trial) odd(n int) []float32 {
	x := c.normals(n, 1)
	for _, v := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), 0, math.Copysign(0, -1)} {
		for range n / 40 {
			x[c.rng.IntN(n)] = float32(v)
		}
	}
	return x
}

// below is whole numbers from lo to hi-1.
func (c *trial) below(n, lo, hi int) twin {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(lo + c.rng.IntN(hi-lo))
	}
	return c.holding(x)
}

// both makes the calls on either engine; at picks the engine's memory.
func (c *trial) both(f func(e compute.Engine, at func(twin) compute.Buf)) {
	f(compute.CPU32, func(w twin) compute.Buf { return w.host })
	f(c.e, func(w twin) compute.Buf { return w.device })
}

// agree compares memory: numbers may differ by tol times the larger of them and scale; NaN and infinities have to be the same.
func (c *trial) agree(what string, w twin, tol, scale float64) {
	c.t.Helper()
	want, got := make([]float32, w.host.Len()), make([]float32, w.host.Len())
	compute.CPU32.Get(want, w.host)
	c.e.Get(got, w.device)
	for i := range want {
		a, b := float64(want[i]), float64(got[i])
		if a == b || a != a && b != b {
			continue
		}
		if !(math.Abs(a-b) <= tol*max(math.Abs(a), math.Abs(b), scale)) || math.IsInf(a, 0) {
			c.t.Fatalf("%s: element %d of %d is %v, on the host %v", what, i, len(want), b, a)
		}
	}
}

// Both sides round each sum, product and function to float32, a unit in the last place being 1.2e-7 at the most, in another order.
const (
	fewRoundings  = 1e-6 // some operations on one element
	manyRoundings = 2e-5 // sums of up to some thousand of them, relative to the size of what is added
)

func flags(n int) (f [4]bool) {
	for i := range f {
		f[i] = n>>i&1 == 1
	}
	return f
}

// rowShapes has one of everything: no rows, one element, narrow and wide rows, more rows than blocks of one launch take.
var rowShapes = [][2]int{{0, 3}, {1, 1}, {7, 1}, {3, 2}, {5, 10}, {33, 31}, {4, 100}, {2, 255}, {3, 256}, {2, 257}, {1, 5000}, {70000, 3}}

func (c *trial) name(x ...any) string { return fmt.Sprint(x...) }

func TestColumnSums(t *testing.T) {
	c := newTrial(t, 1)
	for _, s := range [][2]int{{0, 3}, {1, 1}, {5, 40}, {300, 31}, {513, 1}, {2000, 65}, {150000, 2}} {
		for k := range 2 {
			x, d := c.normal(s[0]*s[1]), c.normal(s[1])
			c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.ColumnSums(at(d), at(x), s[0], s[1], flags(k)[0]) })
			c.agree(c.name("sums of ", s), d, manyRoundings, math.Sqrt(float64(s[0])))
		}
	}
	x, d := c.holding(c.odd(400)), c.normal(4)
	c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.ColumnSums(at(d), at(x), 100, 4, false) })
	c.agree("sums of what is not finite", d, 0, 0)
}

func TestSumSq(t *testing.T) {
	c := newTrial(t, 2)
	for _, n := range []int{0, 1, 255, 256, 257, 100003} {
		x := c.normal(n)
		want, got := compute.CPU32.SumSq(x.host), c.e.SumSq(x.device)
		if !(math.Abs(want-got) <= manyRoundings*want) {
			t.Errorf("%d squares: %v, on the host %v", n, got, want)
		}
		if again := c.e.SumSq(x.device); again != got {
			t.Errorf("%d squares: %v, then %v", n, got, again)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(-1)} {
		x := c.normals(1000, 1)
		x[617] = float32(v)
		if got := c.e.SumSq(c.holding(x).device); got-got == 0 {
			t.Errorf("with %v: %v", v, got)
		}
	}
}

func TestExtreme(t *testing.T) {
	c := newTrial(t, 3)
	for _, s := range [][3]int{{0, 2, 1}, {1, 1, 1}, {3, 7, 1}, {2, 300, 1}, {4, 5, 6}, {1, 1000, 1}, {9, 2, 70}} {
		n := s[0] * s[1] * s[2]
		for k := range 4 {
			data := c.normals(n, 1)
			if k > 1 && n > 0 {
				data = c.odd(n)
			}
			for i := range data {
				data[i] = float32(math.Round(float64(2*data[i])) / 2) // so that some are equal
			}
			x, d, place := c.holding(data), c.normal(s[0]*s[2]), c.normal(s[0]*s[2])
			dx, dy := c.normal(n), c.normal(s[0]*s[2])
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.Extreme(at(d), at(place), at(x), s[0], s[1], s[2])
				e.ExtremeGrad(at(dx), at(dy), at(place), s[0], s[1], s[2], k%2 == 1)
			})
			c.agree(c.name("largest of ", s), d, 0, 0)
			c.agree(c.name("places of ", s), place, 0, 0)
			c.agree(c.name("gradients of ", s), dx, 0, 0)
		}
	}
	low := []float32{float32(math.Inf(-1)), float32(math.Inf(-1))}
	x, d, place := c.holding(low), c.normal(1), c.normal(1)
	c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.Extreme(at(d), at(place), at(x), 1, 2, 1) })
	c.agree("the place of nothing but -Inf", place, 0, 0)
}

func TestSoftmax(t *testing.T) {
	c := newTrial(t, 4)
	for _, s := range rowShapes {
		for k := range 4 {
			log, add := flags(k)[0], flags(k)[1]
			n := s[0] * s[1]
			x, y, dx, dy := c.holding(c.normals(n, 5)), c.normal(n), c.normal(n), c.normal(n)
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.Softmax(at(y), at(x), s[0], s[1], log)
				e.SoftmaxGrad(at(dx), at(dy), at(y), s[0], s[1], log, add)
			})
			scale := 1e-30
			if log {
				scale = 20 // the size of what is taken off
			}
			c.agree(c.name("softmax of ", s), y, manyRoundings, scale)
			c.agree(c.name("gradients of ", s), dx, manyRoundings, 1)
		}
	}
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	rows := c.holding([]float32{1, 2, inf, 1, -inf, 2, nan, 1, 0, -inf, -inf, -inf, 1e38, -1e38, 0, 200, 100, 0})
	for k := range 2 {
		y := c.normal(18)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.Softmax(at(y), at(rows), 6, 3, k == 1) })
		c.agree("softmax of what is not finite", y, fewRoundings, 1e-30)
	}
}

func TestCrossEntropy(t *testing.T) {
	c := newTrial(t, 5)
	for _, s := range rowShapes {
		for k := range 4 {
			n := s[0] * s[1]
			x, loss, grad := c.holding(c.normals(n, 3)), c.normal(s[0]), c.normal(n)
			class := c.below(s[0], -1, s[1])
			if k == 3 && s[0] > 2 {
				class = c.below(s[0], -1, s[1]+2)
			}
			var weight twin
			if flags(k)[0] {
				w := c.normals(s[1], 1)
				for i := range w {
					w[i] = w[i]*w[i] + .1
				}
				weight = c.holding(w)
			}
			smoothing := 0.
			if flags(k)[1] {
				smoothing = .1
			}
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.CrossEntropy(at(loss), at(grad), at(x), at(class), at(weight), s[0], s[1], smoothing)
			})
			c.agree(c.name("losses of ", s), loss, manyRoundings, 1)
			c.agree(c.name("gradients of ", s), grad, manyRoundings, 1)
		}
	}
	nan := float32(math.NaN())
	inf := float32(math.Inf(1))
	x, class := c.holding([]float32{1, 2, nan, 1, inf, 1, -inf, 0, 1, 1, 2, 3}), c.holding([]float32{0, 0, 0, nan})
	loss, grad := c.normal(4), c.normal(12)
	c.both(func(e compute.Engine, at func(twin) compute.Buf) {
		e.CrossEntropy(at(loss), at(grad), at(x), at(class), compute.Buf{}, 4, 3, 0)
	})
	c.agree("losses of what is not finite", loss, fewRoundings, 1)
	c.agree("gradients of what is not finite", grad, fewRoundings, 1)
}

func TestNormRows(t *testing.T) {
	c := newTrial(t, 6)
	for _, s := range rowShapes {
		for k := range 4 {
			centre, add := flags(k)[0], flags(k)[1]
			n := s[0] * s[1]
			x, y, inv, dx, dy := c.holding(c.normals(n, 3)), c.normal(n), c.normal(s[0]), c.normal(n), c.normal(n)
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.NormRows(at(y), at(inv), at(x), s[0], s[1], 1e-5, centre)
			})
			// Rows of few elements that lie together lose digits to their mean.
			c.agree(c.name("rows of ", s), y, 1e-3, 1)
			c.agree(c.name("scales of ", s), inv, 1e-3, 0)
			c.e.Put(y.device, compute.Floats[float32](y.host))
			c.e.Put(inv.device, compute.Floats[float32](inv.host))
			scale := 1.
			for _, v := range compute.Floats[float32](inv.host) {
				scale = max(scale, float64(v))
			}
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.NormRowsGrad(at(dx), at(dy), at(y), at(inv), s[0], s[1], centre, add)
			})
			c.agree(c.name("gradients of ", s), dx, manyRoundings, scale)
		}
	}
}

func TestNormColumns(t *testing.T) {
	c := newTrial(t, 7)
	for _, s := range [][2]int{{1, 1}, {2, 3}, {50, 33}, {3000, 5}, {1030, 64}} {
		for k := range 2 {
			n := s[0] * s[1]
			x, y, inv, mean, variance := c.holding(c.normals(n, 3)), c.normal(n), c.normal(s[1]), c.normal(s[1]), c.normal(s[1])
			dx, dy, room := c.normal(n), c.normal(n), c.normal(3*s[1])
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.NormColumns(at(y), at(inv), at(mean), at(variance), at(x), s[0], s[1], 1e-3)
				e.NormColumnsGrad(at(dx), at(dy), at(y), at(inv), at(room), s[0], s[1], k == 1)
			})
			c.agree(c.name("columns of ", s), y, manyRoundings, 1)
			c.agree(c.name("scales of ", s), inv, manyRoundings, 1)
			c.agree(c.name("means of ", s), mean, manyRoundings, 1)
			c.agree(c.name("variances of ", s), variance, manyRoundings, 1)
			c.agree(c.name("gradients of ", s), dx, manyRoundings, 30) // one over the root of eps where there is one row
		}
	}
}

func TestGather(t *testing.T) {
	c := newTrial(t, 8)
	for _, s := range [][3]int{{5, 0, 2}, {1, 1, 1}, {7, 40, 3}, {300, 50, 17}, {10, 5000, 8}} { // rows of the table, indices, width
		have, n, width := s[0], s[1], s[2]
		table, src, dst := c.normal(have*width), c.normal(n*width), c.normal(n*width)
		index := c.below(n, -2, have+2)
		if n > 10 {
			x := compute.Floats[float32](index.host)
			x[3], x[5], x[7] = float32(math.NaN()), 1e9, 1.75
			c.e.Put(index.device, x)
		}
		c.both(func(e compute.Engine, at func(twin) compute.Buf) {
			e.Gather(at(dst), at(table), at(index), width)
			e.Scatter(at(table), at(src), at(index), width)
		})
		c.agree(c.name("gathered from ", s), dst, 0, 0)
		c.agree(c.name("scattered to ", s), table, 0, 0) // the same sums in the same order
	}
}

func TestRandom(t *testing.T) {
	c := newTrial(t, 9)
	for _, n := range []int{0, 1, 2, 255, 10001} {
		for _, keep := range []float64{.8, .5, 1, 1. / 3} {
			d := c.normal(n)
			c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.DropMask(at(d), keep, 99) })
			c.agree(c.name("masks of ", n), d, 0, 0)
		}
		d := c.normal(n)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) { e.Normal(at(d), 7) })
		c.agree(c.name("normal numbers, ", n), d, fewRoundings, 1e-3) // of a number near 0, the cosine's angle has no more digits
	}
}

func TestAttention(t *testing.T) {
	c := newTrial(t, 10)
	for i, s := range []compute.AttentionShape{
		{N: 1, T: 1, S: 1, Heads: 1, KV: 1, Dim: 1, LDQ: 1, LDK: 2, ColV: 1},
		{N: 2, T: 5, S: 5, Heads: 2, KV: 2, Dim: 4, LDQ: 24, LDK: 24, ColK: 8, ColV: 16, Causal: true},
		{N: 3, T: 4, S: 7, Heads: 4, KV: 2, Dim: 3, LDQ: 13, LDK: 12, ColV: 6, Causal: true, Rows: 9},
		{N: 2, T: 7, S: 4, Heads: 2, KV: 1, Dim: 5, LDQ: 10, LDK: 10, ColV: 5, Causal: true},
		{N: 2, T: 33, S: 70, Heads: 3, KV: 3, Dim: 8, LDQ: 24, LDK: 48, ColV: 24},
		{N: 0, T: 3, S: 3, Heads: 1, KV: 1, Dim: 2, LDQ: 2, LDK: 4, ColV: 2},
	} {
		rows := s.S
		if s.Rows > 0 {
			rows = s.Rows
		}
		for k := range 2 {
			q, kv := c.normal(s.N*s.T*s.LDQ), c.normal(s.N*rows*s.LDK)
			shares, y := c.normal(s.Shares()), c.normal(s.N*s.T*s.Heads*s.Dim)
			dy, dshares := c.normal(s.N*s.T*s.Heads*s.Dim), c.normal(s.Shares())
			dq, dkv := c.normal(s.N*s.T*s.LDQ), c.normal(s.N*rows*s.LDK)
			var ends twin
			if k == 1 {
				ends = c.below(s.N, -1, s.S+2)
			}
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.Attention(&s, at(shares), at(q), at(kv), at(ends))
				e.Attended(&s, at(y), at(shares), at(kv))
			})
			c.agree(c.name("shares ", i), shares, manyRoundings, 1e-6)
			c.agree(c.name("what is attended to ", i), y, manyRoundings, 1)
			for j, v := range compute.Floats[float32](shares.host) { // queries without keys have no numbers as shares: gradients would have none either
				if v != v {
					compute.Floats[float32](shares.host)[j] = 0
				}
			}
			c.e.Put(shares.device, compute.Floats[float32](shares.host))
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				none := compute.Buf{}
				e.AttendedGrad(&s, at(dshares), at(dkv), at(dy), at(shares), at(kv))
				e.AttentionGrad(&s, at(dq), at(dkv), at(dshares), at(shares), at(q), at(kv))
				e.AttendedGrad(&s, at(dshares), none, at(dy), at(shares), at(kv))
				e.AttentionGrad(&s, none, none, at(dshares), at(shares), at(q), at(kv))
			})
			c.agree(c.name("gradients of shares ", i), dshares, manyRoundings, 1)
			c.agree(c.name("gradients of queries ", i), dq, manyRoundings, 1)
			c.agree(c.name("gradients of keys and values ", i), dkv, manyRoundings, 3)
		}
	}
}

// convShapes has what takes each way: products, narrow groups, tiles; strides, gaps, padding that differs, more than one axis.
func convShapes() []compute.ConvShape {
	one := [3]int{1, 1, 1}
	shapes := []compute.ConvShape{
		{N: 2, C: 3, Out: 5, Groups: 1, In: [3]int{1, 1, 4}, Kernel: one, Stride: one, Dilation: one, Size: [3]int{1, 1, 4}},
		{N: 1, C: 1, Out: 1, Groups: 1, In: one, Kernel: one, Stride: [3]int{2, 2, 2}, Dilation: one, Size: one},
		{N: 3, C: 1, Out: 17, Groups: 1, In: [3]int{1, 9, 7}, Kernel: [3]int{1, 3, 3}, Stride: one, Dilation: one, Before: [3]int{0, 1, 1}},
		{N: 2, C: 32, Out: 70, Groups: 1, In: [3]int{1, 8, 9}, Kernel: [3]int{1, 3, 3}, Stride: one, Dilation: one, Before: [3]int{0, 1, 1}},
		{N: 2, C: 6, Out: 4, Groups: 2, In: [3]int{1, 11, 8}, Kernel: [3]int{1, 3, 2}, Stride: [3]int{1, 2, 3}, Dilation: [3]int{1, 2, 1}, Before: [3]int{0, 2, 0}},
		{N: 2, C: 40, Out: 34, Groups: 2, In: [3]int{1, 1, 30}, Kernel: [3]int{1, 1, 5}, Stride: [3]int{1, 1, 2}, Dilation: [3]int{1, 1, 2}, Before: [3]int{0, 0, 4}},
		{N: 3, C: 9, Out: 9, Groups: 9, In: [3]int{1, 12, 12}, Kernel: [3]int{1, 3, 3}, Stride: one, Dilation: one, Before: [3]int{0, 1, 1}},
		{N: 1, C: 4, Out: 20, Groups: 1, In: [3]int{4, 5, 6}, Kernel: [3]int{2, 3, 2}, Stride: [3]int{1, 2, 1}, Dilation: one, Before: [3]int{1, 1, 0}},
		{N: 12, C: 2, Out: 16, Groups: 1, In: [3]int{1, 20, 20}, Kernel: [3]int{1, 2, 2}, Stride: one, Dilation: one},
		{N: 6, C: 2, Out: 2, Groups: 2, In: [3]int{1, 16, 16}, Kernel: [3]int{1, 2, 2}, Stride: one, Dilation: one},
	}
	for i := range shapes {
		s := &shapes[i]
		for a := range 3 {
			if s.Size[a] == 0 {
				s.Size[a] = max((s.In[a]+2*s.Before[a]-(s.Kernel[a]-1)*s.Dilation[a]-1)/s.Stride[a]+1, 1)
			}
		}
	}
	return shapes
}

func TestConv(t *testing.T) {
	c := newTrial(t, 11)
	for i, s := range convShapes() {
		for k := range 2 {
			add := k == 1
			in, out, weights := s.N*places(&s)*s.C, s.N*s.Pixels()*s.Out, s.Taps()*s.C/s.Groups*s.Out
			x, w, y := c.normal(in), c.normal(weights), c.normal(out)
			dx, dw, dy := c.normal(in), c.normal(weights), c.normal(out)
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.Conv(&s, at(y), at(x), at(w))
				e.ConvGradX(&s, at(dx), at(dy), at(w), add)
				e.ConvGradW(&s, at(dw), at(dy), at(x), add)
			})
			// Where the host goes by way of Winograd's transform, it adds up larger numbers.
			c.agree(c.name("convolution ", i), y, manyRoundings, math.Sqrt(float64(weights/s.Out)))
			c.agree(c.name("gradients of images ", i), dx, manyRoundings, math.Sqrt(float64(s.Taps()*s.Out)))
			c.agree(c.name("gradients of weights ", i), dw, manyRoundings, math.Sqrt(float64(s.N*s.Pixels())))
		}
	}
}

func TestPools(t *testing.T) {
	c := newTrial(t, 12)
	for i, s := range convShapes() {
		if i%2 == 0 {
			s.Stride, s.Before = s.Kernel, [3]int{} // windows side by side
		}
		s.Groups, s.Out, s.Dilation = 1, s.C, [3]int{1, 1, 1}
		for a := range 3 {
			s.Before[a] = min(s.Before[a], s.Kernel[a]/2)
			s.Size[a] = max((s.In[a]+2*s.Before[a]-s.Kernel[a])/s.Stride[a]+1, 1)
		}
		for k := range 4 {
			count, add := flags(k)[0], flags(k)[1]
			in, out := s.N*places(&s)*s.C, s.N*s.Pixels()*s.C
			data := c.normals(in, 1)
			if k == 3 && in > 100 {
				data = c.odd(in)
			}
			for i := range data {
				data[i] = float32(math.Round(float64(2*data[i])) / 2) // so that some are equal
			}
			x, y, mean := c.holding(data), c.normal(out), c.normal(out)
			dx, dmean, dy, dy2 := c.normal(in), c.normal(in), c.normal(out), c.normal(out)
			c.both(func(e compute.Engine, at func(twin) compute.Buf) {
				e.MaxPool(&s, at(y), at(x))
				e.MaxPoolGrad(&s, at(dx), at(dy), at(y), at(x), add)
				e.MeanPool(&s, at(mean), at(x), count)
				e.MeanPoolGrad(&s, at(dmean), at(dy2), count, add)
			})
			c.agree(c.name("largest ", i), y, 0, 0)
			c.agree(c.name("gradients of the largest ", i), dx, fewRoundings, 1)
			c.agree(c.name("means ", i), mean, fewRoundings, 1)
			c.agree(c.name("gradients of means ", i), dmean, fewRoundings, 1)
		}
	}
}

func TestCells(t *testing.T) {
	c := newTrial(t, 13)
	for _, n := range []int{0, 1, 7, 256, 3001} {
		step := n + 3
		gates, dgates := c.holding(c.normals(3*step+n, 2)), c.normal(3*step+n)
		cell, h, tanh, before := c.normal(n), c.normal(n), c.normal(n), c.normal(n)
		back, dh, dc := c.normal(n), c.normal(n), c.normal(n)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) {
			e.LSTMCell(at(gates), step, at(cell), at(h), at(tanh), at(before))
			e.LSTMCellGrad(at(dgates), at(gates), step, at(back), at(dh), at(dc), at(tanh), at(before))
		})
		for _, w := range []twin{gates, cell, h, tanh, dgates, back, dc} {
			c.agree(c.name("LSTM of ", n), w, fewRoundings, 1)
		}
		gates, dgates = c.holding(c.normals(3*step+n, 2)), c.normal(3*step+n)
		hidden, dhidden := c.normal(n), c.normal(n)
		c.both(func(e compute.Engine, at func(twin) compute.Buf) {
			e.GRUCell(at(gates), step, at(hidden), at(h), at(before))
			e.GRUCellGrad(at(dgates), at(gates), step, at(dhidden), at(back), at(dh), at(hidden), at(before))
		})
		for _, w := range []twin{gates, h, dgates, dhidden, back} {
			c.agree(c.name("GRU of ", n), w, fewRoundings, 1)
		}
	}
	odd := c.holding(c.odd(400))
	cell, h, tanh, before := c.normal(100), c.normal(100), c.normal(100), c.normal(100)
	c.both(func(e compute.Engine, at func(twin) compute.Buf) {
		e.LSTMCell(at(odd), 100, at(cell), at(h), at(tanh), at(before))
	})
	c.agree("LSTM of what is not finite", h, fewRoundings, 1)
}

func TestUpdate(t *testing.T) {
	c := newTrial(t, 14)
	for r := compute.SGD; r <= compute.LAMB; r++ {
		for k := range 4 {
			for _, n := range []int{0, 1, 1000} {
				w, g, m, v, most := c.normal(n), c.normal(n), c.holding(make([]float32, n)), c.holding(make([]float32, n)), c.holding(make([]float32, n))
				if k == 0 && (r == compute.SGD || r == compute.RMSProp) {
					m = twin{}
				}
				for step := 1; step <= 8; step++ {
					c.both(func(e compute.Engine, at func(twin) compute.Buf) {
						p := compute.Rates{LR: .01, Shrink: 1, Beta1: .9, Beta2: .9, Fresh: .8, Eps: 1e-6, Step: float64(step), Nesterov: k == 3,
							Mu: .9, MuNext: .91, Product: math.Pow(.9, float64(step)), Most: at(most)}
						if k > 1 {
							p.L2, p.Shrink = .02, .999
						}
						e.Update(r, &p, at(w), at(g), at(m), at(v))
					})
					// The quotient of moments keeps the roundings of both for a while.
					for _, x := range []twin{w, g, m, v, most} {
						c.agree(c.name("rule ", r, ", step ", step), x, manyRoundings, .01)
					}
				}
			}
		}
	}
	w, g, m, v := c.normal(100), c.holding(c.odd(100)), c.holding(make([]float32, 100)), c.holding(make([]float32, 100))
	c.both(func(e compute.Engine, at func(twin) compute.Buf) {
		e.Update(compute.Lion, &compute.Rates{LR: .1, Shrink: 1, Beta1: .9, Beta2: .99, Step: 1}, at(w), at(g), at(m), at(v))
	})
	c.agree("Lion with what is not finite", w, fewRoundings, 1)
}
