package folds

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// TestRows is how many of n rows a test part of the given fraction has: rounded up, as in scikit-learn, but at least 1 and
// at most n-1, so that neither part is empty. It is 0 when n is less than 2; a NaN fraction counts as 0.
func TestRows(n int, fraction float64) int {
	if n < 2 {
		return 0
	}
	rows := math.Ceil(float64(n) * fraction)
	switch {
	case !(rows > 1):
		return 1
	case rows > float64(n-1):
		return n - 1
	}
	return int(rows)
}

// Holdout draws test of n rows at random, and train of the others; both come in random order.
func Holdout(n, train, test int, r *rand.Rand) (trainRows, testRows []int) {
	rows := order(n, r)
	return rows[test : test+train], rows[:test]
}

// StratifiedHoldout draws test rows, and train of the others, with the shares of the classes kept: the exact share rounded
// down, and the rows then missing to the classes with the largest remainders, ties at random. Both parts come in random
// order. Class codes may be any integers.
func StratifiedHoldout(class []int, train, test int, r *rand.Rand) (trainRows, testRows []int) {
	codes, counts := byAppearance(class)
	inTest := shares(counts, test, r)
	rest := make([]int, len(counts))
	for c := range rest {
		rest[c] = counts[c] - inTest[c]
	}
	inTrain := shares(rest, train, r)
	for _, row := range order(len(class), r) {
		switch c := codes[row]; {
		case inTest[c] > 0:
			inTest[c]--
			testRows = append(testRows, row)
		case inTrain[c] > 0:
			inTrain[c]--
			trainRows = append(trainRows, row)
		}
	}
	return trainRows, testRows
}

// shares divides draws among classes in proportion to their counts by the largest-remainder rule. It works in integers, so
// that equal remainders are seen as equal.
func shares(counts []int, draws int, r *rand.Rand) []int {
	total := 0
	for _, n := range counts {
		total += n
	}
	out, remainder := make([]int, len(counts)), make([]int64, len(counts))
	if total == 0 {
		return out
	}
	missing := draws
	for c, n := range counts {
		exact := int64(n) * int64(draws)
		out[c], remainder[c] = int(exact/int64(total)), exact%int64(total)
		missing -= out[c]
	}
	classes := order(len(counts), r)
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(remainder[b], remainder[a]) })
	for _, c := range classes[:missing] {
		out[c]++
	}
	return out
}

// GroupHoldout draws whole groups for the test part, in random order, each one if it brings the test part closer to the
// fraction of the rows; with classes (nil: none) to the fraction of each class's rows. Where it can be, each part has a
// group: a single one is for training. The rows of both parts come in ascending order.
func GroupHoldout(class, group []int, fraction float64, r *rand.Rand) (trainRows, testRows []int) {
	codes, perGroup := byValue(group)
	classes, perClass := make([]int, len(group)), []int{len(group)}
	if class != nil {
		classes, perClass = byAppearance(class)
	}
	counts := make([][]int, len(perGroup)) // of each group, by class
	for i, g := range codes {
		if counts[g] == nil {
			counts[g] = make([]int, len(perClass))
		}
		counts[g][classes[i]]++
	}
	t := target{fraction: fraction, perClass: perClass, got: make([]int, len(perClass))}
	queue := order(len(counts), r)
	out := make([]bool, len(counts))
	tested := 0
	for _, g := range queue {
		if tested < len(queue)-1 && t.gain(counts[g]) > 0 {
			t.take(counts[g])
			out[g] = true
			tested++
		}
	}
	if tested == 0 && len(queue) > 1 {
		// Every group is larger than the test part should be: the one that does least harm, the first of equal ones.
		best := queue[0]
		for _, g := range queue[1:] {
			if t.gain(counts[g]) > t.gain(counts[best]) {
				best = g
			}
		}
		out[best] = true
	}
	for i, g := range codes {
		if out[g] {
			testRows = append(testRows, i)
		} else {
			trainRows = append(trainRows, i)
		}
	}
	return trainRows, testRows
}

// target is how far a test part is from what it should be.
type target struct {
	fraction float64
	perClass []int
	got      []int // rows of the test part, by class
}

// gain is by how much the squared distance from the fraction, summed over the classes, shrinks if a group is taken.
func (t target) gain(group []int) float64 {
	sum := 0.0
	for c, n := range group {
		all := float64(t.perClass[c])
		before := float64(t.got[c])/all - t.fraction
		after := float64(t.got[c]+n)/all - t.fraction
		sum += float64(before*before) - float64(after*after)
	}
	return sum
}

func (t target) take(group []int) {
	for c, n := range group {
		t.got[c] += n
	}
}
