package selection

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// ConformalRegressor puts an interval around the predictions of any regressor that holds the target of a new row with probability 1 - Miscoverage, however wrong the
// regressor is, if new rows and these are exchangeable: drawn alike, in any order.
//
//	selection.ConformalRegressor{Base: ml.Regress(forest)}                                        // split: 3/4 of the rows to learn from
//	selection.ConformalRegressor{Base: ml.Regress(forest), Splitter: selection.KFold{K: 10}}      // CV+: all of them
//	selection.ConformalRegressor{Base: ml.Regress(ridge), Splitter: selection.LeaveOneOut{}}      // jackknife+
//
// Without a Splitter a Fraction of the rows is kept back to see how far predictions are off: the interval is as wide as the residual of rank ceil((n+1)(1 - Miscoverage)) of those
// n rows, and the promise is exact. A FrozenRegressor keeps all rows back: they must be others than its own. With a Splitter every row's residual is that of a model that has not seen it, and
// the ends are quantiles of the predictions of those models, each moved by its residuals: CV+, or jackknife+ where each row is a fold. What is proven then is 1 - 2 Miscoverage, what is seen 1 - Miscoverage.
// MinMax takes the least and the largest prediction of all models instead: wider, and 1 - Miscoverage is proven.
//
// Intervals are as wide everywhere unless residuals are seen in relation to something: to the prediction (Relative), which must be > 0, or to what a second regressor, Spread, says that they
// will be, which learns it from half of the rows kept back. Asymmetric has both ends by their own quantile, each of half the Miscoverage.
//
// Weights count in fits; rows to calibrate on count alike, but for those of weight 0. Groups stay whole where rows are kept back, and with them the promise is for new rows of other groups only
// about true. PredictInterval of CV+ costs a prediction of each fold's model and 64 binary searches a row and fold.
//
// Vovk, Gammerman and Shafer: Algorithmic learning in a random world (2005). Barber, Candes, Ramdas and Tibshirani: Predictive inference with the jackknife+. Annals of Statistics 49 (2021). Lei et al.:
// Distribution-free predictive inference for regression. JASA 113 (2018).
type ConformalRegressor struct {
	Base        ml.AnyRegressor // ml.Regress(linear.Ridge{Alpha: 1}), for example; none is an error
	Miscoverage float64         // the share of new rows that may lie outside; 0: 0.1
	Splitter    ml.Splitter     // CV+ over its folds, which test every row once; nil: rows are kept back
	MinMax      bool            // of CV+: the least and largest prediction of all models; false: their quantiles
	Fraction    float64         // of the rows, kept back; 0: 0.25. Without meaning, and an error, with a Splitter or a frozen model
	Seed        uint64          // of which rows are kept back; 0 is a seed like any other
	Relative    bool            // residuals as shares of the prediction; false: in the units of the target
	Spread      ml.AnyRegressor // of |residual|, in relation to which residuals are seen; a FrozenRegressor needs no rows; none: all alike. Not with a Splitter or Relative
	Asymmetric  bool            // an end each by its own quantile; false: as far up as down
}

// ConformalModel is a fitted ConformalRegressor.
type ConformalModel struct {
	ml.Fitted
	Inner  ml.Predictor[float64]   // what Predict asks: of all rows, or of those that were not kept back
	Models []ml.Predictor[float64] // of each fold; nil: Inner
	Spread ml.Predictor[float64]   // or nil
	Floor  float64                 // what Spread is taken for at least
	Scores [][]float64             // of the rows to calibrate on, fold by fold, rising: residuals in relation to Relative or Spread, without their sign unless Asymmetric
	Rank   int                     // of the score that an interval reaches to

	lengths []int // of Scores
	total   int
	config  ConformalRegressor
}

// Accepts says that the estimators decide.
func (c ConformalRegressor) Accepts() ml.Accepts {
	a := ml.AcceptsOf(c.Base.Config)
	if c.Spread.Config != nil {
		a = a.And(ml.AcceptsOf(c.Spread.Config))
	}
	return a
}

