package decomp

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// Rotation turns factors, which the likelihood knows only up to one, so that each column loads on few of them.
type Rotation uint8

const (
	// NoRotation leaves the factors in the order of what they explain. The zero value.
	NoRotation Rotation = iota
	// Varimax makes the squared loadings of each factor vary as much as they can, with factors uncorrelated (Kaiser, Psychometrika 23, 1958).
	Varimax
	// Quartimax does so over all loadings at once: one factor tends to be general.
	Quartimax
	// Promax goes on from Varimax: factors that may correlate, as near as can be to powers of its loadings (Hendrickson and White, British Journal of Statistical Psychology 17, 1964).
	Promax
	// Oblimin makes the squared loadings of each two factors vary together as little as they can, with factors that may correlate (Jennrich and Sampson, Psychometrika 31, 1966; by gradient projection: Jennrich, Psychometrika 67, 2002).
	Oblimin
)

// String returns the name.
func (r Rotation) String() string {
	names := [...]string{"none", "varimax", "quartimax", "promax", "oblimin"}
	if int(r) < len(names) {
		return names[r]
	}
	return fmt.Sprintf("Rotation(%d)", uint8(r))
}

// rotate turns the components and sets the correlations of oblique ones. It is false if numbers are not finite.
func (m *FactorAnalysisModel) rotate(c FactorAnalysis) bool {
	k, p := len(m.Components), len(m.Components[0])
	loadings := make([]float64, p*k)
	for a, row := range m.Components {
		for j, v := range row {
			loadings[j*k+a] = v
		}
	}
	ok := linalg.AllFinite(loadings)
	var correlation []float64
	switch {
	case !ok || k < 2:
	case c.Rotation == Varimax, c.Rotation == Quartimax:
		loadings, ok = orthomax(loadings, p, k, c.Rotation == Varimax)
	case c.Rotation == Promax:
		loadings, correlation, ok = promax(loadings, p, k, c.Power)
	case c.Rotation == Oblimin:
		loadings, correlation, ok = oblimin(loadings, p, k, c.Gamma)
	}
	if !ok || !linalg.AllFinite(loadings) || !linalg.AllFinite(correlation) {
		return false
	}
	signs := make([]float64, k)
	for a, row := range m.Components {
		for j := range row {
			row[j] = loadings[j*k+a]
		}
		signs[a] = 1
		if fixSign(row) {
			signs[a] = -1
		}
	}
	if correlation != nil {
		m.Correlation = make([][]float64, k)
		for a := range k {
			m.Correlation[a] = make([]float64, k)
			for b := range k {
				m.Correlation[a][b] = signs[a] * signs[b] * correlation[a*k+b]
			}
		}
	}
	return true
}

// turned is loadings, p x k, times a k x k matrix.
func turned(loadings, by []float64, p, k int) []float64 {
	out := make([]float64, p*k)
	kern.Gemm(false, false, p, k, k, 1, loadings, k, by, k, 0, out, k)
	return out
}

func identity(k int) []float64 {
	out := make([]float64, k*k)
	for i := range k {
		out[i*k+i] = 1
	}
	return out
}

// orthomax turns loadings by singular vectors of their products with the gradient, until the singular values sum up to hardly more than before.
func orthomax(loadings []float64, p, k int, varimax bool) ([]float64, bool) {
	by, before := identity(k), 0.0
	for range 100 {
		now := turned(loadings, by, p, k)
		mean := make([]float64, k) // of squares; taken off by Varimax
		if varimax {
			for i, v := range now {
				mean[i%k] += float64(v * v)
			}
			for a := range mean {
				mean[a] /= float64(p)
			}
		}
		for i, v := range now {
			now[i] = v*v*v - float64(v*mean[i%k])
		}
		products := make([]float64, k*k)
		kern.Gemm(true, false, k, k, p, 1, loadings, k, now, k, 0, products, k)
		d, ok := linalg.NewSVD(products, k, k, linalg.ThinVectors)
		if !ok {
			return nil, false
		}
		kern.Gemm(false, true, k, k, k, 1, d.U, k, d.V, k, 0, by, k)
		sum := 0.0
		for _, v := range d.Values {
			sum += v
		}
		if before != 0 && sum < before*(1+1e-6) {
			break
		}
		before = sum
	}
	return turned(loadings, by, p, k), true
}

