package bandit

import (
	"bytes"
	"context"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/rl/ope"
)

// Every policy: propensities are there, the probabilities sum to 1 and respect MinProb, a log tells all, and a replay of it does the same again.
func TestLogsAreReplayed(t *testing.T) {
	everyPolicy(t, func(t *testing.T, p Policy, request func(int) Request) {
		var log bytes.Buffer
		b := newBandit(t, p, Options{Seed: 5, MinProb: 0.01, Pending: 256, Name: "v1"}, names(4)...)
		require.NoError(t, b.LogTo(&log))
		var late []Decision
		for i := range 120 {
			d, err := b.Decide(request(i))
			require.NoError(t, err)
			require.True(t, d.Propensity >= 0.01-1e-12 && d.Propensity <= 1, "%g", d.Propensity)
			late = append(late, d)
			if i%3 == 2 { // rewards come three decisions late, the newest first, and some never
				for j := 2; j > 0; j-- {
					d := late[j]
					require.NoError(t, b.Reward(d.ID, coin(0.2+0.15*float64(d.Arm), d.ID)))
				}
				late = late[:0]
			}
			if i == 40 {
				require.NoError(t, b.Learn(request(i), 1, 0.25, 1))
			}
		}
		events, err := ReadLog(&log)
		require.NoError(t, err)
		again, err := Replay(events)
		require.NoError(t, err)
		require.Equal(t, b.Version(), again.Version())
		require.Equal(t, b.Snapshot().Arms, again.Snapshot().Arms)

		rounds := Rounds(events, nil)
		require.Len(t, rounds, 80)
		require.Len(t, Rounds(events, new(0.0)), 120)
		for i := range rounds {
			require.Equal(t, rounds[i].Probs[rounds[i].Choice], rounds[i].Propensity)
		}
		// what Probs tells of a round is what the bandit would do
		dst := make([]float64, 4)
		require.NoError(t, again.Probs(dst, &rounds[70]))
		sum := 0.0
		for _, v := range dst {
			sum += v
		}
		require.InDelta(t, 1, sum, 1e-12)

		events[30].Reward, events[30].Event, events[30].Version = nil, "remove", 0
		_, err = Replay(events)
		require.Error(t, err)
	})
}

func TestSavedBanditsGoOnAlike(t *testing.T) {
	everyPolicy(t, func(t *testing.T, p Policy, request func(int) Request) {
		b := newBandit(t, p, Options{Seed: 5, ExpireAs: new(0.0)}, names(4)...)
		run := func(b *Bandit, from, to int) (out []Decision) {
			for i := from; i < to; i++ {
				d, err := b.Decide(request(i))
				require.NoError(t, err)
				if i%5 != 0 {
					require.NoError(t, b.Reward(d.ID, coin(0.2+0.15*float64(d.Arm), d.ID)))
				}
				out = append(out, d)
			}
			return out
		}
		early := run(b, 0, 90)
		var file bytes.Buffer
		require.NoError(t, ml.Save(&file, b.Snapshot()))
		s, err := ml.Load[*Snapshot](&file)
		require.NoError(t, err)
		again, err := Resume(s)
		require.NoError(t, err)
		require.Equal(t, b.Waiting(), again.Waiting())
		for _, d := range early[:20] { // those that waited still do
			require.Equal(t, b.Reward(d.ID, 1) == nil, again.Reward(d.ID, 1) == nil)
		}
		require.Equal(t, run(b, 90, 140), run(again, 90, 140))
		require.Equal(t, b.Snapshot(), again.Snapshot())
	})
}

