package linear

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// inference is a least-squares fit under way to its statistics. Of the columns, those that depend on the ones before are left out.
type inference struct {
	*design
	config OLSInference
	kept   []int                // columns, rising
	factor *linalg.LeastSquares // of the kept columns, centred and weighted
	inv    []float64            // inverse of their triangle R, kept x kept
	s      solution

	residuals, leverage []float64
	n                   float64 // observations
	rss, sigma          float64
}

func newInference(ctx context.Context, where string, c OLSInference, data ml.Dataset[float64]) (*inference, error) {
	d, err := newDesign(where, data.Table, [][]float64{data.Y}, !c.NoIntercept)
	if err != nil {
		return nil, err
	}
	q, err := d.triangle(ctx)
	if err != nil {
		return nil, err
	}
	rows, rt := q.Triangle()
	if !linalg.AllFinite(rt) {
		return nil, tooLarge(where)
	}
	const eps = 0x1p-52
	kept := leadingColumns(rt, rows, d.cols, 1, d.size, eps*float64(max(d.rows, d.cols)))
	p := &inference{design: d, config: c, kept: kept}
	k := len(kept)
	small, size := make([]float64, k*(k+1)), make([]float64, k)
	p.inv = make([]float64, k*k)
	for i := range k {
		size[i] = d.size[kept[i]]
		for a := i; a < k; a++ {
			small[i*(k+1)+a] = rt[i*(d.cols+1)+kept[a]]
		}
		copy(p.inv[i*k:(i+1)*k], small[i*(k+1):])
		small[i*(k+1)+k] = rt[i*(d.cols+1)+d.cols]
	}
	linalg.InvertTriangular(true, k, p.inv, k)
	if p.factor = linalg.NewLeastSquares(small, k, k, 1, size, 0); p.factor == nil || !linalg.AllFinite(p.inv) {
		return nil, tooLarge(where)
	}
	p.s.coef = make([]float64, d.cols)
	basic := make([]float64, k)
	p.factor.Basic(basic, 0)
	p.scatter(p.s.coef, basic)
	p.s.intercept = d.intercept(0, p.s.coef)
	if err := d.refine(ctx, p, 0, 0, p.factor.Cond(), &p.s); err != nil {
		return nil, err
	}
	return p, checkSolutions(where, []solution{p.s})
}

// leadingColumns eliminates a triangle with targets beside it once more, column by column, and picks those of which the ones before
// them leave more than tol of their size (LINPACK's limited pivoting, as R's lm does it). In rt it leaves the triangle of these
// columns, at their places, in the leading rows.
func leadingColumns(rt []float64, rows, cols, targets int, size []float64, tol float64) []int {
	w := cols + targets
	kept := []int{}
	v := make([]float64, rows)
	for j := range cols {
		k := len(kept)
		if k == rows {
			break
		}
		v := v[k:]
		for i := range v {
			v[i] = rt[(k+i)*w+j]
		}
		norm := linalg.Norm(v)
		if !(norm > tol*size[j]) {
			continue
		}
		kept = append(kept, j)
		if math.Abs(v[0]) == norm {
			continue
		}
		// The reflection that leaves -sign(v0)·norm of v.
		pivot := -math.Copysign(norm, v[0])
		v[0] -= pivot
		scale := -1 / (v[0] * pivot) // 2/|v|²
		for c := j + 1; c < w; c++ {
			z := 0.0
			for i, vi := range v {
				z += vi * rt[(k+i)*w+c]
			}
			z *= scale
			for i, vi := range v {
				rt[(k+i)*w+c] -= z * vi
			}
		}
		rt[k*w+j] = pivot
		for i := 1; i < len(v); i++ {
			rt[(k+i)*w+j] = 0
		}
	}
	return kept
}

// scatter writes values of the kept columns to their places.
func (p *inference) scatter(dst, kept []float64) {
	clear(dst)
	for a, j := range p.kept {
		dst[j] = kept[a]
	}
}

