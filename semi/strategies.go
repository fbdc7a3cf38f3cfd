package semi

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// seedOf is the seed of one choice.
func seedOf(seed uint64, choice int) uint64 { return rng.Key(seed, uint64(choice)) }

// top are the places of the n largest values, the first of equals first.
func top(values []float64, n int) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	return order[:min(n, len(order))]
}

// byProba ranks open rows by a function of the probabilities of their classes.
func byProba(p *Pool, n int, value func(p []float64) float64) ([]int, error) {
	proba, err := p.Model.PredictProba(p.Open.X)
	if err != nil {
		return nil, err
	}
	values := make([]float64, p.Open.Rows())
	for i := range values {
		values[i] = value(proba.Row(i))
	}
	return top(values, n), nil
}

// Uncertain asks the rows whose most probable class is least probable. It costs a prediction of the open rows. Lewis and Gale: A sequential algorithm for training text classifiers. SIGIR (1994).
type Uncertain struct{}

// Choose implements Strategy.
func (Uncertain) Choose(_ context.Context, p *Pool, n int) ([]int, error) {
	return byProba(p, n, func(p []float64) float64 { return -slices.Max(p) })
}

// Margin asks the rows whose two most probable classes are closest. It costs a prediction of the open rows. Scheffer, Decomain and Wrobel: Active hidden Markov models for information extraction. IDA (2001).
type Margin struct{}

// Choose implements Strategy.
func (Margin) Choose(_ context.Context, p *Pool, n int) ([]int, error) {
	return byProba(p, n, func(p []float64) float64 {
		first, second := 0.0, 0.0
		for _, v := range p {
			if v > first {
				first, second = v, first
			} else {
				second = max(second, v)
			}
		}
		return second - first
	})
}

// Entropy asks the rows whose probabilities have the largest entropy. It costs a prediction of the open rows. Shannon: A mathematical theory of communication (1948).
type Entropy struct{}

// Choose implements Strategy.
func (Entropy) Choose(_ context.Context, p *Pool, n int) ([]int, error) {
	return byProba(p, n, entropy)
}

func entropy(p []float64) float64 {
	sum := 0.0
	for _, v := range p {
		if v > 0 {
			sum -= float64(v * math.Log(v))
		}
	}
	return sum
}

// Randomly asks rows at random: what other strategies are to be compared with.
type Randomly struct{}

// Choose implements Strategy.
func (Randomly) Choose(_ context.Context, p *Pool, n int) ([]int, error) {
	return rng.Sample(rng.New(p.Seed, 0), p.Open.Rows(), min(n, p.Open.Rows())), nil
}

// Committee asks the rows on which several classifiers disagree most. It costs their fits and a prediction of the open rows by each. Seung, Opper and Sompolinsky: Query by committee. COLT (1992).
type Committee struct {
	Members    []ml.AnyClassifier // nil: Draws of the session's own estimator, each fitted to rows drawn with replacement
	Draws      int                // 0: 5. Not read with Members
	Divergence bool               // disagreement is the mean Kullback-Leibler divergence of the members' probabilities from their mean (McCallum and Nigam 1998); false: the entropy of their votes
}

// Choose implements Strategy.
func (c Committee) Choose(ctx context.Context, p *Pool, n int) ([]int, error) {
	const where = "semi.Committee.Choose"
	if c.Draws < 0 || c.Draws == 1 || len(c.Members) == 1 {
		return nil, ml.BadConfig(where, "Draws", c.Draws, "two members or more; 0 draws are 5")
	}
	draws := len(c.Members)
	if draws == 0 {
		draws = cmp.Or(c.Draws, 5)
	}
	proba := make([]*tensor.Tensor[float64], draws)
	err := par.Do(ctx, draws, func(ctx context.Context, b int) error {
		base, d := p.Base, p.Labelled
		if len(c.Members) > 0 {
			base = c.Members[b]
		} else {
			d = drawn(d, p.Seed, b)
		}
		if base.Config == nil {
			return ml.BadConfig(where, fmt.Sprintf("Members[%d]", b), "none", "a classifier")
		}
		m, err := base.Fit(ml.Quiet(ctx), d)
		if err != nil {
			return err
		}
		proba[b], err = m.PredictProba(p.Open.X)
		return err
	})
	if err != nil {
		return nil, err
	}
	values := make([]float64, p.Open.Rows())
	for i := range values {
		values[i] = disagreement(proba, i, c.Divergence)
	}
	return top(values, n), nil
}

