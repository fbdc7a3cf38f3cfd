// Package isotonic fits non-decreasing functions of one variable by least squares: the core of isotonic regression and of isotonic
// calibration of probabilities.
package isotonic

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Pool replaces y by the non-decreasing numbers nearest to it, by weighted squares: the pool-adjacent-violators algorithm (Ayer et al.,
// Ann. Math. Statist. 26 (1955)) in linear time. Weights must be positive; nil are ones.
func Pool(y, weight []float64) {
	type block struct {
		mean, weight float64
		end          int
	}
	blocks := make([]block, 0, 64)
	for i, v := range y {
		b := block{v, 1, i + 1}
		if weight != nil {
			b.weight = weight[i]
		}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			if last.mean <= b.mean {
				break
			}
			b.weight += last.weight
			b.mean += (last.mean - b.mean) * (last.weight / b.weight)
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	from := 0
	for _, b := range blocks {
		for i := from; i < b.end; i++ {
			y[i] = b.mean
		}
		from = b.end
	}
}

// Curve is a monotone function, linear between its points: X rises strictly, Y never falls, or never rises.
type Curve struct{ X, Y []float64 }

// Fit is the non-decreasing curve nearest to y over x, by weighted squares; falling asks for a non-increasing one. Points of equal x count
// as one, of their total weight at their mean y: the curve is a function. Points of weight 0 are left out; weight nil means ones. Of
// a run of equal y the ends are kept. The curve is empty if no point is left. It is not finite if sums overflow. Beside PAVA's linear time
// the cost is that of a radix sort, none where x rises already.
func Fit(x, y, weight []float64, falling bool) Curve {
	xs, ys, ws := distinct(x, y, weight)
	if falling {
		negate(ys)
	}
	Pool(ys, ws)
	if falling {
		negate(ys)
	}
	n := 0
	for i := range xs {
		if i > 0 && i+1 < len(xs) && ys[i] == ys[i-1] && ys[i] == ys[i+1] {
			continue
		}
		xs[n], ys[n] = xs[i], ys[i]
		n++
	}
	return Curve{slices.Clone(xs[:n]), slices.Clone(ys[:n])}
}

// distinct sorts the points by x and joins those of equal x.
func distinct(x, y, weight []float64) (xs, ys, ws []float64) {
	var order []int32
	if !slices.IsSorted(x) {
		order = make([]int32, len(x))
		new(kern.Sorter[float64]).ArgSort(order, x, false)
	}
	xs, ys, ws = make([]float64, 0, len(x)), make([]float64, 0, len(x)), make([]float64, 0, len(x))
	for k := range x {
		i := k
		if order != nil {
			i = int(order[k])
		}
		w := 1.0
		if weight != nil {
			w = weight[i]
		}
		if w == 0 {
			continue
		}
		if last := len(xs) - 1; last >= 0 && xs[last] == x[i] {
			ws[last] += w
			ys[last] += (y[i] - ys[last]) * (w / ws[last])
			continue
		}
		xs, ys, ws = append(xs, x[i]), append(ys, y[i]), append(ws, w)
	}
	return xs, ys, ws
}

func negate(x []float64) {
	for i, v := range x {
		x[i] = -v
	}
}

// At is the value at x: interpolated between two points, that of the nearest end outside them, NaN for NaN. It takes log(points).
func (c Curve) At(x float64) float64 {
	i, found := slices.BinarySearch(c.X, x)
	switch {
	case math.IsNaN(x):
		return x
	case found:
		return c.Y[i]
	case i == 0:
		return c.Y[0]
	case i == len(c.X):
		return c.Y[i-1]
	}
	lo, hi := c.Y[i-1], c.Y[i]
	if lo == hi {
		return lo
	}
	t := (x - c.X[i-1]) / (c.X[i] - c.X[i-1])
	if math.IsNaN(t) || math.IsInf(c.X[i]-c.X[i-1], 0) { // the distance overflows
		t = (x/2 - c.X[i-1]/2) / (c.X[i]/2 - c.X[i-1]/2)
	}
	return lo + (hi-lo)*t
}

// Rises says whether y goes up with x: whether Spearman's rank correlation is at least 0, with ties at their mean rank and weights as
// repetitions.
func Rises(x, y, weight []float64) bool {
	var s kern.Sorter[float64]
	order := make([]int32, len(x))
	rx, ry := ranks(&s, order, x, weight), ranks(&s, order, y, weight)
	total, mx, my := 0.0, 0.0, 0.0
	w := func(i int) float64 {
		if weight == nil {
			return 1
		}
		return weight[i]
	}
	for i := range rx {
		total += w(i)
		mx += w(i) * rx[i]
		my += w(i) * ry[i]
	}
	mx, my = mx/total, my/total
	sum := 0.0
	for i := range rx {
		sum += w(i) * (rx[i] - mx) * (ry[i] - my)
	}
	return sum >= 0
}

// ranks are the mean ranks of the numbers, less a constant.
func ranks(s *kern.Sorter[float64], order []int32, x, weight []float64) []float64 {
	out := make([]float64, len(x))
	s.ArgSort(order, x, false)
	below := 0.0
	for lo := 0; lo < len(order); {
		hi, tied := lo, 0.0
		for hi < len(order) && x[order[hi]] == x[order[lo]] {
			if weight == nil {
				tied++
			} else {
				tied += weight[order[hi]]
			}
			hi++
		}
		for _, i := range order[lo:hi] {
			out[i] = below + tied/2
		}
		below += tied
		lo = hi
	}
	return out
}
