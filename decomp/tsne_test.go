package decomp

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/near"
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
	options := append(placing(), mltest.Rows(few(400)))
	if testing.Short() {
		x, _ := groups(30, 4, 2, 1)
		options = append(options, mltest.Data(ml.Table{X: x}))
	}
	mltest.Transformer(t, TSNE{MaxIter: 16, EarlyIter: 10, Perplexity: 5}, options...)
	if testing.Short() {
		return
	}
	mltest.Transformer(t, TSNE{Components: 1, MaxIter: 12, EarlyIter: 8, Perplexity: 5, Forces: Interpolation, Init: InitSpectral}, append(placing(), mltest.Rows(few(300)))...)
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

// The forces of a grid are those of all pairs, but for what interpolation loses.
func TestGridForces(t *testing.T) {
	for c := 1; c <= 2; c++ {
		for _, spread := range []float64{1e-4, 0.5, 5} {
			n := 700
			y := make([]float64, n*c)
			rng.Normal(rng.New(3, 0), y, 3, spread)
			f, z := make([]float64, n*c), make([]float64, n)
			g, w := make([]float64, n*c), make([]float64, n)
			exactForces{c}.sum(f, z, y)
			grid := &gridForces{c: c, tree: treeForces{c: c, theta: 0.5}}
			for range 2 { // the second finds the grid there
				grid.sum(g, w, y)
			}
			// Boxes of side 1 with three nodes are what Linderman and others take; in smaller ones the error falls with the third power of the side.
			most := 5e-2
			if spread < 1 {
				most = 1e-3
			}
			if a, b := relative(f, g), relative(z, w); a > most || b > most/5 {
				t.Errorf("%d dimensions, spread %v: forces are off by %.2g, sums by %.2g", c, spread, a, b)
			} else {
				t.Logf("%d dimensions, spread %v: forces are off by %.2g, sums by %.2g", c, spread, a, b)
			}
		}
	}
}

func TestFFT(t *testing.T) {
	for _, n := range []int{1, 2, 4, 8, 32, 128} {
		re, im := make([]float64, 3*n), make([]float64, 3*n)
		r := rng.New(5, 0)
		rng.Normal(r, re, 0, 1)
		rng.Normal(r, im, 0, 1)
		a, b := slices.Clone(re), slices.Clone(im)
		newFFT(n).lines(a, b, 3, 1, 3)
		for line := range 3 {
			for k := range n {
				var x, y float64
				for j := range n {
					s, c := math.Sincos(-2 * math.Pi * float64(j*k%n) / float64(n))
					x += re[line+3*j]*c - im[line+3*j]*s
					y += re[line+3*j]*s + im[line+3*j]*c
				}
				if math.Hypot(x-a[line+3*k], y-b[line+3*k]) > 1e-12*float64(n) {
					t.Fatalf("size %d, line %d: element %d is %v, %v, want %v, %v", n, line, k, a[line+3*k], b[line+3*k], x, y)
				}
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

// Groups that lie apart stay apart, whatever sums the forces and wherever the layout starts, and the divergence that is reported falls once attraction is no longer exaggerated.
func TestTSNEGroups(t *testing.T) {
	if testing.Short() {
		t.Skip("seven layouts")
	}
	x, codes := groups(300, 20, 4, 1)
	for _, c := range []TSNE{{}, {Forces: Exact}, {Forces: Interpolation}, {Components: 3}, {Perplexities: []float64{5, 30}}, {Init: InitSpectral}, {Init: InitRandom}} {
		c.MaxIter = 350
		m, err := c.Fit(t.Context(), ml.Table{X: x})
		if err != nil {
			t.Fatal(err)
		}
		share, err := NeighborsKept(x, m.Embedding, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		index, _, err := others("test", pointsOf(m.Embedding), indexOf(m.Embedding), 1)
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0
		for i, j := range index {
			if codes[i] != codes[j] {
				wrong++
			}
		}
		if wrong > 0 || share < 0.3 {
			t.Errorf("%+v: %d rows are nearest to one of another group, %.2f of the neighbours are kept", c, wrong, share)
		}
		if l := m.Info.Loss; l[len(l)-1] >= l[len(l)-3] {
			t.Errorf("%+v: the divergence does not fall: %v", c, l)
		}
	}
}

func sortedCopy(x []float64) []float64 {
	y := append([]float64(nil), x...)
	slices.Sort(y)
	return y
}

func indexOf(x *tensor.Tensor[float64]) near.Index {
	index, _ := near.Choose(pointsOf(x), nil, near.Auto, 0)
	return index
}
