package kern

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Every level moves each problem as the plain loop over one problem does, within the rounding of sums of k numbers of about 1, and touches nothing beside
// its columns.
func TestDescend(t *testing.T) {
	r := rng.New(9, 1)
	for _, k := range []int{1, 2, 3, 7, 20, 64, 300} {
		const beside = 3
		stride := Abreast + 2*beside
		rows := make([]float64, k*k)
		rng.Normal(r, rows, 0, 1)
		gram, inverse := make([]float64, k*k), make([]float64, k)
		for i := range k {
			for j := range k {
				for s := range k {
					gram[i*k+j] += rows[i*k+s] * rows[j*k+s] / float64(k)
				}
			}
			inverse[i] = 1 / gram[i*k+i]
		}
		if k > 2 {
			inverse[2] = 0
		}
		x, b := make([]float64, k*stride), make([]float64, k*stride)
		rng.Normal(r, x, 0, 1)
		rng.Normal(r, b, 0, 1)
		for i := range x {
			x[i] = max(x[i], 0)
			if at := i % stride; at < beside || at >= stride-beside {
				x[i], b[i] = math.NaN(), math.NaN()
			}
		}
		want, wantMet := slices.Clone(x), make([]float64, Abreast)
		for j := range Abreast {
			for i := range k {
				slope := -b[i*stride+beside+j]
				for s := range k {
					slope += gram[i*k+s] * want[s*stride+beside+j]
				}
				at := &want[i*stride+beside+j]
				if *at != 0 || slope < 0 {
					wantMet[j] += math.Abs(slope)
				}
				*at = max(*at-slope*inverse[i], 0)
			}
		}
		eachLevel(t, func(t *testing.T) {
			got, met := slices.Clone(x), make([]float64, Abreast)
			Descend(k, got[beside:], b[beside:], stride, gram, inverse, met)
			close := func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*float64(k)*(1+math.Abs(b)) }
			for i, v := range want {
				if !close(got[i], v) && !(math.IsNaN(v) && math.IsNaN(got[i])) {
					t.Fatalf("k=%d: x[%d] of problem %d is %v, want %v", k, i/stride, i%stride-beside, got[i], v)
				}
			}
			for j, v := range wantMet {
				if !close(met[j], v) {
					t.Fatalf("k=%d: met[%d] is %v, want %v", k, j, met[j], v)
				}
			}
		})
	}
}

// What is not a number stays one, for the caller to find.
func TestDescendNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		x, b, met := make([]float64, 2*Abreast), make([]float64, 2*Abreast), make([]float64, Abreast)
		b[5] = math.NaN()
		Descend(2, x, b, Abreast, []float64{1, 0.5, 0.5, 1}, []float64{1, 1}, met)
		for i, v := range x {
			if math.IsNaN(v) != (i%Abreast == 5) {
				t.Errorf("x[%d] is %v", i, v)
			}
		}
		if !math.IsNaN(met[5]) {
			t.Errorf("met is %v", met[5])
		}
	})
}

func BenchmarkDescend(b *testing.B) {
	const k = 20
	r := rng.New(1, 1)
	x, y, gram, inverse, met := make([]float64, k*Abreast), make([]float64, k*Abreast), make([]float64, k*k), make([]float64, k), make([]float64, Abreast)
	for _, v := range [][]float64{x, y, gram} {
		rng.Normal(r, v, 0, 1)
	}
	for b.Loop() {
		Descend(k, x, y, Abreast, gram, inverse, met)
	}
}
