package features

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// HashingVectorizer counts terms without learning any: the column of a term is its hash (the feature hashing of Weinberger,
// Dasgupta, Langford, Smola and Attenberg, ICML (2009)). So there is nothing to leak from test texts, any number of programs agree on the
// columns, and texts may come as a stream. In return terms may share a column, and columns have no names.
//
// The hash is MurmurHash3 of 32 bits, which also gives a sign, so that terms that collide cancel rather than add up. Columns, signs and
// values are scikit-learn's.
type HashingVectorizer struct {
	Text     TextAnalysis // how a text is cut into terms
	Features int          // columns. 0: 1<<20
	NoSign   bool         // counts are never negative, as naive Bayes needs. False: half of the terms count negatively
	Binary   bool         // 1 for each column that occurs. False: the sum of its counts
	Norm     tensor.Norm  // rows are divided by it; a row of zeros stays. Zero: tensor.L2
	NoNorm   bool         // leave rows as long as they are. False: use Norm
}

// HashingModel is a HashingVectorizer at work. Any number of goroutines may use it at once.
type HashingModel struct {
	ml.Fitted

	rows textRows
}

var _ ml.Fitter[[]string, *HashingModel] = HashingVectorizer{}

// Fit checks the config. It does not look at the texts, which may be nil.
func (c HashingVectorizer) Fit(ctx context.Context, texts []string) (*HashingModel, error) {
	c, _, err := c.resolve("features.HashingVectorizer.Fit")
	if err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return ready(&HashingModel{Fitted: textFitted(c, len(texts))})
}

func (c HashingVectorizer) resolve(where string) (HashingVectorizer, func([]float64) float64, error) {
	var err error
	if c.Text, err = c.Text.resolve(where); err != nil {
		return c, nil, err
	}
	c.Text.StopWords = slices.Clone(c.Text.StopWords)
	if c.Features == 0 {
		c.Features = 1 << 20
	}
	if c.Features < 0 || c.Features > math.MaxInt32 {
		return c, nil, ml.BadConfig(where, "Features", c.Features, "1 to 2147483647; 0 means 1048576")
	}
	norm, err := rowNorm(where, c.NoNorm, c.Norm)
	return c, norm, err
}

// Restore checks a model that was read from a file.
func (m *HashingModel) Restore() error {
	const where = "features.HashingModel"
	c, is := m.Config.(HashingVectorizer)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.HashingVectorizer")
	}
	c, norm, err := c.resolve(where)
	if err != nil || m.Info.Features != 1 {
		return ml.BadFile(where, "Config", "out of range", "that of a fit")
	}
	m.rows = newTextRows(c.Features, func() textCounter {
		return &hashed{analyzer: newAnalyzer(c.Text), columns: c.Features, sign: !c.NoSign}
	}, &weighting{binary: c.Binary, norm: norm})
	return nil
}

// hashed counts terms by their hash.
type hashed struct {
	*analyzer
	columns int
	sign    bool
}

func (c *hashed) count(entries []uint64, text string) []uint64 {
	start := len(entries)
	c.each(text, func(term []byte) {
		h := int32(murmur3(term))
		col, v := int64(h), int32(1)
		if h < 0 {
			col = -col
			if h == math.MinInt32 { // as scikit-learn, whose absolute value overflows there
				col = math.MaxInt32 - int64(c.columns-1)
			}
			if c.sign {
				v = -1
			}
		}
		entries = append(entries, uint64(col)%uint64(c.columns)<<32|uint64(uint32(v)))
	})
	row := entries[start:]
	slices.Sort(row)
	out := 0
	for _, e := range row {
		if out > 0 && row[out-1]>>32 == e>>32 {
			row[out-1] = e>>32<<32 | uint64(uint32(row[out-1])+uint32(e))
			continue
		}
		row[out] = e
		out++
	}
	return entries[:start+out]
}

// murmur3 is MurmurHash3_x86_32 of Austin Appleby, with seed 0.
func murmur3(b []byte) uint32 {
	const c1, c2 = 0xcc9e2d51, 0x1b873593
	mix := func(k uint32) uint32 { return bits.RotateLeft32(k*c1, 15) * c2 }
	h, n := uint32(0), uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		h ^= mix(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	k := uint32(0)
	for i, c := range b {
		k |= uint32(c) << (8 * i)
	}
	h ^= mix(k)
	h ^= n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

// Transform returns a row for each text.
func (m *HashingModel) Transform(texts []string) (*tensor.CSR[float64], error) {
	return m.rows.transform(context.Background(), texts)
}

// AppendRow appends the columns, rising, and values of the row of one text to two slices, and allocates only to make them longer.
func (m *HashingModel) AppendRow(cols []int32, vals []float64, text string) ([]int32, []float64) {
	return m.rows.appendRow(cols, vals, text)
}

// Out describes the columns, which have no names.
func (m *HashingModel) Out() []ml.Column {
	out := make([]ml.Column, m.rows.columns)
	from := make([]int, len(out))
	for j := range out {
		out[j].From = from[j : j+1 : j+1]
	}
	return out
}

func init() {
	ml.RegisterConfig[HashingVectorizer]("features.HashingVectorizer")
	ml.Register[*HashingModel]("features.HashingModel")
}
