//go:build purego || !amd64

package kern

func prefetch([]byte) {}
