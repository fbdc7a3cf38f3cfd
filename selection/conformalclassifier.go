package selection

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// ConformalClassifier gives, beside the predictions of any classifier, a set of classes that holds the class of a new row with probability 1 - Miscoverage, however wrong the
// probabilities are, if new rows and these are exchangeable: drawn alike, in any order.
//
//	selection.ConformalClassifier{Base: ml.Classify(forest), Score: selection.APS{Randomized: true}}
//
// Without a Splitter a Fraction of the rows is kept back, of each class alike, to see how unlikely the true class is by Score; a set holds the classes whose score is not above that of rank
// ceil((n+1)(1 - Miscoverage)) of those n rows. A FrozenClassifier keeps all rows back: they must be others than its own. With a Splitter every row is scored by a model that has not seen it, and a class is in the set unless
// too many rows have lower scores than it has with their models: CV+. What is proven then is 1 - 2 Miscoverage, what is seen 1 - Miscoverage; the model of all rows is fitted besides, for Predict.
//
// With PerClass a class of fewer than 1/Miscoverage - 1 rows kept back is in every set. Weights count in fits; rows to calibrate on count alike, but for those of weight 0.
//
// Sadinle, Lei and Wasserman: Least ambiguous set-valued classifiers with bounded error levels. JASA 114 (2019). Romano, Sesia and Candes: Classification with valid and adaptive coverage. NeurIPS (2020).
type ConformalClassifier struct {
	Base        ml.AnyClassifier // ml.Classify(linear.LogisticRegression{}), for example; none is an error
	Score       SetScore         // LAC{}, APS{}, RAPS{}, SAPS{}, TopK{} or your own; nil: LAC{}
	Miscoverage float64          // the share of new rows whose set may lack their class; 0: 0.1
	Splitter    ml.Splitter      // CV+ over its folds, which test every row once; nil: rows are kept back
	Fraction    float64          // of the rows, kept back; 0: 0.25. Without meaning, and an error, with a Splitter or a frozen model
	Seed        uint64           // of which rows are kept back, and of randomized scores; 0 is a seed like any other
	PerClass    bool             // a rank for each class among its own rows, so that the promise holds for the rows of each; false: one for all. Not with a Splitter
}

// ConformalClassModel is a fitted ConformalClassifier.
type ConformalClassModel struct {
	ml.Fitted
	K      int             // classes
	Inner  ml.Classifier   // what Predict asks: of all rows, or of those that were not kept back
	Models []ml.Classifier // of each fold; nil: Inner
	Scores [][]float64     // of the rows to calibrate on, fold by fold, or class by class with PerClass, rising
	Rank   int             // a class is in the set if fewer scores than this are below its own; 0 with PerClass
	Ranks  []int           // of each class with PerClass, 0 for one of too few rows; else nil

	config ConformalClassifier
}

// Accepts says that the estimator decides; rows without a class are refused, and texts, of which no number is drawn.
func (c ConformalClassifier) Accepts() ml.Accepts {
	a := labelledOnly(c.Base.Config)
	a.Text = false
	return a
}

// Fit fits the estimator and collects the scores. Errors: ErrConfig, ErrShape for too few rows to calibrate on, and those of the splitter and the estimator.
func (c ConformalClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*ConformalClassModel, error) {
	const where = "selection.ConformalClassifier.Fit"
	switch {
	case c.Base.Config == nil:
		return nil, ml.BadConfig(where, "Base", "none", "a classifier, such as ml.Classify(linear.LogisticRegression{})")
	case c.Splitter != nil && c.Fraction != 0:
		return nil, ml.BadConfig(where, "Splitter", "set together with Fraction", "one of them: folds keep no rows back")
	case c.Splitter != nil && c.PerClass:
		return nil, ml.BadConfig(where, "Splitter", "set together with PerClass", "one of them: there is no rank to take over folds")
	}
	if err := notFrozen(where, c.Base.Config, c.Splitter, c.Fraction); err != nil {
		return nil, err
	}
	if c.Score == nil {
		c.Score = LAC{}
	}
	if err := c.Score.Check(); err != nil {
		return nil, err
	}
	if err := shares(where, c.Splitter == nil && !frozen(c.Base.Config), &c.Miscoverage, &c.Fraction); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	m := &ConformalClassModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K(), config: c}
	var err error
	d = d.NameClasses().Present()
	if c.Splitter == nil {
		err = m.fitSplit(ctx, where, d)
	} else {
		err = m.fitFolds(ctx, where, d)
	}
	if err != nil {
		return nil, err
	}
	ml.Adopt(&m.Fitted, m.Inner)
	n, err := sortScores(where, m.Scores...)
	if err != nil {
		return nil, err
	}
	if c.PerClass {
		m.Ranks = make([]int, m.K)
		for k, s := range m.Scores {
			if rank, err := conformalRank(where, len(s), c.Miscoverage); err == nil {
				m.Ranks[k] = rank
			}
		}
	} else if m.Rank, err = conformalRank(where, n, c.Miscoverage); err != nil {
		return nil, err
	}
	return m, m.Restore()
}

func (m *ConformalClassModel) fitSplit(ctx context.Context, where string, d ml.Dataset[int]) error {
	c := m.config
	train, rest, err := keptBack(where, c.Base.Config, d, c.Fraction, c.Seed)
	if err != nil {
		return err
	}
	if m.Inner, err = c.Base.Fit(ctx, train); err != nil {
		return err
	}
	s, err := m.trueScores(where, m.Inner, rest)
	if err != nil {
		return err
	}
	m.Scores = [][]float64{s}
	if c.PerClass {
		m.Scores = make([][]float64, m.K)
		for i, v := range s {
			m.Scores[rest.Y[i]] = append(m.Scores[rest.Y[i]], v)
		}
	}
	return nil
}

