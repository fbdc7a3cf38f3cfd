package features

import (
	"slices"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// eachCodeTally is eachTally for columns that probably hold small whole numbers: these are counted as they are read instead of
// kept and sorted. It gives f the same tallies; their values are distinct and rising where that worked. check, which may be nil, looks for numbers that are not finite; it is
// called first unless all of x was counted, which has shown that there are none.
func eachCodeTally(x tensor.Matrix, weight []float64, wanted func(j int) bool, check func() error, f func(j int, t tally)) error {
	n, p := x.Dims()
	counting := weight == nil && n >= codeLimit && !isSparse(x) // sums of weights are rounded in the order of the rows
	var cols []int
	var counts codeChunks
	if counting {
		cols = columnsWanted(x, wanted)
		counts = countCodes(x, cols)
	}
	if check != nil && !(len(cols) == p && counts.all()) {
		if err := check(); err != nil {
			return err
		}
	}
	if !counting {
		eachTally(x, weight, wanted, f)
		return nil
	}
	rest := make([]bool, p)
	par.ForChunks(len(cols), 1, func(_, lo, hi int) {
		for k := lo; k < hi; k++ {
			if t, ok := counts.tally(k); ok {
				f(cols[k], t)
			} else {
				rest[cols[k]] = true
			}
		}
	})
	eachTally(x, nil, func(j int) bool { return rest[j] }, f)
	return nil
}

const (
	codeLimit = 1024 // codes that are counted in tables are below
	codeBlock = 8    // columns counted in one pass over the rows: their tables stay in the cache
)

// codeCounts are the counts of some rows in codeBlock columns.
type codeCounts struct {
	of      [codeBlock][2][codeLimit]uint32 // of every other row, so that equal codes in turn do not wait for each other
	missing [codeBlock]int
	other   [codeBlock]bool // the column holds something else
}

// codeChunks are the counts of all rows: of each block of columns those of every chunk of rows.
type codeChunks [][]codeCounts

func countCodes(x tensor.Matrix, cols []int) codeChunks {
	const least, most = 1 << 13, 16 // rows of a chunk, chunks
	from := rows.Of(x)
	n := from.Len()
	grain := max(least, (n+most-1)/most)
	chunks, blocks := par.Chunks(n, grain), par.Chunks(len(cols), codeBlock)
	out := make(codeChunks, blocks)
	for b := range out {
		out[b] = make([]codeCounts, chunks)
	}
	par.ForChunks(blocks*chunks, 1, func(_, lo, hi int) {
		for task := lo; task < hi; task++ {
			b, c := task/chunks, task%chunks
			first, end := par.Bounds(n, chunks, c)
			out[b][c].count(from, first, end, cols[b*codeBlock:min((b+1)*codeBlock, len(cols))])
		}
	})
	return out
}

// count reads rows lo to hi-1, as long as one of the columns may hold codes.
func (c *codeCounts) count(from rows.Rows, lo, hi int, cols []int) {
	const bytes = 1 << 14 // of a block of rows, each of whose columns is read by itself
	p := from.Cols()
	size := max(1, bytes/8/p)
	buf := make([]float64, size*p)
	for ; lo < hi; lo += size {
		block, left := from.Block(lo, min(hi, lo+size), buf), false
		for k, j := range cols {
			if !c.other[k] {
				c.column(k, block, j, p)
				left = true
			}
		}
		if !left {
			return
		}
	}
}

// column counts every p-th number from j on in column k.
func (c *codeCounts) column(k int, block []float64, j, p int) {
	even, odd := &c.of[k][0], &c.of[k][1]
	for ; j+p < len(block); j += 2 * p {
		v, w := block[j], block[j+p]
		a, b := int(v), int(w)
		if !(uint(a) < codeLimit && uint(b) < codeLimit && float64(a) == v && float64(b) == w) {
			break // the rest goes one by one
		}
		even[a]++
		odd[b]++
	}
	for ; j < len(block); j += p {
		v := block[j]
		if code := int(v); uint(code) < codeLimit && float64(code) == v {
			even[code]++
		} else if v != v {
			c.missing[k]++
		} else {
			c.other[k] = true
			return
		}
	}
}

// all reports whether no column holds anything but codes.
func (s codeChunks) all() bool {
	for _, block := range s {
		for c := range block {
			if slices.Contains(block[c].other[:], true) {
				return false
			}
		}
	}
	return true
}

// tally joins the chunks of column k; false if it holds anything but codes.
func (s codeChunks) tally(k int) (tally, bool) {
	block, k := s[k/codeBlock], k%codeBlock
	var sum [codeLimit]int
	missing, all := 0, 0
	for c := range block {
		if block[c].other[k] {
			return tally{}, false
		}
		missing += block[c].missing[k]
		for code, times := range &block[c].of[k][0] {
			sum[code] += int(times) + int(block[c].of[k][1][code])
		}
	}
	t := tally{missing: float64(missing), sorted: true}
	for code, times := range &sum {
		if times > 0 {
			t.values, t.weight = append(t.values, float64(code)), append(t.weight, float64(times))
			all += times
		}
	}
	t.total = float64(all)
	return t, true
}
