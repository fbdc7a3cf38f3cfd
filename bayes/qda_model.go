package bayes

import (
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// QDAModel is a fitted QDA or RDA.
type QDAModel struct {
	ml.Fitted
	Prior      []float64               // probability of each class; 0 for one without rows
	Mean       *tensor.Tensor[float64] // K x columns
	Whiten     *tensor.Tensor[float64] // K x columns x columns: W with W·Σ·Wᵀ = I for the covariance Σ of each class, so that |W(x - mean)| is Mahalanobis' distance; zeros for a class without rows
	LogDet     []float64               // log determinant of each covariance
	Covariance *tensor.Tensor[float64] // K x columns x columns, regularised; nil without StoreCovariance

	shift    []float64 // -Mean
	start    []float64 // -Whiten·Mean, K x columns
	constant []float64 // of each class: the score at its mean
}

var (
	_ ml.Classifier        = (*QDAModel)(nil)
	_ ml.RowPredictor[int] = (*QDAModel)(nil)
	_ ml.RowProba          = (*QDAModel)(nil)
	_ ml.Into[int]         = (*QDAModel)(nil)
)

func (m *QDAModel) derive() {
	k, p := len(m.Prior), m.Info.Features
	m.shift, m.start, m.constant = make([]float64, k*p), make([]float64, k*p), make([]float64, k)
	kern.Scal(-1, m.shift, m.Mean.Data())
	for c := range k {
		kern.DotRows(m.start[c*p:(c+1)*p], m.shift[c*p:(c+1)*p], m.whiten(c), p)
		m.constant[c] = math.Log(m.Prior[c]) - 0.5*(m.LogDet[c]+float64(p)*math.Log(2*math.Pi))
	}
}

func (m *QDAModel) whiten(c int) []float64 {
	size := m.Info.Features * m.Info.Features
	return m.Whiten.Data()[c*size : (c+1)*size]
}

// Restore checks a model that was read from a file.
func (m *QDAModel) Restore() error {
	k, p := len(m.Prior), m.Info.Features
	matrices := func(t *tensor.Tensor[float64]) bool {
		return t != nil && slices.Equal(t.Shape(), []int{k, p, p}) && allFinite(t.Data())
	}
	ok := validPriors(m.Prior, m.Classes) && isMatrix(m.Mean, k, p) && allFinite(m.Mean.Data()) && matrices(m.Whiten) &&
		len(m.LogDet) == k && allFinite(m.LogDet) && (m.Covariance == nil || matrices(m.Covariance))
	if err := checkRestored("bayes.QDAModel", &m.Fitted, ok); err != nil {
		return err
	}
	m.derive()
	return nil
}

func (m *QDAModel) classes() int        { return len(m.Prior) }
func (m *QDAModel) possible(c int) bool { return m.Prior[c] > 0 }
func (m *QDAModel) rowTime() int {
	return len(m.Prior) * (m.Info.Features*m.Info.Features/8 + m.Info.Features/4 + 40)
}

// qdaScratch has room for a centred row and a whitened one.
var qdaScratch = sync.Pool{New: func() any { return new([]float64) }}

func (m *QDAModel) dense(c int, x []float64) float64 {
	p := len(x)
	buf := qdaScratch.Get().(*[]float64)
	defer qdaScratch.Put(buf)
	*buf = slices.Grow((*buf)[:0], 2*p)[:2*p]
	row, z := (*buf)[:p], (*buf)[p:]
	kern.Add(row, x, m.shift[c*p:(c+1)*p])
	kern.DotRows(z, row, m.whiten(c), p)
	return m.constant[c] - 0.5*kern.SumSq(z)
}

func (m *QDAModel) sparse(c int, cols []int32, vals []float64) float64 {
	p, w := m.Info.Features, m.whiten(c)
	sum := 0.0
	for i, z := range m.start[c*p : (c+1)*p] {
		z += kern.SparseDot(vals, cols, w[i*p:(i+1)*p])
		sum += z * z
	}
	return m.constant[c] - 0.5*sum
}

func (m *QDAModel) fault(where string, i int, x []float64) error {
	return badNumber(where, &m.Fitted, i, x, false)
}

func (m *QDAModel) answers() answers[*QDAModel] {
	return answers[*QDAModel]{m, &m.Fitted, "bayes.QDAModel"}
}

// Predict returns the most probable class code of each row, the lowest of equals.
func (m *QDAModel) Predict(x tensor.Matrix) ([]int, error) { return m.answers().predict(x) }

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *QDAModel) PredictInto(dst []int, x tensor.Matrix) error {
	return m.answers().predictInto(dst, x)
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *QDAModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictProba", probaForm)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow.
func (m *QDAModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "PredictLogProba", logProbaForm)
}

// JointLogProba returns log p(x, class), rows x K.
func (m *QDAModel) JointLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.answers().table(x, "JointLogProba", jointForm)
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *QDAModel) PredictRow(x []float64) (int, error) { return m.answers().predictRow(x) }

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *QDAModel) ProbaRow(dst, x []float64) error { return m.answers().probaRow(dst, x) }
