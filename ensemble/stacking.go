package ensemble

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// stack is what all stacking configs have in common: learners below, and one on top that learns from what they say.
type stack[Y any] struct {
	where    string
	bases    []learner[Y]
	final    learner[Y]
	splitter ml.Splitter
	pass     bool
	read     func(m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error)
	names    []string // of what one base says of a row
}

// check refuses a config that cannot be fitted, and the data with it.
func (s *stack[Y]) check(d ml.Dataset[Y]) error {
	if err := checkLearners(s.where, s.bases); err != nil {
		return err
	}
	return d.Check(s.where, s.accepts())
}

// accepts is what the bases accept, and what the one on top does if rows are passed through.
func (s *stack[Y]) accepts() ml.Accepts {
	if s.pass {
		return withoutText(acceptsAll(append(slices.Clone(s.bases), s.final)...))
	}
	return acceptsAll(s.bases...)
}

// fit fits the bases in folds, the one on top to what they say of rows that they have not seen, and the bases to all rows.
func (s *stack[Y]) fit(ctx context.Context, d ml.Dataset[Y]) (bases []ml.Predictor[Y], top ml.Predictor[Y], err error) {
	d = d.Present()
	said, err := crossAnswers(ctx, s.where, s.bases, d, s.splitter, s.read)
	if err != nil {
		return nil, nil, err
	}
	if bases, err = fitAll(ctx, s.where, s.bases, d); err != nil {
		return nil, nil, err
	}
	upper := d
	upper.X, upper.Columns = stacked(said, d.X, s.pass), s.columns(said, d.Table)
	if d.Valid != nil {
		if upper.Valid, err = s.above(bases, *d.Valid, upper.Columns); err != nil {
			return nil, nil, err
		}
	}
	top, err = s.final.fit(ml.WithTask(ctx, "final", 0, 1), upper)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: Final: %w", s.where, err)
	}
	return bases, top, nil
}

// above is what the one on top sees of Valid.
func (s *stack[Y]) above(bases []ml.Predictor[Y], v ml.Dataset[Y], columns []ml.Column) (*ml.Dataset[Y], error) {
	x, err := askBases(s.read, bases, v.X, s.pass)
	if err != nil {
		return nil, err
	}
	v.X, v.Columns = x, columns
	return &v, nil
}

// columns names what the one on top sees.
func (s *stack[Y]) columns(said []*tensor.Tensor[float64], t ml.Table) []ml.Column {
	var out []ml.Column
	for i, v := range said {
		_, w := v.Dims()
		for j := range w {
			name := fmt.Sprintf("estimator %d", i)
			if w > 1 {
				name = fmt.Sprintf("estimator %d, %s", i, s.names[j])
			}
			out = append(out, ml.Column{Name: name})
		}
	}
	if !s.pass {
		return out
	}
	_, p := t.X.Dims()
	for j := range p {
		c := ml.Column{}
		if t.Columns != nil {
			c = t.Columns[j]
			c.From = nil
		}
		out = append(out, c)
	}
	return out
}

// askBases puts what the bases say of rows side by side, and the rows themselves behind it if they are passed through.
func askBases[Y any](read func(m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error), bases []ml.Predictor[Y], x tensor.Matrix, pass bool) (tensor.Matrix, error) {
	said := make([]*tensor.Tensor[float64], len(bases))
	for i, m := range bases {
		var err error
		if said[i], err = read(m, x); err != nil {
			return nil, err
		}
	}
	return stacked(said, x, pass), nil
}

// stacked joins answers and rows. Sparse rows stay sparse.
func stacked(said []*tensor.Tensor[float64], x tensor.Matrix, pass bool) tensor.Matrix {
	front := said[0]
	if len(said) > 1 {
		front = tensor.Concat(1, said...)
	}
	if !pass {
		return front
	}
	from := rows.Of(x)
	if from.Sparse() {
		return tensor.HStack(tensor.SparseFrom[float64](front), wideCSR(x))
	}
	n, w := front.Dims()
	_, p := from.Dims()
	out := tensor.New[float64](n, w+p)
	for i := range n {
		to := out.Row(i)
		copy(to, front.Row(i))
		copy(to[w:], from.Row(i, to[w:]))
	}
	return out
}

// classSays is what a model of k classes says of rows: probabilities, or else scores, or else the class as 0 and 1. Of two classes one number says it all.
func classSays(where string, k int) func(m ml.Predictor[int], x tensor.Matrix) (*tensor.Tensor[float64], error) {
	votes := classAnswers(k, true)
	return func(m ml.Predictor[int], x tensor.Matrix) (*tensor.Tensor[float64], error) {
		_, proba := ml.As[ml.Classifier](m)
		_, scores := ml.As[ml.Decider](m)
		if proba || scores {
			r, err := selection.ProbaFirst(where, m, x, k)
			if err != nil {
				return nil, err
			}
			bound(r.Scores)
			return r.Scores, nil
		}
		v, err := votes.of(where, m, x)
		if err != nil || k != 2 {
			return v, err
		}
		return v.Cols(1, 2), nil
	}
}

// bound puts the least score of a row in place of the -Inf of a class that a model has not seen.
func bound(scores *tensor.Tensor[float64]) {
	n, _ := scores.Dims()
	for i := range n {
		row := scores.Row(i)
		least := math.Inf(1)
		for _, v := range row {
			if !math.IsInf(v, 0) {
				least = min(least, v)
			}
		}
		if math.IsInf(least, 0) {
			least = 0
		}
		for c, v := range row {
			if math.IsInf(v, -1) {
				row[c] = least
			}
		}
	}
}

// says is what a model of any other target says of rows.
func (a answers[Y]) says(where string) func(m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return func(m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error) { return a.of(where, m, x) }
}

// numbered are names for n things.
func numbered(what string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s %d", what, i)
	}
	return out
}

// checkStacked checks what a stacked model that was read from a file is made of.
func checkStacked[Y, M any](where string, f *ml.Fitted, bases []ml.Predictor[Y], final M) error {
	if len(bases) == 0 || any(final) == nil {
		return ml.BadFile(where, "Bases and Final", fmt.Sprintf("%d and %T", len(bases), final), "at least one model, and one on top")
	}
	return ml.CheckInside(where, f.Info.Features, bases...)
}
