package text

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// arffFormat reads the rows of an ARFF file.
type arffFormat struct {
	lines
	layouts []string // of date attributes; "": as ISO 8601 writes them
	nominal [][]string
	sparse  bool // rows are {index value, ...}
}

// ReadARFF reads a whole file.
func ReadARFF(r io.Reader, o Options) (*Table, *Fault) {
	f := &arffFormat{}
	in, fault := newInput(r, f)
	if fault != nil {
		return nil, fault
	}
	h := newColumns(o)
	if fault := f.attributes(in, h); fault != nil {
		return nil, fault
	}
	if fault := h.lacking(); fault != nil {
		return nil, fault
	}
	first, fault := in.header(false)
	if fault != nil {
		return nil, fault
	}
	if cell := bytes.TrimSpace(lastLine(first.data)); len(cell) > 0 && cell[0] == '{' {
		f.sparse, h.sparse = true, true
		if fault := f.zeros(h); fault != nil {
			return nil, fault
		}
	}
	for _, s := range h.specs {
		in.keep = in.keep || s.Type == Auto && !s.Numeric
	}
	return readWhole(in, f, h, newRules(o))
}

func (f *arffFormat) record(data []byte) (int, bool) {
	n, row := f.lines.record(data)
	if b := space(data); len(b) > 0 && b[0] == '%' {
		row = false
	}
	return n, row
}

// lastLine is the last line of b, which may end in a line end.
func lastLine(b []byte) []byte {
	b = bytes.TrimRight(b, "\r\n")
	return b[bytes.LastIndexByte(b, '\n')+1:]
}

// attributes reads the head of the file, up to @data.
func (f *arffFormat) attributes(in *input, h *columns) *Fault {
	var specs []Spec
	for {
		head, fault := in.header(true)
		if fault != nil {
			return fault
		}
		line := in.line - 1
		if len(head.data) > 0 && head.data[len(head.data)-1] != '\n' {
			line++
		}
		cur := arffCursor{b: bytes.TrimSpace(lastLine(head.data))}
		if len(cur.b) == 0 || cur.b[0] == '%' {
			return &Fault{Line: line, Found: "the end of the input", Want: "a line @data"}
		}
		keyword, _, fault := cur.word()
		if fault != nil {
			fault.Line = line
			return fault
		}
		switch strings.ToLower(string(keyword)) {
		case "@relation":
		case "@data":
			if len(specs) == 0 {
				return &Fault{Line: line, Found: "without attributes", Want: "a line @attribute for each column before @data"}
			}
			h.set(specs)
			return nil
		case "@attribute":
			spec, fault := f.attribute(&cur, h, len(specs))
			if fault != nil {
				fault.Line = line
				return fault
			}
			specs = append(specs, spec)
		default:
			return &Fault{Line: line, Found: quoted(keyword), Want: "@relation, @attribute or @data"}
		}
	}
}

// attribute reads what follows @attribute.
func (f *arffFormat) attribute(cur *arffCursor, h *columns, j int) (Spec, *Fault) {
	b, _, fault := cur.word()
	if fault != nil {
		return Spec{}, fault
	}
	name := string(b)
	asked, declared := h.byKey[key(name, j)]
	spec := Spec{Name: name, Type: Number}
	layout := ""
	var levels []string
	if cur.space(); len(cur.b) > 0 && cur.b[0] == '{' {
		if levels, fault = cur.levels(); fault != nil {
			fault.Name = name
			return spec, fault
		}
		spec.Type, spec.Levels = Category, levels
	} else if b, _, fault = cur.word(); fault != nil {
		return spec, fault
	} else {
		switch strings.ToLower(string(b)) {
		case "numeric", "real", "integer":
		case "string":
			spec.Type = Category
		case "date":
			spec.Type = Time
			if layout, fault = cur.dateFormat(); fault != nil {
				fault.Name = name
				return spec, fault
			}
		default:
			return spec, &Fault{Name: name, Found: quoted(b), Want: "numeric, real, integer, string, date or {a, b}"}
		}
	}
	if cur.space(); len(cur.b) > 0 && cur.b[0] != '%' {
		return spec, &Fault{Name: name, Found: quoted(cur.b) + " after the type", Want: "the end of the line"}
	}
	f.layouts = append(f.layouts, layout)
	f.nominal = append(f.nominal, levels)
	switch {
	case !declared || asked.Type == Auto && !asked.Numeric:
		return spec, nil
	case asked.Type == Category && asked.Levels == nil:
		asked.Levels = spec.Levels
	case asked.Numeric && spec.Type != Category:
		return spec, nil
	}
	asked.Name = name
	return asked, nil
}