// drawn are as many rows as d has, drawn with replacement; each class keeps a row, so that no member lacks one.
func drawn(d ml.Dataset[int], seed uint64, b int) ml.Dataset[int] {
	r := rng.New(seed, uint64(b))
	first := map[int]bool{}
	var idx []int
	for i, y := range d.Y {
		if !first[y] {
			first[y] = true
			idx = append(idx, i)
		}
	}
	for len(idx) < len(d.Y) {
		idx = append(idx, r.IntN(len(d.Y)))
	}
	slices.Sort(idx)
	return d.Select(idx)
}

// disagreement is how much the members differ on row i.
func disagreement(proba []*tensor.Tensor[float64], i int, divergence bool) float64 {
	_, k := proba[0].Dims()
	mean := make([]float64, k)
	for _, p := range proba {
		if !divergence {
			mean[largest(p.Row(i))]++
			continue
		}
		for c, v := range p.Row(i) {
			mean[c] += v
		}
	}
	for c := range mean {
		mean[c] /= float64(len(proba))
	}
	if !divergence {
		return entropy(mean)
	}
	sum := entropy(mean) // the mean divergence from the mean is its entropy less the mean entropy
	for _, p := range proba {
		sum -= entropy(p.Row(i)) / float64(len(proba))
	}
	return sum
}

// ExpectedChange asks the rows whose label would change most what the model says of the others: for each class, times its probability, the estimator is fitted with the row as one of that class, and the mean distance of the
// open rows' probabilities before and after counts. It costs a fit for each candidate and class: keep Candidates small. Settles, Craven and Ray: Multiple-instance active learning. NIPS 20 (2008), for any classifier.
type ExpectedChange struct {
	Candidates int // rows that are looked at, the least certain ones. 0: 20
}

// Choose implements Strategy.
func (c ExpectedChange) Choose(ctx context.Context, p *Pool, n int) ([]int, error) {
	before, err := p.Model.PredictProba(p.Open.X)
	if err != nil {
		return nil, err
	}
	return afterwards(ctx, "semi.ExpectedChange.Choose", c.Candidates, p, n, func(after *tensor.Tensor[float64]) float64 {
		sum := 0.0
		for i := range p.Open.Rows() {
			for k, v := range after.Row(i) {
				sum += math.Abs(v - before.At(i, k))
			}
		}
		return sum
	})
}

// ExpectedError asks the rows whose label would leave the least doubt about the others: as [ExpectedChange], but what counts is the entropy of the open rows' probabilities afterwards, which is to be small. It costs a fit for
// each candidate and class. Roy and McCallum: Toward optimal active learning through sampling estimation of error reduction. ICML (2001).
type ExpectedError struct {
	Candidates int // rows that are looked at, the least certain ones. 0: 20
}

// Choose implements Strategy.
func (c ExpectedError) Choose(ctx context.Context, p *Pool, n int) ([]int, error) {
	return afterwards(ctx, "semi.ExpectedError.Choose", c.Candidates, p, n, func(after *tensor.Tensor[float64]) float64 {
		sum := 0.0
		for i := range p.Open.Rows() {
			sum -= entropy(after.Row(i))
		}
		return sum
	})
}

