package features

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// A Selector chooses columns for a part of Columns: ByName, ByIndex, ByKind, ByPattern, AllColumns, Except. It gets a
// description of every column, unnamed ones included, and returns indices, each at most once, in the order in which the
// part shall see them. A type of your own needs ml.Register to be saved.
type Selector interface {
	Select(columns []ml.Column) ([]int, error)
}

// ByName selects columns by name, in the order given. A name that no column has, or that several have, is an error.
type ByName []string

// Select returns the columns of those names.
func (s ByName) Select(columns []ml.Column) ([]int, error) {
	at := make(map[string]int, len(columns))
	for j, c := range columns {
		if _, twice := at[c.Name]; twice {
			j = -1
		}
		at[c.Name] = j
	}
	out := make([]int, len(s))
	for i, name := range s {
		j, known := at[name]
		switch {
		case !known || name == "":
			return nil, badSelection("ByName", fmt.Sprintf("%q", name), "one of the columns: "+list(columns))
		case j < 0:
			return nil, badSelection("ByName", fmt.Sprintf("%q, which several columns are called", name), "a name of one column; or ByIndex")
		}
		out[i] = j
	}
	return out, nil
}

// list names at most 20 columns.
func list(columns []ml.Column) string {
	var names []string
	for j := range columns {
		if j == 20 {
			names = append(names, fmt.Sprintf("and %d more", len(columns)-j))
			break
		}
		names = append(names, ml.ColumnName(columns, j))
	}
	return strings.Join(names, ", ")
}

func badSelection(where, found, want string) error {
	return &ml.Error{Where: "features." + where, Field: "column", Found: found, Want: want, Kind: ml.ErrColumn}
}

// ByIndex selects columns by their position from 0, in the order given. A position that does not exist is an error.
type ByIndex []int

// Select returns the positions themselves.
func (s ByIndex) Select(columns []ml.Column) ([]int, error) {
	for _, j := range s {
		if j < 0 || j >= len(columns) {
			return nil, badSelection("ByIndex", fmt.Sprint(j), fmt.Sprintf("0..%d", len(columns)-1))
		}
	}
	return slices.Clone(s), nil
}

// ByKind selects the numeric, the categorical or the text columns: features.ByKind(ml.Categorical). There may be none.
type ByKind ml.Kind

// Select returns the columns of the kind.
func (s ByKind) Select(columns []ml.Column) ([]int, error) {
	if ml.Kind(s) > ml.Text {
		return nil, badSelection("ByKind", ml.Kind(s).String(), "ml.Numeric, ml.Categorical or ml.Text")
	}
	return matching(columns, func(c ml.Column) bool { return c.Kind == ml.Kind(s) }), nil
}

// ByPattern selects the columns whose name holds a match of the regular expression (package regexp): "^sensor_". There may
// be none. An expression that does not compile is an error.
type ByPattern string

// Select returns the columns whose name matches.
func (s ByPattern) Select(columns []ml.Column) ([]int, error) {
	re, err := regexp.Compile(string(s))
	if err != nil {
		return nil, &ml.Error{Where: "features.ByPattern", Field: "pattern", Found: fmt.Sprintf("%q", string(s)), Want: "a regular expression", Kind: ml.ErrConfig, Cause: err}
	}
	return matching(columns, func(c ml.Column) bool { return re.MatchString(c.Name) }), nil
}

// AllColumns selects every column.
type AllColumns struct{}

// Select returns every column.
func (AllColumns) Select(columns []ml.Column) ([]int, error) {
	return matching(columns, func(ml.Column) bool { return true }), nil
}

// Except selects the columns that another selector does not: features.Except{features.ByName{"id"}}.
type Except struct {
	Columns Selector // nil is an error
}

// Select returns the other columns, in their order.
func (s Except) Select(columns []ml.Column) ([]int, error) {
	if s.Columns == nil {
		return nil, ml.BadConfig("features.Except", "Columns", "nil", "a selector, such as features.ByName{...}")
	}
	not, err := s.Columns.Select(columns)
	if err != nil {
		return nil, err
	}
	return others(len(columns), not), nil
}

func matching(columns []ml.Column, holds func(ml.Column) bool) []int {
	var out []int
	for j, c := range columns {
		if holds(c) {
			out = append(out, j)
		}
	}
	return out
}

// others lists what is not in not, of p.
func others(p int, not []int) []int {
	out := make([]bool, p)
	for _, j := range not {
		out[j] = true
	}
	var idx []int
	for j, is := range out {
		if !is {
			idx = append(idx, j)
		}
	}
	return idx
}

func init() {
	ml.Register[ByName]("features.ByName")
	ml.Register[ByIndex]("features.ByIndex")
	ml.Register[ByKind]("features.ByKind")
	ml.Register[ByPattern]("features.ByPattern")
	ml.Register[AllColumns]("features.AllColumns")
	ml.Register[Except]("features.Except")
}
