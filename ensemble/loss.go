package ensemble

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tree"
)

// Loss is what boosting for numbers makes small: a function of the target y of a row and of its raw score, which is what the model knows
// before the link. The built-in losses are plain structs. One of your own works too, as fast as those: it gets a block of rows with each
// call, from several goroutines at once, and keeps nothing of what it gets. Models with it can be saved once it is registered with
// [ml.Register].
//
// A loss may also be a [LossStart], a [LossLink], a [LossTarget] and a [LossLeaf]. Without the first, boosting starts from
// [BestConstant]; without the others predictions are the raw scores, any finite target is taken, and leaves hold Newton steps.
type Loss interface {
	// Value writes the loss of each row to dst. A term that depends on y alone may be left out.
	Value(dst, y, score []float64)
	// Derivatives writes the first and second derivatives of the loss by the score. Where the second one is not above 0, or unknown,
	// write a positive number of the same size: it only sets the length of the step.
	Derivatives(grad, hess []float32, y, score []float64)
}

// LossStart is a Loss that knows the score from which boosting starts, which should be the constant that makes the loss least. Weight is nil
// where all rows weigh 1.
type LossStart interface {
	Start(y, weight []float64) float64
}

// LossLink is a Loss whose predictions are not the raw scores, such as Exp for the logarithm of a mean.
type LossLink interface {
	Link() tree.Link
}

// LossTarget is a Loss that does not take every number as a target. Takes returns "" for one that it takes, and otherwise what it
// wants, such as ">= 0".
type LossTarget interface {
	Takes(y float64) (want string)
}

// LossLeaf is a Loss whose Newton steps are of no use, such as AbsoluteLoss. Leaf is what is added to the scores of the rows in a leaf, before
// the learning rate: the number that makes their loss least. It may overwrite what it gets. A number
// that is not finite counts as 0. Weight is nil where all rows weigh 1.
type LossLeaf interface {
	Leaf(y, score, weight []float64) float64
}

// block is how many rows the built-in losses work on at a time: their scratch stays on the stack and in the fastest cache.
const block = 256

// exps writes exp(a·x) to dst in portable bits.
func exps(dst, x []float64, a float64) {
	for i, v := range x {
		dst[i] = a * v
	}
	kern.ExpPortable(dst, dst)
}

// logitOf is the score whose logistic is p, kept finite where p is 0 or 1, by LightGBM's bound.
func logitOf(p float64) float64 {
	const least = 1e-15
	p = min(max(p, least), 1-least)
	return kern.LogOne(p / (1 - p))
}

// meanOf is the weighted mean.
func meanOf(y, weight []float64) float64 {
	if weight == nil {
		return kern.SumPortable(y) / float64(len(y))
	}
	return kern.DotPortable(y, weight) / kern.SumPortable(weight)
}

// logMean is the score of losses whose link is Exp. Targets that are all 0 have none; theirs is that of a mean of 1e-6 rows' worth of 1.
func logMean(y, weight []float64) float64 {
	m := meanOf(y, weight)
	if m <= 0 {
		m = 1e-6 / float64(len(y))
	}
	return kern.LogOne(m)
}

// BestConstant returns the score that makes the weighted sum of a loss over all rows least, for a loss that is convex in the score: the root of
// the sum of first derivatives, found by Newton steps within a bracket, which takes some ten passes over the rows. Weight is nil where
// all rows weigh 1. A loss that falls all the way to one side gives a score as far as the search goes, about 1e3 times the size
// of the targets or 30.
func BestConstant(l Loss, y, weight []float64) float64 {
	return bestConstant(l, y, weight, nil)
}

// bestConstant is BestConstant beside offsets of the scores; nil: none.
func bestConstant(l Loss, y, weight, offset []float64) float64 {
	if len(y) == 0 {
		return 0
	}
	if s, ok := l.(LossStart); ok && offset == nil {
		return s.Start(y, weight)
	}
	low, high := y[0], y[0]
	for _, v := range y {
		low, high = min(low, v), max(high, v)
	}
	slope := func(s float64) (g, h float64) { return slopes(l, y, weight, offset, s) }
	x := meanOf(y, weight)
	if link, ok := l.(LossLink); ok && link.Link() != tree.Identity {
		x, low, high = 0, -1, 1
	}
	width := max(high-low, 1e-3*math.Abs(x), 1e-6)
	if g, _ := slope(low); g > 0 { // a bracket must have a fall to its left
		for k := 0; k < 40 && g > 0 && width < 1e6*max(1, math.Abs(high)); k++ {
			low -= width
			width *= 2
			g, _ = slope(low)
		}
	}
	width = max(high-low, 1e-6)
	if g, _ := slope(high); g < 0 {
		for k := 0; k < 40 && g < 0 && width < 1e6*max(1, math.Abs(low)); k++ {
			high += width
			width *= 2
			g, _ = slope(high)
		}
	}
	x = min(max(x, low), high)
	for range 100 {
		g, h := slope(x)
		switch {
		case g > 0:
			high = x
		case g < 0:
			low = x
		default:
			return x
		}
		next := x - g/h
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-x) <= 1e-9*max(math.Abs(x), high-low) || next == low || next == high {
			return next
		}
		x = next
	}
	return x
}

// slopes are the weighted sums of the derivatives where every score is s, beside its offset.
func slopes(l Loss, y, weight, offset []float64, s float64) (g, h float64) {
	type sums struct{ g, h float64 }
	total := par.Reduce(len(y), 1<<14, func(_, lo, hi int) sums {
		var out sums
		var score, gs, hs [block]float64
		var grad, hess [block]float32
		for i := range score {
			score[i] = s
		}
		for at := lo; at < hi; at += block {
			n := min(block, hi-at)
			if offset != nil {
				for i, v := range offset[at : at+n] {
					score[i] = s + v
				}
			}
			l.Derivatives(grad[:n], hess[:n], y[at:at+n], score[:n])
			for i := range n {
				w := 1.0
				if weight != nil {
					w = weight[at+i]
				}
				gs[i], hs[i] = w*float64(grad[i]), w*float64(hess[i])
			}
			out.g += kern.SumPortable(gs[:n])
			out.h += kern.SumPortable(hs[:n])
		}
		return out
	}, func(a, b sums) sums { return sums{a.g + b.g, a.h + b.h} })
	return total.g, total.h
}
