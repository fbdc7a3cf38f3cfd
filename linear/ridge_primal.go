package linear

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
)

const (
	// wellConditioned is the reciprocal condition of a Gram matrix above which Cholesky alone keeps about ten digits.
	wellConditioned = 1e-5
	// illConditioned is that below which refinement would no longer converge safely.
	illConditioned = 1e-11
	// nearlyOrthogonal is that above which one refinement step in working precision leaves nothing but rounding.
	nearlyOrthogonal = 0.1
)

// primal solves (XᵀX + alpha I) b = Xᵀy for the centred X by Cholesky, or by QR if X is too ill-conditioned for it. Without a
// penalty the solution is always refined, so that nothing of the squared condition number is left in it (corrected seminormal
// equations: Björck, Linear Algebra Appl. 88 (1987)), and doubt about the rank is left to QR.
func (d *design) primal(ctx context.Context, where string, alphas []float64) ([]solution, ml.Info, error) {
	gram, err := d.gram(ctx)
	if err != nil {
		return nil, ml.Info{}, err
	}
	fits := make([]solution, len(alphas))
	for _, group := range equalAlphas(alphas) {
		alpha := alphas[group[0]]
		chol := d.factorGram(gram, alpha)
		if chol == nil {
			return d.direct(ctx, where, alphas)
		}
		rcond := chol.RCond()
		if rcond < illConditioned || alpha == 0 && d.doubtful(gram, rcond) {
			return d.direct(ctx, where, alphas)
		}
		for _, t := range group {
			s := solution{coef: make([]float64, d.cols)}
			for j := range s.coef {
				s.coef[j] = gram[j*(d.cols+len(alphas))+d.cols+t]
			}
			chol.Solve(s.coef)
			s.intercept = d.intercept(t, s.coef)
			precise := rcond >= wellConditioned
			if alpha == 0 {
				precise = !d.sparse() && rcond >= nearlyOrthogonal && d.polish(chol, t, &s)
			}
			if !precise {
				if err := d.refine(ctx, choleskyCorrector{chol}, t, alpha, 1/rcond, &s); err != nil {
					return nil, ml.Info{}, err
				}
			}
			fits[t] = s
		}
	}
	return fits, ml.Info{}, nil
}

// doubtful reports whether some column may be dependent on the others to rounding of its uncentred size.
func (d *design) doubtful(gram []float64, rcond float64) bool {
	const left = 1e-12 // of the square of the size: far above what leastSquares takes for dependent
	width := d.cols + len(d.targets)
	for j, s := range d.size {
		if !(gram[j*width+j]*rcond > left*s*s) {
			return true
		}
	}
	return false
}

// polish takes one step of refinement in working precision on the centred rows. It is false if that changed more than rounding.
func (d *design) polish(chol *linalg.Cholesky, t int, s *solution) bool {
	sum := d.cols // place of Σ w r behind the gradient
	grad := par.Reduce(d.rows, grain(d.rows, d.cols/2+20), func(_, lo, hi int) []float64 {
		g, r := make([]float64, d.cols+1), make([]float64, blockLength(d.cols))
		if d.level {
			d.levelResiduals(g, r, lo, hi, t, s)
			return g
		}
		d.centeredBlocks(lo, hi, 0, func(rows []float64, stride int, roots []float64) bool {
			r := r[:len(roots)]
			for i := range r {
				r[i] = rows[i*stride+d.cols+t]
			}
			kern.Gemv(false, len(r), d.cols, -1, rows, stride, s.coef, 1, r)
			kern.Gemv(true, len(r), d.cols, 1, rows, stride, r, 1, g[:d.cols])
			g[sum] += kern.Dot(roots, r)
			return true
		})
		return g
	}, addInto)
	step := grad[:d.cols]
	chol.Solve(step)
	linalg.Axpy(1, step, s.coef)
	if d.fitted { // from the step, not from the rounded coefficients: their last bits weigh as much as the mean of their column
		s.intercept += grad[sum]/d.total - linalg.Dot(d.center, step)
	}
	const rounding = 1e-9
	return d.sized(step) <= rounding*d.sized(s.coef)
}

// levelResiduals adds Xᵀr for rows lo..hi-1 with X where it lies, and behind it Σ r; r is room.
func (d *design) levelResiduals(g, r []float64, lo, hi, t int, s *solution) {
	base := d.offset[t] - linalg.Dot(d.center, s.coef)
	sum := 0.0
	for length := len(r); lo < hi; lo += length {
		n := min(length, hi-lo)
		x, r := d.x.Block(lo, lo+n, nil), r[:n]
		for i, y := range d.targets[t][lo : lo+n] {
			r[i] = y - base
		}
		kern.Gemv(false, n, d.cols, -1, x, d.cols, s.coef, 1, r)
		kern.Gemv(true, n, d.cols, 1, x, d.cols, r, 1, g[:d.cols])
		sum += kern.Sum(r)
	}
	linalg.Axpy(-sum, d.center, g[:d.cols])
	g[d.cols] += sum
}

