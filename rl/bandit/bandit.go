package bandit

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Options are what all policies have in common. The zero value is fine.
type Options struct {
	Seed    uint64 // of all random numbers; those of a decision depend on it and on the decision's ID alone
	Replica int    // 0 to 4095: of several processes that share one log or merge what they learn, each has its own number, so that IDs differ
	Name    string // of the policy's version, written into the log
	// MinProb is given to each candidate at least, 0 to 1 (at most 1/K of K): the rest is shared out by the policy. With it, a log can be used to judge any other
	// policy, and no weight there is above 1/MinProb. 0: none.
	MinProb              float64
	RewardMin, RewardMax float64       // what rewards may be, for policies that say so; both 0: 0 and 1
	Pending              int           // decisions that can wait for their reward at a time, the oldest expiring beyond; rounded up to a power of two; 0: 65536
	Expiry               time.Duration // how long a reward may take; 0: as long as it likes
	ExpireAs             *float64      // the reward of decisions that expire: new(0.0) for "no click in time"; nil: nothing is learned from them
}

// Request is what an arm is to be chosen for.
type Request struct {
	Context  []float64   // what is known of the visitor, for policies with linear models
	Arms     []int       // the candidates' numbers; nil: all live arms in the order they were added, but for shared models each of Features
	Features [][]float64 // of each candidate, for policies with a shared model
	Names    []string    // of candidates that have features but no arms, for the log; or nil
}

// Decision is an arm that was chosen.
type Decision struct {
	ID         uint64  // to give the reward to; below 2^53, so that JavaScript can hold it
	Choice     int     // place among the candidates
	Arm        int     // number of the arm, -1 for candidates that have features only
	Name       string  // of the arm
	Propensity float64 // the probability that this choice had
	Version    uint64  // how many changes (rewards, arms) the policy had learned of
}

// Bandit is a policy at work. Any number of goroutines may use it at once: decisions hold a reader's lock for as long as they compute, rewards a writer's.
type Bandit struct {
	policy Policy
	opt    Options
	need   needs
	now    func() time.Time
	seq    atomic.Uint64 // decisions so far
	log    atomic.Pointer[logger]

	mu       sync.RWMutex
	l        learner
	names    []string
	number   map[string]int
	alive    []bool
	live     []int
	arms     [][]float64 // the learner's blocks
	common   []float64
	sized    bool // the widths are known
	context  int
	features int
	version  uint64
	kept     []float64 // the probabilities of all live arms, while valid
	valid    bool

	ring ring
}

const (
	seqBits     = 40
	maxReplicas = 4096
)

