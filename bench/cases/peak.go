package cases

import (
	"runtime"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Peak is how many floating-point operations a second a loop of fused multiply-adds that never leaves the registers does
// on as many cores as this process may use, or 0 where there is no such loop. A kernel's speed is a share of it.
func Peak(single bool) float64 {
	rounds := kern.PeakRounds[float64]
	if single {
		rounds = kern.PeakRounds[float32]
	}
	best, procs := 0.0, runtime.GOMAXPROCS(0)
	for range 5 {
		flop := make([]float64, procs)
		start := time.Now()
		var g sync.WaitGroup
		for i := range flop {
			g.Go(func() {
				for range 4 {
					flop[i] += rounds()
				}
			})
		}
		g.Wait()
		sum := 0.0
		for _, f := range flop {
			sum += f
		}
		best = max(best, sum/time.Since(start).Seconds())
	}
	return best
}
