package rl

import (
	"math/rand/v2"
	"slices"
)

// Goals is an environment that is told what to reach: three stretches of its observation are what it shows, what has been achieved and what is desired. An environment
// made by a [Maker] has it as an [Ability].
type Goals interface {
	Goal() (achieved, desired, length int)                               // where both begin in the observation, and how long they are
	Score(achieved, desired []float32) (reward float64, terminated bool) // of a step that achieves this where that is desired
}

// hindsight is hindsight experience replay (Andrychowicz et al., NIPS 2017): after an episode, each of its steps is kept several times more, as if what was achieved later
// in it had been desired. Rewards that are met too rarely to learn from are then met all the time.
type hindsight[A int | float32] struct {
	times   int
	goals   Goals
	episode [][]transition[A] // of each environment
	spare   []transition[A]
	room    *stepMemory[A]
}

// add notes a step, and hands on the episode when it is over.
func (h *hindsight[A]) add(env int, obs []float32, act []A, reward float64, next []float32, mask []bool, terminated, over bool, r *rand.Rand) {
	h.room.add(env, obs, act, reward, next, mask, terminated, over)
	t := h.blank()
	copy(t.obs, obs)
	copy(t.next, next)
	copy(t.act, act)
	copy(t.mask, mask)
	t.reward, t.terminated, t.over = reward, terminated, over
	h.episode[env] = append(h.episode[env], t)
	if !over {
		return
	}
	done := h.episode[env]
	from, to, n := h.goals.Goal()
	for range h.times {
		for k := range done {
			later := &done[k+r.IntN(len(done)-k)]
			t := h.blank()
			copy(t.obs, done[k].obs)
			copy(t.next, done[k].next)
			copy(t.obs[to:to+n], later.next[from:from+n])
			copy(t.next[to:to+n], later.next[from:from+n])
			t.reward, t.terminated = h.goals.Score(t.next[from:from+n], t.next[to:to+n])
			keep := h.room.discount
			if t.terminated {
				keep = 0
			}
			h.room.put(env, t.obs, done[k].act, t.reward, t.next, done[k].mask, keep)
			h.spare = append(h.spare, t)
		}
	}
	h.spare = append(h.spare, done...)
	h.episode[env] = done[:0]
}

func (h *hindsight[A]) blank() transition[A] {
	if n := len(h.spare); n > 0 {
		t := h.spare[n-1]
		h.spare = h.spare[:n-1]
		return t
	}
	r := h.room
	return transition[A]{obs: make([]float32, r.wide), next: make([]float32, r.wide), act: make([]A, r.places), mask: make([]bool, r.codes)}
}

func (h *hindsight[A]) archive(a *archive) {
	for e := range h.episode {
		n := a.length(len(h.episode[e]))
		if a.reading {
			h.episode[e] = h.episode[e][:0]
		}
		for k := range n {
			if a.short {
				return
			}
			if a.reading {
				h.episode[e] = append(h.episode[e], h.blank())
			}
			t := &h.episode[e][k]
			a.floats(t.obs)
			a.floats(t.next)
			archiveActs(a, t.act, h.room.limit)
			a.bools(t.mask)
			a.double(&t.reward)
		}
	}
}

// BitFlip is N switches and N wanted settings; each step turns one switch over. The reward is -1 until all are as wanted, which ends an episode; after N steps it is cut
// off. With many switches no one meets the reward by chance: the world for which hindsight was invented. What is seen are the switches (which are also what is achieved) and
// what is wanted.
type BitFlip struct {
	N int // switches. 0: 8
}

// Make makes the environment.
func (c BitFlip) Make() (Env[[]float32, int], error) {
	setDefault(&c.N, 8)
	k := common{where: "rl.BitFlip"}
	k.count(c.N, 1<<16, "N")
	if k.err != nil {
		return nil, k.err
	}
	return &bitFlip{episode: episode{limit: c.N}, n: c.N, bits: make([]float32, 2*c.N), obs: make([]float32, 2*c.N)}, nil
}

type bitFlip struct {
	episode
	n    int
	bits []float32 // the switches, and what is wanted
	obs  []float32 // a copy, which is handed out
	src  source
}

func (e *bitFlip) Spec() Spec[[]float32, int] {
	return Spec[[]float32, int]{ID: "BitFlip", Obs: NewBox(0, 1, 2*e.n), Act: Discrete{N: e.n}, MaxSteps: e.n}
}

func (e *bitFlip) Reset(seed uint64) ([]float32, error) {
	e.src.state = seed
	e.src.Uint64() // neighbouring seeds part
	for {
		for i := range e.bits {
			e.bits[i] = float32(e.src.Uint64() >> 63)
		}
		if !slices.Equal(e.bits[:e.n], e.bits[e.n:]) {
			e.begin()
			copy(e.obs, e.bits)
			return e.obs, nil
		}
	}
}

func (e *bitFlip) Step(action int) (Step[[]float32], error) {
	if !e.on {
		return Step[[]float32]{}, Over("rl.BitFlip.Step")
	}
	if uint(action) >= uint(e.n) {
		return Step[[]float32]{}, BadAction("rl.BitFlip.Step", action, Discrete{N: e.n})
	}
	e.bits[action] = 1 - e.bits[action]
	copy(e.obs, e.bits)
	reward, end := e.Score(e.bits[:e.n], e.bits[e.n:])
	return Step[[]float32]{Obs: e.obs, Reward: reward, Terminated: end, Truncated: e.step(end)}, nil
}

// Goal implements Goals.
func (e *bitFlip) Goal() (achieved, desired, length int) { return 0, e.n, e.n }

// Score implements Goals.
func (e *bitFlip) Score(achieved, desired []float32) (float64, bool) {
	if slices.Equal(achieved, desired) {
		return 0, true
	}
	return -1, false
}
