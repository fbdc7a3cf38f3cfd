package explain

import (
	"context"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// KernelSHAP fits a weighted linear model to the answers for sets of columns, whose coefficients are the Shapley values when all sets are asked (Lundberg and Lee 2017).
// Where there are too many, sets are drawn by leverage: as many of each size, each with its complement, none twice, and all sets of those sizes of which that many exist
// (Musco and Witter 2025, "Provably accurate Shapley value estimation via leverage score sampling"), and for up to 128 columns the fit is to what a Gaussian process over interactions of
// three and more columns does not guess (after Witter, Liu and Musco 2025): it learns from the even half of the answers which columns interact, and of answers that are smooth or have interactions of a few columns that leaves little, so that far fewer sets do. It costs
// some 10 to 50 ms for a row and output. The values always add up, and no column is dropped unless MaxColumns or Criterion ask for it; then nothing is guessed. Explanation.Errors has the standard
// errors, 0 where all sets were asked.
type KernelSHAP struct {
	Sampled
	Evaluations int       // the most sets that are asked for a row; 0: 2M+2048 for M columns that differ from the background
	Tol         float64   // ask in steps, each as many sets again as before, and stop a row once the largest standard error is at most Tol times the largest value; 0: use all Evaluations
	MaxColumns  int       // the most columns that get a value, those that least angle regression takes in first: shap's l1_reg="num_features(k)"; 0: all
	Criterion   Criterion // which columns of the lasso's path get a value; 0: all
	Seed        uint64    // of the sets; row i has its own stream
}

// Criterion says how [KernelSHAP] chooses the columns that get a value. The others get 0, and what they would have had goes to the chosen ones; standard errors
// do not know of the choice.
type Criterion uint8

// The criteria.
const (
	// NoCriterion gives each column its value. The zero value.
	NoCriterion Criterion = iota
	// AIC is Akaike's: shap's l1_reg="aic".
	AIC
	// BIC is Schwarz's, which takes fewer columns.
	BIC
)

// For prepares to explain a model. Where all sets are asked the values are those of [ExactSHAP].
func (c KernelSHAP) For(m Model) (Explainer, error) {
	const where = "explain.KernelSHAP"
	if err := checkBudget(where, c.Evaluations, c.Tol); err != nil {
		return nil, err
	}
	if c.MaxColumns < 0 {
		return nil, ml.BadConfig(where, "MaxColumns", c.MaxColumns, ">= 0")
	}
	if c.Criterion > BIC {
		return nil, ml.BadConfig(where, "Criterion", c.Criterion, "NoCriterion, AIC or BIC")
	}
	if c.Criterion != NoCriterion && c.MaxColumns > 0 {
		return nil, ml.BadConfig(where, "MaxColumns", c.MaxColumns, "0 with a Criterion: one of both chooses")
	}
	a, err := c.asker(where, m)
	if err != nil {
		return nil, err
	}
	return &explainer{a, func(ctx context.Context, i int, row []float64, who []int, whole []float64) ([][]float64, [][]float64, error) {
		return c.explain(ctx, a, i, row, who, whole)
	}}, nil
}

func (c KernelSHAP) explain(ctx context.Context, a *asker, i int, row []float64, who []int, whole []float64) (values, errors [][]float64, err error) {
	n := len(who)
	budget := c.Evaluations
	if budget == 0 {
		budget = 2*n + 2048
	}
	all := n < 3 || n <= maxExact && 1<<n <= budget
	chooses := c.Criterion != NoCriterion || c.MaxColumns > 0 && c.MaxColumns < n
	if n == 1 || all && !chooses {
		values, err := a.exact(ctx, row, who, Shapley)
		return values, grid(n, len(a.base)), err
	}
	budget = max(budget-2, 4*n)
	if all {
		budget = 1<<n - 2
	}
	d := drawDeck(rng.New(c.Seed, uint64(i)), n, budget/2, c.Tol > 0 && !all)
	step := budget / 2
	if c.Tol > 0 && !all {
		step = min(step, max(2*n, step/firstStep))
	}
	for {
		f := &kernelFit{deck: d, chooser: c, base: a.base, whole: whole}
		if err := d.ask(ctx, a, row, who, step); err != nil {
			return nil, nil, err
		}
		f.gather()
		values, errors = f.solve()
		if step >= budget/2 || precise(values, errors, c.Tol) {
			return values, errors, nil
		}
		step = min(2*step, budget/2)
	}
}

// firstStep: a stopping rule looks first at one in so many of the sets that may be asked, since it has to see some of each size.
const firstStep = 16

// precise reports whether the largest standard error is at most tol times the largest value.
func precise(values, errors [][]float64, tol float64) bool {
	worst, largest := 0.0, 0.0
	for q := range values {
		for o, v := range values[q] {
			worst, largest = max(worst, errors[q][o]), max(largest, math.Abs(v))
		}
	}
	return worst <= float64(tol*largest)
}

// kernelFit is the weighted fit to the pairs that were asked.
type kernelFit struct {
	deck    *deck
	chooser KernelSHAP
	base    []float64
	whole   []float64
	sets    [][]int     // the first set of each pair
	answers [][]float64 // of both sets of each pair, outputs each
	weight  []float64   // of each pair
	rest    []float64   // of each pair: the share of the pairs of its size that were not asked; 0: all were
}

// gather lists the pairs that were asked so far.
func (f *kernelFit) gather() {
	d := f.deck
	n := d.n
	for size := 1; size <= n/2; size++ {
		count := len(d.answers[size-1]) / 2
		if count == 0 {
			continue
		}
		share := float64(count) / d.pairsOf(size)
		// The kernel's weight of a set of this size is (n-1) / (C(n,size) size (n-size)), and each drawn pair stands for total/count of them: C cancels.
		weight := float64(n-1) / (float64(size) * float64(n-size) * float64(count))
		if 2*size == n {
			weight /= 2
		}
		for i, set := range d.sets[size-1][:count] {
			f.sets = append(f.sets, set)
			f.answers = append(f.answers, d.answers[size-1][2*i], d.answers[size-1][2*i+1])
			f.weight = append(f.weight, weight)
			f.rest = append(f.rest, 1-share)
		}
	}
}

// solve returns the values, which are made to add up, and their standard errors.
func (f *kernelFit) solve() (values, errors [][]float64) {
	n, k := f.deck.n, len(f.base)
	values, errors = grid(n, k), grid(n, k)
	var s *kernelSystem
	var a *adjustment
	if !f.chooses() {
		a = f.adjustment()
	}
	for o := range k {
		if s == nil || f.chooses() {
			s = f.system(f.choose(o))
		}
		s.solve(o, a, values, errors)
	}
	return values, errors
}

func (f *kernelFit) chooses() bool {
	return f.chooser.Criterion != NoCriterion || f.chooser.MaxColumns > 0
}

// kernelSystem is the fit for some of the columns.
type kernelSystem struct {
	*kernelFit
	who    []int
	design []float64 // pairs x who
	inside []float64 // of each pair: how many of who are in the first set
	factor *linalg.Cholesky
}

// A set z becomes z - |z|/n, which is orthogonal to all values being equal: that part is known, (whole-base)/n for each. Complements are each other's
// negative, so a pair is one row of the fit with half the difference of its answers.
func (f *kernelFit) system(who []int) *kernelSystem {
	n := len(who)
	s := &kernelSystem{kernelFit: f, who: who, design: make([]float64, len(f.sets)*n), inside: make([]float64, len(f.sets))}
	in := make([]bool, f.deck.n)
	for i, set := range f.sets {
		clear(in)
		for _, q := range set {
			in[q] = true
		}
		for _, q := range who {
			if in[q] {
				s.inside[i]++
			}
		}
		line := s.design[i*n : (i+1)*n]
		for j, q := range who {
			line[j] = -s.inside[i] / float64(n)
			if in[q] {
				line[j]++
			}
		}
	}
	normal := make([]float64, n*n)
	for i := range normal {
		normal[i] = 1 // what is orthogonal to the sets
	}
	for i, w := range f.weight {
		line := s.design[i*n : (i+1)*n]
		for a, v := range line {
			for b := range a + 1 {
				normal[a*n+b] += float64(2 * w * float64(v*line[b]))
			}
		}
	}
	for a := range n {
		for b := range a {
			normal[b*n+a] = normal[a*n+b]
		}
	}
	s.factor = linalg.NewCholesky(normal, n)
	return s
}

func (s *kernelSystem) solve(o int, a *adjustment, values, errors [][]float64) {
	n := len(s.who)
	if n == 0 {
		return
	}
	whole, half := s.whole[o]-s.base[o], make([]float64, len(s.sets))
	for i := range half {
		half[i] = (s.answers[2*i][o] - s.answers[2*i+1][o]) / 2
	}
	known, left := make([]float64, n), []float64(nil)
	if a != nil {
		if g := a.guess(n, append([]float64{whole / 2}, half...), s.active(o)); g != nil {
			known = g.values()
			whole -= 2 * g.of(a.words[0])
			for i := range half {
				half[i] -= g.of(a.words[i+1])
			}
			left = make([]float64, len(s.sets))
			for i := range left {
				left[i] = math.NaN()
			}
			for i, v := range g.left() {
				if at := a.chosen[i]; at > 0 {
					left[at-1] = v
				}
			}
		}
	}
	equal := whole / float64(n)
	right := make([]float64, n)
	for i, w := range s.weight {
		half[i] -= float64(float64(float64(2*s.inside[i])-float64(n))*equal) / 2
		for q, v := range s.design[i*n : (i+1)*n] {
			right[q] += float64(2 * w * float64(v*half[i]))
		}
	}
	s.factor.Solve(right)
	for q, player := range s.who {
		values[player][o] = right[q] + equal + known[q]
	}
	s.spread(errors, o, half, right, left)
}

// active says how much each player is in interactions of an even number of players, of which the pairs tell by the mean of their answers: by how much that changes when the player
// alone changes sides. Who is in these is likely in those of an odd number.
func (s *kernelSystem) active(o int) []float64 {
	out := make([]float64, s.deck.n)
	none := (s.base[o] + s.whole[o]) / 2
	for i, set := range s.sets {
		if len(set) == 1 {
			out[set[0]] = math.Abs((s.answers[2*i][o]+s.answers[2*i+1][o])/2 - none)
		}
	}
	return out
}

// spread writes the standard errors of the values: those of a weighted fit whose rows were drawn without being put back, the sandwich of residuals. A residual is what the fit would have been
// off had it not known the row: as far as the row drew it near (MacKinnon and White 1985, HC2), or as left says where the row helped to guess.
func (s *kernelSystem) spread(errors [][]float64, o int, half, fitted, left []float64) {
	n := len(s.who)
	variance := make([]float64, n)
	part := make([]float64, n)
	for i, w := range s.weight {
		if s.rest[i] == 0 {
			continue
		}
		line := s.design[i*n : (i+1)*n]
		residual := half[i]
		for q, v := range line {
			residual -= float64(v * fitted[q])
		}
		for q, v := range line {
			part[q] = float64(2 * w * v)
		}
		s.factor.Solve(part)
		own := 0.0 // how much of the fitted number is the pair's own
		for q, v := range part {
			own += float64(v * line[q])
		}
		square := float64(residual*residual) / max(1-own, 0.1)
		if left != nil && !math.IsNaN(left[i]) {
			square = float64(left[i] * left[i])
		}
		for q, v := range part {
			variance[q] += float64(s.rest[i] * square * float64(v*v))
		}
	}
	for q, player := range s.who {
		errors[player][o] = math.Sqrt(variance[q])
	}
}
