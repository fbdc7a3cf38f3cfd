package harness

import (
	"errors"
	"time"

	"github.com/gopherwood-ml/ml/bench/cases"
	"github.com/gopherwood-ml/ml/bench/protocol"
)

// Asker is a worker: a Process, or a stand-in for one.
type Asker interface {
	Ask(protocol.Request) (protocol.Reply, error)
	Stop() error
	Used() float64 // seconds of CPU so far
	Settle(pause time.Duration)
}

// Used is the CPU time of the worker by its last reply.
func (p *Process) Used() float64 { return p.cpu }

type seat struct {
	lib     string
	threads int
}

// Pool keeps one long-living worker for each library and number of threads: thread pools of several libraries in one
// process would disturb each other, and a pool's size is fixed when it starts.
type Pool struct {
	Start   func(lib string, threads int) (Asker, error)
	workers map[seat]Asker
}

func (p *Pool) get(lib string, threads int) (Asker, error) {
	s := seat{lib, threads}
	if w, ok := p.workers[s]; ok {
		return w, nil
	}
	w, err := p.Start(lib, threads)
	if err != nil {
		return nil, err
	}
	if p.workers == nil {
		p.workers = map[seat]Asker{}
	}
	p.workers[s] = w
	return w, nil
}

// used is the CPU time of all workers so far and of this process.
func (p *Pool) used() float64 {
	sum := cases.CPUSeconds()
	for _, w := range p.workers {
		sum += w.Used()
	}
	return sum
}

// Close ends all workers.
func (p *Pool) Close() error {
	var errs []error
	for _, w := range p.workers {
		errs = append(errs, w.Stop())
	}
	p.workers = nil
	return errors.Join(errs...)
}
