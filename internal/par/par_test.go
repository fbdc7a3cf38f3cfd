package par

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// procs runs f with GOMAXPROCS 1, 2 and 8.
func procs(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	for _, p := range []int{1, 2, 8} {
		t.Run(fmt.Sprint("procs", p), func(t *testing.T) {
			was := runtime.GOMAXPROCS(p)
			defer runtime.GOMAXPROCS(was)
			before := runtime.NumGoroutine()
			f(t)
			if now := busy.Load(); now != 0 {
				t.Errorf("%d helpers not given back", now)
			}
			for range 1000 { // a helper gives itself back just before it ends
				if runtime.NumGoroutine() <= before {
					return
				}
				time.Sleep(time.Millisecond)
			}
			t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		})
	}
}

func TestBoundsCoverOnce(t *testing.T) {
	for n := range 70 {
		for grain := -1; grain < 75; grain++ {
			chunks, at := Chunks(n, grain), 0
			if n == 0 && chunks != 0 {
				t.Fatalf("no items, %d chunks", chunks)
			}
			for c := range chunks {
				lo, hi := Bounds(n, chunks, c)
				if lo != at || hi <= lo || hi-lo > max(grain, 1) {
					t.Fatalf("n %d grain %d chunk %d: %d..%d after %d", n, grain, c, lo, hi, at)
				}
				at = hi
			}
			if at != n {
				t.Fatalf("n %d grain %d: ends at %d", n, grain, at)
			}
		}
	}
	if c := Chunks(math.MaxInt, math.MaxInt); c != 1 {
		t.Errorf("%d chunks of a huge range", c)
	}
	if c := Chunks(-3, 2); c != 0 {
		t.Errorf("%d chunks of a negative range", c)
	}
}

// The ranges a body sees are part of the result wherever it keeps partial sums, so they may not follow GOMAXPROCS.
func TestForRangesIgnoreProcs(t *testing.T) {
	ranges := func(n, ns int) [][2]int {
		var mu sync.Mutex
		var got [][2]int
		For(n, ns, func(lo, hi int) {
			mu.Lock()
			got = append(got, [2]int{lo, hi})
			mu.Unlock()
		})
		slices.SortFunc(got, func(a, b [2]int) int { return a[0] - b[0] })
		return got
	}
	for _, c := range []struct{ n, ns, want int }{{0, 5, 0}, {1, 1e9, 1}, {2, 1e9, 2}, {49_999, 1, 1}, {50_001, 1, 2}, {1000, 0, 1}, {1000, 1000, 20}, {7, 10_000, 2}} {
		var first [][2]int
		procs(t, func(t *testing.T) {
			got := ranges(c.n, c.ns)
			if first == nil {
				first = got
			}
			if len(got) != c.want || !slices.Equal(got, first) {
				t.Errorf("%+v: %v, want %v", c, got, first)
			}
		})
	}
}

func TestReduceJoinsInOrder(t *testing.T) {
	x := make([]float64, 10_007)
	for i := range x {
		x[i] = math.Sin(float64(i)) * math.Exp(float64(i%40))
	}
	sum := func() float64 {
		return Reduce(len(x), 100, func(_, lo, hi int) float64 {
			s := 0.0
			for _, v := range x[lo:hi] {
				s += v
			}
			return s
		}, func(a, b float64) float64 { return a + b })
	}
	first := math.NaN()
	procs(t, func(t *testing.T) {
		s := sum()
		if math.IsNaN(first) {
			first = s
		}
		if math.Float64bits(s) != math.Float64bits(first) {
			t.Errorf("%v, want %v", s, first)
		}
		chunks := Reduce(1000, 7, func(c, lo, hi int) []int { return []int{c, lo, hi} }, func(a, b []int) []int { return append(a, b...) })
		for c := range Chunks(1000, 7) {
			lo, hi := Bounds(1000, Chunks(1000, 7), c)
			if !slices.Equal(chunks[3*c:3*c+3], []int{c, lo, hi}) {
				t.Fatalf("chunk %d: %v", c, chunks[3*c:3*c+3])
			}
		}
		if got := Reduce(0, 3, func(int, int, int) int { return 1 }, func(a, b int) int { return a + b }); got != 0 {
			t.Errorf("empty reduction: %d", got)
		}
	})
}