// afterwards ranks candidates by the expected value of what the model says once their class is known.
func afterwards(ctx context.Context, where string, candidates int, p *Pool, n int, value func(after *tensor.Tensor[float64]) float64) ([]int, error) {
	if candidates < 0 {
		return nil, ml.BadConfig(where, "Candidates", candidates, ">= 1, or 0 for 20")
	}
	rows, err := byProba(p, max(cmp.Or(candidates, 20), n), entropy)
	if err != nil {
		return nil, err
	}
	slices.Sort(rows)
	proba, err := p.Model.PredictProba(p.Open.Select(rows).X)
	if err != nil {
		return nil, err
	}
	_, k := proba.Dims()
	values := make([]float64, len(rows)*k)
	err = par.Do(ctx, len(values), func(ctx context.Context, at int) error {
		share := proba.At(at/k, at%k)
		if share == 0 {
			return nil
		}
		one := ml.Dataset[int]{Table: p.Open.Select([]int{rows[at/k]}), Y: []int{at % k}}
		m, err := p.Base.Fit(ml.Quiet(ctx), appended(p.Labelled, one))
		if err != nil {
			return err
		}
		after, err := m.PredictProba(p.Open.X)
		if err == nil {
			values[at] = share * value(after)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	expected := make([]float64, len(rows))
	for i := range expected {
		for _, v := range values[i*k : (i+1)*k] {
			expected[i] += v
		}
	}
	out := top(expected, n)
	for i, at := range out {
		out[i] = rows[at]
	}
	return out, nil
}

// appended is d with one row more.
func appended(d, one ml.Dataset[int]) ml.Dataset[int] {
	d.X = over(d.X, one.X)
	d.Y = append(slices.Clip(d.Y), one.Y...)
	if d.Weight != nil {
		d.Weight = append(slices.Clip(d.Weight), one.Weight...)
	}
	if d.Group != nil {
		d.Group = append(slices.Clip(d.Group), one.Group...)
	}
	return d
}

// CoreSet asks the rows farthest from every row that has a label or is asked before: labels are spread over the data, whatever the model says. It measures Euclidean distances between the numbers as they
// are; scale the columns before. It costs O(open rows · (labelled rows + n) · columns). Sener and Savarese: Active learning for convolutional neural networks. ICLR (2018), the greedy k-centre.
type CoreSet struct{}

// Choose implements Strategy.
func (CoreSet) Choose(_ context.Context, p *Pool, n int) ([]int, error) {
	open, have := rows.Of(p.Open.X), rows.Of(p.Labelled.X)
	m := open.Len()
	nearest := slices.Repeat([]float64{math.Inf(1)}, m)
	closer := func(from rows.Rows, j int) {
		centre := slices.Clone(from.Row(j, make([]float64, from.Cols())))
		par.For(m, 2*open.Cols(), func(lo, hi int) {
			buf := make([]float64, open.Cols())
			for i := lo; i < hi; i++ {
				sum := 0.0
				for c, v := range open.Row(i, buf) {
					sum += float64((v - centre[c]) * (v - centre[c]))
				}
				if sum < nearest[i] || sum != sum {
					nearest[i] = sum
				}
			}
		})
	}
	for j := range have.Len() {
		closer(have, j)
	}
	var out []int
	for len(out) < min(n, m) {
		best := -1
		for i, v := range nearest {
			if v >= 0 && (best < 0 || v > nearest[best]) {
				best = i
			}
		}
		if best < 0 {
			return nil, &ml.Error{Where: "semi.CoreSet.Choose", Field: "X", Found: "missing values", Want: "numbers: distances need all of them", Kind: ml.ErrNotFinite}
		}
		out = append(out, best)
		closer(open, best)
		nearest[best] = -1
	}
	return out, nil
}

func init() {
	ml.Register[Uncertain]("semi.Uncertain")
	ml.Register[Margin]("semi.Margin")
	ml.Register[Entropy]("semi.Entropy")
	ml.Register[Randomly]("semi.Randomly")
	ml.Register[Committee]("semi.Committee")
	ml.Register[ExpectedChange]("semi.ExpectedChange")
	ml.Register[ExpectedError]("semi.ExpectedError")
	ml.Register[CoreSet]("semi.CoreSet")
}
