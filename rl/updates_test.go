package rl

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// Two updates of every learner from given weights and a given batch, beside PyTorch's. Weights move by about 1e-3 in each, and are float32 here and float64 there: 1e-5 absolute;
// losses, sums of a dozen products of such numbers: 1e-5 relative and absolute.
const (
	updateTol = 1e-5
	lossTol   = 1e-5
)

type wholeNets struct {
	Actor, Critic, Extra []float32 `json:",omitempty"`
	C1, C2, T1, T2, Lag  []float32 `json:",omitempty"`
}

type updates struct {
	OnPolicy []struct {
		Kind, Learner                     string
		Before, After                     wholeNets
		Losses                            [][]float64
		Obs, Numbers                      []float32
		Codes                             []int
		Advantages, Returns, Logp, Values []float64
	} `json:"on_policy"`
	DQN []struct {
		Double, Dueling                 bool
		Before, Target, After           []float32
		Losses                          []float64
		Codes                           []int
		Weight, Obs, Next, Reward, Keep []float32
	} `json:"dqn"`
	Twins []struct {
		Name                          string
		Before, After                 wholeNets
		Losses                        [][]float64
		Alpha                         float64
		Noise                         []float64
		Acts, Obs, Next, Reward, Keep []float32
	}
}

// put writes weights in the order of the golden file into a slab, or reads them from it.
func (s *stack) put(slab, flat []float32) {
	for i := range s.layers() {
		w, b := s.layer(slab, i)
		n := copy(w, flat)
		flat = flat[n+copy(b, flat[n:]):]
	}
}

func (s *stack) take(slab []float32) (flat []float32) {
	for i := range s.layers() {
		w, b := s.layer(slab, i)
		flat = append(append(flat, w...), b...)
	}
	return flat
}

// sight is an environment of so many numbers whose actions A are of the given space, for learners that get their batches otherwise.
type sight[A any] struct {
	width int
	act   Space[A]
}

func (s sight[A]) Make() (Env[[]float32, A], error) { return &sightEnv[A]{sight: s}, nil }

type sightEnv[A any] struct{ sight[A] }

func (e *sightEnv[A]) Spec() Spec[[]float32, A] {
	return Spec[[]float32, A]{ID: "Sight", Obs: NewBox(-1, 1, e.width), Act: e.act}
}

func (e *sightEnv[A]) Reset(uint64) ([]float32, error) { return make([]float32, e.width), nil }

func (e *sightEnv[A]) Step(A) (Step[[]float32], error) {
	return Step[[]float32]{Obs: make([]float32, e.width)}, nil
}

func TestOnPolicyUpdatesArePyTorchs(t *testing.T) {
	for _, g := range golden.Load[updates](t, "testdata/updates.json").OnPolicy {
		name := g.Learner + " on " + g.Kind
		n := len(g.Advantages)
		first := func(got []float64, what string, k, round int) {
			golden.Close(t, got, []float64{g.Losses[round][k]}, lossTol, lossTol, fmt.Sprint(name, ": ", what, " of update ", round))
		}
		var after wholeNets
		var now func() Point
		var step func()
		if g.Kind == "codes" {
			w, err := codeWorld("test", sight[int]{4, Discrete{N: 3}}, 1)
			if err != nil {
				t.Fatal(err)
			}
			step, now = onPolicyUpdate(t, w, g.Learner, n, g.Codes, g.Before, &after, g.Obs, g.Advantages, g.Returns, g.Logp, g.Values)
		} else {
			w, err := boxWorld("test", sight[[]float32]{4, NewBox(-1, 1, 2)}, 1, []int{6, 5}, noise{sde: g.Kind == "sde", every: 1, beta: g.Kind == "beta"})
			if err != nil {
				t.Fatal(err)
			}
			step, now = onPolicyUpdate(t, w, g.Learner, n, g.Numbers, g.Before, &after, g.Obs, g.Advantages, g.Returns, g.Logp, g.Values)
		}
		for round := range g.Losses {
			step()
			p := now()
			first([]float64{p.PolicyLoss}, "policy loss", 0, round)
			first([]float64{p.ValueLoss}, "value loss", 1, round)
			first([]float64{p.Entropy}, "entropy", 2, round)
		}
		golden.Close(t, after.Actor, g.After.Actor, 0, updateTol, name+": actor")
		golden.Close(t, after.Critic, g.After.Critic, 0, updateTol, name+": critic")
		golden.Close(t, after.Extra, g.After.Extra, 0, updateTol, name+": deviations")
	}
}

