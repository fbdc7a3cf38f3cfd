package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// WeightPrior is what is believed of a mixture's weights before the rows are seen.
type WeightPrior uint8

const (
	// DirichletProcess breaks a stick: each component takes a share of what those before it left, so that later ones may stay without rows. The zero value.
	DirichletProcess WeightPrior = iota
	// DirichletDistribution treats all components alike.
	DirichletDistribution
)

// BayesianGaussianMixture is [GaussianMixture] with beliefs about the parameters in place of the parameters, found by variational inference (Bishop, "Pattern Recognition and
// Machine Learning", 2006, chapter 10; Blei and Jordan, "Variational inference for Dirichlet process mixtures", Bayesian Analysis 1, 2006): weights have a Dirichlet prior, means
// and precisions a normal-Wishart one. Components that the rows don't ask for lose their weight, so K need only be large enough; and no covariance is singular.
//
// Weights of rows, CSR and cost are as in GaussianMixture. Info.Loss is the variational bound without its constants, which rises with every iteration.
type BayesianGaussianMixture struct {
	K          int           // components at the most; 0: 1. More than there are rows is an error
	Covariance Covariance    // 0: Full
	Init       MixtureInit   // 0: FromKMeans
	Start      *MixtureStart // nil: by Init. Means alone give every row to the nearest one; with weights and covariances, rows have their shares under them
	Restarts   int           // fits with other starts, of which the one of the highest bound is kept; 0: 1. Where there is a Start there is one
	MaxIter    int           // iterations of a fit; 0: 100
	Tol        float64       // a fit has converged when the bound changes by less; 0: 1e-3
	RegCovar   float64       // added to every variance; 0: 1e-6
	Seed       uint64        // of the start

	Prior            WeightPrior             // of the weights; 0: DirichletProcess
	Concentration    float64                 // of that prior: the smaller, the fewer components; 0: 1/K
	Mean             []float64               // prior of the means; nil: the mean of all rows
	MeanPrecision    float64                 // rows that Mean counts for; 0: 1
	DegreesOfFreedom float64                 // of the Wishart prior, > columns - 1: rows that ScatterPrior counts for; 0: columns
	ScatterPrior     *tensor.Tensor[float64] // of the Wishart prior: columns x columns for Full and Tied, columns for Diagonal, 1 for Spherical; nil: the covariance of all rows, in that shape
}

var _ ml.Fitter[ml.Table, *MixtureModel] = BayesianGaussianMixture{}

// MixturePosterior is what is believed of a mixture's parameters after the rows were seen.
type MixturePosterior struct {
	Prior            WeightPrior
	Concentration    []float64 // DirichletDistribution: of each component; DirichletProcess: first parameter of the Beta distribution of its share of what is left
	Rest             []float64 // DirichletProcess: second parameter; else nil
	MeanPrecision    []float64 // rows that each mean counts for
	DegreesOfFreedom []float64 // of each component's Wishart distribution
}

// Fit finds the components.
func (c BayesianGaussianMixture) Fit(ctx context.Context, t ml.Table) (*MixtureModel, error) {
	const where = "cluster.BayesianGaussianMixture.Fit"
	f := mixtureFit{where: where, k: &c.K, covariance: c.Covariance, init: c.Init, start: &c.Start, restarts: &c.Restarts, maxIter: &c.MaxIter, tol: &c.Tol, reg: &c.RegCovar, seed: c.Seed}
	if err := f.prepare(ctx, t); err != nil {
		return nil, err
	}
	f.whole()
	if err := c.prior(where, f.s.d); err != nil {
		return nil, err
	}
	m := &MixtureModel{Fitted: ml.NewFitted(t, nil, c), Covariance: c.Covariance}
	if err := f.run(ctx, m, func() mixer { return newVariational(&c, &f) }); err != nil {
		return nil, err
	}
	return m, nil
}

