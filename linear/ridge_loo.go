package linear

import (
	"context"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

// leaveOneOut finds, for each penalty, what the ridge fits without each row would say of it, from one decomposition: the residual
// over 1 - leverage, the intercept's included (Allen, Technometrics 16 (1974); Rifkin and Lippert, MIT-CSAIL-TR-2007-025).
type leaveOneOut struct {
	*design
	alphas []float64
	drop   []float64 // how much of the weight of each row is left out; nil: one repetition, or all of it if that is less
	keep   bool      // the residuals

	errors    []float64 // targets x alphas: the mean squared residual
	residuals []float64 // rows x targets x alphas, if kept; 0 for weight 0
}

// dropped is the weight that leaves with row i.
func (l *leaveOneOut) dropped(i int) float64 {
	if l.drop != nil {
		return l.drop[i]
	}
	return min(l.w(i), 1)
}

const (
	// lossy is the share of the largest eigenvalue that the smallest one plus penalty must have, or a Gram matrix has lost it half.
	lossy = 1e-6
	// largestGram is the order of the largest matrix to decompose: 2 GB.
	largestGram = 1 << 14
)

func (l *leaveOneOut) run(ctx context.Context, where string) error {
	active := l.rows
	for i := range l.rows {
		if l.w(i) == 0 {
			active--
		}
	}
	if active < 2 {
		return ml.BadShape(where, "X", "one row of positive weight", "at least two to leave one out")
	}
	wide := active <= l.cols+1
	size := l.cols
	if wide {
		size = l.rows
	}
	if size > largestGram {
		return ml.BadShape(where, "X", "too large to leave one out exactly", "at most 16384 rows or columns; or set Splitter, such as selection.KFold{}")
	}
	l.errors = make([]float64, len(l.targets)*len(l.alphas))
	if l.keep {
		l.residuals = make([]float64, l.rows*len(l.errors))
	}
	var ok bool
	var err error
	if wide {
		ok, err = l.dual(ctx)
	} else {
		ok, err = l.primal(ctx)
	}
	if err == nil && (!ok || !linalg.AllFinite(l.errors)) {
		err = tooLarge(where)
	}
	return err
}

// record notes the residual without row i for one target and penalty.
func (l *leaveOneOut) record(sums []float64, i, at int, r float64) {
	sums[at] += l.w(i) * r * r
	if l.keep {
		l.residuals[i*len(sums)+at] = r
	}
}

// primal rotates the rows to the eigenvectors of XᵀX, where each penalty is a diagonal.
func (l *leaveOneOut) primal(ctx context.Context) (bool, error) {
	values, vectors, moments, ok, err := l.spectrum(ctx)
	if !ok || err != nil {
		return false, err
	}
	p, targets, alphas := l.cols, len(l.targets), len(l.alphas)
	outs := targets * alphas
	inverse, coef := make([]float64, p*alphas), make([]float64, p*outs)
	for j, v := range values {
		for a, alpha := range l.alphas {
			if v < 0 { // nothing but rounding
				continue
			}
			inverse[j*alphas+a] = 1 / (v + alpha)
			for t := range targets {
				coef[j*outs+t*alphas+a] = moments[j*targets+t] / (v + alpha)
			}
		}
	}
	level := 0.0
	if l.fitted {
		level = 1 / l.total
	}
	chunks := par.Chunks(l.rows, grain(l.rows, p*p/4+p*outs/4+40))
	parts := make([][]float64, chunks)
	err = par.Do(ctx, chunks, func(ctx context.Context, c int) error {
		lo, hi := par.Bounds(l.rows, chunks, c)
		sums := make([]float64, outs)
		parts[c] = sums
		length := min(blockLength(2*p+outs), hi-lo)
		x, z := make([]float64, length*p), make([]float64, length*p)
		fit, leverage, buf := make([]float64, length*outs), make([]float64, length*alphas), l.rowScratch()
		for ; lo < hi; lo += length {
			if err := ml.Done(ctx); err != nil {
				return err
			}
			m := min(length, hi-lo)
			for i := range m {
				kern.Add(x[i*p:(i+1)*p], l.row(lo+i, buf), l.shift)
			}
			kern.Gemm(false, false, m, p, p, 1, x, p, vectors, p, 0, z, p)
			kern.Gemm(false, false, m, outs, p, 1, z, p, coef, outs, 0, fit, outs)
			kern.Mul(z[:m*p], z[:m*p], z[:m*p])
			kern.Gemm(false, false, m, alphas, p, 1, z, p, inverse, alphas, 0, leverage, alphas)
			for i := range m {
				l.leave(sums, lo+i, level, fit[i*outs:(i+1)*outs], leverage[i*alphas:(i+1)*alphas])
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	l.mean(parts)
	return true, nil
}

// leave records the residuals of row i without it, from the centred predictions with it and its leverage per unit of weight.
func (l *leaveOneOut) leave(sums []float64, i int, level float64, fit, leverage []float64) {
	if l.w(i) == 0 {
		return
	}
	drop := l.dropped(i)
	for t, y := range l.targets {
		r := y[i] - l.offset[t]
		for a, h := range leverage {
			const least = 0x1p-50 // what rounding leaves of 1 - leverage
			at := t*len(leverage) + a
			l.record(sums, i, at, (r-fit[at])/max(1-drop*(level+h), least))
		}
	}
}

func (l *leaveOneOut) mean(parts [][]float64) {
	for _, sums := range parts {
		linalg.Axpy(1, sums, l.errors)
	}
	kern.Scal(1/l.total, l.errors, l.errors)
}

// spectrum returns the eigenvalues of XᵀX (-1 for those that are rounding), its eigenvectors in columns, and VᵀXᵀY, of centred and
// weighted numbers. Where forming XᵀX would lose what the smallest penalty lets through, they come from the singular values of the
// triangle of X.
func (l *leaveOneOut) spectrum(ctx context.Context) (values, vectors, moments []float64, ok bool, err error) {
	p, targets := l.cols, len(l.targets)
	width := p + targets
	gram, err := l.gram(ctx)
	if err != nil {
		return nil, nil, nil, false, err
	}
	g, xy := make([]float64, p*p), make([]float64, p*targets)
	before := 0.0 // sum of squares before centring
	for j := range p {
		copy(g[j*p+j:(j+1)*p], gram[j*width+j:])
		copy(xy[j*targets:(j+1)*targets], gram[j*width+p:])
		before += l.size[j] * l.size[j]
	}
	if !linalg.AllFinite(gram) {
		return nil, nil, nil, false, nil
	}
	values, vectors, ok = linalg.EigenSym(g, p, true)
	if !ok {
		return nil, nil, nil, false, nil
	}
	scale := values[p-1]
	if l.sparse() {
		scale = before // centring came after the sums
	}
	if values[0]+slices.Min(l.alphas) < lossy*scale {
		return l.preciseSpectrum(ctx)
	}
	moments = make([]float64, p*targets)
	kern.Gemm(true, false, p, targets, p, 1, vectors, p, xy, targets, 0, moments, targets)
	for j, v := range values {
		values[j] = max(v, 0)
	}
	return values, vectors, moments, true, nil
}

func (l *leaveOneOut) preciseSpectrum(ctx context.Context) (values, vectors, moments []float64, ok bool, err error) {
	p, targets := l.cols, len(l.targets)
	width := p + targets
	q, err := l.triangle(ctx)
	if err != nil {
		return nil, nil, nil, false, err
	}
	rows, rt := q.Triangle()
	if !linalg.AllFinite(rt) {
		return nil, nil, nil, false, nil
	}
	r, qy := make([]float64, p*p), make([]float64, p*targets)
	for i := range rows {
		copy(r[i*p+i:(i+1)*p], rt[i*width+i:])
		copy(qy[i*targets:(i+1)*targets], rt[i*width+p:])
	}
	s, ok := linalg.NewSVD(r, p, p, linalg.ThinVectors)
	if !ok {
		return nil, nil, nil, false, nil
	}
	values, moments = make([]float64, p), make([]float64, p*targets)
	kern.Gemm(true, false, p, targets, p, 1, s.U, p, qy, targets, 0, moments, targets)
	rounding := 0x1p-52 * float64(max(l.rows, p)) * s.Values[0]
	for j, v := range s.Values {
		kern.Scal(v, moments[j*targets:(j+1)*targets], moments[j*targets:(j+1)*targets])
		values[j] = v * v
		if v <= rounding {
			values[j] = -1
		}
	}
	return values, s.V, moments, true, nil
}
