package kernel

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/tensor"
)

// Nystroem maps rows to numbers whose products are nearly the kernel's values: the kernel with some training rows, drawn at random, times the inverse root of those rows' own kernel matrix. A linear
// model behind it is a kernel machine for many rows. Among the rows drawn the kernel is exact. The outputs are called nystroem0, nystroem1, ...
//
// Rows of weight 0 are never drawn; other weights do not matter. CSR stays sparse. A fit costs Components² kernel values and Components³ operations, a row Components kernel values and Components² operations.
//
// Williams and Seeger: Using the Nyström method to speed up kernel machines. NIPS 13 (2001).
type Nystroem struct {
	Kernel     metrics.Kernel // positive semidefinite. nil: metrics.RBF with Gamma 1/columns. Not [Precomputed]
	Components int            // rows drawn, at most those there are. 0: 100
	Seed       uint64         // of the draw
}

var _ ml.Fitter[ml.Table, *NystroemModel] = Nystroem{}

// Fit draws the rows.
func (c Nystroem) Fit(ctx context.Context, t ml.Table) (*NystroemModel, error) {
	const where = "kernel.Nystroem.Fit"
	if err := components(where, &c.Components); err != nil {
		return nil, err
	}
	if c.Kernel == nil {
		c.Kernel = metrics.RBF{}
	}
	if _, pre := c.Kernel.(Precomputed); pre {
		return nil, ml.BadConfig(where, "Kernel", "Precomputed", "a kernel of rows")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	x := rows.Of(t.X)
	kernel, err := resolveKernel(where, c.Kernel, x, nil, nil)
	if err != nil {
		return nil, err
	}
	idx, _ := present(x.Len(), t.Weight)
	var drawn []int
	for _, at := range rng.New(c.Seed, 0).Perm(len(idx))[:min(c.Components, len(idx))] {
		drawn = append(drawn, idx[at])
	}
	slices.Sort(drawn)
	m := &NystroemModel{Fitted: ml.NewFitted(t, nil, c)}
	m.Info.Status = ml.Converged
	m.Expansion = newExpansion(kernel, x, t.X, drawn)
	if err := m.Expansion.ready(where, &m.Fitted); err != nil {
		return nil, err
	}
	k := len(drawn)
	gram := make([]float64, k*k)
	m.each(rows.Select(t.X, drawn), func(i int, _, row []float64) { copy(gram[i*k:], row) })
	if err := checkGram(where, gram); err != nil {
		return nil, err
	}
	values, z, ok := linalg.EigenSym(gram, k, true)
	if !ok {
		return nil, notPositive(where)
	}
	m.Root = tensor.New[float64](k, k)
	for i := range k {
		for j := range k {
			s := 0.0
			for e, v := range values {
				s += float64(z[i*k+e] * z[j*k+e] / math.Sqrt(max(math.Abs(v), 1e-12)))
			}
			m.Root.Set(s, i, j)
		}
	}
	return m, m.Restore()
}

func components(where string, v *int) error {
	if *v == 0 {
		*v = 100
	}
	if *v < 1 {
		return ml.BadConfig(where, "Components", *v, ">= 1, or 0 for 100")
	}
	return nil
}

// NystroemModel is a fitted [Nystroem].
type NystroemModel struct {
	ml.Fitted
	Expansion                         // the rows drawn
	Root      *tensor.Tensor[float64] // inverse root of their kernel matrix
}

var (
	_ ml.Transformer    = (*NystroemModel)(nil)
	_ ml.RowTransformer = (*NystroemModel)(nil)
)

// Restore checks a model that was read from a file.
func (m *NystroemModel) Restore() error {
	const where = "kernel.NystroemModel"
	k := len(m.Support)
	if m.Root == nil || m.Root.Rank() != 2 || m.Root.Shape()[0] != k || m.Root.Shape()[1] != k {
		return &ml.Error{Where: where, Field: "Root", Found: "a shape that does not fit", Want: "one row and column for each of Support", Kind: ml.ErrFormat}
	}
	if _, pre := m.Kernel.(Precomputed); pre {
		return &ml.Error{Where: where, Field: "Kernel", Found: "Precomputed", Want: "a kernel of rows", Kind: ml.ErrFormat}
	}
	return m.Expansion.ready(where, &m.Fitted)
}

func (m *NystroemModel) row(dst, k []float64) {
	for c := range dst {
		dst[c] = kern.Dot(m.Root.Row(c), k)
	}
}

// Transform returns rows x Components numbers. x must be finite.
func (m *NystroemModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	if err := checkAsked("kernel.NystroemModel.Transform", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(m.Support))
	m.each(x, func(i int, _, k []float64) { m.row(out.Row(i), k) })
	return out, nil
}

// TransformRow is Transform of one row without allocating.
func (m *NystroemModel) TransformRow(dst, x []float64) error {
	const where = "kernel.NystroemModel.TransformRow"
	if err := checkRowInto(where, &m.Fitted, dst, x, len(m.Support)); err != nil {
		return err
	}
	a := m.ask(0)
	k, _ := m.one(a, x)
	m.row(dst, k)
	askers.Put(a)
	return nil
}

func checkRowInto(where string, f *ml.Fitted, dst, x []float64, want int) error {
	if err := checkAskedRow(where, f, x); err != nil {
		return err
	}
	if len(dst) != want {
		return ml.BadShape(where, "dst", strconv.Itoa(len(dst))+" long", strconv.Itoa(want))
	}
	return nil
}

// Out names the columns.
func (m *NystroemModel) Out() []ml.Column {
	return numbered("nystroem", len(m.Support), m.Info.Features)
}

// numbered are columns made of all others.
func numbered(name string, k, features int) []ml.Column {
	out := make([]ml.Column, k)
	for c := range out {
		from := make([]int, features)
		for j := range from {
			from[j] = j
		}
		out[c] = ml.Column{Name: name + strconv.Itoa(c), From: from}
	}
	return out
}

// RBFSampler maps rows to Components numbers whose products are, in the mean, the Gaussian kernel exp(-Gamma·|x-y|²): cosines of random directions, random Fourier features. The error falls with the root of
// Components. The outputs are called rbf0, rbf1, ... Nothing is learned but the number of columns, weights do not matter, CSR costs its nonzeros: columns·Components operations for a row.
//
// Rahimi and Recht: Random features for large-scale kernel machines. NIPS 20 (2007).
type RBFSampler struct {
	Gamma      float64 // > 0. 0: 1/columns
	Components int     // 0: 100
	Seed       uint64  // of the directions
}

var _ ml.Fitter[ml.Table, *RBFSamplerModel] = RBFSampler{}

// Fit draws the directions.
func (c RBFSampler) Fit(ctx context.Context, t ml.Table) (*RBFSamplerModel, error) {
	const where = "kernel.RBFSampler.Fit"
	if err := components(where, &c.Components); err != nil {
		return nil, err
	}
	if !(c.Gamma >= 0 && c.Gamma <= math.MaxFloat64) {
		return nil, ml.BadConfig(where, "Gamma", c.Gamma, "> 0 and finite, or 0 for 1/columns")
	}
	if err := t.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &RBFSamplerModel{Fitted: ml.NewFitted(t, nil, c)}
	m.Info.Status = ml.Converged
	p := m.Info.Features
	gamma := c.Gamma
	if gamma == 0 {
		gamma = 1 / float64(p)
	}
	m.Directions, m.Phase = tensor.New[float64](p, c.Components), make([]float64, c.Components)
	rng.Normal(rng.New(c.Seed, 0), m.Directions.Data(), 0, math.Sqrt(2*gamma))
	r := rng.New(c.Seed, 1)
	for k := range m.Phase {
		m.Phase[k] = 2 * math.Pi * r.Float64()
	}
	return m, nil
}

// RBFSamplerModel is a fitted [RBFSampler]: the square root of 2/Components times cos(x·Directions + Phase).
type RBFSamplerModel struct {
	ml.Fitted
	Directions *tensor.Tensor[float64] // columns x Components
	Phase      []float64
}

var (
	_ ml.Transformer    = (*RBFSamplerModel)(nil)
	_ ml.RowTransformer = (*RBFSamplerModel)(nil)
)

// Restore checks a model that was read from a file.
func (m *RBFSamplerModel) Restore() error {
	return checkDirections("kernel.RBFSamplerModel", &m.Fitted, m.Directions, m.Phase)
}

// checkDirections checks what random features were read from a file.
func checkDirections(where string, f *ml.Fitted, d *tensor.Tensor[float64], phase []float64) error {
	if d == nil || d.Rank() != 2 || d.Shape()[0] != f.Info.Features || d.Shape()[1] != len(phase) || len(phase) == 0 {
		return &ml.Error{Where: where, Field: "Directions and Phase", Found: "shapes that do not fit", Want: "columns x Components, and Components", Kind: ml.ErrFormat}
	}
	return nil
}

// cosines turns products with random directions into outputs.
func cosines(dst, phase []float64) {
	size := math.Sqrt(2 / float64(len(dst)))
	for k, v := range dst {
		dst[k] = size * math.Cos(v+phase[k])
	}
}

// Transform returns rows x Components numbers. x must be finite.
func (m *RBFSamplerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	if err := checkAsked("kernel.RBFSamplerModel.Transform", &m.Fitted, x); err != nil {
		return nil, err
	}
	r := rows.Of(x)
	out := tensor.New[float64](r.Len(), len(m.Phase))
	par.For(r.Len(), 20*len(m.Phase), func(lo, hi int) {
		var buf rows.Entries
		for i := lo; i < hi; i++ {
			dst := out.Row(i)
			at, values := r.NZ(i, &buf)
			for e, j := range at {
				kern.Axpy(values[e], m.Directions.Row(int(j)), dst)
			}
			cosines(dst, m.Phase)
		}
	})
	return out, nil
}

// TransformRow is Transform of one row without allocating.
func (m *RBFSamplerModel) TransformRow(dst, x []float64) error {
	if err := checkRowInto("kernel.RBFSamplerModel.TransformRow", &m.Fitted, dst, x, len(m.Phase)); err != nil {
		return err
	}
	clear(dst)
	for j, v := range x {
		if v != 0 {
			kern.Axpy(v, m.Directions.Row(j), dst)
		}
	}
	cosines(dst, m.Phase)
	return nil
}

// Out names the columns.
func (m *RBFSamplerModel) Out() []ml.Column { return numbered("rbf", len(m.Phase), m.Info.Features) }
