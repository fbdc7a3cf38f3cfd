package rl

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// head turns what a policy's net gives for states, a row each, into distributions of actions: draws from them, and says how probable actions are and which gradients
// that has. mask has a flag for each output of each row; nil: all can be taken.
type head[A int | float32] interface {
	outputs() int // of the net
	extra() int   // weights of its own, behind those of the nets
	start(w, g []float32)
	// fresh is called before each update: the weights have moved.
	fresh()
	// draw chooses for the environments, a row each.
	draw(out, latent []float32, mask []bool, acts []A, logp []float64, r *rand.Rand)
	// rate is log p of the action and the entropy of each row; push writes the gradient of logp·dLogp + entropy·dEntropy of one of the rows that were rated last.
	rate(out, latent []float32, mask []bool, acts []A, logp, entropy []float64)
	push(row int, d []float32, dLogp, dEntropy float64)
	// env is what the environments are given for actions.
	env(dst, act []A)
	archive(a *archive)
}

// codes are one or several categorical choices. A code that is masked has the probability 0, exactly, and no gradient.
type codes struct {
	n     []int // of each place
	first int   // code
	total int
	p     []float64 // of each row and code
	logs  []float64
	h     []float64 // entropy of each row and place
	sums  []float64
	acts  []int // that were rated
}

func newCodes(n []int, first int) *codes {
	c := &codes{n: n, first: first}
	for _, k := range n {
		c.total += k
	}
	return c
}

func (c *codes) outputs() int         { return c.total }
func (c *codes) extra() int           { return 0 }
func (c *codes) start(_, _ []float32) {}
func (c *codes) fresh()               {}
func (c *codes) archive(*archive)     {}

