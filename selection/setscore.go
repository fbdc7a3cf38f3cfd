package selection

import (
	"cmp"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// SetScore says how unlikely each class is. Register your own to save it.
type SetScore interface {
	// Scores writes into dst the score of each class, higher the less likely, from the probabilities p and u, a number in 0..1 drawn for the row.
	Scores(dst, p []float64, u float64)
	// Check says what is wrong with the fields.
	Check() error
}

// LAC is 1 less the probability of the class: the smallest sets on average, which are too often short of hard classes. A set may be empty.
type LAC struct{}

// APS is the probability of the class with all that are more probable: sets grow where rows are hard. Of equal probabilities the lower code comes first.
type APS struct {
	Randomized bool // less a random part of the class's own, so that the coverage is exact and a set may be empty; false: more is covered
}

// RAPS is APS and a penalty for each class beyond a rank, which keeps sets small where there are many classes.
//
// Angelopoulos, Bates, Malik and Jordan: Uncertainty sets for image classifiers using conformal prediction. ICLR (2021).
type RAPS struct {
	Randomized bool    // as APS
	Lambda     float64 // the penalty, >= 0; 0: 0.01
	Rank       int     // of the last class without; 0: 5
}

// SAPS trusts the ranks of the classes rather than their probabilities: the largest probability, and Lambda for each class above this one.
//
// Huang, Xi, Zhang, Yao, Qiu and Wei: Conformal prediction for deep classifier via label ranking. ICML (2024).
type SAPS struct {
	Randomized bool    // less a random part of the last step, so that the coverage is exact and a set may be empty; false: more is covered
	Lambda     float64 // > 0; 0: 0.1
}

// TopK is the rank of the class: all sets have as many classes.
type TopK struct{}

// Scores implements SetScore.
func (LAC) Scores(dst, p []float64, _ float64) {
	for c, v := range p {
		dst[c] = 1 - v
	}
}

// Check implements SetScore.
func (LAC) Check() error { return nil }

// Scores implements SetScore.
func (s APS) Scores(dst, p []float64, u float64) { adaptive(dst, p, u, s.Randomized, 0, 0) }

// Check implements SetScore.
func (APS) Check() error { return nil }

// Scores implements SetScore.
func (s RAPS) Scores(dst, p []float64, u float64) {
	if s.Lambda == 0 {
		s.Lambda = 0.01
	}
	if s.Rank == 0 {
		s.Rank = 5
	}
	adaptive(dst, p, u, s.Randomized, s.Lambda, s.Rank)
}

// Check implements SetScore.
func (s RAPS) Check() error {
	const where = "selection.RAPS"
	if !(s.Lambda >= 0) || !finite(s.Lambda) {
		return ml.BadConfig(where, "Lambda", s.Lambda, "a finite number > 0, or 0 for 0.01")
	}
	if s.Rank < 0 {
		return ml.BadConfig(where, "Rank", s.Rank, ">= 1, or 0 for 5")
	}
	return nil
}

// Scores implements SetScore.
func (s SAPS) Scores(dst, p []float64, u float64) {
	if s.Lambda == 0 {
		s.Lambda = 0.1
	}
	if !s.Randomized {
		u = 0
	}
	order := byProbability(new(few), p)
	most := p[order[0]]
	for above, c := range order {
		dst[c] = most + s.Lambda*(float64(above)-u)
	}
	dst[order[0]] = most * (1 - u)
}

// Check implements SetScore.
func (s SAPS) Check() error {
	if !(s.Lambda >= 0) || !finite(s.Lambda) {
		return ml.BadConfig("selection.SAPS", "Lambda", s.Lambda, "a finite number > 0, or 0 for 0.1")
	}
	return nil
}

// Scores implements SetScore.
func (TopK) Scores(dst, p []float64, _ float64) {
	for above, c := range byProbability(new(few), p) {
		dst[c] = float64(above + 1)
	}
}

// Check implements SetScore.
func (TopK) Check() error { return nil }

// few is room for the order of so many classes without allocating.
type few [16]int

// byProbability is the classes, the most probable first; of equal ones the lower code. It is in room if that is enough.
func byProbability(room *few, p []float64) []int {
	order := room[:0]
	if len(p) > len(room) {
		order = make([]int, 0, len(p))
	}
	for c := range p {
		order = append(order, c)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	return order
}

// adaptive sums probabilities from the largest down to the class, in the order of their ranks.
func adaptive(dst, p []float64, u float64, randomized bool, penalty float64, free int) {
	sum := 0.0
	for above, c := range byProbability(new(few), p) {
		sum += p[c]
		v := sum
		if randomized {
			v -= u * p[c]
		}
		dst[c] = max(v, 0) + penalty*float64(max(0, above+1-free))
	}
}

func init() {
	ml.Register[LAC]("selection.LAC")
	ml.Register[APS]("selection.APS")
	ml.Register[RAPS]("selection.RAPS")
	ml.Register[SAPS]("selection.SAPS")
	ml.Register[TopK]("selection.TopK")
}
