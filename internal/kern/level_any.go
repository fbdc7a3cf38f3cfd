//go:build !purego && amd64 && !kernavx2

package kern

// atMostAVX2 caps the level: see level_avx2.go.
const atMostAVX2 = false
