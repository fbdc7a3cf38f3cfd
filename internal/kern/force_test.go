//go:build !purego && (amd64 || arm64)

package kern

// force makes every kernel run at level l until the function it returns is called.
func force(l Level) (restore func()) {
	was := level
	level = l
	return func() { level = was }
}
