//go:build cuda

package cuda

import (
	"os"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// gpuVariable asks for the machine's device in place of the library that stands for one.
const gpuVariable = "GOPHERWOOD_GPU"

// TestGPU runs the comparisons with the host on the machine's device, and prints ratios of times.
func TestGPU(t *testing.T) {
	if os.Getenv(gpuVariable) == "" {
		t.Skip("for machines with a GPU: see the package's documentation")
	}
	e := testEngine(t)
	_, name, why := serve(leastWork)
	t.Logf("%s: %s", name, why)
	for _, c := range []struct {
		name string
		f    func(*testing.T)
	}{
		{"Gemm", TestGemm}, {"Maps", TestMaps}, {"IndexSpaces", TestIndexSpaces}, {"ColumnSums", TestColumnSums}, {"SumSq", TestSumSq},
		{"Extreme", TestExtreme}, {"Softmax", TestSoftmax}, {"Cells", TestCells}, {"Nearest", TestNearestOnDevice}, {"Assign", TestAssignOnDevice},
		{"Kernel", TestKernelOnDevice}, {"Histogram", TestHistogramOnDevice}, {"Floats", TestFloats},
	} {
		t.Run(c.name, c.f)
	}
	const n = 1 << 22
	took := func(e compute.Engine, f func(e compute.Engine, x, y, z compute.Buf)) time.Duration {
		x, y, z := e.New(n), e.New(n), e.New(n)
		e.Normal(x, 1)
		e.Normal(y, 2)
		best := time.Hour
		for range 5 {
			e.Sync()
			start := time.Now()
			for range 10 {
				f(e, x, y, z)
			}
			e.Sync()
			best = min(best, time.Since(start)/10)
		}
		return best
	}
	image := &compute.ConvShape{N: 16, C: 64, Out: 64, Groups: 1, In: [3]int{1, 32, 32}, Kernel: [3]int{1, 3, 3}, Stride: [3]int{1, 1, 1}, Dilation: [3]int{1, 1, 1},
		Before: [3]int{0, 1, 1}, Size: [3]int{1, 32, 32}}
	for _, c := range []struct {
		name string
		f    func(e compute.Engine, x, y, z compute.Buf)
	}{
		{"product of 1024 x 1024", func(e compute.Engine, x, y, z compute.Buf) {
			e.Gemm(false, false, 1024, 1024, 1024, 1, x, 1024, y, 1024, 0, z, 1024)
		}},
		{"GELU of 4 M", func(e compute.Engine, x, _, z compute.Buf) { e.Map(compute.Func{Kind: compute.GELU}, z, x) }},
		{"softmax of 4096 x 1024", func(e compute.Engine, x, _, z compute.Buf) { e.Softmax(z, x, 4096, 1024, false) }},
		{"sums down 4096 x 1024", func(e compute.Engine, x, _, z compute.Buf) { e.ColumnSums(z, x, 4096, 1024, false) }},
		{"convolution 3 x 3 of 64 channels", func(e compute.Engine, x, y, z compute.Buf) { e.Conv(image, z, x, y.Part(0, 9*64*64)) }},
		{"its gradient by weights", func(e compute.Engine, x, y, z compute.Buf) { e.ConvGradW(image, z.Part(0, 9*64*64), y, x, false) }},
		{"Adam on 1 M", func(e compute.Engine, x, y, z compute.Buf) {
			e.Update(compute.Adam, &compute.Rates{LR: 1e-3, Shrink: 1, Beta1: .9, Beta2: .999, Eps: 1e-8, Step: 1}, x.Part(0, 1<<20), y.Part(0, 1<<20), z.Part(0, 1<<20), z.Part(1<<20, 1<<21))
		}},
	} {
		host, device := took(compute.CPU32, c.f), took(e, c.f)
		t.Logf("%-34s host %10v, device %10v: %.2f times as fast", c.name, host, device, float64(host)/float64(device))
	}
	if err := e.Sync(); err != nil {
		t.Error(err)
	}
}
