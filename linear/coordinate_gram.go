package linear

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// gramSpace is a workspace that holds the products of its columns: a step costs one row of them.
type gramSpace struct {
	localState
	gram   []float64 // len(work) x len(work), rows stride apart, both halves
	stride int
	step   []float64
	u      []float64
	panels []panel // the columns at work, of a rowCurvature
}

func (g *gramSpace) local() *localState { return &g.localState }

func (g *gramSpace) start()  {}
func (g *gramSpace) settle() {}

func (g *gramSpace) sweep(places []int32, pen penalty) float64 {
	m := len(g.work)
	if g.tasks == 1 {
		return g.sweepOne(places, pen)
	}
	lost := 0.0
	for _, place := range places {
		p := int(place)
		curve := g.curve[p]
		if curve == 0 {
			continue
		}
		for t := range g.u {
			g.u[t] = g.q[t*m+p] + curve*g.b[t*m+p]
		}
		changed, half := pen.update(g.step, g.b, g.u, p, m, curve)
		if !changed {
			continue
		}
		lost += half * (curve + pen.l2)
		row := g.gram[p*g.stride : p*g.stride+m]
		for t, s := range g.step {
			if s != 0 {
				kern.Axpy(-s, row, g.q[t*m:(t+1)*m])
			}
		}
	}
	return lost
}

func (g *gramSpace) sweepOne(places []int32, pen penalty) float64 {
	m := len(g.work)
	q, b := g.q[:m], g.b[:m]
	lost := 0.0
	for _, place := range places {
		p := int(place)
		curve := g.curve[p]
		if curve == 0 {
			continue
		}
		next := pen.shrink(q[p]+curve*b[p], curve+pen.l2)
		step := next - b[p]
		if step == 0 {
			continue
		}
		b[p] = next
		lost += step * step / 2 * (curve + pen.l2)
		kern.Axpy(-step, g.gram[p*g.stride:p*g.stride+m], q)
	}
	return lost
}

// jump solves for the coefficients that are not zero while their signs stay as they are, and goes there, or as far as the first change of a sign:
// with nearly dependent columns single steps would take for ever.
func (g *gramSpace) jump(places []int32, pen penalty) bool {
	const most = 2048 // the system is cubic
	n := len(places)
	if g.tasks > 1 || n == 0 || n > most {
		return false
	}
	a := make([]float64, n*n)
	step := make([]float64, n)
	for i, p := range places {
		row := g.gram[int(p)*g.stride:]
		for k, o := range places[i:] {
			a[i*n+i+k] = row[o]
		}
		a[i*n+i] += pen.l2
		step[i] = g.q[p] - pen.l2*g.b[p] - math.Copysign(pen.l1, g.b[p])
	}
	chol := linalg.NewCholesky(a, n)
	if chol == nil {
		return false
	}
	chol.Solve(step)
	if !linalg.AllFinite(step) {
		return false
	}
	far, crossing := 1.0, -1
	if pen.l1 > 0 || pen.positive {
		for i, p := range places {
			if f := -g.b[p] / step[i]; f > 0 && f < far {
				far, crossing = f, i
			}
		}
	}
	m := len(g.work)
	before, b, q := g.value(pen), slices.Clone(g.b), slices.Clone(g.q)
	for i, p := range places {
		s := far * step[i]
		if i == crossing {
			s = -g.b[p]
		}
		g.b[p] += s
		kern.Axpy(-s, g.gram[int(p)*g.stride:int(p)*g.stride+m], g.q)
	}
	const rounding = 1e-9
	if after := g.value(pen); !(after <= before+rounding*math.Abs(before)) { // dependent columns, which the factorisation took for independent
		copy(g.b, b)
		copy(g.q, q)
		return false
	}
	return true
}

// value is the objective less that of zeros, which is not positive where descent got.
func (g *gramSpace) value(pen penalty) float64 {
	sum := 0.0
	for i, b := range g.b {
		sum += b*(pen.l2*b-g.c[i]-g.q[i])/2 + pen.l1*math.Abs(b)
	}
	return sum
}
