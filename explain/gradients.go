package explain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sort"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Differentiable is a model that knows its slopes. What [IntegratedGradients] and [ExpectedGradients] need of a network, or of anything else that can be differentiated.
type Differentiable interface {
	Model
	// Gradient returns the derivative of one output by each column, at each row: rows x columns.
	Gradient(x tensor.Matrix, output int) (*tensor.Tensor[float64], error)
}

// Slopes makes what [Values] or [Proba] makes of a fitted net (nn.RegressorModel, nn.ClassifierModel), or of another model with a method Gradient of
// the same meaning, differentiable. A model without one gives an error that unwraps to errors.ErrUnsupported: pipelines too, whose stages know no
// slopes; explain the net in the columns that its stages give.
func Slopes(m Model) (Differentiable, error) {
	var in any
	switch w := m.(type) {
	case values:
		in = w.inner()
	case proba:
		in = w.inner()
	}
	if g, ok := in.(gradienter); ok {
		return sloped{m, g, in}, nil
	}
	return nil, &ml.Error{Where: "explain.Slopes", Field: "the model", Found: fmt.Sprintf("%T", in), Want: "Values or Proba of one with a method Gradient", Kind: errors.ErrUnsupported}
}

type gradienter interface {
	Gradient(x tensor.Matrix, output int) (*tensor.Tensor[float64], error)
}

// sloped answers by one and differentiates by the other.
type sloped struct {
	Model
	gradienter
	in any
}

func (m sloped) inner() any { return m.in }

// IntegratedGradients walks straight from each background row to the explained one and adds up the slopes on the way, column by column (Sundararajan, Taly and Yan 2017, "Axiomatic
// attribution for deep networks"). With one background row that row is the baseline; with several the values are means over them, the limit of expected gradients (Erion and others
// 2021). The integral is a sum at points of Gauss and Legendre: exact for polynomials of degree 2 Points - 1 along the way, and for smooth models soon to rounding. How far base and values are from the
// model's answer is the error of completeness, which [Explanation.Additivity] measures. No values may be missing.
//
// The cost is rows of the background times Points gradients for each row and output.
type IntegratedGradients struct {
	Sampled
	Points int // on the way; 0: 50
}

// ExpectedGradients takes slopes at random points between random background rows and the explained one (Erion and others 2021, "Improving performance of deep learning models with axiomatic
// attribution priors and expected gradients"): shap's GradientExplainer. Values do not add up exactly; Explanation.Errors has their standard errors. No values may be missing.
type ExpectedGradients struct {
	Sampled
	Points int    // at least 2; 0: 200, as shap has it
	Seed   uint64 // of the points; row i has its own stream
}

// For prepares to explain a model.
func (c IntegratedGradients) For(m Differentiable) (Explainer, error) {
	const where = "explain.IntegratedGradients"
	if c.Points == 0 {
		c.Points = 50
	}
	s, err := c.slopes(where, m, c.Points, 1)
	if err != nil {
		return nil, err
	}
	at, weight := gaussLegendre(c.Points)
	return s.explainer(func(ctx context.Context, _ int, row []float64) ([]tally, error) {
		sums := newTallies(s.features, len(s.base))
		return sums, s.each(ctx, row, c.Points*len(s.weight), func(i int) (int, float64) { return i / c.Points, at[i%c.Points] }, func(i int, q int, by []float64) {
			for o, v := range by {
				sums[q].mean[o] += float64(float64(s.weight[i/c.Points]*weight[i%c.Points]) * v)
			}
		})
	}, false), nil
}

// For prepares to explain a model.
func (c ExpectedGradients) For(m Differentiable) (Explainer, error) {
	const where = "explain.ExpectedGradients"
	if c.Points == 0 {
		c.Points = 200
	}
	s, err := c.slopes(where, m, c.Points, 2)
	if err != nil {
		return nil, err
	}
	return s.explainer(func(ctx context.Context, i int, row []float64) ([]tally, error) {
		r := rng.New(c.Seed, uint64(i))
		sums := newTallies(s.features, len(s.base))
		return sums, s.each(ctx, row, c.Points, func(int) (int, float64) { return s.draw(r), r.Float64() }, func(_ int, q int, by []float64) { sums[q].add(by) })
	}, true), nil
}

