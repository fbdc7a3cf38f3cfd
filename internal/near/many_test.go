package near

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/compute/naive"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

func answers(ix Index, x rows.Rows, k int) [][]Neighbor {
	out := make([][]Neighbor, x.Len())
	Each(ix, x, k, func(i int, found []Neighbor) { out[i] = slices.Clone(found) })
	return out
}

// Whoever finds the candidates, and however many queries it answers, answers have the same bits.
func TestCandidatesFromElsewhere(t *testing.T) {
	for name, f := range kinds {
		for _, d := range []int{1, 3, 20} {
			p := make2(1, 700, d, f)
			queries := make2(2, 60, d, f)
			copy(queries.X, p.X[:20*d]) // some are points
			x := rows.Of(tensor.FromSlice(queries.X, queries.N, d))
			for _, k := range []int{1, 5, 400, 700, 900} {
				ix := NewBrute(p, Norm{2})
				want := answers(ix, x, k)
				for _, e := range []*naive.Engine{{}, {Queries: 23}, {Decline: true}} {
					t.Run(fmt.Sprintf("%s %d columns k %d, %d queries, declines %v", name, d, k, e.Queries, e.Decline), func(t *testing.T) {
						e.Serve(t)
						got := answers(ix, x, k)
						for i := range want {
							if !slices.Equal(got[i], want[i]) {
								t.Fatalf("query %d: %v, want %v", i, got[i], want[i])
							}
						}
						if asked := ix.filter != nil && !e.Decline; asked != (e.Answered.Load() == 1) {
							t.Errorf("answered %d times", e.Answered.Load())
						}
					})
				}
			}
		}
	}
}

// So have the labels of rows, with bounds and without, as centres move.
func TestCentresFromElsewhere(t *testing.T) {
	for name, f := range kinds {
		const n, d, k = 1100, 5, 40
		x := rows.Of(tensor.FromSlice(make2(3, n, d, f).X, n, d))
		starts := make2(4, k, d, f)
		for _, bounds := range []bool{false, true} {
			t.Run(fmt.Sprint(name, bounds), func(t *testing.T) {
				run := func() (labels []int32, changed []int) {
					a := NewAssigner(x, bounds)
					label := make([]int32, n)
					centres := slices.Clone(starts.X)
					r := rng.New(5, 0)
					for range 6 {
						changed = append(changed, a.Assign(label, centres, k))
						labels = append(labels, label...)
						stir(r, centres)
					}
					if Assign(label, x, Points{k, d, centres}) {
						labels = append(labels, label...)
					}
					return labels, changed
				}
				labels, changed := run()
				e := &naive.Engine{}
				e.Serve(t)
				gotLabels, gotChanged := run()
				if !slices.Equal(gotLabels, labels) || !slices.Equal(gotChanged, changed) {
					t.Errorf("labels differ: changed %v, want %v", gotChanged, changed)
				}
				if name == "normal" && e.Answered.Load() != 7 {
					t.Errorf("answered %d times", e.Answered.Load())
				}
			})
		}
	}
}

func stir(r *rand.Rand, centres []float64) {
	for i := range centres {
		centres[i] *= 1 + 0.01*r.NormFloat64()
	}
}