// stretched is s with room for n, as it is if it has that already.
func stretched[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// softmax fills p, logs and h. Exponentials and logarithms are those of all rows at once.
func (c *codes) softmax(out []float32, mask []bool) {
	rows := len(out) / c.total
	c.p, c.logs = stretched(c.p, rows*c.total), stretched(c.logs, rows*c.total)
	c.h, c.sums = stretched(c.h, rows*len(c.n)), stretched(c.sums, rows*len(c.n))
	at := 0
	for range rows {
		for _, n := range c.n {
			y, logs := out[at:at+n], c.logs[at:at+n]
			most := math.Inf(-1)
			for j, v := range y {
				if mask == nil || mask[at+j] {
					most = max(most, float64(v))
				}
			}
			for j, v := range y {
				logs[j] = float64(v) - most
				if mask != nil && !mask[at+j] {
					logs[j] = math.Inf(-1)
				}
			}
			at += n
		}
	}
	kern.Exp(c.p, c.logs)
	at = 0
	for k := range c.sums {
		n := c.n[k%len(c.n)]
		sum := 0.0
		for _, v := range c.p[at : at+n] {
			sum += v
		}
		c.sums[k] = sum
		at += n
	}
	kern.Log(c.h, c.sums)
	at = 0
	for k, log := range c.h {
		n := c.n[k%len(c.n)]
		p, logs, by, h := c.p[at:at+n], c.logs[at:at+n], 1/c.sums[k], 0.0
		for j := range p {
			p[j] *= by
			logs[j] -= log
			if p[j] > 0 {
				h -= float64(p[j] * logs[j])
			}
		}
		c.h[k] = h
		at += n
	}
}

func (c *codes) draw(out, _ []float32, mask []bool, acts []int, logp []float64, r *rand.Rand) {
	c.softmax(out, mask)
	at, places := 0, len(c.n)
	for i := range logp {
		logp[i] = 0
		for k, n := range c.n {
			u, chosen := r.Float64(), 0
			for j, p := range c.p[at : at+n] {
				if p > 0 { // the last of those possible takes what rounding leaves
					chosen = j
					if u -= p; u < 0 {
						break
					}
				}
			}
			acts[i*places+k] = chosen
			logp[i] += c.logs[at+chosen]
			at += n
		}
	}
}

func (c *codes) rate(out, _ []float32, mask []bool, acts []int, logp, entropy []float64) {
	c.softmax(out, mask)
	c.acts = acts
	at, places := 0, len(c.n)
	for i := range logp {
		logp[i], entropy[i] = 0, 0
		for k, n := range c.n {
			logp[i] += c.logs[at+acts[i*places+k]]
			entropy[i] += c.h[i*places+k]
			at += n
		}
	}
}

func (c *codes) push(row int, d []float32, dLogp, dEntropy float64) {
	at, places := row*c.total, len(c.n)
	for k, n := range c.n {
		h, act := c.h[row*places+k], c.acts[row*places+k]
		for j, p := range c.p[at : at+n] {
			v := -float64(dLogp * p)
			if dEntropy != 0 && p > 0 {
				v -= float64(dEntropy * p * (c.logs[at+j] + h))
			}
			if j == act {
				v += dLogp
			}
			d[j] = float32(v)
		}
		d = d[n:]
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
	diff     []float64 // of each rated row and number: action less mean
	inv      []float64 // one over its variance
	hidden   []float32 // of the rated rows
}

func newGaussian(lo, hi []float32, initial float64, sde bool, latent, every, envs int) *gaussian {
	c := &gaussian{lo: lo, hi: hi, initial: initial, sde: sde, latent: latent, every: every}
	c.variance = make([]float64, c.extra())
	if sde {
		c.age = make([]int, envs)
		for range envs {
			c.noise = append(c.noise, make([]float64, latent*len(lo)))
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

func (c *gaussian) draw(out, latent []float32, _ []bool, acts []float32, logp []float64, r *rand.Rand) {
	c.shake(out, latent, acts, len(logp), r)
	c.rate(out, latent, nil, acts, logp, nil)
}

// shake adds noise to the means of the environments.
func (c *gaussian) shake(out, latent, acts []float32, envs int, r *rand.Rand) {
	n, wide := len(c.lo), len(latent)/envs
	for i := range envs {
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
				for k, v := range latent[i*wide : (i+1)*wide] {
					e += float64(float64(v) * c.noise[i][k*n+j])
				}
			} else {
				e = math.Sqrt(c.variance[j]) * r.NormFloat64()
			}
			acts[i*n+j] = out[i*n+j] + float32(e)
		}
	}
}

func (c *gaussian) rate(out, latent []float32, _ []bool, acts []float32, logp, entropy []float64) {
	n, wide := len(c.lo), len(latent)/len(logp)
	c.hidden, c.diff, c.inv = latent, stretched(c.diff, len(acts)), stretched(c.inv, len(acts))
	for i := range logp {
		log, h := 0.0, 0.0
		for j := range n {
			at := i*n + j
			v := c.spread(latent[i*wide:(i+1)*wide], j)
			half := 0.5 * math.Log(v)
			c.diff[at], c.inv[at] = float64(acts[at])-float64(out[at]), 1/v
			log -= float64(0.5*c.diff[at]*c.diff[at]*c.inv[at]) + half + halfLog2Pi
			h += 0.5 + halfLog2Pi + half
		}
		logp[i] = log
		if entropy != nil {
			entropy[i] = h
		}
	}
}

func (c *gaussian) push(row int, d []float32, dLogp, dEntropy float64) {
	n := len(c.lo)
	for j := range n {
		diff, inv := c.diff[row*n+j], c.inv[row*n+j]
		z := diff * inv
		d[j] = float32(dLogp * z)
		if !c.sde { // by the log of the deviation
			c.g[j] += float32(dLogp*(float64(diff*z)-1) + dEntropy)
			continue
		}
		by := inv * (float64(dLogp*(float64(diff*z)-1)) + dEntropy) // twice the gradient by the variance
		for k, v := range c.hidden[row*c.latent : (row+1)*c.latent] {
			c.g[k*n+j] += float32(by * float64(v*v) * c.variance[k*n+j])
		}
	}
}

func (c *gaussian) env(dst, act []float32) {
	copy(dst, act)
	for n := len(c.lo); len(dst) >= n; dst = dst[n:] {
		toBox(dst[:n], c.lo, c.hi, false)
	}
}

// multiOf is how many codes each place of a space has.
func multiOf(space any) ([]int, bool) {
	switch s := space.(type) {
	case MultiDiscrete:
		return slices.Clone(s.N), len(s.N) > 0 && slices.Min(s.N) >= 1
	case MultiBinary:
		return slices.Repeat([]int{2}, s.N), s.N > 0
	}
	return nil, false
}
