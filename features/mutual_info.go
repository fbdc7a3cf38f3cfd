package features

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// MutualInfo scores columns by how much they tell of the target, in nats, whatever the form of the dependence: 0 for independence. It has no p-values.
//
// Numeric columns are compared by the distances of nearest neighbours, after a tiny noise that tells equal numbers apart; categorical columns by
// counting. A column of one value tells nothing. CSR is read a column at a time. A row of weight 0 is absent; other weights do not matter. O(n log n) a column for class codes, more for numbers: up to O(n^2) where columns are alike everywhere.
//
// Kraskov, Stögbauer, Grassberger: Estimating mutual information. Physical Review E 69 (2004); Ross: Mutual information between discrete and continuous data sets. PLoS ONE 9 (2014).
type MutualInfo[Y int | float64] struct {
	Neighbors int    // zero: 3. More give less variance and more bias
	Seed      uint64 // of the noise
}

// Accepts says that it takes categorical columns.
func (MutualInfo[Y]) Accepts() ml.Accepts { return ml.Accepts{Categorical: true} }

// ScoreColumns returns mutual informations, and no p-values.
func (c MutualInfo[Y]) ScoreColumns(ctx context.Context, d ml.Dataset[Y]) (scores, p []float64, err error) {
	const where = "features.MutualInfo"
	if c.Neighbors < 0 {
		return nil, nil, ml.BadConfig(where, "Neighbors", c.Neighbors, "0 for 3, or >= 1")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, nil, err
	}
	n, width := d.X.Dims()
	var kept []int
	for i := range n {
		if weightOf(d.Weight, i) > 0 {
			kept = append(kept, i)
		}
	}
	k := c.Neighbors
	if k == 0 {
		k = 3
	}
	if len(kept) < 2 {
		return nil, nil, ml.BadShape(where, "X", "1 row", "at least 2")
	}
	classes, numbers := []int(nil), []float64(nil)
	switch y := any(d.Y).(type) {
	case []int:
		classes = make([]int, len(kept))
		for e, i := range kept {
			classes[e] = y[i]
		}
	case []float64:
		numbers = noisy(pick(y, kept), c.Seed, uint64(width))
	}
	from := rows.Of(d.X)
	scores = make([]float64, width)
	err = par.Do(ctx, width, func(ctx context.Context, j int) error {
		column := make([]float64, n)
		from.Col(j, column)
		column = pick(column, kept)
		discrete := isCategorical(d.Columns, j)
		switch {
		case slices.Min(column) == slices.Max(column):
			scores[j] = 0
		case discrete && classes != nil:
			scores[j] = discreteInfo(codesOf(column), classes)
		case discrete:
			scores[j] = mixedInfo(numbers, codesOf(column), k)
		case classes != nil:
			scores[j] = mixedInfo(noisy(column, c.Seed, uint64(j)), classes, k)
		default:
			scores[j] = numericInfo(noisy(column, c.Seed, uint64(j)), numbers, k)
		}
		if !finite(scores[j]) {
			return &ml.Error{Where: where, Field: columnLabel(d.Columns, j), Found: "numbers too large to be scaled", Want: "numbers within 1e150 of each other", Kind: ml.ErrNotFinite}
		}
		return nil
	})
	return scores, nil, err
}

// noisy is x over its standard deviation, with a noise of 1e-10 of its size.
func noisy(x []float64, seed, task uint64) []float64 {
	mean, squares := 0.0, 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		squares += (v - mean) * (v - mean) / float64(len(x))
	}
	scale := math.Sqrt(squares)
	if constant(squares, mean, float64(len(x))) {
		scale = 1
	}
	out, size := make([]float64, len(x)), 0.0
	for i, v := range x {
		out[i] = v / scale
		size += math.Abs(out[i]) / float64(len(x))
	}
	r := rng.New(seed, task)
	for i := range out {
		out[i] += 1e-10 * max(1, size) * r.NormFloat64()
	}
	return out
}

// codesOf numbers the distinct values of x.
func codesOf(x []float64) []int {
	distinct := slices.Compact(slices.Sorted(slices.Values(x)))
	out := make([]int, len(x))
	for i, v := range x {
		out[i], _ = slices.BinarySearch(distinct, v)
	}
	return out
}

