package features

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// TomekLinks drops rows of all classes but the smallest that are, with a row of another class, each other's nearest neighbour: they are noise, or at the very border.
//
// The rows that stay keep their order, weights and groups; rows of weight 0 are dropped. Scale the columns first. Categorical columns, CSR and missing values are errors. O(rows^2 * columns).
//
// Tomek: Two modifications of CNN. IEEE Transactions on Systems, Man, and Cybernetics 6 (1976).
type TomekLinks struct{}

// EditedNearestNeighbours drops rows of all classes but the smallest whose K nearest neighbours are not all of their class, or with Mode, not most of them.
//
// The rows that stay keep their order, weights and groups; rows of weight 0 are dropped. Scale the columns first. Categorical columns, CSR and missing values are errors. O(rows^2 * columns).
//
// Wilson: Asymptotic properties of nearest neighbor rules using edited data. IEEE Transactions on Systems, Man, and Cybernetics 2 (1972).
type EditedNearestNeighbours struct {
	K    int  // zero: 3
	Mode bool // true: the most frequent class of the neighbours must be the row's, the lowest of several; false: every neighbour's
}

// NearMiss drops rows of all classes but the smallest until they have as many, and keeps those near to the smallest class: with Version 1 those with the least mean distance to their K nearest rows of
// it, with 2 to their K farthest rows of it, with 3 those among the V nearest to one of its rows that have the greatest mean distance to their K nearest rows of it.
//
// The rows that stay keep their order, weights and groups; rows of weight 0 are dropped. Scale the columns first. Categorical columns, CSR and missing values are errors. O(rows^2 * columns).
//
// Mani and Zhang: kNN approach to unbalanced data distributions. ICML workshop on learning from imbalanced data sets 2003.
type NearMiss struct {
	Version int     // 1, 2 or 3; zero: 1
	K       int     // zero: 3
	V       int     // for Version 3; zero: 3
	Ratio   float64 // of the smallest class to a larger one afterwards, in 0..1; zero: 1
}

// undersampling finds the rows of each class, and their neighbours.
func undersampling(ctx context.Context, where string, d ml.Dataset[int], ratio float64) (*balance, *neighborhood, []int, error) {
	b, err := newBalance(ctx, where, d, ratio, ml.Accepts{})
	if err != nil {
		return nil, nil, nil, err
	}
	if err := denseRows(where, d); err != nil {
		return nil, nil, nil, err
	}
	var used []int
	for _, m := range b.members {
		used = append(used, m...)
	}
	slices.Sort(used)
	return b, newNeighborhood(d.Table, 0), used, nil
}

// Resample returns the rows to learn from.
func (c TomekLinks) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	b, h, used, err := undersampling(ctx, "features.TomekLinks.Resample", d, 0)
	if err != nil {
		return d, err
	}
	nearest := make([]int, d.Rows())
	for q, near := range h.nearest(used, used, 1) {
		nearest[used[q]] = near[0].row
	}
	var keep []int
	smallest := b.smallest()
	for _, i := range used {
		if j := nearest[i]; d.Y[i] == smallest || d.Y[j] == d.Y[i] || nearest[j] != i {
			keep = append(keep, i)
		}
	}
	return d.Select(keep), nil
}

// Resample returns the rows to learn from.
func (c EditedNearestNeighbours) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	const where = "features.EditedNearestNeighbours.Resample"
	if err := checkNeighbors(where, "K", c.K); err != nil {
		return d, err
	}
	b, h, used, err := undersampling(ctx, where, d, 0)
	if err != nil {
		return d, err
	}
	var keep []int
	smallest := b.smallest()
	votes := make([]int, d.K())
	for q, near := range h.nearest(used, used, orDefault(c.K, 3)) {
		i := used[q]
		clear(votes)
		for _, n := range near {
			votes[d.Y[n.row]]++
		}
		agree := votes[d.Y[i]] == len(near)
		if c.Mode {
			agree = slices.Index(votes, slices.Max(votes)) == d.Y[i]
		}
		if agree || d.Y[i] == smallest {
			keep = append(keep, i)
		}
	}
	return d.Select(keep), nil
}

// Resample returns the rows to learn from.
func (c NearMiss) Resample(ctx context.Context, d ml.Dataset[int]) (ml.Dataset[int], error) {
	const where = "features.NearMiss.Resample"
	for field, k := range map[string]int{"K": c.K, "V": c.V} {
		if err := checkNeighbors(where, field, k); err != nil {
			return d, err
		}
	}
	if c.Version < 0 || c.Version > 3 {
		return d, ml.BadConfig(where, "Version", c.Version, "0 for 1, or 1, 2, 3")
	}
	b, h, _, err := undersampling(ctx, where, d, c.Ratio)
	if err != nil {
		return d, err
	}
	smallest := b.smallest()
	few := b.members[smallest]
	k := orDefault(c.K, 3)
	var keep []int
	for class, members := range b.members {
		if class == smallest || len(members) <= b.most() {
			keep = append(keep, members...)
			continue
		}
		candidates := members
		if c.Version == 3 {
			candidates = nil
			for _, near := range h.nearest(few, members, orDefault(c.V, 3)) {
				for _, n := range near {
					candidates = append(candidates, n.row)
				}
			}
			slices.Sort(candidates)
			candidates = slices.Compact(candidates)
		}
		reach := k
		if c.Version == 2 {
			reach = len(few)
		}
		distance := make(map[int]float64, len(candidates))
		for q, near := range h.nearest(candidates, few, reach) {
			for _, n := range near[max(0, len(near)-k):] {
				distance[candidates[q]] += math.Sqrt(n.distance)
			}
		}
		chosen := slices.Clone(candidates)
		slices.SortStableFunc(chosen, func(a, b int) int {
			if c.Version == 3 {
				return cmp.Compare(distance[b], distance[a])
			}
			return cmp.Compare(distance[a], distance[b])
		})
		keep = append(keep, chosen[:min(len(chosen), b.most())]...)
	}
	slices.Sort(keep)
	return d.Select(keep), nil
}
