package par

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// rested waits until no helper is awake.
func rested(t *testing.T) {
	t.Helper()
	for range 1000 {
		if busy.Load() == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("helpers not given back")
}

func TestTeamRunsEveryItemOnce(t *testing.T) {
	procs(t, func(t *testing.T) {
		var team Team
		for loop := range 3000 {
			n := loop % 20
			counts := make([]atomic.Int32, n)
			team.Each(n, func(i int) { counts[i].Add(1) })
			for i := range counts {
				if c := counts[i].Load(); c != 1 {
					t.Fatalf("loop %d: item %d ran %d times", loop, i, c)
				}
			}
			switch {
			case loop%500 == 0:
				time.Sleep(3 * patience) // helpers go by themselves
			case loop%100 == 0:
				team.Rest()
			}
		}
		team.Rest()
		rested(t)
	})
}

// A loop inside a loop, and one after another team's, find no helpers and are no worse.
func TestTeamsNest(t *testing.T) {
	procs(t, func(t *testing.T) {
		var outer Team
		var sum atomic.Int64
		for range 100 {
			outer.Each(4, func(int) {
				var inner Team
				inner.Each(5, func(i int) { sum.Add(int64(i)) })
				For(1000, 1000, func(lo, hi int) { sum.Add(int64(hi - lo)) })
				inner.Rest()
			})
		}
		outer.Rest()
		rested(t)
		if s := sum.Load(); s != 100*4*(10+1000) {
			t.Errorf("sum %d", s)
		}
	})
}

func TestTeamsPanicReachesTheCaller(t *testing.T) {
	procs(t, func(t *testing.T) {
		var team Team
		for range 200 {
			var got any
			func() {
				defer func() { got = recover() }()
				team.Each(8, func(i int) {
					if i == 5 {
						panic(errBad)
					}
				})
			}()
			err, is := got.(error)
			if !is || !errors.Is(err, errBad) {
				t.Fatalf("%v", got)
			}
			team.Each(3, func(int) {})
		}
		team.Rest()
		rested(t)
	})
}

var errBad = errors.New("bad")

func TestTeamsGoexitEndsTheCaller(t *testing.T) {
	procs(t, func(t *testing.T) {
		ended := make(chan bool)
		go func() {
			past := false
			defer func() { ended <- past }()
			var team Team
			defer team.Rest()
			team.Each(8, func(int) { runtime.Goexit() })
			past = true
		}()
		if <-ended {
			t.Error("the caller went on")
		}
		rested(t)
	})
}

func BenchmarkTeam(b *testing.B) {
	var team Team
	defer team.Rest()
	for b.Loop() {
		team.Each(2, func(int) {})
	}
}
