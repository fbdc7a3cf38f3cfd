package par

import (
	"runtime"
	"sync/atomic"
	"testing"
)

// A Loop does all its work once, again and again, and passes panics on.
func TestLoop(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var sum atomic.Int64
	bad := -1
	l := NewLoop(func(i int) {
		if i == bad {
			panic("bad")
		}
		sum.Add(int64(i))
	})
	for range 3 {
		sum.Store(0)
		l.Run(100)
		if sum.Load() != 4950 {
			t.Fatal(sum.Load())
		}
	}
	bad = 50
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		l.Run(100)
	}()
	bad = -1
	sum.Store(0)
	l.Run(10)
	l.Run(0)
	if sum.Load() != 45 {
		t.Fatal(sum.Load())
	}
}
