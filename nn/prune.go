package nn

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/compute"
)

// Pruning sets the weights of least magnitude to 0 (Han et al., NeurIPS 2015), and training keeps them there. Usual is a little at a time, with some epochs after each step: Prune with
// a growing Amount, Fit, and so on (Zhu and Gupta, 2017). A pruned net is as large and as fast as before; PruneUnits makes it smaller.
type Pruning struct {
	Amount float64  // the share of the weights that are 0 afterwards, those that are already counted in: above 0, below 1
	Global bool     // the least of all layers together; false: the same share of each layer
	Only   []string // names of parameters. nil: all weights, but not biases, scales of normalisation and parameters that are Frozen
}

// Prune sets weights to 0 and remembers them: see Param.Mask.
func (n *Net) Prune(p Pruning) error {
	const where = "nn.Net.Prune"
	if !(p.Amount > 0 && p.Amount < 1) {
		return ml.BadConfig(where, "Amount", p.Amount, "above 0 and below 1")
	}
	var chosen []*Param
	for _, name := range p.Only {
		i := slices.IndexFunc(n.Params(), func(q *Param) bool { return q.Name == name })
		if i < 0 {
			return ml.BadConfig(where, "Only", name, "the name of a parameter")
		}
		chosen = append(chosen, n.Params()[i])
	}
	if p.Only == nil {
		for _, q := range n.Params() {
			if q.Decay && !q.Frozen {
				chosen = append(chosen, q)
			}
		}
	}
	groups := [][]*Param{chosen}
	if !p.Global {
		groups = nil
		for _, q := range chosen {
			groups = append(groups, []*Param{q})
		}
	}
	for _, g := range groups {
		pruneLeast(g, p.Amount)
	}
	return nil
}

// pruneLeast masks the least share of the weights of some parameters; of equal ones, the first go first.
func pruneLeast(group []*Param, amount float64) {
	type place struct {
		size  float32
		param int
		at    int
	}
	var all []place
	masks := make([][]bool, len(group))
	for k, q := range group {
		w := q.Values()
		masks[k] = make([]bool, len(w))
		for i, v := range w {
			masks[k][i] = true
			all = append(all, place{float32(math.Abs(float64(v))), k, i})
		}
	}
	slices.SortStableFunc(all, func(a, b place) int { return cmp.Compare(a.size, b.size) })
	for _, x := range all[:int(amount*float64(len(all)))] {
		masks[x.param][x.at] = false
	}
	for k, q := range group {
		q.setMask(masks[k])
	}
}

// mask is which weights of a parameter are there.
type mask struct {
	keep  compute.Buf // 1 or 0
	space [2][]int    // of a product with it
}

// Mask tells which weights are there; nil: all. The others are 0, and training leaves them so.
func (p *Param) Mask() []bool {
	if p.mask == nil {
		return nil
	}
	x := make([]float32, p.v.Len())
	p.net.engine.Get(x, p.mask.keep)
	keep := make([]bool, len(x))
	for i, v := range x {
		keep[i] = v != 0
	}
	return keep
}

// SetMask says which weights are there, sets the others to 0 and keeps them so in training; nil: all are there.
func (p *Param) SetMask(keep []bool) error {
	if keep != nil && len(keep) != p.v.Len() {
		return ml.BadShape("nn.Param.SetMask", p.Name, fmt.Sprintf("%d values", len(keep)), fmt.Sprintf("%d, of shape %v", p.v.Len(), p.Shape))
	}
	p.setMask(keep)
	return nil
}

func (p *Param) setMask(keep []bool) {
	if keep == nil {
		p.mask = nil
		return
	}
	x := make([]float32, len(keep))
	for i, k := range keep {
		if k {
			x[i] = 1
		}
	}
	p.mask = &mask{keep: p.net.engine.New(len(x)), space: [2][]int{{len(x)}, {1}}}
	p.net.engine.Put(p.mask.keep, x)
	p.masked()
}

// masked sets what is not there to 0.
func (p *Param) masked() {
	if m := p.mask; m != nil {
		p.net.engine.Binary(compute.Mul, m.space[0], p.v.value, p.v.value, m.space[1], m.keep, m.space[1])
	}
}

// Sparsity is the share of weights that are 0.
func (p *Param) Sparsity() float64 {
	zeros, w := 0, p.Values()
	for _, v := range w {
		if v == 0 {
			zeros++
		}
	}
	return float64(zeros) / float64(max(len(w), 1))
}
