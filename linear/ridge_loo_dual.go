package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// dual rotates the rows to the eigenvectors of XXᵀ, of no more rows than columns. Both the residual and 1 - leverage are then sums of
// alpha/(λ + alpha), so that their quotient keeps its digits however little a fit leaves of the targets. The direction of the
// intercept, the roots of the weights, is reflected out of the way first: the penalty does not touch it.
func (l *leaveOneOut) dual(ctx context.Context) (bool, error) {
	mirrorOut := reflector{}
	if l.fitted {
		mirrorOut = newReflector(l.design)
	}
	values, z, ok, err := l.dualSpectrum(ctx, mirrorOut, slices.Min(l.alphas))
	if !ok || err != nil {
		return false, err
	}
	n, m, targets, alphas := l.rows, len(values), len(l.targets), len(l.alphas)
	outs := targets * alphas
	y := make([]float64, n*targets)
	for t, from := range l.targets {
		for i, v := range from {
			y[i*targets+t] = math.Sqrt(l.w(i)) * (v - l.offset[t])
		}
	}
	mirrorOut.apply(y, targets)
	c := make([]float64, m*targets)
	kern.Gemm(true, false, m, targets, m, 1, z, m, y[(n-m)*targets:], targets, 0, c, targets)
	inverse, coef := make([]float64, m*alphas), make([]float64, m*outs)
	for j, v := range values {
		for a, alpha := range l.alphas {
			inverse[j*alphas+a] = 1 / (max(v, 0) + alpha)
			for t := range targets {
				coef[j*outs+t*alphas+a] = c[j*targets+t] * inverse[j*alphas+a]
			}
		}
	}
	u := make([]float64, n*m)
	copy(u[(n-m)*m:], z)
	mirrorOut.apply(u, m)
	rest, free := make([]float64, n*outs), make([]float64, n*alphas)
	kern.Gemm(false, false, n, outs, m, 1, u, m, coef, outs, 0, rest, outs)
	kern.Mul(u, u, u)
	kern.Gemm(false, false, n, alphas, m, 1, u, m, inverse, alphas, 0, free, alphas)
	sums := make([]float64, outs)
	for i := range n {
		w, drop := l.w(i), l.dropped(i)
		if w == 0 {
			continue
		}
		for at := range outs {
			a := at % alphas
			alpha, g := l.alphas[a], free[i*alphas+a]
			r := rest[i*outs+at] / math.Sqrt(w)
			if drop == w {
				r /= g
			} else {
				r *= alpha * w / (w - drop + drop*alpha*g)
			}
			l.record(sums, i, at, r)
		}
	}
	l.mean([][]float64{sums})
	return true, nil
}

// dualSpectrum returns eigenvalues and vectors of the reflected XXᵀ without its first row and column, which are zero then. least is
// what will be added to the eigenvalues.
func (d *design) dualSpectrum(ctx context.Context, h reflector, least float64) (values, z []float64, ok bool, err error) {
	n := d.rows
	k := make([]float64, n*n)
	var dense []float64
	if d.sparse() {
		d.sparseOuterGram(k, nil)
	} else {
		dense = d.centeredRows()
		linalg.OuterGram(k, dense, n, d.cols)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, false, err
	}
	if !linalg.AllFinite(k) {
		return nil, nil, false, nil
	}
	mirror(k, n)
	h.apply(k, n)
	transpose(k, n)
	h.apply(k, n)
	m := n - h.first()
	if m == 0 {
		return nil, nil, true, nil
	}
	sub := k
	if m < n {
		sub = make([]float64, m*m)
		for i := range m {
			copy(sub[i*m:(i+1)*m], k[(i+1)*n+1:])
		}
	}
	values, z, ok = linalg.EigenSym(sub, m, true)
	if !ok || d.sparse() || max(values[0], 0)+least >= lossy*values[m-1] {
		return values, z, ok, nil
	}
	return d.preciseDualSpectrum(ctx, h, dense)
}

// preciseDualSpectrum takes the singular values of the rows instead, through the triangle of their transpose.
func (d *design) preciseDualSpectrum(ctx context.Context, h reflector, dense []float64) (values, z []float64, ok bool, err error) {
	n, p := d.rows, d.cols
	h.apply(dense, p)
	skip := h.first()
	m := n - skip
	q := linalg.NewQR(p, m, 0)
	for j := range p {
		row := q.Row()
		for i := range row {
			row[i] = dense[(i+skip)*p+j]
		}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, nil, false, err
	}
	r := make([]float64, m*m)
	_, rt := q.Triangle()
	copy(r, rt)
	s, ok := linalg.NewSVD(r, m, m, linalg.ThinVectors)
	if !ok {
		return nil, nil, false, nil
	}
	values = s.Values
	kern.Mul(values, values, values)
	return values, s.V, true, nil
}

// reflector is the Householder reflection that turns the roots of the weights into the first axis; the zero value leaves all as it is.
type reflector struct {
	v    []float64
	beta float64
}

func newReflector(d *design) reflector {
	v := make([]float64, d.rows)
	for i := range v {
		v[i] = math.Sqrt(d.w(i) / d.total)
	}
	v[0]++
	return reflector{v, 2 / linalg.Dot(v, v)}
}

// first is the row that stays after the direction that is reflected out: 0 if none is.
func (h reflector) first() int {
	if h.v == nil {
		return 0
	}
	return 1
}

// apply reflects the columns of a matrix.
func (h reflector) apply(a []float64, cols int) {
	if h.v == nil {
		return
	}
	sums := make([]float64, cols)
	kern.Gemv(true, len(h.v), cols, h.beta, a, cols, h.v, 0, sums)
	for i, v := range h.v {
		linalg.Axpy(-v, sums, a[i*cols:(i+1)*cols])
	}
}

func transpose(a []float64, n int) {
	for i := range n {
		for j := range i {
			a[i*n+j], a[j*n+i] = a[j*n+i], a[i*n+j]
		}
	}
}