// promax regresses powers of Varimax's loadings on them and scales the factors to a variance of 1.
func promax(loadings []float64, p, k int, power float64) (out, correlation []float64, ok bool) {
	v, ok := orthomax(loadings, p, k, true)
	if !ok {
		return nil, nil, false
	}
	target := make([]float64, p*k)
	for i, x := range v {
		target[i] = x * math.Pow(math.Abs(x), power-1)
	}
	d, ok := linalg.NewSVD(append([]float64(nil), v...), p, k, linalg.ThinVectors)
	if !ok {
		return nil, nil, false
	}
	if d.Rank(1e-12) < k { // there are fewer factors than were asked for: nothing to be regressed on
		return v, identity(k), true
	}
	inverse, u := make([]float64, k*p), make([]float64, k*k)
	d.PseudoInverse(p, k, 1e-12, inverse)
	kern.Gemm(false, false, k, k, p, 1, inverse, p, target, k, 0, u, k)
	f := linalg.NewLU(append([]float64(nil), u...), k)
	if f.Singular() {
		return v, identity(k), true
	}
	back := make([]float64, k*k)
	f.Inverse(back)
	for a := range k {
		square := 0.0
		for _, x := range back[a*k : (a+1)*k] {
			square += float64(x * x)
		}
		length := math.Sqrt(square)
		for b := range k {
			u[b*k+a] *= length
			back[a*k+b] /= length
		}
	}
	correlation = make([]float64, k*k)
	kern.Gemm(false, true, k, k, k, 1, back, k, back, k, 0, correlation, k)
	return turned(v, u, p, k), correlation, true
}

// oblimin descends along the gradient of the criterion at transformations whose columns, the factors, have length 1.
func oblimin(loadings []float64, p, k int, gamma float64) (out, correlation []float64, ok bool) {
	scale := linalg.MaxAbs(loadings) // the criterion is of the fourth power
	if scale == 0 {
		return loadings, identity(k), true
	}
	a := make([]float64, len(loadings))
	for i, v := range loadings {
		a[i] = v / scale
	}
	t := identity(k)
	at, ok := obliqueAt(a, t, p, k, gamma)
	if !ok {
		return nil, nil, false
	}
	for step, turns := 1.0, 0; turns < 1000; turns++ {
		// of the gradient what does not change lengths
		size := 0.0
		down := append([]float64(nil), at.gradient...)
		for c := range k {
			along := 0.0
			for b := range k {
				along += float64(t[b*k+c] * at.gradient[b*k+c])
			}
			for b := range k {
				down[b*k+c] -= float64(t[b*k+c] * along)
				size += float64(down[b*k+c] * down[b*k+c])
			}
		}
		if size < 1e-24 {
			break
		}
		better := false
		step *= 2
		for range 30 {
			next := make([]float64, k*k)
			for c := range k {
				length := 0.0
				for b := range k {
					next[b*k+c] = t[b*k+c] - float64(step*down[b*k+c])
					length += float64(next[b*k+c] * next[b*k+c])
				}
				for b := range k {
					next[b*k+c] /= math.Sqrt(length)
				}
			}
			if there, ok := obliqueAt(a, next, p, k, gamma); ok && there.value < at.value-float64(size*step)/2 {
				t, at, better = next, there, true
				break
			}
			step /= 2
		}
		if !better {
			break
		}
	}
	for i := range at.loadings {
		at.loadings[i] *= scale
	}
	correlation = make([]float64, k*k)
	kern.Gemm(true, false, k, k, k, 1, t, k, t, k, 0, correlation, k)
	return at.loadings, correlation, true
}

// oblique are loadings transformed, with the criterion there and its gradient by the transformation.
type oblique struct {
	loadings, gradient []float64
	value              float64
}

// obliqueAt is false where factors coincide.
func obliqueAt(a, t []float64, p, k int, gamma float64) (o oblique, ok bool) {
	f := linalg.NewLU(append([]float64(nil), t...), k)
	if f.Singular() {
		return o, false
	}
	inverse := make([]float64, k*k)
	f.Inverse(inverse)
	o.loadings = make([]float64, p*k)
	kern.Gemm(false, true, p, k, k, 1, a, k, inverse, k, 0, o.loadings, k)
	// of squares the sums over all other factors, less gamma times their means over columns
	slope, means := make([]float64, p*k), make([]float64, k)
	for j := range p {
		whole := 0.0
		row := o.loadings[j*k : (j+1)*k]
		for _, v := range row {
			whole += float64(v * v)
		}
		for c, v := range row {
			slope[j*k+c] = whole - float64(v*v)
			means[c] += slope[j*k+c] / float64(p)
		}
	}
	for i, v := range o.loadings {
		slope[i] = v * (slope[i] - float64(gamma*means[i%k]))
		o.value += float64(v*slope[i]) / 4
	}
	products := make([]float64, k*k)
	kern.Gemm(true, false, k, k, p, 1, slope, k, o.loadings, k, 0, products, k)
	o.gradient = make([]float64, k*k) // -(loadingsᵀ · slope · inverse)ᵀ
	kern.Gemm(true, false, k, k, k, -1, inverse, k, products, k, 0, o.gradient, k)
	return o, linalg.AllFinite(o.loadings)
}
