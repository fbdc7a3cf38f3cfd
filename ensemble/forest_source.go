package ensemble

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/histgrow"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/treegrow"
)

// source is the rows in the form that suits the trees.
type source struct {
	coded   *treegrow.Coded   // where trees gather the rows of each node
	columns *treegrow.Columns // else: columns in order
	cut     func(j int32, threshold float64) float64
}

// newSource chooses the form. Columns kept in order are best where nodes look at most of them; they also know missing values, categories,
// constraints and all criteria.
func newSource(ctx context.Context, f *forest) (*source, error) {
	x := rows.Of(f.table.X)
	p := x.Cols()
	categorical := categoricalColumns(f.table.Columns)
	binned := f.engine == HistogramEngine
	quick := f.target.Quick(f.params) && categorical == nil && (f.params.Random || f.params.MaxFeatures > 0 && 3*f.params.MaxFeatures <= p)
	if quick && !binned && !x.Sparse() {
		if _, _, _, complete := rows.CheckFinite(f.table.X, false); complete {
			s := &source{}
			var err error
			if f.params.Random {
				s.coded = treegrow.Plain(x)
			} else {
				s.coded, err = treegrow.Code(ctx, x)
			}
			return s, err
		}
	}
	if !binned {
		c, err := treegrow.Sort(ctx, x, categorical)
		return &source{columns: c}, f.badCode(err)
	}
	b, err := histgrow.Bin(ctx, x, histgrow.BinOptions{MinInBin: 1, Seed: rng.Key(f.seed, forestBins), Categorical: categorical})
	if err != nil {
		return nil, f.badCode(err)
	}
	r := newRounded(b)
	s := &source{cut: r.cut}
	switch {
	case !quick || r.missing:
		s.columns, err = treegrow.Sort(ctx, rows.Of(r), categorical)
	case f.params.Random:
		s.coded = treegrow.Plain(rows.Of(r))
	default:
		s.coded = treegrow.FromCodes(r.codes, r.number)
	}
	return s, err
}

func categoricalColumns(columns []ml.Column) []bool {
	var is []bool
	for j, c := range columns {
		if c.Kind == ml.Categorical {
			if is == nil {
				is = make([]bool, len(columns))
			}
			is[j] = true
		}
	}
	return is
}

// badCode says which cell is no code of a category.
func (f *forest) badCode(err error) error {
	var sorted *treegrow.BadCode
	var binned *histgrow.BadValue
	row, col, value := 0, 0, 0.0
	switch {
	case errors.As(err, &sorted):
		row, col, value = sorted.Row, sorted.Col, sorted.Value
	case errors.As(err, &binned):
		row, col, value = binned.Row, binned.Col, binned.Value
	default:
		return err
	}
	return &ml.Error{Where: f.where, Field: fmt.Sprintf("X[%d, %d] (%s)", row, col, ml.ColumnName(f.table.Columns, col)), Found: fmt.Sprint(value),
		Want: fmt.Sprintf("a category code, 0 to %d, or NaN", treegrow.MaxCode), Kind: ml.ErrColumn}
}

// rounded is a matrix whose numbers are rounded to one for each bin. Of categories, those without a bin of their own are missing.
type rounded struct {
	b       *histgrow.Binned
	codes   [][]uint16
	number  [][]float64 // of each bin of a column, NaN for the missing
	missing bool        // some column has missing values
}

func newRounded(b *histgrow.Binned) *rounded {
	r := &rounded{b: b, codes: make([][]uint16, b.Features), number: make([][]float64, b.Features)}
	par.For(b.Features, 4*b.Rows, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			r.codes[j] = b.Codes(j)
		}
	})
	for j := range r.number {
		c := &b.Columns[j]
		number := make([]float64, c.Bins)
		switch {
		case c.IsCategory:
			number[0] = math.NaN()
			for i, code := range c.Categories {
				number[i+1] = float64(code)
			}
		default:
			for i := range number {
				number[i] = inBin(c.Edges, i)
			}
			if c.Missing {
				number[c.Bins-1] = math.NaN()
				r.missing = true
			}
		}
		r.number[j] = number
	}
	return r
}

// inBin is a number of bin i: halfway between its edges.
func inBin(edges []float64, i int) float64 {
	switch {
	case len(edges) == 0:
		return 0
	case i == 0:
		return edges[0]
	case i < len(edges):
		m := edges[i-1]/2 + edges[i]/2
		if !(m > edges[i-1]) {
			m = edges[i]
		}
		return m
	}
	last := edges[len(edges)-1]
	if len(edges) > 1 {
		if v := last + (last-edges[len(edges)-2])/2; v > last && v < math.MaxFloat64 {
			return v
		}
	}
	return math.Nextafter(last, math.Inf(1))
}

// Dims and At make it a matrix.
func (r *rounded) Dims() (int, int)    { return r.b.Rows, r.b.Features }
func (r *rounded) At(i, j int) float64 { return r.number[j][r.codes[j][i]] }

// cut is the edge of the last bin whose number is at most the threshold.
func (r *rounded) cut(j int32, threshold float64) float64 {
	c := &r.b.Columns[j]
	numbers := r.number[j]
	if c.Missing {
		numbers = numbers[:len(numbers)-1]
	}
	at := sort.Search(len(numbers), func(i int) bool { return numbers[i] > threshold })
	return c.Threshold(at - 1)
}
