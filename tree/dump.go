package tree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// WriteJSON writes a whole model as JSON that other programs can read without knowing any library's format: columns and classes by name, and
// for each tree its nodes in one list, the root first, a child after its parent:
//
//	{"format": "gopherwood trees", "version": 1, "task": "regression", "columns": [{"name": "age"}], "outputs": 1, "base": [0.5], "link": "identity",
//	 "trees": [{"nodes": [{"column": 0, "name": "age", "test": "<=", "threshold": 30.5, "missing": "left", "left": 1, "right": 2, "value": [0]},
//	                      {"value": [-0.25]}, {"value": [0.75]}]}]}
//
// A score is base plus the sum over trees of weight (1 if absent) times the value of the leaf, or with "average" its mean. Tests are "<", "<=", "in" and "in
// cut" (see [Rule]); "missing" says where NaN goes, or "zero" if it is taken for 0. ReadJSON reads it back: the same model, to the bit.
func WriteJSON(w io.Writer, m Grown) error {
	const where = "tree.WriteJSON"
	e, err := grown(where, m)
	if err != nil {
		return err
	}
	text, err := json.Marshal(dump(m, e))
	if err != nil {
		return unsupported(where, "the model", err.Error(), "text and numbers")
	}
	return send(where, w, append(text, '\n'))
}

// dumpFormat is how the JSON begins.
const dumpFormat = "gopherwood trees"

type dumped struct {
	Format      string         `json:"format"`
	Version     int            `json:"version"`
	Task        string         `json:"task"`
	Origin      *Origin        `json:"origin,omitempty"`
	Features    int            `json:"features"`
	Columns     []dumpedColumn `json:"columns,omitempty"`
	Classes     []string       `json:"classes,omitempty"`
	Outputs     int            `json:"outputs"`
	Vector      bool           `json:"vector,omitempty"`
	Average     bool           `json:"average,omitempty"`
	Float32     bool           `json:"float32,omitempty"`
	SkipMissing bool           `json:"linear_skips_missing,omitempty"`
	Base        []float64      `json:"base"`
	Link        string         `json:"link"`
	Scale       float64        `json:"link_scale,omitempty"`
	Stage       int            `json:"stage,omitempty"`
	Best        int            `json:"best,omitempty"`
	Trees       []dumpedTree   `json:"trees"`
}

type dumpedColumn struct {
	Name   string   `json:"name,omitempty"`
	Kind   string   `json:"kind,omitempty"`
	Levels []string `json:"levels,omitempty"`
}

type dumpedTree struct {
	Output int          `json:"output,omitempty"`
	Weight *float64     `json:"weight,omitempty"`
	Nodes  []dumpedNode `json:"nodes"`
}

type dumpedNode struct {
	Column    *int        `json:"column,omitempty"` // a leaf has none
	Name      string      `json:"name,omitempty"`
	Test      string      `json:"test,omitempty"`
	Threshold anyFloat    `json:"threshold,omitempty"`
	Codes     []int       `json:"codes,omitempty"`
	Missing   string      `json:"missing,omitempty"`
	Zeros     bool        `json:"zeros_are_missing,omitempty"`
	Left      int         `json:"left,omitempty"`
	Right     int         `json:"right,omitempty"`
	Value     []float64   `json:"value"`
	Linear    *dumpedLine `json:"linear,omitempty"`
	Cover     float64     `json:"cover,omitempty"`
	Hessian   float64     `json:"hessian,omitempty"`
	Gain      anyFloat    `json:"gain,omitempty"`
	ID        *int        `json:"id,omitempty"` // of a leaf in the library it comes from
}

type dumpedLine struct {
	Const   float64   `json:"const"`
	Columns []int32   `json:"columns"`
	Coef    []float64 `json:"coef"`
}

// anyFloat is a number that may be infinite or NaN, which JSON writes as text.
type anyFloat float64

