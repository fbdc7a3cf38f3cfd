//go:build !linux

package kern

func adviseLarge([]byte) {}
