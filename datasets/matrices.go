package datasets

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// LowRank draws a matrix with bell-shaped singular values: U S V' with U and V random orthonormal, and for i = 0, 1, ...
//
//	s[i] = (1 - TailStrength) exp(-(i/EffectiveRank)^2) + TailStrength exp(-0.1 i/EffectiveRank)
//
// so that about EffectiveRank of them carry the signal and the tail looks like the noise of real data; as scikit-learn's
// make_low_rank_matrix. It costs O(Rows Columns min(Rows, Columns)).
type LowRank struct {
	Rows          int     // 0 means 100
	Columns       int     // 0 means 100
	EffectiveRank int     // 0 means 10
	TailStrength  float64 // weight of the tail, 0 to 1; 0: none
	Seed          uint64
}

// Make draws the matrix.
func (l LowRank) Make() (*tensor.Tensor[float64], error) {
	p := params{where: "datasets.LowRank.Make"}
	l.Rows = p.count("Rows", l.Rows, 100, 1)
	l.Columns = p.count("Columns", l.Columns, 100, 1)
	l.EffectiveRank = p.count("EffectiveRank", l.EffectiveRank, 10, 1)
	p.share("TailStrength", l.TailStrength)
	p.size("Rows", l.Rows, l.Columns)
	if p.err != nil {
		return nil, p.err
	}
	return tensor.FromSlice(lowRank(l.Rows, l.Columns, l.EffectiveRank, l.TailStrength, l.Seed), l.Rows, l.Columns), nil
}

func lowRank(rows, cols, rank int, tail float64, seed uint64) []float64 {
	k := min(rows, cols)
	r := rng.New(seed, streamPilot) // streamModel holds the coefficients of Regression
	u, v := orthonormal(r, k, rows), orthonormal(r, k, cols)
	x := make([]float64, rows*cols)
	par.For(rows, k*cols, func(lo, hi int) {
		for c := range k {
			i := float64(c) / float64(rank)
			s := (1-tail)*math.Exp(-i*i) + tail*math.Exp(-0.1*i)
			for row := lo; row < hi; row++ {
				axpy(s*u[c][row], v[c], x[row*cols:(row+1)*cols])
			}
		}
	})
	return x
}

// SPD draws a symmetric positive definite matrix Q diag(e) Q' with Q random orthogonal and the eigenvalues e uniform in [1, Condition).
// It costs O(Size^3).
type SPD struct {
	Size      int     // rows and columns; 0 means 10
	Condition float64 // bound of the condition number, above 1; 0 means 2
	Seed      uint64
}

// Make draws the matrix. It is symmetric to the last bit.
func (s SPD) Make() (*tensor.Tensor[float64], error) {
	p := params{where: "datasets.SPD.Make"}
	s.Size = p.count("Size", s.Size, 10, 1)
	s.Condition = p.positive("Condition", s.Condition, 2)
	if s.Condition <= 1 {
		p.reject("Condition", s.Condition, "> 1 (0 means 2)")
	}
	p.size("Size", s.Size, s.Size)
	if p.err != nil {
		return nil, p.err
	}
	r := rng.New(s.Seed, streamModel)
	q := orthonormal(r, s.Size, s.Size)
	x := make([]float64, s.Size*s.Size)
	for _, v := range q {
		e := uniform(r, 1, s.Condition)
		for i, vi := range v {
			axpy(e*vi, v[:i+1], x[i*s.Size:i*s.Size+i+1])
		}
	}
	mirror(x, s.Size)
	return tensor.FromSlice(x, s.Size, s.Size), nil
}

// SparseSPD draws a symmetric positive definite matrix that is mostly zero, such as a graphical lasso looks for: P L'L P'
// with P a random permutation and L lower triangular with -1 on the diagonal; below it an entry is present
// with probability Density and then uniform in [Smallest, Largest). As scikit-learn's make_sparse_spd_matrix.
type SparseSPD struct {
	Size     int     // rows and columns; 0 means 10
	Density  float64 // of L below the diagonal, 0 to 1; 0 means 0.05
	Smallest float64 // of the entries of L; 0: down to 0
	Largest  float64 // 0 means 0.9
	UnitDiag bool    // scale rows and columns to a diagonal of 1
	Seed     uint64
}

// Make draws the matrix, stored densely.
func (s SparseSPD) Make() (*tensor.Tensor[float64], error) {
	p := params{where: "datasets.SparseSPD.Make"}
	s.Size = p.count("Size", s.Size, 10, 1)
	s.Density = p.positive("Density", s.Density, 0.05)
	p.share("Density", s.Density)
	p.finite("Smallest", s.Smallest)
	if s.Largest == 0 {
		s.Largest = 0.9
	}
	p.finite("Largest", s.Largest)
	if s.Smallest > s.Largest {
		p.reject("Smallest", s.Smallest, "<= Largest")
	}
	p.size("Size", s.Size, s.Size)
	if p.err != nil {
		return nil, p.err
	}
	r, n := rng.New(s.Seed, streamModel), s.Size
	l := make([]float64, n*n)
	for i := range n {
		l[i*n+i] = -1
		for j := range i {
			if r.Float64() < s.Density {
				l[i*n+j] = uniform(r, s.Smallest, s.Largest)
			}
		}
	}
	place := rng.Perm(rng.New(s.Seed, streamShuffle), n)
	x := make([]float64, n*n)
	for k := range n { // row k of L contributes its outer product
		row := l[k*n : k*n+k+1]
		for i, a := range row {
			if a == 0 {
				continue
			}
			for j, b := range row {
				x[place[i]*n+place[j]] += a * b
			}
		}
	}
	if s.UnitDiag {
		d := make([]float64, n)
		for i := range d {
			d[i] = math.Sqrt(x[i*n+i])
		}
		for i := range n {
			for j := range n {
				x[i*n+j] /= d[i] * d[j]
			}
			x[i*n+i] = 1
		}
	}
	return tensor.FromSlice(x, n, n), nil
}

// orthonormal draws k orthonormal vectors of length n >= k, uniformly over all such frames: Gram-Schmidt on normal
// vectors, each orthogonalised twice, which is enough for full precision (Giraud et al., 2005).
func orthonormal(r *rand.Rand, k, n int) [][]float64 {
	q := make([][]float64, k)
	for c := range q {
		v := make([]float64, n)
		rng.Normal(r, v, 0, 1)
		for range 2 {
			for _, w := range q[:c] {
				axpy(-dot(v, w), w, v)
			}
			scale := 1 / math.Sqrt(dot(v, v))
			for i := range v {
				v[i] *= scale
			}
		}
		q[c] = v
	}
	return q
}

// mirror copies the lower triangle to the upper.
func mirror(x []float64, n int) {
	for i := range n {
		for j := range i {
			x[j*n+i] = x[i*n+j]
		}
	}
}

func axpy(a float64, x, y []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
