package cluster_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/cluster"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

type HMMCase struct {
	Initial        []float64
	Moves          [][]float64
	Score, Viterbi float64
	States         []int
	Posterior      [][]float64
}

type hmmGolden struct {
	X, Codes                              [][]float64
	Lengths                               []int
	Initial, Moves, Start, Emit, MixMeans []float64
	Gauss                                 map[string]struct {
		HMMCase
		Kind               cluster.Covariance
		Given              []float64
		How                string
		Means, Covariances []float64
		History            []float64
	}
	Mixed map[string]struct {
		HMMCase
		Kind                        cluster.Covariance
		Weights, Means, Covariances []float64
	}
	Discrete map[string]struct {
		HMMCase
		How      string
		Emission []float64
		History  []float64
	}
}

func groupsOf(lengths []int) []int {
	var out []int
	for g, n := range lengths {
		for range n {
			out = append(out, g)
		}
	}
	return out
}

func compareHMM(t *testing.T, name string, m *cluster.HMMModel, want HMMCase, d ml.Table, tol float64) {
	t.Helper()
	golden.Close(t, m.Initial, want.Initial, tol, tol, name+": initial")
	golden.Close(t, m.Transitions.Data(), slices.Concat(want.Moves...), tol, tol, name+": transitions")
	score, err := m.LogLikelihood(d)
	if err != nil {
		t.Fatal(name, err)
	}
	states, best, err := m.Decode(d)
	if err != nil {
		t.Fatal(name, err)
	}
	p, again, err := m.Posterior(d)
	if err != nil {
		t.Fatal(name, err)
	}
	golden.Close(t, []float64{score, again, best}, []float64{want.Score, want.Score, want.Viterbi}, tol, 0, name+": log-likelihood and Viterbi's")
	if !slices.Equal(states, want.States) {
		t.Errorf("%s: states %v, want %v", name, states, want.States)
	}
	for i, row := range want.Posterior {
		golden.Close(t, p.Row(9*i), row, tol, tol, name+": posterior")
	}
}

