package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// NaturalSplines replaces each column by a basis of its natural cubic splines: cubic polynomials between the knots, that meet with equal slopes and curvatures, and
// straight lines beyond the outermost knots. They are tamer at the ends than SplineTransformer's, for two columns fewer. A linear model of them is a smooth curve in the column.
//
// Each column becomes Knots - 1 columns, which are 0 at the lowest knot, or with Intercept Knots columns, in which constants lie, too. Knots lie at quantiles of the training
// values, the least and the greatest among them, or at equal distances; weights count, a row of weight k as k rows. Missing values (NaN) are left out of the
// fit, and are zero in every column of the result. A column of one value has knots at distance 1 around it. CSR is an error: splines of 0 are not 0. Categorical columns are an error.
// Width is kept. A transform costs O(Knots) a value. The basis is that of R's splines::ns.
//
// de Boor: A Practical Guide to Splines (1978). Hastie: Generalized Additive Models, in Statistical Models in S (1992).
type NaturalSplines struct {
	Knots     int         // of each column, its ends included, >= 2; zero: 5
	EvenKnots bool        // true: knots at equal distances; false: at quantiles
	At        [][]float64 // the knots of each column, rising; nil: found by Fit. Knots and EvenKnots must then be zero
	Intercept bool        // true: constants are among the splines; false: they are left to the model's intercept
}

// NaturalModel is a fitted NaturalSplines.
type NaturalModel struct {
	ml.Fitted
	Knots [][]float64 // of each column, rising

	columns []naturalBasis
	offset  []int
	width   int
}

// naturalBasis makes natural splines of the B-splines of one column, whose outermost knots are fourfold.
type naturalBasis struct {
	splines
	first int         // B-spline: 0, or 1 without the intercept
	mix   [][]float64 // each natural spline as a sum of B-splines from first on
}

// Accepts says that it takes missing values.
func (NaturalSplines) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// placing are the splines whose knots are placed alike.
func (c NaturalSplines) placing() SplineTransformer {
	return SplineTransformer{Knots: c.Knots, QuantileKnots: !c.EvenKnots && c.At == nil, At: c.At}
}

func (c NaturalSplines) check(where string, p int) error {
	if c.At != nil && c.EvenKnots {
		return ml.BadConfig(where, "At", "given beside EvenKnots", "one of them")
	}
	return c.placing().check(where, p)
}

// Fit places the knots of each column of t.
func (c NaturalSplines) Fit(ctx context.Context, t ml.Table) (*NaturalModel, error) {
	const where = "features.NaturalSplines.Fit"
	knots, err := c.placing().place(ctx, where, t, c.check)
	if err != nil {
		return nil, err
	}
	for j := range knots {
		knots[j] = rising(knots[j])
	}
	return ready(&NaturalModel{Fitted: ml.NewFitted(t, nil, c), Knots: knots})
}

// rising are rising knots without those that coincide with the one before, where quantiles of tied values lie.
func rising(knots []float64) []float64 {
	var out []float64
	for i, v := range knots {
		if i == 0 || v > out[len(out)-1] {
			out = append(out, v)
		}
	}
	return out
}

// Restore checks a model that was read from a file and derives the rest.
func (m *NaturalModel) Restore() error {
	const where = "features.NaturalModel"
	c, is := m.Config.(NaturalSplines)
	if !is {
		return ml.BadFile(where, "Config", fmt.Sprintf("%T", m.Config), "a features.NaturalSplines")
	}
	p := m.Info.Features
	if err := c.check(where, p); err != nil {
		return err
	}
	if len(m.Knots) != p || m.Columns != nil && len(m.Columns) != p {
		return ml.BadFile(where, "Knots", lengthOf(len(m.Knots)), lengthOf(p))
	}
	m.columns, m.offset, m.width = make([]naturalBasis, p), make([]int, p), 0
	for j, knots := range m.Knots {
		if len(knots) < 2 || len(knots) > 1<<12 || !strictlyRising(knots) || !finite(knots[len(knots)-1]-knots[0]) {
			return ml.BadFile(where, fmt.Sprintf("Knots[%d]", j), fmt.Sprint(knots), "2 to 4096 finite numbers, rising")
		}
		m.columns[j] = newNatural(knots, c.Intercept)
		m.offset[j] = m.width
		m.width += len(m.columns[j].mix)
	}
	return nil
}