// Fit fits the estimator and collects the residuals. Errors: ErrConfig, ErrShape for too few rows to calibrate on, ErrTarget for a target that is not > 0 with Relative, and those of the splitter and the estimators.
func (c ConformalRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*ConformalModel, error) {
	const where = "selection.ConformalRegressor.Fit"
	switch {
	case c.Base.Config == nil:
		return nil, ml.BadConfig(where, "Base", "none", "a regressor, such as ml.Regress(linear.Ridge{Alpha: 1})")
	case c.Splitter == nil && c.MinMax:
		return nil, ml.BadConfig(where, "MinMax", true, "a Splitter with it")
	case c.Splitter != nil && (c.Fraction != 0 || c.Spread.Config != nil):
		return nil, ml.BadConfig(where, "Splitter", "set together with Fraction or Spread", "one of them: folds keep no rows back")
	case c.Relative && c.Spread.Config != nil:
		return nil, ml.BadConfig(where, "Relative", "set together with Spread", "one of them")
	}
	if err := notFrozen(where, c.Base.Config, c.Splitter, c.Fraction); err != nil {
		return nil, err
	}
	if err := shares(where, c.Splitter == nil && !frozen(c.Base.Config), &c.Miscoverage, &c.Fraction); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	m := &ConformalModel{Fitted: ml.NewFitted(d.Table, nil, c), config: c}
	var err error
	d = d.Present()
	if c.Splitter == nil {
		err = m.fitSplit(ctx, where, d)
	} else {
		err = m.fitFolds(ctx, where, d)
	}
	if err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Inner)
	miss := c.Miscoverage
	if c.Asymmetric {
		miss /= 2
	}
	n, err := sortScores(where, m.Scores...)
	if err != nil {
		return nil, err
	}
	if m.Rank, err = conformalRank(where, n, miss); err != nil {
		return nil, err
	}
	return m, m.Restore()
}

func (m *ConformalModel) fitSplit(ctx context.Context, where string, d ml.Dataset[float64]) error {
	c := m.config
	train, rest, err := keptBack(where, c.Base.Config, d, c.Fraction, c.Seed)
	if err != nil {
		return err
	}
	if m.Inner, err = c.Base.Fit(ml.WithTask(ctx, "estimator", 0, 1), train); err != nil {
		return err
	}
	if c.Spread.Config != nil {
		if rest, err = m.fitSpread(ctx, where, rest); err != nil {
			return err
		}
	}
	s, err := m.residuals(where, m.Inner, rest)
	m.Scores = [][]float64{s}
	return err
}

// fitSpread learns how large residuals are from half of the rows kept back, and leaves the others.
func (m *ConformalModel) fitSpread(ctx context.Context, where string, d ml.Dataset[float64]) (ml.Dataset[float64], error) {
	learn, rest, err := keptBack(where, m.config.Spread.Config, d, 0.5, rng.Key(m.config.Seed, 1))
	if err != nil {
		return d, err
	}
	p, err := m.Inner.Predict(learn.X)
	if err != nil {
		return d, err
	}
	sum := 0.0
	y := make([]float64, len(p))
	for i := range p {
		y[i] = math.Abs(learn.Y[i] - p[i])
		sum += y[i] / float64(len(p))
	}
	m.Floor = max(1e-8*sum, 1e-300) // no residual is seen in relation to nothing
	learn.Y = y
	m.Spread, err = m.config.Spread.Fit(ml.WithTask(ctx, "spread", 0, 1), learn)
	return rest, err
}

func (m *ConformalModel) fitFolds(ctx context.Context, where string, d ml.Dataset[float64]) error {
	c := m.config
	score := func(model ml.Predictor[float64], d ml.Dataset[float64]) ([]float64, error) {
		return m.residuals(where, model, d)
	}
	var err error
	m.Models, m.Scores, m.Inner, err = crossScores(ctx, where, d, c.Splitter, c.Base.Fit, score)
	return err
}

// residuals are those of the rows of d, in relation to what they are seen against.
func (m *ConformalModel) residuals(where string, model ml.Predictor[float64], d ml.Dataset[float64]) ([]float64, error) {
	p, err := model.Predict(d.X)
	if err != nil {
		return nil, err
	}
	if len(p) != d.Rows() {
		return nil, ml.BadShape(where, "Predict", fmt.Sprintf("%d long", len(p)), fmt.Sprintf("%d, a prediction for each row", d.Rows()))
	}
	unit, err := m.units(where, p, d.X)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(p))
	for i := range out {
		out[i] = d.Y[i] - p[i]
		if unit != nil {
			out[i] /= unit[i]
		}
		if !m.config.Asymmetric {
			out[i] = math.Abs(out[i])
		}
	}
	return out, nil
}

// units are what residuals are seen in relation to; nil: 1.
func (m *ConformalModel) units(where string, p []float64, x tensor.Matrix) ([]float64, error) {
	switch {
	case m.config.Relative:
		for i, v := range p {
			if !(v > 0) {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("prediction %d", i), Found: fmt.Sprint(v), Want: "> 0, for residuals relative to it", Kind: ml.ErrTarget}
			}
		}
		return p, nil
	case m.Spread != nil:
		s, err := m.Spread.Predict(x)
		if err != nil {
			return nil, err
		}
		for i := range s {
			s[i] = max(s[i], m.Floor)
		}
		return s, nil
	}
	return nil, nil
}

