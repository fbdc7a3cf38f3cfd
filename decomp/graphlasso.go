package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/folds"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/tensor"
)

// GraphicalLasso estimates a covariance whose inverse is sparse: columns are joined only where they depend on each other given all others. It maximises the normal likelihood less Alpha times the sum of
// the absolute elements of the inverse off the diagonal, by a lasso for each column in turn (Friedman, Hastie and Tibshirani, "Sparse inverse covariance estimation with the graphical lasso", Biostatistics 9,
// 2008). Info.Loss is the objective after each round that has one, Info.Gap the absolute duality gap.
//
// A row of weight k counts as k rows. Standardise the columns first, or the penalty means something else for each. A constant column is an error, CSR too. Nothing is random.
type GraphicalLasso struct {
	Alpha    float64 // the penalty, > 0. 0 is an error; for no penalty use EmpiricalCovariance
	Tol      float64 // of the duality gap. 0: 1e-4
	MaxIter  int     // rounds. 0: 100
	Centered bool    // the columns' means are taken for 0
}

// GraphicalLassoCV is [GraphicalLasso] with the penalty under which left-out rows are most likely, in a cross-validation over runs of rows in their order: of a grid which is made finer about the best.
type GraphicalLassoCV struct {
	Alphas      []float64 // penalties, > 0, to choose from, in any order; nil: a grid
	Grid        int       // penalties of each grid. 0: 4
	Refinements int       // grids, one finer than the other. 0: 4
	K           int       // folds. 0: 5
	Tol         float64   // of the duality gap. 0: 1e-4
	MaxIter     int       // rounds of the last fit; those of folds get a tenth. 0: 100
	Centered    bool      // the columns' means are taken for 0
}

// Penalty is one that was tried.
type Penalty struct {
	Alpha  float64
	Scores []float64 // the mean log likelihood of each fold; -Inf where there was no solution
	Mean   float64
}

var (
	_ ml.Fitter[ml.Table, *CovarianceModel] = GraphicalLasso{}
	_ ml.Fitter[ml.Table, *CovarianceModel] = GraphicalLassoCV{}
)

func (c *GraphicalLasso) resolve(where string) error {
	switch {
	case c.Alpha == 0:
		return ml.BadConfig(where, "Alpha", c.Alpha, "> 0; for no penalty use EmpiricalCovariance")
	case !(c.Alpha > 0 && c.Alpha <= math.MaxFloat64):
		return ml.BadConfig(where, "Alpha", c.Alpha, "> 0")
	}
	return c.resolveRest(where)
}

func (c *GraphicalLasso) resolveRest(where string) error {
	switch {
	case !(c.Tol >= 0 && c.Tol <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", c.Tol, "> 0, or 0 for 1e-4")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 100")
	}
	c.Tol, c.MaxIter = cmp.Or(c.Tol, 1e-4), cmp.Or(c.MaxIter, 100)
	return nil
}

// Fit estimates the covariance.
func (c GraphicalLasso) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	const where = "decomp.GraphicalLasso.Fit"
	if err := c.resolve(where); err != nil {
		return nil, err
	}
	s, err := momentsOf(where, t, c.Centered)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, err
	}
	m := &CovarianceModel{Fitted: ml.NewFitted(t, nil, c)}
	if err := m.lasso(ctx, where, c, s); err != nil {
		return nil, err
	}
	return m, nil
}

