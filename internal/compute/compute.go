// Package compute is the seam between the mathematics of networks and the machine they run on: an Engine has memory (Buf)
// and some forty coarse operations on it, and nothing above it asks which engine runs. CPU32 and CPU64 compute in
// float32 and float64 with the kernels of internal/kern; the second is there to check gradients.
//
// Operations trust their callers: package nn has checked shapes before. A Buf is used as rows of numbers, row-major; an
// operation that can add to what is there takes add, so that gradients which arrive from several places need neither
// zeroing nor a second buffer. Results depend on the arguments and the CPU level alone, not on the number of cores, and
// on one core nothing allocates.
//
// Estimators that are no networks have a seam of their own, in whole blocks of work on the host's memory: an [Accelerator] is asked first, and what it
// declines runs on the host, as all of it does where none is registered. What reaches it is
//   - the nearest of at least 512 points by Euclidean distance and brute force (package near: k nearest neighbours and all that is made of them, such as local outlier factors
//     and graphs of neighbours), for all queries of a call. Candidates in single precision come back, and distances are measured in double: the answers are the host's to the bit;
//   - the nearest centres of dense rows (k-means by the algorithms Hamerly and Lloyd, mini-batches, their predictions), to the bit as well;
//   - kernel values for the Gaussian, polynomial, sigmoid and linear kernels, of several rows at once, in double: of dense rows in package kernel (support vector machines, kernel
//     ridge, Nystroem), and metrics.Kernels with what is made of it (kernel principal components, propagation of labels);
//   - metrics.Distances where they are Euclidean or their squares, in double;
//   - the squared distances of all rows that Gaussian processes fit with, if a kernel has one length for all columns, in double;
//   - histograms of boosted trees: columns of a byte, in nodes of data that do not fit in a core's cache. Sums are of whole numbers, so trees are the host's to the bit.
//
// What does not: other distances and indexes, points within a radius, sparse rows, k-means by bounds of Elkan and Yinyang, kernels of the user's, covariances themselves and all factorisations, columns of two bytes and lists of what is not zero, the search
// for splits and their rows, exact trees, and whatever is asked about one row.
package compute

