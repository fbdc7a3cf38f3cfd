package features

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// StandardScaler brings every column to mean 0 and standard deviation 1: z = (x - mean) / scale, with the population
// standard deviation (division by the total weight) as the scale. The zero value centres and scales.
//
// Missing values (NaN) are left out of the fit and stay missing. Weights count: a row of weight k is k rows. A constant
// column, up to rounding, has scale 1, and so has a column without any value, whose mean is 0. Sparse columns cannot be
// centred without becoming dense, so a CSR matrix needs NoMean. Categorical columns are an error: encode them first.
//
// The result is stored as the input is: float32 stays float32 (computed in float64), CSR stays CSR, anything else becomes
// float64. Fitting costs one pass over the rows, O(rows * columns), or O(stored values + columns) for CSR.
type StandardScaler struct {
	NoMean bool // false: subtract the mean
	NoStd  bool // false: divide by the standard deviation
}

// ScalerModel is a fitted StandardScaler.
type ScalerModel struct {
	ml.Fitted
	Mean  []float64 // of each column
	Scale []float64 // what each column is divided by, > 0; 1 for constant columns and with NoStd
	Var   []float64 // population variance of each column
	Seen  []float64 // total weight of the values of each column, missing ones left out
	Rest  []float64 // what rounding took from Mean: Mean + Rest is what Update goes on from

	affine affine
}

// Accepts says that it takes missing values.
func (StandardScaler) Accepts() ml.Accepts { return ml.Accepts{Missing: true} }

// Fit measures the columns of t.
func (c StandardScaler) Fit(ctx context.Context, t ml.Table) (*ScalerModel, error) {
	const where = "features.StandardScaler.Fit"
	if err := c.check(where, t); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	pivot := firstValues(t.X, t.Weight)
	m := &ScalerModel{Fitted: ml.NewFitted(t, nil, c)}
	if err := m.set(where, c, columnMoments(t.X, t.Weight, pivot), pivot); err != nil {
		return nil, cmp.Or(ml.CheckFinite(where, &m.Fitted, t.X, true), err)
	}
	return ready(m)
}

func (c StandardScaler) check(where string, t ml.Table) error {
	if err := checkUnread(where, t); err != nil {
		return err
	}
	if isSparse(t.X) && !c.NoMean {
		return denseOnly(where, whyScaler)
	}
	return nil
}

const whyScaler = ", or StandardScaler{NoMean: true}: centring would store every zero"

// set writes the statistics of values measured from pivot into m.
func (m *ScalerModel) set(where string, c StandardScaler, s moments, pivot []float64) error {
	p := len(pivot)
	m.Mean, m.Scale, m.Var, m.Rest = make([]float64, p), make([]float64, p), make([]float64, p), make([]float64, p)
	m.Seen = s.weight
	for j, w := range s.weight {
		m.Scale[j] = 1
		if w == 0 {
			continue
		}
		m.Mean[j] = pivot[j] + s.mean[j]
		m.Rest[j] = sumError(pivot[j], s.mean[j])
		m.Var[j] = s.m2[j] / w
		if !finite(m.Mean[j]) || !finite(m.Var[j]) {
			return tooLarge(where, m.Columns, j)
		}
		if !c.NoStd && !constant(m.Var[j], m.Mean[j], w) {
			m.Scale[j] = math.Sqrt(m.Var[j])
		}
	}
	return nil
}

// tooLarge is the error of a column of finite numbers whose sums are not.
func tooLarge(where string, columns []ml.Column, j int) error {
	return &ml.Error{Where: where, Field: columnLabel(columns, j), Found: "too large: sums over it overflow", Want: "numbers within 1e150 of each other", Kind: ml.ErrNotFinite}
}

// sumError is what rounding takes from a + b (Knuth's TwoSum).
func sumError(a, b float64) float64 {
	s := a + b
	t := s - a
	return (a - (s - t)) + (b - t)
}

// constant reports whether a variance is no more than the rounding of w equal values could leave: the bound of
// scikit-learn, after the error analysis of Chan et al.
func constant(variance, mean, w float64) bool {
	const eps = 0x1p-52
	e := w * mean * eps
	return variance <= w*eps*variance+e*e
}

// Restore checks the arrays of a model that was read from a file and derives the rest.
func (m *ScalerModel) Restore() error {
	c, isScaler := m.Config.(StandardScaler)
	if !isScaler {
		return ml.BadFile("features.ScalerModel", "Config", fmt.Sprintf("%T", m.Config), "a features.StandardScaler")
	}
	p := m.Info.Features
	for _, a := range []struct {
		name   string
		values []float64
	}{{"Mean", m.Mean}, {"Scale", m.Scale}, {"Var", m.Var}, {"Seen", m.Seen}, {"Rest", m.Rest}} {
		if len(a.values) != p {
			return ml.BadFile("features.ScalerModel", a.name, fmt.Sprintf("%d long", len(a.values)), fmt.Sprint(p))
		}
	}
	for j := range m.Mean {
		if math.IsNaN(m.Mean[j]) || math.IsInf(m.Mean[j], 0) || !(m.Scale[j] > 0) {
			return ml.BadFile("features.ScalerModel", fmt.Sprintf("column %d", j), fmt.Sprintf("scaled by (x - %v) / %v", m.Mean[j], m.Scale[j]), "a finite mean and a scale > 0")
		}
	}
	m.affine = newAffine(p)
	m.affine.scale = m.Scale
	if !c.NoMean {
		m.affine.shift = m.Mean
	}
	return nil
}

