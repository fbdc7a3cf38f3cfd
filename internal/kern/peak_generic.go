//go:build !amd64 || purego

package kern

// PeakRounds has no register-only loop to run here.
func PeakRounds[T Float]() float64 { return 0 }
