package rl

import (
	"context"
	"fmt"

	"github.com/gopherwood-ml/ml"
)

// world is where a learner that uses each step once plays: environments, what turns the output of its net into actions, and how nets become a policy. There is one for
// each kind of actions, so that an algorithm is written once for all of them.
type world[A int | float32, B any, P learned[B]] struct {
	maker  Maker[[]float32, B]
	env    *VecEnv[A]
	head   head[A]
	policy func(actor, critic *Actor) P
}

// learned is a policy of this package, before it says how it came about.
type learned[B any] interface {
	Policy[[]float32, B]
	tell(config any, l Learning, info ml.Info)
}

func (p *DiscretePolicy) tell(config any, l Learning, info ml.Info) {
	p.Config, p.Learning, p.Info = config, l, info
}

func (p *MultiPolicy) tell(config any, l Learning, info ml.Info) {
	p.Config, p.Learning, p.Info = config, l, info
}

func (p *BoxPolicy) tell(config any, l Learning, info ml.Info) {
	p.Config, p.Learning, p.Info = config, l, info
}

// codeWorld is that of actions that are codes.
func codeWorld(where string, m Maker[[]float32, int], envs int) (w world[int, int, *DiscretePolicy], err error) {
	env, d, err := discreteEnvs(where, m, envs)
	if err != nil {
		return w, err
	}
	w.maker, w.env, w.head = m, env, newCodes([]int{d.N}, d.Start)
	w.policy = func(actor, critic *Actor) *DiscretePolicy {
		return &DiscretePolicy{Actor: actor, Critic: critic, Start: d.Start}
	}
	return w, nil
}

// placeWorld is that of actions that are several codes.
func placeWorld(where string, m Maker[[]float32, []int], envs int) (w world[int, []int, *MultiPolicy], err error) {
	env, n, err := multiEnvs(where, m, envs)
	if err != nil {
		return w, err
	}
	w.maker, w.env, w.head = m, env, newCodes(n, 0)
	w.policy = func(actor, critic *Actor) *MultiPolicy { return &MultiPolicy{Actor: actor, Critic: critic, N: n} }
	return w, nil
}

// noise is how actions that are numbers are shaken: by deviations from exp(logStd) on, or as the state says (sde), drawn anew every so many steps; or (beta) they are
// drawn from beta distributions between the bounds.
type noise struct {
	logStd float64
	sde    bool
	every  int
	beta   bool
}

// boxWorld is that of actions that are numbers; hidden are the layers of the net.
func boxWorld(where string, m Maker[[]float32, []float32], envs int, hidden []int, n noise) (w world[float32, []float32, *BoxPolicy], err error) {
	if n.beta && n.sde {
		return w, ml.BadConfig(where, "Beta", n.beta, "without SDE: noise that depends on the state is normal")
	}
	env, lo, hi, err := boxEnvs(where, m, envs, n.beta)
	if err != nil {
		return w, err
	}
	latent := env.width
	if k := len(hidden); k > 0 {
		latent = hidden[k-1]
	}
	w.maker, w.env, w.head = m, env, newGaussian(lo, hi, n.logStd, n.sde, latent, n.every, envs)
	if n.beta {
		w.head = newBetas(lo, hi)
	}
	w.policy = func(actor, critic *Actor) *BoxPolicy {
		return &BoxPolicy{Actor: actor, Critic: critic, Lo: lo, Hi: hi, Squash: n.beta}
	}
	return w, nil
}

// training is what a learner in a world is started with.
type training struct {
	where               string
	steps               int
	seed                uint64
	run                 Run
	hidden              []int
	relu                bool
	rollout, batch      int // steps of each environment, and in a minibatch
	normObs, normReward bool
	discount            float64
	config              func(run Run) any // what a checkpoint must agree with
}

// start makes the learner, and lets it go on from its checkpoint if there is one.
func (w world[A, B, P]) start(ctx context.Context, s training) (*onPolicy[A], error) {
	t, err := newCourse(ctx, s.where, w.env, s.steps, s.seed, s.run)
	if err != nil {
		return nil, err
	}
	t.normalize(s.normObs, s.normReward, 10, s.discount)
	o := newOnPolicy(t, w.head, netShape{hidden: s.hidden, relu: s.relu}, s.rollout, s.batch)
	for k := range o.perm {
		o.perm[k] = k
	}
	t.config = s.config(t.run.counts())
	t.score = scored(w.maker, t.run.EvalEpisodes, func() P { return w.policy(o.actors()) })
	return o, t.begin()
}

// end makes the policy.
func (w world[A, B, P]) end(o *onPolicy[A], config any) (p P, err error) {
	l, err := o.course.end()
	if err != nil {
		return p, err
	}
	p = w.policy(o.actors())
	p.tell(config, l, o.info())
	return p, nil
}

// discreteEnvs makes environments whose actions are codes.
func discreteEnvs(where string, m Maker[[]float32, int], n int) (*VecEnv[int], Discrete, error) {
	var none Discrete
	if m == nil {
		return nil, none, ml.BadConfig(where, "Maker", m, "an environment")
	}
	one, err := m.Make()
	if err != nil {
		return nil, none, err
	}
	spec := one.Spec()
	d, ok := spec.Act.(Discrete)
	if !ok || d.N < 1 || d.N > 1<<20 {
		return nil, none, &ml.Error{Where: where, Field: "Spec.Act", Found: fmt.Sprint(spec.Act), Want: "Discrete", Kind: ErrEnv}
	}
	env, err := Vec(m, Vectors{N: n})
	return env, d, seeing(where, spec.Obs.Flat(), &err)
}

// seeing makes sure that there is something to see.
func seeing(where string, width int, err *error) error {
	if *err == nil && width < 1 {
		return &ml.Error{Where: where, Field: "Spec.Obs", Found: "without numbers", Want: "at least one", Kind: ErrEnv}
	}
	return *err
}

func multiEnvs(where string, m Maker[[]float32, []int], n int) (*VecEnv[int], []int, error) {
	if m == nil {
		return nil, nil, ml.BadConfig(where, "Maker", m, "an environment")
	}
	one, err := m.Make()
	if err != nil {
		return nil, nil, err
	}
	spec := one.Spec()
	places, ok := multiOf(spec.Act)
	if !ok {
		return nil, nil, &ml.Error{Where: where, Field: "Spec.Act", Found: fmt.Sprint(spec.Act), Want: "MultiDiscrete or MultiBinary", Kind: ErrEnv}
	}
	env, err := VecMulti(m, Vectors{N: n})
	return env, places, seeing(where, spec.Obs.Flat(), &err)
}

func boxEnvs(where string, m Maker[[]float32, []float32], n int, finite bool) (env *VecEnv[float32], lo, hi []float32, err error) {
	if m == nil {
		return nil, nil, nil, ml.BadConfig(where, "Maker", m, "an environment")
	}
	one, err := m.Make()
	if err != nil {
		return nil, nil, nil, err
	}
	spec := one.Spec()
	if lo, hi, err = boundsOf(where, spec.Act, finite); err != nil {
		return nil, nil, nil, err
	}
	env, err = VecBox(m, Vectors{N: n})
	return env, lo, hi, seeing(where, spec.Obs.Flat(), &err)
}
