package selection

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/kernel"
	"github.com/gopherwood-ml/ml/tensor"
)

// Surrogate is what a [BayesSearch] makes of the trials so far.
type Surrogate uint8

const (
	// Parzen compares the density of the best trials with that of the rest. The zero value.
	Parzen Surrogate = iota
	// GaussianProcess takes the scores for values of a Gaussian process with noise.
	GaussianProcess
)

// String names it.
func (s Surrogate) String() string {
	switch s {
	case Parzen:
		return "Parzen"
	case GaussianProcess:
		return "GaussianProcess"
	}
	return fmt.Sprintf("Surrogate(%d)", uint8(s))
}

// belief is a process of the losses over the unit cube, whose sides are the shares of numbers and, for a choice, one for each of its values.
type belief struct {
	axes  []axis
	width int
	model *kernel.GPRModel
	noise float64 // its variance, in units of the normalised losses
	least float64 // of the means at trials: what is to be beaten. A loss itself may owe its size to luck
}

func newBelief(axes []axis) *belief {
	b := &belief{axes: axes}
	for _, a := range axes {
		b.width += a.sides()
	}
	return b
}

// sides is how many numbers stand for a value.
func (a axis) sides() int {
	switch {
	case a.kind == resource || a.low == a.high:
		return 0
	case a.kind == choice:
		return int(a.high-a.low) + 1
	}
	return 1
}

// place writes where a point lies. Dimensions that do not count are in the middle of all that they could be.
func (b *belief) place(dst, point []float64) {
	at := 0
	for i, a := range b.axes {
		n, v := a.sides(), point[i]
		own := dst[at : at+n]
		at += n
		switch {
		case n == 0:
		case a.kind != choice:
			own[0] = 0.5
			if !math.IsNaN(v) {
				own[0] = a.share(v)
			}
		case math.IsNaN(v):
			for k := range own {
				own[k] = 1 / float64(n)
			}
		default:
			clear(own)
			own[int(v-a.low)] = 1
		}
	}
}

func (b *belief) places(points [][]float64) *tensor.Tensor[float64] {
	x := tensor.New[float64](len(points), b.width)
	for i, p := range points {
		b.place(x.Row(i), p)
	}
	return x
}

// covariance has a length for each side. Bounds keep few trials from telling of a cliff, or of nothing at all. known: its parameters are not to be learned.
func (b *belief) covariance(known bool) kernel.Covariance {
	between := func(low, high float64) kernel.Range { return kernel.Range{Low: low, High: high, Fixed: known} }
	lengths := make([]float64, b.width)
	for i := range lengths {
		lengths[i] = 0.5
	}
	return kernel.Sum{
		A: kernel.Product{A: kernel.Constant{Value: 1, Range: between(0.05, 50)}, B: kernel.Matern{Nu: 2.5, Length: lengths, Range: between(0.03, 20)}},
		B: kernel.White{Noise: 1e-3, Range: between(1e-8, 1)},
	}
}

// learn fits the process to trials and then, its parameters as they are, to what it predicts of pending ones. False if it cannot be.
func (b *belief) learn(seed uint64, done []result, pending []proposal) bool {
	points, losses := make([][]float64, len(done)), make([]float64, len(done))
	worst := math.Inf(-1)
	for i, r := range done {
		points[i], losses[i] = r.point, r.loss
		if r.loss <= math.MaxFloat64 {
			worst = max(worst, r.loss)
		}
	}
	if math.IsInf(worst, -1) {
		return false // all failed
	}
	for i, v := range losses {
		if !(v <= math.MaxFloat64) {
			losses[i] = worst
		}
	}
	const most = 100 // steps; the last ones change little
	ctx := context.Background()
	fit := kernel.GaussianProcessRegressor{Kernel: b.covariance(false), Normalize: true, Noise: 1e-8, Restarts: 1, MaxIter: most, Seed: seed}
	x := b.places(points)
	m, err := fit.Fit(ctx, ml.Data(x, losses))
	if err != nil {
		return false
	}
	mean, err := m.Predict(x)
	if err != nil {
		return false
	}
	var values []float64
	for _, p := range m.Kernel.Parameters(b.width) {
		values = append(values, p.Value)
	}
	if len(pending) > 0 {
		for _, q := range pending {
			points = append(points, q.point)
		}
		x = b.places(points)
		believed, err := m.Predict(x)
		if err != nil {
			return false
		}
		fit.Kernel = b.covariance(true).With(values)
		if m, err = fit.Fit(ctx, ml.Data(x, append(losses, believed[len(losses):]...))); err != nil {
			return false
		}
	}
	b.model, b.noise, b.least = m, values[len(values)-1], slices.Min(mean)
	return true
}

