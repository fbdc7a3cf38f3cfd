package kernel

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
)

// Precomputed takes the numbers of X themselves for kernel values: rows x training rows. A fit wants the square matrix of the training rows, a prediction
// the values of each row with every training row.
type Precomputed struct{}

// Of implements metrics.Kernel as far as that has a meaning: it is NaN, since there are no rows to compare.
func (Precomputed) Of(_, _ []float64) float64 { return math.NaN() }

// resolveKernel fills in the defaults of k, nil being the Gaussian kernel, whose Gamma of zero means 1/(columns · variance of all numbers), scikit-learn's "scale".
func resolveKernel(where string, k metrics.Kernel, x rows.Rows, weight, present []float64) (metrics.Kernel, error) {
	auto := 1 / float64(x.Cols())
	bad := func(field string, found any, want string) error {
		return ml.BadConfig(where, "Kernel."+field, found, want)
	}
	gamma := func(g *float64, to float64) error {
		if !(math.Abs(*g) <= math.MaxFloat64) || *g < 0 {
			return bad("Gamma", *g, "> 0 and finite, or 0 for the default")
		}
		if *g == 0 {
			*g = to
		}
		return nil
	}
	finite := func(v float64) error {
		if !(math.Abs(v) <= math.MaxFloat64) {
			return bad("Coef0", v, "a finite number")
		}
		return nil
	}
	var err error
	switch c := k.(type) {
	case nil:
		return metrics.RBF{Gamma: scaleGamma(x, keptWeights(weight, present))}, nil
	case metrics.RBF:
		err = gamma(&c.Gamma, auto)
		k = c
	case metrics.LaplacianKernel:
		err = gamma(&c.Gamma, auto)
		k = c
	case metrics.SigmoidKernel:
		if err = gamma(&c.Gamma, auto); err == nil {
			err = finite(c.Coef0)
		}
		k = c
	case metrics.Chi2Kernel:
		err = gamma(&c.Gamma, 1)
		k = c
	case metrics.PolynomialKernel:
		if c.Degree == 0 {
			c.Degree = 3
		}
		if c.Degree < 0 {
			return nil, bad("Degree", c.Degree, ">= 1, or 0 for 3")
		}
		if err = gamma(&c.Gamma, auto); err == nil {
			err = finite(c.Coef0)
		}
		k = c
	case Precomputed:
		if x.Len() != x.Cols() {
			return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", x.Len(), x.Cols()), "a square matrix of kernel values for Precomputed")
		}
	}
	return k, err
}

// keptWeights are the weights of the rows whose present number is above zero.
func keptWeights(weight, present []float64) []float64 {
	if weight == nil {
		return nil
	}
	var out []float64
	for i, w := range weight {
		if present[i] > 0 {
			out = append(out, w)
		}
	}
	return out
}

// scaleGamma is 1/(columns · weighted variance of all numbers), or 1/columns where they do not vary.
func scaleGamma(x rows.Rows, weight []float64) float64 {
	n, p := x.Dims()
	var buf rows.Entries
	of := func(i int) float64 {
		if weight == nil {
			return 1
		}
		return weight[i]
	}
	total, sum := 0.0, 0.0
	for i := range n {
		_, v := x.NZ(i, &buf)
		row := 0.0
		for _, a := range v {
			row += a
		}
		sum += float64(of(i) * row)
		total += float64(of(i) * float64(p))
	}
	mean, squares := sum/total, 0.0
	for i := range n {
		_, v := x.NZ(i, &buf)
		row := float64(float64(p-len(v))*mean) * mean
		for _, a := range v {
			row += float64((a - mean) * (a - mean))
		}
		squares += float64(of(i) * row)
	}
	variance := squares / total
	if g := 1 / (float64(p) * variance); variance > 0 && math.Abs(g) <= math.MaxFloat64 {
		return g
	}
	return 1 / float64(p)
}

// side is the rows that kernel values are taken with: the columns of a kernel matrix.
type side struct {
	kernel metrics.Kernel
	p      int       // numbers in a row
	n      int       // rows
	width  int       // numbers kept of each row
	data   []float64 // n x width; at least two rows, so that one product serves all shapes
	sparse rows.Rows // instead of data: rows at of it
	norm   []float64 // squares of the sparse rows, for RBF
	at     []int32   // which rows of sparse, or columns of Precomputed
	kept   compute.Kept
}

