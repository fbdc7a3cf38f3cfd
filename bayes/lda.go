package bayes

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// LDASolver is a way to linear discriminants. All give the same classes where there are more rows than columns, no Priors and no
// shrinkage.
type LDASolver uint8

const (
	// AutoSolver is SVDSolver without shrinkage, EigenSolver with it. The zero value.
	AutoSolver LDASolver = iota
	// SVDSolver pools the classes by their weight whatever Priors say, leaves out directions without spread (Tol), and projects on
	// what separates the class means in the directions that are left. It knows no shrinkage.
	SVDSolver
	// LSQRSolver pools the classes by Priors and solves linear equations instead of finding eigenvectors: the cheapest for many
	// columns. Its model has no Transform.
	LSQRSolver
	// EigenSolver pools the classes by Priors and projects on eigenvectors of the covariance between classes, which is that of
	// all rows less that within classes, both shrunk.
	EigenSolver
)

var ldaSolvers = []string{"auto", "svd", "lsqr", "eigen"}

// String is "auto", "svd", "lsqr" or "eigen".
func (s LDASolver) String() string { return enumName("LDASolver", ldaSolvers, uint8(s)) }

// MarshalText writes the solver's name.
func (s LDASolver) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *LDASolver) UnmarshalText(text []byte) error {
	v, err := enumOf("LDASolver", ldaSolvers, text)
	*s = LDASolver(v)
	return err
}

// LDA is linear discriminant analysis: classes are normal with one covariance matrix for all of them, so that they are divided by
// planes (Fisher, Annals of Eugenics 7 (1936); Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning" (2009),
// section 4.3). Its model classifies, and as a Transformer it projects rows on the directions in which the classes differ most in
// units of the spread within them:
//
//	ml.Pipe(ml.Step(bayes.LDA{Components: 2}), neighbors.KNeighborsClassifier{})
//
// Columns that depend on others, and those that do not vary within any class, are no obstacle: directions without spread are left
// out, and Info.Note says how many. Shrinkage makes estimates of many columns from few rows better: Ledoit and Wolf's for instance,
// LDA{AutoShrinkage: LedoitWolf}.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. CSR matrices are not made dense, but the covariance
// is a dense matrix of columns x columns, whatever the storage. A fit costs about rows·columns² operations, or those of the pairs of
// nonzeros of each row, and 9·columns³; memory is a few times columns², with AutoShrinkage K times that. Nothing is random. The
// formulas are scikit-learn's LinearDiscriminantAnalysis.
type LDA struct {
	Solver          LDASolver     // zero: AutoSolver
	Shrinkage       float64       // 0 to 1: the share of the mean variance times the identity in the covariance. 0: none
	AutoShrinkage   ShrinkageRule // chooses the shrinkage by a rule, in units of the columns' standard deviations. Zero: Shrinkage is what counts
	Priors          []float64     // probability of each class, >= 0 with sum 1. nil: their share of the weight
	Components      int           // columns of Transform at the most. 0: one less than classes, or as many as columns
	StoreCovariance bool          // keep the covariance within classes in the model. False: leave it nil
	Tol             float64       // directions are left out whose standard deviation is at most this, every column in units of its own; 1e-7 to 1. 0: 1e-4
}

var _ ml.Fitter[ml.Dataset[int], *LDAModel] = LDA{}

func (c LDA) shrinkage() shrinkage { return shrinkage{c.Shrinkage, c.AutoShrinkage} }

// resolve checks the config and fills in its defaults.
func (c LDA) resolve(where string) (LDA, error) {
	if int(c.Solver) >= len(ldaSolvers) {
		return c, ml.BadConfig(where, "Solver", c.Solver, fmt.Sprintf("one of %q", ldaSolvers))
	}
	if err := c.shrinkage().check(where); err != nil {
		return c, err
	}
	if c.Solver == SVDSolver && !c.shrinkage().none() {
		return c, ml.BadConfig(where, "Solver", c.Solver, "EigenSolver or LSQRSolver: the SVD knows no shrinkage")
	}
	if c.Components < 0 {
		return c, ml.BadConfig(where, "Components", c.Components, ">= 0")
	}
	if c.Solver == AutoSolver {
		c.Solver = SVDSolver
		if !c.shrinkage().none() {
			c.Solver = EigenSolver
		}
	}
	c.Priors = slices.Clone(c.Priors)
	return c, checkTol(where, &c.Tol)
}

// Fit returns the classifier. More Components than classes less one, or than columns, are ErrConfig; classes without any spread
// within them are ErrShape.
func (c LDA) Fit(ctx context.Context, d ml.Dataset[int]) (*LDAModel, error) {
	const where = "bayes.LDA.Fit"
	c, err := c.resolve(where)
	if err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	k := d.K()
	if err := checkPriors(where, c.Priors, k); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	f := &ldaFit{LDA: c, where: where, m: gatherMoments(ctx, d, k).withoutRounding()}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	f.prior = priors(c.Priors, f.m.count)
	if !validPriors(f.prior, nil) {
		return nil, noPrior(where)
	}
	if !allFinite(f.m.mean) || !allFinite(f.m.scatter) {
		return nil, tooLarge(where)
	}
	if err := f.components(); err != nil {
		return nil, err
	}
	if err := f.covariances(ctx, d); err != nil {
		return nil, err
	}
	return f.model(ml.NewFitted(d.Table, d.Classes, c))
}

