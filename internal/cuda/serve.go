//go:build cuda

package cuda

import (
	"fmt"
	"os"
	"sync"

	"github.com/gopherwood-ml/ml/internal/compute"
)

// The environment variables that name other libraries than the usual ones.
const (
	driverVariable = "GOPHERWOOD_CUDA_DRIVER"
	blasVariable   = "GOPHERWOOD_CUDA_BLAS"
)

func init() {
	compute.Offer(serve)
	compute.Accelerate(&blocks{})
}

var opened = sync.OnceValues(func() (*engine, error) { return openEngine(os.Getenv(driverVariable), os.Getenv(blasVariable)) })

// leastWork is how many multiplications a row has to be worth: below it, the launches of a step over some dozens of rows take longer than the
// host takes for all of it. A guess: it was never measured on a device.
const leastWork = 100_000

// serve is the engine of the first device, which is opened when it is asked for first.
func serve(work int) (compute.Engine, string, string) {
	if work < leastWork {
		return nil, "", "so little work is done sooner by the host"
	}
	e, err := opened()
	if err == nil {
		err = e.err()
	}
	if err != nil {
		return nil, "", err.Error()
	}
	return e, "cuda", fmt.Sprintf("%s, compute capability %d.%d, %d MiB", e.name, e.major, e.minor, e.memory>>20)
}
