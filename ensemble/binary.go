package ensemble

import (
	"context"
	"fmt"
	"iter"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/selection"
	"github.com/gopherwood-ml/ml/tensor"
)

// A reduction makes binary problems of several classes. The side of a class in a problem is 1 if its rows are of class 1 there, -1 if they are of class 0, and 0 if they
// are left out.
//
// Allwein, Schapire and Singer: Reducing multiclass to binary. JMLR 1 (2000).
type reduction struct {
	problems int
	side     func(class, problem int) int
}

// coded is the reduction whose sides are the words of the classes.
func coded(words [][]int) reduction {
	return reduction{len(words[0]), func(c, j int) int { return words[c][j] }}
}

// seenClasses lists the classes that have rows. d has none of weight 0.
func seenClasses(d ml.Dataset[int], k int) []int {
	has := make([]bool, k)
	for _, c := range d.Y {
		has[c] = true
	}
	var out []int
	for c, is := range has {
		if is {
			out = append(out, c)
		}
	}
	return out
}

// fit fits the estimator to every problem, side by side.
func (r reduction) fit(ctx context.Context, where string, config any, seed uint64, d ml.Dataset[int]) ([]ml.Predictor[int], error) {
	return fitEach(ctx, where, "problem", r.problems, func(ctx context.Context, j int) (ml.Predictor[int], error) {
		return variedDecider(reseeded(config, seed, uint64(j))).fit(ctx, r.problem(j, d))
	})
}

// problem is the data of one problem.
func (r reduction) problem(j int, d ml.Dataset[int]) ml.Dataset[int] {
	var in, y []int
	for i, c := range d.Y {
		if side := r.side(c, j); side != 0 {
			in, y = append(in, i), append(y, (side+1)/2)
		}
	}
	valid := d.Valid
	d.Valid = nil
	if len(in) < d.Rows() {
		d = d.Select(in)
	}
	d.Y, d.Classes = y, []string{"0", "1"}
	if valid == nil {
		return d
	}
	if v := r.problem(j, *valid); v.Rows() > 0 {
		d.Valid = &v
	}
	return d
}

// checkSeveral checks the data of a reduction: codes of Valid, too, must be of the classes.
func checkSeveral(where string, d ml.Dataset[int], accept ml.Accepts) error {
	if err := d.Check(where, accept); err != nil || d.Valid == nil {
		return err
	}
	return checkCodes(where, "Valid.Y", d.Valid.Y, d.K(), "")
}

// variedDecider fits a config to classes; where all rows are of one, the model says so of every row.
func variedDecider(config any) learner[int] {
	return learner[int]{config, func(ctx context.Context, d ml.Dataset[int]) (ml.Predictor[int], error) {
		if !varied(d.Y, nil) {
			d.Valid = nil
			return selection.DummyClassifier{}.Fit(ctx, d)
		}
		return decider(config).fit(ctx, d)
	}}
}

// scores are what every model says, rows x models: DecisionFunction, or the probability of class 1 if there are no scores.
func scores(where string, models []ml.Predictor[int], x tensor.Matrix) (*tensor.Tensor[float64], []bool, error) {
	n, _ := x.Dims()
	out, proba := tensor.New[float64](n, len(models)), make([]bool, len(models))
	for j, m := range models {
		r, err := selection.DecisionFirst(where, m, x, 2)
		if err != nil {
			return nil, nil, err
		}
		proba[j] = r.Proba
		for i := range n {
			out.Row(i)[j] = r.Scores.Row(i)[0]
		}
	}
	return out, proba, nil
}

// positives are the probabilities of class 1 by every model, rows x models.
func positives(where string, models []ml.Predictor[int], x tensor.Matrix) (*tensor.Tensor[float64], error) {
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(models))
	a := classAnswers(2, false)
	for j, m := range models {
		p, err := a.of(where, m, x)
		if err != nil {
			return nil, err
		}
		for i := range n {
			out.Row(i)[j] = p.Row(i)[1]
		}
	}
	return out, nil
}

// allProba says whether every model has probabilities.
func allProba(models []ml.Predictor[int]) bool { return needProba("", models) == nil }

// needScores refuses models of two classes that only name the class.
func needScores(where string, models []ml.Predictor[int]) error {
	for _, m := range models {
		_, proba := ml.As[ml.Classifier](m)
		_, scores := ml.As[ml.Decider](m)
		if !proba && !scores {
			return ml.Unsupported(where, "PredictProba and DecisionFunction", m)
		}
	}
	return nil
}

// decisions are scores as a Decider gives them, of the scores of the classes that had rows: the second less the first of two classes, and else rows x k, -Inf for a class
// without rows.
func decisions(v *tensor.Tensor[float64], seen []int, k int) *tensor.Tensor[float64] {
	n, _ := v.Dims()
	if k == 2 && len(seen) == 1 {
		return tensor.Full(math.Inf(2*seen[0]-1), n, 1)
	}
	if k == 2 {
		out := tensor.New[float64](n, 1)
		for i := range n {
			out.Row(i)[0] = v.Row(i)[1] - v.Row(i)[0]
		}
		return out
	}
	out := tensor.Full(math.Inf(-1), n, k)
	for i := range n {
		for at, c := range seen {
			out.Row(i)[c] = v.Row(i)[at]
		}
	}
	return out
}

// topClasses are the classes of the highest scores, of a single score the sign.
func topClasses(s *tensor.Tensor[float64], err error) ([]int, error) {
	if err != nil {
		return nil, err
	}
	n, w := s.Dims()
	out := make([]int, n)
	for i := range out {
		if w > 1 {
			out[i] = kern.ArgMax(s.Row(i))
		} else if s.Row(i)[0] > 0 {
			out[i] = 1
		}
	}
	return out, nil
}

// stages turns what a model says after each round into predictions of another kind.
func stages[T any](said iter.Seq2[*tensor.Tensor[float64], error], of func(*tensor.Tensor[float64]) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range said {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if !yield(of(v), nil) {
				return
			}
		}
	}
}

// checkClasses checks the classes of a model that was read from a file: those with rows are some of 0 to k-1, rising.
func checkClasses(where string, f *ml.Fitted, k int, seen []int) error {
	last := -1
	for _, c := range seen {
		if c <= last || c >= k {
			return ml.BadFile(where, "Seen", fmt.Sprint(seen), fmt.Sprintf("rising class codes, 0 to %d", k-1))
		}
		last = c
	}
	if last < 0 || f.Classes != nil && len(f.Classes) != k {
		return ml.BadFile(where, "Seen and Classes", fmt.Sprintf("%v of %d classes with %d names", seen, k, len(f.Classes)), "at least one class, and a name for each or none")
	}
	return nil
}
