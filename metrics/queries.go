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
	first, n := make([]int, len(lists)), 0 // of each query's rows
	for g, members := range lists {
		first[g] = n
		n += len(members)
	}
	floats, ends := make([]float64, 2*n), make([]int, n)
	par.For(len(lists), 64*(1+len(rel)/max(len(lists), 1)), func(lo, hi int) {
		var s ranker
		for g := lo; g < hi; g++ {
			at, end := first[g], first[g]+len(lists[g])
			q.list[g] = s.query(lists[g], rel, score, floats[at:end:end], floats[n+at:n+end:n+end], ends[at:at:end])
			q.weight[g] = shareOfQuery(lists[g], weight)
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

// A ranker sorts the rows of one query after the other.
type ranker struct{ keys, at []int64 }

// query writes the relevance of rows by falling score to ranked, and by itself to ideal; ends has room for as many.
func (s *ranker) query(members []int32, rel, score, ranked, ideal []float64, ends []int) Query {
	n := len(members)
	s.keys, s.at = slices.Grow(s.keys[:0], n)[:n], slices.Grow(s.at[:0], n)[:n]
	for k, i := range members {
		s.keys[k], s.at[k] = -kern.WordOf(score[i]), int64(k)
	}
	kern.SortWordPairs(s.keys, s.at)
	for k, o := range s.at {
		if k > 0 && s.keys[k] != s.keys[k-1] {
			ends = append(ends, k)
		}
		ranked[k] = rel[members[o]]
	}
	for k, v := range ranked {
		s.keys[k] = -kern.WordOf(v)
	}
	kern.SortWords(s.keys)
	for k, v := range s.keys {
		ideal[k] = kern.FloatOf(-v)
	}
	return Query{ranked, append(ends, n), ideal}
}

// shareOfQuery is the mean weight of its rows.
func shareOfQuery(members []int32, weight []float64) float64 {
	if len(weight) == 0 {
		return 1
	}
	var total sum
	for _, i := range members {
		total.add(weight[i])
	}
	return total.value() / float64(len(members))
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