func (f anyFloat) MarshalJSON() ([]byte, error) {
	if !finite(float64(f)) {
		return strconv.AppendQuote(nil, fmt.Sprint(float64(f))), nil
	}
	return json.Marshal(float64(f))
}

func (f *anyFloat) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	*f = anyFloat(v)
	return err
}

var tests = [...]string{Less: "<", LessEq: "<=", In: "in", InCut: "in cut"}

func dump(m Grown, e *Ensemble) dumped {
	meta := m.Meta()
	d := dumped{Format: dumpFormat, Version: 1, Task: "regression", Features: e.Features, Classes: meta.Classes, Outputs: e.Outputs, Vector: e.Vector, Average: e.Average,
		Float32: e.Float32, Base: e.Base, Link: e.Link.String(), Scale: e.LinkScale, Stage: e.Stage, Best: meta.Info.Best, Trees: []dumpedTree{}}
	if _, classifier := m.(ml.Classifier); classifier {
		d.Task = "classification"
	}
	if o, ok := meta.Config.(Origin); ok {
		d.Origin = &o
	}
	for _, c := range meta.Columns {
		col := dumpedColumn{Name: c.Name, Levels: c.Levels}
		if c.Kind == ml.Categorical {
			col.Kind = c.Kind.String()
		}
		d.Columns = append(d.Columns, col)
	}
	d.SkipMissing = e.Linear != nil && e.Linear.SkipMissing
	for t := range e.Trees() {
		tree := dumpedTree{Output: e.output(t), Nodes: make([]dumpedNode, e.Nodes(t))}
		if w := e.weight(t); w != 1 {
			tree.Weight = &w
		}
		for i := range tree.Nodes {
			tree.Nodes[i] = dumpNode(meta, e, t, i)
		}
		d.Trees = append(d.Trees, tree)
	}
	return d
}

func dumpNode(meta *ml.Fitted, e *Ensemble, t, i int) dumpedNode {
	n := e.Node(t, i)
	d := dumpedNode{Value: n.Value, Cover: n.Cover, Hessian: n.Hessian, Gain: anyFloat(n.Gain)}
	if n.Leaf() {
		if e.LeafID != nil {
			d.ID = &n.ID
		}
		if n.Linear != nil {
			d.Linear = &dumpedLine{Const: n.Linear.Const, Columns: n.Linear.Features, Coef: n.Linear.Coef}
		}
		return d
	}
	d.Column, d.Left, d.Right = &n.Feature, n.Left, n.Right
	if n.Feature < len(meta.Columns) {
		d.Name = meta.Columns[n.Feature].Name
	}
	d.Test, d.Missing = tests[n.Rule.Test()], pick(n.Rule&MissingLeft != 0, "left", "right")
	if n.Rule&NaNIsZero != 0 {
		d.Missing = "zero"
	}
	d.Zeros = n.Rule&ZeroIsMissing != 0
	if n.Rule.Categorical() {
		d.Codes = codes(n.Set)
	} else {
		d.Threshold = anyFloat(n.Threshold)
	}
	return d
}

// ReadJSON reads what WriteJSON wrote, as the fitted model that it was:
//
//	m, err := tree.ReadJSON[*tree.RegressionModel](r)
//
// A file that is not sound gives ml.ErrFormat, one that holds another kind of model ml.ErrType. The config is the Origin of a model that was
// loaded from another library's file, and nil of others: configs are in the files of ml.Save.
func ReadJSON[M any](r io.Reader) (M, error) {
	const where = "tree.ReadJSON"
	var none M
	data, err := readAll(where, r)
	if err != nil {
		return none, err
	}
	var d dumped
	if err := json.Unmarshal(data, &d); err != nil {
		return none, fileError(where, err)
	}
	f, e, kind, err := undump(&d, setBudget(len(data)))
	if err != nil {
		return none, fileError(where, err)
	}
	return loaded[M](where, f, e, kind)
}

