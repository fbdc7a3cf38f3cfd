package selection

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// DummyClassRule is how a DummyClassifier answers.
type DummyClassRule uint8

const (
	// DummyPrior answers with the class of most training rows, and with the shares of the classes as probabilities. The zero value.
	DummyPrior DummyClassRule = iota
	// DummyMostFrequent answers with the class of most training rows, as if it were certain.
	DummyMostFrequent
	// DummyStratified draws a class for each row by the shares of the training rows, as if it were certain.
	DummyStratified
	// DummyUniform draws a class for each row, all that had training rows alike, and says so in its probabilities.
	DummyUniform
	// DummyConstant answers with Class, as if it were certain.
	DummyConstant
)

// DummyClassifier learns nothing of X: it is the score to beat. Draws depend on Seed and on the numbers of a row alone, so equal rows have equal answers. Any
// numbers may be missing. Weights count. O(rows). Probabilities are those of scikit-learn's DummyClassifier.
type DummyClassifier struct {
	Rule  DummyClassRule // 0: DummyPrior
	Class int            // of DummyConstant: a class code
	Seed  uint64         // of DummyStratified and DummyUniform; 0 is a seed like any other
}

// DummyClassModel is a fitted DummyClassifier.
type DummyClassModel struct {
	ml.Fitted
	Share []float64 // of each class among the training rows, by weight; they sum to 1

	rule DummyClassRule
	seed uint64
	most int // the class of most rows, or the constant
	seen int // classes that had rows
}

// DummyNumberRule is how a DummyRegressor answers.
type DummyNumberRule uint8

const (
	// DummyMean answers with the mean of the training targets. The zero value.
	DummyMean DummyNumberRule = iota
	// DummyMedian answers with their median.
	DummyMedian
	// DummyQuantile answers with their quantile, linear between two targets as NumPy's.
	DummyQuantile
	// DummyNumber answers with Number.
	DummyNumber
)

// DummyRegressor learns nothing of X: it is the score to beat. Any numbers may be missing. Weights count, an integer weight of k as k rows: so the median of an even total is
// the mean of two, where scikit-learn's DummyRegressor, whose answers these are without weights, takes the lower. O(n log n).
type DummyRegressor struct {
	Rule   DummyNumberRule // 0: DummyMean
	Q      float64         // of DummyQuantile, 0..1: 0 is the least target
	Number float64         // of DummyNumber
}

// DummyRegressionModel is a fitted DummyRegressor.
type DummyRegressionModel struct {
	ml.Fitted
	Value float64 // the answer
}

