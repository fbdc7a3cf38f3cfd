package ensemble

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// SCiForest is [IsolationForest] with cuts that are chosen, which finds anomalies that sit together in a cluster of their own, too (Liu, Ting and Zhou: On detecting clustered
// anomalies using SCiForest, ECML PKDD 2010). A node draws Tries directions, each the sum of Columns columns, among those that are not constant there, times numbers between -1 and 1
// and over their standard deviations in the node. Of all places on all of these directions it cuts where Y, the rows along the direction, falls into the two most compact parts: where
//
//	(σ(Y) - (σ(left) + σ(right))/2) / σ(Y)
//
// is highest. Nodes of one or two rows are leaves. A row that lies farther from a cut than the node's own rows are wide ends a level higher for it (unless NoReach says otherwise), so what is far
// from all training rows stands out even where no cut isolates it.
//
// Scores, offsets, draws of rows and weights are those of [IsolationForest], but chosen cuts make scores of ordinary rows less alike: set Contamination rather than rely on 1/2. Scales of columns don't matter.
// A fit costs O(Trees · MaxSamples · MaxDepth · (Tries · log MaxSamples + columns)), a prediction Columns products for each level of each tree.
type SCiForest struct {
	Trees         int     // 0: 100
	MaxSamples    int     // rows of a tree; all if there are fewer. 0: 256
	MaxDepth      int     // of a tree. 0: log2 of MaxSamples
	Columns       int     // of a cut; fewer where fewer vary. 0: 2
	Tries         int     // directions that a node chooses from. 0: 10
	NoReach       bool    // rows far beyond a node's own count its level like any other. false: they end a level higher
	Bootstrap     bool    // rows are drawn with replacement. false: without
	Contamination float64 // the share of training rows that count as anomalies, at most 1/2. 0: those whose score is above 1/2
	Seed          uint64  // of the draws
}

var _ ml.Fitter[ml.Table, *ExtendedIsolationModel] = SCiForest{}

