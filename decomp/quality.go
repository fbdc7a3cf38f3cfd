package decomp

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Trustworthiness says how far the neighbours in an embedding are neighbours in truth: 1 less a sum, over the rows and their k nearest in z that are not among their k nearest in x, of how far down the list
// of x they are, scaled so that the worst is 0 (Venna and Kaski, ICANN 2001). x and z have the same rows; distances in x are d's, nil for Euclidean, and in z Euclidean. k is at least 1
// and below half the rows. Equally near rows count in their order. It takes O(rows² · columns).
func Trustworthiness(x, z tensor.Matrix, k int, d metrics.Distance) (float64, error) {
	return intruders("decomp.Trustworthiness", x, z, k, d, false)
}

// Continuity is [Trustworthiness] the other way round: how far the neighbours in truth are neighbours in the embedding.
func Continuity(x, z tensor.Matrix, k int, d metrics.Distance) (float64, error) {
	return intruders("decomp.Continuity", x, z, k, d, true)
}

// NeighborsKept is the share of the k nearest rows of each in x that are among its k nearest in z, a mean over the rows (Lee and Verleysen, Neurocomputing 72, 2009, call it Q_NX). Arguments are those of
// [Trustworthiness], but that k need only be below the rows.
func NeighborsKept(x, z tensor.Matrix, k int, d metrics.Distance) (float64, error) {
	const where = "decomp.NeighborsKept"
	a, b, err := twoViews(where, x, z, k, d)
	if err != nil {
		return 0, err
	}
	if k >= a.points.N {
		return 0, ml.BadConfig(where, "k", k, fmt.Sprintf("below the rows, %d", a.points.N))
	}
	share := make([]float64, a.points.N)
	ours, theirs := a.lists(k), b.lists(k)
	for i := range share {
		in := map[int32]bool{}
		for _, j := range ours[i*k : (i+1)*k] {
			in[j] = true
		}
		for _, j := range theirs[i*k : (i+1)*k] {
			if in[j] {
				share[i] += 1 / float64(k)
			}
		}
	}
	return mean(share), nil
}

// ShepardCorrelation is Spearman's rank correlation of the distances of all pairs of rows in x and in z: how well the whole, not the neighbourhoods, is kept. Distances in x are d's, nil for
// Euclidean. It takes O(rows²) in memory.
func ShepardCorrelation(x, z tensor.Matrix, d metrics.Distance) (float64, error) {
	a, b, err := twoViews("decomp.ShepardCorrelation", x, z, 1, d)
	if err != nil {
		return 0, err
	}
	return metrics.Spearman(a.pairs(), b.pairs()), nil
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// view is one of the two sets of rows that are compared.
type view struct {
	points  near.Points
	measure near.Measure
	index   near.Index
}

func twoViews(where string, x, z tensor.Matrix, k int, d metrics.Distance) (a, b view, err error) {
	for i, m := range []tensor.Matrix{x, z} {
		field := [...]string{"x", "z"}[i]
		if fault := rows.Fault(m); fault != "" {
			return a, b, ml.BadShape(where, field, fault, "a matrix")
		}
		if err := denseRows(where, m); err != nil {
			return a, b, err
		}
		if r, c, v, ok := rows.CheckFinite(m, false); !ok {
			return a, b, &ml.Error{Where: where, Field: fmt.Sprintf("%s[%d, %d]", field, r, c), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
		}
	}
	n, columns := x.Dims()
	if m, _ := z.Dims(); m != n || n < 2 {
		return a, b, ml.BadShape(where, "x and z", fmt.Sprintf("%d and %d rows", n, m), "the same rows, two at least")
	}
	if k < 1 {
		return a, b, ml.BadConfig(where, "k", k, ">= 1")
	}
	if err := metrics.CheckDistance(where, d, columns); err != nil {
		return a, b, err
	}
	a = view{points: near.PointsOf(rows.Of(x)), measure: near.MeasureOf(d)}
	b = view{points: near.PointsOf(rows.Of(z)), measure: near.MeasureOf(nil)}
	a.index, _ = near.Choose(a.points, d, near.Auto, 0)
	b.index, _ = near.Choose(b.points, nil, near.Auto, 0)
	return a, b, nil
}

// lists are the k nearest others of each row.
func (v view) lists(k int) []int32 {
	at := make([]int32, v.points.N*k)
	near.Each(v.index, rows.Of(tensor.FromSlice(v.points.X, v.points.N, v.points.D)), k+1, func(i int, found []near.Neighbor) {
		for e, f := range near.Rest(found, i, k) {
			at[i*k+e] = int32(f.Index)
		}
	})
	return at
}

// pairs are the distances of all pairs.
func (v view) pairs() []float64 {
	n := v.points.N
	out := make([]float64, n*(n-1)/2)
	par.For(n, n*(2+v.points.D), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := i * (i - 1) / 2
			for j := range i {
				out[at+j] = near.Between(v.measure, v.points.Row(i), v.points.Row(j))
			}
		}
	})
	return out
}

// intruders looks for rows that are near in one view and far in the other.
func intruders(where string, x, z tensor.Matrix, k int, d metrics.Distance, turned bool) (float64, error) {
	a, b, err := twoViews(where, x, z, k, d)
	if err != nil {
		return 0, err
	}
	n := a.points.N
	if 2*k >= n {
		return 0, ml.BadConfig(where, "k", k, fmt.Sprintf("below half the rows, %d", n))
	}
	if turned {
		a, b = b, a
	}
	shown := b.lists(k)
	sum := make([]float64, n)
	par.For(n, n*(2+a.points.D+k), func(lo, hi int) {
		far := make([]float64, n)
		for i := lo; i < hi; i++ {
			for j := range far {
				far[j] = near.Between(a.measure, a.points.Row(i), a.points.Row(j))
			}
			far[i] = math.Inf(-1)
			for _, j := range shown[i*k : (i+1)*k] {
				rank, at := 0, far[j]
				for l, v := range far {
					if v < at || v == at && l < int(j) {
						rank++
					}
				}
				if rank > k {
					sum[i] += float64(rank - k)
				}
			}
		}
	})
	whole := 0.0
	for _, v := range sum {
		whole += v
	}
	return 1 - whole*2/(float64(n)*float64(k)*(2*float64(n)-3*float64(k)-1)), nil
}
