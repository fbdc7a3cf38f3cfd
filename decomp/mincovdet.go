package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// MinCovDet estimates location and covariance from those rows of a given number whose covariance has the least determinant, so that up to half the rows may be anything (Rousseeuw, Journal of the American
// Statistical Association 79, 1984), found by FAST-MCD (Rousseeuw and Van Driessen, Technometrics 41, 1999): starts from a few rows each, and steps to the rows nearest to the estimate that was made of the last
// ones. The covariance is made consistent for normal rows (Croux and Haesbroeck, Journal of Multivariate Analysis 71, 1999), and then replaced by that of all rows within the quantile 0.975 of the
// distances, made consistent too.
//
// Rows of weight 0 are absent; other weights do not count. CSR is an error. Random are the starts, and the parts that many rows are cut into.
type MinCovDet struct {
	Support  float64 // the share of the rows, at most 1. 0: (rows + columns + 1)/2 of them, which withstands most
	Centered bool    // the columns' means are taken for 0
	Seed     uint64
}

// EllipticEnvelope finds anomalies: rows that lie far, by the Mahalanobis distance of [MinCovDet], from where and how most rows spread.
type EllipticEnvelope struct {
	Support       float64 // see MinCovDet
	Centered      bool    // the columns' means are taken for 0
	Contamination float64 // the share of training rows that count as anomalies, at most 1/2. 0: 0.1
	Seed          uint64
}

var (
	_ ml.Fitter[ml.Table, *CovarianceModel] = MinCovDet{}
	_ ml.Fitter[ml.Table, *EnvelopeModel]   = EllipticEnvelope{}
)

// EnvelopeModel tells anomalies from ordinary rows. [EllipticEnvelope] returns it.
type EnvelopeModel struct {
	ml.Fitted
	Location   []float64               // the mean of each column
	Covariance *tensor.Tensor[float64] // columns x columns
	Support    []int                   // the rows of the table that the estimate is of, rising
	Offset     float64                 // minus the squared distance from which on a row is an anomaly

	ellipse *ellipse
}

func (c *MinCovDet) resolve(where string) error {
	if !(c.Support >= 0 && c.Support <= 1) {
		return ml.BadConfig(where, "Support", c.Support, "above 0 and at most 1, or 0 for half the rows")
	}
	return nil
}

// Fit estimates location and covariance.
func (c MinCovDet) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	const where = "decomp.MinCovDet.Fit"
	s, err := c.fit(ctx, where, t)
	if err != nil {
		return nil, err
	}
	m := &CovarianceModel{Fitted: ml.NewFitted(t, nil, c), Support: s.support, Raw: s.raw}
	if err := cmp.Or(m.set(where, s.location, s.covariance), ml.Done(ctx)); err != nil {
		return nil, err
	}
	m.Info.Iterations, m.Info.Status = s.steps, ml.Converged
	return m, nil
}

// Fit finds where most rows lie.
func (c EllipticEnvelope) Fit(ctx context.Context, t ml.Table) (*EnvelopeModel, error) {
	const where = "decomp.EllipticEnvelope.Fit"
	if !(c.Contamination >= 0 && c.Contamination <= 0.5) {
		return nil, ml.BadConfig(where, "Contamination", c.Contamination, "above 0 and at most 0.5, or 0 for 0.1")
	}
	c.Contamination = cmp.Or(c.Contamination, 0.1)
	s, err := MinCovDet{Support: c.Support, Centered: c.Centered, Seed: c.Seed}.fit(ctx, where, t)
	if err != nil {
		return nil, err
	}
	m := &EnvelopeModel{Fitted: ml.NewFitted(t, nil, c), Location: s.location, Covariance: tensor.FromSlice(s.covariance, s.d, s.d), Support: s.support}
	m.Info.Iterations, m.Info.Status = s.steps, ml.Converged
	if err := m.Restore(); err != nil {
		return nil, &ml.Error{Where: where, Field: "X", Found: "columns whose covariance cannot be inverted in numbers of this width", Want: "a smaller range of scales", Kind: ml.ErrNotFinite}
	}
	scores := make([]float64, s.n)
	r := m.ellipse.spare.Get().(*ellipseRoom)
	for i := range scores {
		scores[i] = -m.ellipse.square(r, s.x.Row(i))
	}
	m.Offset = stats.NewSample(scores, nil).Quantile(c.Contamination, stats.Linear)
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	return m, nil
}