// slopes asks a model about points between rows.
type slopes struct {
	*asker
	model Differentiable
	upTo  []float64
}

func (s Sampled) slopes(where string, m Differentiable, points, least int) (*slopes, error) {
	if points < least {
		return nil, ml.BadConfig(where, "Points", points, fmt.Sprintf(">= %d, or 0", least))
	}
	a, err := s.asker(where, m)
	if err != nil {
		return nil, err
	}
	if err := s.Background.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	return &slopes{a, m, a.upTo()}, nil
}

// upTo are the weights of the background added up.
func (a *asker) upTo() []float64 {
	out, sum := make([]float64, len(a.weight)), 0.0
	for i, w := range a.weight {
		sum += w
		out[i] = sum
	}
	return out
}

// drawFrom draws a row by weights that are added up.
func drawFrom(upTo []float64, r *rand.Rand) int {
	return min(sort.SearchFloat64s(upTo, 1-r.Float64()), len(upTo)-1)
}

func (s *slopes) draw(r *rand.Rand) int { return drawFrom(s.upTo, r) }

// each asks about n points, the share of the way from a background row, and calls add with each column's slope times the difference, for each point.
func (s *slopes) each(ctx context.Context, row []float64, n int, point func(i int) (from int, share float64), add func(i, column int, by []float64)) error {
	p, k := s.features, len(s.base)
	by := make([]float64, k)
	for lo := 0; lo < n; lo += rowsAtOnce {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(rowsAtOnce, n-lo)
		x, from := tensor.New[float64](count, p), make([]int, count)
		for i := range count {
			b, share := point(lo + i)
			from[i] = b
			for j, v := range s.background.Row(b) {
				x.Row(i)[j] = v + float64(share*(row[j]-v))
			}
		}
		gradients := make([]*tensor.Tensor[float64], k)
		for o := range k {
			g, err := s.model.Gradient(x, o)
			if err != nil {
				return err
			}
			if shape := g.Shape(); len(shape) != 2 || shape[0] != count || shape[1] != p {
				return ml.BadShape(s.where, "the model's gradient", fmt.Sprint(shape), fmt.Sprintf("%d rows of %d columns", count, p))
			}
			gradients[o] = g
		}
		for i := range count {
			for j, v := range s.background.Row(from[i]) {
				for o, g := range gradients {
					by[o] = float64(g.Row(i)[j] * (row[j] - v))
				}
				add(lo+i, j, by)
			}
		}
	}
	return nil
}

// explainer adds the columns of each player up.
func (s *slopes) explainer(columns func(ctx context.Context, i int, row []float64) ([]tally, error), sampled bool) Explainer {
	return &explainer{s.asker, func(ctx context.Context, i int, row []float64, who []int, _ []float64) (values, errors [][]float64, err error) {
		for j, v := range row {
			if math.IsNaN(v) {
				return nil, nil, &ml.Error{Where: s.where, Field: fmt.Sprintf("row %d, %s", i, s.columns[j].Name), Found: "missing", Want: "a number", Kind: ml.ErrNotFinite}
			}
		}
		sums, err := columns(ctx, i, row)
		if err != nil {
			return nil, nil, err
		}
		k := len(s.base)
		values = grid(len(who), k)
		if sampled {
			errors = grid(len(who), k)
		}
		for q, player := range who {
			for o := range k {
				spread := 0.0
				for _, j := range s.players[player].Columns {
					values[q][o] += sums[j].mean[o]
					if sampled {
						spread += sums[j].standardError(o) // of columns that move together, at the most
					}
				}
				if sampled {
					errors[q][o] = spread
				}
			}
		}
		return values, errors, nil
	}}
}
