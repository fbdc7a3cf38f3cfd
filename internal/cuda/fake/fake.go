//go:build cuda

// Package fake builds and steers a library that stands for the CUDA driver and cuBLAS in tests, on machines without a GPU: see testdata/driver.cpp of internal/cuda.
package fake

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

static void *library;
static const char *open_library(const char *path) {
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	return library ? NULL : dlerror();
}
#define CALL(type, name) ((type)dlsym(library, name))
static void reset(void) { CALL(void (*)(void), "fake_reset")(); }
static void fail(const char *call, int after, int code) { CALL(void (*)(const char *, int, int), "fake_fail")(call, after, code); }
static void fail_work(int after) { CALL(void (*)(int), "fake_fail_work")(after); }
static void capacity(size_t device, size_t host) { CALL(void (*)(size_t, size_t), "fake_capacity")(device, host); }
static int calls(void) { return CALL(int (*)(void), "fake_calls")(); }
static int waiting(void) { return CALL(int (*)(void), "fake_waiting")(); }
static void journal(int on) { CALL(void (*)(int), "fake_journal")(on); }
static const char *read_journal(void) { return CALL(const char *(*)(void), "fake_read_journal")(); }
static int left(int *parts) { return CALL(int (*)(int *), "fake_left")(parts); }
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unsafe"
)

// Driver is the library. Its zero value is of no use: see Build.
type Driver struct {
	Path string
}

// Build compiles the library from the folder of internal/cuda into dir and opens it.
func Build(folder, dir string) (*Driver, error) {
	sources, err := filepath.Glob(filepath.Join(folder, "kernels", "*.cu"))
	if err != nil || len(sources) == 0 {
		return nil, fmt.Errorf("no kernels in %s: %v", folder, err)
	}
	sources = append(sources, filepath.Join(folder, "testdata", "driver.cpp"))
	flags := []string{"-std=c++17", "-O1", "-g", "-fPIC", "-ffp-contract=off", "-DEMU", "-I" + filepath.Join(folder, "kernels"), "-x", "c++", "-c"}
	var all sync.WaitGroup
	objects, failed := make([]string, len(sources)), make([]error, len(sources))
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, source := range sources {
		objects[i] = filepath.Join(dir, filepath.Base(source)+".o")
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			failed[i] = run(append(flags, source, "-o", objects[i])...)
		})
	}
	all.Wait()
	d := &Driver{Path: filepath.Join(dir, "libfake.so")}
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	if err := run(append([]string{"-shared", "-o", d.Path}, objects...)...); err != nil {
		return nil, err
	}
	c := C.CString(d.Path)
	defer C.free(unsafe.Pointer(c))
	if message := C.open_library(c); message != nil {
		return nil, errors.New(C.GoString(message))
	}
	C.reset()
	return d, nil
}

func run(args ...string) error {
	cmd := exec.Command("g++", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("g++ %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// Reset forgets faults, limits and what was counted, but not what was taken.
func (*Driver) Reset() { C.reset() }

// Fail makes a call fail with a code, once so many calls of it have gone well; "" is any call.
func (*Driver) Fail(call string, after, code int) {
	c := C.CString(call)
	defer C.free(unsafe.Pointer(c))
	C.fail(c, C.int(after), C.int(code))
}

// FailWork makes the device fail while it does what was queued, after so many pieces of work.
func (*Driver) FailWork(after int) { C.fail_work(C.int(after)) }

// Capacity is how many bytes more there are on the device, and of the host's memory that the device sees.
func (*Driver) Capacity(device, host int) { C.capacity(C.size_t(device), C.size_t(host)) }

// Calls is how many calls there were.
func (*Driver) Calls() int { return int(C.calls()) }

// Waiting is how many pieces of work are queued.
func (*Driver) Waiting() int { return int(C.waiting()) }

// Journal starts to write down calls; Read gives them.
func (*Driver) Journal(on bool) {
	if on {
		C.journal(1)
	} else {
		C.journal(0)
	}
}

// Read is the calls since Journal.
func (*Driver) Read() []string { return strings.Fields(C.GoString(C.read_journal())) }

// Left is what was taken and not given back.
type Left struct{ Device, Host, Streams, Events, Modules, Contexts, Handles int }

// Left counts.
func (*Driver) Left() Left {
	var n [7]C.int
	C.left(&n[0])
	return Left{int(n[0]), int(n[1]), int(n[2]), int(n[3]), int(n[4]), int(n[5]), int(n[6])}
}
