package bandit

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// The kinds of fault of rewards; test for them with errors.Is.
var (
	ErrUnknown   = errors.New("unknown decision")        // no decision has this ID, or it is another replica's
	ErrDuplicate = errors.New("decision has its reward") // a second reward for a decision
	ErrExpired   = errors.New("decision expired")        // the reward came too late: see Options.Expiry and Pending
)

// A due decision has expired.
type due struct {
	id uint64
	outcome
}

// A slot is a decision that waits, or the last one that did.
type slot struct {
	id         uint64 // 0: none yet
	state      state
	arm        int
	propensity float64
	at         int64 // Unix time in nanoseconds
	row        []float64
}

type state uint8

const (
	waiting state = iota
	rewarded
	expired
)

// A ring holds the last decisions by their number modulo its size, which doubles while decisions wait where new ones must go.
type ring struct {
	mu     sync.Mutex
	max    int
	slots  []slot
	oldest uint64 // number of the first decision that may wait
	base   uint64 // decisions up to this number came with a snapshot, or are gone
	arena  []float64
}

func sequence(id uint64) uint64 { return id & (1<<seqBits - 1) }

// put lets a decision wait. Those that expired are put into s.pending.
func (r *ring) put(d Decision, s *scratch, at, expiry int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	seq := sequence(d.ID)
	t := r.place(seq)
	if t.id != 0 && sequence(t.id) > seq { // overtaken by as many others as there is room for
		own := slot{id: d.ID, arm: d.Arm, propensity: d.Propensity, row: s.row}
		r.drop(&own, s)
		return
	}
	if t.id != 0 && t.state == waiting {
		r.drop(t, s)
	}
	row := t.row
	if cap(row) < len(s.row) {
		if len(r.arena) < len(s.row) {
			r.arena = make([]float64, 256*len(s.row))
		}
		row, r.arena = r.arena[:0:len(s.row)], r.arena[len(s.row):]
	}
	*t = slot{id: d.ID, arm: d.Arm, propensity: d.Propensity, at: at, row: append(row[:0], s.row...)}
	if expiry > 0 {
		r.sweep(s, at-expiry, 4)
	}
}

// place is where decision seq goes.
func (r *ring) place(seq uint64) *slot {
	if len(r.slots) == 0 {
		r.slots = make([]slot, min(64, r.max))
	}
	for {
		t := &r.slots[seq%uint64(len(r.slots))]
		there := sequence(t.id)
		if t.id == 0 || there == seq || there < seq && t.state != waiting || len(r.slots) >= r.max {
			return t
		}
		old := r.slots
		r.slots = make([]slot, 2*len(old))
		for i := range old {
			if old[i].id == 0 {
				continue
			}
			r.slots[sequence(old[i].id)%uint64(len(r.slots))] = old[i] // sizes are powers of two: what was apart stays apart
		}
	}
}

// drop ends a slot's waiting.
func (r *ring) drop(t *slot, s *scratch) {
	t.state = expired
	n := len(s.pending)
	if n < cap(s.pending) {
		s.pending = s.pending[:n+1]
	} else {
		s.pending = append(s.pending, due{})
	}
	e := &s.pending[n]
	e.id, e.arm, e.propensity, e.row = t.id, t.arm, t.propensity, append(e.row[:0], t.row...)
}

// sweep drops up to limit decisions made before a time, the oldest first. It stops at the first that may wait on.
func (r *ring) sweep(s *scratch, before int64, limit int) {
	for len(s.pending) < limit && len(r.slots) > 0 {
		t := &r.slots[r.oldest%uint64(len(r.slots))]
		seq := sequence(t.id)
		switch {
		case t.id == 0 || seq < r.oldest:
			if r.oldest > r.base {
				return // it is not there yet
			}
		case seq == r.oldest && t.state == waiting:
			if t.at >= before {
				return
			}
			r.drop(t, s)
		}
		r.oldest++
	}
}

// Expire lets all decisions expire that have waited for longer than Options.Expiry, and returns how many. Each new decision does so for a few; call it before the
// state is saved or looked at, or where decisions are rare.
func (b *Bandit) Expire() (int, error) {
	if b.opt.Expiry <= 0 {
		return 0, nil
	}
	s := &scratch{}
	before := b.now().UnixNano() - int64(b.opt.Expiry)
	b.ring.mu.Lock()
	b.ring.sweep(s, before, math.MaxInt)
	b.ring.mu.Unlock()
	var first error
	for i := range s.pending {
		if err := b.expire(&s.pending[i]); err != nil && first == nil {
			first = err
		}
	}
	return len(s.pending), first
}

// Waiting counts the decisions that wait for a reward.
func (b *Bandit) Waiting() int {
	b.ring.mu.Lock()
	defer b.ring.mu.Unlock()
	n := 0
	for i := range b.ring.slots {
		if t := &b.ring.slots[i]; t.id != 0 && t.state == waiting {
			n++
		}
	}
	return n
}

// Reward tells what a decision brought. The error's kind is ErrUnknown, ErrDuplicate, ErrExpired, or that of a bad number.
func (b *Bandit) Reward(id uint64, reward float64) error {
	const where = "bandit.Reward"
	if err := b.checkReward(where, reward); err != nil {
		return err
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	s.pending = s.pending[:0]
	var at time.Time
	if b.opt.Expiry > 0 {
		at = b.now()
	}
	kind := b.take(id, s, at)
	if kind != nil {
		if len(s.pending) > 0 {
			if err := b.expire(&s.pending[0]); err != nil {
				return err
			}
		}
		return &ml.Error{Where: where, Field: fmt.Sprintf("decision %d", id), Kind: kind}
	}
	e := &s.pending[0]
	e.reward, e.key = reward, rng.Key(b.opt.Seed, id)
	version := b.learn(&e.outcome)
	if logger := b.log.Load(); logger != nil {
		return logger.reward("reward", s, id, version, b.now(), &reward)
	}
	return nil
}

// take finds a waiting decision, puts it into s.pending and marks it rewarded. If it waited for too long it is put there, too, but the kind is ErrExpired.
func (b *Bandit) take(id uint64, s *scratch, now time.Time) (kind error) {
	seq := sequence(id)
	if id>>seqBits != uint64(b.opt.Replica) || seq == 0 || seq > b.seq.Load() {
		return ErrUnknown
	}
	b.ring.mu.Lock()
	defer b.ring.mu.Unlock()
	if len(b.ring.slots) == 0 {
		return ErrUnknown
	}
	t := &b.ring.slots[seq%uint64(len(b.ring.slots))]
	switch {
	case t.id != id:
		return ErrExpired // its place is another's: it waited too long, or had its reward long ago
	case t.state == rewarded:
		return ErrDuplicate
	case t.state == expired:
		return ErrExpired
	}
	b.ring.drop(t, s)
	if b.opt.Expiry > 0 && now.UnixNano()-t.at > int64(b.opt.Expiry) {
		return ErrExpired
	}
	t.state = rewarded
	return nil
}

// expire learns what decisions that expire are worth.
func (b *Bandit) expire(e *due) error {
	var version uint64
	if b.opt.ExpireAs != nil {
		e.reward, e.key = *b.opt.ExpireAs, rng.Key(b.opt.Seed, e.id)
		version = b.learn(&e.outcome)
	}
	if logger := b.log.Load(); logger != nil {
		s := scratches.Get().(*scratch)
		defer scratches.Put(s)
		return logger.reward("expire", s, e.id, version, b.now(), b.opt.ExpireAs)
	}
	return nil
}
