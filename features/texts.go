package features

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Texts makes a column of each term of columns of texts (ml.Text), each of which gets a vectorizer of its own. In a part of Columns it
// puts free text beside numbers and categories, and in a pipeline the terms are learned from training rows alone:
//
//	prepare := features.Columns{Parts: []features.Part{
//		{Columns: features.ByKind(ml.Numeric), Do: ml.Stages{ml.Step(features.SimpleImputer{}), ml.Step(features.StandardScaler{})}},
//		{Columns: features.ByKind(ml.Text), Do: ml.Step(features.Texts{})},
//	}}
//
// All columns must be texts. The terms "late" and "refund" of the column "notes" are called "notes_late" and "notes_refund"; of a HashingVectorizer, which knows no terms,
// "notes_0", "notes_1", ... The result is CSR, of float64. A missing text is a row of zeros, as a text without a term is. Weights count: a text of weight k
// is k texts. There is no TransformRow: a row of numbers cannot hold a text. Transform a matrix of one row instead.
type Texts struct {
	Vectorizer TextLearner // CountVectorizer{}, TfidfVectorizer{} or HashingVectorizer{}, for example; nil: TfidfVectorizer{}
}

// TextsModel is a fitted Texts.
type TextsModel struct {
	ml.Fitted
	Vectorizers []TextVectorizer // of each column

	out []ml.Column
}

// Accepts says that it takes texts, missing ones included.
func (Texts) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Text: true} }

// Fit learns the terms of each column of t.
func (c Texts) Fit(ctx context.Context, t ml.Table) (*TextsModel, error) {
	m, _, err := c.fit(ctx, "features.Texts.Fit", t)
	return m, err
}

// FitTransform is Fit and Transform of the same rows, which are read once only.
func (c Texts) FitTransform(ctx context.Context, t ml.Table) (*TextsModel, tensor.Matrix, error) {
	m, x, err := c.fit(ctx, "features.Texts.FitTransform", t)
	if err != nil {
		return nil, nil, err
	}
	return m, tensor.HStack(x...), nil
}

func (c Texts) fit(ctx context.Context, where string, t ml.Table) (*TextsModel, []*tensor.CSR[float64], error) {
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, nil, err
	}
	if c.Vectorizer == nil {
		c.Vectorizer = TfidfVectorizer{}
	}
	x, err := textsIn(where, t.X)
	if err != nil {
		return nil, nil, err
	}
	_, p := x.Dims()
	m := &TextsModel{Fitted: ml.NewFitted(t, nil, c)}
	parts := make([]*tensor.CSR[float64], p)
	for j := range p {
		v, counts, err := c.Vectorizer.LearnTexts(ctx, x.Texts(j), t.Weight)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", columnLabel(t.Columns, j), err)
		}
		m.Vectorizers, parts[j] = append(m.Vectorizers, v), counts
	}
	m, err = ready(m)
	return m, parts, err
}

// textsIn are the texts of x, all of whose columns must hold some.
func textsIn(where string, x tensor.Matrix) (*ml.TextMatrix, error) {
	m, is := x.(*ml.TextMatrix)
	if !is {
		return nil, &ml.Error{Where: where, Field: "X", Found: fmt.Sprintf("a %T", x), Want: "an *ml.TextMatrix, as readers make of columns of ml.TypeText", Kind: ml.ErrColumn}
	}
	_, p := m.Dims()
	for j := range p {
		if m.Texts(j) == nil {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("column %d", j), Found: "numbers", Want: "texts; choose their columns with features.Columns", Kind: ml.ErrColumn}
		}
	}
	return m, nil
}

// Restore checks a model that was read from a file and derives the names.
func (m *TextsModel) Restore() error {
	const where = "features.TextsModel"
	p := m.Info.Features
	if len(m.Vectorizers) != p || len(m.Columns) != p {
		return ml.BadFile(where, "Vectorizers", lengthOf(len(m.Vectorizers)), lengthOf(p))
	}
	m.out = nil
	for j, v := range m.Vectorizers {
		if v == nil {
			return ml.BadFile(where, fmt.Sprintf("Vectorizers[%d]", j), "nil", "a vectorizer")
		}
		name := ml.ColumnName(m.Columns, j)
		for k, c := range v.Out() {
			if c.Name == "" {
				c.Name = fmt.Sprint(k)
			}
			m.out = append(m.out, ml.Column{Name: name + "_" + c.Name, From: []int{j}})
		}
	}
	return nil
}

// Transform makes a row of the texts of each row of x.
func (m *TextsModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.TextsModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	texts, err := textsIn(where, x)
	if err != nil {
		return nil, err
	}
	parts := make([]*tensor.CSR[float64], len(m.Vectorizers))
	for j, v := range m.Vectorizers {
		if parts[j], err = v.Transform(texts.Texts(j)); err != nil {
			return nil, err
		}
	}
	return tensor.HStack(parts...), nil
}

// Out describes the columns: see Texts.
func (m *TextsModel) Out() []ml.Column { return ml.CloneColumns(m.out) }

func init() {
	ml.RegisterConfig[Texts]("features.Texts")
	ml.Register[*TextsModel]("features.TextsModel")
}
