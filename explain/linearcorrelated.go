package explain

import (
	"context"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Values of a linear score whose unknown columns are not the background's means but what the known columns make one expect: for a normal distribution, their regression. What column i
// adds to a set S is then the part of x_i that S does not tell, times how the score goes with it:
//
//	(coef' R)_i / R_ii * (x_i - its regression on S)
//
// where R is the covariance of what S does not tell of each column (Lundberg, Erion and Lee 2018; Chen, Janizek, Lundberg and Lee 2020, "True to the model or true to the
// data?"). That is linear in x, so the mean over all sets is a matrix for each output: up to 16 columns over all sets, else over random orders and their reverses.

// dullest is the share of a column's variance below which the rest of it is taken for rounding: the known columns tell it.
const dullest = 1e-10

// told is what a set of columns tells of all others.
type told struct {
	rest  []float64 // p x p: the covariance of what it does not tell
	lines []float64 // p x p: column minus its regression on the set, as numbers that multiply x - mean
}

// correlatedLine computes the matrices of a score.
type correlatedLine struct {
	p, k     int
	coef     *tensor.Tensor[float64]
	variance []float64
	open     []int // the columns that are not constant
}

// start is the set of no columns.
func (c *correlatedLine) start(cov []float64) told {
	t := told{append([]float64(nil), cov...), make([]float64, c.p*c.p)}
	for i := range c.p {
		t.lines[i*c.p+i] = 1
	}
	return t
}

// learn sets dst to what src tells with column i. They may be the same.
func (c *correlatedLine) learn(dst, src told, i int) {
	p := c.p
	if &dst.rest[0] != &src.rest[0] {
		copy(dst.rest, src.rest)
		copy(dst.lines, src.lines)
	}
	own := append([]float64(nil), src.rest[i*p:(i+1)*p]...)
	line := append([]float64(nil), src.lines[i*p:(i+1)*p]...)
	if !c.tells(src, i) {
		return
	}
	for _, j := range c.open {
		f := own[j] / own[i]
		for q, v := range own {
			dst.rest[j*p+q] -= float64(f * v)
		}
		for q, v := range line {
			dst.lines[j*p+q] -= float64(f * v)
		}
	}
	for q := range p { // nothing is left of it
		dst.rest[i*p+q], dst.rest[q*p+i], dst.lines[i*p+q] = 0, 0, 0
	}
}

// tells reports whether a column says anything that the set does not.
func (c *correlatedLine) tells(t told, i int) bool {
	return t.rest[i*c.p+i] > dullest*c.variance[i]
}

// add adds what column i adds to a set to the matrix of each output, with a weight.
func (c *correlatedLine) add(dst []float64, t told, i int, weight float64) {
	if !c.tells(t, i) {
		return
	}
	p := c.p
	own, line := t.rest[i*p:(i+1)*p], t.lines[i*p:(i+1)*p]
	for o := range c.k {
		sum := 0.0
		for j, w := range c.coef.Row(o) {
			sum += float64(w * own[j])
		}
		sum = float64(weight*sum) / own[i]
		row := dst[(o*p+i)*p:][:p]
		for j, v := range line {
			row[j] += float64(sum * v)
		}
	}
}

// exact averages over all sets: outputs x columns x columns.
func (c *correlatedLine) exact(ctx context.Context, cov []float64) ([]float64, error) {
	g := newGame(Shapley, len(c.open))
	out := make([]float64, c.k*c.p*c.p)
	states := make([]told, len(c.open)+1)
	for i := range states {
		states[i] = c.start(cov)
	}
	in := make([]bool, c.p)
	var visit func(size, next int) error
	visit = func(size, next int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, i := range c.open {
			if !in[i] {
				c.add(out, states[size], i, g.before(size, len(c.open)-1-size))
			}
		}
		for q := next; q < len(c.open); q++ {
			i := c.open[q]
			c.learn(states[size+1], states[size], i)
			in[i] = true
			if err := visit(size+1, q+1); err != nil {
				return err
			}
			in[i] = false
		}
		return nil
	}
	return out, visit(0, 0)
}

// orderBatches is how many means of orders standard errors are computed from.
const orderBatches = 16

// sampled averages over random orders and their reverses, in batches: of each batch outputs x columns x columns.
func (c *correlatedLine) sampled(ctx context.Context, cov []float64, orders int, seed uint64) ([][]float64, error) {
	each := max(1, (orders+2*orderBatches-1)/(2*orderBatches))
	out := make([][]float64, orderBatches)
	err := par.Do(ctx, orderBatches, func(ctx context.Context, b int) error {
		r := rng.New(seed, uint64(b))
		out[b] = make([]float64, c.k*c.p*c.p)
		for range each {
			order := rng.Perm(r, len(c.open))
			for side := range 2 {
				if err := ctx.Err(); err != nil {
					return err
				}
				t := c.start(cov)
				for step := range order {
					i := c.open[order[step]]
					if side == 1 {
						i = c.open[order[len(order)-1-step]]
					}
					c.add(out[b], t, i, 1/float64(2*each))
					c.learn(t, t, i)
				}
			}
		}
		return nil
	})
	return out, err
}

// matrices returns the matrices, one or a list of as many independent estimates.
func (c *correlatedLine) matrices(ctx context.Context, cov []float64, orders int, seed uint64) ([][]float64, error) {
	for i := range c.p {
		c.variance = append(c.variance, cov[i*c.p+i])
		if cov[i*c.p+i] > 0 {
			c.open = append(c.open, i)
		}
	}
	if len(c.open) <= maxExact {
		out, err := c.exact(ctx, cov)
		return [][]float64{out}, err
	}
	return c.sampled(ctx, cov, orders, seed)
}

// explain writes the values of a row less the mean for one output, and their standard errors unless the matrices are exact.
func (c *correlatedLine) explain(off []float64, o int, matrices [][]float64, values, errors []float64) {
	p := c.p
	for i := range p {
		t := newTallies(1, 1)[0]
		for _, m := range matrices {
			sum := 0.0
			for j, v := range m[(o*p+i)*p:][:p] {
				sum += float64(v * off[j])
			}
			t.add([]float64{sum})
		}
		values[i] = t.mean[0]
		if errors != nil {
			errors[i] = t.standardError(0)
		}
	}
}
