package text

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
)

// CSV is the dialect of a file of separated values.
type CSV struct {
	Comma   byte
	Comment byte // begins a line that is no record; 0: none
	Header  bool // the first row holds the names
	Names   []string
	Trim    bool // drop the spaces around a cell
}

// csvFormat reads rows of one dialect.
type csvFormat struct {
	CSV
	stops [256]bool // the bytes at which an unquoted cell may end
}

func newCSV(dialect CSV) *csvFormat {
	f := &csvFormat{CSV: dialect}
	f.stops[f.Comma], f.stops['\n'], f.stops['"'] = true, true, true
	return f
}

// ReadCSV reads a whole file.
func ReadCSV(r io.Reader, dialect CSV, o Options) (*Table, *Fault) {
	f := newCSV(dialect)
	in, h, fault := f.open(r, o)
	if fault != nil {
		return nil, fault
	}
	return readWhole(in, f, h, newRules(o))
}

// open reads the names of the columns.
func (f *csvFormat) open(r io.Reader, o Options) (*input, *columns, *Fault) {
	in, fault := newInput(r, f)
	if fault != nil {
		return nil, nil, fault
	}
	first, fault := in.header(f.Header)
	if fault != nil {
		return nil, nil, fault
	}
	cur := csvCursor{csvFormat: f, data: first.data, line: first.line}
	if !cur.row() && f.Names == nil {
		return nil, nil, &Fault{Line: in.line, Found: "the end of the input", Want: "a row"}
	}
	names := f.Names
	if f.Header || names == nil {
		if names, fault = f.names(&cur); fault != nil {
			return nil, nil, fault
		}
	}
	h := newColumns(o)
	h.set(h.named(names))
	in.keep = slices.ContainsFunc(h.specs, func(s Spec) bool { return s.Type == Auto && !s.Numeric })
	return in, h, h.lacking()
}

// names reads one row; without a header only its length counts.
func (f *csvFormat) names(cur *csvCursor) ([]string, *Fault) {
	var out []string
	for end := false; !end; {
		var b []byte
		var fault *Fault
		if b, end, fault = cur.cell(); fault != nil {
			fault.Column = len(out) + 1
			return nil, fault
		}
		name := ""
		if f.Header {
			name = string(trim(b))
		}
		out = append(out, name)
	}
	return out, nil
}

func (f *csvFormat) quote() byte { return '"' }

func (f *csvFormat) record(data []byte) (int, bool) {
	if len(data) > 0 && f.Comment != 0 && data[0] == f.Comment {
		return bytes.IndexByte(data, '\n') + 1, false
	}
	open := 0
	for i := 0; ; {
		n := bytes.IndexByte(data[i:], '\n')
		if n < 0 {
			return 0, len(data) > 0
		}
		open ^= bytes.Count(data[i:i+n], []byte{'"'}) & 1
		i += n + 1
		if open == 0 {
			blank := i == 1 || i == 2 && data[0] == '\r'
			return i, !blank
		}
	}
}

func (f *csvFormat) parse(b block, s *shard, h *columns) *Fault {
	cur := csvCursor{csvFormat: f, data: b.data, line: b.line}
	for cur.row() {
		at := cur.line
		j := 0
		for end := false; !end; j++ {
			line := cur.line
			var cell []byte
			var fault *Fault
			if cell, end, fault = cur.cell(); fault == nil && j < len(s.cols) {
				fault = s.cell(j, cell, false)
			}
			if fault != nil {
				return f.place(fault, line, j, h)
			}
		}
		if j != len(s.cols) {
			return &Fault{Line: at, Found: fmt.Sprintf("%d cells long", j), Want: fmt.Sprintf("%d, as the first row", len(s.cols))}
		}
		s.rows++
	}
	return nil
}

// place completes a fault; those of the text itself know their line.
func (f *csvFormat) place(fault *Fault, line, j int, h *columns) *Fault {
	if fault.Line == 0 {
		fault.Line = line
	}
	fault.Column = j + 1
	if j < len(h.specs) {
		fault.Name = h.specs[j].Name
	}
	return fault
}

