package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// MixtureInit is how a mixture's first components are found.
type MixtureInit uint8

const (
	// FromKMeans begins with the clusters of k-means. The zero value.
	FromKMeans MixtureInit = iota
	// FromPlusPlus begins with rows drawn by k-means++, each with the rows that are nearest to it.
	FromPlusPlus
	// FromRows begins with rows drawn at random, each with the rows that are nearest to it.
	FromRows
	// FromShares gives every row a random share in every component.
	FromShares
)

// MixtureStart is where a fit begins: what is nil is found as without it, from the rows that are nearest to the means. MixtureModel.Start gives that of a fitted model, for a
// warm start.
type MixtureStart struct {
	Weights     []float64               // of each component, > 0 with sum 1
	Means       *tensor.Tensor[float64] // K x columns
	Covariances *tensor.Tensor[float64] // as MixtureModel's
}

// GaussianMixture describes rows as drawn from K normal distributions, and finds their weights, means and covariances by expectation and maximisation (Dempster, Laird and
// Rubin, J. Royal Statistical Society B 39, 1977): each row has a share in every component by how likely it is to come from it, and each component's parameters are those of
// its shares, in turns; the likelihood rises with every turn.
//
// A row of weight k counts as k rows, one of weight 0 is absent. CSR is an error. An iteration costs about 2·rows·K·columns² operations with full covariances,
// 4·rows·K·columns with diagonal ones. A component that loses all its rows begins anew at the row that is least likely (Info.Note says so), and variances of one whose
// covariance is singular are raised. What is random, the start, is drawn by Seed. Progress reports the mean log-likelihood of a row, as Info.Loss does (of the fit that is
// kept); Info.Gap is its last change, Info.Iterations counts those of all restarts.
type GaussianMixture struct {
	K          int           // components; 0: 1. More than there are rows is an error
	Covariance Covariance    // 0: Full
	Init       MixtureInit   // 0: FromKMeans
	Start      *MixtureStart // nil: by Init
	Restarts   int           // fits with other starts, of which the most likely is kept; 0: 1. Where Start has means there is one
	MaxIter    int           // iterations of a fit; 0: 100
	Tol        float64       // a fit has converged when the mean log-likelihood of a row changes by less; 0: 1e-3
	RegCovar   float64       // added to every variance, which keeps covariances regular; 0: 1e-6
	Seed       uint64        // of the start
}

var _ ml.Fitter[ml.Table, *MixtureModel] = GaussianMixture{}

// Fit finds the components.
func (c GaussianMixture) Fit(ctx context.Context, t ml.Table) (*MixtureModel, error) {
	const where = "cluster.GaussianMixture.Fit"
	f := mixtureFit{where: where, k: &c.K, covariance: c.Covariance, init: c.Init, start: &c.Start, restarts: &c.Restarts, maxIter: &c.MaxIter, tol: &c.Tol, reg: &c.RegCovar, seed: c.Seed}
	if err := f.prepare(ctx, t); err != nil {
		return nil, err
	}
	m := &MixtureModel{Fitted: ml.NewFitted(t, nil, c), Covariance: c.Covariance}
	if err := f.run(ctx, m, func() mixer { return &likelihood{fit: &f} }); err != nil {
		return nil, err
	}
	return m, nil
}

// mixtureFit is what the fits of mixtures have in common: the config's fields, which are filled in, and the rows.
type mixtureFit struct {
	where       string
	k, restarts *int
	maxIter     *int
	tol, reg    *float64
	covariance  Covariance
	init        MixtureInit
	start       **MixtureStart
	seed        uint64

	s      *space
	weight float64   // of all rows
	centre []float64 // their mean, and
	total  []float64 // their covariance, d x d; both nil until somebody asks
}

// prepare checks the config and the rows.
func (f *mixtureFit) prepare(ctx context.Context, t ml.Table) error {
	for _, v := range []struct {
		name string
		v    *int
		zero int
	}{{"K", f.k, 1}, {"Restarts", f.restarts, 1}, {"MaxIter", f.maxIter, 100}} {
		if err := countOr(f.where, v.name, v.v, v.zero); err != nil {
			return err
		}
	}
	if err := cmp.Or(positiveOr(f.where, "Tol", f.tol, 1e-3), positiveOr(f.where, "RegCovar", f.reg, 1e-6)); err != nil {
		return err
	}
	if f.covariance > Spherical {
		return ml.BadConfig(f.where, "Covariance", f.covariance, "Full, Tied, Diagonal or Spherical")
	}
	if f.init > FromShares {
		return ml.BadConfig(f.where, "Init", f.init, "FromKMeans, FromPlusPlus, FromRows or FromShares")
	}
	if err := t.Check(f.where, ml.Accepts{}); err != nil {
		return err
	}
	if rows.Of(t.X).Sparse() {
		return ml.BadShape(f.where, "X", "a CSR matrix", "a dense one: covariances need every number")
	}
	if s := *f.start; s != nil {
		_, d := t.X.Dims()
		if err := s.check(f.where, *f.k, d, f.covariance); err != nil {
			return err
		}
		*f.start = s.clone()
	}
	if err := ml.Done(ctx); err != nil {
		return err
	}
	f.s = newSpace(t)
	if f.s.n < *f.k {
		return ml.BadConfig(f.where, "K", *f.k, fmt.Sprintf("at most %d, the rows of positive weight", f.s.n))
	}
	return nil
}