// ldaFit is a fit under way.
type ldaFit struct {
	LDA
	where  string
	m      *moments  // of the columns within each class
	prior  []float64 // of each class; 0 for one without rows
	center []float64 // Σ prior·mean
	offset []float64 // mean - center of each class, K x p; zeros for one without rows
	max    int       // components of Transform at the most
	within []float64 // p x p
	total  []float64 // p x p, of all rows; EigenSolver only
}

func (f *ldaFit) components() error {
	k, p := f.m.k, f.m.p
	f.center, f.offset = make([]float64, p), make([]float64, k*p)
	seen := 0
	for c, n := range f.m.count {
		if n > 0 {
			seen++
		}
		linalg.Axpy(f.prior[c], f.m.mean[c*p:(c+1)*p], f.center)
	}
	for at, mean := range f.m.mean {
		if f.m.count[at/p] > 0 {
			f.offset[at] = mean - f.center[at%p]
		}
	}
	f.max = min(seen-1, p)
	if f.Components > f.max {
		return ml.BadConfig(f.where, "Components", f.Components, fmt.Sprintf("at most %d: there are %d classes with rows, and %d columns", f.max, seen, p))
	}
	if f.Components > 0 {
		f.max = f.Components
	}
	return nil
}

// covariances are those within the classes, and of all rows if the solver needs them.
func (f *ldaFit) covariances(ctx context.Context, d ml.Dataset[int]) error {
	k, p := f.m.k, f.m.p
	all := f.m.pooled()
	n := all.count[0]
	byPrior := f.Solver != SVDSolver && f.Priors != nil
	s := &scatterer{d: d, m: f.m, groups: 1, fourth: f.AutoShrinkage == LedoitWolf, all: all}
	switch {
	case f.AutoShrinkage != FixedShrinkage || byPrior && f.Solver == EigenSolver:
		s.groups = k
	case byPrior:
		s.factor = make([]float64, k)
		for c, own := range f.m.count {
			if own > 0 {
				s.factor[c] = n * f.prior[c] / own
			}
		}
	}
	sums := s.gather(ctx)
	if err := ml.Done(ctx); err != nil {
		return err
	}
	varies := func(j int) bool {
		for at := j; at < k*p; at += p {
			if f.m.scatter[at] > 0 {
				return true
			}
		}
		return false
	}
	for _, sum := range sums.sum {
		clearConstant(sum, p, varies)
	}
	if f.Solver == EigenSolver {
		f.total = make([]float64, p*p)
		for _, sum := range sums.sum {
			linalg.Axpy(1/n, sum, f.total)
		}
		f.addBetween(all)
		f.shrinkage().apply(f.total, p, n, sums.total)
	}
	if s.groups == 1 {
		f.within = sums.sum[0]
		for i := range f.within {
			f.within[i] /= n
		}
		f.shrinkage().apply(f.within, p, n, 0) // by a fixed amount: the mean of shrunk matrices is the shrunk mean
	} else {
		f.within = make([]float64, p*p)
		for c, own := range f.m.count {
			if own == 0 {
				continue
			}
			cov := sums.sum[c]
			for i := range cov {
				cov[i] /= own
			}
			f.shrinkage().apply(cov, p, own, sums.fourth[c])
			linalg.Axpy(f.prior[c], cov, f.within)
		}
	}
	if !allFinite(f.within) || !allFinite(f.total) {
		return tooLarge(f.where)
	}
	return nil
}

// addBetween adds the covariance of the class means about the overall mean.
func (f *ldaFit) addBetween(all *moments) {
	p := f.m.p
	step := make([]float64, p)
	for c, n := range f.m.count {
		for j := range step {
			step[j] = f.m.mean[c*p+j] - all.mean[j]
		}
		for i, v := range step {
			linalg.Axpy(n/all.count[0]*v, step, f.total[i*p:(i+1)*p])
		}
	}
}

