package bayes

import (
	"context"
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// QDA is quadratic discriminant analysis: classes are normal, each with a covariance matrix of its own, so that they are divided by
// quadrics (Hastie, Tibshirani and Friedman, "The Elements of Statistical Learning" (2009), section 4.3).
//
// A class needs more rows than there are columns, and columns that do not depend on each other: else its covariance has no inverse,
// which is an error that names the class. RegParam, Shrinkage and AutoShrinkage each make one for any number of rows, 1 included;
// RDA borrows from the other classes instead.
//
// Weights: a row of weight 0 is absent, one of weight k counts as k rows. CSR matrices are not made dense, but the covariances are
// K dense matrices of columns x columns. A fit costs about rows·columns² operations and 9·K·columns³, a prediction 2·K·columns².
// Nothing is random. The formulas are scikit-learn's QuadraticDiscriminantAnalysis, RegParam as in its svd solver, Shrinkage as in its
// eigen solver; but Tol does not depend on the units of the columns.
type QDA struct {
	RegParam        float64       // 0 to 1: the share of the identity in each covariance, in the units of the columns. 0: none
	Shrinkage       float64       // 0 to 1: the share of the mean variance times the identity in each covariance. 0: none
	AutoShrinkage   ShrinkageRule // chooses the shrinkage of each class by a rule, in units of its columns' standard deviations. Zero: Shrinkage is what counts
	Priors          []float64     // probability of each class, >= 0 with sum 1. nil: their share of the weight
	StoreCovariance bool          // keep the covariances in the model. False: leave them nil
	Tol             float64       // a class is refused if it has a direction whose standard deviation is at most this, every column in units of its own; 1e-7 to 1. 0: 1e-4
}

var _ ml.Fitter[ml.Dataset[int], *QDAModel] = QDA{}

// Fit returns the classifier. A class whose covariance has no inverse is ErrShape.
func (c QDA) Fit(ctx context.Context, d ml.Dataset[int]) (*QDAModel, error) {
	const where = "bayes.QDA.Fit"
	s := shrinkage{c.Shrinkage, c.AutoShrinkage}
	if err := s.check(where); err != nil {
		return nil, err
	}
	if !(c.RegParam >= 0 && c.RegParam <= 1) {
		return nil, ml.BadConfig(where, "RegParam", c.RegParam, "0 to 1")
	}
	if c.RegParam != 0 && !s.none() {
		return nil, ml.BadConfig(where, "RegParam", c.RegParam, "0 with Shrinkage or AutoShrinkage: only one of them")
	}
	if err := checkTol(where, &c.Tol); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	f := &qdaFit{where: where, priors: c.Priors, tol: c.Tol, store: c.StoreCovariance, fourth: c.AutoShrinkage == LedoitWolf,
		advice: "more rows, or RegParam, Shrinkage or AutoShrinkage; or bayes.RDA",
		covariance: func(class int, sums *scatters, m *moments) []float64 {
			cov := sums.sum[class]
			for i := range cov {
				cov[i] /= m.count[class]
			}
			s.apply(cov, m.p, m.count[class], sums.fourth[class])
			if c.RegParam > 0 {
				for i := range cov {
					cov[i] *= 1 - c.RegParam
				}
				addDiagonal(cov, m.p, c.RegParam)
			}
			return cov
		}}
	return f.fit(ctx, d, c)
}

// qdaFit is what QDA and RDA share: they differ in the covariance of a class.
type qdaFit struct {
	where      string
	priors     []float64
	tol        float64
	store      bool
	fourth     bool   // the rule of shrinkage needs fourth moments
	advice     string // where a covariance has no inverse
	covariance func(class int, sums *scatters, m *moments) []float64
}

func (f *qdaFit) fit(ctx context.Context, d ml.Dataset[int], config any) (*QDAModel, error) {
	if err := d.Check(f.where, ml.Accepts{}); err != nil {
		return nil, err
	}
	k := d.K()
	if err := checkPriors(f.where, f.priors, k); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := gatherMoments(ctx, d, k).withoutRounding()
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	p := m.p
	prior := priors(f.priors, m.count)
	if !validPriors(prior, nil) {
		return nil, noPrior(f.where)
	}
	if !allFinite(m.mean) || !allFinite(m.scatter) {
		return nil, tooLarge(f.where)
	}
	s := &scatterer{d: d, m: m, groups: k, fourth: f.fourth, all: m.pooled()}
	sums := s.gather(ctx)
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	for c, sum := range sums.sum {
		clearConstant(sum, p, func(j int) bool { return m.scatter[c*p+j] > 0 })
	}
	out := &QDAModel{Fitted: ml.NewFitted(d.Table, d.Classes, config), Prior: prior, Mean: tensor.FromSlice(m.mean, k, p),
		Whiten: tensor.New[float64](k, p, p), LogDet: make([]float64, k)}
	if f.store {
		out.Covariance = tensor.New[float64](k, p, p)
	}
	for c, n := range m.count {
		if n == 0 {
			continue
		}
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		cov := f.covariance(c, sums, m)
		if !allFinite(cov) {
			return nil, tooLarge(f.where)
		}
		if f.store {
			copy(out.Covariance.Data()[c*p*p:], cov)
		}
		h, ok := whiten(cov, p, f.tol)
		if !ok {
			return nil, tooLarge(f.where)
		}
		if h.rank < p {
			return nil, &ml.Error{Where: f.where, Field: "the covariance of class " + className(d.Classes, c),
				Found: fmt.Sprintf("of rank %d with %d columns and %v rows", h.rank, p, n), Want: f.advice, Kind: ml.ErrShape}
		}
		copy(out.Whiten.Data()[c*p*p:], h.w)
		out.LogDet[c] = h.logDet
	}
	out.derive()
	return out, nil
}

func className(classes []string, c int) string {
	if classes == nil {
		return fmt.Sprint(c)
	}
	return fmt.Sprintf("%d (%s)", c, classes[c])
}

// RDA is regularised discriminant analysis (Friedman, J. Amer. Statist. Assoc. 84 (1989)): the covariance of each class lies between
// its own and that of all classes pooled, and is drawn towards the identity besides. Pooling 0 is QDA, Pooling 1 is LDA with
// EigenSolver, up to Priors. Choose both numbers by cross-validation. All else is as in QDA.
type RDA struct {
	Pooling         float64   // λ, 0 to 1: the share of the other classes' rows in a class's covariance. 0: none
	Shrinkage       float64   // γ, 0 to 1: the share of the mean variance times the identity. 0: none
	Priors          []float64 // probability of each class, >= 0 with sum 1. nil: their share of the weight
	StoreCovariance bool      // keep the covariances in the model. False: leave them nil
	Tol             float64   // as in QDA. 0: 1e-4
}

var _ ml.Fitter[ml.Dataset[int], *QDAModel] = RDA{}

// Fit returns the classifier. A class whose covariance has no inverse is ErrShape.
func (c RDA) Fit(ctx context.Context, d ml.Dataset[int]) (*QDAModel, error) {
	const where = "bayes.RDA.Fit"
	if !(c.Pooling >= 0 && c.Pooling <= 1) {
		return nil, ml.BadConfig(where, "Pooling", c.Pooling, "0 to 1")
	}
	if err := (shrinkage{amount: c.Shrinkage}).check(where); err != nil {
		return nil, err
	}
	if err := checkTol(where, &c.Tol); err != nil {
		return nil, err
	}
	c.Priors = slices.Clone(c.Priors)
	var pooled []float64
	f := &qdaFit{where: where, priors: c.Priors, tol: c.Tol, store: c.StoreCovariance, advice: "more rows, or more Pooling or Shrinkage",
		covariance: func(class int, sums *scatters, m *moments) []float64 {
			total := 0.0
			for _, n := range m.count {
				total += n
			}
			if pooled == nil {
				pooled = make([]float64, m.p*m.p)
				for _, sum := range sums.sum {
					linalg.Axpy(1, sum, pooled)
				}
			}
			weight := (1-c.Pooling)*m.count[class] + c.Pooling*total
			cov := make([]float64, m.p*m.p)
			linalg.Axpy((1-c.Pooling)/weight, sums.sum[class], cov)
			linalg.Axpy(c.Pooling/weight, pooled, cov)
			shrink(cov, m.p, c.Shrinkage)
			return cov
		}}
	return f.fit(ctx, d, c)
}
