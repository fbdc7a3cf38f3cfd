//go:build !purego

package kern

import "github.com/klauspost/cpuid/v2"

// level is set once, before main; tests alone change it later.
var level = detect()

func detect() Level {
	if cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) { // the operating system's part (XSAVE of ymm) included
		return AVX2
	}
	return Generic
}

// levels returns every level this machine can run, lowest first.
func levels() []Level {
	if detect() == AVX2 {
		return []Level{Generic, AVX2}
	}
	return []Level{Generic}
}
