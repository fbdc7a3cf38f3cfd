package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/stats"
	"github.com/gopherwood-ml/ml/tensor"
)

// Extrapolation is what splines do beyond the training range.
type Extrapolation uint8

const (
	ConstantSplines Extrapolation = iota // stay at the values of the ends. The zero value
	LinearSplines                        // go on straight, with the slopes of the ends
	ContinueSplines                      // go on with the last polynomial, which grows with the power Degree
	PeriodicSplines                      // begin again: for hours, months and angles, whose end is their beginning
	ErrorSplines                         // are an error
)

var extrapolations = []string{"constant", "linear", "continue", "periodic", "error"}

// String returns "constant", "linear", "continue", "periodic" or "error".
func (e Extrapolation) String() string { return enumString("Extrapolation", extrapolations, uint8(e)) }

// MarshalText writes what String returns.
func (e Extrapolation) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads what MarshalText wrote; anything else is an error.
func (e *Extrapolation) UnmarshalText(text []byte) error {
	v, err := enumValue("Extrapolation", extrapolations, text)
	if err == nil {
		*e = Extrapolation(v)
	}
	return err
}

// SplineTransformer replaces each column by its B-splines: smooth bumps of Degree+1 intervals between the knots, which add up to 1 everywhere in the training range. A linear
// model of them is a smooth curve in the column.
//
// Each column becomes Knots + Degree - 1 columns, one fewer with DropLast; with PeriodicSplines Knots - 1. Knots lie at equal distances over the training range, or at quantiles, which
// count weights and may coincide. Missing values (NaN) are left out of the fit, and are zero in every column of the result. A column of one value has knots at
// distance 1 around it. CSR is an error: splines of 0 are not 0. Categorical columns are an error. Width is kept. A transform costs O(Degree^2) a value.
//
// de Boor: A Practical Guide to Splines (1978).
type SplineTransformer struct {
	Knots         int           // of each column, its ends included, >= 2; zero: 5
	Degree        int           // of the polynomials; zero: 3
	QuantileKnots bool          // true: knots at quantiles; false: at equal distances
	At            [][]float64   // the knots of each column, rising; nil: found by Fit. Knots and QuantileKnots must then be zero
	Extrapolation Extrapolation // zero: ConstantSplines
	DropLast      bool          // true: without the last spline of each column, so that the rest and an intercept are not collinear; false: all
}

// SplineModel is a fitted SplineTransformer.
type SplineModel struct {
	ml.Fitted
	Knots [][]float64 // of each column, rising: those within the training range

	degree  int
	columns []splines
	offset  []int // of each column's first spline in the result
	width   int
}

// splines are the B-splines of one column.
type splines struct {
	knots    []float64 // extended by degree on either side
	low      float64   // of the training range
	high     float64
	count    int // of splines before DropLast
	periodic bool
}

// Accepts says that it takes missing values.
func (SplineTransformer) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

const whySpline = ": splines of 0 are not 0"

func (c SplineTransformer) degree() int {
	if c.Degree == 0 {
		return 3
	}
	return c.Degree
}

func (c SplineTransformer) check(where string, p int) error {
	const most = 64 // of the degree: beyond it the polynomials are but rounding errors
	switch {
	case c.Degree < 0 || c.Degree > most:
		return ml.BadConfig(where, "Degree", c.Degree, fmt.Sprintf("0 for 3, or 1..%d", most))
	case c.Knots < 0 || c.Knots == 1 || c.Knots > 1<<20:
		return ml.BadConfig(where, "Knots", c.Knots, "0 for 5, or >= 2")
	case c.At != nil && (c.Knots != 0 || c.QuantileKnots):
		return ml.BadConfig(where, "At", "given beside Knots or QuantileKnots", "one of them")
	case c.At != nil && len(c.At) != p:
		return ml.BadConfig(where, "At", lengthOf(len(c.At)), fmt.Sprintf("%d, one list for each column", p))
	}
	if err := enumCheck(where, "Extrapolation", "Extrapolation", extrapolations, uint8(c.Extrapolation)); err != nil {
		return err
	}
	for j, knots := range c.At {
		if !strictlyRising(knots) || len(knots) < 2 {
			return ml.BadConfig(where, fmt.Sprintf("At[%d]", j), fmt.Sprint(knots), "at least two finite numbers, rising")
		}
	}
	return nil
}

func strictlyRising(x []float64) bool {
	for i, v := range x {
		if !finite(v) || i > 0 && !(v > x[i-1]) {
			return false
		}
	}
	return true
}

// Fit places the knots of each column of t.
func (c SplineTransformer) Fit(ctx context.Context, t ml.Table) (*SplineModel, error) {
	const where = "features.SplineTransformer.Fit"
	knots, err := c.place(ctx, where, t, c.check)
	if err != nil {
		return nil, err
	}
	m := &SplineModel{Fitted: ml.NewFitted(t, nil, c), Knots: knots}
	for j, knots := range m.Knots {
		if c.Extrapolation == PeriodicSplines && len(knots)-1 < c.degree() {
			return nil, ml.BadConfig(where, "Degree", c.degree(), fmt.Sprintf("at most %d, the intervals between the knots of %s, if splines are periodic", len(knots)-1, columnLabel(t.Columns, j)))
		}
	}
	return ready(m)
}

