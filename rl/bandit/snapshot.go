package bandit

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Snapshot is all that a bandit knows at a moment: ml.Save writes it, ml.Load[*bandit.Snapshot] reads it, [Resume] goes on from it with the same decisions that the
// bandit would have made, and [Merge] joins those of several replicas.
type Snapshot struct {
	Policy    Policy
	Options   Options
	Version   uint64
	Decisions uint64
	Sized     bool // whether a request has said how wide contexts are
	Context   int  // the widths
	Features  int
	Arms      []ArmState
	Common    []float64         // what the policy knows beside the arms
	Waiting   []WaitingDecision // the oldest first
}

// ArmState is an arm in a snapshot. State begins with sums that add up (pulls and rewards, or x xᵀ and x·reward of a linear model, the upper triangle row by row);
// what follows is derived from them.
type ArmState struct {
	Name  string
	Live  bool
	State []float64
}

// WaitingDecision is one without its reward.
type WaitingDecision struct {
	ID         uint64
	Arm        int
	Propensity float64
	At         int64 // Unix time in nanoseconds
	Row        []float64
}

// Snapshot copies the state. It can be called at any time.
func (b *Bandit) Snapshot() *Snapshot {
	b.mu.RLock()
	defer b.mu.RUnlock()
	s := &Snapshot{Policy: b.policy, Options: b.opt, Version: b.version, Decisions: b.seq.Load(), Sized: b.sized, Context: b.context, Features: b.features, Common: slices.Clone(b.common)}
	if b.opt.ExpireAs != nil {
		s.Options.ExpireAs = new(*b.opt.ExpireAs)
	}
	for i, name := range b.names {
		a := ArmState{Name: name, Live: b.alive[i]}
		if b.sized {
			a.State = slices.Clone(b.arms[i])
		}
		s.Arms = append(s.Arms, a)
	}
	b.ring.mu.Lock()
	defer b.ring.mu.Unlock()
	for i := range b.ring.slots {
		if t := &b.ring.slots[i]; t.id != 0 && t.state == waiting && sequence(t.id) <= s.Decisions {
			s.Waiting = append(s.Waiting, WaitingDecision{t.id, t.arm, t.propensity, t.at, slices.Clone(t.row)})
		}
	}
	slices.SortFunc(s.Waiting, func(x, y WaitingDecision) int { return cmp.Compare(sequence(x.ID), sequence(y.ID)) })
	return s
}

// Restore checks a snapshot that was read from a file.
func (s *Snapshot) Restore() error {
	_, err := s.resume()
	return err
}

// Resume sets a policy to work where the snapshot left it. Decisions that waited still do.
func Resume(s *Snapshot) (*Bandit, error) {
	if s == nil {
		return nil, &ml.Error{Where: "bandit.Resume", Found: "nil", Want: "a snapshot", Kind: ml.ErrConfig}
	}
	return s.resume()
}

func (s *Snapshot) resume() (*Bandit, error) {
	fault := func(field, found, want string) error {
		return &ml.Error{Where: "bandit.Snapshot", Field: field, Found: found, Want: want, Kind: ml.ErrFormat}
	}
	if w, ok := s.Policy.(SlidingWindowUCB); ok && len(s.Common) != ringStart+2*w.window() {
		return nil, fault("Common", fmt.Sprintf("%d numbers", len(s.Common)), fmt.Sprint(ringStart+2*w.window())) // before New makes room for a window
	}
	names := make([]string, len(s.Arms))
	for i := range s.Arms {
		names[i] = s.Arms[i].Name
	}
	b, err := New(s.Policy, s.Options, names...)
	if err != nil {
		return nil, &ml.Error{Where: "bandit.Snapshot", Kind: ml.ErrFormat, Cause: err}
	}
	if s.Context < 0 || s.Features < 0 || s.Context > maxWidth || s.Features > maxWidth || !s.Sized && b.sized {
		return nil, fault("Context and Features", fmt.Sprintf("%d and %d", s.Context, s.Features), fmt.Sprintf("0 to %d", maxWidth))
	}
	if s.Sized {
		if err := s.fill(b, fault); err != nil {
			return nil, err
		}
	}
	for i := range s.Arms {
		b.alive[i] = s.Arms[i].Live
	}
	b.changeArms()
	b.version = s.Version
	if s.Decisions >= 1<<seqBits {
		return nil, fault("Decisions", fmt.Sprint(s.Decisions), "below 2^40")
	}
	b.seq.Store(s.Decisions)
	b.ring.base = s.Decisions
	return b, s.wait(b, fault)
}

