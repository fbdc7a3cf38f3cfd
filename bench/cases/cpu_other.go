//go:build !unix

package cases

// CPUSeconds: not known here.
func CPUSeconds() float64 { return 0 }

func readProc(string) string { return "" }
