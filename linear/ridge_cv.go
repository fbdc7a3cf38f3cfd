package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// RidgeCV is [Ridge] with the penalty chosen from a grid by the squared error on rows that are left out: each row in turn, exactly, from
// a single decomposition for the whole grid (leave-one-out; Allen's PRESS, Technometrics 16 (1974)), or folds of a Splitter.
// Of equal errors the first penalty wins. Then the model is fitted to all rows as Ridge does.
//
// Leave-one-out decomposes the smaller Gram matrix, columns x columns or rows x rows, or where the smallest penalty is so small that
// forming it would lose digits, the singular values of X (of sparse matrices only where columns are fewer). The smaller of rows and
// columns is at most 16384; beyond that set Splitter. The cost is about 2·rows·m² + 10·m³ + 2·rows·m·alphas operations for the
// smaller side m. With a Splitter each fold costs a Ridge fit and m³/3 for each penalty; folds run side by side, and progress
// reports carry the task "fold".
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows, of which one is left out at a time; a row of weight
// below 1 is left out whole. Errors are weighted means. Sparse matrices stay sparse. Nothing is random but what the Splitter does.
type RidgeCV struct {
	Alphas      []float64   // the penalties to try, > 0. nil: 0.1, 1, 10
	NoIntercept bool        // leave the intercept out: the fit passes through the origin. False: fit one
	Splitter    ml.Splitter // the folds, such as selection.KFold{}. nil: exact leave-one-out
	Keep        bool        // keep the leave-one-out residuals in the model; not with Splitter. False: only their means
}

// RidgeCVMulti is RidgeCV for several targets at once, on one decomposition.
type RidgeCVMulti struct {
	Alphas      []float64   // as in RidgeCV
	PerTarget   bool        // choose a penalty for each target. False: the one with the smallest mean error over the targets
	NoIntercept bool        // as in RidgeCV
	Splitter    ml.Splitter // as in RidgeCV
	Keep        bool        // as in RidgeCV
}

// RidgeCVModel is a ridge model with the penalty that was chosen.
type RidgeCVModel struct {
	RegressionModel
	Alpha     float64                 // chosen
	Errors    []float64               // for each of Alphas, the mean squared error on rows left out; of folds the mean of their means
	Residuals *tensor.Tensor[float64] // rows x alphas: Y less the prediction without the row, 0 for weight 0; nil unless Keep
}

// RidgeCVMultiModel is a ridge model of several targets with the penalties that were chosen.
type RidgeCVMultiModel struct {
	MultiRegressionModel
	Alpha     []float64               // chosen for each target
	Errors    *tensor.Tensor[float64] // targets x alphas, as in RidgeCVModel
	Residuals *tensor.Tensor[float64] // rows x targets x alphas, as in RidgeCVModel
}

var (
	_ ml.Fitter[ml.Dataset[float64], *RidgeCVModel]        = RidgeCV{}
	_ ml.Fitter[ml.Dataset[[]float64], *RidgeCVMultiModel] = RidgeCVMulti{}
	_ ml.RowPredictor[float64]                             = (*RidgeCVModel)(nil)
)

// Fit chooses the penalty and fits the model. Y must be finite. Info.Note says when the penalty chosen is an end of the grid.
func (c RidgeCV) Fit(ctx context.Context, d ml.Dataset[float64]) (*RidgeCVModel, error) {
	const where = "linear.RidgeCV.Fit"
	s := ridgeSearch{where: where, alphas: c.Alphas, intercept: !c.NoIntercept, splitter: c.Splitter, keep: c.Keep}
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := s.run(ctx, d.Any(), [][]float64{d.Y}); err != nil {
		return nil, err
	}
	c.Alphas = slices.Clone(s.alphas)
	m := &RidgeCVModel{RegressionModel: *newRegressionModel(s.fits[0], d.Columns, c, s.info), Alpha: s.chosen[0], Errors: s.errors}
	if c.Keep {
		m.Residuals = tensor.FromSlice(s.residuals, d.Rows(), len(c.Alphas))
	}
	return m, nil
}

