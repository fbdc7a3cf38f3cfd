package selection

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rng"
)

// Strategy says which points of a space are tried: GridSearch, RandomSearch, HalvingSearch or BayesSearch. It is plain data.
type Strategy interface {
	start(where string, g ground) (run, error)
}

// ground is a terrain without its type.
type ground interface {
	draw(pick func(i int) float64) []float64
	axes() []axis
}

// run is a strategy under way. It depends on nothing but the scores it is told, so that a search can be replayed.
type run interface {
	// next proposes what to try at once, given all that has been tried; nothing ends the search.
	next(done []result) []proposal
}

type proposal struct {
	point []float64
	part  float64 // of the resource, 1 for all
	rung  int
}

type result struct {
	proposal
	loss float64 // less is better; +Inf for a failure
}

// once is a run that proposes all at once.
type once struct{ all []proposal }

func (o *once) next([]result) []proposal {
	all := o.all
	o.all = nil
	return all
}

func everything(points [][]float64) []proposal {
	out := make([]proposal, len(points))
	for i, p := range points {
		out[i] = proposal{point: p, part: 1}
	}
	return out
}

// GridSearch tries every combination of some values of each dimension.
type GridSearch struct {
	Points int // values of each number, evenly spaced from low to high, logarithmically where the dimension is; whole numbers are each taken once. 0: 5. Choices have all their values
}

func (s GridSearch) start(where string, g ground) (run, error) {
	points, err := s.points(where, g)
	return &once{everything(points)}, err
}

func (s GridSearch) points(where string, g ground) ([][]float64, error) {
	const most = 1_000_000
	n := s.Points
	if n == 0 {
		n = 5
	}
	if n < 1 {
		return nil, ml.BadConfig(where, "Points", s.Points, ">= 1, or 0 for 5")
	}
	axes := g.axes()
	values := make([][]float64, len(axes))
	for i, a := range axes {
		values[i] = a.spaced(n)
	}
	var out [][]float64
	var digits, bases []int // of the dimensions that count, in order
	for {
		bases = bases[:0]
		point := g.draw(func(i int) float64 {
			k := len(bases)
			bases = append(bases, len(values[i]))
			if k == len(digits) {
				digits = append(digits, 0)
			}
			return values[i][digits[k]]
		})
		out = append(out, point)
		if len(out) > most {
			return nil, ml.BadConfig(where, "Points", n, fmt.Sprintf("a grid of at most %d points", most))
		}
		k := len(bases) - 1
		for ; k >= 0; k-- {
			if digits[k]++; digits[k] < bases[k] {
				break
			}
		}
		if k < 0 {
			return out, nil
		}
		digits = digits[:k+1]
	}
}

// spaced is n values from end to end.
func (a axis) spaced(n int) []float64 {
	var out []float64
	if a.kind == choice {
		for v := a.low; v <= a.high; v++ {
			out = append(out, v)
		}
		return out
	}
	for i := range n {
		u := 0.5
		if n > 1 {
			u = float64(i) / float64(n-1)
		}
		v := (1-u)*a.low + u*a.high
		if a.kind == logUniform || a.kind == logInteger {
			v = math.Exp((1-u)*math.Log(a.low) + u*math.Log(a.high))
		}
		switch {
		case a.kind >= integer:
			v = math.Round(v)
		case n > 1 && i == 0:
			v = a.low
		case n > 1 && i == n-1:
			v = a.high
		}
		if len(out) == 0 || v != out[len(out)-1] {
			out = append(out, v)
		}
	}
	return out
}

// RandomSearch tries points that are drawn independently.
type RandomSearch struct {
	Trials int    // 0: 50
	Seed   uint64 // 0 is a seed like any other; the first trials of a longer search are those of a shorter one
}

func (s RandomSearch) start(where string, g ground) (run, error) {
	points, err := s.points(where, g)
	return &once{everything(points)}, err
}

