package bandit

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// A shape is the density of an arm's value on a line where it is smooth and falls off at both ends.
type shape struct {
	left, right float64 // beyond these lies less than 1e-12 of it
	width       float64 // over which it changes: a standard deviation
	a, b        float64 // of a Beta, on the line of log-odds; or mean and standard deviation
	peak        float64 // the logarithm of what the density is at its mode, before it is scaled to 1 there
}

// betaShape is Beta(a, b) on the line y = log(x/(1-x)), where its density x^a (1-x)^b is smooth even for a and b below 1.
func (o *one) betaShape(a, b float64) shape {
	mode, sd := o.log(a/b), math.Sqrt(1/a+1/b)
	s := shape{left: mode - 2*sd - max(6*sd, 30/a), right: mode + 2*sd + max(6*sd, 30/b), width: sd, a: a, b: b}
	s.peak = float64(a*o.log(a/(a+b))) + float64(b*o.log(b/(a+b)))
	return s
}

func normalShape(mean, sd float64) shape {
	return shape{left: mean - 8*sd, right: mean + 8*sd, width: sd, a: mean, b: sd}
}

// integral computes the probabilities that each of independent values is the largest: ∫ f_i Π_{j≠i} F_j. The line is cut into panels no wider than the
// narrowest density that lives there, with five Gauss-Legendre nodes each; the F_j are integrals of the f_j through the same nodes. The error is below 1e-6
// (TestIntegralOfBetas and TestIntegralOfNormals hold it to closed forms). The cost is some 20 panels for arms that are alike, one density a node and arm.
type integral struct {
	shapes []shape
	node   []float64 // of all panels
	weight []float64
	logs   []float64 // of x and of 1-x at the nodes, for Betas
	f      []float64 // densities, an arm after the other
	c      []float64 // and their integrals up to each node
	rest   []float64
	start  float64 // where the first panel begins
	one
}

// Gauss and Legendre's nodes and weights on -1..1, and the integrals of the Lagrange polynomials through the nodes from -1 up to each node.
var gaussNodes, gaussWeights, gaussSums = gaussLegendre5()

const nodes = 5

func gaussLegendre5() (x, w [nodes]float64, sums [nodes][nodes]float64) {
	inner, outer := math.Sqrt(5-2*math.Sqrt(10.0/7))/3, math.Sqrt(5+2*math.Sqrt(10.0/7))/3
	x = [nodes]float64{-outer, -inner, 0, inner, outer}
	wi, wo := (322+13*math.Sqrt(70))/900, (322-13*math.Sqrt(70))/900
	w = [nodes]float64{wo, wi, 128.0 / 225, wi, wo}
	for l := range nodes {
		// the coefficients of the polynomial that is 1 at node l and 0 at the others
		poly := [nodes]float64{1}
		degree := 0
		for m := range nodes {
			if m == l {
				continue
			}
			for d := degree + 1; d >= 0; d-- {
				v := 0.0
				if d > 0 {
					v = poly[d-1]
				}
				if d <= degree {
					v -= float64(x[m] * poly[d])
				}
				poly[d] = v / (x[l] - x[m])
			}
			degree++
		}
		for k := range nodes {
			v := 0.0
			for d := nodes - 1; d >= 0; d-- {
				v += poly[d] * (math.Pow(x[k], float64(d+1)) - math.Pow(-1, float64(d+1))) / float64(d+1)
			}
			sums[k][l] = v
		}
	}
	return x, w, sums
}

// largest sets p[i] to the probability that value i is the largest. The shapes are all Betas or all normal.
func (g *integral) largest(p []float64, betas bool) {
	k := len(g.shapes)
	if k == 1 {
		p[0] = 1
		return
	}
	// Below every left end but the highest some factor is 0; above the highest right end nothing is left.
	lo, hi := math.Inf(-1), math.Inf(-1)
	for i := range g.shapes {
		lo, hi = max(lo, g.shapes[i].left), max(hi, g.shapes[i].right)
	}
	g.cut(lo, hi)
	n := len(g.node)
	g.f, g.c = grow(g.f, n*k), grow(g.c, n*k)
	if betas {
		g.logs = grow(g.logs, 2*n)
		logOdds(g.logs[:n], g.logs[n:], g.node)
	}
	for i := range g.shapes {
		g.density(i, betas)
	}
	for i := range p {
		p[i] = 0
	}
	for j := range n {
		// the product of all but one, from both ends, needs no division by an F that may be 0
		before := g.weight[j]
		for i := range k {
			g.f[i*n+j] *= before
			before *= g.c[i*n+j]
		}
		after := 1.0
		for i := k - 1; i >= 0; i-- {
			p[i] += float64(g.f[i*n+j] * after)
			after *= g.c[i*n+j]
		}
	}
}

