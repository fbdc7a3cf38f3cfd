package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// LassoCV is [Lasso] with the penalty chosen by cross-validation: a path of penalties is fitted to the training rows of every fold, and that
// penalty taken whose squared error on the rows left out is the least on average, or with OneSE a larger one that does about as well. Then the
// model is fitted to all rows.
//
// Folds run side by side; progress reports carry the task "fold", and after them "all rows". Where there are at most 4096 columns (256 if X is sparse) and
// no more than rows, the products of the columns are made once for each fold's rows, and those of its training rows added up from the others'.
//
// Weights count in fits and errors, and a fold by the total weight of its rows. A row of weight 0 is absent, also when folds are made; a row of
// weight k is in one fold, unlike k rows. Nothing is random but what the Splitter does, unless Random is set.
type LassoCV struct {
	Alphas      []float64   // the penalties to try, > 0, in any order. nil: NAlphas from the data
	NAlphas     int         // penalties from the least one that leaves no coefficient for all rows, down to Eps times that. 0: 100
	Eps         float64     // 0: 1e-3
	K           int         // folds, runs of rows as they come, at least 2; not with Splitter. 0: 5, or as many as there are rows
	Splitter    ml.Splitter // other folds, such as selection.KFold{Shuffle: true} for rows in a meaningful order. nil: K runs of rows
	OneSE       bool        // take the largest penalty whose mean error is within a standard error of the least. False: that of the least
	NoIntercept bool        // as in Lasso
	Positive    bool        // as in Lasso
	Random      bool        // as in Lasso
	Seed        uint64      // as in Lasso
	MaxIter     int         // as in Lasso, for each fit
	Tol         float64     // as in Lasso
}

// ElasticNetCV is LassoCV for [ElasticNet], with a grid of penalties for each of the L1Ratios.
type ElasticNetCV struct {
	L1Ratios    []float64   // the shares of absolute values to try, 0..1 as in ElasticNet. nil: 0.5
	Alphas      []float64   // as in LassoCV, for each of L1Ratios
	NAlphas     int         // as in LassoCV, for each of L1Ratios
	Eps         float64     // as in LassoCV
	K           int         // as in LassoCV
	Splitter    ml.Splitter // as in LassoCV
	OneSE       bool        // as in LassoCV, within the L1Ratio of the least error
	NoIntercept bool        // as in Lasso
	Positive    bool        // as in Lasso
	Random      bool        // as in Lasso
	Seed        uint64      // as in Lasso
	MaxIter     int         // as in Lasso, for each fit
	Tol         float64     // as in Lasso
}

// MultiTaskLassoCV is LassoCV for [MultiTaskLasso]. Errors are means over the targets.
type MultiTaskLassoCV struct {
	Alphas      []float64   // as in LassoCV
	NAlphas     int         // as in LassoCV
	Eps         float64     // as in LassoCV
	K           int         // as in LassoCV
	Splitter    ml.Splitter // as in LassoCV
	OneSE       bool        // as in LassoCV
	NoIntercept bool        // as in MultiTaskLasso
	Random      bool        // as in Lasso
	Seed        uint64      // as in Lasso
	MaxIter     int         // as in Lasso, for each fit
	Tol         float64     // as in MultiTaskLasso
}

// MultiTaskElasticNetCV is ElasticNetCV for [MultiTaskElasticNet]. Errors are means over the targets.
type MultiTaskElasticNetCV struct {
	L1Ratios    []float64   // as in ElasticNetCV
	Alphas      []float64   // as in ElasticNetCV
	NAlphas     int         // as in ElasticNetCV
	Eps         float64     // as in LassoCV
	K           int         // as in LassoCV
	Splitter    ml.Splitter // as in LassoCV
	OneSE       bool        // as in ElasticNetCV
	NoIntercept bool        // as in MultiTaskLasso
	Random      bool        // as in Lasso
	Seed        uint64      // as in Lasso
	MaxIter     int         // as in Lasso, for each fit
	Tol         float64     // as in MultiTaskLasso
}

