package cluster

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// HMMStart is where the fit of a hidden Markov model begins; what is nil is found without it. Probabilities of 0 stay 0, so a chain can be given a topology: left to right, for
// instance, by a triangle of transitions.
type HMMStart struct {
	Initial     []float64               // of each state, sum 1
	Transitions *tensor.Tensor[float64] // K x K, from rows to columns; rows sum to 1
	Emission    Emission                // *GaussianEmission or *CategoricalEmission, as the config makes it
}

// GaussianHMM finds K hidden states behind sequences of rows: the state of a row depends on that of the row before it alone, and rows of a state are normal, or come from a
// mixture of normal distributions. The parameters are those of Baum and Welch's expectation and maximisation (Rabiner, "A tutorial on hidden Markov models", Proceedings of the
// IEEE 77, 1989), by forward and backward passes that are scaled row by row.
//
// The rows of a Table.Group are a sequence, in their order; without groups all rows are one. Weights belong to sequences: one of weight k counts as k sequences, so the rows of a
// group must weigh the same; a row of weight 0 is absent. CSR is an error. An iteration costs rows·K² operations for the chain and those of [GaussianMixture] for the rows;
// memory is 2·rows·K numbers. The first states are the clusters of k-means, which Seed draws, and all transitions are alike. Progress reports the log-likelihood of all
// sequences, as Info.Loss does (of the fit that is kept); Info.Gap is its last change, Info.Iterations counts those of all restarts.
type GaussianHMM struct {
	K               int        // states; 0: 1. More than there are rows is an error
	Components      int        // normal distributions of each state; 0: 1
	Covariance      Covariance // 0: Full
	Start           *HMMStart  // nil: k-means
	StartPrior      float64    // parameter, >= 1, of the Dirichlet prior of the first states: that less 1 is added to what is counted of each; 0: 1, nothing
	TransitionPrior float64    // the same for every row of the transitions; 0: 1
	Restarts        int        // fits with other starts, of which the most likely is kept; 0: 1. With Start.Emission there is one
	MaxIter         int        // iterations of a fit; 0: 100
	Tol             float64    // a fit has converged when the log-likelihood of all sequences rises by less; 0: 1e-2
	RegCovar        float64    // added to every variance; 0: 1e-6
	Seed            uint64     // of the start
}

var _ ml.Fitter[ml.Table, *HMMModel] = GaussianHMM{}

// Fit finds the states.
func (c GaussianHMM) Fit(ctx context.Context, t ml.Table) (*HMMModel, error) {
	const where = "cluster.GaussianHMM.Fit"
	if err := cmp.Or(countOr(where, "Components", &c.Components, 1), positiveOr(where, "RegCovar", &c.RegCovar, 1e-6)); err != nil {
		return nil, err
	}
	if c.Covariance > Spherical {
		return nil, ml.BadConfig(where, "Covariance", c.Covariance, "Full, Tied, Diagonal or Spherical")
	}
	f := hmmFit{where: where, k: &c.K, restarts: &c.Restarts, maxIter: &c.MaxIter, tol: &c.Tol, initial: &c.StartPrior, transition: &c.TransitionPrior, start: &c.Start}
	if err := f.prepare(ctx, t, ml.Accepts{}); err != nil {
		return nil, err
	}
	if need := c.K * c.Components; f.s.n < need {
		return nil, ml.BadConfig(where, "K", c.K, fmt.Sprintf("K·Components at most %d, the rows of positive weight", f.s.n))
	}
	m := &HMMModel{Fitted: ml.NewFitted(t, nil, c)}
	err := f.run(ctx, m, func(restart uint64) (learner, error) { return c.begin(ctx, &f, restart) })
	if err != nil {
		return nil, err
	}
	return m, nil
}

