package rl

import (
	"math"
	"math/rand/v2"
)

// stepMemory is a ring of steps, for learners that use a step many times. A step that is kept may stand for several: its reward is then the discounted sum of them
// and what follows is what the last of them led to (Sutton and Barto, section 7.1).
type stepMemory[A int | float32] struct {
	cap, wide, places, codes int
	size, at                 int
	states                   *states
	acts                     []A
	reward                   []float32
	keep                     []float32 // what the value of next counts: the discount to the number of steps, 0 after an end
	masks                    []bool    // of next; none: everything can be done

	steps    int // that one stands for
	discount float64
	waiting  [][]transition[A] // of each environment, oldest first
	spare    []transition[A]
	tree     *sumTree // priorities; nil: all alike
	alpha    float64
	top      float64 // the largest priority so far
	limit    int     // codes of an action, which a file must keep to; 0: numbers
}

type transition[A int | float32] struct {
	obs, next  []float32
	act        []A
	mask       []bool
	reward     float64
	terminated bool
	over       bool
}

func newStepMemory[A int | float32](capacity, envs, wide, places, codes, steps int, discount float64) *stepMemory[A] {
	r := &stepMemory[A]{cap: capacity, wide: wide, places: places, codes: codes, steps: steps, discount: discount, waiting: make([][]transition[A], envs), top: 1}
	r.states = newStates(capacity, envs, wide, steps)
	r.acts, r.reward, r.keep = make([]A, capacity*places), make([]float32, capacity), make([]float32, capacity)
	r.masks = make([]bool, capacity*codes)
	for i := range r.waiting {
		r.waiting[i] = make([]transition[A], 0, steps+1)
	}
	return r
}

// add notes a step of an environment.
func (r *stepMemory[A]) add(env int, obs []float32, act []A, reward float64, next []float32, mask []bool, terminated, over bool) {
	if r.steps == 1 {
		keep := r.discount
		if terminated {
			keep = 0
		}
		r.put(env, obs, act, reward, next, mask, keep)
		return
	}
	t := r.blank()
	copy(t.obs, obs)
	copy(t.next, next)
	copy(t.act, act)
	copy(t.mask, mask)
	t.reward, t.terminated, t.over = reward, terminated, over
	w := append(r.waiting[env], t)
	for len(w) >= r.steps || over && len(w) > 0 {
		sum, by, last := 0.0, 1.0, w[min(r.steps, len(w))-1]
		for _, s := range w[:min(r.steps, len(w))] {
			sum += float64(by * s.reward)
			by *= r.discount
		}
		if last.terminated {
			by = 0
		}
		r.put(env, w[0].obs, w[0].act, sum, last.next, last.mask, by)
		r.spare = append(r.spare, w[0])
		copy(w, w[1:])
		w = w[:len(w)-1]
	}
	r.waiting[env] = w
}

func (r *stepMemory[A]) blank() transition[A] {
	if n := len(r.spare); n > 0 {
		t := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return t
	}
	return transition[A]{obs: make([]float32, r.wide), next: make([]float32, r.wide), act: make([]A, r.places), mask: make([]bool, r.codes)}
}

func (r *stepMemory[A]) put(env int, obs []float32, act []A, reward float64, next []float32, mask []bool, keep float64) {
	i := r.at
	if i < r.size { // the oldest goes
		r.states.drop(i)
	}
	r.states.put(i, env, obs, next)
	copy(r.acts[i*r.places:(i+1)*r.places], act)
	copy(r.masks[i*r.codes:(i+1)*r.codes], mask)
	r.reward[i], r.keep[i] = float32(reward), float32(keep)
	if r.tree != nil {
		r.tree.set(i, r.top) // what is new is tried once for certain
	}
	r.at = (i + 1) % r.cap
	r.size = max(r.size, i+1)
}

// draw fills idx, and weight with what each counts so that the mean stays right (1 without priorities).
func (r *stepMemory[A]) draw(idx []int, weight []float32, beta float64, rnd *rand.Rand) {
	if r.tree == nil {
		for k := range idx {
			idx[k], weight[k] = rnd.IntN(r.size), 1
		}
		return
	}
	total, most := r.tree.sum(), 0.0
	for k := range idx { // one of each of equal parts (Schaul et al., ICLR 2016)
		i := min(r.tree.find((float64(k)+rnd.Float64())*total/float64(len(idx))), r.size-1)
		idx[k] = i
		w := math.Pow(float64(r.size)*r.tree.at(i)/total, -beta)
		weight[k] = float32(w)
		most = max(most, w)
	}
	for k := range weight {
		weight[k] /= float32(most)
	}
}