// Correct makes inference a corrector for all columns.
func (p *inference) Correct(dst, grad []float64) {
	g, step := make([]float64, len(p.kept)), make([]float64, len(p.kept))
	for a, j := range p.kept {
		g[a] = grad[j]
	}
	p.factor.Correct(step, g)
	p.scatter(dst, step)
}

// count is how many observations row i stands for, and unit the factor that gives them equal variance.
func (p *inference) count(i int) float64 {
	if w := p.w(i); w == 0 || !p.config.Precision {
		return w
	}
	return 1
}

func (p *inference) unit(i int) float64 {
	if p.config.Precision {
		return math.Sqrt(p.w(i))
	}
	return 1
}

// lead is 1 with an intercept, whose place is before the columns in what follows, else 0.
func (p *inference) lead() int {
	if p.fitted {
		return 1
	}
	return 0
}

// basis calls visit with the rows of an orthonormal basis of the columns, a few at a time: row i is unit(i)·(1, x - center) times the
// inverse triangle, so that XᵀX is the identity in it.
func (p *inference) basis(ctx context.Context, lo, hi int, visit func(first int, q []float64)) error {
	k, lead := len(p.kept), p.lead()
	width := k + lead
	length := min(blockLength(2*width+1), hi-lo)
	x, q, buf, full := make([]float64, length*k), make([]float64, length*width), p.rowScratch(), make([]float64, p.cols)
	level := 1 / math.Sqrt(p.total)
	for ; lo < hi; lo += length {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		m := min(length, hi-lo)
		for i := range m {
			kern.Add(full, p.row(lo+i, buf), p.shift)
			u := p.unit(lo + i)
			for a, j := range p.kept {
				x[i*k+a] = u * full[j]
			}
			if lead == 1 {
				q[i*width] = u * level
			}
		}
		if k > 0 {
			kern.Gemm(false, false, m, k, k, 1, x, k, p.inv, k, 0, q[lead:], width)
		}
		visit(lo, q[:m*width])
	}
	return nil
}

// observe finds residuals, in double-double arithmetic, and leverages.
func (p *inference) observe(ctx context.Context) error {
	p.residuals, p.leverage = make([]float64, p.rows), make([]float64, p.rows)
	par.For(p.rows, 8*p.cols+20, func(lo, hi int) {
		buf := p.scratch()
		for i := lo; i < hi; i++ {
			p.residuals[i] = p.residual(i, buf)
		}
	})
	width := len(p.kept) + p.lead()
	chunks := par.Chunks(p.rows, grain(p.rows, width*width/4+40))
	return par.Do(ctx, chunks, func(ctx context.Context, c int) error {
		lo, hi := par.Bounds(p.rows, chunks, c)
		return p.basis(ctx, lo, hi, func(first int, q []float64) {
			for i := first; len(q) > 0; i, q = i+1, q[width:] {
				if p.w(i) > 0 {
					p.leverage[i] = min(linalg.Dot(q[:width], q), 1)
				}
			}
		})
	})
}

func (p *inference) residual(i int, buf *scratch) float64 {
	r := linalg.Double{Hi: p.targets[0][i]}.AddFloat(-p.s.intercept)
	if !p.sparse() {
		return linalg.ResidualDot(r, p.row(i, buf), p.s.coef).Sum()
	}
	cols, vals := p.nonzeros(i, buf)
	for k, j := range cols {
		r = r.AddProduct(-vals[k], p.s.coef[j])
	}
	return r.Sum()
}

