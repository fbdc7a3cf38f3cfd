//go:build !purego

package kern

import "github.com/klauspost/cpuid/v2"

// level is set once, before main; tests alone change it later.
var level = detect()

func detect() Level {
	// the operating system's part (XSAVE of ymm and zmm) included
	switch {
	case !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3):
		return Generic
	case atMostAVX2:
		return AVX2
	case cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL):
		return AVX512
	}
	return AVX2
}

// levels returns every level this machine can run, lowest first.
func levels() []Level {
	all := []Level{Generic, AVX2, AVX512}
	for all[len(all)-1] > detect() {
		all = all[:len(all)-1]
	}
	return all
}
