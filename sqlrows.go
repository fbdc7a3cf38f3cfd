package ml

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gopherwood-ml/ml/internal/text"
)

// SQLRows is what ReadRows needs of a *sql.Rows, so that this package depends on no database.
type SQLRows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// ReadRows reads the rows of a query into a table of float64; a *sql.Rows is one. It does not close them.
//
// NULL is missing. Integers and floats are numbers, bool is a truth value, time.Time a time in seconds since 1970, and a
// string is a category, or a time if every one of the column is written as one. Bytes, as some drivers return all they
// know, are looked at as a cell of a CSV file is. Where that is not what the column means (a driver that returns
// decimals as strings), Types declares it. A value of another type is an error. See Schema for the rest: integers
// beyond 2^53 are ids.
//
// It keeps the values as text until the last row, since the driver can't be asked again: besides the table it needs
// memory for about what the same rows take as CSV. Errors name the row, counted from 1, and the column; they unwrap to
// ErrFormat, ErrColumn, ErrConfig or the driver's error.
func ReadRows(rows SQLRows, opt Schema) (Table, error) {
	const where = "ml.ReadRows"
	o, err := opt.options(where, nil)
	if err != nil {
		return Table{}, err
	}
	if isNil(rows) {
		return Table{}, BadShape(where, "rows", "nil", "the rows of a query")
	}
	names, err := rows.Columns()
	if err != nil {
		return Table{}, &Error{Where: where, Field: "the columns", Cause: err}
	}
	if len(names) == 0 {
		return Table{}, BadShape(where, "rows", "without columns", "at least one column")
	}
	cells := make([]any, len(names))
	dest := make([]any, len(names))
	for j := range cells {
		dest[j] = &cells[j]
	}
	var rec text.Recorder
	var b []byte
	n := 0
	for rows.Next() {
		n++
		clear(cells)
		if err := rows.Scan(dest...); err != nil {
			return Table{}, &Error{Where: where, Field: fmt.Sprintf("row %d", n), Cause: err}
		}
		for j, v := range cells {
			var kind text.Cell
			var ok bool
			if b, kind, ok = sqlCell(b[:0], v); !ok {
				return Table{}, &Error{Where: where, Field: fmt.Sprintf("row %d, column %d (%s)", n, j+1, names[j]), Found: fmt.Sprintf("a %T", v),
					Want: "a number, a bool, a string, bytes, a time.Time or nil", Kind: ErrFormat}
			}
			rec.Add(kind, b)
		}
		rec.EndRow()
	}
	if err := rows.Err(); err != nil {
		return Table{}, &Error{Where: where, Field: fmt.Sprintf("after row %d the query", n), Cause: err}
	}
	t, fault := rec.Table(names, o)
	if fault != nil {
		return Table{}, readError(where, "row", fault)
	}
	return tableOf(t), nil
}

// sqlCell writes a driver's value as text. Besides the types of database/sql/driver it knows the other numbers of Go,
// which drivers of other interfaces hand out.
func sqlCell(dst []byte, v any) ([]byte, text.Cell, bool) {
	switch v := v.(type) {
	case nil:
		return dst, text.Missing, true
	case int64:
		return strconv.AppendInt(dst, v, 10), text.Raw, true
	case float64:
		if math.IsNaN(v) {
			return dst, text.Missing, true
		}
		return strconv.AppendFloat(dst, v, 'g', -1, 64), text.Raw, true
	case float32:
		if v != v {
			return dst, text.Missing, true
		}
		return strconv.AppendFloat(dst, float64(v), 'g', -1, 64), text.Raw, true
	case int, int8, int16, int32, uint, uint8, uint16, uint32, uint64:
		return fmt.Append(dst, v), text.Raw, true
	case bool:
		return strconv.AppendBool(dst, v), text.Raw, true
	case string:
		return append(dst, v...), text.Text, true
	case []byte:
		if v == nil {
			return dst, text.Missing, true
		}
		return append(dst, v...), text.Raw, true
	case time.Time:
		return v.UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999999Z"), text.Raw, true
	}
	return dst, text.Missing, false
}
