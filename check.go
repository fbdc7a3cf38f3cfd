package ml

import (
	"fmt"
	"math"
	"reflect"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Accepts says what a method can work with beyond finite numbers. The zero value accepts nothing more.
type Accepts struct {
	Missing     bool // NaN in X
	Categorical bool // categorical columns, as codes
	Unlabelled  bool // rows whose class is None
	Text        bool // columns of texts, in a TextMatrix
}

// Accepter is a config that takes more than finite numbers, and says so. Code that prepares data can ask for it, and
// mltest holds the config to it. A config that is no Accepter takes nothing more.
type Accepter interface{ Accepts() Accepts }

// AcceptsOf is what a config says that it takes: of a config inside another one, for instance.
func AcceptsOf(config any) Accepts {
	if a, ok := config.(Accepter); ok {
		return a.Accepts()
	}
	return Accepts{}
}

// And is what two methods take that see the same rows.
func (a Accepts) And(b Accepts) Accepts {
	return Accepts{Missing: a.Missing && b.Missing, Categorical: a.Categorical && b.Categorical, Unlabelled: a.Unlabelled && b.Unlabelled, Text: a.Text && b.Text}
}

// Check is the first line of every Fit: it makes sure that the table can be learned from. where names the caller in
// the error: "linear.Ridge.Fit". It reads X once.
func (t Table) Check(where string, accept Accepts) error {
	if err := t.CheckShape(where, accept); err != nil {
		return err
	}
	return checkFinite(where, t.X, t.Columns, accept.Missing)
}

// CheckShape is Check without a look at the numbers of X, for a method whose own first pass over them tells that some are not finite: it
// calls CheckFinite then, to say which.
func (t Table) CheckShape(where string, accept Accepts) error {
	if err := checkMatrix(where, t.X); err != nil {
		return err
	}
	n, p := t.X.Dims()
	switch {
	case n == 0 || p == 0:
		return BadShape(where, "X", fmt.Sprintf("%d x %d", n, p), "at least one row and one column")
	case t.Columns != nil && len(t.Columns) != p:
		return BadShape(where, "Columns", fmt.Sprintf("a list of %d", len(t.Columns)), fmt.Sprintf("%d, one for each column of X", p))
	case t.Weight != nil && len(t.Weight) != n:
		return BadShape(where, "Weight", fmt.Sprintf("a list of %d", len(t.Weight)), fmt.Sprintf("%d, one for each row of X", n))
	case t.Group != nil && len(t.Group) != n:
		return BadShape(where, "Group", fmt.Sprintf("a list of %d", len(t.Group)), fmt.Sprintf("%d, one for each row of X", n))
	}
	if err := checkWeight(where, t.Weight); err != nil {
		return err
	}
	if err := checkKinds(where, t.Columns, accept); err != nil {
		return err
	}
	return checkTexts(where, t.Columns, t.X)
}

// Check is the first line of every supervised Fit: Table.Check, and that there is one fit target for each row.
func (d Dataset[Y]) Check(where string, accept Accepts) error {
	if err := d.CheckShape(where, accept); err != nil {
		return err
	}
	return checkFinite(where, d.X, d.Columns, accept.Missing)
}

// CheckShape is Check without a look at the numbers of X: see Table.CheckShape. Y and Valid are looked at.
func (d Dataset[Y]) CheckShape(where string, accept Accepts) error {
	if err := d.Table.CheckShape(where, accept); err != nil {
		return err
	}
	if len(d.Y) != d.Rows() {
		return BadShape(where, "Y", fmt.Sprintf("a list of %d", len(d.Y)), fmt.Sprintf("%d, one for each row of X", d.Rows()))
	}
	if err := checkTargets(where, d.Y, len(d.Classes), accept.Unlabelled); err != nil {
		return err
	}
	if d.Valid == nil {
		return nil
	}
	if err := d.Valid.Check(where+" (Valid)", accept); err != nil {
		return err
	}
	_, p := d.X.Dims()
	if _, q := d.Valid.X.Dims(); p != q {
		return BadShape(where, "Valid.X", fmt.Sprintf("%d columns wide", q), fmt.Sprintf("%d, as X", p))
	}
	return nil
}

// CheckPredict is the first line of every Predict and Transform: x must have as many columns as the model was fitted on.
// It does not look at the numbers; CheckFinite does.
func CheckPredict(where string, f *Fitted, x tensor.Matrix) error {
	if err := checkMatrix(where, x); err != nil {
		return err
	}
	if _, p := x.Dims(); p != f.Info.Features {
		return BadShape(where, "X", fmt.Sprintf("%d columns wide", p), fmt.Sprintf("%d, as in training", f.Info.Features))
	}
	if _, is := x.(*TextMatrix); is {
		return checkTexts(where, f.Columns, x)
	}
	return nil
}

// CheckInto makes sure that dst has a row for each row of x, and the given number of columns.
func CheckInto(where string, dst *tensor.Tensor[float64], x tensor.Matrix, columns int) error {
	n, _ := x.Dims()
	want := fmt.Sprintf("%d x %d, a row for each of X and a column for each of Out()", n, columns)
	if fault := rows.Fault(dst); fault != "" {
		return BadShape(where, "dst", fault, want)
	}
	if q, p := dst.Dims(); q != n || p != columns {
		return BadShape(where, "dst", fmt.Sprintf("%d x %d", q, p), want)
	}
	return nil
}

// CheckRow is CheckPredict for a single row. It allocates only when it fails.
func CheckRow(where string, f *Fitted, x []float64) error {
	if len(x) != f.Info.Features {
		return BadShape(where, "row", fmt.Sprintf("%d numbers long", len(x)), fmt.Sprintf("%d, as in training", f.Info.Features))
	}
	return nil
}

// CheckFiniteRow is CheckRow that refuses Inf and NaN as well.
func CheckFiniteRow(where string, f *Fitted, x []float64) error {
	if err := CheckRow(where, f, x); err != nil {
		return err
	}
	for j, v := range x {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return NotFinite(where, f.Columns, 0, j, v)
		}
	}
	return nil
}

