package features

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
)

// HSIC scores columns by the Hilbert-Schmidt independence criterion between them and the target, over the root of the two criteria of each with itself: 0 for independence, at most
// 1. Columns, and targets that are numbers, have a Gaussian kernel, whose width is their standard deviation times Width; of classes, the kernel is 1 for equal ones, else 0. It has no p-values.
//
// A row of weight k is k rows. A column of one value scores 0. CSR is read a column at a time. O(n^2) a column.
//
// Gretton, Bousquet, Smola, Schölkopf: Measuring statistical dependence with Hilbert-Schmidt norms. ALT 2005; Song, Smola, Gretton, Bedo, Borgwardt: Feature selection via dependence
// maximization. Journal of Machine Learning Research 13 (2012).
type HSIC[Y int | float64] struct {
	Width float64 // of the Gaussians, in standard deviations; zero: 1
}

// ScoreColumns returns normalised criteria, and no p-values.
func (c HSIC[Y]) ScoreColumns(ctx context.Context, d ml.Dataset[Y]) (scores, p []float64, err error) {
	const where = "features.HSIC"
	if !(c.Width >= 0) || math.IsInf(c.Width, 0) {
		return nil, nil, ml.BadConfig(where, "Width", c.Width, "a finite number > 0, or 0 for 1")
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, nil, err
	}
	width := c.Width
	if width == 0 {
		width = 1
	}
	with := newDependence(d)
	scores, err = with.scores(ctx, d.Table, func(x []float64) float64 {
		if ctx.Err() != nil {
			return 0
		}
		return with.criterion(x, -0.5/float64(width*width))
	})
	if err == nil {
		err = ml.Done(ctx)
	}
	return scores, nil, err
}

// criterion goes through the rows of both kernels.
func (d dependence) criterion(x []float64, gamma float64) float64 {
	n := len(x)
	buf := make([]float64, 2*n)
	k, l := buf[:n], buf[n:]
	var kk, kl, ll centredProduct
	for i, w := range d.share {
		gaussians(k, x, i, gamma)
		if d.classes != nil {
			for j, class := range d.classes {
				l[j] = 0
				if class == d.classes[i] {
					l[j] = 1
				}
			}
		} else {
			gaussians(l, d.numbers, i, gamma)
		}
		var meanK, meanL, pairKK, pairKL, pairLL float64
		for j, v := range d.share {
			a, b := k[j], l[j]
			meanK += float64(v * a)
			meanL += float64(v * b)
			pairKK += float64(v * float64(a*a))
			pairKL += float64(v * float64(a*b))
			pairLL += float64(v * float64(b*b))
		}
		kk.add(w, pairKK, meanK, meanK)
		kl.add(w, pairKL, meanK, meanL)
		ll.add(w, pairLL, meanL, meanL)
	}
	if own := kk.mean() * ll.mean(); own > 0 {
		return min(max(kl.mean()/math.Sqrt(own), 0), 1)
	}
	return 0
}

func gaussians(dst, x []float64, i int, gamma float64) {
	for j, v := range x {
		d := v - x[i]
		dst[j] = gamma * float64(d*d)
	}
	kern.ExpPortable(dst, dst)
}

// A centredProduct is the mean product of two kernels, each less the means of its rows and columns.
type centredProduct struct{ pairs, rows, a, b float64 }

// add takes a row by its weight, its mean product and its mean in each kernel.
func (c *centredProduct) add(w, pairs, a, b float64) {
	c.pairs += float64(w * pairs)
	c.rows += float64(w * float64(a*b))
	c.a += float64(w * a)
	c.b += float64(w * b)
}

func (c *centredProduct) mean() float64 { return c.pairs - 2*c.rows + float64(c.a*c.b) }
