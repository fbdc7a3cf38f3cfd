package features

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// Binning says where a KBinsDiscretizer cuts.
type Binning uint8

const (
	QuantileBins Binning = iota // into bins of equal weight. The zero value
	UniformBins                 // into bins of equal width
	KMeansBins                  // half-way between the centres of a one-dimensional k-means that begins at those of equal width
)

var binnings = []string{"quantile", "uniform", "kmeans"}

// String returns "quantile", "uniform" or "kmeans".
func (b Binning) String() string { return enumString("Binning", binnings, uint8(b)) }

// MarshalText writes what String returns.
func (b Binning) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (b *Binning) UnmarshalText(text []byte) error {
	v, err := enumValue("Binning", binnings, text)
	if err == nil {
		*b = Binning(v)
	}
	return err
}

// BinCode says what a KBinsDiscretizer writes.
type BinCode uint8

const (
	BinOneHot   BinCode = iota // a column of zeros and ones for each bin. The zero value
	BinOrdinal                 // the number of the bin, from 0, as a number
	BinCategory                // the number of the bin as a category, whose levels name the intervals: "[1.5, 3)"
)

var binCodes = []string{"onehot", "ordinal", "category"}

// String returns "onehot", "ordinal" or "category".
func (c BinCode) String() string { return enumString("BinCode", binCodes, uint8(c)) }

