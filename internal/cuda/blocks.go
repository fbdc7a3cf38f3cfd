//go:build cuda

package cuda

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// blocks is the device as a compute.Accelerator. It does one block of work at a time.
type blocks struct {
	mu     sync.Mutex
	e      *engine
	room   int  // words that results of one launch may take; 0: roomWords
	always bool // for tests: nothing is too small
}

var _ compute.Accelerator = (*blocks)(nil)

// What a block is weighed by, a second. They are guesses at a plain card beside a core of a server, on the side of the host: none has been measured on a device.
const (
	hostSingle   = 4e10 // multiplications and additions in single precision, of a core
	hostDouble   = 1e10 // and in double
	hostCells    = 1e9  // updates of histograms
	deviceSingle = 2e12
	deviceDouble = 1e11
	deviceCells  = 1e10
	linkBytes    = 5e9  // between host and device
	startSeconds = 1e-4 // of a block's launches and copies
	worthTimes   = 2    // how many times as fast the device has to look
	roomWords    = 1 << 26
	tileThreads  = 256 // of a block of distance.cu and histogram.cu
	tileRows     = 64
)

// worth reports whether so much work, which the host and the device do at these rates, is for the device, if so many bytes have to be moved.
func (b *blocks) worth(work, host, device, bytes float64) bool {
	return (b.always || work/host/float64(runtime.GOMAXPROCS(0)) > worthTimes*(startSeconds+work/device+bytes/linkBytes)) && b.ready()
}

// ready opens the device when there is something for it to do.
func (b *blocks) ready() bool {
	if b.e == nil {
		b.e, _ = opened() // compute.Serving says why there is none
	}
	return b.e != nil && !b.e.failed()
}

// fine reports whether the device did what it was asked for; if not, copies on it are of no use any more.
func (b *blocks) fine(kept ...*compute.Kept) bool {
	if b.e.err() == nil {
		return true
	}
	for _, k := range kept {
		if k != nil {
			k.Drop()
		}
	}
	return false
}

// most is how many words results of one launch may take.
func (b *blocks) most() int {
	if b.room > 0 {
		return b.room
	}
	return roomWords
}

// words is memory as the engine copies it. Sizes are multiples of four bytes.
func words[T any](x []T) []float32 {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0]))/4)
}

// resident is a copy on the device of what an estimator keeps.
type resident struct {
	e   *engine
	buf compute.Buf
}

// held is the copy that k has, if it is on this device.
func (b *blocks) held(k *compute.Kept) (compute.Buf, bool) {
	if k != nil {
		if r, ok := k.Load().(*resident); ok && r.e == b.e {
			return r.buf, true
		}
	}
	return compute.Buf{}, false
}

// hold finds the copy that k has, or makes one of so many words, for k to keep if there is one. done gives back what nobody keeps.
func (b *blocks) hold(k *compute.Kept, n int, fill func(dst compute.Buf)) (copied compute.Buf, done func()) {
	if buf, ok := b.held(k); ok {
		return buf, func() {}
	}
	buf := b.e.room(n)
	fill(buf)
	if k == nil {
		return buf, func() { b.e.free(buf) }
	}
	k.Store(&resident{b.e, buf})
	return buf, func() {}
}

// get copies as many words as dst has.
func (b *blocks) get(dst []float32, src compute.Buf) { b.e.Get(dst, src.Part(0, len(dst))) }

// someWords is how many words are made for one copy to the device.
const someWords = 1 << 22

// rowsTo copies n rows of d numbers, which write makes, to the device.
func (b *blocks) rowsTo(dst compute.Buf, n, d int, write func(dst []float32, lo, hi int)) {
	step := max(1, min(n, someWords/d))
	buf := make([]float32, step*d)
	for lo := 0; lo < n; lo += step {
		hi := min(lo+step, n)
		write(buf[:(hi-lo)*d], lo, hi)
		b.e.Put(dst.Part(lo*d, hi*d), buf[:(hi-lo)*d])
	}
}

// tilesFor is how many blocks work on a matrix by tiles.
func tilesFor(rows, cols int) int {
	return min(((rows+tileRows-1)/tileRows)*((cols+tileRows-1)/tileRows), 1<<14)
}
