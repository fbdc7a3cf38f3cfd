package kern

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// drawTree is a random tree of so many leaves.
func drawTree(r *rand.Rand, leaves, columns int) []TreeSplit {
	var splits []TreeSplit
	type open struct {
		parent int16
		right  bool
		first  int
		leaves int
	}
	for queue := []open{{-1, false, 0, leaves}}; len(queue) > 0; queue = queue[1:] {
		o := queue[0]
		at := int16(^o.first)
		if o.leaves > 1 {
			at = int16(len(splits))
			left := 1 + r.IntN(o.leaves-1)
			switch r.IntN(4) {
			case 0:
				left = 1 // some long chains
			case 1, 2:
				left = o.leaves / 2
			}
			splits = append(splits, TreeSplit{Column: uint8(r.IntN(columns)), Bound: uint8(r.IntN(255))})
			queue = append(queue, open{at, false, o.first, left}, open{at, true, o.first + left, o.leaves - left})
		}
		if o.parent >= 0 && o.right {
			splits[o.parent].Right = at
		} else if o.parent >= 0 {
			splits[o.parent].Left = at
		}
	}
	return splits
}

// reached is the leaf of one row.
func reached(splits []TreeSplit, row func(column uint8) int8) uint8 {
	if len(splits) == 0 {
		return 0
	}
	i := int16(0)
	for i >= 0 {
		if s := splits[i]; int(row(s.Column))+128 <= int(s.Bound) {
			i = s.Left
		} else {
			i = s.Right
		}
	}
	return uint8(^i)
}

// eachTreeForm runs f at every level and also without VBMI.
func eachTreeForm(t *testing.T, f func(t *testing.T)) {
	eachLevel(t, f)
	defer withoutVBMI()()
	t.Run("without VBMI", f)
}

func TestTreePlacesArePermutations(t *testing.T) {
	bytes, sums := map[int]bool{}, map[int]bool{}
	for r := range TreeGroup {
		if TreeByte(TreeByte(r)) != r || TreeSum[float32](r) != r {
			t.Fatal(r)
		}
		bytes[TreeByte(r)], sums[TreeSum[float64](r)] = true, true
	}
	if len(bytes) != TreeGroup || len(sums) != TreeGroup {
		t.Fatal(len(bytes), len(sums))
	}
}

func TestTreesPass(t *testing.T) {
	const columns = 7
	eachTreeForm(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		bins := Aligned[int8](columns * TreeRows)
		for i := range bins {
			bins[i] = int8(r.IntN(256) - 128)
		}
		trees, drawn := NewTrees(), [][]TreeSplit{}
		for _, leaves := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 31, 63, 64, 65, 128, 129, 255, 256} {
			for range 6 {
				drawn = append(drawn, drawTree(r, leaves, columns))
				trees.Add(drawn[len(drawn)-1])
			}
		}
		s := NewTreeScratch()
		for k, splits := range drawn {
			for _, rows := range []int{TreeRows, TreeGroup} {
				from := rows % TreeRows * 2 // the third group by itself
				for i, got := range trees.Pass(k, rows, bins[from:], s) {
					if want := reached(splits, func(c uint8) int8 { return bins[int(c)*TreeRows+from+i] }); got != want {
						t.Fatalf("%d splits, %d rows: row %d reaches leaf %d, want %d", len(splits), rows, i, got, want)
					}
				}
			}
		}
	})
}

// Chains are what a plan has most parts for.
func TestTreesOfOneChain(t *testing.T) {
	eachTreeForm(t, func(t *testing.T) {
		for _, right := range []bool{false, true} {
			splits := make([]TreeSplit, TreeLeaves-1)
			for i := range splits {
				splits[i] = TreeSplit{Bound: uint8(254 - i), Left: int16(i + 1), Right: int16(^(255 - i))}
				if right {
					splits[i] = TreeSplit{Bound: uint8(i), Left: int16(^i), Right: int16(i + 1)}
				}
			}
			if right {
				splits[254].Right = ^255
			} else {
				splits[254].Left = ^0
			}
			bins := Aligned[int8](TreeRows)
			for i := range bins {
				bins[i] = int8(i - 128)
			}
			trees := NewTrees()
			trees.Add(splits)
			for i, got := range trees.Pass(0, TreeRows, bins, NewTreeScratch()) {
				if int(got) != i {
					t.Fatalf("row %d reaches leaf %d", i, got)
				}
			}
		}
	})
}

func testTreeAdd[T Float](t *testing.T) {
	eachTreeForm(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, n := range []int{1, 5, 64, 65, 128, 129, 200, 256} {
			values := make([]T, n)
			normals(r, values)
			table := TreeTable(values)
			for _, rows := range []int{0, 64, 192, 256} {
				sums, leaves := make([]T, rows), make([]uint8, rows)
				normals(r, sums)
				for i := range leaves {
					leaves[i] = uint8(r.IntN(n))
				}
				want := slices.Clone(sums)
				for i := range rows {
					group, row := i&^(TreeGroup-1), i&(TreeGroup-1)
					want[group+TreeSum[T](row)] += values[leaves[group+TreeByte(row)]]
				}
				TreeAdd(sums, leaves, table)
				if !slices.Equal(sums, want) {
					t.Fatalf("%d leaves, %d rows: %v, want %v", n, rows, sums, want)
				}
			}
		}
	})
}

func TestTreeAdd(t *testing.T) {
	t.Run("float32", testTreeAdd[float32])
	t.Run("float64", testTreeAdd[float64])
}

func benchmarkTrees(b *testing.B, leaves int) {
	r := rand.New(rand.NewPCG(1, 2))
	const columns, count = 28, 100
	bins := Aligned[int8](columns * TreeRows)
	for i := range bins {
		bins[i] = int8(r.IntN(256) - 128)
	}
	trees, tables := NewTrees(), make([][]float32, count)
	for i := range tables {
		trees.Add(drawTree(r, leaves, columns))
		tables[i] = TreeTable(make([]float32, leaves))
	}
	s, sums := NewTreeScratch(), Aligned[float32](TreeRows)
	for b.Loop() {
		for i := range tables {
			TreeAdd(sums, trees.Pass(i, TreeRows, bins, s), tables[i])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/count/TreeRows, "ns/tree-row")
}

func BenchmarkTrees64(b *testing.B)  { benchmarkTrees(b, 64) }
func BenchmarkTrees255(b *testing.B) { benchmarkTrees(b, 255) }

func BenchmarkTrees64WithoutVBMI(b *testing.B) {
	defer withoutVBMI()()
	benchmarkTrees(b, 64)
}
