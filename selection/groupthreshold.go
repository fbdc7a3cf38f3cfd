package selection

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// GroupThreshold is what a TunedThreshold with By found for one group of rows.
type GroupThreshold struct {
	Name      string  // the level of a categorical column, or the number in words
	Value     float64 // the code or whole number in the column
	Threshold float64 // class 1 from it on; that of all rows unless Own
	Own       bool    // it was tuned on the group's rows; false: they are too few, or of one class
	Score     float64 // the score of the group's rows at Threshold; 0 unless Own
	Reached   float64 // their score of Subject at Threshold; 0 unless Own, or without Subject
	Rows      int     // the group's test rows, each counted once
}

func (c TunedThreshold) checkGroups(where string) error {
	switch {
	case c.MinRows < 0:
		return ml.BadConfig(where, "MinRows", c.MinRows, "> 0, or 0 for 30")
	case c.MinRows > 0 && c.By == "":
		return ml.BadConfig(where, "MinRows", c.MinRows, "0 without By: there are no groups")
	}
	return nil
}

// groupsOf finds the column of that name, and every row's number in it.
func groupsOf(where, name string, t ml.Table) (by int, group []float64, err error) {
	n, p := t.X.Dims()
	by = -1
	for j := range p {
		if ml.ColumnName(t.Columns, j) != name {
			continue
		}
		if by >= 0 {
			return 0, nil, badGroups(where, fmt.Sprintf("%q, the name of columns %d and %d", name, by, j), "the name of one column")
		}
		by = j
	}
	if by < 0 {
		return 0, nil, badGroups(where, strconv.Quote(name), "the name of a column")
	}
	if by < len(t.Columns) && t.Columns[by].Kind == ml.Text {
		return 0, nil, badGroups(where, fmt.Sprintf("%q, a column of texts", name), "a column that is categorical or of whole numbers")
	}
	group = make([]float64, n)
	for i := range group {
		v := t.X.At(i, by)
		if !math.IsNaN(v) && (!finite(v) || v != math.Trunc(v)) {
			return 0, nil, badGroups(where, fmt.Sprintf("%q, with %v in row %d", name, v, i), "a column that is categorical or of whole numbers")
		}
		group[i] = v + 0 // of -0 too the name is 0
	}
	return by, group, nil
}

func badGroups(where, found, want string) error {
	return &ml.Error{Where: where, Field: "By", Found: found, Want: want, Kind: ml.ErrColumn}
}

// groupRows are rows of one group in the test rows of all folds, in the order of the folds, with their scores.
type groupRows struct {
	rows   []int
	scores []float64
}

// groups tunes a threshold on the test rows of each group.
func (c TunedThreshold) groups(ctx context.Context, where string, overall float64, d ml.Dataset[int], by int, group []float64, tests []testRows) ([]GroupThreshold, error) {
	d.Valid = nil
	of := map[float64]*groupRows{}
	for _, v := range group {
		if !math.IsNaN(v) && of[v] == nil {
			of[v] = &groupRows{}
		}
	}
	for _, f := range tests {
		for i, s := range f.scores {
			row := i
			if f.rows != nil {
				row = f.rows[i]
			}
			if h := of[group[row]]; h != nil {
				h.rows, h.scores = append(h.rows, row), append(h.scores, s)
			}
		}
	}
	out := make([]GroupThreshold, 0, len(of))
	for v, h := range of {
		out = append(out, GroupThreshold{Name: groupName(d.Columns, by, v), Value: v, Threshold: overall, Rows: distinct(h.rows)})
	}
	slices.SortFunc(out, func(a, b GroupThreshold) int { return cmp.Compare(a.Value, b.Value) })
	for i := range out {
		g := &out[i]
		h := of[g.Value]
		if g.Rows < c.MinRows || !bothClasses(d.Y, h.rows) {
			continue
		}
		curve, err := c.curve(ctx, h.scores, d.Select(h.rows))
		if err != nil {
			return nil, fmt.Errorf("%s: group %s: %w", where, g.Name, err)
		}
		best := c.best(curve)
		if best < 0 {
			return nil, c.outOfReach(where, " in group "+g.Name)
		}
		g.Own, g.Threshold, g.Score = true, curve.at[best], curve.score[best]
		if c.Subject != nil {
			g.Reached = curve.subject[best]
		}
	}
	return out, nil
}

func groupName(columns []ml.Column, by int, v float64) string {
	if by < len(columns) && columns[by].Kind == ml.Categorical {
		if levels := columns[by].Levels; v >= 0 && v < float64(len(levels)) {
			return levels[int(v)]
		}
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// distinct counts rows that may repeat: repeated splits test a row several times.
func distinct(rows []int) int {
	sorted := slices.Sorted(slices.Values(rows))
	return len(slices.Compact(sorted))
}

func bothClasses(y, rows []int) bool {
	return slices.ContainsFunc(rows, func(i int) bool { return y[i] != y[rows[0]] })
}

// group is the threshold of the group with that number, if there is one.
func (m *ThresholdModel) group(v float64) (GroupThreshold, bool) {
	i, ok := slices.BinarySearchFunc(m.Groups, v, func(g GroupThreshold, v float64) int { return cmp.Compare(g.Value, v) })
	if !ok || !m.Groups[i].Own {
		return GroupThreshold{}, false
	}
	return m.Groups[i], true
}

// checkGroups makes sure that the groups of a model that was read from a file can be found and decided.
func (m *ThresholdModel) checkGroups(where string) error {
	if m.Groups != nil && (m.By < 0 || m.By >= m.Info.Features) {
		return ml.BadFile(where, "By", strconv.Itoa(m.By), fmt.Sprintf("one of %d columns", m.Info.Features))
	}
	for i, g := range m.Groups {
		if !finite(g.Value) || !finite(g.Threshold) || i > 0 && g.Value <= m.Groups[i-1].Value {
			return ml.BadFile(where, fmt.Sprintf("Groups[%d]", i), fmt.Sprintf("%v at %v", g.Value, g.Threshold), "finite numbers, values rising")
		}
	}
	return nil
}
