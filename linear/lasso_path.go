package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// LassoPath fits [Lasso] for a whole grid of penalties, from large to small, each fit starting from the one before: the solutions change little
// from one to the next, so that a path costs little more than its last fit. Where there are at most 4096 columns (256 if X is sparse) and no more
// than rows, the products of all columns are made once.
//
// With EarlyStop a path ends, after its fifth penalty, behind the one at which the share of the variance explained exceeds 0.999 or has grown
// by less than 1e-5 of itself: smaller penalties would fit noise, at great cost. These are the rules of glmnet.
type LassoPath struct {
	Alphas      []float64 // the penalties, > 0, in any order. nil: NAlphas from the data
	NAlphas     int       // penalties from the least one that leaves no coefficient down to Eps times that, with equal ratios. 0: 100
	Eps         float64   // 0: 1e-3
	EarlyStop   bool      // end where little more can be explained. False: go through the whole grid
	NoIntercept bool      // as in Lasso
	Positive    bool      // as in Lasso
	Random      bool      // as in Lasso
	Seed        uint64    // as in Lasso
	MaxIter     int       // as in Lasso, for each penalty
	Tol         float64   // as in Lasso
}

// ElasticNetPath is LassoPath for [ElasticNet].
type ElasticNetPath struct {
	L1Ratio     float64   // as in ElasticNet. A grid from the data takes at least 0.001, since at 0 no penalty would be large enough
	Alphas      []float64 // as in LassoPath
	NAlphas     int       // as in LassoPath
	Eps         float64   // as in LassoPath
	EarlyStop   bool      // as in LassoPath
	NoIntercept bool      // as in Lasso
	Positive    bool      // as in Lasso
	Random      bool      // as in Lasso
	Seed        uint64    // as in Lasso
	MaxIter     int       // as in Lasso, for each penalty
	Tol         float64   // as in Lasso
}

// PathModel holds the models of all penalties of a path: Coef has a row and Intercept a number for each, and Predict gives each row of X a
// prediction by each.
type PathModel struct {
	MultiRegressionModel
	Alphas    []float64 // falling
	L1Ratio   float64
	Explained []float64 // the share of the weighted variance of Y that each explains in the training rows
	Gaps      []float64 // the duality gap of each
	Sweeps    []int     // of each
}

var (
	_ ml.Fitter[ml.Dataset[float64], *PathModel] = LassoPath{}
	_ ml.Fitter[ml.Dataset[float64], *PathModel] = ElasticNetPath{}
	_ ml.Predictor[[]float64]                    = (*PathModel)(nil)
)

// Fit returns the path. Y must be finite. Info.Status is Converged if every penalty met Tol, Info.Gap the largest gap, Info.Iterations the sum of all
// sweeps. Progress is reported for each penalty; stopped there, the path ends with it.
func (c LassoPath) Fit(ctx context.Context, d ml.Dataset[float64]) (*PathModel, error) {
	p := ElasticNetPath{L1Ratio: 1, Alphas: c.Alphas, NAlphas: c.NAlphas, Eps: c.Eps, EarlyStop: c.EarlyStop, NoIntercept: c.NoIntercept, Positive: c.Positive,
		Random: c.Random, Seed: c.Seed, MaxIter: c.MaxIter, Tol: c.Tol}
	o, g := p.options()
	c.Alphas, c.NAlphas, c.Eps, c.MaxIter, c.Tol = slices.Clone(c.Alphas), g.n, g.eps, o.maxIter, o.tol
	return o.path(ctx, "linear.LassoPath.Fit", d, g, c.EarlyStop, c)
}

// Fit returns the path. Y must be finite. Info is as after LassoPath.
func (c ElasticNetPath) Fit(ctx context.Context, d ml.Dataset[float64]) (*PathModel, error) {
	o, g := c.options()
	c.Alphas, c.NAlphas, c.Eps, c.MaxIter, c.Tol = slices.Clone(c.Alphas), g.n, g.eps, o.maxIter, o.tol
	return o.path(ctx, "linear.ElasticNetPath.Fit", d, g, c.EarlyStop, c)
}

func (c ElasticNetPath) options() (descentOptions, alphaGrid) {
	return descentOptions{l1Ratio: c.L1Ratio, intercept: !c.NoIntercept, positive: c.Positive, random: c.Random, seed: c.Seed, maxIter: c.MaxIter, tol: c.Tol,
		without: "linear.OLS"}.withDefaults(), alphaGrid{alphas: c.Alphas, n: c.NAlphas, eps: c.Eps}.withDefaults()
}

