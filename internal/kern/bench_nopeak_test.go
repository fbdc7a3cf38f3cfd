//go:build !amd64 || purego

package kern

// peakRounds: no register-only loop here.
func peakRounds[T Float]() float64 { return 0 }
