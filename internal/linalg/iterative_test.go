package linalg

import (
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// columnwise hides that an operator multiplies blocks.
type columnwise struct{ d Dense }

func (c columnwise) Dims() (int, int)          { return c.d.Dims() }
func (c columnwise) Mul(dst, x []float64)      { c.d.Mul(dst, x) }
func (c columnwise) MulTrans(dst, y []float64) { c.d.MulTrans(dst, y) }

func TestRandomizedSVDFindsTheLeadingTriplets(t *testing.T) {
	const m, n, k = 120, 80, 6
	u, v := make([]float64, m*n), make([]float64, n*n)
	NewFullQR(random(seeded(), m*n), m, n).Q(n, u)
	NewFullQR(random(seeded(), n*n), n, n).Q(n, v)
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Pow(0.6, float64(i))
	}
	scaled := slices.Clone(u)
	for i := range m {
		kern.Mul(scaled[i*n:(i+1)*n], scaled[i*n:(i+1)*n], values)
	}
	a := product(false, true, m, n, n, scaled, v)
	exact, _ := NewSVD(slices.Clone(a), m, n, ThinVectors)
	d := Dense{m, n, n, a}
	s, ok := RandomizedSVD{Rank: k, Seed: 3}.Solve(d)
	if !ok || len(s.Values) != k || len(s.U) != m*k || len(s.V) != n*k {
		t.Fatal("failed")
	}
	// 0.6^(16-6) to the power 2·7+1 is what the iterations leave
	near(t, s.Values, exact.Values[:k], 1e-12, "values")
	near(t, s.U, leading(exact.U, m, n, k), 1e-8, "U, signs included")
	near(t, s.V, leading(exact.V, n, n, k), 1e-8, "V")
	orthogonal(t, "U", s.U, m, k)
	orthogonal(t, "V", s.V, n, k)
	again, _ := RandomizedSVD{Rank: k, Seed: 3}.Solve(d)
	if !slices.Equal(again.U, s.U) {
		t.Error("the same seed gives other bytes")
	}
	single, ok := RandomizedSVD{Rank: k, Seed: 3}.Solve(columnwise{d})
	if !ok {
		t.Fatal("an operator of single products failed")
	}
	near(t, single.U, s.U, 1e-8, "product by product")
	if whole, ok := (RandomizedSVD{Rank: n}).Solve(d); !ok || len(whole.Values) != n {
		t.Error("all triplets")
	}
	if _, ok := (RandomizedSVD{Rank: 2}).Solve(Dense{3, 3, 3, slices.Repeat([]float64{math.NaN()}, 9)}); ok {
		t.Error("accepted NaN")
	}
}

func TestLanczosFindsTheEnds(t *testing.T) {
	for _, n := range []int{1, 2, 5, 30, 150} {
		for name, a := range symmetrics(max(n, 2)) {
			if len(a) != n*n || name == "tiny" || name == "huge" {
				continue
			}
			all, _, _ := EigenSym(slices.Clone(a), n, true)
			k := min(3, n)
			for _, smallest := range []bool{false, true} {
				if name == "geometric" && smallest && n > 100 {
					continue // half the spectrum lies within 1e-10 of zero, next to values of 1e-6: a polynomial of degree 1000 would be needed
				}
				values, vectors, r := Lanczos{Count: k, Smallest: smallest, Seed: 1}.Solve(n, Dense{n, n, n, a}.Mul)
				if !r.Done {
					t.Errorf("%s, n %d: not done, gap %v after %d", name, n, r.Gap, r.Iterations)
					continue
				}
				want := slices.Clone(all[:k])
				if !smallest {
					want = slices.Clone(all[n-k:])
					slices.Reverse(want)
				}
				scale := max(MaxAbs(all), 1e-300)
				for i := range k {
					if math.Abs(values[i]-want[i]) > 1e-9*scale {
						t.Errorf("%s, n %d: value %d is %v, want %v", name, n, i, values[i], want[i])
					}
				}
				orthogonal(t, name, vectors, n, k)
				av := product(false, false, n, k, n, a, vectors)
				for i := range n {
					for j := range k {
						if math.Abs(av[i*k+j]-values[j]*vectors[i*k+j]) > 1e-9*scale {
							t.Fatalf("%s, n %d: a residual of %v", name, n, av[i*k+j]-values[j]*vectors[i*k+j])
						}
					}
				}
			}
		}
	}
}

