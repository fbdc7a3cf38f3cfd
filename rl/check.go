package rl

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml/internal/rng"
)

// Report is what [Check] found.
type Report struct {
	Faults   []string // the contract of Env is broken: learners would learn wrong things
	Warnings []string // allowed, but it makes learning hard or is often a mistake

	told map[string]bool // formats of what is in the lists
}

// Err is nil if there are no faults, or an error of kind ErrEnv that names them all.
func (r Report) Err() error {
	if len(r.Faults) == 0 {
		return nil
	}
	return fmt.Errorf("rl.Check: %w: %s", ErrEnv, strings.Join(r.Faults, "; "))
}

func (r *Report) fault(format string, a ...any) { r.add(&r.Faults, format, a) }
func (r *Report) warn(format string, a ...any)  { r.add(&r.Warnings, format, a) }

// add tells of each thing once: the first step that shows it stands for all.
func (r *Report) add(list *[]string, format string, a []any) {
	if r.told == nil {
		r.told = map[string]bool{}
	}
	if !r.told[format] {
		r.told[format] = true
		*list = append(*list, fmt.Sprintf(format, a...))
	}
}

// How long Check plays.
const (
	checkEpisodes = 20
	checkSteps    = 5000 // in all; an episode may take a fifth
)

// Check plays environments of a Maker with random actions and tells whether they keep the contract of [Env]: one line in a test of your own.
//
//	if err := rl.Check(Lift{Floors: 4}).Err(); err != nil {
//		t.Fatal(err)
//	}
//
// Faults: spaces that are missing or do not contain what comes from them, rewards that are not finite, equal seeds and actions that lead to different episodes
// (also after half an episode, and beside another environment of the same Maker), observations that share memory with the state, actions that are kept, invalid
// actions that are taken or change the state, steps that are taken before Reset or after the end, episodes that go on beyond MaxSteps or are truncated before it.
//
// Warnings: seeds without effect, episodes that do not end, episodes that are all terminated at one length (a time limit should be Truncated), large rewards or
// observations, action bounds that are not symmetric.
//
// A fault that no random play meets is not found. It takes some 10000 steps.
func Check[O, A any](m Maker[O, A]) Report {
	c := checker[O, A]{maker: m, r: rng.New(0, 0)}
	c.check()
	return c.Report
}

type checker[O, A any] struct {
	Report
	maker  Maker[O, A]
	spec   Spec[O, A]
	r      *rand.Rand
	look   *look[O]
	script []episodeScript[A]
}

// episodeScript is an episode to be played again.
type episodeScript[A any] struct {
	seed    uint64
	actions []A
	print   []float64 // observations, rewards and ends, as numbers
}

func (c *checker[O, A]) check() {
	env := c.make()
	if env == nil || !c.spaces(env) {
		return
	}
	c.beforeReset(env)
	if !c.play(env) {
		return
	}
	c.again()
	c.ends()
	c.refuses()
}

func (c *checker[O, A]) make() Env[O, A] {
	env, err := c.maker.Make()
	if err != nil {
		c.fault("Make: %v", err)
		return nil
	}
	return env
}

// spaces checks the Spec; false if nothing can be played.
func (c *checker[O, A]) spaces(env Env[O, A]) bool {
	c.spec = env.Spec()
	if c.spec.Obs == nil || c.spec.Act == nil {
		c.fault("Spec: Obs or Act is missing")
		return false
	}
	if c.spec.ID == "" {
		c.warn("Spec: there is no ID")
	}
	if c.spec.MaxSteps < 0 {
		c.fault("Spec: MaxSteps is %d", c.spec.MaxSteps)
	}
	for name, s := range map[string]any{"Obs": c.spec.Obs, "Act": c.spec.Act} {
		if text := badSpace(s); text != "" {
			c.fault("Spec: %s: %s", name, text)
			return false
		}
	}
	for range 10 {
		if a := c.spec.Act.Sample(c.r); !c.spec.Act.Contains(a) {
			c.fault("Spec: Act does not contain %v, which it drew", a)
			return false
		}
	}
	if b, ok := any(c.spec.Act).(Box); ok {
		for i := range b.Lo {
			if b.Lo[i] != -b.Hi[i] {
				c.warn("Spec: the bounds of actions [%g, %g] are not symmetric; most policies prefer [-1, 1]: rl.RescaleAction", b.Lo[i], b.Hi[i])
			}
		}
	}
	c.look = newLook(c.spec.Obs)
	return true
}

