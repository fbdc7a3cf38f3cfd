package cluster

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// coder is a model that gives each finite row a code by itself.
type coder interface{ code(row []float64) int }

// predictCodes is the Predict of a coder; cost is the nanoseconds of a row, about.
func predictCodes(where string, f *ml.Fitted, x tensor.Matrix, cost int, m coder) ([]int, error) {
	var out []int
	if rows.Fault(x) == "" {
		n, _ := x.Dims()
		out = make([]int, n)
	}
	if err := predictCodesInto(where, f, out, x, cost, m); err != nil {
		return nil, err
	}
	return out, nil
}

// predictCodesInto is its PredictInto. It does not allocate for few rows of float64.
func predictCodesInto(where string, f *ml.Fitted, dst []int, x tensor.Matrix, cost int, m coder) error {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return err
	}
	if err := ml.CheckFinite(where, f, x, false); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	if par.Small(r.Len(), cost) && r.Direct() {
		for i := range dst {
			dst[i] = m.code(r.Row(i, nil))
		}
		return nil
	}
	par.For(r.Len(), cost, func(lo, hi int) {
		buf := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			dst[i] = m.code(r.Row(i, buf))
		}
	})
	return nil
}
