package cluster

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Emission is how the states of a hidden Markov model emit rows: a *GaussianEmission or a *CategoricalEmission.
type Emission interface {
	check(where string, k, d int) error // and prepares it
	copy() Emission
	accepts(where string, x rows.Rows) error
	logs(dst []float64, x rows.Rows) // log densities of the rows in each state, rows x K
	drawer() func(r *rand.Rand, row []float64, state int)
}

// GaussianEmission is what a state emits: rows of a mixture of normal distributions.
type GaussianEmission struct {
	Covariance  Covariance
	Weights     *tensor.Tensor[float64] // K x components, > 0; rows sum to 1
	Means       *tensor.Tensor[float64] // K·components x columns, the components of a state one after the other
	Covariances *tensor.Tensor[float64] // as those of a MixtureModel with K·components components

	g          *gaussians
	components int
	offset     []float64
}

func (e *GaussianEmission) check(where string, k, d int) error {
	if e == nil || rows.Fault(e.Weights) != "" || e.Covariance > Spherical {
		return ml.BadConfig(where, "Emission", "no weights, or another covariance", fmt.Sprintf("the densities of %d states", k))
	}
	n, m := e.Weights.Dims()
	if n != k || m < 1 {
		return ml.BadConfig(where, "Emission.Weights", fmt.Sprintf("%d x %d", n, m), fmt.Sprintf("%d x components", k))
	}
	for s := range k {
		if err := checkShares(where, fmt.Sprintf("Emission.Weights[%d]", s), e.Weights.Row(s), m); err != nil {
			return err
		}
	}
	if err := cmp.Or(checkTensor(where, "Emission.Means", e.Means, k*m, d), checkTensor(where, "Emission.Covariances", e.Covariances, e.Covariance.shape(k*m, d)...)); err != nil {
		return err
	}
	g, bad := newGaussians(e.Covariance, k*m, d, e.Means.Clone().Data(), e.Covariances.Clone().Data())
	if bad >= 0 {
		return ml.BadConfig(where, "Emission.Covariances", fmt.Sprintf("number %d singular", bad), "positive definite ones")
	}
	e.g, e.components, e.offset = g, m, logsOf(e.Weights.Clone().Data())
	return nil
}

func (e *GaussianEmission) copy() Emission {
	return &GaussianEmission{Covariance: e.Covariance, Weights: e.Weights.Clone(), Means: e.Means.Clone(), Covariances: e.Covariances.Clone(), g: e.g, components: e.components, offset: e.offset}
}

func (e *GaussianEmission) accepts(string, rows.Rows) error { return nil }

func (e *GaussianEmission) logs(dst []float64, x rows.Rows) {
	d, c := e.g.d, e.components
	k := e.g.k / c
	block := blockRows(d)
	par.ForChunks(x.Len(), block, func(_, lo, hi int) {
		n := hi - lo
		room, giveBack := kern.Borrow(n*(d+k*c) + e.g.room(n))
		defer giveBack()
		to := dst[lo*k : hi*k]
		each := to
		if c > 1 {
			each = room[n*d : n*(d+k*c)]
		}
		e.g.logs(each, x.Block(lo, hi, room[:n*d]), n, e.offset, room[n*(d+k*c):])
		if c > 1 {
			kern.LogSumExpRows(to, c, each, c)
		}
	})
}

func (e *GaussianEmission) drawer() func(r *rand.Rand, row []float64, state int) {
	draw := e.g.drawer()
	var upTo [][]float64
	for s := range e.Weights.Shape()[0] {
		upTo = append(upTo, cumulated(e.Weights.Row(s)))
	}
	return func(r *rand.Rand, row []float64, state int) {
		c := pickShare(r.Float64(), upTo[state])
		rng.Normal(r, row, 0, 1)
		draw(row, state*e.components+c)
	}
}

// HMMModel is a hidden Markov model. [GaussianHMM] and [CategoricalHMM] return it. What it says of a row depends on the rows around it: the rows of a Table.Group are a sequence,
// in their order, and a bare matrix is one sequence.
type HMMModel struct {
	ml.Fitted
	Initial     []float64               // probability of each state in the first row
	Transitions *tensor.Tensor[float64] // K x K: from row to column; rows sum to 1
	Emission    Emission                // *GaussianEmission or *CategoricalEmission
}