func TestHMMsMatchHmmlearn(t *testing.T) {
	g := golden.Load[hmmGolden](t, "testdata/hmm.json")
	moves := tensor.FromSlice(g.Moves, 3, 3)
	d := ml.Table{X: matrix(t, g.X), Group: groupsOf(g.Lengths)}
	one := tensor.Ones[float64](3, 1)
	for name, want := range g.Gauss {
		c := cluster.GaussianHMM{K: 3, Covariance: want.Kind, MaxIter: len(want.History), Tol: 1e-300, RegCovar: 1e-300, Start: &cluster.HMMStart{Initial: g.Initial, Transitions: moves,
			Emission: &cluster.GaussianEmission{Covariance: want.Kind, Weights: one, Means: tensor.FromSlice(g.Start, 3, 2), Covariances: tensor.FromSlice(want.Given, shapeOf(want.Kind, 3, 2)...)}}}
		switch want.How {
		case "long":
			c.MaxIter, c.Tol = 500, 1e-7
		case "priors":
			c.StartPrior, c.TransitionPrior = 1.5, 2
		}
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		golden.Close(t, m.Info.Loss, want.History, 1e-9, 0, name+": log-likelihoods")
		e := m.Emission.(*cluster.GaussianEmission)
		golden.Close(t, e.Means.Data(), want.Means, 1e-8, 1e-8, name+": means")
		golden.Close(t, e.Covariances.Data(), want.Covariances, 1e-8, 1e-8, name+": covariances")
		compareHMM(t, name, m, want.HMMCase, d, 1e-8)
	}
	for name, want := range g.Mixed { // at the optimum alone: on the way there hmmlearn takes covariances about the means of the iteration before
		m, err := cluster.GaussianHMM{K: 3, Components: 2, Covariance: want.Kind, MaxIter: 5000, Tol: 1e-10, RegCovar: 1e-300, Start: &cluster.HMMStart{Initial: g.Initial, Transitions: moves,
			Emission: &cluster.GaussianEmission{Covariance: want.Kind, Weights: tensor.Full(0.5, 3, 2), Means: tensor.FromSlice(g.MixMeans, 6, 2), Covariances: ones(want.Kind)}}}.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		e := m.Emission.(*cluster.GaussianEmission)
		golden.Close(t, e.Weights.Data(), want.Weights, 1e-3, 1e-3, name+": weights")
		golden.Close(t, e.Means.Data(), want.Means, 1e-3, 1e-3, name+": means")
		golden.Close(t, e.Covariances.Data(), want.Covariances, 1e-3, 1e-3, name+": covariances")
		compareHMM(t, name, m, want.HMMCase, d, 1e-3)
	}
	d.X = matrix(t, g.Codes)
	for name, want := range g.Discrete {
		c := cluster.CategoricalHMM{K: 3, MaxIter: len(want.History), Tol: 1e-300, Start: &cluster.HMMStart{Initial: g.Initial, Transitions: moves,
			Emission: &cluster.CategoricalEmission{Probabilities: []*tensor.Tensor[float64]{tensor.FromSlice(g.Emit, 3, 4)}}}}
		switch want.How {
		case "long":
			c.MaxIter, c.Tol = 500, 1e-7
		case "priors":
			c.StartPrior, c.TransitionPrior, c.EmissionPrior = 1.5, 2, 1.25
		}
		m, err := c.Fit(ctx, d)
		if err != nil {
			t.Fatal(name, err)
		}
		golden.Close(t, m.Info.Loss, want.History, 1e-9, 0, name+": log-likelihoods")
		golden.Close(t, m.Emission.(*cluster.CategoricalEmission).Probabilities[0].Data(), want.Emission, 1e-6, 1e-6, name+": emissions")
		compareHMM(t, name, m, want.HMMCase, d, 1e-6)
	}
}

// ones are unit covariances of six densities in two columns.
func ones(kind cluster.Covariance) *tensor.Tensor[float64] {
	if kind == cluster.Diagonal {
		return tensor.Ones[float64](6, 2)
	}
	out := tensor.New[float64](6, 2, 2)
	for i := range 6 {
		out.Set(1, i, 0, 0)
		out.Set(1, i, 1, 1)
	}
	return out
}

// All paths of six rows are tried: their probabilities sum to the likelihood, the most likely is Viterbi's, and those through a state sum to its posterior.
func TestHMMAgainstAllPaths(t *testing.T) {
	const n, k = 6, 3
	r := rng.New(7, 0)
	x := tensor.New[float64](40, 2)
	for i := range 40 {
		x.Row(i)[0], x.Row(i)[1] = float64(r.IntN(3)), float64(r.IntN(2))
	}
	m, err := cluster.CategoricalHMM{K: k, MaxIter: 3}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	e := m.Emission.(*cluster.CategoricalEmission)
	few := x.Rows(0, n)
	total, best, posterior := 0.0, 0.0, make([]float64, n*k)
	var top []int
	path := make([]int, n)
	for code := range 729 {
		p := 1.0
		for i, c := 0, code; i < n; i, c = i+1, c/k {
			path[i] = c % k
			if i == 0 {
				p *= m.Initial[path[0]]
			} else {
				p *= m.Transitions.At(path[i-1], path[i])
			}
			for j, q := range e.Probabilities {
				p *= q.At(path[i], int(few.At(i, j)))
			}
		}
		total += p
		if p > best {
			best, top = p, slices.Clone(path)
		}
		for i, s := range path {
			posterior[i*k+s] += p
		}
	}
	for i := range posterior {
		posterior[i] /= total
	}
	states, logs, err := m.Decode(ml.Table{X: few})
	if err != nil || !slices.Equal(states, top) || math.Abs(logs-math.Log(best)) > 1e-10 {
		t.Errorf("path %v of %g, want %v of %g, %v", states, logs, top, math.Log(best), err)
	}
	p, l, err := m.Posterior(ml.Table{X: few})
	if err != nil || math.Abs(l-math.Log(total)) > 1e-10 {
		t.Errorf("log-likelihood %g, want %g, %v", l, math.Log(total), err)
	}
	golden.Close(t, p.Data(), posterior, 1e-10, 1e-12, "posterior")
}

