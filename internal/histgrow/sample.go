package histgrow

import (
	"github.com/gopherwood-ml/ml/internal/rows"
)

// sample is what edges are learned from: some rows, or all. Of a sparse matrix it holds what is stored of some columns, column by column, since looking it up there
// number by number would take long.
type sample struct {
	x     rows.Rows
	at    []int // the rows, rising; nil: all
	rows  int
	first []int // sparse: where the numbers of each column begin, counted over all columns
	lo    int   // sparse: the first column of those held
	value []float64
}

// Of a sparse matrix sampleHeld numbers are held at once, about, or as many as are there in sampleParts parts: each costs a pass over all.
const (
	sampleHeld  = 1 << 17
	sampleParts = 8
)

func newSample(x rows.Rows, o BinOptions) *sample {
	s := &sample{x: x, at: sampleOf(x.Len(), o), rows: x.Len()}
	if s.at != nil {
		s.rows = len(s.at)
	}
	if x.Sparse() {
		s.count()
	}
	return s
}

// parts are ranges of columns to be held one after the other: begin and end of each.
func (s *sample) parts() [][2]int {
	p := s.x.Cols()
	if s.first == nil {
		return [][2]int{{0, p}}
	}
	var out [][2]int
	most := max(sampleHeld, s.first[p]/sampleParts)
	for lo := 0; lo < p; {
		hi := lo + 1
		for hi < p && s.first[hi+1]-s.first[lo] <= most {
			hi++
		}
		out = append(out, [2]int{lo, hi})
		lo = hi
	}
	return out
}

// row is the i-th row of the sample.
func (s *sample) row(i int) int {
	if s.at == nil {
		return i
	}
	return s.at[i]
}

// count finds how many numbers each column has.
func (s *sample) count() {
	var buf rows.Entries
	s.first = make([]int, s.x.Cols()+1)
	for i := range s.rows {
		cols, _ := s.x.NZ(s.row(i), &buf)
		for _, j := range cols {
			s.first[j+1]++
		}
	}
	for j := range s.x.Cols() {
		s.first[j+1] += s.first[j]
	}
}

// hold brings the numbers of columns lo to hi-1 together.
func (s *sample) hold(lo, hi int) {
	if s.first == nil {
		return
	}
	s.lo = lo
	value := room(&s.value, s.first[hi]-s.first[lo])
	next := make([]int, hi-lo)
	for j := range next {
		next[j] = s.first[lo+j] - s.first[lo]
	}
	var buf rows.Entries
	for i := range s.rows {
		cols, vals := s.x.NZ(s.row(i), &buf)
		for k, j := range cols {
			if at := int(j) - lo; at >= 0 && at < len(next) {
				value[next[at]] = vals[k]
				next[at]++
			}
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
		from, to := s.first[j]-s.first[s.lo], s.first[j+1]-s.first[s.lo]
		v := s.value[from:to:to]
		return v, s.rows - len(v)
	}
	at := (j - first) * s.rows
	return d.values[at : at+s.rows : at+s.rows], 0
}
