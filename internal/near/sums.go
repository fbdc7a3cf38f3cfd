package near

import "math"

// Sums adds up weighted values that fall with the distance, such as kernels, over the points of a KD-tree, and leaves alone what is sure to lie within a tolerance (Gray and Moore, "Nonparametric density
// estimation: toward computational tractability", SIAM Data Mining 2003).
type Sums struct {
	tree   *KDTree
	weight []float64 // of the points in the tree's order
	below  []float64 // sums of the weights before each
}

// NewSums adds weights to an index, nil for 1; it is nil for others than KD-trees.
func NewSums(ix Index, weight []float64) *Sums {
	t, ok := ix.(*KDTree)
	if !ok {
		return nil
	}
	s := &Sums{t, make([]float64, t.points.N), make([]float64, t.points.N+1)}
	for i, at := range t.index {
		s.weight[i] = 1
		if weight != nil {
			s.weight[i] = weight[at]
		}
		s.below[i+1] = s.below[i] + s.weight[i]
	}
	return s
}

// Sum is the sum of weight · value(distance) over all points, at most wrong by (absolute + relative · mean) · weight of all, where the mean is that of the values. value never rises and is not below zero.
func (s *Sums) Sum(search *Search, q []float64, absolute, relative float64, value func(distance float64) float64) float64 {
	t := s.tree
	d := t.points.D
	whole := s.below[len(s.weight)]
	sum, spread := 0.0, 0.0 // of what is settled, and by how much it may be too large
	bounds := func(node int32) (low, high float64) {
		lo, hi := t.box(int(node))
		return value(t.norm.distance(t.norm.acrossBox(q, lo, hi))), value(t.norm.distance(t.norm.toBox(q, lo, hi)))
	}
	search.stack = append(search.stack[:0], visit{0, 0})
	for len(search.stack) > 0 && t.points.N > 0 {
		at := search.stack[len(search.stack)-1].node
		search.stack = search.stack[:len(search.stack)-1]
		node := &t.nodes[at]
		low, high := bounds(at)
		w := s.below[node.hi] - s.below[node.lo]
		half := (high - low) / 2
		if half <= absolute+float64(relative*max(low, (sum-spread)/whole)) {
			sum += float64(w * (low + half))
			spread += float64(w * half)
			continue
		}
		if node.left == 0 {
			for i := int(node.lo); i < int(node.hi); i++ {
				sum += float64(s.weight[i] * value(t.norm.distance(t.norm.between(q, t.x[i*d:(i+1)*d]))))
			}
			continue
		}
		// What is nearer comes off the stack first: it makes the sum large, and others small beside it.
		lo, hi := t.box(int(node.left))
		left := t.norm.toBox(q, lo, hi)
		lo, hi = t.box(int(node.right))
		first, second := node.left, node.right
		if t.norm.toBox(q, lo, hi) < left {
			first, second = second, first
		}
		search.stack = append(search.stack, visit{second, 0}, visit{first, 0})
	}
	return sum
}

// acrossBox is the most that between can give for a point within [lo, hi].
func (n Norm) acrossBox(q, lo, hi []float64) float64 {
	sum := 0.0
	for j, v := range q {
		diff := max(math.Abs(v-lo[j]), math.Abs(hi[j]-v))
		if math.IsInf(n.P, 1) {
			sum = max(sum, diff)
		} else {
			sum += float64(n.part(diff))
		}
	}
	return sum
}

// Distances writes the distance from q to every point.
func (p Points) Distances(dst, q []float64, m Measure) {
	for i := range dst {
		dst[i] = m.distance(m.between(q, p.Row(i)))
	}
}
