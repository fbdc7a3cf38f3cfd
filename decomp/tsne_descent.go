package decomp

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// start is where the descent begins.
func (c TSNE) start(ctx context.Context, where string, t ml.Table, p near.Points, from []int, g *edges) ([]float64, error) {
	const size = 1e-4
	if c.Start != nil {
		all, _ := t.X.Dims()
		return checkStart(where, c.Start, all, c.Components, from)
	}
	var y []float64
	switch c.Init {
	case InitRandom:
		y = make([]float64, p.N*c.Components)
		rng.Normal(rng.New(c.Seed, 0), y, 0, size)
		return y, nil
	case InitSpectral:
		var err error
		if y, err = spectralStart(ctx, where, p, g, c.Components, c.Seed); err != nil {
			return nil, err
		}
		resize(y, c.Components, size)
	default:
		y = principalStart(p, c.Components, size, c.Seed)
	}
	jitter(y, size/100, c.Seed)
	return y, nil
}

// A repulsion sums over all other points, for each point i, w = 1/(1+d²) to z[i] and w² times what i is away to f.
type repulsion interface {
	sum(f, z, y []float64)
}

func newRepulsion(f Forces, c TSNE) repulsion {
	switch f {
	case BarnesHut:
		return &treeForces{c: c.Components, theta: c.Theta}
	case Interpolation:
		return &gridForces{c: c.Components, tree: treeForces{c: c.Components, theta: c.Theta}}
	}
	return exactForces{c.Components}
}

// descent moves points down the gradient of the divergence.
type descent struct {
	c      TSNE
	g      *edges // affinities
	y      []float64
	n      int
	forces repulsion

	attract, repel, z, step, gain []float64
}

const (
	momentum = 0.8
	longest  = 5.0 // of a step
	every    = 50  // iterations, the divergence is taken
)

func (d *descent) run(ctx context.Context, info *ml.Info) error {
	size := len(d.y)
	d.attract, d.repel, d.z, d.step, d.gain = make([]float64, size), make([]float64, size), make([]float64, d.n), make([]float64, size), make([]float64, size)
	for i := range d.gain {
		d.gain[i] = 1
	}
	info.Status = ml.MaxIter
	track := ml.Track(ctx, "iteration", d.c.MaxIter)
	d.forces.sum(d.repel, d.z, d.y)
	kl := d.divergence(kern.SumPortable(d.z))
	for iter := 1; iter <= d.c.MaxIter; iter++ {
		exaggeration := d.c.Exaggeration
		if iter > d.c.EarlyIter {
			exaggeration = d.c.LateExaggeration
		}
		if iter == d.c.EarlyIter+1 {
			clear(d.step)
			for i := range d.gain {
				d.gain[i] = 1
			}
		}
		rate := d.c.LearningRate
		if rate == 0 {
			rate = float64(d.n) / exaggeration
		}
		gap := d.move(exaggeration, rate)
		d.forces.sum(d.repel, d.z, d.y)
		info.Iterations, info.Gap = iter, gap
		done := iter == d.c.MaxIter || iter > d.c.EarlyIter && gap <= d.c.Tol
		if done || iter%every == 0 {
			kl = d.divergence(kern.SumPortable(d.z))
		}
		stop, err := track.Step(iter, ml.Loss{Train: kl})
		if err != nil {
			return err
		}
		if stop && !done && iter%every != 0 {
			kl = d.divergence(kern.SumPortable(d.z))
		}
		if done || stop || iter%every == 0 {
			info.Loss = append(info.Loss, kl)
		}
		if stop {
			info.Status = ml.Stopped
			return nil
		}
		if done {
			if gap <= d.c.Tol {
				info.Status = ml.Converged
			}
			return nil
		}
	}
	return nil
}

