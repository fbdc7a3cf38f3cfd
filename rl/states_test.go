package rl

import (
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// What states give back is what they were given, whatever is shared, dropped or moved when the ring grows, and after it was archived and read back.
func TestStatesAreKept(t *testing.T) {
	for _, short := range []int{1, 3, 1000} { // lengths of episodes
		for _, n := range []int{1, 3} {
			r := rng.New(8, uint64(short))
			const capacity, envs = 20, 2
			m := newStepMemory[int](capacity, envs, 2, 1, 0, n, 0.9)
			m.limit = 7
			type pair struct{ obs, next []float32 }
			var want [envs][]pair
			now := [envs][]float32{{0, 0}, {0, 0}}
			lengths := [envs]int{}
			for step := range 200 {
				for i := range envs {
					next := []float32{float32(r.IntN(1000)), float32(step)}
					lengths[i]++
					over := lengths[i]%short == 0
					m.add(i, now[i], []int{step % 7}, 1, next, nil, false, over)
					want[i] = append(want[i], pair{now[i], next})
					if now[i] = next; over {
						now[i] = []float32{float32(r.IntN(1000)), -float32(step)}
					}
				}
				if step%50 == 49 {
					a := &archive{Checkpoint: &Checkpoint{}}
					m.archive(a)
					again := newStepMemory[int](capacity, envs, 2, 1, 0, n, 0.9)
					a = &archive{Checkpoint: a.Checkpoint, reading: true}
					again.limit = 7
					if again.archive(a); a.short {
						t.Fatal("what was written cannot be read")
					}
					x, y, u, v := make([]float32, 2*m.size), make([]float32, 2*m.size), make([]float32, 2*m.size), make([]float32, 2*m.size)
					idx := make([]int, m.size)
					for k := range idx {
						idx[k] = k
					}
					m.gather(idx, x, y)
					again.gather(idx, u, v)
					if !slices.Equal(x, u) || !slices.Equal(y, v) {
						t.Fatal("other states than were written")
					}
					m = again
				}
				obs, next := make([]float32, 2), make([]float32, 2)
				for k := range m.size {
					m.gather([]int{k}, obs, next)
					found := false
					for i := range envs {
						for p, w := range want[i] {
							q := min(p+n-1, len(want[i])-1)
							for e := p; e < q; e++ { // the end of the episode comes first
								if (e+1)%short == 0 {
									q = e
								}
							}
							found = found || slices.Equal(obs, w.obs) && slices.Equal(next, want[i][q].next)
						}
					}
					if !found {
						t.Fatalf("episodes of %d, n %d, step %d: %v to %v was never seen", short, n, step, obs, next)
					}
				}
			}
		}
	}
}