// PenaltyCV is what cross-validation over paths found. Penalties are for all folds the same.
type PenaltyCV struct {
	Alpha, L1Ratio float64                 // those that the model has
	BestAlpha      float64                 // of the least mean error
	OneSEAlpha     float64                 // the largest of the same L1Ratio whose mean error is within a standard error of the least
	L1Ratios       []float64               // tried
	Alphas         *tensor.Tensor[float64] // L1Ratios x penalties, falling in each row
	FoldErrors     *tensor.Tensor[float64] // L1Ratios x penalties x folds: mean squared errors on the rows left out
	Errors         *tensor.Tensor[float64] // L1Ratios x penalties: their means, weighted by the folds
	StdErrors      *tensor.Tensor[float64] // L1Ratios x penalties: the standard errors of these; 0 for a single fold
}

// ElasticNetCVModel is a linear model with the search for its penalty.
type ElasticNetCVModel struct {
	RegressionModel
	PenaltyCV
}

// MultiTaskCVModel is a linear model of several targets with the search for its penalty.
type MultiTaskCVModel struct {
	MultiRegressionModel
	PenaltyCV
}

var (
	_ ml.Fitter[ml.Dataset[float64], *ElasticNetCVModel]  = LassoCV{}
	_ ml.Fitter[ml.Dataset[float64], *ElasticNetCVModel]  = ElasticNetCV{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiTaskCVModel] = MultiTaskLassoCV{}
	_ ml.Fitter[ml.Dataset[[]float64], *MultiTaskCVModel] = MultiTaskElasticNetCV{}
	_ ml.RowPredictor[float64]                            = (*ElasticNetCVModel)(nil)
	_ ml.Into[float64]                                    = (*ElasticNetCVModel)(nil)
)

// Fit chooses the penalty and fits the model. Y must be finite. Info is that of the fit to all rows, as after Lasso; Info.Note says when the
// penalty of the least error is the smallest of the grid, or fits on folds did not converge.
func (c LassoCV) Fit(ctx context.Context, d ml.Dataset[float64]) (*ElasticNetCVModel, error) {
	s := ElasticNetCV{L1Ratios: []float64{1}, Alphas: c.Alphas, NAlphas: c.NAlphas, Eps: c.Eps, K: c.K, Splitter: c.Splitter, OneSE: c.OneSE,
		NoIntercept: c.NoIntercept, Positive: c.Positive, Random: c.Random, Seed: c.Seed, MaxIter: c.MaxIter, Tol: c.Tol}.search("linear.LassoCV.Fit")
	c.Alphas, c.NAlphas, c.Eps, c.MaxIter, c.Tol = slices.Clone(c.Alphas), s.grid.n, s.grid.eps, s.maxIter, s.tol
	return s.single(ctx, d, c)
}

// Fit chooses the penalty and fits the model. Y must be finite. Info is as after LassoCV.
func (c ElasticNetCV) Fit(ctx context.Context, d ml.Dataset[float64]) (*ElasticNetCVModel, error) {
	s := c.search("linear.ElasticNetCV.Fit")
	c.L1Ratios, c.Alphas, c.NAlphas, c.Eps, c.MaxIter, c.Tol = s.ratios, slices.Clone(c.Alphas), s.grid.n, s.grid.eps, s.maxIter, s.tol
	return s.single(ctx, d, c)
}

// Fit chooses the penalty and fits the model. The targets must be finite and equally many in each row. Info is as after LassoCV.
func (c MultiTaskLassoCV) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiTaskCVModel, error) {
	s := MultiTaskElasticNetCV{L1Ratios: []float64{1}, Alphas: c.Alphas, NAlphas: c.NAlphas, Eps: c.Eps, K: c.K, Splitter: c.Splitter, OneSE: c.OneSE,
		NoIntercept: c.NoIntercept, Random: c.Random, Seed: c.Seed, MaxIter: c.MaxIter, Tol: c.Tol}.search("linear.MultiTaskLassoCV.Fit")
	c.Alphas, c.NAlphas, c.Eps, c.MaxIter, c.Tol = slices.Clone(c.Alphas), s.grid.n, s.grid.eps, s.maxIter, s.tol
	return s.joint(ctx, d, c)
}

