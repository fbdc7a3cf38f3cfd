package text

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
)

// Table is what a reader returns.
type Table struct {
	Rows   int
	X      []float64 // Rows x len(Specs), row by row; NaN for missing
	Specs  []Spec    // the columns that are not skipped: Type is never Auto, and a Category has its Levels
	Weight []float64 // nil if no row states one

	// A sparse matrix instead of X, if Indptr is not nil.
	Indptr  []int
	Indices []int32
	Values  []float64
}

// readWhole reads all of src into one table. Only if a column turns out to be text after some block took it for
// something else is the input read a second time.
func readWhole(src source, f format, h *columns, r *rules) (*Table, *Fault) {
	for {
		var shards []*shard
		for {
			blocks, fault := src.round(0)
			if fault != nil {
				return nil, fault
			}
			if len(blocks) == 0 {
				break
			}
			part, fault := parse(blocks, f, h, r)
			if fault != nil {
				return nil, fault
			}
			shards = append(shards, part...)
		}
		l := newLayout(h, shards)
		if !l.reread {
			return l.table(h, r)
		}
		h.set(l.specs)
		if fault := src.rewind(); fault != nil {
			return nil, fault
		}
	}
}

// readBatch reads so many rows into a table, nil at the end. The first batch settles what the columns are.
func readBatch(src source, rows int, f format, h *columns, r *rules) (*Table, *Fault) {
	blocks, fault := src.round(rows)
	if fault != nil || len(blocks) == 0 {
		return nil, fault
	}
	for {
		shards, fault := parse(blocks, f, h, r)
		if fault != nil {
			return nil, fault
		}
		l := newLayout(h, shards)
		h.set(l.specs)
		if l.reread {
			continue
		}
		t, fault := l.table(h, r)
		if fault != nil || t.Rows == 0 { // blank lines or comments may still follow the last row
			return nil, fault
		}
		h.settle(t)
		return t, nil
	}
}

// settle declares every column to be what it is in t.
func (h *columns) settle(t *Table) {
	specs := slices.Clone(h.specs)
	for j, k := 0, 0; j < len(specs); j++ {
		if specs[j].Type == Skip {
			continue
		}
		if !specs[j].Numeric {
			specs[j].Type, specs[j].Levels = t.Specs[k].Type, t.Specs[k].Levels
			if specs[j].Text {
				specs[j].Levels = nil // the next batch has texts of its own
			}
		}
		k++
	}
	h.set(specs)
	h.open = false
}

// parse turns every block into a shard, side by side. Of several faults the first in the input counts.
func parse(blocks []block, f format, h *columns, r *rules) ([]*shard, *Fault) {
	shards := make([]*shard, len(blocks))
	faults := make([]*Fault, len(blocks))
	par.ForChunks(len(blocks), 1, func(k, _, _ int) { shards[k], faults[k] = parseBlock(blocks[k], f, h, r) })
	for _, fault := range faults {
		if fault != nil {
			return nil, fault
		}
	}
	return shards, nil
}

// parseBlock parses a block, and once more if columns began as something else but are text.
func parseBlock(b block, f format, h *columns, r *rules) (*shard, *Fault) {
	s := newShard(b, r, h, nil)
	if fault := f.parse(b, s, h); fault != nil {
		return nil, fault
	}
	clashes := s.clashes()
	if clashes == nil {
		return s, nil
	}
	again := *h
	again.byKey = make(map[string]Spec, len(h.byKey))
	for name, spec := range h.byKey {
		again.byKey[name] = spec
	}
	for j := range s.cols {
		if clashes[j] && j >= len(h.specs) {
			again.byKey[s.cols[j].Name] = Spec{Name: s.cols[j].Name, Type: Category}
		}
	}
	s = newShard(b, r, &again, clashes)
	return s, f.parse(b, s, &again)
}