func (s RandomSearch) points(where string, g ground) ([][]float64, error) {
	n := s.Trials
	if n == 0 {
		n = 50
	}
	if n < 1 {
		return nil, ml.BadConfig(where, "Trials", s.Trials, ">= 1, or 0 for 50")
	}
	out := make([][]float64, n)
	for t := range out {
		out[t] = anywhere(g, s.Seed, t)
	}
	return out, nil
}

// anywhere is a random point of trial t.
func anywhere(g ground, seed uint64, t int) []float64 {
	r := rng.New(seed, uint64(t))
	axes := g.axes()
	return g.draw(func(i int) float64 { return axes[i].value(r.Float64()) })
}

// HalvingSearch tries many points with little of a resource, and goes on with the best ones and more of it, until the last few have all of it (Jamieson and
// Talwalkar, AISTATS 2016). The resource is the field of the space's [Resource] dimension, or else the training rows of each fold: smaller parts lie
// within larger ones. Only trials with the whole resource can be chosen in the end.
type HalvingSearch struct {
	Candidates int    // drawn at random; 0: 27. Must be 0 with Grid
	Grid       bool   // begin with the points of a grid
	Points     int    // of the grid, as in GridSearch. Must be 0 without Grid
	Factor     int    // one of so many candidates goes on, with so many times the resource; 0: 3. At least 2
	Least      int    // of the resource, in rows or units of the field, below which no candidate is tried. 0: 20 rows, or the low end of the field
	Seed       uint64 // of the candidates and the rows; 0 is a seed like any other
}

func (s HalvingSearch) defaults(where string) (HalvingSearch, error) {
	if s.Factor == 0 {
		s.Factor = 3
	}
	switch {
	case s.Factor < 2:
		return s, ml.BadConfig(where, "Factor", s.Factor, ">= 2, or 0 for 3")
	case s.Least < 0:
		return s, ml.BadConfig(where, "Least", s.Least, ">= 1, or 0 for 20 rows or the low end of the field")
	case s.Grid && s.Candidates != 0:
		return s, ml.BadConfig(where, "Candidates", s.Candidates, "0 with Grid: only one of them")
	case !s.Grid && s.Points != 0:
		return s, ml.BadConfig(where, "Points", s.Points, "0 without Grid: there is no grid")
	}
	return s, nil
}

func (s HalvingSearch) start(where string, g ground) (run, error) {
	s, err := s.defaults(where)
	if err != nil {
		return nil, err
	}
	var points [][]float64
	if s.Grid {
		points, err = GridSearch{Points: s.Points}.points(where, g)
	} else {
		n := s.Candidates
		if n == 0 {
			n = 27
		}
		points, err = RandomSearch{Trials: n, Seed: s.Seed}.points(where, g)
	}
	if err != nil {
		return nil, err
	}
	return &halving{factor: s.Factor, left: everything(points)}, nil
}

// halving has rungs: part of the resource is Factor^-(rungs-1), ..., 1.
type halving struct {
	factor int
	least  float64 // share of the resource
	left   []proposal
	rung   int
	rungs  int // 0 before the first
	seen   int // results of rungs before
}

func (h *halving) next(done []result) []proposal {
	if h.rungs == 0 {
		h.rungs = 1
		for n, part := len(h.left), 1.0; n > 1 && part/float64(h.factor) >= h.least; h.rungs++ {
			n, part = (n+h.factor-1)/h.factor, part/float64(h.factor)
		}
	} else {
		if h.rung++; h.rung == h.rungs {
			return nil
		}
		last := slices.Clone(done[h.seen:])
		h.seen = len(done)
		slices.SortStableFunc(last, byLoss)
		last = slices.DeleteFunc(last, func(r result) bool { return math.IsInf(r.loss, 1) })
		goOn := (len(h.left) + h.factor - 1) / h.factor
		h.left = nil
		for _, r := range last[:min(len(last), goOn)] {
			h.left = append(h.left, r.proposal)
		}
	}
	out := make([]proposal, len(h.left))
	for i, p := range h.left {
		out[i] = proposal{point: p.point, rung: h.rung, part: math.Pow(float64(h.factor), float64(h.rung-h.rungs+1))}
	}
	return out
}

func byLoss(a, b result) int { return cmp.Compare(a.loss, b.loss) }