// Fit chooses the penalty and fits the model. The targets must be finite and equally many in each row. Info is as after LassoCV.
func (c MultiTaskElasticNetCV) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*MultiTaskCVModel, error) {
	s := c.search("linear.MultiTaskElasticNetCV.Fit")
	c.L1Ratios, c.Alphas, c.NAlphas, c.Eps, c.MaxIter, c.Tol = s.ratios, slices.Clone(c.Alphas), s.grid.n, s.grid.eps, s.maxIter, s.tol
	return s.joint(ctx, d, c)
}

func (c ElasticNetCV) search(where string) *penaltySearch {
	s := &penaltySearch{where: where, ratios: slices.Clone(c.L1Ratios), k: c.K, splitter: c.Splitter, oneSE: c.OneSE,
		grid: alphaGrid{alphas: c.Alphas, n: c.NAlphas, eps: c.Eps}.withDefaults(),
		descentOptions: descentOptions{intercept: !c.NoIntercept, positive: c.Positive, random: c.Random, seed: c.Seed, maxIter: c.MaxIter, tol: c.Tol,
			without: "linear.OLS"}.withDefaults()}
	if s.ratios == nil {
		s.ratios = []float64{0.5}
	}
	return s
}

func (c MultiTaskElasticNetCV) search(where string) *penaltySearch {
	s := ElasticNetCV{L1Ratios: c.L1Ratios, Alphas: c.Alphas, NAlphas: c.NAlphas, Eps: c.Eps, K: c.K, Splitter: c.Splitter, OneSE: c.OneSE,
		NoIntercept: c.NoIntercept, Random: c.Random, Seed: c.Seed, MaxIter: c.MaxIter, Tol: c.Tol}.search(where)
	s.without = "linear.OLSMulti"
	return s
}

func (s *penaltySearch) single(ctx context.Context, d ml.Dataset[float64], config any) (*ElasticNetCVModel, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := d.Check(s.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if rows := absent(d.Weight); rows != nil {
		d = d.Select(rows)
	}
	fits, info, found, err := s.run(ctx, d.Any(), [][]float64{d.Y})
	if err != nil {
		return nil, err
	}
	return &ElasticNetCVModel{RegressionModel: *newRegressionModel(fits[0], d.Columns, config, info), PenaltyCV: found}, nil
}

func (s *penaltySearch) joint(ctx context.Context, d ml.Dataset[[]float64], config any) (*MultiTaskCVModel, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := d.Check(s.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if rows := absent(d.Weight); rows != nil {
		d = d.Select(rows)
	}
	fits, info, found, err := s.run(ctx, d.Any(), transposed(d.Y))
	if err != nil {
		return nil, err
	}
	return &MultiTaskCVModel{MultiRegressionModel: *newMultiRegressionModel(fits, d.Columns, config, info), PenaltyCV: found}, nil
}

// absent lists the rows of positive weight if there are others, else it is nil.
func absent(weight []float64) []int {
	if !slices.Contains(weight, 0) {
		return nil
	}
	return (&design{source: source{rows: len(weight)}, weight: weight}).present()
}

// Restore checks a model that was read from a file.
func (m *ElasticNetCVModel) Restore() error {
	if err := m.RegressionModel.Restore(); err != nil {
		return err
	}
	return checkShape("linear.ElasticNetCVModel", &m.Fitted, m.consistent())
}

// Restore checks a model that was read from a file.
func (m *MultiTaskCVModel) Restore() error {
	if err := m.MultiRegressionModel.Restore(); err != nil {
		return err
	}
	return checkShape("linear.MultiTaskCVModel", &m.Fitted, m.consistent())
}

func (p *PenaltyCV) consistent() bool {
	if p.Alphas == nil || p.Alphas.Rank() != 2 || p.FoldErrors == nil || p.FoldErrors.Rank() != 3 || !p.FoldErrors.Contiguous() {
		return false
	}
	r, k := p.Alphas.Dims()
	folds := p.FoldErrors.Shape()[2]
	return r > 0 && k > 0 && folds > 0 && len(p.L1Ratios) == r && isMatrix(p.Alphas, r, k) && isMatrix(p.Errors, r, k) && isMatrix(p.StdErrors, r, k) &&
		slices.Equal(p.FoldErrors.Shape(), []int{r, k, folds}) && p.Alpha > 0 && !math.IsInf(p.Alpha, 1)
}
