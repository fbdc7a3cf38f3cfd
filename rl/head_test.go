package rl

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Gradients of log p and of the entropy, by central differences in the outputs (float32: steps of 1e-2 and errors of about 1e-3).
func TestHeadGradients(t *testing.T) {
	r := rng.New(1, 1)
	c := newCodes([]int{3, 2}, 0)
	out := []float32{0.3, -0.5, 1, 0.2, -0.1}
	mask := []bool{true, false, true, true, true}
	act := []int{2, 1}
	checkHead(t, "codes", c, out, nil, mask, act)
	d := make([]float32, 5)
	logp, h := make([]float64, 1), make([]float64, 1)
	c.rate(out, nil, mask, act, logp, h)
	c.push(0, d, 1, 1)
	if d[1] != 0 || c.p[1] != 0 {
		t.Error("a masked code has a probability or a gradient")
	}
	for range 200 {
		if c.draw(out, nil, mask, act, logp, r); act[0] == 1 {
			t.Fatal("a masked code was drawn")
		}
	}
	checkHead(t, "betas", newBetas([]float32{-1, -1}, []float32{1, 1}), []float32{0.3, -0.6, 1.5, -0.4}, nil, nil, []float32{0.2, 0.7})
	for _, sde := range []bool{false, true} {
		g := newGaussian([]float32{-1, -1}, []float32{1, 1}, -0.3, sde, 3, 1, 1)
		w, grad := make([]float32, g.extra()), make([]float32, g.extra())
		g.start(w, grad)
		latent := []float32{0.5, -1, 0.2}
		mu, a := []float32{0.1, -0.4}, []float32{0.6, 0.3}
		g.fresh()
		checkHead(t, "gaussian", g, mu, latent, nil, a)
		// And in the weights of the deviations.
		clear(grad)
		g.rate(mu, latent, nil, a, logp, h)
		g.push(0, make([]float32, 2), 0.7, 0.3)
		for i := range w {
			f := func(by float32) float64 {
				w[i] += by
				g.fresh()
				g.rate(mu, latent, nil, a, logp, h)
				w[i] -= by
				return 0.7*logp[0] + 0.3*h[0]
			}
			want := (f(1e-2) - f(-1e-2)) / 2e-2
			if math.Abs(want-float64(grad[i])) > 2e-3 {
				t.Errorf("sde %v: weight %d: %v, wanted %v", sde, i, grad[i], want)
			}
		}
	}
}

func checkHead[A int | float32](t *testing.T, name string, h head[A], out, latent []float32, mask []bool, act []A) {
	t.Helper()
	d := make([]float32, len(out))
	logp, entropy := make([]float64, 1), make([]float64, 1)
	h.rate(out, latent, mask, act, logp, entropy)
	h.push(0, d, 0.7, 0.3)
	for i := range out {
		f := func(by float32) float64 {
			old := out[i]
			out[i] += by
			h.rate(out, latent, mask, act, logp, entropy)
			out[i] = old
			return 0.7*logp[0] + 0.3*entropy[0]
		}
		want := (f(1e-2) - f(-1e-2)) / 2e-2
		if math.Abs(want-float64(d[i])) > 2e-3 {
			t.Errorf("%s: output %d: %v, wanted %v", name, i, d[i], want)
		}
	}
}

// The walk back through a stack, by central differences, in weights and inputs.
func TestStackGradients(t *testing.T) {
	for _, relu := range []bool{false, true} {
		r := rng.New(2, 2)
		s := stack{sizes: []int{3, 6, 5, 2}, relu: relu}
		net := newSlab(0, &s)
		s.init(net.w, r, 1)
		p := newPass(&s, 4, true)
		x := make([]float32, 12)
		rng.Normal(r, x, 0, 1)
		loss := func() float64 {
			sum := 0.0
			for i, v := range p.forward(net.w, x, 4) {
				sum += float64(v) * float64(i%3+1)
			}
			return sum
		}
		loss()
		d := p.out()
		for i := range d {
			d[i] = float32(i%3 + 1)
		}
		dx := make([]float32, 12)
		p.backward(net.w, net.g, dx)
		check := func(v []float32, g []float32, what string) {
			for i := range v {
				old := v[i]
				v[i] = old + 1e-3
				up := loss()
				v[i] = old - 1e-3
				down := loss()
				v[i] = old
				if want := (up - down) / 2e-3; math.Abs(want-float64(g[i])) > 1e-2*(1+math.Abs(want)) {
					t.Errorf("relu %v: %s %d: %v, wanted %v", relu, what, i, g[i], want)
				}
			}
		}
		check(x, dx, "input")
		for l := range s.layers() {
			w, b := s.layer(net.w, l)
			gw, gb := s.layer(net.g, l)
			check(w, gw, "weight")
			check(b, gb, "bias")
		}
	}
}

// Three steps of reward 1 and a value of 2 everywhere; by hand.
func TestAdvantages(t *testing.T) {
	env, d, err := discreteEnvs("test", CartPole{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newCourse(bg, "test", env, 100, 0, Run{})
	if err != nil {
		t.Fatal(err)
	}
	o := newOnPolicy(c, newCodes([]int{d.N}, 0), netShape{hidden: []int{4}}, 3, 3)
	o.T = 3
	copy(o.rewards, []float64{1, 1, 1})
	copy(o.values, []float64{2, 2, 2})
	copy(o.next, []float64{2, 0, 4}) // the second ends an episode, the third is cut off where 4 was to come
	copy(o.last, []bool{false, true, true})
	o.estimate(0.5, 0.5)
	// third: 1 + 0.5*4 - 2 = 1; second: 1 - 2 = -1; first: 1 + 1 - 2 + 0.25*-1 = -0.25
	for i, want := range []float64{-0.25, -1, 1} {
		if o.advantages[i] != want || o.returns[i] != want+2 {
			t.Error(i, o.advantages[i], o.returns[i])
		}
	}
}

func TestSumTree(t *testing.T) {
	s := newSumTree(5)
	for i, p := range []float64{1, 0, 3, 2, 4} {
		s.set(i, p)
	}
	if s.sum() != 10 {
		t.Fatal(s.sum())
	}
	for _, c := range []struct {
		v    float64
		leaf int
	}{{0, 0}, {0.99, 0}, {1, 2}, {3.9, 2}, {4, 3}, {5.9, 3}, {6, 4}, {9.99, 4}} {
		if got := s.find(c.v); got != c.leaf {
			t.Errorf("find(%v) = %d, wanted %d", c.v, got, c.leaf)
		}
	}
}

// Steps of three, by hand: the last ones of an episode stand for fewer.
func TestNStepMemory(t *testing.T) {
	m := newStepMemory[int](10, 1, 1, 1, 0, 3, 0.5)
	for i := range 4 {
		m.add(0, []float32{float32(i)}, []int{i}, float64(i+1), []float32{float32(i + 1)}, nil, false, i == 3)
	}
	want := []struct{ obs, next, reward, keep float32 }{{0, 3, 1 + 1 + 0.75, 0.125}, {1, 4, 2 + 1.5 + 1, 0.125}, {2, 4, 3 + 2, 0.25}, {3, 4, 4, 0.5}}
	if m.size != len(want) {
		t.Fatal(m.size)
	}
	for i, w := range want {
		if m.states.row(m.states.from[i])[0] != w.obs || m.states.row(m.states.to[i])[0] != w.next || m.reward[i] != w.reward || m.keep[i] != w.keep {
			t.Error(i, m.states.row(m.states.from[i])[0], m.states.row(m.states.to[i])[0], m.reward[i], m.keep[i])
		}
	}
}
