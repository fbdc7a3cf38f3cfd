package ml

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Align makes a table fit for a model by the names of its columns, so that Predict itself can take a bare matrix:
//
//	t, err := ml.Align(model, table)
//	pred, err := model.Predict(t.X)
//
// Columns come in the model's order, columns the model does not know are left out, and the codes of a categorical column
// are translated by the names of its levels; a level the model has not seen becomes NaN. A column that is missing, that
// stands twice or is of another kind gives ErrColumn. A table that already fits is returned as it is, without a copy;
// otherwise the cost is one copy of the model's columns. Where the model or the table has no names, only the width is
// checked.
func Align(m interface{ Meta() *Fitted }, t Table) (Table, error) {
	const where = "ml.Align"
	f := m.Meta()
	if err := checkMatrix(where, t.X); err != nil {
		return Table{}, err
	}
	_, p := t.X.Dims()
	if t.Columns != nil && len(t.Columns) != p {
		return Table{}, BadShape(where, "Columns", fmt.Sprintf("a list of %d", len(t.Columns)), fmt.Sprintf("%d, one for each column of X", p))
	}
	if !named(f.Columns) || !named(t.Columns) {
		return t, CheckPredict(where, f, t.X)
	}
	order, err := findColumns(f.Columns, t.Columns)
	if err != nil {
		return Table{}, err
	}
	if !inOrder(order, p) {
		t.X = rows.SelectCols(t.X, order)
	}
	recode := translations(f.Columns, t.Columns, order)
	if len(recode) > 0 {
		if t.X, err = translate(t.X, recode); err != nil {
			return Table{}, err
		}
	}
	t.Columns = CloneColumns(f.Columns)
	return t, nil
}

func named(columns []Column) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Name != "" })
}

// findColumns returns, for each column wanted, where it stands in have. It reports everything that is missing at once.
func findColumns(want, have []Column) ([]int, error) {
	bad := func(name, found, wanted string) error {
		return &Error{Where: "ml.Align", Field: fmt.Sprintf("column %q", name), Found: found, Want: wanted, Kind: ErrColumn}
	}
	place := make(map[string]int, len(have))
	twice := map[string]bool{}
	for j, c := range have {
		if _, ok := place[c.Name]; ok {
			twice[c.Name] = true
		}
		place[c.Name] = j
	}
	order := make([]int, len(want))
	var missing []string
	for i, c := range want {
		j, ok := place[c.Name]
		switch {
		case !ok:
			missing = append(missing, c.Name)
		case twice[c.Name]:
			return nil, bad(c.Name, "there more than once", "one column of that name")
		case have[j].Kind != c.Kind:
			return nil, bad(c.Name, have[j].Kind.String(), c.Kind.String()+", as in training")
		}
		order[i] = j
	}
	if missing != nil {
		return nil, &Error{Where: "ml.Align", Field: "columns", Found: "without " + strings.Join(missing, ", "), Want: "every column the model was fitted on", Kind: ErrColumn}
	}
	return order, nil
}

func inOrder(order []int, width int) bool {
	for i, j := range order {
		if i != j {
			return false
		}
	}
	return len(order) == width
}

// translations maps, for each column whose levels differ from the model's, the table's codes to the model's.
func translations(want, have []Column, order []int) map[int][]float64 {
	out := map[int][]float64{}
	for i, c := range want {
		from := have[order[i]].Levels
		if c.Kind != Categorical || c.Levels == nil || from == nil || slices.Equal(c.Levels, from) {
			continue
		}
		codes := make([]float64, len(from))
		for code, level := range from {
			codes[code] = math.NaN()
			if k := slices.Index(c.Levels, level); k >= 0 {
				codes[code] = float64(k)
			}
		}
		out[i] = codes
	}
	return out
}

// translate rewrites the codes of some columns in a copy of x. Sparse storage stays sparse, which needs code 0 to stay 0:
// it is what the cells that are not stored mean.
func translate(x tensor.Matrix, recode map[int][]float64) (tensor.Matrix, error) {
	switch x := x.(type) {
	case *TextMatrix:
		numbers, err := translate(x.numbers, recode)
		return &TextMatrix{numbers, x.texts}, err
	case *tensor.Tensor[float32]:
		return recodeDense(x.Clone(), recode), nil
	case *tensor.CSR[float64]:
		return recodeSparse(x.Clone(), recode)
	case *tensor.CSR[float32]:
		return recodeSparse(x.Clone(), recode)
	}
	return recodeDense(tensor.FromMatrix[float64](x).Clone(), recode), nil
}

func recodeDense[T tensor.Float](x *tensor.Tensor[T], recode map[int][]float64) *tensor.Tensor[T] {
	n, _ := x.Dims()
	for i := range n {
		row := x.Row(i)
		for j, codes := range recode {
			row[j] = T(codeOf(codes, float64(row[j])))
		}
	}
	return x
}

func recodeSparse[T tensor.Float](x *tensor.CSR[T], recode map[int][]float64) (tensor.Matrix, error) {
	for j, codes := range recode {
		if codeOf(codes, 0) != 0 {
			return nil, &Error{Where: "ml.Align", Field: fmt.Sprintf("column %d", j), Found: "sparse, with a first level that is not the model's first",
				Want: "dense storage, or the levels in the model's order", Kind: ErrColumn}
		}
	}
	n, _ := x.Dims()
	for i := range n {
		cols, values := x.RowNZ(i)
		for k, j := range cols {
			if codes, ok := recode[int(j)]; ok {
				values[k] = T(codeOf(codes, float64(values[k])))
			}
		}
	}
	return x, nil
}

// codeOf translates one code; what is no code of the table is missing.
func codeOf(codes []float64, v float64) float64 {
	if k := int(v); v >= 0 && k < len(codes) && float64(k) == v {
		return codes[k]
	}
	return math.NaN()
}
