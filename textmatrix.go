package ml

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// TextMatrix is a Matrix of which some columns hold texts: free text, which has no levels, beside numbers and categories. Readers make it
// of columns declared TypeText; their Kind is Text. Select, pipelines, cross-validation and features.Columns take the texts along, and
// features.Texts makes numbers of them. Where a text is, At gives 0, and NaN if it is missing. It never changes.
type TextMatrix struct {
	numbers tensor.Matrix
	texts   [][]string // of each column; nil for a column of numbers
}

// NewTextMatrix puts texts into columns of a matrix. numbers has all columns; in those of texts 0, or NaN where the text is missing. It is
// no TextMatrix itself. texts has an element for each column: nil for a column of numbers, else a text for each row. Both are shared, not copied.
func NewTextMatrix(numbers tensor.Matrix, texts [][]string) (*TextMatrix, error) {
	const where = "ml.NewTextMatrix"
	if err := checkMatrix(where, numbers); err != nil {
		return nil, err
	}
	if _, is := numbers.(*TextMatrix); is {
		return nil, BadShape(where, "numbers", "an *ml.TextMatrix, whose texts would be lost", "a matrix of numbers")
	}
	n, p := numbers.Dims()
	if len(texts) != p {
		return nil, BadShape(where, "texts", fmt.Sprintf("a list of %d", len(texts)), fmt.Sprintf("%d, one for each column", p))
	}
	for j, column := range texts {
		if column == nil {
			continue
		}
		if len(column) != n {
			return nil, BadShape(where, fmt.Sprintf("texts[%d]", j), fmt.Sprintf("a list of %d", len(column)), fmt.Sprintf("%d, one for each row", n))
		}
		for i := range column {
			if v := numbers.At(i, j); v != 0 && !math.IsNaN(v) {
				return nil, &Error{Where: where, Field: fmt.Sprintf("numbers[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "0 where a text is, or NaN where it is missing", Kind: ErrShape}
			}
		}
	}
	return &TextMatrix{numbers, texts}, nil
}

// Dims returns the number of rows and columns.
func (m *TextMatrix) Dims() (rows, cols int) { return m.numbers.Dims() }

// At is the number in row i and column j: 0 for a text, NaN for a missing one.
func (m *TextMatrix) At(i, j int) float64 { return m.numbers.At(i, j) }

// Texts are the texts of column j, "" for a missing one; nil for a column of numbers. They must not be written to.
func (m *TextMatrix) Texts(j int) []string { return m.texts[j] }

// SelectRows gathers rows, in the given order; one may repeat.
func (m *TextMatrix) SelectRows(idx []int) tensor.Matrix {
	out := &TextMatrix{rows.Select(m.numbers, idx), make([][]string, len(m.texts))}
	for j, column := range m.texts {
		out.texts[j] = pick(column, idx)
	}
	return out
}

// SelectCols gathers columns, in the given order. If none holds texts, the result is a matrix of numbers.
func (m *TextMatrix) SelectCols(idx []int) tensor.Matrix {
	numbers, some := rows.SelectCols(m.numbers, idx), false
	texts := make([][]string, len(idx))
	for k, j := range idx {
		texts[k] = m.texts[j]
		some = some || texts[k] != nil
	}
	if !some {
		return numbers
	}
	return &TextMatrix{numbers, texts}
}

// checkTexts makes sure that just the columns of kind Text hold texts.
func checkTexts(where string, columns []Column, x tensor.Matrix) error {
	m, is := x.(*TextMatrix)
	if !is && columns == nil {
		return nil
	}
	_, p := x.Dims()
	for j := range p {
		declared := j < len(columns) && columns[j].Kind == Text
		if holds := is && m.texts[j] != nil; holds != declared {
			e := &Error{Where: where, Field: fmt.Sprintf("column %d (%s)", j, ColumnName(columns, j)), Found: "a text where a number is due", Want: "a number", Kind: ErrColumn}
			if declared {
				e.Found, e.Want = fmt.Sprintf("of kind text, in a %T", x), "texts, in an *ml.TextMatrix"
			}
			return e
		}
	}
	return nil
}
