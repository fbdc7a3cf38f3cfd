package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Settle waits until all threads of the worker sleep, two seconds at the most: those of OpenMP and OpenBLAS spin for a while
// when their work is done, and would take a core from the other side. Where the system does not tell, it waits for pause.
func (p *Process) Settle(pause time.Duration) {
	const step, limit = 2 * time.Millisecond, 2 * time.Second
	quiet := 0
	for start := time.Now(); quiet < 2 && time.Since(start) < limit; time.Sleep(step) {
		n, ok := runnable(p.cmd.Process.Pid)
		if !ok {
			time.Sleep(pause)
			return
		}
		if quiet++; n > 0 {
			quiet = 0
		}
	}
}

// runnable is how many threads of a process run or want to, and whether that is known.
func runnable(pid int) (int, bool) {
	files, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
	if err != nil || len(files) == 0 {
		return 0, false
	}
	n := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		s := string(b)
		if s = s[strings.LastIndexByte(s, ')')+1:]; strings.HasPrefix(s, " R") { // the name before may hold anything
			n++
		}
	}
	return n, true
}
