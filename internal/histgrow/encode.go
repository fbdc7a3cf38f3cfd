package histgrow

import (
	"context"
	"sync"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// encodeRows is how many rows are coded together: few enough for what they are read from to stay near while each column passes.
const encodeRows = 1024

func (b *Binned) encode(ctx context.Context, x rows.Rows, apart bool) error {
	b.Rows = x.Len()
	var candidates []int32
	if !apart {
		candidates = b.candidates()
	}
	groups, l, err := b.group(ctx, x, candidates)
	if err != nil {
		return err
	}
	b.arrange(candidates, groups, l)
	b.stride = b.width()
	if b.stride > 16 && b.stride < 32 {
		b.stride = 32 // a row in one cache line
	}
	b.codes, b.cols = kern.Aligned[uint8](b.Rows*b.stride), kern.Aligned[uint8](b.Rows*b.dense+kern.DividePad)
	for w := range b.wides {
		b.wides[w] = make([]uint16, b.Rows)
	}
	var direct []int32 // columns that are coded number by number
	for j, p := range b.places {
		if p.kind == own || p.kind == wide || b.Columns[j].IsCategory { // what is no code is found where there is one category, too
			direct = append(direct, int32(j))
		}
	}
	coders := make([]coder, len(direct))
	for k, j := range direct {
		coders[k] = newCoder(&b.Columns[j], x.Narrow())
	}
	if len(direct) > 0 {
		var spare sync.Pool // what blocks are turned into columns in
		err = par.Do(ctx, par.Chunks(b.Rows, encodeRows), func(_ context.Context, task int) error {
			lo := task * encodeRows
			hi := min(lo+encodeRows, b.Rows)
			if x.Sparse() {
				return b.encodeSparse(x, direct, coders, lo, hi)
			}
			return b.encodeBlock(x, direct, coders, &spare, lo, hi)
		})
		if err != nil {
			return err
		}
	}
	if err := b.encodeShared(ctx, x, candidates); err != nil {
		return err
	}
	b.byRow()
	return nil
}

// candidates are the numeric columns of few bins that are zero in most rows.
func (b *Binned) candidates() []int32 {
	var out []int32
	for j := range b.Columns {
		c := &b.Columns[j]
		if !c.IsCategory && c.Bins > 1 && c.Bins <= 256 && c.zeros >= mostlyZero {
			out = append(out, int32(j))
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// put notes the bin of column j in row i.
func (b *Binned) put(j int32, i, bin int) {
	p := &b.places[j]
	switch p.kind {
	case nowhere:
		return
	case wide:
		b.wides[p.at][i] = uint16(bin)
		return
	}
	b.codes[i*b.stride+int(p.at)] = uint8(bin)
	b.cols[int(p.at)*b.Rows+i] = uint8(bin)
}

// putAll notes the bins of column j in the rows from at on.
func (b *Binned) putAll(j int32, at int, bins []uint16) {
	p := &b.places[j]
	switch p.kind {
	case nowhere:
		return
	case wide:
		copy(b.wides[p.at][at:], bins)
		return
	}
	column, codes := b.cols[int(p.at)*b.Rows+at:], b.codes[at*b.stride+int(p.at):]
	for i, bin := range bins {
		column[i] = uint8(bin)
		codes[i*b.stride] = uint8(bin)
	}
}

func (b *Binned) encodeBlock(x rows.Rows, direct []int32, coders []coder, spare *sync.Pool, lo, hi int) error {
	held, _ := spare.Get().(*[]float64)
	if held == nil {
		held = new([]float64)
	}
	defer spare.Put(held)
	both := room(held, b.Features+len(direct)*groupRows)
	buf, columns := both[:b.Features], both[b.Features:]
	var bins [groupRows]uint16
	for at := lo; at < hi; at += groupRows {
		n := min(groupRows, hi-at)
		for i := range n {
			row := x.Row(at+i, buf)
			for k, j := range direct {
				columns[k*groupRows+i] = row[j]
			}
		}
		var bad *BadValue
		for k, j := range direct {
			values := columns[k*groupRows : (k+1)*groupRows]
			if i := coders[k].bins(&bins, values, n); i >= 0 && (bad == nil || at+i < bad.Row) {
				bad = badCode(at+i, j, values[i])
			}
			b.putAll(j, at, bins[:n])
		}
		if bad != nil {
			return bad
		}
	}
	return nil
}

func badCode(i int, j int32, v float64) *BadValue {
	return &BadValue{Row: i, Col: int(j), Value: v, Want: "the code of a category"}
}

// encodeSparse is encodeBlock for rows of which only what is not zero is stored.
func (b *Binned) encodeSparse(x rows.Rows, direct []int32, coders []coder, lo, hi int) error {
	zero, of := make([]int, len(direct)), make([]*coder, b.Features)
	for k, j := range direct {
		of[j] = &coders[k]
		zero[k], _ = coders[k].bin(0)
	}
	var buf rows.Entries
	for i := lo; i < hi; i++ {
		for k, j := range direct {
			b.put(j, i, zero[k])
		}
		cols, vals := x.NZ(i, &buf)
		for q, j := range cols {
			if of[j] == nil {
				continue
			}
			bin, ok := of[j].bin(vals[q])
			if !ok {
				return badCode(i, j, vals[q])
			}
			b.put(j, i, bin)
		}
	}
	return nil
}

// encodeShared fills the bytes that several columns share.
func (b *Binned) encodeShared(ctx context.Context, x rows.Rows, candidates []int32) error {
	slot, any := b.slots(candidates), false
	for j := range slot {
		if b.places[j].kind != shared {
			slot[j] = -1
		}
		any = any || slot[j] >= 0
	}
	if !any {
		return nil
	}
	return par.Do(ctx, gatherChunks, func(ctx context.Context, chunk int) error {
		lo, hi := par.Bounds(b.Rows, gatherChunks, chunk)
		b.filled(x, slot, lo, hi, 1, func(r, k int32, bin int) {
			j := candidates[k]
			c, p := &b.Columns[j], &b.places[j]
			code := uint8(int(p.first) + c.slot(bin))
			b.codes[int(r)*b.stride+int(p.at)], b.cols[int(p.at)*b.Rows+int(r)] = code, code
		})
		return ctx.Err()
	})
}
