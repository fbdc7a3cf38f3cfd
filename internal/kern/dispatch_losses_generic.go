//go:build purego || !amd64

package kern

func sumLoss(l Loss, n int, x, y, w []float64, out *[lossSums + 2*momentSums]float64) {
	sumLossGeneric(l, x[:n], y, w, out)
}

func largestDiff(n int, x, y []float64, out *[2 * momentSums]float64) {
	largestDiffGeneric(n, x, y, out)
}

func sumLogs(n int, x []float64, out *[momentSums]float64) { sumLogsGeneric(x[:n], out) }

func moments(residual bool, n int, a, b float64, x, y, w []float64, out *[5 * momentSums]float64) {
	momentsGeneric(residual, a, b, x[:n], y, w, out)
}
