package rl

import (
	"math/rand/v2"
	"runtime"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// setProcs sets GOMAXPROCS and returns what sets it back.
func setProcs(n int) func() {
	old := runtime.GOMAXPROCS(n)
	return func() { runtime.GOMAXPROCS(old) }
}

func newTestRand() *rand.Rand { return rng.New(1, 2) }