// countOr makes a zero the default, and refuses what is negative.
func countOr(where, field string, v *int, zero int) error {
	if *v < 0 {
		return ml.BadConfig(where, field, *v, fmt.Sprintf(">= 1, or 0 for %d", zero))
	}
	if *v == 0 {
		*v = zero
	}
	return nil
}

// positiveOr is countOr for numbers.
func positiveOr(where, field string, v *float64, zero float64) error {
	if !(*v >= 0 && *v <= math.MaxFloat64) {
		return ml.BadConfig(where, field, *v, fmt.Sprintf("> 0, or 0 for %g", zero))
	}
	if *v == 0 {
		*v = zero
	}
	return nil
}

func (s *MixtureStart) check(where string, k, d int, kind Covariance) error {
	if s.Weights != nil {
		if err := checkShares(where, "Start.Weights", s.Weights, k); err != nil {
			return err
		}
	}
	if s.Means != nil {
		if err := checkTensor(where, "Start.Means", s.Means, k, d); err != nil {
			return err
		}
	}
	if s.Covariances != nil {
		if err := checkTensor(where, "Start.Covariances", s.Covariances, kind.shape(k, d)...); err != nil {
			return err
		}
		if _, bad := newGaussians(kind, k, d, make([]float64, k*d), s.Covariances.Data()); bad >= 0 {
			return ml.BadConfig(where, "Start.Covariances", fmt.Sprintf("number %d singular", bad), "positive definite ones")
		}
	}
	return nil
}

// checkShares wants k positive numbers that sum to 1.
func checkShares(where, field string, w []float64, k int) error {
	sum := 0.0
	for i, v := range w {
		if !(v > 0 && v <= 1) {
			return ml.BadConfig(where, fmt.Sprintf("%s[%d]", field, i), v, "> 0 and <= 1")
		}
		sum += v
	}
	if len(w) != k || math.Abs(sum-1) > 1e-8 {
		return ml.BadConfig(where, field, fmt.Sprintf("%d numbers of sum %g", len(w), sum), fmt.Sprintf("%d of sum 1", k))
	}
	return nil
}

// checkTensor wants a shape, and finite numbers.
func checkTensor(where, field string, t *tensor.Tensor[float64], shape ...int) error {
	if t == nil || fmt.Sprint(t.Shape()) != fmt.Sprint(shape) {
		found := any("nil")
		if t != nil {
			found = t.Shape()
		}
		return ml.BadConfig(where, field, found, fmt.Sprintf("a tensor of %v", shape))
	}
	if !linalg.AllFinite(t.Clone().Data()) {
		return ml.BadConfig(where, field, "numbers that are not finite", "finite ones")
	}
	return nil
}

func (s *MixtureStart) clone() *MixtureStart {
	out := &MixtureStart{Weights: append([]float64(nil), s.Weights...)}
	if s.Means != nil {
		out.Means = s.Means.Clone()
	}
	if s.Covariances != nil {
		out.Covariances = s.Covariances.Clone()
	}
	return out
}

// mixer is one fit of a mixture from one start.
type mixer interface {
	maximise(m *moments) error   // new parameters
	expect() *moments            // by the parameters
	bound(m *moments) float64    // of the moments that expect gave, after maximise
	begin(s *MixtureStart) error // what the user gave for some of the parameters, after the first maximise, or for all of them
	keep(m *MixtureModel)
	mixture() *mixing
}

// mixing are the parameters of a mixture.
type mixing struct {
	g          *gaussians
	weights    []float64
	covariance []float64
	note       string
	revived    int
}

func (x *mixing) mixture() *mixing { return x }

