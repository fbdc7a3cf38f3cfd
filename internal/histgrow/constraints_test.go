package histgrow

import (
	"testing"

	"github.com/gopherwood-ml/ml/internal/leafbox"
)

// box is where the rows of a leaf lie: for each column the first and the last bin, and whether the missing are in it.
type box struct {
	lo, hi  []int
	missing []bool
	sets    [][4]uint64 // bins of categories
	value   float64
}

// overlap reports whether some value of column k lies in both.
func (u *box) overlap(v *box, k int) bool {
	if u.sets[k] != ([4]uint64{}) || v.sets[k] != ([4]uint64{}) {
		for w := range 4 {
			if u.sets[k][w]&v.sets[k][w] != 0 {
				return true
			}
		}
		return false
	}
	return max(u.lo[k], v.lo[k]) <= min(u.hi[k], v.hi[k]) || u.missing[k] && v.missing[k]
}

// boxes are those of the leaves below a node.
func boxes(t *Tree, b *Binned, at int32, in box) []box {
	n := &t.Nodes[at]
	if n.Feature < 0 {
		in.value = n.Value
		return []box{in}
	}
	part := func(left bool) box {
		out := box{append([]int(nil), in.lo...), append([]int(nil), in.hi...), append([]bool(nil), in.missing...), append([][4]uint64(nil), in.sets...), 0}
		if n.Category {
			for w, bits := range n.bins {
				if !left {
					bits = ^bits
				}
				out.sets[n.Feature][w] &= bits
			}
		} else {
			if left {
				out.hi[n.Feature] = min(out.hi[n.Feature], int(n.Bin))
			} else {
				out.lo[n.Feature] = max(out.lo[n.Feature], int(n.Bin)+1)
			}
			out.missing[n.Feature] = out.missing[n.Feature] && left == n.MissingLeft
		}
		return out
	}
	return append(boxes(t, b, n.Left, part(true)), boxes(t, b, n.Right, part(false))...)
}

// Of two leaves that a row may pass between by a change of one monotone column alone, the values are in its order.
func TestMonotoneHolds(t *testing.T) {
	for seed := range uint64(4) {
		q := newProblem(36000/(1+int(seed%2)*30), 7, seed) // coarse derivatives and fine ones
		b := q.bin(t)
		direction := []int8{1, -1, 1, -1, 0, 1, 0}
		for _, cfg := range []Config{{MaxLeaves: 60, MinSamplesLeaf: 5}, {Growth: DepthWise, MaxDepth: 6, MinSamplesLeaf: 5, L1: 1, MaxDeltaStep: 0.7, PathSmooth: 3}} {
			cfg.Monotone = direction
			for i, hess := range [][]float32{nil, q.hess} {
				cfg.Method = leafbox.Method((i + int(seed)) % 3)
				tree := grow(t, b, cfg, q.grad, hess, nil)
				whole := box{make([]int, 7), make([]int, 7), make([]bool, 7), make([][4]uint64, 7), 0}
				for j := range whole.hi {
					c := &b.Columns[j]
					if whole.hi[j], whole.missing[j] = c.numbers()-1, c.Missing; c.IsCategory {
						whole.sets[j] = [4]uint64{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
					}
				}
				all := boxes(tree, b, 0, whole)
				for _, u := range all {
					for _, v := range all {
						for j, d := range direction {
							if d == 0 || u.hi[j] >= v.lo[j] || u.lo[j] > u.hi[j] || v.lo[j] > v.hi[j] {
								continue
							}
							others := true
							for k := range direction {
								if k != j && !u.overlap(&v, k) {
									others = false
								}
							}
							if others && float64(d)*(v.value-u.value) < 0 {
								t.Fatalf("seed %d: column %d: %v below, %v above", seed, j, u.value, v.value)
							}
						}
					}
				}
			}
		}
	}
}

// The columns of each path are in one group.
func TestInteraction(t *testing.T) {
	q := newProblem(3000, 9, 1)
	b := q.bin(t)
	groups := [][]int{{0, 1, 4}, {1, 2, 3}}
	tree := grow(t, b, Config{MaxLeaves: 60, MinSamplesLeaf: 5, Interaction: groups}, q.grad, q.hess, nil)
	groups = append(groups, []int{5, 6, 7, 8})
	splits := 0
	var visit func(at int32, path []int)
	visit = func(at int32, path []int) {
		n := &tree.Nodes[at]
		if n.Feature < 0 {
			return
		}
		splits++
		path = append(path[:len(path):len(path)], int(n.Feature))
		inOne := false
		for _, group := range groups {
			all := true
			for _, j := range path {
				in := false
				for _, k := range group {
					in = in || j == k
				}
				all = all && in
			}
			inOne = inOne || all
		}
		if !inOne {
			t.Fatalf("columns %v on a path", path)
		}
		visit(n.Left, path)
		visit(n.Right, path)
	}
	visit(0, nil)
	if splits < 20 {
		t.Errorf("%d splits", splits)
	}
}

// A grower draws other columns for other trees, and no split has any that were not drawn.
func TestColumnsDrawn(t *testing.T) {
	q := newProblem(2000, 10, 2)
	b := q.bin(t)
	g, err := New(b, Config{MaxLeaves: 20, ColumnsByTree: 0.3})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int32]bool{}
	for range 8 {
		tree, err := g.Grow(t.Context(), q.grad, q.hess, nil)
		if err != nil {
			t.Fatal(err)
		}
		used := map[int32]bool{}
		for _, n := range tree.Nodes {
			if n.Feature >= 0 {
				used[n.Feature], seen[n.Feature] = true, true
			}
		}
		if len(used) > 3 {
			t.Errorf("%d columns in a tree", len(used))
		}
	}
	if len(seen) < 6 {
		t.Errorf("%d columns in 8 trees", len(seen))
	}
}
