package hnsw

import "github.com/gopherwood-ml/ml/internal/kern"

// Found is a node and its squared distance, or minus its product.
type Found struct {
	Node     int32
	Distance float32
}

// Search is the memory of one search.
type Search struct {
	x     []float32 // what is searched for, as long as vectors are stored
	seen  []uint8   // of each node: the round in which it was met
	round uint8
	near  []key // the nearest so far, in order
	queue []key // heap of what is still to be followed, where near does not hold it
	at    []int32
	far   []float32
	Found []Found
}

// Begin takes memory for a search for what is then written to X.
func (g *Graph) Begin() *Search {
	s, ok := g.pool.Get().(*Search)
	if !ok {
		s = &Search{x: kern.Aligned[float32](g.Dim), at: make([]int32, 0, scanned), far: make([]float32, scanned)}
	}
	return s
}

// End gives it back.
func (g *Graph) End(s *Search) { g.pool.Put(s) }

// X is what is searched for; what is behind the numbers of the vector must stay zero.
func (s *Search) X() []float32 { return s.x }

// fresh forgets which nodes were met.
func (s *Search) fresh(n int) {
	if len(s.seen) < n {
		s.seen, s.round = make([]uint8, n+n/4), 0
	}
	if s.round++; s.round == 0 {
		clear(s.seen)
		s.round = 1
	}
}

// keep inserts a key among the width nearest and returns its place; width if it does not belong there.
func (s *Search) keep(k key, width int) int {
	near := s.near
	if len(near) == width {
		if k >= near[width-1] {
			return width
		}
	} else {
		near = append(near, 0)
		s.near = near
	}
	at, n := 0, len(near)-1
	for n > 0 {
		half := (n + 1) / 2
		if near[at+half-1] < k {
			at += half
			n -= half
		} else {
			n = half - 1
		}
	}
	copy(near[at+1:], near[at:len(near)-1])
	near[at] = k
	return at
}

// enter puts x's distance to the graph's entry in near.
func (g *Graph) enter(s *Search) {
	s.at = append(s.at[:0], g.Entry)
	g.distances(s.far[:1], s.x, s.at)
	s.near = append(s.near[:0], keyOf(s.far[0], g.Entry))
}

// descend follows the nearest node from the top down to just above a layer.
func (g *Graph) descend(s *Search, layer int) {
	g.enter(s)
	for l := int(g.Level[g.Entry]); l > layer; l-- {
		s.again(g.N(), 1)
		g.walk(s, l, 1)
	}
}

// again makes what is near the start of a walk with so many places.
func (s *Search) again(n, width int) {
	s.fresh(n)
	s.near = s.near[:min(len(s.near), width)]
	for i := range s.near {
		s.near[i] &^= followed
		s.seen[nodeOf(s.near[i])] = s.round
	}
}

// ahead are the neighbours of a node that were not met yet, with their distances; they count as met.
func (g *Graph) ahead(s *Search, node int32, layer int) ([]int32, []float32) {
	at := s.at[:0]
	for _, to := range g.links(node, layer) {
		if to == none {
			break
		}
		if s.seen[to] != s.round {
			s.seen[to] = s.round
			at = append(at, to)
		}
	}
	far := s.far[:len(at)]
	if len(at) > 0 {
		g.distances(far, s.x, at)
	}
	return at, far
}

// walk follows the links of what is near, the nearest first, until nothing nearer turns up.
func (g *Graph) walk(s *Search, layer, width int) {
	for next := 0; next < len(s.near); {
		k := s.near[next]
		if k&followed != 0 {
			next++
			continue
		}
		s.near[next] |= followed
		next++
		if next < len(s.near) && layer == 0 { // most likely what is followed then
			kern.Prefetch(g.links(nodeOf(s.near[next]), 0))
		}
		at, far := g.ahead(s, nodeOf(k), layer)
		for i, d := range far {
			if place := s.keep(keyOf(d, at[i]), width); place < next {
				next = place
			}
		}
	}
}

// Nearest finds up to k nodes that are near X and that live says are of interest (nil: all), nearest first, into Found. width is how many candidates a search keeps, at least k.
// It may miss some; where a graph has few nodes, or few of interest, it looks at all.
func (g *Graph) Nearest(s *Search, k, width int, live func(node int32) bool, rare bool) {
	s.Found = s.Found[:0]
	n := g.N()
	width = max(width, k)
	switch {
	case n == 0 || k == 0:
		return
	case n <= 2*width:
		g.scan(s, k, live)
		return
	case live != nil && rare:
		if !g.walkLive(s, width, live) {
			g.scan(s, k, live)
			return
		}
	default:
		g.descend(s, 0)
		s.again(n, width)
		g.walk(s, 0, width)
	}
	for _, at := range s.near {
		if node := nodeOf(at); live == nil || live(node) {
			if s.Found = append(s.Found, Found{node, distanceOf(at)}); len(s.Found) == k {
				break
			}
		}
	}
}

// walkLive is walk where near holds only what is of interest, though the way may lead past anything. It gives up, false, where so many nodes were met that looking at all
// costs no more.
func (g *Graph) walkLive(s *Search, width int, live func(node int32) bool) bool {
	n := g.N()
	g.descend(s, 0)
	s.again(n, width)
	s.queue = append(s.queue[:0], s.near...)
	start := nodeOf(s.near[0])
	if !live(start) {
		s.near = s.near[:0]
	}
	for met := 0; len(s.queue) > 0; {
		k := s.pop()
		if len(s.near) == width && k > s.near[width-1] {
			break
		}
		at, far := g.ahead(s, nodeOf(k), 0)
		if met += len(at); met > n/4 {
			return false
		}
		for i, d := range far {
			to := keyOf(d, at[i])
			if len(s.near) == width && to >= s.near[width-1] {
				continue
			}
			s.push(to)
			if live(at[i]) {
				s.keep(to, width)
			}
		}
	}
	return true
}

func (s *Search) push(k key) {
	q := append(s.queue, k)
	i := len(q) - 1
	for i > 0 && q[(i-1)/2] > k {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = k
	s.queue = q
}

func (s *Search) pop() key {
	q := s.queue
	least, k := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	for i := 0; len(q) > 0; {
		child := 2*i + 1
		if child+1 < len(q) && q[child+1] < q[child] {
			child++
		}
		if child >= len(q) || q[child] >= k {
			q[i] = k
			break
		}
		q[i] = q[child]
		i = child
	}
	s.queue = q
	return least
}

// scanned is how many nodes are looked at together.
const scanned = 256

// scan finds the nearest by looking at all.
func (g *Graph) scan(s *Search, k int, live func(node int32) bool) {
	s.near = s.near[:0]
	at := s.at[:0]
	measure := func() {
		g.distances(s.far[:len(at)], s.x, at)
		for i, d := range s.far[:len(at)] {
			s.keep(keyOf(d, at[i]), k)
		}
		at = at[:0]
	}
	for node := range int32(g.N()) {
		if live == nil || live(node) {
			if at = append(at, node); len(at) == scanned {
				measure()
			}
		}
	}
	measure()
	for _, v := range s.near {
		s.Found = append(s.Found, Found{nodeOf(v), distanceOf(v)})
	}
}