// run fits once for each restart and keeps the best.
func (f *mixtureFit) run(ctx context.Context, m *MixtureModel, make func() mixer) error {
	start := *f.start
	restarts := *f.restarts
	if start != nil && start.Means != nil {
		restarts = 1
	}
	best, err := climb(ctx, &m.Info, restarts, *f.maxIter, func(change float64) bool { return math.Abs(change) < *f.tol }, func(restart uint64) (climber, error) {
		c := &mixtureClimb{f: f, m: m, mix: make()}
		return c, f.first(ctx, c.mix, start, restart)
	})
	if err != nil {
		return err
	}
	m.LowerBound = best
	if err := m.Restore(); err != nil {
		return f.tooLarge(err)
	}
	return nil
}

// mixtureClimb is a fit of a mixture from one start.
type mixtureClimb struct {
	f   *mixtureFit
	m   *MixtureModel
	mix mixer
}

func (c *mixtureClimb) climb() (float64, error) {
	at := c.mix.expect()
	if at.lost >= 0 {
		return 0, &ml.Error{Where: c.f.where, Field: "X", Found: fmt.Sprintf("a row (%d of those of positive weight) infinitely far from every component", at.lost), Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	err := c.mix.maximise(at)
	return c.mix.bound(at), err
}

func (c *mixtureClimb) keep()        { c.mix.keep(c.m) }
func (c *mixtureClimb) said() string { return c.mix.mixture().note }

func (f *mixtureFit) tooLarge(cause error) error {
	return tooLargeToSquare(f.where, cause)
}

// first gives a mixture its first parameters.
func (f *mixtureFit) first(ctx context.Context, mix mixer, start *MixtureStart, restart uint64) error {
	s, k := f.s, *f.k
	whole := start != nil && start.Means != nil && start.Weights != nil && start.Covariances != nil
	x := mix.mixture()
	x.weights = make([]float64, k)
	x.g = &gaussians{kind: f.covariance, k: k, d: s.d, mean: make([]float64, k*s.d)}
	if whole {
		return mix.begin(start)
	}
	var label []int32
	var shares []float64
	switch {
	case start != nil && start.Means != nil:
		label = f.nearest(start.Means.Clone().Data())
	case f.init == FromShares:
		shares = make([]float64, s.n*k)
		rng.Uniform(rng.New(f.seed, restart), shares, 0, 1)
		for i := range s.n {
			row, sum := shares[i*k:(i+1)*k], 0.0
			for _, v := range row {
				sum += v
			}
			for c := range row {
				row[c] /= sum
			}
		}
	case f.init == FromKMeans:
		var err error
		if label, err = kmeansLabels(ctx, s, k, f.seed, restart); err != nil {
			return err
		}
	default:
		km := KMeans{K: k, Seed: f.seed}
		if f.init == FromRows {
			km.Init = RandomRows
		}
		s.open(true)
		label = f.nearest(km.begin(s, restart).centres)
	}
	m, err := f.about(x, func(share []float64, lo, hi int) {
		if shares != nil {
			copy(share, shares[lo*k:hi*k])
			return
		}
		oneEach(share, label[lo:hi], k)
	})
	if err != nil {
		return err
	}
	if err := mix.maximise(m); err != nil {
		return err
	}
	if start == nil {
		return nil
	}
	return mix.begin(start)
}

// oneEach gives every row wholly to its label.
func oneEach(share []float64, label []int32, k int) {
	clear(share)
	for i, c := range label {
		share[i*k+int(c)] = 1
	}
}

// about gathers the first moments: about the mean of all rows.
func (f *mixtureFit) about(x *mixing, shares func(share []float64, lo, hi int)) (*moments, error) {
	f.middle()
	k, d := *f.k, f.s.d
	mean := make([]float64, k*d)
	for c := range k {
		copy(mean[c*d:], f.centre)
	}
	one := make([]float64, f.covariance.size(k, d))
	unit(f.covariance, k, d, one)
	g, bad := newGaussians(f.covariance, k, d, mean, one)
	if bad >= 0 {
		return nil, f.tooLarge(nil)
	}
	x.g = g
	return f.s.gather(g, shares), nil
}

// unit writes covariances of independent columns of variance 1.
func unit(kind Covariance, k, d int, to []float64) {
	for i := range to {
		if kind == Diagonal || kind == Spherical || i%(d*d)%(d+1) == 0 {
			to[i] = 1
		}
	}
}

// nearest is the nearest of the centres of every row.
func (f *mixtureFit) nearest(centres []float64) []int32 {
	f.s.open(false)
	label := make([]int32, f.s.n)
	for i := range label {
		label[i] = -1
	}
	f.s.assign(label, centres, len(centres)/f.s.d)
	return label
}

// middle finds the mean of all rows, once.
func (f *mixtureFit) middle() {
	if f.centre == nil {
		f.centre = f.s.meanOf()
	}
}

// whole finds their covariance as well.
func (f *mixtureFit) whole() {
	f.middle()
	if f.total == nil {
		f.total, f.weight = f.s.covarianceOf(f.centre)
	}
}

// likelihood is a mixer that maximises the likelihood.
type likelihood struct {
	mixing
	fit *mixtureFit
}

func (l *likelihood) expect() *moments {
	offset := make([]float64, len(l.weights))
	for c, w := range l.weights {
		offset[c] = math.Log(w)
	}
	return l.fit.s.expect(l.g, offset, false)
}

func (l *likelihood) bound(m *moments) float64 { return m.loss / sumOf(m.weight) }

func sumOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}

func (l *likelihood) maximise(m *moments) error {
	sum := sumOf(m.weight)
	dead := -1
	for c, w := range m.weight {
		l.weights[c] = w / sum
		if w <= 10*epsilon*sum && dead < 0 {
			dead = c
		}
	}
	mean := l.g.means(m)
	l.covariance = l.fit.covariances(l.g, m, mean)
	if dead >= 0 && l.revived < len(m.weight) && m.least >= 0 { // the row that is least likely, with the shape of all
		l.revived++
		l.note = fmt.Sprintf("component %d had lost all rows, and began anew", dead)
		f := l.fit
		f.whole()
		copy(mean[dead*f.s.d:(dead+1)*f.s.d], f.s.rowsOf([]int{m.least}))
		if f.covariance != Tied {
			fillCovariance(f.covariance, f.covariance.of(l.covariance, len(m.weight), dead), f.total, f.s.d, *f.reg)
		}
		share := 1 / float64(f.s.n)
		for c := range l.weights {
			l.weights[c] *= 1 - share
		}
		l.weights[dead] += share
	}
	for c := range l.weights {
		l.weights[c] = max(l.weights[c], 1e-300) // one that is beyond help has no say, but a logarithm
	}
	return l.fit.ready(&l.mixing, mean)
}

// fillCovariance writes a whole covariance in a component's shape.
func fillCovariance(kind Covariance, to, total []float64, d int, ridge float64) {
	switch kind {
	case Full:
		copy(to, total)
		for j := range d {
			to[j*d+j] += ridge
		}
	case Diagonal:
		for j := range d {
			to[j] = total[j*d+j] + ridge
		}
	default:
		to[0] = ridge
		for j := range d {
			to[0] += total[j*d+j] / float64(d)
		}
	}
}

// covariances are those of the moments about the new means, each variance with RegCovar.
func (f *mixtureFit) covariances(g *gaussians, m *moments, mean []float64) []float64 {
	if g.kind == Tied {
		f.whole()
		return within(m, mean, f.centre, f.total, g.d, *f.reg)
	}
	return g.scatter(m, mean, *f.reg)
}

// ready makes the densities of new parameters. A singular covariance has its variances raised until it is none.
func (f *mixtureFit) ready(x *mixing, mean []float64) error {
	k, d := *f.k, f.s.d
	for raise := *f.reg; ; raise *= 10 {
		g, bad := newGaussians(f.covariance, k, d, mean, x.covariance)
		if bad < 0 {
			x.g = g
			return nil
		}
		own := f.covariance.of(x.covariance, k, bad)
		if !linalg.AllFinite(own) || !linalg.AllFinite(mean) {
			return f.tooLarge(nil)
		}
		x.note = fmt.Sprintf("the covariance of component %d was singular: its variances were raised", bad)
		most := 0.0
		step := len(own)
		if f.covariance == Full || f.covariance == Tied {
			step = d + 1
		}
		if f.covariance == Diagonal || f.covariance == Spherical {
			step = 1
		}
		for j := 0; j < len(own); j += step {
			most = max(most, own[j])
		}
		for j := 0; j < len(own); j += step {
			own[j] += max(raise, epsilon*most)
		}
	}
}

const epsilon = 0x1p-52

func (l *likelihood) begin(s *MixtureStart) error {
	mean := l.g.mean
	if s.Means != nil {
		mean = s.Means.Clone().Data()
	}
	if s.Weights != nil {
		copy(l.weights, s.Weights)
	}
	if s.Covariances != nil {
		l.covariance = s.Covariances.Clone().Data()
	}
	return l.fit.ready(&l.mixing, mean)
}

func (l *likelihood) keep(m *MixtureModel) {
	l.mixing.keep(m, l.fit)
}

func (x *mixing) keep(m *MixtureModel, f *mixtureFit) {
	k, d := *f.k, f.s.d
	m.Weights = x.weights
	m.Means = tensor.FromSlice(x.g.mean, k, d)
	m.Covariances = tensor.FromSlice(x.covariance, f.covariance.shape(k, d)...)
}
