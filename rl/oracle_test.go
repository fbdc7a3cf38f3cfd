package rl

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Advantages are the discounted sums of temporal differences to the end of the episode or of the rollout, term by term.
func TestAdvantagesAreTheirSums(t *testing.T) {
	r := rng.New(4, 4)
	const envs, steps, discount, lambda = 3, 25, 0.9, 0.8
	w, err := codeWorld("test", CartPole{}, envs)
	if err != nil {
		t.Fatal(err)
	}
	o, err := w.start(bg, training{where: "test", steps: 1000, hidden: []int{4}, rollout: steps, batch: envs * steps, config: func(Run) any { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	o.T = steps
	for k := range o.rewards {
		o.rewards[k], o.values[k], o.next[k], o.last[k] = r.NormFloat64(), r.NormFloat64(), r.NormFloat64(), r.IntN(6) == 0
	}
	o.estimate(discount, lambda)
	for i := range envs {
		for s := range steps {
			want, by := 0.0, 1.0
			for u := s; u < steps; u++ {
				k := u*envs + i
				want += by * (o.rewards[k] + discount*o.next[k] - o.values[k])
				by *= discount * lambda
				if o.last[k] {
					break
				}
			}
			if got := o.advantages[s*envs+i]; math.Abs(got-want) > 1e-12*(1+math.Abs(want)) { // double, another order of additions
				t.Fatalf("environment %d, step %d: %v, wanted %v", i, s, got, want)
			}
		}
	}
}

// What a memory of n steps holds, beside sums over the episodes that went by: at episodes' ends, at time limits (whose next state counts), with several environments, and
// after the ring has gone round.
func TestNStepMemoryIsItsSums(t *testing.T) {
	r := rng.New(5, 5)
	for _, n := range []int{1, 2, 4} {
		const envs, discount = 2, 0.5
		type step struct {
			reward           float64
			terminated, over bool
		}
		done := make([][]step, envs)
		for i := range done {
			for range 40 {
				s := step{reward: float64(r.IntN(9)), terminated: r.IntN(7) == 0}
				s.over = s.terminated || r.IntN(7) == 0
				done[i] = append(done[i], s)
			}
		}
		const capacity = 50 // of 80 steps
		m := newStepMemory[int](capacity, envs, 1, 1, 0, n, discount)
		name := func(env, s int) float32 { return float32(100*env + s) } // of the state before step s
		for s := range 40 {
			for i := range envs {
				d := done[i][s]
				m.add(i, []float32{name(i, s)}, []int{s % 3}, d.reward, []float32{name(i, s) + 1}, nil, d.terminated, d.over)
			}
		}
		if m.size != capacity {
			t.Fatal(m.size)
		}
		seen := map[float32]bool{}
		for k := range m.size {
			if seen[m.states.row(m.states.from[k])[0]] {
				t.Fatal("a step is there twice:", m.states.row(m.states.from[k])[0])
			}
			seen[m.states.row(m.states.from[k])[0]] = true
			env, s := int(m.states.row(m.states.from[k])[0])/100, int(m.states.row(m.states.from[k])[0])%100
			sum, by, u := 0.0, 1.0, s
			for ; ; u++ {
				sum += by * done[env][u].reward
				by *= discount
				if done[env][u].over || u-s == n-1 {
					break
				}
			}
			if done[env][u].terminated {
				by = 0
			}
			if float64(m.reward[k]) != sum || float64(m.keep[k]) != by || m.states.row(m.states.to[k])[0] != name(env, u)+1 || m.acts[k] != s%3 {
				t.Errorf("n %d, environment %d, step %d: reward %v, keep %v, next %v; wanted %v, %v, %v", n, env, s, m.reward[k], m.keep[k], m.states.row(m.states.to[k])[0], sum, by, name(env, u)+1)
			}
		}
		for i := range envs { // the latest are there, but for those that wait for their followers
			for s := 20; s < 40-n; s++ {
				if !seen[name(i, s)] {
					t.Errorf("n %d: step %d of environment %d is gone", n, s, i)
				}
			}
		}
	}
}

// The tree against plain sums, under changes at random: its total, what it finds, and how often steps are drawn and what they then count.
func TestPrioritiesAreTheirSums(t *testing.T) {
	r := rng.New(6, 6)
	const n = 37
	m := newStepMemory[int](n, 1, 1, 1, 0, 1, 0.9)
	m.tree, m.alpha = newSumTree(n), 0.6
	for i := range n {
		m.add(0, []float32{float32(i)}, []int{0}, 0, []float32{0}, nil, false, false)
	}
	p := slices.Repeat([]float64{1}, n)
	for range 500 {
		i := r.IntN(n)
		e := r.NormFloat64()
		m.learnt(i, e)
		p[i] = math.Pow(math.Abs(e)+1e-6, 0.6)
	}
	total := 0.0
	for _, v := range p {
		total += v
	}
	if math.Abs(m.tree.sum()-total) > 1e-12*total {
		t.Fatal(m.tree.sum(), total)
	}
	for range 2000 {
		v := r.Float64() * total
		want, left := 0, v
		for want < n-1 && left >= p[want] {
			left -= p[want]
			want++
		}
		edge := min(math.Abs(left), math.Abs(p[want]-left)) < 1e-9 // where rounding decides
		if got := m.tree.find(v); got != want && !edge {
			t.Fatalf("%v is in the stretch of %d, not of %d", v, want, got)
		}
	}
	const batch, rounds, beta = 8, 20_000, 0.5
	idx, weight, count := make([]int, batch), make([]float32, batch), make([]float64, n)
	for range rounds {
		m.draw(idx, weight, beta, r)
		most := 0.0
		for _, i := range idx {
			count[i]++
			most = max(most, math.Pow(n*p[i]/total, -beta))
		}
		for k, i := range idx {
			if want := math.Pow(n*p[i]/total, -beta) / most; math.Abs(float64(weight[k])-want) > 1e-6 {
				t.Fatalf("step %d counts %v, wanted %v", i, weight[k], want)
			}
		}
	}
	for i, c := range count {
		want := batch * rounds * p[i] / total
		if math.Abs(c-want) > 5*math.Sqrt(want) { // stratified draws scatter less than binomial ones: five deviations of those
			t.Errorf("step %d was drawn %v times, wanted about %.0f", i, c, want)
		}
	}
}

// Densities add up to 1, and entropies are the means of -log p: sums over codes, and integrals over actions by Simpson's rule.
func TestDistributionsAddUp(t *testing.T) {
	one, h := make([]float64, 1), make([]float64, 1)
	c := newCodes([]int{3, 2}, 0)
	out, mask := []float32{0.3, -0.5, 1.2, 0.4, -2}, []bool{true, false, true, true, true}
	sum, mean := 0.0, 0.0
	for a := range 3 {
		for b := range 2 {
			c.rate(out, nil, mask, []int{a, b}, one, h)
			if p := math.Exp(one[0]); p > 0 {
				sum += p
				mean -= p * one[0]
			}
		}
	}
	if math.Abs(sum-1) > 1e-12 || math.Abs(mean-h[0]) > 1e-12 {
		t.Errorf("codes: %v in all, entropy %v, wanted %v", sum, h[0], mean)
	}
	integral := func(lo, hi float64, logp func(x float32) float64) (sum, mean float64) {
		const n = 4000
		for k := range n + 1 {
			by := float64(2 + 2*(k%2))
			if k == 0 || k == n {
				by = 1
			}
			x := float32(lo + (hi-lo)*float64(k)/n)
			l := logp(x)
			sum += by * math.Exp(l)
			mean -= by * math.Exp(l) * l
		}
		return sum * (hi - lo) / n / 3, mean * (hi - lo) / n / 3
	}
	for _, sde := range []bool{false, true} {
		g := newGaussian([]float32{-1}, []float32{1}, -0.5, sde, 2, 1, 1)
		g.start(make([]float32, g.extra()), make([]float32, g.extra()))
		g.fresh()
		latent := []float32{0.7, -0.4}
		sum, mean := integral(-8, 8, func(x float32) float64 {
			g.rate([]float32{0.25}, latent, nil, []float32{x}, one, h)
			return one[0]
		})
		if math.Abs(sum-1) > 1e-5 || math.Abs(mean-h[0]) > 1e-5 { // actions are float32
			t.Errorf("numbers, sde %v: %v in all, entropy %v, wanted %v", sde, sum, h[0], mean)
		}
	}
	b := newBetas([]float32{-2}, []float32{2})
	sum, mean = integral(0, 1, func(x float32) float64 {
		b.rate([]float32{0.4, 2.5}, nil, nil, []float32{min(max(x, 1e-9), 1-1e-7)}, one, h)
		return one[0]
	})
	if math.Abs(sum-1) > 1e-4 || math.Abs(mean-h[0]) > 1e-4 {
		t.Errorf("betas: %v in all, entropy %v, wanted %v", sum, h[0], mean)
	}
	r, drawn, act := rng.New(7, 7), 0.0, make([]float32, 1)
	for range 20_000 {
		b.draw([]float32{0.4, 2.5}, nil, nil, act, one, r)
		drawn += float64(act[0]) / 20_000
	}
	if want := b.rows[0].a / (b.rows[0].a + b.rows[0].b); math.Abs(drawn-want) > 5*0.25/math.Sqrt(20_000) { // five deviations of the mean
		t.Errorf("betas: the mean of draws is %v, not %v", drawn, want)
	}
	// Squashed, as SAC draws them: the density by the action, of the draw e that leads to it.
	for _, sde := range []bool{false, true} {
		shape := offShape{steps: 10, envs: 1, hidden: []int{2}, outputs: 2, sde: sde, batch: 1, buffer: 4, nStep: 1, start: 1, every: 1, updates: 1, hold: 1, discount: 0.9, tau: 0.1}
		if sde {
			shape.outputs = 1
		}
		o, err := newOffPolicy(bg, "test", sight[[]float32]{1, NewBox(-1, 1, 1)}, shape)
		if err != nil {
			t.Fatal(err)
		}
		s := newSAC(o, SAC{BatchSize: 1, SDE: sde, LogStd: -0.7, SDEEvery: 1})
		e, latent, noise := 0.0, []float32{0.8, 0.3}, make([]float32, 1)
		o.normal = func() float64 { return e }
		last, total := -1.0, 0.0
		lastP := 0.0
		for e = -7; e <= 7; e += 1e-3 {
			if sde {
				s.sde.redraw() // both weights get e: the noise is e times the sum of h·std, and its variance is of h² std²
				s.sde.e[0], s.sde.e[1] = e*math.Sqrt(s.g2(latent))/(float64(latent[0])*s.sde.std[0]), 0
				s.sde.sample([]float32{0.2}, latent, act, one)
			} else {
				one[0] = s.sample([]float32{0.2, -0.6}, act, noise)
			}
			p := math.Exp(one[0])
			total += (float64(act[0]) - last) * (p + lastP) / 2
			last, lastP = float64(act[0]), p
		}
		if math.Abs(total-1) > 1e-3 { // trapezoids, and log(1-a²+1e-6) is off near the bounds
			t.Errorf("squashed, sde %v: %v in all", sde, total)
		}
	}
}

// g2 is the variance of the noise on the first number in a state.
func (s *sac) g2(latent []float32) float64 { return s.sde.g.spread(latent, 0) }
