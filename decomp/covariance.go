package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// EmpiricalCovariance is the covariance of the columns, with the number of rows in the denominator: the estimate of greatest likelihood. A row of weight k counts as k rows. CSR is an error. Nothing is
// random.
type EmpiricalCovariance struct {
	Centered bool // the columns' means are taken for 0
}

// ShrunkCovariance is [EmpiricalCovariance] mixed with a multiple of the identity of the same trace, so that it can be inverted with few rows.
type ShrunkCovariance struct {
	Shrinkage float64 // the share of the identity, at most 1. 0: 0.1; for none use EmpiricalCovariance
	Centered  bool    // the columns' means are taken for 0
}

// LedoitWolf is [ShrunkCovariance] with the share that makes the expected square error least, estimated from the rows (Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance
// matrices", Journal of Multivariate Analysis 88, 2004).
type LedoitWolf struct {
	Centered bool // the columns' means are taken for 0
}

// OAS is [ShrunkCovariance] with the share that approximates the best one for normal rows (Chen, Wiesel, Eldar and Hero, "Shrinkage algorithms for MMSE covariance estimation", IEEE Transactions on Signal
// Processing 58, 2010).
type OAS struct {
	Centered bool // the columns' means are taken for 0
}

var (
	_ ml.Fitter[ml.Table, *CovarianceModel] = EmpiricalCovariance{}
	_ ml.Fitter[ml.Table, *CovarianceModel] = ShrunkCovariance{}
	_ ml.Fitter[ml.Table, *CovarianceModel] = LedoitWolf{}
	_ ml.Fitter[ml.Table, *CovarianceModel] = OAS{}
)

// CovarianceModel is an ellipse: where rows lie and how they spread. [EmpiricalCovariance], [ShrunkCovariance], [LedoitWolf], [OAS], [GraphicalLasso], [GraphicalLassoCV] and [MinCovDet] return it.
type CovarianceModel struct {
	ml.Fitted
	Location   []float64               // the mean of each column
	Covariance *tensor.Tensor[float64] // columns x columns
	Precision  *tensor.Tensor[float64] // its inverse; where there is none, the pseudo-inverse
	Shrinkage  float64                 // the share of the identity in it, if it is shrunk
	Alpha      float64                 // the penalty of a graphical lasso
	Path       []Penalty               // what GraphicalLassoCV tried, from the largest penalty down
	Support    []int                   // the rows of the table that MinCovDet's estimate is of, rising; nil for the others
	Raw        *RawScatter             // of MinCovDet; nil for the others

	ellipse *ellipse
}

// RawScatter is what MinCovDet found before its correction and reweighting.
type RawScatter struct {
	Location   []float64
	Covariance *tensor.Tensor[float64]
	Support    []int // rows of the table, rising
}

// ellipse answers questions about distances from a centre.
type ellipse struct {
	d, rank  int
	location []float64
	whiten   []float64 // rank x d: rows moved to the centre and multiplied with it have the unit covariance
	logDet   float64   // of the covariance, on the space that it spans
	spare    *sync.Pool
}

type ellipseRoom struct{ row, moved, white []float64 }

// newEllipse also returns the inverse, or pseudo-inverse, of the covariance. It is nil if the covariance is not finite.
func newEllipse(location, covariance []float64) (*ellipse, []float64) {
	d := len(location)
	values, vectors, ok := linalg.EigenSym(append([]float64(nil), covariance...), d, true)
	if !ok || !linalg.AllFinite(location) {
		return nil, nil
	}
	largest := linalg.MaxAbs(values)
	e := &ellipse{d: d, location: location}
	for k, v := range values {
		if v > largest*float64(d)*0x1p-52 && v > 1e-300 {
			e.rank++
			e.logDet += math.Log(v)
			root := math.Sqrt(v)
			for j := range d {
				e.whiten = append(e.whiten, vectors[j*d+k]/root)
			}
		}
	}
	inverse := make([]float64, d*d)
	if e.rank > 0 {
		kern.Gemm(true, false, d, d, e.rank, 1, e.whiten, d, e.whiten, d, 0, inverse, d)
	}
	for i := range d {
		for j := range i {
			inverse[i*d+j] = inverse[j*d+i]
		}
	}
	e.spare = &sync.Pool{New: func() any {
		return &ellipseRoom{make([]float64, d), make([]float64, d), make([]float64, e.rank)}
	}}
	if !linalg.AllFinite(inverse) {
		return nil, nil
	}
	return e, inverse
}

