package selection

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// LeaveOneOut tests each row once, on a model fitted to all the others: as many fits as there are rows. Scores that need
// several rows, such as R2 and ROCAUC, are not defined on its folds.
type LeaveOneOut struct{}

// Split implements ml.Splitter. Errors: ErrShape for fewer than two rows.
func (LeaveOneOut) Split(d ml.AnyData) ([]ml.Fold, error) {
	n := d.Rows()
	if n < 2 {
		return nil, ml.BadShape("selection.LeaveOneOut.Split", "X", fmt.Sprintf("%d rows long", n), "at least 2")
	}
	rows, out := make([]int, n), make([]ml.Fold, n)
	for i := range out {
		rows[i] = i
		out[i].Test = rows[i : i+1 : i+1]
	}
	return out, nil
}

// TimeSeriesSplit is for rows in order of time: the last K runs of rows are tested, each on a model fitted to rows before it
// alone. The folds are those of scikit-learn's TimeSeriesSplit.
type TimeSeriesSplit struct {
	K        int // test runs; 0: 5. At least 2
	TestRows int // rows of a test run; 0: rows/(K+1)
	Gap      int // rows left out between training and test rows, where a target looks ahead; 0: none
	MaxTrain int // the most training rows, the latest ones; 0: all (an expanding window)
}

// Split implements ml.Splitter. Errors: ErrConfig, also when the rows do not suffice.
func (s TimeSeriesSplit) Split(d ml.AnyData) ([]ml.Fold, error) {
	n := d.Rows()
	spans, err := s.cut("selection.TimeSeriesSplit.Split", "TestRows", "rows", n)
	if err != nil {
		return nil, err
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	out := make([]ml.Fold, len(spans))
	for i, p := range spans {
		out[i] = ml.Fold{Test: rows[p.from:p.to:p.to], Train: rows[p.begin:p.end:p.end]}
	}
	return out, nil
}

// PredefinedSplit uses folds that are given with the data. Rows of fold -1 are never tested, only trained on.
type PredefinedSplit struct {
	Fold []int // the fold of each row; codes may have gaps
}

// Split implements ml.Splitter: one fold for each code but -1, in ascending order. Errors: ErrShape, ErrConfig without a fold.
func (s PredefinedSplit) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.PredefinedSplit.Split"
	if len(s.Fold) != d.Rows() {
		return nil, ml.BadShape(where, "Fold", fmt.Sprintf("a list of %d", len(s.Fold)), fmt.Sprintf("%d, one for each row", d.Rows()))
	}
	tests := map[int][]int{}
	var codes []int
	for i, f := range s.Fold {
		if f == -1 {
			continue
		}
		if tests[f] == nil {
			codes = append(codes, f)
		}
		tests[f] = append(tests[f], i)
	}
	if len(codes) == 0 {
		return nil, ml.BadConfig(where, "Fold", "-1 for every row", "at least one fold to test on")
	}
	slices.Sort(codes)
	out := make([]ml.Fold, len(codes))
	for i, f := range codes {
		out[i].Test = tests[f]
	}
	return out, nil
}
