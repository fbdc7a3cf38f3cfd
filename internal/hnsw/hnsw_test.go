package hnsw

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

func made(t *testing.T, n, d int) *Graph {
	t.Helper()
	g := &Graph{Dim: Padded(d), M: 8, Width: 60, Entry: none}
	levels := make([]uint8, n)
	for i := range levels {
		levels[i] = g.LevelOf(uint64(i))
	}
	g.Grow(levels)
	for i := range n {
		rng.Normal(rng.New(1, uint64(i)), g.Vector(int32(i))[:d], 0, 1)
	}
	if err := g.Insert(context.Background(), 0, func(_, _ int, apply func()) { apply() }); err != nil {
		t.Fatal(err)
	}
	return g
}

func TestKeysOrderAsDistances(t *testing.T) {
	distances := []float32{float32(math.Inf(-1)), -3e30, -2, -1e-40, 0, 1e-40, 0.5, 2, 3e30, float32(math.Inf(1))}
	var keys []key
	for _, d := range distances {
		for _, node := range []int32{0, 7, math.MaxInt32 / 2} {
			k := keyOf(d, node)
			if distanceOf(k) != d || nodeOf(k) != node || distanceOf(k|followed) != d || nodeOf(k|followed) != node {
				t.Error(d, node, distanceOf(k), nodeOf(k))
			}
			keys = append(keys, k)
		}
	}
	if !slices.IsSorted(keys) {
		t.Error("not in order")
	}
}

func TestTheNearestAreKeptInOrder(t *testing.T) {
	r := rng.New(2, 0)
	for _, width := range []int{1, 2, 3, 7, 20} {
		s := &Search{}
		var all []key
		for i := range 60 {
			k := keyOf(float32(r.IntN(15)), int32(i))
			all = append(all, k)
			slices.Sort(all)
			place := s.keep(k, width)
			if want := all[:min(len(all), width)]; !slices.Equal(s.near, want) {
				t.Fatal(s.near, want)
			}
			if place < width && s.near[place] != k || place >= width && slices.Contains(s.near, k) {
				t.Fatal("another place", place)
			}
		}
	}
	s := &Search{}
	var want []key
	for range 100 {
		k := key(r.IntN(50))
		s.push(k)
		want = append(want, k)
	}
	slices.Sort(want)
	for _, k := range want {
		if got := s.pop(); got != k {
			t.Fatal(got, k)
		}
	}
}

// Each layer above the lowest holds one node in M, within four standard deviations.
func TestLevelsThinOut(t *testing.T) {
	g := &Graph{M: 8}
	above, n := 0, 20_000
	for i := range n {
		if g.LevelOf(uint64(i)) > 0 {
			above++
		}
	}
	if p := 1.0 / 8; math.Abs(float64(above)-p*float64(n)) > 4*math.Sqrt(p*(1-p)*float64(n)) {
		t.Error(above, "of", n)
	}
}

// The graph is approximate: up to one node in 200 may be missed.
func TestNodesAreFoundByTheirVectors(t *testing.T) {
	g := made(t, 1500, 10)
	if fault := g.Fault(); fault != "" {
		t.Fatal(fault)
	}
	out, place := g.Without(func(node int32) bool { return node%3 != 1 })
	if fault := out.Fault(); fault != "" || out.N() != 500 {
		t.Fatal(fault, out.N())
	}
	for i := range int32(1500) {
		if (place[i] == none) != (i%3 != 1) || place[i] != none && !slices.Equal(out.Vector(place[i]), g.Vector(i)) {
			t.Fatal(i, place[i])
		}
	}
	for _, g := range []*Graph{g, out} {
		s := g.Begin()
		missed := 0
		for i := range int32(g.N()) {
			copy(s.x, g.Vector(i))
			g.Nearest(s, 1, 20, nil, false)
			if s.Found[0].Node != i {
				missed++
			}
		}
		if missed > g.N()/200 {
			t.Errorf("of %d nodes %d are not found by their own vectors", g.N(), missed)
		}
	}
}
