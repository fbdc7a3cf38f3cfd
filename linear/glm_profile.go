package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// ProfileTerms is [GLMModel.Terms] with intervals and tests by the likelihood instead of the standard error, which do not suppose that it
// is a parabola, and do not change when the parameter is expressed otherwise. Lower and Upper are where the deviance, minimised over
// all other coefficients, exceeds that of the fit by Dispersion times the squared quantile of the test distribution; a
// likelihood that never falls so far gives an infinite end, and one that ends before, as means become impossible, the last possible number.
// Stat is the signed root of what the deviance rises by when the coefficient is held at 0, over the Dispersion: its square is the
// likelihood-ratio (or F) statistic of leaving the column out; P is its p-value. Estimate and StdErr are as in Terms.
//
// The dispersion, and an overdispersion, stay as the fit found them. This is confint of R's glm, which takes normal quantiles even where
// the dispersion is estimated: here they are Student's, as in Terms.
//
// d is what the model was fitted to; see [GLMModel.Leverage]. A penalised fit is refused with ErrConfig: it has no likelihood. The cost is
// about that of ten fits for each coefficient.
func (m *GLMModel) ProfileTerms(ctx context.Context, d ml.Dataset[float64]) ([]Term, error) {
	const where = "linear.GLMModel.ProfileTerms"
	if c, _ := m.config(); c.L2 > 0 {
		return nil, ml.BadConfig(where, "L2", c.L2, "0: a penalised fit is not the most likely one")
	}
	g, err := m.again(where, d)
	if err != nil {
		return nil, err
	}
	inverse := g.inverseInformation()
	terms := m.Terms()
	track := ml.Track(ctx, "coefficient", len(terms))
	at := 0 // the column of the next term
	for k := range terms {
		t := &terms[k]
		p := &profile{ctx: ctx, where: where, g: g, at: g.cols, best: m.Deviance, dispersion: m.Dispersion, estimate: t.Estimate}
		if m.lead() == 1 && k == 0 {
			if err := p.holdIntercept(m, d, t.StdErr); err != nil {
				return nil, err
			}
		} else {
			for slices.Contains(m.role.list(), at) {
				at++
			}
			p.hold(at, g.stride(), inverse)
			at++
		}
		if t.Aliased {
			continue
		}
		if err := p.complete(t, m.critical(), m.dfTest()); err != nil {
			return nil, err
		}
		if _, err := track.Step(k+1, ml.Loss{}); err != nil {
			return nil, err
		}
	}
	return terms, nil
}

// profile is the least deviance as a function of one coefficient.
type profile struct {
	ctx        context.Context
	where      string
	g          *scoring // with the coefficient held where it is
	at         int      // the column, or the number of columns for the intercept
	best       float64  // deviance of the fit
	dispersion float64
	estimate   float64
	start      []float64 // parameters of the fit
	tangent    []float64 // what they change by where the coefficient changes by 1
	offset     []float64 // of the fit, where the intercept is held

	value  float64 // where the coefficient is
	params []float64
}

// hold makes the profile that of column j.
func (p *profile) hold(j, q int, inverse []float64) {
	g := *p.g
	p.g, p.at = &g, j
	g.frozen = slices.Clone(g.frozen)
	g.frozen[j] = true
	g.pinned = j
	p.start = g.params
	p.tangent = make([]float64, q)
	for i := range p.tangent {
		p.tangent[i] = inverse[i*q+j] / inverse[j*q+j]
	}
}

// holdIntercept makes the profile that of the intercept, which becomes a part of the offset.
func (p *profile) holdIntercept(m *GLMModel, d ml.Dataset[float64], stderr float64) error {
	g, err := m.prepared(p.where, d, true)
	if err != nil {
		return err
	}
	p.offset = g.offset
	if p.offset == nil {
		p.offset = make([]float64, g.rows)
	}
	g.offset = make([]float64, g.rows)
	g.pinned = g.cols
	p.g, p.at = g, g.cols
	p.start = g.packed(m.Coef, 0)
	p.tangent = make([]float64, g.cols)
	if c, _ := m.config(); c.Covariance == Classical { // else where to look for the others is not known so well, and is not needed
		for j := range p.tangent {
			if v := m.Cov.At(j+1, 0) / (stderr * stderr); !g.frozen[j] && !math.IsNaN(v) {
				p.tangent[j] = v
			}
		}
	}
	return nil
}

