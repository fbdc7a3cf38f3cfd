package selection

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// StratifiedRegressionKFold makes K folds of equal size, up to one row, in which numeric targets are spread alike: of the rows with the m smallest
// targets each fold has m/K, up to one row, for every m. Each run of K rows in the order of their targets gives one row to each fold.
type StratifiedRegressionKFold struct {
	K       int    // folds; 0: 5. At least 2 and at most the number of rows
	Shuffle bool   // draw which row of a run goes to which fold. False: in turn, to and fro
	Seed    uint64 // of Shuffle; 0 is a seed like any other
}

// Split implements ml.Splitter. Errors: ErrConfig, ErrData for targets that are not numbers ([]float64), ErrNotFinite for NaN among them.
func (s StratifiedRegressionKFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.StratifiedRegressionKFold.Split"
	k, err := foldCount(where, s.K, d)
	if err != nil {
		return nil, err
	}
	y, ok := d.Y.([]float64)
	if !ok {
		return nil, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("a %T", d.Y), Want: "numbers ([]float64); for class codes use selection.StratifiedKFold", Kind: ml.ErrData}
	}
	if len(y) != d.Rows() {
		return nil, ml.BadShape(where, "Y", fmt.Sprintf("a list of %d", len(y)), fmt.Sprintf("%d, one for each row of X", d.Rows()))
	}
	order := make([]int, len(y))
	for i, v := range y {
		if math.IsNaN(v) {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(y[a], y[b]) })
	r := source(s.Shuffle, s.Seed, 0)
	fold := make([]int, len(y))
	deal := make([]int, k)
	for i := range deal {
		deal[i] = i
	}
	for at := 0; at < len(order); at += k {
		if r != nil {
			rng.Shuffle(r, deal)
		}
		for i, row := range order[at:min(at+k, len(order))] {
			fold[row] = deal[i]
		}
		if r == nil {
			slices.Reverse(deal)
		}
	}
	return toFolds(fold, k), nil
}