// fill gives the learner its blocks.
func (s *Snapshot) fill(b *Bandit, fault func(field, found, want string) error) error {
	if !b.sized {
		if err := b.checkWidths(s.Context, s.Features); err != nil {
			return &ml.Error{Where: "bandit.Snapshot", Kind: ml.ErrFormat, Cause: err}
		}
	}
	b.l.widths(s.Context, s.Features)
	sums, derived, common, commonDerived := b.l.blocks()
	check := func(field string, state []float64, sums, derived int) error {
		if len(state) != sums && len(state) != sums+derived {
			return fault(field, fmt.Sprintf("%d numbers", len(state)), fmt.Sprintf("%d", sums+derived))
		}
		for _, v := range state {
			if !(math.Abs(v) <= 1e250) {
				return fault(field, fmt.Sprint(v), "numbers of at most 1e250")
			}
		}
		return nil
	}
	if err := check("Common", s.Common, common, commonDerived); err != nil {
		return err
	}
	for i := range s.Arms {
		if err := check(fmt.Sprintf("Arms[%d].State", i), s.Arms[i].State, sums, derived); err != nil {
			return err
		}
	}
	b.context, b.features, b.sized = s.Context, s.Features, true
	put := func(state []float64, size int) []float64 {
		block := make([]float64, size)
		copy(block, state)
		return block
	}
	b.common = put(s.Common, common+commonDerived)
	if w, ok := b.l.(*slidingWindow); ok {
		if found := w.fault(b.common, len(s.Arms)); found != "" {
			return fault("Common", found, "the window's rewards")
		}
	}
	b.arms = b.arms[:0]
	for i := range s.Arms {
		b.arms = append(b.arms, put(s.Arms[i].State, sums+derived))
		b.l.attach(i, b.arms[i], len(s.Arms[i].State) == sums && derived > 0)
	}
	b.l.attach(-1, b.common, len(s.Common) == common && commonDerived > 0)
	return nil
}

// wait puts the decisions that wait into the ring.
func (s *Snapshot) wait(b *Bandit, fault func(field, found, want string) error) error {
	width := -1
	b.ring.oldest = s.Decisions + 1
	for i, w := range s.Waiting {
		field := fmt.Sprintf("Waiting[%d]", i)
		seq := sequence(w.ID)
		switch {
		case seq == 0 || seq > s.Decisions || i > 0 && seq <= sequence(s.Waiting[i-1].ID):
			return fault(field+".ID", fmt.Sprint(w.ID), "those of decisions, rising")
		case w.Arm < -1 || w.Arm >= len(s.Arms) || w.Arm < 0 && !b.need.features:
			return fault(field+".Arm", fmt.Sprint(w.Arm), "the number of an arm")
		case !(w.Propensity > 0 && w.Propensity <= 1):
			return fault(field+".Propensity", fmt.Sprint(w.Propensity), "above 0, up to 1")
		case badNumber(w.Row) >= 0:
			return fault(field+".Row", "not finite", "numbers")
		}
		if width < 0 {
			width = b.rowWidth()
		}
		if _, byArms := b.l.(*gradient); len(w.Row) != width && (!byArms || len(w.Row) > width) {
			return fault(field+".Row", fmt.Sprintf("%d numbers", len(w.Row)), fmt.Sprint(width))
		}
		b.ring.oldest = min(b.ring.oldest, seq)
		t := b.ring.place(seq)
		if t.id != 0 && t.state == waiting {
			continue // more wait than there is room for: the oldest go
		}
		*t = slot{id: w.ID, arm: w.Arm, propensity: w.Propensity, at: w.At, row: slices.Clone(w.Row)}
	}
	return nil
}

// rowWidth is how many numbers update wants of a decision.
func (b *Bandit) rowWidth() int {
	switch l := b.l.(type) {
	case *gradient:
		return len(l.arm)
	case *exp3:
		return 1
	case *hybrid:
		return l.d + l.k
	case interface{ width() int }:
		return l.width()
	}
	return 0
}

// fault tells what is wrong with the common block of a window.
func (l *slidingWindow) fault(common []float64, arms int) string {
	if len(common) != ringStart+2*l.Window || !(common[steps] >= 0 && common[steps] <= 1<<52) || common[steps] != math.Floor(common[steps]) {
		return "malformed"
	}
	for _, pair := range windowOf(common) {
		if !(pair[0] >= 0 && pair[0] < float64(arms)) || pair[0] != math.Floor(pair[0]) {
			return fmt.Sprintf("arm %g", pair[0])
		}
	}
	return ""
}

// same tells whether two snapshots are of the same policy and widths.
func (s *Snapshot) same(t *Snapshot) bool {
	return reflect.DeepEqual(s.Policy, t.Policy) && s.Sized == t.Sized && s.Context == t.Context && s.Features == t.Features
}
