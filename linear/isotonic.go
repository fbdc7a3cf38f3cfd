package linear

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/isotonic"
	"github.com/gopherwood-ml/ml/internal/linalg"
	"github.com/gopherwood-ml/ml/tensor"
)

// Isotonic is isotonic regression: of all monotone functions f of the only column of X it finds the one that minimises
// Σ w_i (y_i - f(x_i))², by the pool-adjacent-violators algorithm (Ayer et al., Ann. Math. Statist. 26 (1955)). Between the x seen f is linear.
//
// Rows of equal x must get equal predictions, so they count as one row of their total weight at their mean y (Kruskal's secondary approach to
// ties, which is scikit-learn's too). Weights: a row of weight 0 is absent, one of weight k counts as k rows.
//
// What is asked for outside the x seen is answered as OutOfBounds says. The default is to repeat the value at the nearer end; scikit-learn's is NaN.
//
// X must have a single column; CSR is read as it is. The cost is that of a radix sort, O(rows), and nothing where X is in order already.
// Nothing is random.
type Isotonic struct {
	Direction   Direction   // Increasing, Decreasing or Auto. Zero: Increasing
	Min, Max    *float64    // the predictions are cut to these, new(0.0) and new(1.0) for probabilities. nil: no bound
	OutOfBounds OutOfBounds // what to say outside the x seen: Clip, Refuse or Missing. Zero: Clip
}

// Direction is the way a monotone function goes.
type Direction uint8

const (
	Increasing Direction = iota // never falls
	Decreasing                  // never rises
	Auto                        // falls if Spearman's rank correlation of x and y, weights counting, is negative
)

// OutOfBounds says how a model answers for x outside those it was fitted on.
type OutOfBounds uint8

const (
	Clip    OutOfBounds = iota // the value at the nearer end
	Refuse                     // an *ml.Error of kind ErrShape that names the row
	Missing                    // NaN
)

// IsotonicModel is a monotone function of one number, linear between its points. As a Transformer it replaces its column by the predictions.
type IsotonicModel struct {
	ml.Fitted
	X, Y      []float64 // the points: X rises strictly, Y is monotone; of a run of equal Y the ends
	Direction Direction // Increasing or Decreasing: what Auto came to
}

var (
	_ ml.Fitter[ml.Dataset[float64], *IsotonicModel] = Isotonic{}
	_ ml.Predictor[float64]                          = (*IsotonicModel)(nil)
	_ ml.RowPredictor[float64]                       = (*IsotonicModel)(nil)
	_ ml.Into[float64]                               = (*IsotonicModel)(nil)
	_ ml.Transformer                                 = (*IsotonicModel)(nil)
	_ ml.RowTransformer                              = (*IsotonicModel)(nil)
)

