package text

import "fmt"

// columns are what the shards of one pass start from.
type columns struct {
	asked  []Spec          // what the caller knows
	byKey  map[string]Spec // the same, by name
	specs  []Spec          // the columns, in order
	codes  []map[string]float64
	open   bool // there may be more of them in the text
	sparse bool // a row need not have a cell of every column
}

func newColumns(o Options) *columns {
	h := &columns{asked: o.Specs, byKey: make(map[string]Spec, len(o.Specs))}
	for _, s := range o.Specs {
		if _, twice := h.byKey[s.Name]; !twice {
			h.byKey[s.Name] = s
		}
	}
	return h
}

// set makes specs the columns.
func (h *columns) set(specs []Spec) {
	h.specs = specs
	h.codes = make([]map[string]float64, len(specs))
	for j, s := range specs {
		h.codes[j] = codesOf(s)
	}
}

// known returns what the caller knows of the column.
func (h *columns) known(name string) Spec {
	s := h.byKey[name]
	s.Name = name
	return s
}

// named makes the Specs of columns in order. One without a name goes by its place: "x3".
func (h *columns) named(names []string) []Spec {
	specs := make([]Spec, len(names))
	for j, name := range names {
		specs[j] = h.known(key(name, j))
		specs[j].Name = name
	}
	return specs
}

// key is what a column is called.
func key(name string, j int) string {
	if name == "" {
		return fmt.Sprintf("x%d", j)
	}
	return name
}

// lacking refuses an input without a column that the caller declares: a slip in its name would else go unnoticed.
func (h *columns) lacking() *Fault {
	have := make(map[string]bool, len(h.specs))
	for j, s := range h.specs {
		have[key(s.Name, j)] = true
	}
	for _, s := range h.asked {
		if !s.Like && !have[s.Name] {
			return &Fault{Cause: BadColumn, Found: fmt.Sprintf("without a column %q, whose type is declared", s.Name), Want: "such a column"}
		}
	}
	return nil
}