// place is the knots of each column of t, which must pass check: those given, or those found.
func (c SplineTransformer) place(ctx context.Context, where string, t ml.Table, check func(where string, p int) error) ([][]float64, error) {
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	_, p := t.X.Dims()
	if err := check(where, p); err != nil {
		return nil, err
	}
	if isSparse(t.X) {
		return nil, denseOnly(where, whySpline)
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	knots := make([][]float64, p)
	if c.At != nil {
		for j, at := range c.At {
			knots[j] = slices.Clone(at)
		}
		return knots, nil
	}
	return knots, c.find(where, t, knots)
}

// find finds the knots of each column.
func (c SplineTransformer) find(where string, t ml.Table, knots [][]float64) error {
	k := c.Knots
	if k == 0 {
		k = 5
	}
	e := columnExtremes(t.X, t.Weight)
	for j := range knots {
		low, high := e.low[j], e.high[j]
		if e.weight[j] == 0 {
			low, high = 0, 0
		}
		if low == high {
			low, high = low-0.5*float64(k-1), high+0.5*float64(k-1)
		}
		knots[j] = make([]float64, k)
		for i := range knots[j] {
			knots[j][i] = low + (high-low)*(float64(i)/float64(k-1))
		}
		knots[j][k-1] = high
		if !strictlyRising(knots[j]) {
			return tooLarge(where, t.Columns, j)
		}
	}
	if !c.QuantileKnots {
		return nil
	}
	eachTally(t.X, t.Weight, func(j int) bool { return e.low[j] < e.high[j] }, func(j int, t tally) {
		qs := make([]float64, k)
		for i := range qs {
			qs[i] = float64(i) / float64(k-1)
		}
		s := t.sampleAt(stats.Linear, qs)
		for i, q := range qs {
			knots[j][i] = s.Quantile(q, stats.Linear)
		}
	})
	return nil
}

// Restore checks a model that was read from a file and derives the rest.
func (m *SplineModel) Restore() error {
	const where = "features.SplineModel"
	c, is := m.Config.(SplineTransformer)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.SplineTransformer")
	}
	p := m.Info.Features
	if err := c.check(where, p); err != nil {
		return err
	}
	if len(m.Knots) != p || m.Columns != nil && len(m.Columns) != p {
		return ml.BadFile(where, "Knots", lengthOf(len(m.Knots)), lengthOf(p))
	}
	m.degree = c.degree()
	m.columns, m.offset, m.width = make([]splines, p), make([]int, p), 0
	for j, knots := range m.Knots {
		if len(knots) < 2 || !slices.IsSorted(knots) || !finite(knots[len(knots)-1]-knots[0]) || knots[0] == knots[len(knots)-1] || c.Extrapolation == PeriodicSplines && len(knots)-1 < m.degree {
			return ml.BadFile(where, fmt.Sprintf("Knots[%d]", j), fmt.Sprint(knots), "at least two finite numbers, rising")
		}
		m.columns[j] = newSplines(knots, m.degree, c.Extrapolation == PeriodicSplines)
		m.offset[j] = m.width
		m.width += m.columns[j].places(c.DropLast)
	}
	return nil
}

func (s *splines) places(dropLast bool) int {
	if dropLast {
		return s.count - 1
	}
	return s.count
}

// newSplines extends the knots: at the distance of the outermost two, or by those of the other end if they are periodic.
func newSplines(base []float64, degree int, periodic bool) splines {
	n := len(base)
	s := splines{low: base[0], high: base[n-1], count: n + degree - 1, periodic: periodic}
	s.knots = make([]float64, 0, n+2*degree)
	period := s.high - s.low
	for i := degree; i >= 1; i-- {
		if periodic {
			s.knots = append(s.knots, base[n-1-i]-period)
		} else {
			s.knots = append(s.knots, base[0]-float64(i)*(base[1]-base[0]))
		}
	}
	s.knots = append(s.knots, base...)
	for i := 1; i <= degree; i++ {
		if periodic {
			s.knots = append(s.knots, base[i]+period)
		} else {
			s.knots = append(s.knots, base[n-1]+float64(i)*(base[n-1]-base[n-2]))
		}
	}
	if periodic {
		s.count = n - 1
	}
	return s
}

// interval is the k of the knots within the range with knots[k] <= v < knots[k+1]; the ends take what lies beyond.
func (s *splines) interval(v float64, degree int) int {
	base := s.knots[degree : len(s.knots)-degree]
	lo, hi := 0, len(base)-1
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; base[mid] <= v {
			lo = mid
		} else {
			hi = mid
		}
	}
	for lo > 0 && base[lo] == base[lo+1] { // the outermost knots may coincide
		lo--
	}
	for base[lo] == base[lo+1] {
		lo++
	}
	return lo + degree
}

