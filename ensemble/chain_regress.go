package ensemble

import (
	"cmp"
	"context"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// RegressorChain is [ClassifierChain] for several numbers: each link is fitted to X and the targets before it in the chain. Orders are scored by the mean R² of
// the outputs.
//
// Spyromitros-Xioufis, Tsoumakas, Groves and Vlahavas: Multi-target regression via input space expansion. Machine Learning 104 (2016).
type RegressorChain struct {
	Base     ml.AnyRegressor // none is an error
	Order    []int           // of the outputs in the (first) chain. nil: as they come
	CrossFit bool            // links learn from what models that have not seen a row predict for it. False: from the true targets
	Splitter ml.Splitter     // of CrossFit and Search; must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
	Chains   int             // that are averaged, those after the first in orders that are drawn. 0: 1
	Search   int             // orders that are tried, the first as the outputs come and the others drawn, of which the best Chains are kept. 0: none
	Seed     uint64          // of the draws, and from which the seeds of the fits are made
}

// RegressorChainModel is a fitted RegressorChain.
type RegressorChainModel struct {
	ml.Fitted
	Outputs int
	Orders  [][]int                   // of the outputs in each chain
	Members [][]ml.Predictor[float64] // of each chain, the links in their order; each sees the columns of X and what the links before it predict
}

var _ ml.Fitter[ml.Dataset[[]float64], *RegressorChainModel] = RegressorChain{}

// Accepts says that the estimator decides; texts are refused.
func (c RegressorChain) Accepts() ml.Accepts {
	return withoutText(acceptsAll(regressor(c.Base.Config)))
}

// Fit fits link after link. Errors: ErrConfig, and those of the splitter and the estimator.
func (c RegressorChain) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*RegressorChainModel, error) {
	const where = "ensemble.RegressorChain.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Regress(linear.Ridge{Alpha: 1})"); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	outputs := len(d.Y[0])
	if err := checkChain(where, c.Order, c.Chains, c.Search, outputs); err != nil {
		return nil, err
	}
	if err := checkWatched(where, d); err != nil {
		return nil, err
	}
	c.Chains = cmp.Or(c.Chains, 1)
	m := &RegressorChainModel{Fitted: ml.NewFitted(d.Table, nil, c), Outputs: outputs}
	d = d.Present()
	m.Orders = drawOrders(c.Order, max(c.Chains, c.Search), outputs, c.Seed)
	var err error
	if c.Search > 0 {
		if m.Orders, err = searchOrders(ctx, m.Orders, c.Chains, c.scoring(d)); err != nil {
			return nil, err
		}
	}
	chain := chaining[float64]{where: where, config: c.Base.Config, learn: regressor, target: output[float64], crossFit: c.CrossFit, splitter: c.Splitter,
		number: func(y float64) float64 { return y }, say: ml.Predictor[float64].Predict}
	m.Members, err = fitEach(ctx, where, "chain", len(m.Orders), func(ctx context.Context, i int) ([]ml.Predictor[float64], error) {
		return chain.fit(ctx, d, m.Orders[i], rng.Key(c.Seed, uint64(i)))
	})
	if err != nil {
		return nil, err
	}
	for _, links := range m.Members {
		ml.Adopt(&m.Fitted, links...)
	}
	return m, nil
}

// scoring scores one order by cross-validation.
func (c RegressorChain) scoring(d ml.Dataset[[]float64]) func(ctx context.Context, order []int) (float64, error) {
	s := c.Splitter
	if s == nil {
		s = selection.DefaultSplitter(d.Any(), 5)
	}
	return func(ctx context.Context, order []int) (float64, error) {
		one := c
		one.Order, one.Chains, one.Search = order, 1, 0
		pred, err := selection.CrossPredict(ctx, one, d, s)
		if err != nil {
			return 0, err
		}
		return metrics.R2Outputs(d.Y, pred, d.Weight...), nil
	}
}

// Restore checks a model that was read from a file.
func (m *RegressorChainModel) Restore() error {
	return checkLinks("ensemble.RegressorChainModel", &m.Fitted, m.Outputs, m.Orders, m.Members)
}

// Predict returns every output of each row, the mean over the chains.
func (m *RegressorChainModel) Predict(x tensor.Matrix) ([][]float64, error) {
	if err := ml.CheckPredict("ensemble.RegressorChainModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := table[float64](n, m.Outputs)
	for chain, order := range m.Orders {
		g := newGrowing(x, m.Outputs)
		for at, j := range order {
			y, err := m.Members[chain][at].Predict(g.first(at))
			if err != nil {
				return nil, err
			}
			g.set(at, y)
			for i, v := range y {
				out[i][j] += v / float64(len(m.Orders))
			}
		}
	}
	return out, nil
}

func init() {
	ml.RegisterConfig[RegressorChain]("ensemble.RegressorChain")
	ml.Register[*RegressorChainModel]("ensemble.RegressorChainModel")
}