// Restore checks a model that was read from a file.
func (m *HMMModel) Restore() error {
	const where = "cluster.HMMModel"
	k := len(m.Initial)
	bad := func(field string, cause error) error {
		return &ml.Error{Where: where, Field: field, Found: "impossible numbers", Want: "probabilities", Kind: ml.ErrFormat, Cause: cause}
	}
	if k == 0 || m.Emission == nil {
		return bad("Initial", nil)
	}
	if err := checkChances(where, "Initial", m.Initial, k, k); err != nil {
		return bad("Initial", err)
	}
	if err := checkTensor(where, "Transitions", m.Transitions, k, k); err != nil {
		return bad("Transitions", err)
	}
	if err := checkChances(where, "Transitions", m.Transitions.Data(), k, k*k); err != nil {
		return bad("Transitions", err)
	}
	if err := m.Emission.check(where, k, m.Info.Features); err != nil {
		return bad("Emission", err)
	}
	return nil
}

// K is the number of states.
func (m *HMMModel) K() int { return len(m.Initial) }

// Start is a start for another fit from these parameters.
func (m *HMMModel) Start() *HMMStart {
	return (&HMMStart{Initial: m.Initial, Transitions: m.Transitions, Emission: m.Emission}).clone()
}

// open checks a table and returns its sequences with the log densities of their rows.
func (m *HMMModel) open(where string, t ml.Table) (*sequences, []float64, error) {
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, nil, err
	}
	_, codes := m.Emission.(*CategoricalEmission)
	if err := ml.CheckFinite(where, &m.Fitted, t.X, codes); err != nil {
		return nil, nil, err
	}
	if n, _ := t.X.Dims(); n == 0 {
		return &sequences{begin: []int{0}}, nil, nil
	}
	if err := t.CheckShape(where, ml.Accepts{Missing: true, Categorical: true}); err != nil {
		return nil, nil, err
	}
	if err := m.Emission.accepts(where, rows.Of(t.X)); err != nil {
		return nil, nil, err
	}
	t.Weight = nil // no row is left out
	q, err := sequencesOf(where, t)
	if err != nil {
		return nil, nil, err
	}
	x := rows.Of(q.table(t.X))
	logs := make([]float64, x.Len()*m.K())
	m.Emission.logs(logs, x)
	return q, logs, nil
}

// impossible is the error of a sequence that no path of states can emit.
func impossible(where string, sequence int) error {
	return &ml.Error{Where: where, Field: "X", Found: fmt.Sprintf("a sequence (number %d) that no path of states can emit", sequence), Want: "a possible one", Kind: ml.ErrData}
}

// Decode returns the most likely path of states of each sequence (Viterbi's), row by row of the table, and the logarithm of the probability of paths and rows together.
func (m *HMMModel) Decode(t ml.Table) (states []int, logProbability float64, err error) {
	return m.decode("cluster.HMMModel.Decode", t)
}

func (m *HMMModel) decode(where string, t ml.Table) ([]int, float64, error) {
	q, logs, err := m.open(where, t)
	if err != nil {
		return nil, 0, err
	}
	k, count := m.K(), len(q.begin)-1
	path, loss, lost := make([]int, q.begin[count]), make([]float64, count), make([]bool, count)
	par.For(count, 10*k*k*(len(path)/max(count, 1)), func(lo, hi int) {
		for s := lo; s < hi; s++ {
			a, b := q.begin[s], q.begin[s+1]
			var ok bool
			loss[s], ok = viterbi(path[a:b], logs[a*k:b*k], k, m.Initial, m.Transitions.Data())
			lost[s] = !ok
		}
	})
	sum := 0.0
	for s, v := range loss {
		if lost[s] {
			return nil, 0, impossible(where, s)
		}
		sum += v
	}
	if q.order == nil {
		return path, sum, nil
	}
	states := make([]int, len(path))
	for at, i := range q.order {
		states[i] = path[at]
	}
	return states, sum, nil
}

// Predict is Decode of one sequence.
func (m *HMMModel) Predict(x tensor.Matrix) ([]int, error) {
	states, _, err := m.decode("cluster.HMMModel.Predict", ml.Table{X: x})
	return states, err
}