// Fit returns the model. Errors are those of [IsolationForest.Fit].
func (c SCiForest) Fit(ctx context.Context, t ml.Table) (*ExtendedIsolationModel, error) {
	const where = "ensemble.SCiForest.Fit"
	iso := isolation{where: where, trees: c.Trees, samples: c.MaxSamples, contamination: c.Contamination, bootstrap: c.Bootstrap, seed: c.Seed}
	if err := iso.check(); err != nil {
		return nil, err
	}
	switch {
	case c.MaxDepth < 0:
		return nil, ml.BadConfig(where, "MaxDepth", c.MaxDepth, ">= 1; 0 means log2 of MaxSamples")
	case c.Columns < 0:
		return nil, ml.BadConfig(where, "Columns", c.Columns, ">= 1; 0 means 2")
	case c.Tries < 0:
		return nil, ml.BadConfig(where, "Tries", c.Tries, ">= 1; 0 means 10")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if _, p := t.X.Dims(); c.Columns > p {
		return nil, ml.BadConfig(where, "Columns", c.Columns, fmt.Sprintf("at most %d, the number of columns", p))
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	c.Trees, c.MaxSamples = iso.trees, iso.samples
	if c.Columns == 0 {
		c.Columns = 2
	}
	if c.Tries == 0 {
		c.Tries = 10
	}
	return iso.planes(ctx, t, c, func(r *rand.Rand, sample [][]float64, depth []float64) *IsolationPlanes {
		g := &chooser{r: r, columns: c.Columns, tries: c.Tries, depth: depth, limit: c.MaxDepth}
		if g.limit == 0 {
			g.limit = depthLimit(len(sample))
		}
		g.planes.TermStart = []int32{0}
		g.grow(sample, 0)
		if c.NoReach {
			g.planes.Reach = nil
		}
		return &g.planes
	})
}

// chooser grows one tree.
type chooser struct {
	r              *rand.Rand
	columns, tries int
	depth          []float64
	limit          int
	planes         IsolationPlanes
	along, sorted  []float64 // of the rows of a node, on one direction
	before         []float64
}

// grow grows the tree of some rows, whose order it changes.
func (g *chooser) grow(sample [][]float64, depth int) int32 {
	t := &g.planes
	at := int32(len(t.Left))
	t.Left, t.Right, t.Cut, t.Reach = append(t.Left, 0), append(t.Right, 0), append(t.Cut, float64(depth)+g.depth[len(sample)]), append(t.Reach, 0)
	leaf := len(sample) < 3 || depth >= g.limit || !g.choose(sample, at)
	t.TermStart = append(t.TermStart, int32(len(t.Feature)))
	if leaf {
		return at
	}
	mid := 0
	for i, row := range sample {
		if t.side(at, row) <= t.Cut[at] {
			sample[mid], sample[i] = row, sample[mid]
			mid++
		}
	}
	left := g.grow(sample[:mid], depth+1)
	right := g.grow(sample[mid:], depth+1)
	t.Left[at], t.Right[at] = left, right
	return at
}

// choose draws directions and keeps the best cut. false: there is none, as the rows do not differ.
func (g *chooser) choose(sample [][]float64, at int32) bool {
	varying, scale := spreads(sample)
	if len(varying) == 0 {
		return false
	}
	t, first := &g.planes, len(g.planes.Feature)
	best, found := math.Inf(-1), false
	var feature []int32
	var coef []float64
	for range g.tries {
		chosen := rng.Sample(g.r, len(varying), min(g.columns, len(varying)))
		slices.Sort(chosen)
		t.Feature, t.Coef = t.Feature[:first], t.Coef[:first]
		for _, k := range chosen {
			t.Feature, t.Coef = append(t.Feature, int32(varying[k])), append(t.Coef, float64(2*g.r.Float64()-1)/scale[k])
		}
		g.along = g.along[:0]
		for _, row := range sample {
			g.along = append(g.along, t.side(at, row))
		}
		if cut, reach, gain := g.cut(); gain > best {
			best, found = gain, true
			feature, coef = append(feature[:0], t.Feature[first:]...), append(coef[:0], t.Coef[first:]...)
			t.Cut[at], t.Reach[at] = cut, reach
		}
	}
	t.Feature, t.Coef = append(t.Feature[:first], feature...), append(t.Coef[:first], coef...)
	return found
}

// spreads are the columns that vary among the rows, and their standard deviations.
func spreads(sample [][]float64) (varying []int, scale []float64) {
	for j := range sample[0] {
		top := 0.0
		for _, row := range sample {
			top = max(top, math.Abs(row[j]))
		}
		var s spread
		for _, row := range sample {
			if top > 0 {
				s.add(row[j] / top) // at most 1, so that no square overflows
			}
		}
		if sd := s.sd() * top; sd > 0 && 1/sd <= math.MaxFloat64 {
			varying, scale = append(varying, j), append(scale, sd)
		}
	}
	return varying, scale
}

// cut is the best cut of the rows on a direction, how wide they are, and what the cut gains: -Inf if it cannot be made.
func (g *chooser) cut() (cut, reach, gain float64) {
	y := append(g.sorted[:0], g.along...)
	g.sorted = y
	slices.Sort(y)
	n := len(y)
	if !(y[0] < y[n-1]) || !(math.Abs(y[0]) <= math.MaxFloat64 && math.Abs(y[n-1]) <= math.MaxFloat64) {
		return 0, 0, math.Inf(-1)
	}
	g.before = g.before[:0]
	var left, right spread
	for _, v := range y {
		left.add(v)
		g.before = append(g.before, left.sd())
	}
	least := math.Inf(1)
	for i := n - 1; i > 0; i-- {
		right.add(y[i])
		if sum := g.before[i-1] + right.sd(); y[i-1] < y[i] && sum < least {
			least = sum
			cut = y[i-1] + float64(0.5*(y[i]-y[i-1]))
			if !(cut >= y[i-1] && cut < y[i]) {
				cut = y[i-1]
			}
		}
	}
	whole := g.before[n-1]
	if gain = 1 - float64(0.5*least)/whole; math.IsNaN(gain) {
		gain = math.Inf(-1)
	}
	return cut, y[n-1] - y[0], gain
}

// spread is the standard deviation of numbers that come one by one (Welford, 1962).
type spread struct{ n, mean, squares float64 }

func (s *spread) add(v float64) {
	s.n++
	d := v - s.mean
	s.mean += d / s.n
	s.squares += float64(d * (v - s.mean))
}

func (s *spread) sd() float64 { return math.Sqrt(max(s.squares, 0) / s.n) }

func init() { ml.RegisterConfig[SCiForest]("ensemble.SCiForest") }