func TestHMMSequences(t *testing.T) {
	g := golden.Load[hmmGolden](t, "testdata/hmm.json")
	x := matrix(t, g.X)
	d := ml.Table{X: x, Group: groupsOf(g.Lengths)}
	// Rows of sequences may be mixed, as long as each keeps its order.
	order := make([]int, 0, len(g.X))
	begin := []int{0, 40, 65, 66}
	for i := range 40 {
		for s, n := range g.Lengths {
			if i < n {
				order = append(order, begin[s]+i)
			}
		}
	}
	a, err := cluster.GaussianHMM{K: 3, Seed: 1}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	mixed := d.Select(order)
	start := a.Start()
	a, err = cluster.GaussianHMM{K: 3, Start: start}.Fit(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := cluster.GaussianHMM{K: 3, Start: start}.Fit(ctx, mixed)
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, b.Transitions.Data(), a.Transitions.Data(), 1e-9, 1e-9, "transitions of mixed rows")
	sa, la, _ := a.Decode(d)
	sb, lb, err := a.Decode(mixed)
	if err != nil || math.Abs(la-lb) > 1e-9*math.Abs(la) {
		t.Errorf("log-likelihoods %g and %g, %v", la, lb, err)
	}
	for at, i := range order {
		if sb[at] != sa[i] {
			t.Fatalf("row %d in state %d, want %d", i, sb[at], sa[i])
		}
	}
	// A sequence of weight 2 is two, one of weight 0 none.
	weighted := d
	weighted.Weight = make([]float64, len(g.X))
	var twice []int
	var groups []int
	for i, s := range d.Group {
		if s != 1 {
			weighted.Weight[i] = float64(1 + s%3/2)
		}
	}
	for copyOf := range 2 {
		for i, s := range d.Group {
			if float64(copyOf) < weighted.Weight[i] {
				twice, groups = append(twice, i), append(groups, 10*copyOf+s)
			}
		}
	}
	a, err = cluster.GaussianHMM{K: 3, Start: start}.Fit(ctx, weighted)
	if err != nil {
		t.Fatal(err)
	}
	b, err = cluster.GaussianHMM{K: 3, Start: start}.Fit(ctx, ml.Table{X: x.Take(twice), Group: groups})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, a.Transitions.Data(), b.Transitions.Data(), 1e-8, 1e-8, "transitions of weighted sequences")
	golden.Close(t, a.Info.Loss, b.Info.Loss, 1e-9, 0, "log-likelihoods of weighted sequences")
	weighted.Weight[3] = 7
	var fault *ml.Error
	if _, err := (cluster.GaussianHMM{K: 2}).Fit(ctx, weighted); !errors.As(err, &fault) || !errors.Is(err, ml.ErrWeight) {
		t.Errorf("rows of one sequence with different weights: %v", err)
	}
}