// Predict returns Offset taken from minus the squared Mahalanobis distance of each row: negative for anomalies, like the other detectors of this library.
func (m *EnvelopeModel) Predict(x tensor.Matrix) ([]float64, error) {
	n := 0
	if x != nil {
		if err := sure("decomp.EnvelopeModel.Predict", &m.Fitted, x); err != nil {
			return nil, err
		}
		n, _ = x.Dims()
	}
	out := make([]float64, n)
	if err := predictInto("decomp.EnvelopeModel.Predict", &m.Fitted, m.ellipse, out, x, m.score()); err != nil {
		return nil, err
	}
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *EnvelopeModel) PredictInto(dst []float64, x tensor.Matrix) error {
	return predictInto("decomp.EnvelopeModel.PredictInto", &m.Fitted, m.ellipse, dst, x, m.score())
}

// PredictRow is Predict of a single row, without allocating.
func (m *EnvelopeModel) PredictRow(x []float64) (float64, error) {
	return predictOne("decomp.EnvelopeModel.PredictRow", &m.Fitted, m.ellipse, x, m.score())
}

func (m *EnvelopeModel) score() line { return line{-1, -m.Offset} }

// Restore checks a model that was read from a file.
func (m *EnvelopeModel) Restore() error {
	const where = "decomp.EnvelopeModel"
	if _, ok := m.Config.(EllipticEnvelope); !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.EllipticEnvelope")
	}
	d := m.Info.Features
	if len(m.Location) != d || d < 1 || !(math.Abs(m.Offset) <= math.MaxFloat64) {
		return unsound(where, "Location and Offset", fmt.Sprintf("%d numbers, and %v", len(m.Location), m.Offset), fmt.Sprintf("%d, and a finite one", d))
	}
	if err := checkTensor(where, "Covariance", m.Covariance, d, d); err != nil {
		return err
	}
	if m.ellipse, _ = newEllipse(m.Location, m.Covariance.Data()); m.ellipse == nil {
		return unsound(where, "Covariance", "one without an inverse", "an inverse or a pseudo-inverse")
	}
	return nil
}

// scatter is a search for the rows of the least determinant.
type scatter struct {
	x          *tensor.Tensor[float64]
	from       []int
	n, d       int
	location   []float64
	covariance []float64
	support    []int // of the table
	raw        *RawScatter
	steps      int
}

// estimate is of some rows.
type estimate struct {
	location, covariance []float64
	logDet               float64 // -Inf: singular
	support              []int   // rising
	steps                int
}

