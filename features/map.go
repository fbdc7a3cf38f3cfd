package features

import (
	"context"
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/tensor"
)

// A Func is a function of one number, for Map. The built-in ones are plain structs: Log, Log1p, Sqrt, Clip, Binarize, Since. A type
// of your own needs ml.Register to be saved.
type Func interface {
	Apply(x float64) float64 // NaN or Inf says that the function is not defined at x
	Name() string            // in errors: "log1p"
}

// An InvertibleFunc can be undone.
type InvertibleFunc interface {
	Func
	Invert(y float64) float64 // the x for which Apply(x) is y
}

// A CheckedFunc has fields that may be wrong. Map calls Check before anything else.
type CheckedFunc interface {
	Func
	Check() error
}

// Map applies one function to every number. Columns keep their names; missing values (NaN) stay missing. A number at which
// the function is not defined, such as -1 for Sqrt, is an error that names its place, both in Fit and later, and never
// turns into a missing value.
//
// Fit learns nothing, but checks the function on the training rows: that it is defined there, and if it has an inverse, that
// the inverse leads back to the same numbers, to 1e-9 of max(1, |x|). Storage and width are kept; a CSR matrix needs a
// function that is 0 at 0. Categorical columns are an error.
type Map struct {
	Func Func // nil is an error
}

// MapModel is a fitted Map.
type MapModel struct {
	ml.Fitted
	f Func
}

// Accepts says that it takes missing values.
func (Map) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Fit checks the function on the rows of t.
func (c Map) Fit(ctx context.Context, t ml.Table) (*MapModel, error) {
	const where = "features.Map.Fit"
	if c.Func == nil {
		return nil, ml.BadConfig(where, "Func", "nil", "a function, such as features.Log1p{}")
	}
	if f, checked := c.Func.(CheckedFunc); checked {
		if err := f.Check(); err != nil {
			return nil, err
		}
	}
	if err := t.Check(where, c.Accepts()); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	m := &MapModel{Fitted: ml.NewFitted(t, nil, c), f: c.Func}
	if err := m.checkOn(where, t); err != nil {
		return nil, err
	}
	return m, nil
}