// badSpace says what is wrong with a space of this package.
func badSpace(space any) string {
	switch s := space.(type) {
	case Discrete:
		if s.N < 1 {
			return fmt.Sprintf("N is %d", s.N)
		}
	case MultiDiscrete:
		if len(s.N) == 0 || slices.Min(s.N) < 1 {
			return fmt.Sprintf("N is %v", s.N)
		}
	case Box:
		if len(s.Lo) == 0 || len(s.Lo) != len(s.Hi) {
			return fmt.Sprintf("%d lower bounds, %d upper bounds", len(s.Lo), len(s.Hi))
		}
		for i := range s.Lo {
			if !(s.Lo[i] <= s.Hi[i]) {
				return fmt.Sprintf("bounds [%g, %g] of number %d", s.Lo[i], s.Hi[i], i)
			}
		}
		if s.Shape != nil {
			n := 1
			for _, k := range s.Shape {
				n *= k
			}
			if n != len(s.Lo) {
				return fmt.Sprintf("the shape %v is not that of %d numbers", s.Shape, len(s.Lo))
			}
		}
	}
	return ""
}

func (c *checker[O, A]) beforeReset(env Env[O, A]) {
	if _, err := env.Step(c.spec.Act.Sample(c.r)); !errors.Is(err, ErrDone) {
		c.fault("Step before Reset gives the error %v, not one of kind ErrDone (rl.Over)", err)
	}
}

// action draws an action, among the valid ones where the environment masks.
func (c *checker[O, A]) action(env Env[O, A]) A {
	a := c.spec.Act.Sample(c.r)
	space, discrete := any(c.spec.Act).(Discrete)
	mask, masks := Ability[Masker](env)
	if !discrete || !masks {
		return a
	}
	valid := make([]bool, space.N)
	mask.Mask(valid)
	if !slices.Contains(valid, true) {
		c.fault("Mask allows no action")
		return a
	}
	for !valid[any(a).(int)-space.Start] {
		a = c.spec.Act.Sample(c.r)
	}
	return a
}

// play plays the episodes that are played again later, and looks at what comes.
func (c *checker[O, A]) play(env Env[O, A]) bool {
	steps := 0
	for i := range checkEpisodes {
		s := episodeScript[A]{seed: uint64(i)}
		obs, err := env.Reset(s.seed)
		if err != nil {
			c.fault("Reset: %v", err)
			return false
		}
		s.print = c.watch(s.print, "Reset", obs)
		for len(s.actions) < checkSteps/5 {
			a := c.action(env)
			s.actions = append(s.actions, clone(a))
			step, err := env.Step(a)
			if err != nil {
				c.fault("Step: %v, for the action %v of the space", err, a)
				return false
			}
			s.print = c.note(s.print, step)
			if step.Done() {
				break
			}
		}
		steps += len(s.actions)
		c.script = append(c.script, s)
		if steps >= checkSteps {
			break
		}
	}
	return true
}

// watch checks an observation and adds its numbers to the print.
func (c *checker[O, A]) watch(print []float64, where string, obs O) []float64 {
	if !c.spec.Obs.Contains(obs) {
		c.fault("%s: the observation %v is not in the space: %v", where, obs, c.spec.Obs)
		return print
	}
	c.spec.Obs.Flatten(c.look.a, obs)
	for _, v := range c.look.a {
		switch size := math.Abs(float64(v)); {
		case !(size <= math.MaxFloat32):
			c.fault("%s: an observation is not finite", where)
		case size > 1000:
			c.warn("observations beyond 1000: nets prefer numbers about 1 (rl.NormalizeObs)")
		}
		print = append(print, float64(v))
	}
	return print
}

func (c *checker[O, A]) note(print []float64, s Step[O]) []float64 {
	print = c.watch(print, "Step", s.Obs)
	switch size := math.Abs(s.Reward); {
	case !(size <= math.MaxFloat64):
		c.fault("Step: the reward is %g", s.Reward)
	case size > 1000:
		c.warn("rewards beyond 1000: nets prefer numbers about 1 (rl.NormalizeReward)")
	}
	end := 0.0
	if s.Terminated {
		end++
	}
	if s.Truncated {
		end += 2
	}
	return append(print, s.Reward, end)
}

const (
	faultRepeat = "equal seeds and actions give different episodes"
	faultMemory = "an episode changes with what was played before, with another environment at work, or when what the environment handed out or was given is " +
		"overwritten: observations must not share memory with the state, and actions must not be kept"
)

// again plays every episode again: by two environments in turn, one of which has just left another episode halfway and finds all that it hands out or is given
// overwritten.
func (c *checker[O, A]) again() {
	one, two := c.make(), c.make()
	if one == nil || two == nil {
		return
	}
	for i := range c.script {
		s := &c.script[i]
		if o, err := two.Reset(s.seed + 1000); err == nil {
			scribble(o)
			for _, a := range s.actions[:len(s.actions)/2] {
				if step, err := two.Step(a); err != nil || step.Done() {
					break
				}
			}
		}
		first, second := c.replay(one, s.seed), c.replay(two, s.seed)
		second.spoil = true
		for _, action := range s.actions {
			first.step(clone(action))
			second.step(clone(action))
		}
		if !slices.Equal(first.print, s.print) {
			c.fault(faultRepeat)
		} else if !slices.Equal(second.print, s.print) {
			c.fault(faultMemory)
		}
	}
	// Other seeds with the same actions should lead elsewhere.
	s, deaf := &c.script[0], true
	for seed := uint64(1000); deaf && seed < 1005; seed++ {
		p := c.replay(one, seed)
		for _, action := range s.actions {
			p.step(clone(action))
		}
		n := min(len(p.print), len(s.print))
		deaf = slices.Equal(p.print[:n], s.print[:n])
	}
	if deaf {
		c.warn("the seed has no effect")
	}
}

