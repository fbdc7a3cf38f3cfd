package bandit

import "math"

// The sums kept for each arm by policies without contexts.
const (
	pulls   = iota // rewards seen, perhaps discounted
	total          // of the rewards
	squares        // of the rewards
	score          // the policy's own: preferences, estimated gains
	countSums
)

// counts is what policies without contexts know: sums for each arm, and in common the number of rewards, their sum, and the number without discount.
type counts struct {
	arm    [][]float64
	common []float64
	limits bool    // rewards of 0..1 only
	keep   float64 // the discount; 0: none
}

const steps = 2 // the place in common of the number of rewards

func (c *counts) fades(f, now, base, nowCommon, baseCommon []float64) {
	fill(f, 1)
	if c.keep == 0 || c.keep == 1 {
		return
	}
	fill(f, new(one).power(1/c.keep, baseCommon[steps]-nowCommon[steps]))
	if len(f) == steps+1 { // the common block
		f[steps] = 1
	}
}

func (c *counts) needs() needs                 { return needs{bounded: c.limits} }
func (c *counts) widths(int, int)              {}
func (c *counts) blocks() (int, int, int, int) { return countSums, 0, steps + 1, 0 }
func (c *counts) attach(arm int, b []float64, _ bool) {
	if arm < 0 {
		c.common = b
		return
	}
	for len(c.arm) <= arm {
		c.arm = append(c.arm, nil)
	}
	c.arm[arm] = b
}

func (c *counts) row(dst []float64, _ *scratch, _ *query, _ int) []float64 { return dst }

func (c *counts) update(u *outcome) {
	c.discount()
	c.add(u.arm, u.reward)
}

func (c *counts) add(arm int, reward float64) {
	a := c.arm[arm]
	a[pulls]++
	a[total] += reward
	a[squares] += float64(reward * reward)
	c.common[0]++
	c.common[1] += reward
	c.common[steps]++
}

// discount shrinks all sums of all arms.
func (c *counts) discount() {
	by := c.keep
	if by == 0 || by == 1 {
		return
	}
	for _, a := range c.arm {
		for j := range a {
			a[j] *= by
		}
	}
	c.common[0] *= by
	c.common[1] *= by
}

// mean is an arm's mean reward, 0 for one that was never pulled.
func (c *counts) mean(arm int) float64 {
	a := c.arm[arm]
	if a[pulls] <= 0 {
		return 0
	}
	return a[total] / a[pulls]
}

// candidatePulls sums the pulls of the candidates: the t of the textbook, were there no others.
func (c *counts) candidatePulls(q *query) float64 {
	t := 0.0
	for _, a := range q.arms {
		t += c.arm[a][pulls]
	}
	return t
}

// byIndex sets s.p for the policies that take the arm with the largest index; arms without a reward have an infinite one.
func (c *counts) byIndex(s *scratch, q *query, index func(arm []float64) float64) {
	s.q = grow(s.q, q.n)
	for i, a := range q.arms {
		s.q[i] = math.Inf(1)
		if arm := c.arm[a]; arm[pulls] > 0 {
			s.q[i] = index(arm)
		}
	}
	best(s.p, s.q)
}

// joinBest sets the score of a new arm to the best of the others.
func (c *counts) joinBest(arm int) {
	top := math.Inf(-1)
	for i, a := range c.arm {
		if i != arm {
			top = max(top, a[score])
		}
	}
	if !math.IsInf(top, -1) {
		c.arm[arm][score] = top
	}
}
