package histgrow

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// BinOptions say how columns are cut. The zero value is LightGBM's default.
type BinOptions struct {
	MaxBins     int    // bins of a column, that of the missing included, 2 to 255; 0: 255
	MinInBin    int    // rows of the sample in a bin; 0: 3
	Sample      int    // rows that edges are learned from; 0: 200000
	Seed        uint64 // of the sample
	Categorical []bool // which columns hold codes of categories; nil: none
}

// Column says what the bins of a column hold.
type Column struct {
	Bins       int       // how many there are
	Edges      []float64 // numeric: the upper edge, inclusive, of every bin but the last of those that hold numbers
	Missing    bool      // numeric: the last bin holds the missing. Else a missing value is coded as Zero
	Zero       int       // numeric: the bin of the number 0
	Categories []int32   // categorical: the code of bin i+1; bin 0 holds all others, and the missing
	IsCategory bool      // whether it is categorical
}

// Binned are the rows of a matrix as bins.
type Binned struct {
	Rows, Features int
	Columns        []Column
	stride         int     // bytes of a row
	codes          []uint8 // row-major
	cols           []uint8 // column-major
	lookups        []map[int32]uint8
}

// BadValue says that a column of categories holds what is no code.
type BadValue struct {
	Row, Col int
	Value    float64
	Want     string
}

func (e *BadValue) Error() string {
	return fmt.Sprintf("column %d of row %d is %v, want %s", e.Col, e.Row, e.Value, e.Want)
}

const (
	defaultBins   = 255
	defaultInBin  = 3
	defaultSample = 200000
	maxCategory   = 1<<24 - 1
)

// Bin learns the edges of the columns of x, whose numbers are finite or NaN, and codes its rows. Weights have no say. The time is that of sorting
// the sample, and of a search among the edges for each number.
func Bin(ctx context.Context, x rows.Rows, o BinOptions) (*Binned, error) {
	o.MaxBins, o.MinInBin, o.Sample = cmp.Or(o.MaxBins, defaultBins), cmp.Or(o.MinInBin, defaultInBin), cmp.Or(o.Sample, defaultSample)
	n, p := x.Dims()
	if err := o.check(p); err != nil {
		return nil, err
	}
	b := &Binned{Features: p, Columns: make([]Column, p)}
	sample := sampleOf(n, o)
	err := par.Do(ctx, p, func(_ context.Context, j int) error {
		c := &b.Columns[j]
		v := values(x, j, sample)
		if c.IsCategory = o.Categorical != nil && o.Categorical[j]; c.IsCategory {
			c.learnCategories(v, o)
		} else {
			c.learnEdges(v, o)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.index()
	return b, b.encode(ctx, x)
}

func (o *BinOptions) check(columns int) error {
	switch {
	case o.MaxBins < 2 || o.MaxBins > defaultBins:
		return &BadConfig{"MaxBins", fmt.Sprint(o.MaxBins), "2 to 255, or 0 for 255"}
	case o.MinInBin < 0:
		return &BadConfig{"MinInBin", fmt.Sprint(o.MinInBin), "at least 1, or 0 for 3"}
	case o.Sample < 0:
		return &BadConfig{"Sample", fmt.Sprint(o.Sample), "at least 1, or 0 for 200000"}
	case o.Categorical != nil && len(o.Categorical) != columns:
		return &BadConfig{"Categorical", fmt.Sprintf("%d long", len(o.Categorical)), fmt.Sprintf("one for each of %d columns", columns)}
	}
	return nil
}

// sampleOf draws the rows that edges are learned from, rising; nil: all of them.
func sampleOf(n int, o BinOptions) []int {
	if n <= o.Sample {
		return nil
	}
	s := rng.Sample(rng.New(o.Seed, 0x62696e73), n, o.Sample)
	slices.Sort(s)
	return s
}

// values are those of column j in the rows of the sample; nil: all rows.
func values(x rows.Rows, j int, sample []int) []float64 {
	if sample == nil {
		v := make([]float64, x.Len())
		x.Col(j, v)
		return v
	}
	v := make([]float64, len(sample))
	for i, r := range sample {
		v[i] = x.At(r, j)
	}
	return v
}

// find is the bin of a number.
func (c *Column) find(v float64) int {
	at, _ := slices.BinarySearch(c.Edges, v)
	return at
}

// bin is the bin of any value of a numeric column.
func (c *Column) bin(v float64) int {
	if v != v {
		if c.Missing {
			return c.Bins - 1
		}
		return c.Zero
	}
	return c.find(v)
}

// numbers is how many bins hold numbers.
func (c *Column) numbers() int {
	if c.Missing {
		return c.Bins - 1
	}
	return c.Bins
}

// Threshold is the number at and below which rows are on the left of a cut after the bin.
func (c *Column) Threshold(bin int) float64 {
	if bin < len(c.Edges) {
		return c.Edges[bin]
	}
	return math.MaxFloat64
}

// isCode reports whether a number can be the code of a category.
func isCode(v float64) bool { return v >= 0 && v <= maxCategory && v == math.Trunc(v) }

func (b *Binned) index() {
	b.lookups = make([]map[int32]uint8, b.Features)
	for j, c := range b.Columns {
		if c.IsCategory {
			b.lookups[j] = make(map[int32]uint8, len(c.Categories))
			for i, code := range c.Categories {
				b.lookups[j][code] = uint8(i + 1)
			}
		}
	}
}

// encodeRows is how many rows are coded together: few enough for what they are read from to stay near while each column passes.
const encodeRows = 1024

func (b *Binned) encode(ctx context.Context, x rows.Rows) error {
	n, p := x.Dims()
	b.Rows = n
	b.stride = (p + 3) / 4 * 4
	if b.stride > 16 && b.stride < 32 {
		b.stride = 32 // a row in one cache line
	}
	b.codes, b.cols = kern.Aligned[uint8](n*b.stride), kern.Aligned[uint8](n*p)
	return par.Do(ctx, par.Chunks(n, encodeRows), func(_ context.Context, task int) error {
		lo := task * encodeRows
		return b.encodeBlock(x, lo, min(lo+encodeRows, n))
	})
}

func (b *Binned) encodeBlock(x rows.Rows, lo, hi int) error {
	p := b.Features
	buf := make([]float64, p)
	for i := lo; i < hi; i++ {
		row := x.Row(i, buf)
		codes := b.codes[i*b.stride : i*b.stride+p]
		for j, v := range row {
			c := &b.Columns[j]
			if c.IsCategory {
				switch {
				case isCode(v):
					codes[j] = b.lookups[j][int32(v)]
				case v == v:
					return &BadValue{Row: i, Col: j, Value: v, Want: "the code of a category"}
				}
			} else {
				codes[j] = uint8(c.bin(v))
			}
			b.cols[j*b.Rows+i] = codes[j]
		}
	}
	return nil
}
