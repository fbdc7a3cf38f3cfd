package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Settle waits until the worker's threads sleep, two seconds at the most: those of OpenMP and OpenBLAS spin for a while when
// their work is done, and would take a core from the other side. Where the system does not tell, it waits for pause.
func (p *Process) Settle(pause time.Duration) {
	const step, idle, limit = 4 * time.Millisecond, 200 * time.Microsecond, 2 * time.Second
	for start := time.Now(); time.Since(start) < limit; {
		before, ok := taskTime(p.cmd.Process.Pid)
		if !ok {
			time.Sleep(pause)
			return
		}
		time.Sleep(step)
		if after, _ := taskTime(p.cmd.Process.Pid); after-before < idle {
			return
		}
	}
}

// taskTime is the CPU time of all threads of a process, and whether that is known to better than a clock tick.
func taskTime(pid int) (time.Duration, bool) {
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/schedstat")
	if err != nil || len(files) == 0 {
		return 0, false
	}
	var sum int64
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		on, _, _ := strings.Cut(string(b), " ")
		ns, err := strconv.ParseInt(on, 10, 64)
		if err != nil {
			return 0, false
		}
		sum += ns
	}
	return time.Duration(sum), true
}
