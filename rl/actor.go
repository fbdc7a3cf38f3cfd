package rl

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/nn"
)

func init() {
	ml.Register[*Actor]("rl.Actor")
	ml.Register[*DiscretePolicy]("rl.DiscretePolicy")
	ml.Register[*MultiPolicy]("rl.MultiPolicy")
	ml.Register[*BoxPolicy]("rl.BoxPolicy")
}

// Layer is one dense layer of an Actor: Weights is In x Out, row-major.
type Layer struct {
	In, Out       int
	Weights, Bias []float32
}

// Actor is a net that has stopped learning: what a policy asks. It never changes; any number of goroutines may use it at once, and asking it allocates nothing.
type Actor struct {
	Layers  []Layer
	ReLU    bool        // hidden layers use max(x, 0), else tanh
	Dueling bool        // the first output is the value of the state and the others are advantages
	Norm    *Normalizer // of the observations; nil: none
	Clip    float32     // of normalised observations; 0: none

	idle sync.Pool // of *[]float32
	wide int
}

// Restore checks what was loaded.
func (a *Actor) Restore() error {
	bad := func(field string, found, want any) error {
		return &ml.Error{Where: "rl.Actor", Field: field, Found: fmt.Sprint(found), Want: fmt.Sprint(want), Kind: ml.ErrFormat}
	}
	if len(a.Layers) == 0 {
		return bad("Layers", 0, "one or more")
	}
	if !(a.Clip >= 0) {
		return bad("Clip", a.Clip, ">= 0")
	}
	for i, l := range a.Layers {
		if l.In < 1 || l.Out < 1 || len(l.Bias) != l.Out || l.In > math.MaxInt/l.Out || len(l.Weights) != l.In*l.Out || i > 0 && l.In != a.Layers[i-1].Out {
			return bad(fmt.Sprintf("Layers[%d]", i), fmt.Sprintf("%d x %d with %d weights", l.In, l.Out, len(l.Weights)), "layers that fit")
		}
		for _, v := range slices.Concat(l.Weights, l.Bias) {
			if !(math.Abs(float64(v)) <= math.MaxFloat32) {
				return bad(fmt.Sprintf("Layers[%d]", i), v, "finite weights")
			}
		}
		a.wide = max(a.wide, l.In, l.Out)
	}
	if a.Norm != nil && len(a.Norm.Mean) != a.Layers[0].In {
		return bad("Norm", len(a.Norm.Mean), a.Layers[0].In)
	}
	return nil
}

// actorOf freezes a stack.
func actorOf(s *stack, w []float32, norm *Normalizer, clip float32) *Actor {
	a := &Actor{ReLU: s.relu, Clip: clip}
	for i := range s.layers() {
		weights, bias := s.layer(w, i)
		a.Layers = append(a.Layers, Layer{In: s.sizes[i], Out: s.sizes[i+1], Weights: slices.Clone(weights), Bias: slices.Clone(bias)})
		a.wide = max(a.wide, s.sizes[i], s.sizes[i+1])
	}
	if norm != nil {
		a.Norm = &Normalizer{Mean: slices.Clone(norm.Mean), Var: slices.Clone(norm.Var), Count: norm.Count}
	}
	return a
}

// In is how many numbers an observation has.
func (a *Actor) In() int { return a.Layers[0].In }

// Out is how many numbers come out.
func (a *Actor) Out() int {
	n := a.Layers[len(a.Layers)-1].Out
	if a.Dueling {
		n--
	}
	return n
}