// csvCursor walks through the cells of a block.
type csvCursor struct {
	*csvFormat
	data    []byte
	i       int // of the next byte
	line    int // it stands on
	scratch []byte
}

// row goes to the next row: past blank lines and comments. It is false at the end.
func (c *csvCursor) row() bool {
	for c.i < len(c.data) {
		b := c.data[c.i]
		switch {
		case b == '\n':
			c.i++
		case b == '\r' && c.i+1 == len(c.data):
			c.i++
			continue
		case b == '\r' && c.data[c.i+1] == '\n':
			c.i += 2
		case c.Comment != 0 && b == c.Comment:
			n := bytes.IndexByte(c.data[c.i:], '\n')
			if n < 0 {
				c.i = len(c.data)
				return false
			}
			c.i += n + 1
		default:
			return true
		}
		c.line++
	}
	return false
}

// cell returns the next cell of a row and whether it is the row's last. The bytes are good until the next call.
func (c *csvCursor) cell() ([]byte, bool, *Fault) {
	data, start := c.data, c.i
	i := start
	for i < len(data) && !c.stops[data[i]] {
		i++
	}
	if i < len(data) && data[i] == '"' {
		if i == start || c.Trim && len(trim(data[start:i])) == 0 {
			return c.quotedCell(i + 1)
		}
		return nil, false, &Fault{Line: c.line, Found: quoted(data[start : i+1]), Want: `a quote only around a whole cell; a quote inside one is doubled: "5"" pipe"`}
	}
	cell, end := data[start:i], true
	c.i = i
	if i < len(data) {
		c.i++
		end = data[i] == '\n'
	}
	if end {
		c.line++
		if n := len(cell); n > 0 && cell[n-1] == '\r' {
			cell = cell[:n-1]
		}
	}
	if c.Trim {
		cell = trim(cell)
	}
	return cell, end, nil
}

// quotedCell reads a cell from behind its opening quote.
func (c *csvCursor) quotedCell(i int) ([]byte, bool, *Fault) {
	data, line := c.data, c.line
	c.scratch = c.scratch[:0]
	var cell []byte
	for {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 {
			return nil, false, &Fault{Line: line, Found: quoted(data[i-1:]), Want: "a closing quote"}
		}
		piece := data[i : i+n]
		c.line += bytes.Count(piece, []byte{'\n'})
		i += n + 1
		if i < len(data) && data[i] == '"' { // a doubled one
			c.scratch = append(append(c.scratch, piece...), '"')
			i++
			continue
		}
		if cell = piece; len(c.scratch) > 0 {
			c.scratch = append(c.scratch, piece...)
			cell = c.scratch
		}
		break
	}
	for c.Trim && i < len(data) && (data[i] == ' ' || data[i] == '\t') && data[i] != c.Comma {
		i++
	}
	if i < len(data) && data[i] == '\r' && (i+1 == len(data) || data[i+1] == '\n') {
		i++
	}
	switch {
	case i == len(data):
		c.i = i
		return cell, true, nil
	case data[i] == c.Comma:
		c.i = i + 1
		return cell, false, nil
	case data[i] == '\n':
		c.i = i + 1
		c.line++
		return cell, true, nil
	}
	return nil, false, &Fault{Line: c.line, Found: fmt.Sprintf("%q after a closing quote", data[i]), Want: "the end of the cell"}
}

// CSVBatches yields tables of so many rows; the first one settles the columns.
func CSVBatches(r io.Reader, dialect CSV, o Options, rows int) iter.Seq2[*Table, *Fault] {
	return func(yield func(*Table, *Fault) bool) {
		f := newCSV(dialect)
		in, h, fault := f.open(r, o)
		if fault != nil {
			yield(nil, fault)
			return
		}
		in.keep = false
		batches(in, rows, f, h, newRules(o), yield)
	}
}
