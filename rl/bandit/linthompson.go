package bandit

import "math"

// LinThompson takes an arm with the probability that its expected reward is the largest, the coefficients having the posterior N(θ, Explore² A⁻¹) of linear
// regression (Agrawal and Goyal, "Thompson sampling for contextual bandits with linear payoffs", ICML 2013).
//
// With a model for each arm the values are independent, and the probabilities are integrated to 1e-6. With Design.Shared they are not: the probability of
// a candidate is then its share of the wins in Samples draws of the posterior, which are keyed by the decision; an arm is drawn from these shares. Given the
// draws that is exact, too; as an estimate of Thompson's own probability p it has the standard error sqrt(p(1-p)/Samples). A candidate that won no draw has the
// probability 0: set Options.MinProb where the log shall tell of every arm.
type LinThompson struct {
	Explore float64 // > 0, the standard deviation of a reward around its expectation; 0: 1
	Samples int     // draws for shared models, up to 10000; 0: 100
	Design
}

type linThompson struct {
	linear
	explore float64
	samples int
}

func (c LinThompson) start() (learner, error) {
	const where = "bandit.LinThompson"
	return newLinThompson(where, c.Explore, c.Samples, c.Design)
}

func newLinThompson(where string, explore float64, samples int, d Design) (*linThompson, error) {
	explore = or(explore, 1)
	if samples == 0 {
		samples = 100
	}
	for _, err := range []error{inRange(where, "Explore", explore, 0, math.MaxFloat64), inRange(where, "Samples", float64(samples), 1, 10000)} {
		if err != nil {
			return nil, err
		}
	}
	l, err := d.linear(where, 1)
	return &linThompson{l, explore, samples}, err
}

func (l *linThompson) needs() needs {
	n := l.linear.needs()
	n.stateful = l.Shared
	return n
}

func (l *linThompson) probs(s *scratch, q *query) {
	if l.Shared {
		l.sample(s, q)
		return
	}
	s.q, s.r = grow(s.q, q.n), grow(s.r, q.n)
	l.moments(s.q, s.r, s, q)
	g := &s.integral
	g.shapes = g.shapes[:0]
	for i, mean := range s.q {
		// a row of zeros has a variance of 0; the integral needs some
		sd := max(l.explore*math.Sqrt(s.r[i]), 1e-9*max(1, math.Abs(mean)))
		g.shapes = append(g.shapes, normalShape(mean, sd))
	}
	g.largest(s.p, false)
}

// sample draws the candidates' values together: their covariance is the rows' through A⁻¹.
func (l *linThompson) sample(s *scratch, q *query) {
	n, p := q.n, l.p
	m := &l.common[0]
	// memory: rows, inv·row, the covariance's factor, the normal numbers
	s.block = grow(s.block, n*p+p+n*n+n)
	rows, v, c, z := s.block[:n*p], s.block[n*p:n*p+p], s.block[n*p+p:n*p+p+n*n], s.block[n*p+p+n*n:]
	s.q = grow(s.q, n)
	for i := range n {
		l.append(rows[i*p:i*p], q, i)
		s.q[i] = dot(rows[i*p:(i+1)*p], m.theta)
	}
	for i := range n {
		mulPacked(v, m.inv, rows[i*p:(i+1)*p])
		for j := range i + 1 {
			c[i*n+j] = dot(rows[j*p:(j+1)*p], v)
		}
	}
	// Cholesky of what may be singular: candidates can be equal, or more than there are columns
	for j := range n {
		lj := c[j*n : j*n+j+1]
		whole := lj[j]
		d := whole - dot(lj[:j], lj[:j])
		if d <= 1e-12*whole || whole <= 0 {
			for i := j; i < n; i++ {
				c[i*n+j] = 0
			}
			continue
		}
		d = math.Sqrt(d)
		lj[j] = d
		for i := j + 1; i < n; i++ {
			li := c[i*n : i*n+j+1]
			li[j] = (li[j] - dot(li[:j], lj[:j])) / d
		}
	}
	r := s.random(q.key)
	clear(s.p)
	for range l.samples {
		for i := range z {
			z[i] = l.explore * r.NormFloat64()
		}
		win, top := 0, math.Inf(-1)
		for i := range n {
			if v := s.q[i] + dot(c[i*n:i*n+i+1], z); v > top {
				win, top = i, v
			}
		}
		s.p[win]++
	}
	for i := range s.p {
		s.p[i] /= float64(l.samples)
	}
}

// LogisticThompson is [LinThompson] for rewards of 0 or 1: the log-odds of a reward are linear in the row, and the posterior of the coefficients is kept as the
// normal distribution that Laplace's approximation gives after each reward, with the whole covariance matrix (Chapelle and Li, "An empirical
// evaluation of Thompson sampling", NeurIPS 2011, keep the diagonal). The mode of each step is found exactly, so that nothing must be tuned. Rewards between
// 0 and 1 are taken as probabilities.
type LogisticThompson struct {
	Explore float64 // > 0, the factor of the posterior's standard deviations; 0: 1
	Samples int     // as LinThompson's
	Design
}

type logisticThompson struct {
	linThompson
	one
}

func (c LogisticThompson) start() (learner, error) {
	l, err := newLinThompson("bandit.LogisticThompson", c.Explore, c.Samples, c.Design)
	if err != nil {
		return nil, err
	}
	return &logisticThompson{linThompson: *l}, nil
}

func (l *logisticThompson) needs() needs {
	n := l.linThompson.needs()
	n.bounded = true
	return n
}

// update moves the mode along inv·x by t, the root of t = y - σ(z + s t) with z = θ·x and s = xᵀ inv x, and adds the likelihood's curvature v there to the precision. A
// ridge does both when it is told the weight v and the target that brings it to t.
func (l *logisticThompson) update(o *outcome) {
	m := &l.models(o.arm)[0]
	mulPacked(l.u, m.inv, o.row)
	z, s := dot(m.theta, o.row), max(dot(l.u, o.row), 0)
	// t - y + σ(z + s t) rises in t and is between -y and 1-y away from t: the root lies between y-1 and y
	lo, hi := o.reward-1, o.reward
	t := min(max(o.reward-l.sigmoid(z), lo), hi)
	for range 60 {
		p := l.sigmoid(z + float64(s*t))
		f := t - o.reward + p
		if f > 0 {
			hi = t
		} else {
			lo = t
		}
		next := t - f/(1+float64(s*float64(p*(1-p))))
		if next < lo || next > hi {
			next = (lo + hi) / 2
		}
		if math.Abs(next-t) <= 1e-14 {
			t = next
			break
		}
		t = next
	}
	p := l.sigmoid(z + float64(s*t))
	v := max(p*(1-p), 1e-10)
	m.learn(o.row, v, z+float64(t*(1+float64(v*s)))/v, l.L2, l.Decay, l.u)
}
