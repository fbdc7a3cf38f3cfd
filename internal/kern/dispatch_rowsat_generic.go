//go:build purego || !amd64

package kern

func sqDistsAt(dst, x, rows []float32, at []int32) { sqDistsAtGeneric(dst, x, rows, at) }
func dotsAt(dst, x, rows []float32, at []int32)    { dotsAtGeneric(dst, x, rows, at) }
