package bayes

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// scatterer adds up products of columns about the class means, as discriminant analysis needs them.
type scatterer struct {
	d      ml.Dataset[int]
	m      *moments  // of the columns within each class
	groups int       // matrices: 1, all classes pooled, or one for each class
	factor []float64 // by which rows of each class count more; nil: 1
	fourth bool      // also the fourth moments of rows in units of the columns' standard deviations, and total ones
	all    *moments  // of all classes as one; with fourth only
}

// scatters are the sums: Σ w·factor·(x - mean)(x - mean)ᵀ for each group, p x p, and Σ w·|z|⁴ for z the row in units of its class.
type scatters struct {
	sum    [][]float64
	fourth []float64 // of each class, in units of its own standard deviations
	total  float64   // of all rows about the overall mean, in units of the overall standard deviations
}

func (s *scatterer) new() *scatters {
	out := &scatters{sum: make([][]float64, s.groups), fourth: make([]float64, s.m.k)}
	for g := range out.sum {
		out.sum[g] = make([]float64, s.m.p*s.m.p)
	}
	return out
}

func (a *scatters) merge(b *scatters) *scatters {
	for g, s := range b.sum {
		linalg.Axpy(1, s, a.sum[g])
	}
	linalg.Axpy(1, b.fourth, a.fourth)
	a.total += b.total
	return a
}

// gather reads the rows once. Sparse rows give the products of their nonzeros, from which those of the means are taken at the end.
// That costs digits if means are much larger than deviations: then, and if few numbers are zero, each row is spread out in turn.
func (s *scatterer) gather(ctx context.Context) *scatters {
	r := rows.Of(s.d.X)
	n, p := r.Dims()
	const numbers, maxChunks = 1 << 25, 64 // of all partial results
	chunks := max(min(numbers/max(s.groups*p*p, 1), maxChunks), 1)
	grain := max((n+chunks-1)/chunks, par.Grain(p*p/16+p))
	sparse := r.Sparse() && s.centredSparse()
	out := par.Reduce(n, grain, func(_, lo, hi int) *scatters {
		part := s.new()
		switch {
		case ctx.Err() != nil:
		case sparse:
			s.addSparse(part, r, lo, hi)
		default:
			s.addDense(part, r, lo, hi)
		}
		return part
	}, (*scatters).merge)
	if sparse {
		s.takeMeans(out)
	}
	for _, sum := range out.sum {
		mirror(sum, p)
	}
	return out
}

// centredSparse reports whether no mean is above 10⁴ standard deviations of its class, and less than a third is stored.
func (s *scatterer) centredSparse() bool {
	const far = 1e8
	for at, scatter := range s.m.scatter {
		if mean := s.m.mean[at]; mean*mean*s.m.count[at/s.m.p] > far*scatter {
			return false
		}
	}
	n, p := s.d.X.Dims()
	stored, ok := s.d.X.(interface{ NNZ() int })
	return !ok || 3*stored.NNZ() < n*p
}

func (s *scatterer) group(c int) int {
	if s.groups == 1 {
		return 0
	}
	return c
}

func (s *scatterer) weight(i int) float64 {
	w := weight(s.d, i)
	if s.factor != nil {
		w *= s.factor[s.d.Y[i]]
	}
	return w
}

// addDense collects centred rows of each group into a block for one matrix product.
func (s *scatterer) addDense(out *scatters, r rows.Rows, lo, hi int) {
	p := s.m.p
	height := max(min(1<<15/p, 256), 8)
	shift := make([]float64, len(s.m.mean))
	kern.Scal(-1, shift, s.m.mean)
	blocks, filled := make([][]float64, s.groups), make([]int, s.groups)
	buf := make([]float64, p)
	for i := lo; i < hi; i++ {
		w, c := s.weight(i), s.d.Y[i]
		if w == 0 {
			continue
		}
		g := s.group(c)
		if blocks[g] == nil {
			blocks[g] = make([]float64, height*p)
		}
		x, z := r.Row(i, buf), blocks[g][filled[g]*p:(filled[g]+1)*p]
		if s.fourth {
			s.addFourth(out, i, x)
		}
		kern.Add(z, x, shift[c*p:(c+1)*p])
		if w != 1 {
			kern.Scal(math.Sqrt(w), z, z)
		}
		if filled[g]++; filled[g] == height {
			linalg.AddGram(out.sum[g], blocks[g], height, p, p)
			filled[g] = 0
		}
	}
	for g, rows := range filled {
		if rows > 0 {
			linalg.AddGram(out.sum[g], blocks[g], rows, p, p)
		}
	}
}

func (s *scatterer) addFourth(out *scatters, i int, x []float64) {
	w, c, p := weight(s.d, i), s.d.Y[i], s.m.p
	own, all := 0.0, 0.0
	for j, v := range x {
		own += standardSquare(v-s.m.mean[c*p+j], s.m.scatter[c*p+j], s.m.count[c])
		all += standardSquare(v-s.all.mean[j], s.all.scatter[j], s.all.count[0])
	}
	out.fourth[c] += w * own * own
	out.total += w * all * all
}

// standardSquare is the square of a deviation over the variance; that of a constant column is left as it is.
func standardSquare(z, scatter, n float64) float64 {
	if scatter == 0 {
		return z * z
	}
	return z * z * n / scatter
}

func (s *scatterer) addSparse(out *scatters, r rows.Rows, lo, hi int) {
	p := s.m.p
	buf, entries := make([]float64, p), rows.Entries{}
	for i := lo; i < hi; i++ {
		w, c := s.weight(i), s.d.Y[i]
		if w == 0 {
			continue
		}
		if s.fourth {
			s.addFourth(out, i, r.Row(i, buf))
		}
		cols, vals := r.NZ(i, &entries)
		sum := out.sum[s.group(c)]
		for q, j := range cols {
			kern.SparseAxpy(w*vals[q], vals[q:], cols[q:], sum[int(j)*p:(int(j)+1)*p])
		}
	}
}

// takeMeans turns upper triangles of products into those about the class means.
func (s *scatterer) takeMeans(out *scatters) {
	p := s.m.p
	for c, n := range s.m.count {
		if s.factor != nil {
			n *= s.factor[c]
		}
		mean, sum := s.m.mean[c*p:(c+1)*p], out.sum[s.group(c)]
		for j, v := range mean {
			if v != 0 {
				linalg.Axpy(-n*v, mean[j:], sum[j*p+j:j*p+p])
			}
		}
	}
}

// mirror writes the lower triangle, and zeros for a diagonal that rounding made negative.
func mirror(a []float64, p int) {
	for i := range p {
		a[i*p+i] = max(a[i*p+i], 0)
		for j := i + 1; j < p; j++ {
			a[j*p+i] = a[i*p+j]
		}
	}
}

// withoutRounding sets the scatter of columns to zero that do not vary but for rounding, in each class.
func (m *moments) withoutRounding() *moments {
	const eps = 0x1p-52
	for at, s := range m.scatter {
		n := m.count[at/m.p]
		if e := n * eps * m.mean[at]; s <= n*e*e {
			m.scatter[at] = 0
		}
	}
	return m
}

// pooled are the moments of all classes as one.
func (m *moments) pooled() *moments {
	out := newMoments(1, m.p)
	for j := range m.p {
		for c := range m.k {
			at := c*m.p + j
			out.seen[j], out.mean[j], out.scatter[j] = mergeMoments(out.seen[j], out.mean[j], out.scatter[j], m.count[c], m.mean[at], m.scatter[at])
		}
	}
	for _, n := range m.count {
		out.count[0] += n
	}
	return out
}
