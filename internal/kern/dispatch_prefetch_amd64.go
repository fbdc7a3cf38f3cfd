//go:build !purego

package kern

func prefetch(x []byte) { prefetchLines(x) }