// zeros makes sure that a cell left out of a sparse row is the number 0.
func (f *arffFormat) zeros(h *columns) *Fault {
	for j, s := range h.specs {
		if s.Type == Category && (len(f.nominal[j]) == 0 || len(s.Levels) == 0 || s.Levels[0] != f.nominal[j][0]) {
			return &Fault{Column: j + 1, Name: s.Name, Cause: BadColumn, Found: "a category whose first level the file does not state",
				Want: "a nominal attribute with the same first level, since sparse rows leave that one out, or TypeSkip"}
		}
	}
	return nil
}

func (f *arffFormat) parse(b block, s *shard, h *columns) *Fault {
	line := b.line
	for data := b.data; len(data) > 0; line++ {
		row := data
		if n := bytes.IndexByte(data, '\n'); n >= 0 {
			row, data = data[:n], data[n+1:]
		} else {
			data = nil
		}
		cur := arffCursor{b: bytes.TrimSpace(row)}
		if len(cur.b) == 0 || cur.b[0] == '%' {
			continue
		}
		var fault *Fault
		if f.sparse {
			fault = f.sparseRow(&cur, s)
		} else {
			fault = f.denseRow(&cur, s)
		}
		if fault == nil {
			fault = f.weight(&cur, s)
		}
		if fault != nil {
			fault.Line = line
			if fault.Column > 0 && fault.Column <= len(h.specs) {
				fault.Name = h.specs[fault.Column-1].Name
			}
			return fault
		}
		s.rows++
		if f.sparse {
			s.indptr = append(s.indptr, len(s.values))
		}
	}
	return nil
}

// denseRow reads "5.1, 'a b', ?".
func (f *arffFormat) denseRow(cur *arffCursor, s *shard) *Fault {
	for j := range s.cols {
		if cur.space(); len(cur.b) == 0 || cur.b[0] == '{' || cur.b[0] == '}' {
			return &Fault{Found: fmt.Sprintf("%d cells long", j), Want: fmt.Sprintf("%d, one for each attribute", len(s.cols))}
		}
		cell, bare, fault := cur.word()
		if fault == nil {
			fault = f.cell(s, j, cell, bare)
		}
		if fault != nil {
			fault.Column = j + 1
			return fault
		}
		cur.comma()
	}
	return nil
}

// sparseRow reads "{0 5.1, 3 'a b'}".
func (f *arffFormat) sparseRow(cur *arffCursor, s *shard) *Fault {
	if !cur.take('{') {
		return &Fault{Found: "a dense row", Want: "sparse ones throughout, as the first"}
	}
	last := -1
	for !cur.take('}') {
		b, bare, fault := cur.word()
		if fault != nil {
			return fault
		}
		j, ok := integer(b)
		if !ok || !bare || j <= int64(last) || j >= int64(len(s.cols)) {
			return &Fault{Found: quoted(b), Want: fmt.Sprintf("rising places of attributes, from 0 to %d", len(s.cols)-1)}
		}
		cell, bare, fault := cur.word()
		if fault == nil {
			fault = f.cell(s, int(j), cell, bare)
		}
		if fault != nil {
			fault.Column = int(j) + 1
			return fault
		}
		last = int(j)
		cur.comma()
	}
	cur.comma()
	return nil
}

// cell adds one cell. A bare question mark is a missing value, and a date may have a layout of its own.
func (f *arffFormat) cell(s *shard, j int, cell []byte, bare bool) *Fault {
	c := &s.cols[j]
	v, ok := nan, fine
	switch {
	case c.Type == Skip:
		return nil
	case bare && string(cell) == "?":
	case c.Type == Time && f.layouts[j] != "" && !s.isMissing(cell):
		t, err := time.Parse(f.layouts[j], string(cell))
		if err != nil {
			return &Fault{Found: quoted(cell), Want: "a date such as " + f.layouts[j]}
		}
		v = float64(t.Unix()) + float64(t.Nanosecond())/1e9
	default:
		v, ok = c.value(s.rules, cell, !bare)
	}
	if ok > mixed {
		return c.fault(ok, s.rules, cell)
	}
	if !f.sparse {
		s.put(c, v)
		return nil
	}
	s.indices = append(s.indices, int32(j))
	s.values = append(s.values, v)
	return nil
}

// weight reads "{0.5}" behind a row, and the end of the line.
func (f *arffFormat) weight(cur *arffCursor, s *shard) *Fault {
	if cur.take('{') {
		b, _, fault := cur.word()
		if fault != nil {
			return fault
		}
		v, looks := number(b, '.')
		if looks == notNumber || !cur.take('}') {
			return &Fault{Found: quoted(b), Want: "a weight as {0.5}"}
		}
		for len(s.weight) < s.rows {
			s.weight = append(s.weight, 1)
		}
		s.weight = append(s.weight, v)
	}
	if cur.space(); len(cur.b) > 0 && cur.b[0] != '%' {
		return &Fault{Found: "followed by " + quoted(cur.b), Want: "the end of the row"}
	}
	return nil
}

