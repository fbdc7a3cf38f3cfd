//go:build cuda

package cuda

import (
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// Ratios prints how many times as fast as the host the device does operations. small is for a library that only stands for a device.
func Ratios(t *testing.T, small bool) {
	e := testEngine(t)
	rows, side, rounds, repeats := 4096, 32, 5, 10
	if small {
		rows, side, rounds, repeats = 64, 4, 1, 1
	}
	const cols = 1024
	n := rows * cols
	took := func(e compute.Engine, f func(e compute.Engine, x, y, z compute.Buf)) time.Duration {
		x, y, z := e.New(n), e.New(n), e.New(n)
		e.Normal(x, 1)
		e.Normal(y, 2)
		f(e, x, y, z) // what is made once
		best := time.Hour
		for range rounds {
			e.Sync()
			start := time.Now()
			for range repeats {
				f(e, x, y, z)
			}
			e.Sync()
			best = min(best, time.Since(start)/time.Duration(repeats))
		}
		return best
	}
	one, three := [3]int{1, 1, 1}, [3]int{1, 3, 3}
	image := &compute.ConvShape{N: max(side/2, 1), C: 64, Out: 64, Groups: 1, In: [3]int{1, side, side}, Kernel: three, Stride: one, Dilation: one,
		Before: [3]int{0, 1, 1}, Size: [3]int{1, side, side}}
	pool := &compute.ConvShape{N: max(side/2, 1), C: 64, Out: 64, Groups: 1, In: [3]int{1, side, side}, Kernel: [3]int{1, 2, 2}, Stride: [3]int{1, 2, 2}, Dilation: one,
		Size: [3]int{1, side / 2, side / 2}}
	pixels, weights, third := image.N*side*side*64, 9*64*64, n/3
	heads := &compute.AttentionShape{N: 1, T: 2 * side, S: 2 * side, Heads: 4, KV: 4, Dim: 16, LDQ: 64, LDK: 128, ColV: 64}
	product := rows / 4 // of so many rows and columns, and cols to add up
	for _, c := range []struct {
		name string
		f    func(e compute.Engine, x, y, z compute.Buf)
	}{
		{"product", func(e compute.Engine, x, y, z compute.Buf) {
			e.Gemm(false, false, product, product, cols, 1, x, cols, y, product, 0, z, product)
		}},
		{"GELU", func(e compute.Engine, x, _, z compute.Buf) { e.Map(compute.Func{Kind: compute.GELU}, z, x) }},
		{"its gradient", func(e compute.Engine, x, y, z compute.Buf) {
			e.MapGrad(compute.Func{Kind: compute.GELU}, z, y, x, compute.Buf{}, false)
		}},
		{"sum of two", func(e compute.Engine, x, y, z compute.Buf) {
			e.Binary(compute.Add, []int{rows, cols}, z, x, []int{cols, 1}, y, []int{0, 1})
		}},
		{"softmax", func(e compute.Engine, x, _, z compute.Buf) { e.Softmax(z, x, rows, cols, false) }},
		{"sums down", func(e compute.Engine, x, _, z compute.Buf) { e.ColumnSums(z, x, rows, cols, false) }},
		{"sum of squares", func(e compute.Engine, x, _, _ compute.Buf) { e.SumSq(x) }},
		{"layer norm", func(e compute.Engine, x, y, z compute.Buf) { e.NormRows(z, y.Part(0, rows), x, rows, cols, 1e-5, true) }},
		{"batch norm", func(e compute.Engine, x, y, z compute.Buf) {
			e.NormColumns(z, y.Part(0, cols), y.Part(cols, 2*cols), y.Part(2*cols, 3*cols), x, rows, cols, 1e-5)
		}},
		{"rows of a table", func(e compute.Engine, x, y, z compute.Buf) { e.Gather(z, x, y.Part(0, rows), cols) }},
		{"attention", func(e compute.Engine, x, y, z compute.Buf) {
			e.Attention(heads, z.Part(0, heads.Shares()), x.Part(0, heads.T*64), y.Part(0, heads.S*128), compute.Buf{})
		}},
		{"convolution", func(e compute.Engine, x, y, z compute.Buf) {
			e.Conv(image, z.Part(0, pixels), x.Part(0, pixels), y.Part(0, weights))
		}},
		{"its gradient by images", func(e compute.Engine, x, y, z compute.Buf) {
			e.ConvGradX(image, z.Part(0, pixels), x.Part(0, pixels), y.Part(0, weights), false)
		}},
		{"its gradient by weights", func(e compute.Engine, x, y, z compute.Buf) {
			e.ConvGradW(image, z.Part(0, weights), y.Part(0, pixels), x.Part(0, pixels), false)
		}},
		{"largest of windows", func(e compute.Engine, x, _, z compute.Buf) { e.MaxPool(pool, z.Part(0, pixels/4), x.Part(0, pixels)) }},
		{"LSTM's cell", func(e compute.Engine, x, y, z compute.Buf) {
			q := n / 4
			e.LSTMCell(x, q, z.Part(0, q), z.Part(q, 2*q), z.Part(2*q, 3*q), y.Part(0, q))
		}},
		{"Adam", func(e compute.Engine, x, y, z compute.Buf) {
			e.Update(compute.Adam, &compute.Rates{LR: 1e-3, Shrink: 1, Beta1: .9, Beta2: .999, Eps: 1e-8, Step: 1}, x.Part(0, third), y.Part(0, third), z.Part(0, third), z.Part(third, 2*third))
		}},
	} {
		Ratio(t, c.name, took(compute.CPU32, c.f), took(e, c.f))
	}
	if err := e.Sync(); err != nil {
		t.Error(err)
	}
}

// Ratio prints a line.
func Ratio(t *testing.T, name string, host, device time.Duration) {
	t.Helper()
	t.Logf("%-24s host %12v, device %12v: %.2f times as fast", name, host, device, float64(host)/float64(device))
}