// layout says how the columns of the shards become the columns of a table.
type layout struct {
	shards []*shard
	specs  []Spec  // of all columns
	place  [][]int // of column j in shard k; -1 if the shard has none
	reread bool    // a shard took a column of text for something else
}

// newLayout lines the columns up, by position, or by name where each shard found its own, and works out their types.
func newLayout(h *columns, shards []*shard) *layout {
	l := &layout{shards: shards, specs: slices.Clone(h.specs), place: make([][]int, len(shards))}
	at := map[string]int{}
	for _, s := range shards {
		for j := len(h.specs); j < len(s.cols); j++ {
			if name := s.cols[j].Name; !has(at, name) {
				at[name] = len(l.specs)
				l.specs = append(l.specs, h.known(name))
			}
		}
	}
	for k, s := range shards {
		l.place[k] = make([]int, len(l.specs))
		for j := range l.specs {
			l.place[k][j] = -1
		}
		for j := range s.cols {
			to := j
			if j >= len(h.specs) {
				to = at[s.cols[j].Name]
			}
			l.place[k][to] = j
		}
	}
	for j := range l.specs {
		if l.isText(j) {
			l.specs[j].Type = Category
		}
	}
	return l
}

func has(m map[string]int, name string) bool { _, ok := m[name]; return ok }

// column is column j of shard k, nil if the shard lacks it.
func (l *layout) column(k, j int) *column {
	if at := l.place[k][j]; at >= 0 {
		return &l.shards[k].cols[at]
	}
	return nil
}

// isText works out whether an undeclared column is text, and if so whether all shards took it for that.
func (l *layout) isText(j int) bool {
	if l.specs[j].Type != Auto || l.specs[j].Numeric {
		return false
	}
	var all column
	all.kind = nothing
	text, misread := false, false
	for k := range l.shards {
		c := l.column(k, j)
		if c == nil || c.kind == nothing {
			continue
		}
		text = text || c.kind == labels || all.kind != nothing && c.kind != all.kind
		misread = misread || c.kind != labels
		all.kind = c.kind
		all.wide, all.fraction = all.wide || c.wide, all.fraction || c.fraction
	}
	text = text || all.isID()
	l.reread = l.reread || text && misread
	return text
}

// table puts the shards together.
func (l *layout) table(h *columns, r *rules) (*Table, *Fault) {
	h.set(l.specs)
	if fault := h.lacking(); fault != nil {
		return nil, fault
	}
	rows, present := 0, 0
	starts := make([]int, len(l.shards))
	for k, s := range l.shards {
		starts[k] = rows
		rows += s.rows
		present += s.present
	}
	t := &Table{Rows: rows}
	var cols []int // which are kept
	for j, s := range l.specs {
		if s.Type != Skip {
			cols = append(cols, j)
			t.Specs = append(t.Specs, s)
		}
	}
	if h.open {
		if fault := roomFor(rows, len(cols), present); fault != nil {
			return nil, fault
		}
	}
	codes := make([][][]float64, len(cols)) // new code of each old one, by column and shard
	for c, j := range cols {
		var fault *Fault
		if t.Specs[c], codes[c], fault = l.finish(j, r); fault != nil {
			return nil, fault
		}
	}
	t.Weight = l.weights(rows)
	if l.leavesZerosOut() {
		l.sparse(t, cols)
	} else {
		l.dense(t, cols, codes, starts)
	}
	return t, nil
}

// dense fills t.X. starts are the first rows of the shards.
func (l *layout) dense(t *Table, cols []int, codes [][][]float64, starts []int) {
	t.X = make([]float64, t.Rows*len(cols))
	par.ForChunks(len(l.shards), 1, func(k, _, _ int) {
		s := l.shards[k]
		out := t.X[starts[k]*len(cols):][:s.rows*len(cols)]
		for lo := 0; lo < s.rows; lo += 64 { // few enough rows that the cache holds them for all columns
			hi := min(lo+64, s.rows)
			for c, j := range cols {
				var vals, to []float64
				if from := l.column(k, j); from != nil {
					vals = from.vals
				}
				if codes[c] != nil {
					to = codes[c][k]
				}
				scatter(out[c:], len(cols), vals, to, lo, hi)
			}
		}
		l.shards[k] = nil // its memory is not needed any more
	})
}

