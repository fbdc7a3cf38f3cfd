package decomp

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// smooth finds for the distances to a row's nearest others, rising, how far the row's own neighbourhood reaches, and by what scale weights fall beyond it, so that they sum to the
// logarithm of k to base 2. rho is the distance of the neighbour of that number, of those at a distance above 0, and between two of them where it is no whole one.
func smooth(far []float64, k int, connectivity float64) (rho, sigma float64) {
	apart := far
	for len(apart) > 0 && apart[0] == 0 {
		apart = apart[1:]
	}
	whole := int(connectivity)
	switch part := connectivity - float64(whole); {
	case len(apart) == 0:
	case float64(len(apart)) < connectivity || whole > 0 && whole == len(apart):
		rho = apart[len(apart)-1]
	case whole > 0:
		rho = apart[whole-1] + float64(part*(apart[whole]-apart[whole-1]))
	default:
		rho = part * apart[0]
	}
	mean := 0.0
	for _, d := range far {
		mean += d / float64(k)
	}
	want, low, high := math.Log2(float64(k)), 0.0, math.Inf(1)
	// In units of the mean: the search begins where the scale is.
	sigma = max(mean, math.SmallestNonzeroFloat64)
	for range 200 {
		sum := 0.0
		for _, d := range far {
			sum += membership(d, rho, sigma)
		}
		if math.Abs(sum-want) <= 1e-9 {
			break
		}
		if sum > want {
			high = sigma
		} else {
			low = sigma
		}
		next := low + (high-low)/2
		if math.IsInf(high, 1) {
			next = 2 * sigma
		}
		if next == sigma || !(next <= math.MaxFloat64/4) {
			break
		}
		sigma = next
	}
	return rho, max(sigma, 1e-3*mean, math.SmallestNonzeroFloat64)
}

// membership is the weight of an edge.
func membership(d, rho, sigma float64) float64 {
	if d <= rho {
		return 1
	}
	return kern.ExpOne(-(d - rho) / sigma)
}

// fuzzy is the graph of a table's rows, given their k nearest others: an edge's weights in the two rows' lists are joined as probabilities.
func fuzzy(n, k int, at []int32, far []float64, connectivity, intersection float64) *edges {
	weight := make([]float64, n*k)
	par.For(n, 100*k, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			rho, sigma := smooth(far[i*k:(i+1)*k], k+1, connectivity)
			for e := i * k; e < (i+1)*k; e++ {
				weight[e] = membership(far[e], rho, sigma)
			}
		}
	})
	return symmetric(n, k, at, weight, func(a, b float64) float64 {
		both := float64(a * b)
		return float64((1-intersection)*(a+b-both)) + float64(intersection*both)
	})
}

// byClass takes weight from edges between classes, and a little from those whose ends have none.
func (g *edges) byClass(y []int, weight float64) *edges {
	far := math.Inf(1)
	if weight < 1 {
		far = 2.5 / (1 - weight)
	}
	other, unknown := kern.ExpOne(-far), kern.ExpOne(-1)
	for i := range g.rows() {
		cols, value := g.row(i)
		for e, j := range cols {
			switch {
			case y[i] < 0 || y[j] < 0:
				value[e] *= unknown
			case y[i] != y[j]:
				value[e] *= other
			}
		}
	}
	return g.reset()
}

// byTarget joins the graph with that of the targets, where rows are near whose targets are: weights are multiplied, that of the graph which counts less to a power below 1, and an edge
// that is in one of the two only has a small weight in the other.
func (g *edges) byTarget(y []float64, neighbors int, weight float64) *edges {
	n := len(y)
	p := near.Points{N: n, D: 1, X: y}
	index, _ := near.Choose(p, nil, near.KD, 0)
	k := min(neighbors, n) - 1
	at, far := make([]int32, n*k), make([]float64, n*k)
	near.Each(index, rows.Of(tensor.FromSlice(y, n, 1)), k+1, func(i int, found []near.Neighbor) {
		for e, f := range near.Rest(found, i, k) {
			at[i*k+e], far[i*k+e] = int32(f.Index), f.Value
		}
	})
	t := fuzzy(n, k, at, far, 1, 0)
	left, right := max(slices.Min(g.value)/2, 1e-8), min(max(slices.Min(t.value)/2, 1e-8), 1e-4)
	join := func(a, b float64) float64 {
		if a == 0 {
			a = left
		}
		if b == 0 {
			b = right
		}
		switch {
		case a <= left && b <= right:
			return a
		case weight < 0.5:
			return a * power(b, weight/(1-weight))
		case weight == 1:
			return b
		}
		return power(a, (1-weight)/weight) * b
	}
	out := &edges{start: []int{0}}
	for i := range n {
		out.merge(g, t, i, join)
	}
	return out.reset()
}

// merge adds a row: that of two matrices together.
func (g *edges) merge(a, b *edges, i int, join func(a, b float64) float64) {
	ac, av := a.row(i)
	bc, bv := b.row(i)
	for len(ac) > 0 || len(bc) > 0 {
		switch {
		case len(bc) == 0 || len(ac) > 0 && ac[0] < bc[0]:
			g.cols, g.value = append(g.cols, ac[0]), append(g.value, join(av[0], 0))
			ac, av = ac[1:], av[1:]
		case len(ac) == 0 || bc[0] < ac[0]:
			g.cols, g.value = append(g.cols, bc[0]), append(g.value, join(0, bv[0]))
			bc, bv = bc[1:], bv[1:]
		default:
			g.cols, g.value = append(g.cols, ac[0]), append(g.value, join(av[0], bv[0]))
			ac, av, bc, bv = ac[1:], av[1:], bc[1:], bv[1:]
		}
	}
	g.start = append(g.start, len(g.cols))
}

func power(x, p float64) float64 { return kern.ExpOne(p * kern.LogOne(x)) }

// reset joins every row wholly to at least one other again, and makes the graph symmetric.
func (g *edges) reset() *edges {
	n := g.rows()
	for i := range n {
		_, value := g.row(i)
		most := 0.0
		for _, v := range value {
			most = max(most, v)
		}
		if most > 0 {
			for e := range value {
				value[e] /= most
			}
		}
	}
	// The pattern is symmetric: the edge back is found by walking through the rows in order.
	next := append([]int(nil), g.start[:n]...)
	back := make([]float64, len(g.value))
	for i := range n {
		for e := g.start[i]; e < g.start[i+1]; e++ {
			j := g.cols[e]
			back[next[j]] = g.value[e]
			next[j]++
		}
	}
	for e, v := range back {
		g.value[e] += v - float64(g.value[e]*v)
	}
	return g
}
