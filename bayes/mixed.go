package bayes

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// MixedNB is naive Bayes for tables of numbers and categories: columns of kind ml.Categorical are those of CategoricalNB, all others those of
// GaussianNB. Missing entries, weights, cost and sparse matrices are as there.
type MixedNB struct {
	VarSmoothing float64   // as in GaussianNB. 0: 1e-9
	Smoothing    float64   // as in CategoricalNB, > 0. 0: 1
	UniformPrior bool      // all classes are equally probable. False: by their share of the weight, or Priors
	Priors       []float64 // probability of each class, >= 0 with sum 1. nil: see UniformPrior
}

var _ ml.Fitter[ml.Dataset[int], *MixedModel] = MixedNB{}

// Accepts says that columns may be categorical and entries missing.
func (MixedNB) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

func (c MixedNB) priors() (uniform bool, configured []float64) { return c.UniformPrior, c.Priors }

// Fit returns the classifier.
func (c MixedNB) Fit(ctx context.Context, d ml.Dataset[int]) (*MixedModel, error) {
	const where = "bayes.MixedNB.Fit"
	if err := checkSmoothing(where, &c.Smoothing); err != nil {
		return nil, err
	}
	if err := checkVarSmoothing(where, &c.VarSmoothing); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := checkEitherPrior(where, c.priors, d.K()); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	m := &MixedModel{Fitted: ml.NewFitted(d.Table, d.Classes, c)}
	for j := range m.Info.Features {
		if j < len(d.Columns) && d.Columns[j].Kind == ml.Categorical {
			m.CategoryColumns = append(m.CategoryColumns, j)
		} else {
			m.NumberColumns = append(m.NumberColumns, j)
		}
	}
	if d.Classes == nil { // both parts must know of all classes
		d.Classes = make([]string, d.K())
	}
	var err error
	if m.NumberColumns != nil {
		if m.Numbers, err = (GaussianNB{VarSmoothing: c.VarSmoothing}).Fit(ctx, part(d, m.NumberColumns)); err != nil {
			return nil, err
		}
	}
	if m.CategoryColumns != nil {
		if m.Categories, err = (CategoricalNB{Smoothing: c.Smoothing}).Fit(ctx, part(d, m.CategoryColumns)); err != nil {
			return nil, err
		}
	}
	return m, m.join(where, c)
}

// part is d with some of its columns.
func part(d ml.Dataset[int], columns []int) ml.Dataset[int] {
	d.Valid = nil
	if _, p := d.X.Dims(); p == len(columns) {
		return d
	}
	d.X = rows.SelectCols(d.X, columns)
	if d.Columns != nil {
		own := make([]ml.Column, len(columns))
		for i, j := range columns {
			own[i] = d.Columns[j]
		}
		d.Columns = own
	}
	return d
}

// MixedModel is a fitted MixedNB: a model for each kind of column.
type MixedModel struct {
	ml.Fitted
	Prior                          []float64         // probability of each class; 0 for one without rows
	NumberColumns, CategoryColumns []int             // which columns of X the parts take
	Numbers                        *GaussianModel    // nil: there are no numbers
	Categories                     *CategoricalModel // nil: there are no categories

	log   []float64 // log Prior
	zeros []float64 // score of a row of zeros
	place []int     // of each column in its part
	isNum []bool
}

var (
	_ ml.Classifier                            = (*MixedModel)(nil)
	_ ml.RowPredictor[int]                     = (*MixedModel)(nil)
	_ ml.RowProba                              = (*MixedModel)(nil)
	_ ml.Into[int]                             = (*MixedModel)(nil)
	_ ml.Updater[ml.Dataset[int], *MixedModel] = (*MixedModel)(nil)
)

// join completes a model whose parts are fitted.
func (m *MixedModel) join(where string, c MixedNB) error {
	count := []float64(nil)
	if m.Numbers != nil {
		count = m.Numbers.Count
	} else {
		count = m.Categories.Count
	}
	m.Prior = chosenPriors(c.priors, count)
	if !validPriors(m.Prior, nil) {
		return noPrior(where)
	}
	m.derive()
	return nil
}

func (m *MixedModel) derive() {
	p := m.Info.Features
	m.place, m.isNum = make([]int, p), make([]bool, p)
	for i, j := range m.NumberColumns {
		m.place[j], m.isNum[j] = i, true
	}
	for i, j := range m.CategoryColumns {
		m.place[j] = i
	}
	m.log, m.zeros = make([]float64, len(m.Prior)), make([]float64, len(m.Prior))
	for c, prior := range m.Prior {
		m.log[c] = math.Log(prior)
		m.zeros[c] = m.log[c]
		for j := range p {
			m.zeros[c] += m.term(c, j, 0)
		}
	}
}