// Ask writes what the net makes of an observation to dst, of Out numbers. It allocates nothing.
func (a *Actor) Ask(dst, obs []float32) error {
	if len(obs) != a.In() {
		return ml.BadShape("rl.Actor.Ask", "obs", fmt.Sprintf("%d numbers", len(obs)), fmt.Sprint(a.In()))
	}
	if len(dst) != a.Out() {
		return ml.BadShape("rl.Actor.Ask", "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(a.Out()))
	}
	p := a.borrow()
	defer a.idle.Put(p)
	a.run(*p, obs, dst)
	return nil
}

func (a *Actor) borrow() *[]float32 {
	p, ok := a.idle.Get().(*[]float32)
	if !ok {
		s := make([]float32, 3*a.wide)
		p = &s
	}
	return p
}

// run computes in room for three layers; the sums go in the order of the inputs, on every machine.
func (a *Actor) run(room, obs, dst []float32) []float32 {
	x := room[:len(obs)]
	if a.Norm != nil {
		a.Norm.Apply(x, obs, a.Clip)
	} else {
		copy(x, obs)
	}
	for i := range a.Layers {
		l := &a.Layers[i]
		at := (1 + i%2) * a.wide
		y := room[at : at+l.Out]
		copy(y, l.Bias)
		for k, v := range x {
			if v == 0 {
				continue
			}
			row := l.Weights[k*l.Out : (k+1)*l.Out]
			for j, w := range row {
				y[j] += float32(v * w)
			}
		}
		if i < len(a.Layers)-1 {
			if a.ReLU {
				for j, v := range y {
					y[j] = max(v, 0)
				}
			} else {
				tanhOf(y)
			}
		}
		x = y
	}
	if a.Dueling {
		x = duel(x[1:], x[0], x[1:])
	}
	copy(dst, x)
	return x
}

// duel writes value + advantage - mean advantage.
func duel(dst []float32, value float32, adv []float32) []float32 {
	mean := float32(0)
	for _, v := range adv {
		mean += v
	}
	mean /= float32(len(adv))
	for i, v := range adv {
		dst[i] = value + (v - mean)
	}
	return dst
}

// Net is the actor as a net of package nn, for what that can do with one (exports, say). It takes observations as they are: a Normalizer is built into the
// first layer. Clip is not part of it, and of a Dueling actor the last layer gives the values of the actions.
func (a *Actor) Net() (*nn.Net, error) {
	var seq nn.Seq
	act := nn.Tanh
	if a.ReLU {
		act = nn.ReLU
	}
	for i, l := range a.Layers {
		d := nn.Dense{Out: l.Out, Act: act}
		if i == len(a.Layers)-1 {
			d = nn.Dense{Out: a.Out()}
		}
		seq = append(seq, d)
	}
	n, err := nn.New(seq, []int{a.In()}, 0)
	if err != nil {
		return nil, err
	}
	for i, l := range a.Layers {
		w, b := slices.Clone(l.Weights), slices.Clone(l.Bias)
		if i == 0 && a.Norm != nil {
			w, b = a.absorb(w, b)
		}
		if i == len(a.Layers)-1 && a.Dueling {
			flat := make([]float32, 0, l.In*(l.Out-1))
			for k := range l.In {
				row := w[k*l.Out : (k+1)*l.Out]
				flat = append(flat, duel(make([]float32, l.Out-1), row[0], row[1:])...)
			}
			w, b = flat, duel(make([]float32, l.Out-1), b[0], b[1:])
		}
		if err := n.Params()[2*i].Set(w); err != nil {
			return nil, err
		}
		if err := n.Params()[2*i+1].Set(b); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// absorb builds the normaliser into the weights of the first layer.
func (a *Actor) absorb(w, b []float32) ([]float32, []float32) {
	out := len(b)
	shift := make([]float64, out)
	for k := range a.Norm.Mean {
		scale := 1 / math.Sqrt(a.Norm.Var[k]+1e-8)
		for j := range out {
			v := float64(w[k*out+j]) * scale
			shift[j] += float64(v * a.Norm.Mean[k])
			w[k*out+j] = float32(v)
		}
	}
	for j := range b {
		b[j] -= float32(shift[j])
	}
	return w, b
}

// DiscretePolicy chooses the code of the largest output of its net. It is a [Policy].
type DiscretePolicy struct {
	ml.Fitted
	Actor    *Actor
	Critic   *Actor // what a state is worth; nil where the learner has none
	Start    int    // the first code
	Learning Learning
}

// Restore checks what was loaded.
func (p *DiscretePolicy) Restore() error { return checkActor("rl.DiscretePolicy", p.Actor, p.Critic) }

func checkActor(where string, a, critic *Actor) error {
	if a == nil {
		return &ml.Error{Where: where, Field: "Actor", Found: "nil", Want: "a net", Kind: ml.ErrFormat}
	}
	if critic != nil && critic.In() != a.In() {
		return &ml.Error{Where: where, Field: "Critic", Found: fmt.Sprint(critic.In()), Want: fmt.Sprint(a.In()), Kind: ml.ErrFormat}
	}
	return nil
}

// Act chooses the best action. It allocates nothing, and any number of goroutines may call it at once.
func (p *DiscretePolicy) Act(obs []float32) (int, error) { return p.ActMasked(obs, nil) }

// ActMasked chooses the best of the actions that valid allows; nil allows all.
func (p *DiscretePolicy) ActMasked(obs []float32, valid []bool) (int, error) {
	a := p.Actor
	if len(obs) != a.In() {
		return 0, ml.BadShape("rl.DiscretePolicy.Act", "obs", fmt.Sprintf("%d numbers", len(obs)), fmt.Sprint(a.In()))
	}
	if valid != nil && len(valid) != a.Out() {
		return 0, ml.BadShape("rl.DiscretePolicy.ActMasked", "valid", fmt.Sprintf("%d flags", len(valid)), fmt.Sprint(a.Out()))
	}
	room := a.borrow()
	defer a.idle.Put(room)
	best := bestOf(a.run(*room, obs, nil), valid)
	if best < 0 {
		return 0, &ml.Error{Where: "rl.DiscretePolicy.ActMasked", Field: "valid", Found: "no action", Want: "at least one", Kind: ml.ErrConfig}
	}
	return p.Start + best, nil
}

// bestOf is the place of the largest value of those allowed, the first of equals; -1: none is.
func bestOf(v []float32, valid []bool) int {
	best := -1
	for i, x := range v {
		if (valid == nil || valid[i]) && (best < 0 || x > v[best]) {
			best = i
		}
	}
	return best
}

// MultiPolicy chooses several codes at once: the net has an output for every code of every place. It is a [Policy].
type MultiPolicy struct {
	ml.Fitted
	Actor    *Actor
	Critic   *Actor
	N        []int // codes of each place
	Learning Learning
}

// Restore checks what was loaded.
func (p *MultiPolicy) Restore() error {
	if err := checkActor("rl.MultiPolicy", p.Actor, p.Critic); err != nil {
		return err
	}
	total := 0
	for _, n := range p.N {
		if n < 1 || n > p.Actor.Out()-total {
			return &ml.Error{Where: "rl.MultiPolicy", Field: "N", Found: fmt.Sprint(p.N), Want: fmt.Sprintf("counts that add up to %d", p.Actor.Out()), Kind: ml.ErrFormat}
		}
		total += n
	}
	if total != p.Actor.Out() {
		return &ml.Error{Where: "rl.MultiPolicy", Field: "N", Found: fmt.Sprint(p.N), Want: fmt.Sprintf("counts that add up to %d", p.Actor.Out()), Kind: ml.ErrFormat}
	}
	return nil
}

// Act chooses the best code of every place. It allocates what it returns; ActInto does not.
func (p *MultiPolicy) Act(obs []float32) ([]int, error) {
	dst := make([]int, len(p.N))
	return dst, p.ActInto(dst, obs, nil)
}

// ActMasked is Act among the codes that valid allows: a flag for each code of each place, one place after the other.
func (p *MultiPolicy) ActMasked(obs []float32, valid []bool) ([]int, error) {
	dst := make([]int, len(p.N))
	return dst, p.ActInto(dst, obs, valid)
}

// ActInto writes the choice to dst, one code for each place; valid (nil: all) has a flag for each code of each place, one place after the other.
func (p *MultiPolicy) ActInto(dst []int, obs []float32, valid []bool) error {
	a := p.Actor
	if len(obs) != a.In() {
		return ml.BadShape("rl.MultiPolicy.ActInto", "obs", fmt.Sprintf("%d numbers", len(obs)), fmt.Sprint(a.In()))
	}
	if len(dst) != len(p.N) || valid != nil && len(valid) != a.Out() {
		return ml.BadShape("rl.MultiPolicy.ActInto", "dst, valid", fmt.Sprint(len(dst), ", ", len(valid)), fmt.Sprint(len(p.N), ", ", a.Out()))
	}
	room := a.borrow()
	defer a.idle.Put(room)
	y := a.run(*room, obs, nil)
	for i, n := range p.N {
		var mask []bool
		if valid != nil {
			mask, valid = valid[:n], valid[n:]
		}
		if dst[i] = bestOf(y[:n], mask); dst[i] < 0 {
			return &ml.Error{Where: "rl.MultiPolicy.ActInto", Field: "valid", Found: fmt.Sprintf("no code of place %d", i), Want: "at least one", Kind: ml.ErrConfig}
		}
		y = y[n:]
	}
	return nil
}

// BoxPolicy gives numbers between Lo and Hi: the outputs of its net, cut there, or squashed into them by tanh. It is a [Policy].
type BoxPolicy struct {
	ml.Fitted
	Actor    *Actor // its first len(Lo) outputs are the action
	Critic   *Actor
	Lo, Hi   []float32
	Squash   bool // lo + (hi-lo)(1+tanh y)/2
	Learning Learning
}

// Restore checks what was loaded.
func (p *BoxPolicy) Restore() error {
	if err := checkActor("rl.BoxPolicy", p.Actor, p.Critic); err != nil {
		return err
	}
	if len(p.Lo) != len(p.Hi) || len(p.Lo) > p.Actor.Out() || len(p.Lo) == 0 {
		return &ml.Error{Where: "rl.BoxPolicy", Field: "Lo, Hi", Found: fmt.Sprint(len(p.Lo), ", ", len(p.Hi)), Want: "a bound for each output", Kind: ml.ErrFormat}
	}
	return nil
}

// Act is the action for an observation. It allocates what it returns; ActInto does not.
func (p *BoxPolicy) Act(obs []float32) ([]float32, error) {
	dst := make([]float32, len(p.Lo))
	return dst, p.ActInto(dst, obs)
}

// ActInto writes the action to dst. Any number of goroutines may call it at once.
func (p *BoxPolicy) ActInto(dst, obs []float32) error {
	a := p.Actor
	if len(obs) != a.In() || len(dst) != len(p.Lo) {
		return ml.BadShape("rl.BoxPolicy.ActInto", "obs, dst", fmt.Sprint(len(obs), ", ", len(dst)), fmt.Sprint(a.In(), ", ", len(p.Lo)))
	}
	room := a.borrow()
	defer a.idle.Put(room)
	y := a.run(*room, obs, nil)
	copy(dst, y)
	if p.Squash {
		tanhOf(dst)
	}
	toBox(dst, p.Lo, p.Hi, p.Squash)
	return nil
}

// toBox brings an action within its bounds: numbers of -1..1 by scaling, if squashed, and others by cutting.
func toBox(a, lo, hi []float32, squash bool) {
	for i, v := range a {
		if squash {
			v = lo[i] + float32((hi[i]-lo[i])*(float32(0.5)*(v+1)))
		}
		a[i] = min(max(v, lo[i]), hi[i])
	}
}