// begin finds the first densities: k-means for the states, and within each for its components.
func (c *GaussianHMM) begin(ctx context.Context, f *hmmFit, restart uint64) (learner, error) {
	inner := &mixtureFit{where: f.where, k: new(int), reg: &c.RegCovar, covariance: c.Covariance, s: f.s}
	k := c.K * c.Components
	*inner.k = k
	l := &gaussianLearner{c: c, fit: inner}
	l.g = &gaussians{kind: c.Covariance, k: k, d: f.s.d, mean: make([]float64, k*f.s.d)}
	if c.Start != nil && c.Start.Emission != nil {
		e := c.Start.Emission.(*GaussianEmission)
		if _, m := e.Weights.Dims(); m != c.Components || e.Covariance != c.Covariance {
			return nil, ml.BadConfig(f.where, "Start.Emission", fmt.Sprintf("%d components, covariance %d", m, e.Covariance), fmt.Sprintf("%d and %d, as the config says", c.Components, c.Covariance))
		}
		l.weights = append([]float64(nil), e.Weights.Data()...)
		l.covariance = e.Covariances.Clone().Data()
		return l, inner.ready(&l.mixing, e.Means.Clone().Data())
	}
	label, err := kmeansLabels(ctx, f.s, c.K, c.Seed, restart)
	if err != nil {
		return nil, err
	}
	if c.Components > 1 {
		for state := range c.K {
			var own []int
			for i, s := range label {
				if int(s) == state {
					own = append(own, i)
				}
			}
			part := f.s.part(own, true)
			inside := make([]int32, len(own))
			if len(own) >= c.Components {
				if inside, err = kmeansLabels(ctx, part, c.Components, c.Seed, restart); err != nil {
					return nil, err
				}
			}
			for j, i := range own {
				label[i] = int32(state*c.Components) + inside[j]
			}
		}
	}
	l.weights = make([]float64, k)
	moments, err := inner.about(&l.mixing, func(share []float64, lo, hi int) { oneEach(share, label[lo:hi], k) })
	if err != nil {
		return nil, err
	}
	return l, l.maximise(moments)
}

// kmeansLabels are the clusters of k-means.
func kmeansLabels(ctx context.Context, s *space, k int, seed, restart uint64) ([]int32, error) {
	km := KMeans{K: k, Seed: seed}
	if err := km.resolve(""); err != nil {
		return nil, err
	}
	if s.near == nil {
		s.open(true)
	}
	l := km.begin(s, restart)
	_, err := l.iterate(ml.Track(ml.Quiet(ctx), "iteration", km.MaxIter), 0, km.MaxIter, km.Tol*s.variance())
	return l.label, err
}

// priorOr makes a zero 1, and refuses what is less.
func priorOr(where, field string, v *float64) error {
	if *v == 0 {
		*v = 1
	}
	if !(*v >= 1 && *v <= math.MaxFloat64) {
		return ml.BadConfig(where, field, *v, ">= 1, or 0 for 1")
	}
	return nil
}

// learner is emissions that learn.
type learner interface {
	logs(dst []float64, s *space)             // log densities of all rows, n x K
	learn(s *space, share []float64) error    // from the rows' shares in the states
	chances(k int) (initial, moves []float64) // for a chain that nothing is known of
	keep() Emission
	note() string
}

// hmmFit is what fits of hidden Markov models have in common.
type hmmFit struct {
	where                string
	k, restarts, maxIter *int
	tol                  *float64
	initial, transition  *float64
	start                **HMMStart

	s   *space
	seq *sequences
}

func (f *hmmFit) prepare(ctx context.Context, t ml.Table, accept ml.Accepts) error {
	if err := cmp.Or(countOr(f.where, "K", f.k, 1), countOr(f.where, "Restarts", f.restarts, 1), countOr(f.where, "MaxIter", f.maxIter, 100),
		positiveOr(f.where, "Tol", f.tol, 1e-2), priorOr(f.where, "StartPrior", f.initial), priorOr(f.where, "TransitionPrior", f.transition)); err != nil {
		return err
	}
	if err := t.Check(f.where, accept); err != nil {
		return err
	}
	if rows.Of(t.X).Sparse() {
		return ml.BadShape(f.where, "X", "a CSR matrix", "a dense one: densities need every number")
	}
	seq, err := sequencesOf(f.where, t)
	if err != nil {
		return err
	}
	f.seq = seq
	f.s = &space{table: seq.table(t.X), weight: seq.rowWeights()}
	f.s.x = rows.Of(f.s.table)
	f.s.n, f.s.d = f.s.x.Dims()
	if f.s.n < *f.k {
		return ml.BadConfig(f.where, "K", *f.k, fmt.Sprintf("at most %d, the rows of positive weight", f.s.n))
	}
	if s := *f.start; s != nil {
		if err := s.check(f.where, *f.k, f.s.d, !accept.Categorical); err != nil {
			return err
		}
		*f.start = s.clone() // which checks its emission again, and prepares it
	}
	return ml.Done(ctx)
}