// Fit chooses the penalties and fits the model of every target. The targets must be finite and equally many in each row.
func (c RidgeCVMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*RidgeCVMultiModel, error) {
	const where = "linear.RidgeCVMulti.Fit"
	s := ridgeSearch{where: where, alphas: c.Alphas, intercept: !c.NoIntercept, splitter: c.Splitter, keep: c.Keep, perTarget: c.PerTarget}
	if err := s.check(); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := s.run(ctx, d.Any(), transposed(d.Y)); err != nil {
		return nil, err
	}
	c.Alphas = slices.Clone(s.alphas)
	targets := len(s.fits)
	m := &RidgeCVMultiModel{MultiRegressionModel: *newMultiRegressionModel(s.fits, d.Columns, c, s.info), Alpha: s.chosen,
		Errors: tensor.FromSlice(s.errors, targets, len(c.Alphas))}
	if c.Keep {
		m.Residuals = tensor.FromSlice(s.residuals, d.Rows(), targets, len(c.Alphas))
	}
	return m, nil
}

// ridgeSearch chooses penalties for several targets and fits with them.
type ridgeSearch struct {
	where                      string
	alphas                     []float64
	intercept, keep, perTarget bool
	splitter                   ml.Splitter
	drop                       []float64 // as in leaveOneOut

	errors, residuals, chosen []float64
	fits                      []solution
	info                      ml.Info
}

func (s *ridgeSearch) check() error {
	if s.alphas == nil {
		s.alphas = []float64{0.1, 1, 10}
	}
	if len(s.alphas) == 0 {
		return ml.BadConfig(s.where, "Alphas", "empty", "at least one penalty, or nil for the default")
	}
	for a, v := range s.alphas {
		if err := checkAlpha(s.where, fmt.Sprintf("Alphas[%d]", a), v, "linear.OLS"); err != nil {
			return err
		}
	}
	if s.keep && s.splitter != nil {
		return ml.BadConfig(s.where, "Keep", true, "false with Splitter: only leave-one-out has one residual for each row")
	}
	return nil
}

func (s *ridgeSearch) run(ctx context.Context, data ml.AnyData, targets [][]float64) error {
	if err := ml.Done(ctx); err != nil {
		return err
	}
	d, err := newDesign(s.where, data.Table, targets, s.intercept)
	if err != nil {
		return err
	}
	if s.splitter == nil {
		l := &leaveOneOut{design: d, alphas: s.alphas, drop: s.drop, keep: s.keep}
		if err := l.run(ctx, s.where); err != nil {
			return err
		}
		s.errors, s.residuals = l.errors, l.residuals
	} else if err := s.folds(ctx, data, targets); err != nil {
		return err
	}
	s.choose(len(targets))
	if s.fits, s.info, err = (Ridge{}).solve(ctx, s.where, d, s.chosen); err != nil {
		return err
	}
	s.info.Rows, s.info.Features = d.rows, d.cols
	s.note()
	return checkSolutions(s.where, s.fits)
}

// choose takes the first of the smallest errors, for each target or on average.
func (s *ridgeSearch) choose(targets int) {
	k := len(s.alphas)
	s.chosen = make([]float64, targets)
	mean := make([]float64, k)
	for t := range targets {
		row := s.errors[t*k : (t+1)*k]
		s.chosen[t] = s.alphas[kern.ArgMin(row)]
		linalg.Axpy(1, row, mean)
	}
	if !s.perTarget {
		for t := range s.chosen {
			s.chosen[t] = s.alphas[kern.ArgMin(mean)]
		}
	}
}

func (s *ridgeSearch) note() {
	low, high := slices.Min(s.alphas), slices.Max(s.alphas)
	if low == high {
		return
	}
	text := ""
	switch {
	case slices.Contains(s.chosen, low):
		text = fmt.Sprintf("the smallest penalty of the grid, %g, was chosen: smaller ones may do better", low)
	case slices.Contains(s.chosen, high):
		text = fmt.Sprintf("the largest penalty of the grid, %g, was chosen: larger ones may do better", high)
	default:
		return
	}
	if s.info.Note != "" {
		text = s.info.Note + "; " + text
	}
	s.info.Note = text
}

