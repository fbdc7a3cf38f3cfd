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

func TestQRIsBackwardStable(t *testing.T) {
	eachMatrix(t, func(t *testing.T, a []float64, m, n int) {
		k := min(m, n)
		q := NewFullQR(slices.Clone(a), m, n)
		r := make([]float64, k*n)
		q.R(r)
		thin, full := make([]float64, m*k), make([]float64, m*m)
		q.Q(k, thin)
		q.Q(m, full)
		orthogonal(t, "thin Q", thin, m, k)
		orthogonal(t, "whole Q", full, m, m)
		for i := range m {
			if !slices.Equal(thin[i*k:(i+1)*k], full[i*m:i*m+k]) {
				near(t, thin[i*k:(i+1)*k], full[i*m:i*m+k], 1e-14, "the thin factor is the whole one's start")
			}
		}
		backward(t, "QR", a, product(false, false, m, n, k, thin, r), m, n, m)
		c := slices.Clone(full)
		q.Apply(true, m, c, m)
		backward(t, "Qᵀ Q", eye(m), c, m, m, m)
		for i := range k {
			for j := range i {
				if r[i*n+j] != 0 {
					t.Fatal("R is not triangular")
				}
			}
		}
	})
}

func TestPivotedQRRevealsTheRank(t *testing.T) {
	eachMatrix(t, func(t *testing.T, a []float64, m, n int) {
		k := min(m, n)
		f, pivot := slices.Clone(a), make([]int, n)
		tau := factorPivoted(m, n, f, n, pivot)
		q := make([]float64, m*k)
		for i := range k {
			q[i*k+i] = 1
		}
		applyReflections(false, m, f, n, tau, k, q, k)
		orthogonal(t, "Q", q, m, k)
		r := make([]float64, k*n)
		for i := range k {
			copy(r[i*n+i:(i+1)*n], f[i*n+i:(i+1)*n])
		}
		permuted := make([]float64, m*n)
		for i := range m {
			for j, p := range pivot {
				permuted[i*n+j] = a[i*n+p]
			}
		}
		backward(t, "QR of the permuted columns", permuted, product(false, false, m, n, k, q, r), m, n, m)
		if s := slices.Sorted(slices.Values(pivot)); len(s) > 0 && (s[0] != 0 || s[n-1] != n-1) {
			t.Errorf("no permutation: %v", pivot)
		}
		// what is left of later columns is no longer than the one taken
		for i := range k {
			for j := i + 1; j < n; j++ {
				rest := 0.0
				for l := i; l <= min(j, k-1); l++ {
					rest = math.Hypot(rest, r[l*n+j])
				}
				if d := math.Abs(r[i*n+i]); rest > d*(1+1e-7)+1e-13*math.Abs(r[0]) {
					t.Fatalf("column %d has %v left of it when %v was taken", j, rest, d)
				}
			}
		}
	})
}

func TestLUIsBackwardStable(t *testing.T) {
	eachMatrix(t, func(t *testing.T, a []float64, m, n int) {
		if m != n {
			return
		}
		f := NewLU(slices.Clone(a), n)
		l, u := eye(n), make([]float64, n*n)
		for i := range n {
			copy(l[i*n:i*n+i], f.lu[i*n:i*n+i])
			copy(u[i*n+i:(i+1)*n], f.lu[i*n+i:(i+1)*n])
			for j := range i {
				if math.Abs(l[i*n+j]) > 1 {
					t.Fatalf("a multiplier of %v", l[i*n+j])
				}
			}
		}
		if !f.ok {
			if f.RCond() != 0 {
				t.Error("a singular matrix has a condition")
			}
			return // elimination stopped at the zero pivot
		}
		permuted := slices.Clone(a)
		exchange(permuted, n, n, f.pivot)
		backward(t, "LU", permuted, product(false, false, n, n, n, l, u), n, n, n)
	})
}

// Solutions leave residuals of rounding size, whatever the condition: that is what backward stability of a solver means.
func TestSolversLeaveSmallResiduals(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{1, 2, 9, 40, 70, 130} {
		a := make([]float64, n*n)
		for i := range a {
			a[i] = r.NormFloat64()
		}
		spd := product(true, false, n, n, n, a, a)
		for i := range n {
			spd[i*n+i] += 1e-3
		}
		const rhs = 5
		b := make([]float64, n*rhs)
		for i := range b {
			b[i] = r.NormFloat64()
		}
		check := func(what string, trans bool, m, x []float64) {
			t.Helper()
			got := product(trans, false, n, rhs, n, m, x)
			for i := range got {
				got[i] -= b[i]
			}
			scale := size(m, n, n)*size(x, n, rhs) + size(b, n, rhs)
			if d := MaxAbs(got) / scale; !(d <= 8*float64(n)*0x1p-52) {
				t.Errorf("%s, n %d: a residual of %.2g", what, n, d)
			}
		}
		lu := NewLU(slices.Clone(a), n)
		for _, trans := range []bool{false, true} {
			x := slices.Clone(b)
			lu.Solve(trans, rhs, x, rhs)
			check(fmt.Sprint("LU trans ", trans), trans, a, x)
		}
		chol := NewCholesky(slices.Clone(spd), n)
		x := slices.Clone(b)
		chol.SolveMany(rhs, x, rhs)
		check("Cholesky", false, spd, x)
		one := make([]float64, n)
		for i := range one {
			one[i] = b[i*rhs]
		}
		chol.Solve(one)
		near(t, one, func() (c []float64) {
			for i := range n {
				c = append(c, x[i*rhs])
			}
			return
		}(), 1e-7, "one right-hand side") // the condition number is about 1e6
		inverse := make([]float64, n*n)
		lu.Inverse(inverse)
		if d := MaxAbs(minus(product(false, false, n, n, n, a, inverse), eye(n))); d*lu.RCond() > 1e-12 {
			t.Errorf("n %d: A times its inverse is off by %.2g, condition %.2g", n, d, 1/lu.RCond())
		}
		chol.Inverse(inverse)
		if d := MaxAbs(minus(product(false, false, n, n, n, spd, inverse), eye(n))); d > 1e-7 {
			t.Errorf("n %d: A times its inverse by Cholesky is off by %.2g", n, d)
		}
		q := NewFullQR(slices.Clone(a), n, n)
		x = slices.Clone(b)
		q.Solve(rhs, x, rhs)
		check("QR", false, a, x)
	}
}

