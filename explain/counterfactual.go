package explain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
	"github.com/gopherwood-ml/ml/tree"
)

// TreeCounterfactuals looks for the least change of a row that makes a model of trees answer otherwise: what an applicant would have had to be, to be accepted.
//
// The search is exact. A number matters to trees only by which of their thresholds it lies beyond, so each column has finitely many values worth trying, the nearest
// one of each cell between thresholds, and the cheapest choice is found by branch and bound over boxes of cells: boxes are opened by what their cheapest point costs,
// and dropped where even the best leaves that each tree can still reach fall short of the goal (cf. Parmentier and Vidal 2021, "Optimal counterfactual explanations in tree
// ensembles", who solve the same problem as an integer program). What is found is what the model itself answers. The time is exponential in the worst case: a search that
// has looked at MaxBoxes boxes ends with the best it knows, and says so in Optimal.
//
// What a change costs is the sum over the columns of weight x distance, where the distance of numbers is their difference over the column's scale, and that of two
// different categories is 1. So is that of a missing number that becomes known; a known one never becomes missing.
//
// Any number of goroutines may use it at once. Nothing is random. Linear leaves are refused.
type TreeCounterfactuals struct {
	Class  int     // classifiers: the class that the row is to become
	Chance float64 // classifiers: the probability that Class must have, below 1; 0: more than any other class. One-vs-rest models take 0 or at least 0.5

	Output int     // numbers: the output that is to change
	Lo, Hi float64 // numbers: what the prediction must be, Lo <= prediction <= Hi; infinite for one bound alone

	Limits     []Limit  // what may change, for the columns that are not free
	Data       ml.Table // training rows or the like: numbers are scaled by the median distance from their median, or, if that is 0, by their standard deviation, and categories become only what is there. None: numbers are scaled by the span of the model's thresholds for them
	Norm       Norm     // 0: L1
	PerChange  float64  // what each column that changes costs beside its distance: more makes for fewer changes. 0: nothing
	MaxChanges int      // the most columns that change; 0: any number
	Count      int      // counterfactuals to find. Each one after the first is the cheapest that leaves some column alone of those that each one before it changes. 0: 1
	MaxBoxes   int      // the budget of each; 0: 100,000
}

// Norm is how the distance of numbers counts.
type Norm uint8

// The norms.
const (
	L1 Norm = iota // |difference| / scale
	L2             // its square
	L0             // 1 for any difference; of changes that cost the same the one with the least L1
)

// Limit says what one column may become. It may always stay as it is.
type Limit struct {
	Column    int
	Fixed     bool    // it must stay
	Direction int     // 1: it may only rise, -1: only fall; 0: both. A missing one may become anything
	Lo, Hi    float64 // what it may become lies between; both 0: anywhere. Infinite for one bound alone
	Step      float64 // what it may become is a multiple of this: 1 for whole numbers, 0.01 for cents. 0: any number
	Levels    []int   // the codes that a category may become; nil: any
	Weight    float64 // what its distance counts; 0: 1
	Scale     float64 // of its distance, in its unit; 0: from Data, or the thresholds
}

// Counterfactual is one row for which the model answers as wanted.
type Counterfactual struct {
	X       []float64
	Changed []int     // the columns in which it differs, ascending
	Cost    float64   // in all
	Answer  []float64 // the probability of each class, or the predicted numbers
	Optimal bool      // whether it is proven that there is none that costs less (by more than a 1e-12th part)
	Bound   float64   // what any one costs at least: Cost if it is optimal
}

// Counterfactuals are the result for one row, the cheapest one first.
type Counterfactuals struct {
	Columns []ml.Column
	Classes []string // of a classifier; nil: unnamed
	X       []float64
	Answer  []float64 // as things are
	Found   []Counterfactual
	Proven  bool // every one of Found is optimal, and if there are fewer than were asked for, no other exists. One that changes nothing says that the row is there already
	Boxes   int  // looked at, in all
}

// Of searches for row, one number for each column of the model, NaN where one is missing. It takes a few microseconds for each tree and box, and 100 bytes and more
// for each box.
func (c TreeCounterfactuals) Of(ctx context.Context, m tree.Grown, row []float64) (*Counterfactuals, error) {
	const where = "explain.TreeCounterfactuals.Of"
	h, err := c.prepare(where, m, row)
	if err != nil {
		return nil, err
	}
	out := &Counterfactuals{Columns: h.columns, Classes: slices.Clone(m.Meta().Classes), X: slices.Clone(row), Answer: h.aim.answer(row), Proven: true}
	for len(out.Found) < max(1, c.Count) {
		found, err := h.search(ctx)
		if err != nil {
			return nil, err
		}
		out.Boxes += found.boxes
		if found.choice == nil {
			out.Proven = out.Proven && found.complete
			return out, nil
		}
		one := Counterfactual{X: h.point(found.choice), Cost: found.cost.main, Optimal: found.complete, Bound: found.bound}
		for _, col := range h.cols {
			if found.choice[col.place] != col.stay {
				one.Changed = append(one.Changed, col.column)
			}
		}
		one.Answer = h.aim.answer(one.X)
		out.Found, out.Proven = append(out.Found, one), out.Proven && one.Optimal
		if len(one.Changed) == 0 {
			return out, nil
		}
		h.avoid = append(h.avoid, h.changed(found.choice))
	}
	return out, nil
}

