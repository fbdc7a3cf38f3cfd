package par

// Loop is a loop that runs often: it allocates once, when it is made. It belongs to one goroutine at a time.
type Loop struct {
	c    crew
	work func(i int)
}

// NewLoop makes a loop of work(i).
func NewLoop(work func(i int)) *Loop {
	l := &Loop{work: work}
	l.c.work = work
	l.c.helper = l.c.help
	return l
}

// Run runs work(0) .. work(n-1), handed out in index order, and returns when all are done: on several cores where some are idle.
func (l *Loop) Run(n int) {
	helpers := 0
	if n > 1 {
		helpers = borrow(n - 1)
	}
	if helpers == 0 {
		for i := range n {
			l.work(i)
		}
		return
	}
	l.c.n = int64(n)
	l.c.next.Store(0)
	l.c.failed.Store(nil)
	l.c.exited.Store(false)
	l.c.run(helpers)
}
