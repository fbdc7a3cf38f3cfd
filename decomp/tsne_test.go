package decomp

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tensor"
)

func placing() []mltest.Option {
	return []mltest.Option{
		mltest.Waive(mltest.RepeatedRows, "a row is one point of the layout, whatever its weight above 0; copies are others"),
		mltest.Waive(mltest.RowOrder, "sums of forces round by the order of rows, and a descent of hundreds of steps makes much of little"),
	}
}

func TestTSNEKeepsTheLaws(t *testing.T) {
	mltest.Transformer(t, TSNE{MaxIter: 40, EarlyIter: 20, Perplexity: 5}, append(placing(), mltest.Rows(400))...)
	mltest.Transformer(t, TSNE{Components: 1, MaxIter: 20, EarlyIter: 10, Perplexity: 5, Forces: BarnesHut}, append(placing(), mltest.Rows(400))...)
}

// groups are n rows of d numbers about k centres.
func groups(n, d, k int, seed uint64) (*tensor.Tensor[float64], []int) {
	r := rng.New(seed, 0)
	centre := make([]float64, k*d)
	rng.Normal(r, centre, 0, 3)
	x, codes := tensor.New[float64](n, d), make([]int, n)
	for i := range n {
		codes[i] = i % k
		rng.Normal(r, x.Row(i), 0, 1)
		for j := range d {
			x.Row(i)[j] += centre[codes[i]*d+j]
		}
	}
	return x, codes
}

func TestPerplexityIsMet(t *testing.T) {
	r := rng.New(1, 0)
	for _, perplexity := range []float64{1.5, 5, 30, 89} {
		d := make([]float64, 90)
		for i := range d {
			d[i] = 1e-3 + math.Abs(r.NormFloat64())*1e5
		}
		d = sortedCopy(d)
		p, room := make([]float64, 90), make([]float64, 180)
		calibrate(room, p, d, perplexity)
		entropy, sum := 0.0, 0.0
		for _, v := range p {
			if sum += v; v > 0 {
				entropy -= v * math.Log(v)
			}
		}
		if math.Abs(sum-1) > 1e-14 || math.Abs(math.Exp(entropy)-perplexity) > 1e-8*perplexity {
			t.Errorf("perplexity %v: weights have %v and sum to %v", perplexity, math.Exp(entropy), sum)
		}
	}
}

// The forces of a tree are those of all pairs, but for what far groups lose.
func TestTreeForces(t *testing.T) {
	for c := 1; c <= 3; c++ {
		n := 1500
		y := make([]float64, n*c)
		rng.Normal(rng.New(2, 0), y, 0, 20)
		copy(y[:200*c], make([]float64, 200*c)) // on top of each other
		f, z := make([]float64, n*c), make([]float64, n)
		g, w := make([]float64, n*c), make([]float64, n)
		exactForces{c}.sum(f, z, y)
		for _, theta := range []float64{0.02, 0.5} {
			(&treeForces{c: c, theta: theta}).sum(g, w, y)
			tol := 3e-2
			if theta < 0.1 {
				tol = 1e-4
			}
			if off := relative(f, g); off > tol {
				t.Errorf("%d dimensions, theta %v: forces are off by %v", c, theta, off)
			}
			if off := relative(z, w); off > tol {
				t.Errorf("%d dimensions, theta %v: sums are off by %v", c, theta, off)
			}
		}
	}
}

// relative is the length of the difference over that of a.
func relative(a, b []float64) float64 {
	off, size := 0.0, 0.0
	for i, v := range a {
		off += (v - b[i]) * (v - b[i])
		size += v * v
	}
	return math.Sqrt(off / size)
}

func TestTSNEGroups(t *testing.T) {
	x, codes := groups(600, 20, 4, 1)
	for _, c := range []TSNE{{}, {Forces: Exact, MaxIter: 400}, {Components: 3}, {Perplexities: []float64{10, 50}}} {
		m, err := c.Fit(context.Background(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v: %v, %d iterations", m.Config, m.KL, m.Info.Iterations)
		_ = codes
	}
}

func sortedCopy(x []float64) []float64 {
	y := append([]float64(nil), x...)
	slices.Sort(y)
	return y
}
