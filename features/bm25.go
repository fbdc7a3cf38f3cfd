package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// BM25Transformer weights counts of terms as search engines do: a term that occurs c times in a text counts as
//
//	log(1 + (n - df + 1/2) / (df + 1/2)) * c * (K1 + 1) / (c + K1 * (1 - B + B * length / mean length))
//
// for df of n training texts that hold it. So the tenth occurrence says less than the second, and terms of long texts count less. The length of a text is the
// sum of its counts. The dot product of a row with the 0s and 1s of a query's terms is the text's score for the query.
//
// It takes any matrix of counts >= 0, and is a step of a pipeline, behind a CountVectorizer or Texts. Weights count: a row of weight k is k texts. A CSR matrix stays CSR;
// float32 stays float32 (computed in float64). A fit is one pass over what is stored. Nothing is random.
//
// Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond. Foundations and Trends in Information Retrieval 3 (2009); the logarithm, which is never negative, is Lucene's.
type BM25Transformer struct {
	K1       float64 // how slowly repetitions stop to count; zero: 1.2
	B        float64 // how much the length matters, up to 1; zero: 0.75
	NoLength bool    // true: the length does not matter (B would be 0); false: as B says
}

// BM25Model is a fitted BM25Transformer.
type BM25Model struct {
	ml.Fitted
	DF     []float64 // how many rows hold each column, as far as they weigh
	Texts  float64   // how many rows there were, as far as they weigh
	Length float64   // the sum of their counts, as far as they weigh

	idf    []float64
	k1, b  float64
	length float64 // the mean; 1 if no text has a term
}

var _ ml.Fitter[ml.Table, *BM25Model] = BM25Transformer{}

func (c BM25Transformer) check(where string) error {
	switch {
	case !(c.K1 >= 0) || math.IsInf(c.K1, 0):
		return ml.BadConfig(where, "K1", c.K1, "a finite number > 0, or 0 for 1.2")
	case !(c.B >= 0 && c.B <= 1):
		return ml.BadConfig(where, "B", c.B, "in 0..1; 0 means 0.75")
	case c.NoLength && c.B != 0:
		return ml.BadConfig(where, "B", c.B, "0, as NoLength is set")
	}
	return nil
}

// Fit counts in how many rows each column is not zero, and how long rows are.
func (c BM25Transformer) Fit(ctx context.Context, t ml.Table) (*BM25Model, error) {
	const where = "features.BM25Transformer.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	m := &BM25Model{Fitted: ml.NewFitted(t, nil, c), DF: make([]float64, p)}
	return m.learn(ctx, where, t)
}

// Update returns the model of the rows seen so far and those of t together: the same, to the bit, as a fit to all of them at once if counts and
// weights are whole numbers.
func (m *BM25Model) Update(ctx context.Context, t ml.Table) (*BM25Model, error) {
	const where = "features.BM25Model.Update"
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	next := &BM25Model{Fitted: m.Fitted, DF: slices.Clone(m.DF), Texts: m.Texts, Length: m.Length}
	next.Info.Rows += t.Rows()
	return next.learn(ctx, where, t)
}

// learn adds rows to what m has seen.
func (m *BM25Model) learn(ctx context.Context, where string, t ml.Table) (*BM25Model, error) {
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	seen, err := eachOccurrence(where, t, func(j int, count, w float64) {
		m.DF[j] += w
		m.Length += w * count
	})
	if err != nil {
		return nil, err
	}
	m.Texts += seen
	return ready(m)
}

// Restore checks a model that was read from a file and derives the weights of the terms.
func (m *BM25Model) Restore() error {
	const where = "features.BM25Model"
	c, is := m.Config.(BM25Transformer)
	if !is || c.check(where) != nil {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.BM25Transformer within its bounds")
	}
	if len(m.DF) != m.Info.Features || !(m.Texts > 0) || !finite(m.Texts) || !(m.Length >= 0) || !finite(m.Length) {
		return ml.BadFile(where, "DF, Texts and Length", fmt.Sprintf("%d long, %v and %v", len(m.DF), m.Texts, m.Length), fmt.Sprintf("%d long, and finite numbers > 0", m.Info.Features))
	}
	m.idf = make([]float64, len(m.DF))
	for j, df := range m.DF {
		if !(df >= 0 && df <= m.Texts) {
			return ml.BadFile(where, fmt.Sprintf("DF[%d]", j), fmt.Sprint(df), fmt.Sprintf("in 0..%v", m.Texts))
		}
		m.idf[j] = math.Log1p((m.Texts - df + 0.5) / (df + 0.5))
	}
	m.k1, m.b, m.length = c.K1, c.B, m.Length/m.Texts
	if m.k1 == 0 {
		m.k1 = 1.2
	}
	if m.b == 0 && !c.NoLength {
		m.b = 0.75
	}
	if m.length == 0 {
		m.length = 1
	}
	return nil
}

// weigh is the countWeigher.
func (m *BM25Model) weigh(dst, counts []float64, js []int32) int {
	length := 0.0
	for k, v := range counts {
		if !isCount(v) {
			return k
		}
		length += v
	}
	norm := m.k1 * (1 - m.b + m.b*(length/m.length))
	for k, v := range counts {
		j := k
		if js != nil {
			j = int(js[k])
		}
		dst[k] = 0
		if v > 0 {
			dst[k] = m.idf[j] * ((m.k1 + 1) * (v / (v + norm)))
		}
	}
	return -1
}

// Transform weights the rows of x.
func (m *BM25Model) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return weighCounts("features.BM25Model.Transform", &m.Fitted, x, m.weigh)
}

// TransformRow weights one row into dst, which is as long, without allocating.
func (m *BM25Model) TransformRow(dst, x []float64) error {
	return weighRow("features.BM25Model.TransformRow", &m.Fitted, dst, x, m.weigh)
}

// Out describes the columns: the same as in training.
func (m *BM25Model) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

func init() {
	ml.RegisterConfig[BM25Transformer]("features.BM25Transformer")
	ml.Register[*BM25Model]("features.BM25Model")
}