func (m *ConformalClassModel) fitFolds(ctx context.Context, where string, d ml.Dataset[int]) error {
	c := m.config
	score := func(model ml.Classifier, d ml.Dataset[int]) ([]float64, error) { return m.trueScores(where, model, d) }
	var err error
	m.Models, m.Scores, m.Inner, err = crossScores(ctx, where, d, c.Splitter, c.Base.Fit, score)
	return err
}

// trueScores are the scores of the classes that rows have.
func (m *ConformalClassModel) trueScores(where string, model ml.Classifier, d ml.Dataset[int]) ([]float64, error) {
	p, err := m.proba(where, model, d.X)
	if err != nil {
		return nil, err
	}
	out, key, r := make([]float64, d.Rows()), rng.Key(m.config.Seed, 2), rows.Of(d.X)
	par.For(len(out), 100*m.K, func(from, to int) {
		buf, dst := make([]float64, r.Cols()), make([]float64, m.K)
		for i := from; i < to; i++ {
			m.config.Score.Scores(dst, p.Row(i), rowDraw(key, r.Row(i, buf)))
			out[i] = dst[d.Y[i]]
		}
	})
	return out, nil
}

func (m *ConformalClassModel) proba(where string, model ml.Classifier, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	p, err := model.PredictProba(x)
	if err != nil {
		return nil, err
	}
	return p, sized(where, "PredictProba", p, x, m.K)
}

// Restore checks a model that was read from a file.
func (m *ConformalClassModel) Restore() error {
	const where = "selection.ConformalClassModel"
	c, is := m.Config.(ConformalClassifier)
	if !is || c.Score == nil || m.Inner == nil || m.K < 1 || m.Classes != nil && len(m.Classes) != m.K || (c.Splitter == nil) != (m.Models == nil) {
		return ml.BadFile(where, "Config, Inner, K and Models", fmt.Sprintf("%T, %T, %d and %d", m.Config, m.Inner, m.K, len(m.Models)), "those of a selection.ConformalClassifier")
	}
	if err := c.Score.Check(); err != nil {
		return err
	}
	want, ranks := max(len(m.Models), 1), 0
	if c.PerClass {
		want, ranks = m.K, m.K
	}
	if len(m.Scores) != want || len(m.Ranks) != ranks {
		return ml.BadFile(where, "Scores and Ranks", fmt.Sprintf("%d and %d lists", len(m.Scores), len(m.Ranks)), fmt.Sprintf("%d and %d", want, ranks))
	}
	if err := ml.CheckInside(where, m.Info.Features, append(slices.Clone(m.Models), m.Inner)...); err != nil {
		return err
	}
	m.config = c
	if !c.PerClass {
		return checkScores(where, m.Scores, m.Rank)
	}
	for k, rank := range m.Ranks {
		if rank == 0 {
			continue
		}
		if err := checkScores(where, m.Scores[k:k+1], rank); err != nil {
			return err
		}
	}
	return nil
}

// Predict returns the class of each row that the model of the estimator predicts.
func (m *ConformalClassModel) Predict(x tensor.Matrix) ([]int, error) {
	if err := ml.CheckPredict("selection.ConformalClassModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	return m.Inner.Predict(x)
}

// PredictProba returns the estimator's probabilities, rows x K.
func (m *ConformalClassModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "selection.ConformalClassModel.PredictProba"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	return m.Inner.PredictProba(x)
}

// PredictSet returns the set of each row: its class codes, rising. A set may be empty.
func (m *ConformalClassModel) PredictSet(x tensor.Matrix) ([][]int, error) {
	const where = "selection.ConformalClassModel.PredictSet"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	models := orOnly(m.Models, m.Inner)
	n, _ := x.Dims()
	p := make([]*tensor.Tensor[float64], len(models))
	for k, model := range models {
		var err error
		if p[k], err = m.proba(where, model, x); err != nil {
			return nil, err
		}
	}
	out, key, r := make([][]int, n), rng.Key(m.config.Seed, 2), rows.Of(x)
	par.For(n, 100*m.K*len(models), func(from, to int) {
		buf, dst, below := make([]float64, r.Cols()), make([]float64, m.K), make([]int, m.K)
		for i := from; i < to; i++ {
			clear(below)
			u := rowDraw(key, r.Row(i, buf))
			if m.config.PerClass {
				m.config.Score.Scores(dst, p[0].Row(i), u)
				out[i] = m.byClass(dst)
				continue
			}
			for k, s := range m.Scores {
				m.config.Score.Scores(dst, p[k].Row(i), u)
				for c, v := range dst {
					v -= slack(v)
					below[c] += sort.Search(len(s), func(j int) bool { return s[j] >= v })
				}
			}
			out[i] = []int{}
			for c, lower := range below {
				if lower < m.Rank {
					out[i] = append(out[i], c)
				}
			}
		}
	})
	return out, nil
}

// byClass is the set of the classes whose score is not above that of the rank among their own rows.
func (m *ConformalClassModel) byClass(score []float64) []int {
	set := []int{}
	for c, v := range score {
		if rank := m.Ranks[c]; rank == 0 || v-slack(v) <= m.Scores[c][rank-1] {
			set = append(set, c)
		}
	}
	return set
}

// slack is the rounding of sums of probabilities: what differs by no more is equal, and belongs to the set.
func slack(v float64) float64 { return 1e-12 * max(1, math.Abs(v)) }

func init() {
	ml.RegisterConfig[ConformalClassifier]("selection.ConformalClassifier")
	ml.Register[*ConformalClassModel]("selection.ConformalClassModel")
}
