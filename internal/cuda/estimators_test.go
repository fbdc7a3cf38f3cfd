//go:build cuda

package cuda_test // for the estimators import internal/cuda themselves

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/cuda"
	machines "github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// counting says how often the device answered.
type counting struct {
	*cuda.Blocks
	answered int
}

func (c *counting) note(yes bool) bool {
	if yes {
		c.answered++
	}
	return yes
}
func (c *counting) Nearest(t compute.NearestTask) int {
	n := c.Blocks.Nearest(t)
	c.note(n > 0)
	return n
}
func (c *counting) Assign(t compute.AssignTask) bool { return c.note(c.Blocks.Assign(t)) }
func (c *counting) Kernel(t compute.KernelTask, dst []float64, ldd int, left []float64, m int) bool {
	return c.note(c.Blocks.Kernel(t, dst, ldd, left, m))
}
func (c *counting) Squares(t compute.SquaresTask, dst []float64) bool {
	return c.note(c.Blocks.Squares(t, dst))
}
func (c *counting) Histogram(t compute.HistogramTask, hist []int64, lo, hi int) bool {
	return c.note(c.Blocks.Histogram(t, hist, lo, hi))
}

// blobs are rows about some centres, with the number of their centre and a number that depends on it smoothly.
func blobs(n, d, k int) (x *tensor.Tensor[float64], class []int, number []float64) {
	r := rand.New(rand.NewPCG(6, 18))
	x = tensor.New[float64](n, d)
	for i := range n {
		c := i % k
		sum := 0.0
		for j := range d {
			x.Row(i)[j] = float64((c*(j+3))%5) + r.NormFloat64()
			sum += math.Sin(x.Row(i)[j])
		}
		class, number = append(class, c), append(number, sum)
	}
	return x, class, number
}

// estimators answer by what reaches the device, and say how near the host's numbers theirs have to be.
func estimators(t *testing.T) map[string]struct {
	tol float64
	run func() []float64
} {
	x, class, number := blobs(900, 6, 4)
	classes, numbers := ml.Data[int](x, class), ml.Data[float64](x, number)
	few := tensor.FromSlice(x.Data()[:150*6], 150, 6)
	fewClasses, fewNumbers := ml.Data[int](few, class[:150]), ml.Data[float64](few, number[:150])
	ctx := t.Context()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	type row = struct {
		tol float64
		run func() []float64
	}
	return map[string]row{
		// Candidates of single precision are measured in double: the host's answers to the bit.
		"neighbors": {0, func() []float64 {
			m, err := neighbors.KNeighborsClassifier{Neighbors: 7, Algorithm: neighbors.Brute}.Fit(ctx, classes)
			must(err)
			p, err := m.PredictProba(x)
			must(err)
			return p.Data()
		}},
		"k-means": {0, func() []float64 {
			m, err := cluster.KMeans{K: 5, Seed: 3}.Fit(ctx, ml.Table{X: x})
			must(err)
			labels, err := m.Predict(x)
			must(err)
			out := slices.Clone(m.Centers.Data())
			for _, l := range labels {
				out = append(out, float64(l))
			}
			return out
		}},
		// Sums of whole numbers: the same trees.
		"boosting": {0, func() []float64 {
			m, err := ensemble.GradientBoostingRegressor{Trees: 5}.Fit(ctx, numbers)
			must(err)
			p, err := m.Predict(x)
			must(err)
			return p
		}},
		// Machines are solved to 1e-9, from values of other roundings.
		"machine": {1e-6, func() []float64 {
			m, err := machines.SVC{Kernel: metrics.RBF{Gamma: 0.2}, Tol: 1e-9}.Fit(ctx, fewClasses)
			must(err)
			p, err := m.PairScores(few)
			must(err)
			return p.Data()
		}},
		// The matrix has a condition of some thousands.
		"ridge": {1e-9, func() []float64 {
			m, err := machines.KernelRidge{Kernel: metrics.RBF{Gamma: 0.2}, Alpha: 0.1}.Fit(ctx, fewNumbers)
			must(err)
			p, err := m.Predict(few)
			must(err)
			return p
		}},
		// The search of parameters stops where the gradient is small.
		"process": {1e-4, func() []float64 {
			m, err := machines.GaussianProcessRegressor{Kernel: machines.Sum{A: machines.SquaredExponential{}, B: machines.White{}}}.Fit(ctx, fewNumbers)
			must(err)
			p, err := m.Predict(few)
			must(err)
			return p
		}},
	}
}

// Estimators say what they say without a device.
func TestEstimatorsOnDevice(t *testing.T) {
	for name, e := range estimators(t) {
		t.Run(name, func(t *testing.T) {
			want := e.run()
			c := &counting{Blocks: cuda.Eager(cuda.SharedEngine(t))}
			compute.Accelerate(c)
			defer compute.Accelerate(nil)
			got := e.run()
			if c.answered == 0 {
				t.Error("the device was not asked, or declined")
			}
			same(t, got, want, e.tol)
		})
	}
}

func same(t *testing.T, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	for i, v := range want {
		if math.Abs(got[i]-v) > tol*max(1, math.Abs(v)) {
			t.Fatalf("number %d is %v, want %v", i, got[i], v)
		}
	}
}

// What is too little is declined, and nothing of the device is used.
func TestLittleIsDeclined(t *testing.T) {
	for name, e := range estimators(t) {
		t.Run(name, func(t *testing.T) {
			c := &counting{Blocks: &cuda.Blocks{}} // without a device, using one would panic
			compute.Accelerate(c)
			defer compute.Accelerate(nil)
			e.run()
			if c.answered > 0 {
				t.Error(fmt.Sprint("answered ", c.answered))
			}
		})
	}
}

// Whenever the device breaks, as it is asked or as it works, estimators say what they say without one.
func TestEstimatorsWhenTheDeviceBreaks(t *testing.T) {
	for name, e := range estimators(t) {
		t.Run(name, func(t *testing.T) {
			want := e.run()
			defer compute.Accelerate(nil)
			afters := []int{0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 16, 21, 27, 40, 80}
			if testing.Short() {
				afters = []int{0, 3, 9}
			}
			for _, how := range []string{"asked", "works", "full"} {
				for _, after := range afters {
					device := cuda.OwnEngine(t)
					switch how {
					case "asked":
						cuda.Driver().Fail("", after, 700)
					case "works":
						cuda.Driver().FailWork(after)
					default:
						cuda.Driver().Capacity(after<<9, after<<8)
					}
					compute.Accelerate(cuda.Eager(device))
					same(t, e.run(), want, e.tol)
					if how == "asked" && after < 5 && device.Sync() == nil {
						t.Errorf("there was no fault after %d calls", after)
					}
				}
			}
		})
	}
}

// What estimators had on the device is given back once they are done.
func TestEstimatorsLeaveNothing(t *testing.T) {
	defer compute.Accelerate(nil)
	device := cuda.OwnEngine(t)
	for _, e := range estimators(t) {
		compute.Accelerate(cuda.Eager(device))
		e.run()
	}
	compute.Accelerate(nil)
	for range 50 {
		runtime.GC()
		time.Sleep(time.Millisecond)
		if cuda.BlocksInUse(device) == 0 {
			return
		}
	}
	t.Errorf("%d blocks are still in use", cuda.BlocksInUse(device))
}