// move takes a step with the forces that were summed, and returns the largest element of the gradient.
func (d *descent) move(exaggeration, rate float64) float64 {
	whole := kern.SumPortable(d.z)
	c := d.c.Components
	d.pull()
	parts := make([]float64, par.Chunks(d.n, 256))
	par.ForChunks(d.n, 256, func(chunk, lo, hi int) {
		largest := 0.0
		for i := lo; i < hi; i++ {
			length := 0.0
			for at := i * c; at < (i+1)*c; at++ {
				gradient := float64(exaggeration*d.attract[at]) - d.repel[at]/whole
				largest = max(largest, math.Abs(gradient))
				d.gain[at] = grown(d.gain[at], gradient, d.step[at])
				d.step[at] = float64(momentum*d.step[at]) - float64(rate*d.gain[at]*gradient)
				length += float64(d.step[at] * d.step[at])
			}
			if length = math.Sqrt(length); length > longest {
				for at := i * c; at < (i+1)*c; at++ {
					d.step[at] *= longest / length
				}
			}
			for at := i * c; at < (i+1)*c; at++ {
				d.y[at] += d.step[at]
			}
		}
		parts[chunk] = largest
	})
	return linalg.MaxAbs(parts)
}

// pull sums p·w times what points are away from those that they have affinities with.
func (d *descent) pull() {
	c, y, g := d.c.Components, d.y, d.g
	par.For(d.n, 2*len(g.cols)/d.n, func(lo, hi int) {
		if c == 2 {
			for i := lo; i < hi; i++ {
				x0, x1, f0, f1 := y[2*i], y[2*i+1], 0.0, 0.0
				cols, value := g.row(i)
				for e, j := range cols {
					d0, d1 := x0-y[2*j], x1-y[2*j+1]
					w := value[e] / (1 + float64(d0*d0) + float64(d1*d1))
					f0 += float64(w * d0)
					f1 += float64(w * d1)
				}
				d.attract[2*i], d.attract[2*i+1] = f0, f1
			}
			return
		}
		for i := lo; i < hi; i++ {
			f, own := d.attract[i*c:(i+1)*c], y[i*c:(i+1)*c]
			clear(f)
			cols, value := g.row(i)
			for e, j := range cols {
				other := y[int(j)*c : (int(j)+1)*c]
				w := value[e] * student(own, other)
				for k, v := range other {
					f[k] += float64(w * (own[k] - v))
				}
			}
		}
	})
}

// divergence is the sum of p·log(p/q), with q = w over the sum of all w.
func (d *descent) divergence(whole float64) float64 {
	c, y, g := d.c.Components, d.y, d.g
	sum := par.Reduce(d.n, 256, func(_, lo, hi int) float64 {
		var logs []float64
		sum := 0.0
		for i := lo; i < hi; i++ {
			cols, value := g.row(i)
			own := y[i*c : (i+1)*c]
			logs = floats(&logs, len(cols))
			for e, j := range cols {
				logs[e] = 1
				if value[e] > 0 {
					logs[e] = value[e] / student(own, y[int(j)*c:(int(j)+1)*c])
				}
			}
			kern.LogPortable(logs, logs)
			for e, p := range value {
				sum += float64(p * logs[e])
			}
		}
		return sum
	}, func(a, b float64) float64 { return a + b })
	return sum + math.Log(whole)
}

// exactForces looks at every pair.
type exactForces struct{ c int }

func (e exactForces) sum(f, z, y []float64) {
	n, c := len(z), e.c
	par.For(n, 3*n*c, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own, out, sum := y[i*c:(i+1)*c], f[i*c:(i+1)*c], 0.0
			clear(out)
			for j := range n {
				if j == i {
					continue
				}
				other := y[j*c : (j+1)*c]
				w := student(own, other)
				sum += w
				w *= w
				for k, v := range other {
					out[k] += float64(w * (own[k] - v))
				}
			}
			z[i] = sum
		}
	})
}

// treeForces are those of Barnes and Hut.
type treeForces struct {
	c     int
	theta float64
	tree  bhTree
}

func (t *treeForces) sum(f, z, y []float64) {
	t.tree.build(y, t.c, t.theta)
	par.For(len(z), 1500, func(lo, hi int) {
		for at := lo; at < hi; at++ {
			i := int(t.tree.order[at])
			p := [3]float64(t.tree.x[3*at:])
			if t.c == 3 {
				sum, force := t.tree.repel3(p, int32(at))
				z[i] = sum
				copy(f[3*i:3*i+3], force[:])
				continue
			}
			sum, fx, fy := t.tree.repel2(p[0], p[1], int32(at))
			z[i], f[t.c*i] = sum, fx
			if t.c == 2 {
				f[2*i+1] = fy
			}
		}
	})
}
