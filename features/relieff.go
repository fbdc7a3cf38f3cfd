package features

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
)

// ReliefF scores columns by how well they tell near rows apart that differ in the target, less how much they differ between near rows that do not. As what is near depends on all columns, it
// sees columns that say something only together. Scores lie in -1..1; those of columns that say nothing are about 0 or below. It has no p-values.
//
// For classes the neighbours are the nearest rows of the same class and of each other class, which count by their class's share (ReliefF); for numbers, the nearest
// rows, by how far their targets differ (RReliefF, neighbours counting alike). Distances are sums over the columns of differences over the column's range, and 0 or 1 for categories. A row of weight 0
// is absent; other weights do not matter. CSR is an error: differences are small only beside all columns. O(n Samples columns).
//
// Robnik-Šikonja, Kononenko: Theoretical and empirical analysis of ReliefF and RReliefF. Machine Learning 53 (2003).
type ReliefF[Y int | float64] struct {
	Neighbors int    // of each kind; zero: 10
	Samples   int    // rows whose neighbours are looked at, drawn at random; zero: all
	Seed      uint64 // of the draw
}

// Accepts says that it takes categorical columns.
func (ReliefF[Y]) Accepts() ml.Accepts { return ml.Accepts{Categorical: true} }

// ScoreColumns returns the weights of the columns, and no p-values.
func (c ReliefF[Y]) ScoreColumns(ctx context.Context, d ml.Dataset[Y]) (scores, p []float64, err error) {
	const where = "features.ReliefF"
	switch {
	case c.Neighbors < 0:
		return nil, nil, ml.BadConfig(where, "Neighbors", c.Neighbors, "0 for 10, or >= 1")
	case c.Samples < 0:
		return nil, nil, ml.BadConfig(where, "Samples", c.Samples, "0 for all rows, or >= 1")
	}
	if err := d.Check(where, c.Accepts()); err != nil {
		return nil, nil, err
	}
	if isSparse(d.X) {
		return nil, nil, denseOnly(where, ": all columns of all rows are compared")
	}
	r := newRelief(d, c.Neighbors)
	sampled := make([]int, r.n)
	for i := range sampled {
		sampled[i] = i
	}
	if c.Samples > 0 && c.Samples < r.n {
		sampled = rng.Sample(rng.New(c.Seed, 0), r.n, c.Samples)
		slices.Sort(sampled)
	}
	width := len(r.category)
	sums := reduceRows(len(sampled), r.n*width/4+1, func(lo, hi int) reliefSums {
		s := newReliefSums(width)
		w := r.worker()
		for _, i := range sampled[lo:hi] {
			if ctx.Err() != nil {
				break
			}
			w.visit(i, &s)
		}
		return s
	}, reliefSums.add)
	if err := ml.Done(ctx); err != nil {
		return nil, nil, err
	}
	return sums.scores(float64(len(sampled)), r.classes != nil), nil, nil
}

// A relief is the rows of positive weight, each column over its range.
type relief struct {
	n, k     int
	x        []float64 // row behind row
	category []bool    // of each column
	classes  []int
	share    []float64 // of each class
	numbers  []float64 // targets over their range; nil for classes
}

func newRelief[Y int | float64](d ml.Dataset[Y], k int) *relief {
	if k == 0 {
		k = 10
	}
	from := rows.Of(d.X)
	rowCount, p := from.Dims()
	e := columnExtremes(d.X, d.Weight)
	r := &relief{k: k, category: make([]bool, p)}
	for j := range p {
		r.category[j] = isCategorical(d.Columns, j)
	}
	buf := make([]float64, p)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range rowCount {
		if weightOf(d.Weight, i) == 0 {
			continue
		}
		r.n++
		for j, v := range from.Row(i, buf) {
			if !r.category[j] {
				v = inRange(v, e.low[j], e.high[j])
			}
			r.x = append(r.x, v)
		}
		switch y := any(d.Y).(type) {
		case []int:
			r.classes = append(r.classes, y[i])
		case []float64:
			r.numbers = append(r.numbers, y[i])
			low, high = min(low, y[i]), max(high, y[i])
		}
	}
	for i, v := range r.numbers {
		r.numbers[i] = inRange(v, low, high)
	}
	if r.classes != nil {
		r.share = make([]float64, slices.Max(r.classes)+1)
		for _, c := range r.classes {
			r.share[c] += 1 / float64(r.n)
		}
	}
	return r
}

// inRange is 0 at low and 1 at high; 0 if they are the same. Halves do not overflow.
func inRange(v, low, high float64) float64 {
	if !(low < high) {
		return 0
	}
	return (v/2 - low/2) / (high/2 - low/2)
}

// reliefSums are over pairs of a row and its neighbours, each counting for its share: of each column's differences between hits and between misses; for numbers, miss is the product
// with the difference of the targets, hit is without it, and apart that of the targets alone.
type reliefSums struct {
	hit, miss []float64
	apart     float64
}

func newReliefSums(p int) reliefSums {
	return reliefSums{hit: make([]float64, p), miss: make([]float64, p)}
}

func (a reliefSums) add(b reliefSums) reliefSums {
	addTo(a.hit, b.hit)
	addTo(a.miss, b.miss)
	a.apart += b.apart
	return a
}

func (a reliefSums) scores(m float64, classes bool) []float64 {
	out := make([]float64, len(a.hit))
	for j := range out {
		switch {
		case classes:
			out[j] = (a.miss[j] - a.hit[j]) / m
		case a.apart > 0 && a.apart < m:
			out[j] = a.miss[j]/a.apart - (a.hit[j]-a.miss[j])/(m-a.apart)
		}
	}
	return out
}

// A reliefWorker has the memory of one goroutine.
type reliefWorker struct {
	*relief
	near []*kern.TopK[float64] // by class, or one
}

func (r *relief) worker() *reliefWorker {
	w := &reliefWorker{relief: r}
	for range max(1, len(r.share)) {
		w.near = append(w.near, kern.NewTopK[float64](min(r.k, r.n)))
	}
	return w
}

func (r *relief) diff(j int, a, b float64) float64 {
	if r.category[j] {
		if a == b {
			return 0
		}
		return 1
	}
	return math.Abs(a - b)
}

// visit adds row i and its neighbours.
func (w *reliefWorker) visit(i int, s *reliefSums) {
	p := len(w.category)
	row := w.x[i*p : i*p+p]
	for _, t := range w.near {
		t.Reset()
	}
	for o := range w.n {
		if o == i {
			continue
		}
		sum := 0.0
		for j, v := range w.x[o*p : o*p+p] {
			sum += w.diff(j, row[j], v)
		}
		of := 0
		if w.classes != nil {
			of = w.classes[o]
		}
		w.near[of].Offer([]float64{sum}, o)
	}
	var sorted []kern.Neighbor[float64]
	for c, t := range w.near {
		sorted = t.Sorted(sorted[:0])
		each := 1 / float64(len(sorted))
		to := s.hit
		if w.classes != nil && c != w.classes[i] {
			to = s.miss
			each *= w.share[c] / (1 - w.share[w.classes[i]])
		}
		for _, near := range sorted {
			o := int(near.Index)
			apart := 0.0
			if w.numbers != nil {
				apart = math.Abs(w.numbers[o] - w.numbers[i])
				s.apart += float64(each * apart)
			}
			for j, v := range w.x[o*p : o*p+p] {
				d := float64(each * w.diff(j, row[j], v))
				to[j] += d
				if w.numbers != nil {
					s.miss[j] += float64(d * apart)
				}
			}
		}
	}
}
