package features

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// MRMR keeps K columns that say much of the target and little that the others say: it begins with the most relevant one, and goes on with the one whose relevance is greatest over its
// redundancy, the mean size of its correlations with those chosen so far, at least 0.001. Of equal ones the first is taken; columns without a relevance (NaN) come last.
//
// Scores of the model are relevances, Ranking is the order of choice. Weights count: a row of weight k is k rows. CSR is read as it is. K passes more than the
// relevance takes.
//
// Ding, Peng: Minimum redundancy feature selection from microarray gene expression data. Journal of Bioinformatics and Computational Biology 3 (2005); Zhao, Anand, Wang: Maximum relevance and minimum
// redundancy feature selection methods for a marketing machine learning platform. DSAA 2019, for the quotient of an F statistic and correlations.
type MRMR[Y int | float64] struct {
	K         int            // zero: 10; at least all columns: all
	Relevance ColumnScore[Y] // nil: ANOVA for classes, FRegression for numbers
}

// Fit chooses among the columns of d.
func (c MRMR[Y]) Fit(ctx context.Context, d ml.Dataset[Y]) (*SelectionModel, error) {
	const where = "features.MRMR.Fit"
	if c.K < 0 {
		return nil, ml.BadConfig(where, "K", c.K, "0 for 10, or >= 1")
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	relevance := c.Relevance
	if relevance == nil {
		var byDefault any = ANOVA{}
		if _, numbers := any(d.Y).([]float64); numbers {
			byDefault = FRegression{}
		}
		relevance = byDefault.(ColumnScore[Y])
	}
	scores, p, f, err := scoreColumns(ctx, where, relevance, c, d)
	if err != nil {
		return nil, err
	}
	k := c.K
	if k == 0 {
		k = 10
	}
	k = min(k, len(scores))
	ranking := make([]int, len(scores))
	redundancy := make([]float64, len(scores)) // summed over those chosen
	spread := newColumnSpread(d.Table)
	from := rows.Of(d.X)
	column := make([]float64, from.Len())
	for chosen := 1; chosen <= k; chosen++ {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		best, most := -1, math.Inf(-1)
		for j, v := range scores {
			if chosen > 1 {
				v /= max(redundancy[j]/float64(chosen-1), 1e-3)
			}
			if ranking[j] == 0 && (v > most || best < 0) {
				best = j
				if v == v {
					most = v
				}
			}
		}
		ranking[best] = chosen
		if chosen == k || spread.flat[best] {
			continue
		}
		from.Col(best, column)
		for j, r := range correlations(ml.Dataset[float64]{Table: d.Table, Y: column}, spread) {
			redundancy[j] += math.Abs(r)
		}
	}
	m, err := newSelection(where, f, scores, p, func(j int) bool { return ranking[j] > 0 })
	if err != nil {
		return nil, err
	}
	for j, r := range ranking {
		if r == 0 {
			ranking[j] = k + 1
		}
	}
	m.Ranking = ranking
	return m, nil
}
