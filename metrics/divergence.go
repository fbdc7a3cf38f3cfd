package metrics

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// CheckShares returns nil if p and q can be compared as distributions over the same categories: of one length, not empty, finite, none negative, not all 0. They need not sum to 1: counts
// will do. Kinds: ErrShape, ErrData.
func CheckShares(where string, p, q []float64) error {
	if len(p) == 0 || len(p) != len(q) {
		return ml.BadShape(where, "q", fmt.Sprintf("a list of %d", len(q)), fmt.Sprintf("%d, as p, and at least one", max(len(p), 1)))
	}
	for k, v := range [][]float64{p, q} {
		total := 0.0
		for i, x := range v {
			if !(x >= 0) || math.IsInf(x, 1) {
				return &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d]", [...]string{"p", "q"}[k], i), Found: fmt.Sprint(x), Want: "a finite share >= 0", Kind: ml.ErrData}
			}
			total += x
		}
		if total == 0 || math.IsInf(total, 1) {
			return &ml.Error{Where: where, Field: [...]string{"p", "q"}[k], Found: fmt.Sprintf("of the sum %v", total), Want: "a finite sum > 0", Kind: ml.ErrData}
		}
	}
	return nil
}

// overShares sums f over the categories, of shares that sum to 1; NaN where CheckShares finds fault.
func overShares(p, q []float64, f func(a, b float64) float64) float64 {
	if CheckShares("metrics", p, q) != nil {
		return math.NaN()
	}
	var sp, sq, s sum
	for i := range p {
		sp.add(p[i])
		sq.add(q[i])
	}
	for i := range p {
		s.add(f(p[i]/sp.value(), q[i]/sq.value()))
	}
	return s.value()
}

func relative(a, b float64) float64 {
	switch {
	case a == 0:
		return 0
	case b == 0:
		return math.Inf(1)
	}
	return a * math.Log(a/b)
}

// KLDivergence is the Kullback-Leibler divergence of p from q, the loss in nats of believing q where p holds. Best 0; +Inf if q excludes what p does not. p and q are shares or counts of the same categories, here and in
// all distances of distributions; NaN where [CheckShares] gives an error.
func KLDivergence(p, q []float64) float64 { return max(overShares(p, q, relative), 0) }

// JensenShannon is the root of the mean divergence of p and q from their middle, a distance, 0 to the root of log 2 (0.8326).
func JensenShannon(p, q []float64) float64 {
	d := overShares(p, q, func(a, b float64) float64 { return relative(a, (a+b)/2) + relative(b, (a+b)/2) })
	return math.Sqrt(max(d, 0) / 2)
}

// Hellinger is a distance of distributions by the roots of their shares, 0 to 1.
func Hellinger(p, q []float64) float64 {
	d := overShares(p, q, func(a, b float64) float64 { d := math.Sqrt(a) - math.Sqrt(b); return d * d })
	return math.Sqrt(d / 2)
}

// TotalVariation is half the sum of the absolute differences: the largest difference of the probability of any set of categories, 0 to 1.
func TotalVariation(p, q []float64) float64 {
	return overShares(p, q, func(a, b float64) float64 { return math.Abs(a - b) }) / 2
}

// LInfinity is the largest absolute difference of a share, 0 to 1.
func LInfinity(p, q []float64) float64 {
	worst := 0.0
	if overShares(p, q, func(a, b float64) float64 { worst = max(worst, math.Abs(a-b)); return 0 }) != 0 {
		return math.NaN()
	}
	return worst
}

// ChiSquareDistance is half the sum of (p-q)²/(p+q), 0 to 1.
func ChiSquareDistance(p, q []float64) float64 {
	return overShares(p, q, func(a, b float64) float64 {
		if a+b == 0 {
			return 0
		}
		return (a - b) * (a - b) / (a + b)
	}) / 2
}

// MMD is the squared maximum mean discrepancy of two samples of rows under a kernel, the unbiased estimate, which is near 0, and may be below, for samples of one distribution (Gretton et al., Journal of Machine Learning Research 13,
// 2012). k = nil: [RBF] of its default width. wx and wy are nil or weights, which count as repetitions. The errors are those of [Kernels], and ErrShape for samples of fewer than two rows. O((x rows + y rows)² · columns) and as
// much memory as the largest of the three kernel matrices.
func MMD(x, y tensor.Matrix, k Kernel, wx, wy []float64) (float64, error) {
	const where = "metrics.MMD"
	if k == nil {
		k = RBF{}
	}
	side := func(m tensor.Matrix, weight []float64, name string) (tensor.Matrix, []float64, float64, error) {
		if fault := rows.Fault(m); fault != "" {
			return nil, nil, 0, ml.BadShape(where, name, fault, "a matrix")
		}
		n, _ := m.Dims()
		if err := CheckRows(where, n, n, weight); err != nil {
			return nil, nil, 0, err
		}
		var at []int
		var share []float64
		for i := range n {
			if !absent(weight, i) {
				at, share = append(at, i), append(share, w(weight, i))
			}
		}
		total := totalOf(0, share)
		if total <= 1 {
			return nil, nil, 0, ml.BadShape(where, name, "of one row", "at least two, by weight")
		}
		return rows.Select(m, at), share, total, nil
	}
	x, sx, nx, err := side(x, wx, "x")
	if err != nil {
		return 0, err
	}
	y, sy, ny, err := side(y, wy, "y")
	if err != nil {
		return 0, err
	}
	// total is the sum of the kernel over all pairs, and over the pairs of a row with itself.
	total := func(a, b tensor.Matrix, sa, sb []float64) (all, self float64, err error) {
		g, err := Kernels(a, b, k)
		if err != nil {
			return 0, 0, err
		}
		var s, d sum
		for i, w := range sa {
			row := 0.0
			for j, v := range g.Row(i) {
				row += w * sb[j] * v
			}
			s.add(row)
			if b == nil {
				d.add(w * g.At(i, i))
			}
		}
		return s.value(), d.value(), nil
	}
	xx, dx, err := total(x, nil, sx, sx)
	if err != nil {
		return 0, err
	}
	yy, dy, err := total(y, nil, sy, sy)
	if err != nil {
		return 0, err
	}
	xy, _, err := total(x, y, sx, sy)
	if err != nil {
		return 0, err
	}
	return (xx-dx)/(nx*(nx-1)) + (yy-dy)/(ny*(ny-1)) - 2*xy/(nx*ny), nil
}
