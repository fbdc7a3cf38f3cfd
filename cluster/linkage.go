package cluster

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
)

// linking is rows that are to be merged.
type linking struct {
	*space
	p       near.Points
	linkage Linkage
	measure near.Measure
	core    []float64 // rows are no nearer than this to any other; nil: as near as they are
}

// merge is one step: two clusters, each named by one of its rows, or by number if the steps are in their order.
type merge struct {
	a, b   int32
	height float64
}

// gaps tells how far apart clusters are. A cluster goes by the number of a row; when two are merged the new one goes by the second's.
type gaps interface {
	// nearest is the cluster nearest to i, and its distance in some form that grows with it; of equally near ones prev, or the lowest.
	nearest(i, prev int32) (j int32, form float64)
	merge(i, j int32)
	height(form float64) float64
}

// chain merges pairs that are each other's nearest, found at the ends of chains from neighbour to nearest neighbour. The linkage must be reducible: a merged cluster is no
// nearer to a third than the nearer of the two was. The steps are found out of order and sorted.
func (l *linking) chain(ctx context.Context, g gaps) ([]merge, error) {
	alive := make([]bool, l.n)
	for i := range alive {
		alive[i] = true
	}
	var merges []merge
	var stack []int32
	first := int32(0)
	for len(merges) < l.n-1 {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		if len(stack) == 0 {
			for !alive[first] {
				first++
			}
			stack = append(stack, first)
		}
		for {
			top, prev := stack[len(stack)-1], int32(-1)
			if len(stack) > 1 {
				prev = stack[len(stack)-2]
			}
			j, form := g.nearest(top, prev)
			if j != prev {
				stack = append(stack, j)
				continue
			}
			stack = stack[:len(stack)-2]
			a, b := min(top, j), max(top, j)
			merges = append(merges, merge{a, b, g.height(form)})
			alive[a] = false
			g.merge(a, b)
			break
		}
	}
	sortMerges(merges)
	return merges, nil
}

// pairs are the distances of all pairs of clusters, in one triangle.
type pairs struct {
	n       int
	d       []float64
	size    []float64 // 0: merged
	linkage Linkage
}

func newPairs(l *linking) *pairs {
	p := &pairs{n: l.n, d: make([]float64, l.n*(l.n-1)/2), size: make([]float64, l.n), linkage: l.linkage}
	for i := range p.size {
		p.size[i] = l.w(i)
	}
	par.For(l.n, l.n*l.d, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := p.d[p.at(i, i+1):]
			for j := i + 1; j < l.n; j++ {
				row[j-i-1] = near.Between(l.measure, l.p.Row(i), l.p.Row(j))
			}
		}
	})
	return p
}

// at is where the distance of i < j stands.
func (p *pairs) at(i, j int) int { return i*p.n - i*(i+1)/2 + j - i - 1 }

func (p *pairs) nearest(i, prev int32) (int32, float64) {
	best, least := int32(-1), math.Inf(1)
	if prev >= 0 {
		best, least = prev, p.d[p.at(int(min(i, prev)), int(max(i, prev)))]
	}
	at := int(i) - 1
	for j := range int(i) { // the distances of lower ones stand in a column
		if d := p.d[at]; p.size[j] > 0 && (d < least || best < 0) {
			best, least = int32(j), d
		}
		at += p.n - j - 2
	}
	row := p.d[p.at(int(i), int(i)+1):]
	for k, d := range row[:p.n-1-int(i)] {
		if j := int(i) + 1 + k; (d < least || best < 0) && p.size[j] > 0 {
			best, least = int32(j), d
		}
	}
	return best, least
}

func (p *pairs) merge(i, j int32) {
	a, b := p.size[i], p.size[j]
	for k := range p.n {
		if k == int(i) || k == int(j) || p.size[k] == 0 {
			continue
		}
		to := &p.d[p.at(min(k, int(j)), max(k, int(j)))]
		*to = p.linkage.join(p.d[p.at(min(k, int(i)), max(k, int(i)))], *to, a, b)
	}
	p.size[i], p.size[j] = 0, a+b
}

// join is the distance of a third cluster from two that are merged, of weights a and b, from which it is x and y apart.
func (l Linkage) join(x, y, a, b float64) float64 {
	switch l {
	case Single:
		return min(x, y)
	case Complete:
		return max(x, y)
	case Average:
		return (float64(a*x) + float64(b*y)) / (a + b)
	}
	return (x + y) / 2
}

func (p *pairs) height(form float64) float64 { return form }

// spanningTree merges along the edges of a minimum spanning tree, found by growing it from the first row (Prim).
func (l *linking) spanningTree(ctx context.Context) ([]merge, error) {
	merges := make([]merge, 0, l.n)
	left := make([]int32, 0, l.n) // rows that are not in the tree, in order
	for i := 1; i < l.n; i++ {
		left = append(left, int32(i))
	}
	least, from := make([]float64, l.n), make([]int32, l.n)
	for i := range least {
		least[i] = math.Inf(1)
	}
	last := int32(0)
	for len(left) > 0 {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		row := l.p.Row(int(last))
		measure := func(lo, hi int) {
			for _, i := range left[lo:hi] {
				d := near.Between(l.measure, row, l.p.Row(int(i)))
				if l.core != nil {
					d = max(d, l.core[last], l.core[i])
				}
				if d < least[i] {
					least[i], from[i] = d, last
				}
			}
		}
		if cost := 2 * (l.d + 2); par.Small(len(left), cost) {
			measure(0, len(left))
		} else {
			par.For(len(left), cost, measure)
		}
		best := 0
		for k, i := range left {
			if least[i] < least[left[best]] {
				best = k
			}
		}
		last = left[best]
		copy(left[best:], left[best+1:])
		left = left[:len(left)-1]
		merges = append(merges, merge{from[last], last, least[last]})
	}
	sortMerges(merges)
	return merges, nil
}