func TestNested(t *testing.T) {
	procs(t, func(t *testing.T) {
		var n atomic.Int64
		err := Do(context.Background(), 6, func(ctx context.Context, i int) error {
			return Do(ctx, 5, func(ctx context.Context, j int) error {
				For(100, 5000, func(lo, hi int) {
					ForChunks(hi-lo, 3, func(_, lo, hi int) { n.Add(int64(hi - lo)) })
				})
				return nil
			})
		})
		if err != nil || n.Load() != 6*5*100 {
			t.Errorf("%v, %d items", err, n.Load())
		}
	})
}

func TestDoReturnsTheLowestError(t *testing.T) {
	procs(t, func(t *testing.T) {
		for range 50 {
			var started [40]atomic.Bool
			err := Do(context.Background(), 40, func(ctx context.Context, i int) error {
				started[i].Store(true)
				switch i {
				case 3: // slow, so that 5 fails first whenever both run
					time.Sleep(200 * time.Microsecond)
					if ctx.Err() != nil {
						t.Error("a task below the failing one was cancelled")
					}
					return errors.New("three")
				case 5:
					return errors.New("five")
				}
				return nil
			})
			if err == nil || err.Error() != "three" {
				t.Fatal(err)
			}
			for i := range 3 {
				if !started[i].Load() {
					t.Errorf("task %d not started", i)
				}
			}
		}
	})
}

func TestDoCancelsTasksAboveTheFailure(t *testing.T) {
	was := runtime.GOMAXPROCS(4)
	defer runtime.GOMAXPROCS(was)
	running := make(chan struct{})
	err := Do(context.Background(), 2, func(ctx context.Context, i int) error {
		if i == 0 {
			<-running
			return errors.New("zero")
		}
		close(running)
		<-ctx.Done() // would wait for ever if not cancelled
		return ctx.Err()
	})
	if err == nil || err.Error() != "zero" {
		t.Fatal(err)
	}
}

