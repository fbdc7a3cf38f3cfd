package histgrow

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// BinOptions say how columns are cut. The zero value is LightGBM's default.
type BinOptions struct {
	MaxBins     int             // bins of a column, that of the missing included, 2 to 65535; 0: 255. Columns of categories have 255 at most
	MinInBin    int             // rows of the sample in a bin; 0: 3
	Sample      int             // rows that edges are learned from; 0: 200000
	Seed        uint64          // of the sample
	Categorical []bool          // which columns hold codes of categories; nil: none
	Columns     []ColumnOptions // how each column is cut; nil: all alike
	apart       bool            // for tests: no columns share a byte, and none are in lists
}

// ColumnOptions are about one column. The zero value leaves it to BinOptions.
type ColumnOptions struct {
	MaxBins int       // in place of that of all columns; 0: that
	Edges   []float64 // the upper edges, inclusive, of all bins but the last one, rising; nil: they are learned
	Forced  []float64 // edges that must be among those that are learned, rising: LightGBM's forced bins
	Skip    bool      // the column is never split: it has one bin
}

// Column says what the bins of a column hold.
type Column struct {
	Bins       int       // how many there are
	Edges      []float64 // numeric: the upper edge, inclusive, of every bin but the last of those that hold numbers
	Missing    bool      // numeric: the last bin holds the missing. Else a missing value is coded as Zero
	Zero       int       // numeric: the bin of the number 0
	Categories []int32   // categorical: the code of bin i+1; bin 0 holds all others, and the missing
	IsCategory bool      // whether it is categorical
	zeros      float64   // share of the sample that is 0
}

// Binned are the rows of a matrix as bins. Where the bins of a column lie, its place says.
type Binned struct {
	Rows, Features int
	Columns        []Column
	places         []place
	mixed          bool    // not all columns are bytes of their own
	dense          int     // columns of bytes
	stride         int     // bytes of a row
	codes          []uint8 // row-major
	cols           []uint8 // column-major
	lists          lists
	wides          [][]uint16
	exact          *exact       // the numbers themselves; nil: bins
	kept           compute.Kept // of codes
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
	mostBins      = 65535
	defaultInBin  = 3
	defaultSample = 200000
	maxCategory   = 1<<24 - 1
)

// Bin learns the edges of the columns of x, whose numbers are finite or NaN, and codes its rows. Weights have no say. The time is that of sorting
// the sample, and of a search among the edges for each number.
func Bin(ctx context.Context, x rows.Rows, o BinOptions) (*Binned, error) {
	columns, err := LearnColumns(ctx, x, o)
	if err != nil {
		return nil, err
	}
	b := &Binned{Features: len(columns), Columns: columns}
	return b, b.encode(ctx, x, o.apart)
}

// LearnColumns is the first half of Bin.
func LearnColumns(ctx context.Context, x rows.Rows, o BinOptions) ([]Column, error) {
	o.MaxBins, o.MinInBin, o.Sample = cmp.Or(o.MaxBins, defaultBins), cmp.Or(o.MinInBin, defaultInBin), cmp.Or(o.Sample, defaultSample)
	_, p := x.Dims()
	if err := o.check(p); err != nil {
		return nil, err
	}
	columns := make([]Column, p)
	sample := newSample(x, o)
	var desks sync.Pool
	for _, part := range sample.parts() {
		sample.hold(part[0], part[1])
		width := part[1] - part[0]
		err := par.Do(ctx, par.Chunks(width, sampleCols), func(ctx context.Context, task int) error {
			d, _ := desks.Get().(*desk)
			if d == nil {
				d = &desk{}
			}
			defer desks.Put(d)
			first, last := par.Bounds(width, par.Chunks(width, sampleCols), task)
			first, last = first+part[0], last+part[0]
			sample.read(first, last, d)
			for j := first; j < last; j++ {
				v, zeros := sample.column(j, first, d)
				columns[j].learn(v, zeros, o.column(j), d)
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return columns, err
		}
	}
	return columns, nil
}

// column are the options of column j alone.
func (o *BinOptions) column(j int) BinOptions {
	alone := BinOptions{MaxBins: o.MaxBins, MinInBin: o.MinInBin}
	if o.Categorical != nil {
		alone.Categorical = o.Categorical[j : j+1]
	}
	if o.Columns != nil {
		alone.Columns = o.Columns[j : j+1]
		alone.MaxBins = cmp.Or(o.Columns[j].MaxBins, o.MaxBins)
	}
	return alone
}

// learn finds the bins of a column with these values and so many zeros besides. The values may be reordered.
func (c *Column) learn(values []float64, zeros int, o BinOptions, d *desk) {
	var own ColumnOptions
	if o.Columns != nil {
		own = o.Columns[0]
	}
	switch c.IsCategory = o.Categorical != nil && o.Categorical[0]; {
	case own.Skip:
		c.IsCategory, c.Bins = false, 1
	case c.IsCategory:
		o.MaxBins = min(o.MaxBins, defaultBins)
		c.learnCategories(values, zeros, o)
	default:
		c.learnEdges(values, zeros, o.MaxBins, o.MinInBin, own, d)
	}
}

func (o *BinOptions) check(columns int) error {
	switch {
	case o.MaxBins < 2 || o.MaxBins > mostBins:
		return &BadConfig{"MaxBins", fmt.Sprint(o.MaxBins), "2 to 65535, or 0 for 255"}
	case o.MinInBin < 0:
		return &BadConfig{"MinInBin", fmt.Sprint(o.MinInBin), "at least 1, or 0 for 3"}
	case o.Sample < 0:
		return &BadConfig{"Sample", fmt.Sprint(o.Sample), "at least 1, or 0 for 200000"}
	case o.Categorical != nil && len(o.Categorical) != columns:
		return &BadConfig{"Categorical", fmt.Sprintf("%d long", len(o.Categorical)), fmt.Sprintf("one for each of %d columns", columns)}
	case o.Columns != nil && len(o.Columns) != columns:
		return &BadConfig{"Columns", fmt.Sprintf("%d long", len(o.Columns)), fmt.Sprintf("one for each of %d columns", columns)}
	}
	for j := range o.Columns {
		if err := o.Columns[j].check(j); err != nil {
			return err
		}
	}
	return nil
}

func (o *ColumnOptions) check(j int) error {
	if o.MaxBins != 0 && (o.MaxBins < 2 || o.MaxBins > mostBins) {
		return &BadConfig{fmt.Sprintf("MaxBins of column %d", j), fmt.Sprint(o.MaxBins), "2 to 65535, or 0 for that of all"}
	}
	for _, edges := range [][]float64{o.Edges, o.Forced} {
		if len(edges) > mostBins-2 {
			return &BadConfig{fmt.Sprintf("Edges of column %d", j), fmt.Sprintf("%d long", len(edges)), "at most 65533"}
		}
		for i, v := range edges {
			if !(math.Abs(v) <= math.MaxFloat64) || i > 0 && v <= edges[i-1] {
				return &BadConfig{fmt.Sprintf("Edges of column %d", j), fmt.Sprint(v), "finite numbers, each above the one before"}
			}
		}
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
