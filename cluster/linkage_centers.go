package cluster

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// centers are clusters that a point and a weight stand for. The live ones lie side by side, so that one kernel measures all; where its rounding could change the answer the
// distances are measured again, in the order of the coordinates, on every CPU alike.
type centers struct {
	d       int
	linkage Linkage
	n       int       // live clusters
	x       []float64 // their points
	size    []float64 // their weights
	name    []int32   // the row that each goes by
	place   []int32   // of the cluster that goes by a row; -1: merged
	found   []int32   // the nearest of each cluster as it was last found, by name; -1: unknown, or merged
	form    []float64 // how far that is

	lightest float64 // the smallest weight of all
	scratch  []float64
	near     []candidate
}

// candidate is a place and about how far it is.
type candidate struct {
	place int32
	form  float64
}

func newCenters(l *linking) *centers {
	c := &centers{d: l.d, linkage: l.linkage, n: l.n, x: append([]float64(nil), l.p.X...), size: make([]float64, l.n), name: make([]int32, l.n), place: make([]int32, l.n),
		found: make([]int32, l.n), form: make([]float64, l.n), scratch: make([]float64, l.n)}
	for i := range c.name {
		c.name[i], c.place[i], c.size[i], c.found[i] = int32(i), int32(i), l.w(i), -1
	}
	c.lightest = slices.Min(c.size)
	if l.weight == nil && l.n > 1 { // the nearest of all rows at once
		index, _ := near.Choose(l.p, nil, near.Auto, 0)
		near.Each(index, rows.Of(tensor.FromSlice(l.p.X, l.n, l.d)), 2, func(i int, list []near.Neighbor) {
			c.found[i] = int32(near.Rest(list, i, 1)[0].Index)
			c.form[i] = c.between(int32(i), c.found[i])
		})
	}
	return c
}

// between is the distance of two places in the form that is compared: a square.
func (c *centers) between(p, q int32) float64 {
	sum := 0.0
	y := c.x[int(q)*c.d : (int(q)+1)*c.d]
	for j, v := range c.x[int(p)*c.d : (int(p)+1)*c.d] {
		sum += float64((v - y[j]) * (v - y[j]))
	}
	return c.scaled(sum, c.size[p], c.size[q])
}

func (c *centers) scaled(square, a, b float64) float64 {
	if c.linkage != Ward {
		return square
	}
	return square * (2 * (a * b / (a + b))) // 2ab/(a+b): of two single rows it is their squared distance
}

func (c *centers) height(form float64) float64 { return math.Sqrt(form) }

func (c *centers) nearest(i, prev int32) (int32, float64) {
	j := c.found[i]
	if j < 0 || c.place[j] < 0 {
		j, c.form[i] = c.search(i, -1)
		c.found[i] = j
	}
	if prev >= 0 && j != prev && c.between(c.place[i], c.place[prev]) <= c.form[i] {
		return prev, c.form[i]
	}
	return j, c.form[i]
}

// search finds the nearest of all others, or of those whose name is above a bound; -1 if there is none.
func (c *centers) search(i, above int32) (int32, float64) {
	p := c.place[i]
	v := c.scratch[:c.n]
	kern.SqDistRows(v, c.x[int(p)*c.d:(int(p)+1)*c.d], c.x[:c.n*c.d], c.d)
	// w·b/(a+b) rises with the weight b: with the smallest there is it bounds what the weights of each other give, and saves most divisions.
	own, low := c.size[p], 1.0
	if c.linkage == Ward {
		low = c.lightest / (own + c.lightest)
	}
	const band = 1 + 1e-9 // far more than the rounding of the kernel's sums
	limit := math.Inf(1)
	near := c.near[:0]
	size := c.size[:len(v)]
	for q, w := range v {
		if w*low > limit {
			continue
		}
		if c.linkage == Ward {
			w *= size[q] / (own + size[q])
		}
		if w > limit || int32(q) == p || above >= 0 && c.name[q] <= above {
			continue
		}
		limit = min(limit, w*band)
		near = append(near, candidate{int32(q), w})
	}
	c.near = near
	best, least := int32(-1), math.Inf(1)
	for _, n := range near {
		if n.form > limit {
			continue
		}
		if f := c.between(p, n.place); best < 0 || f < least || f == least && c.name[n.place] < best {
			best, least = c.name[n.place], f
		}
	}
	return best, least
}

// merge puts the union of i and j in j's place, and the last cluster in i's.
func (c *centers) merge(i, j int32) {
	p, q := c.place[i], c.place[j]
	x, y := c.x[int(p)*c.d:(int(p)+1)*c.d], c.x[int(q)*c.d:(int(q)+1)*c.d]
	a, b := c.size[p], c.size[q]
	for k, v := range x {
		if c.linkage == Median {
			y[k] = (v + y[k]) / 2
		} else {
			y[k] = (float64(a*v) + float64(b*y[k])) / (a + b)
		}
	}
	c.size[q] = a + b
	c.n--
	last := int32(c.n)
	copy(x, c.x[int(last)*c.d:(int(last)+1)*c.d])
	c.size[p], c.name[p] = c.size[last], c.name[last]
	c.place[c.name[last]] = p
	c.place[i] = -1
	c.found[j] = -1
	// j is another cluster now: who had it, or i, for the nearest has to look again.
	for _, name := range c.name[:c.n] {
		if f := c.found[name]; f == i || f == j {
			c.found[name] = -1
		}
	}
}

// nearestFirst merges the nearest pair of all in each step. Each cluster keeps the nearest of those that go by later rows; what it keeps may have been merged since, and
// is then a lower bound, which is looked after when its turn comes.
func (l *linking) nearestFirst(ctx context.Context) ([]merge, error) {
	c := newCenters(l)
	for i := range l.n {
		if c.found[i] < int32(i) { // it is kept by the earlier of the two
			c.found[i], c.form[i] = c.search(int32(i), int32(i))
		}
	}
	merges := make([]merge, 0, l.n)
	for c.n > 1 {
		if err := ml.Done(ctx); err != nil {
			return nil, err
		}
		best := int32(-1)
		for _, i := range c.name[:c.n] {
			if best < 0 || c.form[i] < c.form[best] || c.form[i] == c.form[best] && i < best {
				best = i
			}
		}
		if c.found[best] < 0 {
			c.found[best], c.form[best] = c.search(best, best)
			continue
		}
		i, j := best, c.found[best]
		merges = append(merges, merge{i, j, c.height(c.form[i])})
		c.form[i] = math.Inf(1)
		c.merge(i, j)
		// The new cluster may be nearer to an earlier one than what that keeps; and it has to look for its own.
		c.found[j], c.form[j] = c.search(j, j)
		p := c.place[j]
		for q, name := range c.name[:c.n] {
			if name < j {
				if f := c.between(p, int32(q)); f < c.form[name] {
					c.found[name], c.form[name] = j, f
				}
			}
		}
	}
	return merges, nil
}
