//go:build purego || !amd64

package kern

func sqDiff(dst, x, y []float64) { sqDiffGeneric(dst, x, y) }

func absDiff(dst, x, y []float64) { absDiffGeneric(dst, x, y) }

func div(dst, x, y []float64) { divGeneric(dst, x, y) }

func sqrt(dst, x []float64) { sqrtGeneric(dst, x) }
