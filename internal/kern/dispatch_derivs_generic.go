//go:build purego || !amd64

package kern

func spreadOver(x []float32, l *boundsOf) { spreadGeneric(x, l) }

func pack(p *Packing, vals []int64, grad, hess []float32, first int) {
	packGeneric(p, vals, grad, hess, first)
}

func logistic(grad, hess []float32, p []float64, y []int, targets *[2]float64) {
	logisticGeneric(grad, hess, p, y, targets)
}
