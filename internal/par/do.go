package par

import (
	"context"
	"sync"
)

// Do runs coarse tasks (folds, trees, restarts): task(ctx, 0) .. task(ctx, n-1), started in index order on up to
// GOMAXPROCS goroutines. It returns when all of them have ended.
//
// The error returned is that of the lowest failing index, which is the one a serial loop would have met. When task i
// fails, tasks above i are not started, or their context is cancelled; tasks below i run on, since one of them may
// still fail. No task starts once ctx is done; ctx.Err() then takes the place of the first task that did not start.
func Do(ctx context.Context, n int, task func(ctx context.Context, i int) error) error {
	helpers := 0
	if n > 1 {
		helpers = borrow(n - 1)
	}
	if helpers == 0 {
		for i := range n {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := task(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}
	b := board{first: n, running: make(map[int]context.CancelFunc, helpers+1)}
	c := crew{n: int64(n), work: func(i int) { b.run(ctx, i, task) }}
	c.run(helpers)
	return b.err
}

// board keeps the lowest failure so far and the tasks under way.
type board struct {
	mu      sync.Mutex
	first   int
	err     error
	panics  bool // a task panicked: nothing more starts
	running map[int]context.CancelFunc
}

func (b *board) run(ctx context.Context, i int, task func(ctx context.Context, i int) error) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	if !b.start(ctx, i, cancel) {
		return
	}
	returned := false
	defer func() {
		if !returned { // a panic is on its way up: let the others end soon
			b.end(i, nil, true)
		}
	}()
	err := task(own, i)
	returned = true
	b.end(i, err, false)
}

// start reports whether task i may run.
func (b *board) start(ctx context.Context, i int, cancel context.CancelFunc) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.panics || i > b.first {
		return false
	}
	if err := ctx.Err(); err != nil {
		b.first, b.err = i, err
		return false
	}
	b.running[i] = cancel
	return true
}

func (b *board) end(i int, err error, panicked bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, i)
	b.panics = b.panics || panicked
	if err != nil && i < b.first {
		b.first, b.err = i, err
	}
	for j, cancel := range b.running {
		if b.panics || j > b.first {
			cancel()
		}
	}
}