// gains is the logarithm of the improvement that each point is expected to bring, in units of the losses' deviation.
func (b *belief) gains(points [][]float64) []float64 {
	mean, deviation, err := b.model.PredictDeviation(b.places(points))
	out := make([]float64, len(points))
	for i := range out {
		if err != nil {
			out[i] = math.Inf(-1)
			continue
		}
		d := deviation[i] / b.model.Scale
		d = math.Sqrt(max(float64(d*d)-b.noise, 1e-12)) // of the function, not of the next trial
		out[i] = math.Log(d) + logImprovement((b.least-mean[i])/b.model.Scale/d)
	}
	return out
}

// logImprovement is the logarithm of φ(z) + z·Φ(z), the expected part above 0 of a normal variable about z. Far below 0 it is taken from its asymptotic series, since the terms nearly cancel.
func logImprovement(z float64) float64 {
	const halfLog2Pi = 0.91893853320467274178
	logDensity := -z*z/2 - halfLog2Pi
	if z > -8 {
		return math.Log(math.Exp(logDensity) + float64(z*stats.Normal{Sigma: 1}.CDF(z)))
	}
	q := 1 / (z * z)
	return logDensity + math.Log(q) + math.Log1p(q*(float64(15*q)-3))
}

// expected is the point of the greatest expected improvement: the best of random ones and some near the best trials, and then of ever nearer ones to the best so far.
func (p *parzen) expected(done []result, pending []proposal) []float64 {
	b := newBelief(p.ground.axes())
	if b.width == 0 || !b.learn(rng.Key(p.Seed, 2, uint64(p.asked)), done, pending) {
		return p.promising(done, pending)
	}
	known := map[string]bool{} // what has been tried tells nothing anew: a point that is met again is not fitted again
	for _, r := range done {
		known[fmt.Sprint(r.point)] = true
	}
	for _, q := range pending {
		known[fmt.Sprint(q.point)] = true
	}
	r := rng.New(rng.Key(p.Seed, 3), uint64(p.asked))
	sorted := slices.Clone(done)
	slices.SortStableFunc(sorted, byLoss)
	sorted = sorted[:min(5, len(sorted))]
	var best []float64
	most := math.Inf(-1)
	consider := func(points [][]float64) {
		for i, gain := range b.gains(points) {
			if (best == nil || gain > most) && !known[fmt.Sprint(points[i])] {
				best, most = points[i], gain
			}
		}
	}
	points := make([][]float64, p.Candidates)
	for i := range points {
		if i%4 == 3 { // the rest is anywhere
			points[i] = near(r, p.ground, b.axes, sorted[i/4%len(sorted)].point, 0.1)
		} else {
			points[i] = p.ground.draw(func(k int) float64 { return b.axes[k].value(r.Float64()) })
		}
	}
	consider(points)
	const rounds, each = 12, 24
	width := 0.1
	for range rounds {
		from := best
		if from == nil {
			break // a space of few points, all tried
		}
		points := make([][]float64, each)
		for i := range points {
			points[i] = near(r, p.ground, b.axes, from, width)
		}
		consider(points)
		width *= 0.65
	}
	if best == nil {
		return p.promising(done, pending)
	}
	return best
}

// near is a point about another one: each dimension stays, or moves by a normal step of a width, as a share.
func near(r *rand.Rand, g ground, axes []axis, about []float64, width float64) []float64 {
	const moves, changes = 0.6, 0.3 // of numbers and choices: to change a few at a time finds ways that a change of all misses
	return g.draw(func(i int) float64 {
		a, u, step, decide := axes[i], r.Float64(), r.NormFloat64(), r.Float64()
		switch {
		case math.IsNaN(about[i]), a.kind == choice && decide < changes:
			return a.value(u)
		case a.kind == choice, decide >= moves:
			return about[i]
		}
		v := a.value(max(0, min(a.share(about[i])+float64(step*width), math.Nextafter(1, 0))))
		if a.kind >= integer && v == about[i] { // a step is one at least
			v = max(a.low, min(v+math.Copysign(1, step), a.high))
		}
		return v
	})
}
