package rl

import "runtime"

// setProcs sets GOMAXPROCS and returns what sets it back.
func setProcs(n int) func() {
	old := runtime.GOMAXPROCS(n)
	return func() { runtime.GOMAXPROCS(old) }
}
