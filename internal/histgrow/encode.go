package histgrow

import (
	"context"

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
	l, err := b.gather(ctx, x, candidates)
	if err != nil {
		return err
	}
	b.arrange(candidates, l)
	b.stride = b.width()
	if b.stride > 16 && b.stride < 32 {
		b.stride = 32 // a row in one cache line
	}
	b.codes, b.cols = kern.Aligned[uint8](b.Rows*b.stride), kern.Aligned[uint8](b.Rows*b.dense)
	for w := range b.wides {
		b.wides[w] = make([]uint16, b.Rows)
	}
	var direct []int32 // columns that are coded number by number
	for j, p := range b.places {
		if p.kind == own || p.kind == wide || b.Columns[j].IsCategory { // what is no code is found where there is one category, too
			direct = append(direct, int32(j))
		}
	}
	if len(direct) > 0 {
		err = par.Do(ctx, par.Chunks(b.Rows, encodeRows), func(_ context.Context, task int) error {
			lo := task * encodeRows
			hi := min(lo+encodeRows, b.Rows)
			if x.Sparse() {
				return b.encodeSparse(x, direct, lo, hi)
			}
			return b.encodeBlock(x, direct, lo, hi)
		})
		if err != nil {
			return err
		}
	}
	b.encodeShared(candidates, l)
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

// code is the bin of a value of column j.
func (b *Binned) code(j int32, i int, v float64) (int, error) {
	c := &b.Columns[j]
	switch {
	case !c.IsCategory:
		return c.bin(v), nil
	case isCode(v):
		return int(b.lookups[j][int32(v)]), nil
	case v == v:
		return 0, &BadValue{Row: i, Col: int(j), Value: v, Want: "the code of a category"}
	}
	return 0, nil
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

func (b *Binned) encodeBlock(x rows.Rows, direct []int32, lo, hi int) error {
	buf := make([]float64, b.Features)
	for i := lo; i < hi; i++ {
		row := x.Row(i, buf)
		for _, j := range direct {
			bin, err := b.code(j, i, row[j])
			if err != nil {
				return err
			}
			b.put(j, i, bin)
		}
	}
	return nil
}

// encodeSparse is encodeBlock for rows of which only what is not zero is stored.
func (b *Binned) encodeSparse(x rows.Rows, direct []int32, lo, hi int) error {
	zero := make([]int, len(direct))
	for k, j := range direct {
		zero[k], _ = b.code(j, 0, 0)
	}
	var buf rows.Entries
	for i := lo; i < hi; i++ {
		for k, j := range direct {
			b.put(j, i, zero[k])
		}
		cols, vals := x.NZ(i, &buf)
		for q, j := range cols {
			if kind := b.places[j].kind; kind == shared || kind == listed {
				continue
			}
			bin, err := b.code(j, i, vals[q])
			if err != nil {
				return err
			}
			b.put(j, i, bin)
		}
	}
	return nil
}

// encodeShared fills the bytes that several columns share.
func (b *Binned) encodeShared(candidates []int32, l []list) {
	members := make([][]int, b.dense)
	for k, j := range candidates {
		if p := &b.places[j]; p.kind == shared {
			members[p.at] = append(members[p.at], k)
		}
	}
	par.ForChunks(b.dense, 1, func(_, first, last int) {
		for at := first; at < last; at++ {
			for _, k := range members[at] {
				c, p := &b.Columns[candidates[k]], &b.places[candidates[k]]
				for i, r := range l[k].rows {
					code := uint8(int(p.first) + c.slot(int(l[k].bins[i])))
					b.codes[int(r)*b.stride+at], b.cols[at*b.Rows+int(r)] = code, code
				}
			}
		}
	})
}
