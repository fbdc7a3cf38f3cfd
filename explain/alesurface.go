package explain

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// surface measures two columns of numbers: the second differences of each cell, added up along both, less what each column does alone.
func (a *accumulator) surface(ctx context.Context, out *Effects) error {
	var edges [2][]float64
	var bin [2][]int
	for q, j := range a.how.Columns {
		edges[q], bin[q] = a.edges(j)
	}
	n1, n2 := len(edges[0])-1, len(edges[1])-1
	side := func(q, up int) []float64 {
		v := make([]float64, len(a.w))
		for i, b := range bin[q] {
			v[i] = edges[q][min(b+up, len(edges[q])-1)]
		}
		return v
	}
	var corner [4]*tensor.Tensor[float64] // low low, low high, high low, high high
	k := 0
	for q := range corner {
		var err error
		if corner[q], err = a.moved(ctx, k, side(0, q/2), side(1, q%2)); err != nil {
			return err
		}
		k = corner[q].Shape()[1]
	}
	out.Grid = [][]float64{edges[0], edges[1]}
	out.Mean = tensor.New[float64]((n1+1)*(n2+1), k)
	out.Counts = make([]float64, n1*n2)
	if n1*n2 == 0 { // a constant column
		return nil
	}
	for i := range a.w {
		out.Counts[bin[0][i]*n2+bin[1][i]] += a.w[i]
	}
	for o := range k {
		second := make([]float64, n1*n2)
		for i, w := range a.w {
			d := (corner[3].Row(i)[o] - corner[2].Row(i)[o]) - (corner[1].Row(i)[o] - corner[0].Row(i)[o])
			second[bin[0][i]*n2+bin[1][i]] += float64(w * d)
		}
		for c, n := range out.Counts {
			if n > 0 {
				second[c] /= n
			}
		}
		fillCells(second, out.Counts, edges)
		for at, v := range twoWay(second, out.Counts, n1, n2) {
			out.Mean.Row(at)[o] = v
		}
	}
	return nil
}

// fillCells gives cells without rows the value of the nearest one that has some, by their middles over the ranges of the columns.
func fillCells(second, counts []float64, edges [2][]float64) {
	n2 := len(edges[1]) - 1
	middle := func(q, b int) float64 {
		e := edges[q]
		return (e[b] + e[b+1]) / 2 / (e[len(e)-1] - e[0])
	}
	for c, n := range counts {
		if n > 0 {
			continue
		}
		near, far := 0, math.Inf(1)
		for d, n := range counts {
			if n > 0 {
				dx, dy := middle(0, c/n2)-middle(0, d/n2), middle(1, c%n2)-middle(1, d%n2)
				if dist := float64(dx*dx) + float64(dy*dy); dist < far {
					near, far = d, dist
				}
			}
		}
		second[c] = second[near]
	}
}

// twoWay adds second differences up to a surface, takes the effect of each column alone away, and centres it.
func twoWay(second, counts []float64, n1, n2 int) []float64 {
	m := n2 + 1
	f := make([]float64, (n1+1)*m)
	for i := 1; i <= n1; i++ {
		for j := 1; j <= n2; j++ {
			f[i*m+j] = f[(i-1)*m+j] + f[i*m+j-1] - f[(i-1)*m+j-1] + second[(i-1)*n2+j-1]
		}
	}
	first, other := make([]float64, n1+1), make([]float64, n2+1)
	for i := range n1 {
		sum, n := 0.0, 0.0
		for j := range n2 {
			c := counts[i*n2+j]
			n += c
			sum += float64(c*((f[(i+1)*m+j]-f[i*m+j])+(f[(i+1)*m+j+1]-f[i*m+j+1]))) / 2
		}
		first[i+1] = first[i] + sum/n
	}
	for j := range n2 {
		sum, n := 0.0, 0.0
		for i := range n1 {
			c := counts[i*n2+j]
			n += c
			sum += float64(c*((f[i*m+j+1]-f[i*m+j])+(f[(i+1)*m+j+1]-f[(i+1)*m+j]))) / 2
		}
		other[j+1] = other[j] + sum/n
	}
	centre, n := 0.0, 0.0
	for i := range n1 + 1 {
		for j := range m {
			f[i*m+j] -= first[i] + other[j]
		}
	}
	for i := range n1 {
		for j := range n2 {
			c := counts[i*n2+j]
			n += c
			centre += float64(c*(f[i*m+j]+f[i*m+j+1]+f[(i+1)*m+j]+f[(i+1)*m+j+1])) / 4
		}
	}
	for at := range f {
		f[at] -= centre / n
	}
	return f
}