func (m *MapModel) checkOn(where string, t ml.Table) error {
	if err := m.checkSparse(where, t.X); err != nil {
		return err
	}
	from := rows.Of(t.X)
	buf := make([]float64, from.Cols())
	var stored rows.Entries
	for i := range from.Len() {
		if weightOf(t.Weight, i) == 0 {
			continue
		}
		if from.Sparse() { // what is not stored stays 0, as checkSparse has found
			js, vs := from.NZ(i, &stored)
			for k, j := range js {
				if err := m.checkAt(where, i, int(j), vs[k]); err != nil {
					return err
				}
			}
			continue
		}
		for j, x := range from.Row(i, buf) {
			if err := m.checkAt(where, i, j, x); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAt checks the function at one number.
func (m *MapModel) checkAt(where string, i, j int, x float64) error {
	if x != x {
		return nil
	}
	y := m.f.Apply(x)
	if !finite(y) {
		return m.refuse(where, i, j, x)
	}
	inverse, invertible := m.f.(InvertibleFunc)
	if !invertible {
		return nil
	}
	// y counts too: where f takes a large number away, such as the Unix second of a date, its rounding comes back
	if back := inverse.Invert(y); !(math.Abs(back-x) <= 1e-9*max(1, math.Abs(x), math.Abs(y))) {
		return &ml.Error{Where: where, Field: fmt.Sprintf("X[%d, %d] (%s)", i, j, ml.ColumnName(m.Columns, j)),
			Found: fmt.Sprintf("%v, which %s and its inverse turn into %v", x, m.f.Name(), back), Want: "the same number", Kind: ml.ErrConfig}
	}
	return nil
}

func (m *MapModel) checkSparse(where string, x tensor.Matrix) error {
	if !isSparse(x) || m.f.Apply(0) == 0 {
		return nil
	}
	return &ml.Error{Where: where, Field: "X", Found: "sparse (CSR)", Want: "a dense matrix: " + m.f.Name() + " is not 0 at 0, so that every zero would have to be stored", Kind: ml.ErrConfig}
}

// refuse is the error of a number at which the function is not defined.
func (m *MapModel) refuse(where string, i, j int, x float64) error {
	if math.IsInf(x, 0) {
		return ml.NotFinite(where, m.Columns, i, j, x)
	}
	e := ml.NotFinite(where, m.Columns, i, j, x)
	e.Want = "a number at which " + m.f.Name() + " is finite"
	return e
}

// finite does not ask whether v - v is 0: where v is a product, a fused multiply-subtract leaves its rounding.
func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }

// Restore takes the function from the configuration.
func (m *MapModel) Restore() error {
	c, isMap := m.Config.(Map)
	if !isMap || c.Func == nil {
		return ml.BadFile("features.MapModel", "Config", fmt.Sprintf("%T", m.Config), "a features.Map with a Func")
	}
	if f, checked := c.Func.(CheckedFunc); checked {
		if err := f.Check(); err != nil {
			return err
		}
	}
	m.f = c.Func
	return nil
}

// rowOf is the rowFunc of any function.
func rowOf(f func(float64) float64) rowFunc {
	return func(dst, src []float64) int {
		for j, x := range src {
			y := x
			if x == x {
				if y = f(x); !finite(y) || math.IsInf(x, 0) {
					return j
				}
			}
			dst[j] = y
		}
		return -1
	}
}

// Transform applies the function to the rows of x.
func (m *MapModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.MapModel.Transform"
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := m.checkSparse(where, x); err != nil {
		return nil, err
	}
	return m.apply(where, x, m.f.Apply)
}

// Inverse applies the inverse function. Without one (Clip) it is errors.ErrUnsupported.
func (m *MapModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "features.MapModel.Inverse"
	inverse, invertible := m.f.(InvertibleFunc)
	if !invertible {
		return nil, unsupported(where, m.f.Name()+" without an inverse")
	}
	if err := ml.CheckPredict(where, &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := m.checkSparse(where, x); err != nil {
		return nil, err
	}
	return m.apply(where, x, inverse.Invert)
}

func (m *MapModel) apply(where string, x tensor.Matrix, f func(float64) float64) (tensor.Matrix, error) {
	var out tensor.Matrix
	var bad place
	if isSparse(x) {
		out, bad = mapStored(x, func(_ int, v float64) float64 { return f(v) })
	} else {
		_, p := x.Dims()
		out, bad = mapRows(x, p, 10*p, rowOf(f))
	}
	if bad != noPlace {
		return nil, m.refuse(where, bad.row, bad.col, x.At(bad.row, bad.col))
	}
	return out, nil
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *MapModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	const where = "features.MapModel.TransformInto"
	p := m.Info.Features
	return mapping{columns: p, nsPerRow: 10 * p, row: rowOf(m.f.Apply)}.into(where, &m.Fitted, dst, x, func(i, j int, v float64) error { return m.refuse(where, i, j, v) })
}

// TransformRow applies the function to one row; dst is as long as x.
func (m *MapModel) TransformRow(dst, x []float64) error {
	const where = "features.MapModel.TransformRow"
	if err := checkRows(where, &m.Fitted, dst, x, m.Info.Features); err != nil {
		return err
	}
	for j, v := range x {
		y := v
		if v == v {
			if y = m.f.Apply(v); !finite(y) || math.IsInf(v, 0) {
				return m.refuse(where, 0, j, v)
			}
		}
		dst[j] = y
	}
	return nil
}

// Out describes the columns: the same as in training.
func (m *MapModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

func init() {
	ml.RegisterConfig[Map]("features.Map")
	ml.Register[*MapModel]("features.MapModel")
}
