package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// Divergence is what [NMF] makes small between the rows and the product.
type Divergence uint8

const (
	// LeastSquares is half the sum of squared differences, the square of the Frobenius norm. The zero value.
	LeastSquares Divergence = iota
	// KullbackLeibler is the generalised one, Σ x log(x/y) - x + y: for counts.
	KullbackLeibler
	// ItakuraSaito is Σ x/y - log(x/y) - 1, which does not depend on the scale: for power spectra. It wants numbers above 0.
	ItakuraSaito
)

// String returns the name.
func (d Divergence) String() string {
	names := [...]string{"least squares", "Kullback-Leibler", "Itakura-Saito"}
	if int(d) < len(names) {
		return names[d]
	}
	return fmt.Sprintf("Divergence(%d)", uint8(d))
}

// NMF writes rows of numbers >= 0 as sums of parts >= 0: X is about W H, with Components rows of H (Lee and Seung, Nature 401, 1999). Parts add up and never cancel, so they can be named: topics, spectra, pieces of
// pictures.
//
// LeastSquares goes by coordinate descent (Cichocki and Phan, IEICE Trans. E92-A, 2009) unless Multiplicative, the others by multiplicative updates (Févotte and Idier, Neural Computation 23, 2011). The start is the
// leading singular vectors' positive parts, zeros filled with the mean (NNDSVDa: Boutsidis and Gallopoulos, Pattern Recognition 41, 2008), or Random. A row of weight k counts as k rows. CSR stays sparse but for
// ItakuraSaito, which refuses it. Time is O(nonzeros · Components + (rows + columns) · Components²) an iteration, memory O((rows + columns) · Components) and, for descent over dense rows and for the start, a copy of them. Random are the vectors that the start's singular vectors are found from, and Random, by
// Seed. Info.Gap is the last change, by Tol's measure.
type NMF struct {
	Components     int        // 0: 2
	Loss           Divergence // zero: LeastSquares
	Multiplicative bool       // LeastSquares by multiplicative updates
	Random         bool       // start from random numbers
	AlphaW         float64    // of the penalty on W, times the columns. 0: none
	AlphaH         float64    // of the penalty on H, times the weight of all rows. 0: none
	L1             float64    // share of the penalty that is the sum, 0 to 1; the rest is half the sum of squares
	MaxIter        int        // 0: 200
	Tol            float64    // descent ends when the projected gradient's size falls below this share of its first; multiplicative updates when ten of them lower the loss by less than this share of the first. 0: 1e-4; negative: MaxIter iterations
	Seed           uint64
}

var _ ml.Fitter[ml.Table, *NMFModel] = NMF{}

// NMFModel is a fitted NMF.
type NMFModel struct {
	ml.Fitted
	Components [][]float64 // H, rows of numbers >= 0
	Error      float64     // of the training rows: the root of twice the loss

	solve *rowSolver
	spare *sync.Pool
}

func (c *NMF) resolve(where string) error {
	switch {
	case c.Components < 0:
		return ml.BadConfig(where, "Components", c.Components, ">= 1, or 0 for 2")
	case c.Loss > ItakuraSaito:
		return ml.BadConfig(where, "Loss", c.Loss, "one of the constants")
	case !(c.AlphaW >= 0 && c.AlphaW <= math.MaxFloat64) || !(c.AlphaH >= 0 && c.AlphaH <= math.MaxFloat64):
		return ml.BadConfig(where, "AlphaW and AlphaH", fmt.Sprint(c.AlphaW, c.AlphaH), "finite numbers >= 0")
	case !(c.L1 >= 0 && c.L1 <= 1):
		return ml.BadConfig(where, "L1", c.L1, "0 to 1")
	case c.MaxIter < 0:
		return ml.BadConfig(where, "MaxIter", c.MaxIter, ">= 1, or 0 for 200")
	case !(math.Abs(c.Tol) <= math.MaxFloat64):
		return ml.BadConfig(where, "Tol", c.Tol, "a finite number")
	}
	c.Components, c.MaxIter, c.Tol = cmp.Or(c.Components, 2), cmp.Or(c.MaxIter, 200), cmp.Or(c.Tol, 1e-4)
	return nil
}

func (c *NMF) descends() bool { return c.Loss == LeastSquares && !c.Multiplicative }

