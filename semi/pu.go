package semi

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// ElkanNoto learns two classes from rows of which only some of the positive ones are known: class 1 those, ml.None all others, which may be of either class.
//
//	semi.ElkanNoto{Base: ml.Classify(linear.LogisticRegression{})}
//
// A classifier learns to tell labelled rows from the others; held-out labelled rows say which share c of the positive ones it is that has a label, and the probability of being
// positive is that of having a label, divided by c and at most 1. That is right if the labelled rows are drawn from the positive ones without regard to what they look like, and if the
// classifier's probabilities are. With Reweigh the classifier is fitted once more, to each unlabelled row as a positive and a negative one with the weights that the first says, and answers itself.
//
// Seed decides how rows are divided into folds; nothing else is random. The cost is Folds + 1 fits, and one with Reweigh. A row of weight k counts as k rows in the fits and in c.
//
// Elkan and Noto: Learning classifiers from only positive and unlabeled data. KDD (2008), sections 2 (estimator e1) and 3.
type ElkanNoto struct {
	Base    ml.AnyClassifier // none is an error
	Folds   int              // of the labelled and the unlabelled rows. 0: 5
	Reweigh bool             // fit once more, with weights
	Seed    uint64
}

// PositiveModel is a fitted ElkanNoto or BaggingPU, of two classes.
type PositiveModel struct {
	ml.Fitted
	Labelled float64         // ElkanNoto: the share c of the positive rows that has a label; BaggingPU: 0
	Prior    float64         // the share of positive rows among the unlabelled ones, as the model sees it
	Inner    []ml.Classifier // one of ElkanNoto, each of BaggingPU, whose probabilities are averaged
	Scores   []float64       // how probably each training row is positive; of BaggingPU by the classifiers that have not seen it, NaN where all have
}

var (
	_ ml.Fitter[ml.Dataset[int], *PositiveModel] = ElkanNoto{}
	_ ml.Classifier                              = (*PositiveModel)(nil)
)

// Accepts says what the estimator says, and that rows need no class.
func (c ElkanNoto) Accepts() ml.Accepts { return unlabelledToo(c.Base.Config) }

// Fit learns. Errors: ErrConfig without an estimator or for settings out of range, ErrTarget if rows have other classes than 1, or none has none, ErrShape for fewer labelled rows than Folds, and those of the estimator.
func (c ElkanNoto) Fit(ctx context.Context, d ml.Dataset[int]) (*PositiveModel, error) {
	const where = "semi.ElkanNoto.Fit"
	if c.Folds < 0 || c.Folds == 1 {
		return nil, ml.BadConfig(where, "Folds", c.Folds, ">= 2, or 0 for 5")
	}
	c.Folds = cmp.Or(c.Folds, 5)
	d, m, err := positives(where, c.Base, c.Accepts(), d, c)
	if err != nil {
		return nil, err
	}
	have, open := present(d)
	if len(have) < c.Folds || len(open) < c.Folds {
		return nil, ml.BadShape(where, "Y", fmt.Sprintf("%d rows of class 1 and %d without a class", len(have), len(open)), fmt.Sprintf("at least %d of each, one for each fold", c.Folds))
	}
	told := labelledOrNot(d)
	held, err := c.held(ctx, where, told, have, open)
	if err != nil {
		return nil, err
	}
	sum, total := 0.0, 0.0
	for _, i := range have {
		w := weightAt(d.Weight, i)
		sum += float64(w * held[i])
		total += w
	}
	if m.Labelled = sum / total; !(m.Labelled > 0) {
		return nil, &ml.Error{Where: where, Field: "Base", Found: "probability 0 for held-out rows of class 1", Want: "a classifier that knows some of them", Kind: ml.ErrData}
	}
	both := slices.Sorted(slices.Values(slices.Concat(have, open)))
	model, err := c.Base.Fit(ml.WithTask(ctx, "all", 0, 1), told.Select(both))
	if err != nil {
		return nil, err
	}
	m.Inner = []ml.Classifier{model}
	if c.Reweigh {
		if err := c.again(ctx, m, told, have, open, held); err != nil {
			return nil, err
		}
	}
	return m, m.score(d)
}

// positives checks rows of class 1 and rows without a class.
func positives(where string, base ml.AnyClassifier, accepts ml.Accepts, d ml.Dataset[int], config any) (ml.Dataset[int], *PositiveModel, error) {
	if base.Config == nil {
		return d, nil, ml.BadConfig(where, "Base", "none", "one such as ml.Classify(linear.LogisticRegression{})")
	}
	if err := d.Check(where, accepts); err != nil {
		return d, nil, err
	}
	if k := d.K(); k != 2 {
		return d, nil, &ml.Error{Where: where, Field: "Classes", Found: fmt.Sprint(k), Want: "two: 0, not positive, and 1, positive", Kind: ml.ErrTarget}
	}
	for i, y := range d.Y {
		if y == 0 {
			return d, nil, &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: "0", Want: "1, or ml.None: of rows that are known to be negative, an ordinary classifier learns", Kind: ml.ErrTarget}
		}
	}
	return d.NameClasses(), &PositiveModel{Fitted: ml.NewFitted(d.Table, d.Classes, config)}, nil
}