// Replicas that part from one state and are merged know what a single bandit would know that got all rewards.
func TestMergedReplicasKnowAll(t *testing.T) {
	everyPolicy(t, func(t *testing.T, p Policy, request func(int) Request) {
		switch p.(type) {
		case EXP3, EXP3IX, Gradient: // these weigh by propensities, which are each replica's own
			t.Skip()
		}
		if _, shrinks := p.(DiscountedUCB); shrinks {
			t.Skip()
		}
		exact := true
		switch c := p.(type) {
		case SlidingWindowUCB:
			exact = false
		case EpsilonGreedy:
			exact = c.Discount == 0
		case ThompsonBeta:
			exact = c.Discount == 0
		case LinUCB:
			exact = c.Decay == 0
		case Bagging, LogisticThompson:
			exact = false // whose updates depend on order or number
		}
		teach := func(b *Bandit, from, to int) {
			for i := from; i < to; i++ {
				require.NoError(t, b.Learn(request(i), i%4, 0.25, coin(0.2+0.15*float64(i%4), uint64(i))))
			}
		}
		whole := newBandit(t, p, Options{Seed: 5}, names(4)...)
		teach(whole, 0, 60)
		base := whole.Snapshot()
		var replicas []*Snapshot
		var bandits []*Bandit
		for k := range 3 {
			s := *base
			s.Options.Replica = k
			b, err := Resume(&s)
			require.NoError(t, err)
			teach(b, 60+20*k, 80+20*k)
			teach(whole, 60+20*k, 80+20*k)
			bandits, replicas = append(bandits, b), append(replicas, b.Snapshot())
		}
		merged, err := Merge(base, replicas...)
		require.NoError(t, err)
		teach(bandits[1], 120, 130) // while the others were merging
		teach(whole, 120, 130)
		require.NoError(t, bandits[1].Adopt(replicas[1], merged))
		got, want := bandits[1].Snapshot(), whole.Snapshot()
		require.Equal(t, len(want.Arms), len(got.Arms))
		if !exact {
			return
		}
		for i := range want.Arms {
			require.InDeltaSlice(t, want.Arms[i].State, got.Arms[i].State, 1e-9)
		}
		if len(want.Common) > 0 {
			require.InDeltaSlice(t, want.Common, got.Common, 1e-9)
		}
	})
}

func TestArmsComeAndGo(t *testing.T) {
	b := newBandit(t, UCB1{}, Options{}, "a", "b")
	d, err := b.Decide(Request{})
	require.NoError(t, err)
	require.NoError(t, b.Reward(d.ID, 1))
	late, err := b.Decide(Request{})
	require.NoError(t, err)
	arm, err := b.Add("c")
	require.NoError(t, err)
	require.Equal(t, 2, arm)
	require.NoError(t, b.Remove(late.Name))
	require.NoError(t, b.Reward(late.ID, 1), "rewards of arms that are gone are learned")
	for range 50 {
		d, err := b.Decide(Request{})
		require.NoError(t, err)
		require.NotEqual(t, late.Arm, d.Arm)
		require.NoError(t, b.Reward(d.ID, 0.5))
	}
	_, err = b.Decide(Request{Arms: []int{late.Arm}})
	require.ErrorIs(t, err, ml.ErrShape)
	require.ErrorIs(t, b.Remove(late.Name), ml.ErrConfig)
	_, err = b.Add("c")
	require.ErrorIs(t, err, ml.ErrConfig)
	again, err := b.Add(late.Name)
	require.NoError(t, err)
	require.Equal(t, late.Arm, again, "with what was learned of it")
	require.Equal(t, 1.0, b.Snapshot().Arms[again].State[pulls])
	// a new arm of EXP3 does not get all traffic
	e := newBandit(t, EXP3{}, Options{Seed: 1}, "x", "y")
	for range 500 {
		d, err := e.Decide(Request{})
		require.NoError(t, err)
		require.NoError(t, e.Reward(d.ID, coin(0.3+0.4*float64(d.Arm), d.ID)))
	}
	_, err = e.Add("new")
	require.NoError(t, err)
	p := make([]float64, 3)
	require.NoError(t, e.Probs(p, &ope.Round{Arms: []string{"x", "y", "new"}}))
	require.InDelta(t, p[1], p[2], 1e-12)
}

func TestRewardsAreCheckedAndExpire(t *testing.T) {
	now := time.Unix(1000, 0)
	b := newBandit(t, ThompsonBeta{}, Options{Expiry: time.Minute, ExpireAs: new(0.0), Pending: 64, Replica: 3}, "a", "b")
	b.now = func() time.Time { return now }
	require.ErrorIs(t, b.Reward(1, 1), ErrUnknown)
	d, err := b.Decide(Request{})
	require.NoError(t, err)
	require.Equal(t, uint64(3), d.ID>>seqBits)
	require.ErrorIs(t, b.Reward(d.ID+1, 1), ErrUnknown)
	require.ErrorIs(t, b.Reward(d.ID&(1<<seqBits-1), 1), ErrUnknown, "another replica's")
	require.ErrorIs(t, b.Reward(d.ID, math.NaN()), ml.ErrNotFinite)
	require.ErrorIs(t, b.Reward(d.ID, 1.5), ml.ErrTarget)
	require.NoError(t, b.Reward(d.ID, 1))
	require.ErrorIs(t, b.Reward(d.ID, 1), ErrDuplicate)
	var e *ml.Error
	require.ErrorAs(t, b.Reward(d.ID, 1), &e)

	slow, err := b.Decide(Request{})
	require.NoError(t, err)
	now = now.Add(2 * time.Minute)
	version := b.Version()
	require.ErrorIs(t, b.Reward(slow.ID, 1), ErrExpired)
	require.Equal(t, version+1, b.Version(), "an expired decision counts as its reward of 0")
	require.ErrorIs(t, b.Reward(slow.ID, 1), ErrExpired)
	for range 10 {
		_, err = b.Decide(Request{})
		require.NoError(t, err)
	}
	now = now.Add(2 * time.Minute)
	n, err := b.Expire()
	require.NoError(t, err)
	require.Equal(t, 10, n)
	require.Zero(t, b.Waiting())
	first, err := b.Decide(Request{})
	require.NoError(t, err)
	for range 64 {
		_, err = b.Decide(Request{})
		require.NoError(t, err)
	}
	require.ErrorIs(t, b.Reward(first.ID, 1), ErrExpired, "no room for more than 64")
	require.Equal(t, 64, b.Waiting())
}

