//go:build cuda

package cuda

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/compute"
	machines "github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/neighbors"
	"github.com/gopherwood-ml/ml/tensor"
)

// gap is the square of a distance, in double.
func gap(x, y []float32) float64 {
	sum := 0.0
	for j, v := range x {
		sum += float64(float64(v-y[j]) * float64(v-y[j]))
	}
	return sum
}

func uniform(r *rand.Rand, n int, lattice bool) []float32 {
	x := make([]float32, n)
	for i := range x {
		if x[i] = 2*r.Float32() - 1; lattice {
			x[i] = float32(math.Round(float64(x[i] * 2)))
		}
	}
	return x
}

// nearestTask checks what it is given.
type nearestTask struct {
	t               *testing.T
	queries, points []float32
	n, d, wanted    int
	answered        []int
	kept            compute.Kept
	host            [2]int
}

func (t *nearestTask) Dims() (int, int, int)             { return len(t.queries) / t.d, t.n, t.d }
func (t *nearestTask) Wanted() int                       { return t.wanted }
func (t *nearestTask) Points(dst []float32, lo, hi int)  { copy(dst, t.points[lo*t.d:hi*t.d]) }
func (t *nearestTask) Queries(dst []float32, lo, hi int) { copy(dst, t.queries[lo*t.d:hi*t.d]) }
func (t *nearestTask) Host(lo, hi int)                   { t.host = [2]int{lo, hi} }
func (t *nearestTask) Kept() *compute.Kept               { return &t.kept }
func (t *nearestTask) Take(first int, found []compute.Candidates) {
	gamma := float64(t.d+4) / (1 << 24) // what compute promises
	for i, c := range found {
		q := t.queries[(first+i)*t.d:][:t.d]
		t.answered = append(t.answered, first+i)
		listed := map[int32]bool{}
		for k, at := range c.Index {
			want := gap(q, t.points[int(at)*t.d:][:t.d])
			if got := float64(c.Squares[k]); math.Abs(got-want) > gamma*want || !(c.Squares[k] < c.Bound) || listed[at] {
				t.t.Fatalf("query %d, point %d: square %v below %v, want %v", first+i, at, got, c.Bound, want)
			}
			listed[at] = true
		}
		for at := range t.n {
			if want := gap(q, t.points[at*t.d:][:t.d]); want*(1+gamma) < float64(c.Bound) && !listed[int32(at)] {
				t.t.Fatalf("query %d: point %d at %v, below %v, is not listed", first+i, at, want, c.Bound)
			}
		}
		if len(c.Index) >= t.wanted && t.wanted < t.n || t.wanted == t.n && len(c.Index) != t.n {
			t.t.Fatalf("query %d: %d of %d listed, %d wanted", first+i, len(c.Index), t.n, t.wanted)
		}
	}
}

// Candidates are as promised, for all queries in turn, whatever the chunks.
func TestNearestOnDevice(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 18))
	for trial := range 24 {
		d, n, m := 1+r.IntN(40), 1+r.IntN(300), 1+r.IntN(90)
		if trial < 3 {
			d, n, m = []int{1, 16, 17}[trial], []int{1, 64, 65}[trial], []int{1, 64, 129}[trial]
		}
		task := &nearestTask{t: t, queries: uniform(r, m*d, trial%3 == 0), points: uniform(r, n*d, trial%3 == 0), n: n, d: d, wanted: []int{1, n, 1 + r.IntN(n)}[trial%3]}
		b := &blocks{e: testEngine(t), always: true, room: []int{0, max(n, d, 2*task.wanted) * 40}[trial%2]}
		for range 2 { // the second time with points that are there
			task.answered = nil
			if done := b.Nearest(task); done != m || len(task.answered) != m || !slices.IsSorted(task.answered) {
				t.Fatalf("%d x %d to %d: %d done, answered %v", m, d, n, done, task.answered)
			}
		}
	}
}

// assignTask keeps what it is given.
type assignTask struct {
	rows, centres []float32
	d             int
	at            []int32
	least, second []float32
	kept          compute.Kept
}