// newSide keeps rows idx of x, dense ones as copies.
func newSide(k metrics.Kernel, x rows.Rows, idx []int) *side {
	s := &side{kernel: k, p: x.Cols(), n: len(idx)}
	_, pre := k.(Precomputed)
	if pre || x.Sparse() {
		s.at = make([]int32, len(idx))
		for i, r := range idx {
			s.at[i] = int32(r)
		}
		if pre {
			return s
		}
		s.sparse = x
		s.norm = make([]float64, len(idx))
		var buf rows.Entries
		for i, r := range idx {
			_, v := x.NZ(r, &buf)
			for _, a := range v {
				s.norm[i] += float64(a * a)
			}
		}
		return s
	}
	s.width = s.p
	gamma, rbf := gammaRBF(k)
	if rbf {
		s.width += 2
	}
	s.data = make([]float64, max(s.n, 2)*s.width)
	par.For(s.n, 2*s.p, func(lo, hi int) {
		buf := make([]float64, s.p)
		for i := lo; i < hi; i++ {
			row := s.data[i*s.width : (i+1)*s.width]
			copy(row, x.Row(idx[i], buf))
			if rbf {
				// exp(-g|x-y|²) is the exponential of the product of (x, -g|x|², 1) and (2g·y, 1, -g|y|²), so that a matrix product makes the exponents.
				row[s.p], row[s.p+1] = 1, -gamma*squares(row[:s.p])
				for j := range row[:s.p] {
					row[j] *= 2 * gamma
				}
			}
		}
	})
	return s
}

func squares(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += float64(v * v)
	}
	return s
}

func gammaRBF(k metrics.Kernel) (float64, bool) {
	if r, ok := k.(metrics.RBF); ok {
		return r.Gamma, true
	}
	return 0, false
}

// part is rows lo to hi-1 of s: all, or some of at least two.
func (s *side) part(lo, hi int) *side {
	if lo == 0 && hi == s.n {
		return s // with what an accelerator kept
	}
	t := &side{kernel: s.kernel, p: s.p, n: hi - lo, width: s.width, sparse: s.sparse}
	if s.data != nil {
		t.data = s.data[lo*s.width:]
	}
	if s.norm != nil {
		t.norm = s.norm[lo:]
	}
	if s.at != nil {
		t.at = s.at[lo:]
	}
	return t
}

// room is how many numbers fill needs as scratch for m rows.
func (s *side) room(m int) int { return max(m, 2)*(s.width+s.n) + s.p }

// keep drops all rows but those at the rising places.
func (s *side) keep(places []int) {
	for k, i := range places {
		if s.data != nil {
			copy(s.data[k*s.width:(k+1)*s.width], s.data[i*s.width:(i+1)*s.width])
		}
		if s.norm != nil {
			s.norm[k] = s.norm[i]
		}
		if s.at != nil {
			s.at[k] = s.at[i]
		}
	}
	s.n = len(places)
	s.kept.Drop()
}

// fill writes the kernel values of m dense rows, p apart in left, with every row of s to dst, whose rows are ldd apart. A value has the same bits whatever m is.
func (s *side) fill(dst []float64, ldd int, left []float64, m int, room []float64) {
	switch {
	case s.sparse.Len() > 0:
		s.fillSparse(dst, ldd, left, m)
		return
	case s.at != nil:
		for i := range m {
			row, out := left[i*s.p:(i+1)*s.p], dst[i*ldd:]
			for j, c := range s.at {
				if j == s.n {
					break
				}
				out[j] = row[c]
			}
		}
		return
	}
	compute.Kernel(s, dst, ldd, left, m, room)
}

// Spec implements compute.KernelTask.
func (s *side) Spec() compute.KernelSpec {
	c := compute.KernelSpec{N: s.n, Width: s.width, Right: s.data[:s.n*s.width]}
	switch k := s.kernel.(type) {
	case metrics.RBF:
		c.Kind, c.Gamma = compute.ExpKernel, 1
	case metrics.LinearKernel:
		c.Kind = compute.LinearKernel
	case metrics.PolynomialKernel:
		c.Kind, c.Gamma, c.Coef0, c.Degree = compute.PolynomialKernel, k.Gamma, k.Coef0, k.Degree
	case metrics.SigmoidKernel:
		c.Kind, c.Gamma, c.Coef0 = compute.SigmoidKernel, k.Gamma, k.Coef0
	}
	return c
}

// Left implements compute.KernelTask: for the Gaussian kernel a row has two numbers more, see newSide.
func (s *side) Left(dst, left []float64, m int) {
	gamma, rbf := gammaRBF(s.kernel)
	for i := range m {
		from, row := left[i*s.p:(i+1)*s.p], dst[i*s.width:(i+1)*s.width]
		copy(row, from)
		if rbf {
			row[s.p], row[s.p+1] = -gamma*squares(from), 1
		}
	}
}

// Kept implements compute.KernelTask.
func (s *side) Kept() *compute.Kept { return &s.kept }

