package ml

import (
	"io"
	"iter"

	"github.com/gopherwood-ml/ml/internal/text"
)

// CSV says how a file of separated values is written. The zero value: commas, a first row of names, RFC 4180 quotes.
//
// A cell may stand in double quotes, within which commas and line ends are text and a doubled quote is a quote; a quote
// anywhere else is an error. Quotes are only syntax: a quoted number is a number and a quoted missing text is missing.
// Lines end in LF or CRLF. Blank lines are skipped, and a UTF-8 byte order mark is too. All rows have as many cells as
// the first one, and no row is longer than 256 MB.
type CSV struct {
	Schema Schema // what is known of the columns; see there

	Comma        byte     // between cells: 0 means ',', or ';' with DecimalComma; use '\t' for TSV
	Comment      byte     // a line that begins with it is skipped; 0: no line is
	NoHeader     bool     // the first row holds data and the columns have no names; false: it holds the names
	Names        []string // the names of a file whose first row holds data; nil: see NoHeader
	TrimSpace    bool     // drop the spaces around a cell; false: they belong to a text (never to a number)
	DecimalComma bool     // numbers are written 3,14 rather than 3.14; false: 3.14
}

// ReadCSV reads a whole file into a table of float64. See Schema for what becomes of a cell, and ClassTarget and
// FloatTarget for making one of the columns the target.
//
// Cells are never guessed from the first rows alone: if a column of numbers holds a word in its last row, all of it is
// a category. For that a reader which can Seek (a file) is read again; of one which can't, the text is kept in memory
// until the end, unless Schema declares the type of every column. Otherwise the memory needed is about twice that of
// the table. All cores parse; the result doesn't depend on their number.
//
// Errors name the line and the column, and unwrap to ErrFormat (what is in the file), ErrColumn (a declared column that
// is not there, too many levels), ErrConfig (an option) or the error of r.
func ReadCSV(r io.Reader, opt CSV) (Table, error) {
	dialect, o, err := opt.check("ml.ReadCSV")
	if err != nil {
		return Table{}, err
	}
	t, fault := text.ReadCSV(r, dialect, o)
	if fault != nil {
		return Table{}, readError("ml.ReadCSV", "line", fault)
	}
	return tableOf(t), nil
}

// check makes the options ready for the parser.
func (c CSV) check(where string) (text.CSV, text.Options, error) {
	d := text.CSV{Comma: c.Comma, Comment: c.Comment, Header: !c.NoHeader && c.Names == nil, Names: c.Names, Trim: c.TrimSpace}
	o, err := c.Schema.options(where, DefaultMissing)
	if err != nil {
		return d, o, err
	}
	if c.DecimalComma {
		o.Point = ','
	}
	if d.Comma == 0 {
		d.Comma = ','
		if c.DecimalComma {
			d.Comma = ';'
		}
	}
	switch {
	case d.Comma == '"' || d.Comma == '\n' || d.Comma == '\r' || d.Comma >= 0x80:
		return d, o, BadConfig(where, "Comma", string(rune(d.Comma)), "an ASCII character other than a quote or a line end")
	case c.DecimalComma && d.Comma == ',':
		return d, o, BadConfig(where, "Comma", ",", "another separator when DecimalComma is set, as ';'")
	case d.Comment == d.Comma || d.Comment == '"' || d.Comment == '\n' || d.Comment == '\r':
		return d, o, BadConfig(where, "Comment", string(rune(d.Comment)), "another character than Comma, a quote or a line end")
	}
	return d, o, nil
}

// ReadCSVBatches reads a file in tables of so many rows (fewer in the last), for data that does not fit in memory and
// for FitStream. What the columns are and which levels they have is settled by the first batch, unless opt.Schema
// declares it: a later cell that is not of its column's type is an error, and so is a level that the first batch did
// not have, unless UnseenMissing is set. Declare what the first batch may not show. A column of which the first batch
// has no value is numeric.
//
// The iterator can be used once. An error ends it. A file with a header and no rows yields nothing.
func ReadCSVBatches(r io.Reader, opt CSV, rows int) iter.Seq2[Table, error] {
	const where = "ml.ReadCSVBatches"
	dialect, o, err := opt.check(where)
	if err == nil && rows < 1 {
		err = BadConfig(where, "rows", rows, ">= 1")
	}
	if err != nil {
		return func(yield func(Table, error) bool) { yield(Table{}, err) }
	}
	return tables(where, text.CSVBatches(r, dialect, o, rows))
}

// tables turns what the parser of batches yields into tables and errors.
func tables(where string, batches iter.Seq2[*text.Table, *text.Fault]) iter.Seq2[Table, error] {
	return func(yield func(Table, error) bool) {
		for t, fault := range batches {
			if fault != nil {
				yield(Table{}, readError(where, "line", fault))
				return
			}
			if !yield(tableOf(t), nil) {
				return
			}
		}
	}
}
