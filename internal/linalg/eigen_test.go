package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// withSpectrum is Q diag(values) Qᵀ for a random orthogonal Q.
func withSpectrum(values []float64) []float64 {
	n := len(values)
	q := make([]float64, n*n)
	NewFullQR(random(seeded(), n*n), n, n).Q(n, q)
	scaled := slices.Clone(q)
	for i := range n {
		kern.Mul(scaled[i*n:(i+1)*n], scaled[i*n:(i+1)*n], values)
	}
	a := product(false, true, n, n, n, scaled, q)
	for i := range n {
		for j := range i {
			a[i*n+j] = a[j*n+i]
		}
	}
	return a
}

// banded is a symmetric tridiagonal matrix.
func banded(n int, d, e func(i int) float64) []float64 {
	a := make([]float64, n*n)
	for i := range n {
		a[i*n+i] = d(i)
		if i+1 < n {
			a[i*n+i+1], a[(i+1)*n+i] = e(i), e(i)
		}
	}
	return a
}

func one(int) float64 { return 1 }

// symmetric matrices that find out eigensolvers.
func symmetrics(n int) map[string][]float64 {
	r := seeded()
	spectrum := func(f func(i int) float64) []float64 {
		v := make([]float64, n)
		for i := range v {
			v[i] = f(i)
		}
		return withSpectrum(v)
	}
	all := map[string][]float64{
		"clustered":  spectrum(func(i int) float64 { return 1 + float64(i%3) + 1e-13*float64(i) }),
		"repeated":   spectrum(func(i int) float64 { return float64(i % 2) }),
		"low rank":   spectrum(func(i int) float64 { return float64(max(0, 3-i)) }),
		"geometric":  spectrum(func(i int) float64 { return math.Pow(0.7, float64(i)) }),
		"both signs": spectrum(func(i int) float64 { return r.NormFloat64() }),
		"tiny":       spectrum(func(i int) float64 { return 1e-290 * r.NormFloat64() }),
		"huge":       spectrum(func(i int) float64 { return 1e290 * r.NormFloat64() }),
		"wilkinson":  banded(n, func(i int) float64 { return math.Abs(float64(i) - float64(n-1)/2) }, one),
		"glued wilkinson": banded(n, func(i int) float64 { return math.Abs(float64(i%21) - 10) }, func(i int) float64 {
			if i%21 == 20 {
				return 1e-8
			}
			return 1
		}),
		"toeplitz": banded(n, func(int) float64 { return 2 }, func(int) float64 { return -1 }),
		"zero":     make([]float64, n*n),
		"ones":     slices.Repeat([]float64{1}, n*n),
		"identity": eye(n),
	}
	hilbert := make([]float64, n*n)
	for i := range n {
		for j := range n {
			hilbert[i*n+j] = 1 / float64(i+j+1)
		}
	}
	all["hilbert"] = hilbert
	return all
}

func orders() []int {
	if testing.Short() {
		return []int{0, 1, 2, 3, 10, 33, 66}
	}
	return []int{0, 1, 2, 3, 10, 32, 33, 49, 64, 66, 100, 131}
}

func TestSymmetricEigenIsBackwardStable(t *testing.T) {
	for _, n := range orders() {
		for name, a := range symmetrics(n) {
			values, z, ok := EigenSym(slices.Clone(a), n, true)
			what := fmt.Sprintf("%s, n %d", name, n)
			if !ok {
				t.Fatal(what, "failed")
			}
			if !slices.IsSorted(values) {
				t.Error(what, "values do not rise")
			}
			orthogonal(t, what+": vectors", z, n, n)
			scaled := slices.Clone(z)
			for i := range n {
				kern.Mul(scaled[i*n:(i+1)*n], scaled[i*n:(i+1)*n], values)
			}
			backward(t, what+": ZDZᵀ", a, product(false, true, n, n, n, scaled, z), n, n, 2*n)
			if c := negativeColumns(z, n, n); len(c) > 0 {
				t.Error(what, "columns with the wrong sign:", c)
			}
			for _, count := range []int{2, n / 2} {
				if count < 2 || count > n {
					continue
				}
				same, few, ok := EigenSymLargest(slices.Clone(a), n, count)
				if !ok || !slices.Equal(same, values) {
					t.Fatal(what, "values differ with", count, "vectors")
				}
				for i := range n {
					if !slices.Equal(few[i*count:(i+1)*count], z[(i+1)*n-count:(i+1)*n]) {
						t.Fatal(what, "the", count, "largest vectors are not the last of all")
					}
				}
			}
			only, _, ok := EigenSym(slices.Clone(a), n, false)
			if !ok {
				t.Fatal(what, "values alone failed")
			}
			limit := 20 * float64(max(n, 4)) * 0x1p-52 * MaxAbs(values)
			for i, v := range only {
				if !(math.Abs(v-values[i]) <= limit) {
					t.Errorf("%s: value %d is %v alone, %v with vectors", what, i, v, values[i])
				}
			}
		}
	}
}

func TestEigenvaluesOfKnownMatrices(t *testing.T) {
	const n = 100
	values, _, ok := EigenSym(symmetrics(n)["toeplitz"], n, true)
	if !ok {
		t.Fatal("failed")
	}
	for k, v := range values {
		s := math.Sin(float64(k+1) * math.Pi / float64(2*(n+1)))
		if want := 4 * s * s; math.Abs(v-want) > 1e-13 {
			t.Errorf("value %d: %v, want %v", k, v, want)
		}
	}
}

func TestSymmetricEigenAgreesWithGonum(t *testing.T) {
	const n = 80
	a := symmetrics(n)["both signs"]
	values, _, _ := EigenSym(slices.Clone(a), n, true)
	var e mat.EigenSym
	e.Factorize(mat.NewSymDense(n, a), false)
	near(t, values, e.Values(nil), 1e-12, "values")
}

func TestSymmetricEigenRefusesBadNumbers(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(-1)} {
		a := eye(50)
		a[7*50+9] = bad
		if _, _, ok := EigenSym(a, 50, true); ok {
			t.Error("accepted", bad)
		}
	}
}

func TestSymmetricEigenHasTheSameBytesOnAnyCores(t *testing.T) {
	n := 260
	if testing.Short() {
		n = 70
	}
	r := rand.New(rand.NewPCG(1, 5))
	a := make([]float64, n*n)
	for i := range n {
		for j := i; j < n; j++ {
			a[i*n+j] = r.NormFloat64()
		}
	}
	var first []float64
	for _, procs := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			values, z, _ := EigenSym(slices.Clone(a), n, true)
			all := append(values, z...)
			if first == nil {
				first = all
			}
			if !slices.Equal(first, all) {
				t.Errorf("other bytes with GOMAXPROCS %d", procs)
			}
		}()
	}
}
