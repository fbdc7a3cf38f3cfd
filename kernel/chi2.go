package kernel

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/parts"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// AdditiveChi2Sampler maps rows that are not negative, such as histograms, to numbers whose products are nearly the additive chi-squared kernel Σ 2·x·y/(x+y), for a linear model behind it. (metrics.AdditiveChi2Kernel
// is another one: minus the distance that this similarity belongs to.) Each column becomes 2·SampleSteps-1: the spectrum of the kernel, read at 0, SampleInterval, 2·SampleInterval, ... The outputs are, of all columns each, the root
// (name_sqrt), then a cosine and a sine for each further step (name_cos1, name_sin1, ...), scikit-learn's in its order. Zeros stay zeros, and CSR stays CSR.
//
// Nothing is learned or random, and weights do not matter; negative numbers are ErrData. O(2·SampleSteps-1) for each number that is not 0.
//
// Vedaldi and Zisserman: Efficient additive kernels via explicit feature maps. IEEE TPAMI 34 (2012).
type AdditiveChi2Sampler struct {
	SampleSteps    int     // readings of the spectrum, 1 to 1000. 0: 2
	SampleInterval float64 // between them, > 0 and at most 100. 0: 0.8, 0.5 or 0.4 for 1, 2 or 3 SampleSteps, the paper's best; more of them want a number
}

var _ ml.Fitter[ml.Table, *AdditiveChi2Model] = AdditiveChi2Sampler{}

// Fit checks the config and the rows.
func (c AdditiveChi2Sampler) Fit(ctx context.Context, t ml.Table) (*AdditiveChi2Model, error) {
	const where, most = "kernel.AdditiveChi2Sampler.Fit", 1000
	if c.SampleSteps == 0 {
		c.SampleSteps = 2
	}
	if c.SampleSteps < 1 || c.SampleSteps > most {
		return nil, ml.BadConfig(where, "SampleSteps", c.SampleSteps, fmt.Sprintf("1 to %d, or 0 for 2", most))
	}
	if best := [...]float64{0.8, 0.5, 0.4}; c.SampleInterval == 0 && c.SampleSteps <= len(best) {
		c.SampleInterval = best[c.SampleSteps-1]
	}
	if !(c.SampleInterval > 0 && c.SampleInterval <= 100) {
		return nil, ml.BadConfig(where, "SampleInterval", c.SampleInterval, "> 0 and <= 100, or 0 with at most 3 SampleSteps")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	if err := checkAbove(where, t.Columns, t.X, notNegative, ">= 0"); err != nil {
		return nil, err
	}
	m := &AdditiveChi2Model{Fitted: ml.NewFitted(t, nil, c), Interval: c.SampleInterval, Factors: make([]float64, c.SampleSteps)}
	m.Info.Status = ml.Converged
	if float64(m.Info.Features)*float64(2*c.SampleSteps-1) > math.MaxInt32 {
		return nil, ml.BadConfig(where, "SampleSteps", c.SampleSteps, fmt.Sprintf("at most 2^31-1 columns of %d", m.Info.Features))
	}
	m.Factors[0] = math.Sqrt(c.SampleInterval)
	for k := 1; k < c.SampleSteps; k++ {
		m.Factors[k] = math.Sqrt(2 * c.SampleInterval / math.Cosh(math.Pi*float64(k)*c.SampleInterval))
	}
	return m, m.Restore()
}

// AdditiveChi2Model is a fitted [AdditiveChi2Sampler].
type AdditiveChi2Model struct {
	ml.Fitted
	Interval float64
	Factors  []float64 // of the roots of numbers, for each step: the root of the spectrum there
}

var (
	_ ml.Transformer    = (*AdditiveChi2Model)(nil)
	_ ml.RowTransformer = (*AdditiveChi2Model)(nil)
)

// Restore checks a model that was read from a file.
func (m *AdditiveChi2Model) Restore() error {
	const where = "kernel.AdditiveChi2Model"
	if !(m.Interval > 0 && m.Interval <= 100) {
		return ml.BadFile(where, "Interval", fmt.Sprint(m.Interval), "> 0 and <= 100")
	}
	if len(m.Factors) == 0 || float64(m.Info.Features)*float64(m.blocks()) > math.MaxInt32 {
		return ml.BadFile(where, "Factors", fmt.Sprintf("%d long", len(m.Factors)), "1 or more, and at most 2^31-1 outputs")
	}
	for k, v := range m.Factors {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return ml.BadFile(where, fmt.Sprintf("Factors[%d]", k), fmt.Sprint(v), ">= 0 and finite")
		}
	}
	return nil
}

