package bayes

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// LDAModel is a fitted LDA: log p(class | x) is x·Coef + Intercept up to a number that is the same for all classes.
type LDAModel struct {
	ml.Fitted
	Prior                  []float64               // probability of each class; 0 for one without rows
	Mean                   *tensor.Tensor[float64] // K x columns
	Coef                   *tensor.Tensor[float64] // K x columns; zeros for a class without rows
	Intercept              []float64               // of each class; -Inf for one of Prior 0
	Center                 []float64               // Σ Prior·Mean: the row that Transform maps to zero
	Scalings               *tensor.Tensor[float64] // columns x components of Transform, the one that separates best first; within the classes, components have variance 1 and no correlation. nil with LSQRSolver
	ExplainedVarianceRatio []float64               // share of each component in the variance between classes
	Covariance             *tensor.Tensor[float64] // columns x columns, within the classes, shrunk; nil without StoreCovariance
	Rank                   int                     // directions with spread within the classes

	axes  []float64 // Scalings transposed
	start []float64 // Center·Scalings
}

var (
	_ ml.Classifier        = (*LDAModel)(nil)
	_ ml.RowPredictor[int] = (*LDAModel)(nil)
	_ ml.RowProba          = (*LDAModel)(nil)
	_ ml.Into[int]         = (*LDAModel)(nil)
	_ ml.Transformer       = (*LDAModel)(nil)
	_ ml.RowTransformer    = (*LDAModel)(nil)
	_ ml.Capable           = (*LDAModel)(nil)
)

func (m *LDAModel) derive() {
	if m.Scalings == nil {
		return
	}
	p, n := m.Scalings.Shape()[0], m.Scalings.Shape()[1]
	m.axes, m.start = make([]float64, n*p), make([]float64, n)
	for i := range n {
		for j := range p {
			m.axes[i*p+j] = m.Scalings.At(j, i)
		}
		m.start[i] = kern.Dot(m.axes[i*p:(i+1)*p], m.Center)
	}
}

// Restore checks a model that was read from a file.
func (m *LDAModel) Restore() error {
	k, p := len(m.Prior), m.Info.Features
	ok := validPriors(m.Prior, m.Classes) && isMatrix(m.Mean, k, p) && isMatrix(m.Coef, k, p) && len(m.Intercept) == k && len(m.Center) == p &&
		allFinite(m.Mean.Data()) && allFinite(m.Coef.Data()) && allFinite(m.Center) && m.Rank >= 0 && m.Rank <= p &&
		(m.Covariance == nil || isMatrix(m.Covariance, p, p) && allFinite(m.Covariance.Data()))
	if ok && m.Scalings != nil {
		n := len(m.ExplainedVarianceRatio)
		ok = isMatrix(m.Scalings, p, n) && n <= p && allFinite(m.Scalings.Data())
	}
	for c := range m.Prior {
		ok = ok && (m.Prior[c] == 0 || !math.IsNaN(m.Intercept[c]-m.Intercept[c]))
	}
	if err := checkRestored("bayes.LDAModel", &m.Fitted, ok); err != nil {
		return err
	}
	m.derive()
	return nil
}

func (m *LDAModel) classes() int        { return len(m.Prior) }
func (m *LDAModel) possible(c int) bool { return m.Prior[c] > 0 }
func (m *LDAModel) rowTime() int        { return len(m.Prior)*(m.Info.Features/24+4) + 10 }

func (m *LDAModel) dense(c int, x []float64) float64 {
	return product(m.Coef.Row(c), x) + m.Intercept[c]
}

func (m *LDAModel) linear() (coef *tensor.Tensor[float64], intercept []float64) {
	return m.Coef, m.Intercept
}

func (m *LDAModel) sparse(c int, cols []int32, vals []float64) float64 {
	return kern.SparseDot(vals, cols, m.Coef.Row(c)) + m.Intercept[c]
}

func (m *LDAModel) fault(where string, i int, x []float64) error {
	return badNumber(where, &m.Fitted, i, x, false)
}

