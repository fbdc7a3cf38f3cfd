package bayes

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// checkPriors accepts nil or one probability for each of k classes.
func checkPriors(where string, p []float64, k int) error {
	if p == nil {
		return nil
	}
	if len(p) != k {
		return ml.BadConfig(where, "Priors", fmt.Sprintf("a list of %d", len(p)), fmt.Sprintf("%d, one for each class", k))
	}
	sum := 0.0
	for c, v := range p {
		if !(v >= 0) {
			return ml.BadConfig(where, fmt.Sprintf("Priors[%d]", c), v, ">= 0")
		}
		sum += v
	}
	const rounding = 1e-6
	if !(math.Abs(sum-1) <= rounding) {
		return ml.BadConfig(where, "Priors", fmt.Sprintf("with sum %v", sum), "1")
	}
	return nil
}

// checkEitherPrior accepts one of the two ways to say how probable classes are, or none.
func checkEitherPrior(where string, of func() (uniform bool, configured []float64), k int) error {
	uniform, configured := of()
	if uniform && configured != nil {
		return ml.BadConfig(where, "Priors", "set", "nil with UniformPrior: only one of them")
	}
	return checkPriors(where, configured, k)
}

// chosenPriors are equal, configured, or the shares of the counts.
func chosenPriors(of func() (uniform bool, configured []float64), count []float64) []float64 {
	uniform, configured := of()
	if uniform {
		configured = slices.Repeat([]float64{1}, len(count))
	}
	return priors(configured, count)
}

// priors are the configured ones or the shares of the counts. A class without rows is impossible, whatever was configured: nothing is
// known of it.
func priors(configured, count []float64) []float64 {
	p := slices.Clone(count)
	if configured != nil {
		for c, n := range count {
			p[c] = 0
			if n > 0 {
				p[c] = configured[c]
			}
		}
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	for c := range p {
		if sum > 0 {
			p[c] /= sum
		}
	}
	return p
}

// noPrior is the error of priors that leave no class with rows.
func noPrior(where string) error {
	return ml.BadConfig(where, "Priors", "0 for every class with rows", "above 0 for one of them")
}

func validPriors(p []float64, classes []string) bool {
	if len(p) == 0 || classes != nil && len(classes) != len(p) {
		return false
	}
	possible := false
	for _, v := range p {
		if !(v >= 0 && v <= 1) {
			return false
		}
		possible = possible || v > 0
	}
	return possible
}

func isMatrix(t *tensor.Tensor[float64], rows, cols int) bool {
	return t != nil && slices.Equal(t.Shape(), []int{rows, cols})
}

func allFinite(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v - v) {
			return false
		}
	}
	return true
}

func noneNegative(x []float64) bool {
	for _, v := range x {
		if !(v >= 0 && v < math.Inf(1)) {
			return false
		}
	}
	return true
}

// badNumber is the error of the first entry that is not finite, or missing where that is not accepted; nil for none.
func badNumber(where string, f *ml.Fitted, i int, x []float64, missing bool) error {
	for j, v := range x {
		if math.IsNaN(v-v) && !(missing && math.IsNaN(v)) {
			return ml.NotFinite(where, f.Columns, i, j, v)
		}
	}
	return nil
}

// checkUpdate accepts rows like those the model was fitted on.
func checkUpdate(where string, f *ml.Fitted, d ml.Dataset[int], k int, accepts ml.Accepts) error {
	if err := d.Check(where, accepts); err != nil {
		return err
	}
	if err := ml.CheckPredict(where, f, d.X); err != nil {
		return err
	}
	for i, c := range d.Y {
		if c >= k {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(c),
				Want: fmt.Sprintf("a class code < %d: the model knows no others; name the Classes in the first fit", k), Kind: ml.ErrTarget}
		}
	}
	return nil
}

// updated describes a model after more rows.
func updated(f *ml.Fitted, d ml.Dataset[int]) ml.Fitted {
	g := *f
	g.Columns, g.Classes = ml.CloneColumns(f.Columns), slices.Clone(f.Classes)
	g.Info.Rows += d.Rows()
	return g
}

// checkRestored is the error of a model file whose parts do not agree.
func checkRestored(kind string, f *ml.Fitted, ok bool) error {
	if ok && f.Info.Features > 0 && (f.Columns == nil || len(f.Columns) == f.Info.Features) {
		return nil
	}
	return &ml.Error{Where: kind, Field: "file", Found: "made of parts that do not agree", Want: "arrays of the sizes and ranges of a fitted model", Kind: ml.ErrFormat}
}
