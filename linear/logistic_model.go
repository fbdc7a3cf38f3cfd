package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// LogisticModel is a fitted linear classifier of K classes.
type LogisticModel struct {
	ml.Fitted
	// Coef is 1 x columns for two classes, the change of the log-odds of class 1 per unit of the column, and K x columns for more.
	Coef *tensor.Tensor[float64]
	// Intercept has one element for each row of Coef. -Inf marks a class without training rows.
	Intercept []float64
}

var (
	_ ml.Classifier        = (*LogisticModel)(nil)
	_ ml.RowPredictor[int] = (*LogisticModel)(nil)
	_ ml.RowProba          = (*LogisticModel)(nil)
	_ ml.Into[int]         = (*LogisticModel)(nil)
)

// K is the number of classes.
func (m *LogisticModel) K() int { return max(len(m.Intercept), 2) }

// Predict returns the most probable class code of each row of x, which must be finite; the lowest code of equals.
func (m *LogisticModel) Predict(x tensor.Matrix) ([]int, error) {
	const where = "linear.LogisticModel.Predict"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]int, n)
	if err := m.classify(where, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *LogisticModel) PredictInto(dst []int, x tensor.Matrix) error {
	const where = "linear.LogisticModel.PredictInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return badDst(where, len(dst), n)
	}
	return m.classify(where, dst, x)
}

func (m *LogisticModel) classify(where string, dst []int, x tensor.Matrix) error {
	s := newSource(x)
	return badRow(where, m.Columns, s, eachScore(s, len(m.Intercept)*(s.cols/2+4), classMap{dst, m.Coef.Data(), m.Intercept}))
}

// classMap writes the class with the highest score of each row.
type classMap struct {
	dst             []int
	coef, intercept []float64
}

func (m classMap) dense(i int, x []float64) bool {
	best := bestOf(x, m.coef, m.intercept)
	m.dst[i] = best.class(len(m.intercept))
	return !best.suspicious || linalg.AllFinite(x)
}

func (m classMap) sparse(i int, cols []int32, vals []float64) bool {
	var best bestScore
	var z [1]float64
	p := len(m.coef) / len(m.intercept)
	for k := range m.intercept {
		sparseScores(z[:], cols, vals, m.coef[k*p:(k+1)*p], m.intercept[k:k+1])
		best.see(k, z[0], m.intercept[k])
	}
	m.dst[i] = best.class(len(m.intercept))
	return !best.suspicious || linalg.AllFinite(vals)
}

func (m classMap) run(i int, x []float64, cols int, scores *[maxRun]float64) (good int) {
	z := scores[:len(x)/cols]
	good = runScores(z, x, cols, m.coef, m.intercept)
	for r, v := range z[:good] {
		m.dst[i+r] = 0
		if v > 0 {
			m.dst[i+r] = 1
		}
	}
	return good
}

func (m classMap) single() bool { return len(m.intercept) == 1 }

// bestOf is the best score of a dense row.
func bestOf(x, coef, intercept []float64) bestScore {
	var best bestScore
	var z [1]float64
	p := len(x)
	for k := range intercept {
		rowScores(z[:], x, coef[k*p:(k+1)*p], intercept[k:k+1])
		best.see(k, z[0], intercept[k])
	}
	return best
}

// bestScore keeps the highest of the scores of one row, the first of equals.
type bestScore struct {
	k          int
	z          float64
	seen       bool
	suspicious bool // NaN or Inf turned up that is not the mark of an absent class
}

func (b *bestScore) see(k int, z, intercept float64) {
	if math.IsInf(intercept, -1) {
		return
	}
	if math.IsNaN(z - z) {
		b.suspicious = true
	}
	if !b.seen || z > b.z {
		b.k, b.z, b.seen = k, z, true
	}
}

// class is the best of scores classes; a single score is that of class 1 against 0.
func (b *bestScore) class(scores int) int {
	if scores == 1 {
		if b.z > 0 {
			return 1
		}
		return 0
	}
	return b.k
}

// DecisionFunction returns the linear scores, rows x 1 for two classes (the log-odds of class 1) and rows x K for more.
func (m *LogisticModel) DecisionFunction(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	z, err := m.decision("linear.LogisticModel.DecisionFunction", x)
	if err != nil {
		return nil, err
	}
	k := len(m.Intercept)
	return tensor.FromSlice(z, len(z)/k, k), nil
}

