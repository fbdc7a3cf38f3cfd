//go:build cuda

package cuda

import (
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// heap hands out memory of a device and keeps what comes back for the next who asks for as much: all work is on one stream, so whoever gets it
// next comes after those who had it. The collector does not see how much memory its small records stand for, so it is called when
// much was taken since.
type heap struct {
	d      *device
	mu     sync.Mutex
	idle   map[int][]block // by size
	keep   bool            // what comes back; tests want to see it go
	counts counts
	since  int // bytes taken since the collector was called
}

// counts is what a heap has, in bytes but for blocks.
type counts struct {
	blocks int // in use
	used   int
	held   int // in use or idle, on the device
	onHost int // of the host's
}

// block is what the driver gave.
type block struct {
	p      unsafe.Pointer
	bytes  int
	onHost bool
}

// memory is a block in use. The Memory of a Buf holds on to it.
type memory struct {
	heap *heap
	*lease
	n    int
	home compute.Memory

	mu     sync.Mutex
	copied atomic.Bool
	host   []float32 // a copy that may have been written to, where copied
}

// lease is a block until it is given back, which is once.
type lease struct {
	block
	over atomic.Bool
}

const (
	leastBlock = 512
	// callAfter is how much memory is taken, at the least, before the collector is called to see what nobody needs.
	callAfter = 256 << 20
)

func (h *heap) init(d *device) { h.d, h.idle, h.keep = d, map[int][]block{}, true }

// sizeFor is so many bytes or up to an eighth more, so that there are few sizes.
func sizeFor(bytes int) int {
	if bytes <= leastBlock {
		return leastBlock
	}
	step := max(leastBlock, 1<<(bits.Len(uint(bytes-1))-4))
	return (bytes + step - 1) / step * step
}

// take is memory for n numbers.
func (h *heap) take(n int) compute.Buf {
	b := h.find(sizeFor(4 * n))
	m := &memory{heap: h, lease: &lease{block: b}, n: n}
	m.home = compute.Memory{Owner: m, Host: m.bring}
	if b.bytes > 0 {
		runtime.AddCleanup(m, h.giveBack, m.lease)
	}
	return compute.At(b.p, n, &m.home)
}

// find is a block of that many bytes: an idle one, a new one, one of the host's where the device has no more, and, once there was a fault, one
// of no use.
func (h *heap) find(size int) block {
	if h.d.failed() {
		return nowhere(size)
	}
	h.mu.Lock()
	if idle := h.idle[size]; len(idle) > 0 {
		b := idle[len(idle)-1]
		h.idle[size] = idle[:len(idle)-1]
		h.counts.blocks++
		h.counts.used += size
		h.mu.Unlock()
		return b
	}
	h.since += size
	call := h.since > max(callAfter, h.counts.used)
	if call {
		h.since = 0
	}
	h.mu.Unlock()
	if call {
		collect()
		h.trim()
	}
	p, code := h.d.alloc(false, size)
	for try := 0; code == outOfMemory && try < 3; try++ { // what the collector found comes back a little later
		collect()
		h.trim()
		p, code = h.d.alloc(false, size)
	}
	onHost := code == outOfMemory
	if onHost {
		p, code = h.d.alloc(true, size)
	}
	if !h.d.check("taking memory", code) {
		return nowhere(size)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts.blocks++
	h.counts.used += size
	if onHost {
		h.counts.onHost += size
	} else {
		h.counts.held += size
	}
	return block{p, size, onHost}
}

// nowhere is a block of a device that failed: memory of Go, so that its addresses can be counted with.
func nowhere(size int) block { return block{p: unsafe.Pointer(unsafe.SliceData(make([]byte, size)))} }

// release gives a block back before the collector does.
func (m *memory) release() { m.heap.giveBack(m.lease) }

func (h *heap) giveBack(l *lease) {
	if l.bytes == 0 || l.over.Swap(true) {
		return
	}
	h.mu.Lock()
	h.counts.blocks--
	h.counts.used -= l.bytes
	if h.keep && !l.onHost {
		h.idle[l.bytes] = append(h.idle[l.bytes], l.block)
		h.mu.Unlock()
		return
	}
	h.mu.Unlock()
	h.drop(l.block)
}

// trim gives idle blocks back to the driver, which waits for what is queued.
func (h *heap) trim() {
	h.mu.Lock()
	idle := h.idle
	h.idle = map[int][]block{}
	h.mu.Unlock()
	for _, blocks := range idle {
		for _, b := range blocks {
			h.drop(b)
		}
	}
}

func (h *heap) drop(b block) {
	if b.onHost { // freeing that does not wait for the device
		h.d.sync()
	}
	h.d.free(b.onHost, b.p)
	h.mu.Lock()
	defer h.mu.Unlock()
	if b.onHost {
		h.counts.onHost -= b.bytes
	} else {
		h.counts.held -= b.bytes
	}
}

// collect lets the collector find what nobody needs, and waits a little until it was given back.
func collect() {
	type mark struct{ at *int }
	done := make(chan struct{})
	runtime.AddCleanup(&mark{new(int)}, func(c chan struct{}) { close(c) }, done)
	runtime.GC()
	select {
	case <-done:
	case <-time.After(100 * time.Millisecond):
	}
	runtime.Gosched()
}

// bring is where a copy of what lies at p is on the host. It is sent back when an operation uses the memory next.
func (m *memory) bring(p unsafe.Pointer) unsafe.Pointer {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.bytes == 0 { // of a device that failed
		return p
	}
	if m.host == nil {
		host := make([]float32, m.n)
		m.heap.d.get(host, m.p)
		m.host = host
		m.copied.Store(true)
	}
	return unsafe.Add(unsafe.Pointer(unsafe.SliceData(m.host)), uintptr(p)-uintptr(m.p))
}

// send brings the device up to date with what the host has written.
func (m *memory) send() {
	if !m.copied.Load() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.host != nil {
		m.heap.d.put(m.p, m.host)
		m.host = nil
		m.copied.Store(false)
	}
}