// learnt notes how wrong a step was.
func (r *stepMemory[A]) learnt(i int, e float64) {
	if r.tree == nil {
		return
	}
	p := math.Pow(math.Abs(e)+1e-6, r.alpha)
	r.top = max(r.top, p)
	r.tree.set(i, p)
}

// gather copies steps together.
func (r *stepMemory[A]) gather(idx []int, obs, next []float32) {
	w := r.wide
	for k, i := range idx {
		copy(obs[k*w:(k+1)*w], r.states.row(r.states.from[i]))
		copy(next[k*w:(k+1)*w], r.states.row(r.states.to[i]))
	}
}

func (r *stepMemory[A]) archive(a *archive) {
	a.int(&r.size, &r.at)
	a.within(r.size, r.cap)
	a.within(r.at, r.cap-1)
	if a.short {
		return
	}
	r.states.archive(a, r.size)
	if a.short {
		return
	}
	archiveActs(a, r.acts[:r.size*r.places], r.limit)
	a.floats(r.reward[:r.size])
	a.floats(r.keep[:r.size])
	a.bools(r.masks[:r.size*r.codes])
	for e := range r.waiting {
		n := a.length(len(r.waiting[e]))
		a.within(n, r.steps)
		if a.short {
			return
		}
		if a.reading {
			r.waiting[e] = r.waiting[e][:0]
			for range n {
				r.waiting[e] = append(r.waiting[e], r.blank())
			}
		}
		for k := range r.waiting[e] {
			t := &r.waiting[e][k]
			a.floats(t.obs)
			a.floats(t.next)
			archiveActs(a, t.act, r.limit)
			a.bools(t.mask)
			a.double(&t.reward)
			flags := []bool{t.terminated, t.over}
			a.bools(flags)
			t.terminated, t.over = flags[0], flags[1]
		}
	}
	a.double(&r.top)
	if r.tree != nil {
		a.doubles(r.tree.node[len(r.tree.node)/2:])
		if a.reading {
			r.tree.rebuild()
		}
	}
}

// bytes is the memory that it takes, but for steps that wait to be joined.
func (r *stepMemory[A]) bytes() int {
	n := r.states.size() + 4*(len(r.reward)+len(r.keep)) + len(r.masks) + 4*len(r.acts)
	if _, codes := any(r.acts).([]int); codes {
		n += 4 * len(r.acts)
	}
	if r.tree != nil {
		n += 8 * len(r.tree.node)
	}
	return n
}

func archiveActs[A int | float32](a *archive, acts []A, limit int) {
	switch v := any(acts).(type) {
	case []int:
		for i := range v {
			a.int(&v[i])
			a.within(v[i], limit-1)
		}
	case []float32:
		a.floats(v)
	}
}

// sumTree draws by priorities: a heap of sums, whose second half are the leaves. Sums are made anew from both children, so they never drift.
type sumTree struct{ node []float64 }

func newSumTree(n int) *sumTree {
	size := 1
	for size < n {
		size *= 2
	}
	return &sumTree{make([]float64, 2*size)}
}

func (s *sumTree) sum() float64 { return s.node[1] }

func (s *sumTree) at(i int) float64 { return s.node[len(s.node)/2+i] }

func (s *sumTree) set(i int, p float64) {
	k := len(s.node)/2 + i
	s.node[k] = p
	for k /= 2; k >= 1; k /= 2 {
		s.node[k] = s.node[2*k] + s.node[2*k+1]
	}
}

func (s *sumTree) rebuild() {
	for k := len(s.node)/2 - 1; k >= 1; k-- {
		s.node[k] = s.node[2*k] + s.node[2*k+1]
	}
}

// find is the leaf in whose stretch of the running sum v lies.
func (s *sumTree) find(v float64) int {
	k := 1
	for k < len(s.node)/2 {
		k *= 2
		if v >= s.node[k] && s.node[k+1] > 0 {
			v -= s.node[k]
			k++
		}
	}
	return k - len(s.node)/2
}
