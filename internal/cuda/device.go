//go:build cuda

package cuda

/*
#cgo CFLAGS: -O2 -Wall
#cgo LDFLAGS: -ldl -lpthread
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"math"
	"sync/atomic"
	"unsafe"
)

// A Fault is what ended the work of a device.
type Fault struct {
	Call string // of the driver or of cuBLAS, as far as it is known
	Code int    // theirs
	Name string // of the code
	Log  string // of the compiler of kernels
}

// Error renders one line.
func (f *Fault) Error() string {
	s := "cuda: " + f.Call
	if f.Name != "" {
		s += " gives " + f.Name
	}
	if f.Log != "" {
		s += ": " + f.Log
	}
	return s
}

// OutOfMemory reports whether neither the device nor the host had memory left.
func (f *Fault) OutOfMemory() bool { return f.Code == C.gwOutOfMemory }

// device is the first device with one stream, on which all happens in the order in which it was asked for.
type device struct {
	g            *C.gw
	name         string
	major, minor int
	memory       int // bytes
	fault        atomic.Pointer[Fault]
}

// openDevice opens libraries of the given names, or the usual ones.
func openDevice(driver, blas string) (*device, error) {
	cd, cb := C.CString(driver), C.CString(blas)
	defer C.free(unsafe.Pointer(cd))
	defer C.free(unsafe.Pointer(cb))
	var r C.gwReport
	g := C.gwOpen(cd, cb, &r)
	if g == nil {
		f := &Fault{Call: C.GoString(&r.what[0]), Code: int(r.code)}
		if f.Code != 0 {
			f.Name = fmt.Sprintf("error %d", f.Code&(C.gwBlas-1))
		}
		return nil, f
	}
	return &device{g: g, name: C.GoString(&r.device[0]), major: int(r.major), minor: int(r.minor), memory: int(r.memory)}, nil
}

func (d *device) close() {
	C.gwClose(d.g)
	d.g = nil
}

// check keeps the first fault.
func (d *device) check(call string, code C.int) bool {
	if code != 0 {
		d.fault.CompareAndSwap(nil, d.faultOf(call, code))
	}
	return code == 0
}

func (d *device) faultOf(call string, code C.int) *Fault {
	var name [100]C.char
	C.gwName(d.g, code, &name[0], C.size_t(len(name)))
	return &Fault{Call: call, Code: int(code), Name: C.GoString(&name[0])}
}

// failed reports whether there was a fault: nothing is done from then on.
func (d *device) failed() bool { return d.fault.Load() != nil }

func (d *device) err() error {
	if f := d.fault.Load(); f != nil {
		return f
	}
	return nil
}

func (d *device) sync() error {
	if !d.failed() {
		d.check("waiting for the device", C.gwSync(d.g))
	}
	return d.err()
}

// load compiles a module and finds its kernels.
func (d *device) load(ptx string, names []string) (map[string]unsafe.Pointer, error) {
	text := C.CString(ptx)
	defer C.free(unsafe.Pointer(text))
	var module unsafe.Pointer
	r := (*C.gwReport)(C.calloc(1, C.sizeof_gwReport))
	defer C.free(unsafe.Pointer(r))
	if code := C.gwLoad(d.g, text, &module, r); code != 0 {
		f := d.faultOf("loading kernels", code)
		f.Log = C.GoString(&r.log[0])
		return nil, f
	}
	found := map[string]unsafe.Pointer{}
	for _, name := range names {
		c := C.CString(name)
		var function unsafe.Pointer
		code := C.gwFind(d.g, module, c, &function)
		C.free(unsafe.Pointer(c))
		if code != 0 {
			return nil, d.faultOf("looking for the kernel "+name, code)
		}
		found[name] = function
	}
	return found, nil
}

// alloc is memory of the device, or of the host where the device sees it; nil and an error that is not kept yet if there is none.
func (d *device) alloc(onHost bool, bytes int) (unsafe.Pointer, C.int) {
	var p unsafe.Pointer
	code := C.gwAlloc(d.g, cBool(onHost), C.size_t(bytes), &p)
	return p, code
}

func (d *device) free(onHost bool, p unsafe.Pointer) {
	d.check("freeing memory", C.gwFree(d.g, cBool(onHost), p))
}

func cBool(yes bool) C.int {
	if yes {
		return 1
	}
	return 0
}

const outOfMemory C.int = C.gwOutOfMemory

// put has read src when it returns.
func (d *device) put(p unsafe.Pointer, src []float32) {
	if len(src) > 0 && !d.failed() {
		d.check("copying to the device", C.gwPut(d.g, p, unsafe.Pointer(&src[0]), C.size_t(4*len(src))))
	}
}

// get waits for all that is queued. It gives NaN once there was a fault.
func (d *device) get(dst []float32, p unsafe.Pointer) {
	if len(dst) > 0 && !d.failed() {
		d.check("copying from the device", C.gwGet(d.g, unsafe.Pointer(&dst[0]), p, C.size_t(4*len(dst))))
	}
	if d.failed() {
		for i := range dst {
			dst[i] = float32(math.NaN())
		}
	}
}
