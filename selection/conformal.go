package selection

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/gopherwood-ml/ml"
)

// shares gives Miscoverage its default, and Fraction where rows are kept back.
func shares(where string, keeps bool, miss, fraction *float64) (err error) {
	if *miss, err = share(where, "Miscoverage", *miss, 0.1); err == nil && keeps {
		*fraction, err = share(where, "Fraction", *fraction, 0.25)
	}
	return err
}

// share is a number between 0 and 1, or its default for 0.
func share(where, field string, v, standard float64) (float64, error) {
	if v == 0 {
		return standard, nil
	}
	if !(v > 0 && v < 1) {
		return 0, ml.BadConfig(where, field, v, fmt.Sprintf("between 0 and 1, or 0 for %v", standard))
	}
	return v, nil
}

// conformalRank is the rank, counted from 1, of the score among n that covers a new one with probability 1-miss or more: ceil((n+1)(1-miss)).
func conformalRank(where string, n int, miss float64) (int, error) {
	exact := float64(n+1) * (1 - miss)
	k := int(math.Ceil(exact - 1e-9*exact)) // 10 x 0.9 is 9, whatever the rounding
	if k > n {
		return 0, ml.BadShape(where, "X", fmt.Sprintf("%d rows to calibrate on", n), fmt.Sprintf("at least %d for a miscoverage of %v", int(math.Ceil(1/miss-1-1e-9)), miss))
	}
	return max(k, 1), nil
}

// keptBack divides rows into those to learn from and those to calibrate on. Of a frozen model there is nothing to learn.
func keptBack[Y any](where string, config any, d ml.Dataset[Y], fraction float64, seed uint64) (train, calibrate ml.Dataset[Y], err error) {
	if frozen(config) {
		return d, d, nil
	}
	learn, rest := splitRows(d, fraction, seed)
	if len(learn) == 0 || len(rest) == 0 {
		return d, d, ml.BadShape(where, "X", fmt.Sprintf("%d rows in one piece", d.Rows()), "at least two rows, and two groups if there are groups")
	}
	train, calibrate = d.Select(learn), d.Select(rest)
	calibrate.Valid = nil
	return train, calibrate, nil
}

// crossScores scores the rows of every fold by a model that has not seen them, and fits one to all rows besides.
func crossScores[Y, M any](ctx context.Context, where string, d ml.Dataset[Y], s ml.Splitter, fit func(context.Context, ml.Dataset[Y]) (M, error), score func(M, ml.Dataset[Y]) ([]float64, error)) (models []M, scores [][]float64, all M, err error) {
	folds, err := divided(where, "Splitter", d, s)
	if err != nil {
		return nil, nil, all, err
	}
	if err := testedOnce(where, "Splitter", folds, d.Rows()); err != nil {
		return nil, nil, all, err
	}
	models, scores = make([]M, len(folds)), make([][]float64, len(folds))
	err = eachFold(ctx, where, d, folds, fit, func(i int, m M, test ml.Dataset[Y]) (err error) {
		models[i] = m
		scores[i], err = score(m, test)
		return err
	})
	if err != nil {
		return nil, nil, all, err
	}
	all, err = fit(ml.WithTask(ctx, "all", 0, 1), d)
	return models, scores, all, err
}

// orOnly is the models of the folds, or the only one there is.
func orOnly[M any](models []M, only M) []M {
	if models == nil {
		return []M{only}
	}
	return models
}

// ordered maps floats to integers of the same order, -0 to 0.
func ordered(v float64) int64 {
	b := int64(math.Float64bits(v + 0))
	if b < 0 {
		return math.MinInt64 - b
	}
	return b
}

func unordered(b int64) float64 {
	if b < 0 {
		b = math.MinInt64 - b
	}
	return math.Float64frombits(uint64(b))
}

// kthOfLists is the number of rank k, counted from 1, among the numbers at(list, i), which rise with i within each list of the given lengths. It bisects over all floats:
// 64 rounds of a binary search in each list, and no memory.
func kthOfLists(lengths []int, at func(list, i int) float64, k int) float64 {
	lo, hi := ordered(math.Inf(-1)), ordered(math.Inf(1))
	for lo < hi {
		mid := lo + int64(uint64(hi-lo)/2) // the difference, taken modulo 2^64, is right as an unsigned number
		v, count := unordered(mid), 0
		for list, n := range lengths {
			count += sort.Search(n, func(i int) bool { return at(list, i) > v })
		}
		if count >= k {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return unordered(lo)
}

// sortScores refuses what is not finite, sorts each list, and says how many numbers there are.
func sortScores(where string, lists ...[]float64) (n int, err error) {
	for _, s := range lists {
		for i, v := range s {
			if !finite(v) {
				return 0, &ml.Error{Where: where, Field: fmt.Sprintf("the score of row %d to calibrate on", i), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
			}
		}
		slices.Sort(s)
		n += len(s)
	}
	return n, nil
}

// checkScores is for scores that were read from a file: finite numbers that rise.
func checkScores(where string, lists [][]float64, rank int) error {
	n := 0
	for _, s := range lists {
		n += len(s)
		for _, v := range s {
			if !finite(v) {
				return ml.BadFile(where, "Scores", fmt.Sprint(v), "finite numbers")
			}
		}
		if !slices.IsSortedFunc(s, cmp.Compare[float64]) {
			return ml.BadFile(where, "Scores", "in another order", "numbers that rise")
		}
	}
	if rank < 1 || rank > n {
		return ml.BadFile(where, "Rank", fmt.Sprint(rank), fmt.Sprintf("1 to %d, the number of scores", n))
	}
	return nil
}
