package ensemble

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// leastProba is what a probability counts as at least, so that its logarithm is finite: the spacing of numbers at 1, as scikit-learn had it.
const leastProba = 0x1p-52

// logProba returns the logarithms of what a member says of the classes that had rows, rows x these.
func (m *AdaBoostClassification) logProba(where string, member ml.Predictor[int], x tensor.Matrix) (*tensor.Tensor[float64], error) {
	c, has := ml.As[ml.Classifier](member)
	if !has {
		return nil, ml.BadConfig(where, "Base", fmt.Sprintf("a model without probabilities, %T", member), "probabilities, which Real looks at")
	}
	p, err := c.PredictProba(x)
	if err != nil {
		return nil, err
	}
	n, k := p.Dims()
	if k != m.K {
		return nil, &ml.Error{Where: where, Field: fmt.Sprintf("a %T", member), Found: fmt.Sprintf("probabilities of %d classes", k), Want: fmt.Sprint(m.K), Kind: ml.ErrShape}
	}
	out := tensor.New[float64](n, len(m.Seen))
	for i := range n {
		from, to := p.Row(i), out.Row(i)
		for at, class := range m.Seen {
			to[at] = kern.LogOne(max(from[class], leastProba))
		}
	}
	return out, nil
}

// learnReal gives the weights of the next round by the probabilities of a member: rows whose own class it finds likelier than the others weigh less. All members have one vote, which
// is as strong as they are sure. It ends with a model that makes no error.
func (m *AdaBoostClassification) learnReal(where string, member ml.Predictor[int], d ml.Dataset[int], rate float64) (next []float64, ended bool, err error) {
	logs, err := m.logProba(where, member, d.X)
	if err != nil {
		return nil, false, err
	}
	places := m.newPoll(0).places
	k := float64(len(m.Seen))
	step, wrong := rate*(k-1)/k, 0.0
	next = make([]float64, len(d.Y))
	for i := range next {
		row, own, rest := logs.Row(i), places[d.Y[i]], 0.0
		for at, v := range row {
			if at != own {
				rest += v
			}
		}
		if kern.ArgMax(row) != own {
			wrong += d.Weight[i]
		}
		next[i] = -float64(step * row[own])
		if k > 1 {
			next[i] += step * rest / (k - 1)
		}
	}
	m.Info.Gap = wrong
	m.Info.Loss = append(m.Info.Loss, wrong)
	m.Members, m.Weights = append(m.Members, member), append(m.Weights, 1)
	if wrong <= 0 {
		return nil, true, nil
	}
	top := next[0] // weights sum to 1 in the end: the largest factor is 1, so that none overflows
	for _, v := range next {
		top = max(top, v)
	}
	for i, v := range next {
		next[i] = float64(d.Weight[i] * kern.ExpOne(v-top))
	}
	next, ok := simplex(next)
	return next, !ok, nil
}

// addReal adds how far the logarithms of a member's probabilities lie from their mean, times K-1.
func (m *AdaBoostClassification) addReal(p *poll, r int, x tensor.Matrix) error {
	logs, err := m.logProba("ensemble.AdaBoostClassification", m.Members[r], x)
	if err != nil {
		return err
	}
	n, k := logs.Dims()
	for i := range n {
		row, sums, mean := logs.Row(i), p.sum.Row(i), 0.0
		for _, v := range row {
			mean += v
		}
		mean /= float64(k)
		for at, v := range row {
			sums[at] += float64(float64(k-1) * (v - mean))
		}
	}
	p.total++
	return nil
}
