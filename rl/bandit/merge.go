package bandit

import (
	"fmt"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Merge joins what replicas of one policy learned since they began from base, or from nothing if base is nil: base + Σ (replica - base), sum by sum. For policies that count or
// regress that is what one bandit would know that had got all rewards, but for rounding. [EXP3] and [Gradient] learn by the probabilities that each replica had, [LogisticThompson] by the curvature at its
// own mode (so that merging multiplies the normal distributions), and [Bagging] by its own draws. A discount makes base fade by all replicas' rewards, and what each
// learned by its own. Windows take turns, from the newest reward back.
//
// Arms go by their names. One is live if all replicas that know it say so. Decisions that wait stay with their replicas: the result has none, and
// the options of the first replica. Give it to each of them with [Bandit.Adopt], and it is the base of the next round.
func Merge(base *Snapshot, replicas ...*Snapshot) (*Snapshot, error) {
	const where = "bandit.Merge"
	if len(replicas) == 0 || slices.Contains(replicas, nil) {
		return nil, ml.BadShape(where, "replicas", fmt.Sprintf("%d with nil", len(replicas)), "a snapshot at least, and none nil")
	}
	// A replica that was never asked has no widths, and nothing to tell.
	of := func(s *Snapshot) bool { return s != nil && s.Sized }
	first := replicas[0]
	for _, s := range append(slices.Clone(replicas), base) {
		if of(s) && !of(first) {
			first = s
		}
	}
	for i, s := range append(slices.Clone(replicas), base) {
		if s == nil || s == first {
			continue
		}
		if of(s) && !s.same(first) || !of(s) && fmt.Sprintf("%#v", s.Policy) != fmt.Sprintf("%#v", first.Policy) {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("snapshot %d", i), Found: "of another policy, or for other widths", Want: "the same as the others'", Kind: ml.ErrConfig}
		}
	}
	b, err := first.resume() // its learner knows the layout
	if err != nil {
		return nil, err
	}
	out := &Snapshot{Policy: first.Policy, Options: replicas[0].Options, Sized: first.Sized, Context: first.Context, Features: first.Features}
	place := map[string]int{}
	for _, s := range append([]*Snapshot{base}, replicas...) {
		if s == nil {
			continue
		}
		for _, a := range s.Arms {
			i, known := place[a.Name]
			if !known {
				i = len(out.Arms)
				place[a.Name] = i
				out.Arms = append(out.Arms, ArmState{Name: a.Name, Live: true})
			}
			if s != base {
				out.Arms[i].Live = out.Arms[i].Live && a.Live
			}
		}
		out.Version = max(out.Version, s.Version)
		out.Decisions = max(out.Decisions, s.Decisions)
	}
	if !out.Sized {
		return out, nil
	}
	if w, ok := b.l.(*slidingWindow); ok {
		return out, w.merge(out, place, base, replicas)
	}
	sums, _, common, _ := b.l.blocks()
	c := combination{l: b.l, base: base}
	out.Common = c.join(common, replicas, func(s *Snapshot) []float64 { return s.Common })
	for i := range out.Arms {
		name := out.Arms[i].Name
		out.Arms[i].State = c.join(sums, replicas, func(s *Snapshot) []float64 { return s.stateOf(name) })
	}
	return out, nil
}

// stateOf is the block of an arm, nil if there is none.
func (s *Snapshot) stateOf(name string) []float64 {
	for i := range s.Arms {
		if s.Arms[i].Name == name {
			return s.Arms[i].State
		}
	}
	return nil
}

type combination struct {
	l    learner
	base *Snapshot
}

// join makes one block: block(s) is that of a snapshot, nil if it has none.
func (c combination) join(size int, replicas []*Snapshot, block func(*Snapshot) []float64) []float64 {
	out, faded, f := make([]float64, size), make([]float64, size), make([]float64, size)
	fill(faded, 1)
	var base, baseCommon []float64
	if c.base != nil {
		base, baseCommon = block(c.base), c.base.Common
	}
	for _, s := range replicas {
		now := block(s)
		if now == nil {
			continue
		}
		if base == nil {
			for j := range out {
				out[j] += now[j]
			}
			continue
		}
		c.l.fades(f, now[:size], base[:size], s.Common, baseCommon)
		for j := range out {
			faded[j] *= f[j]
			out[j] += now[j] - float64(f[j]*base[j])
		}
	}
	for j := range out {
		if base != nil {
			out[j] += float64(faded[j] * base[j])
		}
	}
	return out
}

