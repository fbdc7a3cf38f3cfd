package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// alphaGrid says which penalties a path has.
type alphaGrid struct {
	alphas []float64 // of the caller's; nil: from the data
	n      int
	eps    float64
}

func (g alphaGrid) withDefaults() alphaGrid {
	if g.n == 0 {
		g.n = 100
	}
	if g.eps == 0 {
		g.eps = 1e-3
	}
	g.alphas = slices.Clone(g.alphas)
	slices.Sort(g.alphas)
	slices.Reverse(g.alphas)
	return g
}

func (g alphaGrid) check(where, without string) error {
	switch {
	case g.alphas != nil && len(g.alphas) == 0:
		return ml.BadConfig(where, "Alphas", "empty", "at least one penalty, or nil for a grid from the data")
	case g.n < 0:
		return ml.BadConfig(where, "NAlphas", g.n, ">= 0; 0 means 100")
	case !(g.eps > 0 && g.eps < 1):
		return ml.BadConfig(where, "Eps", g.eps, "> 0 and < 1; 0 means 1e-3")
	}
	for k, a := range g.alphas {
		if err := checkAlpha(where, fmt.Sprintf("Alphas (place %d from the largest)", k), a, without); err != nil {
			return err
		}
	}
	return nil
}

// falling lists the penalties, from the least one that leaves no coefficient to Eps times that, with equal ratios.
func (g alphaGrid) falling(terms lossTerms, l1Ratio float64, positive bool) []float64 {
	if g.alphas != nil {
		return g.alphas
	}
	const least = 1e-3 // of L1Ratio: without a penalty on absolute values no coefficient is ever zero (so glmnet)
	zeros := make([]float64, len(terms.c))
	pen := penalty{positive: positive}
	most := pen.certify(terms.tasks, terms.cols, zeros, terms.c, terms.c, terms.yy).most / max(l1Ratio, least)
	if !(most > 0) {
		most = 1 // nothing can be learned: any penalty gives zeros
	}
	out := make([]float64, g.n)
	for k := range out {
		out[k] = most
		if k > 0 {
			out[k] = most * math.Pow(g.eps, float64(k)/float64(g.n-1))
		}
	}
	return out
}

// follow solves for falling penalties, each from the solution before, and calls visit after each until it says stop.
func (d *descent) follow(ctx context.Context, alphas []float64, l1Ratio float64, positive bool, visit func(k int, out outcome) (stop bool, err error)) error {
	d.watch = func(int, float64) (bool, error) { return false, ml.Done(ctx) }
	before := penalty{positive: positive}.certify(d.tasks, d.cols, d.b, d.q, d.c, d.yy).most
	for k, alpha := range alphas {
		pen := newPenalty(alpha, l1Ratio, positive)
		out, err := d.solve(ctx, pen, before)
		if err != nil {
			return err
		}
		before = pen.l1
		if stop, err := visit(k, out); err != nil || stop {
			return err
		}
	}
	return nil
}

// restart goes back to zero coefficients; what is known of the columns stays.
func (d *descent) restart() {
	clear(d.b)
	copy(d.q, d.c)
}

// explained is the share of the mean square of Y that the present coefficients explain.
func (d *descent) explained() float64 {
	if d.yy == 0 {
		return 0
	}
	sum := 0.0
	for k, b := range d.b {
		sum += b * (d.c[k] + d.q[k])
	}
	return sum / d.yy
}