func undump(d *dumped, words int) (f ml.Fitted, e *Ensemble, kind task, err error) {
	if d.Format != dumpFormat || d.Version != 1 {
		return f, nil, 0, malformed("format and version", fmt.Sprintf("%.40q and %d", d.Format, d.Version), fmt.Sprintf("%q and 1", dumpFormat))
	}
	link := slices.Index(linkNames[:], d.Link)
	if link < 0 || d.Task != "regression" && d.Task != "classification" || d.Columns != nil && len(d.Columns) != d.Features {
		return f, nil, 0, malformed("link, task and columns", fmt.Sprintf("%.40q, %.40q and %d", d.Link, d.Task, len(d.Columns)), "a known link and task, and a column for each feature")
	}
	if d.Task == "classification" {
		kind = classification
	}
	b := NewBuilder(Ensemble{Features: d.Features, Outputs: d.Outputs, Vector: d.Vector, Average: d.Average, Float32: d.Float32, Base: d.Base, Link: Link(link),
		LinkScale: d.Scale, Stage: d.Stage})
	if d.SkipMissing {
		b.SkipMissing()
	}
	for t, tree := range d.Trees {
		nodes := make([]Node, len(tree.Nodes))
		for i := range nodes {
			if nodes[i], err = undumpNode(&tree.Nodes[i], i, &words); err != nil {
				return f, nil, 0, fmt.Errorf("node %d of tree %d: %w", i, t, err)
			}
		}
		weight := 1.0
		if tree.Weight != nil {
			weight = *tree.Weight
		}
		b.Add(tree.Output, weight, nodes)
	}
	if e, err = b.Ensemble(); err != nil {
		return f, nil, 0, err
	}
	for _, c := range d.Columns {
		col := ml.Column{Name: c.Name, Levels: c.Levels}
		if c.Kind == ml.Categorical.String() {
			col.Kind = ml.Categorical
		}
		f.Columns = append(f.Columns, col)
	}
	f.Classes, f.Info.Best = d.Classes, d.Best
	if d.Origin != nil {
		f.Config = *d.Origin
	}
	return f, e, kind, nil
}

func undumpNode(d *dumpedNode, i int, words *int) (Node, error) {
	n := Node{Feature: -1, Value: d.Value, Cover: d.Cover, Hessian: d.Hessian, Gain: float64(d.Gain), ID: i}
	if d.Column == nil {
		if d.ID != nil {
			n.ID = *d.ID
		}
		if d.Linear != nil {
			n.Linear = &Line{Const: d.Linear.Const, Features: d.Linear.Columns, Coef: d.Linear.Coef}
		}
		return n, nil
	}
	test := slices.Index(tests[:], d.Test)
	if test < 0 || *d.Column < 0 {
		return n, malformed("column and test", fmt.Sprintf("%d and %.20q", *d.Column, d.Test), "a column and one of <, <=, in, in cut")
	}
	n.Feature, n.Rule, n.Threshold, n.Left, n.Right = *d.Column, Rule(test), float64(d.Threshold), d.Left, d.Right
	switch d.Missing {
	case "left":
		n.Rule |= MissingLeft
	case "zero":
		n.Rule |= NaNIsZero
	case "right":
	default:
		return n, malformed("missing", fmt.Sprintf("%.20q", d.Missing), "left, right or zero")
	}
	if d.Zeros {
		n.Rule |= ZeroIsMissing
	}
	for _, code := range d.Codes {
		if code < 0 || code >= math.MaxInt32 {
			return n, malformed("codes", fmt.Sprint(code), "categories from 0")
		}
		if more := code/32 + 1 - len(n.Set); more > 0 {
			if *words -= more; *words < 0 {
				return n, malformed("codes", "a few far apart", "sets of a size that fits the file's")
			}
			n.Set = append(n.Set, make([]uint32, more)...)
		}
		n.Set[code/32] |= 1 << (code % 32)
	}
	return n, nil
}
