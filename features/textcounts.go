package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/parts"
	"github.com/gopherwood-ml/ml/tensor"
)

// textCounter counts the terms of texts, one text at a time. An entry is the number of a term and its count, an int32, in one, so that
// a row sorts as whole numbers do.
type textCounter interface {
	count(entries []uint64, text string) []uint64
}

// numbered counts terms by the number that number gives them: -1 is a term to leave out.
type numbered struct {
	*analyzer
	number func(term []byte) int
	own    *termTable // the table of its own that number adds to, if it has one
	last   []int      // where the latest entry of each term is, + 1
}

// count appends the entries of one text, in the order of first appearance.
func (c *numbered) count(entries []uint64, text string) []uint64 {
	start := len(entries)
	c.each(text, func(term []byte) {
		id := c.number(term)
		if id < 0 {
			return
		}
		if id >= len(c.last) {
			c.last = append(c.last, make([]int, id+1-len(c.last))...)
		}
		if at := c.last[id]; at > start && at <= len(entries) && entries[at-1]>>32 == uint64(id) {
			entries[at-1]++
			return
		}
		entries = append(entries, uint64(id)<<32|1)
		c.last[id] = len(entries)
	})
	return entries
}

// countedChunk is what one run of texts holds.
type countedChunk struct {
	table   *termTable // of the numbers; nil if they are columns already
	entries []uint64
	ends    []int // of each text, in entries
}

// presize makes room for what texts usually hold.
func (c *countedChunk) presize(texts []string) {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	c.ends, c.entries = make([]int, 0, len(texts)), make([]uint64, 0, size/8)
}

// textGrain cuts texts into few chunks: each has a table of its own terms.
func textGrain(n int) int {
	const least, most = 256, 16
	return max(least, (n+most-1)/most)
}

// eachText calls f for every chunk of texts in parallel; ctx is asked every so often.
func eachText(ctx context.Context, texts []string, f func(chunk int, texts []string, done func() error) error) error {
	grain := textGrain(len(texts))
	return par.Do(ctx, par.Chunks(len(texts), grain), func(ctx context.Context, chunk int) error {
		seen := 0
		return f(chunk, texts[chunk*grain:min((chunk+1)*grain, len(texts))], func() error {
			if seen++; seen%64 != 1 {
				return nil
			}
			return ml.Done(ctx)
		})
	})
}

// finish turns the entries of one row into columns and values.
type finisher interface {
	finish(cols []int32, vals []float64, entries []uint64)
}

// tight puts rows of chunks together to one matrix: in each row, entries by rising column, then finished.
func tight(columns int, chunks []countedChunk, f finisher) *tensor.CSR[float64] {
	first, rows := make([]int, len(chunks)+1), 0
	for _, c := range chunks {
		rows += len(c.ends)
	}
	indptr := make([]int, 1, rows+1)
	for k, c := range chunks {
		for _, end := range c.ends {
			indptr = append(indptr, first[k]+end)
		}
		first[k+1] = first[k] + len(c.entries)
	}
	indices, values := kern.Fresh[int32](first[len(chunks)]), kern.Fresh[float64](first[len(chunks)])
	_ = par.Do(context.Background(), len(chunks), func(_ context.Context, k int) error {
		c, lo, sorter := chunks[k], 0, newEntrySorter(columns)
		for _, hi := range c.ends {
			row := c.entries[lo:hi]
			sorter.sort(row)
			f.finish(indices[first[k]+lo:first[k]+hi], values[first[k]+lo:first[k]+hi], row)
			lo = hi
		}
		return nil
	})
	return tensor.Assemble(parts.CSR[float64]{Columns: columns, Indptr: indptr, Indices: indices, Values: values}) // sorted row by row
}

// weighting turns counts into what a vectorizer gives.
type weighting struct {
	binary    bool
	sublinear bool
	idf       []float64 // nil: ones
	norm      func(vals []float64) float64
}

func (w *weighting) finish(cols []int32, vals []float64, entries []uint64) {
	for q, e := range entries {
		col := int32(e >> 32)
		v := float64(int32(uint32(e)))
		if w.binary {
			v = 1
		}
		if w.sublinear {
			v = 1 + math.Log(v)
		}
		if w.idf != nil {
			v *= w.idf[col]
		}
		cols[q], vals[q] = col, v
	}
	divide(vals, w.norm)
}

// divide scales a row to norm 1; nil leaves it as it is.
func divide(vals []float64, norm func([]float64) float64) {
	if norm == nil {
		return
	}
	if size := norm(vals); size > 0 {
		for q := range vals {
			vals[q] /= size
		}
	}
}

// rowNorm is the norm that rows are divided by, nil for none. Texts have no numbers whose squares overflow.
func rowNorm(where string, none bool, norm tensor.Norm) (func([]float64) float64, error) {
	switch {
	case none && norm != tensor.L2:
		return nil, ml.BadConfig(where, "Norm", norm, "none with NoNorm")
	case none:
		return nil, nil
	case norm == tensor.L2:
		return func(vals []float64) float64 {
			sum := 0.0
			for _, v := range vals {
				sum += v * v
			}
			return math.Sqrt(sum)
		}, nil
	case norm == tensor.L1:
		return func(vals []float64) float64 {
			sum := 0.0
			for _, v := range vals {
				sum += math.Abs(v)
			}
			return sum
		}, nil
	case norm == tensor.MaxAbs:
		return func(vals []float64) float64 {
			top := 0.0
			for _, v := range vals {
				top = max(top, math.Abs(v))
			}
			return top
		}, nil
	}
	return nil, ml.BadConfig(where, "Norm", fmt.Sprint(norm), "tensor.L2, L1 or MaxAbs")
}

// textRows transforms texts by a counter that numbers terms by their columns: what count and hashing models share.
type textRows struct {
	columns  int
	counters *sync.Pool // of *textRow
	finisher finisher
}

type textRow struct {
	textCounter
	sorter  entrySorter
	entries []uint64
}

func newTextRows(columns int, counter func() textCounter, f finisher) textRows {
	return textRows{columns, &sync.Pool{New: func() any { return &textRow{textCounter: counter(), sorter: newEntrySorter(columns)} }}, f}
}

func (t textRows) transform(ctx context.Context, texts []string) (*tensor.CSR[float64], error) {
	chunks := make([]countedChunk, par.Chunks(len(texts), textGrain(len(texts))))
	err := eachText(ctx, texts, func(k int, texts []string, done func() error) error {
		r := t.counters.Get().(*textRow)
		defer t.counters.Put(r)
		c := &chunks[k]
		c.presize(texts)
		for _, text := range texts {
			if err := done(); err != nil {
				return err
			}
			c.entries = r.count(c.entries, text)
			c.ends = append(c.ends, len(c.entries))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return tight(t.columns, chunks, t.finisher), nil
}

func (t textRows) appendRow(cols []int32, vals []float64, text string) ([]int32, []float64) {
	r := t.counters.Get().(*textRow)
	defer t.counters.Put(r)
	r.entries = r.count(r.entries[:0], text)
	r.sorter.sort(r.entries)
	n := len(r.entries)
	c, v := len(cols), len(vals)
	cols, vals = slices.Grow(cols, n)[:c+n], slices.Grow(vals, n)[:v+n]
	t.finisher.finish(cols[c:], vals[v:], r.entries)
	return cols, vals
}
