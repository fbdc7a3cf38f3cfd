//go:build purego || !amd64

package kern

// Architectures without assembly for lanes.

func compareLanes(x []float64, t float64, orEqual bool) uint64 {
	return compareLanesGeneric(x, t, orEqual)
}

func boxLanes(dst *[Lanes]float64, src, lo, hi []float64) { boxLanesGeneric(dst, src, lo, hi) }

func scaleLanes(dst, src []float64, k, n int, both, lost uint64, c Choice) {
	scaleLanesGeneric(dst, src, k, n, both, lost, c)
}

func leafLanes(sum, phi, src []float64, k, n int, both, lost uint64, c, d Choice) {
	leafLanesGeneric(sum, phi, src, k, n, both, lost, c, d)
}

func liftLanes(sum, phi, src []float64, k, n int, both, lost uint64, d Choice) {
	liftLanesGeneric(sum, phi, src, k, n, both, lost, d)
}

func dotLanes(phi, src []float64, k, n int, both, lost uint64, c Choice) {
	dotLanesGeneric(phi, src, k, n, both, lost, c)
}

func spreadLanes(dst *[Lanes]uint16, words []uint64) {
	spreadLanesGeneric(dst, words)
}

func twinLanes(sum, phi, own, src []float64, k, n int, both, lost, left uint64, t Twins) {
	twinLanesGeneric(sum, phi, own, src, k, n, both, lost, left, t)
}
