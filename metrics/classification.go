package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Accuracy is the share of rows whose class is predicted right. Best 1.
func Accuracy(y, pred []int, weight ...float64) float64 {
	if CheckCodes("metrics.Accuracy", y, pred, weight) != nil {
		return math.NaN()
	}
	return meanOf(len(y), weight, func(i int) float64 {
		if y[i] == pred[i] {
			return 1
		}
		return 0
	})
}

// LogLoss is the mean of -log of the probability given to the true class, in nats: the cross-entropy. Best 0. proba is
// rows x K, each row a distribution over the classes. Probabilities are kept a machine epsilon away from 0 and 1 (that of float32
// if the matrix is stored so), which bounds the loss of a row at 36 (16 for float32).
func LogLoss(y []int, proba tensor.Matrix, weight ...float64) float64 {
	if CheckProba("metrics.LogLoss", y, proba, weight) != nil {
		return math.NaN()
	}
	eps := 0x1p-52
	if rows.Of(proba).Narrow() {
		eps = 0x1p-23
	}
	return meanOf(len(y), weight, func(i int) float64 {
		return -math.Log(min(max(proba.At(i, y[i]), eps), 1-eps))
	})
}

// maxConfusion bounds K, so that a stray code (a timestamp) is an error and not K² numbers.
const maxConfusion = 1 << 12

// ConfusionMatrix counts, in row i and column j, the rows of class i that were predicted as j; with weights, their weights. k
// is the number of classes; 0 means the largest code of y and pred, plus 1. Classes that do not occur keep their zeros. Codes
// outside 0..k-1 give ErrTarget, k above 4096 ErrConfig; the rest is as in [CheckCodes].
func ConfusionMatrix(y, pred []int, k int, weight ...float64) (*tensor.Tensor[float64], error) {
	const where = "metrics.ConfusionMatrix"
	if err := CheckCodes(where, y, pred, weight); err != nil {
		return nil, err
	}
	if k == 0 {
		k = max(slices.Max(y), slices.Max(pred), 0) + 1
	}
	if k < 0 || k > maxConfusion {
		return nil, ml.BadConfig(where, "k", k, fmt.Sprintf("0 to %d classes", maxConfusion))
	}
	out := tensor.New[float64](k, k)
	for i := range y {
		if absent(weight, i) {
			continue
		}
		for _, c := range []int{y[i], pred[i]} {
			if c < 0 || c >= k {
				return nil, badCode(where, i, c, k)
			}
		}
		out.Row(y[i])[pred[i]] += w(weight, i)
	}
	return out, nil
}
