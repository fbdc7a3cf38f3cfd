package selection

import (
	"math"

	"github.com/gopherwood-ml/ml"
)

// Refit is the rule by which a search chooses the config that it fits to all rows. A rule of your own that is to be saved registers a name.
type Refit interface {
	// Pick returns the index of the candidate to fit. Those whose Fault is not "" cannot be chosen, and there is at least one that can; lower says that a
	// smaller score is better.
	Pick(candidates []Candidate, lower bool) int
}

// BestMean picks the best mean score, of equal ones the first.
type BestMean struct{}

// Pick implements Refit.
func (BestMean) Pick(candidates []Candidate, lower bool) int {
	best := -1
	for i, c := range candidates {
		if c.Fault != "" {
			continue
		}
		if best < 0 || lower && c.Mean < candidates[best].Mean || !lower && c.Mean > candidates[best].Mean {
			best = i
		}
	}
	return best
}

// OneStandardError picks the first candidate whose mean is within one standard error of the best one (Breiman, Friedman, Olshen and Stone, "Classification and
// Regression Trees" (1984), section 3.4.3). List the simplest first: its simplicity costs less than what the folds can tell. The error is that of the best
// candidate's fold scores, their standard deviation (n-1) over the root of their number; of a single fold it is 0.
type OneStandardError struct {
	Errors float64 // how many standard errors; 0: 1
}

// Pick implements Refit.
func (r OneStandardError) Pick(candidates []Candidate, lower bool) int {
	best := BestMean{}.Pick(candidates, lower)
	if best < 0 {
		return best
	}
	width := r.Errors
	if width == 0 {
		width = 1
	}
	top := Metric{Folds: candidates[best].Folds}
	slack := 0.0
	if k := float64(len(top.Folds)); k > 1 {
		slack = width * top.Std() / math.Sqrt(k-1)
	}
	for i, c := range candidates {
		if c.Fault == "" && (lower && c.Mean <= top.Mean()+slack || !lower && c.Mean >= top.Mean()-slack) {
			return i
		}
	}
	return best
}

// picked asks the rule, and refuses an answer that is none.
func picked(where string, r Refit, candidates []Candidate, lower bool) (int, error) {
	if r == nil {
		r = BestMean{}
	}
	i := r.Pick(candidates, lower)
	if i < 0 || i >= len(candidates) || candidates[i].Fault != "" {
		return 0, ml.BadConfig(where, "Refit", i, "a rule that picks one of the candidates without a fault")
	}
	return i, nil
}
