//go:build !purego

package kern

// level needs no detection: NEON is part of arm64. Tests alone change it.
var level = NEON

// levels returns every level this machine can run, lowest first.
func levels() []Level { return []Level{Generic, NEON} }
