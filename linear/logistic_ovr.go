package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// OneVsRestLogisticCV is [LogisticRegressionCV] with a penalty of its own for each class: each is told from all others by a binary model, whose
// probabilities are divided by their sum. For two classes it finds what LogisticRegressionCV does. Folds are the same for all classes, and have their
// share of each; Score sees the two classes 0, the others, and 1. Classes are fitted side by side; progress reports carry the task "class".
type OneVsRestLogisticCV LogisticRegressionCV

// OneVsRestLogisticModel is a classifier by one binary logistic regression for each class, with the searches for their penalties. Scores are log-odds, and
// the highest wins.
type OneVsRestLogisticModel struct {
	MarginModel
	Searches []LogisticCV // one for each row of Coef; of no use for a class without training rows
}

var (
	_ ml.Fitter[ml.Dataset[int], *OneVsRestLogisticModel] = OneVsRestLogisticCV{}
	_ ml.Classifier                                       = (*OneVsRestLogisticModel)(nil)
	_ ml.RowPredictor[int]                                = (*OneVsRestLogisticModel)(nil)
	_ ml.RowProba                                         = (*OneVsRestLogisticModel)(nil)
)

// Fit chooses the penalties and fits the models. Info.Gap is the largest of theirs, Info.Iterations counts those of all fits to all rows, and Info.Note is
// the first of their notes.
func (c OneVsRestLogisticCV) Fit(ctx context.Context, d ml.Dataset[int]) (*OneVsRestLogisticModel, error) {
	const where = "linear.OneVsRestLogisticCV.Fit"
	base, d, err := LogisticRegressionCV(c).search(where, d)
	if err != nil {
		return nil, err
	}
	k := d.K()
	seen, err := seenClasses(where, d.Y, d.Weight, k)
	if err != nil {
		return nil, err
	}
	if base.folds, err = base.divide(d); err != nil {
		return nil, err
	}
	n, scores := seen.scores(), k
	if k == 2 {
		scores = 1
	}
	_, p := d.X.Dims()
	m := &OneVsRestLogisticModel{Searches: make([]LogisticCV, scores)}
	m.Coef, m.Intercept = tensor.New[float64](scores, p), make([]float64, scores)
	for s := range m.Intercept {
		m.Intercept[s] = math.Inf(-1)
	}
	infos := make([]ml.Info, n)
	err = par.Do(ctx, n, func(ctx context.Context, at int) error {
		s := *base
		s.cs = nil
		row := 0
		if s.class = 1; k > 2 {
			s.class = seen.codes[at]
			row = s.class
			ctx = ml.WithTask(ctx, "class", at, n)
		}
		one, found, info, err := s.run(ctx, d)
		if err != nil {
			return err
		}
		fit := one.model(nil, info)
		copy(m.Coef.Row(row), fit.Coef.Data())
		m.Intercept[row], m.Searches[row], infos[at] = fit.Intercept[0], found, info
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.Fitted = ml.Fitted{Columns: ownColumns(d.Columns), Classes: slices.Clone(d.Classes), Config: OneVsRestLogisticCV(base.config), Info: joinInfo(infos)}
	m.Info.Note = ""
	for _, info := range infos {
		if m.Info.Note == "" {
			m.Info.Note = info.Note
		}
	}
	return m, nil
}

// told has class 1 for the rows of a class, and 0 for all others.
func told(d ml.Dataset[int], class int) ml.Dataset[int] {
	y := make([]int, len(d.Y))
	for i, c := range d.Y {
		if c == class {
			y[i] = 1
		}
	}
	d.Y, d.Classes, d.Valid = y, []string{"other", "this"}, nil
	return d
}

// PredictProba returns the probability of each class, rows x K: those of the binary models divided by their sum. Rows sum to 1.
func (m *OneVsRestLogisticModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.classifier().table("linear.OneVsRestLogisticModel.PredictProba", x, m.K(), 10*m.K(), oneVsRestProbabilities)
}

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *OneVsRestLogisticModel) ProbaRow(dst, x []float64) error {
	const where = "linear.OneVsRestLogisticModel.ProbaRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K() {
		return badDst(where, len(dst), m.K())
	}
	z := dst[:len(m.Intercept)]
	if err := m.classifier().scoresRow(where, z, x); err != nil {
		return err
	}
	oneVsRestProbabilities(dst, z, len(z))
	return nil
}

// oneVsRestProbabilities writes those of the classes for rows of each log-odds. dst and z may be the same, and dst may begin with z if there is one row.
func oneVsRestProbabilities(dst, z []float64, each int) {
	if each == 1 {
		binaryProbabilities(dst, z)
		return
	}
	for i := 0; i < len(z); i += each {
		normalized(dst[i:i+each], z[i:i+each])
	}
}

// normalized writes the probabilities of the log-odds of one row, divided by their sum.
func normalized(dst, z []float64) {
	// Where all are far below 0, probabilities are as the exponentials of the scores: relative to the largest, none underflows.
	top := min(slices.Max(z), 0)
	sum := 0.0
	for c, v := range z {
		if v <= 0 {
			dst[c] = math.Exp(v-top) / (1 + math.Exp(v))
		} else {
			dst[c] = math.Exp(-top) / (1 + math.Exp(-v))
		}
		sum += dst[c]
	}
	for c := range dst {
		dst[c] /= sum
	}
}

// Restore checks a model that was read from a file.
func (m *OneVsRestLogisticModel) Restore() error {
	if err := m.MarginModel.Restore(); err != nil {
		return err
	}
	ok := len(m.Searches) == len(m.Intercept)
	for s := range m.Searches {
		ok = ok && (math.IsInf(m.Intercept[s], -1) || m.Searches[s].consistent())
	}
	return checkShape("linear.OneVsRestLogisticModel", &m.Fitted, ok)
}
