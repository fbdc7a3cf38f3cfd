package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
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
	members, order := map[int][]int32{}, []int{}
	for _, i := range sortedBy(score, true) {
		if absent(weight, int(i)) {
			continue
		}
		g := 0
		if group != nil {
			g = group[i]
		}
		if members[g] == nil {
			order = append(order, g)
		}
		members[g] = append(members[g], i)
	}
	slices.Sort(order)
	q := &Queries{}
	for _, g := range order {
		var one Query
		var share mean
		for k, i := range members[g] {
			if k > 0 && score[i] != score[members[g][k-1]] {
				one.ends = append(one.ends, k)
			}
			one.rel = append(one.rel, rel[i])
			share.add(w(weight, int(i)), 1)
		}
		one.ends = append(one.ends, len(one.rel))
		one.ideal = slices.Clone(one.rel)
		slices.SortFunc(one.ideal, func(a, b float64) int {
			if a > b {
				return -1
			} else if a < b {
				return 1
			}
			return 0
		})
		q.list, q.weight = append(q.list, one), append(q.weight, share.value())
	}
	return q, nil
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
