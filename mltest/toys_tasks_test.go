package mltest

import (
	"context"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// Toys of the rarer tasks, made of the others.

func init() {
	ml.RegisterConfig[toyMulti]("mltest.toyMulti")
	ml.Register[*toyMultiModel]("mltest.toyMultiModel")
	ml.RegisterConfig[toyLabels]("mltest.toyLabels")
	ml.Register[*toyLabelsModel]("mltest.toyLabelsModel")
	ml.RegisterConfig[toyPick]("mltest.toyPick")
	ml.Register[*toyPickModel]("mltest.toyPickModel")
	ml.RegisterConfig[toyDetector]("mltest.toyDetector")
	ml.Register[*toyDetectorModel]("mltest.toyDetectorModel")
}

// toyMulti fits a toyRegressor to each target.
type toyMulti struct{ Fault string }

type toyMultiModel struct {
	ml.Fitted
	Each  []*toyRegressionModel
	Fault string
}

func (c toyMulti) Fit(ctx context.Context, d ml.Dataset[[]float64]) (*toyMultiModel, error) {
	if err := d.Check("mltest.toyMulti.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	m := &toyMultiModel{Fault: c.Fault}
	for k := range d.Y[0] {
		one := ml.Dataset[float64]{Table: d.Table}
		for _, y := range d.Y {
			one.Y = append(one.Y, y[k])
		}
		f, err := toyRegressor{}.Fit(ctx, one)
		if err != nil {
			return nil, err
		}
		m.Each = append(m.Each, f)
	}
	m.Fitted = m.Each[0].Fitted
	m.Config = c
	return m, nil
}

func (m *toyMultiModel) Predict(x tensor.Matrix) ([][]float64, error) {
	if err := ml.CheckPredict("mltest.toyMultiModel.Predict", &m.Fitted, x); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := make([][]float64, n)
	shared := make([]float64, len(m.Each))
	for i := range out {
		out[i] = make([]float64, len(m.Each))
		if m.Fault == "rows share memory" {
			out[i] = shared
		}
	}
	for k, f := range m.Each {
		y, err := f.Predict(x)
		if err != nil {
			return nil, err
		}
		for i, v := range y {
			out[i][k] = v
		}
	}
	return out, nil
}

// toyLabels says whether a toyMulti of the labels is above one half.
type toyLabels struct{}

type toyLabelsModel struct {
	ml.Fitted
	Inner *toyMultiModel
}

func (c toyLabels) Fit(ctx context.Context, d ml.Dataset[[]int]) (*toyLabelsModel, error) {
	if err := d.Check("mltest.toyLabels.Fit", ml.Accepts{}); err != nil {
		return nil, err
	}
	numbers := ml.Dataset[[]float64]{Table: d.Table}
	for _, labels := range d.Y {
		y := make([]float64, len(labels))
		for k, l := range labels {
			y[k] = float64(l)
		}
		numbers.Y = append(numbers.Y, y)
	}
	inner, err := toyMulti{}.Fit(ctx, numbers)
	if err != nil {
		return nil, err
	}
	m := &toyLabelsModel{Fitted: inner.Fitted, Inner: inner}
	m.Config = c
	return m, nil
}

func (m *toyLabelsModel) Predict(x tensor.Matrix) ([][]int, error) {
	y, err := m.Inner.Predict(x)
	if err != nil {
		return nil, err
	}
	out := make([][]int, len(y))
	for i := range y {
		out[i] = make([]int, len(y[i]))
		for k, v := range y[i] {
			if v > 0.5 {
				out[i][k] = 1
			}
		}
	}
	return out, nil
}

// toyPick keeps the column that a toyRegressor gives the steepest slope.
type toyPick struct{}

type toyPickModel struct {
	ml.Fitted
	Best int
}

func (c toyPick) Fit(ctx context.Context, d ml.Dataset[float64]) (*toyPickModel, error) {
	f, err := toyRegressor{}.Fit(ctx, d)
	if err != nil {
		return nil, err
	}
	m := &toyPickModel{Fitted: f.Fitted}
	m.Config = c
	for j, s := range f.Slope {
		if s*s > f.Slope[m.Best]*f.Slope[m.Best] {
			m.Best = j
		}
	}
	return m, nil
}

func (m *toyPickModel) Out() []ml.Column {
	c := ml.Column{From: []int{m.Best}}
	if m.Columns != nil {
		c.Name = m.Columns[m.Best].Name
	}
	return []ml.Column{c}
}

func (m *toyPickModel) Transform(x tensor.Matrix) (tensor.Matrix, error) {
	if err := ml.CheckPredict("mltest.toyPickModel.Transform", &m.Fitted, x); err != nil {
		return nil, err
	}
	if err := ml.CheckFinite("mltest.toyPickModel.Transform", &m.Fitted, x, false); err != nil {
		return nil, err
	}
	n, _ := x.Dims()
	out := tensor.New[float64](n, 1)
	for i := range n {
		out.Set(x.At(i, m.Best), i, 0)
	}
	return out, nil
}

// toyDetector scores a row by how far it lies from the centre.
type toyDetector struct{}

type toyDetectorModel struct {
	ml.Fitted
	Centre *toyCentreModel
}

func (c toyDetector) Fit(ctx context.Context, t ml.Table) (*toyDetectorModel, error) {
	f, err := toyCentre{}.Fit(ctx, t)
	if err != nil {
		return nil, err
	}
	m := &toyDetectorModel{Fitted: f.Fitted, Centre: f}
	m.Config = c
	return m, nil
}

func (m *toyDetectorModel) Predict(x tensor.Matrix) ([]float64, error) {
	z, err := m.Centre.Transform(x)
	if err != nil {
		return nil, err
	}
	n, p := z.Dims()
	y := make([]float64, n)
	for i := range n {
		for j := range p {
			y[i] += z.At(i, j) * z.At(i, j)
		}
	}
	return y, nil
}

func TestLawsHoldForOtherTasks(t *testing.T) {
	MultiRegressor(t, toyMulti{})
	MultiLabel(t, toyLabels{})
	SupervisedTransformer(t, toyPick{})
	Detector(t, toyDetector{})
}

// Own data: a column of categories and one of counts.
func TestLawsHoldOnOwnData(t *testing.T) {
	const n = 48
	x := tensor.New[float64](n, 2)
	y := make([]float64, n)
	for i := range n {
		x.Set(float64(i%3), i, 0)
		x.Set(float64(i*7%11), i, 1)
		y[i] = float64(i%3) + float64(i%5)/10
	}
	d := ml.Data(x, y)
	d.Columns = []ml.Column{{Name: "kind", Kind: ml.Categorical, Levels: []string{"a", "b", "c"}}, {Name: "count"}}
	Regressor(t, toyRegressor{Coded: true}, Data(d))
	Transformer(t, toyCentre{}, Data(ml.Table{X: x}))
}
