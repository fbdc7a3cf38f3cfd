// Package folds divides row numbers into folds and into test and training parts: what package selection's splitters and
// the cross-validation inside estimators share. Its functions know nothing but integers, and they fail on nothing: the
// caller checks 2 <= k <= rows and what else it wants, and words the error.
//
// A division into folds is the fold of each row:
//
//	fold := folds.Stratified(d.Y, 5, nil)           // fold[i] is 0..4
//	for _, test := range folds.Tests(fold, 5) {
//		train := folds.Complement(len(fold), test)
//		...
//	}
//
// A nil source of randomness means that rows are not shuffled; then the folds are those of scikit-learn 1.9's splitters of
// the same names, index by index.
package folds

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// KFold cuts n rows into k folds of n/k rows, the first n%k folds having one more. Without r a fold is a run of rows.
func KFold(n, k int, r *rand.Rand) []int {
	fold := make([]int, n)
	for i, row := range order(n, r) {
		fold[row] = runOf(i, n, k)
	}
	return fold
}

// runOf is the number of the run that item i lies in when n items are cut into k runs, the longer ones first.
func runOf(i, n, k int) int {
	short, longer := n/k, n%k
	if i < longer*(short+1) {
		return i / (short + 1)
	}
	return longer + (i-longer*(short+1))/short
}

// order is 0..n-1, shuffled if there is a source.
func order(n int, r *rand.Rand) []int {
	if r != nil {
		return rng.Perm(r, n)
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// Stratified makes k folds of equal size, up to one row, in which each class has as many rows as in any other fold, up to
// one. Class codes may be any integers: rows without a class (-1) are spread like a class of their own.
func Stratified(class []int, k int, r *rand.Rand) []int {
	codes, counts := byAppearance(class)
	// Deal the rows, sorted by class, to the folds in turn: that gives how many rows of each class a fold gets.
	deal := make([][]int, len(counts)) // deal[c] is the fold of each row of class c, in row order
	at := 0
	for c, n := range counts {
		share := make([]int, k)
		for range n {
			share[at%k]++
			at++
		}
		for f, m := range share {
			for range m {
				deal[c] = append(deal[c], f)
			}
		}
		if r != nil {
			rng.Shuffle(r, deal[c])
		}
	}
	fold := make([]int, len(class))
	for i, c := range codes {
		fold[i], deal[c] = deal[c][0], deal[c][1:]
	}
	return fold
}

// Group makes k folds that do not divide a group. Without r the largest group goes first, each to the fold that has the
// fewest rows, so that folds are of nearly equal size; with r the folds are random and hold equally many groups, up to one.
// Some folds are empty when there are fewer than k groups.
func Group(group []int, k int, r *rand.Rand) []int {
	codes, counts := byValue(group)
	foldOf := make([]int, len(counts))
	if r != nil {
		foldOf = KFold(len(counts), k, r)
	} else {
		rows := make([]int, k)
		for _, g := range largestFirst(counts) {
			f := lightest(rows)
			rows[f] += counts[g]
			foldOf[g] = f
		}
	}
	return spread(codes, foldOf)
}

// largestFirst orders groups by their number of rows; of equal ones the last comes first, as in scikit-learn.
func largestFirst(counts []int) []int {
	groups := order(len(counts), nil)
	slices.SortStableFunc(groups, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	slices.Reverse(groups)
	return groups
}

func lightest(rows []int) int {
	best := 0
	for f, n := range rows {
		if n < rows[best] {
			best = f
		}
	}
	return best
}

func spread(codes, foldOf []int) []int {
	fold := make([]int, len(codes))
	for i, g := range codes {
		fold[i] = foldOf[g]
	}
	return fold
}

// Tests lists the rows of each of k folds, in ascending order.
func Tests(fold []int, k int) [][]int {
	rows := make([][]int, k)
	for i, f := range fold {
		rows[f] = append(rows[f], i)
	}
	return rows
}

// Complement lists the rows out of n that are not in rows, in ascending order.
func Complement(n int, rows []int) []int {
	in := make([]bool, n)
	for _, r := range rows {
		in[r] = true
	}
	out := make([]int, 0, max(n-len(rows), 0))
	for r, is := range in {
		if !is {
			out = append(out, r)
		}
	}
	return out
}

// byAppearance numbers the values of v in the order in which they appear, and counts them.
func byAppearance(v []int) (codes, counts []int) {
	number := make(map[int]int)
	codes = make([]int, len(v))
	for i, x := range v {
		c, seen := number[x]
		if !seen {
			c = len(counts)
			number[x] = c
			counts = append(counts, 0)
		}
		codes[i] = c
		counts[c]++
	}
	return codes, counts
}

// byValue numbers the values of v in ascending order, and counts them.
func byValue(v []int) (codes, counts []int) {
	values := slices.Clone(v)
	slices.Sort(values)
	values = slices.Compact(values)
	codes, counts = make([]int, len(v)), make([]int, len(values))
	for i, x := range v {
		c, _ := slices.BinarySearch(values, x)
		codes[i] = c
		counts[c]++
	}
	return codes, counts
}

// Counts returns how many different values v has and the smallest and largest number of times one occurs; zeros for no
// values. It is what a caller checks k against.
func Counts(v []int) (distinct, fewest, most int) {
	_, counts := byAppearance(v)
	if len(counts) == 0 {
		return 0, 0, 0
	}
	return len(counts), slices.Min(counts), slices.Max(counts)
}