func minus(a, b []float64) []float64 {
	for i := range a {
		a[i] -= b[i]
	}
	return a
}

func TestDeterminants(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 3))
	for _, n := range []int{1, 3, 10, 60} {
		a := make([]float64, n*n)
		for i := range a {
			a[i] = r.NormFloat64()
		}
		want, sign := mat.LogDet(mat.NewDense(n, n, slices.Clone(a)))
		got, s := NewLU(slices.Clone(a), n).LogDet()
		if s != sign || math.Abs(got-want) > 1e-10 {
			t.Errorf("n %d: log %v, sign %v, want %v, %v", n, got, s, want, sign)
		}
		spd := product(true, false, n, n, n, a, a)
		if c := NewCholesky(spd, n); math.Abs(c.LogDet()-2*want) > 1e-6 {
			t.Errorf("n %d: log-determinant %v, want %v", n, c.LogDet(), 2*want)
		}
	}
	if log, sign := NewLU([]float64{1, 2, 2, 4}, 2).LogDet(); !math.IsInf(log, -1) || sign != 0 {
		t.Error("a singular matrix has determinant 0, not", log, sign)
	}
}

func TestTriangularSolvesAndInverses(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 3))
	for _, n := range []int{0, 1, 5, 32, 33, 100} {
		const gap, rhs = 3, 4
		lda, ldb := n+gap, rhs+gap
		a := make([]float64, n*lda)
		for i := range a {
			a[i] = r.NormFloat64() / 8
		}
		for i := range n {
			a[i*lda+i] = 1 + r.Float64()
		}
		for _, tri := range []Triangle{{}, {Upper: true}, {Trans: true}, {Upper: true, Trans: true}, {Unit: true}, {Upper: true, Trans: true, Unit: true}} {
			full := make([]float64, n*n)
			for i := range n {
				for j := range n {
					switch {
					case i == j && tri.Unit:
						full[i*n+j] = 1
					case i == j, tri.Upper && j > i, !tri.Upper && j < i:
						full[i*n+j] = a[i*lda+j]
					}
				}
			}
			b := make([]float64, n*ldb)
			for i := range b {
				b[i] = r.NormFloat64()
			}
			x := slices.Clone(b)
			SolveTriangular(tri, n, rhs, a, lda, x, ldb)
			xs, bs := make([]float64, 0), make([]float64, 0)
			for i := range n {
				xs, bs = append(xs, x[i*ldb:i*ldb+rhs]...), append(bs, b[i*ldb:i*ldb+rhs]...)
				if !slices.Equal(x[i*ldb+rhs:(i+1)*ldb], b[i*ldb+rhs:(i+1)*ldb]) {
					t.Fatal("wrote between rows")
				}
			}
			near(t, product(tri.Trans, false, n, rhs, n, full, xs), bs, 1e-11, fmt.Sprintf("%+v n %d", tri, n))
			if tri.Unit || tri.Trans {
				continue
			}
			inverse := slices.Clone(a)
			InvertTriangular(tri.Upper, n, inverse, lda)
			inv := make([]float64, n*n)
			for i := range n {
				for j := range n {
					if i == j || (j > i) == tri.Upper {
						inv[i*n+j] = inverse[i*lda+j]
					} else if inverse[i*lda+j] != a[i*lda+j] {
						t.Fatal("wrote to the other half")
					}
				}
			}
			near(t, product(false, false, n, n, n, full, inv), eye(n), 1e-11, "the inverse")
		}
	}
}

func TestFactorsOfBadNumbersEnd(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		n := 60
		a := eye(n)
		a[17*n+40], a[40*n+17] = bad, bad
		if !NewLU(slices.Clone(a), n).Singular() {
			t.Error("LU of", bad)
		}
		if NewCholesky(slices.Clone(a), n) != nil {
			t.Error("Cholesky of", bad)
		}
		NewFullQR(slices.Clone(a), n, n)
		factorPivoted(n, n, slices.Clone(a), n, make([]int, n))
	}
}

func TestFactorsHaveTheSameBytesOnAnyCores(t *testing.T) {
	n := 300
	if testing.Short() {
		n = 100
	}
	a := random(seeded(), n*n)
	spd := product(true, false, n, n, n, a, a)
	all := func() []float64 {
		lu, qr, chol := slices.Clone(a), slices.Clone(a), slices.Clone(spd)
		NewLU(lu, n)
		NewFullQR(qr, n, n)
		NewCholesky(chol, n)
		piv := slices.Clone(a)
		factorPivoted(n, n, piv, n, make([]int, n))
		return slices.Concat(lu, qr, chol, piv)
	}
	var first []float64
	for _, procs := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			got := all()
			if first == nil {
				first = got
			}
			if !slices.Equal(first, got) {
				t.Errorf("other bytes with GOMAXPROCS %d", procs)
			}
		}()
	}
}