func (t *assignTask) Dims() (int, int, int)          { return len(t.rows) / t.d, len(t.centres) / t.d, t.d }
func (t *assignTask) Rows(dst []float32, lo, hi int) { copy(dst, t.rows[lo*t.d:hi*t.d]) }
func (t *assignTask) Centres() []float32             { return t.centres }
func (t *assignTask) Host()                          {}
func (t *assignTask) Kept() *compute.Kept            { return &t.kept }
func (t *assignTask) Take(at []int32, least, second []float32) {
	t.at, t.least, t.second = slices.Clone(at), slices.Clone(least), slices.Clone(second)
}

func TestAssignOnDevice(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 18))
	for trial := range 24 {
		d, n, k := 1+r.IntN(40), 1+r.IntN(300), 1+r.IntN(150)
		if trial < 3 {
			d, n, k = []int{1, 16, 17}[trial], []int{1, 64, 65}[trial], []int{1, 64, 129}[trial]
		}
		task := &assignTask{rows: uniform(r, n*d, trial%3 == 0), centres: uniform(r, k*d, trial%3 == 0), d: d}
		b := &blocks{e: testEngine(t), always: true}
		for range 2 {
			if !b.Assign(task) {
				t.Fatal("declined")
			}
			task.check(t, trial%3 == 0)
			task.centres = uniform(r, k*d, trial%3 == 0)
		}
	}
}

func (t *assignTask) check(test *testing.T, exact bool) {
	test.Helper()
	n, k, d := t.Dims()
	if exact { // whole numbers: squares have no rounding, and there are ties
		d = -4
	}
	gamma := float64(d+4) / (1 << 24)
	if d < 0 {
		d = t.d
	}
	for i := range n {
		squares := make([]float64, k)
		for c := range k {
			squares[c] = gap(t.rows[i*d:(i+1)*d], t.centres[c*d:(c+1)*d])
		}
		at := int(t.at[i])
		least := slices.Min(squares)
		others := append(slices.Delete(slices.Clone(squares), at, at+1), math.Inf(1))
		second := slices.Min(others)
		if math.Abs(float64(t.least[i])-squares[at]) > gamma*squares[at] || squares[at]*(1-gamma) > least*(1+gamma) || math.Abs(float64(t.second[i])-second) > gamma*second {
			test.Fatalf("row %d: centre %d, %v and %v, want %v and %v", i, at, t.least[i], t.second[i], least, second)
		}
		if exact && slices.Index(squares, least) != at {
			test.Fatalf("row %d: centre %d is not the first of equals", i, at)
		}
	}
}

// kernelTask is rows as they are.
type kernelTask struct {
	compute.KernelSpec
	kept compute.Kept
}

func (t *kernelTask) Spec() compute.KernelSpec                                        { return t.KernelSpec }
func (t *kernelTask) Left(dst, left []float64, m int)                                 { copy(dst, left[:m*t.Width]) }
func (t *kernelTask) Host(dst []float64, ldd int, left []float64, m int, _ []float64) {}
func (t *kernelTask) Kept() *compute.Kept                                             { return &t.kept }

// Kernel values are within 1e-13 of the largest of 1 and the value, and the condition of its power: sums of 40 products err by less than 1e-14 of sizes near 1.
func TestKernelOnDevice(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 18))
	for trial := range 40 {
		m, n, width := 1+r.IntN(90), 1+r.IntN(150), 1+r.IntN(40)
		task := &kernelTask{KernelSpec: compute.KernelSpec{Kind: compute.LinearKernel + compute.KernelKind(trial%5), Gaps: trial%5 == 4 || trial%3 == 0, Gamma: 0.3, Coef0: 0.5, Degree: 1 + trial%5, N: n, Width: width, Right: wide(r, n*width)}}
		left := wide(r, m*width)
		ldd := n + trial%3*5
		b := &blocks{e: testEngine(t), always: true, room: []int{0, max(n, width) * 2 * 20}[trial/4%2]}
		got := make([]float64, m*ldd)
		for i := range got {
			got[i] = -7
		}
		if !b.Kernel(task, got, ldd, left, m) {
			t.Fatal("declined")
		}
		for i := range m {
			for j := range ldd {
				if j >= n {
					if got[i*ldd+j] != -7 {
						t.Fatal("written beside the rows")
					}
					continue
				}
				s := 0.0
				for c := range width {
					x, y := left[i*width+c], task.Right[j*width+c]
					if task.Gaps {
						x -= y
						y = x
					}
					s += float64(x * y)
				}
				want := s
				switch task.Kind {
				case compute.PolynomialKernel:
					want = math.Pow(float64(0.3*s)+0.5, float64(task.Degree))
				case compute.SigmoidKernel:
					want = math.Tanh(float64(0.3*s) + 0.5)
				case compute.ExpKernel:
					want = math.Exp(0.3 * s)
				case compute.RootKernel:
					want = math.Sqrt(s)
				}
				if math.Abs(got[i*ldd+j]-want) > 1e-13*max(1, math.Abs(want)) {
					t.Fatalf("kind %d, %d x %d x %d: %v, want %v", task.Kind, m, n, width, got[i*ldd+j], want)
				}
			}
		}
	}
}