// cut sets nodes and weights of panels from lo to hi. A panel is at most one and a half widths of the narrowest density that lives in it.
func (g *integral) cut(lo, hi float64) {
	g.node, g.weight, g.start = g.node[:0], g.weight[:0], lo
	for at := lo; at < hi; {
		next, step := hi, math.Inf(1)
		for i := range g.shapes {
			switch s := &g.shapes[i]; {
			case s.right <= at:
			case s.left > at:
				next = min(next, s.left)
			default:
				step = min(step, 1.5*s.width)
			}
		}
		if at+step < next {
			next = at + step
		}
		if next <= at { // the densities are narrower than the numbers there are
			break
		}
		half, middle := (next-at)/2, (at+next)/2
		for k := range nodes {
			g.node = append(g.node, middle+float64(half*gaussNodes[k]))
			g.weight = append(g.weight, half*gaussWeights[k])
		}
		at = next
	}
}

// density sets f to the density of value i at the nodes and c to the probability of less. What lies left of the first node is what the whole lacks.
func (g *integral) density(i int, betas bool) {
	n, s := len(g.node), &g.shapes[i]
	f, c := g.f[i*n:(i+1)*n], g.c[i*n:(i+1)*n]
	if s.right <= g.start { // never the largest
		clear(f)
		fill(c, 1)
		return
	}
	// The density is 0 to all digits outside of its ends.
	from, to := 0, n
	for from < n && g.node[from] < s.left {
		from++
	}
	for to > from && g.node[to-1] > s.right {
		to--
	}
	from, to = from/nodes*nodes, (to+nodes-1)/nodes*nodes
	clear(f[:from])
	clear(f[to:])
	if betas {
		x, y := g.logs[:n], g.logs[n:]
		for j := from; j < to; j++ {
			f[j] = float64(s.a*x[j]) + float64(s.b*y[j]) - s.peak
		}
	} else {
		for j := from; j < to; j++ {
			z := (g.node[j] - s.a) / s.b
			f[j] = -0.5 * float64(z*z)
		}
	}
	kern.ExpPortable(f[from:to], f[from:to])
	sum := 0.0
	for j := from; j < to; j += nodes {
		half := g.weight[j+2] / gaussWeights[2]
		for k := range nodes {
			v := sum
			for l := range nodes {
				v += float64(half * float64(gaussSums[k][l]*f[j+l]))
			}
			c[j+k] = v
		}
		for l := range nodes {
			sum += float64(g.weight[j+l] * f[j+l])
		}
	}
	whole := g.whole(s, sum, betas)
	for j := range n {
		switch {
		case j < from:
			c[j] = 0
		case j >= to:
			c[j] = 1
		default:
			c[j] = min(max(1-(sum-c[j])/whole, 0), 1)
			f[j] /= whole
		}
	}
}

// whole is the integral of a density that is 1 at its mode; known is what lies right of the first node.
func (g *integral) whole(s *shape, known float64, betas bool) float64 {
	if !betas {
		return s.b * math.Sqrt(2*math.Pi)
	}
	at := min(g.start, s.right)
	if at <= s.left {
		return known
	}
	panels := int(math.Ceil((at - s.left) / (1.5 * s.width)))
	half := (at - s.left) / float64(panels) / 2
	n := nodes * panels
	g.rest = grow(g.rest, 3*n)
	y, x, rest := g.rest[:n], g.rest[n:2*n], g.rest[2*n:]
	for i := range panels {
		middle := s.left + float64(half*float64(2*i+1))
		for k := range nodes {
			y[i*nodes+k] = middle + float64(half*gaussNodes[k])
		}
	}
	logOdds(x, rest, y)
	for i := range y {
		y[i] = float64(s.a*x[i]) + float64(s.b*rest[i]) - s.peak
	}
	kern.ExpPortable(y, y)
	sum := 0.0
	for i := 0; i < n; i += nodes {
		for k := range nodes {
			sum += float64(half * float64(gaussWeights[k]*y[i+k]))
		}
	}
	return known + sum
}

// logOdds sets x to log p and y to log(1-p) where v is log(p/(1-p)): -log(1+e^-v) and -log(1+e^v), each from its small exponential.
func logOdds(x, y, v []float64) {
	for j, o := range v {
		x[j] = -math.Abs(o)
	}
	kern.ExpPortable(x, x)
	kern.Log1pPortable(x, x)
	for j, o := range v {
		small := -x[j]
		x[j], y[j] = small, small-math.Abs(o)
		if o < 0 {
			x[j], y[j] = y[j], x[j]
		}
	}
}
