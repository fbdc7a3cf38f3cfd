//go:build purego || !amd64

package kern

func withoutVBMI() (restore func()) { return func() {} }
