package nn

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Init draws the first values of a parameter. Fans are counted from the shape: its last axis is what comes out, the one before
// what goes in, and axes before those are places of a kernel, which both fans are multiplied by.
type Init interface {
	Init(r *rand.Rand, w []float64, shape []int)
}

func fans(shape []int) (in, out float64) {
	if len(shape) < 2 {
		n := float64(size(shape))
		return n, n
	}
	places := float64(size(shape[:len(shape)-2]))
	return places * float64(shape[len(shape)-2]), places * float64(shape[len(shape)-1])
}

// Constant fills with one number; Constant{} with zeros.
type Constant struct{ Value float64 }

// Init fills w.
func (c Constant) Init(_ *rand.Rand, w []float64, _ []int) {
	for i := range w {
		w[i] = c.Value
	}
}

// UniformInit draws from -Bound to Bound.
type UniformInit struct{ Bound float64 }

// Init fills w.
func (c UniformInit) Init(r *rand.Rand, w []float64, _ []int) {
	rng.Uniform(r, w, -c.Bound, c.Bound)
}

// NormalInit draws from a normal distribution, of deviation 1 where Deviation is 0. Truncated keeps within two deviations, by drawing
// again.
type NormalInit struct {
	Deviation float64
	Truncated bool
}

// Init fills w.
func (c NormalInit) Init(r *rand.Rand, w []float64, _ []int) {
	sd := orOne(c.Deviation)
	for i := range w {
		v := r.NormFloat64()
		for c.Truncated && math.Abs(v) > 2 {
			v = r.NormFloat64()
		}
		w[i] = v * sd
	}
}

func orOne(v float64) float64 {
	if v == 0 {
		return 1
	}
	return v
}

// Xavier keeps the variance of values and gradients alike: deviation Gain sqrt(2/(in+out)) (Glorot and Bengio, AISTATS 2010).
// Gain 0 is 1. Normal draws from a normal distribution, else from a uniform one of that deviation.
type Xavier struct {
	Gain   float64
	Normal bool
}

// Init fills w.
func (c Xavier) Init(r *rand.Rand, w []float64, shape []int) {
	in, out := fans(shape)
	spread(r, w, orOne(c.Gain)*math.Sqrt(2/(in+out)), c.Normal)
}

// He keeps the variance of values through ReLU: deviation sqrt(2/(1+Slope²)) / sqrt(in) (He et al., ICCV 2015), called Kaiming
// in PyTorch. Slope is that of a leaky ReLU below 0; FanOut keeps the variance of gradients instead. PyTorch's default for dense and
// convolutional layers is He{Slope: math.Sqrt(5)}.
type He struct {
	Slope  float64
	FanOut bool
	Normal bool
}

// Init fills w.
func (c He) Init(r *rand.Rand, w []float64, shape []int) {
	in, out := fans(shape)
	if c.FanOut {
		in = out
	}
	spread(r, w, math.Sqrt(2/((1+float64(c.Slope*c.Slope))*in)), c.Normal)
}

// spread draws numbers of the given deviation.
func spread(r *rand.Rand, w []float64, sd float64, normal bool) {
	if normal {
		rng.Normal(r, w, 0, sd)
		return
	}
	rng.Uniform(r, w, -sd*math.Sqrt(3), sd*math.Sqrt(3))
}

// Orthogonal makes the rows or the columns, whichever are fewer, orthogonal and of length Gain (Saxe et al., ICLR 2014). Gain 0 is 1.
// Axes but the last are taken as one.
type Orthogonal struct{ Gain float64 }

// Init fills w.
func (c Orthogonal) Init(r *rand.Rand, w []float64, shape []int) {
	cols := 1
	if len(shape) > 0 {
		cols = shape[len(shape)-1]
	}
	rows := len(w) / max(cols, 1)
	n, m := min(rows, cols), max(rows, cols) // n vectors of m numbers
	q := make([]float64, n*m)
	rng.Normal(r, q, 0, 1)
	for i := range n {
		v := q[i*m : (i+1)*m]
		for range 2 { // twice is enough (Kahan)
			for j := range i {
				u := q[j*m : (j+1)*m]
				dot := 0.0
				for k := range v {
					dot += float64(u[k] * v[k])
				}
				for k := range v {
					v[k] -= float64(dot * u[k])
				}
			}
		}
		norm := 0.0
		for _, x := range v {
			norm += float64(x * x)
		}
		norm = math.Sqrt(norm)
		for k := range v {
			v[k] /= norm
		}
	}
	gain := orOne(c.Gain)
	for i := range n {
		for k := range m {
			if rows <= cols {
				w[i*cols+k] = gain * q[i*m+k]
			} else {
				w[k*cols+i] = gain * q[i*m+k]
			}
		}
	}
}

// SparseInit sets a share of the inputs of every unit to 0 and draws the others from a normal distribution of deviation 0.01 where
// Deviation is 0 (Martens, ICML 2010).
type SparseInit struct {
	Share     float64
	Deviation float64
}

// Init fills w.
func (c SparseInit) Init(r *rand.Rand, w []float64, shape []int) {
	sd := c.Deviation
	if sd == 0 {
		sd = .01
	}
	cols := shape[len(shape)-1]
	rows := len(w) / cols
	rng.Normal(r, w, 0, sd)
	none := int(math.Ceil(c.Share * float64(rows)))
	for j := range cols {
		for _, i := range rng.Sample(r, rows, min(none, rows)) {
			w[i*cols+j] = 0
		}
	}
}
