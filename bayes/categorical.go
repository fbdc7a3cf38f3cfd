package bayes

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// CategoricalNB is naive Bayes for categories: within a class every column has a distribution of its own over its levels. Entries are
// codes 0, 1, 2...; a column has as many levels as Column.Levels names or, if it names none, as the largest code says.
//
// Missing entries (NaN) are left out of the counts and of the likelihood of their row; so is a category that training has not
// seen, since the smoothing would give it the same weight in classes of equal size and arbitrary ones otherwise.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. CSR matrices, whose zeros are code 0, are not made
// dense. A fit keeps K numbers for each level. Nothing is random. The results are scikit-learn's CategoricalNB's.
type CategoricalNB struct {
	Smoothing    float64   // added to the count of every level in every class, > 0. 0: 1
	UniformPrior bool      // all classes are equally probable. False: by their share of the weight, or Priors
	Priors       []float64 // probability of each class, >= 0 with sum 1. nil: see UniformPrior
}

var _ ml.Fitter[ml.Dataset[int], *CategoricalModel] = CategoricalNB{}

// Accepts says that columns may be categorical and entries missing.
func (CategoricalNB) Accepts() ml.Accepts { return ml.Accepts{Missing: true, Categorical: true} }

func (c CategoricalNB) priors() (uniform bool, configured []float64) {
	return c.UniformPrior, c.Priors
}

// maxLevels bounds the codes of a column: a stray number must not exhaust memory.
const maxLevels = 1 << 20