// Fit finds the parts of the rows of t.
func (c NMF) Fit(ctx context.Context, t ml.Table) (*NMFModel, error) {
	const where = "decomp.NMF.Fit"
	if err := cmp.Or(c.resolve(where), t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	if err := c.suits(where, t.X); err != nil {
		return nil, err
	}
	s := newSample(t)
	m := &NMFModel{Fitted: ml.NewFitted(t, nil, c)}
	f, err := c.start(where, s)
	if err != nil {
		return nil, err
	}
	if c.descends() {
		err = f.descend(ctx, c, &m.Info)
	} else {
		err = f.multiply(ctx, c, &m.Info)
	}
	if err != nil {
		return nil, err
	}
	m.Error = math.Sqrt(2 * max(f.loss(c.Loss), 0))
	m.Components = make([][]float64, c.Components)
	for k := range m.Components {
		m.Components[k] = make([]float64, s.p)
		for j := range s.p {
			m.Components[k][j] = f.h[j*f.k+k]
		}
	}
	if err := m.Restore(); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// suits refuses numbers below 0, and what ItakuraSaito cannot take.
func (c *NMF) suits(where string, x tensor.Matrix) error {
	r := rows.Of(x)
	if c.Loss == ItakuraSaito && r.Sparse() {
		return ml.BadShape(where, "X", "a CSR matrix", "a dense one: Itakura-Saito wants numbers above 0")
	}
	return notBelow0(where, r, c.Loss == ItakuraSaito)
}

// config is what shares are found by.
func (m *NMFModel) config() (NMF, bool) {
	if c, ok := m.Config.(MiniBatchNMF); ok {
		return c.nmf(), true
	}
	c, ok := m.Config.(NMF)
	return c, ok
}

// Restore checks a model that was read from a file and makes it ready.
func (m *NMFModel) Restore() error {
	const where = "decomp.NMFModel"
	c, ok := m.config()
	if !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.NMF or decomp.MiniBatchNMF")
	}
	if err := cmp.Or(c.resolve(where), checkRows(where, "Components", m.Components, m.Info.Features), checkNumbers(where, "Error", []float64{m.Error}, 1)); err != nil {
		return err
	}
	if len(m.Components) != c.Components {
		return unsound(where, "Components", fmt.Sprintf("%d rows", len(m.Components)), fmt.Sprint(c.Components))
	}
	for _, row := range m.Components {
		for _, v := range row {
			if v < 0 {
				return unsound(where, "Components", fmt.Sprint(v), "numbers >= 0")
			}
		}
	}
	m.solve = newRowSolver(c, m.Components, m.Info.Features)
	m.spare = &sync.Pool{New: func() any { return m.solve.room() }}
	return nil
}

// Transform finds the shares of the parts in each row, rows x Components, by the updates of the fit with the parts as they are, until those of the row come to rest. A row takes O(Components² + its nonzeros · Components) an iteration.
func (m *NMFModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "decomp.NMFModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, len(m.Components))
	if err := m.transformInto(where, out, x); err != nil {
		return nil, err
	}
	return out, nil
}

// TransformInto is Transform into dst.
func (m *NMFModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "decomp.NMFModel.TransformInto"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return err
	}
	if err := ml.CheckInto(where, dst, x, len(m.Components)); err != nil {
		return err
	}
	return m.transformInto(where, dst, x)
}

func (m *NMFModel) transformInto(where string, dst *tensor.Tensor[float64], x tensor.Matrix) error {
	c := m.solve.c
	if err := ml.CheckFinite(where, &m.Fitted, x, false); err != nil {
		return err
	}
	if err := c.suits(where, x); err != nil {
		return err
	}
	r := rows.Of(x)
	par.For(r.Len(), 20_000, func(lo, hi int) {
		room := m.spare.Get().(*solverRoom)
		defer m.spare.Put(room)
		for i := lo; i < hi; i++ {
			cols, vals := r.NZ(i, &room.entries)
			m.solve.row(room, dst.Row(i), cols, vals)
		}
	})
	return finiteOut(where, dst)
}

// TransformRow is Transform of a single row, without allocating.
func (m *NMFModel) TransformRow(dst, x []float64) error {
	const where = "decomp.NMFModel.TransformRow"
	if len(dst) != len(m.Components) {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers", len(dst)), fmt.Sprint(len(m.Components)))
	}
	if err := ml.CheckFiniteRow(where, &m.Fitted, x); err != nil {
		return err
	}
	room := m.spare.Get().(*solverRoom)
	defer m.spare.Put(room)
	c := m.solve.c
	room.cols, room.vals = room.cols[:0], room.vals[:0]
	for j, v := range x {
		if v < 0 || v == 0 && c.Loss == ItakuraSaito {
			return &ml.Error{Where: where, Field: fmt.Sprintf("x[%d]", j), Found: fmt.Sprint(v), Want: "a number >= 0, above 0 for Itakura-Saito", Kind: ml.ErrShape}
		}
		if v != 0 {
			room.cols, room.vals = append(room.cols, int32(j)), append(room.vals, v)
		}
	}
	m.solve.row(room, dst, room.cols, room.vals)
	if !rows.AllFinite(dst) {
		return &ml.Error{Where: where, Field: "x", Found: "a row whose shares are not finite", Want: "smaller numbers", Kind: ml.ErrNotFinite}
	}
	return nil
}

// Out names the parts: nmf0, nmf1, ..., each made of all columns.
func (m *NMFModel) Out() []ml.Column {
	return embeddingColumns("nmf", len(m.Components), m.Info.Features)
}

// Inverse is the product of shares and parts.
func (m *NMFModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.NMFModel.Inverse", x, m.Components, nil, nil)
}
