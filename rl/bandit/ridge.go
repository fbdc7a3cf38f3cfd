package bandit

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// A ridge is a linear model that learns row by row: least squares with the penalty l2·|θ|². Its matrices are symmetric and packed: the upper triangle, row by row.
type ridge struct {
	gram  []float64 // Σ w x xᵀ
	b     []float64 // Σ w y x
	n     []float64 // Σ w, and how many rows there were
	inv   []float64 // (l2 I + gram)⁻¹
	theta []float64 // inv·b
}

func packed(p int) int { return p * (p + 1) / 2 }

// ridgeSums and ridgeDerived are the sizes of a model's parts in a block.
func ridgeSums(p int) int    { return packed(p) + p + 2 }
func ridgeDerived(p int) int { return packed(p) + p }

// ridgeAt makes a view of a model in a block: its sums and its derived numbers.
func ridgeAt(sums, derived []float64, p int) ridge {
	t := packed(p)
	return ridge{gram: sums[:t], b: sums[t : t+p], n: sums[t+p : t+p+2], inv: derived[:t], theta: derived[t : t+p]}
}

// outer sets z to the packed x xᵀ with all but the diagonal doubled, so that xᵀ M x is the dot product of z with a packed M.
func outer(z, x []float64) {
	k := 0
	for i, v := range x {
		z[k] = v * v
		k++
		v *= 2
		row := z[k : k+len(x)-i-1]
		for j, w := range x[i+1:] {
			row[j] = v * w
		}
		k += len(row)
	}
}

// mulPacked sets u to M x.
func mulPacked(u, m, x []float64) {
	clear(u)
	k := 0
	for i, v := range x {
		row, rest, out := m[k:k+len(x)-i], x[i:], u[i:]
		rest, out = rest[:len(row)], out[:len(row)]
		sum := 0.0
		for j := 1; j < len(row); j++ {
			sum += float64(row[j] * rest[j])
			out[j] += float64(row[j] * v)
		}
		out[0] += float64(row[0]*v) + sum
		k += len(row)
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	y = y[:len(x)]
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}

// renewal is after how much weight the inverse is computed anew, so that roundings of the updates do not pile up.
const renewal = 1024

// learn adds a row with weight w and target y. u and block are scratch.
func (m *ridge) learn(x []float64, w, y, l2, decay float64, u []float64) {
	if w <= 0 {
		return
	}
	if decay < 1 {
		for _, part := range [][]float64{m.gram, m.b, m.n[:1]} {
			for i := range part {
				part[i] *= decay
			}
		}
	}
	before := math.Floor(m.n[0] / renewal)
	m.n[0] += w
	m.n[1]++
	target := w * y
	for i, v := range x {
		m.b[i] += float64(target * v)
	}
	if decay < 1 || math.Floor(m.n[0]/renewal) != before {
		addOuter(m.gram, x, w)
		m.renew(l2)
		return
	}
	// Sherman and Morrison: inv -= u uᵀ/(1/w + xᵀ u) with u = inv x, and θ moves along u.
	mulPacked(u, m.inv, x)
	shrink := w / (1 + float64(w*dot(x, u)))
	step := shrink * (y - dot(m.theta, x))
	k := 0
	for i, v := range x {
		m.theta[i] += float64(step * u[i])
		wv, su := w*v, shrink*u[i]
		gram, inv := m.gram[k:k+len(x)-i], m.inv[k:k+len(x)-i]
		xs, us := x[i:], u[i:]
		inv, xs, us = inv[:len(gram)], xs[:len(gram)], us[:len(gram)]
		for j := range gram {
			gram[j] += float64(wv * xs[j])
			inv[j] -= float64(su * us[j])
		}
		k += len(gram)
	}
}

func addOuter(gram, x []float64, w float64) {
	k := 0
	for i, v := range x {
		v *= w
		for j, c := range x[i:] {
			gram[k+j] += float64(v * c)
		}
		k += len(x) - i
	}
}

// renew computes inv and theta from the sums.
func (m *ridge) renew(l2 float64) {
	p := len(m.b)
	invertPacked(m.inv, m.gram, p, l2)
	mulPacked(m.theta, m.inv, m.b)
}

// invertPacked sets inv to (a + l2 I)⁻¹ by Cholesky's factorisation; a is positive semidefinite.
func invertPacked(inv, a []float64, p int, l2 float64) {
	r := make([]float64, p*p) // lower triangular L with L Lᵀ = a + l2 I, then its inverse
	k := 0
	for i := range p {
		for j := i; j < p; j++ {
			r[j*p+i] = a[k]
			k++
		}
		r[i*p+i] += l2
	}
	for j := range p {
		lj := r[j*p : j*p+j+1]
		d := lj[j] - dot(lj[:j], lj[:j])
		// rounding may leave less than the penalty that is in there
		d = math.Sqrt(max(d, l2*0x1p-40))
		lj[j] = d
		for i := j + 1; i < p; i++ {
			li := r[i*p : i*p+j+1]
			li[j] = (li[j] - dot(li[:j], lj[:j])) / d
		}
	}
	// L⁻¹ in place, row by row from the top
	for i := range p {
		row := r[i*p : i*p+i+1]
		d := 1 / row[i]
		for j := range i {
			sum := 0.0
			for t := j; t < i; t++ {
				sum += float64(row[t] * r[t*p+j])
			}
			row[j] = -sum * d // row[t] for t > j is still L's
		}
		row[i] = d
	}
	k = 0
	for i := range p {
		for j := i; j < p; j++ {
			sum := 0.0
			for t := j; t < p; t++ {
				sum += float64(r[t*p+i] * r[t*p+j])
			}
			inv[k] = sum
			k++
		}
	}
}

// variance is xᵀ inv x, z being outer of x.
func (m *ridge) variance(z []float64) float64 { return max(kern.DotPortable(z, m.inv), 0) }