// square is the squared Mahalanobis distance of a row.
func (e *ellipse) square(r *ellipseRoom, x []float64) float64 {
	for j, v := range x {
		r.moved[j] = v - e.location[j]
	}
	if e.rank == 0 {
		return 0
	}
	kern.DotRows(r.white, r.moved, e.whiten, e.d)
	sum := 0.0
	for _, v := range r.white {
		sum += float64(v * v)
	}
	return sum
}

// line turns a squared distance into an answer.
type line struct{ slope, offset float64 }

func (l line) at(square float64) float64 { return float64(l.slope*square) + l.offset }

// each writes the answer for every row.
func (e *ellipse) each(dst []float64, x rows.Rows, f line) {
	if par.Small(x.Len(), e.d*(2+e.rank)) {
		r := e.spare.Get().(*ellipseRoom)
		for i := range dst {
			dst[i] = f.at(e.square(r, x.Row(i, r.row)))
		}
		e.spare.Put(r)
		return
	}
	par.For(x.Len(), e.d*(2+e.rank), func(lo, hi int) {
		r := e.spare.Get().(*ellipseRoom)
		for i := lo; i < hi; i++ {
			dst[i] = f.at(e.square(r, x.Row(i, r.row)))
		}
		e.spare.Put(r)
	})
}

// logDensity is of a normal distribution, on the space that the covariance spans.
func (e *ellipse) logDensity() line {
	return line{-0.5, -(e.logDet + float64(float64(e.rank)*math.Log(2*math.Pi))) / 2}
}

// moments are the weighted mean and covariance of a table's columns, and the sum of the weights.
type moments struct {
	d          int
	whole      float64
	location   []float64
	covariance []float64
	x          *tensor.Tensor[float64] // the rows of positive weight
	weight     []float64               // of each; nil: 1
}

func momentsOf(where string, t ml.Table, centered bool) (*moments, error) {
	if err := cmp.Or(t.Check(where, ml.Accepts{}), denseRows(where, t.X)); err != nil {
		return nil, err
	}
	x, from := kept(t)
	m := &moments{x: x}
	_, m.d = x.Dims()
	if t.Weight != nil {
		for _, i := range from {
			m.weight = append(m.weight, t.Weight[i])
		}
	}
	m.take(centered)
	if !linalg.AllFinite(m.location) || !linalg.AllFinite(m.covariance) {
		return nil, &ml.Error{Where: where, Field: "X", Found: "columns whose covariance is not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	return m, nil
}

// take computes the moments of the rows that are there.
func (m *moments) take(centered bool) {
	n, d := m.x.Dims()
	m.whole = float64(n)
	if m.weight != nil {
		m.whole = 0
		for _, w := range m.weight {
			m.whole += w
		}
	}
	m.location = make([]float64, d)
	if !centered {
		m.location = par.Reduce(n, 1024, func(_, lo, hi int) []float64 {
			sum := make([]float64, d)
			for i := lo; i < hi; i++ {
				w := m.w(i) / m.whole
				for j, v := range m.x.Row(i) {
					sum[j] += float64(w * v)
				}
			}
			return sum
		}, func(a, b []float64) []float64 {
			kern.Add(a, a, b)
			return a
		})
	}
	moved := make([]float64, n*d)
	par.For(n, d, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			w := math.Sqrt(m.w(i) / m.whole)
			row := moved[i*d : (i+1)*d]
			for j, v := range m.x.Row(i) {
				row[j] = (v - m.location[j]) * w
			}
		}
	})
	m.covariance = make([]float64, d*d)
	kern.Syrk(true, d, n, 1, moved, d, 0, m.covariance, d)
	for i := range d {
		for j := range i {
			m.covariance[i*d+j] = m.covariance[j*d+i]
		}
	}
}

