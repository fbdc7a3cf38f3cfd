package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"unicode/utf8"
)

// jsonFormat reads one JSON object in each line; a line end inside a text is written \n.
type jsonFormat struct{ lines }

// ReadJSONLines reads a whole file.
func ReadJSONLines(r io.Reader, o Options) (*Table, *Fault) {
	in, h, fault := openJSONLines(r, o)
	if fault != nil {
		return nil, fault
	}
	in.keep = true // a key that nobody has declared may still come
	return readWhole(in, jsonFormat{}, h, newRules(o))
}

// JSONLinesBatches yields tables of so many rows; the first one settles the columns.
func JSONLinesBatches(r io.Reader, o Options, rows int) iter.Seq2[*Table, *Fault] {
	return func(yield func(*Table, *Fault) bool) {
		in, h, fault := openJSONLines(r, o)
		if fault != nil {
			yield(nil, fault)
			return
		}
		batches(in, rows, jsonFormat{}, h, newRules(o), yield)
	}
}

func openJSONLines(r io.Reader, o Options) (*input, *columns, *Fault) {
	in, fault := newInput(r, jsonFormat{})
	if fault != nil {
		return nil, nil, fault
	}
	h := newColumns(o)
	h.open, h.sparse = true, true
	// Columns of an earlier table are there even if no row has them.
	h.set(slices.DeleteFunc(slices.Clone(o.Specs), func(s Spec) bool { return !s.Like || h.byKey[s.Name].Type == Skip }))
	return in, h, nil
}

// space drops the JSON white space in front.
func space(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	return b
}

func (f jsonFormat) parse(b block, s *shard, h *columns) *Fault {
	line := b.line
	cur := jsonCursor{shard: s, columns: h}
	for data := b.data; len(data) > 0; line++ {
		n, row := f.record(data)
		if n == 0 {
			n = len(data)
		}
		if row {
			if fault := cur.object(data[:n]); fault != nil {
				fault.Line = line
				return fault
			}
			s.rows++
			if fault := roomFor(s.rows, len(s.cols), s.present); fault != nil {
				fault.Line = line
				return fault
			}
		}
		data = data[n:]
	}
	return nil
}

// jsonCursor walks through one line.
type jsonCursor struct {
	*shard
	*columns
	rest    []byte
	scratch []byte
}

// object reads {"key": value, ...} and nothing else.
func (c *jsonCursor) object(line []byte) *Fault {
	c.rest = space(line)
	if !c.take('{') {
		return &Fault{Found: quoted(bytes.TrimSpace(line)), Want: "one JSON object in each line"}
	}
	if c.take('}') {
		return c.end()
	}
	for guess := 0; ; guess++ {
		name, fault := c.text("a key in quotes")
		if fault != nil {
			return fault
		}
		j := guess // most lines have the same keys in the same order
		if guess >= len(c.cols) || c.cols[guess].Name != string(name) {
			if j = c.find(c.columns, name); j < 0 {
				return &Fault{Found: fmt.Sprintf("with a new key %s", quoted(name)), Want: "the keys of the first batch, or Schema.Like with all of them"}
			}
		}
		if c.taken(j) {
			return c.at(j, &Fault{Found: "there twice", Want: "each key once"})
		}
		if !c.take(':') {
			return c.at(j, &Fault{Found: quoted(c.rest), Want: "a colon after the key"})
		}
		if fault := c.value(j); fault != nil {
			return c.at(j, fault)
		}
		if c.take('}') {
			return c.end()
		}
		if !c.take(',') {
			return c.at(j, &Fault{Found: "followed by " + quoted(c.rest), Want: "a comma or a closing brace"})
		}
	}
}

func (c *jsonCursor) at(j int, f *Fault) *Fault {
	f.Name = c.cols[j].Name
	return f
}

// take skips white space and one byte, if it is that, and white space behind it.
func (c *jsonCursor) take(b byte) bool {
	c.rest = space(c.rest)
	if len(c.rest) == 0 || c.rest[0] != b {
		return false
	}
	c.rest = space(c.rest[1:])
	return true
}

func (c *jsonCursor) end() *Fault {
	if len(c.rest) > 0 {
		return &Fault{Found: "followed by " + quoted(bytes.TrimSpace(c.rest)), Want: "nothing after the object"}
	}
	return nil
}

// value adds one cell.
func (c *jsonCursor) value(j int) *Fault {
	if len(c.rest) == 0 {
		return &Fault{Found: "missing", Want: "a value after the colon; null for a missing one"}
	}
	switch c.rest[0] {
	case '"':
		s, fault := c.text("a text in quotes")
		if fault != nil {
			return fault
		}
		c.present++
		return c.cell(j, s, true)
	case '{', '[':
		if c.cols[j].Type == Skip {
			return c.skip()
		}
		return &Fault{Found: quoted(c.rest), Want: "a number, a text, true, false or null; nested values have no column, but TypeSkip passes over them"}
	}
	word := c.rest
	if n := bytes.IndexAny(word, ",} \t\r\n"); n >= 0 {
		word = word[:n]
	}
	c.rest = c.rest[len(word):]
	switch {
	case string(word) == "null":
		c.missing(j)
		return nil
	case string(word) == "true", string(word) == "false", isJSONNumber(word):
		c.present++
		return c.cell(j, word, false)
	}
	return &Fault{Found: quoted(word), Want: "a number, a text, true, false or null"}
}

// skip passes over an object or a list.
func (c *jsonCursor) skip() *Fault {
	depth, inside := 0, false
	for i := 0; i < len(c.rest); i++ {
		switch b := c.rest[i]; {
		case inside && b == '\\':
			i++
		case b == '"':
			inside = !inside
		case inside:
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
		if depth == 0 && json.Valid(c.rest[:i+1]) {
			c.rest = c.rest[i+1:]
			return nil
		}
		if depth == 0 {
			break
		}
	}
	return &Fault{Found: quoted(c.rest), Want: "a JSON value"}
}

// isJSONNumber holds for what JSON allows: no plus sign, no leading zeros, digits on both sides of a point.
func isJSONNumber(b []byte) bool {
	if len(b) == 0 || b[0] != '-' && b[0]-'0' >= 10 {
		return false
	}
	return json.Valid(b)
}

// text reads a JSON string. The bytes are good until the next call.
func (c *jsonCursor) text(want string) ([]byte, *Fault) {
	b := c.rest
	if len(b) == 0 || b[0] != '"' {
		return nil, &Fault{Found: quoted(b), Want: want}
	}
	plain := true
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '\\':
			plain = false
			i++
		case b[i] < ' ':
			return nil, &Fault{Found: quoted(b[:i+1]), Want: `control characters in a text written as \n or \u000a`}
		case b[i] == '"' && plain && utf8.Valid(b[1:i]):
			c.rest = b[i+1:]
			return b[1:i], nil
		case b[i] == '"':
			c.rest = b[i+1:]
			var s string
			if err := json.Unmarshal(b[:i+1], &s); err != nil {
				return nil, &Fault{Found: quoted(b[:i+1]), Want: "a JSON text", Err: err}
			}
			c.scratch = append(c.scratch[:0], s...)
			return c.scratch, nil
		}
	}
	return nil, &Fault{Found: quoted(b), Want: "a closing quote"}
}
