package ml

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml/tensor"
)

// ClassTarget takes a column out of the table and makes it the target of a classification. A column without a name is
// "x3", counted from 0; "" is the last one, where files mostly keep the target.
//
// Of a categorical column the classes are its Levels. Of a numeric one they are its distinct values in rising order,
// which must be whole numbers, written as text: "0" and "1" for a column of truth values. If classes are named, they
// are the classes instead, in that order, and any other value is an error: name them wherever a part of the data need
// not show all, above all in batches.
//
// A missing target is an error which names the row (counted from 0; ErrTarget), an unknown or ambiguous column is
// ErrColumn. The other columns share memory with t where they lie together, which they do if the target is the first
// or the last.
func ClassTarget(t Table, column string, classes ...string) (Dataset[int], error) {
	const where = "ml.ClassTarget"
	j, err := findColumn(where, t, column)
	if err != nil {
		return Dataset[int]{}, err
	}
	names, code, err := classCodes(where, t, j, classes)
	if err != nil {
		return Dataset[int]{}, err
	}
	y := make([]int, t.Rows())
	for i := range y {
		v := t.X.At(i, j)
		k, ok := code[v+0] // -0 is 0
		switch {
		case math.IsNaN(v):
			return Dataset[int]{}, badCell(where, t, i, j, "missing", "a class", ErrTarget)
		case !ok:
			return Dataset[int]{}, badCell(where, t, i, j, strconv.Quote(valueText(t.Columns, j, v)), fmt.Sprintf("one of the %d classes", len(names)), ErrTarget)
		}
		y[i] = k
	}
	return Dataset[int]{Table: without(t, j), Y: y, Classes: names}, nil
}

// classCodes returns the names of the classes of column j and the class of each of its values.
func classCodes(where string, t Table, j int, classes []string) ([]string, map[float64]int, error) {
	var values []float64 // all that occur
	var names []string   // of the values
	if isCategorical(t.Columns, j) {
		names = t.Columns[j].Levels
		for k := range names {
			values = append(values, float64(k))
		}
	} else {
		seen := map[float64]bool{}
		for i := range t.Rows() {
			v := t.X.At(i, j) + 0
			if math.IsNaN(v) || seen[v] {
				continue
			}
			if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
				return nil, nil, badCell(where, t, i, j, fmt.Sprint(v), "a whole number, or a column declared TypeCategory", ErrTarget)
			}
			if len(seen) > maxClass {
				return nil, nil, badCell(where, t, i, j, "distinct value number "+strconv.Itoa(maxClass+1), "fewer classes", ErrTarget)
			}
			seen[v] = true
			values = append(values, v)
		}
		slices.Sort(values)
		for _, v := range values {
			names = append(names, valueText(t.Columns, j, v))
		}
	}
	code := make(map[float64]int, len(values))
	for k, v := range values {
		if classes == nil {
			code[v] = k
		} else if k = slices.Index(classes, names[k]); k >= 0 {
			code[v] = k
		}
	}
	if classes != nil {
		names = slices.Clone(classes)
	}
	return names, code, nil
}

// FloatTarget takes a numeric column out of the table and makes it the target of a regression. See ClassTarget for
// names, memory and errors.
func FloatTarget(t Table, column string) (Dataset[float64], error) {
	const where = "ml.FloatTarget"
	j, err := findColumn(where, t, column)
	if err != nil {
		return Dataset[float64]{}, err
	}
	y, err := numericColumn(where, t, j, "a number", ErrTarget)
	if err != nil {
		return Dataset[float64]{}, err
	}
	return Dataset[float64]{Table: without(t, j), Y: y}, nil
}

// WeightColumn takes a numeric column out of the table and makes it the weights of the rows. A missing one is an error.
// See ClassTarget for names and memory.
func WeightColumn(t Table, column string) (Table, error) {
	const where = "ml.WeightColumn"
	j, err := findColumn(where, t, column)
	if err != nil {
		return Table{}, err
	}
	w, err := numericColumn(where, t, j, "a number", ErrWeight)
	if err != nil {
		return Table{}, err
	}
	t = without(t, j)
	t.Weight = w
	return t, nil
}

// GroupColumn takes a column out of the table and makes it the groups of the rows: the codes of a categorical one, the
// values of a numeric one, which must be whole numbers. A missing one is an error. See ClassTarget for names and memory.
func GroupColumn(t Table, column string) (Table, error) {
	const where = "ml.GroupColumn"
	j, err := findColumn(where, t, column)
	if err != nil {
		return Table{}, err
	}
	group := make([]int, t.Rows())
	for i := range group {
		v := t.X.At(i, j)
		if v != math.Trunc(v) || !(math.Abs(v) <= 1<<53) || int64(int(v)) != int64(v) {
			return Table{}, badCell(where, t, i, j, fmt.Sprint(v), "a whole number", ErrData)
		}
		group[i] = int(v)
	}
	t = without(t, j)
	t.Group = group
	return t, nil
}

// KeepColumns returns the table with the named columns only, in that order. See ClassTarget for names and memory.
func KeepColumns(t Table, names ...string) (Table, error) {
	idx := make([]int, len(names))
	for k, name := range names {
		j, err := findColumn("ml.KeepColumns", t, name)
		if err != nil {
			return Table{}, err
		}
		idx[k] = j
	}
	return withColumns(t, idx), nil
}

