package decomp

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/tensor"
)

// Against the definitions, on small sets.
func TestScoresOfLayouts(t *testing.T) {
	n, k := 40, 6
	x, z := tensor.New[float64](n, 3), tensor.New[float64](n, 2)
	rng.Normal(rng.New(1, 0), x.Data(), 0, 1)
	for i := range n {
		z.Row(i)[0], z.Row(i)[1] = x.Row(i)[0]+0.3*x.Row(i)[2], x.Row(i)[1]
	}
	rank := func(m *tensor.Tensor[float64], i, j int) int { // of j among the others of i, from 1
		far := func(j int) float64 {
			sum := 0.0
			for c, v := range m.Row(j) {
				sum += (v - m.Row(i)[c]) * (v - m.Row(i)[c])
			}
			return sum
		}
		r := 1
		for l := range n {
			if l != i && l != j && far(l) < far(j) {
				r++
			}
		}
		return r
	}
	var trust, whole, kept float64
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			a, b := rank(x, i, j), rank(z, i, j)
			if b <= k && a > k {
				trust += float64(a - k)
			}
			if a <= k && b > k {
				whole += float64(b - k)
			}
			if a <= k && b <= k {
				kept++
			}
		}
	}
	scale := 2 / (float64(n) * float64(k) * (2*float64(n) - 3*float64(k) - 1))
	for _, c := range []struct {
		name string
		want float64
		got  func() (float64, error)
	}{
		{"trustworthiness", 1 - scale*trust, func() (float64, error) { return Trustworthiness(x, z, k, nil) }},
		{"continuity", 1 - scale*whole, func() (float64, error) { return Continuity(x, z, k, nil) }},
		{"neighbours kept", kept / float64(n*k), func() (float64, error) { return NeighborsKept(x, z, k, nil) }},
		{"a layout of itself", 1, func() (float64, error) { return Trustworthiness(x, x, k, nil) }},
		{"distances of itself", 1, func() (float64, error) { return ShepardCorrelation(x, x, nil) }},
	} {
		got, err := c.got()
		if err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v (error %v)", c.name, got, c.want, err)
		}
	}
	if _, err := Trustworthiness(x, z, n/2, nil); err == nil {
		t.Error("half the rows are taken for neighbours")
	}
	if _, err := NeighborsKept(x, z.Rows(0, n-1), k, nil); err == nil {
		t.Error("other rows are taken")
	}
}
