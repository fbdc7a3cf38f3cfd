package rl

import (
	"math"
	"math/rand/v2"
	"slices"
)

// head turns what a policy's net gives for a state into a distribution of actions: draws from it, and says how probable an action is and which gradient that has.
type head[A int | float32] interface {
	outputs() int // of the net
	extra() int   // weights of its own, behind those of the nets
	start(w, g []float32)
	// fresh is called before each update: the weights have moved.
	fresh()
	// draw chooses for environment i; first says that a rollout begins.
	draw(i int, out, latent []float32, mask []bool, act []A, r *rand.Rand) (logp float64)
	// rate is log p(act) and the entropy; push writes the gradient of logp·dLogp + entropy·dEntropy for the row that was rated last.
	rate(out, latent []float32, mask []bool, act []A) (logp, entropy float64)
	push(d []float32, dLogp, dEntropy float64)
	// env is what the environment is given for an action.
	env(dst, act []A)
	archive(a *archive)
}

// codes are one or several categorical choices. A code that is masked has the probability 0, exactly, and no gradient.
type codes struct {
	n     []int // of each place
	first int   // code
	p     []float64
	logs  []float64
	h     []float64 // entropy of each place
	act   []int
	total int
}

func newCodes(n []int, first int) *codes {
	c := &codes{n: n, first: first, h: make([]float64, len(n)), act: make([]int, len(n))}
	for _, k := range n {
		c.total += k
	}
	c.p, c.logs = make([]float64, c.total), make([]float64, c.total)
	return c
}

func (c *codes) outputs() int         { return c.total }
func (c *codes) extra() int           { return 0 }
func (c *codes) start(_, _ []float32) {}
func (c *codes) fresh()               {}
func (c *codes) archive(*archive)     {}

// softmax fills p, logs and h.
func (c *codes) softmax(out []float32, mask []bool) {
	at := 0
	for k, n := range c.n {
		y, p, logs := out[at:at+n], c.p[at:at+n], c.logs[at:at+n]
		most := math.Inf(-1)
		for j, v := range y {
			if mask == nil || mask[at+j] {
				most = max(most, float64(v))
			}
		}
		sum := 0.0
		for j, v := range y {
			p[j] = 0
			if mask == nil || mask[at+j] {
				p[j] = math.Exp(float64(v) - most)
			}
			sum += p[j]
		}
		log := math.Log(sum)
		h := 0.0
		for j, v := range y {
			p[j] /= sum
			logs[j] = float64(v) - most - log
			if p[j] > 0 {
				h -= float64(p[j] * logs[j])
			}
		}
		c.h[k] = h
		at += n
	}
}

func (c *codes) draw(_ int, out, _ []float32, mask []bool, act []int, r *rand.Rand) (logp float64) {
	c.softmax(out, mask)
	at := 0
	for k, n := range c.n {
		u, chosen := r.Float64(), -1
		for j := range n {
			if p := c.p[at+j]; p > 0 { // the last of those possible takes what rounding leaves
				chosen = j
				if u -= p; u < 0 {
					break
				}
			}
		}
		act[k] = max(chosen, 0)
		logp += c.logs[at+act[k]]
		at += n
	}
	return logp
}

func (c *codes) rate(out, _ []float32, mask []bool, act []int) (logp, entropy float64) {
	c.softmax(out, mask)
	copy(c.act, act)
	at := 0
	for k, n := range c.n {
		logp += c.logs[at+act[k]]
		entropy += c.h[k]
		at += n
	}
	return logp, entropy
}

func (c *codes) push(d []float32, dLogp, dEntropy float64) {
	at := 0
	for k, n := range c.n {
		for j := range n {
			p := c.p[at+j]
			v := -float64(dLogp * p)
			if p > 0 {
				v -= float64(dEntropy * p * (c.logs[at+j] + c.h[k]))
			}
			if j == c.act[k] {
				v += dLogp
			}
			d[at+j] = float32(v)
		}
		at += n
	}
}

func (c *codes) env(dst, act []int) {
	for k, v := range act {
		dst[k] = v + c.first
	}
}

const halfLog2Pi = 0.91893853320467274178

