package decomp

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
)

// calibrate writes to p, which is as long as d, Gaussian weights of distances d whose perplexity, the exponential of their entropy, is the one asked for, to about ten digits. Where
// that cannot be, since more distances than that are the least ones or all of them are fewer, they are as near to it as they can be. The weights sum to 1. d rises; room is
// twice as long.
func calibrate(room, p, d []float64, perplexity float64) {
	k := len(d)
	// Squares above the least one, in units of their mean, so that the precision that is looked for is not far from 1.
	unit := d[k-1]
	if unit == 0 || perplexity >= float64(k) {
		for j := range p {
			p[j] = 1 / float64(k)
		}
		return
	}
	square, weight := room[:k], room[k:2*k]
	mean := 0.0
	for j, v := range d {
		square[j] = float64((v/unit)*(v/unit)) - float64((d[0]/unit)*(d[0]/unit))
		mean += square[j] / float64(k)
	}
	if mean == 0 {
		mean = 1
	}
	for j := range square {
		square[j] /= mean
	}
	want := math.Log(perplexity)
	beta, low, high := 1.0, 0.0, math.Inf(1)
	for range 100 {
		for j, v := range square {
			weight[j] = -beta * v
		}
		kern.ExpPortable(weight, weight)
		sum, first, second := 0.0, 0.0, 0.0
		for j, w := range weight {
			sum += w
			wv := float64(w * square[j])
			first += wv
			second += float64(wv * square[j])
		}
		first, second = first/sum, second/sum
		entropy := math.Log(sum) + float64(beta*first)
		off := entropy - want
		if math.Abs(off) <= 1e-11 {
			break
		}
		if off > 0 {
			low = beta
		} else {
			high = beta
		}
		// Newton's step in log beta, in which the entropy is nearly a straight line; a half where it leaves the bracket.
		slope := -beta * beta * (second - float64(first*first))
		next := beta * math.Exp(-off/slope)
		if !(next > low && next < high) {
			if next = (low + high) / 2; math.IsInf(high, 1) {
				next = 4 * beta
			}
		}
		if next == beta || next > 1e15 {
			break
		}
		beta = next
	}
	sum := kern.SumPortable(weight)
	for j, w := range weight {
		p[j] = w / sum
	}
}

// multiscale is calibrate, the mean over several perplexities (Lee, Peluffo-Ordóñez and Verleysen, Neurocomputing 169, 2015).
func multiscale(room, p, d []float64, perplexities []float64) {
	calibrate(room, p, d, perplexities[0])
	if len(perplexities) == 1 {
		return
	}
	part := make([]float64, len(p))
	for _, perplexity := range perplexities[1:] {
		calibrate(room, part, d, perplexity)
		for j, v := range part {
			p[j] += v
		}
	}
	for j := range p {
		p[j] /= float64(len(perplexities))
	}
}

// edges is a sparse square matrix, columns rising in each row.
type edges struct {
	start []int
	cols  []int32
	value []float64
}

func (g *edges) rows() int { return len(g.start) - 1 }

// row is one row of the matrix.
func (g *edges) row(i int) (cols []int32, value []float64) {
	lo, hi := g.start[i], g.start[i+1]
	return g.cols[lo:hi:hi], g.value[lo:hi:hi]
}

// symmetric joins an n x k matrix of neighbours, no two alike in a row, with its transpose: join is given what an edge has in either direction, 0 for none, and is
// symmetric itself.
func symmetric(n, k int, at []int32, value []float64, join func(a, b float64) float64) *edges {
	back := transposed(n, k, at, value)
	size := make([]int, n+1)
	lists := make([][]int32, n)
	values := make([][]float64, n)
	par.For(n, 20*k, func(lo, hi int) {
		order := make([]int, k)
		for i := lo; i < hi; i++ {
			own, w := at[i*k:(i+1)*k], value[i*k:(i+1)*k]
			for e := range order {
				order[e] = e
			}
			slices.SortFunc(order, func(a, b int) int { return int(own[a]) - int(own[b]) })
			cols, other := back.row(i)
			list, joined := make([]int32, 0, k+len(cols)), make([]float64, 0, k+len(cols))
			a, b := 0, 0
			for a < k || b < len(cols) {
				switch {
				case b == len(cols) || a < k && own[order[a]] < cols[b]:
					list, joined = append(list, own[order[a]]), append(joined, join(w[order[a]], 0))
					a++
				case a == k || cols[b] < own[order[a]]:
					list, joined = append(list, cols[b]), append(joined, join(0, other[b]))
					b++
				default:
					list, joined = append(list, cols[b]), append(joined, join(w[order[a]], other[b]))
					a, b = a+1, b+1
				}
			}
			lists[i], values[i] = list, joined
			size[i+1] = len(list)
		}
	})
	for i := range n {
		size[i+1] += size[i]
	}
	g := &edges{start: size, cols: make([]int32, size[n]), value: make([]float64, size[n])}
	for i := range n {
		copy(g.cols[size[i]:], lists[i])
		copy(g.value[size[i]:], values[i])
	}
	return g
}

// transposed turns an n x k matrix of neighbours around.
func transposed(n, k int, at []int32, value []float64) *edges {
	t := &edges{start: make([]int, n+1), cols: make([]int32, n*k), value: make([]float64, n*k)}
	for _, j := range at {
		t.start[j+1]++
	}
	for i := range n {
		t.start[i+1] += t.start[i]
	}
	next := append([]int(nil), t.start[:n]...)
	for i := range n {
		for e := i * k; e < (i+1)*k; e++ {
			j := at[e]
			t.cols[next[j]], t.value[next[j]] = int32(i), value[e]
			next[j]++
		}
	}
	return t
}

// affinities are the joint probabilities of t-SNE: the mean of the calibrated weights of both directions, over n.
func affinities(n, k int, at []int32, far []float64, perplexities []float64) *edges {
	p := make([]float64, n*k)
	par.For(n, 200*k*len(perplexities), func(lo, hi int) {
		room := make([]float64, 2*k)
		for i := lo; i < hi; i++ {
			multiscale(room, p[i*k:(i+1)*k], far[i*k:(i+1)*k], perplexities)
		}
	})
	whole := 2 * float64(n)
	return symmetric(n, k, at, p, func(a, b float64) float64 { return (a + b) / whole })
}