func (c MinCovDet) fit(ctx context.Context, where string, t ml.Table) (*scatter, error) {
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{})); err != nil {
		return nil, err
	}
	if err := cmp.Or(denseRows(where, t.X), ml.Done(ctx)); err != nil {
		return nil, err
	}
	s := &scatter{}
	s.x, s.from = kept(t)
	s.n, s.d = s.x.Dims()
	if s.n < 2 {
		return nil, ml.BadShape(where, "X", "one row of positive weight", "at least two")
	}
	h := min((s.n+s.d+2)/2, s.n)
	if c.Support > 0 {
		h = int(c.Support * float64(s.n))
	}
	if h < 2 {
		return nil, ml.BadConfig(where, "Support", c.Support, fmt.Sprintf("at least 2 of the %d rows", s.n))
	}
	best, err := c.search(ctx, s, h)
	if err != nil {
		return nil, err
	}
	if c.Centered {
		best.location, best.covariance = s.of(best.support, true)
	}
	e, _ := newEllipse(best.location, best.covariance)
	if e == nil {
		return nil, &ml.Error{Where: where, Field: "X", Found: "columns whose covariance cannot be inverted in numbers of this width", Want: "a smaller range of scales", Kind: ml.ErrNotFinite}
	}
	if h < s.n && linalg.MaxAbs(best.covariance) == 0 {
		return nil, ml.BadConfig(where, "Support", c.Support, "a larger share: so many rows are equal")
	}
	s.raw = &RawScatter{Location: best.location, Covariance: tensor.FromSlice(best.covariance, s.d, s.d), Support: s.table(best.support)}
	s.steps = best.steps
	// Distances in units of the raw covariance made consistent; rows within the quantile are what the last estimate is of.
	factor := consistency(s.d, float64(len(best.support))/float64(s.n))
	within := stats.ChiSquared{K: float64(s.d)}.Quantile(0.975)
	var near []int
	r := e.spare.Get().(*ellipseRoom)
	for i := range s.n {
		if e.square(r, s.x.Row(i))/factor < within {
			near = append(near, i)
		}
	}
	if len(near) == 0 {
		near = best.support
	}
	s.location, s.covariance = s.of(near, c.Centered)
	for i := range s.covariance {
		s.covariance[i] *= consistency(s.d, 0.975)
	}
	s.support = s.table(near)
	return s, nil
}

// table turns numbers of kept rows into those of the table.
func (s *scatter) table(at []int) []int {
	out := make([]int, len(at))
	for k, i := range at {
		out[k] = s.from[i]
	}
	return out
}

// consistency is what makes the covariance of a share of normal rows, the nearest, that of all.
func consistency(d int, share float64) float64 {
	if share >= 1 {
		return 1
	}
	q := stats.ChiSquared{K: float64(d)}.Quantile(share)
	return share / stats.ChiSquared{K: float64(d + 2)}.CDF(q)
}

// of is the mean and covariance of some rows.
func (s *scatter) of(at []int, centered bool) (location, covariance []float64) {
	part := &moments{x: s.x.Take(at), d: s.d}
	part.take(centered)
	return part.location, part.covariance
}

// search finds the estimate of h rows with the least determinant.
func (c MinCovDet) search(ctx context.Context, s *scatter, h int) (*estimate, error) {
	all := make([]int, s.n)
	for i := range all {
		all[i] = i
	}
	switch {
	case h == s.n:
		e := &estimate{support: all, steps: 1}
		e.location, e.covariance = s.of(all, false)
		return e, nil
	case s.d == 1:
		return s.shortest(h), nil
	}
	if s.n <= 500 {
		first, err := s.trials(ctx, all, h, 60, 10, 2, c.Seed)
		if err != nil {
			return nil, err
		}
		return s.finish(ctx, all, h, first)
	}
	// Parts of about 300 rows, whose ten best go on with 1500 rows, and the ten best of those with all.
	order := rng.Perm(rng.New(c.Seed, 1<<40), s.n)
	parts := s.n / 300
	each := s.n / parts
	var first []*estimate
	for k := range parts {
		part := slices.Sorted(slices.Values(order[k*each : (k+1)*each]))
		some, err := s.trials(ctx, part, (each*h+s.n-1)/s.n, max(10, 500/parts), 10, 2, rng.Key(c.Seed, uint64(k)))
		if err != nil {
			return nil, err
		}
		first = append(first, some...)
	}
	merged := all
	if s.n > 1500 {
		merged = slices.Sorted(slices.Values(order[:1500]))
	}
	second, err := s.improve(ctx, merged, (len(merged)*h+s.n-1)/s.n, first, 10, 2)
	if err != nil {
		return nil, err
	}
	return s.finish(ctx, all, h, second)
}

// finish steps to the end from each, and returns the best.
func (s *scatter) finish(ctx context.Context, all []int, h int, from []*estimate) (*estimate, error) {
	best, err := s.improve(ctx, all, h, from, 1, 100)
	if err != nil {
		return nil, err
	}
	return best[0], nil
}

