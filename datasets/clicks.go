package datasets

import (
	"math"
	"math/rand/v2"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// ClickLike draws an advertising log of any size: columns of counts, categorical columns from 2 levels up to Levels of
// them, cells that are missing, and a rare positive class.
//
//   - Numeric column n0, n1, ... holds floor(exp(m + g)), m uniform in [0, 4) for the column and g standard normal for the cell.
//   - Categorical column c0, c1, ... has 2 (Levels/2)^(k/(Categorical-1)) levels, rounded, for k = 0, 1, ...; level l has a
//     probability proportional to (l+1)^-Exponent.
//   - The log odds of class 1 are b + the sum over numeric columns of a g, with a normal of variance 0.4/Numeric, + an effect
//     of each level, normal of variance 1/Categorical, + an effect of the pair (levels mod 16) of the last two
//     categorical columns, normal of variance 0.3. b makes the mean probability BaseRate over 16384 rows drawn apart; that of
//     the set is within a few percent of it.
//   - Then each cell is NaN, independently of everything else, with a probability that grows linearly over the
//     columns, c.. after n.., and is Missing on average.
type ClickLike struct {
	Rows        int     // 0 means 10000
	Numeric     int     // 0 means 13
	Categorical int     // 0 means 26
	Levels      int     // levels of the largest column, at least 2; 0 means 10000
	Exponent    float64 // of the power law of levels; 0 means 1.1
	BaseRate    float64 // share of class 1, below 1; 0 means 0.03
	Missing     float64 // share of missing cells, at most 0.5; 0 means 0.1
	NoMissing   bool    // leave every cell; Missing must be 0
	Seed        uint64
}

// Make draws the set: with the same seed, more rows begin with the same rows.
func (c ClickLike) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.ClickLike.Make"}
	c.Rows = p.count("Rows", c.Rows, 10000, 1)
	c.Numeric = p.count("Numeric", c.Numeric, 13, 1)
	c.Categorical = p.count("Categorical", c.Categorical, 26, 1)
	c.Levels = p.count("Levels", c.Levels, 10000, 2)
	c.Exponent = p.positive("Exponent", c.Exponent, 1.1)
	c.BaseRate = p.positive("BaseRate", c.BaseRate, 0.03)
	if c.BaseRate >= 1 {
		p.reject("BaseRate", c.BaseRate, "< 1")
	}
	if c.NoMissing && c.Missing != 0 {
		p.reject("Missing", c.Missing, "0 with NoMissing")
	}
	if !c.NoMissing {
		c.Missing = p.positive("Missing", c.Missing, 0.1)
	}
	if c.Missing > 0.5 {
		p.reject("Missing", c.Missing, "<= 0.5")
	}
	p.size("Numeric", c.Numeric, 1)
	p.size("Categorical", c.Categorical, c.Levels)
	p.size("Rows", c.Rows, c.Numeric+c.Categorical)
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	m := c.model()
	width := c.Numeric + c.Categorical
	x := make([]float64, c.Rows*width)
	y := make([]int, c.Rows)
	eachChunk(c.Rows, c.Seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := x[i*width : (i+1)*width]
			if r.Float64() < sigmoid(m.base+m.impression(r, row)) {
				y[i] = 1
			}
			for j := range row {
				if r.Float64() < m.missing[j] {
					row[j] = math.NaN()
				}
			}
		}
	})
	d := ml.Data(tensor.FromSlice(x, c.Rows, width), y)
	d.Columns = m.columns()
	d.Classes = []string{"no click", "click"}
	return d, nil
}

// clickModel holds the parameters that the rows of a ClickLike share.
type clickModel struct {
	base    float64
	offset  []float64   // of each numeric column
	slope   []float64   // of each numeric column
	level   []alias     // of each categorical column
	effect  [][]float64 // of each level
	pair    [16][16]float64
	missing []float64 // of each column
}

func (c ClickLike) model() *clickModel {
	r := rng.New(c.Seed, streamModel)
	m := &clickModel{offset: make([]float64, c.Numeric), slope: make([]float64, c.Numeric)}
	rng.Uniform(r, m.offset, 0, 4)
	rng.Normal(r, m.slope, 0, math.Sqrt(0.4/float64(c.Numeric)))
	for k := range c.Categorical {
		levels := c.Levels
		if c.Categorical > 1 {
			levels = int(math.Round(2 * math.Pow(float64(c.Levels)/2, float64(k)/float64(c.Categorical-1))))
		}
		effect := make([]float64, levels)
		rng.Normal(r, effect, 0, math.Sqrt(1/float64(c.Categorical)))
		m.effect = append(m.effect, effect)
		m.level = append(m.level, newAlias(zipf(levels, c.Exponent)))
	}
	for i := range m.pair {
		rng.Normal(r, m.pair[i][:], 0, math.Sqrt(0.3))
	}
	m.missing = make([]float64, c.Numeric+c.Categorical)
	for j := range m.missing {
		m.missing[j] = 2 * c.Missing * (float64(j) + 0.5) / float64(len(m.missing))
	}
	m.base = m.calibrate(rng.New(c.Seed, streamPilot), c.BaseRate)
	return m
}

// impression fills one row and returns its log odds without the base.
func (m *clickModel) impression(r *rand.Rand, row []float64) float64 {
	sum := 0.0
	for j, offset := range m.offset {
		g := r.NormFloat64()
		row[j] = math.Floor(math.Exp(offset + g))
		sum += m.slope[j] * g
	}
	cats := row[len(m.offset):]
	for k, level := range m.level {
		l := level.draw(r)
		cats[k] = float64(l)
		sum += m.effect[k][l]
	}
	if n := len(cats); n > 1 {
		sum += m.pair[int(cats[n-2])%16][int(cats[n-1])%16]
	}
	return sum
}

// calibrate finds the base at which the mean probability of pilot rows is the rate, by bisection.
func (m *clickModel) calibrate(r *rand.Rand, rate float64) float64 {
	row := make([]float64, len(m.offset)+len(m.level))
	odds := make([]float64, 1<<14)
	for i := range odds {
		odds[i] = m.impression(r, row)
	}
	low, high := -800.0, 800.0
	for range 64 {
		base, sum := (low+high)/2, 0.0
		for _, o := range odds {
			sum += sigmoid(base + o)
		}
		if sum < rate*float64(len(odds)) {
			low = base
		} else {
			high = base
		}
	}
	return (low + high) / 2
}

func (m *clickModel) columns() []ml.Column {
	var columns []ml.Column
	for j := range m.offset {
		columns = append(columns, ml.Column{Name: "n" + strconv.Itoa(j)})
	}
	most := 0
	for _, e := range m.effect {
		most = max(most, len(e))
	}
	names := classNames(most)
	for k, e := range m.effect {
		columns = append(columns, ml.Column{Name: "c" + strconv.Itoa(k), Kind: ml.Categorical, Levels: names[:len(e):len(e)]})
	}
	return columns
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
