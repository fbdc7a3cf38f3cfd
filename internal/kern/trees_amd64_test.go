//go:build !purego

package kern

// withoutVBMI turns the ability off until the function it returns is called.
func withoutVBMI() (restore func()) {
	was := vbmi
	vbmi = false
	return func() { vbmi = was }
}
