package tree

import (
	"fmt"
	"iter"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Model is what all models made of trees have in common. NaN is a missing value, which every split knows what to do with; a category
// is its code, and a code that a model has not seen is in no set. The numbers of X must not be infinite.
type Model struct {
	ml.Fitted
	Ensemble *Ensemble
}

// Trees returns the trees, for explanations, drawings and writers.
func (m *Model) Trees() *Ensemble { return m.Ensemble }

// Importances returns the share of each column in what the splits of all trees gained: see Ensemble.Importances.
func (m *Model) Importances() ([]float64, error) { return m.Ensemble.Importances() }

// Raw returns the raw scores (margins) of each row, rows x Outputs: the base and what the trees add to it, before any link.
func (m *Model) Raw(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return m.scores("tree.Model.Raw", x)
}

// Response returns what the library that the trees come from predicts: raw scores through the link, rows x Outputs. A binary
// classifier has one output, the probability of class 1.
func (m *Model) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	out, err := m.scores("tree.Model.Response", x)
	if err != nil {
		return nil, err
	}
	m.Ensemble.respondFlat(out.Data(), m.Ensemble.Outputs)
	return out, nil
}

// RawRow writes the raw scores of a single row to dst, which has Outputs elements, without allocating.
func (m *Model) RawRow(dst, x []float64) error {
	const where = "tree.Model.RawRow"
	if len(dst) != m.Ensemble.Outputs {
		return badDst(where, len(dst), m.Ensemble.Outputs)
	}
	if err := m.checkRow(where, x); err != nil {
		return err
	}
	m.Ensemble.engine.row(dst, x)
	return nil
}

// ResponseRow writes the response of a single row to dst, which has Outputs elements, without allocating.
func (m *Model) ResponseRow(dst, x []float64) error {
	if err := m.RawRow(dst, x); err != nil {
		return err
	}
	m.Ensemble.Respond(dst)
	return nil
}

// Leaves returns the leaf that each row reaches in each tree, rows x trees flattened: LightGBM's leaf number, or else the leaf's place
// in its tree, as XGBoost and scikit-learn count.
func (m *Model) Leaves(x tensor.Matrix) ([]int32, error) {
	const where = "tree.Model.Leaves"
	if err := m.check(where, x); err != nil {
		return nil, err
	}
	e, src := m.Ensemble, rows.Of(x)
	out := make([]int32, src.Len()*e.Trees())
	e.engine.leaves(out, src)
	return out, nil
}

// StagedRaw yields the raw scores after the first, second, ... round of boosting, rows x Outputs. The tensor is new for each.
func (m *Model) StagedRaw(x tensor.Matrix) iter.Seq2[*tensor.Tensor[float64], error] {
	return func(yield func(*tensor.Tensor[float64], error) bool) {
		const where = "tree.Model.StagedRaw"
		if err := m.check(where, x); err != nil {
			yield(nil, err)
			return
		}
		e, src := m.Ensemble, rows.Of(x)
		k := e.Outputs
		sums := make([]float64, src.Len()*k)
		for i := range src.Len() {
			e.begin(sums[i*k : (i+1)*k])
		}
		for s := range e.Stages() {
			first, last := s*e.stage(), min((s+1)*e.stage(), e.Trees())
			par.For(src.Len(), 40*(last-first), func(lo, hi int) {
				buf := make([]float64, e.Features)
				for i := lo; i < hi; i++ {
					e.addTrees(sums[i*k:(i+1)*k], src.Row(i, buf), first, last)
				}
			})
			out := tensor.New[float64](src.Len(), k)
			copy(out.Data(), sums)
			for i := range src.Len() {
				e.finish(out.Row(i), last)
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// First returns the ensemble of the first rounds of boosting, all of them if there are fewer. It shares the arrays of e.
func (e *Ensemble) First(stages int) (*Ensemble, error) {
	trees := min(max(stages, 0), e.Stages()) * e.stage()
	if trees >= e.Trees() {
		return e, nil
	}
	nodes := int(e.Start[trees])
	f := *e
	f.engine = nil
	f.Start = e.Start[:trees+1]
	f.Feature, f.Rule, f.Threshold, f.Left, f.Right = e.Feature[:nodes], e.Rule[:nodes], e.Threshold[:nodes], e.Left[:nodes], e.Right[:nodes]
	f.Value = e.Value[:nodes*e.width()]
	f.Cover, f.Hessian, f.Gain, f.LeafID = head(e.Cover, nodes), head(e.Hessian, nodes), head(e.Gain, nodes), head(e.LeafID, nodes)
	f.Impurity, f.Samples = head(e.Impurity, nodes), head(e.Samples, nodes)
	f.Output, f.Weight = head(e.Output, trees), head(e.Weight, trees)
	if l := e.Linear; l != nil {
		terms := l.Start[nodes]
		f.Linear = &LinearLeaves{Const: l.Const[:nodes], Start: l.Start[:nodes+1], Feature: l.Feature[:terms], Coef: l.Coef[:terms], SkipMissing: l.SkipMissing}
	}
	return &f, f.Restore()
}

// head is the first n of s, which may be nil.
func head[T any](s []T, n int) []T {
	if s == nil {
		return nil
	}
	return s[:n]
}

func (m *Model) scores(where string, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	if err := m.check(where, x); err != nil {
		return nil, err
	}
	src := rows.Of(x)
	out := tensor.New[float64](src.Len(), m.Ensemble.Outputs)
	m.Ensemble.engine.rows(out.Data(), src)
	return out, nil
}

// predicted is what into writes for the rows of x.
func predicted[Y any](m *Model, where string, x tensor.Matrix, into func([]Y, rows.Rows)) ([]Y, error) {
	if err := m.check(where, x); err != nil {
		return nil, err
	}
	src := rows.Of(x)
	out := make([]Y, src.Len())
	into(out, src)
	return out, nil
}

// source checks x, for which the caller has n places. It is no generic function around into, since a method as a value goes to the heap where the call of one is
// inlined into another package.
func (m *Model) source(where string, x tensor.Matrix, n int) (rows.Rows, error) {
	if err := m.check(where, x); err != nil {
		return rows.Rows{}, err
	}
	src := rows.Of(x)
	if n != src.Len() {
		return src, badDst(where, n, src.Len())
	}
	return src, nil
}

func (m *Model) check(where string, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	return ml.CheckFinite(where, &m.Fitted, x, true)
}

func (m *Model) checkRow(where string, x []float64) error {
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return err
	}
	for j, v := range x {
		if math.IsInf(v, 0) {
			return ml.NotFinite(where, m.Columns, 0, j, v)
		}
	}
	return nil
}

// Restore checks a model that was read from a file.
func (m *Model) Restore() error {
	if m.Ensemble == nil {
		return malformed("Ensemble", "missing", "the trees")
	}
	if m.Info.Features != m.Ensemble.Features || m.Columns != nil && len(m.Columns) != m.Ensemble.Features {
		return malformed("Features", fmt.Sprintf("%d for %d columns", m.Ensemble.Features, m.Info.Features), "as many")
	}
	return m.Ensemble.Restore()
}

func newModel(f ml.Fitted, e *Ensemble) (Model, error) {
	if f.Info.Features == 0 && e != nil {
		f.Info.Features = e.Features
	}
	m := Model{Fitted: f, Ensemble: e}
	return m, m.Restore()
}

func badDst(where string, found, want int) error {
	return ml.BadShape(where, "dst", fmt.Sprintf("%d long", found), fmt.Sprint(want))
}
