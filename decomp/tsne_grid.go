package decomp

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/par"
)

// gridForces interpolates the forces of t-SNE from the nodes of a grid (Linderman, Rachh, Hoskins, Steinerberger and Kluger, Nature Methods 16, 2019). The plane is cut into boxes of three nodes a side; points
// give what they weigh to the nodes of their box by Lagrange's polynomials, the nodes act on each other by a convolution, which Fourier transforms make a product, and points take from the nodes what they gave.
// Boxes have a side of 1, in which 1/(1+d²)² hardly bends more than a parabola, or less where all points lie within a few. Where that takes more nodes than there should be, a tree does the work.
type gridForces struct {
	c    int
	tree treeForces

	nodes, boxes int // of a side
	width        float64
	plan         *fft
	kernel       []float64 // transformed, plan.n squared, or plan.n for one component
	re, im       [2][]float64
	home         []int32   // the first node of each point's box, by component
	weight       []float64 // of each point for its nodes, 3 by component
}

const (
	gridLeast = 16   // boxes of a side
	gridMost  = 1024 // nodes of a side
)

// sum implements repulsion.
func (g *gridForces) sum(f, z, y []float64) {
	n := len(z)
	var low, high [2]float64
	for k := range g.c {
		low[k], high[k] = math.Inf(1), math.Inf(-1)
		for i := k; i < len(y); i += g.c {
			low[k], high[k] = min(low[k], y[i]), max(high[k], y[i])
		}
	}
	side := max(high[0]-low[0], high[1]-low[1], 1e-12)
	width := 1.0
	for width > 1e-9 && side < gridLeast*width {
		width /= 2 // powers of two, so that the kernel stays for many iterations
	}
	boxes := int(side/width) + 1
	if 3*boxes > gridMost || !(side <= 1e6) {
		g.tree.sum(f, z, y)
		return
	}
	g.prepare(boxes, width, n)
	m, second := g.plan.n, g.c == 2
	centre := [2]float64{low[0]/2 + high[0]/2, low[1]/2 + high[1]/2}
	if len(g.home) != g.c*n {
		g.home, g.weight = make([]int32, g.c*n), make([]float64, 3*g.c*n)
	}
	par.For(n, 30, func(lo, hi int) {
		for at := lo * g.c; at < hi*g.c; at++ {
			x := (y[at] - low[at%g.c]) / width
			box := min(max(int(x), 0), boxes-1)
			g.home[at] = int32(3 * box)
			t := float64(3*(x-float64(box))) - 1.5 // in spacings from the middle node
			w := g.weight[3*at : 3*at+3]
			w[0], w[1], w[2] = t*(t-1)/2, 1-float64(t*t), t*(t+1)/2
		}
	})
	for part := range 2 {
		clear(g.re[part])
		clear(g.im[part])
	}
	for i := range n {
		var p [2]float64
		for k := range g.c {
			p[k] = y[i*g.c+k] - centre[k]
		}
		square := float64(p[0]*p[0]) + float64(p[1]*p[1])
		g.each(i, func(at int, w float64) {
			g.re[0][at] += w
			g.im[0][at] += float64(w * p[0])
			g.re[1][at] += float64(w * p[1])
			g.im[1][at] += float64(w * square)
		})
	}
	columns := 1
	if second {
		columns = m
	}
	for part := range 2 {
		re, im := g.re[part], g.im[part]
		if second {
			g.plan.lines(re, im, g.nodes, m, 1)
		}
		g.plan.lines(re, im, columns, 1, columns)
		par.For(len(re), 2, func(lo, hi int) {
			for at := lo; at < hi; at++ {
				re[at], im[at] = re[at]*g.kernel[at], im[at]*g.kernel[at]
			}
		})
		g.plan.lines(im, re, columns, 1, columns) // with both parts exchanged it is the way back
		if second {
			g.plan.lines(im, re, g.nodes, m, 1)
		}
	}
	// What a point does to itself by way of the nodes is taken back.
	spacing := width / 3
	var own [3][3]float64
	for a := range 3 {
		for b := range 3 {
			own[a][b] = kernelAt(float64(a)*spacing, float64(b)*spacing)
		}
	}
	par.For(n, 60, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			var potential [4]float64
			g.each(i, func(at int, w float64) {
				potential[0] += float64(w * g.re[0][at])
				potential[1] += float64(w * g.im[0][at])
				potential[2] += float64(w * g.re[1][at])
				potential[3] += float64(w * g.im[1][at])
			})
			var p [2]float64
			for k := range g.c {
				p[k] = y[i*g.c+k] - centre[k]
				f[i*g.c+k] = float64(p[k]*potential[0]) - potential[1+k]
			}
			square := float64(p[0]*p[0]) + float64(p[1]*p[1])
			// The sum of (1 + d²)/(1 + d²)².
			whole := float64((1+square)*potential[0]) + potential[3] - 2*(float64(p[0]*potential[1])+float64(p[1]*potential[2]))
			x := lags(g.weight[3*i*g.c:])
			if !second {
				z[i] = whole - float64(x[0]*own[0][0]) - float64(x[1]*own[1][0]) - float64(x[2]*own[2][0])
				continue
			}
			v := lags(g.weight[3*(i*g.c+1):])
			for a := range 3 {
				for b := range 3 {
					whole -= float64(x[a] * v[b] * own[a][b])
				}
			}
			z[i] = whole
		}
	})
}

