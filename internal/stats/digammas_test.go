package stats

import (
	"math"
	"testing"
)

// Digamma goes another way: step by step, to a higher start of the series.
func TestDigammasAreDigamma(t *testing.T) {
	var x []float64
	for v := 1e-12; v < 1e12; v *= 1.0137 {
		x = append(x, v)
	}
	x = append(x, 7.999999, 8, 8.000001, 1, 1e-300, 1e300)
	got := make([]float64, len(x))
	Digammas(got, x)
	for i, v := range x {
		want := Digamma(v)
		if !(math.Abs(got[i]-want) <= 5e-15*math.Max(1, math.Abs(want))) {
			t.Fatalf("at %v: %v, want %v", v, got[i], want)
		}
	}
	Digammas(x, x)
	for i := range x {
		if x[i] != got[i] {
			t.Fatal("in place: another number")
		}
	}
}

func BenchmarkDigammas(b *testing.B) {
	x, y := make([]float64, 1000), make([]float64, 1000)
	for i := range x {
		x[i] = .1 + float64(i)/50
	}
	for b.Loop() {
		Digammas(y, x)
	}
}
