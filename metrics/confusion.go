package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// maxConfusion bounds K, so that a stray code (a timestamp) is an error and not K² numbers.
const maxConfusion = 1 << 12

// ConfusionMatrix counts, in row i and column j, the rows of class i that were predicted as j; with weights, their weights. k
// is the number of classes; 0 means the largest code of y and pred, plus 1. Classes that do not occur keep their zeros. Codes
// outside 0..k-1 give ErrTarget, k above 4096 ErrConfig; the rest is as in [CheckCodes]. The counts of one class against all others, and those of
// multi-label data, are a [Tally].
func ConfusionMatrix(y, pred []int, k int, weight ...float64) (*tensor.Tensor[float64], error) {
	const where = "metrics.ConfusionMatrix"
	if err := CheckCodes(where, y, pred, weight); err != nil {
		return nil, err
	}
	if k < 0 || k > maxConfusion {
		return nil, ml.BadConfig(where, "k", k, fmt.Sprintf("0 to %d classes", maxConfusion))
	}
	limit := k
	if k == 0 {
		limit = math.MaxInt
	}
	k, err := codeBound(where, y, pred, k, limit, weight)
	if err != nil {
		return nil, err
	}
	if k > maxConfusion {
		return nil, ml.BadConfig(where, "k", k, fmt.Sprintf("0 to %d classes", maxConfusion))
	}
	grain := 4 * chunk
	if k > 32 {
		grain = len(y)
	}
	cells := par.Reduce(len(y), grain, func(_, lo, hi int) []float64 {
		m := make([]float64, k*k)
		for i := lo; i < hi; i++ {
			if len(weight) == 0 {
				m[y[i]*k+pred[i]]++
			} else if w := weight[i]; w > 0 {
				m[y[i]*k+pred[i]] += w
			}
		}
		return m
	}, func(a, b []float64) []float64 {
		for i, v := range b {
			a[i] += v
		}
		return a
	})
	return tensor.FromSlice(cells, k, k), nil
}

// Normal says what the shares of a normalised confusion matrix are shares of.
type Normal uint8

const (
	// ByTruth divides by the rows of the true class, so that the diagonal is recall. The zero value.
	ByTruth Normal = iota
	// ByPrediction divides by the rows of the predicted class: the diagonal is precision.
	ByPrediction
	// ByAll divides by all rows.
	ByAll
)

// Normalize turns a confusion matrix into shares, in a new matrix. A class without rows keeps its zeros. It gives ErrShape for a matrix that is not square, ErrConfig
// for an unknown by.
func Normalize(confusion *tensor.Tensor[float64], by Normal) (*tensor.Tensor[float64], error) {
	const where = "metrics.Normalize"
	if confusion == nil || confusion.Rank() != 2 || confusion.Shape()[0] != confusion.Shape()[1] {
		return nil, ml.BadShape(where, "confusion", "not a square matrix", "a matrix of classes x classes")
	}
	if by > ByAll {
		return nil, ml.BadConfig(where, "by", by, "ByTruth, ByPrediction or ByAll")
	}
	k := confusion.Shape()[0]
	truth, pred, all := make([]sum, k), make([]sum, k), sum{}
	for i := range k {
		for j, v := range confusion.Row(i) {
			truth[i].add(v)
			pred[j].add(v)
			all.add(v)
		}
	}
	out := tensor.New[float64](k, k)
	for i := range k {
		for j, v := range confusion.Row(i) {
			by := [...]float64{truth[i].value(), pred[j].value(), all.value()}[by]
			out.Row(i)[j] = ratio(v, by, 0)
		}
	}
	return out, nil
}

// checkDecisions asks for a column of scores for each code, none of them NaN.
func checkDecisions(where string, y []int, score tensor.Matrix, weight []float64) error {
	return checkCodesMatrix(where, y, score, weight, "score", func(v float64) error {
		if math.IsNaN(v) {
			return ml.ErrNotFinite
		}
		return nil
	}, "a number")
}
