package features

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// categoryIndex finds the place of a category in a rising list with NaN last.
type categoryIndex struct {
	OneHotColumn
}

func newCategoryIndex(categories []float64) categoryIndex {
	c := categoryIndex{OneHotColumn{Categories: categories}}
	c.code = codeTable(c.known())
	return c
}

// seenCategories are the values of a column, rising, each with the weight of its rows, and that of the missing ones.
type seenCategories struct {
	column         int
	values, weight []float64
	missing        float64
}

// learnCategories finds the categories of the columns that wanted accepts, in order. Unless the numbers of t are checked already it sees to that itself, with less than a pass for it. A value of a categorical column that is no code is an error.
func learnCategories(where string, t ml.Table, checked bool, wanted func(j int) bool) ([]seenCategories, error) {
	_, p := t.X.Dims()
	columns, bad := make([]seenCategories, p), make([]error, p)
	var check func() error
	if !checked {
		check = func() error { return ml.CheckFinite(where, &ml.Fitted{Columns: t.Columns}, t.X, true) }
	}
	err := eachCodeTally(t.X, t.Weight, wanted, check, func(j int, seen tally) {
		out := seenCategories{column: j, missing: seen.missing}
		for v, w := range seen.runs {
			if isCategorical(t.Columns, j) && !isCode(v, t.Columns[j].Levels) {
				bad[j] = badCode(where, t.Columns, columnLabel(t.Columns, j), j, v)
				return
			}
			out.values, out.weight = append(out.values, v), append(out.weight, w)
		}
		columns[j] = out
	})
	if err != nil {
		return nil, err
	}
	var out []seenCategories
	for j := range p {
		if bad[j] != nil {
			return nil, bad[j]
		}
		if wanted(j) {
			out = append(out, columns[j])
		}
	}
	return out, nil
}

// withMissing has NaN as the last category if rows that count were missing.
func (s seenCategories) withMissing() (values, weight []float64) {
	if s.missing > 0 {
		return append(s.values, math.NaN()), append(s.weight, s.missing)
	}
	return s.values, s.weight
}

// mergeCategories calls each with every category of two rising lists with NaN last, in order, and with its index in both, -1 where it is not.
func mergeCategories(a, b []float64, each func(v float64, inA, inB int)) {
	first := func(a, b float64) bool { return a < b || b != b && a == a }
	for i, k := 0, 0; i < len(a) || k < len(b); {
		switch {
		case k == len(b) || i < len(a) && first(a[i], b[k]):
			each(a[i], i, -1)
			i++
		case i == len(a) || first(b[k], a[i]):
			each(b[k], -1, k)
			k++
		default:
			each(a[i], i, k)
			i, k = i+1, k+1
		}
	}
}

// countAt is what mergeCategories' index leads to, 0 where the list lacks the category.
func countAt(counts []float64, i int) float64 {
	if i < 0 {
		return 0
	}
	return counts[i]
}

// checkCategories refuses a list of categories, read from a file, that find cannot search.
func checkCategories(where string, categories []float64, categorical bool) error {
	for k, v := range categories {
		bad := math.IsInf(v, 0) || v != v && k < len(categories)-1 || k > 0 && v <= categories[k-1]
		if bad || categorical && v == v && !isCode(v, nil) {
			return ml.BadFile(where, fmt.Sprintf("Categories[%d]", k), fmt.Sprint(v), "rising numbers, codes in a categorical column")
		}
	}
	return nil
}

// encodedPlaces is, for each of p columns, the index of the entry of a file that encodes it, -1 for one that passes. entries are the columns that the
// file has entries for, which must be just those that are to be encoded, in order.
func encodedPlaces(where string, columns []ml.Column, p int, all bool, entries []int) ([]int, error) {
	if columns != nil && len(columns) != p {
		return nil, ml.BadFile(where, "Columns", lengthOf(len(columns)), lengthOf(p))
	}
	out, next := make([]int, p), 0
	for j := range p {
		if !all && !isCategorical(columns, j) {
			out[j] = -1
			continue
		}
		if next == len(entries) || entries[next] != j {
			return nil, ml.BadFile(where, "Encoded", "without "+columnLabel(columns, j), "an entry for each encoded column, in order")
		}
		out[j] = next
		next++
	}
	if next != len(entries) {
		return nil, ml.BadFile(where, "Encoded", lengthOf(len(entries)), lengthOf(next))
	}
	return out, nil
}

// columnsOf are the columns that entries are for.
func columnsOf[E any](entries []E, column func(*E) int) []int {
	out := make([]int, len(entries))
	for k := range entries {
		out[k] = column(&entries[k])
	}
	return out
}

// transformCategories is transform for rows of categories, whose errors name what they should have been.
func transformCategories(where string, f *ml.Fitted, x tensor.Matrix, columns, nsPerRow int, row rowFunc, why string) (tensor.Matrix, error) {
	if err := ml.CheckPredict(where, f, x); err != nil {
		return nil, err
	}
	if isSparse(x) {
		return nil, denseOnly(where, why)
	}
	out, bad := mapRows(x, columns, nsPerRow, row)
	if bad != noPlace {
		return nil, badCategory(where, f.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// transformCategoryRow is the TransformRow of the same.
func transformCategoryRow(where string, f *ml.Fitted, dst, x []float64, columns int, row rowFunc) error {
	if err := checkRows(where, f, dst, x, columns); err != nil {
		return err
	}
	if j := row(dst, x); j >= 0 {
		return badCategory(where, f.Columns, 0, j, x[j])
	}
	return nil
}

// badCategory is the error of a value that an encoder cannot take.
func badCategory(where string, columns []ml.Column, i, j int, v float64) error {
	if math.IsInf(v, 0) || !isCategorical(columns, j) {
		return badNumber(where, columns, i, j, v)
	}
	return badCode(where, columns, fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(columns, j)), j, v)
}
