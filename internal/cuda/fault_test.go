//go:build cuda

package cuda

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/cuda/fake"
)

// fresh is an engine of the test's own, beside those of others.
func fresh(t *testing.T) *engine {
	t.Helper()
	driver.Reset()
	e, err := openEngine(driver.Path, driver.Path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(driver.Reset)
	return e
}

// shut closes an engine whose memory nobody needs any more, and says what there was when there was nothing of it.
func shut(t *testing.T, e *engine, before fake.Left) {
	t.Helper()
	for range 100 {
		collect()
		e.heap.mu.Lock()
		n := e.heap.counts.blocks
		e.heap.mu.Unlock()
		if n == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	e.heap.trim()
	if c := e.heap.counts; c != (counts{}) {
		t.Errorf("the heap still has %+v", c)
	}
	e.close()
	if left := driver.Left(); left != before {
		t.Errorf("left: %+v, before: %+v", left, before)
	}
}

// work calls a bit of everything, and gives numbers that are known.
func work(e *engine) ([]float32, error) {
	const n = 3000
	x, y := e.New(n), e.New(n)
	in := make([]float32, n)
	for i := range in {
		in[i] = float32(i % 7)
	}
	e.Put(x, in)
	e.Fill(y, 1)
	e.Axpby(2, x, 1, y)
	e.Gemm(false, false, 30, 30, 30, 1, x, 30, y, 30, 0, y.Part(1000, 1900), 30)
	e.GemmBatch(2, false, true, 10, 10, 10, 1, x, 10, 100, x, 10, 100, 0, y.Part(2000, 2200), 10, 100)
	e.Copy(y.Part(2400, 2500), x)
	host := compute.Floats[float32](y) // and what the host writes
	host[0] = 17
	sum := e.SumSq(y)
	out := make([]float32, n+1)
	e.Get(out, y)
	out[n] = float32(sum)
	e.free(x, y)
	return out, e.Sync()
}

func TestNothingIsLeft(t *testing.T) {
	testEngine(t)
	before := driver.Left()
	e := fresh(t)
	want, err := work(e)
	if err != nil || want[0] != 17 || want[1] != 3 || want[2400] != 0 || want[2401] != 1 {
		t.Fatal(want[:3], err)
	}
	for range 50 { // without giving back: the collector finds out
		waste(e, 1000)
	}
	shut(t, e, before)
}

// Each call of the driver fails once: that is seen by the next Sync, typed, and for good; nothing hangs, and all is given back.
func TestEveryCallFails(t *testing.T) {
	testEngine(t)
	before := driver.Left()
	e := fresh(t)
	right, err := work(e)
	if err != nil {
		t.Fatal(err)
	}
	shut(t, e, before)
	driver.Reset()
	e, err = openEngine(driver.Path, driver.Path)
	if err != nil {
		t.Fatal(err)
	}
	opening := driver.Calls()
	if _, err := work(e); err != nil {
		t.Fatal(err)
	}
	all := driver.Calls()
	shut(t, e, before)
	if opening < 30 || all-opening < 20 {
		t.Fatalf("%d and %d calls", opening, all-opening)
	}
	for at := range all {
		driver.Reset()
		driver.Fail("", at, 1)
		e, err := openEngine(driver.Path, driver.Path)
		var f *Fault
		if at < opening {
			if err == nil || !errors.As(err, &f) || f.Call == "" {
				t.Errorf("call %d of opening fails: %v", at, err)
			}
			if left := driver.Left(); left != before {
				t.Fatalf("call %d of opening fails: left %+v", at, left)
			}
			continue
		}
		if err != nil {
			t.Fatalf("before call %d: %v", at, err)
		}
		out, err := work(e)
		if err == nil { // the call was about memory that was given back after the last Sync, or was the Sync of a bystander
			if err = e.Sync(); err == nil && !slices.Equal(out, right) {
				t.Errorf("call %d fails: nobody says so, and numbers are wrong", at)
			}
		} else {
			if !errors.As(err, &f) {
				t.Errorf("call %d fails: %v is a %T", at, err, err)
			}
			if v := out[len(out)-1]; v == v && v != right[len(right)-1] {
				t.Errorf("call %d fails: the sum is %v", at, v)
			}
			if again := e.Sync(); again != err {
				t.Errorf("call %d fails: %v, then %v", at, err, again)
			}
			e.Put(e.New(3), []float32{1, 2, 3}) // does nothing
			got := []float32{0}
			e.Get(got, e.New(1))
			if !math.IsNaN(float64(got[0])) {
				t.Errorf("call %d fails: then numbers are %v", at, got)
			}
		}
		driver.Reset() // the device has failed, the memory is given back all the same
		shut(t, e, before)
	}
}

// Work that fails while it is done, as one that touches what is not there, is seen when somebody waits.
func TestWorkFailsLate(t *testing.T) {
	testEngine(t)
	before := driver.Left()
	for at := range 12 {
		e := fresh(t)
		driver.FailWork(at)
		_, err := work(e)
		var f *Fault
		if !errors.As(err, &f) || !strings.Contains(err.Error(), "LAUNCH_FAILED") {
			t.Errorf("piece %d fails: %v", at, err)
		}
		driver.Reset()
		shut(t, e, before)
	}
}

func TestOutOfMemory(t *testing.T) {
	testEngine(t)
	before := driver.Left()
	e := fresh(t)
	driver.Capacity(1<<30, 1<<30)
	a := e.New(1000)
	driver.Capacity(0, 1<<30) // the device is full: memory of the host serves
	b := e.New(2000)
	if e.heap.counts.onHost == 0 {
		t.Error("memory of a full device is not the host's")
	}
	e.Fill(a, 2)
	e.Copy(b.Part(0, 1000), a)
	e.Axpby(1, a, 1, b.Part(0, 1000))
	got := make([]float32, 2000)
	e.Get(got, b)
	if err := e.Sync(); err != nil || got[0] != 4 || got[1999] != 0 {
		t.Errorf("%v %v %v", got[0], got[1999], err)
	}
	e.free(b)
	if e.heap.counts.onHost != 0 {
		t.Error("memory of the host is kept")
	}
	driver.Capacity(0, 0)
	c := e.New(5000)
	var f *Fault
	if err := e.Sync(); !errors.As(err, &f) || !f.OutOfMemory() {
		t.Errorf("no memory at all: %v", err)
	}
	e.Axpby(1, a, 1, c.Part(100, 1100))
	runtime.KeepAlive(c)
	shut(t, e, before)
}

//go:noinline
func waste(e *engine, n int) { e.Fill(e.New(n), 1) }

// What nobody needs any more makes room before the host's memory has to serve.
func TestGarbageMakesRoom(t *testing.T) {
	testEngine(t)
	before := driver.Left()
	e := fresh(t)
	waste(e, 1<<20)
	driver.Capacity(2<<20, 0)
	b := e.New(1<<20 + 1<<18)
	if err := e.Sync(); err != nil {
		t.Error(err)
	}
	e.free(b)
	shut(t, e, before)
}

// Nothing is done before somebody waits, in the order in which it was asked for.
func TestWorkIsQueued(t *testing.T) {
	testEngine(t)
	e := fresh(t)
	driver.Journal(true)
	x := e.New(10)
	src := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	e.Put(x, src)
	clear(src) // it has been read
	e.Axpby(1, x, 1, x)
	if n := driver.Waiting(); n != 3 {
		t.Errorf("%d pieces of work wait", n)
	}
	got := make([]float32, 10)
	e.Get(got, x)
	if driver.Waiting() != 0 || got[9] != 20 {
		t.Error(driver.Waiting(), got)
	}
	want := []string{"cuMemsetD32Async", "cuEventSynchronize", "cuMemcpyHtoDAsync_v2", "cuEventRecord", "cuLaunchKernel", "cuMemcpyDtoHAsync_v2", "cuStreamSynchronize"}
	var calls []string
	for _, c := range driver.Read() {
		if c != "cuCtxSetCurrent" && c != "cuMemAlloc_v2" {
			calls = append(calls, c)
		}
	}
	if !slices.Equal(calls, want) {
		t.Errorf("calls %v, not %v", calls, want)
	}
	large := make([]float32, 3<<20) // more than all pieces that copies go through
	for i := range large {
		large[i] = float32(i)
	}
	y := e.New(len(large))
	e.Put(y, large)
	back := make([]float32, len(large))
	e.Get(back, y)
	if !slices.Equal(large, back) {
		t.Error("a large copy is another one")
	}
	e.free(x, y)
}

// A slice of the engine's memory is a copy that goes back with the next operation.
func TestFloats(t *testing.T) {
	e := testEngine(t)
	x := e.New(8)
	e.Fill(x, 3)
	part := compute.Floats[float32](x.Part(2, 4))
	if len(part) != 2 || part[0] != 3 {
		t.Fatal(part)
	}
	part[1] = 5
	if whole := compute.Floats[float32](x); whole[3] != 5 {
		t.Error("two slices of the same memory differ:", whole)
	}
	e.Axpby(2, x, 0, x)
	if got := compute.Floats[float32](x); got[3] != 10 || got[2] != 6 {
		t.Error(got)
	}
	wide := []float64{1, 2, 3}
	e.PutWide(x.Part(0, 3), wide)
	e.GetWide(wide, x.Part(1, 4))
	if !slices.Equal(wide, []float64{2, 3, 10}) {
		t.Error(wide)
	}
}

func TestLibrariesAndDevices(t *testing.T) {
	driver.Reset()
	for _, c := range []struct{ driver, blas, variable, value, want string }{
		{"/nowhere/libcuda.so.1", "", "", "", "/nowhere/libcuda.so.1"},
		{driver.Path, "/nowhere/libcublas.so", "", "", "/nowhere/libcublas.so"},
		{"libc.so.6", "", "", "", "without cuInit"},
		{driver.Path, "libc.so.6", "", "", "without cublasCreate"},
	} {
		if _, err := openEngine(c.driver, c.blas); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// Faults of the program that launches are not the device's.
func TestLaunchChecksArguments(t *testing.T) {
	e := testEngine(t)
	x := e.New(4)
	for name, args := range map[string][]any{
		"no such kernel": {},
		"axpby":          {float32(1), x, float32(1), x},
		"map":            {x, x, int32(4), int32(0), float32(0), float32(0)},
		"bias_map":       {x, x, x, int64(4), float32(4), int32(0), float32(0), float32(0)},
		"drop_mask":      {x, 4, uint64(1), float32(1), uint64(2)},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s takes %v", name, args)
				}
			}()
			e.launch(name, 1, 32, 0, args...)
		}()
	}
	defer func() {
		if recover() == nil {
			t.Error("memory of the host is taken")
		}
	}()
	e.Fill(compute.CPU32.New(3), 1)
}
