package decomp

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// allDistances are those of all pairs of points, n x n.
func allDistances(where string, p near.Points, m near.Measure) ([]float64, error) {
	out := make([]float64, p.N*p.N)
	par.For(p.N, p.N*(2+p.D)/2, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range i {
				out[i*p.N+j] = near.Between(m, p.Row(i), p.Row(j))
			}
		}
	})
	mirror(out, p.N)
	return out, finiteDistances(where, out)
}

// mirror copies the lower half of a square matrix to the upper.
func mirror(a []float64, n int) {
	par.For(n, n/2, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := i + 1; j < n; j++ {
				a[i*n+j] = a[j*n+i]
			}
		}
	})
}

// checkSymmetric checks what a table holds of its own rows: from says which, and bound how far a number may be from its mirror image.
func checkSymmetric(where string, a []float64, from []int, bound float64) error {
	n := len(from)
	for i := range n {
		for j := range i {
			if !(math.Abs(a[i*n+j]-a[j*n+i]) <= bound) {
				return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", from[i], from[j]), Found: fmt.Sprintf("%v, and %v the other way", a[i*n+j], a[j*n+i]), Want: "a symmetric matrix", Kind: ml.ErrData}
			}
		}
	}
	return nil
}

// given are the distances that a table itself holds, rows x rows, between the rows of positive weight.
func given(where string, t ml.Table, from []int) ([]float64, error) {
	all, d := t.X.Dims()
	if all != d {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d x %d", all, d), "as many columns as rows: distances")
	}
	r, n := rows.Of(t.X), len(from)
	out, buf := make([]float64, n*n), make([]float64, d)
	largest := 0.0
	for a, i := range from {
		row := r.Row(i, buf)
		for b, j := range from {
			v := row[j]
			if v < 0 {
				return nil, &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a distance >= 0", Kind: ml.ErrConfig}
			}
			out[a*n+b] = v
			largest = max(largest, v)
		}
	}
	if err := checkSymmetric(where, out, from, 1e-10*largest); err != nil {
		return nil, err
	}
	for a := range n {
		if out[a*n+a] != 0 {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d]", from[a], from[a]), Found: fmt.Sprint(out[a*n+a]), Want: "0, the distance of a row from itself", Kind: ml.ErrConfig}
		}
	}
	return out, nil
}

// scaling is classical scaling (Torgerson, Psychometrika 17, 1952): products of rows follow from squared distances, and coordinates from those.
type scaling struct {
	n, c   int
	values []float64 // the largest eigenvalues of the products, falling
	y      []float64 // coordinates, n x c
	means  []float64 // of minus half the squared distances of each row
	whole  float64   // their mean
}

// scale lays out rows of which distances are known; it is false where numbers are not finite. Columns beyond the positive eigenvalues are 0.
func scale(distances []float64, n, c int, seed uint64) (*scaling, bool) {
	s := &scaling{n: n, c: c, means: make([]float64, n), values: make([]float64, c), y: make([]float64, n*c)}
	b := make([]float64, n*n)
	par.For(n, n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			sum := 0.0
			for j, v := range distances[i*n : (i+1)*n] {
				b[i*n+j] = -0.5 * v * v
				sum += b[i*n+j] / float64(n)
			}
			s.means[i] = sum
		}
	})
	s.whole = mean(s.means)
	par.For(n, n, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			for j := range n {
				b[i*n+j] += s.whole - s.means[i] - s.means[j]
			}
		}
	})
	count := min(c, n)
	values, vectors, ok := leading(b, n, count, seed)
	if !ok {
		return nil, false
	}
	copy(s.values, values)
	largest := 0.0
	for _, v := range values {
		largest = max(largest, v)
	}
	for k, v := range values {
		if !(v > largest*float64(n)*0x1p-52) {
			s.values[k] = max(v, 0)
			continue
		}
		root := math.Sqrt(v)
		for i := range n {
			s.y[i*c+k] = vectors[i*count+k] * root
		}
	}
	return s, true
}

// leading are the largest eigenvalues of a symmetric matrix, falling, and their vectors, in columns, the largest element of each positive. a is overwritten.
func leading(a []float64, n, count int, seed uint64) (values, vectors []float64, ok bool) {
	if n > 600 && 10*count < n {
		values, vectors, result := linalg.Lanczos{Count: count, Tol: 1e-12, Seed: seed}.Solve(n, func(dst, x []float64) {
			kern.Gemv(false, n, n, 1, a, n, x, 0, dst)
		})
		return values, vectors, values != nil && result.Gap <= 1e-6
	}
	all, z, ok := linalg.EigenSym(a, n, true)
	if !ok {
		return nil, nil, false
	}
	values, vectors = make([]float64, count), make([]float64, n*count)
	for k := range count {
		values[k] = all[n-1-k]
		for i := range n {
			vectors[i*count+k] = z[i*n+n-1-k]
		}
	}
	return values, vectors, true
}

// put places a new row of which the distances to the n rows are known (Gower, Biometrika 55, 1968). far is overwritten.
func (s *scaling) put(dst, far []float64) {
	own := 0.0
	for i, v := range far {
		far[i] = -0.5 * v * v
		own += far[i] / float64(s.n)
	}
	clear(dst)
	for i, v := range far {
		product := v - own - s.means[i] + s.whole
		for k := range dst {
			dst[k] += float64(product * s.y[i*s.c+k])
		}
	}
	for k := range dst {
		if s.values[k] > 0 {
			dst[k] /= s.values[k]
		} else {
			dst[k] = 0
		}
	}
}

// reach are the distances that models ask for: to the rows of the fit, or in the row itself.
type reach struct {
	points  near.Points // no columns: distances are given
	measure near.Measure
	n       int
	from    []int // of given distances, the columns that count; nil: all
}

// openReach checks what was read.
func openReach(where string, f *ml.Fitted, precomputed bool, x *tensor.Tensor[float64], from []int, n int, d metrics.Distance) (*reach, error) {
	if (x == nil) != precomputed || n < 1 || n > f.Info.Rows {
		return nil, unsound(where, "Rows", "there or not", "there, but where distances are given; and no more than those of the fit")
	}
	r := &reach{n: n, from: from}
	if precomputed {
		if f.Info.Features != f.Info.Rows || (from == nil) != (n == f.Info.Rows) || from != nil && len(from) != n {
			return nil, unsound(where, "From", fmt.Sprintf("%d of %d rows", len(from), f.Info.Rows), "one for each row of positive weight")
		}
		for i, at := range from {
			if at < 0 || at >= f.Info.Rows || i > 0 && at <= from[i-1] {
				return nil, unsound(where, fmt.Sprintf("From[%d]", i), fmt.Sprint(at), "indices in rising order")
			}
		}
		return r, nil
	}
	if err := metrics.CheckDistance(where, d, f.Info.Features); err != nil {
		return nil, err
	}
	if err := checkTensor(where, "Rows", x, n, f.Info.Features); err != nil {
		return nil, err
	}
	if from != nil {
		return nil, unsound(where, "From", "there", "none, where there are rows")
	}
	r.points, r.measure = pointsOf(x), near.MeasureOf(d)
	return r, nil
}

// to writes the distances of a row to those of the fit.
func (r *reach) to(dst, x []float64) {
	switch {
	case r.measure != nil:
		r.points.Distances(dst, x, r.measure)
	case r.from == nil:
		copy(dst, x)
	default:
		for k, j := range r.from {
			dst[k] = x[j]
		}
	}
}
