//go:build cuda

package cuda

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"math"
	"runtime"
	"unsafe"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// engine is a device as a compute.Engine in float32. Operations return when they are queued; Get, SumSq and Sync wait. After a fault nothing is
// done any more. Its methods may be called from several goroutines.
type engine struct {
	*device
	heap    heap
	kernels map[string]*kernel
}

var _ compute.Engine = (*engine)(nil)

// openEngine opens the device of the libraries with these names and compiles the kernels for it.
func openEngine(driver, blas string) (*engine, error) {
	d, err := openDevice(driver, blas)
	if err != nil {
		return nil, err
	}
	e := &engine{device: d}
	e.heap.init(d)
	if e.kernels, err = loadKernels(d); err != nil {
		d.close()
		return nil, err
	}
	return e, nil
}

func (e *engine) Double() bool { return false }

func (e *engine) Sync() error { return e.sync() }

func (e *engine) New(n int) compute.Buf {
	b := e.room(n)
	e.Fill(b, 0)
	return b
}

// room is memory that holds anything.
func (e *engine) room(n int) compute.Buf {
	if n == 0 {
		return compute.Buf{}
	}
	return e.heap.take(n)
}

// free gives memory back before the collector finds out: b must be what room or New returned, and used no more.
func (e *engine) free(bs ...compute.Buf) {
	for _, b := range bs {
		if b.Len() > 0 {
			owner(b).release()
		}
	}
}

// owner is the record of what b is a part of.
func owner(b compute.Buf) *memory {
	if _, m := b.Address(); m != nil {
		if own, ok := m.Owner.(*memory); ok {
			return own
		}
	}
	panic("cuda: memory of another engine")
}

// use is the address of a Buf for an operation that is queued next; what the host has written is sent there before.
func (e *engine) use(b compute.Buf) unsafe.Pointer {
	if b.Len() == 0 {
		return nil
	}
	own := owner(b)
	if own.heap != &e.heap {
		panic("cuda: memory of another device")
	}
	own.send()
	p, _ := b.Address()
	return p
}

func (e *engine) Put(dst compute.Buf, src []float32) {
	n := min(dst.Len(), len(src))
	e.put(e.use(dst), src[:n])
	runtime.KeepAlive(dst)
}

func (e *engine) Get(dst []float32, src compute.Buf) {
	n := min(len(dst), src.Len())
	e.get(dst[:n], e.use(src))
	runtime.KeepAlive(src)
}

func (e *engine) PutWide(dst compute.Buf, src []float64) {
	x := make([]float32, min(dst.Len(), len(src)))
	for i := range x {
		x[i] = float32(src[i])
	}
	e.Put(dst, x)
}

func (e *engine) GetWide(dst []float64, src compute.Buf) {
	x := make([]float32, min(len(dst), src.Len()))
	e.Get(x, src)
	for i, v := range x {
		dst[i] = float64(v)
	}
}

func (e *engine) Fill(dst compute.Buf, v float64) {
	if p := e.use(dst); dst.Len() > 0 && !e.failed() {
		e.check("filling memory", C.gwFill(e.g, p, C.uint32_t(math.Float32bits(float32(v))), C.size_t(dst.Len())))
	}
	runtime.KeepAlive(dst)
}

func (e *engine) Copy(dst, src compute.Buf) {
	to, from := e.use(dst), e.use(src)
	if n := min(dst.Len(), src.Len()); n > 0 && !e.failed() {
		e.check("copying on the device", C.gwCopy(e.g, to, from, C.size_t(4*n)))
	}
	runtime.KeepAlive(dst)
	runtime.KeepAlive(src)
}

// Rows calls f once: operations share the device anyway.
func (e *engine) Rows(n, _ int, f func(lo, hi int)) {
	if n > 0 {
		f(0, n)
	}
}

// launch queues a kernel. Each of args is a compute.Buf, which stands for its address or, empty, for none, an int32, int64, uint64 or
// float32, as the kernel has it; others are faults of the program.
func (e *engine) launch(name string, blocks, threads, shared int, args ...any) {
	k := e.kernels[name]
	if k == nil {
		panic("cuda: no kernel is called " + name)
	}
	if len(args) != len(k.params) {
		panic(fmt.Sprintf("cuda: %s takes %d arguments, not %d", name, len(k.params), len(args)))
	}
	var words [maxArgs]uint64
	for i, a := range args {
		kind := byte('w')
		switch a := a.(type) {
		case compute.Buf:
			words[i] = uint64(uintptr(e.use(a)))
		case int64:
			words[i] = uint64(a)
		case uint64:
			words[i] = a
		case int32:
			words[i], kind = uint64(uint32(a)), 'h'
		case float32:
			words[i], kind = uint64(math.Float32bits(a)), 'f'
		default:
			panic(fmt.Sprintf("cuda: argument %d of %s is a %T", i, name, a))
		}
		if kind != k.params[i] {
			panic(fmt.Sprintf("cuda: argument %d of %s is a %T where the kernel has another width", i, name, a))
		}
	}
	if !e.failed() {
		e.check("the kernel "+name, C.gwLaunch(e.g, k.function, C.int(blocks), C.int(threads), C.int(shared), (*C.uint64_t)(&words[0]), C.int(len(args))))
	}
	runtime.KeepAlive(args) // what is released now serves operations that are queued later
}