// Fit returns the classifier. Entries that are no codes are an error.
func (c CategoricalNB) Fit(ctx context.Context, d ml.Dataset[int]) (*CategoricalModel, error) {
	const where = "bayes.CategoricalNB.Fit"
	if err := checkSmoothing(where, &c.Smoothing); err != nil {
		return nil, err
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	k := d.K()
	if err := checkEitherPrior(where, c.priors, k); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	levels, err := countLevels(ctx, where, d)
	if err != nil {
		return nil, err
	}
	t, err := gatherLevels(ctx, d, k, levels)
	if err != nil {
		return nil, err
	}
	return newCategorical(where, ml.NewFitted(d.Table, d.Classes, c), c, levels, t)
}

// isWhole reports whether v can be a code.
func isWhole(v float64) bool { return v >= 0 && v == math.Trunc(v) && v < math.Inf(1) }

// countLevels returns the number of levels of each column.
func countLevels(ctx context.Context, where string, d ml.Dataset[int]) ([]int, error) {
	r := rows.Of(d.X)
	n, p := r.Dims()
	type part struct {
		levels []int
		bad    int
	}
	all := par.Reduce(n, chunkLength(n, p, p), func(_, lo, hi int) part {
		top := part{make([]int, p), -1}
		var buf rows.Entries
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			cols, vals := r.NZ(i, &buf)
			for q, j := range cols {
				v := vals[q]
				if math.IsNaN(v) {
					continue
				}
				if !isWhole(v) || v >= maxLevels {
					top.bad = i
					return top
				}
				top.levels[j] = max(top.levels[j], int(v)+1)
			}
		}
		return top
	}, func(a, b part) part {
		for j, n := range b.levels {
			a.levels[j] = max(a.levels[j], n)
		}
		if a.bad < 0 {
			a.bad = b.bad
		}
		return a
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if all.bad >= 0 {
		return nil, firstNotCode(where, d.Columns, all.bad, r.Row(all.bad, make([]float64, p)), maxLevels)
	}
	for j := range all.levels {
		all.levels[j] = max(all.levels[j], 1)
		if j < len(d.Columns) {
			all.levels[j] = max(all.levels[j], len(d.Columns[j].Levels))
		}
	}
	return all.levels, nil
}

// firstNotCode is the error of the first entry of a row that is no code below the limit, nil for none.
func firstNotCode(where string, columns []ml.Column, i int, x []float64, limit float64) error {
	for j, v := range x {
		if (!isWhole(v) || v >= limit) && !math.IsNaN(v) {
			return notCode(where, columns, i, x, j, limit)
		}
	}
	return nil
}

// notCode is the error of entry j of a row.
func notCode(where string, columns []ml.Column, i int, x []float64, j int, limit float64) error {
	e := ml.NotFinite(where, columns, i, j, x[j])
	if !math.IsInf(x[j], 0) {
		e.Want, e.Kind = "a category code: a whole number >= 0", ml.ErrData
		if limit == maxLevels {
			e.Want = fmt.Sprintf("a category code: a whole number from 0 to %d", maxLevels-1)
		}
	}
	return e
}

// levelCounts are the weights of each level in each class: those of a class follow each other, column by column.
type levelCounts struct{ count, levels []float64 }

func offsets(levels []int) []int {
	at := make([]int, len(levels)+1)
	for j, n := range levels {
		at[j+1] = at[j] + n
	}
	return at
}

func gatherLevels(ctx context.Context, d ml.Dataset[int], k int, levels []int) (*levelCounts, error) {
	r := rows.Of(d.X)
	n, p := r.Dims()
	at := offsets(levels)
	width := at[p]
	t := par.Reduce(n, chunkLength(n, k*width, p), func(_, lo, hi int) *levelCounts {
		t := &levelCounts{make([]float64, k), make([]float64, k*width)}
		var buf rows.Entries
		for i := lo; i < hi && ctx.Err() == nil; i++ {
			w, c := weight(d, i), d.Y[i]
			if w == 0 {
				continue
			}
			t.count[c] += w
			own := t.levels[c*width : (c+1)*width]
			cols, vals := r.NZ(i, &buf)
			for q, j := range cols { // zeros are counted at the end: as what no other level has
				own[at[j]] -= w
				if v := vals[q]; !math.IsNaN(v) {
					own[at[j]+int(v)] += w
				}
			}
		}
		for c, total := range t.count {
			for j := range p {
				first := &t.levels[c*width+at[j]]
				*first = max(*first+total, 0)
			}
		}
		return t
	}, func(a, b *levelCounts) *levelCounts {
		for c, v := range b.count {
			a.count[c] += v
		}
		for l, v := range b.levels {
			a.levels[l] += v
		}
		return a
	})
	return t, ml.Done(ctx)
}

func newCategorical(where string, f ml.Fitted, c CategoricalNB, levels []int, t *levelCounts) (*CategoricalModel, error) {
	m := &CategoricalModel{Fitted: f, Prior: chosenPriors(c.priors, t.count), Count: t.count, Levels: levels, LevelCount: t.levels}
	if !validPriors(m.Prior, nil) {
		return nil, noPrior(where)
	}
	m.derive(c.Smoothing)
	return m, nil
}

// CategoricalModel is a fitted CategoricalNB.
type CategoricalModel struct {
	ml.Fitted
	Prior      []float64 // probability of each class; 0 for one without rows
	Count      []float64 // weight of the rows of each class
	Levels     []int     // number of levels of each column
	LevelCount []float64 // weight of each level in each class: class by class, in it column by column

	at     []int     // first level of each column
	logs   []float64 // log p(level | class), as LevelCount
	known  []bool    // levels that training has seen in some class
	prior  []float64 // log Prior
	zeroes []float64 // score of a row of zeros
}

var (
	_ ml.Classifier                                  = (*CategoricalModel)(nil)
	_ ml.RowPredictor[int]                           = (*CategoricalModel)(nil)
	_ ml.RowProba                                    = (*CategoricalModel)(nil)
	_ ml.Into[int]                                   = (*CategoricalModel)(nil)
	_ ml.Updater[ml.Dataset[int], *CategoricalModel] = (*CategoricalModel)(nil)
)

func (m *CategoricalModel) derive(smoothing float64) {
	p := len(m.Levels)
	m.at = offsets(m.Levels)
	width := m.at[p]
	m.logs, m.known, m.prior, m.zeroes = make([]float64, len(m.LevelCount)), make([]bool, width), make([]float64, len(m.Prior)), make([]float64, len(m.Prior))
	for c := range m.Prior {
		for l, n := range m.LevelCount[c*width : (c+1)*width] {
			m.known[l] = m.known[l] || n > 0
		}
	}
	for c, prior := range m.Prior {
		m.prior[c] = math.Log(prior)
		m.zeroes[c] = m.prior[c]
		for j, n := range m.Levels {
			own := m.LevelCount[c*width+m.at[j]:][:n]
			total := smoothing * float64(n)
			for _, v := range own {
				total += v
			}
			for l, v := range own {
				m.logs[c*width+m.at[j]+l] = math.Log((v + smoothing) / total)
			}
			m.zeroes[c] += m.term(c, j, 0)
		}
	}
}

// Restore checks a model that was read from a file.
func (m *CategoricalModel) Restore() error {
	c, known := m.Config.(CategoricalNB)
	k := len(m.Prior)
	ok := known && validPriors(m.Prior, m.Classes) && len(m.Count) == k && noneNegative(m.Count) && noneNegative(m.LevelCount) && len(m.Levels) == m.Info.Features && c.Smoothing > 0
	width := 0
	for _, n := range m.Levels {
		ok = ok && n >= 1 && n <= maxLevels
		width += n
	}
	ok = ok && width*k == len(m.LevelCount)
	if err := checkRestored("bayes.CategoricalModel", &m.Fitted, ok); err != nil {
		return err
	}
	m.derive(c.Smoothing)
	return nil
}

// Update returns the model of the rows so far and those of d, as if they had been fitted together; columns may have new levels. d has
// the columns and no more classes than the model; name the Classes in the first fit if its rows may lack one.
func (m *CategoricalModel) Update(ctx context.Context, d ml.Dataset[int]) (*CategoricalModel, error) {
	const where = "bayes.CategoricalModel.Update"
	c, _ := m.Config.(CategoricalNB)
	k := len(m.Prior)
	if err := checkUpdate(where, &m.Fitted, d, k, c.Accepts()); err != nil {
		return nil, err
	}
	levels, err := countLevels(ctx, where, d)
	if err != nil {
		return nil, err
	}
	for j, n := range m.Levels {
		levels[j] = max(levels[j], n)
	}
	t, err := gatherLevels(ctx, d, k, levels)
	if err != nil {
		return nil, err
	}
	at := offsets(levels)
	width := at[len(levels)]
	for c := range k {
		t.count[c] += m.Count[c]
		for j, n := range m.Levels {
			old := m.LevelCount[c*len(m.known)+m.at[j]:][:n]
			for l, v := range old {
				t.levels[c*width+at[j]+l] += v
			}
		}
	}
	return newCategorical(where, updated(&m.Fitted, d), c, levels, t)
}

func (m *CategoricalModel) classes() int        { return len(m.Prior) }
func (m *CategoricalModel) possible(c int) bool { return m.Prior[c] > 0 }
func (m *CategoricalModel) rowTime() int        { return 2*len(m.Prior)*len(m.Levels) + 20 }

// term is what an entry adds to the score of a class; NaN for one that is no code.
func (m *CategoricalModel) term(c, j int, v float64) float64 {
	switch {
	case math.IsNaN(v):
		return 0
	case !isWhole(v):
		return math.NaN()
	case v >= float64(m.Levels[j]) || !m.known[m.at[j]+int(v)]:
		return 0
	}
	return m.logs[c*len(m.known)+m.at[j]+int(v)]
}

func (m *CategoricalModel) dense(c int, x []float64) float64 {
	score := m.prior[c]
	for j, v := range x {
		score += m.term(c, j, v)
	}
	return score
}

func (m *CategoricalModel) sparse(c int, cols []int32, vals []float64) float64 {
	score := m.zeroes[c]
	for q, j := range cols {
		score += m.term(c, int(j), vals[q]) - m.term(c, int(j), 0)
	}
	return score
}

func (m *CategoricalModel) fault(where string, i int, x []float64) error {
	return firstNotCode(where, m.Columns, i, x, math.Inf(1))
}