// gaussian is a normal distribution of each number, whose means the net gives. Its deviations are weights of their own, the same in every state; or (sde) noise that
// is a function of the state, drawn anew every so many steps: the last hidden layer times a matrix (Raffin, Kober and Stulp, "Smooth exploration for robotic
// reinforcement learning", CoRL 2021), so that equal states get equal noise and motors are not shaken. The hidden layer does not learn through the noise.
type gaussian struct {
	lo, hi   []float32
	initial  float64 // log of the deviations, to begin with
	sde      bool
	latent   int
	every    int // steps between draws of the noise
	w, g     []float32
	variance []float64 // sde: of each weight of the noise
	noise    [][]float64
	age      []int
	diff     []float64 // of the rated row: action less mean
	inv      []float64 // one over its variance
	hidden   []float32
}

func newGaussian(lo, hi []float32, initial float64, sde bool, latent, every, envs int) *gaussian {
	n := len(lo)
	c := &gaussian{lo: lo, hi: hi, initial: initial, sde: sde, latent: latent, every: every, diff: make([]float64, n), inv: make([]float64, n)}
	c.variance = make([]float64, c.extra())
	if sde {
		c.age = make([]int, envs)
		for range envs {
			c.noise = append(c.noise, make([]float64, latent*n))
		}
	}
	return c
}

func (c *gaussian) outputs() int { return len(c.lo) }

func (c *gaussian) extra() int {
	if c.sde {
		return c.latent * len(c.lo)
	}
	return len(c.lo)
}

func (c *gaussian) start(w, g []float32) {
	c.w, c.g = w, g
	for i := range w {
		w[i] = float32(c.initial)
	}
}

func (c *gaussian) fresh() {
	for i, v := range c.w {
		c.variance[i] = math.Exp(2 * float64(v))
	}
}

func (c *gaussian) archive(a *archive) {
	for i := range c.noise {
		a.doubles(c.noise[i])
		a.int(&c.age[i])
	}
}

// spread is the variance of number j.
func (c *gaussian) spread(latent []float32, j int) float64 {
	if !c.sde {
		return c.variance[j]
	}
	n, sum := len(c.lo), 1e-6
	for k, v := range latent {
		sum += float64(float64(v*v) * c.variance[k*n+j])
	}
	return sum
}

func (c *gaussian) draw(i int, out, latent []float32, _ []bool, act []float32, r *rand.Rand) (logp float64) {
	n := len(c.lo)
	if c.sde {
		if c.age[i]%c.every == 0 {
			for k, v := range c.variance {
				c.noise[i][k] = math.Sqrt(v) * r.NormFloat64()
			}
		}
		c.age[i]++
	}
	for j := range n {
		e := 0.0
		if c.sde {
			for k, v := range latent {
				e += float64(float64(v) * c.noise[i][k*n+j])
			}
		} else {
			e = math.Sqrt(c.variance[j]) * r.NormFloat64()
		}
		act[j] = out[j] + float32(e)
	}
	logp, _ = c.rate(out, latent, nil, act)
	return logp
}

func (c *gaussian) rate(out, latent []float32, _ []bool, act []float32) (logp, entropy float64) {
	c.hidden = latent
	for j := range c.lo {
		v := c.spread(latent, j)
		half := 0.5 * math.Log(v)
		c.diff[j], c.inv[j] = float64(act[j])-float64(out[j]), 1/v
		logp -= float64(0.5*c.diff[j]*c.diff[j]*c.inv[j]) + half + halfLog2Pi
		entropy += 0.5 + halfLog2Pi + half
	}
	return logp, entropy
}

func (c *gaussian) push(d []float32, dLogp, dEntropy float64) {
	n := len(c.lo)
	for j := range n {
		z := c.diff[j] * c.inv[j]
		d[j] = float32(dLogp * z)
		if !c.sde { // by the log of the deviation
			c.g[j] += float32(dLogp*(float64(c.diff[j]*z)-1) + dEntropy)
			continue
		}
		by := c.inv[j] * (float64(dLogp*(float64(c.diff[j]*z)-1)) + dEntropy) // twice the gradient by the variance
		for k, v := range c.hidden {
			c.g[k*n+j] += float32(by * float64(v*v) * c.variance[k*n+j])
		}
	}
}

func (c *gaussian) env(dst, act []float32) {
	copy(dst, act)
	toBox(dst, c.lo, c.hi, false)
}

// newHead checks a space of codes.
func multiOf(space any) ([]int, bool) {
	switch s := space.(type) {
	case MultiDiscrete:
		return slices.Clone(s.N), len(s.N) > 0 && slices.Min(s.N) >= 1
	case MultiBinary:
		return slices.Repeat([]int{2}, s.N), s.N > 0
	}
	return nil, false
}
