package ensemble

import (
	"math/bits"
	"slices"
	"sort"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Seeds of what forests draw, apart from each other.
const (
	forestRows = iota + 101
	forestTree
	forestBins
	forestShuffle
)

// bag draws the rows of trees. Draws go by the place of a row among those that have weight.
type bag struct {
	f       *forest
	n       int // rows
	kept    []int32
	upTo    []float64 // the sum of the weights of the kept rows up to each; nil: all weigh alike
	byClass [][]int32 // kept rows of each class that has any, for balanced draws
	rarest  int
}

func newBag(f *forest) *bag {
	b := &bag{f: f, n: f.table.Rows()}
	w := f.table.Weight
	alike := true
	for i := range b.n {
		if w == nil || w[i] > 0 {
			b.kept = append(b.kept, int32(i))
			alike = alike && (w == nil || w[i] == w[b.kept[0]])
		}
	}
	if !alike {
		sum := 0.0
		for _, i := range b.kept {
			sum += w[i]
			b.upTo = append(b.upTo, sum)
		}
	}
	if f.rows == DrawBalanced || f.rows == PickBalanced {
		all := make([][]int32, f.k)
		for _, i := range b.kept {
			all[f.class[i]] = append(all[f.class[i]], i)
		}
		b.rarest = len(b.kept)
		for _, rows := range all {
			if len(rows) > 0 {
				b.byClass = append(b.byClass, rows)
				b.rarest = min(b.rarest, len(rows))
			}
		}
	}
	return b
}

// counts writes how often tree t draws each row; a forest that takes every row has none.
func (b *bag) counts(t int, dst []float64) {
	clear(dst)
	r := rng.New(rng.Key(b.f.seed, forestRows), uint64(t))
	switch b.f.rows {
	case DrawBalanced:
		for _, rows := range b.byClass {
			for range b.rarest {
				dst[rows[r.Uint64N(uint64(len(rows)))]]++
			}
		}
	case PickBalanced:
		for _, rows := range b.byClass {
			for _, k := range rng.Sample(r, len(rows), b.rarest) {
				dst[rows[k]]++
			}
		}
	default:
		n := len(b.kept)
		for range b.draws() {
			if b.upTo == nil {
				hi, _ := bits.Mul64(r.Uint64(), uint64(n))
				dst[b.kept[hi]]++
				continue
			}
			u := r.Float64() * b.upTo[n-1]
			k := min(sort.SearchFloat64s(b.upTo, u), n-1)
			if b.upTo[k] == u && k+1 < n {
				k++
			}
			dst[b.kept[k]]++
		}
	}
}

// draws is how many rows a tree draws.
func (b *bag) draws() int {
	share := b.f.maxSamples
	if share == 0 {
		share = 1
	}
	return max(1, int(share*float64(len(b.kept))+0.5))
}

// weights writes the weights of the rows in tree t to dst, or returns those that all trees have.
func (b *bag) weights(t int, dst []float64) []float64 {
	if b.f.rows == EveryRow {
		return b.f.table.Weight
	}
	b.counts(t, dst)
	if b.f.subsample {
		b.balance(dst)
	}
	return dst
}

// balance makes the classes weigh alike.
func (b *bag) balance(w []float64) {
	sums := make([]float64, b.f.k)
	total, seen := 0.0, 0.0
	for i, v := range w {
		sums[b.f.class[i]] += v
		total += v
	}
	for _, s := range sums {
		if s > 0 {
			seen++
		}
	}
	for i := range w {
		if w[i] > 0 {
			w[i] *= total / float64(seen*sums[b.f.class[i]])
		}
	}
}

// left returns a bit for each tree and row, trees of a row together: 1 if the row has weight and the tree has not drawn it.
func (b *bag) left(trees int) bitTable {
	out := newBitTable(b.n, trees)
	counts := make([]float64, b.n)
	for t := range trees {
		b.counts(t, counts)
		for _, i := range b.kept {
			if counts[i] == 0 {
				out.set(int(i), t)
			}
		}
	}
	return out
}

// bitTable is a table of bits.
type bitTable struct {
	words int
	bits  []uint64
}

func newBitTable(rows, columns int) bitTable {
	words := (columns + 63) / 64
	return bitTable{words, make([]uint64, rows*words)}
}

func (b *bitTable) set(i, j int) { b.bits[i*b.words+j>>6] |= 1 << (j & 63) }

// row lists the columns that are set in row i, rising, in dst.
func (b *bitTable) row(i int, dst []int) []int {
	dst = slices.Grow(dst[:0], b.words)
	for k, w := range b.bits[i*b.words : (i+1)*b.words] {
		for ; w != 0; w &= w - 1 {
			dst = append(dst, k*64+bits.TrailingZeros64(w))
		}
	}
	return dst
}
