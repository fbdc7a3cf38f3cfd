package ensemble

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// answers is how models of targets Y are read as numbers, and the numbers as predictions: probabilities of classes and of labels, and the predictions of
// regressors.
type answers[Y any] struct {
	width  int
	proba  bool // each row of numbers sums to 1
	read   func(where string, m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error)
	decide func(row []float64) Y
	row    func(m ml.Predictor[Y]) rowReader // nil for a model without a method for single rows
}

// classAnswers are the probabilities of k classes, and 0 or 1 by the predicted class where votes are asked for or a model has no probabilities.
func classAnswers(k int, votes bool) answers[int] {
	return answers[int]{width: k, proba: true, decide: kern.ArgMax[float64],
		row: func(m ml.Predictor[int]) rowReader { return classRow(m, k, votes) },
		read: func(where string, m ml.Predictor[int], x tensor.Matrix) (*tensor.Tensor[float64], error) {
			if c, has := ml.As[ml.Classifier](m); has && !votes {
				return c.PredictProba(x)
			}
			y, err := m.Predict(x)
			if err != nil {
				return nil, err
			}
			out := tensor.New[float64](len(y), k)
			for i, c := range y {
				if c < 0 || c >= k {
					return nil, foreignClass(where, m, c, k)
				}
				out.Row(i)[c] = 1
			}
			return out, nil
		}}
}

func foreignClass(where string, m any, c, k int) error {
	return &ml.Error{Where: where, Field: fmt.Sprintf("a %T", m), Found: fmt.Sprintf("predicting class %d", c), Want: fmt.Sprintf("one of 0 to %d", k-1), Kind: ml.ErrTarget}
}

// classRow is classAnswers for a single row.
func classRow(m ml.Predictor[int], k int, votes bool) rowReader {
	if _, has := ml.As[ml.Classifier](m); has && !votes {
		if r, has := ml.As[ml.RowProba](m); has {
			return r.ProbaRow
		}
		return nil
	}
	r, has := ml.As[ml.RowPredictor[int]](m)
	if !has {
		return nil
	}
	return func(dst, x []float64) error {
		c, err := r.PredictRow(x)
		if err != nil {
			return err
		}
		if c < 0 || c >= k {
			return foreignClass("ensemble", m, c, k)
		}
		clear(dst)
		dst[c] = 1
		return nil
	}
}

// numberRow is numberAnswers for a single row.
func numberRow(m ml.Predictor[float64]) rowReader {
	r, has := ml.As[ml.RowPredictor[float64]](m)
	if !has {
		return nil
	}
	return func(dst, x []float64) (err error) {
		dst[0], err = r.PredictRow(x)
		return err
	}
}

func numberAnswers() answers[float64] {
	return answers[float64]{width: 1, decide: func(row []float64) float64 { return row[0] }, row: numberRow,
		read: func(_ string, m ml.Predictor[float64], x tensor.Matrix) (*tensor.Tensor[float64], error) {
			y, err := m.Predict(x)
			if err != nil {
				return nil, err
			}
			return tensor.FromSlice(y, len(y), 1), nil
		}}
}

func vectorAnswers(width int) answers[[]float64] {
	return answers[[]float64]{width: width, decide: func(row []float64) []float64 { return append([]float64(nil), row...) },
		read: func(where string, m ml.Predictor[[]float64], x tensor.Matrix) (*tensor.Tensor[float64], error) {
			y, err := m.Predict(x)
			if err != nil {
				return nil, err
			}
			return fromRows(where, y, width)
		}}
}

// responder is a model of labels that has their probabilities.
type responder interface {
	Response(x tensor.Matrix) (*tensor.Tensor[float64], error)
}

// labelAnswers are the probabilities of labels, or 0 and 1 of a model that has none.
func labelAnswers(width int) answers[[]int] {
	return answers[[]int]{width: width, decide: labelsOf,
		read: func(where string, m ml.Predictor[[]int], x tensor.Matrix) (*tensor.Tensor[float64], error) {
			if r, has := ml.As[responder](m); has {
				return r.Response(x)
			}
			y, err := m.Predict(x)
			if err != nil {
				return nil, err
			}
			return fromRows(where, y, width)
		}}
}

// labelsOf are the labels whose probability is above 1/2.
func labelsOf(p []float64) []int {
	out := make([]int, len(p))
	for l, v := range p {
		if v > 0.5 {
			out[l] = 1
		}
	}
	return out
}

func fromRows[T int | float64](where string, y [][]T, width int) (*tensor.Tensor[float64], error) {
	out := tensor.New[float64](len(y), width)
	for i, row := range y {
		if len(row) != width {
			return nil, ml.BadShape(where, "Predict", fmt.Sprintf("%d wide", len(row)), fmt.Sprintf("%d, as the targets", width))
		}
		for j, v := range row {
			out.Row(i)[j] = float64(v)
		}
	}
	return out, nil
}

// of reads a model, of which anybody may have written the code.
func (a answers[Y]) of(where string, m ml.Predictor[Y], x tensor.Matrix) (*tensor.Tensor[float64], error) {
	out, err := a.read(where, m, x)
	if err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	if rows, width := out.Dims(); rows != n || width != a.width {
		return nil, ml.BadShape(where, fmt.Sprintf("the answer of a %T", m), fmt.Sprintf("%d x %d", rows, width), fmt.Sprintf("%d x %d", n, a.width))
	}
	for i := range n {
		for _, v := range out.Row(i) {
			if math.IsNaN(v) {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("the answer of a %T to row %d", m, i), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
			}
		}
	}
	return out, nil
}

// mean is the mean answer of models by weight (nil: all alike), each of which sees its own columns (nil: all see all). A model of weight 0 is not asked.
func (a answers[Y]) mean(where string, models []ml.Predictor[Y], weight []float64, columns [][]int, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	n, _ := x.Dims()
	sum := tensor.New[float64](n, a.width)
	if n == 0 {
		return sum, nil
	}
	total := 0.0
	for i, m := range models {
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		if w == 0 {
			continue
		}
		own := x
		if columns != nil {
			own = rows.SelectCols(x, columns[i])
		}
		v, err := a.of(where, m, own)
		if err != nil {
			return nil, err
		}
		total += w
		a.add(sum, v, w)
	}
	a.finish(sum, func(int) float64 { return total })
	return sum, nil
}

func (a answers[Y]) add(sum, v *tensor.Tensor[float64], w float64) {
	n, _ := sum.Dims()
	par.For(n, 2*a.width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			to := sum.Row(i)
			for j, p := range v.Row(i) {
				to[j] += float64(w * p)
			}
		}
	})
}

// finish divides sums by the weight in them. Probabilities are divided by their own sum, which is that but for rounding.
func (a answers[Y]) finish(sum *tensor.Tensor[float64], weight func(i int) float64) {
	n, _ := sum.Dims()
	for i := range n {
		row, total := sum.Row(i), 0.0
		if !a.proba {
			total = weight(i)
		} else {
			for _, v := range row {
				total += v
			}
		}
		for j := range row {
			row[j] /= total
		}
	}
}

// decisions are the predictions that rows of numbers stand for.
func (a answers[Y]) decisions(v *tensor.Tensor[float64], err error) ([]Y, error) {
	if err != nil {
		return nil, err
	}
	n, _ := v.Dims()
	out := make([]Y, n)
	for i := range out {
		out[i] = a.decide(v.Row(i))
	}
	return out, nil
}
