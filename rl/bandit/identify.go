package bandit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// Found is the arm that a search for the best one ended with.
type Found struct {
	Best   int
	Means  []float64 // of each arm's rewards
	Pulls  []int     // how many each arm had
	Rounds [][]int   // the arms that were still in the race in each round, in rising order
	Sure   bool      // the arm is the best one with the probability that was asked for; never said of a fixed budget
}

// SuccessiveHalving looks for the arm with the best mean reward within a budget of pulls: all arms get the same number of pulls, the worse half leaves, the rest share the next
// round's part of the budget, and so on (Karnin, Koren and Somekh, "Almost optimal exploration in multi-armed bandits", ICML 2013).
type SuccessiveHalving struct {
	Budget int // pulls in all; 0: 1000 for each arm
}

// SuccessiveElimination looks for the arm with the best mean reward and is wrong with a probability of at most Miscoverage: all arms in the race are pulled once a round, and
// those leave whose confidence interval lies below that of the leader (Even-Dar, Mannor and Mansour, JMLR 7 (2006)). Rewards are within 0 and 1. The pulls
// needed grow as Σ ln(K/(δΔ))/Δ² over the gaps Δ to the best arm; arms that are alike would need all the time, hence MaxPulls.
type SuccessiveElimination struct {
	Miscoverage float64 // the probability of a wrong answer, above 0, below 1; 0: 0.05
	MaxPulls    int     // pulls in all; 0: 100000 for each arm. When they run out, the leader is returned, and is not Sure
}

// race keeps the pulls of arms.
type race struct {
	where  string
	pull   func(arm int) (float64, error)
	sums   []float64
	found  Found
	inside []int
}

func newRace(where string, arms int, pull func(arm int) (float64, error)) (*race, error) {
	if arms < 1 || arms > 1<<20 {
		return nil, ml.BadConfig(where, "arms", arms, "1 to 2^20")
	}
	r := &race{where: where, pull: pull, sums: make([]float64, arms), found: Found{Means: make([]float64, arms), Pulls: make([]int, arms)}}
	for i := range arms {
		r.inside = append(r.inside, i)
	}
	return r, nil
}

// round pulls each arm in the race so many times.
func (r *race) round(ctx context.Context, times int, unit bool) error {
	r.found.Rounds = append(r.found.Rounds, slices.Clone(r.inside))
	for range times {
		if err := ctx.Err(); err != nil {
			return err
		}
		for _, arm := range r.inside {
			v, err := r.pull(arm)
			if err != nil {
				return err
			}
			if !(math.Abs(v) <= largeNumber) || unit && (v < 0 || v > 1) {
				return &ml.Error{Where: r.where, Field: fmt.Sprintf("the reward of arm %d", arm), Found: fmt.Sprint(v), Want: "a finite number, and within 0 and 1 for SuccessiveElimination", Kind: ml.ErrTarget}
			}
			r.sums[arm] += v
			r.found.Pulls[arm]++
		}
	}
	for _, arm := range r.inside {
		r.found.Means[arm] = r.sums[arm] / float64(r.found.Pulls[arm])
	}
	return nil
}

// leader is the arm in the race with the best mean, the first of equals.
func (r *race) leader() int {
	best := r.inside[0]
	for _, arm := range r.inside {
		if r.found.Means[arm] > r.found.Means[best] {
			best = arm
		}
	}
	return best
}

// Identify pulls arms 0..arms-1 by calling pull, one call at a time. An error of pull ends it.
func (c SuccessiveHalving) Identify(ctx context.Context, arms int, pull func(arm int) (float64, error)) (*Found, error) {
	const where = "bandit.SuccessiveHalving"
	r, err := newRace(where, arms, pull)
	if err != nil {
		return nil, err
	}
	if c.Budget == 0 {
		c.Budget = 1000 * arms
	}
	rounds := max(int(math.Ceil(math.Log2(float64(arms)))), 1)
	if c.Budget < arms*rounds {
		return nil, ml.BadConfig(where, "Budget", c.Budget, fmt.Sprintf("%d at least: a pull of each arm in each of %d rounds", arms*rounds, rounds))
	}
	for range rounds {
		if err := r.round(ctx, max(c.Budget/(len(r.inside)*rounds), 1), false); err != nil {
			return nil, err
		}
		slices.SortStableFunc(r.inside, func(a, b int) int {
			switch x, y := r.found.Means[a], r.found.Means[b]; {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return a - b
		})
		r.inside = r.inside[:(len(r.inside)+1)/2]
		slices.Sort(r.inside)
	}
	r.found.Best = r.leader()
	return &r.found, nil
}

// Identify pulls arms 0..arms-1 by calling pull, one call at a time. An error of pull ends it.
func (c SuccessiveElimination) Identify(ctx context.Context, arms int, pull func(arm int) (float64, error)) (*Found, error) {
	const where = "bandit.SuccessiveElimination"
	c.Miscoverage = or(c.Miscoverage, 0.05)
	if !(c.Miscoverage > 0 && c.Miscoverage < 1) {
		return nil, ml.BadConfig(where, "Miscoverage", c.Miscoverage, "above 0, below 1")
	}
	r, err := newRace(where, arms, pull)
	if err != nil {
		return nil, err
	}
	if c.MaxPulls == 0 {
		c.MaxPulls = 100000 * arms
	}
	if c.MaxPulls < arms {
		return nil, ml.BadConfig(where, "MaxPulls", c.MaxPulls, fmt.Sprintf("%d at least, one for each arm", arms))
	}
	spent := 0
	for t := 1; len(r.inside) > 1 && spent+len(r.inside) <= c.MaxPulls; t++ {
		spent += len(r.inside)
		if err := r.round(ctx, 1, true); err != nil {
			return nil, err
		}
		// Hoeffding's bound, for all arms and all t at once: Σ_t 1/(2t²)·δ... is below δ
		n := float64(t)
		width := math.Sqrt(math.Log(4*float64(arms)*n*n/c.Miscoverage) / (2 * n))
		best := r.found.Means[r.leader()]
		r.inside = slices.DeleteFunc(r.inside, func(arm int) bool { return r.found.Means[arm]+2*width < best })
		if rounds := r.found.Rounds; len(rounds) > 1 && slices.Equal(rounds[len(rounds)-1], rounds[len(rounds)-2]) {
			r.found.Rounds = rounds[:len(rounds)-1] // only the rounds in which somebody left are worth telling
		}
	}
	r.found.Best, r.found.Sure = r.leader(), len(r.inside) == 1
	return &r.found, nil
}