// lasso fits the model, or says why it cannot.
func (m *CovarianceModel) lasso(ctx context.Context, where string, c GraphicalLasso, s *moments) error {
	for j := range s.d {
		if !(s.covariance[j*s.d+j] > 0) {
			return &ml.Error{Where: where, Field: "X, " + ml.ColumnName(m.Columns, j), Found: "a constant column", Want: "one that varies", Kind: ml.ErrConfig}
		}
	}
	g, err := newGlasso(s.covariance, s.d, nil)
	if err == nil {
		err = g.run(ctx, c, &m.Info, true)
	}
	switch {
	case err == errIllConditioned:
		return ml.BadConfig(where, "Alpha", c.Alpha, "a larger one: the covariance is too near to a singular one")
	case err != nil:
		return err
	}
	m.Alpha = c.Alpha
	m.Location, m.Covariance, m.Precision = s.location, tensor.FromSlice(g.w, s.d, s.d), tensor.FromSlice(g.p, s.d, s.d)
	if m.ellipse, _ = newEllipse(s.location, g.w); m.ellipse == nil {
		return ml.BadConfig(where, "Alpha", c.Alpha, "a larger one: the covariance is too near to a singular one")
	}
	return ml.Done(ctx)
}

type lassoError string

func (e lassoError) Error() string { return string(e) }

const errIllConditioned = lassoError("ill-conditioned")

// glasso is a state of the descent: w the covariance, p its inverse.
type glasso struct {
	d       int
	s, w, p []float64
}

// newGlasso starts from the covariance of the rows, or from another, with elements off the diagonal a little smaller.
func newGlasso(s []float64, d int, start []float64) (*glasso, error) {
	if start == nil {
		start = s
	}
	g := &glasso{d: d, s: s, w: slices.Clone(start)}
	for i := range g.w {
		g.w[i] *= 0.95
	}
	for j := range d {
		g.w[j*d+j] = s[j*d+j]
	}
	var e *ellipse
	if e, g.p = newEllipse(make([]float64, d), g.w); e == nil {
		return nil, errIllConditioned
	}
	return g, nil
}

// run goes round the columns until the duality gap is small enough.
func (g *glasso) run(ctx context.Context, c GraphicalLasso, info *ml.Info, report bool) error {
	d := g.d
	info.Status = ml.MaxIter
	var track ml.Tracker
	if report {
		track = ml.Track(ctx, "iteration", c.MaxIter)
	}
	loss := 0.0
	for iter := 1; iter <= c.MaxIter; iter++ {
		for j := range d {
			g.column(j, c.Alpha, c.Tol)
		}
		if !linalg.AllFinite(g.p) || !linalg.AllFinite(g.w) {
			return errIllConditioned
		}
		// Before the end the inverse, of which each row is of another moment, need not be positive definite: then there is no objective yet.
		now, gap := g.objective(c.Alpha)
		if linalg.AllFinite([]float64{now}) {
			loss = now
			info.Loss = append(info.Loss, loss)
		}
		info.Iterations, info.Gap = iter, math.Abs(gap)
		if report {
			stop, err := track.Step(iter, ml.Loss{Train: loss})
			if err != nil {
				return err
			}
			if stop {
				info.Status = ml.Stopped
				return nil
			}
		} else if err := ml.Done(ctx); err != nil {
			return err
		}
		if math.Abs(gap) < c.Tol {
			info.Status = ml.Converged
			return nil
		}
	}
	return nil
}

// column solves the lasso of column j on the others by coordinate descent, from where the inverse says it was.
func (g *glasso) column(j int, alpha, tol float64) {
	d := g.d
	beta := make([]float64, d) // of the others; 0 in place j
	for k := range d {
		if k != j {
			beta[k] = -g.p[k*d+j] / (g.p[j*d+j] + 1000*0x1p-52)
		}
	}
	// The product of w without row j and beta, kept up to date.
	product := make([]float64, d)
	for k := range d {
		if beta[k] != 0 {
			for l := range d {
				product[l] += float64(g.w[k*d+l] * beta[k])
			}
		}
	}
	for range 1000 {
		largest := 0.0
		for k := range d {
			if k == j {
				continue
			}
			own := g.w[k*d+k]
			rest := g.s[k*d+j] - product[k] + float64(own*beta[k])
			next := 0.0
			if rest > alpha {
				next = (rest - alpha) / own
			} else if rest < -alpha {
				next = (rest + alpha) / own
			}
			if step := next - beta[k]; step != 0 {
				beta[k] = next
				for l := range d {
					product[l] += float64(g.w[k*d+l] * step)
				}
				largest = max(largest, math.Abs(step)*math.Sqrt(own/g.s[j*d+j]))
			}
		}
		if !(largest > min(1e-3*tol, 1e-4)) {
			break
		}
	}
	// With the new column of w, not the old one: then p's row is that of its inverse.
	inner := 0.0
	for k := range d {
		if k != j {
			inner += float64(product[k] * beta[k])
		}
	}
	own := 1 / (g.w[j*d+j] - inner)
	g.p[j*d+j] = own
	for k := range d {
		if k == j {
			continue
		}
		g.p[k*d+j], g.p[j*d+k] = -own*beta[k], -own*beta[k]
		g.w[k*d+j], g.w[j*d+k] = product[k], product[k]
	}
}