// MarshalText writes what String returns.
func (c BinCode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (c *BinCode) UnmarshalText(text []byte) error {
	v, err := enumValue("BinCode", binCodes, text)
	if err == nil {
		*c = BinCode(v)
	}
	return err
}

// KBinsDiscretizer cuts the range of each numeric column into bins, by the training rows: a number becomes the bin it lies in. Bins
// hold their lower edge, the first and the last one everything beyond. Bins narrower than 1e-8, which quantiles of repeated values give, are joined to
// the next, and a constant column has one bin.
//
// Weights count: a row of weight k is k rows. Missing values (NaN) are left out of the fit; a missing value stays missing as an ordinal or a category, and is zero in every one-hot
// column. Categorical columns pass as they are. CSR is an error, as the bin of zeros would have to be stored. A fit takes O(n) for each column, and sorts it, O(n log n), for KMeansBins and for quantiles
// of rows with weights.
type KBinsDiscretizer struct {
	Bins     int     // how many for each column, >= 2; zero: 5
	Strategy Binning // zero: QuantileBins
	Encode   BinCode // zero: BinOneHot
	Sparse   bool    // true: a one-hot result is CSR; false: dense
}

// BinsModel is a fitted KBinsDiscretizer.
type BinsModel struct {
	ml.Fitted
	Edges [][]float64 // of each numeric column, rising, the ends of the training range included; nil for columns that pass

	out    []ml.Column
	offset []int // of each column's first place in the result
}

// Accepts says that it takes missing values and categorical columns.
func (KBinsDiscretizer) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

// Fit finds the edges of each column of t.
func (c KBinsDiscretizer) Fit(ctx context.Context, t ml.Table) (*BinsModel, error) {
	const where = "features.KBinsDiscretizer.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whyBins)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	bins := c.Bins
	if bins == 0 {
		bins = 5
	}
	m := &BinsModel{Fitted: ml.NewFitted(t, nil, c), Edges: make([][]float64, p)}
	numeric := func(j int) bool { return !isCategorical(t.Columns, j) }
	eachTally(t.X, t.Weight, numeric, func(j int, t tally) {
		m.Edges[j] = c.Strategy.edges(t, bins)
	})
	return ready(m)
}

const whyBins = ": the bin of zeros would have to be stored"

func (c KBinsDiscretizer) check(where string) error {
	if c.Bins < 0 || c.Bins == 1 {
		return ml.BadConfig(where, "Bins", c.Bins, "0 for 5, or >= 2")
	}
	if err := enumCheck(where, "Strategy", "Binning", binnings, uint8(c.Strategy)); err != nil {
		return err
	}
	if c.Sparse && c.Encode != BinOneHot {
		return ml.BadConfig(where, "Sparse", c.Sparse, "false: it is for BinOneHot")
	}
	return enumCheck(where, "Encode", "BinCode", binCodes, uint8(c.Encode))
}

// edges cuts the values of a column into k bins, or fewer.
func (b Binning) edges(t tally, k int) []float64 {
	if len(t.values) == 0 {
		return []float64{0, 0}
	}
	low, high := slices.Min(t.values), slices.Max(t.values)
	if low == high {
		return []float64{low, high}
	}
	edges := make([]float64, k+1)
	for i := range edges {
		edges[i] = low + (high-low)*(float64(i)/float64(k))
	}
	edges[k] = high
	switch b {
	case UniformBins:
		return edges
	case QuantileBins:
		qs := make([]float64, k+1)
		for i := range qs {
			qs[i] = float64(i) / float64(k)
		}
		s := t.sampleAt(stats.AveragedInvertedCDF, qs)
		for i := range edges {
			edges[i] = s.Quantile(float64(i)/float64(k), stats.AveragedInvertedCDF)
		}
	case KMeansBins:
		centers := make([]float64, k)
		for i := range centers {
			centers[i] = (edges[i] + edges[i+1]) / 2
		}
		t.sort()
		t.lloyd(centers)
		for i := 1; i < k; i++ {
			edges[i] = (centers[i-1] + centers[i]) / 2
		}
	}
	const narrow = 1e-8
	kept := edges[:1]
	for i, last := 1, edges[0]; i <= k; i++ {
		if edges[i]-last > narrow {
			kept = append(kept, edges[i])
		}
		last = edges[i]
	}
	if len(kept) == 1 {
		kept = append(kept, high)
	}
	return kept
}

// lloyd moves centres to the mean of the sorted values next to them until none moves. A centre without values stays.
func (t *tally) lloyd(centers []float64) {
	const most = 300
	weights, sums := make([]float64, len(t.values)+1), make([]float64, len(t.values)+1) // up to each value, measured from the first
	for i, v := range t.values {
		w := weightOf(t.weight, i)
		weights[i+1], sums[i+1] = weights[i]+w, sums[i]+w*(v-t.values[0])
	}
	ends := make([]int, len(centers))
	for range most {
		for k := range centers {
			ends[k] = len(t.values)
			if k+1 < len(centers) {
				cut := (centers[k] + centers[k+1]) / 2
				ends[k] = sort.Search(len(t.values), func(i int) bool { return t.values[i] > cut })
			}
		}
		moved, from := false, 0
		for k, to := range ends {
			if w := weights[to] - weights[from]; to > from && w > 0 {
				c := t.values[0] + (sums[to]-sums[from])/w
				moved = moved || c != centers[k]
				centers[k] = c
			}
			from = to
		}
		if !moved {
			return
		}
	}
}

// Restore checks a model that was read from a file and derives its columns.
func (m *BinsModel) Restore() error {
	const where = "features.BinsModel"
	c, is := m.Config.(KBinsDiscretizer)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.KBinsDiscretizer")
	}
	p := m.Info.Features
	if len(m.Edges) != p || m.Columns != nil && len(m.Columns) != p {
		return ml.BadFile(where, "Edges", lengthOf(len(m.Edges)), lengthOf(p))
	}
	m.out, m.offset = nil, make([]int, p)
	for j, e := range m.Edges {
		m.offset[j] = len(m.out)
		if (e == nil) != isCategorical(m.Columns, j) || e != nil && (len(e) < 2 || !finite(e[0]) || !finite(e[len(e)-1]) || !slices.IsSorted(e)) {
			return ml.BadFile(where, fmt.Sprintf("Edges[%d]", j), "no rising list of numbers", "at least two finite numbers, rising; none for a categorical column")
		}
		name := ml.ColumnName(m.Columns, j)
		switch {
		case e == nil:
			column := sameColumns(m.Columns, p)[j]
			column.From = []int{j}
			m.out = append(m.out, column)
		case c.Encode == BinOrdinal:
			m.out = append(m.out, ml.Column{Name: name, From: []int{j}})
		case c.Encode == BinCategory:
			m.out = append(m.out, ml.Column{Name: name, Kind: ml.Categorical, Levels: intervals(e), From: []int{j}})
		default:
			for _, interval := range intervals(e) {
				m.out = append(m.out, ml.Column{Name: name + "_" + interval, From: []int{j}})
			}
		}
	}
	return nil
}

// intervals names the bins.
func intervals(edges []float64) []string {
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	names := make([]string, len(edges)-1)
	for i := range names {
		lo, hi := short(edges[i]), short(edges[i+1])
		if i == 0 {
			lo = "-Inf"
		}
		if i == len(names)-1 {
			hi = "+Inf"
		}
		names[i] = "[" + lo + ", " + hi + ")"
	}
	return names
}

// bin is the bin of v among inner edges.
func bin(edges []float64, v float64) int {
	inner := edges[1 : len(edges)-1]
	b := 0
	if len(inner) <= 16 {
		for _, e := range inner {
			if v >= e {
				b++
			}
		}
		return b
	}
	return sort.Search(len(inner), func(i int) bool { return inner[i] > v })
}

