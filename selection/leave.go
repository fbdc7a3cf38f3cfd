package selection

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// LeavePOut tests every choice of P rows, on a model fitted to all the others: n·(n-1)···/P! fits. The folds are those of scikit-learn's LeavePOut.
type LeavePOut struct {
	P int // rows left out at a time; 0: 2. At least 1, and less than there are rows
}

// Split implements ml.Splitter: the choices in lexicographic order. Errors: ErrConfig, also for more than a million folds.
func (s LeavePOut) Split(d ml.AnyData) ([]ml.Fold, error) {
	choices, err := choose("selection.LeavePOut.Split", s.P, d.Rows(), "rows")
	if err != nil {
		return nil, err
	}
	out := make([]ml.Fold, len(choices))
	for i, rows := range choices {
		out[i].Test = rows
	}
	return out, nil
}

// LeavePGroupsOut tests every choice of P groups, on a model fitted to all the others. The folds are those of scikit-learn's LeavePGroupsOut.
type LeavePGroupsOut struct {
	P int // groups left out at a time; 0: 2. At least 1, and less than there are groups
}

// Split implements ml.Splitter: the choices of groups, in ascending order, in lexicographic order. Errors: ErrConfig, also for more than a million folds,
// ErrData without groups.
func (s LeavePGroupsOut) Split(d ml.AnyData) ([]ml.Fold, error) {
	const where = "selection.LeavePGroupsOut.Split"
	group, err := groups(where, d, 2)
	if err != nil {
		return nil, err
	}
	codes := slices.Clone(group)
	slices.Sort(codes)
	codes = slices.Compact(codes)
	choices, err := choose(where, s.P, len(codes), "groups")
	if err != nil {
		return nil, err
	}
	out := make([]ml.Fold, len(choices))
	for i, chosen := range choices {
		for row, g := range group {
			if c, _ := slices.BinarySearch(codes, g); slices.Contains(chosen, c) {
				out[i].Test = append(out[i].Test, row)
			}
		}
	}
	return out, nil
}

// choose lists every choice of p of n things, each rising, in lexicographic order.
func choose(where string, p, n int, what string) ([][]int, error) {
	const most = 1_000_000
	if p == 0 {
		p = 2
	}
	if p < 1 || p >= n {
		return nil, ml.BadConfig(where, "P", p, fmt.Sprintf("1 to %d, one less than there are %s; or 0 for 2", n-1, what))
	}
	count := 1.0
	for i := range min(p, n-p) {
		count = math.Round(count * float64(n-i) / float64(i+1))
		if count > most {
			return nil, ml.BadConfig(where, "P", p, fmt.Sprintf("one that makes at most %d folds of %d %s", most, n, what))
		}
	}
	out := make([][]int, 0, int(count))
	pick := make([]int, p)
	for i := range pick {
		pick[i] = i
	}
	for {
		out = append(out, slices.Clone(pick))
		i := p - 1
		for i >= 0 && pick[i] == n-p+i {
			i--
		}
		if i < 0 {
			return out, nil
		}
		pick[i]++
		for j := i + 1; j < p; j++ {
			pick[j] = pick[j-1] + 1
		}
	}
}