// alike puts codes in an order in which neighbours are alike: the distance of two codes is the sum over the other columns of how far their rows' distributions are apart (the largest
// difference of the cumulative shares for numbers, half the sum of differences of shares for categories), and the order is that of the first axis of classical
// scaling (Torgerson). The lower half of the codes comes first, whichever way the axis points.
func (a *accumulator) alike(j int, codes, present []int) []int {
	k := len(present)
	if k < 3 {
		return slices.Clone(present)
	}
	far := make([]float64, k*k)
	for c := range a.columns {
		if c == j {
			continue
		}
		apart := a.apart(c, codes, present)
		for p := range k {
			for q := range p {
				d := apart(p, q)
				far[p*k+q] += d
				far[q*k+p] += d
			}
		}
	}
	gram, mean, all := make([]float64, k*k), make([]float64, k), 0.0
	for p := range k {
		for q := range k {
			s := float64(far[p*k+q] * far[p*k+q])
			mean[p] += s / float64(k)
			all += s / float64(k*k)
		}
	}
	for p := range k {
		for q := range k {
			gram[p*k+q] = -(float64(far[p*k+q]*far[p*k+q]) - mean[p] - mean[q] + all) / 2
		}
	}
	_, vectors, ok := linalg.EigenSym(gram, k, true)
	if !ok {
		return slices.Clone(present)
	}
	axis := make([]float64, k) // of the largest eigenvalue
	for p := range axis {
		axis[p] = vectors[p*k+k-1]
	}
	tilt := 0.0
	for p, v := range axis {
		tilt += float64(v * (float64(p) - float64(k-1)/2))
	}
	order := make([]int, k)
	for p := range order {
		order[p] = p
	}
	slices.SortStableFunc(order, func(p, q int) int {
		if tilt < 0 {
			p, q = q, p
		}
		if math.Abs(axis[p]-axis[q]) <= 1e-12 {
			return 0
		}
		return compareFloats(axis[p], axis[q])
	})
	out := make([]int, k)
	for q, p := range order {
		out[q] = present[p]
	}
	return out
}

// apart tells how far the distributions of column c are apart in the rows of two of the codes.
func (a *accumulator) apart(c int, codes, present []int) func(p, q int) float64 {
	var values []float64
	for i := range codes {
		if v := a.x.Row(i)[c]; !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	m := len(values)
	share := make([]float64, len(present)*m) // of each code: of its rows, those with each value
	for p, code := range present {
		total := 0.0
		for i, v := range codes {
			x := a.x.Row(i)[c]
			if v == code && !math.IsNaN(x) {
				at, _ := slices.BinarySearch(values, x)
				share[p*m+at] += a.w[i]
				total += a.w[i]
			}
		}
		for at := range m {
			if total > 0 {
				share[p*m+at] /= total
			}
		}
	}
	categorical := a.columns[c].Kind == ml.Categorical
	return func(p, q int) float64 {
		sum, most, half := 0.0, 0.0, 0.0
		for at := range m {
			d := share[p*m+at] - share[q*m+at]
			sum += d
			most, half = max(most, math.Abs(sum)), half+math.Abs(d)/2
		}
		if categorical {
			return half
		}
		return most
	}
}