// folds finds the mean squared error of each fold for each target and penalty, and the mean over the folds.
func (s *ridgeSearch) folds(ctx context.Context, data ml.AnyData, targets [][]float64) error {
	folds, err := s.splitter.Split(data)
	if err != nil {
		return err
	}
	n, _ := data.X.Dims()
	if err := ml.CheckFolds(s.where, "Splitter", folds, n); err != nil {
		return err
	}
	perFold := make([][]float64, len(folds))
	err = par.Do(ctx, len(folds), func(ctx context.Context, f int) error {
		ctx = ml.WithTask(ctx, "fold", f, len(folds))
		var err error
		if perFold[f], err = s.foldErrors(ctx, data.Table, targets, folds[f]); err != nil {
			return fmt.Errorf("%s: fold %d: %w", s.where, f, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.errors = make([]float64, len(targets)*len(s.alphas))
	for _, e := range perFold {
		linalg.Axpy(1/float64(len(folds)), e, s.errors)
	}
	return nil
}

func (s *ridgeSearch) foldErrors(ctx context.Context, table ml.Table, targets [][]float64, fold ml.Fold) ([]float64, error) {
	n, _ := table.X.Dims()
	learn, k := fold.TrainRows(n), len(s.alphas)
	train := table.Select(learn)
	if !positive(train.Weight, len(learn)) || !positive(table.Select(fold.Test).Weight, len(fold.Test)) {
		return nil, &ml.Error{Where: s.where, Field: "Splitter", Found: "such that a part of a fold has no row of positive weight", Want: "rows to learn from and to test on", Kind: ml.ErrConfig}
	}
	var grid [][]float64 // each target once for each penalty
	var alphas []float64
	for _, y := range targets {
		part := make([]float64, len(learn))
		for a, i := range learn {
			part[a] = y[i]
		}
		for _, alpha := range s.alphas {
			grid, alphas = append(grid, part), append(alphas, alpha)
		}
	}
	d, err := newDesign(s.where, train, grid, s.intercept)
	if err != nil {
		return nil, err
	}
	fits, _, err := (Ridge{}).solve(ctx, s.where, d, alphas)
	if err != nil {
		return nil, err
	}
	errors, total := make([]float64, len(alphas)), 0.0
	x, pred := newSource(table.Select(fold.Test).X), make([]float64, len(fold.Test))
	for at, fit := range fits {
		fit.fitted(pred, x)
		total = 0
		for a, i := range fold.Test {
			w := 1.0
			if table.Weight != nil {
				w = table.Weight[i]
			}
			r := targets[at/k][i] - pred[a]
			errors[at] += w * r * r
			total += w
		}
	}
	for at := range errors {
		errors[at] /= total
	}
	if !linalg.AllFinite(errors) {
		return nil, tooLarge(s.where)
	}
	return errors, nil
}

// positive reports whether some of n rows have a positive weight, nil being ones.
func positive(weight []float64, n int) bool {
	if weight == nil {
		return n > 0
	}
	return slices.ContainsFunc(weight, func(w float64) bool { return w > 0 })
}

// Restore checks a model that was read from a file.
func (m *RidgeCVModel) Restore() error {
	c, ok := m.Config.(RidgeCV)
	k := len(c.Alphas)
	ok = ok && len(m.Coef) == m.Info.Features && len(m.Errors) == k && m.Alpha > 0 && !math.IsInf(m.Alpha, 0) &&
		c.Keep == (m.Residuals != nil) && (!c.Keep || isMatrix(m.Residuals, m.Info.Rows, k))
	return checkShape("linear.RidgeCVModel", &m.Fitted, ok)
}

// Restore checks a model that was read from a file.
func (m *RidgeCVMultiModel) Restore() error {
	if err := m.MultiRegressionModel.Restore(); err != nil {
		return err
	}
	c, ok := m.Config.(RidgeCVMulti)
	targets, k := len(m.Intercept), len(c.Alphas)
	ok = ok && len(m.Alpha) == targets && isMatrix(m.Errors, targets, k) && c.Keep == (m.Residuals != nil) &&
		(!c.Keep || slices.Equal(m.Residuals.Shape(), []int{m.Info.Rows, targets, k}) && m.Residuals.Contiguous())
	return checkShape("linear.RidgeCVMultiModel", &m.Fitted, ok)
}
