package explain

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Explanation says how much each column of each row moved each output of a model away from a base: Base + the sum of Values is what the
// model answered. Its methods return new explanations and never change it.
type Explanation struct {
	Values  *tensor.Tensor[float64] // rows x outputs x columns
	Base    *tensor.Tensor[float64] // rows x outputs: what the values are counted from
	X       *tensor.Tensor[float64] // rows x columns: the rows that are explained; NaN where columns of different kinds were added up
	Errors  *tensor.Tensor[float64] // rows x outputs x columns: standard errors of the values where they were sampled; nil: exact
	Columns []ml.Column             // one for each column
	Outputs []string                // the names of the outputs: classes, or "" for the only one
}

// Dims returns the numbers of rows, outputs and columns.
func (e *Explanation) Dims() (rows, outputs, columns int) {
	s := e.Values.Shape()
	return s[0], s[1], s[2]
}

// Row returns the values of one row for one output, one for each column. They share e's memory and must not be written to.
func (e *Explanation) Row(row, output int) []float64 {
	_, k, p := e.Dims()
	at := (row*k + output) * p
	return e.Values.Data()[at : at+p : at+p]
}

// Predicted returns Base plus the sum of the values, rows x outputs: what the model answered, on the scale that was explained.
func (e *Explanation) Predicted() *tensor.Tensor[float64] {
	n, k, _ := e.Dims()
	out := tensor.New[float64](n, k)
	for i := range n {
		for o := range k {
			sum := e.Base.Row(i)[o]
			for _, v := range e.Row(i, o) {
				sum += v
			}
			out.Row(i)[o] = sum
		}
	}
	return out
}

// Additivity returns the largest difference between Predicted and what the model answered, relative to the size of the answer and of what
// was added up: rounding alone is of the order 1e-15.
func (e *Explanation) Additivity(answered *tensor.Tensor[float64]) (float64, error) {
	n, k, _ := e.Dims()
	if s := answered.Shape(); len(s) != 2 || s[0] != n || s[1] != k {
		return 0, ml.BadShape("explain.Explanation.Additivity", "answered", fmt.Sprint(answered.Shape()), fmt.Sprintf("%d x %d", n, k))
	}
	worst := 0.0
	sums := e.Predicted()
	for i := range n {
		for o := range k {
			size := math.Abs(e.Base.Row(i)[o])
			for _, v := range e.Row(i, o) {
				size = max(size, math.Abs(v))
			}
			want := answered.Row(i)[o]
			if d := math.Abs(sums.Row(i)[o] - want); d > 0 {
				worst = max(worst, d/max(size, math.Abs(want)))
			}
		}
	}
	return worst, nil
}

// Output returns the explanation of a single output.
func (e *Explanation) Output(k int) (*Explanation, error) {
	n, outputs, p := e.Dims()
	if k < 0 || k >= outputs {
		return nil, ml.BadConfig("explain.Explanation.Output", "k", k, fmt.Sprintf("one of %d outputs, from 0", outputs))
	}
	out := e.empty(n, 1, p)
	for i := range n {
		copy(out.Row(i, 0), e.Row(i, k))
		out.copyErrors(i, 0, e, i, k)
		out.Base.Row(i)[0] = e.Base.Row(i)[k]
	}
	out.X, out.Columns, out.Outputs = e.X, e.Columns, e.Outputs[k:k+1]
	return out, nil
}

// Rows returns the explanation of some rows, in the order of idx.
func (e *Explanation) Rows(idx ...int) (*Explanation, error) {
	n, k, p := e.Dims()
	out := e.empty(len(idx), k, p)
	out.X, out.Columns, out.Outputs = tensor.New[float64](len(idx), p), e.Columns, e.Outputs
	for q, i := range idx {
		if i < 0 || i >= n {
			return nil, ml.BadConfig("explain.Explanation.Rows", "idx", i, fmt.Sprintf("one of %d rows, from 0", n))
		}
		for o := range k {
			copy(out.Row(q, o), e.Row(i, o))
			out.copyErrors(q, o, e, i, o)
		}
		copy(out.Base.Row(q), e.Base.Row(i))
		copy(out.X.Row(q), e.X.Row(i))
	}
	return out, nil
}

// A Group is columns that count as one.
type Group struct {
	Name    string
	Columns []int
}

