package kernel

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// SkewedChi2Sampler maps rows to Components numbers whose products are, in the mean, the skewed chi-squared kernel: the product over the columns of 2·√(x+c)·√(y+c)/(x+y+2c), with c the Skewedness, for histograms
// that are to be alike in every column at once. They are cosines of random directions in the logarithms of x+c. The error falls with the root of Components. The outputs are called skewedchi0, skewedchi1, ...
//
// Numbers may be negative, but must be above -Skewedness: others are ErrData. Nothing is learned but the number of columns, weights do not matter, CSR costs its nonzeros: columns·Components operations for a row.
//
// Li, Ionescu and Sminchisescu: Random Fourier approximations for skewed multiplicative histogram kernels. DAGM (2010).
type SkewedChi2Sampler struct {
	Skewedness float64 // > 0: the smaller, the more the small numbers matter; to be tuned. 0: 1
	Components int     // 0: 100
	Seed       uint64  // of the directions
}

var _ ml.Fitter[ml.Table, *SkewedChi2Model] = SkewedChi2Sampler{}

// Fit draws the directions.
func (c SkewedChi2Sampler) Fit(ctx context.Context, t ml.Table) (*SkewedChi2Model, error) {
	const where = "kernel.SkewedChi2Sampler.Fit"
	if err := components(where, &c.Components); err != nil {
		return nil, err
	}
	if err := positive(where, "Skewedness", &c.Skewedness, 1); err != nil {
		return nil, err
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &SkewedChi2Model{Fitted: ml.NewFitted(t, nil, c), Skewedness: c.Skewedness}
	if err := checkAbove(where, t.Columns, t.X, m.fine, m.wants()); err != nil {
		return nil, err
	}
	m.Info.Status = ml.Converged
	m.Directions, m.Phase = tensor.New[float64](m.Info.Features, c.Components), make([]float64, c.Components)
	r := rng.New(c.Seed, 0)
	for i := range m.Directions.Data() {
		u := (math.Floor(r.Float64()*(1<<52)) + 0.5) / (1 << 52) // neither 0 nor 1
		m.Directions.Data()[i] = math.Log(math.Tan(math.Pi/2*u)) / math.Pi
	}
	r = rng.New(c.Seed, 1)
	for k := range m.Phase {
		m.Phase[k] = 2 * math.Pi * r.Float64()
	}
	return m, nil
}

// SkewedChi2Model is a fitted [SkewedChi2Sampler]: the square root of 2/Components times cos(log((x+Skewedness)/Skewedness)·Directions + Phase).
type SkewedChi2Model struct {
	ml.Fitted
	Skewedness float64
	Directions *tensor.Tensor[float64] // columns x Components, of the hyperbolic secant's distribution
	Phase      []float64
}

var (
	_ ml.Transformer    = (*SkewedChi2Model)(nil)
	_ ml.RowTransformer = (*SkewedChi2Model)(nil)
)

// Restore checks a model that was read from a file.
func (m *SkewedChi2Model) Restore() error {
	const where = "kernel.SkewedChi2Model"
	if !(m.Skewedness > 0 && m.Skewedness <= math.MaxFloat64) {
		return ml.BadFile(where, "Skewedness", fmt.Sprint(m.Skewedness), "> 0 and finite")
	}
	return checkDirections(where, &m.Fitted, m.Directions, m.Phase)
}

func (m *SkewedChi2Model) fine(v float64) bool { return v > -m.Skewedness }
func (m *SkewedChi2Model) wants() string       { return fmt.Sprintf("> -Skewedness, %g", -m.Skewedness) }

// logs writes the logarithm of (v+c)/c for each v: that of v+c but for a constant, which the random phase swallows, and 0 for 0, so that rows cost their nonzeros.
func (m *SkewedChi2Model) logs(dst, values []float64) {
	for e, v := range values {
		dst[e] = (v + m.Skewedness) / m.Skewedness
	}
	kern.Log(dst, dst)
	for e, v := range dst {
		if math.IsInf(v, 1) { // the quotient is too large, its logarithm is not
			dst[e] = math.Log(values[e]/2+m.Skewedness/2) + math.Ln2 - math.Log(m.Skewedness)
		}
	}
}

// Transform returns rows x Components numbers. x must be finite and above -Skewedness.
func (m *SkewedChi2Model) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "kernel.SkewedChi2Model.Transform"
	if err := checkAsked(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := checkAbove(where, m.Columns, x, m.fine, m.wants()); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := tensor.New[float64](r.Len(), len(m.Phase))
	par.For(r.Len(), 20*len(m.Phase), func(lo, hi int) {
		var buf rows.Entries
		logs := make([]float64, r.Cols())
		for i := lo; i < hi; i++ {
			dst := out.Row(i)
			at, values := r.NZ(i, &buf)
			m.logs(logs[:len(at)], values)
			for e, j := range at {
				kern.Axpy(logs[e], m.Directions.Row(int(j)), dst)
			}
			cosines(dst, m.Phase)
		}
	})
	return out, nil
}

// TransformRow is Transform of one row without allocating.
func (m *SkewedChi2Model) TransformRow(dst, x []float64) error {
	const where = "kernel.SkewedChi2Model.TransformRow"
	if err := checkRowInto(where, &m.Fitted, dst, x, len(m.Phase)); err != nil {
		return err
	}
	for j, v := range x {
		if !m.fine(v) {
			return belowBound(where, m.Columns, 0, j, v, m.wants())
		}
	}
	a := askers.Get().(*asking)
	a.row = grow(a.row, len(x))
	m.logs(a.row, x)
	clear(dst)
	for j, v := range x {
		if v != 0 {
			kern.Axpy(a.row[j], m.Directions.Row(j), dst)
		}
	}
	askers.Put(a)
	cosines(dst, m.Phase)
	return nil
}

// Out names the columns.
func (m *SkewedChi2Model) Out() []ml.Column {
	return numbered("skewedchi", len(m.Phase), m.Info.Features)
}
