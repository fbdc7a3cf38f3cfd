package linear

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// estimateOverdispersion fits a negative binomial model of unknown overdispersion: coefficients and overdispersion take turns, each
// most likely given the other, from the Poisson model on (as glm.nb in Venables and Ripley, "Modern Applied Statistics with S" (2002), section 7.4).
func (g *scoring) estimateOverdispersion(ctx context.Context, where string, track ml.Tracker) error {
	g.family = NegativeBinomial{} // with overdispersion 0 that is Poisson
	if err := g.minimize(ctx, where, track); err != nil || g.info.Status == ml.Stopped {
		return err
	}
	excess, square := g.excess()
	if !(excess > 0) {
		g.info.Note = "no overdispersion: its most likely value is 0, a Poisson model"
		return nil
	}
	a := excess / square // by moments
	g.family = NegativeBinomial{Overdispersion: a}
	g.last = g.at(g.params, !g.wide())
	for range g.config.MaxIter {
		next, ok := g.likelyOverdispersion(a)
		if !ok {
			g.family = NegativeBinomial{}
			g.last = g.at(g.params, !g.wide())
			g.info.Note = "no overdispersion: its most likely value is 0, a Poisson model"
			return g.minimize(ctx, where, track)
		}
		const close = 1e-10
		settled := math.Abs(next-a) <= close*a
		a = next
		g.family = NegativeBinomial{Overdispersion: a}
		g.last = g.at(g.params, !g.wide())
		if err := g.minimize(ctx, where, track); err != nil || g.info.Status != ml.Converged {
			return err
		}
		if settled {
			return nil
		}
	}
	g.info.Status = ml.MaxIter
	return nil
}

// fittedMeans are the means of all rows.
func (g *scoring) fittedMeans() []float64 {
	return g.eachScore(func(_ int, score float64) float64 { return g.link.Mean(score) })
}

// excess is Σ w ((y-μ)²-y), which is what the likelihood gains at overdispersion 0, and Σ w μ².
func (g *scoring) excess() (excess, square float64) {
	for i, m := range g.fittedMeans() {
		if w := g.w(i); w > 0 {
			r := g.y[i] - m
			excess += w * (r*r - g.y[i])
			square += w * m * m
		}
	}
	return excess, square
}

// likelyOverdispersion maximises the likelihood for given means, by Newton's method in log r, r = 1/overdispersion. It is not ok if that
// runs off to the Poisson model.
func (g *scoring) likelyOverdispersion(a float64) (float64, bool) {
	mean := g.fittedMeans()
	r := 1 / a
	const poisson, most = 1e9, 100
	for range most {
		d, dd := g.overdispersionSlopes(mean, r)
		slope, curvature := r*d, r*r*dd+r*d
		step := math.Copysign(1, slope)
		if curvature < 0 {
			step = max(min(-slope/curvature, 2), -2)
		}
		r *= math.Exp(step)
		if !(r < poisson) {
			return 0, false
		}
		const rounding = 1e-13
		if math.Abs(step) < rounding {
			break
		}
	}
	return 1 / r, true
}

// overdispersionSlopes are the first two derivatives of the log-likelihood by r.
func (g *scoring) overdispersionSlopes(mean []float64, r float64) (first, second float64) {
	counts := g.risingSlopes(r)
	type part struct{ first, second float64 }
	all := par.Reduce(g.rows, grain(g.rows, 30), func(_, lo, hi int) (s part) {
		const length = 512
		logs := make([]float64, min(length, hi-lo))
		for ; lo < hi; lo += length {
			n := min(length, hi-lo)
			kern.Scal(1/r, logs[:n], mean[lo:lo+n])
			kern.Log1p(logs[:n], logs[:n])
			for i, l := range logs[:n] {
				w := g.w(lo + i)
				if w == 0 {
					continue
				}
				y, m := g.y[lo+i], mean[lo+i]
				one, two := counts.of(y)
				q := (r + y) / (r + m)
				s.first += w * (one - l + 1 - q)
				s.second += w * (two + 1/r - 2/(r+m) + q/(r+m))
			}
		}
		return s
	}, func(a, b part) part { return part{a.first + b.first, a.second + b.second} })
	return all.first, all.second
}

// risingSlopes are the differences ψ(r+y)-ψ(r) of the digamma function, and those of its derivative, for y = 0, 1, ...: the sums of
// 1/(r+k), and of -1/(r+k)², over k < y.
type risingSlopes struct {
	r                 float64
	one, two          []float64
	digamma, trigamma float64 // at r
}

// risingSlopes are those that counts ask for.
func (g *scoring) risingSlopes(r float64) risingSlopes {
	const most = 1 << 12
	largest := 0.0
	for i, y := range g.y {
		if g.w(i) > 0 && y <= most {
			largest = max(largest, y)
		}
	}
	s := risingSlopes{r: r, one: make([]float64, int(largest)+1), two: make([]float64, int(largest)+1), digamma: stats.Digamma(r), trigamma: stats.Trigamma(r)}
	for k := 1; k < len(s.one); k++ {
		v := 1 / (r + float64(k-1))
		s.one[k], s.two[k] = s.one[k-1]+v, s.two[k-1]-v*v
	}
	return s
}

func (s risingSlopes) of(y float64) (one, two float64) {
	if y < float64(len(s.one)) {
		if k := int(y); float64(k) == y {
			return s.one[k], s.two[k]
		}
	}
	return stats.Digamma(s.r+y) - s.digamma, stats.Trigamma(s.r+y) - s.trigamma
}