// Sum adds the columns of each group up. Columns that are in no group stay as they are and come behind the groups. A column may be in one
// group only. The X of a group is that of its only column, or NaN. Standard errors are left out: those of a sum depend on more than those of its parts.
func (e *Explanation) Sum(groups ...Group) (*Explanation, error) {
	const where = "explain.Explanation.Sum"
	_, _, p := e.Dims()
	taken := make([]bool, p)
	var parts []part
	for _, g := range groups {
		one := part{column: ml.Column{Name: g.Name, From: slices.Clone(g.Columns)}, only: -1}
		for _, j := range g.Columns {
			if j < 0 || j >= p || taken[j] {
				return nil, ml.BadConfig(where, "groups", j, fmt.Sprintf("each of %d columns at most once", p))
			}
			taken[j] = true
			one.add(j, 1)
		}
		if len(g.Columns) == 1 {
			one.only = g.Columns[0]
			one.column.Kind, one.column.Levels = e.Columns[one.only].Kind, e.Columns[one.only].Levels
		}
		parts = append(parts, one)
	}
	for j, in := range taken {
		if !in {
			parts = append(parts, e.alone(j))
		}
	}
	return e.join(parts), nil
}

// Sorted returns the columns in an order, such as [Order]'s of their importance. Those that it does not list are added up and come last as one, "7 others", so that the sum stays what it was; with more than one of them
// standard errors are left out.
func (e *Explanation) Sorted(order ...int) (*Explanation, error) {
	_, _, p := e.Dims()
	taken := make([]bool, p)
	columns := slices.Clone(order)
	for _, j := range order {
		if j < 0 || j >= p || taken[j] {
			return nil, ml.BadConfig("explain.Explanation.Sorted", "order", j, fmt.Sprintf("each of %d columns at most once", p))
		}
		taken[j] = true
	}
	var rest []int
	for j, in := range taken {
		if !in {
			rest = append(rest, j)
		}
	}
	if len(rest) == 1 {
		columns, rest = append(columns, rest[0]), nil
	}
	var parts []part
	for _, j := range columns {
		parts = append(parts, e.alone(j))
	}
	if rest != nil {
		others := part{column: ml.Column{Name: counted(len(rest)), From: rest}, only: -1}
		for _, j := range rest {
			others.add(j, 1)
		}
		parts = append(parts, others)
	}
	out := e.join(parts)
	if e.Errors != nil && rest == nil {
		n, k, _ := e.Dims()
		out.Errors = tensor.New[float64](n, k, p)
		for at := range n * k {
			for q, j := range columns {
				out.Errors.Data()[at*p+q] = e.Errors.Data()[at*p+j]
			}
		}
	}
	return out, nil
}

// alone is a column as it is.
func (e *Explanation) alone(j int) part {
	return part{column: e.Columns[j], only: j, from: []int{j}, share: []float64{1}}
}

// Original returns the explanation in the columns that a pipeline was given, such as a category instead of its one-hot columns: the values of
// all columns made of an input column alone are added up there, and one that was made of several gives each an equal share. original describes
// the pipeline's input; x are its rows, or nil. Standard errors are left out.
func (e *Explanation) Original(original []ml.Column, x tensor.Matrix) (*Explanation, error) {
	const where = "explain.Explanation.Original"
	n, _, _ := e.Dims()
	parts := make([]part, len(original))
	for j, c := range original {
		parts[j] = part{column: c, only: -1}
	}
	for j, c := range e.Columns {
		from := c.From
		if from == nil {
			from = []int{j}
		}
		for _, i := range from {
			if i < 0 || i >= len(original) {
				return nil, &ml.Error{Where: where, Field: ml.ColumnName(e.Columns, j), Found: fmt.Sprintf("made of column %d", i), Want: fmt.Sprintf("one of %d", len(original)), Kind: ml.ErrColumn}
			}
			parts[i].add(j, 1/float64(len(from)))
		}
	}
	out := e.join(parts)
	if x == nil {
		return out, nil
	}
	if r, c := x.Dims(); r != n || c != len(original) {
		return nil, ml.BadShape(where, "x", fmt.Sprintf("%d x %d", r, c), fmt.Sprintf("%d x %d", n, len(original)))
	}
	out.X = tensor.FromMatrix[float64](x)
	return out, nil
}

