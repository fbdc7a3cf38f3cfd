//go:build latency && linux

package ensemble_test

import (
	"context"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/par"
)

// While a model trains on one core, answers of another one, row by row on the other core, take less than three times their idle median in all but one of a thousand
// calls. The median of some trials counts. An answer takes about a microsecond, so that one of a thousand is hit by whatever stops a core a thousand times a second for longer than that:
// beside each answer a loop of the same length, which touches no memory, is timed as a control, and what its tail has is the machine's (its timer, other processes); trials that begin while the control
// has a long tail by itself do not count. The two threads are held on cores of their own: Linux may leave both on one for seconds, with the other one idle.
// Ours was what training made the kernel send to all cores: for each page of fresh memory that was read before it was written, an interrupt of some microseconds. The test is for a quiet
// machine and not part of CI. On two virtual cores the ratio was 1.6 to 1.9 in three runs and 3.3 and 3.6 in two others, with those interrupts 3.0 and 5.3 beside these two.
//
//	go test -tags latency -run Latency -v ./ensemble
func TestLatencyWhileAnotherModelTrains(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("needs two cores")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	d := friedman(200_000, 18)
	m := must(ensemble.GradientBoostingRegressor{}.Fit(t.Context(), d))
	_, p := d.X.Dims()
	rows := make([][]float64, 256)
	for i := range rows {
		rows[i] = make([]float64, p)
		for j := range rows[i] {
			rows[i][j] = d.X.At(i, j)
		}
	}
	state := uint64(1)
	loop := func() {
		for range 650 {
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
		}
	}
	// What is noted is noted in memory that is there: a page that comes fresh every 512 calls would slow more than a thousandth of them.
	took, control := make([]time.Duration, 200_000), make([]time.Duration, 200_000)
	answer := func() {
		defer onCore(t, 0)()
		for i := range took {
			took[i], control[i] = 1, 1
		}
		for i := range took {
			start := time.Now()
			if _, err := m.PredictRow(rows[i%len(rows)]); err != nil {
				t.Error(err)
			}
			took[i] = time.Since(start)
			start = time.Now()
			loop()
			control[i] = time.Since(start)
		}
		slices.Sort(took)
		slices.Sort(control)
	}
	var ratios []float64
	for trial := 0; trial < 15 && len(ratios) < 5; trial++ {
		answer()
		tail := len(took) * 999 / 1000
		p50, quiet := took[len(took)/2], took[tail]
		if alone := control[tail]; alone >= 2*control[len(control)/2] {
			t.Logf("does not count: with nothing beside it the control has p99.9 %v", alone)
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		training := make(chan struct{})
		// Two tasks on two cores leave no helper: the model trains on one.
		err := par.Do(t.Context(), 2, func(_ context.Context, task int) error {
			if task == 0 {
				defer onCore(t, 1)() // which has the interrupts of most devices
				close(training)
				_, _ = ensemble.GradientBoostingRegressor{Trees: 100_000}.Fit(ctx, d) // cancelled
				return nil
			}
			<-training
			time.Sleep(50 * time.Millisecond)
			answer()
			cancel()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("idle: median %v, p99.9 %v; while another trains: median %v, p99.9 %v; control meanwhile: median %v, p99.9 %v",
			p50, quiet, took[len(took)/2], took[tail], control[len(control)/2], control[tail])
		ratios = append(ratios, float64(took[tail])/float64(p50))
	}
	if len(ratios) < 5 {
		t.Skip("the machine is not quiet")
	}
	slices.Sort(ratios)
	if r := ratios[len(ratios)/2]; r >= 3 {
		t.Errorf("p99.9 is %.2f times the idle median, want less than 3; is the control's tail as long?", r)
	}
}

// onCore holds the goroutine on a core until the function that it returns is called.
func onCore(t *testing.T, core int) (free func()) {
	runtime.LockOSThread()
	var all [16]uint64 // a bit for each core
	set := func(call uintptr, mask *[16]uint64) {
		if _, _, err := syscall.RawSyscall(call, 0, unsafe.Sizeof(*mask), uintptr(unsafe.Pointer(mask))); err != 0 {
			t.Error("cores cannot be chosen:", err)
		}
	}
	set(syscall.SYS_SCHED_GETAFFINITY, &all)
	set(syscall.SYS_SCHED_SETAFFINITY, &[16]uint64{1 << core})
	return func() {
		set(syscall.SYS_SCHED_SETAFFINITY, &all)
		runtime.UnlockOSThread()
	}
}
