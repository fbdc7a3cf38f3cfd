package linear

import (
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// pointCloud is points of positive weight to take the spatial median of.
type pointCloud struct {
	n, width int
	points   []float64 // n x width
	weight   []float64
	total    float64
}

func (c *pointCloud) point(i int) []float64 { return c.points[i*c.width : (i+1)*c.width] }

// median is the point with the least weighted sum of distances to the others, by Weiszfeld's iteration as Vardi and Zhang modified it (Proc. Natl.
// Acad. Sci. 97 (2000)), which also goes on from where a point lies. It starts from the medians of the coordinates, since the mean can
// be anywhere; of one coordinate that is the solution.
func (c *pointCloud) median(track ml.Tracker, maxIter int, tol float64, info *ml.Info) ([]float64, error) {
	at := c.middles()
	if c.width == 1 {
		info.Status = ml.Converged
		return at, nil
	}
	info.Status = ml.MaxIter
	near := 0.0
	for step := 1; step <= maxIter; step++ {
		p := c.pull(at, near)
		loss := p.distance / c.total
		const same = 1e-14 // of the mean distance: the point itself
		near = same * loss
		info.Iterations, info.Gap = step, 0
		info.Loss = append(info.Loss, loss)
		if force := linalg.Norm(p.direction); force > p.here {
			kern.Axpy((1-p.here/force)/p.stiffness, p.direction, at)
			info.Gap = (force - p.here) / p.stiffness / loss
		}
		stop, err := track.Step(step, ml.Loss{Train: loss})
		switch {
		case err != nil:
			return nil, err
		case info.Gap <= tol:
			info.Status = ml.Converged
			return at, nil
		case stop:
			info.Status = ml.Stopped
			return at, nil
		}
	}
	return at, nil
}

func (c *pointCloud) middles() []float64 {
	at := make([]float64, c.width)
	par.For(c.width, 60*c.n, func(lo, hi int) {
		column := make([]float64, c.n)
		for j := lo; j < hi; j++ {
			for i := range column {
				column[i] = c.points[i*c.width+j]
			}
			at[j] = stats.NewSample(column, c.weight).Quantile(0.5, stats.AveragedInvertedCDF)
		}
	})
	return at
}

// pulled is what all points do to one: each pulls towards itself with the force of its weight.
type pulled struct {
	direction []float64 // the sum of the forces
	stiffness float64   // Σ weight/distance
	here      float64   // weight of the points that lie there
	distance  float64   // Σ weight·distance
}

// pull takes points nearer than near to lie at at.
func (c *pointCloud) pull(at []float64, near float64) pulled {
	return par.Reduce(c.n, grain(c.n, c.width/2+10), func(_, lo, hi int) pulled {
		p := pulled{direction: make([]float64, c.width)}
		off := make([]float64, c.width)
		for i := lo; i < hi; i++ {
			x, w := c.point(i), c.weight[i]
			square := 0.0
			for j, v := range x {
				off[j] = v - at[j]
				square += off[j] * off[j]
			}
			distance := math.Sqrt(square)
			if distance <= near {
				p.here += w
				continue
			}
			p.distance += w * distance
			p.stiffness += w / distance
			kern.Axpy(w/distance, off, p.direction)
		}
		return p
	}, func(a, b pulled) pulled {
		kern.Axpy(1, b.direction, a.direction)
		a.stiffness += b.stiffness
		a.here += b.here
		a.distance += b.distance
		return a
	})
}
