package cluster

import (
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// Covariance is the shape that the clusters of a mixture, or the states of a chain, may have.
type Covariance uint8

const (
	// Full gives each its own covariance matrix. The zero value.
	Full Covariance = iota
	// Tied gives all the same matrix.
	Tied
	// Diagonal gives each its own variance of every column, and no correlations.
	Diagonal
	// Spherical gives each one variance.
	Spherical
)

// shape is that of the tensor of k covariances of d columns.
func (c Covariance) shape(k, d int) []int {
	switch c {
	case Full:
		return []int{k, d, d}
	case Tied:
		return []int{d, d}
	case Diagonal:
		return []int{k, d}
	}
	return []int{k}
}

func (c Covariance) size(k, d int) int {
	size := 1
	for _, n := range c.shape(k, d) {
		size *= n
	}
	return size
}

// parameters is how many numbers of k covariances are free.
func (c Covariance) parameters(k, d int) int {
	switch c {
	case Full:
		return k * d * (d + 1) / 2
	case Tied:
		return d * (d + 1) / 2
	}
	return c.size(k, d)
}

// of is covariance c among all: the same for each where they are tied.
func (c Covariance) of(all []float64, k, at int) []float64 {
	if c == Tied {
		return all
	}
	size := len(all) / k
	return all[at*size : (at+1)*size]
}

// gaussians are k normal densities in d columns, ready to be evaluated. The precision of Full and Tied is kept as P·Pᵀ, so that the exponent is the square of (x-mean)·P.
type gaussians struct {
	kind   Covariance
	k, d   int
	mean   []float64      // k x d
	root   []float64      // P: k or one of d x d, or k of 1/deviation
	logDet []float64      // of each precision, halved, less d/2·log 2π: the log density at the mean
	sd     []float64      // k x d, of Diagonal
	toMean []*kern.Affine // x - mean; for Diagonal divided by the deviations, for Tied (x-mean)·P of x·P
}

// newGaussians is nil if a covariance is not positive definite: bad says which.
func newGaussians(kind Covariance, k, d int, mean, covariance []float64) (g *gaussians, bad int) {
	g = &gaussians{kind: kind, k: k, d: d, mean: mean, logDet: make([]float64, k), toMean: make([]*kern.Affine, k)}
	switch kind {
	case Full:
		g.root = make([]float64, k*d*d)
	case Tied:
		g.root = make([]float64, d*d)
	case Spherical:
		g.root = make([]float64, k)
	case Diagonal:
		g.sd = make([]float64, k*d)
	}
	one, none := make([]float64, d), make([]float64, d)
	for j := range one {
		one[j], none[j] = 1, math.Copysign(0, -1)
	}
	for c := range k {
		shift, scale, own := mean[c*d:(c+1)*d], one, kind.of(covariance, k, c)
		g.logDet[c] = -float64(d) / 2 * math.Log(2*math.Pi)
		switch kind {
		case Spherical:
			if !(own[0] > 0) || math.IsInf(own[0], 0) {
				return nil, c
			}
			g.root[c] = 1 / math.Sqrt(own[0])
			g.logDet[c] -= float64(d) / 2 * math.Log(own[0])
		case Diagonal:
			scale = g.sd[c*d : (c+1)*d]
			for j, v := range own {
				if !(v > 0) || math.IsInf(v, 0) {
					return nil, c
				}
				scale[j] = math.Sqrt(v)
				g.logDet[c] -= math.Log(v) / 2
			}
		default:
			if kind == Full || c == 0 {
				f := linalg.NewCholesky(append([]float64(nil), own...), d)
				if f == nil {
					return nil, c
				}
				f.InverseFactor(kind.of(g.root, k, c))
				g.logDet[c] -= f.LogDet() / 2
			} else {
				g.logDet[c] = g.logDet[0]
			}
			if kind == Tied {
				moved := make([]float64, d)
				kern.Gemm(false, false, 1, d, d, 1, shift, d, g.root, d, 0, moved, d)
				shift = moved
			}
		}
		if !linalg.AllFinite(shift) || math.IsInf(g.logDet[c], 0) {
			return nil, c
		}
		g.toMean[c] = kern.NewAffine(shift, scale, none, math.Inf(-1), math.Inf(1))
	}
	return g, -1
}

// room is the numbers that logs and add need for n rows.
func (g *gaussians) room(n int) int { return 2*n*g.d + 2*n }

// logs writes the log densities of n rows, n x k, plus an offset for each density. work has room for them.
func (g *gaussians) logs(dst, x []float64, n int, offset, work []float64) {
	d := g.d
	away, moved, squares := work[:n*d], work[n*d:2*n*d], work[2*n*d:2*n*d+n]
	if g.kind == Tied {
		kern.Gemm(false, false, n, d, d, 1, x, d, g.root, d, 0, moved, d)
		x = moved
	}
	for c := range g.k {
		g.toMean[c].Apply(away, x[:n*d], false)
		size := away
		if g.kind == Full {
			kern.Gemm(false, false, n, d, d, 1, away, d, g.root[c*d*d:(c+1)*d*d], d, 0, moved, d)
			size = moved
		}
		kern.RowSizes(kern.RowSquares, squares, size, d)
		at, scale := g.logDet[c], 0.5
		if offset != nil {
			at += offset[c]
		}
		if g.kind == Spherical {
			scale *= g.root[c] * g.root[c]
		}
		for i, v := range squares {
			dst[i*g.k+c] = at - float64(scale*v)
		}
	}
}

// moments are sums over rows, each taken with its share in every density.
type moments struct {
	weight []float64 // of each density
	first  []float64 // k x d: the rows themselves
	second []float64 // squares of the rows less the mean in use, as a covariance's shape; for Spherical as for Diagonal, for Tied none
	loss   float64   // weighted sum of the rows' log densities under the mixture
	order  float64   // weighted sum of share·log(share)
	lost   int       // a row whose density is zero to double precision, -1 for none
	least  int       // the row of the least density, -1 if densities were not asked for
	depth  float64   // the logarithm of that density
}

func (g *gaussians) newMoments() *moments {
	m := &moments{weight: make([]float64, g.k), first: make([]float64, g.k*g.d), lost: -1, least: -1}
	switch g.kind {
	case Full:
		m.second = make([]float64, g.k*g.d*g.d)
	case Diagonal, Spherical:
		m.second = make([]float64, g.k*g.d)
	}
	return m
}

func (m *moments) join(o *moments) *moments {
	for _, p := range [][2][]float64{{m.weight, o.weight}, {m.first, o.first}, {m.second, o.second}} {
		kern.Add(p[0], p[0], p[1])
	}
	m.loss += o.loss
	m.order += o.order
	if m.lost < 0 {
		m.lost = o.lost
	}
	if m.least < 0 || o.least >= 0 && o.depth < m.depth {
		m.least, m.depth = o.least, o.depth
	}
	return m
}

// add adds n rows with their shares, n x k.
func (g *gaussians) add(m *moments, x, share []float64, n int, work []float64) {
	k, d := g.k, g.d
	away, inverse := work[:n*d], work[2*n*d:2*n*d+n]
	for i := range n {
		kern.Add(m.weight, m.weight, share[i*k:(i+1)*k])
	}
	kern.Gemm(true, false, k, d, n, 1, share, k, x, d, 1, m.first, d)
	if g.kind == Tied {
		return
	}
	// Rows that have next to nothing to do with a density are left out, which most have where densities lie apart: less than 1e-30 of a row is lost in the rounding of any sum
	// that matters.
	const nothing = 1e-30
	for c := range k {
		near := 0
		for i := range n {
			if r := share[i*k+c]; r > nothing {
				inverse[near] = 1 / math.Sqrt(r)
				near++
			}
		}
		if near == 0 {
			continue
		}
		own, from := away[:near*d], x[:n*d]
		if near < n {
			from = own
			to := 0
			for i := range n {
				if share[i*k+c] > nothing {
					copy(own[to*d:(to+1)*d], x[i*d:(i+1)*d])
					to++
				}
			}
		}
		g.toMean[c].Apply(own, from, false)
		kern.DivRows(own, own, inverse[:near], d, false)
		switch g.kind {
		case Full:
			kern.Syrk(true, d, near, 1, own, d, 1, m.second[c*d*d:(c+1)*d*d], d)
		default:
			kern.Mul(own, own, own)
			for i := range near {
				kern.Add(m.second[c*d:(c+1)*d], m.second[c*d:(c+1)*d], own[i*d:(i+1)*d])
			}
		}
	}
}

// means divides the sums by their weights. A density without weight keeps its mean.
func (g *gaussians) means(m *moments) []float64 {
	mean := make([]float64, len(g.mean))
	for c, w := range m.weight {
		to := mean[c*g.d : (c+1)*g.d]
		if w <= 0 {
			copy(to, g.mean[c*g.d:])
			continue
		}
		for j := range to {
			to[j] = m.first[c*g.d+j] / w
		}
	}
	return mean
}

// scatter is the covariances about the new means, with ridge on their diagonals, for all kinds but Tied.
func (g *gaussians) scatter(m *moments, mean []float64, ridge float64) []float64 {
	k, d := g.k, g.d
	out := make([]float64, g.kind.size(k, d))
	for c, w := range m.weight {
		to := g.kind.of(out, k, c)
		if w <= 0 { // none to look at: the ridge alone
			w = math.Inf(1)
		}
		was, is := g.mean[c*d:(c+1)*d], mean[c*d:(c+1)*d]
		switch g.kind {
		case Full:
			for i := range d {
				for j := i; j < d; j++ {
					v := m.second[(c*d+i)*d+j]/w - float64((is[i]-was[i])*(is[j]-was[j]))
					if i == j {
						v = max(v, 0) + ridge
					}
					to[i*d+j], to[j*d+i] = v, v
				}
			}
		default:
			for j := range d {
				v := m.second[c*d+j] / w
				if g.kind == Diagonal { // the sums are of (x-mean)²/variance
					v *= g.sd[c*d+j] * g.sd[c*d+j]
				}
				v = max(v-float64((is[j]-was[j])*(is[j]-was[j])), 0) + ridge
				if g.kind == Diagonal {
					to[j] = v
				} else {
					to[0] += v / float64(d)
				}
			}
		}
	}
	return out
}

// within is the tied covariance: that of all rows about their centre, total, less that of the means about it.
func within(m *moments, mean, centre, total []float64, d int, ridge float64) []float64 {
	sum := kern.Sum(m.weight)
	out := append([]float64(nil), total...)
	off := make([]float64, d)
	for c, w := range m.weight {
		for j := range off {
			off[j] = mean[c*d+j] - centre[j]
		}
		for i := range d {
			kern.Axpy(-w/sum*off[i], off, out[i*d:(i+1)*d])
		}
	}
	for i := range d {
		out[i*d+i] = max(out[i*d+i], 0) + ridge
		for j := range i {
			out[i*d+j] = out[j*d+i]
		}
	}
	return out
}

// meanOf is the weighted mean of all rows.
func (s *space) meanOf() []float64 {
	l := lloyd{space: s, k: 1, label: make([]int32, s.n)}
	all := l.sums(false)
	kern.Scal(1/all.weight[0], all.sum, all.sum)
	return all.sum
}

// covarianceOf is the weighted covariance of all rows about their mean, d x d; the sum of the weights as well.
func (s *space) covarianceOf(mean []float64) (covariance []float64, weight float64) {
	d := s.d
	none, one := make([]float64, d), make([]float64, d)
	for j := range d {
		none[j], one[j] = math.Copysign(0, -1), 1
	}
	g := &gaussians{kind: Full, k: 1, d: d, mean: mean, toMean: []*kern.Affine{kern.NewAffine(mean, one, none, math.Inf(-1), math.Inf(1))}}
	m := s.gather(g, func(share []float64, lo, hi int) {
		for i := range share {
			share[i] = 1
		}
	})
	return g.scatter(m, g.means(m), 0), m.weight[0]
}

// blockRows is how many rows of d columns stay in the second cache with what is made of them.
func blockRows(d int) int { return max(16, min(256, 1<<16/d)) }

// gather sums over all rows; shares writes the shares of the rows lo to hi-1, which are then multiplied by the rows' weights.
func (s *space) gather(g *gaussians, shares func(share []float64, lo, hi int)) *moments {
	return s.eachBlock(g, func(m *moments, x, share []float64, lo, hi int, work []float64) {
		shares(share, lo, hi)
	})
}

// eachBlock sums over all rows what see makes of blocks of them. The chunks do not depend on the number of cores.
func (s *space) eachBlock(g *gaussians, see func(m *moments, x, share []float64, lo, hi int, work []float64)) *moments {
	k, d := g.k, g.d
	block := blockRows(d)
	return par.Reduce(s.n, max(block, (s.n+63)/64), func(_, lo, hi int) *moments {
		m := g.newMoments()
		parts := (hi - lo + block - 1) / block
		block := (hi - lo + parts - 1) / parts
		room, giveBack := kern.Borrow(block*d + block*k + g.room(block) + 2*block)
		defer giveBack()
		buf, share, work := room[:block*d], room[block*d:block*(d+k)], room[block*(d+k):]
		for from := lo; from < hi; from += block {
			to := min(from+block, hi)
			n := to - from
			x := s.x.Block(from, to, buf)
			see(m, x, share[:n*k], from, to, work)
			if s.weight != nil {
				for i, w := range s.weight[from:to] {
					kern.Scal(w, share[i*k:(i+1)*k], share[i*k:(i+1)*k])
				}
			}
			g.add(m, x, share[:n*k], n, work)
		}
		return m
	}, (*moments).join)
}

// expect is a step of expectation: shares by the densities and the offsets, which are logarithms of the weights of the mixture.
func (s *space) expect(g *gaussians, offset []float64, order bool) *moments {
	k := g.k
	return s.eachBlock(g, func(m *moments, x, share []float64, lo, hi int, work []float64) {
		n := hi - lo
		g.logs(share, x, n, offset, work)
		tops, logs := work[:n], work[n:2*n]
		for i := range n {
			row := share[i*k : (i+1)*k]
			tops[i] = row[0]
			for _, v := range row[1:] {
				if v > tops[i] {
					tops[i] = v
				}
			}
			if !(math.Abs(tops[i]) <= math.MaxFloat64) && m.lost < 0 {
				m.lost = lo + i
			}
		}
		kern.SoftmaxRows(n, k, share, k, share, k)
		if order {
			for i := range n {
				for _, r := range share[i*k : (i+1)*k] {
					if r > 0 {
						m.order += float64(s.w(lo+i) * r * math.Log(r))
					}
				}
			}
		}
		// The greatest share is exp(top - log Σ exp).
		for i := range n {
			logs[i] = kern.Max(share[i*k : (i+1)*k])
		}
		kern.Log(logs, logs)
		for i, v := range logs {
			v = tops[i] - v
			m.loss += float64(s.w(lo+i) * v)
			if m.least < 0 || v < m.depth {
				m.least, m.depth = lo+i, v
			}
		}
	})
}
