package histgrow

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Codes are those that a search among the edges finds, for each form of numbers, each number of edges and each way to find them.
func TestCodesAreBins(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n = 2*encodeRows + 77
	distinct := []int{1, 2, 3, 31, 32, 33, 100, 253, 254, 255, 1000, n, n, n}
	x := tensor.New[float64](n, len(distinct))
	narrow := tensor.New[float32](n, len(distinct))
	for j, d := range distinct {
		for i := range n {
			v := float64(i%d-d/2) * 1.7
			switch {
			case d == n && j%2 == 0:
				v = math.Ldexp(r.NormFloat64(), r.IntN(200)-100)
			case d == n && j == len(distinct)-1:
				v = 1 + float64(i)*0x1p-50 // float32 knows no difference
			}
			switch r.IntN(20) {
			case 0:
				v = math.Copysign(0, float64(r.IntN(2))-0.5)
			case 1:
				if j%3 == 0 {
					v = math.NaN()
				}
			}
			x.Set(v, i, j)
			narrow.Set(float32(v), i, j)
		}
	}
	for _, most := range []int{255, 1000} {
		checkCodes(t, x, false, most)
		checkCodes(t, narrow, true, most)
	}
}

func checkCodes(t *testing.T, m tensor.Matrix, narrow bool, most int) {
	t.Helper()
	n, p := m.Dims()
	b, err := Bin(t.Context(), rows.Of(m), BinOptions{Sample: n - 500, MaxBins: most})
	if err != nil {
		t.Fatal(err)
	}
	for j := range p {
		c, at := &b.Columns[j], &b.places[j]
		var values [groupRows]float64
		for i := range n {
			v := m.At(i, j)
			values[i%groupRows] = v
			want := c.bin(v)
			if got := b.bin(int32(j), i); got != want || at.kind == own && int(b.cols[int(at.at)*n+i]) != want {
				t.Fatalf("narrow %v, most %d: column %d, number %v: bin %d, want %d", narrow, most, j, v, got, want)
			}
		}
		for i, edge := range c.Edges[:min(len(c.Edges), groupRows/2)] {
			values[2*i], values[2*i+1] = edge, math.Nextafter(edge, math.Inf(2*(i%2)-1))
		}
		var found [groupRows]uint16
		k := newCoder(c, narrow)
		k.ranks(&found, values[:])
		for i, v := range values {
			if want := c.bin(v); int(found[i]) != want {
				t.Fatalf("column %d, number %v: rank %d, want %d", j, v, found[i], want)
			}
		}
	}
}

func TestTheFirstRowThatIsNoCodeIsNamed(t *testing.T) {
	x := tensor.New[float64](300, 2)
	x.Set(-1, 140, 0)
	x.Set(0.5, 139, 1)
	_, err := Bin(t.Context(), rows.Of(x), BinOptions{Categorical: []bool{true, true}})
	bad, is := errors.AsType[*BadValue](err)
	if !is || bad.Row != 139 || bad.Col != 1 || bad.Value != 0.5 {
		t.Fatalf("%v, want row 139 of column 1", err)
	}
}

func BenchmarkBin(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x := tensor.New[float64](100_000, 28)
	for i := range x.Data() {
		x.Data()[i] = r.NormFloat64()
	}
	for b.Loop() {
		if _, err := Bin(b.Context(), rows.Of(x), BinOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}