// merge joins windows: base's rewards are the oldest, then the replicas' new ones in turns, so that the newest of each end the window together.
func (l *slidingWindow) merge(out *Snapshot, place map[string]int, base *Snapshot, replicas []*Snapshot) error {
	fresh, err := l.SlidingWindowUCB.start()
	if err != nil {
		return err
	}
	w := fresh.(*slidingWindow)
	_, derived, _, common := w.blocks()
	out.Common = make([]float64, common)
	w.attach(-1, out.Common, true)
	for i := range out.Arms {
		out.Arms[i].State = make([]float64, derived)
		w.attach(i, out.Arms[i].State, true)
	}
	began := 0.0
	if base != nil && base.Sized {
		began = base.Common[steps]
		for _, pair := range windowOf(base.Common) {
			w.push(place[base.Arms[int(pair[0])].Name], pair[1])
		}
	}
	lists := make([][][2]float64, len(replicas))
	longest := 0
	for i, s := range replicas {
		if !s.Sized {
			continue
		}
		lists[i] = windowOf(s.Common)
		lists[i] = lists[i][max(len(lists[i])-int(min(max(s.Common[steps]-began, 0), float64(len(lists[i])))), 0):]
		longest = max(longest, len(lists[i]))
	}
	for back := longest; back > 0; back-- {
		for i, list := range lists {
			if at := len(list) - back; at >= 0 {
				w.push(place[replicas[i].Arms[int(list[at][0])].Name], list[at][1])
			}
		}
	}
	return nil
}

// Adopt takes in a merged state: own is the snapshot of this bandit that went into it. What was learned since own was taken is kept: the state becomes merged + (now - own).
// Decisions that wait go on waiting, and the numbers of arms stay.
func (b *Bandit) Adopt(own, merged *Snapshot) error {
	const where = "bandit.Adopt"
	if own == nil || merged == nil {
		return &ml.Error{Where: where, Found: "nil", Want: "a snapshot", Kind: ml.ErrConfig}
	}
	now := b.Snapshot()
	for {
		next, err := Merge(own, merged, now)
		if err != nil {
			return err
		}
		ok, err := b.replace(now.Version, next)
		if err != nil || ok {
			return err
		}
		now = b.Snapshot() // a reward came between
	}
}

// replace puts another state in place, unless the version is not that any more.
func (b *Bandit) replace(version uint64, s *Snapshot) (bool, error) {
	other, err := s.resume()
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.version != version {
		return false, nil
	}
	// The arms of this bandit keep their numbers: the others' order is brought to it.
	for _, name := range other.names {
		if _, known := b.number[name]; !known {
			b.number[name] = len(b.names)
			b.names, b.alive = append(b.names, name), append(b.alive, true)
		}
	}
	order := *s
	order.Arms = make([]ArmState, len(b.names))
	for i, name := range b.names {
		from := other.number[name]
		order.Arms[i] = s.Arms[from]
		b.alive[i] = s.Arms[from].Live
	}
	if w, ok := b.l.(*slidingWindow); ok {
		at := make([]int, len(s.Arms))
		for i, a := range s.Arms {
			at[i] = b.number[a.Name]
		}
		order.Common = slices.Clone(s.Common)
		for i := range int(min(order.Common[steps], float64(w.Window))) {
			slot := &order.Common[ringStart+2*i]
			*slot = float64(at[int(*slot)])
		}
	}
	fresh, err := order.resume()
	if err != nil {
		return false, err
	}
	b.l, b.arms, b.common, b.sized, b.context, b.features = fresh.l, fresh.arms, fresh.common, fresh.sized, fresh.context, fresh.features
	b.version = max(b.version, s.Version)
	b.changeArms()
	if l := b.log.Load(); l != nil {
		return true, l.event(&Event{Event: "adopt", Version: b.version, Time: b.now()})
	}
	return true, nil
}