import (
	"unsafe"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Float is what an engine computes in.
type Float = kern.Float

// Buf is a stretch of an engine's memory, counted in numbers. The zero Buf is empty.
type Buf struct {
	p unsafe.Pointer
	n int
	m *Memory // nil: float32 of the host
}

// Len is the number of elements.
func (b Buf) Len() int { return b.n }

// Part is elements lo to hi, sharing memory. It panics as slicing does.
func (b Buf) Part(lo, hi int) Buf {
	if lo < 0 || hi < lo || hi > b.n {
		panic("compute: part beyond the buffer")
	}
	if lo == hi {
		return Buf{m: b.m}
	}
	size := 4
	if b.wide() {
		size = 8
	}
	return Buf{p: unsafe.Add(b.p, lo*size), n: hi - lo, m: b.m}
}

func (b Buf) wide() bool { return b.m == hostWide }

// Of makes a Buf of a slice, sharing memory.
func Of[T Float](x []T) Buf {
	b := Buf{p: unsafe.Pointer(unsafe.SliceData(x)), n: len(x)}
	if unsafe.Sizeof(*new(T)) == 8 {
		b.m = hostWide
	}
	return b
}

// Floats is the Buf as a slice of the engine's width T, sharing memory. Where that is not the host's, the slice is what lies there once all
// operations that were asked for are done, and what is written to it reaches the engine when it is next handed that memory: until then
// the slice may be used.
func Floats[T Float](b Buf) []T {
	if b.n > 0 && b.wide() != (unsafe.Sizeof(*new(T)) == 8) {
		panic("compute: a buffer of another width")
	}
	p := b.p
	if b.m != nil && b.m.Host != nil && b.n > 0 {
		p = b.m.Host(b.p)
	}
	return unsafe.Slice((*T)(p), b.n)
}

// Memory is one allocation of an engine that does not compute in the host's memory. A Buf keeps it alive, so an engine can tell from it being
// collected that nobody needs the allocation.
type Memory struct {
	Owner any                                   // what the engine knows of it
	Host  func(p unsafe.Pointer) unsafe.Pointer // where on the host a copy of what lies at p is for now: see Floats
}

// hostWide marks float64 of the host.
var hostWide = &Memory{}

// At is a Buf of n numbers at p, an address of the engine that made m.
func At(p unsafe.Pointer, n int, m *Memory) Buf { return Buf{p, n, m} }

// Address is what At was given; m is nil for the host's memory in float32.
func (b Buf) Address() (p unsafe.Pointer, m *Memory) { return b.p, b.m }

// An Engine computes. The zero value of no method's argument means anything special unless it says so.
type Engine interface {
	// Double reports whether numbers are float64.
	Double() bool

	// Sync waits for all that was asked for. It returns the first fault of the engine, if there ever was one: nothing that was asked for since is
	// done, and what Get and SumSq give is NaN.
	Sync() error

	// New is zeroed memory for n numbers.
	New(n int) Buf
	// Put and Get copy between the host's memory and the engine's.
	Put(dst Buf, src []float32)
	Get(dst []float32, src Buf)
	// PutWide and GetWide do so in float64.
	PutWide(dst Buf, src []float64)
	GetWide(dst []float64, src Buf)
	// Fill sets every element.
	Fill(dst Buf, v float64)
	// Copy copies as many elements as dst has.
	Copy(dst, src Buf)
	// Move sets, or adds to, dst what lies in src, over an index space of any rank with a stride for each axis on both sides:
	// transposes, slices, concatenation, broadcasts (stride 0 in src) and sums (stride 0 in dst, with add).
	Move(shape []int, dst Buf, dstStride []int, src Buf, srcStride []int, add bool)

	// Rows calls f on ranges that together are 0 to n, several at once where rows of the given cost are worth it: operations on one
	// range must not touch what those on another write, nor their results depend on where ranges end, which the number of cores decides.
	Rows(n, nsPerRow int, f func(lo, hi int))

	// Gemm is c = alpha op(a) op(b) + beta c, see kern.Gemm; GemmBatch does so for operands steps apart.
	Gemm(transA, transB bool, m, n, k int, alpha float64, a Buf, lda int, b Buf, ldb int, beta float64, c Buf, ldc int)
	GemmBatch(batch int, transA, transB bool, m, n, k int, alpha float64, a Buf, lda, stepA int, b Buf, ldb, stepB int, beta float64, c Buf, ldc, stepC int)

	// Map sets dst to f of every element of x; the slots may be one.
	Map(f Func, dst, x Buf)
	// MapGrad sets, or adds to, dx what reaches x of a gradient dy at y = f(x).
	MapGrad(f Func, dx, dy, x, y Buf, add bool)
	// BiasMap adds a row to each of the rows of x and maps what comes out: y may be x.
	BiasMap(f Func, y, x, bias Buf, rows, cols int)
	// Axpby sets y to a x + b y; with b 0, y is not read.
	Axpby(a float64, x Buf, b float64, y Buf)
	// Binary combines x and y over an index space; a stride of 0 repeats.
	Binary(op Op, shape []int, dst, x Buf, xStride []int, y Buf, yStride []int)
	// Contract sets, or adds to, dst the products of x and y, summed where dst has stride 0.
	Contract(shape []int, dst Buf, dstStride []int, x Buf, xStride []int, y Buf, yStride []int, add bool)

	// ColumnSums sets, or adds to, dst the sums of the columns.
	ColumnSums(dst, x Buf, rows, cols int, add bool)
	// SumSq is the sum of squares: not finite if an element is not.
	SumSq(x Buf) float64
	// Extreme is the largest element along the middle of three axes, with its place there; ExtremeGrad sends gradients back.
	Extreme(dst, place, x Buf, outer, n, inner int)
	ExtremeGrad(dx, dy, place Buf, outer, n, inner int, add bool)

	// Softmax normalises the exponentials of each row; with log, it gives their logarithms.
	Softmax(dst, x Buf, rows, n int, log bool)
	SoftmaxGrad(dx, dy, y Buf, rows, n int, log, add bool)
	// Attention writes softmax(q kᵀ / √dim) of every head, over the first ends[n] keys of sequence n (ends empty: all; 0: zeros). Attended mixes values by such shares. AttendedGrad writes the gradients of the
	// shares and adds those of the values; AttentionGrad uses the former up and adds those of queries and keys. Empty gradients are left out.
	Attention(s *AttentionShape, shares, q, k, ends Buf)
	Attended(s *AttentionShape, y, shares, v Buf)
	AttendedGrad(s *AttentionShape, dshares, dv, dy, shares, v Buf)
	AttentionGrad(s *AttentionShape, dq, dk, dshares, shares, q, k Buf)
	// CrossEntropy is the loss of each row against its class (a number 0..n-1; ignored rows have a negative one), with
	// smoothing and a weight of each class (empty: 1), and the gradient of that in grad. See the loss for what they mean.
	CrossEntropy(loss, grad, logits, class, classWeight Buf, rows, n int, smoothing float64)

	// NormRows gives each row mean 0 (with centre) and mean square 1, up to eps; inv is one over its root a row.
	NormRows(dst, inv, x Buf, rows, n int, eps float64, centre bool)
	NormRowsGrad(dx, dy, y, inv Buf, rows, n int, centre, add bool)
	// NormColumns does so for columns, and gives their means and variances. room is for 3 cols numbers.
	NormColumns(dst, inv, mean, variance, x Buf, rows, cols int, eps float64)
	NormColumnsGrad(dx, dy, y, inv, room Buf, rows, cols int, add bool)

	// Gather copies row index[i] of a table of rows of width numbers to row i of dst; Scatter adds row i to row index[i].
	// An index that is no row of the table gives zeros and takes nothing.
	Gather(dst, table, index Buf, width int)
	Scatter(table, src, index Buf, width int)

	// DropMask fills dst with 1/keep with probability keep, and with 0; element i depends on key and i alone.
	DropMask(dst Buf, keep float64, key uint64)
	// Normal fills dst with normal numbers of deviation 1; element i depends on key and i alone.
	Normal(dst Buf, key uint64)

	// Conv, ConvGradX and ConvGradW are convolutions of channels-last images and what flows back.
	Conv(s *ConvShape, y, x, w Buf)
	ConvGradX(s *ConvShape, dx, dy, w Buf, add bool)
	ConvGradW(s *ConvShape, dw, dy, x Buf, add bool)
	// MaxPool and MeanPool reduce windows; MaxPoolGrad uses dy up.
	MaxPool(s *ConvShape, y, x Buf)
	MaxPoolGrad(s *ConvShape, dx, dy, y, x Buf, add bool)
	MeanPool(s *ConvShape, y, x Buf, countPadding bool)
	MeanPoolGrad(s *ConvShape, dx, dy Buf, countPadding, add bool)

	// LSTMCell and GRUCell are the elementwise part of one step in time: the four gates (input, forget, cell, output) or three
	// (reset, update, new), which begin step numbers apart, turn from sums into activations.
	LSTMCell(gates Buf, step int, c, h, tanhC, prevC Buf)
	// LSTMCellGrad turns dh and dc, what reaches h and c, into gradients of the gates and of the cell before; dc is overwritten.
	LSTMCellGrad(dgates, gates Buf, step int, dprevC, dh, dc, tanhC, prevC Buf)
	// hidden is the recurrent part of the new gate, which the reset gate scales.
	GRUCell(gates Buf, step int, hidden, h, prevH Buf)
	GRUCellGrad(dgates, gates Buf, step int, dhidden, dprevH, dh, hidden, prevH Buf)

	// Update moves weights against gradients by one of the rules, with up to two slots of state.
	Update(r Rule, p *Rates, w, g, m, v Buf)
}