func (o descentOptions) path(ctx context.Context, where string, d ml.Dataset[float64], g alphaGrid, early bool, config any) (*PathModel, error) {
	if err := o.checkPath(where, g, []float64{o.l1Ratio}); err != nil {
		return nil, err
	}
	if err := d.CheckShape(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	x, err := o.prepare(ctx, where, d.Table, [][]float64{d.Y}, false)
	if err != nil {
		return nil, err
	}
	terms, source, err := x.shared(ctx, 1)
	if err != nil {
		return nil, err
	}
	s := newDescent(terms, source, o)
	alphas := g.falling(terms, o.l1Ratio, o.positive)
	track := ml.Track(ctx, "penalty", len(alphas))
	m := &PathModel{L1Ratio: o.l1Ratio}
	var fits []solution
	var infos []ml.Info
	err = s.follow(ctx, alphas, o.l1Ratio, o.positive, func(k int, out outcome) (bool, error) {
		fits = append(fits, s.solutions(x, 0)...)
		m.Alphas, m.Gaps, m.Sweeps, m.Explained = append(m.Alphas, alphas[k]), append(m.Gaps, out.gap), append(m.Sweeps, out.sweeps), append(m.Explained, s.explained())
		infos = append(infos, ml.Info{Status: out.status, Iterations: out.sweeps, Gap: out.gap})
		stop, err := track.Step(k+1, ml.Loss{Train: out.loss})
		if stop {
			infos[k].Status = ml.Stopped
		}
		return stop || early && saturated(m.Explained), err
	})
	if err != nil {
		return nil, err
	}
	info := joinInfo(infos)
	info.Rows, info.Features = x.rows, x.cols
	m.MultiRegressionModel = *newMultiRegressionModel(fits, d.Columns, config, info)
	return m, checkSolutions(where, fits)
}

// saturated are glmnet's rules for the end of a path.
func saturated(explained []float64) bool {
	const fewest, enough, growth = 5, 0.999, 1e-5
	k := len(explained) - 1
	return k+1 >= fewest && (explained[k] > enough || explained[k]-explained[k-1] < growth*explained[k])
}

func (o descentOptions) checkPath(where string, g alphaGrid, ratios []float64) error {
	if err := g.check(where, o.without); err != nil {
		return err
	}
	for k, r := range ratios {
		field := "L1Ratio"
		if len(ratios) > 1 {
			field = fmt.Sprintf("L1Ratios[%d]", k)
		}
		if err := checkL1Ratio(where, field, r); err != nil {
			return err
		}
	}
	return checkIterative(where, o.tol, o.maxIter)
}

// shared is the problem of the first targets, in the form for many penalties.
func (d *design) shared(ctx context.Context, tasks int) (lossTerms, curvature, error) {
	if !d.smallGram() {
		return newRowCurvature(ctx, d, 0, tasks)
	}
	products, err := d.productsOf(ctx, d.present())
	if err != nil {
		return lossTerms{}, nil, err
	}
	terms, full, _ := joined(d, []*crossProducts{products}, 0, tasks)
	return terms, full, nil
}

// At is the model of penalty k.
func (m *PathModel) At(k int) *RegressionModel {
	return m.single(slices.Clone(m.Coef.Row(k)), m.Intercept[k], m.Alphas[k], ml.Info{Gap: m.Gaps[k], Iterations: m.Sweeps[k]})
}

// Between is the model for a penalty between those of the path, with coefficients interpolated linearly; beyond the ends it is that of the end.
// Lasso solutions are piecewise linear in the penalty, so that on a fine grid little is lost. An error if alpha is not a positive number.
func (m *PathModel) Between(alpha float64) (*RegressionModel, error) {
	if !(alpha > 0) || math.IsInf(alpha, 1) {
		return nil, ml.BadConfig("linear.PathModel.Between", "alpha", alpha, "> 0 and finite")
	}
	k := 0
	for k < len(m.Alphas) && m.Alphas[k] > alpha {
		k++
	}
	switch {
	case k == len(m.Alphas):
		return m.At(k - 1), nil
	case k == 0 || m.Alphas[k] == alpha:
		return m.At(k), nil
	}
	share := (m.Alphas[k-1] - alpha) / (m.Alphas[k-1] - m.Alphas[k])
	mix := func(a, b float64) float64 { return a + share*(b-a) }
	coef := make([]float64, m.Info.Features)
	for j := range coef {
		coef[j] = mix(m.Coef.At(k-1, j), m.Coef.At(k, j))
	}
	return m.single(coef, mix(m.Intercept[k-1], m.Intercept[k]), alpha, ml.Info{Note: "interpolated between two penalties of a path"}), nil
}

func (m *PathModel) single(coef []float64, intercept, alpha float64, info ml.Info) *RegressionModel {
	c := ElasticNet{Alpha: alpha, L1Ratio: m.L1Ratio}
	switch p := m.Config.(type) {
	case LassoPath:
		c.NoIntercept, c.Positive, c.Random, c.Seed, c.MaxIter, c.Tol = p.NoIntercept, p.Positive, p.Random, p.Seed, p.MaxIter, p.Tol
	case ElasticNetPath:
		c.NoIntercept, c.Positive, c.Random, c.Seed, c.MaxIter, c.Tol = p.NoIntercept, p.Positive, p.Random, p.Seed, p.MaxIter, p.Tol
	}
	info.Status, info.Rows, info.Features = m.Info.Status, m.Info.Rows, m.Info.Features
	return newRegressionModel(solution{coef: coef, intercept: intercept}, m.Columns, c, info)
}

// Restore checks a model that was read from a file.
func (m *PathModel) Restore() error {
	if err := m.MultiRegressionModel.Restore(); err != nil {
		return err
	}
	k := len(m.Intercept)
	return checkShape("linear.PathModel", &m.Fitted, len(m.Alphas) == k && len(m.Explained) == k && len(m.Gaps) == k && len(m.Sweeps) == k)
}