// basis writes the degree+1 splines that are not 0 in interval k at v, by the recurrence of Cox and de Boor.
func (s *splines) basis(b []float64, k int, v float64, degree int) {
	t := s.knots
	b[0] = 1
	for d := 1; d <= degree; d++ {
		left := 0.0
		for i := range d {
			right, width := t[k+1+i], t[k+1+i]-t[k+1+i-d]
			part := b[i] / width
			b[i] = left + (right-v)*part
			left = (v - t[k+1+i-d]) * part
		}
		b[d] = left
	}
}

// slopes writes the derivatives of the same splines; lower has room for degree of them.
func (s *splines) slopes(db, lower []float64, k int, v float64, degree int) {
	s.basis(lower, k, v, degree-1)
	t := s.knots
	for i := 0; i <= degree; i++ {
		slope := 0.0
		if i > 0 {
			slope += over(lower[i-1], t[k+i]-t[k+i-degree])
		}
		if i < degree {
			slope -= over(lower[i], t[k+1+i]-t[k+1+i-degree])
		}
		db[i] = float64(degree) * slope
	}
}

// goOn adds what straight lines through the splines of an end gain on the way from it.
func (s *splines) goOn(b []float64, k int, from, way float64, degree int) {
	var slopes, lower [65]float64
	s.slopes(slopes[:], lower[:], k, from, degree)
	for i := 0; i <= degree; i++ {
		b[i] += way * slopes[i]
	}
}

// over is a / b, and 0 for knots that coincide, whose splines are 0.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// at writes the splines of v into dst; false if v lies beyond the range and that is an error.
func (s *splines) at(dst []float64, v float64, degree int, beyond Extrapolation) bool {
	var b [65]float64
	clear(dst)
	from, slope := v, 0.0
	switch {
	case s.periodic:
		if period := s.high - s.low; v < s.low || v > s.high {
			from = s.low + (v - s.low) - period*math.Floor((v-s.low)/period)
		}
	case v >= s.low && v <= s.high || beyond == ContinueSplines:
	case beyond == ErrorSplines:
		return false
	default:
		from = min(max(v, s.low), s.high)
		if beyond == LinearSplines {
			slope = v - from
		}
	}
	k := s.interval(from, degree)
	s.basis(b[:], k, from, degree)
	if slope != 0 {
		s.goOn(b[:], k, from, slope, degree)
	}
	for i := 0; i <= degree; i++ {
		place := k - degree + i
		if s.periodic {
			place %= s.count
		}
		if place < len(dst) {
			dst[place] += b[i]
		}
	}
	return true
}

func (m *SplineModel) row(dst, src []float64) int {
	c := m.Config.(SplineTransformer)
	for j, v := range src {
		s := &m.columns[j]
		part := dst[m.offset[j] : m.offset[j]+s.places(c.DropLast)]
		switch {
		case v != v:
			clear(part)
		case math.IsInf(v, 0) || !s.at(part, v, m.degree, c.Extrapolation):
			return j
		}
	}
	return -1
}

// Transform writes the splines of each number of x. Inf is an error, and with ErrorSplines so is a number beyond the training range.
func (m *SplineModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.SplineModel.Transform"
	out, err := transform(where, &m.Fitted, x, m.width, 30*len(m.columns), m.row, nil, whySpline)
	return out, m.beyond(err)
}

// beyond says of a refused number what would have been right.
func (m *SplineModel) beyond(err error) error {
	e, is := err.(*ml.Error)
	if is && e.Kind == ml.ErrNotFinite && m.Config.(SplineTransformer).Extrapolation == ErrorSplines {
		e.Want = "a number within the training range, as Extrapolation is error"
	}
	return err
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *SplineModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.beyond(mapping{columns: m.width, nsPerRow: 30 * len(m.columns), row: m.row}.transformInto("features.SplineModel.TransformInto", &m.Fitted, dst, x))
}

// TransformRow writes the splines of one row; dst has len(Out()) elements.
func (m *SplineModel) TransformRow(dst, x []float64) error {
	return m.beyond(transformRow("features.SplineModel.TransformRow", &m.Fitted, dst, x, m.width, m.row))
}

// Out describes the splines: "age_sp_0", "age_sp_1", ...
func (m *SplineModel) Out() []ml.Column {
	dropLast := m.Config.(SplineTransformer).DropLast
	var out []ml.Column
	for j := range m.columns {
		for i := range m.columns[j].places(dropLast) {
			out = append(out, ml.Column{Name: fmt.Sprintf("%s_sp_%d", ml.ColumnName(m.Columns, j), i), From: []int{j}})
		}
	}
	return out
}

func init() {
	ml.RegisterConfig[SplineTransformer]("features.SplineTransformer")
	ml.Register[*SplineModel]("features.SplineModel")
}
