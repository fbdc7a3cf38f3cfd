package ensemble

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// BaggingClassifier fits an estimator many times, each time to rows, and if asked for columns, that are drawn anew, and averages the probabilities: what differs
// between the fits by chance cancels out, so that it helps methods that follow their data closely, such as deep trees, most.
//
//	ensemble.BaggingClassifier{Members: 50, OOB: true}                                               // of decision trees
//	ensemble.BaggingClassifier{Base: ml.Decide(linear.LinearSVC{}), Pasting: true, Rows: 0.2}         // pasting
//	ensemble.BaggingClassifier{Base: ml.Classify(bayes.GaussianNB{}), Pasting: true, Columns: 0.5}     // random subspaces; with Rows as well: random patches
//	ensemble.BaggingClassifier{Base: ml.Decide(ensemble.AdaBoostClassifier{}), Balanced: true}       // EasyEnsemble, for rare classes
//
// Rows are drawn with replacement (the bootstrap) in proportion to their weights, and each draw weighs 1; a member sees the different rows among them, with how often each came as its
// weight. With Pasting no row comes twice: all are drawn alike, and keep their weights. A draw that has a single class is repeated. Groups and
// Valid go to every member. Seeds in the estimator's config, and in what it holds, are made different for each member. A model
// without probabilities votes for its class.
//
// The members are fitted side by side; what is drawn depends on Seed alone. Repeated rows are drawn otherwise than one row of integer weight. The cost is
// that of Members fits.
//
// Breiman: Bagging predictors. Machine Learning 24 (1996) and Pasting small votes, 36 (1999). Ho: The random subspace method. IEEE PAMI 20 (1998). Louppe and Geurts:
// Ensembles on random patches. ECML (2012).
// Liu, Wu and Zhou: Exploratory undersampling for class-imbalance learning. IEEE SMC-B 39 (2009).
type BaggingClassifier struct {
	Base          ml.AnyClassifier // what is bagged. Zero: tree.DecisionTreeClassifier{}
	Members       int              // 0: 10
	Rows          float64          // share of the rows drawn for each member. 0: 1, as many as there are
	Columns       float64          // share of the columns drawn for each member, at least one column. 0: 1, all
	Pasting       bool             // rows are drawn without replacement
	RepeatColumns bool             // columns are drawn with replacement
	Balanced      bool             // each class gives as many rows: Rows times those of the rarest class (balanced bagging)
	OOB           bool             // ask each member about the rows that it was not fitted to; an error where all are fitted to all rows
	Seed          uint64           // of the draws
}

// BaggedClassification is a fitted BaggingClassifier.
type BaggedClassification struct {
	ml.Fitted
	K         int // classes
	Members   []ml.Predictor[int]
	Subspaces [][]int  // the columns that each member sees; nil: all see all
	OOB       OutOfBag // if the config asks for it

	row *rowMean // nil: a member has no method for single rows
}

var (
	_ ml.Fitter[ml.Dataset[int], *BaggedClassification] = BaggingClassifier{}
	_ ml.Classifier                                     = (*BaggedClassification)(nil)
)

func (c BaggingClassifier) estimator() any {
	if c.Base.Config == nil {
		return tree.DecisionTreeClassifier{}
	}
	return c.Base.Config
}

// Accepts says that the estimator decides; rows without a class are refused.
func (c BaggingClassifier) Accepts() ml.Accepts { return acceptsAll(decider(c.estimator())) }

// Fit draws for and fits every member. Errors: ErrConfig, and those of the estimator.
func (c BaggingClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*BaggedClassification, error) {
	const where = "ensemble.BaggingClassifier.Fit"
	b := bagging[int]{where: where, config: c.estimator(), learn: decider, members: c.Members, rows: c.Rows, columns: c.Columns, pasting: c.Pasting, repeat: c.RepeatColumns,
		oob: c.OOB, seed: c.Seed, score: metrics.Accuracy}
	if c.Balanced {
		b.strata = byClass
	}
	if err := b.begin(d, c.Accepts()); err != nil {
		return nil, err
	}
	c.Base.Config, c.Members, c.Rows, c.Columns = b.config, b.members, b.rows, b.columns
	m := &BaggedClassification{Fitted: ml.NewFitted(d.Table, d.Classes, c), K: d.K()}
	b.answers = classAnswers(m.K, false)
	fit, err := b.fit(ctx, d.NameClasses())
	if err != nil {
		return nil, err
	}
	m.Members, m.Subspaces, m.OOB = fit.members, fit.subspaces, fit.oob
	ml.Adopt(&m.Fitted, m.Members...)
	return m, m.Restore()
}

// byClass lists the rows of each class that has any.
func byClass(y []int) [][]int {
	var out [][]int
	place := map[int]int{}
	for i, c := range y {
		at, seen := place[c]
		if !seen {
			at = len(out)
			place[c] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], i)
	}
	return out
}

// Restore checks a model that was read from a file.
func (m *BaggedClassification) Restore() error {
	const where = "ensemble.BaggedClassification"
	if m.Classes != nil && len(m.Classes) != m.K {
		return ml.BadFile(where, "Classes", fmt.Sprintf("%d names", len(m.Classes)), fmt.Sprintf("%d", m.K))
	}
	if err := checkBagged(where, &m.Fitted, m.K, m.Members, m.Subspaces, &m.OOB); err != nil {
		return err
	}
	m.row = newRowMean(classAnswers(m.K, false), m.Members, nil, m.Subspaces)
	return nil
}

