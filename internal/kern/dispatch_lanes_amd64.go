//go:build !purego

package kern

func compareLanes(x []float64, t float64, orEqual bool) uint64 {
	switch {
	case level < AVX2:
		return compareLanesGeneric(x, t, orEqual)
	case level < AVX512:
		return compareLanesAVX2(&x[0], t, orEqual)
	}
	return compareLanesAVX512(&x[0], t, orEqual)
}

func boxLanes(dst *[Lanes]float64, src, lo, hi []float64) {
	switch {
	case level < AVX2:
		boxLanesGeneric(dst, src, lo, hi)
	case level < AVX512:
		boxLanesAVX2(&dst[0], &src[0], &lo[0], &hi[0], len(lo))
	default:
		boxLanesAVX512(&dst[0], &src[0], &lo[0], &hi[0], len(lo))
	}
}

func scaleLanes(dst, src []float64, k, n int, both, lost uint64, c Choice) {
	switch {
	case level < AVX2:
		scaleLanesGeneric(dst, src, k, n, both, lost, c)
	case level < AVX512:
		scaleLanesAVX2(&dst[0], &src[0], k, n, both, lost, &c[0])
	default:
		scaleLanesAVX512(&dst[0], &src[0], k, n, both, lost, &c[0])
	}
}

func leafLanes(sum, phi, src []float64, k, n int, both, lost uint64, c, d Choice) {
	switch {
	case level < AVX2:
		leafLanesGeneric(sum, phi, src, k, n, both, lost, c, d)
	case level < AVX512:
		leafLanesAVX2(&sum[0], &phi[0], &src[0], k, n, both, lost, &c[0], &d[0])
	default:
		leafLanesAVX512(&sum[0], &phi[0], &src[0], k, n, both, lost, &c[0], &d[0])
	}
}

func liftLanes(sum, phi, src []float64, k, n int, both, lost uint64, d Choice) {
	switch {
	case level < AVX2:
		liftLanesGeneric(sum, phi, src, k, n, both, lost, d)
	case level < AVX512:
		liftLanesAVX2(&sum[0], &phi[0], &src[0], k, n, both, lost, &d[0])
	default:
		liftLanesAVX512(&sum[0], &phi[0], &src[0], k, n, both, lost, &d[0])
	}
}

func dotLanes(phi, src []float64, k, n int, both, lost uint64, c Choice) {
	switch {
	case level < AVX2:
		dotLanesGeneric(phi, src, k, n, both, lost, c)
	case level < AVX512:
		dotLanesAVX2(&phi[0], &src[0], k, n, both, lost, &c[0])
	default:
		dotLanesAVX512(&phi[0], &src[0], k, n, both, lost, &c[0])
	}
}

func spreadLanes(dst *[Lanes]uint16, words []uint64) {
	switch {
	case len(words) == 0 || level < AVX2:
		spreadLanesGeneric(dst, words)
	case level < AVX512:
		spreadLanesAVX2(&dst[0], &words[0], len(words))
	default:
		spreadLanesAVX512(&dst[0], &words[0], len(words))
	}
}

func twinLanes(sum, phi, own, src []float64, k, n int, both, lost, left uint64, t Twins) {
	switch {
	case level < AVX2:
		twinLanesGeneric(sum, phi, own, src, k, n, both, lost, left, t)
	case level < AVX512:
		twinLanesAVX2(&sum[0], &phi[0], &own[0], &src[0], k, n, both, lost, left, &t[0])
	default:
		twinLanesAVX512(&sum[0], &phi[0], &own[0], &src[0], k, n, both, lost, left, &t[0])
	}
}
