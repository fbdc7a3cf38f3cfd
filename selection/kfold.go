package selection

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// KFold makes K folds of equal size, up to one row. Each row is tested once. Groups are not looked at: see [GroupKFold].
// Unshuffled folds are runs of rows, those of scikit-learn's KFold; data that is sorted by its target needs Shuffle.
type KFold struct {
	K       int    // folds; 0: 5. At least 2 and at most the number of rows
	Shuffle bool   // draw the rows of a fold at random
	Seed    uint64 // of Shuffle; 0 is a seed like any other
}

// Split implements ml.Splitter. Errors: ErrConfig.
func (s KFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.KFold.Split"
	k, err := foldCount(where, s.K, d)
	if err != nil {
		return nil, err
	}
	return toFolds(folds.KFold(d.Rows(), k, source(s.Shuffle, s.Seed, 0)), k), nil
}

// StratifiedKFold makes K folds of equal size, up to one row, with equally many rows of each class, up to one. It needs
// class codes as targets; rows without a class (ml.None) are spread evenly too. A class may have fewer than K rows, as long as
// some class has K. Unshuffled folds are those of scikit-learn's StratifiedKFold.
type StratifiedKFold struct {
	K       int    // folds; 0: 5. At least 2
	Shuffle bool   // draw the rows of a fold at random, within each class
	Seed    uint64 // of Shuffle; 0 is a seed like any other
}

// Split implements ml.Splitter. Errors: ErrConfig, ErrData for targets that are no class codes.
func (s StratifiedKFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.StratifiedKFold.Split"
	k, err := foldCount(where, s.K, d)
	if err != nil {
		return nil, err
	}
	class, err := classes(where, d, "selection.KFold")
	if err != nil {
		return nil, err
	}
	if _, _, most := folds.Counts(class); most < k {
		return nil, ml.BadConfig(where, "K", k, fmt.Sprintf("at most %d, the rows of the largest class", most))
	}
	return toFolds(folds.Stratified(class, k, source(s.Shuffle, s.Seed, 0)), k), nil
}

// RepeatedKFold is a shuffled KFold, Repeats times over with other shuffles. It smooths out the luck of one division.
type RepeatedKFold struct {
	K       int    // folds; 0: 5
	Repeats int    // 0: 10
	Seed    uint64 // 0 is a seed like any other
}

// Split implements ml.Splitter: K folds of the first repeat, K of the second... Errors: ErrConfig.
func (s RepeatedKFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	return repeat("selection.RepeatedKFold.Split", s.Repeats, func(i uint64) ml.Splitter {
		return KFold{K: s.K, Shuffle: true, Seed: rng.Key(s.Seed, i)}
	}, d)
}

// RepeatedStratifiedKFold is a shuffled StratifiedKFold, Repeats times over with other shuffles.
type RepeatedStratifiedKFold struct {
	K       int    // folds; 0: 5
	Repeats int    // 0: 10
	Seed    uint64 // 0 is a seed like any other
}

// Split implements ml.Splitter: K folds of the first repeat, K of the second... Errors: ErrConfig, ErrData.
func (s RepeatedStratifiedKFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	return repeat("selection.RepeatedStratifiedKFold.Split", s.Repeats, func(i uint64) ml.Splitter {
		return StratifiedKFold{K: s.K, Shuffle: true, Seed: rng.Key(s.Seed, i)}
	}, d)
}

func repeat(where string, repeats int, splitter func(i uint64) ml.Splitter, d ml.AnyData) ([]ml.Fold, error) {
	if repeats == 0 {
		repeats = 10
	}
	if repeats < 0 {
		return nil, ml.BadConfig(where, "Repeats", repeats, ">= 1, or 0 for 10")
	}
	var out []ml.Fold
	for i := range repeats {
		more, err := splitter(uint64(i)).Split(d)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}