// Posterior returns the probability of each state in each row, rows x K, given the whole of its sequence, and the log-likelihood of all sequences.
func (m *HMMModel) Posterior(t ml.Table) (*tensor.Tensor[float64], float64, error) {
	return m.posterior("cluster.HMMModel.Posterior", t)
}

func (m *HMMModel) posterior(where string, t ml.Table) (*tensor.Tensor[float64], float64, error) {
	q, logs, err := m.open(where, t)
	if err != nil {
		return nil, 0, err
	}
	k := m.K()
	e, lost := q.expect(logs, k, m.Initial, m.Transitions.Data())
	if lost >= 0 {
		return nil, 0, impossible(where, lost)
	}
	out := tensor.New[float64](len(logs)/k, k)
	if q.order == nil {
		copy(out.Data(), logs)
	}
	for at, i := range q.order {
		copy(out.Row(i), logs[at*k:(at+1)*k])
	}
	return out, e.loss, nil
}

// PredictProba is Posterior of one sequence.
func (m *HMMModel) PredictProba(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	p, _, err := m.posterior("cluster.HMMModel.PredictProba", ml.Table{X: x})
	return p, err
}

// LogLikelihood is the logarithm of the probability density of all sequences of a table, -Inf if one cannot be.
func (m *HMMModel) LogLikelihood(t ml.Table) (float64, error) {
	q, logs, err := m.open("cluster.HMMModel.LogLikelihood", t)
	if err != nil {
		return 0, err
	}
	k := m.K()
	across := make([]float64, k*k)
	for i := range k {
		for j, p := range m.Transitions.Row(i) {
			across[j*k+i] = p
		}
	}
	sum := 0.0
	for s := range len(q.begin) - 1 {
		loss, ok := forward(logs[q.begin[s]*k:q.begin[s+1]*k], k, m.Initial, across, nil, nil)
		if !ok {
			return math.Inf(-1), nil
		}
		sum += loss
	}
	return sum, nil
}

// Parameters is how many numbers the model is free to choose, those that are 0 left out.
func (m *HMMModel) Parameters() int {
	free := func(p []float64) int {
		n := 0
		for _, v := range p {
			if v > 0 {
				n++
			}
		}
		return n - 1
	}
	n := free(m.Initial)
	for s := range m.K() {
		n += free(m.Transitions.Row(s))
	}
	switch e := m.Emission.(type) {
	case *GaussianEmission:
		n += e.Covariance.parameters(e.g.k, e.g.d) + e.g.k*e.g.d + e.g.k - m.K()
	case *CategoricalEmission:
		for _, p := range e.Probabilities {
			for s := range m.K() {
				n += free(p.Row(s))
			}
		}
	}
	return n
}

// AIC is Akaike's criterion on some sequences, 2·Parameters - 2·LogLikelihood: the lower the better.
func (m *HMMModel) AIC(t ml.Table) (float64, error) {
	l, err := m.LogLikelihood(t)
	return 2*float64(m.Parameters()) - 2*l, err
}

// BIC is Schwarz's criterion on some sequences, Parameters·log(rows) - 2·LogLikelihood: the lower the better.
func (m *HMMModel) BIC(t ml.Table) (float64, error) {
	l, err := m.LogLikelihood(t)
	return float64(m.Parameters())*math.Log(float64(t.Rows())) - 2*l, err
}

// Sample draws a sequence of n rows, and its states.
func (m *HMMModel) Sample(n int, seed uint64) (*tensor.Tensor[float64], []int, error) {
	if n < 0 {
		return nil, nil, ml.BadConfig("cluster.HMMModel.Sample", "n", n, ">= 0")
	}
	r := rng.New(seed, 0)
	x, states := tensor.New[float64](n, m.Info.Features), make([]int, n)
	draw := m.Emission.drawer()
	next := cumulated(m.Initial)
	var upTo [][]float64
	for s := range m.K() {
		upTo = append(upTo, cumulated(m.Transitions.Row(s)))
	}
	for i := range n {
		states[i] = pickShare(r.Float64(), next)
		draw(r, x.Row(i), states[i])
		next = upTo[states[i]]
	}
	return x, states, nil
}