// quality fills in what depends on the residuals alone.
func (p *inference) quality(m *OLSResults) {
	var n, rss, tss, logs, steps stats.Compensated
	var shape stats.Moments
	scaled, counts := make([]float64, p.rows), make([]float64, p.rows)
	last, seen := 0.0, false
	for i, y := range p.targets[0] {
		w, c := p.w(i), p.count(i)
		if c == 0 {
			continue
		}
		e := p.unit(i) * p.residuals[i]
		scaled[i], counts[i] = e, c
		n.Add(c)
		rss.Add(c * e * e)
		tss.Add(w * (y - p.offset[0]) * (y - p.offset[0]))
		if p.config.Precision {
			logs.Add(math.Log(w))
		}
		if seen {
			steps.Add((e - last) * (e - last))
		}
		shape.Add(e, c)
		last, seen = e, true
	}
	p.n, p.rss = n.Sum(), rss.Sum()
	k := float64(len(p.kept) + p.lead())
	m.Observations, m.DFModel, m.DFResidual = p.n, len(p.kept), p.n-k
	m.RSS, m.TSS = p.rss, tss.Sum()
	p.sigma = math.NaN()
	if m.DFResidual > 0 {
		p.sigma = math.Sqrt(p.rss / m.DFResidual)
	}
	m.Sigma = p.sigma
	m.R2 = 1 - m.RSS/m.TSS
	m.AdjR2 = 1 - (1-m.R2)*(p.n-float64(p.lead()))/m.DFResidual
	m.LogLik = -p.n/2*(math.Log(2*math.Pi*m.RSS/p.n)+1) + logs.Sum()/2
	m.AIC = 2*k - 2*m.LogLik
	m.BIC = math.Log(p.n)*k - 2*m.LogLik
	m.DurbinWatson = steps.Sum() / p.rss
	m.Skewness, m.Kurtosis = shape.Skewness(), shape.Kurtosis()
	m.Condition = p.standardCondition()
	if !(m.DFResidual > 0) {
		m.AdjR2 = math.NaN()
	}
	sample := stats.NewSample(scaled, counts)
	for _, q := range []float64{0, 0.25, 0.5, 0.75, 1} {
		m.Quantiles = append(m.Quantiles, sample.Quantile(q, stats.Linear))
	}
	m.Residuals, m.Leverage, m.Standardized = p.residuals, p.leverage, make([]float64, p.rows)
	for i, h := range p.leverage {
		m.Standardized[i] = math.NaN()
		if free := 1 - h; counts[i] > 0 && free > leftFree {
			m.Standardized[i] = scaled[i] / (p.sigma * math.Sqrt(free))
		}
	}
	m.Center = slices.Clone(p.center)
	m.Aliased = make([]bool, p.cols)
	for j := range m.Aliased {
		_, found := slices.BinarySearch(p.kept, j)
		m.Aliased[j] = !found
	}
}

// standardCondition is the condition number of the columns divided by their standard deviations.
func (p *inference) standardCondition() float64 {
	k := len(p.kept)
	r, size := append([]float64(nil), p.inv...), make([]float64, k)
	linalg.InvertTriangular(true, k, r, k)
	for i := range k {
		for j := i; j < k; j++ {
			size[j] = math.Hypot(size[j], r[i*k+j])
		}
	}
	return linalg.NewLeastSquares(r, k, k, 0, size, 0).Cond()
}

// leftFree is the 1 - leverage below which a row determines its own prediction, to rounding.
const leftFree = 1e-12

func (p *inference) note(m *OLSResults) {
	var notes []string
	var names []string
	for j, a := range m.Aliased {
		if a {
			names = append(names, ml.ColumnName(m.Columns, j))
		}
	}
	if len(names) > 0 {
		const most = 10
		list := strings.Join(names[:min(len(names), most)], ", ")
		if len(names) > most {
			list += ", ..."
		}
		notes = append(notes, fmt.Sprintf("rank %d of %d: dependent on the columns before them, and left out: %s", len(p.kept), p.cols, list))
	}
	if !(m.DFResidual > 0) {
		notes = append(notes, "no residual degrees of freedom: there are no standard errors")
	}
	full := 0
	for i, h := range p.leverage {
		if p.w(i) > 0 && 1-h <= leftFree {
			full++
		}
	}
	if full > 0 && m.DFResidual > 0 {
		text := fmt.Sprintf("%d rows of leverage 1 determine their own prediction", full)
		if p.config.Covariance == HC2 || p.config.Covariance == HC3 {
			text += "; " + p.config.Covariance.String() + " leaves them out"
		}
		notes = append(notes, text)
	}
	m.Info.Note = strings.Join(notes, "; ")
}
