package cases

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bench/protocol"
	"github.com/gopherwood-ml/ml/internal/kern"
)

// Worker runs cases for a harness at the other end of a line.
type Worker struct {
	Dir   string // of the .npy files, "" to draw the data
	work  *Work
	batch map[string]int // calls in a batch, by step
}

// Answer does what a request asks.
func (w *Worker) Answer(q protocol.Request) (protocol.Reply, error) {
	switch q.Op {
	case "env":
		return protocol.Reply{Env: &protocol.Env{
			Library: library(q.Lib), Kernel: kernels(q.Lib), Threads: runtime.GOMAXPROCS(0),
		}}, nil
	case "open":
		return w.open(q)
	case "run":
		return w.run(q)
	case "score":
		if w.work == nil {
			return protocol.Reply{}, errNothingOpen
		}
		if w.work.Score == nil {
			return protocol.Reply{}, nil
		}
		s, err := w.work.Score()
		return protocol.Reply{Score: s}, err
	}
	return protocol.Reply{}, fmt.Errorf("no operation %q", q.Op)
}

var errNothingOpen = errors.New("no case is open")

// CPU is the CPU time of this process so far.
func (w *Worker) CPU() float64 { return CPUSeconds() }

func (w *Worker) open(q protocol.Request) (protocol.Reply, error) {
	c, ok := Find(q.Case, q.Lib)
	if !ok {
		return protocol.Reply{}, fmt.Errorf("no case %q of %q", q.Case, q.Lib)
	}
	w.work = nil
	runtime.GC()
	d, err := Open(w.Dir, c.Data) // anew for every case: one may change its data, as digits does
	if err != nil {
		return protocol.Reply{}, err
	}
	if w.work, err = c.Make(d); err != nil {
		return protocol.Reply{}, err
	}
	w.batch = map[string]int{}
	taken := memory()
	start := time.Now()
	if err := w.work.Steps[0].Run(); err != nil {
		return protocol.Reply{}, fmt.Errorf("%s: %w", w.work.Steps[0].Name, err)
	}
	spent := time.Since(start)
	if spent > time.Second { // that it lasts long need not be found out a second time
		w.batch[w.work.Steps[0].Name] = 1
	}
	r := protocol.Reply{Rows: w.work.Rows, Columns: w.work.Columns, Params: w.work.Params, Tol: w.work.Tol, Seconds: spent.Seconds(), Memory: taken()}
	for _, s := range w.work.Steps {
		r.Steps = append(r.Steps, s.Step)
	}
	return r, nil
}

// memory begins to watch how much memory the process takes, and returns what says how much it took at most since then; 0 where the system does not say.
func memory() func() float64 {
	debug.FreeOSMemory()
	if os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) != nil { // the peak begins anew
		return func() float64 { return 0 }
	}
	before := status("VmRSS")
	return func() float64 { return max(status("VmHWM")-before, 0) }
}

// status is a line of /proc/self/status, in bytes.
func status(name string) float64 {
	for line := range strings.Lines(readProc("/proc/self/status")) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kb * 1024
		}
	}
	return 0
}

func (w *Worker) run(q protocol.Request) (protocol.Reply, error) {
	if w.work == nil {
		return protocol.Reply{}, errNothingOpen
	}
	i := slices.IndexFunc(w.work.Steps, func(s Step) bool { return s.Name == q.Step })
	if i < 0 {
		return protocol.Reply{}, fmt.Errorf("no step %q", q.Step)
	}
	s := w.work.Steps[i]
	runtime.GC() // what earlier runs left behind is not this one's
	if w.batch[s.Name] == 0 {
		n, err := batchSize(s.Run)
		if err != nil {
			return protocol.Reply{}, err
		}
		w.batch[s.Name] = n
	}
	perCall, calls, err := repeat(s.Run, w.batch[s.Name], q.Seconds)
	if err != nil {
		return protocol.Reply{}, err
	}
	r := protocol.Reply{Seconds: perCall, Calls: calls}
	if s.FLOP > 0 {
		r.Peak = Peak(s.Single)
	}
	runtime.GC() // now, not while the peer runs
	return r, nil
}

// batchSize is how many calls together last about a millisecond, far longer than reading the clock.
func batchSize(f func() error) (int, error) {
	for n := 1; ; n *= 4 {
		start := time.Now()
		for range n {
			if err := f(); err != nil {
				return 0, err
			}
		}
		if t := time.Since(start); t > 250*time.Microsecond || n > 1<<24 {
			return max(1, int(float64(n)*float64(time.Millisecond)/float64(t))), nil
		}
	}
}

// repeat runs batches of calls for about so many seconds and returns the median time of a call.
func repeat(f func() error, batch int, seconds float64) (perCall float64, calls int, err error) {
	var times []float64
	for begin := time.Now(); len(times) == 0 || time.Since(begin).Seconds() < seconds; {
		start := time.Now()
		for range batch {
			if err := f(); err != nil {
				return 0, 0, err
			}
		}
		times = append(times, time.Since(start).Seconds()/float64(batch))
	}
	return Median(times), batch * len(times), nil
}

// Median of a nonempty slice, which it sorts.
func Median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}

// CPUModel is what the system calls its processor, or the architecture where it does not say.
func CPUModel() string {
	for line := range strings.Lines(readProc("/proc/cpuinfo")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// library is the name and version of a library of Go, and of Go.
func library(lib string) string {
	switch lib {
	case Ours, BuiltIn:
		lib += " " + ml.Version
	case Gonum:
		lib += " " + moduleVersion("gonum.org/v1/gonum")
	}
	return lib + ", " + runtime.Version()
}

func kernels(lib string) string {
	if lib == Ours || lib == BuiltIn {
		return kern.Current().String()
	}
	return "Go" // gonum's few assembly routines are SSE2
}

func moduleVersion(path string) string {
	if b, ok := debug.ReadBuildInfo(); ok {
		for _, m := range b.Deps {
			if m.Path == path {
				return m.Version
			}
		}
	}
	return "?"
}
