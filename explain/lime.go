package explain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// LIME explains one answer by a linear model that is fitted to what the model answers for rows near this one (Ribeiro, Singh and Guestrin 2016, "Why should I trust you?"). Each column is drawn
// by itself: the value of any training row. The linear model sees of it whether it fell into the bin, or the category, of the row; a missing number is a bin of its own. With Gaussian, numbers are drawn
// around the row instead, and the linear model sees how far. Rows count by exp(-d²/(2 Width²)).
//
// The model is asked about whole rows as it was given them, so for a pipeline the reasons are in its own columns. What LIME says depends on the draws and on the width: [LocalModel] says how well the
// linear model fits, and how much of it comes out again with other draws. [TreeSHAP] and [ExactSHAP] have no such error.
//
// lime of Python draws within a bin from a truncated normal distribution, ours takes what training rows have there; its Gaussian rows are drawn around the mean unless told else, ours around the row. The weights,
// the choice of columns and the fit are the same.
type LIME struct {
	Local
	Background ml.Table // training rows: which values columns have, by their weights
	Bins       int      // of a number, between quantiles of the training rows (of which equal ones are one). 0: 4
	Gaussian   bool     // draw numbers around the row, by the standard deviations of the training rows; then none may be missing in the row
}

// Local is what [LIME] and [LIMEText] have in common.
type Local struct {
	Samples  int         // how many rows are asked for, the explained one included; 0: 5000
	Width    float64     // of the neighbourhood; 0: LIME 0.75 x the root of the number of columns, LIMEText 25
	Features int         // the most columns in the linear model. 0: 10
	Choice   LocalChoice // which columns. 0: AutoChoice
	Alpha    float64     // the penalty of the ridge regression. 0: 1
	Repeats  int         // how often the whole is done, each time with other draws: the first is the result, all say how stable it is. 0: 10; 1: the stability stays unknown
	Seed     uint64
}

// LocalChoice says how [LIME] chooses the columns of its linear model.
type LocalChoice uint8

// The choices.
const (
	// AutoChoice is ForwardChoice for up to six columns, HighestWeights for more. The zero value.
	AutoChoice LocalChoice = iota
	// ForwardChoice adds the column that raises R² most, again and again. A column that adds nothing is left out.
	ForwardChoice
	// HighestWeights takes the largest coefficients of a ridge regression on all columns, whose penalty is 0.01.
	HighestWeights
	// LassoChoice takes the columns of the last point of the lasso's path that has not more.
	LassoChoice
)

// check returns c with its defaults.
func (c Local) check(where string, columns int, width float64) (Local, error) {
	switch {
	case c.Samples < 0:
		return c, ml.BadConfig(where, "Samples", c.Samples, ">= 0")
	case c.Features < 0:
		return c, ml.BadConfig(where, "Features", c.Features, ">= 0")
	case c.Repeats < 0:
		return c, ml.BadConfig(where, "Repeats", c.Repeats, ">= 0")
	case c.Choice > LassoChoice:
		return c, ml.BadConfig(where, "Choice", c.Choice, "AutoChoice, ForwardChoice, HighestWeights or LassoChoice")
	case !(c.Width >= 0 && c.Width <= math.MaxFloat64):
		return c, ml.BadConfig(where, "Width", c.Width, "a finite number > 0, or 0 for the default")
	case !(c.Alpha >= 0 && c.Alpha <= math.MaxFloat64):
		return c, ml.BadConfig(where, "Alpha", c.Alpha, "a finite number > 0, or 0 for the default")
	}
	or := func(v *int, byDefault int) {
		if *v == 0 {
			*v = byDefault
		}
	}
	or(&c.Samples, 5000)
	or(&c.Features, 10)
	or(&c.Repeats, 10)
	c.Features = min(c.Features, columns)
	if c.Width == 0 {
		c.Width = width
	}
	if c.Alpha == 0 {
		c.Alpha = 1
	}
	if c.Choice == AutoChoice {
		if c.Choice = HighestWeights; c.Features <= 6 {
			c.Choice = ForwardChoice
		}
	}
	return c, nil
}

// Of explains what a model answers for a row in one output. It costs Samples x Repeats answers, and as many times the square of the number of columns.
func (c LIME) Of(ctx context.Context, m Model, row []float64, output int) (*LocalModel, error) {
	const where = "explain.LIME.Of"
	t := c.Background
	if t.Columns == nil {
		t.Columns = metaOf(m).Columns
	}
	if err := t.Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	if len(row) != p {
		return nil, ml.BadShape(where, "row", fmt.Sprintf("%d numbers", len(row)), fmt.Sprint(p))
	}
	if err := (ml.Table{X: tensor.FromSlice(row, 1, p), Columns: t.Columns}).Check(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, err
	}
	if c.Bins < 0 || c.Bins == 1 || c.Bins > 0 && c.Gaussian {
		return nil, ml.BadConfig(where, "Bins", c.Bins, "at least 2, or 0 for the default; 0 with Gaussian")
	}
	local, err := c.Local.check(where, p, 0.75*math.Sqrt(float64(p)))
	if err != nil {
		return nil, err
	}
	s := &limeTable{row: row, columns: columnsOf(&ml.Fitted{Columns: t.Columns}, p)}
	if err := s.learn(where, t, c.Gaussian, c.Bins); err != nil {
		return nil, err
	}
	return local.explain(ctx, where, metaOf(m), s.names(), output, func(r *rand.Rand, z, away []float64) (*tensor.Tensor[float64], error) {
		x := tensor.New[float64](local.Samples, p)
		for i := range local.Samples {
			s.draw(r, i == 0, x.Row(i), z[i*p:(i+1)*p], &away[i])
		}
		return answer(where, m, x, 0)
	}, func(k int) float64 {
		if s.sd[k] > 0 {
			return 0
		}
		return 1
	})
}

