//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

func (e *engine) Gather(dst, table, index compute.Buf, width int) {
	n := index.Len()
	if n*width == 0 {
		return
	}
	e.launch("gather", blocksFor(n*width), blockThreads, 0, dst, table, index, int64(n), int32(width), int64(table.Len()/width))
}

// Scatter chains up the rows that go to one row of the table, and adds each chain in order: the sums are those of the host. Finding the chains
// takes time as the number of rows between rows of one index.
func (e *engine) Scatter(table, src, index compute.Buf, width int) {
	n := index.Len()
	if n*width == 0 || table.Len() == 0 {
		return
	}
	room := e.room(2 * n)
	next, begins, have := room.Part(0, n), room.Part(n, 2*n), int64(table.Len()/width)
	e.Fill(begins, 1) // any bits but zeros: a row begins a chain unless another finds it
	e.launch("scatter_links", blocksFor(n), blockThreads, 0, next, begins, index, int32(n), have)
	e.launch("scatter", blocksFor(n*width), blockThreads, 0, table, src, index, next, begins, int32(n), int32(width), have)
	e.free(room)
}
