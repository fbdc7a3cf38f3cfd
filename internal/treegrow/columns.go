package treegrow

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// MaxCode bounds the codes of categorical columns: a split stores a bit for each code up to its largest.
const MaxCode = 1<<24 - 1

// Columns are the columns of a matrix in rising order. They are read by any number of trees at once. They keep the matrix, which must not
// change as long as trees are grown.
type Columns struct {
	Rows, Features int
	x              rows.Rows
	cols           []column
	bins           []*bins // of each column, if they are binned: then the columns have no entries
}

// column is one of them. An entry is rank<<32 | row: numbers of equal rank are equal. Of a sparse column only what is not zero has entries.
type column struct {
	entries     []uint64
	categorical bool   // the rank is the code
	sparse      bool   //
	missing     bool   // some entries, which come last, have missingRank
	zero        uint64 // the rank that zeros of a sparse column have
}

const missingRank = math.MaxUint32

// BadCode says that a categorical column holds a number that is no code.
type BadCode struct {
	Row, Col int
	Value    float64
}

func (e *BadCode) Error() string {
	return fmt.Sprintf("column %d of row %d is %v, which is no code of a category", e.Col, e.Row, e.Value)
}

// Sort sorts the columns of x, whose numbers are finite or NaN. categorical says which columns hold codes, nil: none. The cost is
// proportional to the numbers that are stored.
func Sort(ctx context.Context, x rows.Rows, categorical []bool) (*Columns, error) {
	n, p := x.Dims()
	c := &Columns{Rows: n, Features: p, x: x, cols: make([]column, p)}
	for j := range c.cols {
		c.cols[j].categorical = categorical != nil && categorical[j]
	}
	if x.Sparse() {
		return c, c.sortSparse(ctx)
	}
	// Neighbouring columns share cache lines, so some are read together.
	const together = 4
	return c, par.Do(ctx, (p+together-1)/together, func(_ context.Context, task int) error {
		first := task * together
		last := min(first+together, p)
		values := make([]float64, n*(last-first))
		buf := make([]float64, p)
		for i := range n {
			for k, v := range x.Row(i, buf)[first:last] {
				values[k*n+i] = v
			}
		}
		var s sorter
		for j := first; j < last; j++ {
			if err := c.cols[j].fill(&s, values[(j-first)*n:(j-first+1)*n], nil, j); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Columns) sortSparse(ctx context.Context) error {
	start := make([]int, c.Features+1)
	var buf rows.Entries
	each := func(f func(i int, j int32, v float64)) {
		for i := range c.Rows {
			at, values := c.x.NZ(i, &buf)
			for k, j := range at {
				if values[k] != 0 {
					f(i, j, values[k])
				}
			}
		}
	}
	each(func(_ int, j int32, _ float64) { start[j+1]++ })
	for j := range c.Features {
		start[j+1] += start[j]
	}
	values, row := make([]float64, start[c.Features]), make([]uint32, start[c.Features])
	next := make([]int, c.Features)
	copy(next, start)
	each(func(i int, j int32, v float64) {
		values[next[j]], row[next[j]] = v, uint32(i)
		next[j]++
	})
	const grain = 64
	return par.Do(ctx, par.Chunks(c.Features, grain), func(_ context.Context, task int) error {
		var s sorter
		for j := task * grain; j < min((task+1)*grain, c.Features); j++ {
			col := &c.cols[j]
			col.sparse = true
			if err := col.fill(&s, values[start[j]:start[j+1]], row[start[j]:start[j+1]], j); err != nil {
				return err
			}
		}
		return nil
	})
}

// fill sorts the values of column j, which are of the given rows, nil: 0, 1, 2, ...
func (c *column) fill(s *sorter, values []float64, row []uint32, j int) error {
	rowOf := func(i int) uint32 {
		if row == nil {
			return uint32(i)
		}
		return row[i]
	}
	if c.categorical {
		for i, v := range values {
			if v == v && !(v >= 0 && v <= MaxCode && v == math.Trunc(v)) {
				return &BadCode{Row: int(rowOf(i)), Col: j, Value: v}
			}
		}
	}
	order, present := s.sort(values)
	c.entries = make([]uint64, len(values))
	c.missing = present < len(values)
	rank, zeroDone := uint64(0), !c.sparse
	for i, at := range order {
		if i >= present {
			c.entries[i] = missingRank<<32 | uint64(rowOf(int(at)))
			continue
		}
		v := values[at]
		if i > 0 && v != values[order[i-1]] {
			rank++
		}
		if !zeroDone && v > 0 {
			c.zero, zeroDone = rank, true
			rank++
		}
		if c.categorical {
			rank = uint64(v)
		}
		c.entries[i] = rank<<32 | uint64(rowOf(int(at)))
	}
	if !zeroDone && present > 0 {
		c.zero = rank + 1
	}
	return nil
}

// at is the number of a row and column, where it lies.
func (c *Columns) at(row int32, col int) float64 { return c.x.At(int(row), col) }