func (m *LogisticModel) decision(where string, x tensor.Matrix) ([]float64, error) {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	z := make([]float64, n*len(m.Intercept))
	return z, scores(where, m.Columns, newSource(x), affineMap{z, m.Coef.Data(), m.Intercept})
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1.
func (m *LogisticModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.perClass("linear.LogisticModel.PredictProba", x, probabilities)
}

// PredictLogProba returns the logarithm of PredictProba without its underflow. A class without training rows has -Inf.
func (m *LogisticModel) PredictLogProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.perClass("linear.LogisticModel.PredictLogProba", x, logProbabilities)
}

// perClass applies f to runs of rows of scores.
func (m *LogisticModel) perClass(where string, x tensor.Matrix, f func(dst, z []float64, each int)) (*tensor.Tensor[float64], error) {
	z, err := m.decision(where, x)
	if err != nil {
		return nil, err
	}
	each, k := len(m.Intercept), m.K()
	n := len(z) / each
	out := tensor.New[float64](n, k)
	dst := out.Data()
	par.For(n, 10*k, func(lo, hi int) { f(dst[lo*k:hi*k], z[lo*each:hi*each], each) })
	return out, nil
}

// probabilities writes those of each class for rows of each scores: one for two classes. dst and z may be the same for more.
func probabilities(dst, z []float64, each int) {
	if each == 1 {
		binaryProbabilities(dst, z)
		return
	}
	for i := 0; i < len(z); i += each {
		row, from := dst[i:i+each], z[i:i+each]
		top, sum := slices.Max(from), 0.0
		for c, v := range from {
			row[c] = math.Exp(v - top)
			sum += row[c]
		}
		for c := range row {
			row[c] /= sum
		}
	}
}

// binaryProbabilities takes the exponentials of a few rows at once; a row has the same bits alone. dst may begin with z if there is one row.
func binaryProbabilities(dst, z []float64) {
	var buf [32]float64
	for len(z) > 0 {
		n := min(len(z), len(buf))
		e := buf[:n]
		for i, v := range z[:n] {
			e[i] = -math.Abs(v)
		}
		kern.Exp(e, e)
		for i, v := range z[:n] {
			small, large := e[i]/(1+e[i]), 1/(1+e[i])
			if v >= 0 {
				dst[2*i], dst[2*i+1] = small, large
			} else {
				dst[2*i], dst[2*i+1] = large, small
			}
		}
		dst, z = dst[2*n:], z[n:]
	}
}

func logProbabilities(dst, z []float64, each int) {
	if each == 1 {
		for i, v := range z {
			tail := math.Log1p(math.Exp(-math.Abs(v)))
			dst[2*i], dst[2*i+1] = -max(v, 0)-tail, min(v, 0)-tail
		}
		return
	}
	for i := 0; i < len(z); i += each {
		row := z[i : i+each]
		top, sum := slices.Max(row), 0.0
		for _, v := range row {
			sum += math.Exp(v - top)
		}
		norm := top + math.Log(sum)
		for c, v := range row {
			dst[i+c] = v - norm
		}
	}
}

// PredictRow returns the most probable class code of a single row without allocating.
func (m *LogisticModel) PredictRow(x []float64) (int, error) {
	const where = "linear.LogisticModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	best := bestOf(x, m.Coef.Data(), m.Intercept)
	if best.suspicious {
		if err := badEntry(where, m.Columns, 0, x); err != nil {
			return 0, err
		}
	}
	return best.class(len(m.Intercept)), nil
}

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *LogisticModel) ProbaRow(dst, x []float64) error {
	const where = "linear.LogisticModel.ProbaRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	if len(dst) != m.K() {
		return badDst(where, len(dst), m.K())
	}
	z := dst[:len(m.Intercept)]
	rowScores(z, x, m.Coef.Data(), m.Intercept)
	if suspicious(z, m.Intercept) {
		if err := badEntry(where, m.Columns, 0, x); err != nil {
			return err
		}
	}
	probabilities(dst, z, len(z))
	return nil
}

// Restore checks a model that was read from a file.
func (m *LogisticModel) Restore() error {
	k := len(m.Intercept)
	ok := k > 0 && k != 2 && isMatrix(m.Coef, k, m.Info.Features) && (m.Classes == nil || len(m.Classes) == m.K())
	return checkShape("linear.LogisticModel", &m.Fitted, ok)
}
