package ml

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"math"

	"github.com/gopherwood-ml/ml/internal/text"
)

// ReadJSONLines reads a whole file with one JSON object in each line: {"age": 31, "city": "Oslo", "member": true}. The
// keys are the columns, in order of first appearance behind those of opt.Like, which are there even if no row has
// them. A key that a row lacks is a missing value, and so is null.
//
// What a value is, JSON says itself: a number stays a number and a text is a category, even if it looks like a number,
// unless Types declares otherwise. A text column is only taken for times if every text is one. A column with more than
// one kind of value is a category. Nested objects and lists are errors, unless TypeSkip leaves their column out. See
// Schema for the rest, and ReadCSV for memory and errors, which here name the key.
func ReadJSONLines(r io.Reader, opt Schema) (Table, error) {
	const where = "ml.ReadJSONLines"
	o, err := opt.options(where, nil)
	if err != nil {
		return Table{}, err
	}
	t, fault := text.ReadJSONLines(r, o)
	if fault != nil {
		return Table{}, readError(where, "line", fault)
	}
	return tableOf(t), nil
}

// ReadJSONLinesBatches reads a file in tables of so many rows, as ReadCSVBatches does. A key that neither the first
// batch nor opt.Like has is an error.
func ReadJSONLinesBatches(r io.Reader, opt Schema, rows int) iter.Seq2[Table, error] {
	const where = "ml.ReadJSONLinesBatches"
	o, err := opt.options(where, nil)
	if err == nil && rows < 1 {
		err = BadConfig(where, "rows", rows, ">= 1")
	}
	if err != nil {
		return func(yield func(Table, error) bool) { yield(Table{}, err) }
	}
	return tables(where, text.JSONLinesBatches(r, o, rows))
}

// WriteJSONLines writes a Table or a Dataset as one JSON object for each row. Every row has all keys; a missing value is
// null. Columns, targets and types are as WriteCSV has them; times are texts. Bytes that are not UTF-8 become U+FFFD. An infinite number is an error
// (ErrNotFinite), since JSON has none, and so are two columns of one name (ErrColumn).
func WriteJSONLines[D Erasable](w io.Writer, d D, opt Schema) error {
	const where = "ml.WriteJSONLines"
	if _, err := opt.options(where, nil); err != nil {
		return err
	}
	f, err := newFrame(where, d.Any(), opt.Types)
	if err != nil {
		return err
	}
	keys := make([][]byte, len(f.cols))
	seen := map[string]bool{}
	for j, c := range f.cols {
		if seen[c.name] {
			return &Error{Where: where, Field: "column " + c.name, Found: "there more than once", Want: "names that differ", Kind: ErrColumn}
		}
		seen[c.name] = true
		keys[j] = append(appendJSONText(nil, c.name), ':')
	}
	out := bufio.NewWriterSize(w, 1<<16)
	var b, scratch []byte
	for i := range f.rows {
		b = append(b[:0], '{')
		for j := range f.cols {
			c := &f.cols[j]
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, keys[j]...)
			if v := c.value(i); math.IsInf(v, 0) {
				return NotFinite(where, nil, i, j, v)
			}
			var present bool
			scratch, present, err = f.text(scratch[:0], c, i)
			switch {
			case err != nil:
				return err
			case !present:
				b = append(b, "null"...)
			case c.typ == TypeCategory || c.typ == TypeTime || c.typ == TypeText:
				b = appendJSONText(b, string(scratch))
			default:
				b = append(b, scratch...)
			}
		}
		b = append(b, '}', '\n')
		out.Write(b) // an error waits for Flush
	}
	return out.Flush()
}

// appendJSONText writes a text in quotes. Bytes that are not UTF-8 become U+FFFD, as JSON can't hold them.
func appendJSONText(dst []byte, s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // there is no string that can't be encoded
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
}
