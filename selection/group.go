package selection

import (
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
)

// GroupKFold makes K folds that never divide a group (Table.Group), so that a model is tested on groups it has not seen: other
// patients, other users. Unshuffled, the largest groups go first, each to the fold with the fewest rows, which makes folds of
// nearly equal size: those of scikit-learn's GroupKFold. Shuffled, folds have equally many groups, up to one.
type GroupKFold struct {
	K       int    // folds; 0: 5. At least 2 and at most the number of groups
	Shuffle bool   // put groups into folds at random
	Seed    uint64 // of Shuffle; 0 is a seed like any other
}

// Split implements ml.Splitter. Errors: ErrConfig, ErrData without groups or with fewer than K.
func (s GroupKFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.GroupKFold.Split"
	k, err := foldCount(where, s.K, d)
	if err != nil {
		return nil, err
	}
	group, err := groups(where, d, k)
	if err != nil {
		return nil, err
	}
	return toFolds(folds.Group(group, k, source(s.Shuffle, s.Seed, 0)), k), nil
}

// StratifiedGroupKFold makes K folds that never divide a group and have about the same shares of the classes, as far as the
// groups allow. Unshuffled folds are those of scikit-learn's StratifiedGroupKFold.
type StratifiedGroupKFold struct {
	K       int    // folds; 0: 5. At least 2 and at most the number of groups
	Shuffle bool   // draw the order of groups that are equally uneven
	Seed    uint64 // of Shuffle; 0 is a seed like any other
}

// Split implements ml.Splitter. Errors: ErrConfig, ErrData without groups, with fewer than K, or without class codes. With
// many groups of one kind a fold may stay empty, which is ErrData too.
func (s StratifiedGroupKFold) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.StratifiedGroupKFold.Split"
	k, err := foldCount(where, s.K, d)
	if err != nil {
		return nil, err
	}
	class, err := classes(where, d, "selection.GroupKFold")
	if err != nil {
		return nil, err
	}
	group, err := groups(where, d, k)
	if err != nil {
		return nil, err
	}
	out := toFolds(folds.StratifiedGroup(class, group, k, source(s.Shuffle, s.Seed, 0)), k)
	if slices.ContainsFunc(out, func(f ml.Fold) bool { return len(f.Test) == 0 }) {
		return nil, &ml.Error{Where: where, Field: "Group", Found: "too uneven: a fold would be empty", Want: "smaller groups, a smaller K, or selection.GroupKFold", Kind: ml.ErrData}
	}
	return out, nil
}

// LeaveOneGroupOut tests each group once, on a model fitted to all the others.
type LeaveOneGroupOut struct{}

// Split implements ml.Splitter: one fold for each group, in ascending order. Errors: ErrData without groups or with a single one.
func (LeaveOneGroupOut) Split(d ml.AnyData) ([]ml.Fold, error) {
	group, err := groups("selection.LeaveOneGroupOut.Split", d, 2)
	if err != nil {
		return nil, err
	}
	codes := slices.Clone(group)
	slices.Sort(codes)
	codes = slices.Compact(codes)
	fold := make([]int, len(group))
	for i, g := range group {
		fold[i], _ = slices.BinarySearch(codes, g)
	}
	return toFolds(fold, len(codes)), nil
}
