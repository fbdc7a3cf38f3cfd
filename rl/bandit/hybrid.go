package bandit

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// HybridLinUCB is [LinUCB] where the expected reward is a sum of two parts: coefficients of each arm's own over the context, and coefficients that all arms share over
// the features of the candidates (algorithm 2 of Li, Chu, Langford and Schapire, WWW 2010). What is learned of one arm helps to judge the others, new ones above all.
// It is one ridge regression with a block of columns for each arm, whose blocks are eliminated, so that a decision among K arms
// costs O(K (d² + d k + k²)) and an update O(d² k + k³ + K k²), with d numbers in a context and k features.
type HybridLinUCB struct {
	Explore     float64 // > 0, how many standard errors to hope for; 0: 1
	NoIntercept bool    // no constant column in the arms' own parts
	L2          float64 // > 0, the penalty of the squared coefficients; 0: 1
}

type hybrid struct {
	HybridLinUCB
	d, k   int
	arm    []hybridArm
	common []float64
}

// hybridArm is a view of an arm's block. The sums are of rows x of the context and z of the features.
type hybridArm struct {
	xx, xz, xy []float64 // Σ x xᵀ packed, Σ x zᵀ row by row, Σ y x
	inv        []float64 // (l2 I + xx)⁻¹ packed
	v, u       []float64 // inv·xz row by row, inv·xy
	c, e       []float64 // zx·v packed, zx·u: what eliminating the arm takes from the common system
}

func (c HybridLinUCB) start() (learner, error) {
	const where = "bandit.HybridLinUCB"
	c.Explore, c.L2 = or(c.Explore, 1), or(c.L2, 1)
	if err := inRange(where, "Explore", c.Explore, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	if err := inRange(where, "L2", c.L2, 1e-9, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &hybrid{HybridLinUCB: c}, nil
}

func (l *hybrid) needs() needs { return needs{context: true, features: true, arms: true} }

func (l *hybrid) widths(context, features int) {
	l.d, l.k = context, features
	if !l.NoIntercept {
		l.d++
	}
}

func (l *hybrid) blocks() (sums, derived, common, commonDerived int) {
	d, k := l.d, l.k
	return packed(d) + d*k + d, packed(d) + d*k + d + packed(k) + k, packed(k) + k, packed(k) + k
}

func (l *hybrid) fades(f, _, _, _, _ []float64) { fill(f, 1) }

func (l *hybrid) attach(arm int, block []float64, fresh bool) {
	if arm < 0 {
		l.common = block
		if fresh {
			l.solve()
		}
		return
	}
	d, k := l.d, l.k
	take := func(n int) []float64 {
		part := block[:n:n]
		block = block[n:]
		return part
	}
	a := hybridArm{xx: take(packed(d)), xz: take(d * k), xy: take(d), inv: take(packed(d)), v: take(d * k), u: take(d), c: take(packed(k)), e: take(k)}
	for len(l.arm) <= arm {
		l.arm = append(l.arm, hybridArm{})
	}
	l.arm[arm] = a
	if fresh {
		l.eliminate(&a)
		if l.common != nil {
			l.solve()
		}
	}
}

// eliminate computes an arm's derived numbers.
func (l *hybrid) eliminate(a *hybridArm) {
	d, k := l.d, l.k
	invertPacked(a.inv, a.xx, d, l.L2)
	mulPacked(a.u, a.inv, a.xy)
	column, out := make([]float64, d), make([]float64, d)
	for j := range k {
		for i := range d {
			column[i] = a.xz[i*k+j]
		}
		mulPacked(out, a.inv, column)
		for i := range d {
			a.v[i*k+j] = out[i]
		}
	}
	clear(a.c)
	clear(a.e)
	for i := range d {
		x, v := a.xz[i*k:(i+1)*k], a.v[i*k:(i+1)*k]
		t := 0
		for p := range k {
			a.e[p] += float64(x[p] * a.u[i])
			for q := p; q < k; q++ {
				a.c[t] += float64(x[p] * v[q])
				t++
			}
		}
	}
}

// solve computes the common derived numbers: the inverse of what the arms leave of the system, and the coefficients.
func (l *hybrid) solve() {
	k, t := l.k, packed(l.k)
	a, b := make([]float64, t), make([]float64, k)
	copy(a, l.common[:t])
	copy(b, l.common[t:t+k])
	for i := range l.arm {
		for j, v := range l.arm[i].c {
			a[j] -= v
		}
		for j, v := range l.arm[i].e {
			b[j] -= v
		}
	}
	inv, beta := l.common[t+k:2*t+k], l.common[2*t+k:]
	invertPacked(inv, a, k, l.L2)
	mulPacked(beta, inv, b)
}

func (l *hybrid) probs(s *scratch, q *query) {
	k, t := l.k, packed(l.k)
	inv, beta := l.common[t+k:2*t+k], l.common[2*t+k:]
	s.row = l.contextRow(s.row[:0], q)
	x := s.row
	s.block = grow(s.block, packed(l.d)+k+t)
	xx, w, ww := s.block[:packed(l.d)], s.block[packed(l.d):packed(l.d)+k], s.block[packed(l.d)+k:]
	outer(xx, x)
	s.q = grow(s.q, q.n)
	for i, arm := range q.arms {
		a := &l.arm[arm]
		// w = z - vᵀ x: the variance is wᵀ inv w + xᵀ (arm's inv) x, the mean w·β + x·u
		copy(w, q.features[i])
		for r, c := range x {
			for j, v := range a.v[r*k : (r+1)*k] {
				w[j] -= float64(v * c)
			}
		}
		outer(ww, w)
		variance := max(kern.DotPortable(ww, inv), 0) + max(kern.DotPortable(xx, a.inv), 0)
		s.q[i] = dot(w, beta) + dot(x, a.u) + float64(l.Explore*math.Sqrt(variance))
	}
	best(s.p, s.q)
}

func (l *hybrid) contextRow(dst []float64, q *query) []float64 {
	if !l.NoIntercept {
		dst = append(dst, 1)
	}
	return append(dst, q.context...)
}

// row keeps x and z.
func (l *hybrid) row(dst []float64, _ *scratch, q *query, i int) []float64 {
	return append(l.contextRow(dst, q), q.features[i]...)
}

func (l *hybrid) update(o *outcome) {
	a, x, z := &l.arm[o.arm], o.row[:l.d], o.row[l.d:]
	addOuter(a.xx, x, 1)
	for i, v := range x {
		a.xy[i] += float64(v * o.reward)
		for j, w := range z {
			a.xz[i*l.k+j] += float64(v * w)
		}
	}
	addOuter(l.common, z, 1)
	for j, w := range z {
		l.common[packed(l.k)+j] += float64(w * o.reward)
	}
	l.eliminate(a)
	l.solve()
}