// prior checks the priors and fills in the defaults that do not depend on the rows.
func (c *BayesianGaussianMixture) prior(where string, d int) error {
	if c.Prior > DirichletDistribution {
		return ml.BadConfig(where, "Prior", c.Prior, "DirichletProcess or DirichletDistribution")
	}
	if err := cmp.Or(positiveOr(where, "Concentration", &c.Concentration, 1/float64(c.K)), positiveOr(where, "MeanPrecision", &c.MeanPrecision, 1),
		positiveOr(where, "DegreesOfFreedom", &c.DegreesOfFreedom, float64(d))); err != nil {
		return err
	}
	if c.DegreesOfFreedom <= float64(d-1) {
		return ml.BadConfig(where, "DegreesOfFreedom", c.DegreesOfFreedom, fmt.Sprintf("> %d, the columns less 1", d-1))
	}
	if c.Mean != nil {
		if err := checkTensor(where, "Mean", tensor.FromSlice(c.Mean, len(c.Mean)), d); err != nil {
			return err
		}
		c.Mean = append([]float64(nil), c.Mean...)
	}
	if s := c.Start; s != nil && (s.Means == nil || (s.Weights == nil) != (s.Covariances == nil)) {
		return ml.BadConfig(where, "Start", "a part", "Means, alone or with Weights and Covariances")
	}
	if c.ScatterPrior == nil {
		return nil
	}
	shape := []int{1}
	switch c.Covariance {
	case Full, Tied:
		shape = []int{d, d}
	case Diagonal:
		shape = []int{d}
	}
	if err := checkTensor(where, "ScatterPrior", c.ScatterPrior, shape...); err != nil {
		return err
	}
	c.ScatterPrior = c.ScatterPrior.Clone()
	if _, bad := newGaussians(c.Covariance, 1, d, make([]float64, d), c.ScatterPrior.Data()); bad >= 0 {
		return ml.BadConfig(where, "ScatterPrior", "a singular matrix", "a positive definite one")
	}
	return nil
}

// variational is a mixer of beliefs.
type variational struct {
	mixing
	MixturePosterior
	fit           *mixtureFit
	c             *BayesianGaussianMixture
	mean, scatter []float64 // of the priors
}

func newVariational(c *BayesianGaussianMixture, f *mixtureFit) *variational {
	v := &variational{fit: f, c: c, mean: c.Mean, MixturePosterior: MixturePosterior{Prior: c.Prior}}
	if v.mean == nil {
		v.mean = f.centre
	}
	if c.ScatterPrior != nil {
		v.scatter = c.ScatterPrior.Data()
		return v
	}
	size := 1
	switch c.Covariance {
	case Full, Tied:
		size = f.s.d * f.s.d
	case Diagonal:
		size = f.s.d
	}
	kind := c.Covariance
	if kind == Tied {
		kind = Full
	}
	v.scatter = make([]float64, size)
	fillCovariance(kind, v.scatter, f.total, f.s.d, 0)
	if f.weight > 1 {
		for i := range v.scatter {
			v.scatter[i] *= f.weight / (f.weight - 1) // as of a sample
		}
	}
	return v
}

func (v *variational) expect() *moments {
	return v.fit.s.expect(v.g, v.offsets(v.fit.s.d), true)
}

// begin takes the rows' shares under the parameters of a whole start. Means alone have had their say.
func (v *variational) begin(s *MixtureStart) error {
	if s.Weights == nil {
		return nil
	}
	l := &likelihood{mixing: v.mixing, fit: v.fit}
	if err := l.begin(s); err != nil {
		return err
	}
	v.mixing = l.mixing
	return v.maximise(l.expect())
}

// maximise updates the beliefs.
func (v *variational) maximise(m *moments) error {
	k, d := len(m.weight), v.fit.s.d
	for c := range m.weight {
		m.weight[c] += 10 * epsilon // so that a component without rows has a mean
	}
	xk := v.g.means(m)
	sk := v.fit.covariances(v.g, m, xk)
	v.weigh(m.weight)
	v.MeanPrecision, v.DegreesOfFreedom = make([]float64, k), make([]float64, k)
	all := sumOf(m.weight)
	mean := make([]float64, k*d)
	for c, w := range m.weight {
		v.MeanPrecision[c] = v.c.MeanPrecision + w
		v.DegreesOfFreedom[c] = v.c.DegreesOfFreedom + w
		if v.c.Covariance == Tied {
			v.DegreesOfFreedom[c] = v.c.DegreesOfFreedom + all/float64(k)
		}
		for j := range d {
			mean[c*d+j] = (float64(v.c.MeanPrecision*v.mean[j]) + float64(w*xk[c*d+j])) / v.MeanPrecision[c]
		}
	}
	v.covariance = v.shapes(m.weight, xk, sk)
	return v.fit.ready(&v.mixing, mean)
}

// shapes are the means of the covariances' Wishart distributions.
func (v *variational) shapes(weight, xk, sk []float64) []float64 {
	k, d := len(weight), v.fit.s.d
	kind := v.c.Covariance
	out := make([]float64, len(sk))
	off := make([]float64, d)
	all := sumOf(weight)
	for c, w := range weight {
		to, from := kind.of(out, k, c), kind.of(sk, k, c)
		for j := range d {
			off[j] = xk[c*d+j] - v.mean[j]
		}
		pull := w * v.c.MeanPrecision / v.MeanPrecision[c]
		own := w
		if kind == Tied {
			pull /= float64(k)
			own = 0
			if c == 0 {
				own = all / float64(k)
			}
		}
		switch kind {
		case Full, Tied:
			for i := range to {
				to[i] += float64(own*from[i]) + float64(pull*off[i/d]*off[i%d])
			}
		case Diagonal:
			for j := range to {
				to[j] += float64(own*from[j]) + float64(pull*off[j]*off[j])
			}
		default:
			square := 0.0
			for _, o := range off {
				square += float64(o*o) / float64(d)
			}
			to[0] += float64(own*from[0]) + float64(pull*square)
		}
		if kind == Tied && c < k-1 {
			continue
		}
		for i := range to {
			to[i] = (to[i] + v.scatter[i]) / v.DegreesOfFreedom[c]
		}
	}
	return out
}

