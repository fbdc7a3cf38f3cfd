package treegrow

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// sample makes rows of p columns whose numbers are rounded to steps of 1/grain, 0: not rounded.
func sample(r *rand.Rand, n, p, grain int) *tensor.Tensor[float64] {
	x := tensor.New[float64](n, p)
	for i := range x.Data() {
		v := r.NormFloat64()
		if grain > 0 {
			v = math.Round(v*float64(grain)) / float64(grain)
		}
		x.Data()[i] = v
	}
	return x
}

// checkSame compares a tree of a Grower with one of Grow.
func checkSame(t *testing.T, g *Grown, nodes []Node) {
	t.Helper()
	width := len(g.Value) / len(g.Feature)
	for i, n := range nodes {
		if i >= len(g.Feature) {
			t.Fatalf("%d nodes, want %d", len(g.Feature), len(nodes))
		}
		if (int(g.Feature[i]) != n.Feature || g.Threshold[i] != n.Threshold) && math.Abs(g.Gain[i]-n.Gain) < 1e-13 && n.Gain > 0 {
			return // two equally good splits, whose scores are rounded in another way
		}
		if int(g.Feature[i]) != n.Feature || int(g.Left[i]) != n.Left || g.Threshold[i] != n.Threshold || g.MissingLeft[i] != n.MissingLeft {
			t.Fatalf("node %d splits %d at %v (%d, %d, %v), want %d at %v (%d, %d, %v)", i, g.Feature[i], g.Threshold[i], g.Left[i], g.Right[i], g.MissingLeft[i],
				n.Feature, n.Threshold, n.Left, n.Right, n.MissingLeft)
		}
		if math.Abs(g.Gain[i]-n.Gain) > 1e-12 || math.Abs(g.Weight[i]-n.Weight) > 1e-6*n.Weight {
			t.Fatalf("node %d gains %v and weighs %v, want %v and %v", i, g.Gain[i], g.Weight[i], n.Gain, n.Weight)
		}
		for k, v := range n.Value {
			if math.Abs(g.Value[i*width+k]-v) > 1e-6*max(1, math.Abs(v)) {
				t.Fatalf("value %d of node %d is %v, want %v", k, i, g.Value[i*width+k], v)
			}
		}
	}
}

func TestGrowerGrowsTheTreesOfGrow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	ctx := context.Background()
	for _, n := range []int{1, 2, 7, 60, 700, 9000} {
		for _, grain := range []int{0, 2, 40} {
			if n > 1000 && testing.Short() {
				continue
			}
			const p = 6
			x := sample(r, n, p, grain)
			class2, class3, y := make([]int, n), make([]int, n), make([]float64, n)
			counts, weights := make([]float64, n), make([]float64, n)
			for i := range n {
				s := x.At(i, 0)*x.At(i, 1) + x.At(i, 2) + 0.5*r.NormFloat64()
				y[i] = s
				class3[i] = min(max(int(s+1.5), 0), 2)
				if s > 0 {
					class2[i] = 1
				}
				counts[i] = float64(r.IntN(3))
				weights[i] = r.Float64()
			}
			counts[0], weights[0] = 1, 0.3
			cols, err := Sort(ctx, rows.Of(x), nil)
			if err != nil {
				t.Fatal(err)
			}
			coded, err := Code(ctx, rows.Of(x))
			if err != nil {
				t.Fatal(err)
			}
			grower, drawer := coded.Grower(), Plain(rows.Of(x)).Grower()
			for name, target := range map[string]*Target{"two classes": Classes(class2, 2), "three classes": Classes(class3, 3), "numbers": Numbers(y, 1)} {
				for wname, weight := range map[string][]float64{"none": nil, "counts": counts, "any": weights} {
					for pname, params := range map[string]Params{
						"all":     {},
						"drawn":   {MaxFeatures: 2, Seed: 3},
						"entropy": {Criterion: Entropy, MaxFeatures: 3, MinLeaf: 2},
						"random":  {MaxFeatures: 3, Random: true, Seed: 9},
						"limits":  {MinLeaf: 3, MaxDepth: 5, MinSplit: 10, MinWeight: 2, MinDecrease: 1e-4, MaxFeatures: 4},
					} {
						if n > 10000 && (grain == 2 || pname == "all") {
							continue
						}
						if target.K == 0 {
							if params.Criterion == Entropy {
								continue
							}
							params.Criterion = Squared
						}
						t.Run(fmt.Sprintf("%d/%d/%s/%s/%s", n, grain, name, wname, pname), func(t *testing.T) {
							want, err := Grow(ctx, cols, target, weight, params)
							if err != nil {
								t.Fatal(err)
							}
							g := grower
							if params.Random {
								g = drawer
							}
							got, err := g.Grow(ctx, target, weight, params)
							if err != nil {
								t.Fatal(err)
							}
							checkSame(t, got, want)
						})
					}
				}
			}
		}
	}
}

func BenchmarkGrower(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, p = 50000, 20
	x := sample(r, n, p, 0)
	class, counts := make([]int, n), make([]float64, n)
	for i := range n {
		row := x.Row(i)
		if row[0]*row[1]+row[2]+row[p-1]*row[p-1]-1+0.7*r.NormFloat64() > 0 {
			class[i] = 1
		}
	}
	for range n {
		counts[r.IntN(n)]++
	}
	coded, _ := Code(context.Background(), rows.Of(x))
	for name, params := range map[string]Params{"forest": {MaxFeatures: 4}, "extra": {MaxFeatures: 4, Random: true}} {
		weight := counts
		if params.Random {
			weight = nil
		}
		b.Run(name, func(b *testing.B) {
			g := coded.Grower()
			if params.Random {
				g = Plain(rows.Of(x)).Grower()
			}
			nodes := 0
			for i := range b.N {
				params.Seed = uint64(i)
				t, _ := g.Grow(context.Background(), Classes(class, 2), weight, params)
				nodes += len(t.Feature)
			}
			b.ReportMetric(float64(nodes)/float64(b.N), "nodes")
		})
	}
}
