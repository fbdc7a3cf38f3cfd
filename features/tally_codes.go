package features

import (
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// eachCodeTally is eachTally for columns that probably hold small whole numbers: these are counted as they are read instead of
// kept and sorted. It gives f the same tallies; their values are distinct and rising where that worked.
func eachCodeTally(x tensor.Matrix, weight []float64, wanted func(j int) bool, f func(j int, t tally)) {
	n, p := x.Dims()
	if weight != nil || n < codeLimit || isSparse(x) {
		eachTally(x, weight, wanted, f) // sums of weights are rounded in the order of the rows
		return
	}
	cols := columnsWanted(x, wanted)
	rest := make([]bool, p)
	counts := countCodes(x, cols)
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
}

const (
	codeLimit = 1024 // codes that are counted in tables are below
	codeBlock = 8    // columns counted in one pass over the rows: their tables stay in the cache
)

// codeCounts are the counts of some rows in codeBlock columns.
type codeCounts struct {
	of      [codeBlock][codeLimit]uint32
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
	buf := make([]float64, from.Cols())
	left := len(cols)
	for i := lo; i < hi && left > 0; i++ {
		row := from.Row(i, buf)
		for k, j := range cols {
			v := row[j]
			switch code := int(v); {
			case v != v:
				c.missing[k]++
			case uint(code) < codeLimit && float64(code) == v:
				c.of[k][code]++
			case !c.other[k]:
				c.other[k] = true
				left--
			}
		}
	}
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
		for code, times := range &block[c].of[k] {
			sum[code] += int(times)
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