// CheckFinite reads x once and refuses Inf, and NaN unless missing values are accepted.
func CheckFinite(where string, f *Fitted, x tensor.Matrix, missing bool) error {
	return checkFinite(where, x, f.Columns, missing)
}

// NotFinite is the Error of one bad number in X, by row and column.
func NotFinite(where string, columns []Column, row, col int, v float64) *Error {
	field := fmt.Sprintf("X[%d, %d]", row, col)
	if col < len(columns) && columns[col].Name != "" {
		field = fmt.Sprintf("X[%d, %d] (%s)", row, col, columns[col].Name)
	}
	return &Error{Where: where, Field: field, Found: fmt.Sprint(v), Want: "a finite number", Kind: ErrNotFinite}
}

func checkMatrix(where string, x tensor.Matrix) error {
	if fault := rows.Fault(x); fault != "" {
		return BadShape(where, "X", fault, "a matrix of rows and columns")
	}
	return nil
}

func checkFinite(where string, x tensor.Matrix, columns []Column, missing bool) error {
	row, col, v, ok := rows.CheckFinite(x, missing)
	if ok {
		return nil
	}
	return NotFinite(where, columns, row, col, v)
}

func checkWeight(where string, weight []float64) error {
	if weight == nil {
		return nil
	}
	some := false
	for i, w := range weight {
		if !(w >= 0) || math.IsInf(w, 0) {
			return &Error{Where: where, Field: fmt.Sprintf("Weight[%d]", i), Found: fmt.Sprint(w), Want: "a finite number >= 0", Kind: ErrWeight}
		}
		some = some || w > 0
	}
	if !some {
		return &Error{Where: where, Field: "Weight", Found: "zero for every row", Want: "at least one > 0", Kind: ErrWeight}
	}
	return nil
}

func checkKinds(where string, columns []Column, accept Accepts) error {
	for j, c := range columns {
		if c.Kind == Categorical && !accept.Categorical {
			return &Error{Where: where, Field: fmt.Sprintf("column %d (%s)", j, ColumnName(columns, j)), Found: "categorical",
				Want: "a numeric one; encode it first, as with features.OneHotEncoder", Kind: ErrColumn}
		}
		if c.Kind == Text && !accept.Text {
			return &Error{Where: where, Field: fmt.Sprintf("column %d (%s)", j, ColumnName(columns, j)), Found: "text",
				Want: "a numeric one; count its words first, as with features.Texts in features.Columns", Kind: ErrColumn}
		}
		if c.Kind > Text {
			return &Error{Where: where, Field: fmt.Sprintf("column %d (%s)", j, ColumnName(columns, j)), Found: c.Kind.String(),
				Want: "ml.Numeric, ml.Categorical or ml.Text", Kind: ErrColumn}
		}
	}
	return nil
}

func checkTargets(where string, y any, classes int, unlabelled bool) error {
	bad := func(i int, found any, want string) error {
		return &Error{Where: where, Field: fmt.Sprintf("Y[%d]", i), Found: fmt.Sprint(found), Want: want, Kind: ErrTarget}
	}
	switch y := y.(type) {
	case []float64:
		for i, v := range y {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return bad(i, v, "a finite number")
			}
		}
	case []int:
		labelled := false
		for i, c := range y {
			switch {
			case c == None && unlabelled:
				continue
			case c < 0:
				return bad(i, c, "a class code >= 0")
			case classes > 0 && c >= classes:
				return bad(i, c, fmt.Sprintf("a class code < %d, the number of Classes", classes))
			case c > maxClass:
				return bad(i, c, fmt.Sprintf("a class code <= %d: codes are 0..K-1", maxClass))
			}
			labelled = true
		}
		if !labelled {
			return &Error{Where: where, Field: "Y", Found: "without any labelled row", Want: "at least one", Kind: ErrTarget}
		}
	case [][]float64:
		for i, v := range y {
			if len(v) != len(y[0]) || len(v) == 0 {
				return BadShape(where, fmt.Sprintf("Y[%d]", i), fmt.Sprintf("%d numbers long", len(v)), fmt.Sprintf("%d, as in row 0, and at least 1", len(y[0])))
			}
			for _, f := range v {
				if math.IsNaN(f) || math.IsInf(f, 0) {
					return bad(i, f, "finite numbers")
				}
			}
		}
	case [][]int:
		for i, v := range y {
			if len(v) != len(y[0]) || len(v) == 0 {
				return BadShape(where, fmt.Sprintf("Y[%d]", i), fmt.Sprintf("%d labels long", len(v)), fmt.Sprintf("%d, as in row 0, and at least 1", len(y[0])))
			}
			for _, l := range v {
				if l != 0 && l != 1 {
					return bad(i, l, "0 or 1 for each label")
				}
			}
		}
	}
	return nil
}

// maxClass bounds class codes: methods allocate by K, and a stray code such as a timestamp must not exhaust memory.
const maxClass = 1 << 20

func selectRows(x tensor.Matrix, idx []int) tensor.Matrix {
	if x == nil {
		return nil
	}
	return rows.Select(x, idx)
}

// isNil also sees a typed nil inside an interface.
func isNil(v any) bool {
	if v == nil {
		return true
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Slice, reflect.Interface:
		return r.IsNil()
	}
	return false
}