// limeTable draws rows.
type limeTable struct {
	row     []float64
	columns []ml.Column
	values  [][]float64 // of each column: what the training rows have
	upTo    []float64   // their weights, added up, of a total of 1
	sd      []float64   // of numbers that are drawn around the row; 0: the others
	edges   [][]float64 // of numbers in bins: where one ends
}

func (s *limeTable) learn(where string, t ml.Table, gaussian bool, bins int) error {
	if bins == 0 {
		bins = 4
	}
	src := rows.Of(t.X)
	n, p := src.Len(), src.Cols()
	s.upTo, s.sd, s.edges = make([]float64, n), make([]float64, p), make([][]float64, p)
	total := 0.0
	for i := range n {
		total += weightOf(t.Weight, i)
		s.upTo[i] = total
	}
	if !(total > 0) {
		return &ml.Error{Where: where, Field: "Background", Found: "no row that weighs anything", Want: "at least one", Kind: ml.ErrShape}
	}
	for i := range s.upTo {
		s.upTo[i] /= total
	}
	for j := range p {
		values := make([]float64, n)
		src.Col(j, values)
		s.values = append(s.values, values)
		if s.columns[j].Kind == ml.Categorical {
			continue
		}
		var known, weights []float64
		var m stats.Moments
		for i, v := range values {
			if w := weightOf(t.Weight, i); w > 0 && !math.IsNaN(v) {
				known, weights = append(known, v), append(weights, w)
				m.Add(v, w)
			}
		}
		if gaussian {
			if math.IsNaN(s.row[j]) {
				return &ml.Error{Where: where, Field: ml.ColumnName(s.columns, j), Found: "missing in the row", Want: "a number to draw around; without Gaussian it is a bin of its own", Kind: ml.ErrNotFinite}
			}
			if sd := math.Sqrt(m.Variance(0)); sd > 0 && sd <= math.MaxFloat64 {
				s.sd[j] = sd
			}
			continue
		}
		if len(known) > 0 {
			if t.Weight == nil {
				weights = nil
			}
			sample := stats.NewSample(known, weights)
			for b := 1; b < bins; b++ {
				q := sample.Quantile(float64(b)/float64(bins), stats.Linear)
				if e := s.edges[j]; len(e) == 0 || q > e[len(e)-1] {
					s.edges[j] = append(e, q)
				}
			}
		}
	}
	return nil
}

// bin is what the linear model tells values of a column apart by.
func (s *limeTable) bin(j int, v float64) int {
	if s.columns[j].Kind == ml.Categorical {
		if math.IsNaN(v) {
			return -1
		}
		return int(v)
	}
	if math.IsNaN(v) {
		return -1
	}
	b := 0
	for b < len(s.edges[j]) && v > s.edges[j][b] {
		b++
	}
	return b
}

// draw makes a row, what the linear model sees of it, and the square of how far away it is.
func (s *limeTable) draw(r *rand.Rand, itself bool, x, z []float64, away *float64) {
	for j, own := range s.row {
		x[j] = own
		switch {
		case s.sd[j] > 0:
			if !itself {
				rng.Normal(r, z[j:j+1], 0, 1)
				x[j] += float64(s.sd[j] * z[j])
			}
			*away += float64(z[j] * z[j])
		default:
			if !itself {
				x[j] = s.values[j][drawFrom(s.upTo, r)]
			}
			if s.bin(j, x[j]) == s.bin(j, own) {
				z[j] = 1
			} else {
				*away++
			}
		}
	}
}

// names says of each column what the linear model sees.
func (s *limeTable) names() []LocalTerm {
	out := make([]LocalTerm, len(s.row))
	for j, v := range s.row {
		name := ml.ColumnName(s.columns, j)
		out[j] = LocalTerm{Column: j, Condition: name + " = " + shown(s.columns[j], v)}
		if s.sd[j] > 0 {
			out[j].Condition, out[j].Per = "each "+short(s.sd[j])+" of "+name, s.sd[j]
			continue
		}
		if s.columns[j].Kind == ml.Categorical || math.IsNaN(v) || len(s.edges[j]) == 0 {
			if s.columns[j].Kind != ml.Categorical && !math.IsNaN(v) {
				out[j].Condition = name + " is known"
			}
			continue
		}
		e, b := s.edges[j], s.bin(j, v)
		switch {
		case b == 0:
			out[j].Condition = name + " <= " + short(e[0])
		case b == len(e):
			out[j].Condition = name + " > " + short(e[b-1])
		default:
			out[j].Condition = short(e[b-1]) + " < " + name + " <= " + short(e[b])
		}
	}
	return out
}

// stream is the random stream of a repeat.
func (c Local) stream(repeat int) *rand.Rand { return rng.New(c.Seed, uint64(repeat)) }
