package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// CheckCodes returns nil if true and predicted class codes of the same rows can be compared, or an *ml.Error whose Where is
// where. Kinds: ErrShape for different lengths or no rows, ErrWeight.
func CheckCodes(where string, y, pred []int, weight []float64) error {
	return CheckRows(where, len(y), len(pred), weight)
}

// CheckValues is CheckCodes for numbers, which must be finite (ErrTarget in y, ErrNotFinite in pred) where the weight is
// not 0.
func CheckValues(where string, y, pred, weight []float64) error {
	if err := CheckRows(where, len(y), len(pred), weight); err != nil {
		return err
	}
	if rows.AllFinite(y) && rows.AllFinite(pred) {
		return nil
	}
	for i := range y {
		if absent(weight, i) {
			continue
		}
		if v := y[i]; !rows.Finite(v) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrTarget}
		}
		if v := pred[i]; !rows.Finite(v) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("prediction[%d]", i), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
	}
	return nil
}

// CheckScores is CheckCodes for the scores of class 1 against codes that must be 0 or 1 (ErrTarget), both of which must
// occur; a score may be infinite but not NaN (ErrNotFinite).
func CheckScores(where string, y []int, score, weight []float64) error {
	if err := CheckRows(where, len(y), len(score), weight); err != nil {
		return err
	}
	var seen [2]bool
	for i, c := range y {
		if absent(weight, i) {
			continue
		}
		if c != 0 && c != 1 {
			return badCode(where, i, c, 2)
		}
		seen[c] = true
		if math.IsNaN(score[i]) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("score[%d]", i), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
		}
	}
	for c, is := range seen {
		if !is {
			return missingClass(where, c)
		}
	}
	return nil
}

// CheckProba is CheckCodes for probabilities against codes, which must be 0..K-1 for K columns (ErrTarget). A probability
// must lie in [0, 1] (ErrNotFinite for NaN, ErrData for what is no probability: a decision score, say). That rows sum to 1 is
// not checked.
func CheckProba(where string, y []int, proba tensor.Matrix, weight []float64) error {
	return checkCodesMatrix(where, y, proba, weight, "probabilities", func(v float64) error {
		switch {
		case v >= 0 && v <= 1:
			return nil
		case math.IsNaN(v):
			return ml.ErrNotFinite
		}
		return ml.ErrData
	}, "a number in [0, 1]")
}

// checkCodesMatrix asks for one row of the matrix for each code, a column for its class, and numbers without a fault.
func checkCodesMatrix(where string, y []int, m tensor.Matrix, weight []float64, name string, fault func(v float64) error, want string) error {
	if fault := rows.Fault(m); fault != "" {
		return ml.BadShape(where, name, fault, "a matrix of rows x classes")
	}
	p := rows.Of(m)
	if err := CheckRows(where, len(y), p.Len(), weight); err != nil {
		return err
	}
	buf := make([]float64, p.Cols())
	for i, c := range y {
		if absent(weight, i) {
			continue
		}
		if c < 0 || c >= p.Cols() {
			return badCode(where, i, c, p.Cols())
		}
		for j, v := range p.Row(i, buf) {
			if kind := fault(v); kind != nil {
				return &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d, %d]", name, i, j), Found: fmt.Sprint(v), Want: want, Kind: kind}
			}
		}
	}
	return nil
}

// CheckRows is what every metric asks, whatever it compares: n > 0 rows, as many predictions, and usable weights.
func CheckRows(where string, n, pred int, weight []float64) error {
	switch {
	case n == 0:
		return ml.BadShape(where, "Y", "empty", "at least one row")
	case pred != n:
		return ml.BadShape(where, "predictions", fmt.Sprintf("a list of %d", pred), fmt.Sprintf("%d, one for each row of Y", n))
	case len(weight) == 0:
		return nil
	case len(weight) != n:
		return ml.BadShape(where, "weight", fmt.Sprintf("a list of %d", len(weight)), fmt.Sprintf("%d, one for each row of Y", n))
	}
	some := false
	for i, w := range weight {
		if !(w >= 0) || math.IsInf(w, 0) {
			return &ml.Error{Where: where, Field: fmt.Sprintf("weight[%d]", i), Found: fmt.Sprint(w), Want: "a finite number >= 0", Kind: ml.ErrWeight}
		}
		some = some || w > 0
	}
	if !some {
		return &ml.Error{Where: where, Field: "weight", Found: "zero for every row", Want: "at least one > 0", Kind: ml.ErrWeight}
	}
	return nil
}

func badCode(where string, i, code, k int) error {
	return &ml.Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(code), Want: fmt.Sprintf("a class code 0..%d", k-1), Kind: ml.ErrTarget}
}

func missingClass(where string, c int) error {
	return &ml.Error{Where: where, Field: "Y", Found: fmt.Sprintf("without a row of class %d", c), Want: "rows of every class", Kind: ml.ErrTarget}
}

// column turns rows of equal width into lists by column.
func column(where, name string, rows [][]float64, width int) ([][]float64, error) {
	out := make([][]float64, width)
	for j := range out {
		out[j] = make([]float64, len(rows))
	}
	for i, row := range rows {
		if len(row) != width {
			return nil, ml.BadShape(where, fmt.Sprintf("%s[%d]", name, i), fmt.Sprintf("%d outputs wide", len(row)), fmt.Sprintf("%d outputs", width))
		}
		for j, v := range row {
			out[j][i] = v
		}
	}
	return out, nil
}

func absent(weight []float64, i int) bool { return len(weight) > 0 && weight[i] == 0 }

// w is the weight of row i.
func w(weight []float64, i int) float64 {
	if len(weight) == 0 {
		return 1
	}
	return weight[i]
}

// finiteScores asks for the given number of columns without a NaN in rows of weight.
func finiteScores(where string, p rows.Rows, width int, weight []float64) error {
	if p.Cols() != width {
		return ml.BadShape(where, "score", fmt.Sprintf("%d columns wide", p.Cols()), fmt.Sprintf("%d columns", width))
	}
	buf := make([]float64, width)
	for i := range p.Len() {
		if absent(weight, i) {
			continue
		}
		for j, v := range p.Row(i, buf) {
			if math.IsNaN(v) {
				return &ml.Error{Where: where, Field: fmt.Sprintf("score[%d, %d]", i, j), Found: "NaN", Want: "a number", Kind: ml.ErrNotFinite}
			}
		}
	}
	return nil
}