func (m *moments) w(i int) float64 {
	if m.weight == nil {
		return 1
	}
	return m.weight[i]
}

// trace is the mean of the diagonal.
func (m *moments) trace() float64 {
	sum := 0.0
	for j := range m.d {
		sum += m.covariance[j*m.d+j]
	}
	return sum / float64(m.d)
}

// shrink mixes the covariance with the identity.
func (m *moments) shrink(share float64) {
	unit := share * m.trace()
	for i := range m.covariance {
		m.covariance[i] *= 1 - share
	}
	for j := range m.d {
		m.covariance[j*m.d+j] += float64(unit)
	}
}

// Fit estimates the covariance.
func (c EmpiricalCovariance) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	return fitCovariance(ctx, "decomp.EmpiricalCovariance.Fit", c, c.Centered, t, func(*moments) float64 { return 0 })
}

// Fit estimates the covariance.
func (c ShrunkCovariance) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	const where = "decomp.ShrunkCovariance.Fit"
	if !(c.Shrinkage >= 0 && c.Shrinkage <= 1) {
		return nil, ml.BadConfig(where, "Shrinkage", c.Shrinkage, "above 0 and at most 1, or 0 for 0.1")
	}
	c.Shrinkage = cmp.Or(c.Shrinkage, 0.1)
	return fitCovariance(ctx, where, c, c.Centered, t, func(*moments) float64 { return c.Shrinkage })
}

// Fit estimates the covariance.
func (c LedoitWolf) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	return fitCovariance(ctx, "decomp.LedoitWolf.Fit", c, c.Centered, t, func(m *moments) float64 {
		if m.d == 1 {
			return 0
		}
		// Of the squares of centred rows: the sum over all pairs of columns of their mean product is the mean of the square of each row's sum.
		n, _ := m.x.Dims()
		fourth := par.Reduce(n, 1024, func(_, lo, hi int) float64 {
			sum := 0.0
			for i := lo; i < hi; i++ {
				length := 0.0
				for j, v := range m.x.Row(i) {
					z := v - m.location[j]
					length += float64(z * z)
				}
				sum += float64(m.w(i) / m.whole * float64(length*length))
			}
			return sum
		}, func(a, b float64) float64 { return a + b })
		squares, p, mu := 0.0, float64(m.d), m.trace()
		for _, v := range m.covariance {
			squares += float64(v * v)
		}
		beta := (fourth - squares) / (p * m.whole)
		delta := squares/p - float64(mu*mu)
		if beta = min(beta, delta); !(beta > 0) {
			return 0
		}
		return beta / delta
	})
}

// Fit estimates the covariance.
func (c OAS) Fit(ctx context.Context, t ml.Table) (*CovarianceModel, error) {
	return fitCovariance(ctx, "decomp.OAS.Fit", c, c.Centered, t, func(m *moments) float64 {
		if m.d == 1 {
			return 0
		}
		squares, p, mu := 0.0, float64(m.d), m.trace()
		for _, v := range m.covariance {
			squares += float64(v * v)
		}
		squares /= p * p
		below := (m.whole + 1) * (squares - float64(mu*mu)/p)
		if !(below > 0) {
			return 1
		}
		return min((squares+float64(mu*mu))/below, 1)
	})
}