// Fit returns the monotone function. X has one column, Y must be finite.
func (c Isotonic) Fit(ctx context.Context, d ml.Dataset[float64]) (*IsotonicModel, error) {
	const where = "linear.Isotonic.Fit"
	if err := c.check(where); err != nil {
		return nil, err
	}
	if err := d.Check(where, ml.Accepts{}); err != nil {
		return nil, err
	}
	s := newSource(d.X)
	if s.cols != 1 {
		return nil, ml.BadShape(where, "X", fmt.Sprintf("%d columns wide", s.cols), "a single column, dense or CSR: the function is of one variable")
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	x := make([]float64, s.rows)
	s.x.Col(0, x)
	direction := c.Direction
	if direction == Auto {
		direction = Decreasing
		if isotonic.Rises(x, d.Y, d.Weight) {
			direction = Increasing
		}
	}
	if err := ml.Done(ctx); err != nil {
		return nil, err
	}
	curve := isotonic.Fit(x, d.Y, d.Weight, direction == Decreasing)
	for i, v := range curve.Y {
		curve.Y[i] = c.bounded(v)
	}
	if !linalg.AllFinite(curve.Y) {
		return nil, tooLarge(where)
	}
	if c.Min != nil {
		c.Min = new(*c.Min)
	}
	if c.Max != nil {
		c.Max = new(*c.Max)
	}
	return &IsotonicModel{Fitted: ml.NewFitted(d.Table, nil, c), X: curve.X, Y: curve.Y, Direction: direction}, nil
}

func (c Isotonic) check(where string) error {
	for _, b := range []struct {
		field string
		v     *float64
	}{{"Min", c.Min}, {"Max", c.Max}} {
		if b.v != nil && math.IsNaN(*b.v-*b.v) {
			return ml.BadConfig(where, b.field, *b.v, "a finite number, or nil for no bound")
		}
	}
	switch {
	case c.Direction > Auto:
		return ml.BadConfig(where, "Direction", c.Direction, "Increasing, Decreasing or Auto")
	case c.OutOfBounds > Missing:
		return ml.BadConfig(where, "OutOfBounds", c.OutOfBounds, "Clip, Refuse or Missing")
	case c.Min != nil && c.Max != nil && *c.Min > *c.Max:
		return ml.BadConfig(where, "Min", *c.Min, fmt.Sprintf("at most Max, %v", *c.Max))
	}
	return nil
}

func (c Isotonic) bounded(v float64) float64 {
	if c.Min != nil {
		v = max(v, *c.Min)
	}
	if c.Max != nil {
		v = min(v, *c.Max)
	}
	return v
}

// Predict returns the value of the function for each row of x, which must be finite and has one column.
func (m *IsotonicModel) Predict(x tensor.Matrix) ([]float64, error) {
	const where = "linear.IsotonicModel.Predict"
	out, err := newOutput[float64](where, &m.Fitted, x)
	if err != nil {
		return nil, err
	}
	return out, m.predict(where, out, x)
}

// PredictInto is Predict into dst, which has one element for each row of x.
func (m *IsotonicModel) PredictInto(dst []float64, x tensor.Matrix) error {
	const where = "linear.IsotonicModel.PredictInto"
	if err := checkOutput(where, &m.Fitted, dst, x); err != nil {
		return err
	}
	return m.predict(where, dst, x)
}

func (m *IsotonicModel) predict(where string, dst []float64, x tensor.Matrix) error {
	s := newSource(x)
	policy := m.policy()
	i := eachRow(s, 60, curveMap{dst, isotonic.Curve{X: m.X, Y: m.Y}, policy})
	if i < 0 {
		return nil
	}
	if err := badRow(where, m.Columns, s, i); err != nil {
		return err
	}
	return m.outside(where, fmt.Sprintf("X[%d, 0]", i), s.row(i, s.rowScratch())[0])
}

func (m *IsotonicModel) policy() OutOfBounds {
	c, _ := m.Config.(Isotonic)
	return c.OutOfBounds
}

func (m *IsotonicModel) outside(where, field string, v float64) error {
	return &ml.Error{Where: where, Field: field, Found: fmt.Sprint(v),
		Want: fmt.Sprintf("between %v and %v, the range fitted on; OutOfBounds Clip or Missing answers outside it", m.X[0], m.X[len(m.X)-1]), Kind: ml.ErrShape}
}

// curveMap is false for a number that is not finite or out of bounds where that is refused.
type curveMap struct {
	dst    []float64
	curve  isotonic.Curve
	policy OutOfBounds
}

func (m curveMap) at(x float64) (float64, bool) {
	if math.IsNaN(x - x) {
		return 0, false
	}
	if m.policy != Clip && (x < m.curve.X[0] || x > m.curve.X[len(m.curve.X)-1]) {
		return math.NaN(), m.policy == Missing
	}
	return m.curve.At(x), true
}

func (m curveMap) dense(i int, x []float64) (ok bool) {
	m.dst[i], ok = m.at(x[0])
	return ok
}

func (m curveMap) sparse(i int, _ []int32, vals []float64) (ok bool) {
	x := 0.0
	if len(vals) > 0 {
		x = vals[0]
	}
	m.dst[i], ok = m.at(x)
	return ok
}

// PredictRow predicts a single row without allocating.
func (m *IsotonicModel) PredictRow(x []float64) (float64, error) {
	const where = "linear.IsotonicModel.PredictRow"
	if err := ml.CheckRow(where, &m.Fitted, x); err != nil {
		return 0, err
	}
	y, ok := curveMap{nil, isotonic.Curve{X: m.X, Y: m.Y}, m.policy()}.at(x[0])
	if !ok {
		if err := badEntry(where, m.Columns, 0, x); err != nil {
			return 0, err
		}
		return 0, m.outside(where, "x", x[0])
	}
	return y, nil
}

// Transform returns the predictions as the only column of a matrix of float64.
func (m *IsotonicModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	const where = "linear.IsotonicModel.Transform"
	out, err := newOutput[float64](where, &m.Fitted, x)
	if err != nil {
		return nil, err
	}
	if err := m.predict(where, out, x); err != nil {
		return nil, err
	}
	return tensor.FromSlice(out, len(out), 1), nil
}

// TransformRow writes the prediction for a single row to dst[0] without allocating.
func (m *IsotonicModel) TransformRow(dst, x []float64) error {
	const where = "linear.IsotonicModel.TransformRow"
	if len(dst) != 1 {
		return badDst(where, len(dst), 1)
	}
	y, err := m.PredictRow(x)
	if err == nil {
		dst[0] = y
	}
	return err
}

// Out is the column transformed, under its name.
func (m *IsotonicModel) Out() []ml.Column {
	return []ml.Column{{Name: ml.ColumnName(m.Columns, 0), From: []int{0}}}
}

// Restore checks a model that was read from a file.
func (m *IsotonicModel) Restore() error {
	ok := m.Info.Features == 1 && len(m.X) > 0 && len(m.X) == len(m.Y) && m.Direction <= Decreasing &&
		linalg.AllFinite(m.X) && linalg.AllFinite(m.Y) && slices.IsSorted(m.X)
	for i := 1; ok && i < len(m.X); i++ {
		rises := m.Y[i] - m.Y[i-1]
		ok = m.X[i] > m.X[i-1] && (m.Direction == Increasing && rises >= 0 || m.Direction == Decreasing && rises <= 0)
	}
	if ok && (m.Columns == nil || len(m.Columns) == 1) {
		return nil
	}
	return &ml.Error{Where: "linear.IsotonicModel", Field: "X and Y", Found: "no points of a monotone function", Want: "as many X, rising, as Y, monotone, of one feature", Kind: ml.ErrFormat}
}
