package explain

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// document is an Explanation as JSON. Version 1: NaN is null.
type document struct {
	Version int         `json:"version"`
	Columns []column    `json:"columns"`
	Outputs []string    `json:"outputs"`
	Rows    []rowValues `json:"rows"`
}

type column struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind,omitempty"`
	Levels []string `json:"levels,omitempty"`
	From   []int    `json:"from,omitempty"`
}

type rowValues struct {
	X      []*float64   `json:"x"`
	Base   []float64    `json:"base"`             // one for each output
	Values [][]float64  `json:"values"`           // outputs x columns
	Errors [][]*float64 `json:"errors,omitempty"` // outputs x columns; null: not known
}

// MarshalJSON writes the explanation as an object: version, columns, outputs and rows, each with its numbers x, its base, its values (outputs x columns), and their standard errors
// if there are any, null where they are infinite.
func (e *Explanation) MarshalJSON() ([]byte, error) {
	n, k, _ := e.Dims()
	d := document{Version: 1, Outputs: e.Outputs, Columns: []column{}, Rows: []rowValues{}}
	for _, c := range e.Columns {
		one := column{Name: c.Name, Levels: c.Levels, From: c.From}
		if c.Kind != ml.Numeric {
			one.Kind = c.Kind.String()
		}
		d.Columns = append(d.Columns, one)
	}
	for i := range n {
		r := rowValues{Base: e.Base.Row(i)}
		for _, v := range e.X.Row(i) {
			if math.IsNaN(v) {
				r.X = append(r.X, nil)
			} else {
				r.X = append(r.X, &v)
			}
		}
		for o := range k {
			r.Values = append(r.Values, e.Row(i, o))
			if e.Errors == nil {
				continue
			}
			line := make([]*float64, len(e.Columns))
			for j, v := range e.Errors.Data()[(i*k+o)*len(line):][:len(line)] {
				if v <= math.MaxFloat64 {
					line[j] = &v
				}
			}
			r.Errors = append(r.Errors, line)
		}
		d.Rows = append(d.Rows, r)
	}
	return json.Marshal(d)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (e *Explanation) UnmarshalJSON(text []byte) error {
	const where = "explain.Explanation.UnmarshalJSON"
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return &ml.Error{Where: where, Found: "no explanation", Kind: ml.ErrFormat, Cause: err}
	}
	if d.Version != 1 {
		return &ml.Error{Where: where, Field: "version", Found: fmt.Sprint(d.Version), Want: "1", Kind: ml.ErrFormat}
	}
	n, k, p := len(d.Rows), len(d.Outputs), len(d.Columns)
	for i, r := range d.Rows { // before anything of that size is made
		ok := len(r.X) == p && len(r.Base) == k && len(r.Values) == k
		for _, v := range r.Values {
			ok = ok && len(v) == p
		}
		ok = ok && (len(r.Errors) == len(d.Rows[0].Errors)) && (len(r.Errors) == 0 || len(r.Errors) == k)
		for _, v := range r.Errors {
			ok = ok && len(v) == p
		}
		if !ok {
			return &ml.Error{Where: where, Field: fmt.Sprintf("row %d", i), Found: "of another size", Want: fmt.Sprintf("%d outputs and %d columns", k, p), Kind: ml.ErrFormat}
		}
	}
	out := &Explanation{Values: tensor.New[float64](n, k, p), Base: tensor.New[float64](n, k), X: tensor.New[float64](n, p), Outputs: d.Outputs}
	for _, c := range d.Columns {
		one := ml.Column{Name: c.Name, Levels: c.Levels, From: c.From}
		switch c.Kind {
		case "":
		case ml.Categorical.String():
			one.Kind = ml.Categorical
		case ml.Text.String():
			one.Kind = ml.Text
		default:
			return &ml.Error{Where: where, Field: "kind", Found: c.Kind, Want: "categorical or text", Kind: ml.ErrFormat}
		}
		out.Columns = append(out.Columns, one)
	}
	for i, r := range d.Rows {
		copy(out.Base.Row(i), r.Base)
		for j, v := range r.X {
			out.X.Row(i)[j] = math.NaN()
			if v != nil {
				out.X.Row(i)[j] = *v
			}
		}
		for o := range k {
			copy(out.Row(i, o), r.Values[o])
		}
		if len(r.Errors) > 0 && out.Errors == nil {
			out.Errors = tensor.New[float64](n, k, p)
		}
		for o, line := range r.Errors {
			for j, v := range line {
				at := &out.Errors.Data()[(i*k+o)*p+j]
				*at = math.Inf(1)
				if v != nil {
					*at = *v
				}
			}
		}
	}
	*e = *out
	return nil
}
