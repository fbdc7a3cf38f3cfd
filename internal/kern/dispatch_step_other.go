//go:build purego || !amd64

package kern

func axpyDots(n int, a float64, x, y, z, u, _ *float64) (yz, uz float64) {
	return axpyDotsGeneric(n, a, x, y, z, u)
}