// PredictProba returns the mean of the members' probabilities, rows x K.
func (m *BaggedClassification) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return askBag("ensemble.BaggedClassification.PredictProba", &m.Fitted, classAnswers(m.K, false), m.Members, m.Subspaces, x)
}

// Predict returns the most probable class of each row, the lowest code of equals.
func (m *BaggedClassification) Predict(x tensor.Matrix) ([]int, error) {
	return classAnswers(m.K, false).decisions(m.PredictProba(x))
}

// ProbaRow writes the probabilities of a single row to dst, which has K elements, without allocating; errors.ErrUnsupported if a member has no method for single rows.
func (m *BaggedClassification) ProbaRow(dst, x []float64) error {
	const where = "ensemble.BaggedClassification.ProbaRow"
	if m.row == nil {
		return noRows(where)
	}
	if err := checkDst(where, dst, m.K); err != nil {
		return err
	}
	if err := checkOne(where, &m.Fitted, m.row, x); err != nil {
		return err
	}
	return m.row.into(dst, x)
}

// PredictRow is Predict for a single row, without allocating; errors.ErrUnsupported if a member has no method for single rows.
func (m *BaggedClassification) PredictRow(x []float64) (int, error) {
	const where = "ensemble.BaggedClassification.PredictRow"
	if m.row == nil {
		return 0, noRows(where)
	}
	if err := checkOne(where, &m.Fitted, m.row, x); err != nil {
		return 0, err
	}
	return one(m.row, x, kern.ArgMax[float64])
}

// Can says that the methods for single rows need members that have them.
func (m *BaggedClassification) Can(ability any) ml.Verdict { return canRow(ability, m.row) }

// BaggingMultiLabel is BaggingClassifier for several labels, 0 or 1, in each row. The members' probabilities of each label are averaged, or their labels where they have no
// Response.
type BaggingMultiLabel struct {
	Base          ml.AnyMultiLabel // what is bagged, such as ml.LabelMulti(ensemble.MultiOutputClassifier{...}); none is an error
	Members       int              // 0: 10
	Rows          float64          // share of the rows drawn for each member. 0: 1, as many as there are
	Columns       float64          // share of the columns drawn for each member, at least one column. 0: 1, all
	Pasting       bool             // rows are drawn without replacement
	RepeatColumns bool             // columns are drawn with replacement
	OOB           bool             // ask each member about the rows that it was not fitted to; an error where all are fitted to all rows
	Seed          uint64           // of the draws
}

// BaggedLabels is a fitted BaggingMultiLabel.
type BaggedLabels struct {
	ml.Fitted
	Labels    int // in each row
	Members   []ml.Predictor[[]int]
	Subspaces [][]int  // the columns that each member sees; nil: all see all
	OOB       OutOfBag // if the config asks for it
}

var _ ml.Fitter[ml.Dataset[[]int], *BaggedLabels] = BaggingMultiLabel{}

// Accepts says that the estimator decides.
func (c BaggingMultiLabel) Accepts() ml.Accepts { return acceptsAll(multiLabel(c.Base.Config)) }

// Fit draws for and fits every member. Errors: ErrConfig, and those of the estimator.
func (c BaggingMultiLabel) Fit(ctx context.Context, d ml.Dataset[[]int]) (*BaggedLabels, error) {
	const where = "ensemble.BaggingMultiLabel.Fit"
	b := bagging[[]int]{where: where, config: c.Base.Config, learn: multiLabel, members: c.Members, rows: c.Rows, columns: c.Columns, pasting: c.Pasting, repeat: c.RepeatColumns,
		oob: c.OOB, seed: c.Seed, score: metrics.SubsetAccuracy}
	if err := checkLearner(where, b.config, "ml.LabelMulti(ensemble.MultiOutputClassifier{...})"); err != nil {
		return nil, err
	}
	if err := b.begin(d, c.Accepts()); err != nil {
		return nil, err
	}
	c.Members, c.Rows, c.Columns = b.members, b.rows, b.columns
	m := &BaggedLabels{Fitted: ml.NewFitted(d.Table, d.Classes, c), Labels: len(d.Y[0])}
	b.answers = labelAnswers(m.Labels)
	fit, err := b.fit(ctx, d)
	if err != nil {
		return nil, err
	}
	m.Members, m.Subspaces, m.OOB = fit.members, fit.subspaces, fit.oob
	ml.Adopt(&m.Fitted, m.Members...)
	return m, nil
}

// Restore checks a model that was read from a file.
func (m *BaggedLabels) Restore() error {
	return checkBagged("ensemble.BaggedLabels", &m.Fitted, m.Labels, m.Members, m.Subspaces, &m.OOB)
}

// Response returns the mean of the members' probabilities of each label, rows x labels.
func (m *BaggedLabels) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return askBag("ensemble.BaggedLabels.Response", &m.Fitted, labelAnswers(m.Labels), m.Members, m.Subspaces, x)
}

// Predict returns 0 or 1 for each label of each row: 1 where its probability is above 1/2.
func (m *BaggedLabels) Predict(x tensor.Matrix) ([][]int, error) {
	return labelAnswers(m.Labels).decisions(m.Response(x))
}

func init() {
	ml.RegisterConfig[BaggingClassifier]("ensemble.BaggingClassifier")
	ml.Register[*BaggedClassification]("ensemble.BaggedClassification")
	ml.RegisterConfig[BaggingMultiLabel]("ensemble.BaggingMultiLabel")
	ml.Register[*BaggedLabels]("ensemble.BaggedLabels")
}