// objective is what is minimised, and the duality gap.
func (g *glasso) objective(alpha float64) (loss, gap float64) {
	d := g.d
	trace, off := 0.0, 0.0
	for i := range d {
		for j := range d {
			trace += float64(g.s[i*d+j] * g.p[i*d+j])
			if i != j {
				off += math.Abs(g.p[i*d+j])
			}
		}
	}
	gap = trace - float64(d) + float64(alpha*off)
	chol := linalg.NewCholesky(slices.Clone(g.p), d)
	if chol == nil {
		return math.NaN(), gap
	}
	return trace - chol.LogDet() + float64(alpha*off), gap
}

// Fit chooses the penalty and estimates the covariance.
func (c GraphicalLassoCV) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	const where = "decomp.GraphicalLassoCV.Fit"
	inner := GraphicalLasso{Tol: c.Tol, MaxIter: c.MaxIter, Centered: c.Centered}
	if err := inner.resolveRest(where); err != nil {
		return nil, err
	}
	switch {
	case c.Grid < 0 || c.Grid == 1:
		return nil, ml.BadConfig(where, "Grid", c.Grid, ">= 2, or 0 for 4")
	case c.Refinements < 0:
		return nil, ml.BadConfig(where, "Refinements", c.Refinements, ">= 1, or 0 for 4")
	case c.K < 0 || c.K == 1:
		return nil, ml.BadConfig(where, "K", c.K, ">= 2, or 0 for 5")
	case c.Alphas != nil && (len(c.Alphas) == 0 || c.Grid != 0 || c.Refinements != 0):
		return nil, ml.BadConfig(where, "Alphas", c.Alphas, "one at least, without Grid and Refinements; or nil")
	}
	for i, a := range c.Alphas {
		if !(a > 0 && a <= math.MaxFloat64) {
			return nil, ml.BadConfig(where, fmt.Sprintf("Alphas[%d]", i), a, "> 0")
		}
	}
	c.K, c.Tol, c.MaxIter = cmp.Or(c.K, 5), inner.Tol, inner.MaxIter
	if c.Alphas == nil {
		c.Grid, c.Refinements = cmp.Or(c.Grid, 4), cmp.Or(c.Refinements, 4)
	}
	s, err := momentsOf(where, t, c.Centered)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, err
	}
	n, d := s.x.Dims()
	if n < c.K {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("at most %d, the rows of positive weight", n))
	}
	m := &CovarianceModel{Fitted: ml.NewFitted(t, nil, c)}
	largest := 0.0
	for i := range d {
		for j := range i {
			largest = max(largest, math.Abs(s.covariance[i*d+j]))
		}
	}
	alphas, grids := slices.Sorted(slices.Values(c.Alphas)), 1
	slices.Reverse(alphas)
	if c.Alphas == nil {
		if !(largest > 0) {
			largest = s.trace() // no two columns depend on each other
		}
		if !(largest > 0) {
			return nil, &ml.Error{Where: where, Field: "X", Found: "constant columns", Want: "ones that vary", Kind: ml.ErrConfig}
		}
		alphas, grids = geometric(largest, largest/100, c.Grid), c.Refinements
	}
	cv := &lassoFolds{c: inner, s: s, fold: folds.KFold(n, c.K, nil), k: c.K}
	cv.c.MaxIter = max(c.MaxIter/10, 1)
	best := 0
	for range grids {
		more, err := cv.scores(ctx, alphas)
		if err != nil {
			return nil, err
		}
		m.Path = append(m.Path, more...)
		slices.SortStableFunc(m.Path, func(a, b Penalty) int { return cmp.Compare(b.Alpha, a.Alpha) })
		lastFinite := 0
		best = 0
		top := math.Inf(-1)
		for i, p := range m.Path {
			if !math.IsInf(p.Mean, 0) {
				lastFinite = i
			}
			if p.Mean >= top {
				top, best = p.Mean, i
			}
		}
		if c.Alphas != nil {
			break
		}
		// The next grid is between the neighbours of the best.
		high, low := m.Path[max(best-1, 0)].Alpha, m.Path[min(best+1, len(m.Path)-1)].Alpha
		switch {
		case best == 0:
			high = m.Path[0].Alpha
		case best == len(m.Path)-1:
			high, low = m.Path[best].Alpha, m.Path[best].Alpha/100
		case best == lastFinite:
			high = m.Path[best].Alpha
		}
		alphas = geometric(high, low, c.Grid+2)[1 : c.Grid+1]
	}
	inner.Alpha = m.Path[best].Alpha
	if err := m.lasso(ctx, where, inner, s); err != nil {
		return nil, err
	}
	return m, nil
}

