package histgrow

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute/naive"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Trees are the same wherever rows are counted: with cells of each form, in all rows and in some, beside lists and columns of two bytes.
func TestCountsFromElsewhere(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // small data on several cores are counted column by column, which nobody else is asked for
	small, large := 4000, pairRows+500
	if testing.Short() {
		large = small
	}
	for _, n := range []int{small, large} {
		q := newProblem(n, 11, 9)
		thin := tensor.New[float64](n, 60) // most are zero, so some are in lists or share bytes
		for i := range n {
			copy(thin.Row(i), q.x.Row(i)[:4])
			thin.Row(i)[4+i%56] = 1 + float64(i%7)
		}
		b := map[string]*Binned{"bytes": q.bin(t)}
		for name, o := range map[string]BinOptions{"thin": {}, "wide": {MaxBins: 1000}} {
			binned, err := Bin(t.Context(), rows.Of(thin), o)
			if err != nil {
				t.Fatal(err)
			}
			b[name] = binned
		}
		some := make([]int32, 0, n)
		for i := range n {
			if i%3 != 1 {
				some = append(some, int32(i))
			}
		}
		for name, binned := range b {
			for what, hess := range map[string][]float32{"alone": nil, "both": q.hess} {
				for _, given := range [][]int32{nil, some} {
					t.Run(fmt.Sprint(n, name, what, len(given)), func(t *testing.T) {
						grow := func() (trees []Tree) {
							g, err := New(binned, Config{MaxLeaves: 25, MinSamplesLeaf: 5})
							if err != nil {
								t.Fatal(err)
							}
							for range 2 {
								tree, err := g.Grow(t.Context(), q.grad, hess, given)
								if err != nil {
									t.Fatal(err)
								}
								trees = append(trees, Tree{Nodes: append([]Node(nil), tree.Nodes...)})
							}
							return trees
						}
						want := grow()
						e := &naive.Engine{}
						e.Serve(t)
						if got := grow(); !reflect.DeepEqual(got, want) {
							t.Error("trees differ")
						}
						if e.Answered.Load() < 10 {
							t.Errorf("answered %d times", e.Answered.Load())
						}
					})
				}
			}
		}
	}
}
