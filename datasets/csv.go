package datasets

import (
	"compress/gzip"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// sheet is an embedded file, cut into cells but not yet into numbers.
type sheet struct {
	header []string
	rows   [][]string
}

// The embedded files are written by internal/golden/datasets_files.py without quotes, and every one of them is read
// by a test: a cell that can't be read is a broken build, not bad input, and panics.
func parse(text string) sheet {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	s := sheet{header: strings.Split(lines[0], ",")}
	for _, line := range lines[1:] {
		s.rows = append(s.rows, strings.Split(line, ","))
	}
	return s
}

func parseGzip(data string) sheet {
	z, err := gzip.NewReader(strings.NewReader(data))
	if err != nil {
		panic(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return parse(string(text))
}

// table makes the first p columns the matrix. levels holds the categorical ones among them, by name.
func (s sheet) table(p int, levels map[string][]string) ml.Table {
	x := make([]float64, 0, len(s.rows)*p)
	columns := make([]ml.Column, p)
	for j := range columns {
		columns[j].Name = s.header[j]
		if l, ok := levels[s.header[j]]; ok {
			columns[j].Kind, columns[j].Levels = ml.Categorical, l
		}
	}
	for _, row := range s.rows {
		for j, c := range columns {
			if c.Kind == ml.Categorical {
				x = append(x, code(row[j], c.Levels))
			} else {
				x = append(x, number(row[j]))
			}
		}
	}
	return ml.Table{X: tensor.FromSlice(x, len(s.rows), p), Columns: columns}
}

// column reads one column of numbers.
func (s sheet) column(j int) []float64 {
	v := make([]float64, len(s.rows))
	for i, row := range s.rows {
		v[i] = number(row[j])
	}
	return v
}

// classes reads one column of class codes.
func (s sheet) classes(j int) []int {
	v := make([]int, len(s.rows))
	for i, f := range s.column(j) {
		v[i] = int(f)
	}
	return v
}

func number(cell string) float64 {
	if cell == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		panic(err)
	}
	return v
}

// code is the position of cell among levels, NaN for an empty cell.
func code(cell string, levels []string) float64 {
	if cell == "" {
		return math.NaN()
	}
	for i, l := range levels {
		if l == cell {
			return float64(i)
		}
	}
	panic("datasets: unknown level " + strconv.Quote(cell))
}
