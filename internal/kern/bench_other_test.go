//go:build !linux

package kern

import "time"

var began = time.Now()

// threadTime is wall time where the CPU time of a thread is not at hand.
func threadTime() time.Duration { return time.Since(began) }