// DropColumns returns the table without the named columns. See ClassTarget for names and memory.
func DropColumns(t Table, names ...string) (Table, error) {
	drop := make([]int, len(names))
	for k, name := range names {
		j, err := findColumn("ml.DropColumns", t, name)
		if err != nil {
			return Table{}, err
		}
		drop[k] = j
	}
	return withColumns(t, others(t, drop...)), nil
}

// Batches applies f, such as one that calls ClassTarget, to each batch: it turns tables as ReadCSVBatches yields them
// into what FitStream takes. The first error ends it.
func Batches[D any](tables iter.Seq2[Table, error], f func(Table) (D, error)) iter.Seq2[D, error] {
	return func(yield func(D, error) bool) {
		for t, err := range tables {
			var d D
			if err == nil {
				d, err = f(t)
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// findColumn returns the place of a named column.
func findColumn(where string, t Table, name string) (int, error) {
	if t.X == nil {
		return 0, BadShape(where, "X", "nil", "a matrix")
	}
	_, p := t.X.Dims()
	if name == "" && p > 0 {
		return p - 1, nil
	}
	at := -1
	for j := range p {
		if ColumnName(t.Columns, j) != name {
			continue
		}
		if at >= 0 {
			return 0, &Error{Where: where, Field: fmt.Sprintf("column %q", name), Found: "there more than once", Want: "one", Kind: ErrColumn}
		}
		at = j
	}
	if at < 0 {
		return 0, &Error{Where: where, Field: fmt.Sprintf("column %q", name), Found: "not there", Want: "one of " + columnList(t.Columns, p), Kind: ErrColumn}
	}
	if at < len(t.Columns) && t.Columns[at].Kind == Text {
		return 0, &Error{Where: where, Field: fmt.Sprintf("column %q", name), Found: "text", Want: "numbers or categories", Kind: ErrColumn}
	}
	return at, nil
}

// columnList names the first few columns.
func columnList(columns []Column, p int) string {
	const most = 8
	out := ""
	for j := range min(p, most) {
		out += ", " + ColumnName(columns, j)
	}
	if p > most {
		out += fmt.Sprintf(", ... (%d)", p)
	}
	return out[min(len(out), 2):]
}

// badCell is the Error of one cell of a table.
func badCell(where string, t Table, i, j int, found, want string, kind error) error {
	return &Error{Where: where, Field: fmt.Sprintf("row %d, column %d (%s)", i, j, ColumnName(t.Columns, j)), Found: found, Want: want, Kind: kind}
}

func isCategorical(columns []Column, j int) bool {
	return j < len(columns) && columns[j].Kind == Categorical
}

// valueText is how a value of a column is written: the name of its level, or the shortest digits that give the same
// number.
func valueText(columns []Column, j int, v float64) string {
	if isCategorical(columns, j) && v >= 0 && v < float64(len(columns[j].Levels)) {
		return columns[j].Levels[int(v)]
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// numericColumn copies a column without missing values.
func numericColumn(where string, t Table, j int, want string, kind error) ([]float64, error) {
	if isCategorical(t.Columns, j) {
		return nil, &Error{Where: where, Field: fmt.Sprintf("column %d (%s)", j, ColumnName(t.Columns, j)), Found: "categorical", Want: "a numeric one", Kind: ErrColumn}
	}
	out := make([]float64, t.Rows())
	for i := range out {
		if out[i] = t.X.At(i, j); math.IsNaN(out[i]) {
			return nil, badCell(where, t, i, j, "missing", want, kind)
		}
	}
	return out, nil
}

// others are the places of all columns but the given ones.
func others(t Table, drop ...int) []int {
	_, p := t.X.Dims()
	idx := make([]int, 0, p)
	for j := range p {
		if !slices.Contains(drop, j) {
			idx = append(idx, j)
		}
	}
	return idx
}

func without(t Table, j int) Table { return withColumns(t, others(t, j)) }

// withColumns gathers columns.
func withColumns(t Table, idx []int) Table {
	switch x := t.X.(type) {
	case *tensor.Tensor[float64]:
		t.X = takeCols(x, idx)
	case *tensor.Tensor[float32]:
		t.X = takeCols(x, idx)
	case *tensor.CSR[float64]:
		t.X = x.TakeCols(idx)
	case *tensor.CSR[float32]:
		t.X = x.TakeCols(idx)
	case *TextMatrix:
		t.X = x.SelectCols(idx)
	default:
		t.X = takeCols(tensor.FromMatrix[float64](x), idx)
	}
	if t.Columns != nil {
		t.Columns = pick(t.Columns, idx)
	}
	return t
}

// takeCols is a view if the columns lie together.
func takeCols[T tensor.Float](x *tensor.Tensor[T], idx []int) *tensor.Tensor[T] {
	together := len(idx) > 0
	for k, j := range idx {
		together = together && j == idx[0]+k
	}
	if together {
		return x.Cols(idx[0], idx[0]+len(idx))
	}
	n, _ := x.Dims()
	out := tensor.New[T](n, len(idx))
	for i := range n {
		from, to := x.Row(i), out.Row(i)
		for k, j := range idx {
			to[k] = from[j]
		}
	}
	return out
}
