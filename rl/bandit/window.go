package bandit

import "math"

// SlidingWindowUCB is UCB1 over the last Window rewards of all arms, for rewards that change abruptly: the width is Explore·sqrt(0.5 ln(min(t, Window))/n) (Garivier and
// Moulines, ALT 2011, with their ξ = 0.5 and range of 1). An arm without a reward in the window is taken first. Rewards are within 0 and 1.
type SlidingWindowUCB struct {
	Window  int     // 1 or more, up to 2^20; 0: 1000
	Explore float64 // > 0, the factor of the confidence width; 0: 1
}

// slidingWindow keeps the rewards of the window in a ring, in the common block: after the numbers of counts come pairs of arm and reward.
type slidingWindow struct {
	counts
	SlidingWindowUCB
}

const ringStart = steps + 1

func (c SlidingWindowUCB) window() int {
	if c.Window == 0 {
		return 1000
	}
	return c.Window
}

func (c SlidingWindowUCB) start() (learner, error) {
	const where = "bandit.SlidingWindowUCB"
	c.Window = c.window()
	c.Explore = or(c.Explore, 1)
	if err := inRange(where, "Window", float64(c.Window), 1, 1<<20); err != nil {
		return nil, err
	}
	if err := inRange(where, "Explore", c.Explore, 0, math.MaxFloat64); err != nil {
		return nil, err
	}
	return &slidingWindow{counts{limits: true}, c}, nil
}

func (l *slidingWindow) blocks() (int, int, int, int) {
	return 0, countSums, 0, ringStart + 2*l.Window
}

func (l *slidingWindow) probs(s *scratch, q *query) {
	log := s.log(max(l.candidatePulls(q), 1))
	l.byIndex(s, q, func(a []float64) float64 {
		return a[total]/a[pulls] + float64(l.Explore*math.Sqrt(0.5*log/a[pulls]))
	})
}

func (l *slidingWindow) update(u *outcome) { l.push(u.arm, u.reward) }

func (l *slidingWindow) push(arm int, reward float64) {
	seen := uint64(l.common[steps])
	slot := l.common[ringStart+2*int(seen%uint64(l.Window)):][:2]
	if seen >= uint64(l.Window) {
		l.common[0]--
		l.common[1] -= slot[1]
		if old := l.arm[int(slot[0])]; old[pulls] <= 1 {
			clear(old) // nothing of rounding stays behind
		} else {
			old[pulls]--
			old[total] -= slot[1]
			old[squares] -= float64(slot[1] * slot[1])
		}
	}
	slot[0], slot[1] = float64(arm), reward
	l.add(arm, reward)
}

// windowOf lists the rewards of a window's common block, the oldest first.
func windowOf(common []float64) (pairs [][2]float64) {
	size := uint64(len(common)-ringStart) / 2
	seen := uint64(common[steps])
	for i := seen - min(seen, size); i < seen; i++ {
		at := ringStart + 2*(i%size)
		pairs = append(pairs, [2]float64{common[at], common[at+1]})
	}
	return pairs
}