func TestDoContext(t *testing.T) {
	procs(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := Do(ctx, 3, func(context.Context, int) error { t.Error("ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		ctx, cancel = context.WithCancel(context.Background())
		defer cancel()
		var ran atomic.Int64
		err := Do(ctx, 1000, func(own context.Context, _ int) error {
			switch n := ran.Add(1); {
			case n == 5:
				cancel()
			case n > 5: // the fifth may be held up before it cancels: without waiting, the others would run on meanwhile
				<-own.Done()
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) || ran.Load() > 5+8 {
			t.Errorf("%v after %d tasks", err, ran.Load())
		}
		if err := Do(context.Background(), 0, nil); err != nil {
			t.Error(err)
		}
	})
}

func caught(f func()) (v any) {
	defer func() { v = recover() }()
	f()
	return nil
}

func TestPanicsReachTheCaller(t *testing.T) {
	boom := errors.New("boom")
	procs(t, func(t *testing.T) {
		for name, f := range map[string]func(){
			"for": func() { For(64, 50_000, func(lo, hi int) { panic(boom) }) },
			"one": func() { For(64, 50_000, func(lo, hi int) { panicAt(lo, boom) }) },
			"reduce": func() {
				Reduce(64, 1, func(c, _, _ int) int { panicAt(c, boom); return 0 }, func(a, b int) int { return a })
			},
			"nested": func() {
				For(64, 50_000, func(int, int) { For(64, 50_000, func(lo, hi int) { panicAt(lo, boom) }) })
			},
			"do": func() {
				Do(context.Background(), 64, func(ctx context.Context, i int) error {
					if i < 20 {
						return nil
					}
					panicAt(i, boom)
					<-ctx.Done() // everyone else waits to be released
					return nil
				})
			},
		} {
			v := caught(f)
			err, ok := v.(error)
			if !ok || !errors.Is(err, boom) {
				t.Errorf("%s: %v", name, v)
			}
			if p, ok := v.(*Panic); ok && (!strings.Contains(p.Error(), "panicAt") && !strings.Contains(p.Error(), "TestPanics") || p.Value != any(boom)) {
				t.Errorf("%s: no stack: %v", name, p)
			}
		}
	})
}

func panicAt(i int, v any) {
	if i == 20 {
		panic(v)
	}
}

func TestGoexitEndsTheCaller(t *testing.T) {
	procs(t, func(t *testing.T) {
		done := make(chan bool)
		go func() {
			normal := false
			defer func() { done <- normal }()
			For(64, 50_000, func(lo, hi int) { runtime.Goexit() })
			normal = true
		}()
		if <-done {
			t.Error("the caller went on")
		}
	})
}

func TestSmallLoopsDoNotAllocate(t *testing.T) {
	x := make([]float64, 64)
	body := func(lo, hi int) { x[lo]++ }
	value := func(_, lo, hi int) float64 { return x[lo] }
	join := func(a, b float64) float64 { return a + b }
	if n := testing.AllocsPerRun(100, func() {
		For(len(x), 1, body)
		x[0] += Reduce(len(x), 64, value, join)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if !Small(10, 100) || Small(2, 50_000) || !Small(1, 1e9) || !Small(0, 1) {
		t.Error("Small and For disagree")
	}
}

func BenchmarkForSerial(b *testing.B) {
	body := func(lo, hi int) {}
	for b.Loop() {
		For(100, 10, body)
	}
}

// Two empty chunks: what handing work to another goroutine and waiting for it costs.
func BenchmarkForTwoChunks(b *testing.B) {
	body := func(lo, hi int) {}
	for b.Loop() {
		For(2, 50_000, body)
	}
}

func BenchmarkForManyChunks(b *testing.B) {
	body := func(lo, hi int) {}
	for b.Loop() {
		For(1000, 50_000, body)
	}
}

func BenchmarkDo(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		Do(ctx, 10, func(context.Context, int) error { return nil })
	}
}

// goroutine is the number of the running goroutine, from the head of its stack trace.
func goroutine() string {
	buf := make([]byte, 64)
	return strings.Fields(string(buf[:runtime.Stack(buf, false)]))[1]
}

// onHelper runs two chunks at once and f in the one that a helper took.
func onHelper(f func()) {
	caller := goroutine()
	var both sync.WaitGroup
	both.Add(2)
	For(2, 50_000, func(int, int) {
		both.Done()
		both.Wait()
		if goroutine() != caller {
			f()
		}
	})
}

func TestHelpersPanicKeepsItsStack(t *testing.T) {
	was := runtime.GOMAXPROCS(2)
	defer runtime.GOMAXPROCS(was)
	boom := errors.New("boom")
	p, ok := caught(func() { onHelper(func() { panicAt(20, boom) }) }).(*Panic)
	if !ok || p.Value != any(boom) || !errors.Is(p, boom) || !strings.Contains(p.Error(), "boom") || !strings.Contains(p.Error(), "panicAt") {
		t.Errorf("%v", p)
	}
	p, ok = caught(func() { onHelper(func() { panic("words") }) }).(*Panic)
	if !ok || p.Value != any("words") || p.Unwrap() != nil {
		t.Errorf("%v", p)
	}
	inner := &Panic{Value: boom, Stack: []byte("deeper")}
	if v := caught(func() { onHelper(func() { panic(inner) }) }); v != any(inner) {
		t.Errorf("a helper's helper's panic was wrapped twice: %v", v)
	}
}

func TestHelpersGoexitEndsTheCaller(t *testing.T) {
	was := runtime.GOMAXPROCS(2)
	defer runtime.GOMAXPROCS(was)
	done := make(chan bool)
	go func() {
		normal := false
		defer func() { done <- normal }()
		onHelper(runtime.Goexit)
		normal = true
	}()
	if <-done {
		t.Error("the caller went on")
	}
}
