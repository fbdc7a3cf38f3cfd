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

// design is a weighted least-squares problem: rows, weights and one or more targets, with the centring that takes an unpenalised
// intercept out of it. X stays as it is; centring and weighting happen row by row on the way into a factorisation.
type design struct {
	source
	weight  []float64   // nil: ones
	targets [][]float64 // one slice for each target
	center  []float64   // weighted column means; zeros without an intercept
	offset  []float64   // weighted target means; zeros without an intercept
	size    []float64   // sqrt(Σ w x²) of each column before centring
	shift   []float64   // -center
	total   float64     // Σ w
	fitted  bool        // there is an intercept
	known   []float64   // nil, or what gram returns
	level   bool        // rows lie in blocks, none is weighted, and no mean is large beside its column's spread: sums over X as it is lose nothing
	cross   []float64   // nil, or Σ w x (y - offset) for each target and column, and then Σ w (y - offset) for each target
}

// maxChunks bounds the partial results of one pass over the rows. It also bounds the cores a pass can use.
const maxChunks = 16

// grain is the chunk length of a pass over n rows at about ns nanoseconds each: a fixed number of chunks, but none too small.
func grain(n, ns int) int { return max((n+maxChunks-1)/maxChunks, par.Grain(ns)) }

func newDesign(where string, table ml.Table, targets [][]float64, intercept bool) (*design, error) {
	return measured(where, &design{source: newSource(table.X), weight: table.Weight, targets: targets, fitted: intercept})
}

// newCrossDesign is newDesign for a method that begins with the products of the columns and the targets: the pass for the moments adds them up.
func newCrossDesign(where string, table ml.Table, targets [][]float64, intercept bool) (*design, error) {
	d := blankDesign(&design{source: newSource(table.X), weight: table.Weight, targets: targets, fitted: intercept})
	if d.sparse() {
		return newDesign(where, table, targets, intercept)
	}
	if intercept {
		for t, y := range targets {
			d.offset[t] = d.mean(y)
		}
	}
	d.cross = make([]float64, len(targets)*(d.cols+1))
	return d, d.measure(where)
}

// mean is the weighted one of a number for each row.
func (d *design) mean(y []float64) float64 {
	if d.weight == nil {
		return kern.Sum(y) / float64(len(y))
	}
	return kern.Dot(d.weight, y) / kern.Sum(d.weight)
}

// measured is a design with the rows, weights and targets of another, and the moments that go with them.
func measured(where string, of *design) (*design, error) {
	d := blankDesign(of)
	return d, d.measure(where)
}

// measure sets the moments.
func (d *design) measure(where string) error {
	m := d.moments()
	d.total = m.total
	for j := range d.size {
		d.size[j] = math.Sqrt(m.squares[j])
	}
	if d.fitted {
		for j := range d.center {
			d.center[j] = m.sums[j] / m.total
		}
		if d.cross == nil {
			for t := range d.offset {
				d.offset[t] = m.targets[t] / m.total
			}
		}
		d.setShift()
	}
	if d.cross != nil {
		d.cross = m.cross
	}
	return d.check(where)
}

// blankDesign is a design with the rows, weights and targets of another, and room for the moments.
func blankDesign(of *design) *design {
	p := of.cols
	return &design{source: of.source, weight: of.weight, targets: of.targets, fitted: of.fitted,
		center: make([]float64, p), shift: make([]float64, p), size: make([]float64, p), offset: make([]float64, len(of.targets))}
}

func (d *design) setShift() {
	for j, c := range d.center {
		d.shift[j] = -c
	}
}

// check refuses what overflowed.
func (d *design) check(where string) error {
	if linalg.AllFinite(d.size) && linalg.AllFinite(d.center) && linalg.AllFinite(d.offset) {
		return nil
	}
	return tooLarge(where)
}

// w is the weight of row i.
func (d *design) w(i int) float64 {
	if d.weight == nil {
		return 1
	}
	return d.weight[i]
}

// moments are weighted sums over rows.
type moments struct {
	total                  float64
	sums, squares, targets []float64
	cross                  []float64 // as in design
}

func (d *design) moments() moments {
	value := func(_, lo, hi int) moments {
		m := moments{sums: make([]float64, d.cols), squares: make([]float64, d.cols), targets: make([]float64, len(d.targets)), cross: make([]float64, len(d.cross))}
		for i := lo; i < hi; i++ {
			w := d.w(i)
			m.total += w
			for t, y := range d.targets {
				m.targets[t] += w * y[i]
			}
		}
		if d.sparse() {
			d.addSparseMoments(&m, lo, hi)
		} else {
			d.addMoments(&m, lo, hi)
		}
		return m
	}
	return par.Reduce(d.rows, grain(d.rows, d.cols/4+20), value, func(a, b moments) moments {
		a.total += b.total
		linalg.Axpy(1, b.sums, a.sums)
		linalg.Axpy(1, b.squares, a.squares)
		linalg.Axpy(1, b.targets, a.targets)
		linalg.Axpy(1, b.cross, a.cross)
		return a
	})
}

