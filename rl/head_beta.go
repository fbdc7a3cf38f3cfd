package rl

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/stats"
)

// betas are beta distributions between bounds, which need not be cut as a normal distribution's tails are (Chou, Maturana and Scherer, "Improving stochastic policy
// gradients in continuous control with deep reinforcement learning using the beta distribution", ICML 2017). The net gives for each number where the density is highest,
// by tanh, and how narrow it is, by softplus: the parameters are 1 + mode·narrow and 1 + (1-mode)·narrow, so that it has a single top. Actions are kept as 0..1.
type betas struct {
	lo, hi []float32
	rows   []betaRow // of each rated row and number
}

type betaRow struct{ u, mode, narrow, slope, rise, a, b float64 } // slope and rise: of mode and narrow by the net's outputs

func newBetas(lo, hi []float32) *betas { return &betas{lo: lo, hi: hi} }

func (c *betas) outputs() int         { return 2 * len(c.lo) }
func (c *betas) extra() int           { return 0 }
func (c *betas) start(_, _ []float32) {}
func (c *betas) fresh()               {}
func (c *betas) archive(*archive)     {}

// shape fills the rows but for their actions.
func (c *betas) shape(out []float32) {
	n := len(c.lo)
	c.rows = stretched(c.rows, len(out)/2)
	for k := range c.rows {
		i, j := k/n, k%n
		y, z := math.Tanh(float64(out[2*i*n+j])), float64(out[2*i*n+n+j])
		r := &c.rows[k]
		r.mode, r.slope = 0.5*(1+y), 0.5*(1-float64(y*y))
		r.narrow, r.rise = math.Log1p(math.Exp(-math.Abs(z)))+max(z, 0), 1/(1+math.Exp(-z))
		r.a, r.b = 1+float64(r.mode*r.narrow), 1+float64((1-r.mode)*r.narrow)
	}
}

func (c *betas) draw(out, latent []float32, _ []bool, acts []float32, logp []float64, r *rand.Rand) {
	c.shape(out)
	for k, row := range c.rows {
		x, y := gamma(row.a, r), gamma(row.b, r)
		acts[k] = float32(min(max(x/(x+y), betaEdge), 1-betaEdge))
	}
	c.rate(out, latent, nil, acts, logp, nil)
}

const betaEdge = 1e-6 // log p is infinite at 0 and 1

// gamma draws from a gamma distribution of shape a >= 1 (Marsaglia and Tsang, ACM Transactions on Mathematical Software 26, 2000).
func gamma(a float64, r *rand.Rand) float64 {
	if !(a <= math.MaxFloat64) { // a net that has diverged
		return math.NaN()
	}
	d := a - 1.0/3
	by := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + float64(by*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < float64(0.5*x*x)+float64(d*(1-v+math.Log(v))) {
			return d * v
		}
	}
}

func (c *betas) rate(out, _ []float32, _ []bool, acts []float32, logp, entropy []float64) {
	c.shape(out)
	n := len(c.lo)
	for i := range logp {
		log, h := 0.0, 0.0
		for k := i * n; k < (i+1)*n; k++ {
			r := &c.rows[k]
			r.u = float64(acts[k])
			norm := stats.LogBeta(r.a, r.b)
			log += float64((r.a-1)*math.Log(r.u)) + float64((r.b-1)*math.Log1p(-r.u)) - norm
			if entropy != nil {
				h += norm - float64((r.a-1)*stats.Digamma(r.a)) - float64((r.b-1)*stats.Digamma(r.b)) + float64((r.a+r.b-2)*stats.Digamma(r.a+r.b))
			}
		}
		logp[i] = log
		if entropy != nil {
			entropy[i] = h
		}
	}
}

func (c *betas) push(row int, d []float32, dLogp, dEntropy float64) {
	n := len(c.lo)
	for j := range n {
		r := c.rows[row*n+j]
		both := stats.Digamma(r.a + r.b)
		dA := dLogp * (math.Log(r.u) - stats.Digamma(r.a) + both)
		dB := dLogp * (math.Log1p(-r.u) - stats.Digamma(r.b) + both)
		if dEntropy != 0 {
			shared := float64((r.a + r.b - 2) * stats.Trigamma(r.a+r.b))
			dA += dEntropy * (shared - float64((r.a-1)*stats.Trigamma(r.a)))
			dB += dEntropy * (shared - float64((r.b-1)*stats.Trigamma(r.b)))
		}
		d[j] = float32(r.narrow * (dA - dB) * r.slope)
		d[n+j] = float32((float64(r.mode*dA) + float64((1-r.mode)*dB)) * r.rise)
	}
}

func (c *betas) env(dst, act []float32) {
	n := len(c.lo)
	for k, u := range act {
		lo, hi := c.lo[k%n], c.hi[k%n]
		dst[k] = min(max(lo+float32((hi-lo)*u), lo), hi)
	}
}