func (m *ScalerModel) centred() bool { return !m.Config.(StandardScaler).NoMean }

// Transform scales the rows of x. Missing values stay missing; Inf is an error.
func (m *ScalerModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	return m.affine.transform("features.ScalerModel.Transform", &m.Fitted, x, m.centred(), whyScaler)
}

// TransformInto is Transform into dst: see ml.IntoTransformer.
func (m *ScalerModel) TransformInto(dst *tensor.Tensor[float64], x tensor.Matrix) error {
	return m.affine.transformInto("features.ScalerModel.TransformInto", &m.Fitted, dst, x)
}

// Inverse brings scaled rows back to the original units.
func (m *ScalerModel) Inverse(x tensor.Matrix) (tensor.Matrix, error) {
	return m.affine.inverse("features.ScalerModel.Inverse", &m.Fitted, x, m.centred(), whyScaler)
}

// TransformRow scales one row into dst, which is as long, without allocating.
func (m *ScalerModel) TransformRow(dst, x []float64) error {
	return transformRow("features.ScalerModel.TransformRow", &m.Fitted, dst, x, len(m.Mean), m.affine.row)
}

// Out describes the columns: the same as in training.
func (m *ScalerModel) Out() []ml.Column { return sameColumns(m.Columns, m.Info.Features) }

// Update returns the model of the rows seen so far and those of t together. It agrees with a fit to all of them at once up
// to rounding (a relative 1e-12 in Var), however the rows are divided.
func (m *ScalerModel) Update(ctx context.Context, t ml.Table) (*ScalerModel, error) {
	const where = "features.ScalerModel.Update"
	if err := ml.CheckPredict(where, &m.Fitted, t.X); err != nil {
		return nil, err
	}
	c := m.Config.(StandardScaler)
	if err := c.check(where, t); err != nil {
		return nil, err
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	pivot := firstValues(t.X, t.Weight)
	for j, w := range m.Seen {
		if w > 0 {
			pivot[j] = m.Mean[j]
		}
	}
	next := &ScalerModel{Fitted: m.Fitted}
	next.Info.Rows += t.Rows()
	if err := next.set(where, c, m.moments().add(columnMoments(t.X, t.Weight, pivot)), pivot); err != nil {
		return nil, cmp.Or(ml.CheckFinite(where, &m.Fitted, t.X, true), err)
	}
	return ready(next)
}

// Merge returns the model of the rows of both models together, as Update would from the rows themselves. The other must come
// from the same config and the same columns.
func (m *ScalerModel) Merge(other *ScalerModel) (*ScalerModel, error) {
	const where = "features.ScalerModel.Merge"
	if other == nil || other.Config != m.Config || len(other.Mean) != len(m.Mean) {
		return nil, ml.BadConfig(where, "other", "another scaler's model", fmt.Sprintf("one of %+v for %d columns", m.Config, len(m.Mean)))
	}
	for j := range m.Columns {
		if j < len(other.Columns) && other.Columns[j].Name != m.Columns[j].Name {
			return nil, &ml.Error{Where: where, Field: columnLabel(other.Columns, j), Found: "another column", Want: ml.ColumnName(m.Columns, j), Kind: ml.ErrColumn}
		}
	}
	pivot := slices.Clone(m.Mean)
	for j, w := range m.Seen {
		if w == 0 {
			pivot[j] = other.Mean[j]
		}
	}
	theirs := other.moments()
	for j, w := range theirs.weight {
		if w > 0 {
			theirs.mean[j] += other.Mean[j] - pivot[j]
		}
	}
	next := &ScalerModel{Fitted: m.Fitted}
	next.Info.Rows += other.Info.Rows
	if err := next.set(where, m.Config.(StandardScaler), m.moments().add(theirs), pivot); err != nil {
		return nil, err
	}
	return ready(next)
}

// moments are the statistics of the model, measured from its own mean.
func (m *ScalerModel) moments() moments {
	s := newMoments(len(m.Mean))
	copy(s.weight, m.Seen)
	copy(s.mean, m.Rest)
	for j, v := range m.Var {
		s.m2[j] = v * m.Seen[j]
	}
	return s
}

// sameColumns describes a transformer's result whose columns correspond to its input's.
func sameColumns(columns []ml.Column, p int) []ml.Column {
	if columns == nil {
		return make([]ml.Column, p)
	}
	out := ml.CloneColumns(columns)
	for j := range out {
		out[j].From = nil
	}
	return out
}

// checkRows makes sure that a row and the place for its transform have the right lengths.
func checkRows(where string, f *ml.Fitted, dst, x []float64, out int) error {
	if err := ml.CheckRow(where, f, x); err != nil {
		return err
	}
	if len(dst) != out {
		return ml.BadShape(where, "dst", fmt.Sprintf("%d numbers long", len(dst)), fmt.Sprintf("%d, as many as Out() has columns", out))
	}
	return nil
}

func unsupported(where, found string) error {
	return &ml.Error{Where: where, Found: found, Kind: errors.ErrUnsupported}
}

func init() {
	ml.RegisterConfig[StandardScaler]("features.StandardScaler")
	ml.Register[*ScalerModel]("features.ScalerModel")
}