func (m *BinsModel) row(dst, src []float64) int {
	onehot := m.Config.(KBinsDiscretizer).Encode == BinOneHot
	for j, v := range src {
		e := m.Edges[j]
		switch {
		case math.IsInf(v, 0):
			return j
		case e == nil:
			dst[m.offset[j]] = v
		case onehot:
			places := dst[m.offset[j] : m.offset[j]+len(e)-1]
			clear(places)
			if v == v {
				places[bin(e, v)] = 1
			}
		case v == v:
			dst[m.offset[j]] = float64(bin(e, v))
		default:
			dst[m.offset[j]] = v
		}
	}
	return -1
}

// Transform writes the bins of the numbers of x. Inf is an error.
func (m *BinsModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.BinsModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if c := m.Config.(KBinsDiscretizer); isSparse(x) || !c.Sparse {
		return transform(where, &m.Fitted, x, len(m.out), 3*len(m.out), m.row, nil, whyBins)
	}
	out, bad := m.sparse(x)
	if bad != noPlace {
		return nil, badNumber(where, m.Columns, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// sparse writes one entry for each numeric column; what is not among the entries of a row is 0 and lies in a bin like any number.
func (m *BinsModel) sparse(x tensor.Matrix) (tensor.Matrix, place) {
	zero := make([]int, len(m.Edges)) // where 0 goes, -1 for a column that passes
	for j, e := range m.Edges {
		zero[j] = -1
		if e != nil {
			zero[j] = m.offset[j] + bin(e, 0)
		}
	}
	return buildSparse(x, len(m.out), alike(func(js []int32, vs []float64, put func(j int, v float64)) int {
		next := 0
		for k, j32 := range js {
			j, v := int(j32), vs[k]
			for ; next < j; next++ {
				if zero[next] >= 0 {
					put(zero[next], 1)
				}
			}
			next = j + 1
			switch e := m.Edges[j]; {
			case math.IsInf(v, 0):
				return j
			case e == nil:
				put(m.offset[j], v)
			case v == v:
				put(m.offset[j]+bin(e, v), 1)
			}
		}
		for ; next < len(zero); next++ {
			if zero[next] >= 0 {
				put(zero[next], 1)
			}
		}
		return -1
	}))
}

// TransformInto is Transform into dst: see ml.IntoTransformer. With Sparse it gives errors.ErrUnsupported.
func (m *BinsModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	if m.Config.(KBinsDiscretizer).Sparse {
		return unsupported("features.BinsModel.TransformInto", "Sparse")
	}
	return mapping{columns: len(m.out), nsPerRow: 3 * len(m.out), row: m.row}.transformInto("features.BinsModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow writes the bins of one row; dst has len(Out()) elements.
func (m *BinsModel) TransformRow(dst, x []float64) error {
	return transformRow("features.BinsModel.TransformRow", &m.Fitted, dst, x, len(m.out), m.row)
}

// Inverse puts the middle of its bin for each number, between the ends of the training range. A row whose one-hot columns are all zero was missing.
func (m *BinsModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.BinsModel.Inverse"
	n, p := 0, 0
	if x != nil {
		n, p = x.Dims()
	}
	if p != len(m.out) {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d columns wide", p), fmt.Sprintf("%d, as Out()", len(m.out)))
	}
	out := tensor.New[float64](n, len(m.Edges))
	onehot := m.Config.(KBinsDiscretizer).Encode == BinOneHot
	for i := range n {
		row := out.Row(i)
		for j, e := range m.Edges {
			v := x.At(i, m.offset[j])
			switch {
			case e == nil:
				row[j] = v
				continue
			case onehot:
				v = math.NaN()
				for b := range len(e) - 1 {
					if x.At(i, m.offset[j]+b) != 0 {
						v = float64(b)
						break
					}
				}
			}
			if v == v && (v < 0 || v > float64(len(e)-2) || v != math.Trunc(v)) {
				return nil, ml.BadShape(where, fmt.Sprintf("X[%d, %d]", i, m.offset[j]), fmt.Sprint(v), fmt.Sprintf("a bin in 0..%d", len(e)-2))
			}
			row[j] = v
			if v == v {
				row[j] = e[int(v)] + (e[int(v)+1]-e[int(v)])/2
			}
		}
	}
	return out, nil
}

// Out describes the columns: "age_[30, 45)" and so on for one-hot bins, else the names of training.
func (m *BinsModel) Out() []ml.Column { return ml.CloneColumns(m.out) }

func init() {
	ml.RegisterConfig[KBinsDiscretizer]("features.KBinsDiscretizer")
	ml.Register[*BinsModel]("features.BinsModel")
}
