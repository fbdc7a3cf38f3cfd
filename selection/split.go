package selection

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// Split divides a data set at random into training and test rows. testFraction is the share of the test rows, rounded up. Targets
// that are class codes are stratified: both parts keep the shares of the classes, up to a row. With groups (Table.Group) no group
// is divided, and the fraction is met as well as the groups allow. Equal seeds give equal parts. Rows come in random order, with
// groups in the order of d; matrices keep their kind of storage.
//
// Unnamed classes are named by their codes, so that a part which lacks a class keeps the width of the whole. Valid stays with
// the training rows.
//
// There is no error: as long as there are two rows (two groups), each part has one, whatever the fraction says, NaN included. A
// single row or group is for training. A data set whose parts do not fit together (targets or weights of another length than
// X, no X) comes back as both parts, unchanged, and the next Fit says what is wrong with it.
func Split[Y any](d ml.Dataset[Y], testFraction float64, seed uint64) (train, test ml.Dataset[Y]) {
	if !whole(d) {
		return d, d
	}
	if d.K() <= maxNamed {
		d = d.NameClasses()
	}
	trainRows, testRows := splitRows(d, testFraction, seed)
	train, test = d.Select(trainRows), d.Select(testRows)
	test.Valid = nil
	return train, test
}

// maxNamed is how many classes get a name at most: a stray code, such as a timestamp, is for Fit to refuse.
const maxNamed = 1 << 20

// whole reports whether every row of d has all that the others have.
func whole[Y any](d ml.Dataset[Y]) bool {
	n := 0
	if rows.Fault(d.X) == "" {
		n = d.Rows()
	}
	return n > 0 && len(d.Y) == n && (d.Weight == nil || len(d.Weight) == n) && (d.Group == nil || len(d.Group) == n)
}

// splitRows draws the rows of both parts of a data set that is whole.
func splitRows[Y any](d ml.Dataset[Y], fraction float64, seed uint64) (train, test []int) {
	n, r := d.Rows(), rng.New(seed, 0)
	class, _ := any(d.Y).([]int)
	switch {
	case d.Group != nil:
		return folds.GroupHoldout(class, d.Group, max(0, min(fraction, 1)), r)
	case class != nil:
		k := folds.TestRows(n, fraction)
		return folds.StratifiedHoldout(class, n-k, k, r)
	}
	k := folds.TestRows(n, fraction)
	return folds.Holdout(n, n-k, k, r)
}
