package features

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// SelectFromClassifier fits a classifier once to all columns and keeps those that matter enough to it: as much as the mean column, or another limit.
//
// How much a column matters is what the model says (ml.Importancer): with an L1 penalty, Limit: new(1e-5) keeps the columns whose coefficients are not zero. Scale the columns first if it is a linear
// model. Weights and groups go to the estimator.
type SelectFromClassifier struct {
	Base   ml.AnyClassifier // none is an error
	Median bool             // true: the limit is the median of the importances; false: their mean
	Factor float64          // times the mean or median, > 0; zero: 1
	Limit  *float64         // this limit instead; nil: the mean or median
	Most   int              // keep at most that many columns, the most important ones; zero: any number
}

// SelectFromRegressor is SelectFromClassifier for a regressor.
type SelectFromRegressor struct {
	Base   ml.AnyRegressor // none is an error
	Median bool            // true: the limit is the median of the importances; false: their mean
	Factor float64         // times the mean or median, > 0; zero: 1
	Limit  *float64        // this limit instead; nil: the mean or median
	Most   int             // keep at most that many columns, the most important ones; zero: any number
}

// Accepts says that the estimator decides.
func (c SelectFromClassifier) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Accepts says that the estimator decides.
func (c SelectFromRegressor) Accepts() ml.Accepts { return ml.AcceptsOf(c.Base.Config) }

// Fit finds the columns of d that matter. The model's Scores are the importances.
func (c SelectFromClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*SelectionModel, error) {
	l, err := classifier("features.SelectFromClassifier.Fit", c.Base)
	if err != nil {
		return nil, err
	}
	return selectFrom(ctx, l, d, c, c.Accepts(), limits{c.Median, c.Factor, c.Limit, c.Most})
}

// Fit finds the columns of d that matter. The model's Scores are the importances.
func (c SelectFromRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*SelectionModel, error) {
	l, err := regressor("features.SelectFromRegressor.Fit", c.Base)
	if err != nil {
		return nil, err
	}
	return selectFrom(ctx, l, d, c, c.Accepts(), limits{c.Median, c.Factor, c.Limit, c.Most})
}

type limits struct {
	median bool
	factor float64
	limit  *float64
	most   int
}

// check refuses settings that are not in range, and sets the default.
func (c *limits) check(where string) error {
	switch {
	case !(c.factor >= 0) || math.IsInf(c.factor, 0):
		return ml.BadConfig(where, "Factor", c.factor, "0 for 1, or > 0")
	case c.limit != nil && !finite(*c.limit):
		return ml.BadConfig(where, "Limit", *c.limit, "a finite number")
	case c.limit != nil && (c.median || c.factor != 0):
		return ml.BadConfig(where, "Limit", *c.limit, "nil, as Median or Factor is set")
	case c.most < 0:
		return ml.BadConfig(where, "Most", c.most, "0 for any number, or >= 1")
	}
	if c.factor == 0 {
		c.factor = 1
	}
	return nil
}

func selectFrom[Y any](ctx context.Context, l learner[Y], d ml.Dataset[Y], config any, accepts ml.Accepts, c limits) (*SelectionModel, error) {
	if err := c.check(l.where); err != nil {
		return nil, err
	}
	if err := d.Check(l.where, accepts); err != nil {
		return nil, err
	}
	_, p := d.X.Dims()
	all := make([]int, p)
	for j := range all {
		all[j] = j
	}
	v, _, err := l.importances(ctx, d, all)
	if err != nil {
		return nil, err
	}
	limit := 0.0
	switch {
	case c.limit != nil:
		limit = *c.limit
	case c.median:
		limit = c.factor * medianOf(slices.Clone(v))
	default:
		for _, w := range v {
			limit += w
		}
		limit *= c.factor / float64(p)
	}
	first := make([]bool, p)
	order := byScore(v)
	slices.Reverse(order)
	for k, j := range order {
		first[j] = c.most == 0 || k < c.most
	}
	return newSelection(l.where, ml.NewFitted(d.Table, d.Classes, config), v, nil, func(j int) bool { return v[j] >= limit && first[j] })
}
