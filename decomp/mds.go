package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/isotonic"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/near"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// ClassicalMDS lays rows out so that the scalar products which follow from their distances are kept as well as can be (Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952).
// With Euclidean distances that is PCA. Nothing is random, but a start for the eigenvectors of more than 600 rows.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Time is O(rows³), or O(rows²) for each of some hundred products beyond 600 rows, memory O(rows²).
type ClassicalMDS struct {
	Components  int              // 0: 2
	Distance    metrics.Distance // nil: Euclidean
	Precomputed bool             // X itself holds the distances, rows x rows, and what Transform is given holds those to the rows of the fit
	Seed        uint64
}

// MDS lays rows out so that distances are kept as well as can be: it makes the stress small, the sum over all pairs of the square of the difference, by steps that never make it larger
// (SMACOF: de Leeuw, in "Recent Developments in Statistics", 1977). With NonMetric only the order of the distances counts: they are replaced in each step by the numbers nearest to those of the
// layout that rise with them (Kruskal, Psychometrika 29, 1964).
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. A step takes O(rows² · components), memory is O(rows²). Random are starts that are drawn. Info.Loss is the stress after each step.
type MDS struct {
	Components  int                     // 0: 2
	NonMetric   bool                    // only the order of distances counts; those of 0 are taken for missing
	Starts      int                     // that are drawn, of which the best layout is kept. 0: one start, that of ClassicalMDS
	Start       *tensor.Tensor[float64] // the start, a place for each row of the table; nil: see Starts
	MaxIter     int                     // steps from a start. 0: 300
	Tol         float64                 // a start ends when the stress falls by less than this share of the sum of the squared distances. 0: 1e-6
	Distance    metrics.Distance        // nil: Euclidean
	Precomputed bool                    // X itself holds the distances, rows x rows, and what Transform is given holds those to the rows of the fit
	Seed        uint64
}

var (
	_ ml.Fitter[ml.Table, *MDSModel] = ClassicalMDS{}
	_ ml.Fitter[ml.Table, *MDSModel] = MDS{}
)

// MDSModel are rows and their places. [ClassicalMDS] and [MDS] return it.
type MDSModel struct {
	ml.Fitted
	Embedding *tensor.Tensor[float64] // of the rows of positive weight, rows x Components
	Rows      *tensor.Tensor[float64] // of positive weight; nil if distances are given
	From      []int                   // the rows of positive weight, if distances are given and there are others; else nil

	Eigenvalues []float64 // of ClassicalMDS: of the scalar products, the largest; those below 0 are 0
	Means       []float64 // of ClassicalMDS: of minus half the squared distances of each row

	Stress     float64   // of MDS
	Kruskal    float64   // of MDS: the root of the stress over the sum of squared distances of the layout; below 0.05 is good, above 0.2 poor
	Knots      []float64 // of a non-metric MDS: distances, rising
	Disparity  []float64 // and what stands for them; between knots it is interpolated
	components int

	scaling *scaling
	reach   *reach
	spare   *sync.Pool
}

// Fit lays the rows out.
func (c ClassicalMDS) Fit(ctx context.Context, t ml.Table) (*MDSModel, error) {
	m, _, err := c.fit(ctx, t)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c ClassicalMDS) FitTransform(ctx context.Context, t ml.Table) (*MDSModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, t)
	return withPlaces(m, t, from, err)
}

func (c *ClassicalMDS) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Precomputed && c.Distance != nil:
		return ml.BadConfig(where, "Distance", fmt.Sprintf("%T", c.Distance), "nil where distances are Precomputed")
	}
	c.Components = cmp.Or(c.Components, 2)
	return nil
}

