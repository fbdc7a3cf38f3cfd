package linalg

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gopherwood-ml/ml/internal/kern"
)

func TestSVDIsBackwardStable(t *testing.T) {
	eachMatrix(t, func(t *testing.T, a []float64, m, n int) {
		k := min(m, n)
		s, ok := NewSVD(slices.Clone(a), m, n, ThinVectors)
		if !ok {
			t.Fatal("failed")
		}
		checkSVD(t, "thin", s, a, m, n, k, k)
		all, ok := NewSVD(slices.Clone(a), m, n, AllVectors)
		if !ok {
			t.Fatal("failed with all vectors")
		}
		checkSVD(t, "all", all, a, m, n, m, n)
		none, ok := NewSVD(slices.Clone(a), m, n, NoVectors)
		if !ok || none.U != nil || none.V != nil {
			t.Fatal("values alone")
		}
		for i, v := range none.Values {
			if !(math.Abs(v-s.Values[i]) <= 40*float64(max(m, n, 4))*0x1p-52*s.Values[0]) {
				t.Errorf("value %d is %v alone, %v with vectors", i, v, s.Values[i])
			}
		}
	})
}

func checkSVD(t *testing.T, what string, s SVD, a []float64, m, n, cu, cv int) {
	t.Helper()
	k := min(m, n)
	if len(s.Values) != k || len(s.U) != m*cu || len(s.V) != n*cv {
		t.Fatalf("%s: %d values, %d and %d vector elements", what, len(s.Values), len(s.U), len(s.V))
	}
	for i, v := range s.Values {
		if !(v >= 0) || i > 0 && v > s.Values[i-1] {
			t.Fatalf("%s: values %v", what, s.Values)
		}
	}
	orthogonal(t, what+" U", s.U, m, cu)
	orthogonal(t, what+" V", s.V, n, cv)
	us, v := make([]float64, m*k), make([]float64, n*k)
	for i := range m {
		kern.Mul(us[i*k:(i+1)*k], s.U[i*cu:i*cu+k], s.Values)
	}
	for i := range n {
		copy(v[i*k:(i+1)*k], s.V[i*cv:])
	}
	backward(t, what+" USVᵀ", a, product(false, true, m, n, k, us, v), m, n, 4*max(m, n))
	if c := negativeColumns(s.U, m, cu); len(c) > 0 {
		t.Errorf("%s: columns of U with the wrong sign: %v", what, c)
	}
}

func TestSVDOfKnownSpectra(t *testing.T) {
	for _, n := range []int{30, 120} {
		values := make([]float64, n)
		for i := range values {
			values[i] = math.Pow(10, -float64(i)/10)
		}
		s, ok := NewSVD(withSpectrum(values), n, n, ThinVectors)
		if !ok {
			t.Fatal("failed")
		}
		for i, v := range s.Values {
			if math.Abs(v-values[i]) > 1e-14*float64(n) {
				t.Errorf("value %d: %v, want %v", i, v, values[i])
			}
		}
		if r := s.Rank(0.9e-2); r != 21 {
			t.Errorf("rank %d", r)
		}
	}
}

func TestSVDAgreesWithGonum(t *testing.T) {
	for _, s := range [][2]int{{90, 60}, {60, 90}, {200, 60}} {
		a := random(seeded(), s[0]*s[1])
		var g mat.SVD
		g.Factorize(mat.NewDense(s[0], s[1], slices.Clone(a)), mat.SVDNone)
		got, _ := NewSVD(a, s[0], s[1], ThinVectors)
		near(t, got.Values, g.Values(nil), 1e-12, fmt.Sprint(s))
	}
}

func TestSVDRefusesBadNumbers(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		a := eye(50)
		a[7*50+9] = bad
		if _, ok := NewSVD(a, 50, 50, ThinVectors); ok {
			t.Error("accepted", bad)
		}
	}
}

func TestSVDHasTheSameBytesOnAnyCores(t *testing.T) {
	m, n := 260, 230
	if testing.Short() {
		m, n = 80, 70
	}
	a := random(seeded(), m*n)
	var first []float64
	for _, procs := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			s, _ := NewSVD(slices.Clone(a), m, n, ThinVectors)
			all := slices.Concat(s.Values, s.U, s.V)
			if first == nil {
				first = all
			}
			if !slices.Equal(first, all) {
				t.Errorf("other bytes with GOMAXPROCS %d", procs)
			}
		}()
	}
}