// addMoments goes through the rows in blocks that stay in the nearest cache, or the next one if there are targets to multiply with.
func (d *design) addMoments(m *moments, lo, hi int) {
	cache, with := 1<<11, 1 // numbers, and as many squares; the rows of weights that the columns are summed with
	if d.cross != nil {
		cache, with = 1<<13, 1+len(d.targets)
	}
	length := min(max(cache/d.cols, 8), hi-lo)
	block, squares, weight := make([]float64, length*d.cols), make([]float64, length*d.cols), make([]float64, with*length)
	for i := range length {
		weight[i] = 1
	}
	sums := make([]float64, with*d.cols)
	for at := lo; at < hi; at += length {
		n := min(length, hi-at)
		if d.weight != nil {
			copy(weight, d.weight[at:at+n])
		}
		if d.cross != nil {
			for t, y := range d.targets {
				row, total := weight[(t+1)*length:(t+2)*length], 0.0
				for i := range n {
					row[i] = weight[i] * (y[at+i] - d.offset[t])
					total += row[i]
				}
				m.cross[len(d.targets)*d.cols+t] += total
			}
		}
		x := d.x.Block(at, at+n, block)
		kern.Mul(squares[:n*d.cols], x, x) // first: it reads x from end to end, as the memory likes it
		kern.Gemv(true, n, d.cols, 1, squares, d.cols, weight[:n], 1, m.squares)
		kern.Gemm(false, false, with, d.cols, n, 1, weight, length, x, d.cols, 1, sums, d.cols)
	}
	linalg.Axpy(1, sums[:d.cols], m.sums)
	linalg.Axpy(1, sums[d.cols:], m.cross[:max(len(m.cross)-len(d.targets), 0)])
}

func (d *design) addSparseMoments(m *moments, lo, hi int) {
	buf := d.scratch()
	for i := lo; i < hi; i++ {
		w := d.w(i)
		cols, vals := d.nonzeros(i, buf)
		for k, j := range cols {
			wx := w * vals[k]
			m.sums[j] += wx
			m.squares[j] += wx * vals[k]
		}
	}
}

// centered writes row i, centred and scaled by the root of its weight, and its targets behind it. It is false for weight 0.
func (d *design) centered(dst []float64, i int, buf *scratch) bool {
	w := d.w(i)
	if w == 0 {
		return false
	}
	root := math.Sqrt(w)
	x := dst[:d.cols]
	kern.Add(x, d.row(i, buf), d.shift)
	if root != 1 {
		kern.Scal(root, x, x)
	}
	for t, y := range d.targets {
		dst[d.cols+t] = root * (y[i] - d.offset[t])
	}
	return true
}

// picked writes the columns at work of row i, centred and scaled by the root of its weight; place is where in work a column stands, -1
// for nowhere. It is false for weight 0.
func (d *design) picked(dst []float64, i int, buf *scratch, work, place []int) bool {
	w := d.w(i)
	if w == 0 {
		return false
	}
	root := math.Sqrt(w)
	if d.sparse() {
		for at, j := range work {
			dst[at] = -root * d.center[j]
		}
		cols, vals := d.nonzeros(i, buf)
		for k, j := range cols {
			if at := place[j]; at >= 0 {
				dst[at] += root * vals[k]
			}
		}
		return true
	}
	x := d.row(i, buf)
	if len(work)*8 < d.cols {
		for at, j := range work {
			dst[at] = root * (x[j] - d.center[j])
		}
		return true
	}
	buf.centered = slices.Grow(buf.centered[:0], d.cols)[:d.cols] // rows come faster whole than in pieces
	kern.Add(buf.centered, x, d.shift)
	for at, j := range work {
		dst[at] = root * buf.centered[j]
	}
	return true
}

// triangle is the QR factorisation of the centred, weighted rows, with the targets beside it.
func (d *design) triangle(ctx context.Context) (*linalg.QR, error) {
	return d.factor(ctx, d.cols, len(d.targets), d.centered)
}

// factor is the QR factorisation of rows of cols+targets numbers that fill writes; it is false for a row to leave out.
func (d *design) factor(ctx context.Context, cols, targets int, fill func(dst []float64, i int, buf *scratch) bool) (*linalg.QR, error) {
	const rowsPerGroup = 4096 // groups are factored side by side
	groups := min(max(d.rows/max(rowsPerGroup, 8*cols), 1), maxChunks)
	parts := make([]*linalg.QR, groups)
	err := par.Do(ctx, groups, func(ctx context.Context, g int) error {
		lo, hi := par.Bounds(d.rows, groups, g)
		q := linalg.NewQR(hi-lo, cols, targets)
		row, buf := make([]float64, cols+targets), d.rowScratch()
		for i := lo; i < hi; i++ {
			if (i-lo)%256 == 0 {
				if err := ml.Done(ctx); err != nil {
					return err
				}
			}
			if fill(row, i, buf) {
				copy(q.Row(), row)
			}
		}
		q.Triangle()
		parts[g] = q
		return nil
	})
	if err != nil {
		return nil, err
	}
	if groups == 1 {
		return parts[0], nil
	}
	all := linalg.NewQR(groups*cols, cols, targets)
	for _, q := range parts {
		all.Join(q)
	}
	all.Triangle()
	return all, nil
}