// geometric are n numbers from high down to low, each the same share of the one before.
func geometric(high, low float64, n int) []float64 {
	out := make([]float64, n)
	from, to := math.Log10(high), math.Log10(low)
	for i := range out {
		out[i] = math.Pow(10, from+float64((to-from)*float64(i))/float64(n-1))
	}
	return out
}

// lassoFolds scores penalties on rows that were left out.
type lassoFolds struct {
	c    GraphicalLasso
	s    *moments
	fold []int
	k    int
}

// scores are of falling penalties, each fold's fits beginning where that of the one before ended.
func (v *lassoFolds) scores(ctx context.Context, alphas []float64) ([]Penalty, error) {
	out := make([]Penalty, len(alphas))
	for i, a := range alphas {
		out[i] = Penalty{Alpha: a, Scores: make([]float64, v.k)}
	}
	err := par.Do(ctx, v.k, func(ctx context.Context, fold int) error {
		var train, test []int
		for i, f := range v.fold {
			if f == fold {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		in, left := v.part(train), v.part(test)
		start := in.covariance
		for i, a := range alphas {
			c := v.c
			c.Alpha = a
			out[i].Scores[fold] = math.Inf(-1)
			g, err := newGlasso(in.covariance, in.d, start)
			if err != nil {
				continue
			}
			var info ml.Info
			if err := g.run(ctx, c, &info, false); err != nil {
				if err == errIllConditioned {
					continue
				}
				return err
			}
			start = g.w
			g.s = left.covariance
			if loss, _ := g.objective(0); !math.IsNaN(loss) {
				out[i].Scores[fold] = -(loss + float64(float64(in.d)*math.Log(2*math.Pi))) / 2
			}
		}
		return nil
	})
	for i := range out {
		out[i].Mean = mean(out[i].Scores)
	}
	return out, err
}

// part are the moments of some rows.
func (v *lassoFolds) part(at []int) *moments {
	p := &moments{x: v.s.x.Take(at), d: v.s.d}
	if v.s.weight != nil {
		for _, i := range at {
			p.weight = append(p.weight, v.s.weight[i])
		}
	}
	p.take(v.c.Centered)
	return p
}