func wide(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 2*r.Float64() - 1
	}
	return x
}

// Exponentials over their whole range, where rows of one number are the exponents: within 4 units in the last place, and of the smallest number there is.
func TestExponentialsOnDevice(t *testing.T) {
	x := []float64{0, math.Copysign(0, -1), 1, -1, 1e-300, 709.7, 709.79, 710, 1e300, -700, -708.5, -730.3, -745.1, -746, -1e300, math.Inf(1), math.Inf(-1), math.NaN(), 0.34657, -0.34658}
	r := rand.New(rand.NewPCG(4, 18))
	for range 500 {
		x = append(x, 1400*r.Float64()-700)
	}
	task := &kernelTask{KernelSpec: compute.KernelSpec{Kind: compute.ExpKernel, Gamma: 1, N: 1, Width: 1, Right: []float64{1}}}
	got := make([]float64, len(x))
	if b := (&blocks{e: testEngine(t), always: true}); !b.Kernel(task, got, 1, x, len(x)) {
		t.Fatal("declined")
	}
	for i, v := range x {
		want := math.Exp(v)
		if !(math.Abs(got[i]-want) <= 4*0x1p-53*2*want+5e-324 || got[i] == want || got[i] != got[i] && want != want) {
			t.Errorf("exp(%v) is %v, want %v", v, got[i], want)
		}
	}
}

// histogramTask is plain arrays.
type histogramTask struct {
	codes         compute.CodeTable
	d             compute.Derivatives
	places        []int32
	kept, keptToo compute.Kept
}

func (t *histogramTask) Codes() compute.CodeTable         { return t.codes }
func (t *histogramTask) Derivatives() compute.Derivatives { return t.d }
func (t *histogramTask) Host(hist []int64, lo, hi int)    {}
func (t *histogramTask) Rest(hist []int64, lo, hi int)    {}
func (t *histogramTask) KeptCodes() *compute.Kept         { return &t.kept }
func (t *histogramTask) KeptValues() *compute.Kept        { return &t.keptToo }
func (t *histogramTask) Places(lo, hi int) []int32 {
	if t.places == nil {
		return nil
	}
	return t.places[lo:hi]
}

