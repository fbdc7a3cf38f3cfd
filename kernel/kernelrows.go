package kernel

import (
	"context"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
)

// columns are the rows that kernel values are taken with, and can be taken of: the columns of a kernel matrix.
type columns[T kern.Float] interface {
	len() int
	// grain is how many columns are computed at a time.
	grain() int
	// fill writes the values of some rows with columns lo to hi-1 to dst, whose rows are ldd apart. The bits of a value do not depend on what else is asked for.
	fill(dst []T, ldd int, some []int, lo, hi int)
	// keep drops all columns but those at the rising places.
	keep(places []int)
	// of makes the columns of some rows.
	of(some []int) columns[T]
}

// columnsAtOnce is such that their values with a block of rows stay in the second-level cache.
const columnsAtOnce = 512

// wideColumns are those of any kernel.
type wideColumns struct {
	right *side
	x     rows.Rows
	idx   []int // rows of x
}

func newWideColumns(k metrics.Kernel, x rows.Rows, idx []int) *wideColumns {
	return &wideColumns{newSide(k, x, idx), x, idx}
}

func (w *wideColumns) len() int { return w.right.n }

func (w *wideColumns) precomputed() bool { return w.right.at != nil && w.right.sparse.Len() == 0 }

// grain is large where a row is read or copied whole for each part of the columns, or where another machine may be asked.
func (w *wideColumns) grain() int {
	switch {
	case w.precomputed() || compute.Accelerated():
		return w.len()
	case w.x.Sparse():
		return max(columnsAtOnce, w.x.Cols()/8)
	}
	return columnsAtOnce
}

func (w *wideColumns) fill(dst []float64, ldd int, some []int, lo, hi int) {
	right, p := w.right.part(lo, hi), w.x.Cols()
	step := len(some)
	if w.x.Sparse() || right.width == 0 {
		step = min(step, 1+(1<<18)/max(p, 1)) // dense copies of sparse rows must stay few
	}
	left, back := kern.Borrow(step * p)
	defer back()
	room, also := kern.Borrow(right.room(step))
	defer also()
	for at := 0; at < len(some); at += step {
		m := min(step, len(some)-at)
		for k, r := range some[at : at+m] {
			out := left[k*p : (k+1)*p]
			copy(out, w.x.Row(w.idx[r], out))
		}
		right.fill(dst[at*ldd:], ldd, left, m, room)
	}
}

func (w *wideColumns) keep(places []int) { w.right.keep(places) }

func (w *wideColumns) of(some []int) columns[float64] {
	at := make([]int, len(some))
	for k, r := range some {
		at[k] = w.idx[r]
	}
	return &wideColumns{newSide(w.right.kernel, w.x, at), w.x, w.idx}
}

// addRows adds a[k] times row at[k] of rows to dst.
func addRows[T kern.Float](dst, a []float64, rows []T, stride int, at []int32) {
	switch rows := any(rows).(type) {
	case []float64:
		kern.AddRows(dst, a, rows, stride, at)
	case []float32:
		kern.AddNarrowRows(dst, a, rows, stride, at)
	}
}

// addOnce adds the sum of by[k] times the values of row some[k] to sum, for all columns; the values are not kept.
func addOnce[T kern.Float](ctx context.Context, c columns[T], sum, by []float64, some []int) {
	const rows = 128
	order := make([]int32, rows)
	for k := range order {
		order[k] = int32(k)
	}
	par.ForChunks(c.len(), c.grain(), func(_, lo, hi int) {
		w := hi - lo
		tile := make([]T, min(rows, len(some))*w)
		for at := 0; at < len(some) && ctx.Err() == nil; at += rows {
			m := min(rows, len(some)-at)
			c.fill(tile, w, some[at:at+m], lo, hi)
			addRows(sum[lo:hi], by[at:at+m], tile, w, order[:m])
		}
	})
}

// kernelRows gives the sums that a decomposition needs of a kernel matrix.
type kernelRows interface {
	// among writes the values of some rows, which stand at places among the columns, with each other to dst.
	among(dst []float64, some, places []int)
	// add adds by[k] times the values of row some[k] to sum, for all columns.
	add(sum, by []float64, some []int)
	// addTo does so for other columns.
	addTo(ctx context.Context, others []int, sum, by []float64, some []int)
	// keep drops all columns but those at the rising places. place is that of each row afterwards, negative if it is gone.
	keep(places []int, place []int32)
	// wake takes all columns again.
	wake()
}

// rowCache keeps the rows used last.
type rowCache[T kern.Float] struct {
	all    int // columns at first, and so far apart are the slots
	cols   columns[T]
	slots  []T
	cap    int
	head   int
	slotOf []int32 // of a row, -1
	rowIn  []int32 // of a slot, -1
}