// complete fills in the interval and the test.
func (p *profile) complete(t *Term, quantile, df float64) error {
	t.Lower, t.Upper, t.Stat, t.P = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if math.IsNaN(quantile) || math.IsNaN(p.dispersion) || !(p.dispersion > 0) || !(t.StdErr > 0) {
		return nil
	}
	var err error
	if t.Lower, err = p.end(-1, quantile, t.StdErr); err != nil {
		return err
	}
	if t.Upper, err = p.end(1, quantile, t.StdErr); err != nil {
		return err
	}
	p.reset()
	const halvings = 10
	possible, err := p.reach(0, halvings)
	if err != nil || !possible {
		return err
	}
	t.Stat = math.Copysign(p.root(), t.Estimate)
	t.P = min(2*testSurvival(df, math.Abs(t.Stat)), 1)
	return nil
}

func (p *profile) reset() { p.value, p.params = p.estimate, p.start }

// root is that of how much the deviance has risen, in units of the dispersion.
func (p *profile) root() float64 { return math.Sqrt(max(p.g.last.deviance-p.best, 0) / p.dispersion) }

// end is where the root is the quantile, below (side -1) or above the estimate: Newton's method, kept to where the end must be.
func (p *profile) end(side, quantile, stderr float64) (float64, error) {
	const close, narrow, never, most, halvings = 1e-9, 1e-12, 1e6, 200, 4
	p.reset()
	near, far := p.estimate, math.Inf(int(side)) // the root is below the quantile at near, and above it at far, if that is possible
	next := p.estimate + side*quantile*stderr
	for range most {
		possible, err := p.reach(next, halvings)
		if err != nil {
			return 0, err
		}
		step := math.NaN()
		if possible {
			z := p.root()
			if math.Abs(z-quantile) <= close*quantile {
				return next, nil
			}
			slope := -side * p.g.last.pull / (p.dispersion * z) // of the root, outwards: what the pull back to the estimate makes it
			step = (quantile - z) / slope
			if z < quantile {
				near = next
				if math.IsInf(far, 0) && !(step > 0 && step < never*math.Abs(next-p.estimate)) {
					return far, nil // it no longer rises
				}
			} else {
				far = next
			}
		} else {
			far = next
		}
		if math.Abs(far-near) <= narrow*max(math.Abs(near), stderr) {
			return near, nil
		}
		const longest = 4 // times the distance so far
		last := next
		next = last + side*min(step, longest*math.Abs(last-p.estimate))
		if inside := (next-near)*side > 0 && (far-next)*side > 0; !inside {
			next = near + (far-near)/2
			if math.IsInf(far, 0) {
				next = near + side*longest*max(math.Abs(near-p.estimate), stderr)
			}
		}
	}
	return near, nil
}

// reach fits the other coefficients with this one at v, from where it was last, in up to 2^halvings steps if there is no way to go at
// once. It is not possible where no means can be found that are.
func (p *profile) reach(v float64, halvings int) (possible bool, err error) {
	g := p.g
	params := slices.Clone(p.params)
	linalg.Axpy(v-p.value, p.tangent, params)
	if p.at < g.cols {
		params[p.at] = v
	} else {
		for i, o := range p.offset {
			g.offset[i] = o + v
		}
	}
	if !g.try(params) {
		if halvings == 0 {
			return false, nil
		}
		if possible, err = p.reach(p.value+(v-p.value)/2, halvings-1); err != nil || !possible {
			return false, err
		}
		return p.reach(v, halvings-1)
	}
	g.info = ml.Info{}
	if err := g.minimize(p.ctx, p.where, ml.Track(ml.WithTask(p.ctx, fmt.Sprintf("profile of column %d", p.at), 0, 0), "iteration", g.config.MaxIter)); err != nil {
		return false, err
	}
	p.value, p.params = v, g.params
	return true, nil
}