// check wants probabilities of the right shapes.
func (s *HMMStart) check(where string, k, d int, gaussian bool) error {
	if s.Initial != nil {
		if err := checkChances(where, "Start.Initial", s.Initial, k, k); err != nil {
			return err
		}
	}
	if s.Transitions != nil {
		if err := cmp.Or(checkTensor(where, "Start.Transitions", s.Transitions, k, k), checkChances(where, "Start.Transitions", s.Transitions.Clone().Data(), k, k*k)); err != nil {
			return err
		}
	}
	if s.Emission == nil {
		return nil
	}
	if _, is := s.Emission.(*GaussianEmission); is != gaussian {
		return ml.BadConfig(where, "Start.Emission", fmt.Sprintf("a %T", s.Emission), "the emission that the config makes")
	}
	return s.Emission.check(where, k, d)
}

// checkChances wants rows of k numbers >= 0 that sum to 1.
func checkChances(where, field string, p []float64, k, size int) error {
	if len(p) != size {
		return ml.BadConfig(where, field, fmt.Sprintf("%d numbers", len(p)), fmt.Sprint(size))
	}
	for at := 0; at < size; at += k {
		sum := 0.0
		for _, v := range p[at : at+k] {
			if !(v >= 0 && v <= 1) {
				return ml.BadConfig(where, field, v, ">= 0 and <= 1")
			}
			sum += v
		}
		if math.Abs(sum-1) > 1e-8 {
			return ml.BadConfig(where, field, fmt.Sprintf("a row of sum %g", sum), "1")
		}
	}
	return nil
}

func (s *HMMStart) clone() *HMMStart {
	out := &HMMStart{Initial: append([]float64(nil), s.Initial...)}
	if s.Transitions != nil {
		out.Transitions = s.Transitions.Clone()
	}
	if s.Emission != nil {
		out.Emission = s.Emission.copy()
	}
	return out
}

// run fits once for each restart and keeps the best.
func (f *hmmFit) run(ctx context.Context, m *HMMModel, begin func(restart uint64) (learner, error)) error {
	restarts := *f.restarts
	if s := *f.start; s != nil && s.Emission != nil {
		restarts = 1
	}
	share := make([]float64, f.s.n**f.k)
	_, err := climb(ctx, &m.Info, restarts, *f.maxIter, func(change float64) bool { return change < *f.tol }, func(restart uint64) (climber, error) {
		l, err := begin(restart)
		if err != nil {
			return nil, err
		}
		c := &hmmClimb{f: f, m: m, l: l, share: share}
		c.initial, c.moves = l.chances(*f.k)
		if s := *f.start; s != nil && s.Initial != nil {
			c.initial = append([]float64(nil), s.Initial...)
		}
		if s := *f.start; s != nil && s.Transitions != nil {
			c.moves = s.Transitions.Clone().Data()
		}
		return c, nil
	})
	if err != nil {
		return err
	}
	if err := m.Restore(); err != nil {
		return tooLargeToSquare(f.where, err)
	}
	return nil
}

// hmmClimb is a fit from one start.
type hmmClimb struct {
	f              *hmmFit
	m              *HMMModel
	l              learner
	share          []float64
	initial, moves []float64
}

func (c *hmmClimb) climb() (float64, error) {
	k := *c.f.k
	c.l.logs(c.share, c.f.s)
	e, lost := c.f.seq.expect(c.share, k, c.initial, c.moves)
	if lost >= 0 {
		return 0, impossible(c.f.where, lost)
	}
	if err := c.l.learn(c.f.s, c.share); err != nil {
		return 0, err
	}
	normalise(c.initial, e.first, *c.f.initial-1)
	for i := range k {
		normalise(c.moves[i*k:(i+1)*k], e.moves[i*k:(i+1)*k], *c.f.transition-1)
	}
	return e.loss, nil
}

