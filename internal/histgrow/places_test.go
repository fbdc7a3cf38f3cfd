package histgrow

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// sparseProblem has columns of every place: three one-hot categories, columns with numbers of either sign and gaps in few rows, which conflict with
// each other, and full ones, one of which has very many different numbers.
func sparseProblem(n int, seed uint64) problem {
	r := rand.New(rand.NewPCG(seed, 2))
	const levels, scattered = 30, 120
	p := 3*levels + scattered + 3
	q := problem{x: tensor.New[float64](n, p), categories: make([]bool, p), grad: make([]float32, n), hess: make([]float32, n)}
	q.categories[p-1] = true
	for i := range n {
		row := q.x.Row(i)
		s := r.NormFloat64() * 0.3
		for c := range 3 {
			level := int(math.Abs(r.NormFloat64()) * 9)
			if level < levels {
				row[c*levels+level] = 1
			}
			s += math.Sin(float64(level * (c + 1)))
		}
		for j := range scattered {
			if at := 3*levels + j; r.IntN(30) == 0 {
				row[at] = math.Round(r.NormFloat64() * 3)
				if row[at] > 4 && j%2 == 0 {
					row[at] = math.NaN()
				}
				if row[at] == row[at] {
					s += row[at] * float64(j%3) * 0.2
				}
			}
		}
		row[p-3], row[p-2], row[p-1] = r.NormFloat64(), math.Round(r.NormFloat64()*4), float64(r.IntN(9))
		s += row[p-3] + row[p-2]/8
		q.grad[i], q.hess[i] = float32(s), float32(0.05+r.Float64())
	}
	return q
}

// Where the bins of a column are held, and whether the matrix is sparse, changes no tree.
func TestPlacesChangeNoTree(t *testing.T) {
	sizes := []int{3000, 33000}
	if testing.Short() {
		sizes = sizes[:1]
	}
	for _, n := range sizes {
		q := sparseProblem(n, uint64(n))
		var even []int32
		for i := 0; i < n; i += 2 {
			even = append(even, int32(i))
		}
		options := BinOptions{Categorical: q.categories, MaxBins: 2000, MinInBin: 1}
		apart := options
		apart.apart = true
		want, err := Bin(context.Background(), rows.Of(q.x), apart)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []tensor.Matrix{q.x, tensor.SparseFrom[float64](q.x)} {
			b, err := Bin(context.Background(), rows.Of(m), options)
			if err != nil {
				t.Fatal(err)
			}
			var kinds [nowhere + 1]int
			for _, p := range b.places {
				kinds[p.kind]++
			}
			if slices.Min(kinds[:nowhere]) == 0 {
				t.Fatalf("columns of each place: %v", kinds)
			}
			if !reflect.DeepEqual(b.Columns, want.Columns) {
				t.Fatalf("bins of %T differ", m)
			}
			for i := 0; i < n; i += 7 {
				for j := range int32(b.Features) {
					if b.bin(j, i) != want.bin(j, i) {
						t.Fatalf("%T: bin %d of column %d, row %d, want %d", m, b.bin(j, i), j, i, want.bin(j, i))
					}
				}
			}
			for _, cfg := range []Config{{MaxLeaves: 60, MinSamplesLeaf: 5}, {MaxLeaves: 40, MaxDepth: 7, Growth: DepthWise, L1: 0.1, L2: 1, PathSmooth: 1, ColumnsByNode: 0.5}} {
				for _, hess := range [][]float32{nil, q.hess} {
					for _, given := range [][]int32{nil, even} {
						x, y := grow(t, b, cfg, q.grad, hess, given), grow(t, want, cfg, q.grad, hess, given)
						if !reflect.DeepEqual(x.Nodes, y.Nodes) {
							t.Fatalf("%T, %d rows: trees differ", m, n)
						}
						for i, nd := range x.Nodes {
							if nd.Feature >= 0 {
								continue
							}
							for k, r := range x.RowsOf(i) {
								if k%16 == 0 && (b.Leaf(x, int(r)) != i || leafOf(x, q.x.Row(int(r))) != i) {
									t.Fatalf("row %d is not where its bins or its numbers lead", r)
								}
							}
						}
					}
				}
			}
		}
	}
}

// A matrix of nothing but listed columns has no byte for any row.
func TestNothingButLists(t *testing.T) {
	const n, p = 3000, 200
	r := rand.New(rand.NewPCG(5, 5))
	x := tensor.New[float64](n, p)
	grad := make([]float32, n)
	for i := range n {
		for range 10 {
			x.Set(1+r.Float64(), i, r.IntN(p))
		}
		grad[i] = float32(x.At(i, 3) - 2*x.At(i, 7) + r.NormFloat64()*0.1)
	}
	b, err := Bin(context.Background(), rows.Of(tensor.SparseFrom[float64](x)), BinOptions{MaxBins: 20})
	if err != nil {
		t.Fatal(err)
	}
	if b.dense != 0 || len(b.codes) != 0 || len(b.lists.of) != p {
		t.Fatalf("%d bytes for each row, %d lists", b.dense, len(b.lists.of))
	}
	a, err := Bin(context.Background(), rows.Of(x), BinOptions{MaxBins: 20, apart: true})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{MaxLeaves: 30, MinSamplesLeaf: 3}
	for _, procs := range []int{1, 2, 3, 8} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		if !reflect.DeepEqual(grow(t, b, cfg, grad, nil, nil).Nodes, grow(t, a, cfg, grad, nil, nil).Nodes) {
			t.Fatalf("%d threads: trees differ", procs)
		}
	}
}

// Columns that exclude each other in the rows that groups are found among, and not in all, do not share a byte; those that do everywhere share one as before.
func TestGroupsHoldInEveryRow(t *testing.T) {
	const n, levels = 3 * groupRowsSeen, 6
	build := func(clash bool) *Binned {
		start, cols := make([]int, 1, n+1), []int32(nil)
		for i := range n {
			cols = append(cols, int32(i*7%levels))
			if clash && i%3 == 1 && i > n/2 && i%levels != 0 && cols[len(cols)-1] == 1 {
				cols = append(cols, 2)
			}
			start = append(start, len(cols))
		}
		values := make([]float64, len(cols))
		for i := range values {
			values[i] = 1
		}
		x, err := tensor.NewCSR(n, levels, start, cols, values)
		require.NoError(t, err)
		b, err := Bin(context.Background(), rows.Of(x), BinOptions{MinInBin: 1})
		require.NoError(t, err)
		for i := 0; i < n; i += 1001 {
			for j := range levels {
				require.Equal(t, x.At(i, j) != 0, b.bin(int32(j), i) != b.Columns[j].Zero, "row %d, column %d", i, j)
			}
		}
		return b
	}
	apart := func(b *Binned) bool { return b.places[1].at != b.places[2].at }
	require.False(t, apart(build(false)))
	clash := build(true)
	require.True(t, apart(clash))
	for i := range n {
		require.Equal(t, i*7%levels == 1, clash.bin(1, i) != clash.Columns[1].Zero)
	}
}