// Host implements compute.KernelTask.
func (s *side) Host(dst []float64, ldd int, left []float64, m int, room []float64) {
	switch s.kernel.(type) {
	case metrics.RBF, metrics.LinearKernel, metrics.PolynomialKernel, metrics.SigmoidKernel:
		a, lda := left, s.p
		if m == 1 || s.width > s.p {
			rows := max(m, 2)
			a, lda = room[:rows*s.width], s.width
			s.Left(a, left, m)
			if m == 1 {
				copy(a[lda:], a[:lda])
			}
		}
		if m > 1 && s.n > 1 {
			kern.Gemm(false, true, m, s.n, s.width, 1, a, lda, s.data, s.width, 0, dst, ldd)
		} else {
			cols := max(s.n, 2)
			two := room[len(room)-max(m, 2)*cols:]
			kern.Gemm(false, true, max(m, 2), cols, s.width, 1, a, lda, s.data, s.width, 0, two, cols)
			for i := range m {
				copy(dst[i*ldd:i*ldd+s.n], two[i*cols:])
			}
		}
		if m == 1 || par.Small(m*s.n, 1) {
			s.mapRows(dst, ldd, 0, m)
			return
		}
		par.For(m, s.n, func(lo, hi int) { s.mapRows(dst, ldd, lo, hi) })
	default:
		if m == 1 || par.Small(m*s.n, s.p) {
			s.pairs(dst, ldd, left, m, 0, s.n)
			return
		}
		par.For(s.n, m*s.p, func(lo, hi int) { s.pairs(dst, ldd, left, m, lo, hi) })
	}
}

func (s *side) pairs(dst []float64, ldd int, left []float64, m, lo, hi int) {
	for j := lo; j < hi; j++ {
		y := s.data[j*s.width : (j+1)*s.width]
		for i := range m {
			dst[i*ldd+j] = s.kernel.Of(left[i*s.p:(i+1)*s.p], y)
		}
	}
}

// mapRows turns the products in rows lo to hi-1 into kernel values.
func (s *side) mapRows(dst []float64, ldd, lo, hi int) {
	for i := lo; i < hi; i++ {
		row := dst[i*ldd : i*ldd+s.n]
		switch k := s.kernel.(type) {
		case metrics.RBF:
			kern.Exp(row, row)
		case metrics.SigmoidKernel:
			kern.Shift(k.Gamma, k.Coef0, row, row)
			kern.Tanh(row, row)
		case metrics.PolynomialKernel:
			kern.Shift(k.Gamma, k.Coef0, row, row)
			for j, base := range row {
				power := 1.0
				for d := k.Degree; d > 0; d >>= 1 {
					if d&1 == 1 {
						power *= base
					}
					base *= base
				}
				row[j] = power
			}
		}
	}
}

// fillSparse takes products of dense rows with sparse ones, which cost the nonzeros.
func (s *side) fillSparse(dst []float64, ldd int, left []float64, m int) {
	if m == 1 || par.Small(m*s.n, 40) {
		s.sparseRows(dst, ldd, left, 0, m)
		return
	}
	par.For(m, 40*s.n, func(lo, hi int) { s.sparseRows(dst, ldd, left, lo, hi) })
}

func (s *side) sparseRows(dst []float64, ldd int, left []float64, lo, hi int) {
	var buf []float64
	for i := lo; i < hi; i++ {
		x, row := left[i*s.p:(i+1)*s.p], dst[i*ldd:i*ldd+s.n]
		switch k := s.kernel.(type) {
		case metrics.RBF, metrics.LinearKernel, metrics.PolynomialKernel, metrics.SigmoidKernel:
			for j := range row {
				row[j] = s.sparse.Dot(int(s.at[j]), x)
			}
			if gamma, ok := gammaRBF(k); ok {
				own := squares(x)
				for j, v := range row {
					row[j] = -gamma * max(0, own+s.norm[j]-float64(2*v))
				}
			}
		default:
			if buf == nil {
				buf = make([]float64, s.p)
			}
			for j := range row {
				row[j] = k.Of(x, s.sparse.Row(int(s.at[j]), buf))
			}
		}
	}
	s.mapRows(dst, ldd, lo, hi)
}

// diagonal is the kernel value of each row with itself.
func (s *side) diagonal(x rows.Rows, idx []int) []float64 {
	out := make([]float64, len(idx))
	buf := make([]float64, s.p)
	for i, r := range idx {
		switch s.kernel.(type) {
		case metrics.RBF, metrics.LaplacianKernel:
			out[i] = 1
		case Precomputed:
			out[i] = x.At(r, r)
		default:
			row := x.Row(r, buf)
			out[i] = s.kernel.Of(row, row)
		}
	}
	return out
}

// checkGram refuses what a kernel of the user's made of finite rows.
func checkGram(where string, v []float64) error {
	if i := slices.IndexFunc(v, func(a float64) bool { return !(math.Abs(a) <= math.MaxFloat64) }); i >= 0 {
		return &ml.Error{Where: where, Field: "Kernel", Found: fmt.Sprint(v[i]), Want: "finite values for finite rows; scale the columns", Kind: ml.ErrNotFinite}
	}
	return nil
}
