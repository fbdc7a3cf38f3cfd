package text

import "fmt"

// shard holds the cells of one block.
type shard struct {
	*rules
	cols    []column
	rows    int            // finished rows
	open    bool           // columns may be added by name
	byName  map[string]int // where rows name their columns
	present int            // cells that were there, of an open shard
	weight  []float64      // of the rows, up to the last that states one

	// The rows instead of the columns' vals where the text leaves zeros out. indptr lacks the zero in front.
	indptr  []int
	indices []int32
	values  []float64
}

// newShard starts a shard for a block. asText, if not nil, says which columns a first attempt found to be text, by
// position.
func newShard(b block, r *rules, h *columns, asText []bool) *shard {
	s := &shard{rules: r, open: h.open, cols: make([]column, len(h.specs))}
	for j, spec := range h.specs {
		s.cols[j] = newColumn(spec, h.codes[j])
		if !h.sparse && spec.Type != Skip {
			s.cols[j].vals = make([]float64, 0, min(b.lines, len(b.data)/len(h.specs)+1)) // a cell takes a byte at least
		}
	}
	if h.open || h.sparse {
		s.byName = make(map[string]int, len(h.specs))
		for j, spec := range h.specs {
			s.byName[spec.Name] = j
		}
	}
	for j, text := range asText {
		if text && j < len(s.cols) {
			s.cols[j].becomeText()
		}
	}
	return s
}

// cell adds a cell of the current row to column j.
func (s *shard) cell(j int, b []byte, typed bool) *Fault {
	c := &s.cols[j]
	if c.Type == Skip {
		return nil
	}
	v, ok := c.value(s.rules, b, typed)
	if ok > mixed {
		f := c.fault(ok, s.rules, b)
		f.Column = j + 1
		return f
	}
	s.put(c, v)
	return nil
}

// missing adds a missing cell of the current row to column j.
func (s *shard) missing(j int) {
	if c := &s.cols[j]; c.Type != Skip {
		s.put(c, nan)
	}
}

// put stores a value of the current row. The rows before it which had no cell of this column are missing.
func (s *shard) put(c *column, v float64) {
	for len(c.vals) < s.rows {
		c.vals = append(c.vals, nan)
	}
	c.vals = append(c.vals, v)
}

// taken says that the current row has a cell of column j already.
func (s *shard) taken(j int) bool { return len(s.cols[j].vals) > s.rows }

// find returns the position of the column of that name, which it adds to an open shard; -1 if the shard is not open.
func (s *shard) find(h *columns, name []byte) int {
	if j, ok := s.byName[string(name)]; ok {
		return j
	}
	if !s.open {
		return -1
	}
	spec := h.known(string(name))
	s.byName[spec.Name] = len(s.cols)
	s.cols = append(s.cols, newColumn(spec, codesOf(spec)))
	return len(s.cols) - 1
}

// clashes returns which columns need to be read as text from the start, nil if none.
func (s *shard) clashes() []bool {
	var out []bool
	for j := range s.cols {
		if s.cols[j].clash {
			if out == nil {
				out = make([]bool, len(s.cols))
			}
			out[j] = true
		}
	}
	return out
}

// roomFor refuses a table that is almost empty and far larger than the text it came from: each line of a small hostile
// file could name a column of its own. Below 32 MB anything goes.
func roomFor(rows, cols, present int) *Fault {
	const small, emptiest = 1 << 22, 1000
	if rows == 0 || cols <= small/rows || cols/emptiest <= present/rows {
		return nil
	}
	return &Fault{Cause: TooLarge, Found: fmt.Sprintf("a table of %d rows and %d columns with %d values", rows, cols, present),
		Want: "columns that are less sparse; LIBSVM text keeps sparse tables sparse"}
}
