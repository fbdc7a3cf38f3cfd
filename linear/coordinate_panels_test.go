package linear

import (
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// TestProductsOfPanels adds columns to a workspace in three turns and compares their products with sums over the rows, with room to keep all panels, the
// first of them, or none.
func TestProductsOfPanels(t *testing.T) {
	const n, p = 300, 40
	r := rand.New(rand.NewPCG(1, 2))
	x, y, weight := tensor.New[float64](n, p), make([]float64, n), make([]float64, n)
	for i := range n {
		y[i], weight[i] = r.NormFloat64(), float64(r.IntN(3))
		for j := range p {
			x.Set(r.NormFloat64()*float64(r.IntN(2))+1, i, j)
		}
	}
	for storage, table := range storages(ml.Table{X: x, Weight: weight}) {
		for name, stored := range map[string]int{"all kept": 1 << 30, "one kept": 2 * n * 8, "none kept": 0} {
			d, err := newDesign("test", table, [][]float64{y}, true)
			if err != nil {
				t.Fatal(err)
			}
			_, rows, err := newRowCurvature(ctx, d, 0, 1)
			if err != nil {
				t.Fatal(err)
			}
			rows.stored = stored
			var g *gramSpace
			var work []int
			for _, more := range [][]int{{1, 5, 6}, {0, 3, 4, 9, 20, 21, 22, 30, 39}, {2}} {
				work = append(work, more...)
				var last workspace
				if g != nil {
					last = g
				}
				g = gramRoom(last, len(work), 1)
				if err := rows.products(ctx, g, work, len(g.work)); err != nil {
					t.Fatal(err)
				}
				g.adopt(work)
			}
			for a, j := range work {
				for b, k := range work {
					want := 0.0
					for i := range n {
						want += weight[i] * (x.At(i, j) - d.center[j]) * (x.At(i, k) - d.center[k]) / d.total
					}
					golden.Close(t, []float64{g.gram[a*g.stride+b]}, []float64{want}, 1e-9, 1e-12, storage+" "+name)
				}
			}
		}
	}
}
