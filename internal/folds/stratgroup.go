package folds

import (
	"math"
	"math/rand/v2"
	"slices"
)

// StratifiedGroup makes k folds that do not divide a group and hold about equal shares of each class. It is greedy: groups
// with the most uneven class counts go first, each to the fold where the shares of the classes then differ least between
// folds (the smaller fold if that is equal). r shuffles the groups that are equally uneven. Cost: groups x k² x classes.
func StratifiedGroup(class, group []int, k int, r *rand.Rand) []int {
	classes, perClass := byValue(class)
	groups, perGroup := byValue(group)
	counts := make([][]float64, len(perGroup)) // of each group, by class
	for g := range counts {
		counts[g] = make([]float64, len(perClass))
	}
	for i, g := range groups {
		counts[g][classes[i]]++
	}
	a := allocation{perClass: make([]float64, len(perClass)), folds: make([][]float64, k)}
	for c, n := range perClass {
		a.perClass[c] = float64(n)
	}
	for f := range a.folds {
		a.folds[f] = make([]float64, len(perClass))
	}
	queue := order(len(counts), r)
	slices.SortStableFunc(queue, func(g, h int) int {
		switch a, b := deviation(counts[g]), deviation(counts[h]); {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	foldOf := make([]int, len(counts))
	for _, g := range queue {
		f := a.best(counts[g])
		foldOf[g] = f
		addTo(a.folds[f], counts[g], 1)
	}
	return spread(groups, foldOf)
}

// allocation is the class counts of the folds so far.
type allocation struct {
	perClass []float64   // of all rows
	folds    [][]float64 // rows of each fold, by class
}

func (a allocation) best(group []float64) int {
	best, least, fewest := 0, math.Inf(1), math.Inf(1)
	for f, fold := range a.folds {
		addTo(fold, group, 1)
		uneven := a.uneven()
		addTo(fold, group, -1)
		rows := 0.0
		for _, n := range fold {
			rows += n
		}
		// Rounding may tell equal divisions apart: numpy's isclose, as in the reference.
		if uneven < least || (math.Abs(uneven-least) <= 1e-8+1e-5*math.Abs(least) && rows < fewest) {
			best, least, fewest = f, uneven, rows
		}
	}
	return best
}

// uneven is the mean over the classes of the standard deviation, over the folds, of a fold's share of the class.
func (a allocation) uneven() float64 {
	sum := 0.0
	share := make([]float64, len(a.folds))
	for c, all := range a.perClass {
		for f := range a.folds {
			share[f] = a.folds[f][c] / all
		}
		sum += deviation(share)
	}
	return sum / float64(len(a.perClass))
}

func addTo(dst, v []float64, sign float64) {
	for i, x := range v {
		dst[i] += sign * x
	}
}

// deviation is the standard deviation of v, divided by the number of values. Products are rounded before they are added, so
// that every architecture takes the same decisions.
func deviation(v []float64) float64 {
	mean := 0.0
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	sum := 0.0
	for _, x := range v {
		sum += float64((x - mean) * (x - mean))
	}
	return math.Sqrt(sum / float64(len(v)))
}