// shortest is the answer for one column: the half of the sorted numbers that spreads least (Rousseeuw and Leroy, "Robust Regression and Outlier Detection", 1987, chapter 4); of several, the middle of their middles.
func (s *scatter) shortest(h int) *estimate {
	x := slices.Clone(s.x.Data())
	slices.Sort(x)
	least, sum, count := math.Inf(1), 0.0, 0.0
	for i := range s.n - h {
		switch width := x[i+h] - x[i]; {
		case width < least:
			least, sum, count = width, x[i+h]/2+x[i]/2, 1
		case width == least:
			sum += x[i+h]/2 + x[i]/2
			count++
		}
	}
	location := sum / count
	order := s.nearestTo(func(i int) float64 { return math.Abs(s.x.Row(i)[0] - location) }, nil, h)
	_, covariance := s.of(order, false)
	return &estimate{location: []float64{location}, covariance: covariance, support: order, steps: 1}
}

// nearestTo are the h rows, of some or of all, with the least distances, the first of equals, rising.
func (s *scatter) nearestTo(distance func(i int) float64, among []int, h int) []int {
	if among == nil {
		among = make([]int, s.n)
		for i := range among {
			among[i] = i
		}
	}
	far := make([]float64, s.n)
	for _, i := range among {
		far[i] = distance(i)
	}
	order := slices.Clone(among)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(far[a], far[b]) })
	order = order[:h]
	slices.Sort(order)
	return order
}

// trials starts from a few rows, many times, takes some steps, and returns the best few.
func (s *scatter) trials(ctx context.Context, among []int, h, trials, best, steps int, seed uint64) ([]*estimate, error) {
	from := make([]*estimate, trials)
	for k := range from {
		from[k] = s.start(rng.New(seed, uint64(k)), among)
	}
	return s.improve(ctx, among, h, from, best, steps)
}

// start is the estimate of one row more than columns, and of more where it is singular.
func (s *scatter) start(r *rand.Rand, among []int) *estimate {
	order := rng.Sample(r, len(among), len(among))
	for size := min(s.d+1, len(among)); ; size = min(size+max(1, s.d/2), len(among)) {
		at := make([]int, size)
		for k, i := range order[:size] {
			at[k] = among[i]
		}
		slices.Sort(at)
		e := &estimate{support: at}
		e.location, e.covariance = s.of(at, false)
		if ellipse, _ := newEllipse(e.location, e.covariance); size == len(among) || ellipse != nil && ellipse.rank == s.d {
			return e
		}
	}
}

// improve takes up to so many steps from each estimate, each to the nearest h rows among some, and returns the best few. Estimates that end alike count once.
func (s *scatter) improve(ctx context.Context, among []int, h int, from []*estimate, best, steps int) ([]*estimate, error) {
	out := make([]*estimate, len(from))
	err := par.Do(ctx, len(from), func(ctx context.Context, k int) error {
		e := &estimate{location: from[k].location, covariance: from[k].covariance, logDet: math.Inf(1), steps: from[k].steps}
		for range steps {
			if err := ml.Done(ctx); err != nil {
				return err
			}
			ball, _ := newEllipse(e.location, e.covariance)
			if ball == nil {
				break
			}
			r := ball.spare.Get().(*ellipseRoom)
			next := s.nearestTo(func(i int) float64 { return ball.square(r, s.x.Row(i)) }, among, h)
			if slices.Equal(next, e.support) {
				break
			}
			n := &estimate{support: next, steps: e.steps + 1, logDet: math.Inf(-1)}
			n.location, n.covariance = s.of(next, false)
			if full, _ := newEllipse(n.location, n.covariance); full != nil && full.rank == s.d {
				n.logDet = full.logDet
			}
			if n.logDet >= e.logDet {
				break
			}
			e = n
			if math.IsInf(e.logDet, -1) {
				break
			}
		}
		out[k] = e
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b *estimate) int { return cmp.Compare(a.logDet, b.logDet) })
	out = slices.CompactFunc(out, func(a, b *estimate) bool { return slices.Equal(a.support, b.support) })
	return out[:min(best, len(out))], nil
}