// residualGradient is Xᵀ(y - Xb - b0) and the sum of the residuals, both weighted, for target t: of the original columns,
// not centred, in double-double sums, so that little is lost to cancellation however ill-conditioned X is.
func (d *design) residualGradient(t int, coef []float64, intercept float64) (grad []linalg.Double, sum linalg.Double) {
	type part struct {
		grad []linalg.Double
		sum  linalg.Double
	}
	y := d.targets[t]
	value := func(_, lo, hi int) part {
		p := part{grad: make([]linalg.Double, d.cols)}
		buf := d.scratch()
		for i := lo; i < hi; i++ {
			w := d.w(i)
			if w == 0 {
				continue
			}
			r := linalg.Double{Hi: y[i]}.AddFloat(-intercept)
			if d.sparse() {
				cols, vals := d.nonzeros(i, buf)
				for k, j := range cols {
					r = r.AddProduct(-vals[k], coef[j])
				}
				r = r.Scale(w)
				p.sum = p.sum.Add(r)
				for k, j := range cols {
					p.grad[j] = p.grad[j].AddProduct(r.Hi, vals[k])
					p.grad[j].Lo += r.Lo * vals[k]
				}
				continue
			}
			x := d.row(i, buf)
			r = linalg.ResidualDot(r, x, coef).Scale(w)
			p.sum = p.sum.Add(r)
			linalg.AddScaled(p.grad, r, x)
		}
		return p
	}
	all := par.Reduce(d.rows, grain(d.rows, 8*d.cols), value, func(a, b part) part {
		for j := range a.grad {
			a.grad[j] = a.grad[j].Add(b.grad[j])
		}
		a.sum = a.sum.Add(b.sum)
		return a
	})
	return all.grad, all.sum
}

// solution is what is fitted for one target.
type solution struct {
	coef      []float64
	intercept float64
}

// corrector solves for the correction of a solution from the gradient of the centred problem.
type corrector interface{ Correct(dst, grad []float64) }

// refine improves the solution for target t, of a problem with the penalty alpha|b|², until what is left is rounding: steps of
// iterative refinement on the normal equations with the residual and the gradient in double-double arithmetic. Each step shrinks
// the error by about eps times the condition number cond of what the corrector factored.
func (d *design) refine(ctx context.Context, solver corrector, t int, alpha, cond float64, s *solution) error {
	const maxSteps = 10
	coef := s.coef
	step, grad := make([]float64, d.cols), make([]float64, d.cols)
	last := math.Inf(1)
	for range maxSteps {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		sum := d.gradient(grad, t, alpha, s)
		solver.Correct(step, grad)
		size := d.sized(step) / max(d.sized(coef), math.SmallestNonzeroFloat64)
		if !(size < last/2) {
			return nil
		}
		last = size
		linalg.Axpy(1, step, coef)
		if d.fitted {
			s.intercept += sum/d.total - linalg.Dot(d.center, step)
		}
		const eps = 0x1p-52
		if size*min(cond*eps, 1) < eps {
			break
		}
	}
	return nil
}

// gradient writes half the gradient of -|y - Xb|² - alpha|b|² for centred X and returns the sum of the residuals.
func (d *design) gradient(grad []float64, t int, alpha float64, s *solution) (sum float64) {
	exact, total := d.residualGradient(t, s.coef, s.intercept)
	for j, g := range exact {
		if alpha > 0 {
			g = g.AddProduct(-alpha, s.coef[j])
		}
		if d.fitted {
			g = g.Add(total.Scale(-d.center[j]))
		}
		grad[j] = g.Sum()
	}
	return total.Sum()
}

// sized is the length of b with every coefficient in units of its column, so that the units of X do not matter.
func (d *design) sized(b []float64) float64 {
	sum := 0.0
	for j, v := range b {
		v *= d.size[j]
		sum += v * v
	}
	return math.Sqrt(sum)
}

// intercept is what makes the weighted mean residual of target t zero; 0 without an intercept.
func (d *design) intercept(t int, coef []float64) float64 {
	if !d.fitted {
		return 0
	}
	s := linalg.Double{Hi: d.offset[t]}
	for j, m := range d.center {
		s = s.AddProduct(-m, coef[j])
	}
	return s.Sum()
}
