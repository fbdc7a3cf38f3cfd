package bandit

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/rl/ope"
)

// ReadLog reads the lines that [Bandit.LogTo] wrote, of one bandit or several. Empty lines are skipped; one that is no event, or whose numbers cannot be, is an
// ml.ErrFormat that tells its number. A last line without its end, as a crash leaves it, is dropped.
func ReadLog(r io.Reader) ([]Event, error) {
	const where = "bandit.ReadLog"
	var events []Event
	in := bufio.NewReader(r)
	for row := 1; ; row++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Event
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&e); err != nil {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("line %d", row), Kind: ml.ErrFormat, Cause: err}
		}
		if found, want := e.fault(); want != "" {
			return nil, &ml.Error{Where: where, Field: fmt.Sprintf("line %d", row), Found: found, Want: want, Kind: ml.ErrFormat}
		}
		events = append(events, e)
	}
}

// fault tells what an event says that cannot be.
func (e *Event) fault() (found, want string) {
	switch e.Event {
	case "start", "add", "remove", "expire", "adopt":
	case "reward":
		if e.Reward == nil {
			return "a reward without its number", "one"
		}
	case "decision", "learn":
		n := max(len(e.Probs), len(e.Arms), len(e.Features))
		switch {
		case e.Choice < 0 || e.Choice >= n:
			return fmt.Sprintf("choice %d", e.Choice), fmt.Sprintf("one of %d candidates", n)
		case e.Arms != nil && len(e.Arms) != n || e.Features != nil && len(e.Features) != n || e.Event == "decision" && len(e.Probs) != n:
			return "candidates", "arms, features and probs, each of the same number"
		case !(e.Propensity > 0 && e.Propensity <= 1):
			return fmt.Sprintf("propensity %g", e.Propensity), "above 0, up to 1"
		}
		sum := 0.0
		for _, p := range e.Probs {
			if p < 0 {
				return fmt.Sprintf("probability %g", p), ">= 0"
			}
			sum += p
		}
		if e.Event == "decision" && math.Abs(sum-1) > 1e-6 {
			return fmt.Sprintf("probabilities of sum %g", sum), "1"
		}
		if e.Event == "decision" && e.Probs[e.Choice] != e.Propensity {
			return fmt.Sprintf("propensity %g", e.Propensity), fmt.Sprintf("%g, as the probs say", e.Probs[e.Choice])
		}
		if e.Event == "learn" && e.Reward == nil {
			return "learning without a reward", "one"
		}
	default:
		return fmt.Sprintf("event %q", e.Event), "one that LogTo writes"
	}
	return "", ""
}

// Rounds joins decisions with their rewards, for [ope], in the order of the decisions' lines. Decisions without a reward are left out, unless missing says what they are worth:
// new(0.0) where only clicks are reported. A log may go on over several runs of a program, resumed or not, and hold those of several replicas. Leaving them out is right if whether a reward arrives has nothing to do with the arm.
func Rounds(events []Event, missing *float64) []ope.Round {
	// A bandit that was not resumed begins again with the first ID: its rewards are not those of the one before.
	type key struct {
		id  uint64
		run int
	}
	keys := make([]key, len(events))
	runs := map[uint64]int{} // of each replica
	rewards := map[key]float64{}
	for i := range events {
		e := &events[i]
		if e.Event == "start" && e.ID == 0 && e.Options != nil {
			runs[uint64(e.Options.Replica)]++
		}
		keys[i] = key{e.ID, runs[e.ID>>seqBits]}
		if (e.Event == "reward" || e.Event == "expire") && e.Reward != nil {
			rewards[keys[i]] = *e.Reward
		}
	}
	var rounds []ope.Round
	for i := range events {
		e := &events[i]
		if e.Event != "decision" {
			continue
		}
		reward, ok := rewards[keys[i]]
		if !ok && missing == nil {
			continue
		}
		if !ok {
			reward = *missing
		}
		rounds = append(rounds, ope.Round{ID: e.ID, Context: e.Context, Arms: e.Arms, Features: e.Features, Probs: e.Probs, Choice: e.Choice, Propensity: e.Propensity, Reward: reward})
	}
	return rounds
}