// lags are the sums of products of weights that are so many nodes apart.
func lags(w []float64) [3]float64 {
	return [3]float64{float64(w[0]*w[0]) + float64(w[1]*w[1]) + float64(w[2]*w[2]), 2 * (float64(w[0]*w[1]) + float64(w[1]*w[2])), 2 * w[0] * w[2]}
}

// kernelAt is 1/(1+d²)².
func kernelAt(x, y float64) float64 {
	w := 1 / (1 + float64(x*x) + float64(y*y))
	return w * w
}

// each calls f for the nodes of a point.
func (g *gridForces) each(i int, f func(at int, w float64)) {
	if g.c == 1 {
		for a, w := range g.weight[3*i : 3*i+3] {
			f(int(g.home[i])+a, w)
		}
		return
	}
	for a, w := range g.weight[6*i : 6*i+3] {
		row := (int(g.home[2*i])+a)*g.plan.n + int(g.home[2*i+1])
		for b, v := range g.weight[6*i+3 : 6*i+6] {
			f(row+b, w*v)
		}
	}
}

// prepare makes the grid, if it is another one than the last.
func (g *gridForces) prepare(boxes int, width float64, n int) {
	nodes := 3 * boxes
	size := 1
	for size < 2*nodes {
		size *= 2
	}
	same := g.plan != nil && g.plan.n == size
	if g.boxes, g.nodes = boxes, nodes; same && g.width == width {
		return
	}
	if !same {
		g.plan = newFFT(size)
		whole := size
		if g.c == 2 {
			whole *= size
		}
		g.kernel = make([]float64, whole)
		for part := range 2 {
			g.re[part], g.im[part] = make([]float64, whole), make([]float64, whole)
		}
	}
	g.width = width
	// The kernel is even, so its transform is real; on a ring, whose far side no two nodes reach.
	ring := func(k int) float64 { return float64(min(k, size-k)) * width / 3 }
	im := g.im[0]
	clear(im)
	columns := len(g.kernel) / size
	scale := 1 / float64(len(g.kernel))
	for a := range size {
		for b := range columns {
			g.kernel[a*columns+b] = kernelAt(ring(a), ring(b)) * scale
		}
	}
	if g.c == 2 {
		g.plan.lines(g.kernel, im, size, size, 1)
	}
	g.plan.lines(g.kernel, im, columns, 1, columns)
}