func onPolicyUpdate[A int | float32, B any, P learned[B]](t *testing.T, w world[A, B, P], learner string, n int, acts []A, before wholeNets, after *wholeNets,
	obs []float32, advantages, returns, logp, values []float64) (step func(), now func() Point) {
	t.Helper()
	o, err := w.start(bg, training{where: "test", steps: 100, hidden: []int{6, 5}, rollout: n, batch: n, config: func(Run) any { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	o.actor.put(o.nets.w, before.Actor)
	o.critic.put(o.nets.w, before.Critic)
	extra := o.nets.w[o.actor.size()+o.critic.size():][:len(before.Extra)]
	copy(extra, before.Extra)
	copy(o.obs, obs)
	copy(o.acts, acts)
	copy(o.advantages, advantages)
	copy(o.returns, returns)
	copy(o.logp, logp)
	copy(o.values, values)
	c, err := PPO{ClipValue: 0.3, Entropy: 0.01}.complete("test")
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if learner == "ppo" {
			o.improve(&c, o.perm, c.Clip)
		} else {
			o.climb(o.advantages, o.returns, o.perm, 0.5, 0.01)
		}
		o.nets.clip(0.5)
		o.nets.adam(1e-3, 1e-5)
		after.Actor, after.Critic, after.Extra = o.actor.take(o.nets.w), o.critic.take(o.nets.w), slices.Clone(extra)
	}, func() Point { return o.now }
}

func TestDQNUpdatesArePyTorchs(t *testing.T) {
	for _, g := range golden.Load[updates](t, "testdata/updates.json").DQN {
		name := fmt.Sprint("double ", g.Double, ", dueling ", g.Dueling)
		n := len(g.Reward)
		c, err := DQN{Hidden: []int{6, 5}, LearningRate: 1e-3, ClipNorm: 0.4, BatchSize: n, Buffer: n, Double: g.Double, Dueling: g.Dueling}.complete("test")
		if err != nil {
			t.Fatal(err)
		}
		env, d, err := discreteEnvs("test", sight[int]{4, Discrete{N: 3}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		course, err := newCourse(bg, "test", env, 100, 0, Run{})
		if err != nil {
			t.Fatal(err)
		}
		q, err := newDQN(course, c, d.N)
		if err != nil {
			t.Fatal(err)
		}
		q.net.put(q.q.w, g.Before)
		q.net.put(q.target, g.Target)
		copy(q.weight, g.Weight)
		for i := range n {
			q.memory.put(0, g.Obs[4*i:4*i+4], g.Codes[i:i+1], float64(g.Reward[i]), g.Next[4*i:4*i+4], nil, float64(g.Keep[i]))
			q.idx[i] = i
		}
		q.memory.gather(q.idx, q.rows, q.next)
		for round, want := range g.Losses {
			q.learn()
			golden.Close(t, []float64{q.now.ValueLoss}, []float64{want}, lossTol, lossTol, fmt.Sprint(name, ": loss of update ", round))
		}
		golden.Close(t, q.net.take(q.q.w), g.After, 0, updateTol, name)
	}
}

func TestTwinUpdatesArePyTorchs(t *testing.T) {
	for _, g := range golden.Load[updates](t, "testdata/updates.json").Twins {
		n := len(g.Reward)
		shape := offShape{steps: 100, envs: 1, hidden: []int{6, 5}, outputs: 1, sde: g.Name == "sac-sde", batch: n, buffer: n, nStep: 1, start: 1, every: 1, updates: 1, hold: 1, discount: 0.984375, tau: 0.125}
		if g.Name == "sac" {
			shape.outputs = 2
		}
		o, err := newOffPolicy(bg, "test", sight[[]float32]{3, NewBox(-1, 1, 2)}, shape)
		if err != nil {
			t.Fatal(err)
		}
		var learner numbersLearner
		alpha, lag := func() float64 { return 0 }, []float32(nil)
		if g.Name == "td3" {
			s := newTD3(o, TD3{BatchSize: n, LearningRate: 1e-3, Smooth: 0.25, SmoothClip: 0.5, Delay: 1})
			lag, learner = s.lag, s
		} else {
			s := newSAC(o, SAC{BatchSize: n, LearningRate: 1e-3, TargetEntropy: -2, SDE: shape.sde, SDEEvery: 1})
			s.alpha[0] = -1.3862943611198906 // log 1/4
			alpha, learner = func() float64 { return s.alpha[0] }, s
		}
		o.actor.put(o.policy.w, g.Before.Actor)
		extra := o.policy.w[o.actor.size():][:len(g.Before.Extra)]
		copy(extra, g.Before.Extra)
		o.q1.put(o.critics.w, g.Before.C1)
		o.q2.put(o.critics.w, g.Before.C2)
		o.q1.put(o.target, g.Before.T1)
		o.q2.put(o.target, g.Before.T2)
		if lag != nil {
			o.actor.put(lag, g.Before.Lag)
		}
		drawn := g.Noise
		o.normal = func() float64 {
			e := drawn[0]
			drawn = drawn[1:]
			return e
		}
		for i := range n {
			o.memory.put(0, g.Obs[3*i:3*i+3], g.Acts[2*i:2*i+2], float64(g.Reward[i]), g.Next[3*i:3*i+3], nil, float64(g.Keep[i]))
			o.idx[i] = i
		}
		o.memory.gather(o.idx, o.rows, o.next)
		for round, want := range g.Losses {
			learner.learn()
			golden.Close(t, []float64{o.now.ValueLoss, o.now.PolicyLoss}, want, lossTol, lossTol, fmt.Sprint(g.Name, ": losses of update ", round))
		}
		if len(drawn) != 0 {
			t.Errorf("%s: %d draws were not asked for", g.Name, len(drawn))
		}
		golden.Close(t, o.actor.take(o.policy.w), g.After.Actor, 0, updateTol, g.Name+": actor")
		golden.Close(t, extra, g.After.Extra, 0, updateTol, g.Name+": deviations")
		golden.Close(t, o.q1.take(o.critics.w), g.After.C1, 0, updateTol, g.Name+": first critic")
		golden.Close(t, o.q2.take(o.critics.w), g.After.C2, 0, updateTol, g.Name+": second critic")
		golden.Close(t, o.q1.take(o.target), g.After.T1, 0, updateTol, g.Name+": its target")
		golden.Close(t, o.q2.take(o.target), g.After.T2, 0, updateTol, g.Name+": its target")
		if lag != nil {
			golden.Close(t, o.actor.take(lag), g.After.Lag, 0, updateTol, g.Name+": target policy")
		} else {
			golden.Close(t, []float64{alpha()}, []float64{g.Alpha}, 0, updateTol, g.Name+": log of the temperature")
		}
	}
}