func TestBadConfigsAndRequests(t *testing.T) {
	for _, p := range []Policy{nil, EpsilonGreedy{Epsilon: 2}, EpsilonGreedy{Decay: -1}, Softmax{Temperature: -1}, Gradient{LearningRate: math.NaN()}, UCB1{Explore: -1}, UCBTuned{Explore: math.Inf(1)}, KLUCB{C: -1},
		SlidingWindowUCB{Window: -1}, DiscountedUCB{Discount: 1.5}, ThompsonBeta{PriorA: -1}, ThompsonGaussian{Noise: -1}, ThompsonGaussian{PriorMean: math.NaN()}, BayesUCB{PriorB: -2}, EXP3{Explore: 2}, EXP3IX{Implicit: -1},
		LinUCB{Explore: -1}, LinUCB{Design: Design{L2: -1}}, LinThompson{Samples: -1}, LogisticThompson{Explore: -1}, Bagging{Models: -1}, SquareCB{Power: 2}, LinEpsilonGreedy{Epsilon: -1}, HybridLinUCB{L2: -1}} {
		_, err := New(p, Options{}, "a")
		require.ErrorIs(t, err, ml.ErrConfig, "%#v", p)
	}
	for _, o := range []Options{{Replica: -1}, {Replica: 4096}, {MinProb: 2}, {Pending: -1}, {Expiry: -1}, {RewardMin: 2}, {ExpireAs: new(2.0)}} {
		_, err := New(UCB1{}, o, "a")
		require.Error(t, err, "%#v", o)
	}
	b := newBandit(t, LinUCB{}, Options{}, "a", "b")
	for _, r := range []Request{{}, {Context: []float64{math.NaN()}}, {Context: []float64{1}, Arms: []int{0, 0}}, {Context: []float64{1}, Arms: []int{2}}, {Context: []float64{1}, Arms: []int{}}} {
		_, err := b.Decide(r)
		require.Error(t, err, "%#v", r)
	}
	_, err := b.Decide(Request{Context: []float64{1, 2}})
	require.NoError(t, err, "what was refused fixed nothing")
	_, err = b.Decide(Request{Context: []float64{1}})
	require.ErrorIs(t, err, ml.ErrShape)
	s := newBandit(t, LinUCB{Design: Design{Shared: true}}, Options{})
	for _, r := range []Request{{}, {Features: [][]float64{{1}, {1, 2}}}, {Features: [][]float64{{math.Inf(1)}}}, {Features: [][]float64{{1}}, Names: []string{"x", "y"}}} {
		_, err := s.Decide(r)
		require.Error(t, err, "%#v", r)
	}
	none := newBandit(t, UCB1{}, Options{})
	_, err = none.Decide(Request{})
	require.ErrorIs(t, err, ml.ErrShape)
}

// Any number of goroutines decide and reward at once; what they wrote in any order is replayed.
func TestManyGoroutines(t *testing.T) {
	for name, p := range map[string]Policy{"UCB1": UCB1{}, "ThompsonBeta": ThompsonBeta{}, "LinUCB": LinUCB{}, "LinThompson": LinThompson{}} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer // the bandit's calls of Write do not overlap
			b := newBandit(t, p, Options{Seed: 2, MinProb: 0.01}, names(5)...)
			require.NoError(t, b.LogTo(&log))
			var wg sync.WaitGroup
			const workers, each = 8, 60
			for w := range workers {
				wg.Add(1)
				go func() {
					defer wg.Done()
					x := make([]float64, 4)
					r := rng.New(1, uint64(w))
					for i := range each {
						rng.Normal(r, x, 0, 1)
						d, err := b.Decide(Request{Context: x})
						if err == nil {
							err = b.Reward(d.ID, coin(0.1*float64(d.Arm), d.ID))
						}
						if w == 0 && i == each/2 && err == nil {
							_, err = b.Add("late")
						}
						if err != nil {
							t.Error(err)
							return
						}
					}
				}()
			}
			wg.Wait()
			events, err := ReadLog(&log)
			require.NoError(t, err)
			again, err := Replay(events)
			require.NoError(t, err)
			require.Equal(t, uint64(workers*each), b.Snapshot().Decisions)
			require.Equal(t, b.Snapshot().Arms, again.Snapshot().Arms)
		})
	}
}

