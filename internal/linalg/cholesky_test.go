package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// addOuter adds s·xxᵀ to the compact n x n matrix a.
func addOuter(a []float64, s float64, x []float64) {
	n := len(x)
	for i := range n {
		for j := range n {
			a[i*n+j] += s * x[i] * x[j]
		}
	}
}

// matrix is what c factors, UᵀU unscaled.
func (c *Cholesky) matrix() []float64 {
	n := c.n
	u := make([]float64, n*n)
	for i := range n {
		for j := i; j < n; j++ {
			u[i*n+j] = c.u[i*n+j] / c.scale[j]
		}
	}
	return product(true, false, n, n, n, u, u)
}

func TestCholeskyUpdatesAndDowndates(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{0, 1, 2, 33, 80} {
		a, x := random(r, n*n), random(r, n)
		a = product(true, false, n, n, n, a, a)
		for i := range n {
			a[i*n+i]++
		}
		c := NewCholesky(slices.Clone(a), n)
		more := slices.Clone(a)
		addOuter(more, 1, x)
		if !c.Update(x) {
			t.Fatal("no update")
		}
		backward(t, "updated", more, c.matrix(), n, n, n)
		if want := NewCholesky(slices.Clone(more), n); n > 0 {
			if d := c.LogDet() - want.LogDet(); math.Abs(d) > 1e-10 {
				t.Errorf("n %d: log-determinant off by %v", n, d)
			}
			// both are estimates, of matrices scaled a little differently
			if ratio := c.RCond() / want.RCond(); !(ratio > 0.1 && ratio < 10) {
				t.Errorf("n %d: conditions differ by %v", n, ratio)
			}
		}
		if !c.Downdate(x) {
			t.Fatal("no downdate")
		}
		backward(t, "downdated", a, c.matrix(), n, n, n)
	}
}

func TestCholeskyRefusesWhatIsNotDefinite(t *testing.T) {
	c := NewCholesky([]float64{4, 2, 0, 3}, 2)
	before := slices.Clone(c.u)
	for _, x := range [][]float64{{3, 0}, {2, 1}, {0, math.NaN()}, {math.Inf(1), 0}} { // {2, 1} leaves a singular matrix
		if c.Downdate(x) {
			t.Error("downdated by", x)
		}
	}
	for _, x := range [][]float64{{0, math.NaN()}, {math.Inf(1), 0}, {1e300, 0}} {
		if c.Update(x) {
			t.Error("updated by", x)
		}
	}
	if !slices.Equal(before, c.u) {
		t.Error("a refusal changed the factor")
	}
}

func TestPivotedCholeskyRevealsTheRank(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, n := range []int{0, 1, 5, 32, 33, 100} {
		for _, rank := range []int{0, n / 3, n} {
			for _, scale := range []float64{1, 1e-140, 1e140} {
				f := random(r, rank*n)
				for i := range f {
					f[i] *= scale
				}
				a := product(true, false, n, n, rank, f, f)
				c := NewPivotedCholesky(slices.Clone(a), n, -1)
				what := fmt.Sprintf("n %d, rank %d, scale %g", n, rank, scale)
				if c.Rank() != rank {
					t.Errorf("%s: rank %d, remainder %g", what, c.Rank(), c.Remainder())
					continue
				}
				got := make([]float64, rank*n)
				c.Factor(got)
				backward(t, what, a, product(true, false, n, n, rank, got, got), n, n, n)
				for i := 1; i < rank; i++ {
					if d := c.u[i*n+i]; !(d > 0 && d <= c.u[(i-1)*n+i-1]*(1+1e-12)) {
						t.Fatalf("%s: diagonal %d is %v after %v", what, i, d, c.u[(i-1)*n+i-1])
					}
				}
				if rank == 0 || scale != 1 {
					continue
				}
				const rhs, ldb = 2, 3
				b := product(false, false, n, rhs, n, a, random(r, n*rhs))
				x := make([]float64, n*ldb)
				for i := range n {
					copy(x[i*ldb:], b[i*rhs:(i+1)*rhs])
				}
				c.Solve(rhs, x, ldb)
				xs := make([]float64, 0, n*rhs)
				for i := range n {
					xs = append(xs, x[i*ldb:i*ldb+rhs]...)
				}
				left := minus(product(false, false, n, rhs, n, a, xs), b)
				if d := MaxAbs(left) / (size(a, n, n)*size(xs, n, rhs) + size(b, n, rhs)); d > 8*float64(n)*0x1p-52 {
					t.Errorf("%s: a residual of %.2g", what, d)
				}
			}
		}
	}
}

func TestPivotedCholeskyPivotsAsGonumDoes(t *testing.T) {
	const n = 90
	a := random(seeded(), n*n)
	a = product(true, false, n, n, n, a, a)
	var theirs mat.PivotedCholesky
	theirs.Factorize(mat.NewSymDense(n, slices.Clone(a)), -1)
	if c := NewPivotedCholesky(a, n, -1); !slices.Equal(c.Pivot(), theirs.ColumnPivots(nil)) {
		t.Errorf("%v\nwant %v", c.Pivot(), theirs.ColumnPivots(nil))
	}
}

func TestPivotedCholeskySaysWhenThereIsNone(t *testing.T) {
	if c := NewPivotedCholesky([]float64{0, 1, 0, 0}, 2, -1); c.Rank() != 0 || c.Remainder() != 1 {
		t.Error("an indefinite matrix has rank", c.Rank(), "and leaves", c.Remainder())
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		if NewPivotedCholesky([]float64{1, bad, 0, 1}, 2, -1) != nil {
			t.Error("factors of", bad)
		}
	}
}

func TestPivotedCholeskyHasTheSameBytesOnAnyCores(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 100
	}
	a := random(seeded(), n*n)
	a = product(true, false, n, n, n, a, a)
	var first []float64
	for _, procs := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			got := slices.Clone(a)
			NewPivotedCholesky(got, n, -1)
			if first == nil {
				first = got
			}
			if !slices.Equal(first, got) {
				t.Errorf("other bytes with GOMAXPROCS %d", procs)
			}
		}()
	}
}
