package harness

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// busy is how many seconds of CPU this machine has spent on anything, and whether that is known.
func busy() (float64, bool) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, false
	}
	return parseBusy(string(b))
}

// parseBusy adds up the first line of /proc/stat but idle time and waiting for disks, in ticks of 1/100 s.
func parseBusy(stat string) (float64, bool) {
	line, _, _ := strings.Cut(stat, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return 0, false
	}
	ticks := 0.0
	for i, s := range f[1:9] { // user nice system idle iowait irq softirq steal
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, false
		}
		if i != 3 && i != 4 {
			ticks += v
		}
	}
	return ticks / 100, true
}

// A watch tells how much CPU other processes took while it ran.
type watch struct {
	start time.Time
	busy  float64
	known bool
	used  func() float64 // CPU that we and the workers have used
	used0 float64
}

func watchOthers(used func() float64) watch {
	b, ok := busy()
	return watch{time.Now(), b, ok, used, used()}
}

// others is the share of the whole machine that others took, or -1 where that is not known: the system counts in ticks of
// 1/100 s, which say nothing about less than a tenth of a second.
func (w watch) others() float64 {
	b, ok := busy()
	elapsed := time.Since(w.start).Seconds()
	if !ok || !w.known || elapsed < 0.1 {
		return -1
	}
	return max(0, (b-w.busy-(w.used()-w.used0))/(elapsed*float64(runtime.NumCPU())))
}
