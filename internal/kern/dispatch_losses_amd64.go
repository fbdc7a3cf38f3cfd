//go:build !purego

package kern

// sumLoss is for whole blocks of lossSums rows.
func sumLoss(l Loss, n int, x, y, w []float64, out *[lossSums + 2*momentSums]float64) {
	switch {
	case level < AVX2:
		sumLossGeneric(l, x[:n], y, w, out)
	case level < AVX512:
		sumLossAVX2(l, n, x, y, w, out)
	default:
		sumLossAVX512(l, n, x, y, w, out)
	}
}

func sumLossAVX2(l Loss, n int, x, y, w []float64, out *[lossSums + 2*momentSums]float64) {
	switch {
	case l == SquaredLoss && w == nil:
		squaredLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == SquaredLoss:
		squaredLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	case l == AbsoluteLoss && w == nil:
		absoluteLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == AbsoluteLoss:
		absoluteLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	case l == ExcessLoss && w == nil:
		excessLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == ExcessLoss:
		excessLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	case l == RelativeLoss && w == nil:
		relativeLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == RelativeLoss:
		relativeLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	case l == PoissonLoss && w == nil:
		poissonLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == PoissonLoss:
		poissonLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	case l == GammaLoss && w == nil:
		gammaLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == GammaLoss:
		gammaLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	case l == SquaredLogLoss && w == nil:
		squaredLogLossF64AVX2(n, &x[0], &y[0], &out[0])
	case l == SquaredLogLoss:
		squaredLogLossWeightedF64AVX2(n, &x[0], &y[0], &w[0], &out[0])
	}
}

func sumLossAVX512(l Loss, n int, x, y, w []float64, out *[lossSums + 2*momentSums]float64) {
	switch {
	case l == SquaredLoss && w == nil:
		squaredLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == SquaredLoss:
		squaredLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	case l == AbsoluteLoss && w == nil:
		absoluteLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == AbsoluteLoss:
		absoluteLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	case l == ExcessLoss && w == nil:
		excessLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == ExcessLoss:
		excessLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	case l == RelativeLoss && w == nil:
		relativeLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == RelativeLoss:
		relativeLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	case l == PoissonLoss && w == nil:
		poissonLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == PoissonLoss:
		poissonLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	case l == GammaLoss && w == nil:
		gammaLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == GammaLoss:
		gammaLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	case l == SquaredLogLoss && w == nil:
		squaredLogLossF64AVX512(n, &x[0], &y[0], &out[0])
	case l == SquaredLogLoss:
		squaredLogLossWeightedF64AVX512(n, &x[0], &y[0], &w[0], &out[0])
	}
}

func largestDiff(n int, x, y []float64, out *[2 * momentSums]float64) {
	switch {
	case level < AVX2 || n == 0:
		largestDiffGeneric(n, x, y, out)
	case level < AVX512:
		largestLossF64AVX2(n, &x[0], &y[0], &out[0])
	default:
		largestLossF64AVX512(n, &x[0], &y[0], &out[0])
	}
}

// sumLogs is for whole blocks of logDepth*momentSums numbers.
func sumLogs(n int, x []float64, out *[momentSums]float64) {
	switch {
	case level < AVX2:
		sumLogsGeneric(x[:n], out)
	case level < AVX512:
		sumLogsF64AVX2(n, &x[0], &out[0])
	default:
		sumLogsF64AVX512(n, &x[0], &out[0])
	}
}

// moments is for whole blocks of momentSums rows.
func moments(residual bool, n int, a, b float64, x, y, w []float64, out *[5 * momentSums]float64) {
	if level < AVX2 {
		momentsGeneric(residual, a, b, x[:n], y, w, out)
		return
	}
	wide := level >= AVX512
	switch {
	case !residual && w == nil && !wide:
		momentsF64AVX2(n, a, b, &x[0], &y[0], &out[0])
	case !residual && w == nil && wide:
		momentsF64AVX512(n, a, b, &x[0], &y[0], &out[0])
	case !residual && w != nil && !wide:
		momentsWeightedF64AVX2(n, a, b, &x[0], &y[0], &w[0], &out[0])
	case !residual && w != nil && wide:
		momentsWeightedF64AVX512(n, a, b, &x[0], &y[0], &w[0], &out[0])
	case residual && w == nil && !wide:
		residualMomentsF64AVX2(n, a, b, &x[0], &y[0], &out[0])
	case residual && w == nil && wide:
		residualMomentsF64AVX512(n, a, b, &x[0], &y[0], &out[0])
	case residual && w != nil && !wide:
		residualMomentsWeightedF64AVX2(n, a, b, &x[0], &y[0], &w[0], &out[0])
	case residual && w != nil && wide:
		residualMomentsWeightedF64AVX512(n, a, b, &x[0], &y[0], &w[0], &out[0])
	}
}
