package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
)

// FactorAnalysis explains columns by a few factors that they share and by noise of each column's own: rows are normal around loadings times factors, with noise whose variance differs between columns (Barber, Bayesian Reasoning and Machine
// Learning, section 21.2.2, for the maximum of the likelihood by singular values; Jöreskog, Psychometrika 32, 1967, for the model). [PCA] has the same noise everywhere.
//
// Columns are centred, not scaled: loadings are in their units. The likelihood knows factors only up to a Rotation. Of each factor the loading of largest size is positive. A row of weight k counts as k rows. CSR stays sparse, but for FullSolver. Each iteration takes
// O(columns³) with CovarianceSolver, O(rows · columns · the fewer of both) with FullSolver, O(rows · columns · Components) with RandomizedSolver, which alone is random, by Seed.
type FactorAnalysis struct {
	Components int       // factors. 0: as many as columns, or rows if there are fewer
	Rotation   Rotation  // 0: NoRotation
	Power      float64   // of Promax: the power of the loadings that become its target, above 1. 0: 4
	Gamma      float64   // of Oblimin: 0 is the quartimin criterion, below 0 factors correlate less, above up to 1 more
	Solver     Solver    // FullSolver, CovarianceSolver or RandomizedSolver. 0: CovarianceSolver for no more columns than rows or 1000, else RandomizedSolver for few factors, else FullSolver
	Iterations int       // of RandomizedSolver: power iterations. 0: 3
	MaxIter    int       // 0: 1000
	Tol        float64   // stop when the log-likelihood of all rows gains less. 0: 0.01
	Start      []float64 // the noise variance of each column to begin with, above 0; nil: 1
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *FactorAnalysisModel] = FactorAnalysis{}

