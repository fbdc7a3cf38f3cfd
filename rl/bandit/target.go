package bandit

import (
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/rl/ope"
)

// Probs sets dst to the probabilities that this bandit, as it now is, would give the candidates of a round: it is an [ope.Policy], so that another policy's log can
// judge it. Candidates go by their names; one that is no live arm here gets 0. Nothing is decided and nothing logged.
func (b *Bandit) Probs(dst []float64, round *ope.Round) error {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	r := Request{Context: round.Context, Features: round.Features}
	var place []int // of the request's arms in the round
	if !b.need.features || b.need.arms {
		if round.Features != nil {
			r.Features = nil
		}
		for i, name := range round.Arms {
			if arm, live := b.Arm(name); live {
				r.Arms, place = append(r.Arms, arm), append(place, i)
				if b.need.features && i < len(round.Features) {
					r.Features = append(r.Features, round.Features[i])
				}
			}
		}
		if r.Arms == nil {
			return &ml.Error{Where: "bandit.Probs", Field: fmt.Sprintf("round %d", round.ID), Found: "without a live arm", Want: "names of this bandit's arms", Kind: ml.ErrData}
		}
	}
	if err := b.rlock(&r); err != nil {
		return err
	}
	defer b.mu.RUnlock()
	q := &s.query
	if err := b.query(s, &r); err != nil {
		return err
	}
	if place == nil && q.n != len(dst) || place != nil && len(round.Arms) != len(dst) {
		return ml.BadShape("bandit.Probs", "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(q.n))
	}
	q.key = rng.Key(b.opt.Seed, round.ID)
	p := b.probabilities(s, q, false)
	if place == nil {
		copy(dst, p)
		return nil
	}
	clear(dst)
	for i, at := range place {
		dst[at] = p[i]
	}
	return nil
}
