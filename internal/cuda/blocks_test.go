//go:build cuda

package cuda

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute"
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

// squaresTask is columns as they are.
type squaresTask struct {
	x    []float64
	n, p int
}

func (t squaresTask) Columns() ([]float64, int, int) { return t.x, t.n, t.p }
func (t squaresTask) HostSquares([]float64)          {}

// Sums of up to 40 squares, none below zero, err by less than 1e-14 of themselves: 43 roundings of 1.2e-16.
func TestSquaresOnDevice(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 18))
	for trial := range 20 {
		n, p := 1+r.IntN(150), 1+r.IntN(40)
		task := squaresTask{wide(r, n*p), n, p}
		got := make([]float64, n*n)
		if b := (&blocks{e: testEngine(t), always: true}); !b.Squares(task, got) {
			t.Fatal("declined")
		}
		for i := range n {
			for j := i; j < n; j++ {
				want := 0.0
				for c := range p {
					d := task.x[c*n+i] - task.x[c*n+j]
					want += float64(d * d)
				}
				if !(math.Abs(got[i*n+j]-want) <= 1e-14*want) {
					t.Fatalf("trial %d: rows %d and %d of %d: %v, want %v", trial, i, j, n, got[i*n+j], want)
				}
			}
		}
	}
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
