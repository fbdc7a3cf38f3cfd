package explain

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/tensor"
)

// Interactions say how much each pair of columns moved each output together: half of the interaction of columns i and j stands at (i, j), the other half at
// (j, i), and what column i does alone at (i, i), so that a row of the matrix adds up to the value of its column, and the whole to the answer less the base
// (Lundberg and others 2020).
type Interactions struct {
	Values  *tensor.Tensor[float64] // rows x outputs x columns x columns
	Base    *tensor.Tensor[float64] // rows x outputs
	X       *tensor.Tensor[float64] // rows x columns
	Columns []ml.Column
	Outputs []string
}

// Matrix returns the columns x columns values of one row for one output. It shares the memory of in and must not be written to.
func (in *Interactions) Matrix(row, output int) []float64 {
	s := in.Values.Shape()
	size := s[2] * s[3]
	at := (row*s[1] + output) * size
	return in.Values.Data()[at : at+size : at+size]
}

// Explanation adds the interactions of each column up to its value.
func (in *Interactions) Explanation() *Explanation {
	s := in.Values.Shape()
	n, k, p := s[0], s[1], s[2]
	out := &Explanation{Values: tensor.New[float64](n, k, p), Base: in.Base, X: in.X, Columns: in.Columns, Outputs: in.Outputs}
	for i := range n {
		for o := range k {
			m, values := in.Matrix(i, o), out.Row(i, o)
			for j := range p {
				for _, v := range m[j*p : (j+1)*p] {
					values[j] += v
				}
			}
		}
	}
	return out
}

// maxInteractions bounds the numbers of one answer: 2^30 are 8 GB.
const maxInteractions = 1 << 30

// Interactions returns the interactions of all pairs of columns for each row of m: rows x outputs x columns x columns numbers. It costs a few times as much as
// Explain.
func (x *TreeExplainer) Interactions(ctx context.Context, m tensor.Matrix) (*Interactions, error) {
	const where = "explain.TreeExplainer.Interactions"
	src, err := x.open(where, m)
	if err != nil {
		return nil, err
	}
	if x.how.Scale != Raw {
		return nil, ml.BadConfig(where, "Scale", "Response", "Raw: a scaled pair of rows has no interactions of its own")
	}
	n, k, p := src.Len(), x.e.Outputs, x.e.Features
	if float64(n)*float64(k)*float64(p)*float64(p) > maxInteractions {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d rows, with %d x %d x %d interactions each", n, k, p, p), "fewer rows at a time: at most 2^30 numbers")
	}
	alone := x.blank(src)
	out := &Interactions{Values: tensor.New[float64](n, k, p, p), Base: alone.Base, X: alone.X, Columns: x.columns, Outputs: x.outputs}
	if x.back != nil {
		err = x.explainBackground(ctx, src, alone, out)
	} else {
		err = x.explainCover(ctx, src, alone, out)
	}
	if err != nil {
		return nil, err
	}
	out.fillDiagonal(alone)
	return out, nil
}

// fillDiagonal mirrors the pairs (i, j) with i < j, which hold whole interactions, and leaves to each column what its pairs do not explain.
func (in *Interactions) fillDiagonal(alone *Explanation) {
	n, outputs, p := alone.Dims()
	for i := range n {
		for o := range outputs {
			m, values := in.Matrix(i, o), alone.Row(i, o)
			for a := range p {
				for b := a + 1; b < p; b++ {
					m[a*p+b] /= 2
					m[b*p+a] = m[a*p+b]
				}
			}
			for a := range p {
				rest := values[a]
				for b, v := range m[a*p : (a+1)*p] {
					if b != a {
						rest -= v
					}
				}
				m[a*p+a] = rest
			}
		}
	}
}

// A pairIndex numbers the pairs of columns that share a path in any tree.
type pairIndex struct {
	at    map[[2]int32]int // of a pair of places in used, the lower one first
	pairs [][2]int32
}

func (x *TreeExplainer) pairIndex() *pairIndex {
	s := &pairIndex{at: map[[2]int32]int{}}
	for _, p := range x.pathwise {
		var open []int32
		var visit func(first, last int)
		visit = func(first, last int) {
			for i := first; i < last; i = int(p.edges[i].next) {
				d := &p.edges[i]
				fresh := int(d.slot) == len(open)
				if fresh {
					for _, other := range open {
						s.add(x.place[d.feature], other)
					}
					open = append(open, x.place[d.feature])
				}
				visit(i+1, int(d.next))
				if fresh {
					open = open[:len(open)-1]
				}
			}
		}
		visit(0, len(p.edges))
	}
	return s
}

func pairOf(a, b int32) [2]int32 { return [2]int32{min(a, b), max(a, b)} }

func (s *pairIndex) add(a, b int32) {
	key := pairOf(a, b)
	if _, in := s.at[key]; !in {
		s.at[key] = len(s.pairs)
		s.pairs = append(s.pairs, key)
	}
}

// pairSums are the interactions of a block of rows: one vector of lanes for each output and pair.
type pairSums struct {
	*pairIndex
	phi    []float64 // outputs x pairs x lanes
	change []float64 // points x lanes: what an edge changes
}

func (index *pairIndex) sums(outputs, points int) *pairSums {
	return &pairSums{pairIndex: index, phi: make([]float64, outputs*len(index.pairs)*lanes), change: make([]float64, points*lanes)}
}

// A pair's interaction is the integral of the second derivative: of the product of both columns' (s-W)/f. An edge changes that of its column, times those that
// the columns above have there; columns that come below do the rest.
func (s *pairSums) edge(w *walker, i int, both, lost uint64, src []float64) {
	k := w.plan.points
	kern.ScaleLanes(s.change, src, k, w.width, both, lost, w.plan.edges[i].change)
	d := &w.plan.path.edges[i]
	for slot := range w.open {
		if slot == int(d.slot) {
			continue
		}
		other := w.last[slot]
		at := s.at[pairOf(w.x.place[d.feature], w.x.place[w.plan.path.edges[other].feature])]
		phi := s.phi[(w.output*len(s.pairs)+at)*lanes:][:lanes]
		kern.DotLanes(phi, s.change, k, w.width, w.passed[slot], 0, w.plan.edges[other].gain)
	}
}

// flush adds the sums of the block, whose first row is lo, to the pairs (i, j) with i < j.
func (s *pairSums) flush(w *walker, lo int, out *Interactions) {
	p, used := w.x.e.Features, w.x.used
	for r := range w.block.n {
		for k := range w.x.e.Outputs {
			m, phi := out.Matrix(lo+r, k), s.phi[k*len(s.pairs)*lanes:]
			for q, pair := range s.pairs {
				m[int(used[pair[0]])*p+int(used[pair[1]])] += phi[q*lanes+r]
			}
		}
	}
}