// labelledOrNot makes unlabelled rows class 0. Rows to watch, whose classes are of another kind, are left out.
func labelledOrNot(d ml.Dataset[int]) ml.Dataset[int] {
	d.Valid, d.Classes = nil, []string{"without a label", "with a label"}
	d.Y = slices.Clone(d.Y)
	for i, y := range d.Y {
		if y == ml.None {
			d.Y[i] = 0
		}
	}
	return d
}

// held are the probabilities of having a label that a classifier which has not seen the row gives it.
func (c ElkanNoto) held(ctx context.Context, where string, d ml.Dataset[int], have, open []int) ([]float64, error) {
	fold := make([]int, d.Rows())
	for at, rows := range [][]int{have, open} {
		order := slices.Clone(rows)
		rng.Shuffle(rng.New(c.Seed, uint64(at)), order)
		for k, i := range order {
			fold[i] = k % c.Folds
		}
	}
	out := make([]float64, d.Rows())
	both := slices.Sorted(slices.Values(slices.Concat(have, open)))
	err := par.Do(ctx, c.Folds, func(ctx context.Context, f int) error {
		var train, test []int
		for _, i := range both {
			if fold[i] == f {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		model, err := c.Base.Fit(ml.WithTask(ctx, "fold", f, c.Folds), d.Select(train))
		if err != nil {
			return fmt.Errorf("%s: fold %d: %w", where, f, err)
		}
		p, err := model.PredictProba(d.Table.Select(test).X)
		if err != nil {
			return err
		}
		for k, i := range test {
			out[i] = p.At(k, 1)
		}
		return nil
	})
	if done := ml.Done(ctx); err != nil && done != nil {
		return nil, done
	}
	return out, err
}

// again fits to positive rows, and to unlabelled ones as both.
func (c ElkanNoto) again(ctx context.Context, m *PositiveModel, d ml.Dataset[int], have, open []int, held []float64) error {
	var rows, y []int
	var weight []float64
	add := func(i, class int, w float64) {
		if w > 0 {
			rows, y, weight = append(rows, i), append(y, class), append(weight, w*weightAt(d.Weight, i))
		}
	}
	for _, i := range have {
		add(i, 1, 1)
	}
	for _, i := range open {
		p := min(held[i], 1-1e-12)
		w := min((1-m.Labelled)/m.Labelled*p/(1-p), 1)
		add(i, 1, w)
		add(i, 0, 1-w)
	}
	twice := d.Select(rows)
	twice.Y, twice.Weight, twice.Classes = y, weight, m.names()
	model, err := c.Base.Fit(ml.WithTask(ctx, "weights", 0, 1), twice)
	m.Inner[0] = model
	return err
}

// names are those of the two classes, for models inside.
func (m *PositiveModel) names() []string {
	if m.Classes != nil {
		return m.Classes
	}
	return []string{"0", "1"}
}

// score fills Scores, where they are not known better, and Prior.
func (m *PositiveModel) score(d ml.Dataset[int]) error {
	p, err := m.PredictProba(d.X)
	if err != nil {
		return err
	}
	if m.Scores == nil {
		m.Scores = make([]float64, d.Rows())
		for i := range m.Scores {
			m.Scores[i] = p.At(i, 1)
		}
	}
	sum, total := 0.0, 0.0
	for i, y := range d.Y {
		if w := weightAt(d.Weight, i); y == ml.None {
			sum += float64(w * p.At(i, 1))
			total += w
		}
	}
	if total > 0 {
		m.Prior = sum / total
	}
	return nil
}

// BaggingPU learns from the same kind of rows as [ElkanNoto] by taking unlabelled ones for negative, others in each of many classifiers: one that is positive counts as negative in some of them
// only, and the mean over those that have not seen it says so. It needs no probabilities that are right, only ones that rank.
//
// Each classifier sees the labelled rows and as many of the unlabelled, drawn with Seed, as Sample says. Its probabilities rank rows; they are no shares of positive ones. The cost is that of Members
// fits to a small set and predictions of all rows, in parallel.
//
// Mordelet and Vert: A bagging SVM to learn from positive and unlabeled examples. Pattern Recognition Letters 37 (2014).
type BaggingPU struct {
	Base    ml.AnyClassifier // none is an error
	Members int              // classifiers. 0: 50
	Sample  int              // unlabelled rows that each sees, drawn with replacement. 0: as many as there are labelled rows
	Seed    uint64
}

var _ ml.Fitter[ml.Dataset[int], *PositiveModel] = BaggingPU{}

// Accepts says what the estimator says, and that rows need no class.
func (c BaggingPU) Accepts() ml.Accepts { return unlabelledToo(c.Base.Config) }

// Fit learns. Errors: ErrConfig without an estimator or for settings out of range, ErrTarget if rows have other classes than 1, or none has none, and those of the estimator.
func (c BaggingPU) Fit(ctx context.Context, d ml.Dataset[int]) (*PositiveModel, error) {
	const where = "semi.BaggingPU.Fit"
	if c.Members < 0 {
		return nil, ml.BadConfig(where, "Members", c.Members, ">= 1, or 0 for 50")
	}
	if c.Sample < 0 {
		return nil, ml.BadConfig(where, "Sample", c.Sample, ">= 1, or 0 for as many as have a label")
	}
	c.Members = cmp.Or(c.Members, 50)
	d, m, err := positives(where, c.Base, c.Accepts(), d, c)
	if err != nil {
		return nil, err
	}
	have, open := present(d)
	if len(have) == 0 || len(open) == 0 {
		return nil, &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("%d rows of class 1 and %d without a class, of positive weight", len(have), len(open)), Want: "some of each", Kind: ml.ErrTarget}
	}
	told := labelledOrNot(d)
	told.Classes = m.names()
	m.Inner = make([]ml.Classifier, c.Members)
	said := make([][]float64, c.Members) // of the rows a classifier has not seen
	err = par.Do(ctx, c.Members, func(ctx context.Context, b int) error {
		r := rng.New(c.Seed, uint64(b))
		seen := make([]bool, d.Rows())
		rows := slices.Clone(have)
		for range cmp.Or(c.Sample, len(have)) {
			i := open[r.IntN(len(open))]
			rows, seen[i] = append(rows, i), true
		}
		model, err := c.Base.Fit(ml.WithTask(ctx, "classifier", b, c.Members), told.Select(rows))
		if err != nil {
			return fmt.Errorf("%s: classifier %d: %w", where, b, err)
		}
		p, err := model.PredictProba(d.X)
		if err != nil {
			return err
		}
		m.Inner[b], said[b] = model, make([]float64, d.Rows())
		for i := range said[b] {
			said[b][i] = p.At(i, 1)
			if seen[i] {
				said[b][i] = math.NaN()
			}
		}
		return nil
	})
	if err != nil {
		if done := ml.Done(ctx); done != nil {
			return nil, done
		}
		return nil, err
	}
	m.Scores = make([]float64, d.Rows())
	for i := range m.Scores {
		sum, count := 0.0, 0
		for _, s := range said {
			if s[i] == s[i] {
				sum, count = sum+s[i], count+1
			}
		}
		m.Scores[i] = sum / float64(count)
	}
	return m, m.score(d)
}

// PredictProba returns the probabilities of not being positive and of being, rows x 2.
func (m *PositiveModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict("semi.PositiveModel.PredictProba", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, 2)
	for _, inner := range m.Inner {
		p, err := inner.PredictProba(x)
		if err != nil {
			return nil, err
		}
		for i := range n {
			out.Row(i)[1] += p.At(i, 1)
		}
	}
	share := 1 / float64(len(m.Inner))
	if c, ok := m.Config.(ElkanNoto); ok && !c.Reweigh {
		share = 1 / m.Labelled
	}
	for i := range n {
		row := out.Row(i)
		row[1] = min(row[1]*share, 1)
		row[0] = 1 - row[1]
	}
	return out, nil
}

// Predict returns 1 for rows that are more probably positive than not.
func (m *PositiveModel) Predict(x tensor.Matrix) ([]int, error) {
	p, err := m.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, _ := p.Dims()
	out := make([]int, n)
	for i := range out {
		out[i] = largest(p.Row(i))
	}
	return out, nil
}

// Restore checks a model that was read from a file.
func (m *PositiveModel) Restore() error {
	const where = "semi.PositiveModel"
	if m.Classes != nil && len(m.Classes) != 2 || len(m.Inner) == 0 {
		return ml.BadFile(where, "Classes and Inner", fmt.Sprintf("%d and %d", len(m.Classes), len(m.Inner)), "two classes and a model")
	}
	if c, ok := m.Config.(ElkanNoto); ok && !c.Reweigh && !(m.Labelled > 0 && m.Labelled <= 1) || len(m.Scores) != m.Info.Rows {
		return ml.BadFile(where, "Labelled and Scores", fmt.Sprintf("%v, and %d scores", m.Labelled, len(m.Scores)), fmt.Sprintf("a share above 0, and %d scores", m.Info.Rows))
	}
	return ml.CheckInside(where, m.Info.Features, m.Inner...)
}

func init() {
	ml.RegisterConfig[ElkanNoto]("semi.ElkanNoto")
	ml.RegisterConfig[BaggingPU]("semi.BaggingPU")
	ml.Register[*PositiveModel]("semi.PositiveModel")
}