func fitCovariance(ctx context.Context, where string, config any, centered bool, t ml.Table, share func(*moments) float64) (*CovarianceModel, error) {
	s, err := momentsOf(where, t, centered)
	if err := cmp.Or(err, ml.Done(ctx)); err != nil {
		return nil, err
	}
	m := &CovarianceModel{Fitted: ml.NewFitted(t, nil, config), Shrinkage: share(s)}
	if m.Shrinkage > 0 {
		s.shrink(m.Shrinkage)
	}
	if err := cmp.Or(m.set(where, s.location, s.covariance), ml.Done(ctx)); err != nil {
		return nil, err
	}
	return m, nil
}

// set takes an estimate over, and inverts it.
func (m *CovarianceModel) set(where string, location, covariance []float64) error {
	d := len(location)
	m.Location, m.Covariance = location, tensor.FromSlice(covariance, d, d)
	e, inverse := newEllipse(location, covariance)
	if e == nil {
		return &ml.Error{Where: where, Field: "X", Found: "columns whose covariance cannot be inverted in numbers of this width", Want: "a smaller range of scales", Kind: ml.ErrNotFinite}
	}
	m.ellipse, m.Precision = e, tensor.FromSlice(inverse, d, d)
	if e.rank < d {
		m.Info.Note = fmt.Sprintf("rank %d of %d", e.rank, d)
	}
	return nil
}

// Predict returns the logarithm of each row's density under the normal distribution of this location and covariance. Where the covariance is singular, it is the density in the space that it spans.
func (m *CovarianceModel) Predict(x tensor.Matrix) ([]float64, error) {
	return m.answers("decomp.CovarianceModel.Predict", x, m.ellipse.logDensity())
}

// Mahalanobis returns the squared Mahalanobis distance of each row from the location.
func (m *CovarianceModel) Mahalanobis(x tensor.Matrix) ([]float64, error) {
	return m.answers("decomp.CovarianceModel.Mahalanobis", x, line{1, 0})
}

