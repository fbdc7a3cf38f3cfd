package ml

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"

	"github.com/gopherwood-ml/ml/internal/text"
)

// WriteCSV writes a Table or a Dataset. ReadCSV with the same options reads the same numbers, missing values and
// category names back; for the same levels in the same order, and for categories whose names are numbers, it needs
// Schema{Like: t.Columns} in addition.
//
// Categories are written by name and numbers as the shortest text that gives the same float64. A missing value is the
// first of opt.Schema.Missing, nothing at all if that is nil. opt.Schema.Types has numeric columns written as true and
// false (TypeBool) or as RFC 3339 times (TypeTime), and leaves columns out (TypeSkip); the rest of the schema concerns
// reading only. The targets of a Dataset follow the columns of X as "target" (class names where there are any, a
// missing value for None), or as one column for each output; then come weights as "weight" and groups as "group". Valid
// is not written.
//
// A text or a category whose name would be read as a missing value is an error, ErrColumn: name other texts as Missing.
func WriteCSV[D Erasable](w io.Writer, d D, opt CSV) error {
	const where = "ml.WriteCSV"
	dialect, o, err := opt.check(where)
	if err != nil {
		return err
	}
	f, err := newFrame(where, d.Any(), opt.Schema.Types)
	if err != nil {
		return err
	}
	out := &csvWriter{w: bufio.NewWriterSize(w, 1<<16), dialect: dialect, point: o.Point}
	if opt.Schema.Missing != nil {
		out.missing = "NaN"
		if len(opt.Schema.Missing) > 0 {
			out.missing = opt.Schema.Missing[0]
		}
	}
	isMissing := text.MissingTest(o)
	for _, c := range f.cols {
		if c.typ != TypeCategory {
			continue
		}
		for _, level := range c.levels {
			if isMissing(level) {
				return &Error{Where: where, Field: "column " + strconv.Quote(c.name), Found: "with a level " + strconv.Quote(level) + ", which is read as missing", Want: "other texts as Schema.Missing", Kind: ErrColumn}
			}
		}
	}
	if dialect.Header {
		for j := range f.cols {
			out.cell([]byte(f.cols[j].name), j, len(f.cols))
		}
	}
	var b []byte
	for i := range f.rows {
		for j := range f.cols {
			c := &f.cols[j]
			var present bool
			if b, present, err = f.text(b[:0], c, i); err != nil {
				return err
			}
			if present && c.typ == TypeText && isMissing(string(b)) {
				return &Error{Where: where, Field: fmt.Sprintf("row %d, column %q", i, c.name), Found: "the text " + strconv.Quote(string(b)) + ", which is read as missing", Want: "other texts as Schema.Missing", Kind: ErrColumn}
			}
			if !present {
				b = append(b, out.missing...)
			} else if c.typ == TypeNumber && out.point != '.' {
				b = bytes.Replace(b, []byte{'.'}, []byte{out.point}, 1)
			}
			out.cell(b, j, len(f.cols))
		}
	}
	return out.w.Flush()
}

// csvWriter quotes what needs it. Its errors wait for Flush.
type csvWriter struct {
	w       *bufio.Writer
	dialect text.CSV
	point   byte
	missing string
}

// cell writes cell j of n, and what follows it.
func (o *csvWriter) cell(b []byte, j, n int) {
	if o.quotes(b, j, n) {
		o.w.WriteByte('"')
		for k, part := range bytes.Split(b, []byte{'"'}) {
			if k > 0 {
				o.w.WriteString(`""`)
			}
			o.w.Write(part)
		}
		o.w.WriteByte('"')
	} else {
		o.w.Write(b)
	}
	if j+1 == n {
		o.w.WriteByte('\n')
	} else {
		o.w.WriteByte(o.dialect.Comma)
	}
}

// quotes reports whether a cell has to stand in quotes: for a character that means something, as the only cell of what
// would be a blank line, for spaces that would be dropped, or for what looks like a comment or a byte order mark.
func (o *csvWriter) quotes(b []byte, j, n int) bool {
	if len(b) == 0 {
		return n == 1
	}
	special := func(c byte) bool {
		return c == o.dialect.Comma || c == '"' || c == '\n' || c == '\r'
	}
	for _, c := range b {
		if special(c) {
			return true
		}
	}
	first, last := b[0], b[len(b)-1]
	space := first == ' ' || first == '\t' || last == ' ' || last == '\t'
	return o.dialect.Trim && space || j == 0 && (first == o.dialect.Comment && o.dialect.Comment != 0 || first == 0xef)
}