func (f *ldaFit) model(meta ml.Fitted) (*LDAModel, error) {
	k, p := f.m.k, f.m.p
	m := &LDAModel{Fitted: meta, Prior: f.prior, Center: f.center, Rank: p, Mean: tensor.FromSlice(f.m.mean, k, p)}
	if f.StoreCovariance {
		m.Covariance = tensor.FromSlice(slices.Clone(f.within), p, p)
	}
	coef := make([]float64, k*p)
	solved := false
	if f.Solver == LSQRSolver {
		solved = f.solve(coef)
	}
	if !solved {
		h, ok := whiten(slices.Clone(f.within), p, f.Tol)
		if !ok {
			return nil, tooLarge(f.where)
		}
		if h.rank == 0 {
			return nil, &ml.Error{Where: f.where, Field: "X", Found: "constant within every class", Want: "a column that varies within a class", Kind: ml.ErrShape}
		}
		if m.Rank = h.rank; h.rank < p {
			m.Info.Note = fmt.Sprintf("rank %d of %d: directions without spread within the classes are left out", h.rank, p)
		}
		if ok = f.discriminants(h, coef, m); !ok {
			return nil, tooLarge(f.where)
		}
	}
	m.Coef = tensor.FromSlice(coef, k, p)
	m.Intercept = make([]float64, k)
	for c, q := range f.prior {
		own := coef[c*p : (c+1)*p]
		m.Intercept[c] = math.Log(q) - linalg.Dot(own, f.offset[c*p:(c+1)*p])/2 - linalg.Dot(own, f.center)
		if !(q > 0) {
			m.Intercept[c] = math.Inf(-1)
		} else if math.IsNaN(m.Intercept[c] - m.Intercept[c]) {
			return nil, tooLarge(f.where)
		}
	}
	if !allFinite(coef) {
		return nil, tooLarge(f.where)
	}
	m.derive()
	return m, nil
}

// solve writes Σ⁻¹(mean - center) for each class by Cholesky's method; it is false if Σ is singular to Tol.
func (f *ldaFit) solve(coef []float64) bool {
	k, p := f.m.k, f.m.p
	h := linalg.NewCholesky(slices.Clone(f.within), p)
	if h == nil || !(h.RCond() > f.Tol*f.Tol) {
		return false
	}
	copy(coef, f.offset)
	for c := range k {
		h.Solve(coef[c*p : (c+1)*p])
	}
	return true
}

// discriminants writes the coefficients, and the scalings of Transform into m.
func (f *ldaFit) discriminants(h whitening, coef []float64, m *LDAModel) bool {
	switch f.Solver {
	case LSQRSolver:
		f.project(coef, h.apply(f.offset), h.w, h.rank)
		return true
	case SVDSolver:
		return f.bySVD(h, coef, m)
	}
	f.project(coef, h.apply(f.offset), h.w, h.rank)
	return f.byEigen(h, m)
}

// project writes coef = Z S for Z of K x rank and S of rank x p.
func (f *ldaFit) project(coef, z, s []float64, rank int) {
	p := f.m.p
	for c := range f.m.k {
		for r := range rank {
			linalg.Axpy(z[c*rank+r], s[r*p:(r+1)*p], coef[c*p:(c+1)*p])
		}
	}
}

// bySVD turns the whitened space so that the class means, weighted by their priors, differ most along its first axes.
func (f *ldaFit) bySVD(h whitening, coef []float64, m *LDAModel) bool {
	k, r := f.m.k, h.rank
	z := h.apply(f.offset)
	turned := slices.Clone(z)
	for c, q := range f.prior {
		for i := range r {
			turned[c*r+i] *= math.Sqrt(q)
		}
	}
	svd, ok := linalg.NewSVD(turned, k, r, linalg.ThinVectors)
	if !ok {
		return false
	}
	rank, sum := 0, 0.0
	for _, s := range svd.Values {
		if s > f.Tol*svd.Values[0] {
			rank++
		}
		sum += s * s
	}
	s := h.turn(svd.V, len(svd.Values), rank)
	f.project(coef, s.apply(f.offset), s.w, rank)
	m.Scalings = s.columns(min(rank, f.max))
	for _, v := range svd.Values[:min(rank, f.max)] {
		m.ExplainedVarianceRatio = append(m.ExplainedVarianceRatio, ratio(v*v, sum))
	}
	return true
}

// byEigen finds the eigenvectors of what is between the classes in the whitened space.
func (f *ldaFit) byEigen(h whitening, m *LDAModel) bool {
	p, r := f.m.p, h.rank
	between := slices.Clone(f.total)
	linalg.Axpy(-1, f.within, between)
	half := h.apply(between) // p x r
	b := make([]float64, r*r)
	column := make([]float64, p)
	for j := range r {
		for i := range p {
			column[i] = half[i*r+j]
		}
		for i := range r {
			b[i*r+j] = linalg.Dot(h.w[i*p:(i+1)*p], column)
		}
	}
	values, z, ok := linalg.EigenSym(b, r, true)
	if !ok {
		return false
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	rank := min(r, f.max)
	slices.Reverse(values)
	for i := range r {
		slices.Reverse(z[i*r : (i+1)*r])
	}
	for _, v := range values[:rank] {
		m.ExplainedVarianceRatio = append(m.ExplainedVarianceRatio, ratio(v, sum))
	}
	m.Scalings = h.turn(z, r, rank).columns(rank)
	return true
}

func ratio(part, sum float64) float64 {
	if sum == 0 {
		return 0
	}
	return part / sum
}