// blocks is how many outputs a column has.
func (m *AdditiveChi2Model) blocks() int { return 2*len(m.Factors) - 1 }

// spread writes the outputs of all x, block by block of len(x), to dst, which holds zeros.
func (m *AdditiveChi2Model) spread(dst, x []float64) {
	if len(m.Factors) > 1 {
		kern.Log(dst[:len(x)], x) // in the room of the roots, which are made last
	}
	for e, v := range x {
		if v == 0 {
			dst[e] = 0
			continue
		}
		root, angle := math.Sqrt(v), m.Interval*dst[e]
		for k := 1; k < len(m.Factors); k++ {
			sin, cos := math.Sincos(float64(k) * angle)
			size := root * m.Factors[k]
			dst[(2*k-1)*len(x)+e], dst[2*k*len(x)+e] = size*cos, size*sin
		}
		dst[e] = root * m.Factors[0]
	}
}

// Transform returns rows x columns·(2·SampleSteps-1) numbers, as CSR where x is. x must be finite and not negative.
func (m *AdditiveChi2Model) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "kernel.AdditiveChi2Model.Transform"
	if err := checkAsked(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := checkAbove(where, m.Columns, x, notNegative, ">= 0"); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	n, p := r.Dims()
	if r.Sparse() {
		return m.sparse(r), nil
	}
	out := tensor.New[float64](n, p*m.blocks())
	par.For(n, 20*p*m.blocks(), func(lo, hi int) {
		buf := make([]float64, p)
		for i := lo; i < hi; i++ {
			m.spread(out.Row(i), r.Row(i, buf))
		}
	})
	return out, nil
}

// sparse is Transform of CSR: every row has its entries once for each block, in the same order.
func (m *AdditiveChi2Model) sparse(r rows.Rows) *tensor.CSR[float64] {
	n, p := r.Dims()
	blocks := m.blocks()
	indptr := make([]int, n+1)
	var buf rows.Entries
	for i := range n {
		at, _ := r.NZ(i, &buf)
		indptr[i+1] = indptr[i] + blocks*len(at)
	}
	indices, values := make([]int32, indptr[n]), make([]float64, indptr[n])
	par.For(n, 20*(1+indptr[n]/max(n, 1)), func(lo, hi int) {
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			at, from := r.NZ(i, &buf)
			own := indices[indptr[i]:indptr[i+1]]
			for e, j := range at {
				for b := range blocks {
					own[b*len(at)+e] = int32(b*p) + j
				}
			}
			m.spread(values[indptr[i]:indptr[i+1]], from)
		}
	})
	return tensor.Assemble(parts.CSR[float64]{Columns: p * blocks, Indptr: indptr, Indices: indices, Values: values})
}

// TransformRow is Transform of one row without allocating.
func (m *AdditiveChi2Model) TransformRow(dst, x []float64) error {
	const where = "kernel.AdditiveChi2Model.TransformRow"
	if err := checkRowInto(where, &m.Fitted, dst, x, len(x)*m.blocks()); err != nil {
		return err
	}
	for j, v := range x {
		if !notNegative(v) {
			return belowBound(where, m.Columns, 0, j, v, ">= 0")
		}
	}
	clear(dst)
	m.spread(dst, x)
	return nil
}

// Out names the columns.
func (m *AdditiveChi2Model) Out() []ml.Column {
	out := make([]ml.Column, 0, m.Info.Features*m.blocks())
	for b := range m.blocks() {
		end := "_sqrt"
		switch k := strconv.Itoa((b + 1) / 2); {
		case b%2 == 1:
			end = "_cos" + k
		case b > 0:
			end = "_sin" + k
		}
		for j := range m.Info.Features {
			out = append(out, ml.Column{Name: ml.ColumnName(m.Columns, j) + end, From: []int{j}})
		}
	}
	return out
}

func notNegative(v float64) bool { return v >= 0 }

// checkAbove is nil unless a number of x is one that a sampler cannot take.
func checkAbove(where string, columns []ml.Column, x tensor.Matrix, fine func(v float64) bool, want string) error {
	r := rows.Of(x)
	var buf rows.Entries
	for i := range r.Len() {
		at, values := r.NZ(i, &buf)
		for e, v := range values {
			if !fine(v) {
				return belowBound(where, columns, i, int(at[e]), v, want)
			}
		}
	}
	return nil
}

func belowBound(where string, columns []ml.Column, i, j int, v float64, want string) error {
	return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(columns, j)), Found: fmt.Sprint(v), Want: want, Kind: ml.ErrData}
}
