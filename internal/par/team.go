package par

import (
	"runtime"
	"slices"
	"sync/atomic"
	"time"
)

// Team runs loops that follow each other within microseconds. Its helpers wait for the next loop awake, since waking them would take longer than what they
// are woken for. The zero value is ready. It is for one goroutine at a time, which calls Rest after the last loop: until then, or until they have had nothing to do for
// a tenth of a millisecond, helpers are missing elsewhere.
type Team struct {
	loop    crew
	helpers []*helper
}

// states of a helper
const (
	gone    uint32 = iota
	waiting        // for a loop
	called         // to a loop that it has not begun
	working
	awaited // working, and the caller sleeps until it is done
)

type helper struct {
	state atomic.Uint32
	done  chan struct{}
}

const (
	patience = 100 * time.Microsecond // of a helper with nothing to do
	looks    = 64                     // at a state, before others may run
)

// Each runs work(0) .. work(n-1), handed out in index order, and returns when all are done.
func (t *Team) Each(n int, work func(i int)) {
	want := min(n, runtime.GOMAXPROCS(0)) - 1
	if want < 1 {
		for i := range n {
			work(i)
		}
		return
	}
	t.loop.n, t.loop.work = int64(n), work
	t.loop.next.Store(0)
	t.call(want)
	func() {
		defer func() {
			for _, h := range t.helpers {
				h.wait()
			}
			t.loop.work = nil
		}()
		defer t.loop.stop()
		t.loop.drain()
	}()
	if p := t.loop.failed.Swap(nil); p != nil {
		panic(p)
	}
	if t.loop.exited.Swap(false) {
		runtime.Goexit()
	}
}

// call calls as many helpers to the loop, those that wait and others.
func (t *Team) call(want int) {
	for _, h := range t.helpers {
		if want > 0 && h.state.CompareAndSwap(waiting, called) {
			want--
		}
	}
	t.helpers = slices.DeleteFunc(t.helpers, func(h *helper) bool { return h.state.Load() == gone })
	for range borrow(want) {
		h := &helper{done: make(chan struct{}, 1)}
		h.state.Store(called)
		t.helpers = append(t.helpers, h)
		go t.help(h)
	}
}

// Rest lets the helpers go. Others may be borrowed at once.
func (t *Team) Rest() {
	for _, h := range t.helpers {
		if h.state.CompareAndSwap(waiting, gone) {
			busy.Add(-1) // for the helper, which may take a while to look
		}
	}
	t.helpers = t.helpers[:0] // those that go may still look at theirs
}

// wait returns when the helper is not in the loop, and will not be.
func (h *helper) wait() {
	if h.state.CompareAndSwap(called, waiting) {
		return
	}
	for range looks {
		for range looks {
			if h.state.Load() != working {
				return
			}
		}
		runtime.Gosched()
	}
	if h.state.CompareAndSwap(working, awaited) {
		<-h.done
	}
}

// help is the life of a helper: loops, as long as they come soon.
func (t *Team) help(h *helper) {
	finished := false
	defer func() {
		if !finished {
			t.loop.stop()
			t.loop.keep(recover())
			h.finish(gone)
			busy.Add(-1)
		}
	}()
	for h.next() {
		t.loop.drain()
		h.finish(waiting)
	}
	finished = true
}

func (h *helper) finish(state uint32) {
	if h.state.Swap(state) == awaited {
		h.done <- struct{}{}
	}
}

// next waits for a loop and begins it, or reports that there is none for long.
func (h *helper) next() bool {
	for begin := time.Now(); ; {
		for range looks {
			switch h.state.Load() {
			case called:
				if h.state.CompareAndSwap(called, working) {
					return true
				}
			case gone:
				return false
			}
		}
		if time.Since(begin) > patience && h.state.CompareAndSwap(waiting, gone) {
			busy.Add(-1)
			return false
		}
		runtime.Gosched()
	}
}