// A chain is found again in what it was drawn to emit, a zero stays a zero, and the likelihood never falls.
func TestHMMIsFoundAgain(t *testing.T) {
	moves := tensor.FromSlice([]float64{0.9, 0.1, 0, 0, 0.8, 0.2, 0.1, 0, 0.9}, 3, 3) // round and round
	start := &cluster.HMMStart{Initial: []float64{1, 0, 0}, Transitions: moves, Emission: &cluster.GaussianEmission{Weights: tensor.Ones[float64](3, 1),
		Means: tensor.FromSlice([]float64{0, 4, 8}, 3, 1), Covariances: tensor.FromSlice([]float64{1, 1, 2}, 3, 1, 1)}}
	seed := tensor.FromSlice([]float64{0, 4, 8}, 3, 1)
	m, err := cluster.GaussianHMM{K: 3, MaxIter: 1, Start: start}.Fit(ctx, ml.Table{X: seed}) // a model to draw from
	if err != nil {
		t.Fatal(err)
	}
	m.Transitions, m.Emission = moves, start.Emission
	if err := m.Restore(); err != nil {
		t.Fatal(err)
	}
	x, states, err := m.Sample(20_000, 5)
	if err != nil {
		t.Fatal(err)
	}
	topology := &cluster.HMMStart{Transitions: tensor.FromSlice([]float64{0.5, 0.5, 0, 0, 0.5, 0.5, 0.5, 0, 0.5}, 3, 3), Emission: &cluster.GaussianEmission{Weights: tensor.Ones[float64](3, 1),
		Means: tensor.FromSlice([]float64{1, 3, 7}, 3, 1), Covariances: tensor.Ones[float64](3, 1, 1)}}
	got, err := cluster.GaussianHMM{K: 3, Start: topology}.Fit(ctx, ml.Table{X: x})
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, got.Transitions.Data(), moves.Data(), 0, 0.02, "transitions") // twenty thousand moves: three deviations are 0.01
	if got.Transitions.At(0, 2) != 0 || got.Transitions.At(2, 1) != 0 {
		t.Error("a transition that cannot be became possible")
	}
	path, err := got.Predict(x)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i, s := range path {
		if s == states[i] {
			right++
		}
	}
	if right < 19_000 {
		t.Errorf("%d of %d states found", right, len(path))
	}
	for i, v := range got.Info.Loss[1:] {
		if v < got.Info.Loss[i]-1e-9*math.Abs(v) {
			t.Errorf("the log-likelihood fell by %g", got.Info.Loss[i]-v)
		}
	}
	if _, err := (cluster.CategoricalHMM{K: 2}).Fit(ctx, ml.Table{X: x}); !errors.Is(err, ml.ErrData) {
		t.Errorf("numbers that are no codes: %v", err)
	}
}

// inSequences are the laws of rows that stand alone.
var inSequences = []mltest.Option{
	mltest.Waive(mltest.RowByRow, "a row's state depends on the rows around it"),
	mltest.Waive(mltest.RowOrder, "the order of rows is what is learned"),
	mltest.Waive(mltest.RepeatedRows, "weights are of sequences, not of rows"),
}

func TestHMMLaws(t *testing.T) {
	d := ml.Table{X: tensor.New[float64](80, 2), Group: make([]int, 80)}
	r := rng.New(11, 0)
	for i := range 80 {
		d.Group[i] = i % 3
		d.X.(*tensor.Tensor[float64]).Row(i)[0], d.X.(*tensor.Tensor[float64]).Row(i)[1] = float64(r.IntN(3)), float64((i/6+r.IntN(2))%3)
	}
	numbers := ml.Table{X: tensor.New[float64](90, 3), Group: d.Group[:0:0]}
	for i := range 90 {
		numbers.Group = append(numbers.Group, i/30)
		rng.Normal(r, numbers.X.(*tensor.Tensor[float64]).Row(i), float64(i/10%2*4), 1)
	}
	mltest.Clusterer(t, cluster.GaussianHMM{K: 2}, append(slices.Clip(inSequences), mltest.Data(numbers))...)
	mltest.Clusterer(t, cluster.CategoricalHMM{K: 2}, append(slices.Clip(inSequences), mltest.Data(d))...)
	if testing.Short() {
		return
	}
	mltest.Clusterer(t, cluster.GaussianHMM{K: 2, Components: 2, Covariance: cluster.Diagonal, Restarts: 2}, append(slices.Clip(inSequences), mltest.Data(numbers))...)
}