// Restore checks a model that was read from a file.
func (m *MixedModel) Restore() error {
	k, p := len(m.Prior), m.Info.Features
	all := slices.Sorted(slices.Values(slices.Concat(m.NumberColumns, m.CategoryColumns)))
	ok := validPriors(m.Prior, m.Classes) && len(all) == p && (m.Numbers != nil) == (len(m.NumberColumns) > 0) && (m.Categories != nil) == (len(m.CategoryColumns) > 0)
	for i, j := range all {
		ok = ok && i == j
	}
	if ok && m.Numbers != nil {
		ok = len(m.Numbers.Prior) == k && m.Numbers.Info.Features == len(m.NumberColumns) && m.Numbers.normalizer != nil
	}
	if ok && m.Categories != nil {
		ok = len(m.Categories.Prior) == k && m.Categories.Info.Features == len(m.CategoryColumns) && m.Categories.known != nil
	}
	if _, known := m.Config.(MixedNB); !known {
		ok = false
	}
	if err := checkRestored("bayes.MixedModel", &m.Fitted, ok); err != nil {
		return err
	}
	m.derive()
	return nil
}

// Update returns the model of the rows so far and those of d, as if they had been fitted together. d has the columns and no more
// classes than the model; name the Classes in the first fit if its rows may lack one.
func (m *MixedModel) Update(ctx context.Context, d ml.Dataset[int]) (*MixedModel, error) {
	const where = "bayes.MixedModel.Update"
	c, _ := m.Config.(MixedNB)
	if err := checkUpdate(where, &m.Fitted, d, len(m.Prior), c.Accepts()); err != nil {
		return nil, err
	}
	next := &MixedModel{Fitted: updated(&m.Fitted, d), NumberColumns: slices.Clone(m.NumberColumns), CategoryColumns: slices.Clone(m.CategoryColumns)}
	var err error
	if m.Numbers != nil {
		if next.Numbers, err = m.Numbers.Update(ctx, part(d, m.NumberColumns)); err != nil {
			return nil, err
		}
	}
	if m.Categories != nil {
		if next.Categories, err = m.Categories.Update(ctx, part(d, m.CategoryColumns)); err != nil {
			return nil, err
		}
	}
	return next, next.join(where, c)
}

func (m *MixedModel) classes() int        { return len(m.Prior) }
func (m *MixedModel) possible(c int) bool { return m.Prior[c] > 0 }
func (m *MixedModel) rowTime() int        { return 2*len(m.Prior)*m.Info.Features + 20 }

// term is what an entry adds to the score of a class; NaN for one that cannot be read.
func (m *MixedModel) term(c, j int, v float64) float64 {
	if !m.isNum[j] {
		return m.Categories.term(c, m.place[j], v)
	}
	return m.Numbers.term(c, m.place[j], v)
}

func (m *MixedModel) dense(c int, x []float64) float64 {
	score := m.log[c]
	for j, v := range x {
		score += m.term(c, j, v)
	}
	return score
}

func (m *MixedModel) sparse(c int, cols []int32, vals []float64) float64 {
	score := m.zeros[c]
	for q, j := range cols {
		score += m.term(c, int(j), vals[q]) - m.term(c, int(j), 0)
	}
	return score
}

func (m *MixedModel) fault(where string, i int, x []float64) error {
	for j, v := range x {
		if bad := math.IsInf(v, 0) || !m.isNum[j] && !isWhole(v) && !math.IsNaN(v); bad {
			return notCode(where, m.Columns, i, x, j, math.Inf(1))
		}
	}
	return nil
}

func (m *MixedModel) answers() answers[*MixedModel] {
	return answers[*MixedModel]{m, &m.Fitted, "bayes.MixedModel"}
}

// Predict returns the most probable class code of each row, the lowest of equals. NaN and categories never seen in training count
// for no class.
func (m *MixedModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers().predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *MixedModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers().predictInto(dst, x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *MixedModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictProba", probaForm)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow.
func (m *MixedModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictLogProba", logProbaForm)
}

// JointLogProba returns log p(x, class), rows x K.
func (m *MixedModel) JointLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "JointLogProba", jointForm)
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *MixedModel) PredictRow(x []float64) (int, error) { return m.answers().predictRow(x) }

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *MixedModel) ProbaRow(dst, x []float64) error { return m.answers().probaRow(dst, x) }
