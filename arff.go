package ml

import (
	"bufio"
	"io"
	"math"
	"strconv"

	"github.com/gopherwood-ml/ml/internal/text"
	"github.com/gopherwood-ml/ml/tensor"
)

// ReadARFF reads a whole file in Weka's attribute-relation format. The file states the types: numeric, real and integer
// attributes are numbers, nominal ones categories with their values as Levels in the order of the file, strings are
// categories as in a CSV file, dates are seconds since 1970 (UTC unless the date says otherwise; patterns of
// SimpleDateFormat with digits and month names are understood). A bare question mark is missing. A weight in braces
// behind a row goes to Weight. Words are separated by commas or spaces; quotes are single or double, with backslash
// escapes; a percent sign begins a comment line. Relational attributes are an error.
//
// ClassTarget(t, "") makes the last attribute the target, as is the custom.
//
// If the first row is sparse, "{0 5.1, 3 yes}", all of them must be and X is a *tensor.CSR[float64]. What such a row
// leaves out is 0, and of a nominal attribute the first value; a string attribute has none, so it must be skipped.
//
// opt overrides the file by name: Types with another reading of the same text, Like with the levels of an earlier
// table. See Schema, and ReadCSV for memory and errors.
func ReadARFF(r io.Reader, opt Schema) (Table, error) {
	const where = "ml.ReadARFF"
	o, err := opt.options(where, nil)
	if err != nil {
		return Table{}, err
	}
	t, fault := text.ReadARFF(r, o)
	if fault != nil {
		return Table{}, readError(where, "line", fault)
	}
	return tableOf(t), nil
}

// WriteARFF writes a Table or a Dataset as a relation of the given name. Categories become nominal attributes and all
// other columns numeric ones, with numbers as the shortest text that gives the same float64. Targets follow the columns
// of X as WriteCSV has them, then groups as "group"; weights stand behind the rows. A sparse X gives sparse rows. Valid
// is not written. ReadARFF reads the same table back, and columns of
// texts, which become string attributes, if they are declared TypeText: other strings are categories.
func WriteARFF[D Erasable](w io.Writer, d D, relation string) error {
	const where = "ml.WriteARFF"
	a := d.Any()
	weight := a.Weight
	a.Weight = nil
	f, err := newFrame(where, a, nil)
	if err != nil {
		return err
	}
	if weight != nil && len(weight) != f.rows {
		return BadShape(where, "Weight", strconv.Itoa(len(weight))+" values", strconv.Itoa(f.rows)+", one for each row of X")
	}
	out := bufio.NewWriterSize(w, 1<<16) // an error waits for Flush
	b := append(appendARFF([]byte("@relation "), relation), '\n')
	for _, c := range f.cols {
		b = append(appendARFF(append(b, "@attribute "...), c.name), ' ')
		if c.typ == TypeText {
			b = append(b, "string\n"...)
			continue
		}
		if c.typ != TypeCategory {
			b = append(b, "numeric\n"...)
			continue
		}
		b = append(b, '{')
		for k, level := range c.levels {
			if k > 0 {
				b = append(b, ", "...)
			}
			b = appendARFF(b, level)
		}
		b = append(b, "}\n"...)
	}
	b = append(b, "@data\n"...)
	sparse := false
	switch a.X.(type) {
	case *tensor.CSR[float64], *tensor.CSR[float32]:
		sparse = true
	}
	for i := range f.rows {
		if sparse {
			b, err = f.sparseARFF(b, a.X, i)
		} else {
			b, err = f.denseARFF(b, i)
		}
		if err != nil {
			return err
		}
		if weight != nil {
			b = append(appendNumber(append(b, ",{"...), weight[i]), '}')
		}
		out.Write(append(b, '\n'))
		b = b[:0]
	}
	out.Write(b) // of a table without rows
	return out.Flush()
}

func (f *frame) denseARFF(b []byte, i int) ([]byte, error) {
	var err error
	for j := range f.cols {
		if j > 0 {
			b = append(b, ',')
		}
		if b, err = f.cellARFF(b, j, i); err != nil {
			return b, err
		}
	}
	return b, nil
}

// sparseARFF writes what is not zero: of X, and of the columns behind it.
func (f *frame) sparseARFF(b []byte, x tensor.Matrix, i int) ([]byte, error) {
	var err error
	_, p := x.Dims()
	b = append(b, '{')
	first := true
	write := func(j int, _ float64) {
		if err != nil {
			return
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		b = append(strconv.AppendInt(b, int64(j), 10), ' ')
		b, err = f.cellARFF(b, j, i)
	}
	eachNonZero(x, i, p, write)
	for j := p; j < len(f.cols); j++ {
		if v := f.cols[j].value(i); v != 0 || math.IsNaN(v) {
			write(j, v)
		}
	}
	return append(b, '}'), err
}

func (f *frame) cellARFF(b []byte, j, i int) ([]byte, error) {
	var scratch [32]byte
	cell, present, err := f.text(scratch[:0], &f.cols[j], i)
	switch {
	case err != nil:
		return b, err
	case !present:
		return append(b, '?'), nil
	case f.cols[j].typ == TypeCategory || f.cols[j].typ == TypeText:
		return appendARFF(b, string(cell)), nil
	}
	return append(b, cell...), nil
}

// appendARFF writes a word, in quotes unless it is plain.
func appendARFF(dst []byte, s string) []byte {
	plain := s != "" && s != "?"
	for i := range len(s) {
		c := s[i]
		plain = plain && (c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c == '.' || c == '+')
	}
	if plain {
		return append(dst, s...)
	}
	dst = append(dst, '\'')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\'', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '\'')
}