// weigh updates the beliefs about the weights, and the weights that they expect.
func (v *variational) weigh(weight []float64) {
	k := len(weight)
	v.Concentration, v.Rest = make([]float64, k), nil
	if v.Prior == DirichletDistribution {
		for c, w := range weight {
			v.Concentration[c] = v.c.Concentration + w
		}
		sum := sumOf(v.Concentration)
		for c, a := range v.Concentration {
			v.weights[c] = a / sum
		}
		return
	}
	v.Rest = make([]float64, k)
	after := 0.0
	for c := k - 1; c >= 0; c-- {
		v.Concentration[c], v.Rest[c] = 1+weight[c], v.c.Concentration+after
		after += weight[c]
	}
	left, sum := 1.0, 0.0
	for c, a := range v.Concentration {
		v.weights[c] = max(a/(a+v.Rest[c])*left, 1e-300)
		left *= v.Rest[c] / (a + v.Rest[c])
		sum += v.weights[c]
	}
	for c := range v.weights {
		v.weights[c] /= sum
	}
}

// offsets are what is added to the log densities: the expected logarithms of weight and precision, in place of those of the expected ones.
func (p *MixturePosterior) offsets(d int) []float64 {
	out := make([]float64, len(p.Concentration))
	all := stats.Digamma(sumOf(p.Concentration))
	before := 0.0
	for c, a := range p.Concentration {
		if p.Prior == DirichletDistribution {
			out[c] = stats.Digamma(a) - all
		} else {
			both := stats.Digamma(a + p.Rest[c])
			out[c] = stats.Digamma(a) - both + before
			before += stats.Digamma(p.Rest[c]) - both
		}
		nu := p.DegreesOfFreedom[c]
		lambda := float64(d) * math.Ln2
		for j := range d {
			lambda += stats.Digamma((nu - float64(j)) / 2)
		}
		out[c] += (lambda-float64(d)/p.MeanPrecision[c])/2 - float64(d)/2*math.Log(nu)
	}
	return out
}

// check wants beliefs that are possible.
func (p *MixturePosterior) check(k, d int) error {
	const where = "cluster.MixtureModel"
	lists := [][]float64{p.Concentration, p.MeanPrecision, p.DegreesOfFreedom}
	if p.Prior == DirichletProcess {
		lists = append(lists, p.Rest)
	}
	ok := p.Prior <= DirichletDistribution && (p.Prior == DirichletProcess || p.Rest == nil)
	for _, list := range lists {
		ok = ok && len(list) == k
		for _, v := range list {
			ok = ok && v > 0 && v <= math.MaxFloat64
		}
	}
	for _, v := range p.DegreesOfFreedom {
		ok = ok && v > float64(d-1)
	}
	if !ok {
		return &ml.Error{Where: where, Field: "Posterior", Found: "impossible parameters", Want: fmt.Sprintf("those of %d components", k), Kind: ml.ErrFormat}
	}
	return nil
}

// bound is the variational bound without what does not change, and without the row's constants.
func (v *variational) bound(m *moments) float64 {
	d := float64(v.fit.s.d)
	bound := -m.order
	for c, nu := range v.DegreesOfFreedom {
		logDet := v.g.logDet[c] + d/2*math.Log(2*math.Pi) - d/2*math.Log(nu)
		gammas := 0.0
		for j := range v.fit.s.d {
			l, _ := math.Lgamma((nu - float64(j)) / 2)
			gammas += l
		}
		bound += nu*logDet + nu*d/2*math.Ln2 + gammas
		bound -= d / 2 * math.Log(v.MeanPrecision[c])
	}
	if v.Prior == DirichletProcess {
		for c, a := range v.Concentration {
			bound += stats.LogBeta(a, v.Rest[c])
		}
		return bound
	}
	all, _ := math.Lgamma(sumOf(v.Concentration))
	bound -= all
	for _, a := range v.Concentration {
		l, _ := math.Lgamma(a)
		bound += l
	}
	return bound
}

func (v *variational) keep(m *MixtureModel) {
	v.mixing.keep(m, v.fit)
	p := v.MixturePosterior
	m.Posterior = &p
}