// leavesZerosOut says that the shards hold sparse rows.
func (l *layout) leavesZerosOut() bool {
	for _, s := range l.shards {
		if s.indptr != nil {
			return true
		}
	}
	return false
}

// sparse fills the sparse arrays of t. The levels of sparse rows are known beforehand, so their codes stay.
func (l *layout) sparse(t *Table, cols []int) {
	to := make([]int32, len(l.specs))
	for c, j := range cols {
		to[j] = int32(c)
	}
	t.Indptr = append(make([]int, 0, t.Rows+1), 0)
	for _, s := range l.shards {
		base := len(t.Values)
		for _, end := range s.indptr {
			t.Indptr = append(t.Indptr, base+end)
		}
		for _, j := range s.indices {
			t.Indices = append(t.Indices, to[j])
		}
		t.Values = append(t.Values, s.values...)
	}
}

// weights joins the weights of the shards; a row that states none weighs 1.
func (l *layout) weights(rows int) []float64 {
	var out []float64
	start := 0
	for _, s := range l.shards {
		if len(s.weight) > 0 {
			out = slices.Grow(out, rows-len(out))
			for len(out) < start {
				out = append(out, 1)
			}
			out = append(out, s.weight...)
		}
		start += s.rows
	}
	for out != nil && len(out) < rows {
		out = append(out, 1)
	}
	return out
}

// scatter writes rows lo to hi of one column into a matrix of the given width.
func scatter(out []float64, width int, vals, codes []float64, lo, hi int) {
	for i := lo; i < hi; i++ {
		v := nan
		if i < len(vals) {
			v = vals[i]
		}
		if codes != nil && v == v {
			v = codes[int(v)]
		}
		out[i*width] = v
	}
}

// finish settles the type of column j, and orders its levels: new codes for the old ones of each shard, nil if they
// stay.
func (l *layout) finish(j int, r *rules) (Spec, [][]float64, *Fault) {
	spec := l.specs[j]
	if spec.Type == Auto {
		spec.Type = Number
		for k := range l.shards {
			if c := l.column(k, j); c != nil && c.kind == booleans {
				spec.Type = Bool
			} else if c != nil && c.kind == instants {
				spec.Type = Time
			}
		}
	}
	if spec.Type != Category || spec.Levels != nil {
		return spec, nil, nil
	}
	spec.Levels = []string{}
	seen := map[string]float64{}
	for k := range l.shards {
		c := l.column(k, j)
		if c == nil {
			continue
		}
		for _, name := range c.levels {
			if _, ok := seen[name]; !ok {
				seen[name] = 0
				spec.Levels = append(spec.Levels, name)
			}
		}
		if len(spec.Levels) > r.maxLevels && !spec.Text {
			f := c.fault(tooMany, r, []byte(spec.Levels[r.maxLevels]))
			f.Column = j + 1
			return spec, nil, f
		}
	}
	slices.Sort(spec.Levels)
	for code, name := range spec.Levels {
		seen[name] = float64(code)
	}
	codes := make([][]float64, len(l.shards))
	for k := range l.shards {
		if c := l.column(k, j); c != nil {
			codes[k] = make([]float64, len(c.levels))
			for i, name := range c.levels {
				codes[k][i] = seen[name]
			}
		}
	}
	return spec, codes, nil
}

// batches yields what readBatch reads until the end or a fault.
func batches(src source, rows int, f format, h *columns, r *rules, yield func(*Table, *Fault) bool) {
	for {
		t, fault := readBatch(src, rows, f, h, r)
		if fault == nil && t == nil {
			return
		}
		if !yield(t, fault) || fault != nil {
			return
		}
	}
}
