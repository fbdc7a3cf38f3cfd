package kern

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

func randomRow(r *rand.Rand) *[TreeColumns]uint8 {
	row := new([TreeColumns]uint8)
	for i := range row {
		row[i] = uint8(r.IntN(256))
	}
	return row
}

func TestLowTreesEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, columns := range []int{1, 7, 64, 65, 128, 129, 256} {
		trees, ok := NewLowTrees(columns)
		if !ok {
			t.Skip("no assembly")
		}
		var drawn [][]TreeSplit
		var ends [][64]uint8
		for range 400 {
			splits := drawTree(r, 1+r.IntN(64), columns)
			if e, ok := trees.Add(splits); ok {
				drawn, ends = append(drawn, splits), append(ends, e)
			}
		}
		if len(drawn) < 20 || trees.Len() != len(drawn) {
			t.Fatal(len(drawn))
		}
		dst := make([]uint8, len(drawn))
		for range 40 {
			row := randomRow(r)
			trees.Ends(dst, row)
			for k, end := range dst {
				want := reached(drawn[k], func(c uint8) int8 { return int8(int(row[c]) - 128) })
				if got := ends[k][end]; got != want {
					t.Fatalf("%d columns, tree %d of %d splits: leaf %d, want %d", columns, k, len(drawn[k]), got, want)
				}
			}
		}
	}
}

// walkable is a tree for WalkTrees, level by level.
func walkable(nodes []uint32, splits []TreeSplit) (all []uint32, root uint32, levels int32) {
	root = uint32(len(nodes))
	order, depth := []int16{^0}, []int32{0}
	if len(splits) > 0 {
		order[0] = 0
	}
	for at := 0; at < len(order); at++ {
		levels = max(levels, depth[at])
		if order[at] < 0 {
			nodes = append(nodes, uint32(uint8(^order[at]))|255<<8)
			continue
		}
		s := splits[order[at]]
		nodes = append(nodes, uint32(s.Column)|uint32(s.Bound)<<8|uint32(len(order)-at)<<16)
		order, depth = append(order, s.Left, s.Right), append(depth, depth[at]+1, depth[at]+1)
	}
	return nodes, root, levels
}

func TestWalkTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, count := range []int{0, 1, 7, 8, 9, 30} {
		var nodes, roots []uint32
		var levels []int32
		var drawn [][]TreeSplit
		for range count {
			splits := drawTree(r, 1+r.IntN(256), 50)
			var root uint32
			var deep int32
			nodes, root, deep = walkable(nodes, splits)
			drawn, roots, levels = append(drawn, splits), append(roots, root), append(levels, deep)
		}
		dst := make([]uint8, count)
		for range 50 {
			row := randomRow(r)
			WalkTrees(dst, nodes, roots, levels, row)
			for k, got := range dst {
				if want := reached(drawn[k], func(c uint8) int8 { return int8(int(row[c]) - 128) }); got != want {
					t.Fatalf("%d trees, tree %d of %d splits: leaf %d, want %d", count, k, len(drawn[k]), got, want)
				}
			}
		}
	}
}

func TestRowCutsRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, narrow := range []bool{true, false} {
		c, ok := NewRowCuts(narrow)
		if !ok {
			t.Skip("no assembly")
		}
		var cuts [][]float64
		for _, n := range []int{0, 1, 15, 16, 17, 31, 32, 100, 254, 255} {
			some := make([]float64, n)
			for i := range some {
				some[i] = float64(float32(r.NormFloat64()))
			}
			slices.Sort(some)
			c.Add(int32(len(cuts)+3), some, n/2)
			cuts = append(cuts, some)
		}
		x, dst := make([]float64, len(cuts)+3), make([]uint8, c.Len())
		for range 2000 {
			for k, some := range cuts {
				x[k+3] = []float64{r.NormFloat64(), 0, math.NaN(), 1e300, -1e300}[r.IntN(5)]
				if len(some) > 0 && r.IntN(2) == 0 {
					x[k+3] = some[r.IntN(len(some))]
				}
			}
			c.Ranks(dst, x)
			for k, some := range cuts {
				v := x[k+3]
				if narrow {
					v = float64(float32(v))
				}
				want := sort.Search(len(some), func(i int) bool { return some[i] > v })
				if v != v {
					want = len(some) / 2
				}
				if int(dst[k]) != want {
					t.Fatalf("narrow %v: %v has rank %d among %d, want %d", narrow, v, dst[k], len(some), want)
				}
			}
		}
	}
}

func BenchmarkWalkTrees255(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var nodes, roots []uint32
	var levels []int32
	for range 500 {
		var root uint32
		var deep int32
		nodes, root, deep = walkable(nodes, drawTree(r, 255, 28))
		roots, levels = append(roots, root), append(levels, deep)
	}
	dst, rows := make([]uint8, 500), make([]*[TreeColumns]uint8, 100)
	for i := range rows {
		rows[i] = randomRow(r)
	}
	i := 0
	for b.Loop() {
		WalkTrees(dst, nodes, roots, levels, rows[i%100])
		i++
	}
}