func newRowCache[T kern.Float](cols columns[T], n, bytes, least int) *rowCache[T] {
	var t T
	size := 8
	if _, ok := any(t).(float32); ok {
		size = 4
	}
	c := &rowCache[T]{all: n, cols: cols, slotOf: make([]int32, n)}
	c.cap = min(n, max(bytes/(size*max(n, 1)), least))
	c.slots, c.rowIn = kern.Fresh[T](c.cap*n), make([]int32, c.cap)
	c.forget()
	return c
}

// forget empties the cache.
func (c *rowCache[T]) forget() {
	for i := range c.slotOf {
		c.slotOf[i] = -1
	}
	for i := range c.rowIn {
		c.rowIn[i] = -1
	}
	c.head = 0
}

func (c *rowCache[T]) wake() {
	if c.cols.len() < c.all {
		every := make([]int, c.all)
		for i := range every {
			every[i] = i
		}
		c.cols = c.cols.of(every)
	}
	c.forget()
}

func (c *rowCache[T]) among(dst []float64, some, places []int) {
	q := len(some)
	var missing, at []int
	for s, r := range some {
		if c.slotOf[r] < 0 {
			missing, at = append(missing, r), append(at, s)
		}
	}
	tile := make([]T, len(missing)*q)
	if len(missing) > 0 {
		c.cols.of(some).fill(tile, q, missing, 0, q)
	}
	par.For(q, q, func(lo, hi int) {
		for s := lo; s < hi; s++ {
			if slot := int(c.slotOf[some[s]]); slot >= 0 {
				row, out := c.slots[slot*c.all:(slot+1)*c.all], dst[s*q:(s+1)*q]
				for t, p := range places {
					out[t] = float64(row[p])
				}
			}
		}
	})
	for k, s := range at {
		out := dst[s*q : (s+1)*q]
		for t, v := range tile[k*q : (k+1)*q] {
			out[t] = float64(v)
		}
	}
}

// settle finds a slot for each row. Slots are used in turn; what is needed and would be lost is computed again. The rows to compute belong to slots from and on.
func (c *rowCache[T]) settle(some []int) (missing []int, from int) {
	for _, r := range some {
		if c.slotOf[r] < 0 {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return nil, 0
	}
	need := make([]bool, c.all)
	for _, r := range some {
		need[r] = true
	}
	from = c.head
	if from+len(missing) > c.cap {
		from = 0
	}
	for at := from; at < from+len(missing); at++ {
		if at == c.cap { // what was lost made more: begin again at the front
			c.forget()
			missing, from = append(missing[:0], some...), 0
			break
		}
		if r := c.rowIn[at]; r >= 0 {
			c.slotOf[r], c.rowIn[at] = -1, -1
			if need[r] {
				missing = append(missing, int(r))
			}
		}
	}
	for k, r := range missing {
		c.slotOf[r], c.rowIn[from+k] = int32(from+k), int32(r)
	}
	c.head = from + len(missing)
	return missing, from
}

func (c *rowCache[T]) add(sum, by []float64, some []int) {
	missing, from := c.settle(some)
	at := make([]int32, len(some))
	for k, r := range some {
		at[k] = c.slotOf[r]
	}
	// The values of new rows are used while they are in the cache of the core that made them.
	one := func(lo, hi int) {
		if len(missing) > 0 {
			c.cols.fill(c.slots[from*c.all+lo:], c.all, missing, lo, hi)
		}
		addRows(sum[lo:hi], by, c.slots[lo:], c.all, at)
	}
	n, grain := c.cols.len(), c.cols.grain()
	if len(missing) == 0 { // only to be read
		grain = max(grain, par.Grain(len(some)/4))
	}
	par.ForChunks(n, grain, func(_, lo, hi int) { one(lo, hi) })
}

func (c *rowCache[T]) addTo(ctx context.Context, others []int, sum, by []float64, some []int) {
	addOnce(ctx, c.cols.of(others), sum, by, some)
}

func (c *rowCache[T]) keep(places []int, place []int32) {
	for s, r := range c.rowIn { // rows that left need no slot
		if r >= 0 && place[r] < 0 {
			c.slotOf[r], c.rowIn[s] = -1, -1
		}
	}
	par.For(c.cap, len(places), func(lo, hi int) {
		for s := lo; s < hi; s++ {
			if c.rowIn[s] >= 0 {
				row := c.slots[s*c.all : (s+1)*c.all]
				for k, at := range places {
					row[k] = row[at]
				}
			}
		}
	})
	c.cols.keep(places)
}