// Replay does again what a log tells, from its first line on: a new bandit with the same policy, options and arms makes the same decisions, and gets the same rewards. It returns
// that bandit, and an ml.ErrData that names the first decision which came out otherwise: another version of the policy wrote the log, or somebody changed it. The
// log must be whole, and of one replica; the lines may be in any order that goroutines wrote them in.
func Replay(events []Event) (*Bandit, error) {
	const where = "bandit.Replay"
	if len(events) == 0 || events[0].Event != "start" || events[0].Options == nil {
		return nil, &ml.Error{Where: where, Field: "the first event", Want: "a start", Kind: ml.ErrFormat}
	}
	start := &events[0]
	policy, err := ml.UnmarshalConfig[Policy](start.Policy)
	if err != nil {
		return nil, err
	}
	opt := *start.Options
	opt.Expiry = 0 // the log tells of it
	opt.Pending = max(opt.Pending, 1)
	b, err := New(policy, opt, start.Arms...)
	if err != nil {
		return nil, err
	}
	if start.Version != b.version {
		return nil, &ml.Error{Where: where, Field: "the log", Found: fmt.Sprintf("begun at version %d", start.Version), Want: "one that was begun before the first change", Kind: ml.ErrData}
	}
	order := make([]*Event, 0, len(events))
	for i := range events[1:] {
		order = append(order, &events[i+1])
	}
	// Changes that led to a version come before the decisions of that version; expiries that changed nothing go with the decision that they are of.
	rank := func(e *Event) int {
		switch {
		case e.Event == "decision":
			return 1
		case e.Version == 0:
			return 2
		}
		return 0
	}
	slices.SortStableFunc(order, func(x, y *Event) int {
		if rank(x) == 2 || rank(y) == 2 {
			return cmp.Compare(min(rank(x), 2)/2, min(rank(y), 2)/2)
		}
		return cmp.Or(cmp.Compare(x.Version, y.Version), cmp.Compare(rank(x), rank(y)), cmp.Compare(x.ID, y.ID))
	})
	b.ring.max = max(b.ring.max, 1<<20)
	for _, e := range order {
		if err := b.again(e); err != nil {
			return b, err
		}
	}
	return b, nil
}

// request of an event.
func (b *Bandit) requestOf(e *Event) (Request, error) {
	r := Request{Context: e.Context, Features: e.Features}
	for _, name := range e.Arms {
		arm, known := b.Arm(name)
		if !known {
			if b.need.features { // names of candidates that are no arms
				r.Arms, r.Names = nil, e.Arms
				return r, nil
			}
			return r, &ml.Error{Where: "bandit.Replay", Field: fmt.Sprintf("decision %d", e.ID), Found: fmt.Sprintf("with the arm %q", name), Want: "live arms", Kind: ml.ErrData}
		}
		r.Arms = append(r.Arms, arm)
	}
	return r, nil
}

// again does what an event tells.
func (b *Bandit) again(e *Event) error {
	differs := func(found, want string) error {
		return &ml.Error{Where: "bandit.Replay", Field: fmt.Sprintf("%s %d", e.Event, cmp.Or(e.ID, e.Version)), Found: found, Want: want, Kind: ml.ErrData}
	}
	switch e.Event {
	case "add":
		_, err := b.Add(e.Arm)
		return err
	case "remove":
		return b.Remove(e.Arm)
	case "decision":
		r, err := b.requestOf(e)
		if err != nil {
			return err
		}
		if seq := sequence(e.ID); seq > b.seq.Load() {
			b.seq.Store(seq)
		}
		d, err := b.decide(r, e.ID)
		if err != nil {
			return err
		}
		if d.Choice != e.Choice || d.Propensity != e.Propensity || d.Version != e.Version {
			return differs(fmt.Sprintf("candidate %d with %g at version %d", d.Choice, d.Propensity, d.Version), fmt.Sprintf("%d with %g at %d", e.Choice, e.Propensity, e.Version))
		}
	case "reward":
		return b.Reward(e.ID, *e.Reward)
	case "expire":
		s := &scratch{}
		if err := b.take(e.ID, s, b.now()); err != nil {
			return differs("", "a decision that waits")
		}
		return b.expire(&s.pending[0])
	case "learn":
		r, err := b.requestOf(e)
		if err != nil {
			return err
		}
		return b.Learn(r, e.Choice, e.Propensity, *e.Reward)
	default:
		return differs("an event that cannot be repeated", "decisions, rewards and arms")
	}
	return nil
}