type choleskyCorrector struct{ *linalg.Cholesky }

func (c choleskyCorrector) Correct(dst, grad []float64) {
	copy(dst, grad)
	c.Solve(dst)
}

// equalAlphas groups targets by penalty, in order of first appearance.
func equalAlphas(alphas []float64) [][]int {
	var groups [][]int
	for t, a := range alphas {
		at := slices.IndexFunc(groups, func(g []int) bool { return alphas[g[0]] == a })
		if at < 0 {
			groups = append(groups, []int{t})
		} else {
			groups[at] = append(groups[at], t)
		}
	}
	return groups
}

// factorGram factors the leading block of gram with alpha on its diagonal; nil if centring left it less than its rounding.
func (d *design) factorGram(gram []float64, alpha float64) *linalg.Cholesky {
	width := d.cols + len(d.targets)
	a := make([]float64, d.cols*d.cols)
	for i := range d.cols {
		copy(a[i*d.cols+i:(i+1)*d.cols], gram[i*width+i:i*width+d.cols])
		const cancelled = 1e-8 // sparse Gram matrices are centred after the sum
		if d.sparse() && a[i*d.cols+i] < cancelled*d.size[i]*d.size[i] && alpha < d.size[i]*d.size[i] {
			return nil
		}
		a[i*d.cols+i] += alpha
	}
	return linalg.NewCholesky(a, d.cols)
}

// gram is the upper triangle of [X Y]ᵀ[X Y] for the centred and weighted X and Y.
func (d *design) gram(ctx context.Context) ([]float64, error) {
	if d.known != nil {
		return d.known, nil
	}
	width := d.cols + len(d.targets)
	g := d.reduceGram(width, func(g []float64, lo, hi int) {
		if d.sparse() {
			d.addSparseGram(g, lo, hi)
			return
		}
		d.centeredBlocks(lo, hi, 0, func(rows []float64, stride int, roots []float64) bool {
			linalg.AddGram(g, rows, len(roots), width, stride)
			return ctx.Err() == nil
		})
	})
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if d.sparse() && d.fitted {
		for i, m := range d.center {
			linalg.Axpy(-d.total*m, d.center[i:], g[i*width+i:i*width+d.cols])
		}
	}
	return g, nil
}

// reduceGram sums what add adds to a square matrix for every run of rows.
func (d *design) reduceGram(width int, add func(g []float64, lo, hi int)) []float64 {
	const partials = 1 << 24 // numbers in all partial sums together
	chunks := max(min(partials/(width*width), maxChunks), 1)
	return par.Reduce(d.rows, max((d.rows+chunks-1)/chunks, par.Grain(width*width/8)), func(_, lo, hi int) []float64 {
		g := make([]float64, width*width)
		add(g, lo, hi)
		return g
	}, addInto)
}

// blockLength is the number of rows of some width that stay in a cache between the products that use them.
func blockLength(width int) int {
	const cache = 1 << 14 // numbers
	return max(cache/width, 16)
}

// centeredBlocks calls visit with a few centred rows at a time, targets and some room behind them, and the roots of their weights, until
// it returns false. Rows begin at cache lines: stores across two of them would take longer than the products.
func (d *design) centeredBlocks(lo, hi, room int, visit func(rows []float64, stride int, roots []float64) bool) {
	const line = 8 // numbers
	stride := (d.cols + len(d.targets) + room + line - 1) / line * line
	length := min(blockLength(stride), hi-lo)
	rows, roots, buf := make([]float64, length*stride), make([]float64, length), d.rowScratch()
	n := 0
	for i := lo; i < hi; i++ {
		if d.centered(rows[n*stride:(n+1)*stride], i, buf) {
			roots[n] = math.Sqrt(d.w(i))
			n++
		}
		if n > 0 && (n == length || i == hi-1) {
			if !visit(rows[:n*stride], stride, roots[:n]) {
				return
			}
			n = 0
		}
	}
}

// addSparseGram adds the products of the nonzeros of rows lo..hi-1, not centred (targets are).
func (d *design) addSparseGram(g []float64, lo, hi int) {
	width := d.cols + len(d.targets)
	buf := d.scratch()
	for i := lo; i < hi; i++ {
		w := d.w(i)
		cols, vals := d.nonzeros(i, buf)
		for a, j := range cols {
			wx := w * vals[a]
			row := g[int(j)*width : (int(j)+1)*width]
			for b := a; b < len(cols); b++ {
				row[cols[b]] += wx * vals[b]
			}
			for t, y := range d.targets {
				row[d.cols+t] += wx * (y[i] - d.offset[t])
			}
		}
	}
}
