package histgrow

import (
	"github.com/gopherwood-ml/ml/internal/rows"
)

// sample is what edges are learned from: some rows, or all. Of a sparse matrix it holds what is stored, column by column, since looking it up there
// number by number would take long.
type sample struct {
	x     rows.Rows
	at    []int // the rows, rising; nil: all
	rows  int
	first []int // sparse: where the numbers of each column begin
	value []float64
}

func newSample(x rows.Rows, o BinOptions) *sample {
	s := &sample{x: x, at: sampleOf(x.Len(), o), rows: x.Len()}
	if s.at != nil {
		s.rows = len(s.at)
	}
	if x.Sparse() {
		s.transpose()
	}
	return s
}

// row is the i-th row of the sample.
func (s *sample) row(i int) int {
	if s.at == nil {
		return i
	}
	return s.at[i]
}

func (s *sample) transpose() {
	var buf rows.Entries
	first := make([]int, s.x.Cols()+1)
	for i := range s.rows {
		cols, _ := s.x.NZ(s.row(i), &buf)
		for _, j := range cols {
			first[j+1]++
		}
	}
	for j := range s.x.Cols() {
		first[j+1] += first[j]
	}
	next := append([]int(nil), first...)
	s.first, s.value = first, make([]float64, first[len(first)-1])
	for i := range s.rows {
		cols, vals := s.x.NZ(s.row(i), &buf)
		for k, j := range cols {
			s.value[next[j]] = vals[k]
			next[j]++
		}
	}
}

// sampleCols is how many columns are read at once: rows that are far from each other are read once for all of them.
const sampleCols = 4

// read brings columns first to last-1 to the desk, unless they lie ready.
func (s *sample) read(first, last int, d *desk) {
	if s.first != nil {
		return
	}
	v := room(&d.values, (last-first)*s.rows)
	var row [sampleCols]float64
	for i := range s.rows {
		for k, u := range s.x.Part(s.row(i), first, last, row[:]) {
			v[k*s.rows+i] = u
		}
	}
}

// column are the values of column j, which the caller may change, and how many zeros there are besides. Columns from first on have been read.
func (s *sample) column(j, first int, d *desk) (values []float64, zeros int) {
	if s.first != nil {
		v := s.value[s.first[j]:s.first[j+1]:s.first[j+1]]
		return v, s.rows - len(v)
	}
	at := (j - first) * s.rows
	return d.values[at : at+s.rows : at+s.rows], 0
}