// begin checks the table and finds all distances.
func (m *MDSModel) begin(ctx context.Context, where string, c ClassicalMDS, t ml.Table) (distances []float64, from []int, err error) {
	x, from := kept(t)
	n, _ := x.Dims()
	if n < 2 {
		return nil, nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	if all, _ := t.X.Dims(); c.Precomputed && n < all {
		m.From = from
	}
	if c.Precomputed {
		distances, err = given(where, t, from)
	} else {
		m.Rows = x
		if err = metrics.CheckDistance(where, c.Distance, m.Info.Features); err == nil {
			distances, err = allDistances(where, pointsOf(x), near.MeasureOf(c.Distance))
		}
	}
	return distances, from, cmp.Or(err, ml.Done(ctx))
}

func (c ClassicalMDS) fit(ctx context.Context, t ml.Table) (*MDSModel, []int, error) {
	const where = "decomp.ClassicalMDS.Fit"
	if err := begin(ctx, where, t, c.resolve); err != nil {
		return nil, nil, err
	}
	m := &MDSModel{Fitted: ml.NewFitted(t, nil, c)}
	distances, from, err := m.begin(ctx, where, c, t)
	if err != nil {
		return nil, nil, err
	}
	n := len(from)
	s, ok := scale(distances, n, c.Components, c.Seed)
	if !ok {
		return nil, nil, tooFar(where)
	}
	m.Embedding, m.Eigenvalues, m.Means = tensor.FromSlice(s.y, n, c.Components), s.values, s.means
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

func tooFar(where string) error {
	return &ml.Error{Where: where, Field: "X", Found: "distances whose squares are not finite", Want: "smaller ones", Kind: ml.ErrNotFinite}
}

// Fit lays the rows out.
func (c MDS) Fit(ctx context.Context, t ml.Table) (*MDSModel, error) {
	m, _, err := c.fit(ctx, t)
	return m, err
}

// FitTransform is Fit, and the places of the rows of t.
func (c MDS) FitTransform(ctx context.Context, t ml.Table) (*MDSModel, tensor.Matrix, error) {
	m, from, err := c.fit(ctx, t)
	return withPlaces(m, t, from, err)
}

func (c *MDS) resolve(where string) error {
	switch {
	case c.Starts < 0 || c.Starts > 0 && c.Start != nil:
		return ml.BadConfig(where, "Starts", c.Starts, ">= 1, or 0 for that of ClassicalMDS, or for Start")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 300")
	case !(c.Tol >= 0 && c.Tol <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", c.Tol, "> 0, or 0 for 1e-6")
	}
	k := c.classical()
	if err := k.resolve(where); err != nil {
		return err
	}
	c.Components, c.MaxIter, c.Tol = k.Components, cmp.Or(c.MaxIter, 300), cmp.Or(c.Tol, 1e-6)
	return nil
}

// classical are the fields that both have.
func (c *MDS) classical() ClassicalMDS {
	return ClassicalMDS{Components: c.Components, Distance: c.Distance, Precomputed: c.Precomputed, Seed: c.Seed}
}

func (c MDS) fit(ctx context.Context, t ml.Table) (*MDSModel, []int, error) {
	const where = "decomp.MDS.Fit"
	if err := begin(ctx, where, t, c.resolve); err != nil {
		return nil, nil, err
	}
	m := &MDSModel{Fitted: ml.NewFitted(t, nil, c)}
	distances, from, err := m.begin(ctx, where, c.classical(), t)
	if err != nil {
		return nil, nil, err
	}
	all, _ := t.X.Dims()
	n := len(from)
	starts := max(c.Starts, 1)
	track := ml.Track(ctx, "iteration", starts*c.MaxIter)
	best := math.Inf(1)
	before := 0
	for k := range starts {
		s := &smacof{n: n, c: c.Components, want: distances, nonMetric: c.NonMetric}
		switch {
		case c.Start != nil:
			if s.y, err = checkStart(where, c.Start, all, c.Components, from); err != nil {
				return nil, nil, err
			}
		case c.Starts == 0:
			first, ok := scale(distances, n, c.Components, c.Seed)
			if !ok {
				return nil, nil, tooFar(where)
			}
			s.y = first.y
		default:
			s.y = make([]float64, n*c.Components)
			rng.Uniform(rng.New(c.Seed, uint64(k)), s.y, 0, 1)
		}
		info := ml.Info{}
		stop, err := s.run(c, &info, func(step int, stress float64) (bool, error) { return track.Step(before+step, ml.Loss{Train: stress}) })
		if err != nil {
			return nil, nil, err
		}
		before += info.Iterations
		if !linalg.AllFinite(s.y) || !(s.stress <= math.MaxFloat64) {
			return nil, nil, tooFar(where)
		}
		if s.stress < best {
			best = s.stress
			m.Embedding, m.Stress, m.Kruskal = tensor.FromSlice(s.y, n, c.Components), s.stress, s.kruskal()
			m.Info.Status, m.Info.Gap, m.Info.Loss = info.Status, info.Gap, info.Loss
			m.Knots, m.Disparity = s.curve.X, s.curve.Y
		}
		if stop {
			m.Info.Status = ml.Stopped
			break
		}
	}
	m.Info.Iterations = before
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, nil, err
	}
	return m, from, nil
}

// smacof is a layout on its way.
type smacof struct {
	n, c      int
	want      []float64 // distances, n x n
	nonMetric bool
	y         []float64
	far       []float64 // distances of the layout
	stand     []float64 // what stands for want
	stress    float64
	curve     isotonic.Curve // of a non-metric layout
}

func (s *smacof) run(c MDS, info *ml.Info, step func(int, float64) (bool, error)) (stopped bool, err error) {
	s.far, s.stand = make([]float64, s.n*s.n), s.want
	if s.nonMetric {
		s.stand = make([]float64, s.n*s.n)
	}
	s.measure()
	info.Status = ml.MaxIter
	old := math.Inf(1)
	for iter := 1; iter <= c.MaxIter; iter++ {
		if s.nonMetric {
			s.disparities(iter == 1)
		}
		s.move()
		s.measure()
		whole := s.compare()
		info.Iterations, info.Loss = iter, append(info.Loss, s.stress)
		if iter > 1 && whole > 0 {
			info.Gap = math.Abs(old-s.stress) / whole
		}
		done := iter > 1 && (whole == 0 || (old-s.stress)/whole < c.Tol)
		old = s.stress
		stop, err := step(iter, s.stress)
		if err != nil {
			return false, err
		}
		if stop {
			info.Status = ml.Stopped
			return true, nil
		}
		if done {
			info.Status = ml.Converged
			return false, nil
		}
	}
	return false, nil
}

// measure takes the distances of the layout.
func (s *smacof) measure() {
	par.For(s.n, s.n*s.c, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own := s.y[i*s.c : (i+1)*s.c]
			for j := range s.n {
				square := 0.0
				for k, v := range s.y[j*s.c : (j+1)*s.c] {
					square += float64((own[k] - v) * (own[k] - v))
				}
				s.far[i*s.n+j] = math.Sqrt(square)
			}
		}
	})
}

