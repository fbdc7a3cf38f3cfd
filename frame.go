package ml

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// frame is what the writers write: the columns of a table, followed by the targets, the weights and the groups.
type frame struct {
	where string
	rows  int
	cols  []frameColumn
}

type frameColumn struct {
	name   string
	typ    Type     // TypeNumber, TypeBool, TypeTime, TypeCategory or TypeText
	levels []string // of a category
	texts  []string // of a TypeText column
	value  func(i int) float64
	field  string // for errors: "X[%d, 3]", "Y[%d]"
}

// newFrame lays out d. types says how numeric columns are to be written, and which are left out.
func newFrame(where string, d AnyData, types map[string]Type) (*frame, error) {
	if err := checkMatrix(where, d.X); err != nil {
		return nil, err
	}
	n, p := d.X.Dims()
	if d.Columns != nil && len(d.Columns) != p {
		return nil, BadShape(where, "Columns", fmt.Sprintf("a list of %d", len(d.Columns)), fmt.Sprintf("%d, one for each column of X", p))
	}
	f := &frame{where: where, rows: n}
	for j := range p {
		c := frameColumn{name: ColumnName(d.Columns, j), typ: TypeNumber, field: fmt.Sprintf("X[%%d, %d]", j),
			value: func(i int) float64 { return d.X.At(i, j) }}
		if isCategorical(d.Columns, j) {
			c.typ, c.levels = TypeCategory, d.Columns[j].Levels
		}
		if m, is := d.X.(*TextMatrix); is && m.texts[j] != nil {
			c.typ, c.texts = TypeText, m.texts[j]
		}
		f.cols = append(f.cols, c)
	}
	if err := f.addTargets(d); err != nil {
		return nil, err
	}
	if d.Weight != nil {
		if err := f.add("weight", "Weight[%d]", len(d.Weight), func(i int) float64 { return d.Weight[i] }); err != nil {
			return nil, err
		}
	}
	if d.Group != nil {
		if err := f.add("group", "Group[%d]", len(d.Group), func(i int) float64 { return float64(d.Group[i]) }); err != nil {
			return nil, err
		}
	}
	return f, f.declare(types)
}

// add appends a numeric column that is not one of X.
func (f *frame) add(name, field string, n int, value func(i int) float64) error {
	if n != f.rows {
		return BadShape(f.where, field[:len(field)-len("[%d]")], fmt.Sprintf("a list of %d", n), fmt.Sprintf("%d, one for each row of X", f.rows))
	}
	for _, c := range f.cols {
		if c.name == name {
			return &Error{Where: f.where, Field: fmt.Sprintf("column %q", name), Found: "there already", Want: "another name, as the " + name + " gets this one", Kind: ErrColumn}
		}
	}
	f.cols = append(f.cols, frameColumn{name: name, typ: TypeNumber, field: field, value: value})
	return nil
}

// addTargets appends "target", or "target0", "target1" and so on for several outputs or labels.
func (f *frame) addTargets(d AnyData) error {
	switch y := d.Y.(type) {
	case nil:
		return nil
	case []float64:
		return f.add("target", "Y[%d]", len(y), func(i int) float64 { return y[i] })
	case []int:
		err := f.add("target", "Y[%d]", len(y), func(i int) float64 {
			if y[i] == None {
				return math.NaN()
			}
			return float64(y[i])
		})
		if c := &f.cols[len(f.cols)-1]; err == nil && d.Classes != nil {
			c.typ, c.levels = TypeCategory, d.Classes
		}
		return err
	case [][]float64:
		return addOutputs(f, y, d.Classes)
	case [][]int:
		return addOutputs(f, y, d.Classes)
	}
	return &Error{Where: f.where, Field: "Y", Found: fmt.Sprintf("a %T", d.Y), Want: "[]float64, []int, [][]float64 or [][]int", Kind: ErrData}
}

// addOutputs appends one column for each output, named after the classes if there are any.
func addOutputs[V int | float64](f *frame, y [][]V, names []string) error {
	width := len(names)
	if len(y) > 0 {
		width = len(y[0])
	}
	for i := range y {
		if len(y[i]) != width {
			return BadShape(f.where, fmt.Sprintf("Y[%d]", i), fmt.Sprintf("%d long", len(y[i])), fmt.Sprint(width))
		}
	}
	for k := range width {
		name := fmt.Sprintf("target%d", k)
		if k < len(names) {
			name = names[k]
		}
		if err := f.add(name, "Y[%d]", len(y), func(i int) float64 { return float64(y[i][k]) }); err != nil {
			return err
		}
	}
	return nil
}

// declare applies the types of a Schema.
func (f *frame) declare(types map[string]Type) error {
	kept := f.cols[:0]
	for _, c := range f.cols {
		t := types[c.name]
		switch {
		case t > TypeText:
			return BadConfig(f.where, fmt.Sprintf("Types[%q]", c.name), t, "one of the Type constants")
		case t == TypeSkip:
			continue
		case c.typ == TypeText && t != TypeAuto && t != TypeText, t == TypeText && c.typ != TypeText:
			return &Error{Where: f.where, Field: fmt.Sprintf("column %q", c.name), Found: "of type " + c.typ.String(), Want: "one that can be written as " + t.String(), Kind: ErrColumn}
		case c.typ == TypeCategory && (t == TypeNumber || t == TypeBool || t == TypeTime):
			return &Error{Where: f.where, Field: fmt.Sprintf("column %q", c.name), Found: "categorical", Want: "a numeric one for " + t.String(), Kind: ErrColumn}
		case t == TypeBool || t == TypeTime:
			c.typ = t
		}
		kept = append(kept, c)
	}
	f.cols = kept
	if len(f.cols) == 0 {
		return BadShape(f.where, "X", "without columns", "at least one")
	}
	return nil
}

// text renders one value; false if it is missing. Numbers are the shortest text that gives the same float64.
func (f *frame) text(dst []byte, c *frameColumn, i int) ([]byte, bool, error) {
	v := c.value(i)
	if math.IsNaN(v) {
		return dst, false, nil
	}
	bad := func(want string) error {
		return &Error{Where: f.where, Field: fmt.Sprintf(c.field, i) + " (" + c.name + ")", Found: fmt.Sprint(v), Want: want, Kind: ErrData}
	}
	switch c.typ {
	case TypeText:
		return append(dst, c.texts[i]...), true, nil
	case TypeCategory:
		if v != math.Trunc(v) || v < 0 || v >= float64(len(c.levels)) {
			return dst, false, bad(fmt.Sprintf("a code of one of %d levels", len(c.levels)))
		}
		return append(dst, c.levels[int(v)]...), true, nil
	case TypeBool:
		if v != 0 && v != 1 {
			return dst, false, bad("0 or 1")
		}
		return strconv.AppendBool(dst, v == 1), true, nil
	case TypeTime:
		whole := math.Floor(v)
		if !(whole >= -62167219200 && whole < 253402300800) {
			return dst, false, bad("seconds since 1970 within the years 0 to 9999")
		}
		return time.Unix(int64(whole), int64((v-whole)*1e9)).UTC().AppendFormat(dst, time.RFC3339Nano), true, nil
	}
	return appendNumber(dst, v), true, nil
}

// appendNumber writes whole numbers without an exponent, as long as all their digits count.
func appendNumber(dst []byte, v float64) []byte {
	if v == math.Trunc(v) && math.Abs(v) <= 1<<53 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}