// discreteInfo counts.
func discreteInfo(a, b []int) float64 {
	na, nb := slices.Max(a)+1, slices.Max(b)+1
	joint, rowSum, colSum := map[[2]int]float64{}, make([]float64, na), make([]float64, nb)
	var keys [][2]int
	for i := range a {
		key := [2]int{a[i], b[i]}
		if joint[key] == 0 {
			keys = append(keys, key)
		}
		joint[key]++
		rowSum[a[i]]++
		colSum[b[i]]++
	}
	n, sum := float64(len(a)), 0.0
	for _, key := range keys {
		v := joint[key]
		sum += v / n * (math.Log(v/n) - math.Log(rowSum[key[0]]/n) - math.Log(colSum[key[1]]/n))
	}
	return max(0, sum)
}

// mixedInfo is Ross's estimate between numbers and classes. Rows that are alone in their class are left out.
func mixedInfo(x []float64, class []int, k int) float64 {
	members := map[int][]float64{}
	for i, c := range class {
		members[c] = append(members[c], x[i])
	}
	all := make([]float64, 0, len(x))
	var codes []int
	for c, list := range members {
		if len(list) > 1 {
			slices.Sort(list)
			codes = append(codes, c)
		}
	}
	slices.Sort(codes)
	for _, c := range codes {
		all = append(all, members[c]...)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	sum := 0.0
	for _, c := range codes {
		list := members[c]
		near := min(k, len(list)-1)
		per := stats.Digamma(float64(near)) - stats.Digamma(float64(len(list)))
		for i, v := range list {
			radius := math.Nextafter(nearest1(list, i, near), 0)
			sum += per - stats.Digamma(float64(within(all, v, radius)))
		}
	}
	return max(0, stats.Digamma(float64(len(all)))+sum/float64(len(all)))
}

// nearest1 is the distance of the k-th nearest to element i of a rising list.
func nearest1(x []float64, i, k int) float64 {
	lo, hi, d := i, i, 0.0
	for range k {
		left, right := math.Inf(1), math.Inf(1)
		if lo > 0 {
			left = x[i] - x[lo-1]
		}
		if hi+1 < len(x) {
			right = x[hi+1] - x[i]
		}
		if left <= right {
			lo--
			d = left
		} else {
			hi++
			d = right
		}
	}
	return d
}

// within counts the elements of a rising list at a distance of at most radius from v.
func within(x []float64, v, radius float64) int {
	lo, _ := slices.BinarySearchFunc(x, radius, func(e, r float64) int { // the first with v - e <= r
		if v-e > r {
			return -1
		}
		return 1
	})
	hi, _ := slices.BinarySearchFunc(x, radius, func(e, r float64) int { // the first with e - v > r
		if e-v > r {
			return 1
		}
		return -1
	})
	return hi - lo
}

// numericInfo is Kraskov's first estimate between numbers: the k-th neighbour in both, by the greater of the distances, and how many are as near in each.
func numericInfo(x, y []float64, k int) float64 {
	n := len(x)
	k = min(k, n-1)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return a - b
	})
	sx, along := make([]float64, n), make([]float64, n) // x rising, and y in its order
	for r, i := range order {
		sx[r], along[r] = x[i], y[i]
	}
	sy := slices.Sorted(slices.Values(y))
	sum := par.Reduce(n, par.Grain(2000), func(_, lo, hi int) float64 {
		part, best := 0.0, make([]float64, 0, k+1)
		for r := lo; r < hi; r++ {
			radius := math.Nextafter(nearest2(sx, along, r, k, best), 0)
			part += stats.Digamma(float64(within(sx, sx[r], radius))) + stats.Digamma(float64(within(sy, along[r], radius)))
		}
		return part
	}, func(a, b float64) float64 { return a + b })
	return max(0, stats.Digamma(float64(n))+stats.Digamma(float64(k))-sum/float64(n))
}

// nearest2 is the k-th smallest of max(|x - x[r]|, |y - y[r]|). It goes outward in x until that alone is too far.
func nearest2(x, y []float64, r, k int, best []float64) float64 {
	best = best[:0]
	lo, hi := r, r
	for {
		left, right := math.Inf(1), math.Inf(1)
		if lo > 0 {
			left = x[r] - x[lo-1]
		}
		if hi+1 < len(x) {
			right = x[hi+1] - x[r]
		}
		d, at := left, lo-1
		if right < left {
			d, at = right, hi+1
		}
		if math.IsInf(d, 1) || len(best) == k && d >= best[k-1] {
			return best[len(best)-1]
		}
		lo, hi = min(lo, at), max(hi, at)
		d = max(d, math.Abs(y[at]-y[r]))
		if len(best) < k || d < best[k-1] {
			place, _ := slices.BinarySearch(best, d)
			if len(best) == k {
				best = best[:k-1]
			}
			best = slices.Insert(best, place, d)
		}
	}
}
