package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// RidgeClassifier is ridge regression on class codes: 1 for the class and -1 for the others, one regression for two classes and one for
// each class of more, and the class of the highest prediction. It has no probabilities; it is about as good as [LogisticRegression] where
// there are many columns, and quicker by far (its factorisation serves all classes).
//
// The method is that of [Ridge], and so are the cost and the need for columns in comparable units. A class that is declared but has no row
// gets coefficients 0 and the intercept -Inf, and is never predicted; rows of one class only are an error. Weights, times those of
// the classes: a row of weight 0 is absent, one of weight k counts as k rows.
type RidgeClassifier struct {
	Alpha       float64        // the penalty, > 0. 0: 1
	NoIntercept bool           // leave the intercepts out. False: fit them
	ClassWeight ml.ClassWeight // how much each class counts. Zero: all rows as they are
	Positive    bool           // as in Ridge
	Tol         float64        // as in Ridge
	MaxIter     int            // as in Ridge
}

// RidgeClassifierCV is RidgeClassifier with the penalty chosen as [RidgeCV] chooses it: by the squared error, averaged over the classes, on
// rows left out.
type RidgeClassifierCV struct {
	Alphas      []float64      // as in RidgeCV
	NoIntercept bool           // as in RidgeClassifier
	ClassWeight ml.ClassWeight // as in RidgeClassifier
	Splitter    ml.Splitter    // as in RidgeCV, where selection.StratifiedKFold{} will do as well
}

// RidgeCVClassifierModel is a ridge classifier with the penalty that was chosen.
type RidgeCVClassifierModel struct {
	MarginModel
	Alpha  float64   // chosen
	Errors []float64 // for each of Alphas, the mean squared error on rows left out, averaged over the regressions
}

var (
	_ ml.Fitter[ml.Dataset[int], *MarginModel]            = RidgeClassifier{}
	_ ml.Fitter[ml.Dataset[int], *RidgeCVClassifierModel] = RidgeClassifierCV{}
)

// Fit returns the classifier.
func (c RidgeClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*MarginModel, error) {
	const where = "linear.RidgeClassifier.Fit"
	if c.Alpha == 0 {
		c.Alpha = 1
	}
	if err := checkAlpha(where, "Alpha", c.Alpha, "linear.LogisticRegression"); err != nil {
		return nil, err
	}
	t, err := newClassTargets(where, d, c.ClassWeight)
	if err != nil {
		return nil, err
	}
	alphas := make([]float64, len(t.targets))
	for k := range alphas {
		alphas[k] = c.Alpha
	}
	single := Ridge{NoIntercept: c.NoIntercept, Positive: c.Positive, Tol: c.Tol, MaxIter: c.MaxIter}
	fits, info, err := single.fit(ctx, where, t.table, t.targets, alphas)
	if err != nil {
		return nil, err
	}
	c.Tol = tolOrDefault(c.Tol)
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	return t.model(fits, d, c, info), nil
}

// Fit chooses the penalty and returns the classifier.
func (c RidgeClassifierCV) Fit(ctx context.Context, d ml.Dataset[int]) (*RidgeCVClassifierModel, error) {
	const where = "linear.RidgeClassifierCV.Fit"
	s := ridgeSearch{where: where, alphas: c.Alphas, intercept: !c.NoIntercept, splitter: c.Splitter}
	if err := s.check(); err != nil {
		return nil, err
	}
	t, err := newClassTargets(where, d, c.ClassWeight)
	if err != nil {
		return nil, err
	}
	s.drop = t.repetition
	data := d.Any()
	data.Table = t.table
	if err := s.run(ctx, data, t.targets); err != nil {
		return nil, err
	}
	c.Alphas = slices.Clone(s.alphas)
	c.ClassWeight.PerClass = slices.Clone(c.ClassWeight.PerClass)
	m := &RidgeCVClassifierModel{MarginModel: *t.model(s.fits, d, c, s.info), Alpha: s.chosen[0], Errors: make([]float64, len(c.Alphas))}
	for at, e := range s.errors {
		m.Errors[at%len(c.Alphas)] += e / float64(len(t.targets))
	}
	return m, nil
}

// classTargets is a classification as regressions.
type classTargets struct {
	classes
	table      ml.Table // with the weights of the classes
	targets    [][]float64
	repetition []float64 // the weight of one repetition of each row, or of all of it if that is less
}

func newClassTargets(where string, d ml.Dataset[int], weight ml.ClassWeight) (*classTargets, error) {
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	weights, err := weight.Weights(where, d.Y, d.Weight, d.K())
	if err != nil {
		return nil, err
	}
	seen, err := seenClasses(where, d.Y, weights, d.K())
	if err != nil {
		return nil, err
	}
	t := &classTargets{classes: seen, table: d.Table}
	t.table.Weight = weights
	codes := seen.codes
	if seen.k == 2 {
		codes = []int{1}
	}
	for _, code := range codes {
		y := make([]float64, len(d.Y))
		for i, c := range d.Y {
			y[i] = -1
			if c == code {
				y[i] = 1
			}
		}
		t.targets = append(t.targets, y)
	}
	if weights != nil {
		t.repetition = make([]float64, len(weights))
		for i, w := range weights {
			t.repetition[i] = w
			if d.Weight != nil && d.Weight[i] > 1 {
				t.repetition[i] = w / d.Weight[i]
			}
		}
	}
	return t, nil
}

func (t *classTargets) model(fits []solution, d ml.Dataset[int], config any, info ml.Info) *MarginModel {
	_, p := d.X.Dims()
	m := &MarginModel{Fitted: ml.Fitted{Columns: ownColumns(d.Columns), Classes: slices.Clone(d.Classes), Config: config, Info: info}}
	if t.k == 2 {
		m.Coef, m.Intercept = tensor.FromSlice(fits[0].coef, 1, p), []float64{fits[0].intercept}
		return m
	}
	m.Coef, m.Intercept = tensor.New[float64](t.k, p), make([]float64, t.k)
	for c, at := range t.index {
		if at < 0 {
			m.Intercept[c] = math.Inf(-1)
			continue
		}
		copy(m.Coef.Row(c), fits[at].coef)
		m.Intercept[c] = fits[at].intercept
	}
	return m
}

// Restore checks a model that was read from a file.
func (m *RidgeCVClassifierModel) Restore() error {
	if err := m.MarginModel.Restore(); err != nil {
		return err
	}
	c, ok := m.Config.(RidgeClassifierCV)
	return checkShape("linear.RidgeCVClassifierModel", &m.Fitted, ok && len(m.Errors) == len(c.Alphas) && m.Alpha > 0)
}
