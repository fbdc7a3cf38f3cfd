package selection

import (
	"fmt"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// foldCount is k with its default filled in, if the data has rows enough for it.
func foldCount(where string, k int, d ml.AnyData) (int, error) {
	if k == 0 {
		k = 5
	}
	if n := d.Rows(); k < 2 || k > n {
		return 0, ml.BadConfig(where, "K", k, fmt.Sprintf("2 to %d, the number of rows; or 0 for 5", n))
	}
	return k, nil
}

// classes returns the class codes that a stratified splitter needs; instead names the splitter for other targets.
func classes(where string, d ml.AnyData, instead string) ([]int, error) {
	class, ok := d.Y.([]int)
	if !ok {
		found := "missing"
		if d.Y != nil {
			found = fmt.Sprintf("a %T", d.Y)
		}
		return nil, &ml.Error{Where: where, Field: "Y", Found: found, Want: "class codes ([]int); for other targets use " + instead, Kind: ml.ErrData}
	}
	if len(class) != d.Rows() {
		return nil, ml.BadShape(where, "Y", fmt.Sprintf("a list of %d", len(class)), fmt.Sprintf("%d, one for each row of X", d.Rows()))
	}
	return class, nil
}

// groups returns the groups that a grouped splitter needs, at least min different ones.
func groups(where string, d ml.AnyData, min int) ([]int, error) {
	switch {
	case d.Group == nil:
		return nil, &ml.Error{Where: where, Field: "Group", Found: "missing", Want: "the group of each row", Kind: ml.ErrData}
	case len(d.Group) != d.Rows():
		return nil, ml.BadShape(where, "Group", fmt.Sprintf("a list of %d", len(d.Group)), fmt.Sprintf("%d, one for each row of X", d.Rows()))
	}
	if distinct, _, _ := folds.Counts(d.Group); distinct < min {
		return nil, &ml.Error{Where: where, Field: "Group", Found: fmt.Sprintf("a list of %d different groups", distinct), Want: fmt.Sprintf("at least %d", min), Kind: ml.ErrData}
	}
	return d.Group, nil
}

// source is the stream of one division, nil for none.
func source(shuffle bool, seed, task uint64) *rand.Rand {
	if !shuffle {
		return nil
	}
	return rng.New(seed, task)
}

// toFolds lists the rows of each fold; its training rows are all others.
func toFolds(fold []int, k int) []ml.Fold {
	out := make([]ml.Fold, k)
	for f, test := range folds.Tests(fold, k) {
		out[f].Test = test
	}
	return out
}
