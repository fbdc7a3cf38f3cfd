package decomp

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// TruncatedSVD maps rows to their shares in the leading right singular vectors of the matrix. Columns are not centred, so CSR stays sparse: of counts of words it is latent semantic analysis (Deerwester et al.,
// JASIS 41, 1990).
//
// A row of weight k counts as k rows. Each component has its number of largest size positive. Time is O(nonzeros · Components) for each of some dozen passes, memory O((rows + 8 columns) · Components) and a copy of dense rows. Random are
// the vectors that both solvers start from, by Seed.
type TruncatedSVD struct {
	Components int    // fewer than columns, and no more than rows. 0: 2
	Solver     Solver // RandomizedSolver, or LanczosSolver, which is more exact and slower. Zero: RandomizedSolver
	Oversample int    // of RandomizedSolver: random vectors beyond Components. 0: 10
	Iterations int    // of RandomizedSolver: power iterations. 0: 5
	Seed       uint64
}

var _ ml.Fitter[ml.Table, *TruncatedSVDModel] = TruncatedSVD{}

// TruncatedSVDModel is a fitted TruncatedSVD.
type TruncatedSVDModel struct {
	ml.Fitted
	Components    [][]float64 // right singular vectors, the largest value first
	Singular      []float64
	Variance      []float64 // of the training rows' components, over the weight of all rows
	VarianceRatio []float64 // shares of the variance of all columns

	p *projection
}

// Fit finds the vectors of the rows of t.
func (c TruncatedSVD) Fit(ctx context.Context, t ml.Table) (*TruncatedSVDModel, error) {
	const where = "decomp.TruncatedSVD.Fit"
	if err := cmp.Or(t.Check(where, ml.Accepts{}), ml.Done(ctx)); err != nil {
		return nil, err
	}
	m := &TruncatedSVDModel{Fitted: ml.NewFitted(t, nil, c)}
	s := newSample(t)
	k := cmp.Or(c.Components, min(2, s.n, s.p))
	switch {
	case k < 1 || k > min(s.n, s.p):
		return nil, ml.BadConfig(where, "Components", c.Components, fmt.Sprintf("1 to %d, the smaller number of rows and columns; or 0 for 2", min(s.n, s.p)))
	case c.Solver != AutoSolver && c.Solver != RandomizedSolver && c.Solver != LanczosSolver:
		return nil, ml.BadConfig(where, "Solver", c.Solver, "RandomizedSolver or LanczosSolver")
	case c.Oversample < 0 || c.Iterations < 0:
		return nil, ml.BadConfig(where, "Oversample and Iterations", fmt.Sprint(c.Oversample, c.Iterations), ">= 0")
	}
	a := s.spread(nil)
	var v []float64
	var ok bool
	if c.Solver == LanczosSolver {
		y := make([]float64, s.n)
		values, vectors, r := linalg.Lanczos{Count: k, Tol: 1e-12, Seed: c.Seed}.Solve(s.p, func(dst, x []float64) {
			a.Mul(y, x)
			a.MulTrans(dst, y)
		})
		ok = r.Done
		for i, v := range values {
			values[i] = math.Sqrt(max(v, 0))
		}
		m.Singular, v = values, vectors
	} else {
		var d linalg.SVD
		d, ok = linalg.RandomizedSVD{Rank: k, Oversample: c.Oversample, Iterations: cmp.Or(c.Iterations, 5), Seed: c.Seed}.Solve(a)
		m.Singular, v = d.Values, d.V
	}
	if !ok {
		return nil, tooLarge(where, &ml.Error{Kind: ml.ErrFormat})
	}
	m.Components = make([][]float64, k)
	for i := range m.Components {
		m.Components[i] = make([]float64, s.p)
		for j := range s.p {
			m.Components[i][j] = v[j*k+i]
		}
		fixSign(m.Components[i])
	}
	m.variances(s)
	if err := cmp.Or(m.Restore(), ml.Done(ctx)); err != nil {
		return nil, tooLarge(where, err)
	}
	return m, nil
}

// variances measures those of the components: of the products, their sums of squares are known, their means follow from those of the columns.
func (m *TruncatedSVDModel) variances(s *sample) {
	mean := s.means()
	whole := s.columnSquares(mean) / s.total
	m.Variance, m.VarianceRatio = make([]float64, len(m.Components)), make([]float64, len(m.Components))
	for i, row := range m.Components {
		at := linalg.Dot(row, mean)
		m.Variance[i] = max(float64(m.Singular[i]*m.Singular[i])/s.total-float64(at*at), 0)
		if whole > 0 {
			m.VarianceRatio[i] = m.Variance[i] / whole
		}
	}
}

// Restore checks a model that was read from a file and makes it ready.
func (m *TruncatedSVDModel) Restore() error {
	const where = "decomp.TruncatedSVDModel"
	if _, ok := m.Config.(TruncatedSVD); !ok {
		return unsound(where, "Config", fmt.Sprintf("%T", m.Config), "a decomp.TruncatedSVD")
	}
	k := len(m.Components)
	if k == 0 {
		return unsound(where, "Components", "none", "one or more")
	}
	if err := cmp.Or(checkRows(where, "Components", m.Components, m.Info.Features), checkNumbers(where, "Singular", m.Singular, k), checkNumbers(where, "Variance", m.Variance, k),
		checkNumbers(where, "VarianceRatio", m.VarianceRatio, k)); err != nil {
		return err
	}
	m.p = newProjection(m.Components, m.Info.Features, nil)
	return nil
}

func (m *TruncatedSVDModel) project() *projection { return m.p }
func (m *TruncatedSVDModel) fitted() *ml.Fitted   { return &m.Fitted }

// Transform maps rows to their components, rows x len(Components).
func (m *TruncatedSVDModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return transform(m, "decomp.TruncatedSVDModel.Transform", x)
}

// TransformInto is Transform into dst.
func (m *TruncatedSVDModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return transformInto(m, "decomp.TruncatedSVDModel.TransformInto", dst, x)
}

// TransformRow is Transform of a single row, without allocating.
func (m *TruncatedSVDModel) TransformRow(dst, x []float64) error {
	return transformRow(m, "decomp.TruncatedSVDModel.TransformRow", dst, x)
}

// Out names the components: svd0, svd1, ..., each made of all columns.
func (m *TruncatedSVDModel) Out() []ml.Column {
	return embeddingColumns("svd", len(m.Components), m.Info.Features)
}

// Inverse maps components back to rows of columns: the nearest there are in the space of the components.
func (m *TruncatedSVDModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return back("decomp.TruncatedSVDModel.Inverse", x, m.Components, nil, nil)
}
