package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// TfidfTransformer weights counts of terms: how often a term occurs in a text times its inverse document frequency,
// log((1 + n) / (1 + df)) + 1 for df of n texts that hold it (Spärck Jones, J. Documentation 28 (1972)), and brings each row to length 1.
// The formulas are scikit-learn's.
//
// It takes any matrix of counts >= 0, and is a step of a pipeline. Weights count: a row of weight k is k texts. A CSR matrix stays CSR;
// float32 stays float32 (computed in float64). A fit is one pass over what is stored. Nothing is random.
type TfidfTransformer struct {
	Norm      tensor.Norm // rows are divided by it; a row of zeros stays. Zero: tensor.L2
	NoNorm    bool        // leave rows as long as they are. False: use Norm
	NoIDF     bool        // terms count alike. False: by their inverse document frequency
	NoSmooth  bool        // the frequency is log(n / df) + 1, and log(n) + 1 for a term of no text. False: as if one more text held every term
	Sublinear bool        // 1 + log(count) takes the place of a count. False: the count
}

// TfidfModel is a fitted TfidfTransformer.
type TfidfModel struct {
	ml.Fitted
	IDF   []float64 // the weight of each column; nil with NoIDF
	DF    []float64 // how many rows hold each column, as far as they weigh; with Texts what Update goes on from
	Texts float64   // how many there were, as far as they weigh

	norm      func([]float64) float64
	sublinear bool
}

var _ ml.Fitter[ml.Table, *TfidfModel] = TfidfTransformer{}

// Fit counts in how many rows each column is not zero.
func (c TfidfTransformer) Fit(ctx context.Context, t ml.Table) (*TfidfModel, error) {
	const where = "features.TfidfTransformer.Fit"
	if _, err := rowNorm(where, c.NoNorm, c.Norm); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	m := &TfidfModel{Fitted: ml.NewFitted(t, nil, c), DF: make([]float64, p)}
	return m.learn(where, t)
}

// Update returns the model of the rows seen so far and those of t together: the same, to the bit, as a fit to all of them at once if the
// weights are whole numbers. A model that an earlier release saved does not know how many rows it has seen and gives errors.ErrUnsupported.
func (m *TfidfModel) Update(ctx context.Context, t ml.Table) (*TfidfModel, error) {
	const where = "features.TfidfModel.Update"
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if m.DF == nil {
		return nil, unsupported(where, "a model without DF")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	next := &TfidfModel{Fitted: m.Fitted, DF: slices.Clone(m.DF), Texts: m.Texts}
	next.Info.Rows += t.Rows()
	return next.learn(where, t)
}

// learn adds rows to what m has seen.
func (m *TfidfModel) learn(where string, t ml.Table) (*TfidfModel, error) {
	seen, err := eachOccurrence(where, t, func(j int, _, w float64) { m.DF[j] += w })
	if err != nil {
		return nil, err
	}
	m.Texts += seen
	m.IDF = m.Config.(TfidfTransformer).idf(m.Texts, m.DF)
	return ready(m)
}

// idf turns the numbers of texts into weights; nil with NoIDF.
func (c TfidfTransformer) idf(n float64, df []float64) []float64 {
	if c.NoIDF {
		return nil
	}
	idf := make([]float64, len(df))
	for j, f := range df {
		switch {
		case !c.NoSmooth:
			idf[j] = math.Log((n+1)/(f+1)) + 1
		case f > 0:
			idf[j] = math.Log(n/f) + 1
		default:
			idf[j] = math.Log(n) + 1
		}
	}
	return idf
}

// Restore checks a model that was read from a file.
func (m *TfidfModel) Restore() error {
	const where = "features.TfidfModel"
	c, is := m.Config.(TfidfTransformer)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.TfidfTransformer")
	}
	norm, err := rowNorm(where, c.NoNorm, c.Norm)
	if err != nil {
		return ml.BadFile(where, "Config.Norm", fmt.Sprint(c.Norm), "a norm")
	}
	if c.NoIDF != (m.IDF == nil) || m.IDF != nil && len(m.IDF) != m.Info.Features {
		return ml.BadFile(where, "IDF", fmt.Sprintf("%d long", len(m.IDF)), fmt.Sprint(m.Info.Features))
	}
	if m.DF != nil && len(m.DF) != m.Info.Features {
		return ml.BadFile(where, "DF", lengthOf(len(m.DF)), lengthOf(m.Info.Features))
	}
	for _, v := range m.IDF {
		if !finite(v) {
			return ml.BadFile(where, "IDF", fmt.Sprint(v), "finite numbers")
		}
	}
	m.norm, m.sublinear = norm, c.Sublinear
	return nil
}

// weigh is the countWeigher.
func (m *TfidfModel) weigh(dst, counts []float64, js []int32) int {
	for k, v := range counts {
		if !isCount(v) {
			return k
		}
		if m.sublinear && v > 0 {
			v = 1 + math.Log(v)
		}
		if m.IDF != nil {
			j := k
			if js != nil {
				j = int(js[k])
			}
			v *= m.IDF[j]
		}
		dst[k] = v
	}
	divide(dst, m.norm)
	return -1
}

// Transform weights the rows of x.
func (m *TfidfModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return weighCounts("features.TfidfModel.Transform", &m.Fitted, x, m.weigh)
}

// TransformRow weights one row into dst, which is as long, without allocating.
func (m *TfidfModel) TransformRow(dst, x []float64) error {
	return weighRow("features.TfidfModel.TransformRow", &m.Fitted, dst, x, m.weigh)
}

// Out describes the columns: the same as in training.
func (m *TfidfModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

// TfidfVectorizer is a CountVectorizer and a TfidfTransformer in one. The zero value makes words and rows of length 1.
type TfidfVectorizer struct {
	Counts  CountVectorizer
	Weights TfidfTransformer
}

var _ ml.Fitter[[]string, *VectorizerModel] = TfidfVectorizer{}

// Fit learns the terms of texts and their weights.
func (c TfidfVectorizer) Fit(ctx context.Context, texts []string) (*VectorizerModel, error) {
	m, _, err := c.fit(ctx, "features.TfidfVectorizer.Fit", texts, nil)
	return m, err
}

// FitTransform is Fit and Transform of the same texts, which are read once only.
func (c TfidfVectorizer) FitTransform(ctx context.Context, texts []string) (*VectorizerModel, *tensor.CSR[float64], error) {
	m, chunks, err := c.fit(ctx, "features.TfidfVectorizer.FitTransform", texts, nil)
	if err != nil {
		return nil, nil, err
	}
	return m, tight(len(m.Terms), chunks, m.rows.finisher), nil
}

func (c TfidfVectorizer) fit(ctx context.Context, where string, texts []string, weight []float64) (*VectorizerModel, []countedChunk, error) {
	var err error
	if c.Counts, err = c.Counts.resolve(where); err != nil {
		return nil, nil, err
	}
	if _, err := rowNorm(where, c.Weights.NoNorm, c.Weights.Norm); err != nil {
		return nil, nil, err
	}
	v, err := learnTerms(ctx, where, c.Counts, texts, weight)
	if err != nil {
		return nil, nil, err
	}
	n := total(weight, len(texts))
	m, err := ready(&VectorizerModel{Fitted: textFitted(c, len(texts)), Terms: v.terms, DF: v.df, Texts: n, IDF: c.Weights.idf(n, v.df)})
	return m, v.chunks, err
}

func init() {
	ml.RegisterConfig[TfidfTransformer]("features.TfidfTransformer")
	ml.Register[*TfidfModel]("features.TfidfModel")
}
