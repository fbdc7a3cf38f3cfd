package nn

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// PruneUnits is a smaller net: of every hidden layer that allows it, the share of units, or of channels, whose weights have the least sum of magnitudes go, and with them what
// the next layer read of them (Li et al., ICLR 2017). It is a net of its own, to be trained some more.
//
// The net must be a Seq; what it holds are Dense and convolutions without groups, whose units go where the next such layer follows behind nothing but BatchNorm, activations, Dropout,
// Noise, pooling and Flatten. Layers in front of anything else, and the last, stay as they are. A Seq within a Seq becomes part of it, so that names may change.
func (n *Net) PruneUnits(amount float64) (*Net, error) {
	const where = "nn.Net.PruneUnits"
	if !(amount > 0 && amount < 1) {
		return nil, ml.BadConfig(where, "amount", amount, "above 0 and below 1")
	}
	pieces := flattened(n.Module, "")
	s := shrinker{net: n, pieces: pieces, params: map[string][]int{}, amount: amount}
	for i := range pieces {
		s.piece(i)
	}
	if s.gone == 0 {
		return nil, &ml.Error{Where: where, Field: "the net", Found: "without a unit that could go", Want: "a Seq with a Dense or a convolution in front of another, and an amount that is one unit at least", Kind: ml.ErrConfig}
	}
	small, err := newNet(s.out, n.In, n.seed, n.engine)
	if err != nil {
		return nil, err
	}
	for _, p := range small.book.params {
		path := s.before(p.Name)
		from := n.find(path)
		w, pick := from.Values(), s.params[path]
		if err := p.Set(picked(w, pick)); err != nil {
			return nil, err
		}
		p.Decay, p.Frozen, p.Rate = from.Decay, from.Frozen, from.Rate
		if keep := from.Mask(); keep != nil {
			p.setMask(picked(keep, pick))
		}
	}
	for _, st := range small.book.states {
		name := s.before(st.Name)
		for _, old := range n.book.states {
			if old.Name == name {
				if err := st.Set(small, picked(old.Values(n), s.params[name])); err != nil {
					return nil, err
				}
			}
		}
	}
	return small, nil
}

func scopeOf(name string) string {
	return name[:max(len(name)-len(base(name))-1, 0)]
}

// before is the name that a parameter or state of the small net had in the large one.
func (s *shrinker) before(name string) string {
	head, rest, _ := strings.Cut(name, ".")
	return joined(s.names[head], rest)
}

// find is the parameter of a name that is there.
func (n *Net) find(name string) *Param {
	return n.book.params[slices.IndexFunc(n.book.params, func(p *Param) bool { return p.Name == name })]
}

// picked are the elements at some places; nil: all.
func picked[T any](x []T, at []int) []T {
	if at == nil {
		return x
	}
	out := make([]T, len(at))
	for i, k := range at {
		out[i] = x[k]
	}
	return out
}

// piece is a layer with its path.
type piece struct {
	path string
	m    Module
}

func flattened(m Module, path string) []piece {
	s, ok := m.(Seq)
	if !ok {
		return []piece{{path, m}}
	}
	var out []piece
	for i, inner := range s {
		out = append(out, flattened(inner, joined(path, number(i)))...)
	}
	return out
}

// shrinker walks through the layers.
type shrinker struct {
	net    *Net
	pieces []piece
	amount float64

	out    Seq
	names  map[string]string // old paths by new ones
	params map[string][]int  // elements that stay, by the old name
	kept   []int             // channels that stay of what comes in; nil: all
	of     int               // how many there were
	gone   int
}

// layered is a Dense or a convolution by its number of outputs.
func layered(m Module) (out int, with func(out int) Module, ok bool) {
	switch l := m.(type) {
	case Dense:
		return l.Out, func(n int) Module { l.Out = n; return l }, true
	case Conv1D:
		return l.Out, func(n int) Module { l.Out = n; return l }, l.Groups <= 1
	case Conv2D:
		return l.Out, func(n int) Module { l.Out = n; return l }, l.Groups <= 1
	case Conv3D:
		return l.Out, func(n int) Module { l.Out = n; return l }, l.Groups <= 1
	}
	return 0, nil, false
}

// passes reports whether a layer hands channels on, one by one.
func passes(m Module) bool {
	switch m.(type) {
	case BatchNorm, Activation, Dropout, Noise, MaxPool, MeanPool, GlobalMeanPool, GlobalMaxPool, Flatten:
		return true
	}
	return false
}

// read reports whether the units of layer i are read by one such layer.
func (s *shrinker) read(i int) bool {
	for _, p := range s.pieces[i+1:] {
		if _, _, ok := layered(p.m); ok {
			return true
		}
		if !passes(p.m) {
			return false
		}
	}
	return false
}

func (s *shrinker) piece(i int) {
	p := s.pieces[i]
	if s.names == nil {
		s.names = map[string]string{}
	}
	s.names[number(len(s.out))] = p.path
	n, with, ok := layered(p.m)
	if !ok {
		s.out = append(s.out, p.m)
		if _, norm := p.m.(BatchNorm); norm && s.kept != nil {
			for _, q := range s.net.book.params {
				if scopeOf(q.Name) == p.path {
					s.params[q.Name] = s.kept
				}
			}
			for _, q := range s.net.book.states {
				if scopeOf(q.Name) == p.path {
					s.params[q.Name] = s.kept
				}
			}
		}
		return
	}
	name := joined(p.path, "W")
	values := s.net.find(name).Values()
	stay := []int(nil)
	if leave := int(s.amount * float64(n)); leave > 0 && s.read(i) {
		stay = strongest(values, n, n-leave)
		s.gone += leave
	}
	s.params[name] = s.elements(len(values)/n, n, stay)
	if stay != nil {
		s.params[joined(p.path, "b")] = stay
		s.out = append(s.out, with(len(stay)))
	} else {
		s.out = append(s.out, p.m)
	}
	s.kept, s.of = stay, n
}

// elements are those of k x n weights that stay: rows of channels that are there, wherever they stand (taps of a kernel, places that were flattened), and the outputs that stay.
func (s *shrinker) elements(k, n int, stay []int) []int {
	if s.kept == nil && stay == nil {
		return nil
	}
	there := func(int) bool { return true }
	if s.kept != nil {
		there = func(i int) bool { _, ok := slices.BinarySearch(s.kept, i%s.of); return ok }
	}
	var out []int
	for i := range k {
		if !there(i) {
			continue
		}
		if stay == nil {
			for j := range n {
				out = append(out, i*n+j)
			}
		}
		for _, j := range stay {
			out = append(out, i*n+j)
		}
	}
	return out
}

// strongest are the outputs whose weights have the largest sums of magnitudes, in order.
func strongest(w []float32, n, keep int) []int {
	sums, order := make([]float64, n), make([]int, n)
	for i, v := range w {
		sums[i%n] += math.Abs(float64(v))
	}
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sums[b], sums[a]) })
	stay := order[:keep]
	slices.Sort(stay)
	return stay
}
