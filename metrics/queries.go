package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Queries are ranked lists: rows with a relevance and a score, in groups that are ranked each for itself.
type Queries struct {
	list   []Query
	weight []float64
}

// A Query is one ranked list. Where scores are equal, its measures are the mean over all orders of the equal ones.
type Query struct {
	rel   []float64 // by falling score
	ends  []int     // of the runs of equal scores
	ideal []float64 // by falling relevance
}

// NewQueries sorts the rows of each group by falling score. rel is the relevance, at least 0 and 0 for what is not relevant (ErrTarget); scores may be infinite but not NaN (ErrNotFinite). group
// gives the query of each row, in any order; nil: all rows are one. A query weighs the mean of its rows' weights, as in LightGBM; rows of weight 0 are absent. The
// rest is as in [CheckRows]. O(rows log rows).
func NewQueries(rel, score []float64, group []int, weight ...float64) (*Queries, error) {
	const where = "metrics.NewQueries"
	if err := CheckRows(where, len(rel), len(score), weight); err != nil {
		return nil, err
	}
	if group != nil && len(group) != len(rel) {
		return nil, ml.BadShape(where, "group", fmt.Sprintf("a list of %d", len(group)), fmt.Sprintf("%d, one for each row", len(rel)))
	}
	for i, v := range rel {
		switch {
		case absent(weight, i):
		case !(v >= 0) || math.IsInf(v, 1):
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(v), Want: "a finite relevance >= 0", Kind: ml.ErrTarget}
		case math.IsNaN(score[i]):
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("score[%d]", i), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
		}
	}
	lists := queryRows(len(rel), group, weight)
	q := &Queries{list: make([]Query, len(lists)), weight: make([]float64, len(lists))}
	par.For(len(lists), 64*(1+len(rel)/max(len(lists), 1)), func(lo, hi int) {
		for g := lo; g < hi; g++ {
			q.list[g], q.weight[g] = newQuery(lists[g], rel, score, weight)
		}
	})
	return q, nil
}

// queryRows are the rows of each group that are not absent, in rising order of the groups.
func queryRows(n int, group []int, weight []float64) [][]int32 {
	at, names, count := map[int]int{}, []int{}, []int{}
	place := make([]int32, n)
	first, g := true, 0
	for i := range n {
		if absent(weight, i) {
			continue
		}
		name := 0
		if group != nil {
			name = group[i]
		}
		if first || name != names[g] { // rows of a group mostly follow each other
			var known bool
			if g, known = at[name]; !known {
				g = len(names)
				at[name] = g
				names, count = append(names, name), append(count, 0)
			}
			first = false
		}
		place[i] = int32(g)
		count[g]++
	}
	lists := make([][]int32, len(names))
	for g, k := range count {
		lists[g] = make([]int32, 0, k)
	}
	for i := range n {
		if !absent(weight, i) {
			lists[place[i]] = append(lists[place[i]], int32(i))
		}
	}
	order := make([]int, len(names))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(names[a], names[b]) })
	sorted := make([][]int32, len(names))
	for k, g := range order {
		sorted[k] = lists[g]
	}
	return sorted
}

// newQuery sorts the rows of one query.
func newQuery(members []int32, rel, score, weight []float64) (one Query, share float64) {
	scores := make([]float64, len(members))
	for k, i := range members {
		scores[k] = score[i]
	}
	order := make([]int32, len(members))
	new(kern.Sorter[float64]).ArgSort(order, scores, true)
	one.rel = make([]float64, len(members))
	var total mean
	for k, o := range order {
		if k > 0 && scores[o] != scores[order[k-1]] {
			one.ends = append(one.ends, k)
		}
		one.rel[k] = rel[members[o]]
		total.add(w(weight, int(members[o])), 1)
	}
	one.ends = append(one.ends, len(one.rel))
	one.ideal = slices.Clone(one.rel)
	slices.Sort(one.ideal)
	slices.Reverse(one.ideal)
	return one, total.value()
}

// Len is the number of queries that have rows.
func (q *Queries) Len() int { return len(q.list) }

// Each is a measure of every query, in rising order of their groups:
//
//	q.Each(func(q *metrics.Query) float64 { return q.NDCG(10, metrics.Exponential, 1) })
func (q *Queries) Each(measure func(*Query) float64) []float64 {
	out := make([]float64, len(q.list))
	for i := range q.list {
		out[i] = measure(&q.list[i])
	}
	return out
}

// Mean is the weighted mean of a measure over the queries, those of NaN left out.
func (q *Queries) Mean(measure func(*Query) float64) float64 {
	return average(q.Each(measure), q.weight)
}

func meanOfQueries(rel, score []float64, group []int, weight []float64, measure func(*Query) float64) float64 {
	q, err := NewQueries(rel, score, group, weight...)
	if err != nil {
		return math.NaN()
	}
	return q.Mean(measure)
}

// NDCG is the mean over the queries of the discounted gain of the first k rows over that of the best order, relevance being its own gain; k = 0: of all rows. Best 1. A query
// without relevant rows counts 0; for another policy and other gains see [Query.NDCG]. For the arguments see [NewQueries].
func NDCG(rel, score []float64, group []int, k int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.NDCG(k, Identity, 0) })
}

// MAP is the mean over the queries of the average precision at the relevant rows among the first k; k = 0: of all rows. Best 1. A query without
// relevant rows counts 0; see [Query.AveragePrecision].
func MAP(rel, score []float64, group []int, k int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.AveragePrecision(k, 0) })
}

// MRR is the mean over the queries of 1 over the rank of the first relevant row, 0 if it is not among the first k; k = 0: of all rows. Best 1. A query without relevant
// rows counts 0.
func MRR(rel, score []float64, group []int, k int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.ReciprocalRank(k, 0) })
}

// PrecisionAt is the mean over the queries of the share of relevant rows among the first k.
func PrecisionAt(rel, score []float64, group []int, k int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.Precision(k) })
}

// RecallAt is the mean over the queries of the share of the relevant rows that are among the first k. A query without relevant rows counts 0.
func RecallAt(rel, score []float64, group []int, k int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.Recall(k, 0) })
}

// HitAt is the share of the queries with a relevant row among the first k.
func HitAt(rel, score []float64, group []int, k int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.Hit(k) })
}

// GroupAUC is the mean over the queries of the area under the ROC curve of relevant against other rows. Queries without the one or the other are left out; NaN if all are.
func GroupAUC(rel, score []float64, group []int, weight ...float64) float64 {
	return meanOfQueries(rel, score, group, weight, func(q *Query) float64 { return q.AUC(math.NaN()) })
}