func TestReadLogRefusesWhatCannotBe(t *testing.T) {
	for _, line := range []string{"{", `{"event":"dance"}`, `{"event":"reward","id":1}`, `{"event":"decision","id":1,"probs":[0.5,0.5],"choice":2,"propensity":0.5}`,
		`{"event":"decision","id":1,"probs":[0.5,0.5],"choice":0,"propensity":0.25}`, `{"event":"decision","id":1,"probs":[0.5,0.6],"choice":0,"propensity":0.5}`,
		`{"event":"decision","id":1,"probs":[1],"choice":0,"propensity":0}`, `{"event":"decision","id":1,"arms":["a"],"probs":[0.5,0.5],"choice":0,"propensity":0.5}`, `{"event":"reward","id":1,"reward":1,"more":2}`} {
		_, err := ReadLog(bytes.NewBufferString(line + "\n"))
		require.ErrorIs(t, err, ml.ErrFormat, line)
	}
	events, err := ReadLog(bytes.NewBufferString("\n" + `{"event":"reward","id":1,"reward":1}` + "\n" + `{"event":"rew`))
	require.NoError(t, err)
	require.Len(t, events, 1)
}

// A file to which two runs and another replica wrote: IDs that were used again are told apart.
func TestLogsOfSeveralRunsAreJoined(t *testing.T) {
	var log bytes.Buffer
	run := func(replica int, rewards ...float64) *Bandit {
		b := newBandit(t, UCB1{}, Options{Replica: replica}, "a", "b")
		require.NoError(t, b.LogTo(&log))
		for _, r := range rewards {
			d, err := b.Decide(Request{})
			require.NoError(t, err)
			if r >= 0 {
				require.NoError(t, b.Reward(d.ID, r))
			}
		}
		return b
	}
	first := run(1, 0.1, -1, 0.2)
	run(2, 0.3)
	run(1, -1, 0.4) // decision 1 of the first run is rewarded, that of this one is not
	events, err := ReadLog(bytes.NewReader(log.Bytes()))
	require.NoError(t, err)
	var got []float64
	for _, r := range Rounds(events, new(9.0)) {
		got = append(got, r.Reward)
	}
	require.Equal(t, []float64{0.1, 9, 0.2, 0.3, 9, 0.4}, got)

	// one that is resumed goes on with its IDs, and late rewards find their decisions
	log.Reset()
	require.NoError(t, first.LogTo(&log))
	d, err := first.Decide(Request{})
	require.NoError(t, err)
	again, err := Resume(first.Snapshot())
	require.NoError(t, err)
	require.NoError(t, again.LogTo(&log))
	require.NoError(t, again.Reward(d.ID, 0.5))
	events, err = ReadLog(&log)
	require.NoError(t, err)
	require.Len(t, Rounds(events, nil), 1)
	_, err = Replay(events)
	require.ErrorIs(t, err, ml.ErrData)
}

func FuzzLog(f *testing.F) {
	var log bytes.Buffer
	for _, p := range []Policy{UCB1{}, LinUCB{Design: Design{Shared: true}}, EXP3{}} {
		log.Reset()
		b := newBandit(f, p, Options{MinProb: 0.1}, "a", "b")
		if err := b.LogTo(&log); err != nil {
			f.Fatal(err)
		}
		for i := range 4 {
			d, err := b.Decide(Request{Context: []float64{1}, Features: [][]float64{{1}, {2}}})
			if err == nil {
				err = b.Reward(d.ID, float64(i%2))
			}
			if err != nil {
				f.Fatal(err)
			}
		}
		f.Add(log.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		events, err := ReadLog(bytes.NewReader(text))
		if err != nil {
			return
		}
		rounds := Rounds(events, new(0.0))
		if len(rounds) > 1 { // whatever it says, an error at the most
			_, _ = ope.Evaluate(context.Background(), rounds, ope.Uniform{}, ope.DR{}, nil)
		}
		if len(events) < 100 {
			_, _ = Replay(events)
		}
	})
}

