package linear

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// What the Predict and PredictInto of all models check.

// newOutput is room for an answer for each row of x, if the model can read x.
func newOutput[Y any](where string, f *ml.Fitted, x tensor.Matrix) ([]Y, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	return make([]Y, n), nil
}

// checkOutput checks that the model can read x and that dst has an element for each row.
func checkOutput[Y any](where string, f *ml.Fitted, dst []Y, x tensor.Matrix) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	if n, _ := x.Dims(); len(dst) != n {
		return badDst(where, len(dst), n)
	}
	return nil
}

// linearClassifier is what the classifiers of this package have in common: a class is given by the highest of its scores, or by the sign
// of a single one.
type linearClassifier struct {
	meta *ml.Fitted
	affine
}

func (c linearClassifier) predict(where string, x tensor.Matrix) ([]int, error) {
	dst, err := newOutput[int](where, c.meta, x)
	if err == nil {
		err = c.classify(where, dst, x)
	}
	if err != nil {
		return nil, err
	}
	return dst, nil
}

func (c linearClassifier) predictInto(where string, dst []int, x tensor.Matrix) error {
	if err := checkOutput(where, c.meta, dst, x); err != nil {
		return err
	}
	return c.classify(where, dst, x)
}

func (c linearClassifier) classify(where string, dst []int, x tensor.Matrix) error {
	return eachScore(where, c.meta.Columns, newSource(x), c.affine, 2*c.k(), classUser{dst, c.intercept})
}

// classUser writes the class of each row.
type classUser struct {
	dst       []int
	intercept []float64
}

func (u classUser) use(lo int, z []float64) {
	k := len(u.intercept)
	for ; len(z) > 0; z = z[k:] {
		var best ranking
		best.see(z[:k], u.intercept, 0)
		u.dst[lo] = best.class(k)
		lo++
	}
}

func (c linearClassifier) predictRow(where string, x []float64) (int, error) {
	if err := ml.CheckRow(where, c.meta, x); err != nil {
		return 0, err
	}
	var few [64]float64
	var best ranking
	k, finite := c.k(), true
	for from := 0; from < k; from += len(few) {
		z := few[:min(len(few), k-from)]
		finite = c.row(z, x, from) && finite
		best.see(z, c.intercept[from:], from)
	}
	if !finite && !linalg.AllFinite(x) {
		return 0, badEntry(where, c.meta.Columns, 0, x)
	}
	return best.class(k), nil
}

// scoresRow writes all scores of a single row.
func (c linearClassifier) scoresRow(where string, dst, x []float64) error {
	if !c.row(dst, x, 0) {
		return badEntry(where, c.meta.Columns, 0, x)
	}
	return nil
}

// table is what f makes of the scores of each row, the columns numbers a row; ns is the time that takes.
func (c linearClassifier) table(where string, x tensor.Matrix, columns, ns int, f func(dst, z []float64, each int)) (*tensor.Tensor[float64], error) {
	if err := ml.CheckPredict(where, c.meta, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, columns)
	err := eachScore(where, c.meta.Columns, newSource(x), c.affine, ns, mapUser{out.Data(), columns, c.k(), f})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// decision is a copy of the scores.
func (c linearClassifier) decision(where string, x tensor.Matrix) (*tensor.Tensor[float64], error) {
	return c.table(where, x, c.k(), 0, func(dst, z []float64, _ int) { copy(dst, z) })
}

// mapUser writes what f makes of the scores, each of them a row.
type mapUser struct {
	dst           []float64
	columns, each int
	f             func(dst, z []float64, each int)
}

func (u mapUser) use(lo int, z []float64) {
	u.f(u.dst[lo*u.columns:(lo+len(z)/u.each)*u.columns], z, u.each)
}

// fitsClassifier says that the parts of a model read from a file belong together: a single score for two classes, or one for each.
func fitsClassifier(f *ml.Fitted, coef *tensor.Tensor[float64], intercept []float64) bool {
	k := len(intercept)
	return k > 0 && k != 2 && isMatrix(coef, k, f.Info.Features) && (f.Classes == nil || len(f.Classes) == max(k, 2))
}

// ranking keeps the highest of the scores of one row, the first of equals; classes whose intercept is -Inf do not count.
type ranking struct {
	best int
	top  float64
	any  bool
}

// see takes the scores of classes from the given one on.
func (r *ranking) see(z, intercept []float64, from int) {
	best, top, any := r.best, r.top, r.any
	for c, b := range intercept[:len(z)] {
		if v := z[c]; (v > top || !any) && b-b == 0 {
			best, top, any = from+c, v, true
		}
	}
	r.best, r.top, r.any = best, top, any
}

// class is the best of so many scores; a single score is that of class 1 against 0.
func (r *ranking) class(scores int) int {
	if scores > 1 {
		return r.best
	}
	if r.top > 0 {
		return 1
	}
	return 0
}