func (c TreeCounterfactuals) prepare(where string, m tree.Grown, row []float64) (*hunt, error) {
	e := m.Trees()
	if e == nil {
		return nil, &ml.Error{Where: where, Field: "model", Found: "without trees", Want: "a fitted model", Kind: ml.ErrFormat}
	}
	if err := e.Restore(); err != nil {
		return nil, err
	}
	if err := ml.CheckRow(where, m.Meta(), row); err != nil {
		return nil, err
	}
	for j, v := range row {
		if math.IsInf(v, 0) {
			return nil, ml.NotFinite(where, m.Meta().Columns, 0, j, v)
		}
	}
	switch {
	case e.Linear != nil:
		return nil, &ml.Error{Where: where, Field: "model", Found: "with linear leaves", Want: "trees whose leaves are constant", Kind: ml.ErrConfig}
	case c.Norm > L0:
		return nil, ml.BadConfig(where, "Norm", c.Norm, "L1, L2 or L0")
	case !(c.PerChange >= 0 && c.PerChange <= math.MaxFloat64):
		return nil, ml.BadConfig(where, "PerChange", c.PerChange, "a finite number >= 0")
	case c.MaxChanges < 0:
		return nil, ml.BadConfig(where, "MaxChanges", c.MaxChanges, ">= 0")
	case c.Count < 0:
		return nil, ml.BadConfig(where, "Count", c.Count, ">= 0")
	case c.MaxBoxes < 0:
		return nil, ml.BadConfig(where, "MaxBoxes", c.MaxBoxes, ">= 0")
	}
	if err := checkDepth(where, e); err != nil {
		return nil, err
	}
	aim, err := c.aim(where, m)
	if err != nil {
		return nil, err
	}
	h := &hunt{e: e, aim: aim, row: row, columns: columnsOf(m.Meta(), e.Features), boxes: c.MaxBoxes, most: c.MaxChanges}
	if h.boxes == 0 {
		h.boxes = 100_000
	}
	limits, err := c.limits(where, e.Features)
	if err != nil {
		return nil, err
	}
	var data tensor.Matrix
	if !rows.IsNil(c.Data.X) {
		if err := c.Data.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
			return nil, err
		}
		if err := ml.CheckPredict(where, m.Meta(), c.Data.X); err != nil {
			return nil, err
		}
		data = c.Data.X
	}
	return h, h.list(c, limits, data)
}

// limits are those of each column.
func (c TreeCounterfactuals) limits(where string, features int) ([]Limit, error) {
	out := make([]Limit, features)
	seen := make([]bool, features)
	for _, l := range c.Limits {
		if l.Column < 0 || l.Column >= features || seen[l.Column] {
			return nil, ml.BadConfig(where, "Limits.Column", l.Column, fmt.Sprintf("one of %d columns, from 0, each at most once", features))
		}
		seen[l.Column] = true
		switch {
		case l.Direction < -1 || l.Direction > 1:
			return nil, ml.BadConfig(where, "Limits.Direction", l.Direction, "-1, 0 or 1")
		case !(l.Lo <= l.Hi):
			return nil, ml.BadConfig(where, "Limits.Lo and Hi", fmt.Sprintf("%v and %v", l.Lo, l.Hi), "Lo <= Hi")
		case !(l.Step >= 0 && l.Step <= math.MaxFloat64):
			return nil, ml.BadConfig(where, "Limits.Step", l.Step, "a finite number >= 0")
		case !(l.Weight >= 0 && l.Weight <= math.MaxFloat64):
			return nil, ml.BadConfig(where, "Limits.Weight", l.Weight, "a finite number > 0, or 0 for 1")
		case !(l.Scale >= 0 && l.Scale <= math.MaxFloat64):
			return nil, ml.BadConfig(where, "Limits.Scale", l.Scale, "a finite number > 0, or 0 for that of the data")
		}
		out[l.Column] = l
	}
	for j := range out {
		if out[j].Lo == 0 && out[j].Hi == 0 {
			out[j].Lo, out[j].Hi = math.Inf(-1), math.Inf(1)
		}
		if out[j].Weight == 0 {
			out[j].Weight = 1
		}
	}
	return out, nil
}

// Text says in plain lines what would have to be different, for a letter:
//
//	income: 41000 instead of 30000
//	contract: yearly instead of monthly
func (c *Counterfactuals) Text(k int) (string, error) {
	if k < 0 || k >= len(c.Found) {
		return "", ml.BadConfig("explain.Counterfactuals.Text", "k", k, fmt.Sprintf("one of %d that were found, from 0", len(c.Found)))
	}
	var b strings.Builder
	for _, j := range c.Found[k].Changed {
		from, to := c.X[j], c.Found[k].X[j]
		words := [2]string{shown(c.Columns[j], to), shown(c.Columns[j], from)}
		if words[0] == words[1] || closer(c.Columns[j], from, to, words[0]) {
			words = [2]string{exactly(to), exactly(from)}
		}
		fmt.Fprintf(&b, "%s: %s instead of %s\n", c.Columns[j].Name, words[0], words[1])
	}
	return b.String(), nil
}

// closer reports whether a number, as it is shown, lies nearer to where it began than it is: then it may lie on the wrong side of a threshold.
func closer(c ml.Column, from, to float64, shown string) bool {
	if c.Kind == ml.Categorical || math.IsNaN(from) || math.IsNaN(to) {
		return false
	}
	var read float64
	if _, err := fmt.Sscan(shown, &read); err != nil {
		return false
	}
	return math.Abs(read-from) < math.Abs(to-from)
}

// exactly is a number with all the digits it takes.
func exactly(v float64) string {
	if math.IsNaN(v) {
		return "missing"
	}
	return fmt.Sprint(v)
}