func FuzzSnapshot(f *testing.F) {
	for _, p := range []Policy{ThompsonBeta{}, SlidingWindowUCB{Window: 3}, LinUCB{}, Gradient{}} {
		b := newBandit(f, p, Options{ExpireAs: new(0.5)}, "a", "b")
		for i := range 3 {
			d, err := b.Decide(Request{Context: []float64{1}})
			if err == nil && i > 0 {
				err = b.Reward(d.ID, 1)
			}
			if err != nil {
				f.Fatal(err)
			}
		}
		text, err := ml.MarshalConfig(b.Snapshot())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ml.UnmarshalConfig[*Snapshot](text)
		if err != nil {
			return
		}
		b, err := Resume(s)
		if err != nil {
			t.Fatal("Restore let through what Resume refuses:", err)
		}
		d, err := b.Decide(Request{Context: make([]float64, s.Context)})
		if err == nil && !(d.Propensity > 0 && d.Propensity <= 1) {
			t.Fatalf("propensity %g", d.Propensity)
		}
		_ = b.Reward(d.ID, 1)
		for _, w := range s.Waiting {
			_ = b.Reward(w.ID, 1)
		}
		_, _ = Merge(nil, s, b.Snapshot())
	})
}

func TestHostileSnapshots(t *testing.T) {
	good := func() *Snapshot {
		b := newBandit(t, LinUCB{}, Options{}, "a", "b")
		for i := range 10 {
			d, err := b.Decide(Request{Context: []float64{float64(i), 1}})
			require.NoError(t, err)
			if i%2 == 0 {
				require.NoError(t, b.Reward(d.ID, 1))
			}
		}
		return b.Snapshot()
	}
	for name, spoil := range map[string]func(s *Snapshot){
		"policy": func(s *Snapshot) { s.Policy = nil }, "context": func(s *Snapshot) { s.Context = 1 << 30 }, "width": func(s *Snapshot) { s.Context = 3 },
		"state": func(s *Snapshot) { s.Arms[1].State = s.Arms[1].State[1:] }, "NaN": func(s *Snapshot) { s.Arms[0].State[0] = math.NaN() }, "names": func(s *Snapshot) { s.Arms[1].Name = "a" },
		"decisions": func(s *Snapshot) { s.Decisions = 1 << 60 }, "id": func(s *Snapshot) { s.Waiting[1].ID = s.Waiting[0].ID }, "arm": func(s *Snapshot) { s.Waiting[0].Arm = 5 },
		"row": func(s *Snapshot) { s.Waiting[0].Row = nil }, "propensity": func(s *Snapshot) { s.Waiting[0].Propensity = 0 }, "pending": func(s *Snapshot) { s.Options.Pending = -1 },
	} {
		s := good()
		spoil(s)
		require.ErrorIs(t, s.Restore(), ml.ErrFormat, name)
	}
	// numbers that no rewards lead to give probabilities all the same
	s := good()
	for i := range s.Arms[0].State {
		s.Arms[0].State[i] = -1e200
	}
	b, err := Resume(s)
	require.NoError(t, err)
	d, err := b.Decide(Request{Context: []float64{1, 2}})
	require.NoError(t, err)
	require.True(t, d.Propensity > 0 && d.Propensity <= 1)
	w := newBandit(t, SlidingWindowUCB{Window: 4}, Options{}, "a")
	snap := w.Snapshot()
	snap.Common[steps], snap.Common[ringStart] = 1, 7
	require.ErrorIs(t, snap.Restore(), ml.ErrFormat)
}

func TestDecisionsDoNotAllocate(t *testing.T) {
	if testing.Short() {
		t.Skip("memory is measured where it is fast")
	}
	everyPolicy(t, func(t *testing.T, p Policy, request func(int) Request) {
		b := newBandit(t, p, Options{Pending: 64}, names(4)...)
		r := request(1)
		step := func() {
			d, err := b.Decide(r)
			if err == nil {
				err = b.Reward(d.ID, 1)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 200 {
			step()
		}
		limit := 0.0
		switch c := p.(type) {
		case HybridLinUCB:
			limit = 12 // updates factor matrices in fresh memory
		case LinUCB:
			if c.Decay != 0 {
				limit = 4
			}
		}
		require.LessOrEqual(t, testing.AllocsPerRun(200, step), limit)
		require.Zero(t, testing.AllocsPerRun(200, func() {
			if _, err := b.Decide(r); err != nil {
				t.Fatal(err)
			}
		}), "decisions")
	})
}