func (m *LDAModel) answers() answers[*LDAModel] {
	return answers[*LDAModel]{m, &m.Fitted, "bayes.LDAModel"}
}

// Predict returns the most probable class code of each row, the lowest of equals.
func (m *LDAModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers().predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *LDAModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers().predictInto(dst, x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *LDAModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictProba", probaForm)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow.
func (m *LDAModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictLogProba", logProbaForm)
}

// JointLogProba returns log p(x, class) up to a number that is the same for all classes of a row, rows x K.
func (m *LDAModel) JointLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "JointLogProba", jointForm)
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *LDAModel) PredictRow(x []float64) (int, error) { return m.answers().predictRow(x) }

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *LDAModel) ProbaRow(dst, x []float64) error { return m.answers().probaRow(dst, x) }

// Can says that LSQRSolver, one class, and class means that are all the same give nothing to transform with.
func (m *LDAModel) Can(ability any) ml.Verdict {
	switch ability.(type) {
	case *ml.Transformer, *ml.RowTransformer:
		if len(m.start) == 0 {
			return ml.Lacks
		}
	}
	return ml.Undecided
}

func (m *LDAModel) noTransform(where string) error {
	found := "without components: the class means do not differ"
	if m.Scalings == nil {
		found = "without components: it was fitted with LSQRSolver"
	}
	return &ml.Error{Where: where, Found: found, Want: "a fit of two classes or more with SVDSolver or EigenSolver", Kind: errors.ErrUnsupported}
}

// Transform returns the components of each row, rows x len(Out()): (x - Center)·Scalings, as float64. A model of LSQRSolver, and one
// whose classes do not differ in their means, gives errors.ErrUnsupported.
func (m *LDAModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "bayes.LDAModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if len(m.start) == 0 {
		return nil, m.noTransform(where)
	}
	r := rows.Of(x)
	n, p := r.Dims()
	out := tensor.New[float64](n, len(m.start))
	bad := par.Reduce(n, par.Grain(len(m.start)*(p/8+20)), func(_, lo, hi int) int {
		buf, nonzeros := make([]float64, p), rows.Entries{}
		for i := lo; i < hi; i++ {
			if r.Sparse() {
				cols, vals := r.NZ(i, &nonzeros)
				for a, start := range m.start {
					out.Row(i)[a] = kern.SparseDot(vals, cols, m.axes[a*p:(a+1)*p]) - start
				}
			} else {
				m.transform(out.Row(i), r.Row(i, buf))
			}
			if !allFinite(out.Row(i)) {
				return i
			}
		}
		return -1
	}, func(a, b int) int {
		if a >= 0 {
			return a
		}
		return b
	})
	if n > 0 && bad >= 0 {
		return nil, m.answers().badRow(where, bad, r.Row(bad, make([]float64, p)))
	}
	return out, nil
}

func (m *LDAModel) transform(dst, x []float64) {
	p := len(x)
	for a, start := range m.start {
		dst[a] = kern.Dot(m.axes[a*p:(a+1)*p], x) - start
	}
}

// TransformRow writes the components of one row to dst, which has len(Out()) elements, without allocating.
func (m *LDAModel) TransformRow(dst, x []float64) error {
	const where = "bayes.LDAModel.TransformRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(m.start) == 0 {
		return m.noTransform(where)
	}
	if len(dst) != len(m.start) {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers long", len(dst)), fmt.Sprintf("%d, as many as Out() has columns", len(m.start)))
	}
	m.transform(dst, x)
	if !allFinite(dst) {
		return m.answers().badRow(where, 0, x)
	}
	return nil
}

// Out describes the components, lda0, lda1...: each is made of all columns.
func (m *LDAModel) Out() []ml.Column {
	from := make([]int, m.Info.Features)
	for j := range from {
		from[j] = j
	}
	out := make([]ml.Column, len(m.start))
	for a := range out {
		out[a] = ml.Column{Name: fmt.Sprintf("lda%d", a), From: slices.Clone(from)}
	}
	return out
}
