package compute

import "sync/atomic"

// An Accelerator does large blocks of estimators' work elsewhere than on the host's cores. It declines what it is not made for, what is too little
// for it, and what failed: then the host's own code runs as if there were none. It waits until its results are there.
type Accelerator interface {
	// Nearest answers the first queries of t and returns how many.
	Nearest(t NearestTask) int
	// Assign, Kernel, Squares and Histogram report whether they did all they were asked for; if not, nothing was handed to the task, and what was
	// to be written may hold anything.
	Assign(t AssignTask) bool
	Kernel(t KernelTask, dst []float64, ldd int, left []float64, m int) bool
	Squares(t SquaresTask, dst []float64) bool
	Histogram(t HistogramTask, hist []int64, lo, hi int) bool
}

var accelerator atomic.Pointer[Accelerator]

// Accelerate registers who is asked before the host computes; nil: nobody, as at the start.
func Accelerate(a Accelerator) {
	if a == nil {
		accelerator.Store(nil)
		return
	}
	accelerator.Store(&a)
}

// Accelerated says that an accelerator is asked.
func Accelerated() bool { return accelerator.Load() != nil }

// Kept is where an accelerator keeps its copy of numbers that a task computes with again and again. The zero Kept is empty. Whoever owns the
// numbers drops the copy when they change.
type Kept struct{ copy atomic.Pointer[any] }

// Load is what Store kept last, nil if that was dropped.
func (k *Kept) Load() any {
	if p := k.copy.Load(); p != nil {
		return *p
	}
	return nil
}

// Store keeps v.
func (k *Kept) Store(v any) { k.copy.Store(&v) }

// Drop forgets what was kept.
func (k *Kept) Drop() { k.copy.Store(nil) }

// A NearestTask looks for the nearest of many points for many queries. Numbers are in single precision, at most 1 or so.
type NearestTask interface {
	Dims() (queries, points, columns int)
	// Wanted is how many candidates for each query had best be found.
	Wanted() int
	// Points and Queries write rows lo to hi-1.
	Points(dst []float32, lo, hi int)
	Queries(dst []float32, lo, hi int)
	// Take answers some queries, from first on. found may be used again when it returns.
	Take(first int, found []Candidates)
	// Host answers queries lo to hi-1 on the host.
	Host(lo, hi int)
	// Kept is for the points.
	Kept() *Kept
}

// Candidates are all points whose squared distance from a query is below Bound, in any order, and these squares, whose relative error is at most
// (columns + 4) 2^-24.
type Candidates struct {
	Bound   float32
	Squares []float32
	Index   []int32
}

// Nearest answers all queries of t.
func Nearest(t NearestTask) {
	done := 0
	if a := accelerator.Load(); a != nil {
		done = (*a).Nearest(t)
	}
	if m, _, _ := t.Dims(); done < m {
		t.Host(done, m)
	}
}

// An AssignTask looks for the nearest of a few centres for many rows, in single precision as a NearestTask does.
type AssignTask interface {
	Dims() (rows, centres, columns int)
	// Rows writes rows lo to hi-1.
	Rows(dst []float32, lo, hi int)
	Centres() []float32
	// Take settles all rows, given the centre with the least square (the first of equals), its square, and the least of all others, +Inf if there are none.
	Take(at []int32, least, second []float32)
	// Host settles all rows on the host.
	Host()
	// Kept is for the rows; nil if they are looked at once.
	Kept() *Kept
}

// Assign settles the rows of t.
func Assign(t AssignTask) {
	if a := accelerator.Load(); a == nil || !(*a).Assign(t) {
		t.Host()
	}
}

// KernelKind says what values are made of inner products, or of squared distances.
type KernelKind uint8

const (
	OtherKernel      KernelKind = iota // nothing that follows from them
	LinearKernel                       // s itself
	PolynomialKernel                   // (Gamma s + Coef0)^Degree
	SigmoidKernel                      // tanh(Gamma s + Coef0)
	ExpKernel                          // exp(Gamma s)
	RootKernel                         // √s
)

// KernelSpec describes the columns of a kernel matrix, or of one of distances: N rows of Width numbers, one behind another in Right.
type KernelSpec struct {
	Kind         KernelKind
	Gaps         bool // s is the squared distance of two rows, not their inner product
	Gamma, Coef0 float64
	Degree       int
	N, Width     int
	Right        []float64
}

// A KernelTask makes rows of a kernel matrix.
type KernelTask interface {
	Spec() KernelSpec
	// Left writes what is multiplied with the columns in place of m rows of left, Width numbers each.
	Left(dst, left []float64, m int)
	// Host makes m rows on the host, in room that the caller lends.
	Host(dst []float64, ldd int, left []float64, m int, room []float64)
	// Kept is for Right; nil if it is looked at once.
	Kept() *Kept
}

// Kernel writes the values of m rows with all of t's to dst, whose rows are ldd apart. room is what t.Host wants.
func Kernel(t KernelTask, dst []float64, ldd int, left []float64, m int, room []float64) {
	if a := accelerator.Load(); a == nil || !(*a).Kernel(t, dst, ldd, left, m) {
		t.Host(dst, ldd, left, m, room)
	}
}

// A SquaresTask is about the squared distances of rows from each other.
type SquaresTask interface {
	// Columns are the rows' numbers, column by column.
	Columns() (x []float64, rows, columns int)
	// HostSquares writes the upper triangle of the squares, rows x rows, on the host.
	HostSquares(dst []float64)
}

// Squares writes the upper triangle of the squares of t to dst; what is below the diagonal may be anything.
func Squares(t SquaresTask, dst []float64) {
	if a := accelerator.Load(); a == nil || !(*a).Squares(t, dst) {
		t.HostSquares(dst)
	}
}

// CodeTable are the bins of columns as bytes, row-major: Cols bytes of each row, whose rows are Stride apart.
type CodeTable struct {
	Codes              []uint8
	Rows, Cols, Stride int
}

// Derivatives are what histograms add up: one packed cell a row, or pairs of cells (see kern.HistPacked, kern.HistPair). A packed cell holds a count of
// CountBits, a sum of HessBits and a signed sum, of which the first two are sure not to overflow in PackedRows rows.
type Derivatives struct {
	Values                                      []int64
	Pairs                                       bool
	CountBits, HessBits, CountShift, PackedRows int
}

// A HistogramTask counts rows into histograms of two blocks of 256 cells for each column.
type HistogramTask interface {
	Codes() CodeTable
	Derivatives() Derivatives
	// Places are the rows at places lo to hi-1; nil: the places are the rows.
	Places(lo, hi int) []int32
	// Host fills hist with the rows at places lo to hi-1 on the host.
	Host(hist []int64, lo, hi int)
	// Rest fills what lies behind the columns of the CodeTable.
	Rest(hist []int64, lo, hi int)
	// KeptCodes and KeptValues are for the codes and the values.
	KeptCodes() *Kept
	KeptValues() *Kept
}

// Histogram fills hist with the rows at places lo to hi-1. Sums are of whole numbers, the same wherever they are made.
func Histogram(t HistogramTask, hist []int64, lo, hi int) {
	if a := accelerator.Load(); a == nil || !(*a).Histogram(t, hist, lo, hi) {
		t.Host(hist, lo, hi)
		return
	}
	t.Rest(hist, lo, hi)
}
