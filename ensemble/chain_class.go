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

// ClassifierChain learns several labels, 0 or 1, one after the other: each link is fitted to X and the labels before it in the chain, so that it can use what they say of its
// own. In prediction it sees what the links before it predict.
//
//	ensemble.ClassifierChain{Base: ml.Classify(linear.LogisticRegression{}), CrossFit: true, Chains: 10}
//
// The true labels, from which links learn unless CrossFit is set, are better than the predicted ones that they get later; with CrossFit they learn from predictions of models that were
// fitted without the row. Several chains, in orders that are drawn, are averaged (an ensemble of classifier chains). Search tries orders by cross-validation and keeps
// the best, by the share of rows whose labels are all right.
//
// Weights and groups go to the estimator, and so does Valid, whose rows see predictions. Seeds in its config are made different for each link. A label that all rows share is
// predicted for every row. A link costs one fit, and one for each fold with CrossFit; chains and orders run side by side. A single chain answers as scikit-learn's ClassifierChain.
//
// Read, Pfahringer, Holmes and Frank: Classifier chains for multi-label classification. Machine Learning 85 (2011). Senge, del Coz and Hüllermeier: Rectifying classifier chains
// for multi-label classification (2013).
type ClassifierChain struct {
	Base     ml.AnyClassifier // of two classes; none is an error
	Order    []int            // of the labels in the (first) chain. nil: as they come
	Proba    bool             // links see the probabilities of labels instead of the labels
	CrossFit bool             // links learn from what models that have not seen a row say of it. False: from the true labels
	Splitter ml.Splitter      // of CrossFit and Search; must test each row once. nil: selection.KFold{}, 5 folds; selection.GroupKFold{} if rows have groups
	Chains   int              // that are averaged, those after the first in orders that are drawn. 0: 1
	Search   int              // orders that are tried, the first as the labels come and the others drawn, of which the best Chains are kept. 0: none
	Seed     uint64           // of the draws, and from which the seeds of the fits are made
}

// ClassifierChainModel is a fitted ClassifierChain.
type ClassifierChainModel struct {
	ml.Fitted
	Labels  int
	Orders  [][]int               // of the labels in each chain
	Members [][]ml.Predictor[int] // of each chain, the links in their order; each sees the columns of X and what the links before it say
	Proba   bool                  // links see probabilities
}

var _ ml.Fitter[ml.Dataset[[]int], *ClassifierChainModel] = ClassifierChain{}

// Accepts says that the estimator decides; texts are refused.
func (c ClassifierChain) Accepts() ml.Accepts {
	return withoutText(acceptsAll(decider(c.Base.Config)))
}

// Fit fits link after link. Errors: ErrConfig, errors.ErrUnsupported for Proba with a model without probabilities, and those of the splitter and the estimator.
func (c ClassifierChain) Fit(ctx context.Context, d ml.Dataset[[]int]) (*ClassifierChainModel, error) {
	const where = "ensemble.ClassifierChain.Fit"
	if err := checkLearner(where, c.Base.Config, "ml.Classify(linear.LogisticRegression{})"); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	labels := len(d.Y[0])
	if err := checkChain(where, c.Order, c.Chains, c.Search, labels); err != nil {
		return nil, err
	}
	if err := checkWatched(where, d); err != nil {
		return nil, err
	}
	c.Chains = cmp.Or(c.Chains, 1)
	m := &ClassifierChainModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), Labels: labels, Proba: c.Proba}
	d = d.Present()
	m.Orders = drawOrders(c.Order, max(c.Chains, c.Search), labels, c.Seed)
	var err error
	if c.Search > 0 {
		if m.Orders, err = searchOrders(ctx, m.Orders, c.Chains, c.scoring(d)); err != nil {
			return nil, err
		}
	}
	chain := chaining[int]{where: where, config: c.Base.Config, learn: variedDecider, target: labelOf, crossFit: c.CrossFit, splitter: c.Splitter,
		number: func(y int) float64 { return float64(y) }, say: m.say(where)}
	m.Members, err = fitEach(ctx, where, "chain", len(m.Orders), func(ctx context.Context, i int) ([]ml.Predictor[int], error) {
		return chain.fit(ctx, d, m.Orders[i], rng.Key(c.Seed, uint64(i)))
	})
	if err != nil {
		return nil, err
	}
	for _, links := range m.Members {
		if c.Proba {
			if err := needProba(where, links); err != nil {
				return nil, err
			}
		}
		ml.Adopt(&m.Fitted, links...)
	}
	return m, nil
}

