package linear

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// FitSeries fits several configs to one data set, and returns their models in the same order: what a search over C does with each fold. Configs that differ in C
// alone are fitted as a path, each from the one before, and share what is learned of the rows, which takes a fraction of the time. Each model meets its Tol as
// that of Fit does, and so differs from it by no more than that allows; the result does not depend on the order of the configs.
//
// Progress reports carry the task "penalty". The first error ends the whole.
func (c LogisticRegression) FitSeries(ctx context.Context, d ml.Dataset[int], series []LogisticRegression) ([]*LogisticModel, error) {
	const where = "linear.LogisticRegression.FitSeries"
	configs := make([]LogisticRegression, len(series))
	order := make([]int, len(series))
	for i, s := range series {
		one, err := s.resolve(where)
		if err != nil {
			return nil, err
		}
		one.Start = slices.Clone(s.Start)
		configs[i], order[i] = one, i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(configs[a].C, configs[b].C) })
	out := make([]*LogisticModel, len(series))
	done := 0
	for _, first := range order {
		if out[first] != nil {
			continue
		}
		p, err := configs[first].problem(ctx, where, d)
		if err != nil {
			return nil, err
		}
		if err := p.startAt(configs[first].Start); err != nil {
			return nil, err
		}
		p.loss.along = new(alongPath)
		for _, i := range order {
			if out[i] != nil || !alikeButC(configs[i], configs[first]) {
				continue
			}
			track := ml.Track(ml.WithTask(ctx, "penalty", done, len(series)), "iteration", configs[i].MaxIter)
			fit, err := p.solve(ctx, configs[i].C, func(step int, f float64) (bool, error) { return track.Step(step, ml.Loss{Train: f}) })
			if err != nil {
				return nil, err
			}
			out[i] = p.model(configs[i], fit.info)
			done++
		}
	}
	return out, ml.Done(ctx)
}

// alikeButC says whether one path holds both.
func alikeButC(a, b LogisticRegression) bool {
	a.C = b.C
	return reflect.DeepEqual(a, b)
}