// move takes each row to the mean of where the others would have it (the Guttman transform).
func (s *smacof) move() {
	next := make([]float64, len(s.y))
	par.For(s.n, s.n*s.c*2, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own, out := s.y[i*s.c:(i+1)*s.c], next[i*s.c:(i+1)*s.c]
			for j := range s.n {
				if i == j {
					continue
				}
				ratio := s.stand[i*s.n+j] / nonzero(s.far[i*s.n+j])
				for k, v := range s.y[j*s.c : (j+1)*s.c] {
					out[k] += float64(ratio * (own[k] - v))
				}
			}
			for k := range out {
				out[k] /= float64(s.n)
			}
		}
	})
	s.y = next
}

// nonzero keeps rows at one place from dividing by 0.
func nonzero(v float64) float64 {
	if v == 0 {
		return 1e-5
	}
	return v
}

// compare takes the stress, and returns the sum of the squared distances.
func (s *smacof) compare() float64 {
	type sums struct{ stress, whole float64 }
	all := par.Reduce(s.n, 64, func(_, lo, hi int) sums {
		var t sums
		for i := lo; i < hi; i++ {
			for j := range i {
				far := s.far[i*s.n+j]
				off := far - s.stand[i*s.n+j]
				t.stress += float64(off * off)
				t.whole += float64(far * far)
			}
		}
		return t
	}, func(a, b sums) sums { return sums{a.stress + b.stress, a.whole + b.whole} })
	s.stress = all.stress
	return all.whole
}

// kruskal is the normalised stress.
func (s *smacof) kruskal() float64 {
	if whole := s.compare(); whole > 0 {
		return math.Sqrt(s.stress / whole)
	}
	return 0
}

// disparities finds what stands for the distances: at first they themselves, later what is nearest to those of the layout and rises with them; both of mean square 1.
func (s *smacof) disparities(first bool) {
	var want, far []float64
	for i := range s.n {
		for j := range i {
			if v := s.want[i*s.n+j]; v != 0 {
				want, far = append(want, v), append(far, s.far[i*s.n+j])
			}
		}
	}
	if first {
		far = want
	}
	s.curve = isotonic.Fit(want, far, nil, false)
	square := 0.0
	clear(s.stand)
	for i := range s.n {
		for j := range i {
			if v := s.want[i*s.n+j]; v != 0 {
				d := s.curve.At(v)
				s.stand[i*s.n+j] = d
				square += float64(d * d)
			}
		}
	}
	unit := 1.0
	if square > 0 {
		unit = math.Sqrt(float64(s.n) * float64(s.n-1) / 2 / square)
	}
	for i := range s.n {
		for j := range i {
			s.stand[i*s.n+j] *= unit
		}
	}
	mirror(s.stand, s.n)
	for k := range s.curve.Y {
		s.curve.Y[k] *= unit
	}
}
