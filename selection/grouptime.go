package selection

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// GroupTimeSeriesSplit is a [TimeSeriesSplit] of groups: each group (Table.Group) is a period, such as a day or a season, and greater codes are later ones.
// The last K runs of periods are tested, each on a model fitted to periods before it alone, and no period is divided. Rows may come in any order.
type GroupTimeSeriesSplit struct {
	K          int // test runs; 0: 5. At least 2
	TestGroups int // periods of a test run; 0: periods/(K+1)
	Gap        int // periods left out between training and test; 0: none
	MaxTrain   int // the most training periods, the latest ones; 0: all (an expanding window)
}

// Split implements ml.Splitter; the rows of a fold are in the order of the data. Errors: ErrConfig, also when the periods do not suffice, ErrData without groups.
func (s GroupTimeSeriesSplit) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.GroupTimeSeriesSplit.Split"
	group, err := groups(where, d, 3)
	if err != nil {
		return nil, err
	}
	codes := slices.Clone(group)
	slices.Sort(codes)
	codes = slices.Compact(codes)
	periods, err := TimeSeriesSplit{K: s.K, TestRows: s.TestGroups, Gap: s.Gap, MaxTrain: s.MaxTrain}.cut(where, "TestGroups", "periods", len(codes))
	if err != nil {
		return nil, err
	}
	when := make([]int, len(group))
	for i, g := range group {
		when[i], _ = slices.BinarySearch(codes, g)
	}
	out := make([]ml.Fold, len(periods))
	for f, p := range periods {
		for row, t := range when {
			switch {
			case p.begin <= t && t < p.end:
				out[f].Train = append(out[f].Train, row)
			case p.from <= t && t < p.to:
				out[f].Test = append(out[f].Test, row)
			}
		}
	}
	return out, nil
}

// span is one fold of a series: training from begin to before end, testing from from to before to.
type span struct{ begin, end, from, to int }

// cut divides n moments in order of time.
func (s TimeSeriesSplit) cut(where, testField, what string, n int) ([]span, error) {
	k := s.K
	if k == 0 {
		k = 5
	}
	switch {
	case k < 2 || k >= n:
		return nil, ml.BadConfig(where, "K", k, fmt.Sprintf("2 to %d, one less than there are %s; or 0 for 5", n-1, what))
	case s.TestRows < 0 || s.TestRows > n:
		return nil, ml.BadConfig(where, testField, s.TestRows, fmt.Sprintf("1 to %d, or 0 for %s/(K+1)", n, what))
	case s.Gap < 0 || s.Gap > n:
		return nil, ml.BadConfig(where, "Gap", s.Gap, fmt.Sprintf("0 to %d", n))
	case s.MaxTrain < 0:
		return nil, ml.BadConfig(where, "MaxTrain", s.MaxTrain, ">= 1, or 0 for all")
	}
	test := s.TestRows
	if test == 0 {
		test = n / (k + 1)
	}
	if test > (n-s.Gap-1)/k {
		return nil, ml.BadConfig(where, "K", k, fmt.Sprintf("one that leaves training %s: %d are fewer than %d runs of %d, a gap of %d and 1", what, n, k, test, s.Gap))
	}
	out := make([]span, k)
	for i := range out {
		from := n - (k-i)*test
		end, begin := from-s.Gap, 0
		if s.MaxTrain > 0 {
			begin = max(end-s.MaxTrain, 0)
		}
		out[i] = span{begin, end, from, from + test}
	}
	return out, nil
}