func (m *CovarianceModel) answers(where string, x tensor.Matrix, f line) ([]float64, error) {
	if err := sure(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([]float64, n)
	m.ellipse.each(out, rows.Of(x), f)
	return out, nil
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *CovarianceModel) PredictInto(dst []float64, x tensor.Matrix) error {
	return predictInto("decomp.CovarianceModel.PredictInto", &m.Fitted, m.ellipse, dst, x, m.ellipse.logDensity())
}

// PredictRow is Predict of a single row, without allocating.
func (m *CovarianceModel) PredictRow(x []float64) (float64, error) {
	return predictOne("decomp.CovarianceModel.PredictRow", &m.Fitted, m.ellipse, x, m.ellipse.logDensity())
}

func predictInto(where string, f *ml.Fitted, e *ellipse, dst []float64, x tensor.Matrix, answer line) error {
	if err := sure(where, f, x); err != nil {
		return err
	}
	r := rows.Of(x)
	if len(dst) != r.Len() {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d long", len(dst)), fmt.Sprint(r.Len()))
	}
	e.each(dst, r, answer)
	return nil
}

func predictOne(where string, f *ml.Fitted, e *ellipse, x []float64, answer line) (float64, error) {
	if err := ml.CheckFiniteRow(where, f, x); err != nil {
		return 0, err
	}
	r := e.spare.Get().(*ellipseRoom)
	defer e.spare.Put(r)
	return answer.at(e.square(r, x)), nil
}

// LogLikelihood is the mean log density of the rows of x, each counting its weight.
func (m *CovarianceModel) LogLikelihood(x tensor.Matrix, weight ...float64) (float64, error) {
	const where = "decomp.CovarianceModel.LogLikelihood"
	n := 0
	if rows.Fault(x) == "" {
		n, _ = x.Dims()
	}
	if weight != nil && len(weight) != n {
		return 0, ml.BadShape(where, "weight", fmt.Sprintf("%d numbers", len(weight)), fmt.Sprint(n))
	}
	logs, err := m.answers(where, x, m.ellipse.logDensity())
	if err != nil {
		return 0, err
	}
	sum, whole := 0.0, 0.0
	for i, v := range logs {
		w := 1.0
		if weight != nil {
			if w = weight[i]; !(w >= 0 && w <= math.MaxFloat64) {
				return 0, &ml.Error{Where: where, Field: fmt.Sprintf("weight[%d]", i), Found: fmt.Sprint(w), Want: ">= 0 and finite", Kind: ml.ErrWeight}
			}
		}
		sum += float64(w * v)
		whole += w
	}
	if !(whole > 0) {
		return 0, &ml.Error{Where: where, Field: "weight", Found: "a sum of 0", Want: "above 0", Kind: ml.ErrWeight}
	}
	return sum / whole, nil
}

// Norm is how the difference of two matrices is measured.
type Norm uint8

const (
	// Frobenius is the sum of squares of all elements. The zero value.
	Frobenius Norm = iota
	// SpectralNorm is the square of the largest singular value.
	SpectralNorm
)

// ErrorNorm is the squared norm of the difference of the covariance and another one, columns x columns, divided by the columns if scaled is set.
func (m *CovarianceModel) ErrorNorm(other tensor.Matrix, norm Norm, scaled bool) (float64, error) {
	const where = "decomp.CovarianceModel.ErrorNorm"
	d := len(m.Location)
	if fault := rows.Fault(other); fault != "" {
		return 0, ml.BadShape(where, "other", fault, fmt.Sprintf("%d x %d", d, d))
	}
	if r, c := other.Dims(); r != d || c != d {
		return 0, ml.BadShape(where, "other", fmt.Sprintf("%d x %d", r, c), fmt.Sprintf("%d x %d", d, d))
	}
	if i, j, v, ok := rows.CheckFinite(other, false); !ok {
		return 0, &ml.Error{Where: where, Field: fmt.Sprintf("other[%d, %d]", i, j), Found: fmt.Sprint(v), Want: "a finite number", Kind: ml.ErrNotFinite}
	}
	if norm > SpectralNorm {
		return 0, ml.BadConfig(where, "norm", norm, "Frobenius or SpectralNorm")
	}
	off := make([]float64, d*d)
	for i := range d {
		for j := range d {
			off[i*d+j] = other.At(i, j) - m.Covariance.At(i, j)
		}
	}
	size := 0.0
	if norm == Frobenius {
		for _, v := range off {
			size += float64(v * v)
		}
	} else {
		s, ok := linalg.NewSVD(off, d, d, linalg.NoVectors)
		if !ok {
			return 0, &ml.Error{Where: where, Field: "other", Found: "a difference without singular values", Want: "smaller numbers", Kind: ml.ErrNotFinite}
		}
		size = s.Values[0] * s.Values[0]
	}
	if scaled {
		size /= float64(d)
	}
	return size, nil
}

// Restore checks a model that was read from a file.
func (m *CovarianceModel) Restore() error {
	const where = "decomp.CovarianceModel"
	switch m.Config.(type) {
	case EmpiricalCovariance, ShrunkCovariance, LedoitWolf, OAS, GraphicalLasso, GraphicalLassoCV, MinCovDet:
	default:
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "one of decomp's covariances")
	}
	d := m.Info.Features
	if len(m.Location) != d || d < 1 {
		return unsound(where, "Location", fmt.Sprintf("%d numbers", len(m.Location)), fmt.Sprint(d))
	}
	if err := cmp.Or(checkTensor(where, "Covariance", m.Covariance, d, d), checkTensor(where, "Precision", m.Precision, d, d)); err != nil {
		return err
	}
	if m.ellipse, _ = newEllipse(m.Location, m.Covariance.Data()); m.ellipse == nil {
		return unsound(where, "Covariance", "one without an inverse", "an inverse or a pseudo-inverse")
	}
	return nil
}