func (c *FactorAnalysis) resolve(where string) error {
	switch {
	case c.Components < 0 || c.Iterations < 0 || c.MaxIter < 0:
		return ml.BadConfig(where, "Components, Iterations and MaxIter", fmt.Sprint(c.Components, c.Iterations, c.MaxIter), ">= 1, or 0 for the default")
	case c.Rotation > Oblimin:
		return ml.BadConfig(where, "Rotation", c.Rotation, "one of the constants")
	case c.Power != 0 && !(c.Power > 1 && c.Power <= 100):
		return ml.BadConfig(where, "Power", c.Power, "above 1, at most 100; or 0 for 4")
	case !(c.Gamma <= 1 && c.Gamma >= -100):
		return ml.BadConfig(where, "Gamma", c.Gamma, "-100 to 1")
	case c.Solver > RandomizedSolver:
		return ml.BadConfig(where, "Solver", c.Solver, "FullSolver, CovarianceSolver or RandomizedSolver")
	case !(c.Tol >= 0 && c.Tol <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", c.Tol, "> 0, or 0 for 0.01")
	}
	for j, v := range c.Start {
		if !(v > 0 && v <= math.MaxFloat64) {
			return ml.BadConfig(where, fmt.Sprintf("Start[%d]", j), v, "a variance > 0")
		}
	}
	c.Power, c.Iterations, c.MaxIter, c.Tol = cmp.Or(c.Power, 4), cmp.Or(c.Iterations, 3), cmp.Or(c.MaxIter, 1000), cmp.Or(c.Tol, 0.01)
	return nil
}

// Fit finds the factors of the rows of t.
func (c FactorAnalysis) Fit(ctx context.Context, t ml.Table) (*FactorAnalysisModel, error) {
	const where = "decomp.FactorAnalysis.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	s := newSample(t)
	most := min(s.n, s.p)
	switch {
	case s.n < 2:
		return nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	case c.Components > most:
		return nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("at most %d, the smaller number of rows and columns", most))
	case c.Start != nil && len(c.Start) != s.p:
		return nil, ml.BadConfig(where, "Start", fmt.Sprintf("%d variances", len(c.Start)), fmt.Sprintf("%d, one for each column", s.p))
	}
	m := &FactorAnalysisModel{Fitted: ml.NewFitted(t, nil, c), Mean: s.means()}
	f := c.spectrum(s, m.Mean, cmp.Or(c.Components, most))
	if !linalg.AllFinite(f.variance) {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	if err := m.learn(ctx, where, c, f); err != nil {
		return nil, err
	}
	for j, v := range m.Noise {
		if v <= 0.005*f.variance[j] && f.variance[j] > 0 {
			m.Heywood = append(m.Heywood, j)
		}
	}
	if m.Heywood != nil {
		m.Info.Note = fmt.Sprintf("Heywood case: columns %v are left hardly any noise; fewer factors may do", m.Heywood)
	}
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// learn goes back and forth between loadings, which the noise gives by singular values of the columns over its deviations, and the noise, which is what the loadings leave.
func (m *FactorAnalysisModel) learn(ctx context.Context, where string, c FactorAnalysis, f *spectrum) error {
	p, total := f.s.p, f.s.total
	floor, noise, root := make([]float64, p), make([]float64, p), make([]float64, p)
	for j, v := range f.variance {
		floor[j], noise[j] = 1e-12*cmp.Or(v, 1), 1
		if c.Start != nil {
			noise[j] = c.Start[j]
		}
		if floor[j] == 0 {
			floor[j] = math.SmallestNonzeroFloat64
		}
	}
	before := math.Inf(-1)
	m.Info.Status = ml.MaxIter
	for m.Info.Iterations < c.MaxIter {
		if err := ml.Done(ctx); err != nil {
			return err
		}
		m.Info.Iterations++
		logs := 0.0
		for j, v := range noise {
			root[j] = math.Sqrt(v)
			logs += math.Log(v)
		}
		values, vectors, rest, ok := f.of(root)
		if !ok {
			return tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
		}
		k := f.k
		likelihood := float64(p)*math.Log(2*math.Pi) + logs + rest
		m.Components = make([][]float64, k)
		for a := range k {
			m.Components[a] = make([]float64, p)
			if values[a] <= 1 { // no more than noise
				likelihood += values[a]
				continue
			}
			likelihood += math.Log(values[a]) + 1
			length := math.Sqrt(values[a] - 1)
			for j := range p {
				m.Components[a][j] = length * vectors[j*f.width+a] * root[j]
			}
		}
		likelihood *= -total / 2
		m.Info.Loss = append(m.Info.Loss, -likelihood)
		m.Info.Gap = likelihood - before
		m.Noise = append([]float64(nil), noise...)
		if m.Info.Gap < c.Tol {
			m.Info.Status = ml.Converged
			break
		}
		before = likelihood
		for j := range noise {
			explained := 0.0
			for a := range k {
				explained += float64(m.Components[a][j] * m.Components[a][j])
			}
			noise[j] = max(f.variance[j]-explained, floor[j])
		}
		m.Noise = append([]float64(nil), noise...)
	}
	if math.IsInf(m.Info.Gap, 0) { // of one iteration there is no gain
		m.Info.Gap = 0
	}
	if !m.rotate(c) {
		return tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	return nil
}

// spectrum finds singular values of the centred rows whose columns are divided by deviations, over the root of the weights.
type spectrum struct {
	s        *sample
	k, width int // vectors wanted, and how far apart rows of them lie
	variance []float64
	of       func(root []float64) (values, vectors []float64, rest float64, ok bool) // squared values, the vectors in columns, and the sum of the squares left out
}

func (c *FactorAnalysis) spectrum(s *sample, mean []float64, k int) *spectrum {
	f := &spectrum{s: s, k: k}
	solver := c.Solver
	if solver == AutoSolver {
		switch {
		case s.p <= max(s.n, 1000):
			solver = CovarianceSolver
		case 5*k < min(s.n, s.p):
			solver = RandomizedSolver
		default:
			solver = FullSolver
		}
	}
	switch solver {
	case CovarianceSolver:
		f.byCovariance(s.gram(mean))
	case RandomizedSolver:
		f.byRandom(s.spread(mean), linalg.RandomizedSVD{Rank: k, Iterations: c.Iterations, Seed: c.Seed})
	default:
		f.byRows(s.matrix(mean))
	}
	return f
}

func (f *spectrum) byCovariance(g []float64) {
	p := f.s.p
	f.variance, f.width = make([]float64, p), p
	for i := range g {
		g[i] /= f.s.total
	}
	for j := range p {
		f.variance[j] = max(g[j*p+j], 0)
	}
	f.of = func(root []float64) (values, vectors []float64, rest float64, ok bool) {
		scaled := make([]float64, p*p)
		for i := range p {
			for j := range p {
				scaled[i*p+j] = g[i*p+j] / root[i] / root[j]
			}
		}
		rising, z, ok := linalg.EigenSym(scaled, p, true)
		if !ok {
			return nil, nil, 0, false
		}
		values, vectors = make([]float64, f.k), make([]float64, p*p)
		for a := range p {
			v := max(rising[p-1-a], 0)
			if a >= f.k {
				rest += v
				continue
			}
			values[a] = v
			for j := range p {
				vectors[j*p+a] = z[j*p+p-1-a]
			}
		}
		return values, vectors, rest, true
	}
}

func (f *spectrum) byRows(x []float64) {
	n, p := f.s.n, f.s.p
	f.width = min(n, p)
	f.variance = f.squares(x)
	f.of = func(root []float64) (values, vectors []float64, rest float64, ok bool) {
		scaled := make([]float64, len(x))
		for i := range n {
			for j, r := range root {
				scaled[i*p+j] = x[i*p+j] / r
			}
		}
		d, ok := linalg.NewSVD(scaled, n, p, linalg.ThinVectors)
		if !ok {
			return nil, nil, 0, false
		}
		for a, v := range d.Values {
			d.Values[a] = v * v / f.s.total
			if a >= f.k {
				rest += d.Values[a]
			}
		}
		return d.Values[:f.k], d.V, rest, true
	}
}

// squares are the variances of columns.
func (f *spectrum) squares(x []float64) []float64 {
	sum := make([]float64, f.s.p)
	for i := 0; i < len(x); i += f.s.p {
		for j, v := range x[i : i+f.s.p] {
			sum[j] += float64(v * v)
		}
	}
	for j := range sum {
		sum[j] /= f.s.total
	}
	return sum
}

func (f *spectrum) byRandom(a linalg.Operator, solver linalg.RandomizedSVD) {
	f.width = f.k
	if d, ok := a.(linalg.Dense); ok {
		f.variance = f.squares(d.Data)
	} else {
		f.variance = a.(operator).columnVariances()
	}
	f.of = func(root []float64) (values, vectors []float64, rest float64, ok bool) {
		d, ok := solver.Solve(shrunken{a.(linalg.BlockOperator), root})
		if !ok {
			return nil, nil, 0, false
		}
		for j, v := range f.variance {
			rest += v / (root[j] * root[j])
		}
		for i, v := range d.Values {
			d.Values[i] = v * v / f.s.total
			rest -= d.Values[i]
		}
		return d.Values, d.V, max(rest, 0), true
	}
}

// shrunken is an operator whose columns are divided by deviations.
type shrunken struct {
	linalg.BlockOperator
	root []float64
}

func (o shrunken) Mul(dst, x []float64)      { o.MulBlock(dst, x, 1) }
func (o shrunken) MulTrans(dst, y []float64) { o.MulTransBlock(dst, y, 1) }

func (o shrunken) divide(x []float64, width int) {
	for j, r := range o.root {
		for k := range width {
			x[j*width+k] /= r
		}
	}
}

func (o shrunken) MulBlock(dst, x []float64, width int) {
	scaled := append([]float64(nil), x...)
	o.divide(scaled, width)
	o.BlockOperator.MulBlock(dst, scaled, width)
}

func (o shrunken) MulTransBlock(dst, y []float64, width int) {
	o.BlockOperator.MulTransBlock(dst, y, width)
	o.divide(dst, width)
}
