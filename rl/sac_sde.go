package rl

import (
	"math"
	"math/rand/v2"
)

// stateNoise is SAC's state-dependent exploration (gSDE; Raffin, Kober and Stulp, CoRL 2021): before tanh, an action is the mean plus the last hidden layer times a matrix
// of noise, whose deviations are weights. In an update all rows share one draw of that, and unlike in PPO the hidden layer learns through it.
type stateNoise struct {
	*offPolicy
	g        *gaussian
	std, e   []float64 // of each weight: deviation and draw
	dev      []float64 // of each row and number: what the noise adds, and its variance
	variance []float64
	latent   []float32
	dLatent  []float32
}

func newStateNoise(o *offPolicy, logStd float64, every int) *stateNoise {
	n, rows := o.latent*o.places, len(o.idx)
	s := &stateNoise{offPolicy: o, g: newGaussian(o.lo, o.hi, logStd, true, o.latent, every, o.env.n), std: make([]float64, n), e: make([]float64, n),
		dev: make([]float64, rows*o.places), variance: make([]float64, rows*o.places), dLatent: make([]float32, rows*o.latent)}
	at := o.actor.size()
	s.g.start(o.policy.w[at:at+n], o.policy.g[at:at+n])
	return s
}

// explore writes actions of -1..1 for the environments.
func (s *stateNoise) explore(out, latent, acts []float32, r *rand.Rand) {
	s.g.fresh()
	s.g.shake(out, latent, acts, s.env.n, r)
	tanhOf(acts)
}

// redraw draws the noise of an update.
func (s *stateNoise) redraw() {
	s.g.fresh()
	for k, v := range s.g.variance {
		s.std[k], s.e[k] = math.Sqrt(v), s.normal()
	}
}

// sample fills the actions of a batch and the logarithms of their densities.
func (s *stateNoise) sample(out, latent, acts []float32, logp []float64) {
	p, w := s.places, s.offPolicy.latent
	s.latent = latent
	for k := range logp {
		logp[k] = 0
		row := latent[k*w : (k+1)*w]
		for j := range p {
			dev := 0.0
			for i, h := range row {
				dev += float64(float64(h) * s.std[i*p+j] * s.e[i*p+j])
			}
			v := s.g.spread(row, j)
			a := math.Tanh(float64(out[k*p+j]) + dev)
			logp[k] -= float64(0.5*dev*dev)/v + 0.5*math.Log(v) + halfLog2Pi + math.Log(1-float64(a*a)+1e-6)
			acts[k*p+j], s.dev[k*p+j], s.variance[k*p+j] = float32(a), dev, v
		}
	}
}

// back takes the gradient dU of what goes into tanh, and dLogp of log p, to the outputs, the deviations and the hidden layer, and all the way from there.
func (s *stateNoise) back(dU []float32, dLogp float64, over *pass) {
	p, w := s.places, s.offPolicy.latent
	copy(over.out(), dU)
	clear(s.dLatent)
	for k := range s.idx {
		row, d := s.latent[k*w:(k+1)*w], s.dLatent[k*w:(k+1)*w]
		for j := range p {
			dev, v := s.dev[k*p+j], s.variance[k*p+j]
			dDev := float64(dU[k*p+j]) - float64(dLogp*dev/v)
			dVar := dLogp * (float64(0.5*dev*dev/(v*v)) - 0.5/v)
			for i, h := range row {
				h, std, e := float64(h), s.std[i*p+j], s.e[i*p+j]
				s.g.g[i*p+j] += float32(float64(dDev*h*e*std) + float64(2*dVar*h*h*std*std))
				d[i] += float32(float64(dDev*std*e) + float64(2*dVar*h*std*std))
			}
		}
	}
	over.more = s.dLatent
}
