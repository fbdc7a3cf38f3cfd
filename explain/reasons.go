package explain

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// Reason is one column's part in one answer.
type Reason struct {
	Column string  // its name
	X      string  // what the row has there, as a person would write it: the level of a category, "missing"
	Value  float64 // how much it moved the answer
}

// String is "age = 61: +0.41".
func (r Reason) String() string {
	if r.X == "" {
		return fmt.Sprintf("%s: %s", r.Column, signed(r.Value))
	}
	return fmt.Sprintf("%s = %s: %s", r.Column, r.X, signed(r.Value))
}

// Reasons returns what moved the answer of one row most, the largest first: at most top of them (0: all), without those that moved nothing. What lies behind
// them is rest.
func (e *Explanation) Reasons(row, output, top int) (reasons []Reason, rest float64, err error) {
	const where = "explain.Explanation.Reasons"
	n, k, p := e.Dims()
	switch {
	case row < 0 || row >= n:
		return nil, 0, ml.BadConfig(where, "row", row, fmt.Sprintf("one of %d rows, from 0", n))
	case output < 0 || output >= k:
		return nil, 0, ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d outputs, from 0", k))
	case top < 0:
		return nil, 0, ml.BadConfig(where, "top", top, ">= 0")
	}
	if top == 0 {
		top = p
	}
	values, sizes := e.Row(row, output), make([]float64, p)
	for j, v := range values {
		sizes[j] = math.Abs(v)
	}
	for _, j := range Order(sizes) {
		v := values[j]
		switch {
		case v == 0:
		case len(reasons) < top:
			reasons = append(reasons, Reason{Column: ml.ColumnName(e.Columns, j), X: e.shown(row, j), Value: v})
		default:
			rest += v
		}
	}
	return reasons, rest, nil
}

// Text says in plain lines why one row got its answer, for a log or a letter: the answer, the top reasons with signs and amounts, and the sum of the others.
//
//	churn: 0.83, from 0.27 for an average row
//	  + 0.41  contract = monthly
//	  - 0.12  tenure = 60
//	  + 0.27  8 others
func (e *Explanation) Text(row, output, top int) (string, error) {
	reasons, rest, err := e.Reasons(row, output, top)
	if err != nil {
		return "", err
	}
	base := e.Base.Row(row)[output]
	answer, named := base, 0
	for _, v := range e.Row(row, output) {
		answer += v
		if v != 0 {
			named++
		}
	}
	var b strings.Builder
	name := "answer"
	if output < len(e.Outputs) && e.Outputs[output] != "" {
		name = e.Outputs[output]
	}
	fmt.Fprintf(&b, "%s: %s, from %s for an average row\n", name, short(answer), short(base))
	amounts := make([]string, 0, len(reasons)+1)
	for _, r := range reasons {
		amounts = append(amounts, short(math.Abs(r.Value)))
	}
	others := named - len(reasons)
	if others > 0 {
		amounts = append(amounts, short(math.Abs(rest)))
	}
	wide := 0
	for _, a := range amounts {
		wide = max(wide, len(a))
	}
	line := func(v float64, amount, what string) {
		sign := "+"
		if v < 0 {
			sign = "-"
		}
		fmt.Fprintf(&b, "  %s %-*s  %s\n", sign, wide, amount, what)
	}
	for i, r := range reasons {
		what := r.Column
		if r.X != "" {
			what += " = " + r.X
		}
		line(r.Value, amounts[i], what)
	}
	if others > 0 {
		line(rest, amounts[len(reasons)], counted(others))
	}
	return b.String(), nil
}

func counted(others int) string {
	if others == 1 {
		return "1 other"
	}
	return fmt.Sprintf("%d others", others)
}

// shown is what a row has in a column, or "" where columns were added up.
func (e *Explanation) shown(row, j int) string {
	v := e.X.Row(row)[j]
	c := ml.Column{}
	if j < len(e.Columns) {
		c = e.Columns[j]
	}
	if math.IsNaN(v) && len(c.From) > 1 {
		return ""
	}
	return shown(c, v)
}

// shown is a number as a person would write it in that column.
func shown(c ml.Column, v float64) string {
	if math.IsNaN(v) {
		return "missing"
	}
	if code := int(v); c.Kind == ml.Categorical && v >= 0 && v < float64(len(c.Levels)) {
		return c.Levels[code]
	}
	return short(v)
}

// short is v with four digits, or all of them if it is a whole number below a million.
func short(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e6 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

func signed(v float64) string {
	if v < 0 {
		return short(v)
	}
	return "+" + short(v)
}

func amounts(v []float64) string {
	words := make([]string, len(v))
	for i := range v {
		words[i] = short(v[i])
	}
	return strings.Join(words, ", ")
}