// Accepts takes anything but rows without a class.
func (DummyClassifier) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Accepts takes anything.
func (DummyRegressor) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit counts the classes. Errors: ErrConfig for an unknown rule or a constant that is no class.
func (c DummyClassifier) Fit(ctx context.Context, d ml.Dataset[int]) (*DummyClassModel, error) {
	const where = "selection.DummyClassifier.Fit"
	if c.Rule > DummyConstant {
		return nil, ml.BadConfig(where, "Rule", c.Rule, "DummyPrior, DummyMostFrequent, DummyStratified, DummyUniform or DummyConstant")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if c.Rule == DummyConstant && (c.Class < 0 || c.Class >= d.K()) {
		return nil, ml.BadConfig(where, "Class", c.Class, fmt.Sprintf("a class code, 0 to %d", d.K()-1))
	}
	m := &DummyClassModel{Fitted: ml.NewFitted(d.Table, d.Classes, c), Share: make([]float64, d.K())}
	total := 0.0
	for i, code := range d.Y {
		w := 1.0
		if d.Weight != nil {
			w = d.Weight[i]
		}
		m.Share[code] += w
		total += w
	}
	for k := range m.Share {
		m.Share[k] /= total
	}
	return m, m.Restore()
}

// Fit finds the number to answer with. Errors: ErrConfig for an unknown rule, a Q outside 0..1, or a Number that is not finite.
func (c DummyRegressor) Fit(ctx context.Context, d ml.Dataset[float64]) (*DummyRegressionModel, error) {
	const where = "selection.DummyRegressor.Fit"
	switch {
	case c.Rule > DummyNumber:
		return nil, ml.BadConfig(where, "Rule", c.Rule, "DummyMean, DummyMedian, DummyQuantile or DummyNumber")
	case !(c.Q >= 0 && c.Q <= 1):
		return nil, ml.BadConfig(where, "Q", c.Q, "between 0 and 1")
	case !finite(c.Number):
		return nil, ml.BadConfig(where, "Number", c.Number, "a finite number")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	m := &DummyRegressionModel{Fitted: ml.NewFitted(d.Table, nil, c), Value: c.Number}
	switch c.Rule {
	case DummyMean:
		m.Value = meanOf(d.Y, d.Weight)
	case DummyMedian:
		m.Value = stats.NewSample(d.Y, d.Weight).Quantile(0.5, stats.AveragedInvertedCDF)
	case DummyQuantile:
		m.Value = stats.NewSample(d.Y, d.Weight).Quantile(c.Q, stats.Linear)
	}
	return m, nil
}

// meanOf is exact but for its last rounding, so the order of rows does not matter.
func meanOf(y, weight []float64) float64 {
	n := float64(len(y))
	if weight != nil {
		n = stats.Exact(weight)
	}
	share := make([]float64, len(y))
	for i, v := range y {
		share[i] = v / n
		if weight != nil {
			share[i] = v * (weight[i] / n) // no product that overflows
		}
	}
	return stats.Exact(share)
}

// Restore checks a model that was read from a file.
func (m *DummyClassModel) Restore() error {
	const where = "selection.DummyClassModel"
	c, is := m.Config.(DummyClassifier)
	if !is || len(m.Share) == 0 || m.Classes != nil && len(m.Classes) != len(m.Share) || c.Rule == DummyConstant && (c.Class < 0 || c.Class >= len(m.Share)) {
		return ml.BadFile(where, "Config and Share", fmt.Sprintf("%T and %d long", m.Config, len(m.Share)), "a selection.DummyClassifier and a share for each class")
	}
	sum := 0.0
	m.seen = 0
	for _, s := range m.Share {
		if !(s >= 0) {
			return ml.BadFile(where, "Share", fmt.Sprint(s), "numbers >= 0")
		}
		if s > 0 {
			m.seen++
		}
		sum += s
	}
	if !(math.Abs(sum-1) <= 1e-9) {
		return ml.BadFile(where, "Share", fmt.Sprintf("%v in all", sum), "1 in all")
	}
	m.rule, m.seed, m.most = c.Rule, c.Seed, largest(m.Share)
	if c.Rule == DummyConstant {
		m.most = c.Class
	}
	return nil
}

// rowDraw is a number in 0..1 that depends on a seed and the numbers of a row alone: equal rows have equal draws, wherever they stand.
func rowDraw(seed uint64, x []float64) float64 {
	key := rng.Key(seed, uint64(len(x)))
	for _, v := range x {
		switch {
		case v == 0:
			v = 0 // -0 is 0
		case v != v:
			v = math.NaN()
		}
		key = rng.Key(key, math.Float64bits(v))
	}
	return float64(key>>11) / (1 << 53)
}

// class is the answer for one row.
func (m *DummyClassModel) class(x []float64) int {
	switch m.rule {
	case DummyStratified:
		u, last := rowDraw(m.seed, x), 0
		for k, s := range m.Share {
			if s > 0 {
				last = k
				if u -= s; u < 0 {
					break
				}
			}
		}
		return last
	case DummyUniform:
		nth := int(rowDraw(m.seed, x) * float64(m.seen))
		for k, s := range m.Share {
			if s > 0 {
				if nth == 0 {
					return k
				}
				nth--
			}
		}
	}
	return m.most
}

func (m *DummyClassModel) probabilities(dst, x []float64) {
	switch m.rule {
	case DummyPrior:
		copy(dst, m.Share)
	case DummyUniform:
		for k, s := range m.Share {
			dst[k] = 0
			if s > 0 {
				dst[k] = 1 / float64(m.seen)
			}
		}
	default:
		clear(dst)
		dst[m.class(x)] = 1
	}
}

// each visits the rows of x, which has the width of the model, in parallel.
func (m *DummyClassModel) each(where string, x tensor.Matrix, visit func(i int, row []float64)) error {
	if err := ml.CheckFinite(where, &m.Fitted, x, true); err != nil {
		return err
	}
	r := rows.Of(x)
	par.For(r.Len(), 5*r.Cols()+20, func(lo, hi int) {
		buf := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			visit(i, r.Row(i, buf))
		}
	})
	return nil
}

// Predict returns a class for each row of x.
func (m *DummyClassModel) Predict(x tensor.Matrix) ([]int, error) {
	const where = "selection.DummyClassModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	if err := m.each(where, x, func(i int, row []float64) { out[i] = m.class(row) }); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictProba returns the probabilities of the rule, rows x K.
func (m *DummyClassModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	const where = "selection.DummyClassModel.PredictProba"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(m.Share))
	err := m.each(where, x, func(i int, row []float64) { m.probabilities(out.Row(i), row) })
	if err != nil {
		return nil, err
	}
	return out, nil
}

// PredictRow is Predict for a single row, without allocating.
func (m *DummyClassModel) PredictRow(x []float64) (int, error) {
	if err := anyRow("selection.DummyClassModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	return m.class(x), nil
}

// ProbaRow is PredictProba for a single row, without allocating. dst is K long.
func (m *DummyClassModel) ProbaRow(dst, x []float64) error {
	const where = "selection.DummyClassModel.ProbaRow"
	if err := anyRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != len(m.Share) {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprintf("%d, a place for each class", len(m.Share)))
	}
	m.probabilities(dst, x)
	return nil
}

// anyRow refuses a row of the wrong width, and Inf.
func anyRow(where string, f *ml.Fitted, x []float64) error {
	if err := ml.CheckRow(where, f, x); err != nil {
		return err
	}
	for j, v := range x {
		if math.IsInf(v, 0) {
			return ml.NotFinite(where, f.Columns, 0, j, v)
		}
	}
	return nil
}

// Restore checks a model that was read from a file.
func (m *DummyRegressionModel) Restore() error {
	if !finite(m.Value) {
		return ml.BadFile("selection.DummyRegressionModel", "Value", fmt.Sprint(m.Value), "a finite number")
	}
	return nil
}

// Predict returns the number for each row of x.
func (m *DummyRegressionModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "selection.DummyRegressionModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite(where, &m.Fitted, x, true); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	for i := range out {
		out[i] = m.Value
	}
	return out, nil
}

// PredictRow is Predict for a single row, without allocating.
func (m *DummyRegressionModel) PredictRow(x []float64) (float64, error) {
	if err := anyRow("selection.DummyRegressionModel.PredictRow", &m.Fitted, x); err != nil {
		return 0, err
	}
	return m.Value, nil
}

func init() {
	ml.RegisterConfig[DummyClassifier]("selection.DummyClassifier")
	ml.Register[*DummyClassModel]("selection.DummyClassModel")
	ml.RegisterConfig[DummyRegressor]("selection.DummyRegressor")
	ml.Register[*DummyRegressionModel]("selection.DummyRegressionModel")
}
