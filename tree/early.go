package tree

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Early predicts classes with as few rounds of boosting as it takes to be sure: after every so many rounds, rows whose margin is large enough take no part in further ones. It is
// LightGBM's pred_early_stop. [NewEarly] makes one; any number of goroutines may use it at once.
type Early struct {
	meta    *ml.Fitted
	e       *Ensemble
	every   int
	margin  float64
	parts   [][]part // of so many rounds each
	scratch sync.Pool
}

// NewEarly takes a boosted model of classes, of any library: two with one score, or several with a score each. Every is the number of rounds between looks at the margin
// (0: 10, as in LightGBM), which is twice the size of the score, or the distance of the best score from the second; margin is how large it must be (0: 10). Of 10 and a logistic
// score, what is left out could hardly change a class whose probability is beyond 0.993. A mean of trees, and models of numbers, give ErrConfig.
func NewEarly(m Grown, every int, margin float64) (*Early, error) {
	const where = "tree.NewEarly"
	e, err := grown(where, m)
	if err != nil {
		return nil, err
	}
	switch {
	case every < 0:
		return nil, ml.BadConfig(where, "every", every, ">= 1; 0 means 10")
	case !(margin >= 0):
		return nil, ml.BadConfig(where, "margin", margin, "> 0; 0 means 10")
	case e.Average || e.Outputs == 1 && e.Link != Logistic || e.Outputs > 1 && e.Link != Softmax && e.Link != OneVsRest:
		return nil, ml.BadConfig(where, "m", fmt.Sprintf("a model with %d scores and the link %v", e.Outputs, e.Link), "a sum of trees for classes: Logistic with one score, Softmax or OneVsRest with several")
	}
	if every == 0 {
		every = 10
	}
	if margin == 0 {
		margin = 10
	}
	x := &Early{meta: m.Meta(), e: e, every: every, margin: margin}
	for first := 0; first < e.Trees(); first += every * e.stage() {
		last := min(first+every*e.stage(), e.Trees())
		x.parts = append(x.parts, e.partsOf(first, last))
	}
	x.scratch.New = scratchFor(e, slices.Concat(x.parts...))
	return x, nil
}

// partsOf is the form of a few consecutive trees.
func (e *Ensemble) partsOf(first, last int) []part {
	if e.groupable(first, last) {
		if r, ok := newRanks(e, first, last, math.MaxUint8); ok {
			return []part{newGroup(e, first, last, r)}
		}
	}
	return e.singles(nil, first, last)
}

// Raw returns the raw scores of each row, rows x Outputs, after the rounds that it took, whose numbers it returns as well. With all rounds they are the model's to the bit.
func (p *Early) Raw(x tensor.Matrix) (raw *tensor.Tensor[float64], rounds []int, err error) {
	const where = "tree.Early.Raw"
	if err := ml.CheckPredict(where, p.meta, x); err != nil {
		return nil, nil, err
	}
	if err := ml.CheckFinite(where, p.meta, x, true); err != nil {
		return nil, nil, err
	}
	src := rows.Of(x)
	n := src.Len()
	raw, rounds = tensor.New[float64](n, p.e.Outputs), make([]int, n)
	par.For(par.Chunks(n, kern.TreeRows), 10*kern.TreeRows*p.e.Trees(), func(lo, hi int) {
		for b := lo; b < hi; b++ {
			p.block(raw, rounds, src, b*kern.TreeRows, min((b+1)*kern.TreeRows, n))
		}
	})
	return raw, rounds, nil
}

// Response returns the probabilities that belong to Raw: of class 1, or of each class.
func (p *Early) Response(x tensor.Matrix) (*tensor.Tensor[float64], error) {
	raw, _, err := p.Raw(x)
	if err != nil {
		return nil, err
	}
	p.e.respondFlat(raw.Data(), p.e.Outputs)
	return raw, nil
}

// block does rows lo to hi-1.
func (p *Early) block(raw *tensor.Tensor[float64], rounds []int, src rows.Rows, lo, hi int) {
	s := p.scratch.Get().(*scratch)
	defer p.scratch.Put(s)
	k, width := p.e.Outputs, p.e.Features
	at := make([]int, 0, hi-lo) // the rows that are not sure yet
	x := tensor.New[float64](hi-lo, width)
	scores := make([]float64, k*(hi-lo))
	for i := lo; i < hi; i++ {
		copy(x.Row(i-lo), src.Row(i, s.x))
		p.e.begin(scores[(i-lo)*k : (i-lo+1)*k])
		at = append(at, i)
	}
	for r, parts := range p.parts {
		for _, part := range parts {
			part.block(scores, rows.Of(x), 0, len(at), s)
		}
		done, kept := min((r+1)*p.every, p.e.Stages()), 0
		for i, row := range at {
			score := scores[i*k : (i+1)*k]
			if r+1 < len(p.parts) && !p.sure(score) {
				at[kept] = row
				copy(x.Row(kept), x.Row(i))
				copy(scores[kept*k:(kept+1)*k], score)
				kept++
				continue
			}
			copy(raw.Row(row), score)
			rounds[row] = done
		}
		if at = at[:kept]; kept == 0 {
			return
		}
	}
	for i, row := range at { // no trees
		copy(raw.Row(row), scores[i*k:(i+1)*k])
	}
}

// sure reports whether the margin is large enough.
func (p *Early) sure(score []float64) bool {
	if len(score) == 1 {
		return 2*math.Abs(score[0]) > p.margin
	}
	first, second := math.Inf(-1), math.Inf(-1)
	for _, v := range score {
		if v > first {
			first, second = v, first
		} else {
			second = max(second, v)
		}
	}
	return first-second > p.margin
}