// newNatural finds the combinations of B-splines without curvature at both ends: of an orthogonal matrix whose first two columns span the curvatures, the
// other columns. The matrix is that of Householder's QR decomposition, as in LINPACK.
func newNatural(knots []float64, intercept bool) naturalBasis {
	n := len(knots)
	b := naturalBasis{splines: splines{low: knots[0], high: knots[n-1], count: n + 2}}
	for range 3 {
		b.knots = append(b.knots, knots[0])
	}
	b.knots = append(b.knots, knots...)
	for range 3 {
		b.knots = append(b.knots, knots[n-1])
	}
	if !intercept {
		b.first = 1
	}
	low, high := b.curvature(b.low)[b.first:], b.curvature(b.high)[b.first:]
	one := reflector(low, 0)
	mirror(one, high, 0)
	two := reflector(high, 1)
	for i := 2; i < len(low); i++ {
		row := make([]float64, len(low)) // row i of the transpose of the product of both reflections: both are symmetric
		row[i] = 1
		mirror(two, row, 1)
		mirror(one, row, 0)
		b.mix = append(b.mix, row)
	}
	return b
}

// curvature is the second derivative of each cubic B-spline at v.
func (s *splines) curvature(v float64) []float64 {
	t := s.knots
	k := s.interval(v, 3)
	d := make([]float64, len(t)-2) // of degree 1, then their derivatives of degree 2, then of degree 3
	var b [2]float64
	s.basis(b[:], k, v, 1)
	d[k-1], d[k] = b[0], b[1]
	for degree := 2; degree <= 3; degree++ {
		next := make([]float64, len(t)-degree-1)
		for i := range next {
			next[i] = float64(degree) * (over(d[i], t[i+degree]-t[i]) - over(d[i+1], t[i+degree+1]-t[i+1]))
		}
		d = next
	}
	return d
}

// reflector is the Householder vector that turns x[at:] into a multiple of its first unit vector, scaled as LINPACK does.
func reflector(x []float64, at int) []float64 {
	largest := 0.0
	for _, v := range x[at:] {
		largest = max(largest, math.Abs(v))
	}
	u := make([]float64, len(x))
	if largest == 0 {
		return u
	}
	sum := 0.0
	for _, v := range x[at:] {
		sum += (v / largest) * (v / largest)
	}
	norm := math.Copysign(math.Sqrt(sum), x[at])
	for i := at; i < len(x); i++ {
		u[i] = x[i] / largest / norm
	}
	u[at]++
	return u
}

// mirror applies a reflector to y.
func mirror(u, y []float64, at int) {
	if u[at] == 0 {
		return
	}
	t := 0.0
	for i := at; i < len(y); i++ {
		t += u[i] * y[i]
	}
	t /= u[at]
	for i := at; i < len(y); i++ {
		y[i] -= t * u[i]
	}
}

// at writes the natural splines of v into dst.
func (b *naturalBasis) at(dst []float64, v float64) {
	var part [65]float64
	from := min(max(v, b.low), b.high)
	k := b.interval(from, 3)
	b.basis(part[:], k, from, 3)
	if from != v {
		b.goOn(part[:], k, from, v-from, 3)
	}
	for o, mix := range b.mix {
		sum := 0.0
		for i := range 4 {
			if place := k - 3 + i - b.first; place >= 0 {
				sum += mix[place] * part[i]
			}
		}
		dst[o] = sum
	}
}

func (m *NaturalModel) row(dst, src []float64) int {
	for j, v := range src {
		b := &m.columns[j]
		part := dst[m.offset[j] : m.offset[j]+len(b.mix)]
		switch {
		case v != v:
			clear(part)
		case math.IsInf(v, 0):
			return j
		default:
			b.at(part, v)
			for _, z := range part {
				if !finite(z) {
					return j
				}
			}
		}
	}
	return -1
}

// Transform writes the splines of each number of x. Inf is an error, and so is a number so far out that a line through the end leaves the range of float64.
func (m *NaturalModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform("features.NaturalModel.Transform", &m.Fitted, x, m.width, 30*len(m.columns)+5*m.width, m.row, nil, whySpline)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *NaturalModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return mapping{columns: m.width, nsPerRow: 30*len(m.columns) + 5*m.width, row: m.row}.transformInto("features.NaturalModel.TransformInto", &m.Fitted, dst, x)
}

// TransformRow writes the splines of one row; dst has len(Out()) elements.
func (m *NaturalModel) TransformRow(dst, x []float64) error {
	return transformRow("features.NaturalModel.TransformRow", &m.Fitted, dst, x, m.width, m.row)
}

// Out describes the splines: "age_ns_0", "age_ns_1", ...
func (m *NaturalModel) Out() []ml.Column {
	var out []ml.Column
	for j := range m.columns {
		for i := range m.columns[j].mix {
			out = append(out, ml.Column{Name: fmt.Sprintf("%s_ns_%d", ml.ColumnName(m.Columns, j), i), From: []int{j}})
		}
	}
	return out
}

func init() {
	ml.RegisterConfig[NaturalSplines]("features.NaturalSplines")
	ml.Register[*NaturalModel]("features.NaturalModel")
}
