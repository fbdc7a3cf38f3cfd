//go:build purego || !amd64

package kern

// dots has no tiles here: all rows are left to dotRows.
func dots[T Float](m, n, d int, x []T, ldx int, y []T, ldy int, dst []T, ldd int) int { return 0 }