// Histograms are exact, whatever the rows, columns and forms of cells.
func TestHistogramOnDevice(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 18))
	for trial := range 24 {
		cols, rows := 4*(1+r.IntN(10)), 1+r.IntN(9000)
		task := &histogramTask{codes: compute.CodeTable{Codes: make([]uint8, rows*(cols+4*(trial%2))), Rows: rows, Cols: cols, Stride: cols + 4*(trial%2)},
			d: compute.Derivatives{Pairs: trial%3 == 0, CountBits: 14, HessBits: 24 * min(trial%3, 1) * (1 + trial%2) / 2, CountShift: 45, PackedRows: 8128}}
		for i := range task.codes.Codes {
			task.codes.Codes[i] = uint8(r.IntN(1 + trial*11))
		}
		for range rows {
			g, h := int64(r.IntN(1<<13)-1<<12), int64(r.IntN(1<<11))
			if task.d.HessBits == 0 && !task.d.Pairs {
				h = 0
			}
			if task.d.Pairs {
				task.d.Values = append(task.d.Values, g*1e6, h+1<<45)
			} else {
				task.d.Values = append(task.d.Values, g<<(14+task.d.HessBits)+min(h, 1<<max(0, task.d.HessBits-13)-1)<<14+1)
			}
		}
		if trial%4 > 1 {
			for i := range rows {
				if i%3 != 0 || rows < 3 {
					task.places = append(task.places, int32(i))
				}
			}
		}
		hi := rows
		if task.places != nil {
			hi = len(task.places)
		}
		lo := min(hi-1, r.IntN(5))
		want := make([]int64, cols*512)
		for i := lo; i < hi; i++ {
			row := i
			if task.places != nil {
				row = int(task.places[i])
			}
			first, second := task.cells(row)
			for c := range cols {
				code := int(task.codes.Codes[row*task.codes.Stride+c])
				want[c*512+code] += first
				want[c*512+256+code] += second
			}
		}
		b := &blocks{e: testEngine(t), always: true}
		for range 2 {
			got := make([]int64, len(want)+8)
			if !b.Histogram(task, got, lo, hi) {
				t.Fatal("declined")
			}
			if !slices.Equal(got[:len(want)], want) || slices.Max(got[len(want):]) != 0 {
				t.Fatalf("trial %d: %d x %d, pairs %v", trial, rows, cols, task.d.Pairs)
			}
		}
	}
}

func (t *histogramTask) cells(row int) (first, second int64) {
	if t.d.Pairs {
		return t.d.Values[2*row], t.d.Values[2*row+1]
	}
	v := t.d.Values[row]
	return v >> (t.d.CountBits + t.d.HessBits), v>>t.d.CountBits&(1<<t.d.HessBits-1) + v&(1<<t.d.CountBits-1)<<t.d.CountShift
}

// counting says how often the device answered.
type counting struct {
	*blocks
	answered int
}

func (c *counting) note(yes bool) bool {
	if yes {
		c.answered++
	}
	return yes
}
func (c *counting) Nearest(t compute.NearestTask) int {
	n := c.blocks.Nearest(t)
	c.note(n > 0)
	return n
}
func (c *counting) Assign(t compute.AssignTask) bool { return c.note(c.blocks.Assign(t)) }
func (c *counting) Kernel(t compute.KernelTask, dst []float64, ldd int, left []float64, m int) bool {
	return c.note(c.blocks.Kernel(t, dst, ldd, left, m))
}
func (c *counting) Squares(t compute.SquaresTask, dst []float64) bool {
	return c.note(c.blocks.Squares(t, dst))
}
func (c *counting) Histogram(t compute.HistogramTask, hist []int64, lo, hi int) bool {
	return c.note(c.blocks.Histogram(t, hist, lo, hi))
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
			c := &counting{blocks: &blocks{e: testEngine(t), always: true}}
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
			c := &counting{blocks: &blocks{}} // without a device, using one would panic
			compute.Accelerate(c)
			defer compute.Accelerate(nil)
			e.run()
			if c.answered > 0 {
				t.Error(fmt.Sprint("answered ", c.answered))
			}
		})
	}
}

// ownEngine is one that may break: what it took is gone when the test ends.
func ownEngine(t *testing.T) *engine {
	t.Helper()
	driver.Reset()
	e, err := openEngine(driver.Path, driver.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		driver.Reset()
		e.close()
	})
	return e
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
					device := ownEngine(t)
					switch how {
					case "asked":
						driver.Fail("", after, 700)
					case "works":
						driver.FailWork(after)
					default:
						driver.Capacity(after<<9, after<<8)
					}
					compute.Accelerate(&blocks{e: device, always: true})
					same(t, e.run(), want, e.tol)
					if how == "asked" && after < 5 && !device.failed() {
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
	device := ownEngine(t)
	for _, e := range estimators(t) {
		compute.Accelerate(&blocks{e: device, always: true})
		e.run()
	}
	compute.Accelerate(nil)
	for range 50 {
		collect()
		if device.heap.inUse() == 0 {
			return
		}
	}
	t.Errorf("%d blocks are still in use", device.heap.inUse())
}

func (h *heap) inUse() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts.blocks
}
