package tree

import (
	"fmt"
	"iter"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// ClassificationModel predicts class codes. Trees with one output tell class 1 from class 0; else there is one output for each class.
type ClassificationModel struct{ Model }

var (
	_ ml.Classifier        = (*ClassificationModel)(nil)
	_ ml.RowPredictor[int] = (*ClassificationModel)(nil)
	_ ml.RowProba          = (*ClassificationModel)(nil)
	_ ml.Into[int]         = (*ClassificationModel)(nil)
	_ ml.Stager[int]       = (*ClassificationModel)(nil)
)

// NewClassificationModel makes a model of trees whose link gives probabilities: Logistic, Hinge or Probability with one output, Softmax, OneVsRest or
// Share with one for each class. f.Info.Features may be left 0.
func NewClassificationModel(f ml.Fitted, e *Ensemble) (*ClassificationModel, error) {
	m, err := newModel(f, e)
	if err != nil {
		return nil, err
	}
	c := &ClassificationModel{m}
	return c, c.Restore()
}

// Restore checks a model that was read from a file.
func (m *ClassificationModel) Restore() error {
	if err := m.Model.Restore(); err != nil {
		return err
	}
	e := m.Ensemble
	sound := e.Link == Softmax || e.Link == OneVsRest || e.Link == Share
	if e.Outputs == 1 {
		sound = e.Link == Logistic || e.Link == Hinge || e.Link == Probability || sound
	}
	if !sound {
		return malformed("Link", fmt.Sprintf("%v with %d outputs", e.Link, e.Outputs), "one that gives probabilities")
	}
	if m.Classes != nil && len(m.Classes) != m.K() {
		return malformed("Classes", fmt.Sprintf("%d names", len(m.Classes)), fmt.Sprint(m.K()))
	}
	return nil
}

// K is the number of classes.
func (m *ClassificationModel) K() int {
	if m.binary() {
		return 2
	}
	return m.Ensemble.Outputs
}

// binary reports whether the only output is the score of class 1.
func (m *ClassificationModel) binary() bool {
	l := m.Ensemble.Link
	return m.Ensemble.Outputs == 1 && (l == Logistic || l == Hinge || l == Probability)
}

// Predict returns the most probable class code of each row, the lowest of equals.
func (m *ClassificationModel) Predict(x tensor.Matrix) ([]int, error) {
	return predicted(&m.Model, "tree.ClassificationModel.Predict", x, m.into)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *ClassificationModel) PredictInto(dst []int, x tensor.Matrix) error {
	src, err := m.source("tree.ClassificationModel.PredictInto", x, len(dst))
	if err != nil {
		return err
	}
	m.into(dst, src)
	return nil
}

func (m *ClassificationModel) into(dst []int, x rows.Rows) {
	g, k := m.Ensemble.engine, m.Ensemble.Outputs
	flat := g.flat(len(dst) * k)
	defer g.release(flat)
	g.rows(*flat, x)
	for i := range dst {
		dst[i] = m.class((*flat)[i*k : (i+1)*k])
	}
}

// class is the class code with the highest probability, given raw scores, which it overwrites. It looks at probabilities, not at scores, so
// that a tie after rounding is the same tie that PredictProba shows.
func (m *ClassificationModel) class(scores []float64) int {
	m.Ensemble.Respond(scores)
	if m.binary() {
		if scores[0] > 1-scores[0] {
			return 1
		}
		return 0
	}
	m.normalize(scores)
	best := 0
	for c, v := range scores {
		if v > scores[best] {
			best = c
		}
	}
	return best
}

// normalize makes the responses of the classes sum to 1.
func (m *ClassificationModel) normalize(p []float64) {
	if m.Ensemble.Link == OneVsRest {
		share(p)
	}
}

// PredictProba returns the probability of each class, rows x K. Rows sum to 1, so those of a one-vs-rest model are divided by their sum;
// Response has them as they are.
func (m *ClassificationModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	scores, err := m.scores("tree.ClassificationModel.PredictProba", x)
	if err != nil {
		return nil, err
	}
	return m.proba(scores), nil
}

// proba turns raw scores into probabilities, in place unless there are two classes with one score.
func (m *ClassificationModel) proba(scores *tensor.Tensor[float64]) *tensor.Tensor[float64] {
	n, k := scores.Dims()
	m.Ensemble.respondFlat(scores.Data(), k)
	if !m.binary() {
		for i := range n {
			m.normalize(scores.Row(i))
		}
		return scores
	}
	out := tensor.New[float64](n, 2)
	for i, p := range scores.Data() {
		row := out.Row(i)
		row[0], row[1] = 1-p, p
	}
	return out
}

// PredictRow returns the most probable class of a single row without allocating.
func (m *ClassificationModel) PredictRow(x []float64) (int, error) {
	if err := m.checkRow("tree.ClassificationModel.PredictRow", x); err != nil {
		return 0, err
	}
	g := m.Ensemble.engine
	s := g.lend()
	defer g.scratch.Put(s)
	g.row(s.scores, x)
	return m.class(s.scores), nil
}

// ProbaRow writes the K class probabilities of a single row to dst without allocating.
func (m *ClassificationModel) ProbaRow(dst, x []float64) error {
	const where = "tree.ClassificationModel.ProbaRow"
	if len(dst) != m.K() {
		return badDst(where, len(dst), m.K())
	}
	if err := m.checkRow(where, x); err != nil {
		return err
	}
	if m.binary() {
		p := dst[1:]
		m.Ensemble.engine.row(p, x)
		m.Ensemble.Respond(p)
		dst[0] = 1 - p[0]
		return nil
	}
	m.Ensemble.engine.row(dst, x)
	m.Ensemble.Respond(dst)
	m.normalize(dst)
	return nil
}

// Staged yields the predictions after each round of boosting.
func (m *ClassificationModel) Staged(x tensor.Matrix) iter.Seq2[[]int, error] {
	return staged(&m.Model, x, func(scores *tensor.Tensor[float64]) []int {
		n, _ := scores.Dims()
		out := make([]int, n)
		for i := range out {
			out[i] = m.class(scores.Row(i))
		}
		return out
	})
}

// StagedProba yields the probabilities after each round of boosting.
func (m *ClassificationModel) StagedProba(x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return func(yield func(*tensor.Tensor[float64], error) bool) {
		for scores, err := range m.StagedRaw(x) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(m.proba(scores), nil) {
				return
			}
		}
	}
}
