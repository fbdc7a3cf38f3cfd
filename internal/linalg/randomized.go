package linalg

import "github.com/gopherwood-ml/ml/internal/rng"

// RandomizedSVD finds the leading singular triplets of an operator from its products with a few random vectors (Halko, Martinsson and
// Tropp, SIAM Review 53 (2011)). The error of the approximation is close to the first singular value left out, the closer the
// more power iterations there are.
type RandomizedSVD struct {
	Rank       int    // triplets wanted, at least 1 and at most the smaller dimension
	Oversample int    // random vectors beyond Rank. 0: 10
	Iterations int    // power iterations, each a product with A and with Aᵀ. 0: 7 for a Rank below a tenth of the smaller dimension, else 4
	Seed       uint64 // of the random vectors
}

// Solve returns Rank triplets; signs are those of NewSVD. It is false if a product is not finite.
func (o RandomizedSVD) Solve(a Operator) (SVD, bool) {
	m, n := a.Dims()
	k := min(m, n)
	if o.Oversample == 0 {
		o.Oversample = 10
	}
	if o.Iterations == 0 {
		o.Iterations = 4
		if 10*o.Rank < k {
			o.Iterations = 7
		}
	}
	l := min(o.Rank+o.Oversample, k)
	q, ok := o.rangeOf(a, l)
	if !ok {
		return SVD{}, false
	}
	c := make([]float64, n*l) // Aᵀ Q: A is about Q Cᵀ
	mulBlock(a, true, c, q, l)
	inner, ok := NewSVD(c, n, l, ThinVectors)
	if !ok {
		return SVD{}, false
	}
	rank := min(o.Rank, l)
	s := SVD{Values: inner.Values[:rank], U: product(false, false, m, l, l, q, inner.V), V: inner.U}
	s.U, s.V = leading(s.U, m, l, rank), leading(s.V, n, l, rank)
	for _, j := range negativeColumns(s.U, m, rank) {
		negateColumn(s.U, m, rank, j)
		negateColumn(s.V, n, rank, j)
	}
	return s, true
}

// rangeOf returns an orthonormal basis, m x l, of what A makes of random vectors: a subspace that holds nearly all of A. Between the products
// the vectors are made orthogonal again, or all would turn to the first singular vector.
func (o RandomizedSVD) rangeOf(a Operator, l int) ([]float64, bool) {
	m, n := a.Dims()
	x, y := make([]float64, n*l), make([]float64, m*l)
	roomX, roomY := make([]float64, n*l), make([]float64, m*l)
	rng.Normal(rng.New(o.Seed, 0), x, 0, 1)
	both := false // products with A and Aᵀ in a row, as long as that loses no digits
	for range o.Iterations {
		mulBlock(a, false, y, x, l)
		if !both {
			mulBlock(a, true, x, y, l)
			if divided(x, roomX, n, l, 1e-10) {
				x, roomX = roomX, x
				continue
			}
			both = true
		}
		var ok bool
		if y, roomY, ok = orthonormalize(y, roomY, m, l, true); !ok {
			return nil, false
		}
		mulBlock(a, true, x, y, l)
		if x, roomX, ok = orthonormalize(x, roomX, n, l, true); !ok {
			return nil, false
		}
	}
	mulBlock(a, false, y, x, l)
	y, _, ok := orthonormalize(y, roomY, m, l, false)
	return y, ok
}

// leading are the first k columns.
func leading(z []float64, rows, cols, k int) []float64 {
	out := make([]float64, rows*k)
	for i := range rows {
		copy(out[i*k:(i+1)*k], z[i*cols:])
	}
	return out
}