// Restore checks a model that was read from a file.
func (m *ConformalModel) Restore() error {
	const where = "selection.ConformalModel"
	c, is := m.Config.(ConformalRegressor)
	if !is || m.Inner == nil || (c.Splitter == nil) != (m.Models == nil) || (c.Spread.Config == nil) != (m.Spread == nil) || m.Spread != nil && !(m.Floor > 0 && finite(m.Floor)) {
		return ml.BadFile(where, "Config, Inner, Models, Spread and Floor", fmt.Sprintf("%T, %T, %d models, %T and %v", m.Config, m.Inner, len(m.Models), m.Spread, m.Floor), "those of a selection.ConformalRegressor")
	}
	if want := max(len(m.Models), 1); len(m.Scores) != want {
		return ml.BadFile(where, "Scores", fmt.Sprintf("%d lists", len(m.Scores)), fmt.Sprintf("%d, one for each model", want))
	}
	if err := ml.CheckInside(where, m.Info.Features, append(slices.Clone(m.Models), m.Inner)...); err != nil {
		return err
	}
	if m.Spread != nil {
		if err := ml.CheckInside(where, m.Info.Features, m.Spread); err != nil {
			return err
		}
	}
	m.config, m.lengths, m.total = c, nil, 0
	for _, s := range m.Scores {
		m.lengths = append(m.lengths, len(s))
		m.total += len(s)
	}
	return checkScores(where, m.Scores, m.Rank)
}

// Predict returns the prediction of each row.
func (m *ConformalModel) Predict(x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict("selection.ConformalModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	return m.Inner.Predict(x)
}

// PredictInterval returns the ends of the interval of each row. Errors: those of the models, and ErrTarget for a prediction that is not > 0 with Relative.
func (m *ConformalModel) PredictInterval(x tensor.Matrix) (low, high []float64, err error) {
	const where = "selection.ConformalModel.PredictInterval"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, nil, err
	}
	models := orOnly(m.Models, m.Inner)
	pred, unit := make([][]float64, len(models)), make([][]float64, len(models))
	for k, model := range models {
		if pred[k], err = model.Predict(x); err != nil {
			return nil, nil, err
		}
		if unit[k], err = m.units(where, pred[k], x); err != nil {
			return nil, nil, err
		}
	}
	n, _ := x.Dims()
	low, high = make([]float64, n), make([]float64, n)
	if m.config.MinMax {
		m.widest(low, high, pred, unit)
		return low, high, nil
	}
	par.For(n, 64*30*len(models), func(from, to int) {
		for i := from; i < to; i++ {
			low[i], high[i] = m.ends(i, pred, unit)
		}
	})
	return low, high, nil
}

// ends are quantiles of the predictions of row i, each moved by the residuals of its fold.
func (m *ConformalModel) ends(i int, pred, unit [][]float64) (low, high float64) {
	moved := func(list int, r float64) float64 {
		if unit[list] != nil {
			r *= unit[list][i]
		}
		return pred[list][i] + r
	}
	high = kthOfLists(m.lengths, func(list, j int) float64 { return moved(list, m.Scores[list][j]) }, m.Rank)
	low = kthOfLists(m.lengths, func(list, j int) float64 {
		if m.config.Asymmetric {
			return moved(list, m.Scores[list][j])
		}
		return moved(list, -m.Scores[list][m.lengths[list]-1-j])
	}, m.total+1-m.Rank)
	return low, high
}

// widest takes the least and the largest prediction and moves both by quantiles of all residuals.
func (m *ConformalModel) widest(low, high []float64, pred, unit [][]float64) {
	plain := func(list, j int) float64 { return m.Scores[list][j] }
	up := kthOfLists(m.lengths, plain, m.Rank)
	down := -up
	if m.config.Asymmetric {
		down = kthOfLists(m.lengths, plain, m.total+1-m.Rank)
	}
	for i := range low {
		low[i], high[i] = math.Inf(1), math.Inf(-1)
		for k := range pred {
			u := 1.0
			if unit[k] != nil {
				u = unit[k][i]
			}
			low[i], high[i] = min(low[i], pred[k][i]+down*u), max(high[i], pred[k][i]+up*u)
		}
	}
}

func init() {
	ml.RegisterConfig[ConformalRegressor]("selection.ConformalRegressor")
	ml.Register[*ConformalModel]("selection.ConformalModel")
}