// scoring scores one order by cross-validation.
func (c ClassifierChain) scoring(d ml.Dataset[[]int]) func(ctx context.Context, order []int) (float64, error) {
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
		return metrics.SubsetAccuracy(d.Y, pred, d.Weight...), nil
	}
}

// say is what a link tells the next ones: its label, or the probability of label 1.
func (m *ClassifierChainModel) say(where string) func(link ml.Predictor[int], x tensor.Matrix) ([]float64, error) {
	a := classAnswers(2, !m.Proba)
	return func(link ml.Predictor[int], x tensor.Matrix) ([]float64, error) {
		p, err := a.of(where, link, x)
		if err != nil {
			return nil, err
		}
		n, _ := p.Dims()
		out := make([]float64, n)
		for i := range out {
			out[i] = p.Row(i)[1]
		}
		return out, nil
	}
}

// Restore checks a model that was read from a file.
func (m *ClassifierChainModel) Restore() error {
	return checkLinks("ensemble.ClassifierChainModel", &m.Fitted, m.Labels, m.Orders, m.Members)
}

// follow walks one chain and hands over what each of its links is, and sees.
func (m *ClassifierChainModel) follow(where string, chain int, x tensor.Matrix, use func(label int, link ml.Predictor[int], sees tensor.Matrix) error) error {
	g, say := newGrowing(x, m.Labels), m.say(where)
	for at, label := range m.Orders[chain] {
		link, sees := m.Members[chain][at], g.first(at)
		if err := use(label, link, sees); err != nil {
			return err
		}
		if at == m.Labels-1 {
			break
		}
		told, err := say(link, sees)
		if err != nil {
			return err
		}
		g.set(at, told)
	}
	return nil
}

// Response returns the mean probability of each label over the chains, or the share of the chains that predict it if the estimator has no probabilities: rows x labels.
func (m *ClassifierChainModel) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "ensemble.ClassifierChainModel.Response"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out, a := tensor.New[float64](n, m.Labels), classAnswers(2, false)
	for chain := range m.Orders {
		err := m.follow(where, chain, x, func(label int, link ml.Predictor[int], sees tensor.Matrix) error {
			p, err := a.of(where, link, sees)
			if err != nil {
				return err
			}
			for i := range n {
				out.Row(i)[label] += p.Row(i)[1] / float64(len(m.Orders))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Predict returns 0 or 1 for each label of each row: what the links of a single chain predict, and of several 1 where Response is above 1/2.
func (m *ClassifierChainModel) Predict(x tensor.Matrix) ([][]int, error) {
	const where = "ensemble.ClassifierChainModel.Predict"
	if len(m.Orders) > 1 {
		return labelAnswers(m.Labels).decisions(m.Response(x))
	}
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := table[int](n, m.Labels)
	return out, m.follow(where, 0, x, func(label int, link ml.Predictor[int], sees tensor.Matrix) error {
		y, err := link.Predict(sees)
		if err != nil {
			return err
		}
		for i, v := range y {
			out[i][label] = v
		}
		return nil
	})
}

func init() {
	ml.RegisterConfig[ClassifierChain]("ensemble.ClassifierChain")
	ml.Register[*ClassifierChainModel]("ensemble.ClassifierChainModel")
}
