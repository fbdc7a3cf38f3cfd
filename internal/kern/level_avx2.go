//go:build !purego && amd64 && kernavx2

package kern

// atMostAVX2 caps the level: the tag kernavx2 is for CI alone, which runs the tests of all packages as on a machine without AVX-512 without
// having to emulate one. That the kernels themselves hold on such a machine is tested under emulation.
const atMostAVX2 = true
