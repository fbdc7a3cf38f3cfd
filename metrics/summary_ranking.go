package metrics

import (
	"fmt"
	"math"
)

// ReportRanking scores ranked lists, cut at 1, 5 and 10. The errors are those of [NewQueries].
func ReportRanking(rel, score []float64, group []int, weight ...float64) (*Report, error) {
	q, err := NewQueries(rel, score, group, weight...)
	if err != nil {
		return nil, err
	}
	without := 0
	for i := range q.list {
		if q.list[i].relevant() == 0 {
			without++
		}
	}
	r := &Report{Title: fmt.Sprintf("Ranked lists: %d, of which %d without relevant rows are left out", q.Len(), without)}
	nan := math.NaN()
	for _, k := range []int{1, 5, 10} {
		r.add(fmt.Sprint("NDCG at ", k), q.Mean(func(q *Query) float64 { return q.NDCG(k, Identity, nan) }), "best 1")
	}
	r.add("MAP", q.Mean(func(q *Query) float64 { return q.AveragePrecision(0, nan) }), "best 1")
	r.add("MRR", q.Mean(func(q *Query) float64 { return q.ReciprocalRank(0, nan) }), "best 1")
	for _, k := range []int{1, 5, 10} {
		r.add(fmt.Sprint("recall at ", k), q.Mean(func(q *Query) float64 { return q.Recall(k, nan) }), "best 1")
	}
	r.add("AUC within lists", q.Mean(func(q *Query) float64 { return q.AUC(nan) }), "best 1, chance 0.5")
	return r, nil
}
