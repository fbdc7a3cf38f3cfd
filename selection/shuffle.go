package selection

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// ShuffleSplit draws test rows and training rows at random, Splits times. Unlike with folds, a row may be tested often or never.
type ShuffleSplit struct {
	Splits        int     // 0: 10
	TestFraction  float64 // of the rows, rounded up; 0: 0.1. Less than 1
	TrainFraction float64 // of the rows, rounded down; 0: all that are not tested
	Seed          uint64  // 0 is a seed like any other
}

// Split implements ml.Splitter; rows come in random order. Errors: ErrConfig.
func (s ShuffleSplit) Split(d ml.AnyData) ([]ml.Fold, error) {
	train, test, err := s.sizes("selection.ShuffleSplit.Split", d.Rows())
	if err != nil {
		return nil, err
	}
	out := make([]ml.Fold, s.Splits)
	for i := range out {
		out[i].Train, out[i].Test = folds.Holdout(d.Rows(), train, test, rng.New(s.Seed, uint64(i)))
	}
	return out, nil
}

// sizes fills in the defaults and counts the rows of both parts.
func (s *ShuffleSplit) sizes(where string, n int) (train, test int, err error) {
	if err := s.defaults(where); err != nil {
		return 0, 0, err
	}
	test = folds.TestRows(n, s.TestFraction)
	train = n - test
	if s.TrainFraction != 0 {
		train = int(math.Floor(s.TrainFraction * float64(n)))
	}
	if test < 1 || train < 1 || train+test > n {
		return 0, 0, ml.BadConfig(where, "TestFraction and TrainFraction", fmt.Sprintf("%v and %v of %d rows", s.TestFraction, s.TrainFraction, n),
			"at least one row for each part, and at most 1 together")
	}
	return train, test, nil
}

func (s *ShuffleSplit) defaults(where string) error {
	if s.Splits == 0 {
		s.Splits = 10
	}
	if s.TestFraction == 0 {
		s.TestFraction = 0.1
	}
	switch {
	case s.Splits < 0:
		return ml.BadConfig(where, "Splits", s.Splits, ">= 1, or 0 for 10")
	case !(s.TestFraction > 0 && s.TestFraction < 1):
		return ml.BadConfig(where, "TestFraction", s.TestFraction, "a number between 0 and 1, or 0 for 0.1")
	case !(s.TrainFraction >= 0 && s.TrainFraction < 1):
		return ml.BadConfig(where, "TrainFraction", s.TrainFraction, "a number between 0 and 1, or 0 for all other rows")
	}
	return nil
}

// StratifiedShuffleSplit is a ShuffleSplit that keeps the shares of the classes in both parts, by the largest-remainder rule.
type StratifiedShuffleSplit struct {
	Splits        int     // 0: 10
	TestFraction  float64 // of the rows, rounded up; 0: 0.1. Less than 1
	TrainFraction float64 // of the rows, rounded down; 0: all that are not tested
	Seed          uint64  // 0 is a seed like any other
}

// Split implements ml.Splitter; rows come in random order. Errors: ErrConfig, ErrData for targets that are no class codes.
func (s StratifiedShuffleSplit) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.StratifiedShuffleSplit.Split"
	plain := ShuffleSplit(s)
	train, test, err := plain.sizes(where, d.Rows())
	if err != nil {
		return nil, err
	}
	class, err := classes(where, d, "selection.ShuffleSplit")
	if err != nil {
		return nil, err
	}
	out := make([]ml.Fold, plain.Splits)
	for i := range out {
		out[i].Train, out[i].Test = folds.StratifiedHoldout(class, train, test, rng.New(s.Seed, uint64(i)))
	}
	return out, nil
}

// GroupShuffleSplit draws whole groups for testing, Splits times, until they have about TestFraction of the rows; the other
// groups are for training.
type GroupShuffleSplit struct {
	Splits       int     // 0: 10
	TestFraction float64 // of the rows; 0: 0.1. Less than 1. At least one group is tested, and one is not
	Seed         uint64  // 0 is a seed like any other
}

// Split implements ml.Splitter. Errors: ErrConfig, ErrData without groups or with a single one.
func (s GroupShuffleSplit) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.GroupShuffleSplit.Split"
	plain := ShuffleSplit{Splits: s.Splits, TestFraction: s.TestFraction, Seed: s.Seed}
	if err := plain.defaults(where); err != nil {
		return nil, err
	}
	group, err := groups(where, d, 2)
	if err != nil {
		return nil, err
	}
	out := make([]ml.Fold, plain.Splits)
	for i := range out {
		out[i].Train, out[i].Test = folds.GroupHoldout(nil, group, plain.TestFraction, rng.New(s.Seed, uint64(i)))
	}
	return out, nil
}
