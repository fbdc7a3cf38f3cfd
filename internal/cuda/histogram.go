//go:build cuda

package cuda

import "github.com/gopherwood-ml/ml/internal/compute"

const (
	histogramCells = 2 * 256 // of a column
	chunkLeast     = 512     // rows that a block counts at least, or clearing its cells would take longer
	chunksWanted   = 512     // blocks that fill a device
)

// Histogram implements compute.Accelerator. Codes stay on the device for as long as they are used, and the derivatives of a tree until the next one. Sums
// are of whole numbers: the host's, to the bit.
func (b *blocks) Histogram(t compute.HistogramTask, hist []int64, lo, hi int) bool {
	c := t.Codes()
	n, cells := hi-lo, c.Cols*histogramCells
	b.mu.Lock()
	defer b.mu.Unlock()
	places := t.Places(lo, hi)
	d := t.Derivatives()
	moved := 8*cells + 4*len(places)
	if _, ok := b.held(t.KeptCodes()); !ok {
		moved += len(c.Codes) / 8 // they serve many trees
	}
	if _, ok := b.held(t.KeptValues()); !ok {
		moved += 8 * len(d.Values) / 2 // and a few nodes
	}
	if n == 0 || cells == 0 || len(c.Codes)%4 != 0 || !b.worth(float64(n)*float64(c.Cols), hostCells, deviceCells, float64(moved)) {
		return false
	}
	codes, _ := b.hold(t.KeptCodes(), len(c.Codes)/4, func(dst compute.Buf) { b.e.Put(dst, words(c.Codes)) })
	values, _ := b.hold(t.KeptValues(), 2*len(d.Values), func(dst compute.Buf) { b.e.Put(dst, words(d.Values)) })
	var rows compute.Buf
	if places != nil {
		rows = b.e.room(n)
		b.e.Put(rows, words(places))
	}
	sums := b.e.New(2 * cells)
	defer b.e.free(rows, sums)
	pairs, perBlock := int32(0), 16
	if d.Pairs {
		pairs, perBlock = 1, 8
	}
	groups := (c.Cols + perBlock - 1) / perBlock
	chunk := max(chunkLeast, (n*groups+chunksWanted-1)/chunksWanted)
	if !d.Pairs {
		chunk = min(chunk, d.PackedRows)
	}
	b.e.launch("histogram", min(groups*((n+chunk-1)/chunk), 1<<14), tileThreads, 0, sums, codes, rows, values, int64(lo), int64(n), int32(c.Stride), int32(c.Cols), pairs,
		int32(chunk), int32(d.CountBits), int32(d.HessBits), int32(d.CountShift))
	b.get(words(hist[:cells]), sums)
	return b.fine(t.KeptCodes(), t.KeptValues())
}