// arffCursor walks through one line.
type arffCursor struct{ b []byte }

func (c *arffCursor) space() { c.b = space(c.b) }

func (c *arffCursor) take(b byte) bool {
	if c.space(); len(c.b) > 0 && c.b[0] == b {
		c.b = c.b[1:]
		return true
	}
	return false
}

// comma passes over what separates two values: a comma, or just spaces.
func (c *arffCursor) comma() { c.take(',') }

// word reads a word, bare or in single or double quotes.
func (c *arffCursor) word() (w []byte, bare bool, fault *Fault) {
	c.space()
	if len(c.b) > 0 && (c.b[0] == '\'' || c.b[0] == '"') {
		w, fault = c.quoted()
		return w, false, fault
	}
	n := bytes.IndexAny(c.b, " \t\r,{}")
	if n < 0 {
		n = len(c.b)
	}
	if n == 0 {
		return nil, true, &Fault{Found: quoted(c.b), Want: "a value; ? for a missing one"}
	}
	w, c.b = c.b[:n], c.b[n:]
	return w, true, nil
}

// quoted reads a word in quotes, in which a backslash escapes.
func (c *arffCursor) quoted() ([]byte, *Fault) {
	all, mark := c.b, c.b[0]
	var out []byte
	for i := 1; i < len(all); i++ {
		switch b := all[i]; {
		case b == mark:
			c.b = all[i+1:]
			if out == nil {
				out = []byte{}
			}
			return out, nil
		case b == '\\' && i+1 < len(all):
			i++
			switch all[i] {
			case 'n':
				out = append(out, '\n')
			case 'r':
				out = append(out, '\r')
			case 't':
				out = append(out, '\t')
			case 'u':
				r, err := strconv.ParseUint(string(all[i+1:min(i+5, len(all))]), 16, 16)
				if err != nil || i+5 > len(all) {
					return nil, &Fault{Found: quoted(all[i-1:]), Want: `four hexadecimal digits after \u`}
				}
				out = append(out, string(rune(r))...)
				i += 4
			default:
				out = append(out, all[i])
			}
		default:
			out = append(out, b)
		}
	}
	return nil, &Fault{Found: quoted(all), Want: "a closing quote"}
}

// levels reads "{a, 'b c'}".
func (c *arffCursor) levels() ([]string, *Fault) {
	c.take('{')
	out := []string{}
	seen := map[string]bool{}
	for !c.take('}') {
		w, _, fault := c.word()
		if fault != nil {
			return nil, fault
		}
		if seen[string(w)] {
			return nil, &Fault{Found: quoted(w) + " twice", Want: "each value once"}
		}
		seen[string(w)] = true
		out = append(out, string(w))
		c.comma()
	}
	return out, nil
}

// dateFormat reads the optional Java pattern behind "date" and gives the Go layout for it, "" if it is ISO 8601.
func (c *arffCursor) dateFormat() (string, *Fault) {
	if c.space(); len(c.b) == 0 || c.b[0] == '%' {
		return "", nil
	}
	b, _, fault := c.word()
	if fault != nil {
		return "", fault
	}
	switch string(b) {
	case "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd":
		return "", nil
	}
	layout, ok := goLayout(string(b))
	if !ok {
		return "", &Fault{Found: quoted(b), Want: "a date pattern of yyyy yy MMM MM dd HH hh mm ss .SSS a EEE z Z XXX"}
	}
	return layout, nil
}

// goLayout translates a pattern of Java's SimpleDateFormat.
func goLayout(pattern string) (string, bool) {
	words := map[string]string{"yyyy": "2006", "yy": "06", "MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "dd": "02", "d": "2",
		"HH": "15", "hh": "03", "h": "3", "mm": "04", "m": "4", "ss": "05", "s": "5", "SSS": "000", "a": "PM", "EEEE": "Monday",
		"EEE": "Mon", "z": "MST", "Z": "-0700", "XXX": "Z07:00"}
	var out strings.Builder
	for i := 0; i < len(pattern); {
		b := pattern[i]
		switch {
		case b == '\'':
			n := strings.IndexByte(pattern[i+1:], '\'')
			if n < 0 || strings.ContainsAny(pattern[i+1:i+1+n], "0123456789") {
				return "", false
			}
			out.WriteString(pattern[i+1 : i+1+n])
			i += n + 2
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z':
			n := i
			for n < len(pattern) && pattern[n] == b {
				n++
			}
			w, ok := words[pattern[i:n]]
			if !ok || w == "000" && (i == 0 || pattern[i-1] != '.' && pattern[i-1] != ',') {
				return "", false
			}
			out.WriteString(w)
			i = n
		case b >= '0' && b <= '9':
			return "", false
		default:
			out.WriteByte(b)
			i++
		}
	}
	return out.String(), true
}
