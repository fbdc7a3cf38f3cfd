package features

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// mixedNumbers are columns of codes, of codes with missing ones, of fractions, of large numbers and of negative ones.
func mixedNumbers[T tensor.Float](n int) *tensor.Tensor[T] {
	r := rand.New(rand.NewPCG(3, 4))
	x := tensor.New[T](n, 10)
	for i := range n {
		row := x.Row(i)
		for j := range row {
			row[j] = T(r.IntN(12))
		}
		if r.IntN(5) == 0 {
			row[1] = T(math.NaN())
		}
		row[2] += 0.5
		row[3] *= 1e6
		row[4] -= 4
		row[5] = T(math.Copysign(0, -1))
		row[6] *= 40
		row[9] *= 90 // 990 is a code to count, but the table would be too long
	}
	return x
}

func TestSparseFull(t *testing.T) {
	t.Run("float64", testSparseFull[float64])
	t.Run("float32", testSparseFull[float32])
}

// testSparseFull compares the short way with the one that any configuration takes.
func testSparseFull[T tensor.Float](t *testing.T) {
	x := mixedNumbers[T](20_000)
	m := must(OneHotEncoder{All: true, Sparse: true}.Fit(ctx, ml.Table{X: x}))
	if !m.full() {
		t.Fatal("the model does not go the short way")
	}
	want, _ := m.sparse(x)
	if got := must(m.Transform(x)); !reflect.DeepEqual(got, want) {
		t.Error("the short way gives another matrix")
	}
	for _, bad := range []float64{12, -1, 0.25, math.Inf(1), math.NaN(), 1e300} {
		x := mixedNumbers[T](20_000)
		x.Row(17_000)[8], x.Row(17_001)[0] = T(bad), T(bad)
		_, want := m.sparse(x)
		if _, got := m.sparseFull(x); got != want || got != (place{17_000, 8}) {
			t.Errorf("%v is refused at %v, want %v", bad, got, want)
		}
	}
	if got := must(m.Transform(tensor.New[T](0, 10))); got.(*tensor.CSR[T]).NNZ() != 0 {
		t.Error("no rows have entries")
	}
}

func TestEachCodeTally(t *testing.T) {
	for _, n := range []int{100, 20_000} {
		x := mixedNumbers[float64](n)
		wanted := func(j int) bool { return j != 7 }
		type run struct{ v, w float64 }
		tallies := func(each func(tensor.Matrix, []float64, func(int) bool, func(int, tally))) []any {
			out := make([]any, 10)
			each(x, nil, wanted, func(j int, t tally) {
				var runs []run
				for v, w := range t.runs {
					runs = append(runs, run{v, w})
				}
				out[j] = []any{runs, t.total, t.missing}
			})
			return out
		}
		counted := func(x tensor.Matrix, weight []float64, wanted func(int) bool, f func(int, tally)) {
			_ = eachCodeTally(x, weight, wanted, nil, f)
		}
		if got, want := tallies(counted), tallies(eachTally); !reflect.DeepEqual(got, want) {
			t.Errorf("of %d rows: %v, want %v", n, got, want)
		}
	}
}