// part is a column to be: which columns add to it, and which one's numbers it shows.
type part struct {
	column ml.Column
	only   int
	from   []int
	share  []float64
}

func (p *part) add(j int, share float64) { p.from, p.share = append(p.from, j), append(p.share, share) }

func (e *Explanation) join(parts []part) *Explanation {
	n, k, _ := e.Dims()
	out := e.empty(n, k, len(parts))
	out.X, out.Base, out.Outputs = tensor.New[float64](n, len(parts)), e.Base, e.Outputs
	for j, part := range parts {
		out.Columns = append(out.Columns, part.column)
		for i := range n {
			for o := range k {
				values, sum := e.Row(i, o), 0.0
				for q, from := range part.from {
					sum += float64(part.share[q] * values[from])
				}
				out.Row(i, o)[j] = sum
			}
			out.X.Row(i)[j] = math.NaN()
			if part.only >= 0 {
				out.X.Row(i)[j] = e.X.Row(i)[part.only]
			}
		}
	}
	return out
}

func (e *Explanation) empty(rows, outputs, columns int) *Explanation {
	return &Explanation{Values: tensor.New[float64](rows, outputs, columns), Base: tensor.New[float64](rows, outputs)}
}

// copyErrors copies the standard errors of one row and output, if there are any.
func (e *Explanation) copyErrors(row, output int, from *Explanation, i, k int) {
	if from.Errors == nil {
		return
	}
	rows, outputs, p := e.Dims()
	if e.Errors == nil {
		e.Errors = tensor.New[float64](rows, outputs, p)
	}
	_, all, _ := from.Dims()
	copy(e.Errors.Data()[(row*outputs+output)*p:][:p], from.Errors.Data()[(i*all+k)*p:])
}

// Cohort is the rows that belong together.
type Cohort struct {
	Name string
	Rows []int
}

// Cohorts splits the rows by a name for each of them, in the order of the names.
func (e *Explanation) Cohorts(names []string) ([]Cohort, error) {
	n, _, _ := e.Dims()
	if len(names) != n {
		return nil, ml.BadShape("explain.Explanation.Cohorts", "names", fmt.Sprintf("a list of %d", len(names)), fmt.Sprintf("%d, one for each row", n))
	}
	at := map[string]int{}
	var out []Cohort
	for i, name := range names {
		c, ok := at[name]
		if !ok {
			c = len(out)
			at[name] = c
			out = append(out, Cohort{Name: name})
		}
		out[c].Rows = append(out[c].Rows, i)
	}
	sort.Slice(out, func(a, b int) bool { return out[a].Name < out[b].Name })
	return out, nil
}

// Importance is the mean size of the values of each column for one output: what moves the model's answers most, on the whole. weight has a
// number for each row, or is left out.
func (e *Explanation) Importance(output int, weight ...float64) ([]float64, error) {
	const where = "explain.Explanation.Importance"
	n, k, p := e.Dims()
	if output < 0 || output >= k {
		return nil, ml.BadConfig(where, "output", output, fmt.Sprintf("one of %d outputs, from 0", k))
	}
	if len(weight) > 0 && len(weight) != n {
		return nil, ml.BadShape(where, "weight", fmt.Sprintf("a list of %d", len(weight)), fmt.Sprintf("%d, one for each row", n))
	}
	out, total := make([]float64, p), 0.0
	for i := range n {
		w := 1.0
		if len(weight) > 0 {
			w = weight[i]
		}
		if !(w >= 0 && w <= math.MaxFloat64) {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("weight of row %d", i), Found: fmt.Sprint(w), Want: "a finite number >= 0", Kind: ml.ErrWeight}
		}
		total += w
		for j, v := range e.Row(i, output) {
			out[j] += float64(w * math.Abs(v))
		}
	}
	if total > 0 {
		for j := range out {
			out[j] /= total
		}
	}
	return out, nil
}

// Order returns the columns with the most important one first; ties keep their order.
func Order(importance []float64) []int {
	out := make([]int, len(importance))
	for j := range out {
		out[j] = j
	}
	sort.SliceStable(out, func(a, b int) bool { return importance[out[a]] > importance[out[b]] })
	return out
}
