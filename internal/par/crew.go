package par

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Panic is what the caller sees when code panicked on a helper goroutine: the original value with the stack it came
// from, which would otherwise be lost. Code that panics on the caller's own goroutine is passed through unwrapped.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n\n%s", p.Value, p.Stack) }

// Unwrap returns the original value if it was an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// busy counts the helper goroutines of the process.
var busy atomic.Int64

// borrow takes up to want helpers from the shared budget.
func borrow(want int) int {
	limit := int64(runtime.GOMAXPROCS(0) - 1)
	for {
		now := busy.Load()
		got := min(int64(want), limit-now)
		if got <= 0 {
			return 0
		}
		if busy.CompareAndSwap(now, now+got) {
			return int(got)
		}
	}
}

// each runs work(0) .. work(n-1), handed out in index order, and returns when all are done.
func each(n int, work func(i int)) {
	helpers := 0
	if n > 1 {
		helpers = borrow(n - 1)
	}
	if helpers == 0 {
		for i := range n {
			work(i)
		}
		return
	}
	c := crew{n: int64(n), work: work}
	c.run(helpers)
}

// crew is one parallel loop: the caller and its helpers take indices from a counter.
type crew struct {
	n      int64
	work   func(i int)
	next   atomic.Int64
	wg     sync.WaitGroup
	failed atomic.Pointer[Panic]
	exited atomic.Bool
	helper func() // help, where it was made before: a go statement with an argument allocates; nil: not
}

func (c *crew) run(helpers int) {
	c.wg.Add(helpers)
	for range helpers {
		if c.helper != nil {
			go c.helper()
		} else {
			go c.help()
		}
	}
	func() {
		defer c.wg.Wait()
		defer c.stop() // no-op unless work panicked: then helpers take nothing more
		c.drain()
	}()
	if p := c.failed.Load(); p != nil {
		panic(p)
	}
	if c.exited.Load() {
		runtime.Goexit() // a test's FailNow on a helper ends the test, not only the helper
	}
}

func (c *crew) drain() {
	for {
		i := c.next.Add(1) - 1
		if i >= c.n {
			return
		}
		c.work(int(i))
	}
}

func (c *crew) stop() { c.next.Store(c.n) }

func (c *crew) help() {
	finished := false
	defer func() {
		if !finished {
			c.stop()
			c.keep(recover())
		}
		busy.Add(-1)
		c.wg.Done()
	}()
	c.drain()
	finished = true
}

// keep remembers why a helper ended early; a nil value is runtime.Goexit.
func (c *crew) keep(value any) {
	if value == nil {
		c.exited.Store(true)
		return
	}
	p, nested := value.(*Panic)
	if !nested {
		p = &Panic{Value: value, Stack: debug.Stack()}
	}
	c.failed.CompareAndSwap(nil, p)
}
