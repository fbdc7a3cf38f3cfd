package histgrow

import (
	"context"
	"encoding/binary"
	"fmt"
	"github.com/gopherwood-ml/ml/internal/rng"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// problem is a matrix with missing values, ties and categories, and derivatives.
type problem struct {
	x          *tensor.Tensor[float64]
	categories []bool
	grad, hess []float32
}

func newProblem(n, p int, seed uint64) problem {
	r := rand.New(rand.NewPCG(seed, 1))
	q := problem{x: tensor.New[float64](n, p), categories: make([]bool, p), grad: make([]float32, n), hess: make([]float32, n)}
	for j := range p {
		q.categories[j] = j%5 == 4
	}
	for i := range n {
		row := q.x.Row(i)
		for j := range p {
			switch {
			case q.categories[j]:
				row[j] = float64(int(math.Abs(r.NormFloat64()) * 4))
			case j%5 == 3:
				row[j] = math.Round(r.NormFloat64() * 2)
			default:
				row[j] = r.NormFloat64()
			}
			if j%3 == 1 && r.IntN(6) == 0 {
				row[j] = math.NaN()
			}
		}
		s := row[0] + float64(r.NormFloat64()*0.5)
		if p > 4 && int(row[4])%2 == 1 {
			s++
		}
		if p > 1 && row[1] != row[1] {
			s += 0.7
		}
		q.grad[i] = float32(s)
		q.hess[i] = float32(0.05 + r.Float64())
	}
	return q
}

func (q problem) bin(t testing.TB) *Binned {
	t.Helper()
	b, err := Bin(context.Background(), rows.Of(q.x), BinOptions{Categorical: q.categories})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func grow(t testing.TB, b *Binned, cfg Config, grad, hess []float32, rows []int32) *Tree {
	t.Helper()
	if cfg.Categories == (Categories{}) {
		cfg.Categories = Categories{OneHot: 4, Smooth: 10, L2: 10, MaxSide: 32, MinSamples: 100} // LightGBM's
	}
	g, err := New(b, cfg)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := g.Grow(context.Background(), grad, hess, rows)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// A row's bins lead to the leaf that its numbers lead to, the one whose rows it is among, and counts and sums are those of these rows.
func TestTreeIsWhatItSays(t *testing.T) {
	for _, n := range []int{50, 3000, 40000} {
		q := newProblem(n, 11, uint64(n))
		b := q.bin(t)
		for _, hess := range [][]float32{nil, q.hess} {
			tree := grow(t, b, Config{MaxLeaves: 40, MinSamplesLeaf: 7}, q.grad, hess, nil)
			if n > 1000 && tree.Leaves() != 40 {
				t.Errorf("%d leaves of %d rows", tree.Leaves(), n)
			}
			seen := 0
			for i, nd := range tree.Nodes {
				if nd.Feature >= 0 {
					continue
				}
				var g, h float64
				last := int32(-1)
				for _, r := range tree.RowsOf(i) {
					if r <= last {
						t.Fatalf("row %d after %d", r, last)
					}
					last = r
					seen++
					if at := b.Leaf(tree, int(r)); at != i {
						t.Fatalf("row %d is in leaf %d, its bins lead to %d", r, i, at)
					}
					if at := leafOf(tree, q.x.Row(int(r))); at != i {
						t.Fatalf("row %d is in leaf %d, its numbers lead to %d", r, i, at)
					}
					g += float64(q.grad[r])
					if hess == nil {
						h++
					} else {
						h += float64(hess[r])
					}
				}
				if len(tree.RowsOf(i)) != nd.Count || nd.Count < 7 {
					t.Fatalf("leaf of %d rows says %d", len(tree.RowsOf(i)), nd.Count)
				}
				// 30 bits of the largest derivative, which is a few times the mean.
				if math.Abs(nd.Hessian-h) > 1e-7*h {
					t.Fatalf("hessian %v, want %v", nd.Hessian, h)
				}
				if c := b.Columns; math.Abs(nd.Value+g/h) > 1e-6 && !anyCategory(tree, c) {
					t.Fatalf("value %v, want %v", nd.Value, -g/h)
				}
			}
			if seen != n {
				t.Fatalf("%d rows in leaves, of %d", seen, n)
			}
		}
	}
}

func anyCategory(t *Tree, c []Column) bool {
	for _, nd := range t.Nodes {
		if nd.Feature >= 0 && c[nd.Feature].IsCategory {
			return true
		}
	}
	return false
}

// leafOf routes by numbers.
func leafOf(t *Tree, x []float64) int {
	at := int32(0)
	for t.Nodes[at].Feature >= 0 {
		n := &t.Nodes[at]
		v := x[n.Feature]
		left := v <= n.Threshold
		if n.Category {
			left = v == v && int(v)>>5 < len(n.Set) && n.Set[int(v)>>5]>>(int(v)&31)&1 != 0
		} else if v != v {
			left = n.MissingLeft
		}
		if at = n.Right; left {
			at = n.Left
		}
	}
	return int(at)
}

// The same tree from any number of threads.
func TestThreads(t *testing.T) {
	for _, n := range []int{4000, 35000, 100_000} { // near, with two sums and with one cell of each, and far
		if n == 100_000 && testing.Short() {
			break
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) { sameOnThreads(t, n) })
	}
}

func sameOnThreads(t *testing.T, n int) {
	q := newProblem(n, 9, 3)
	b := q.bin(t)
	some := make([]int32, 0, n)
	for i := range int32(n) {
		if rng.Key(5, uint64(i))%3 > 0 {
			some = append(some, i)
		}
	}
	for _, cfg := range []Config{{MaxLeaves: 100, MinSamplesLeaf: 5}, {Growth: DepthWise, MaxDepth: 6, L1: 3, PathSmooth: 2}, {MaxLeaves: 60, ColumnsByTree: 0.7, ColumnsByNode: 0.7}} {
		for _, given := range [][]int32{nil, some} {
			for _, hess := range [][]float32{nil, q.hess} {
				var want []Node
				for _, procs := range []int{1, 2, 3, 8} {
					func() {
						defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
						tree := grow(t, b, cfg, q.grad, hess, given)
						if want == nil {
							want = append(want, tree.Nodes...)
						} else if !reflect.DeepEqual(want, tree.Nodes) {
							t.Fatalf("%+v: another tree with GOMAXPROCS %d", cfg, procs)
						}
						for i, nd := range tree.Nodes {
							if r := tree.RowsOf(i); nd.Feature < 0 {
								for k := 1; k < len(r); k++ {
									if r[k] <= r[k-1] {
										t.Fatal("rows of a leaf are out of order")
									}
								}
							}
						}
					}()
				}
			}
		}
	}
}

// A tree has the same bits at every level, without assembly and on every architecture: one of each form of derivatives, with constraints and without.
func TestPortableBits(t *testing.T) {
	q := newProblem(34000, 8, 4)
	b := q.bin(t)
	sum := fnv.New64a()
	for _, cfg := range []Config{{MaxLeaves: 50, MinSamplesLeaf: 5, L2: 0.1}, {Growth: DepthWise, MaxDepth: 5, L1: 1, PathSmooth: 2, Monotone: []int8{1, 0, -1, 0, 0, 0, 0, 0}, ColumnsByNode: 0.6}} {
		for _, hess := range [][]float32{nil, q.hess} {
			for _, last := range []int32{33999, 999} {
				rows := make([]int32, last)
				for i := range rows {
					rows[i] = int32(i)
				}
				for _, n := range grow(t, b, cfg, q.grad, hess, rows).Nodes {
					for _, v := range []uint64{uint64(n.Feature), uint64(n.Bin), math.Float64bits(n.Threshold), math.Float64bits(n.Gain), math.Float64bits(n.Value), math.Float64bits(n.Hessian), uint64(n.Count)} {
						var word [8]byte
						binary.LittleEndian.PutUint64(word[:], v)
						sum.Write(word[:])
					}
				}
			}
		}
	}
	if got := sum.Sum64(); got != 0x9e19f7464159c5f9 {
		t.Errorf("other bits: %#x", got)
	}
}

// The best split of the root is the best of all, found by trying them.
func TestBestSplit(t *testing.T) {
	for seed := range uint64(30) {
		q := newProblem(300, 4, seed)
		b := q.bin(t)
		tree := grow(t, b, Config{MaxLeaves: 2, MinSamplesLeaf: 20, L2: 0.5, MinHessian: 1e-3}, q.grad, q.hess, nil)
		best, what := 0.0, ""
		var g, h float64
		for i := range q.grad {
			g += float64(q.grad[i])
			h += float64(q.hess[i])
		}
		for j := range 4 {
			c := &b.Columns[j]
			for cut := range c.Bins {
				for _, missingLeft := range []bool{true, false} {
					var gl, hl float64
					n := 0
					for i := range q.grad {
						v := q.x.At(i, j)
						left := v <= c.Threshold(cut)
						if v != v {
							left = missingLeft
						}
						if left {
							gl += float64(q.grad[i])
							hl += float64(q.hess[i])
							n++
						}
					}
					if n < 20 || 300-n < 20 {
						continue
					}
					gain := gl*gl/(hl+0.5) + (g-gl)*(g-gl)/(h-hl+0.5) - g*g/(h+0.5)
					if gain > best*(1+1e-9) {
						best, what = gain, fmt.Sprint(j, cut, missingLeft)
					}
				}
			}
		}
		root := tree.Nodes[0]
		// Derivatives of 30 bits.
		if math.Abs(root.Gain-best) > 1e-6*best {
			t.Errorf("seed %d: gain %v of column %d, bin %d, missing left %v; want %v of %s", seed, root.Gain, root.Feature, root.Bin, root.MissingLeft, best, what)
		}
	}
}

func BenchmarkGrow(b *testing.B) {
	for _, n := range []int{10000, 200000} {
		q := newProblem(n, 30, 6)
		binned := q.bin(b)
		b.Run(fmt.Sprint("rows", n), func(b *testing.B) {
			g, err := New(binned, Config{MaxLeaves: 31, MinSamplesLeaf: 20})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.Grow(b.Context(), q.grad, q.hess, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