func (c *hmmClimb) keep() {
	k := *c.f.k
	c.m.Initial, c.m.Transitions, c.m.Emission = c.initial, tensor.FromSlice(c.moves, k, k), c.l.keep()
}

func (c *hmmClimb) said() string { return c.l.note() }

// normalise makes probabilities of counts, which get more each but where a probability is 0. Without counts nothing changes.
func normalise(p, counts []float64, more float64) {
	sum := 0.0
	for i, v := range counts {
		if p[i] > 0 {
			sum += v + more
		}
	}
	if !(sum > 0) {
		return
	}
	for i, v := range counts {
		if p[i] > 0 {
			p[i] = (v + more) / sum
		}
	}
}

// gaussianLearner is Gaussian emissions that learn, K·Components of them.
type gaussianLearner struct {
	mixing
	c   *GaussianHMM
	fit *mixtureFit
}

func (l *gaussianLearner) emission() *GaussianEmission {
	return &GaussianEmission{g: l.g, components: l.c.Components, offset: logsOf(l.weights)}
}

func logsOf(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Log(v)
	}
	return out
}

func (l *gaussianLearner) logs(dst []float64, s *space) { l.emission().logs(dst, s.x) }

func (l *gaussianLearner) learn(s *space, share []float64) error {
	k, c := l.c.K, l.c.Components
	if c == 1 {
		return l.maximise(s.gather(l.g, func(to []float64, lo, hi int) { copy(to, share[lo*k:hi*k]) }))
	}
	offset := logsOf(l.weights)
	return l.maximise(s.eachBlock(l.g, func(m *moments, x, to []float64, lo, hi int, work []float64) {
		n := hi - lo
		l.g.logs(to, x, n, offset, work)
		kern.SoftmaxRows(n*k, c, to, c, to, c) // within each state
		for i := range n {
			for state, p := range share[(lo+i)*k : (lo+i+1)*k] {
				own := to[(i*k+state)*c : (i*k+state+1)*c]
				if p == 0 { // also where the densities are all 0
					clear(own)
					continue
				}
				kern.Scal(p, own, own)
			}
		}
	}))
}

// maximise finds new parameters. Weights of components are those within their state.
func (l *gaussianLearner) maximise(m *moments) error {
	c := l.c.Components
	for at := 0; at < len(m.weight); at += c {
		if sum := sumOf(m.weight[at : at+c]); sum > 0 {
			for i, w := range m.weight[at : at+c] {
				l.weights[at+i] = max(w/sum, 1e-300)
			}
		} else {
			for i := range c {
				l.weights[at+i] = 1 / float64(c)
			}
		}
	}
	mean := l.g.means(m)
	was := l.covariance
	l.covariance = l.fit.covariances(l.g, m, mean)
	for i, w := range m.weight { // what no row is in stays as it was
		if w <= 10*epsilon && l.c.Covariance != Tied {
			own := l.c.Covariance.of(l.covariance, len(m.weight), i)
			if was != nil {
				copy(own, l.c.Covariance.of(was, len(m.weight), i))
			} else {
				l.fit.whole()
				fillCovariance(l.c.Covariance, own, l.fit.total, l.fit.s.d, l.c.RegCovar)
			}
			copy(mean[i*l.g.d:(i+1)*l.g.d], l.g.mean[i*l.g.d:])
		}
	}
	return l.fit.ready(&l.mixing, mean)
}

func (l *gaussianLearner) chances(k int) (initial, moves []float64) { return even(k), evens(k) }

func even(k int) []float64 {
	out := make([]float64, k)
	for i := range out {
		out[i] = 1 / float64(k)
	}
	return out
}

func evens(k int) []float64 {
	var out []float64
	for range k {
		out = append(out, even(k)...)
	}
	return out
}

func (l *gaussianLearner) keep() Emission {
	k, c, d := l.c.K, l.c.Components, l.g.d
	return &GaussianEmission{Covariance: l.c.Covariance, Weights: tensor.FromSlice(l.weights, k, c), Means: tensor.FromSlice(l.g.mean, k*c, d),
		Covariances: tensor.FromSlice(l.covariance, l.c.Covariance.shape(k*c, d)...)}
}

func (l *gaussianLearner) note() string { return l.mixing.note }