func TestConjugateGradients(t *testing.T) {
	const n = 60
	g := random(seeded(), n*n)
	a := product(true, false, n, n, n, g, g)
	for i := range n {
		a[i*n+i] += float64(1 + 100*i) // so that the diagonal is worth knowing
	}
	b := random(seeded(), n)
	want := slices.Clone(b)
	NewCholesky(slices.Clone(a), n).Solve(want)
	mul := Dense{n, n, n, a}.Mul
	plain, helped := make([]float64, n), make([]float64, n)
	rp, err := CG{Tol: 1e-12}.Solve(plain, mul, b)
	if err != nil || !rp.Done {
		t.Fatal(rp, err)
	}
	rh, err := CG{Tol: 1e-12, Precondition: func(dst, r []float64) {
		for i := range dst {
			dst[i] = r[i] / a[i*n+i]
		}
	}}.Solve(helped, mul, b)
	if err != nil || !rh.Done {
		t.Fatal(rh, err)
	}
	near(t, plain, want, 1e-9, "plain")
	near(t, helped, want, 1e-9, "preconditioned")
	if rh.Iterations >= rp.Iterations {
		t.Errorf("%d steps with the diagonal, %d without", rh.Iterations, rp.Iterations)
	}
	stopped, _ := CG{Tol: 1e-12, Step: func(i int, _ float64) (bool, error) { return i == 2, nil }}.Solve(make([]float64, n), mul, b)
	if !stopped.Stopped || stopped.Iterations != 2 {
		t.Error(stopped)
	}
	neg, _ := CG{}.Solve(make([]float64, n), func(dst, x []float64) { kern.Scal(-1, dst, x) }, b)
	if !neg.Indefinite {
		t.Error("a negative definite matrix:", neg)
	}
	nan, _ := CG{}.Solve(make([]float64, n), func(dst, x []float64) { kern.Scal(math.NaN(), dst, x) }, b)
	if nan.Done {
		t.Error("done with NaN")
	}
}

func TestSolversOfBadNumbersAreNotDone(t *testing.T) {
	const n = 5
	d := Dense{n, n, n, eye(n)}
	b := []float64{1, math.NaN(), 3, 4, 5}
	if r, err := (LSQR{}).Solve(make([]float64, n), d, b); err != nil || r.Done {
		t.Error("LSQR:", r, err)
	}
	if r, err := (CG{}).Solve(make([]float64, n), d.Mul, b); err != nil || r.Done || r.Indefinite {
		t.Error("CG:", r, err)
	}
	bad := Dense{n, n, n, eye(n)}
	bad.Data[7] = math.Inf(1)
	good := []float64{1, 2, 3, 4, 5}
	if r, err := (LSQR{}).Solve(make([]float64, n), bad, good); err != nil || r.Done {
		t.Error("LSQR with Inf:", r, err)
	}
	x := make([]float64, n)
	if r, err := (LSQR{}).Solve(x, d, good); err != nil || !r.Done {
		t.Error("LSQR with its defaults:", r, err)
	}
	near(t, x, good, 1e-9, "LSQR with its defaults")
}

// The relative error is that of a matrix of size 1 down to where the numbers themselves lose digits.
func TestDecompositionsOfNearlySubnormalMatrices(t *testing.T) {
	const n = 60
	a := random(seeded(), n*n)
	want, _ := NewSVD(slices.Clone(a), n, n, ThinVectors)
	tiny := slices.Clone(a)
	kern.Scal(0x1p-1022, tiny, tiny)
	back := slices.Clone(tiny)
	scaleBy(back, 1022)
	lost := 0.0 // what the numbers have lost already
	for i, v := range back {
		lost = max(lost, math.Abs(v-a[i]))
	}
	got, ok := NewSVD(tiny, n, n, ThinVectors)
	if !ok {
		t.Fatal("failed")
	}
	scaleBy(got.Values, 1022)
	for i, v := range got.Values {
		if d := math.Abs(v - want.Values[i]); d > float64(n)*lost+1e-13*want.Values[0] {
			t.Errorf("value %d is off by %v", i, d)
		}
	}
}

func TestGeneralEigen(t *testing.T) {
	// a rotation by a quarter in one plane, 3 and -5 beside it, in a basis of no symmetry
	const n = 4
	d := []float64{0, -2, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, -5}
	g := random(seeded(), n*n)
	inverse := make([]float64, n*n)
	NewLU(slices.Clone(g), n).Inverse(inverse)
	a := product(false, false, n, n, n, product(false, false, n, n, n, g, d), inverse)
	values, z, ok := EigenGeneral(a, n, true)
	if !ok {
		t.Fatal("failed")
	}
	for i, want := range []complex128{-5, 3, 2i, -2i} {
		if cmplx.Abs(values[i]-want) > 1e-12 {
			t.Errorf("value %d: %v, want %v", i, values[i], want)
		}
		for r := range n {
			var s complex128
			for c := range n {
				s += complex(a[r*n+c], 0) * z[c*n+i]
			}
			if cmplx.Abs(s-values[i]*z[r*n+i]) > 1e-12 {
				t.Errorf("vector %d", i)
			}
		}
	}
	if _, _, ok := EigenGeneral([]float64{1, math.NaN(), 0, 1}, 2, false); ok {
		t.Error("accepted NaN")
	}
}

func TestPseudoInverse(t *testing.T) {
	for _, s := range [][2]int{{9, 6}, {6, 9}} {
		m, n := s[0], s[1]
		a := families()[5].make(m, n) // of rank 3
		svd, _ := NewSVD(slices.Clone(a), m, n, ThinVectors)
		p := make([]float64, n*m)
		svd.PseudoInverse(m, n, 1e-12, p)
		ap := product(false, false, m, m, n, a, p)
		near(t, product(false, false, m, n, m, ap, a), a, 1e-12, "A P A")
		near(t, product(false, false, n, m, m, p, ap), p, 1e-12, "P A P")
	}
}