// New sets a policy to work on arms, to which numbers are given from 0 up. A bad config or option is an ml.ErrConfig.
func New(p Policy, o Options, arms ...string) (*Bandit, error) {
	const where = "bandit.New"
	if p == nil {
		return nil, ml.BadConfig(where, "Policy", "nil", "a policy")
	}
	l, err := p.start()
	if err != nil {
		return nil, err
	}
	if o.RewardMin == 0 && o.RewardMax == 0 {
		o.RewardMax = 1
	}
	if o.Pending == 0 {
		o.Pending = 1 << 16
	}
	for _, err := range []error{
		inRange(where, "Replica", float64(o.Replica), 0, maxReplicas-1), inRange(where, "MinProb", o.MinProb, 0, 1),
		inRange(where, "Pending", float64(o.Pending), 1, 1<<30), inRange(where, "Expiry", float64(o.Expiry), 0, math.MaxFloat64),
	} {
		if err != nil {
			return nil, err
		}
	}
	if !finite(o.RewardMin) || !finite(o.RewardMax) || o.RewardMin >= o.RewardMax {
		return nil, ml.BadConfig(where, "RewardMin, RewardMax", fmt.Sprintf("%g, %g", o.RewardMin, o.RewardMax), "finite, the first below the second")
	}
	b := &Bandit{policy: p, opt: o, l: l, need: l.needs(), now: time.Now, number: map[string]int{}}
	if o.ExpireAs != nil {
		if err := b.checkReward(where, *o.ExpireAs); err != nil {
			return nil, err
		}
	}
	b.ring.max, b.ring.oldest = 1<<bits.Len(uint(o.Pending-1)), 1
	if !b.need.context && !b.need.features {
		b.size(0, 0)
	}
	for _, name := range arms {
		if _, err := b.Add(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// size fixes the widths and makes the blocks. The caller holds the lock, or nobody else has the bandit yet.
func (b *Bandit) size(context, features int) {
	b.context, b.features, b.sized = context, features, true
	b.l.widths(context, features)
	_, _, sums, derived := b.l.blocks()
	b.common = make([]float64, sums+derived)
	b.l.attach(-1, b.common, true)
	for arm := range b.names {
		b.block(arm)
	}
}

// block makes the block of a new arm.
func (b *Bandit) block(arm int) {
	sums, derived, _, _ := b.l.blocks()
	for len(b.arms) <= arm {
		b.arms = append(b.arms, nil)
	}
	b.arms[arm] = make([]float64, sums+derived)
	b.l.attach(arm, b.arms[arm], true)
	if j, ok := b.l.(interface{ joined(arm int) }); ok {
		j.joined(arm)
	}
}

// Add adds an arm, or brings one back that was removed, with what was learned of it. It returns the arm's number. A name that is live already is an ml.ErrConfig.
func (b *Bandit) Add(name string) (int, error) {
	b.mu.Lock()
	arm, known := b.number[name]
	switch {
	case known && b.alive[arm]:
		b.mu.Unlock()
		return 0, &ml.Error{Where: "bandit.Add", Field: "the arm " + fmt.Sprintf("%q", name), Found: "there already", Want: "a new name", Kind: ml.ErrConfig}
	case known:
		b.alive[arm] = true
	default:
		arm = len(b.names)
		b.names, b.alive = append(b.names, name), append(b.alive, true)
		b.number[name] = arm
		if b.sized {
			b.block(arm)
		}
	}
	version := b.changeArms()
	b.mu.Unlock()
	return arm, b.logArm("add", name, version)
}

// Remove takes an arm out of choice. Rewards that are still to come for it are learned, and Add brings it back.
func (b *Bandit) Remove(name string) error {
	b.mu.Lock()
	arm, known := b.number[name]
	if !known || !b.alive[arm] {
		b.mu.Unlock()
		return &ml.Error{Where: "bandit.Remove", Field: "the arm " + fmt.Sprintf("%q", name), Found: "not there", Want: "a live arm", Kind: ml.ErrConfig}
	}
	b.alive[arm] = false
	version := b.changeArms()
	b.mu.Unlock()
	return b.logArm("remove", name, version)
}

func (b *Bandit) changeArms() uint64 {
	live := make([]int, 0, len(b.names)) // a new one: readers may hold the old
	for arm, alive := range b.alive {
		if alive {
			live = append(live, arm)
		}
	}
	b.live, b.valid = live, false
	b.version++
	return b.version
}

// Arm is the number of a name, and whether it is live.
func (b *Bandit) Arm(name string) (arm int, live bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	arm, known := b.number[name]
	if !known {
		return -1, false
	}
	return arm, b.alive[arm]
}

// Arms lists the names of the live arms.
func (b *Bandit) Arms() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	names := make([]string, len(b.live))
	for i, arm := range b.live {
		names[i] = b.names[arm]
	}
	return names
}

// Version counts what the policy has learned of: rewards, and arms that came or went.
func (b *Bandit) Version() uint64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.version
}

// Decide chooses an arm. The request's slices are not kept. It allocates nothing once the memory for waiting decisions has grown. No live arm, or numbers that do not
// fit the policy or the requests before, are an ml.ErrShape; numbers that are not finite an ml.ErrNotFinite. An error of the log is returned
// together with the decision, which stands.
func (b *Bandit) Decide(r Request) (Decision, error) {
	return b.decide(r, 0)
}

// decide is Decide; a replay says which ID the decision has.
func (b *Bandit) decide(r Request, id uint64) (Decision, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if err := b.rlock(&r); err != nil {
		return Decision{}, err
	}
	q := &s.query
	err := b.query(s, &r)
	if err != nil {
		b.mu.RUnlock()
		return Decision{}, err
	}
	if id == 0 {
		id = uint64(b.opt.Replica)<<seqBits | b.seq.Add(1)
	}
	q.key = rng.Key(b.opt.Seed, id)
	p := b.probabilities(s, q, r.Arms == nil)
	i := draw(p, unit(q.key))
	s.row = b.l.row(s.row[:0], s, q, i)
	d := Decision{ID: id, Choice: i, Arm: q.arm(i), Propensity: p[i], Version: b.version}
	switch {
	case d.Arm >= 0:
		d.Name = b.names[d.Arm]
	case r.Names != nil:
		d.Name = r.Names[i]
	}
	logger := b.log.Load()
	if logger != nil {
		s.line = b.appendDecision(s.line[:0], &r, q, p, &d)
	}
	b.mu.RUnlock()

	var at time.Time
	if logger != nil || b.opt.Expiry > 0 {
		at = b.now()
	}
	s.pending = s.pending[:0]
	b.ring.put(d, s, at.UnixNano(), int64(b.opt.Expiry))
	if logger != nil {
		err = logger.decision(s, at)
	}
	for i := range s.pending {
		if e := b.expire(&s.pending[i]); e != nil && err == nil {
			err = e
		}
	}
	return d, err
}

// rlock takes the reader's lock with all that decisions need ready: the widths fixed by the first request, and where probabilities do not depend on the
// request, those of all live arms.
func (b *Bandit) rlock(r *Request) error {
	b.mu.RLock()
	plain := !b.need.context && !b.need.features && !b.need.stateful
	if b.sized && (b.valid || !plain || r.Arms != nil) {
		return nil
	}
	b.mu.RUnlock()
	b.mu.Lock()
	if !b.sized {
		features := 0
		if b.need.features && len(r.Features) > 0 {
			features = len(r.Features[0])
		}
		if err := b.checkWidths(len(r.Context), features); err != nil {
			b.mu.Unlock()
			return err
		}
		// A request that is refused fixes nothing.
		s := scratches.Get().(*scratch)
		b.context, b.features = len(r.Context), features
		err := b.query(s, r)
		scratches.Put(s)
		if err != nil {
			b.mu.Unlock()
			return err
		}
		b.size(len(r.Context), features)
	}
	if plain && !b.valid && r.Arms == nil && len(b.live) > 0 {
		s := scratches.Get().(*scratch)
		q := &s.query
		*q = query{arms: b.live, n: len(b.live)}
		s.p = grow(s.p, q.n)
		b.l.probs(s, q)
		settle(s.p, b.opt.MinProb)
		b.kept, b.valid = append(b.kept[:0], s.p...), true
		scratches.Put(s)
	}
	b.mu.Unlock()
	b.mu.RLock() // a reward may have come between; then the probabilities are computed by the reader itself
	return nil
}

// maxWidth bounds the columns of a model: its matrix has half the square of them.
const maxWidth = 4096

func (b *Bandit) checkWidths(context, features int) error {
	b.l.widths(context, features)
	sums, derived, common, commonDerived := b.l.blocks()
	if l, ok := b.l.(interface{ width() int }); ok && l.width() > maxWidth {
		return ml.BadShape("bandit.Decide", "Context and Features", fmt.Sprintf("%d and %d wide: a model of %d columns", context, features, l.width()), fmt.Sprintf("%d columns at most", maxWidth))
	}
	if context > maxWidth || features > maxWidth || max(sums+derived, common+commonDerived) > 1<<27 {
		return ml.BadShape("bandit.Decide", "Context and Features", fmt.Sprintf("%d and %d wide", context, features), "a model of at most 2^27 numbers")
	}
	if context+features == 0 {
		return ml.BadShape("bandit.Decide", "Context", "empty", "numbers, which this policy chooses by")
	}
	return nil
}

// probabilities are those of the candidates, in s.p or kept from before.
func (b *Bandit) probabilities(s *scratch, q *query, all bool) []float64 {
	s.p = grow(s.p, q.n)
	if all && b.valid {
		copy(s.p, b.kept)
		return s.p
	}
	if q.n == 1 {
		s.p[0] = 1
		return s.p
	}
	b.l.probs(s, q)
	settle(s.p, b.opt.MinProb)
	return s.p
}

// query checks a request and makes s.query of it.
func (b *Bandit) query(s *scratch, r *Request) error {
	const where = "bandit.Decide"
	q := &s.query
	*q = query{context: r.Context, features: r.Features, arms: r.Arms}
	switch {
	case r.Arms != nil:
		if err := b.checkArms(s, r.Arms); err != nil {
			return err
		}
	case b.need.features && !b.need.arms:
		q.n = len(r.Features)
	default:
		q.arms = b.live
	}
	if q.arms != nil {
		q.n = len(q.arms)
	}
	if q.n == 0 {
		return ml.BadShape(where, "Arms", "empty", "a candidate at least")
	}
	if r.Names != nil && len(r.Names) != q.n {
		return ml.BadShape(where, "Names", fmt.Sprintf("%d names", len(r.Names)), fmt.Sprintf("%d, one for each candidate", q.n))
	}
	if b.need.context {
		if len(r.Context) != b.context {
			return ml.BadShape(where, "Context", fmt.Sprintf("%d numbers", len(r.Context)), fmt.Sprintf("%d", b.context))
		}
		if j := badNumber(r.Context); j >= 0 {
			return notFinite(where, fmt.Sprintf("Context[%d]", j), r.Context[j])
		}
	}
	if b.need.features {
		if len(r.Features) != q.n {
			return ml.BadShape(where, "Features", fmt.Sprintf("%d rows", len(r.Features)), fmt.Sprintf("%d, one for each candidate", q.n))
		}
		for i, f := range r.Features {
			if len(f) != b.features {
				return ml.BadShape(where, fmt.Sprintf("Features[%d]", i), fmt.Sprintf("%d numbers", len(f)), fmt.Sprintf("%d", b.features))
			}
			if j := badNumber(f); j >= 0 {
				return notFinite(where, fmt.Sprintf("Features[%d][%d]", i, j), f[j])
			}
		}
	}
	return nil
}

func (b *Bandit) checkArms(s *scratch, arms []int) error {
	s.arms = s.arms[:0]
	for range b.names {
		s.arms = append(s.arms, 0)
	}
	for i, arm := range arms {
		if arm < 0 || arm >= len(b.names) || !b.alive[arm] {
			return ml.BadShape("bandit.Decide", fmt.Sprintf("Arms[%d]", i), fmt.Sprint(arm), "the number of a live arm")
		}
		if s.arms[arm]++; s.arms[arm] > 1 {
			return ml.BadShape("bandit.Decide", fmt.Sprintf("Arms[%d]", i), fmt.Sprintf("%d again", arm), "each arm once")
		}
	}
	return nil
}

// largeNumber bounds what contexts, features and rewards may be: their squares, summed, must stay finite.
const largeNumber = 1e100

func badNumber(x []float64) int {
	return slices.IndexFunc(x, func(v float64) bool { return !(math.Abs(v) <= largeNumber) })
}

func notFinite(where, field string, v float64) error {
	return &ml.Error{Where: where, Field: field, Found: fmt.Sprint(v), Want: "a finite number, of at most 1e100", Kind: ml.ErrNotFinite}
}

func (b *Bandit) checkReward(where string, r float64) error {
	if !(math.Abs(r) <= largeNumber) {
		return notFinite(where, "the reward", r)
	}
	if b.need.bounded && (r < b.opt.RewardMin || r > b.opt.RewardMax) {
		return &ml.Error{Where: where, Field: "the reward", Found: fmt.Sprint(r),
			Want: fmt.Sprintf("%g to %g, for this policy: see Options.RewardMin and RewardMax", b.opt.RewardMin, b.opt.RewardMax), Kind: ml.ErrTarget}
	}
	return nil
}

// scaled brings the rewards of policies that bound them to 0..1.
func (b *Bandit) scaled(r float64) float64 {
	if !b.need.bounded {
		return r
	}
	return (r - b.opt.RewardMin) / (b.opt.RewardMax - b.opt.RewardMin)
}

// learn gives an outcome to the learner and returns the version that this made.
func (b *Bandit) learn(o *outcome) uint64 {
	o.reward = b.scaled(o.reward)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.l.update(o)
	b.valid = false
	b.version++
	return b.version
}

// Learn learns from a choice that was made elsewhere, such as a line of another policy's log: the request, the place of what was chosen, the probability
// that it had, and its reward. Policies that do not weigh by the propensity ignore it.
func (b *Bandit) Learn(r Request, choice int, propensity, reward float64) error {
	const where = "bandit.Learn"
	if err := b.checkReward(where, reward); err != nil {
		return err
	}
	if !(propensity > 0 && propensity <= 1) {
		return &ml.Error{Where: where, Field: "the propensity", Found: fmt.Sprint(propensity), Want: "above 0, up to 1", Kind: ml.ErrTarget}
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	if err := b.rlock(&r); err != nil {
		return err
	}
	q := &s.query
	err := b.query(s, &r)
	if err == nil && (choice < 0 || choice >= q.n) {
		err = ml.BadShape(where, "the choice", fmt.Sprint(choice), fmt.Sprintf("0 to %d", q.n-1))
	}
	if err != nil {
		b.mu.RUnlock()
		return err
	}
	q.key = rng.Key(b.opt.Seed, b.version, 1)
	b.probabilities(s, q, r.Arms == nil)
	o := outcome{arm: q.arm(choice), row: b.l.row(s.row[:0], s, q, choice), reward: reward, propensity: propensity, key: q.key}
	s.row = o.row
	b.mu.RUnlock()
	version := b.learn(&o)
	if logger := b.log.Load(); logger != nil {
		return logger.event(&Event{Event: "learn", Version: version, Time: b.now(), Context: r.Context, Features: r.Features, Arms: b.candidateNames(&r, q), Choice: choice, Propensity: propensity, Reward: &reward})
	}
	return nil
}