// replay is an episode that is played again; an error ends it, and the print with it.
type replay[O, A any] struct {
	quiet checker[O, A] // what is in the prints has been looked at
	env   Env[O, A]
	print []float64
	spoil bool
	ended bool
}

func (c *checker[O, A]) replay(env Env[O, A], seed uint64) *replay[O, A] {
	r := &replay[O, A]{quiet: *c, env: env}
	r.quiet.Report = Report{}
	obs, err := env.Reset(seed)
	if r.ended = err != nil; !r.ended {
		r.print = r.quiet.watch(nil, "", obs)
	}
	return r
}

func (r *replay[O, A]) step(action A) {
	if r.ended {
		return
	}
	s, err := r.env.Step(action)
	if err != nil {
		r.ended = true
		return
	}
	r.ended = s.Done()
	r.print = r.quiet.note(r.print, s)
	if r.spoil {
		scribble(action)
		scribble(s.Obs)
	}
}

// scribble overwrites what lies behind a slice.
func scribble(v any) {
	switch s := v.(type) {
	case []float32:
		for i := range s {
			s[i] = 12345
		}
	case []float64:
		for i := range s {
			s[i] = 12345
		}
	case []int:
		for i := range s {
			s[i] = 12345
		}
	}
}

// ends looks at how the episodes ended.
func (c *checker[O, A]) ends() {
	terminated, truncated := 0, 0
	lengths := map[int]bool{}
	for i := range c.script {
		s := &c.script[i]
		n := len(s.actions)
		lengths[n] = true
		end := s.print[len(s.print)-1]
		if end == 1 || end == 3 {
			terminated++
		}
		if end >= 2 {
			truncated++
			if c.spec.MaxSteps > 0 && n < c.spec.MaxSteps {
				c.warn("an episode was truncated after %d steps, before MaxSteps (%d)", n, c.spec.MaxSteps)
			}
		}
		if c.spec.MaxSteps > 0 && (n > c.spec.MaxSteps || n == c.spec.MaxSteps && end == 0) {
			c.fault("an episode goes on after MaxSteps (%d)", c.spec.MaxSteps)
		}
	}
	switch {
	case terminated+truncated == 0 && c.spec.MaxSteps == 0:
		c.warn("no episode ended by itself, and there is no MaxSteps: rl.TimeLimit")
	case len(c.script) > 2 && terminated == len(c.script) && len(lengths) == 1 && len(c.script[0].actions) > 1:
		c.warn("every episode is terminated after %d steps: if that is a time limit, it should be Truncated", len(c.script[0].actions))
	}
}

// refuses checks that what must not be done is refused and changes nothing.
func (c *checker[O, A]) refuses() {
	i := slices.IndexFunc(c.script, func(s episodeScript[A]) bool { return s.print[len(s.print)-1] != 0 })
	if i < 0 {
		i = 0
	}
	s := &c.script[i]
	env := c.make()
	if env == nil {
		return
	}
	bad, haveBad := c.invalid()
	p := c.replay(env, s.seed)
	for _, a := range s.actions {
		if haveBad && !p.ended {
			if _, err := env.Step(clone(bad)); !errors.Is(err, ErrAction) {
				c.fault("Step takes the action %v, which is not in the space, with the error %v, not one of kind ErrAction (rl.BadAction)", bad, err)
				return
			}
		}
		p.step(clone(a))
	}
	if !slices.Equal(p.print, s.print) && !slices.Contains(c.Faults, faultRepeat) && !slices.Contains(c.Faults, faultMemory) {
		c.fault("an invalid action that is refused changes the state")
	}
	if s.print[len(s.print)-1] != 0 {
		if _, err := env.Step(s.actions[0]); !errors.Is(err, ErrDone) {
			c.fault("Step on an episode that is over gives the error %v, not one of kind ErrDone (rl.Over)", err)
		}
	}
}

// invalid makes an action that is not in the space, for the spaces of this package.
func (c *checker[O, A]) invalid() (A, bool) {
	var none A
	var v any
	switch s := any(c.spec.Act).(type) {
	case Discrete:
		v = s.Start + s.N
	case MultiDiscrete:
		v = slices.Clone(s.N)
	case MultiBinary:
		v = slices.Repeat([]int{2}, s.N)
	case Box:
		v = slices.Repeat([]float32{float32(math.NaN())}, len(s.Lo))
	default:
		return none, false
	}
	a, ok := v.(A)
	return a, ok && !c.spec.Act.Contains(a)
}
